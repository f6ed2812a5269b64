"""An Edge to practise on: a simulated management API with known defects.

It imports nothing else of edgeaudit, so that a misreading of Edge cannot stand in both.
"""

from __future__ import annotations

from .edge import DemoEdge
from .endpoints import DemoEndpoints
from .hosts import DemoHosts
from .installation import Defect

__all__ = ["Defect", "DemoEdge", "DemoEndpoints", "DemoHosts"]
