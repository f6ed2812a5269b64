"""What an organization asks of its certificates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from edgeaudit.tls.cipher_string import selected
from edgeaudit.tls.ciphers import suite
from edgeaudit.tls.protocols import Version

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.tls.ciphers import Suite
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
        within = timedelta(days=self.days)
        if self.share:
            within += (certificate.not_after - certificate.not_before) * self.share
        return certificate.not_after - now <= within


@dataclass(frozen=True)
class Policy:
    """The thresholds of the audit, and what it lets no handshake be made of.

    A protocol below `protocol_floor` is legacy; `forbidden_ciphers` are weak besides those that
    are so by themselves, each as `forbidden_suites` takes it.
    """

    warn_within: Threshold = Threshold(days=30)
    error_within: Threshold = Threshold(days=7)
    protocol_floor: Version = Version.TLSV1_2
    forbidden_ciphers: tuple[str, ...] = ()

    def weaknesses(self, suite: Suite) -> tuple[str, ...]:
        """What speaks against a suite: RC4, MD5, ..., `forbidden`; nothing for a good one."""
        is_forbidden = any(suite in forbidden_suites(word) for word in self.forbidden_ciphers)
        return (*suite.weaknesses, "forbidden") if is_forbidden else suite.weaknesses


@lru_cache(maxsize=256)
def forbidden_suites(word: str) -> frozenset[Suite]:
    """The suite of that name, Java's, or those of a part of a cipher string: `CBC`, `kRSA+AES`.

    Raises ValueError where it is neither.
    """
    named = suite(word, "java")
    return frozenset([named]) if named else selected(word)
