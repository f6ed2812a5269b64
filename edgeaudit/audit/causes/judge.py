"""Who judges the certificates that a side shows: OpenSSL or Java, by a truststore."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from edgeaudit.audit.causes.certificates import path, unanchored, unjudged
from edgeaudit.audit.causes.verdict import Reason, listed
from edgeaudit.audit.finding import Cause
from edgeaudit.errors import EdgeauditError
from edgeaudit.x509 import jsse
from edgeaudit.x509.path import verify

if TYPE_CHECKING:
    from datetime import datetime

    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_algorithms import Release
    from edgeaudit.x509.trust import Trust

    _Question = tuple[datetime | str | None, ...]

# numbers of x509_vfy.h: the path ends in a root that is not trusted; or before any root
_UNANCHORED = {18, 19, 2, 20, 21}
_NO_PATH = ("unable to find valid certification path", "trustAnchors parameter must be non-empty")
_MOST_NAMED = 3
_MOST_KNOWN = 10_000
_UNKNOWN = Cause.UNKNOWN_CERTIFICATE


class Judge(Protocol):
    """Judges a chain as it was sent, leaf first."""

    def wrong(self, chain: tuple[Certificate, ...], at: datetime) -> Reason | None:
        """What keeps the chain from being trusted; None where nothing does, or is known to."""


class Judges(NamedTuple):
    """Who judges the server's certificates, and who the client's; None where that is not known.

    `demands_client` tells that the server is known to refuse clients without certificate.
    """

    server: Judge | None = None
    client: Judge | None = None
    demands_client: bool = False


def wrong_chain(chain: tuple[Certificate, ...], judge: Judge | None, at: datetime) -> Reason | None:
    """What keeps the path from a root; None where nothing does, or nothing is known to."""
    if not chain:
        return None
    return judge.wrong(chain, at) if judge else unjudged(chain)


@dataclass(frozen=True)
class OpenSsl:
    """Judges as `openssl verify` does, and nginx; `called` names the truststore."""

    trust: Trust
    called: str = "the truststore at hand"

    def wrong(self, chain: tuple[Certificate, ...], at: datetime) -> Reason | None:
        """What keeps the chain from a root of the truststore; its dates and names aside."""
        try:
            verdict = verify(chain[0], chain[1:], self.trust, at)
        except EdgeauditError:
            return None
        if not {error.number for error in verdict.errors} & _UNANCHORED:
            return None
        return unanchored(chain, path(chain), self.called)


@dataclass(frozen=True)
class Truststore:
    """The certificates of a truststore, and where it is."""

    where: str
    anchors: tuple[Certificate, ...] = field(repr=False)


@dataclass(frozen=True)
class Java:
    """Judges as Java does, where it is not known which of `releases` only if they agree.

    Of several truststores, one of which is in use, those that refuse are told.
    """

    truststores: tuple[Truststore, ...]
    releases: tuple[Release, ...]
    _known: dict[_Question, Reason | None] = field(default_factory=dict, repr=False, compare=False)

    def wrong(self, chain: tuple[Certificate, ...], at: datetime) -> Reason | None:
        """What Java has against the chain, its dates aside: what it said is good for the hour."""
        hour = at.replace(minute=0, second=0, microsecond=0)
        question = (hour, *(each.sha256 for each in chain))
        if question not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[question] = self._wrong(chain, at)
        return self._known[question]

    def _wrong(self, chain: tuple[Certificate, ...], at: datetime) -> Reason | None:
        said = {each.where: self._said(each, chain, at) for each in self.truststores}
        refused = {where: told for where, told in said.items() if told}
        if not refused:
            return None
        called = listed(list(refused)[:_MOST_NAMED])
        told = next(iter(refused.values()))
        found = self._reason(chain, called, told)
        is_sure = len(refused) == len(said)
        return found if is_sure else found._replace(confidence="likely")

    def _said(self, store: Truststore, chain: tuple[Certificate, ...], at: datetime) -> str | None:
        """The message of Java's exception; None where it accepts the chain, or may do so."""
        told = None
        for release in self.releases:
            try:
                found = jsse.verify(chain, store.anchors, at, java=release, role="server")
            except (EdgeauditError, ValueError):
                return None
            told = told or found.reason
            if found.ok:
                return None
        return told

    def _reason(self, chain: tuple[Certificate, ...], called: str, told: str) -> Reason:
        name = f"Java {self.releases[0].number}" if len(self.releases) == 1 else "Java"
        if any(each in told for each in _NO_PATH):
            found = unanchored(chain, path(chain), called)
        else:
            because = f"By {called} the chain is not accepted."
            found = Reason(_UNKNOWN, "certain", because, (_UNKNOWN,))
        return found._replace(because=f'{found.because} {name} says of it: "{told}".')
