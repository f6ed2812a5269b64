"""What an organization asks of its certificates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.x509.certificate import Certificate


@dataclass(frozen=True)
class Threshold:
    """How long before its end a certificate is spoken of: so many days, or a share of its life."""

    days: float = 0
    share: float = 0

    @classmethod
    def parse(cls, text: str) -> Threshold:
        """`30`, `30d` or `20%`; raises ValueError for anything else."""
        match = re.fullmatch(r"([0-9]{1,5}(?:\.[0-9]+)?)\s*([d%]?)", text.strip())
        if match is None or (match[2] == "%" and float(match[1]) > 100):
            raise ValueError("days (30d) or a share of the life time (20%)")
        amount = float(match[1])
        return cls(share=amount / 100) if match[2] == "%" else cls(days=amount)

    def is_reached(self, certificate: Certificate, now: datetime) -> bool:
        """Whether at `now` no more than this is left of the certificate's life."""
        return certificate.not_after - now <= self.span(certificate)

    def span(self, certificate: Certificate) -> timedelta:
        """How long before the certificate's end it is reached."""
        life = certificate.not_after - certificate.not_before
        return timedelta(days=self.days) + (life * self.share if self.share else timedelta())


@dataclass(frozen=True)
class Policy:
    """The thresholds of the audit."""

    warn_within: Threshold = Threshold(days=30)
    error_within: Threshold = Threshold(days=7)
