"""The rules: one module for each family of causes. Importing this package registers them all."""

from edgeaudit.audit.rule import RULES
from edgeaudit.audit.rules import (
    chain,
    ciphers,
    client_auth,
    expiry,
    hostname,
    hosts,
    keystores,
    protocols,
    roots,
    settings,
    sni,
    strength,
    truststore,
    wiring,
)

__all__ = [
    "RULES",
    "chain",
    "ciphers",
    "client_auth",
    "expiry",
    "hostname",
    "hosts",
    "keystores",
    "protocols",
    "roots",
    "settings",
    "sni",
    "strength",
    "truststore",
    "wiring",
]
