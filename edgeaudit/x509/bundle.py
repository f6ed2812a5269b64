"""A bundle of certificates under OpenSSL's verdict: its path, its order, what it lacks."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from edgeaudit.x509.chain import Chain, analyse, leaf_index
from edgeaudit.x509.path import has_issued, verify

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.path import PathError, Verdict
    from edgeaudit.x509.trust import Trust

_MISSING_ISSUER = {"unable_to_get_issuer_cert", "unable_to_get_issuer_cert_locally"}
_UNTRUSTED_ROOT = "self_signed_cert_in_chain"
_OWN_ROOT = "depth_zero_self_signed_cert"
DEAD_ENDS = _MISSING_ISSUER | {_UNTRUSTED_ROOT}  # errors of a path that leads to no trust
_WRONG_KEY = "cert_signature_failure"
_EXPIRED = "cert_has_expired"


def best_verdict(
    bundle: Sequence[Certificate],
    trust: Trust,
    at: datetime,
    beside: Sequence[Certificate] = (),
    *,
    partial_chain: bool = False,
) -> Verdict:
    """What OpenSSL says of the leaf of `bundle`, the rest of it and those `beside` being at hand.

    Of cross-signed issuers OpenSSL tries one only; where that way is a dead end, the others are
    tried too, as clients do that look for any path (RFC 4158, 2.4). Raises as `path.verify` does.
    """
    rest = list(bundle)
    leaf = rest.pop(leaf_index(rest))
    rest += beside
    verdicts = [verify(leaf, rest, trust, at, partial_chain=partial_chain)]
    while _remoteness(verdicts[-1]) and verdicts[-1].chain[-1] in rest:
        rest = [each for each in rest if each != verdicts[-1].chain[-1]]
        verdicts.append(verify(leaf, rest, trust, at, partial_chain=partial_chain))
    return min(verdicts, key=_remoteness)


def lacks_issuer(verdict: Verdict) -> bool:
    """Whether no path to any root could be built, for want of an issuer."""
    return any(error.code in _MISSING_ISSUER for error in verdict.errors)


def is_anchored(verdict: Verdict) -> bool:
    """Whether the path leads to trust, whatever else is wrong with it."""
    return not any(error.code in DEAD_ENDS | {_OWN_ROOT} for error in verdict.errors)


def _remoteness(verdict: Verdict) -> int:
    """0 where the path leads to trust, 1 where to another root, 2 where to none."""
    is_untrusted = any(error.code == _UNTRUSTED_ROOT for error in verdict.errors)
    return 2 * lacks_issuer(verdict) or int(is_untrusted)


def mended(
    bundle: Sequence[Certificate], verdict: Verdict, found: Sequence[Certificate] = ()
) -> tuple[Certificate, ...]:
    """The bundle as it should be uploaded: leaf first, each followed by its issuer, no root.

    The path is that of `verdict`; what is missing there comes from `found`. A leaf that signed
    itself is left as it is.
    """
    chain = [verdict.chain[0]]
    pool = [each for each in (*verdict.chain, *bundle, *found) if each.der is not None]
    while not chain[-1].is_self_signed:
        issuers = (each for each in pool if each not in chain and has_issued(each, chain[-1]))
        if (issuer := next(issuers, None)) is None:
            return tuple(chain)
        chain.append(issuer)
    return tuple(chain[:-1] or chain)


class Bundle:
    """A bundle, and what follows from it."""

    def __init__(self, certificates: tuple[Certificate, ...], verdict: Verdict | None) -> None:
        self.certificates = certificates
        is_known = all(each.der is not None for each in certificates)
        self.verdict = verdict if is_known else None
        self.errors: tuple[PathError, ...] = self.verdict.errors if self.verdict else ()
        self.path = self.verdict.chain if self.verdict else ()
        self.lacks_issuer = self.verdict is not None and lacks_issuer(self.verdict)

    @cached_property
    def is_tidy(self) -> bool:
        """Whether all of it is the path itself, so that a closer look would find nothing.

        Most errors end a verification before every signature is looked at.
        """
        is_path = self.certificates == self.path[: len(self.certificates)]
        return is_path and all(error.code == _EXPIRED for error in self.errors)

    @cached_property
    def chain(self) -> Chain:
        """Its inner order, by names and signatures alone."""
        if self.is_tidy:
            return Chain(0, tuple(range(len(self.certificates))), None, (), ())
        return analyse(self.certificates)

    @cached_property
    def copies(self) -> dict[int, int]:
        """The later copies of a certificate, and where its first one stands."""
        first: dict[object, int] = {}
        places = [first.setdefault(_identity(e), at) for at, e in enumerate(self.certificates)]
        return {at: place for at, place in enumerate(places) if at != place}

    @cached_property
    def strangers(self) -> tuple[int, ...]:
        """What issued nothing in it; copies are not strangers once more."""
        strangers = (at for at in self.chain.strangers if at not in self.copies)
        return tuple(at for at in strangers if self.certificates[at] not in self.path)

    @cached_property
    def order(self) -> tuple[int, ...]:
        """What belongs, each certificate after what it issued; of several ways the path first."""
        if self.is_tidy:
            return self.chain.path
        order = [self.chain.leaf]
        taken = {self.position(each) for each in self.path} or self.chain.path
        own = [at for at in range(len(self.certificates)) if at not in self.copies]
        for place in order:
            issuers = [at for at in own if at not in order and self.issued(at, place)]
            order += sorted(issuers, key=lambda at: at not in taken)
        return tuple(order)

    @property
    def out_of_order(self) -> tuple[int, ...]:
        """What belongs, and stands before all that it issued."""
        return tuple(
            at
            for at in self.order[1:]
            if not self.is_tidy
            and not any(self.issued(at, below) for below in self.order if below < at)
        )

    @cached_property
    def counted(self) -> tuple[int, ...]:
        """What the path is made of, in the order of the bundle; what belongs if there is none."""
        if self.is_tidy:
            return tuple(range(len(self.certificates)))
        if self.verdict is None or self.lacks_issuer:
            return tuple(sorted(self.order))
        return tuple(sorted({at for each in self.path if (at := self.position(each)) is not None}))

    @cached_property
    def last(self) -> int:
        """The last link: whose issuer is missing, if any is."""
        at = self.position(self.path[-1]) if self.path else None
        return self.chain.path[-1] if at is None else at

    @cached_property
    def unsigned(self) -> int | None:
        """The certificate of the path below an issuer with the right name and the wrong key."""
        depth, untrusted = self._depth(_WRONG_KEY), self._depth(_UNTRUSTED_ROOT)
        if self.chain.impostors and (self.lacks_issuer or (depth, untrusted) != (None, None)):
            return self.chain.path[-1]
        # the right issuer is there too, but OpenSSL took the other, as its order has it
        return None if depth is None else self.position(self.path[depth])

    @cached_property
    def untrusted_root(self) -> int | None:
        """The root at the end of a path that is complete and does not lead to trust."""
        depth = self._depth(_UNTRUSTED_ROOT)
        is_broken = depth is None or self.unsigned is not None
        return None if is_broken else self.position(self.path[depth or 0])

    @property
    def needless_roots(self) -> tuple[int, ...]:
        """The roots whose absence would change nothing."""
        said = {self.chain.leaf, self.untrusted_root, *self.copies, *self.strangers}
        if self.unsigned is not None:
            said |= set(self.chain.impostors)
        known = (at for at, each in enumerate(self.certificates) if each.der and at not in said)
        return tuple(at for at in known if self.certificates[at].is_self_signed)

    @property
    def stranger_in_place(self) -> int | None:
        """The stranger that stands where the missing issuer should."""
        following = self.chain.path[-1] + 1
        return following if self.lacks_issuer and following in self.strangers else None

    def issued(self, issuer: int, at: int) -> bool:
        """Whether one certificate issued another, by their positions."""
        return has_issued(self.certificates[issuer], self.certificates[at])

    def position(self, certificate: Certificate) -> int | None:
        """Where a certificate stands first, if it does."""
        return self.certificates.index(certificate) if certificate in self.certificates else None

    def _depth(self, code: str) -> int | None:
        return next((error.depth for error in self.errors if error.code == code), None)


def _identity(certificate: Certificate) -> object:
    return certificate.sha256 or certificate
