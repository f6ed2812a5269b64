"""What differs, as it is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from markdown_it import MarkdownIt

from edgeaudit.audit.comparing.changes import Comparison, compare
from edgeaudit.audit.comparing.side import Side
from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import Gap
from edgeaudit.reports.comparison import FORMATS, render
from tests.audit.estate import ISSUING, LEAF, TRUST, Estate, secure
from tests.factories import NOW
from tests.schemas import validate

BOTH = ISSUING.leaf("api.example.com", names=["api.example.com", "www.example.com"])
HOSTILE = "\x1b[31m<script>`x`|\u202e"


def _compared(old: Estate, new: Estate, sides: tuple[str, str] = ("old", "new")) -> Comparison:
    one, other = [old.inventory()], [new.inventory()]
    before = Side(one, judge(one, TRUST, Policy(), NOW, NOW))
    return compare(before, Side(other, judge(other, TRUST, Policy(), NOW, NOW)), sides)


def _blind() -> Estate:
    estate = Estate().host("web", keystore="web", key_alias="server")
    estate.gaps = [Gap("acme/prod/keystores", "forbidden", "HTTP 403")]
    return estate


RENEWED = _compared(secure([BOTH, ISSUING]), secure([LEAF]).reference("r", "web"))
UNREAD = _compared(secure(), _blind())
TWINS = _compared(secure(), Estate(), ("acme/prod", "west/prod"))
ENTRIES: dict[str, Any] = {HOSTILE: [LEAF]}
ODD = _compared(
    secure(),
    secure([LEAF, ISSUING], [HOSTILE]).reference("r", HOSTILE).store("odd", **ENTRIES),
)


def test_the_table() -> None:
    told = render(RENEWED)
    assert (
        "  acme/prod/keystores/web/server#0\n"
        "      certificate renewed, and no longer covers www.example.com, with another key\n"
        "        names: api.example.com, www.example.com -> api.example.com\n"
    ) in told
    assert "certificate went: CN=Acme Issuing CA, until 20" in told
    assert " 3 changes; 2 findings came and " in " ".join(told.split())
    assert "  acme/prod/references/r\n      reference appeared\n        refers: web\n" in told
    assert "FINDINGS THAT CAME\n  acme/prod/keystores/web/server#0\n" in told
    assert " ".join(told.split()).endswith("; everything could be compared.")


def test_a_certificate_is_one_name_in_a_ticket() -> None:
    told = FORMATS["markdown"](RENEWED)
    assert ": certificate went: `CN=Acme Issuing CA, until 20" in told


def test_a_property_is_told_by_its_own_name() -> None:
    properties = {"ssl_protocols": "TLSv1.2"}
    named = Estate().host("web", properties=properties)
    told = render(_compared(Estate().host("web"), named))
    assert "        properties.ssl_protocols: (not set) -> TLSv1.2\n" in told


def test_two_environments_by_their_names() -> None:
    told = render(TWINS)
    assert (
        "  keystores/web\n"
        "      keystore only in acme/prod\n"
        "        server#0: CN=api.example.com, until 20"
    ) in told
    assert " 2 differences between " in " ".join(told.split()), "a store counts as one"
    assert "FINDINGS ONLY IN acme/prod\n  virtualhosts/web\n" in told
    assert "keystores/web/server\n" not in told, "that goes with its keystore"


def test_what_could_not_be_compared() -> None:
    for name, form in FORMATS.items():
        told = " ".join(form(UNREAD).split())
        assert "acme/prod/keystores" in told
        assert "HTTP 403" in told.replace("`", ""), name
    assert "only seen in old" in render(UNREAD)


@pytest.mark.parametrize("made", [RENEWED, UNREAD, TWINS, ODD])
def test_json_is_as_its_schema_says(made: Comparison) -> None:
    validate(json.loads(FORMATS["json"](made)), "diff")


@pytest.mark.parametrize("name", ["table", "markdown"])
def test_hostile_names_are_shown_harmless(name: str) -> None:
    told = FORMATS[name](ODD)
    assert "\x1b" not in told
    assert "\u202e" not in told
    assert "script" in told
    if name == "markdown":
        assert "<script>" not in MarkdownIt("commonmark", {"html": True}).render(told)
