"""Fixtures of these tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def notice_schema() -> Any:
    """What docs/notice.schema.json says."""
    return json.loads(Path("docs/notice.schema.json").read_text())
