"""What is asked of certificates, and what is let pass."""

from __future__ import annotations

from pydantic import Field

from edgeaudit.audit.policy import Threshold
from edgeaudit.config.fields import Section, Within


class PolicySection(Section):
    """What is asked of certificates."""

    warn_within: Within = Field(Threshold(days=30), description="days (30d) or share of life (20%)")
    error_within: Within = Field(Threshold(days=7), description="days (7d) or share of life (5%)")
