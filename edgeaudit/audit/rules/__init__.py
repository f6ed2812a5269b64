"""The rules: one module for each family of causes. Importing this package registers them all."""

from edgeaudit.audit.rule import RULES
from edgeaudit.audit.rules import chain, expiry, hostname, wiring

__all__ = ["RULES", "chain", "expiry", "hostname", "wiring"]
