"""The page: what it says, that nothing breaks out of it, and what a browser makes of it."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.audit.reading import Installation, InstalledGap
from edgeaudit.inventory import Gap
from edgeaudit.location import printable
from edgeaudit.reports import FORMATS
from edgeaudit.reports.html.chart import MONTHS, chart
from edgeaudit.reports.html.impact import headline, tree
from tests.reports.browser import Browser, needed
from tests.reports.sample import AT, EMPTY, REPORT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgeaudit.audit.report import Report

VOID = {"meta", "input", "line", "rect", "br"}


class Page(HTMLParser):
    """What a page consists of; an element that is not closed, or not open, is an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: Counter[str] = Counter()
        self.attributes: list[tuple[str, str, str | None]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in VOID or self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def _page(report: Report) -> Page:
    return Page(FORMATS["html"](report))


def _told(text: str) -> Report:
    """A report in which outsiders had their say, everywhere."""
    finding = replace(
        REPORT.findings[0], message=text, where=text, affects=(text,), also_at=(text,)
    )
    gap = InstalledGap(text, Gap(text, "forbidden", text, text))
    return replace(
        REPORT,
        installations=(Installation(text, text, is_complete=False),),
        findings=(replace(finding, remedy=(text,)),),
        gaps=(gap,),
        left_out=(text,),
        suppressed=(replace(REPORT.suppressed[0], finding=finding, reason=text, owner=text),),
    )


BASE = _page(_told("x")).tags


@pytest.mark.parametrize("report", [REPORT, EMPTY])
def test_it_asks_nothing_of_anybody(report) -> None:
    attributes = _page(report).attributes
    names = {name for _, name, _ in attributes}
    assert not names & {"style", "src", "srcset", "action", "ping", "background"}
    assert not [name for name in names if name.startswith("on")]
    links = [value for _, name, value in attributes if name == "href"]
    assert all(re.fullmatch(r"#[a-z0-9-]+", link or "") for link in links)
    ids = [value for _, name, value in attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert {link[1:] for link in links if link} <= set(ids)


def test_the_policy_lets_in_what_stands_there_and_no_more() -> None:
    told = FORMATS["html"](REPORT)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', told)
    policy = policy.replace("&#39;", "'")
    assert "unsafe" not in policy
    assert policy.startswith("default-src 'none'; ")
    for tag in ("style", "script"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", told, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_tables_and_headings_can_be_followed() -> None:
    page = _page(REPORT)
    scopes = [value for tag, name, value in page.attributes if (tag, name) == ("th", "scope")]
    assert len(scopes) == page.tags["th"]
    assert set(scopes) == {"col", "row"}
    assert page.tags["h1"] == 1
    labelled = {value for _, name, value in page.attributes if name == "aria-labelledby"}
    assert {f"{name}-heading" for name in ("ends", "findings", "unread")} <= labelled


@settings(max_examples=30)
@given(
    st.text(min_size=1, max_size=30)
    | st.sampled_from(["<script>", "</script>", '"><img src=x>', "{{ 7 * 7 }}", "-->", "&lt;", "'"])
)
def test_nothing_breaks_out_of_the_page(text: str) -> None:
    page = _page(_told(text))
    assert page.tags["script"] == page.tags["style"] == 1
    assert page.tags == BASE
    assert printable(text) in page.words or not text.strip()
    assert not re.search(
        "[\0-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", "".join(page.words)
    )


def test_the_picture_counts_every_certificate_in_use() -> None:
    days = [-400, -1, 0, 3, 29, 200, 399, 5000]
    event = REPORT.events[0]
    moments = [AT + timedelta(days=day) for day in days]
    events = tuple(replace(event, moment=moment) for moment in moments)
    begins = replace(event, kind="becomes_valid", moment=moments[-1])
    made = chart(replace(REPORT, look_ahead=lambda: (*events, begins)))
    assert len(made.columns) == MONTHS + 2
    assert [each.number for each in made.columns if each.number] == [3, 1, 1, 1, 2]
    assert sum(each.number for each in made.columns) == len(days)
    assert made.told.startswith("past: 3, Nov 2026: 1, Dec: 1, Jan 2027: 0, ")


def test_whom_it_affects() -> None:
    (area,) = tree(REPORT)
    assert area.where == "acme/prod"
    assert area.counts == (("error", 1),)
    assert [(each.kind, each.name) for each in area.things] == [
        ("virtual host", "secure"),
        ("virtual host", "secure-eu"),
    ]
    assert headline(REPORT) == "TLS fails, today or soon, for 2 virtual hosts."


@pytest.mark.parametrize(
    ("report", "told"),
    [
        (EMPTY, "No failing handshake was found."),
        (replace(EMPTY, gaps=REPORT.gaps), "but not everything could be read."),
        (replace(EMPTY, findings=REPORT.findings[1:2]), "1 error; no endpoint or proxy"),
    ],
)
def test_the_headline(report, told) -> None:
    assert told in headline(report)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = Browser(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.close()


def _opened(browser: Browser, report: Report, folder: Path, **options: Any) -> None:
    file = folder / "report.html"
    file.write_text(FORMATS["html"](report), "utf-8")
    browser.open(file.as_uri(), **options)


HOSTILE = (
    "<script>owned=1</script><img src=http://127.0.0.1:9/x onerror=owned=1>"
    "<link rel=stylesheet href=http://127.0.0.1:9/y>\"'><svg onload=owned=1>"
) + "n" * 10_000
SHOWN = "[...document.querySelectorAll('#rows > tr')].filter((row) => row.checkVisibility())"


@needed
@pytest.mark.full
@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_names_run_nothing_and_fetch_nothing(browser, tmp_path, width) -> None:
    _opened(browser, _told(HOSTILE), tmp_path, width=width)
    assert browser.value("typeof owned") == "undefined"
    asked = {
        each["request"]["url"].partition(":")[0]
        for each in browser.named("Network.requestWillBeSent")
    }
    assert asked == {"file"}
    assert browser.named("Log.entryAdded") == browser.named("Runtime.exceptionThrown") == []
    assert browser.value("document.documentElement.scrollWidth") <= width


@needed
@pytest.mark.full
def test_findings_are_filtered_and_sorted(browser, tmp_path) -> None:
    _opened(browser, REPORT, tmp_path)
    assert browser.named("Log.entryAdded") == browser.named("Runtime.exceptionThrown") == []
    assert browser.value(f"{SHOWN}.length") == 3
    assert browser.value("document.querySelector('#shown').value") == "3 findings"
    browser.value("document.querySelector('[value=error]').click()")
    assert browser.value(f"{SHOWN}.map((row) => row.dataset.severity)") == ["warning"]
    identity = REPORT.findings[0].id
    browser.value(
        f"new Promise((done) => {{ location.hash = 'f-{identity}'; setTimeout(done, 50) }})"
    )
    assert browser.value(f"{SHOWN}.length") == 3, "a link to what is filtered away shows it"
    assert browser.value(f"document.querySelector('#f-{identity} details').open")
    browser.value("document.querySelector('[data-sort=ends] button').click()")
    in_order = [REPORT.findings[index].rule for index in (0, 2, 1)]
    assert browser.value(f"{SHOWN}.map((row) => row.dataset.rule)") == in_order
    browser.value("document.querySelector('[data-sort=affects] button').click()")
    head = "document.querySelector('[data-sort=affects]').getAttribute('aria-sort')"
    assert browser.value(head) == "descending", "what affects most comes first"
    counts = browser.value(f"{SHOWN}.map((row) => Number(row.dataset.affects))")
    assert counts == sorted(counts, reverse=True)
    browser.value("document.querySelector('[data-sort=ends] button').click()")
    browser.value(
        "new Promise((done) => { const words = document.querySelector('#words');"
        "words.value = 'KEYSTORE client'; words.dispatchEvent(new Event('input'));"
        "setTimeout(done, 300) })"
    )
    assert browser.value(f"{SHOWN}.map((row) => row.dataset.rule)") == ["missing-keystore"]


@needed
@pytest.mark.full
def test_it_needs_no_script(browser, tmp_path) -> None:
    _opened(browser, REPORT, tmp_path, scripts=False)
    assert browser.value(f"{SHOWN}.length") == 3
    assert browser.value("document.querySelector('#controls').checkVisibility()") is False
    browser.ask("Emulation.setEmulatedMedia", media="print")
    assert browser.value("document.querySelector('#rows p').checkVisibility()")
    browser.ask("Emulation.setEmulatedMedia", media="")
