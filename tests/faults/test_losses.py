"""A role that may not read everything: it gets all that it can, and nothing wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.management.faulty import Broken, saying

if TYPE_CHECKING:
    from tests.management.faulty import Fault

HTML = b"<!doctype html><html><title>Sign in</title></html>"
_KNOWN: dict[str, set[tuple[str, str]]] = {}


@pytest.fixture
def acme(audit: Any) -> set[tuple[str, str]]:
    """What is found in the organization of that name when nothing is broken."""
    if "acme" not in _KNOWN:
        _KNOWN["acme"] = _found(audit(org=("--org", "acme", "--env", "prod"))[1])
    return _KNOWN["acme"]


@pytest.mark.parametrize(
    ("pattern", "section"),
    [
        (".*/certificate", "keystores"),
        (".*/aliases/[^/]*", "keystores"),
        (".*/keystores/[^/]*", "keystores"),
        (".*/references/[^/]*", "references"),
        (".*/virtualhosts/[^/]*", "virtualhosts"),
        (".*/targetservers.*", "targetservers"),
        (".*/(keystores|references|virtualhosts)", ""),
    ],
)
@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(saying(403), id="403"),
        pytest.param(saying(200, HTML), id="HTML", marks=pytest.mark.full),
    ],
)
def test_a_whole_kind_that_is_not_given(
    audit: Any, pattern: str, section: str, fault: Fault
) -> None:
    """A role that may read one kind and not another still gets all that it can."""
    status, report = audit(Broken(pattern, fault), org=("--org", "wellkept", "--env", "prod"))
    assert status == 3
    # the one that no loss but that of the bundles can take away
    assert {each["rule"] for each in report["findings"]} <= {"dynamic-store-name"}
    assert all(f"/{section}" in gap["where"] for gap in report["gaps"])


@pytest.mark.parametrize(
    "pattern",
    [
        ".*/prod/keystores",
        ".*/prod/references",
        ".*/certificate",
        *(
            pytest.param(pattern, marks=pytest.mark.full)
            for pattern in (
                ".*/prod/virtualhosts",
                ".*/virtualhosts/[a-m][^/]*",
                ".*/targetservers",
                ".*/prod/keystores/[^/]*[aeiou]",
                ".*/references/[a-m][^/]*",
                ".*/environments",
            )
        ),
    ],
)
def test_what_is_lost_gives_no_new_finding(audit: Any, acme: Any, pattern: str) -> None:
    scope = ("--env", "prod") if pattern != ".*/environments" else ()  # which are then not listed
    status, report = audit(Broken(pattern, saying(403)), org=("--org", "acme", *scope))
    found = _found(report)
    assert status in {1, 3}
    assert report["gaps"]
    assert found < acme


def _found(report: Any) -> set[tuple[str, str]]:
    return {(each["rule"], each["where"]) for each in report["findings"]}
