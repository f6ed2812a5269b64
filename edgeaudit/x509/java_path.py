"""Java's PKIX: validation of a path as it stands, and the search for one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509

from edgeaudit.x509.certificate import is_signed_by
from edgeaudit.x509.java_names import violates
from edgeaudit.x509.trust import Trust

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from edgeaudit.x509.java_algorithms import Release
    from edgeaudit.x509.java_names import JavaName
    from edgeaudit.x509.java_view import View

_VALIDATION = "PKIX path validation failed: "
_BUILDING = "PKIX path building failed: "
_VALIDATOR = "java.security.cert.CertPathValidatorException: "
_NO_ANCHOR = "Path does not chain with any of the trust anchors"
_NO_PATH = (
    "sun.security.provider.certpath.SunCertPathBuilderException:"
    " unable to find valid certification path to requested target"
)

_MOST_CAS = 5  # PKIXBuilderParameters.getMaxPathLength, by default


class Refused(Exception):
    """Java refuses the certificate, with these words."""


class _Invalid(Exception):
    """A path is not valid: the message of Java's CertPathValidatorException."""


def validate(
    path: Sequence[View], trusted: Sequence[View], at: datetime, java: Release, role: str
) -> list[View]:
    """`path` and its anchor, if one of `trusted` validates it; `path` has the leaf first.

    Raises Refused with what is wrong below the last anchor that might have issued it. Java asks
    them in no order of its own.
    """
    problem = _NO_ANCHOR
    for anchor in trusted:
        if not _may_have_issued(anchor, path[-1]):
            continue
        try:
            _check(path, anchor, java, role, at)
        except _Invalid as error:
            problem = str(error)
        else:
            return _anchored(path, anchor, _VALIDATION)
    raise Refused(_VALIDATION + _VALIDATOR + problem)


def build(
    sent: Sequence[View], trusted: Sequence[View], at: datetime, java: Release, role: str
) -> list[View]:
    """The first valid way from the first of `sent` over the others to one of `trusted`.

    Raises Refused where there is none; Java does not tell why.
    """
    leaf = sent[0]
    is_target = leaf.is_valid(at) and not leaf.has_unknown_critical
    ways = _ways([leaf], sent, trusted, at, java) if is_target else iter(())
    for *path, anchor in ways:
        try:
            _check(path, anchor, java, role)
        except _Invalid:
            continue
        return _anchored(path, anchor, _BUILDING)
    raise Refused(_BUILDING + _NO_PATH)


def _anchored(path: Sequence[View], anchor: View, failing: str) -> list[View]:
    """`path` and its anchor, which must be a CA unless it is of an old version."""
    words = f'{failing}sun.security.validator.ValidatorException: TrustAnchor with subject "'
    words += f'{anchor.certificate.subject}" '
    if anchor.is_version_3 and anchor.path_length < 0:
        raise Refused(words + "is not a CA certificate")
    if anchor.is_version_3 and not anchor.may("key_cert_sign"):
        raise Refused(words + "does not have keyCertSign bit set in KeyUsage extension")
    return [*path, anchor]


def _may_have_issued(anchor: View, top: View) -> bool:
    """Whether name, key identifier and serial number fit (AdaptableX509CertSelector)."""
    if anchor.subject != top.issuer:
        return False
    wanted = top.get(x509.AuthorityKeyIdentifier)
    if wanted is None:
        return True
    own = anchor.get(x509.SubjectKeyIdentifier)
    if wanted.key_identifier and own and own.digest != wanted.key_identifier:
        return False
    serial = wanted.authority_cert_serial_number
    return serial in (None, anchor.parsed.serial_number) or not anchor.is_version_3


def _ways(
    path: list[View],
    sent: Sequence[View],
    trusted: Sequence[View],
    at: datetime,
    java: Release,
    traversed: int = 0,
) -> Iterator[list[View]]:
    """All ways from the end of `path` to an anchor, in the order in which Java tries them.

    `traversed` counts the CAs on the path, without those that issued themselves.
    """
    anchors = [each for each in trusted if _may_end(path, each, at, java)]
    issuers = [each for each in sent if each.is_valid(at) and each.path_length >= traversed]
    if traversed >= _MOST_CAS:
        issuers = []
    for view in _candidates(path, anchors, issuers, {each.subject for each in trusted}):
        if any(view.is_same(anchor) for anchor in trusted):
            yield [*path, view]
        elif view.has_unknown_critical or not view.may("key_cert_sign"):
            continue
        elif path[-1].is_self_issued and view.is_self_issued:
            return
        else:
            more = traversed + (not view.is_self_issued)
            yield from _ways([*path, view], sent, trusted, at, java, more)


