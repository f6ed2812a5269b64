"""What to look at for each cause, and what to run next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.finding import Cause, Severity
from edgeaudit.audit.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROBE = "edgeaudit probe {endpoint}"
_AUDIT = "edgeaudit audit"
_VERIFY = "edgeaudit verify --java 8 --trust TRUSTSTORE.pem CHAIN.pem"
_CAPTURE = "edgeaudit capture FILE"
_TIMELINE = "edgeaudit timeline"

_LOOK: Mapping[Cause, str] = {
    Cause.PROTOCOL_MISMATCH: "The versions that both sides enable: the virtual host's properties "
    "ssl_protocols northbound; Protocols in the target's SSLInfo, and jdk.tls.disabledAlgorithms of"
    " the Message Processors, southbound.",
    Cause.CIPHER_MISMATCH: "The suites that both sides enable, and whether they fit the kind of the"
    " server's key: ssl_ciphers northbound, Ciphers in the target's SSLInfo southbound.",
    Cause.HOSTNAME_MISMATCH: "The names in the certificate (subjectAltName), beside the host alias "
    "or target host that is called.",
    Cause.INCOMPLETE_CHAIN: "The chain that the server sends: the alias of the virtual host's "
    "keystore northbound, the backend's own southbound; it must hold all intermediates.",
    Cause.INCORRECT_CHAIN: "The chain that the server sends: its order, strangers in it, and what "
    "its certificates are meant for.",
    Cause.EXPIRED_CERTIFICATE: "The dates of every certificate of the server's chain; and whether "
    "the renewed one is being served already.",
    Cause.NOT_YET_VALID_CERTIFICATE: "The dates of the certificates, and the clocks of both sides.",
    Cause.UNKNOWN_CERTIFICATE: "The truststore of the side that refuses: southbound that of the "
    "target's SSLInfo; it must hold the root, or an intermediate, of the chain that is sent.",
    Cause.MISSING_CLIENT_CERTIFICATE: "Southbound ClientAuthEnabled, KeyStore and KeyAlias of the "
    "target, and whether its issuer is among those that the backend names; northbound whether the "
    "client was given a certificate.",
    Cause.EXPIRED_CLIENT_CERTIFICATE: "The dates of the client's certificate and its issuers: "
    "southbound the alias of the target's keystore.",
    Cause.UNKNOWN_CLIENT_CERTIFICATE: "The truststore of the server: northbound that of the virtual"
    " host, which needs all issuers up to the root and takes effect on the Routers only; southbound"
    " the backend's.",
    Cause.SNI_REQUIRED: "Whether the client sends the name (southbound "
    "jsse.enableSNIExtension of the Message Processors), and whether the server knows that name.",
    Cause.NOT_TLS: "Scheme and port on both sides: TLS off in a target server with port 443, https "
    "to a plain port, a proxy between.",
    Cause.CONNECTION_REFUSED_OR_RESET: "Whether the server listens, whether its name resolves, and "
    "the firewalls between; a server may also hang up on a handshake that it does not accept.",
    Cause.WIRING: "Keystores, aliases, references and passwords that the endpoint names.",
}
_COMMANDS: Mapping[Cause, tuple[str, ...]] = {
    Cause.PROTOCOL_MISMATCH: (_PROBE, _AUDIT),
    Cause.CIPHER_MISMATCH: (_PROBE, _AUDIT),
    Cause.HOSTNAME_MISMATCH: (_PROBE, _AUDIT),
    Cause.INCOMPLETE_CHAIN: (_PROBE, _VERIFY),
    Cause.INCORRECT_CHAIN: (_PROBE, _VERIFY),
    Cause.EXPIRED_CERTIFICATE: (_TIMELINE, _PROBE),
    Cause.NOT_YET_VALID_CERTIFICATE: (_TIMELINE, _PROBE),
    Cause.UNKNOWN_CERTIFICATE: (_PROBE, _VERIFY),
    Cause.MISSING_CLIENT_CERTIFICATE: (_PROBE, _AUDIT, _CAPTURE),
    Cause.EXPIRED_CLIENT_CERTIFICATE: (_TIMELINE, _CAPTURE),
    Cause.UNKNOWN_CLIENT_CERTIFICATE: (_AUDIT, _CAPTURE),
    Cause.SNI_REQUIRED: (_PROBE,),
    Cause.NOT_TLS: (_PROBE, _AUDIT),
    Cause.CONNECTION_REFUSED_OR_RESET: (_PROBE, _CAPTURE),
    Cause.WIRING: (_AUDIT,),
}
# of another cause, and the first to ask about this one
_ALSO: Mapping[Cause, tuple[str, ...]] = {
    Cause.MISSING_CLIENT_CERTIFICATE: ("missing-alias", "alias-without-key"),
    Cause.EXPIRED_CLIENT_CERTIFICATE: ("expired-certificate", "expiring-certificate"),
    Cause.UNKNOWN_CERTIFICATE: ("missing-truststore",),
    Cause.UNKNOWN_CLIENT_CERTIFICATE: ("missing-truststore", "truststore-pins-leaf"),
    Cause.SNI_REQUIRED: ("shared-port-needs-sni",),
    Cause.NOT_TLS: ("tls-disabled-target", "tls-without-keystore"),
    Cause.INCOMPLETE_CHAIN: ("wrong-issuer",),
}
UNKNOWN = ("edgeaudit capture FILE", "edgeaudit probe HOST:PORT", "edgeaudit audit")


class Advice(NamedTuple):
    """What to look at, the rules that look at it, and what to run."""

    look: str
    rules: tuple[str, ...]
    commands: tuple[str, ...]


def advice(cause: Cause, endpoint: str | None = None) -> Advice:
    """What helps against a cause, at an endpoint (HOST:PORT) if one is known."""
    own = [
        slug
        for slug, rule in RULES.items()
        if rule.cause is cause and rule.severity is not Severity.NOTE
    ]
    rules = tuple(sorted({*own, *_ALSO.get(cause, ())}))
    named = endpoint or "HOST:PORT"
    commands = tuple(each.replace("{endpoint}", named) for each in _COMMANDS[cause])
    return Advice(_LOOK[cause], rules, commands)
