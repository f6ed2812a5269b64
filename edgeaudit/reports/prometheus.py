"""The report as metrics, for the textfile collector of Prometheus' node exporter.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ and /docs/practices/naming/.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

import edgeaudit
from edgeaudit.audit.finding import Severity
from edgeaudit.location import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from prometheus_client.core import GaugeMetricFamily

    from edgeaudit.audit.report import Report

NOT_AFTER = "edgeaudit_certificate_not_after_seconds"
LAST_SUCCESS = "edgeaudit_last_success_timestamp_seconds"
_LABELS = ("installation", "where", "subject", "in_use")
_MOST_CHARACTERS = 200  # of a label's value
_MOST_GAPS = 100  # that have a series of their own


def render(report: Report, previous: str = "", duration: float | None = None) -> str:
    """The metrics; with `duration`, in seconds, how long the run took.

    `previous` is the text of the run before: places that could not be read now keep their value
    from there, so that no certificate vanishes because a server does not answer; so does the time
    of the last success where this run was none.
    """
    from prometheus_client import CollectorRegistry, generate_latest
    from prometheus_client.registry import Collector

    class Audit(Collector):
        def collect(self) -> Iterator[GaugeMetricFamily]:
            yield from _families(report, _Previous(previous), duration)

    registry = CollectorRegistry()
    registry.register(Audit())
    return generate_latest(registry).decode()


class _Certificate(NamedTuple):
    """A certificate in one place, with the values of its labels."""

    installation: str
    where: str
    subject: str
    in_use: str
    not_after: float


class _Previous:
    """What the run before had told; nothing, where that cannot be read."""

    def __init__(self, text: str) -> None:
        self.certificates: list[_Certificate] = []
        self.last_success = 0.0
        try:
            self._read(text)
        except ValueError:  # somebody else's file, or half of one
            self.certificates = []

    def _read(self, text: str) -> None:
        from prometheus_client.parser import text_string_to_metric_families

        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                if sample.name == LAST_SUCCESS:
                    self.last_success = sample.value
                elif sample.name == NOT_AFTER and set(sample.labels) == set(_LABELS):
                    self.certificates.append(_Certificate(**sample.labels, not_after=sample.value))


def _families(
    report: Report, previous: _Previous, duration: float | None
) -> Iterator[GaugeMetricFamily]:
    certificates = list(_certificates(report))
    certificates += _kept(report, certificates, previous.certificates)
    ends: dict[tuple[str, ...], float] = {}
    for each in sorted(certificates):  # an endpoint may show several of one name: the first to end
        ends.setdefault(each[:-1], each.not_after)
    told = "When the certificate ends, as a Unix time; it is told after that too."
    yield _gauge(NOT_AFTER, told, _LABELS, ends.items())
    yield _gauge("edgeaudit_findings", "Findings.", ("rule", "severity"), _findings(report))
    yield from _unread(report)
    made_at = report.made_at.timestamp()
    success = made_at if report.is_complete else previous.last_success
    simple: dict[str, tuple[str, float]] = {
        "edgeaudit_suppressed_findings": ("Findings let pass.", len(report.suppressed)),
        "edgeaudit_stale_suppressions": (
            "Suppressions that should go.",
            len(report.stale_suppressions),
        ),
        "edgeaudit_last_run_timestamp_seconds": ("When the last run began.", made_at),
        LAST_SUCCESS: ("When the last run that read everything began; 0 for never.", success),
    }
    if duration is not None:
        simple["edgeaudit_duration_seconds"] = ("How long the last run took.", duration)
    for name, (told, value) in simple.items():
        yield _gauge(name, told, (), [((), value)])
    version = [((edgeaudit.__version__,), 1)]
    yield _gauge("edgeaudit_build_info", "The version of edgeaudit.", ("version",), version)


def _gauge(
    name: str, told: str, labels: Sequence[str], rows: Iterable[tuple[Sequence[str], float]]
) -> GaugeMetricFamily:
    from prometheus_client.core import GaugeMetricFamily

    family = GaugeMetricFamily(name, told, labels=labels)
    for values, value in rows:
        family.add_metric(values, value)
    return family


def _certificates(report: Report) -> Iterator[_Certificate]:
    names = [one.name for one in report.installations]
    used = {where for event in report.events for where in event.in_use_at}
    for found in report.certificates:
        for told in found.found_at:
            installation, where = _divided(told, names)
            yield _Certificate(
                _bounded(installation),
                _bounded(where),
                _bounded(found.certificate.subject),
                "true" if told in used else "false",
                found.certificate.not_after.timestamp(),
            )


def _divided(told: str, installations: Sequence[str]) -> tuple[str, str]:
    """The installation and the place in it; a place names its installation if there are several."""
    if len(installations) == 1:
        return installations[0], told
    named = [name for name in installations if told.startswith(f"{name}:")]
    name = max(named, key=len, default="")
    return name, told.removeprefix(f"{name}:")


def _kept(
    report: Report, present: Iterable[_Certificate], previous: Iterable[_Certificate]
) -> Iterator[_Certificate]:
    """Those of the run before of which it is not known whether they are there still."""
    places = {(each.installation, each.where) for each in present}
    read = {installation for installation, _ in places}
    unread: dict[str, list[str]] = {}
    for gap in report.gaps:
        unread.setdefault(_bounded(gap.installation), []).append(printable(gap.gap.where))
    for each in previous:
        areas = unread.get(each.installation, [])
        is_hidden = each.installation not in read or _is_within(each.where, areas)
        if areas and is_hidden and (each.installation, each.where) not in places:
            yield each


def _is_within(where: str, areas: Iterable[str]) -> bool:
    return any(where == area or where.startswith((f"{area}/", f"{area}#")) for area in areas)


def _findings(report: Report) -> Iterator[tuple[tuple[str, str], int]]:
    """A count for each rule and severity, 0 too: a series that comes and goes alarms nobody."""
    counts = Counter((each.rule, each.severity) for each in report.findings)
    for rule in sorted({*report.examined, *(each.rule for each in report.findings)}):
        for severity in Severity:
            yield (rule, severity.value), counts[rule, severity]


def _unread(report: Report) -> Iterator[GaugeMetricFamily]:
    counts = Counter(each.installation for each in report.gaps)
    names = [one.name for one in report.installations]
    complete = [((_bounded(one.name),), float(one.is_complete)) for one in report.installations]
    yield _gauge("edgeaudit_complete", "1 where all was read.", ("installation",), complete)
    rows = [((_bounded(name),), counts[name]) for name in names]
    yield _gauge("edgeaudit_gaps", "Places that could not be read.", ("installation",), rows)
    labels = ("installation", "where", "reason")
    gaps = [(each.installation, each.gap.where, each.gap.reason) for each in report.gaps]
    yield _gauge(
        "edgeaudit_gap",
        f"1 for a place that could not be read; the first {_MOST_GAPS}.",
        labels,
        _ones(gaps[:_MOST_GAPS]),
    )
    left_out = [(where,) for where in report.left_out]
    told = "1 for a place that was left out on purpose."
    yield _gauge("edgeaudit_left_out", told, ("where",), _ones(left_out))


def _ones(rows: Iterable[Sequence[str]]) -> Iterable[tuple[Sequence[str], float]]:
    return dict.fromkeys((tuple(map(_bounded, row)) for row in rows), 1.0).items()


def _bounded(text: str) -> str:
    """A label's value; what is cut off stays in it as a digest, so that no two become one."""
    told = printable(text)
    if len(told) <= _MOST_CHARACTERS:
        return told
    digest = hashlib.sha256(told.encode()).hexdigest()[:16]
    return f"{told[: _MOST_CHARACTERS - 20]}...{digest}"
