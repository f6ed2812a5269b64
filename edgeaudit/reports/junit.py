"""The report for CI servers (JUnit's XML, as Jenkins, GitLab and Azure DevOps read it)."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.reports.wording import flaw, life, located, named, reason, scope, set_at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report

_NO_XML = re.compile("[\ufffe\uffff]")  # of what is printable, all that XML 1.0 (2.2) cannot hold


def render(report: Report) -> str:
    """A suite for each rule, a test case for each finding of it, of its severity a failure.

    A rule that found nothing is a case that passed, a suppressed finding one that was skipped, and
    so are suppressions that should go, and places that were left out; a place that could not be
    read is an error.
    """
    root = Element("testsuites", name="edgeaudit")
    for name, cases in _suites(report).items():
        suite = SubElement(root, "testsuite", name=name, timestamp=instant(report.at)[:-1])
        suite.extend(cases)
        _count(suite)
    _count(root)
    indent(root)
    text: str = tostring(root, encoding="unicode", xml_declaration=False)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _suites(report: Report) -> dict[str, list[Element]]:
    suites: dict[str, list[Element]] = defaultdict(list)
    for finding in report.findings:
        suites[finding.rule].append(_failed(report, finding))
    for each in report.suppressed:
        case = _case(each.finding.rule, _place(report, each.finding))
        SubElement(case, "skipped", message=_text(f"suppressed: {reason(each)}"))
        suites[each.finding.rule].append(case)
    for rule, count in report.examined.items():
        if rule not in suites:
            suites[rule].append(_case(rule, f"examined {count}, found nothing"))
    ordered = dict(sorted(suites.items()))
    others = {
        "suppressions that should go": list(_stale(report)),
        "left out": list(_left_out(report)),
        "not read": list(_unread(report)),
    }
    return ordered | {name: cases for name, cases in others.items() if cases}


def _failed(report: Report, finding: Finding) -> Element:
    case = _case(finding.rule, _place(report, finding))
    kind = finding.severity.value
    failure = SubElement(case, "failure", type=kind, message=_text(finding.message))
    failure.text = "\n".join(map(_text, _details(report, finding)))
    return case


def _details(report: Report, finding: Finding) -> Iterator[str]:
    if certificate := finding.certificate:
        yield f"{named(certificate)}: {life(certificate, report.at)}"
    yield from (f"set at {where}" for where in set_at(finding))
    yield from (f"affects {where}" for where in finding.affects)
    yield from (f"same certificate at {where}" for where in finding.also_at)
    yield from finding.remedy


def _stale(report: Report) -> Iterator[Element]:
    for each in report.stale_suppressions:
        case = _case("suppressions that should go", scope(each.suppression))
        told = f"{flaw(each)}: {reason(each.suppression)}"
        SubElement(case, "skipped", message=_text(told))
        yield case


def _left_out(report: Report) -> Iterator[Element]:
    for where in report.left_out:
        case = _case("left out", where)
        SubElement(case, "skipped", message="left out on purpose")
        yield case


def _unread(report: Report) -> Iterator[Element]:
    for each in report.gaps:
        gap = each.gap
        case = _case("not read", located(report, each.installation, gap.where))
        error = SubElement(case, "error", type=gap.reason, message=_text(gap.detail))
        error.text = _text(gap.hint)
        yield case


def _place(report: Report, finding: Finding) -> str:
    return located(report, finding.installation, finding.where)


def _case(group: str, name: str) -> Element:
    return Element("testcase", classname=group, name=_text(name), time="0")


def _count(suite: Element) -> None:
    cases = list(suite.iter("testcase"))
    suite.set("tests", str(len(cases)))
    for count, outcome in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(sum(case.find(outcome) is not None for case in cases)))


def _text(text: str) -> str:
    return _NO_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", printable(text))
