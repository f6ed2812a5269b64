"""What Java's TLS (JSSE, PKIX) says of a certificate path and of a host name, in Java's words.

The Message Processor of Apigee Edge is Java: 8 for Edge 4.17 to 4.53, 21 for 4.54. This is Java's
verdict on path and name, by the defaults of its late updates, as X509TrustManagerImpl gives it in
a TLS 1.2 handshake with an (EC)DHE suite. It is no promise about everything that the Message
Processor does: Edge checks no host name unless it is told to, and what it does without a truststore
its documents tell in two ways. Not known here: revocation, which Edge does not check; critical
policy constraints; roots that Java distrusts by name and date; and the public suffixes below which
Java takes no wildcard from a public CA.

Other than OpenSSL, Java takes any certificate of its truststore for an anchor, be it an
intermediate CA or the leaf itself; does not look at an anchor's dates where the chain as it was
sent leads to one; looks for another way only where it does not; and compares names its own way.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from edgeaudit.errors import InputError
from edgeaudit.x509.java_hosts import java_covers
from edgeaudit.x509.java_path import Refused, build, validate
from edgeaudit.x509.java_view import Unparseable, view

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from edgeaudit.x509.certificate import Certificate
    from edgeaudit.x509.java_algorithms import Release
    from edgeaudit.x509.java_view import View

Role = Literal["server", "client"]

_NO_ANCHORS = (
    "Unexpected error: java.security.InvalidAlgorithmParameterException:"
    " the trustAnchors parameter must be non-empty"
)
# jdk.tls.client.maxInboundCertificateChainLength, and its like for servers; Java stops counting
_LONGEST = {"server": 10, "client": 8}
_PURPOSES = {
    "server": {
        ExtendedKeyUsageOID.SERVER_AUTH.dotted_string,
        "1.3.6.1.4.1.311.10.3.3",  # server gated cryptography, Microsoft's and Netscape's
        "2.16.840.1.113730.4.1",
    },
    "client": {ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string},
}
_NETSCAPE = {"server": 0x40, "client": 0x80}


@dataclass(frozen=True)
class JavaVerdict:
    """Java's verdict: if it is not ok, the reason, as the exception's message has it.

    `chain` leads from the leaf to the anchor, both included; it is empty where none was found.
    """

    ok: bool
    reason: str | None
    chain: tuple[Certificate, ...]


def verify(
    chain: Sequence[Certificate],
    anchors: Sequence[Certificate],
    at: datetime,
    *,
    java: Release,
    role: Role,
    hostname: str | None = None,
) -> JavaVerdict:
    """Whether Java accepts `chain`, as its peer in the `role` sent it, at the time `at`.

    `anchors` are the certificates of its truststore. `hostname` is checked for a server only, as
    the endpoint identification algorithm HTTPS does it. Raises ValueError where `chain` is empty
    or a certificate is known by description only, InputError where one that matters is malformed.
    """
    if not chain:
        raise ValueError("an empty chain cannot be verified")
    path: list[View] = []
    try:
        _refuse_length(len(chain), role)
        sent, trusted = list(map(view, chain)), list(_anchors(anchors, chain))
        path = _trusted_path(sent, trusted, at, java, role)
        if len(path) > 1:
            _check_end_entity(path[0], role)
        if hostname is not None and role == "server":
            _check_host(chain[0], hostname, java)
    except (Refused, Unparseable) as error:
        return JavaVerdict(False, str(error), tuple(each.certificate for each in path))
    return JavaVerdict(True, None, tuple(each.certificate for each in path))


def _anchors(anchors: Sequence[Certificate], chain: Sequence[Certificate]) -> Iterator[View]:
    """How Java sees `anchors`; malformed ones of which nothing in `chain` speaks are left out."""
    named = {each.issuer_canonical for each in chain} | {each.subject_canonical for each in chain}
    for anchor in anchors:
        try:
            yield view(anchor)
        except InputError:
            if anchor.subject_canonical in named:
                raise


def _check_host(leaf: Certificate, hostname: str, java: Release) -> None:
    if told := java_covers(leaf, hostname, java):
        raise Refused(told)


def _refuse_length(length: int, role: Role) -> None:
    if length > _LONGEST[role]:
        raise Refused(
            f"The certificate chain length ({_LONGEST[role] + 1}) exceeds the maximum allowed"
            f" length ({_LONGEST[role]})"
        )


def _trusted_path(
    sent: Sequence[View], trusted: Sequence[View], at: datetime, java: Release, role: Role
) -> list[View]:
    """The way to an anchor. As sent where that leads to one, else of all that was sent."""
    if not trusted:
        raise Refused(_NO_ANCHORS)
    if any(anchor.is_same(sent[0]) for anchor in trusted):
        return [sent[0]]
    for index, (below, above) in enumerate(pairwise(sent), 1):
        if above.subject != below.issuer:
            return build(sent, trusted, at, java, role)
        if any(_stands_for(anchor, above) for anchor in trusted):
            return validate(sent[:index], trusted, at, java, role)
    if any(anchor.subject == sent[-1].issuer for anchor in trusted):
        return validate(sent, trusted, at, java, role)
    return build(sent, trusted, at, java, role)


def _stands_for(anchor: View, sent: View) -> bool:
    """Whether `sent` is the anchor, or a twin with its name and key."""
    is_twin = anchor.subject == sent.subject and anchor.key_info == sent.key_info
    return is_twin or anchor.is_same(sent)


def _check_end_entity(leaf: View, role: Role) -> None:
    """Purposes of the leaf (EndEntityChecker); an anchor that is one is not asked for them."""
    if not leaf.may("digital_signature"):
        raise Refused("KeyUsage does not allow digital signatures")
    usage = leaf.get(x509.ExtendedKeyUsage)
    allowed = _PURPOSES[role] | {ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE.dotted_string}
    if usage is not None and not any(each.dotted_string in allowed for each in usage):
        raise Refused(f"Extended key usage does not permit use for TLS {role} authentication")
    if leaf.netscape_type is not None and not leaf.netscape_type & _NETSCAPE[role]:
        raise Refused(f"Netscape cert type does not permit use for SSL {role}")
