"""A certificate file's entry before the verifier: OpenSSL's verdict, and the reason in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from edgeaudit.errors import InputError
from edgeaudit.x509 import jsse
from edgeaudit.x509.bundle import DEAD_ENDS, best_verdict
from edgeaudit.x509.diagnosis import diagnose
from edgeaudit.x509.hostname import disagreement, openssl_covers
from edgeaudit.x509.java_algorithms import RELEASES
from edgeaudit.x509.path import verify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.diagnosis import Flaw
    from edgeaudit.x509.jsse import JavaVerdict
    from edgeaudit.x509.path import Verdict
    from edgeaudit.x509.stores import Entry
    from edgeaudit.x509.trust import Trust
    from edgeaudit.x509.verifier import Purpose


@dataclass(frozen=True)
class Question:
    """What is asked of every certificate, as the options of `openssl verify` have it."""

    trust: Trust
    at: datetime
    untrusted: tuple[Certificate, ...] = ()
    purpose: Purpose | None = None
    hostname: str | None = None
    partial_chain: bool = False
    strict: bool = False
    java: int | None = None

    def verdict(self, certificate: Certificate, beside: Sequence[Certificate]) -> Verdict:
        """OpenSSL's answer; `beside` are untrusted too. Raises as `path.verify` does."""
        return verify(
            certificate,
            [*beside, *self.untrusted],
            self.trust,
            self.at,
            purpose=self.purpose,
            hostname=self.hostname,
            partial_chain=self.partial_chain,
            strict=self.strict,
        )

    def java_verdict(self, chain: Sequence[Certificate]) -> JavaVerdict | None:
        """What Java says of `chain` as it stands, None if it is not asked, or cannot be known."""
        if self.java is None:
            return None
        try:
            return jsse.verify(
                chain,
                self.trust.certificates,
                self.at,
                java=RELEASES[self.java],
                role="client" if self.purpose == "sslclient" else "server",
                hostname=self.hostname,
            )
        except InputError:
            return None


@dataclass(frozen=True)
class HostCheck:
    """Whether OpenSSL takes a certificate for a host, and where modern clients do otherwise."""

    name: str
    ok: bool
    disagreement: str | None


@dataclass(frozen=True)
class Examination:
    """What came of one entry of a file: that of its first certificate, and of the whole bundle.

    `about` is the verdict that the flaws stand on: that of the leaf, wherever it stands, over the
    best path that there is. `jsse` is what the Java release `java` says of all as it stands, None
    if it is not asked, or what it says of a malformed certificate is not known.
    """

    file: str
    entry: Entry
    verdict: Verdict
    about: Verdict
    host: HostCheck | None
    flaws: tuple[Flaw, ...]
    java: int | None
    jsse: JavaVerdict | None

    @property
    def certificate(self) -> Certificate:
        """The one that was verified: the first, as the command does it."""
        return self.entry.certificates[0]

    @property
    def has_other_path(self) -> bool:
        """Whether a path leads to trust that OpenSSL does not try, and other clients do."""
        return self.about.ok and any(error.code in DEAD_ENDS for error in self.verdict.errors)

    @property
    def lacks_issuer(self) -> bool:
        """Whether an issuer is missing that might be had elsewhere."""
        return any("missing_issuer" in flaw.facts for flaw in self.flaws)


def examine(
    file: str, entry: Entry, question: Question, elsewhere: Mapping[str, Certificate]
) -> Examination:
    """The first certificate of `entry` verified, those after it being at hand, and all diagnosed.

    `elsewhere` are certificates by the place where they can be had, for a missing issuer. Raises
    InputError if OpenSSL cannot read a certificate, MissingLibrary without any OpenSSL.
    """
    certificates = entry.certificates
    verdict = question.verdict(certificates[0], certificates[1:])
    about = best_verdict(
        certificates,
        question.trust,
        question.at,
        question.untrusted,
        partial_chain=question.partial_chain,
    )
    return Examination(
        file=file,
        entry=entry,
        verdict=verdict,
        about=about,
        host=_host(certificates[0], question.hostname) if question.hostname else None,
        flaws=diagnose(certificates, about, elsewhere),
        java=question.java,
        jsse=question.java_verdict(certificates),
    )


def _host(certificate: Certificate, name: str) -> HostCheck:
    return HostCheck(name, openssl_covers(certificate, name), disagreement(certificate, name))
