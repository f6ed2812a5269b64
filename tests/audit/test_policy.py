"""Thresholds."""

from __future__ import annotations

import pytest

from edgeaudit.audit.policy import Threshold


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30", Threshold(days=30)),
        ("30d", Threshold(days=30)),
        (" 0.5 d ", Threshold(days=0.5)),
        ("20%", Threshold(share=0.2)),
        ("0", Threshold()),
    ],
)
def test_what_is_understood(text: str, expected: Threshold) -> None:
    assert Threshold.parse(text) == expected


@pytest.mark.parametrize("text", ["", "soon", "-3d", "3h", "101%", "d", "1e3d", "999999d", "٣d"])
def test_what_is_not(text: str) -> None:
    with pytest.raises(ValueError, match=r"days \(30d\) or a share of the life time \(20%\)"):
        Threshold.parse(text)
