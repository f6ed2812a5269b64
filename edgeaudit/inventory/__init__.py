"""The TLS-bearing objects of an Edge installation, and what could not be read of it."""

from __future__ import annotations

from edgeaudit.inventory.endpoints import (
    Direction,
    Endpoint,
    ProxyTarget,
    Revision,
    TargetServer,
    TlsSettings,
    VirtualHost,
)
from edgeaudit.inventory.installation import Environment, Inventory, Told
from edgeaudit.inventory.section import Gap, Reason, Section
from edgeaudit.inventory.stores import Alias, Keystore, Reference, StoredCertificate, StoreName

__all__ = [
    "Alias",
    "Direction",
    "Endpoint",
    "Environment",
    "Gap",
    "Inventory",
    "Keystore",
    "ProxyTarget",
    "Reason",
    "Reference",
    "Revision",
    "Section",
    "StoreName",
    "StoredCertificate",
    "TargetServer",
    "TlsSettings",
    "Told",
    "VirtualHost",
]
