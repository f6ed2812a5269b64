"""Several reports made one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING

from edgeaudit.audit.engine import order
from edgeaudit.audit.reading import Installation, InstalledGap
from edgeaudit.audit.report import CertificateFound, Report, Suppressed
from edgeaudit.audit.rules.keystores import shared_with
from edgeaudit.errors import InputError
from edgeaudit.inventory import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.policy import Suppression
    from edgeaudit.audit.report import StaleSuppression
    from edgeaudit.x509.certificate import Certificate


def merged(reports: Sequence[Report]) -> Report:
    """What an audit of all that these are of would say, as of the latest of their times.

    A gap tells which shards there are no reports of. The events cannot be told from reports. Raises
    InputError where two servers are called alike.
    """
    installations = tuple(_installations(reports))
    reports = [_named_apart(each, installations) for each in reports]
    certificates = _certificates(reports)
    told, suppressed = _findings(reports, certificates, has_several=len(installations) > 1)
    gaps = {*chain.from_iterable(each.gaps for each in reports), *_missing(reports)}
    return Report(
        made_at=max(each.made_at for each in reports),
        at=max(each.at for each in reports),
        installations=tuple(
            replace(one, is_complete=not any(gap.installation in (one.name, "") for gap in gaps))
            for one in installations
        ),
        examined=_examined(reports),
        findings=tuple(told),
        gaps=tuple(sorted(gaps, key=lambda each: (each.installation, each.gap))),
        left_out=tuple(sorted({where for each in reports for where in each.left_out})),
        certificates=certificates,
        suppressed=tuple(suppressed),
        stale_suppressions=tuple(_stale(reports, suppressed)),
    )


def _installations(reports: Sequence[Report]) -> Iterator[Installation]:
    sources: dict[str, str] = {}
    for one in chain.from_iterable(each.installations for each in reports):
        if sources.setdefault(one.name, one.source) != one.source:
            raise InputError(
                f"two servers are called {one.name}: {sources[one.name]} and {one.source}",
                "give each a name of its own, under installations: in the configuration",
            )
    yield from (Installation(name, source, True) for name, source in sorted(sources.items()))


def _named_apart(report: Report, installations: Sequence[Installation]) -> Report:
    """Its places are told with their installation where there are several of them only now."""
    if len(installations) == 1 or len(report.installations) != 1:
        return report
    name = report.installations[0].name
    return replace(
        report,
        certificates=tuple(
            replace(each, found_at=tuple(f"{name}:{where}" for where in each.found_at))
            for each in report.certificates
        ),
    )


def _certificates(reports: Iterable[Report]) -> tuple[CertificateFound, ...]:
    places: dict[Certificate, set[str]] = defaultdict(set)
    for each in chain.from_iterable(each.certificates for each in reports):
        places[each.certificate].update(each.found_at)
    found = (CertificateFound(each, tuple(sorted(places[each]))) for each in places)
    return tuple(sorted(found, key=lambda each: (each.certificate.not_after, each.found_at)))


def _findings(
    reports: Sequence[Report], certificates: Iterable[CertificateFound], *, has_several: bool
) -> tuple[list[Finding], list[Suppressed]]:
    """Each once, with all the places of its certificate."""
    places = {each.certificate: each.found_at for each in certificates}

    def also_told(finding: Finding) -> Finding:
        if finding.certificate is None:
            return finding
        own = f"{finding.installation}:{finding.where}" if has_several else finding.where
        others = tuple(each for each in places.get(finding.certificate, ()) if each != own)
        return replace(finding, also_at=others)

    told: dict[str, Finding] = {}
    suppressed: dict[str, Suppressed] = {}
    for each in (*chain.from_iterable(map(_own, reports)), *_shared(reports)):
        if isinstance(each, Suppressed):
            suppressed[each.finding.id] = replace(each, finding=also_told(each.finding))
        else:
            told[each.id] = _joined(also_told(each), told.get(each.id))
    return (
        sorted(told.values(), key=order),
        sorted(suppressed.values(), key=lambda each: order(each.finding)),
    )


def _joined(finding: Finding, known: Finding | None) -> Finding:
    """The worse of two of one id, with all whom both affect: a backend may be of several parts."""
    if known is None:
        return finding
    affects = tuple(sorted({*finding.affects, *known.affects}))
    return replace(min(finding, known, key=order), affects=affects)


def _own(report: Report) -> Iterator[Finding | Suppressed]:
    """What a report has found; which keys lie elsewhere too, a shard does not know."""
    found: tuple[Finding | Suppressed, ...] = (*report.findings, *report.suppressed)
    for each in found:
        rule = (each.finding if isinstance(each, Suppressed) else each).rule
        if report.shard is None or rule != "shared-certificate":
            yield each


def _shared(reports: Iterable[Report]) -> Iterator[Finding | Suppressed]:
    """The keys that lie in several environments, be they in one shard or in several."""
    held: dict[tuple[str, Certificate | None], list[Finding | Suppressed]] = defaultdict(list)
    for each in chain.from_iterable(each.keys_held for each in reports):
        finding = each.finding if isinstance(each, Suppressed) else each
        held[finding.installation, finding.certificate].append(each)
    for group in held.values():
        environments = {_environment(each) for each in group}
        for each in group:
            if others := sorted(environments - {_environment(each)}):
                yield _told_of(each, others)


def _environment(each: Finding | Suppressed) -> str:
    where = (each.finding if isinstance(each, Suppressed) else each).where
    return "/".join(where.split("/")[:2])


def _told_of(each: Finding | Suppressed, others: Sequence[str]) -> Finding | Suppressed:
    message, facts = shared_with(others)
    if isinstance(each, Suppressed):
        return replace(each, finding=replace(each.finding, message=message, facts=facts))
    return replace(each, message=message, facts=facts)


def _examined(reports: Iterable[Report]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for each in reports:
        for rule, count in each.examined.items():
            counts[rule] += count
    return dict(sorted(counts.items()))


def _missing(reports: Sequence[Report]) -> Iterator[InstalledGap]:
    """The shards of which no report is there."""
    given: dict[tuple[tuple[str, ...], int], set[int]] = defaultdict(set)
    for each in reports:
        if each.shard:
            names = tuple(one.name for one in each.installations)
            given[names, each.shard.of].add(each.shard.number)
    for (names, of), numbers in given.items():
        for number in sorted({*range(1, of + 1)} - numbers):
            detail = "there is no report of this part of the audit"
            hint = f"run edgeaudit audit --shard {number}/{of}, and merge its report too"
            name = names[0] if len(names) == 1 else ""
            yield InstalledGap(name, Gap(f"shard {number}/{of}", "not_found", detail, hint))


def _stale(
    reports: Sequence[Report], suppressed: Iterable[Suppressed]
) -> Iterator[StaleSuppression]:
    """Those that have run out; those that suppress nothing in any report that they speak of."""
    found = list(suppressed)
    for each in dict.fromkeys(chain.from_iterable(each.stale_suppressions for each in reports)):
        entry = each.suppression
        if each.flaw == "expired" or (
            all(each in one.stale_suppressions for one in reports if _speaks_of(entry, one))
            and not any(entry.covers(one.finding) for one in found)
        ):
            yield each


def _speaks_of(entry: Suppression, report: Report) -> bool:
    return any(fnmatchcase(one.name, entry.scope.installation) for one in report.installations)
