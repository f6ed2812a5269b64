"""Which algorithms and keys a Java release allows in a certificate path, by its defaults.

What is in jdk.certpath.disabledAlgorithms of all of them alike: MD2, MD5, RSA and DSA under 1024
bits, EC under 224; and SHA-1 in server certificates below a root that Java itself brings along.
jdk.tls.disabledAlgorithms adds nothing for certificates. A site may have set it otherwise.
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
_LAST_OF_OLD = 11
_LEAST_BITS = (("RSA", 1024), ("DSA", 1024), ("EC", 224))
_DISABLED = frozenset({"MD2", "MD5"})
_KEY_SIZE = re.compile(r"(RSA|DSA|EC) keySize (<=?) (\d+)", re.IGNORECASE)
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


@dataclass(frozen=True)
class Release:
    """A Java release in its late updates, with the defaults of its java.security.

    `has_edwards` is whether it verifies Ed25519 and Ed448, `disables_curves` whether it refuses
    other curves than P-256, P-384 and P-521 by jdk.disabled.namedCurves; a release that does not
    cannot verify with them. `is_terse` is how it words a refusal. `least_bits` by kind of key and
    the words `disabled`, in capitals, are those of jdk.certpath.disabledAlgorithms.
    """

    number: int
    has_edwards: bool
    disables_curves: bool
    is_terse: bool
    least_bits: tuple[tuple[str, int], ...] = _LEAST_BITS
    disabled: frozenset[str] = _DISABLED

    def disabling(self, algorithms: str) -> Release:
        """The same with that value of jdk.certpath.disabledAlgorithms.

        Known of it are words alone (`SHA1`, `SHA1withRSA`) and `keySize <`; entries with other
        conditions, such as `SHA1 jdkCA & usage TLSServer`, are passed over.
        """
        entries = [" ".join(each.split()) for each in algorithms.split(",")]
        sizes = (match for each in entries if (match := _KEY_SIZE.fullmatch(each)))
        least = {each[1].upper(): int(each[3]) + (each[2] == "<=") for each in sizes}
        words = frozenset(each.upper() for each in entries if each and " " not in each)
        return replace(self, least_bits=tuple(least.items()), disabled=words)

    @property
    def has_defaults(self) -> bool:
        """Whether it disables what it does by itself."""
        return self.least_bits == _LEAST_BITS and self.disabled == _DISABLED

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

    def forbids_anchor(self, key: Key, signature: str) -> str | None:
        """What it says of the key of an anchor, which made a `signature`; None if nothing."""
        if not self._is_weak(key) and not self._is_disabled(key):
            return None
        if self.is_terse:
            return f"{_USUAL}signature algorithm: {signature}"
        return f"{_USUAL}keysize limits: {key.kind} {key.bits} bit key."

    def forbids(self, key: Key, signature: str, subject: str) -> str | None:
        """What it says of a certificate's `key` and of the `signature` on it; None if nothing."""
        digest, _, kind = signature.partition("with")
        named = [each for each in (digest, kind, signature) if each.upper() in self.disabled]
        if named:
            if self.is_terse:
                return f"{_USUAL}signature algorithm: {signature}"
            return f"{_USUAL}disabled algorithm: {named[0]} used with certificate: {subject}"
        if self._is_disabled(key):
            return f"{_USUAL}disabled algorithm: {key.curve}"
        if self._is_weak(key):
            size = f"{key.kind} {key.bits} bit key"
            return f"{_USUAL}keysize limits: {size} used with certificate: {subject}"
        return None

    def _is_weak(self, key: Key) -> bool:
        return key.bits < dict(self.least_bits).get(key.kind, 0)

    def _is_disabled(self, key: Key) -> bool:
        return self.disables_curves and key.kind == "EC" and key.curve not in _CURVES


RELEASES = {
    8: Release(8, has_edwards=False, disables_curves=True, is_terse=True),
    11: Release(11, has_edwards=False, disables_curves=True, is_terse=True),
    17: Release(17, has_edwards=True, disables_curves=False, is_terse=True),
    21: Release(21, has_edwards=True, disables_curves=False, is_terse=False),
    25: Release(25, has_edwards=True, disables_curves=False, is_terse=False),
}
