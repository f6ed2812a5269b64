"""The report as one HTML file that asks nothing of anybody: to be mailed, opened, printed.

Its Content-Security-Policy lets nothing run or be fetched but the style and the script that stand
in it, both named by their digest; there is no style and no handler in an attribute.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

import edgeaudit
from edgeaudit.audit.finding import Severity
from edgeaudit.location import printable
from edgeaudit.reports import wording
from edgeaudit.reports.html.chart import chart
from edgeaudit.reports.html.impact import headline, tree
from edgeaudit.reports.html.view import ends, rows, stale, suppressed, unread

if TYPE_CHECKING:
    import jinja2

    from edgeaudit.audit.report import Report


def render(report: Report) -> str:
    """Summary, expiry timeline, findings, whom they affect, what was not read."""
    from markupsafe import Markup

    style, script = _text("report.css"), _text("report.js")
    return _template().render(
        report=report,
        version=edgeaudit.__version__,
        style=Markup(style),  # noqa: S704 - our own, without a word from outside
        script=Markup(script),  # noqa: S704
        policy=_policy(style, script),
        title=wording.title(report),
        headline=headline(report),
        severities=list(Severity),
        meanings=wording.MEANINGS,
        chart=chart(report),
        ends=ends(report),
        rows=rows(report),
        tree=tree(report),
        suppressed=suppressed(report),
        stale=stale(report),
        unread=unread(report),
    )


def _policy(style: str, script: str) -> str:
    """The Content-Security-Policy (W3C CSP Level 3, 6.7.3.3: digests of what stands inline)."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(name: str) -> str:
    return resources.files(__name__).joinpath(name).read_text("utf-8")


@lru_cache(maxsize=1)
def _template() -> jinja2.Template:
    import jinja2  # 50 ms that only this format pays for

    made = jinja2.Environment(
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
    )
    return made.from_string(_text("report.html.jinja"))


def _shown(value: object) -> object:
    """Text from outside in a form that does nothing; `Markup`, which is ours, as it is."""
    return printable(value) if type(value) is str else value
