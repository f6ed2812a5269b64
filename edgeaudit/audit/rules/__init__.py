"""The rules: one module for each family of causes. Importing this package registers them all."""

from edgeaudit.audit import sightings
from edgeaudit.audit.rule import RULES
from edgeaudit.audit.rules import (
    backends,
    chain,
    ciphers,
    client_auth,
    client_certificates,
    expiry,
    host_stores,
    hostname,
    hosts,
    keystores,
    observed,
    protocols,
    roots,
    served,
    served_chain,
    served_dates,
    settings,
    sni,
    spoken,
    strength,
    truststore,
    wiring,
)

__all__ = [
    "OBSERVED",
    "RULES",
    "backends",
    "chain",
    "ciphers",
    "client_auth",
    "client_certificates",
    "expiry",
    "host_stores",
    "hostname",
    "hosts",
    "keystores",
    "observed",
    "protocols",
    "roots",
    "served",
    "served_chain",
    "served_dates",
    "settings",
    "sni",
    "spoken",
    "strength",
    "truststore",
    "wiring",
]

# those that judge what services did when they were asked, and nothing else
OBSERVED = frozenset(
    slug for slug, rule in RULES.items() if rule.over.__module__ == sightings.__name__
)