def _may_end(path: Sequence[View], anchor: View, at: datetime, java: Release) -> bool:
    """Whether the search looks at `anchor` at all for the end of `path`.

    It leaves out those that are not valid, save directly above the leaf: a slip of Java's, which
    asks for valid issuers from the second search on. Up to Java 11 it minds their constraints.
    """
    own = anchor.get(x509.NameConstraints) if java.minds_anchor_names else None
    if own and any(violates(each.parsed, [own]) for each in path):
        return False
    return len(path) == 1 or anchor.is_valid(at)


def _candidates(
    path: Sequence[View], anchors: list[View], issuers: list[View], trusted: set[JavaName]
) -> list[View]:
    """Those that may have issued the end of `path`, first those that its key identifier means."""
    last = path[-1]
    identifier = last.get(x509.AuthorityKeyIdentifier)
    wanted = identifier.key_identifier if identifier else None

    def rank(view: View) -> tuple[bool, bool]:
        own = view.get(x509.SubjectKeyIdentifier)
        is_meant = wanted is not None and own is not None and own.digest == wanted
        return not is_meant, view.issuer not in trusted

    named = [each for each in anchors + issuers if each.subject == last.issuer]
    fresh = {each.certificate.der: each for each in named if not _is_repeated(each, path)}
    return sorted(fresh.values(), key=rank)


def _is_repeated(view: View, path: Sequence[View]) -> bool:
    """Whether the path has it, or one of its name, key and alternative names, already."""
    return any(
        view.subject == each.subject
        and view.key_info == each.key_info
        and view.alternative_names == each.alternative_names
        for each in path
    )


def _check(
    path: Sequence[View], anchor: View, java: Release, role: str, at: datetime | None = None
) -> None:
    """Raise _Invalid with Java's words for the first that is wrong, from the anchor downward.

    Without `at` as the builder's last check does it, which has seen to dates and key usage.
    """
    remaining = len(path)
    constraints: list[x509.NameConstraints] = []
    issuer = anchor
    if words := java.forbids_anchor(anchor.key, path[-1].signature, is_search=at is None):
        raise _Invalid(words)
    for number, view in enumerate(reversed(path), 1):
        _check_algorithms(view, anchor, java, role)
        is_ca = number < len(path)
        if is_ca:
            remaining = _left(view, remaining, is_first=number == 1, has_usage=at is None)
        if not (is_ca and view.is_self_issued) and violates(view.parsed, constraints):
            raise _Invalid("name constraints check failed")
        constraints += filter(None, [view.get(x509.NameConstraints)])
        if at and not view.is_valid(at):
            raise _Invalid("validity check failed")
        _check_rest(view, issuer, java)
        issuer = view


def _left(view: View, remaining: int, *, is_first: bool, has_usage: bool) -> int:
    """How many CAs may still follow a CA of the path; `has_usage` where that has been seen to."""
    if not has_usage and not view.may("key_cert_sign"):
        raise _Invalid("CA key usage check failed: keyCertSign bit is not set")
    allowed = view.path_length
    if not view.is_version_3 and is_first and view.is_self_issued:
        allowed = remaining
    words = "basic constraints check failed: "
    if allowed < 0:
        raise _Invalid(words + "this is not a CA certificate")
    if not view.is_self_issued:
        if remaining <= 0:
            raise _Invalid(
                words + "pathLenConstraint violated - this cert must be the last cert in the"
                " certification path"
            )
        remaining -= 1
    return min(remaining, allowed)


def _check_algorithms(view: View, anchor: View, java: Release, role: str) -> None:
    subject = view.certificate.subject
    if words := java.forbids(view.key, view.signature, subject):
        raise _Invalid(words)
    if role == "server" and view.signature.startswith("SHA1with") and _is_public(anchor):
        raise _Invalid(
            f"Usage constraint TLSServer check failed: SHA1 used with certificate: {subject}"
        )
    if view.usages is not None and not view.usages:
        raise _Invalid("incorrect KeyUsage extension bits")


def _check_rest(view: View, issuer: View, java: Release) -> None:
    is_good = is_signed_by(view.certificate, issuer.certificate)
    if not is_good or not java.can_verify(issuer.key):
        raise _Invalid("signature check failed")
    if view.has_unknown_critical:
        raise _Invalid("unrecognized critical extension(s)")


def _is_public(anchor: View) -> bool:
    return anchor.certificate.der in _public_roots()


@cache
def _public_roots() -> frozenset[bytes]:
    """Mozilla's roots, which are nearly those that a JDK brings along."""
    return frozenset(Trust().anchors)
