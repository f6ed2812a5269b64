"""The HTML report of 5,000 and of 20,000 findings: at most 4.6 times the time for 4 times as many.

Where Chromium is installed: how long it takes to load the larger one, to filter and to sort it.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from edgeaudit.reports.html import render
from tests.reports.browser import CHROMIUM, Browser
from tests.reports.sample import AT, EXPIRED, REPORT

if TYPE_CHECKING:
    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report

COUNTS = (5_000, 20_000)
LIMIT = 4.6
ROUNDS = 3
_TASKS = {
    "filter": "words.value = 'prod keystores 77'; form.dispatchEvent(new Event('change'));",
    "sort": "document.querySelector('[data-sort=ends] button').click();",
}


def main() -> int:
    """Prints the seconds, and the size; 1 where the limit is passed."""
    gc.set_threshold(500_000, 50, 1000)  # as the command line has it
    render(_report(10))  # the template is compiled once
    seconds = []
    for count in COUNTS:
        report = _report(count)
        seconds.append(min(_seconds(report) for _ in range(ROUNDS)))
        size = len(render(report).encode()) / 1e6
        print(f"{count:6,} findings {seconds[-1]:6.2f} s {size:6.1f} MB")
    ratio = seconds[1] / seconds[0]
    print(f"ratio            {ratio:6.2f}   (at most {LIMIT})")
    if CHROMIUM:
        _browse(render(_report(COUNTS[-1])))
    return int(ratio > LIMIT)


def _seconds(report: Report) -> float:
    start = time.process_time()
    render(report)
    return time.process_time() - start


def _report(count: int) -> Report:
    """So many findings, each at its place and on its certificate, four for a proxy and a host."""
    event = REPORT.events[0]
    findings = tuple(map(_finding, range(count)))
    events = tuple(
        replace(event, certificate=each.certificate, moment=each.certificate.not_after)
        for each in findings
        if each.certificate
    )
    return replace(REPORT, findings=findings, look_ahead=lambda: events)


def _finding(number: int) -> Finding:
    where = f"acme/env{number % 20}/keystores/store{number // 10}/alias{number % 10}#0"
    certificate = replace(
        EXPIRED,
        sha256=f"{number:064x}",
        subject=f"CN=api{number}.example.com, O=Acme, C=US",
        not_after=AT + timedelta(hours=number),
    )
    affects = tuple(
        f"acme/env{number % 20}/{kind}/thing{number // 80}" for kind in ("proxies", "virtualhosts")
    )
    finding = REPORT.findings[0]
    return replace(finding, where=where, certificate=certificate, affects=affects)


def _browse(page: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "report.html"
        file.write_text(page, "utf-8")
        browser = Browser(Path(folder) / "profile")
        start = time.perf_counter()
        browser.open(file.as_uri())
        print(f"chromium loads it in {time.perf_counter() - start:.2f} s")
        for name, task in _TASKS.items():
            took = browser.value(
                "(() => { const form = document.querySelector('#controls'), words = form.words;"
                f"const start = performance.now(); {task} document.body.offsetHeight;"
                "return performance.now() - start })()"
            )
            print(f"chromium: {name} {took / 1000:.2f} s")
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
