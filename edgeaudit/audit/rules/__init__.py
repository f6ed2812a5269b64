"""The rules: one module for each family of causes. Importing this package registers them all."""

from edgeaudit.audit.rule import RULES
from edgeaudit.audit.rules import chain, ciphers, expiry, hostname, protocols, wiring

__all__ = ["RULES", "chain", "ciphers", "expiry", "hostname", "protocols", "wiring"]
