"""Which algorithms and keys a Java release allows in a certificate path, by its defaults.

What is in jdk.certpath.disabledAlgorithms of all of them alike: MD2, MD5, RSA and DSA under 1024
bits, EC under 224; and SHA-1 in server certificates below a root that Java itself brings along.
jdk.tls.disabledAlgorithms adds nothing for certificates. A site may have set both otherwise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

if TYPE_CHECKING:
    from cryptography import x509

# What Java calls the algorithms of RFC 8017, 3279, 5758, 8410 (AlgorithmId.getName).
NAMES = {
    "1.2.840.113549.1.1.2": "MD2withRSA",
    "1.2.840.113549.1.1.4": "MD5withRSA",
    "1.2.840.113549.1.1.5": "SHA1withRSA",
    "1.3.14.3.2.29": "SHA1withRSA",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "SHA256withRSA",
    "1.2.840.113549.1.1.12": "SHA384withRSA",
    "1.2.840.113549.1.1.13": "SHA512withRSA",
    "1.2.840.113549.1.1.14": "SHA224withRSA",
    "1.2.840.10040.4.3": "SHA1withDSA",
    "2.16.840.1.101.3.4.3.1": "SHA224withDSA",
    "2.16.840.1.101.3.4.3.2": "SHA256withDSA",
    "1.2.840.10045.4.1": "SHA1withECDSA",
    "1.2.840.10045.4.3.1": "SHA224withECDSA",
    "1.2.840.10045.4.3.2": "SHA256withECDSA",
    "1.2.840.10045.4.3.3": "SHA384withECDSA",
    "1.2.840.10045.4.3.4": "SHA512withECDSA",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
}
_EDWARDS = ("Ed25519", "Ed448")
# what an algorithm of a certificate may be called in a list, in capitals
_WORDS = frozenset(
    each.upper()
    for name in ("RSA", "DSA", "EC", *NAMES.values())
    for each in (name, *name.split("with"))
)
_LAST_OF_OLD = 11
# what java.security has of these in both lists, by itself
_IN_PATHS = "MD2, MD5, RSA keySize < 1024, DSA keySize < 1024, EC keySize < 224"
_IN_TLS = "MD5withRSA, EC keySize < 224"
_KEY_SIZE = re.compile(r"((?i:RSA|DSA|EC)) keySize (<=?) (\d+)")
_CONDITION = re.compile(
    r"(keySize (<=|<|==|!=|>|>=) \d+|jdkCA|denyAfter \d{4}-\d{2}-\d{2}|usage( \w+)*)?"
)
_CURVES = {"secp256r1", "secp384r1", "secp521r1"}
_USUAL = "Algorithm constraints check failed on "


class Key(NamedTuple):
    """A public key: "RSA", "DSA", "EC" or another kind, its bits, and of an EC key the curve."""

    kind: str
    bits: int
    curve: str | None = None

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Key:
        """The key of `certificate`, of no known size where `cryptography` cannot read it."""
        try:
            key = certificate.public_key()
        except (ValueError, UnsupportedAlgorithm):
            return cls("unknown", 0)
        if isinstance(key, ec.EllipticCurvePublicKey):
            return cls("EC", key.curve.key_size, key.curve.name)
        if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
            return cls("RSA" if isinstance(key, rsa.RSAPublicKey) else "DSA", key.key_size)
        return cls(type(key).__name__.removesuffix("PublicKey"), 0)


def malformed(disabled: str) -> str | None:
    """The first entry in such a list for which Java gives up all TLS; None if there is none.

    It does so for a condition that it does not know (DisabledAlgorithmConstraints), such as
    `RSA keysize < 2048`.
    """
    for entry in filter(None, (" ".join(each.split()) for each in disabled.split(","))):
        name, _, conditions = entry.partition(" ")
        if name.lower() == "include" and conditions == "jdk.disabled.namedCurves":
            continue
        parts = conditions.split("&")
        if not all(_CONDITION.fullmatch(each.strip()) for each in parts):
            return entry
    return None


class Disabled(NamedTuple):
    """What lists of java.security disable: keys under so many bits by kind, words in capitals."""

    least_bits: tuple[tuple[str, int], ...]
    words: frozenset[str]

    @classmethod
    def by(cls, *lists: str) -> Disabled:
        """What those values of jdk.certpath.disabledAlgorithms and jdk.tls.disabledAlgorithms do.

        Known are words alone (`SHA1`, `SHA1withRSA`) and `keySize <`; entries with other
        conditions, such as `SHA1 jdkCA & usage TLSServer`, are passed over.
        """
        entries = [" ".join(each.split()) for each in ",".join(lists).split(",")]
        least: dict[str, int] = {}
        for match in filter(None, map(_KEY_SIZE.fullmatch, entries)):
            kind, bits = match[1].upper(), int(match[3]) + (match[2] == "<=")
            least[kind] = max(bits, least.get(kind, 0))
        return cls(tuple(sorted(least.items())), _WORDS & {each.upper() for each in entries})

    def has(self, key: Key) -> bool:
        """Whether that key is disabled by its kind or size."""
        is_small = key.bits < dict(self.least_bits).get(key.kind, 0)
        return is_small or key.kind.upper() in self.words


_FOR_PATHS, _FOR_ANCHORS = Disabled.by(_IN_PATHS, _IN_TLS), Disabled.by(_IN_PATHS)


@dataclass(frozen=True)
class Release:
    """A Java release in its late updates, with the defaults of its java.security.

    `has_edwards` is whether it verifies Ed25519 and Ed448, `disables_curves` whether it refuses
    other curves than P-256, P-384 and P-521 by jdk.disabled.namedCurves; a release that does not
    cannot verify with them. `is_terse` is how it words a refusal. The rest is what its
    java.security disables.
    """

    number: int
    has_edwards: bool
    disables_curves: bool
    is_terse: bool
    disabled: Disabled = _FOR_PATHS
    disabled_for_anchors: Disabled = _FOR_ANCHORS

    def disabling(self, in_paths: str | None = None, in_tls: str | None = None) -> Release:
        """The same with those values of jdk.certpath.disabledAlgorithms and
        jdk.tls.disabledAlgorithms, None for Java's own.

        In a handshake both hold for a path; for its anchor too where Java searches for that, and
        else the first one alone.
        """
        path = _IN_PATHS if in_paths is None else in_paths
        both = Disabled.by(path, _IN_TLS if in_tls is None else in_tls)
        return replace(self, disabled=both, disabled_for_anchors=Disabled.by(path))

    @property
    def has_defaults(self) -> bool:
        """Whether it disables what it does by itself."""
        return (self.disabled, self.disabled_for_anchors) == (_FOR_PATHS, _FOR_ANCHORS)

    @property
    def minds_anchor_names(self) -> bool:
        """Whether its search for a path applies an anchor's own name constraints."""
        return self.number <= _LAST_OF_OLD

    @property
    def keeps_final_dot(self) -> bool:
        """Whether it takes the final dot of a host name for a part of it."""
        return self.number <= _LAST_OF_OLD

    def can_verify(self, key: Key) -> bool:
        """Whether its signature check knows the kind of `key`."""
        if key.kind == "EC":
            return self.disables_curves or key.curve in _CURVES
        return self.has_edwards or key.kind not in _EDWARDS

    def can_sign(self, key: Key) -> bool:
        """Whether its TLS can show a certificate with `key`, and sign with that."""
        return self.can_verify(key) and not self._is_disabled(key)

    def forbids_anchor(self, key: Key, signature: str, *, is_search: bool = False) -> str | None:
        """What it says of the key of an anchor, which made a `signature`; None if nothing."""
        disabled = self.disabled if is_search else self.disabled_for_anchors
        if not disabled.has(key) and not self._is_disabled(key):
            return None
        if self.is_terse:
            return f"{_USUAL}signature algorithm: {signature}"
        return f"{_USUAL}keysize limits: {key.kind} {key.bits} bit key."

    def forbids(self, key: Key, signature: str, subject: str) -> str | None:
        """What it says of a certificate's `key` and of the `signature` on it; None if nothing."""
        digest, _, kind = signature.partition("with")
        names = (digest, kind, signature, key.kind)
        named = [each for each in names if each.upper() in self.disabled.words]
        if named:
            if self.is_terse:
                return f"{_USUAL}signature algorithm: {signature}"
            return f"{_USUAL}disabled algorithm: {named[0]} used with certificate: {subject}"
        if self._is_disabled(key):
            return f"{_USUAL}disabled algorithm: {key.curve}"
        if self.disabled.has(key):
            size = f"{key.kind} {key.bits} bit key"
            return f"{_USUAL}keysize limits: {size} used with certificate: {subject}"
        return None

    def _is_disabled(self, key: Key) -> bool:
        return self.disables_curves and key.kind == "EC" and key.curve not in _CURVES


RELEASES = {
    8: Release(8, has_edwards=False, disables_curves=True, is_terse=True),
    11: Release(11, has_edwards=False, disables_curves=True, is_terse=True),
    17: Release(17, has_edwards=True, disables_curves=False, is_terse=True),
    21: Release(21, has_edwards=True, disables_curves=False, is_terse=False),
    25: Release(25, has_edwards=True, disables_curves=False, is_terse=False),
}
