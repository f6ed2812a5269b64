"""Whose a certificate, a finding or a gap is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.scope import Scope
from edgeaudit.audit.suppressing import hidden_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.reading import InstalledGap
    from edgeaudit.audit.report import Report
    from edgeaudit.audit.timeline import Event, Timeline
    from edgeaudit.audit.uses import InUse
    from edgeaudit.x509.certificate import Certificate


class Route(NamedTuple):
    """Globs for places (`acme/prod/keystores/web/*`) and installations; `*` crosses `/`."""

    where: str = "*"
    installation: str = "*"

    def has(self, installation: str, where: str) -> bool:
        """Whether that place is on it."""
        return fnmatchcase(where, self.where) and fnmatchcase(installation, self.installation)


class View(NamedTuple):
    """What concerns an audience: certificates in use, in its places alone, and gaps."""

    in_use: tuple[InUse, ...]
    gaps: tuple[InstalledGap, ...]


class _Stores:
    """In which of all the places of its certificate the endpoint of a finding has it."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._has_several = len(report.installations) > 1

    def of(self, finding: Finding) -> Sequence[str]:
        """Those that its endpoint hangs on, or else those of its environment, or else all."""
        prefix = f"{finding.installation}:" if self._has_several else ""
        environment = "/".join(finding.where.split("/")[:2])
        near = [each for each in finding.also_at if each.startswith(f"{prefix}{environment}/")]
        if len(near) < 2:
            return near or finding.also_at
        for hung in ([finding.where], finding.affects):
            wanted = {prefix + each for each in hung}
            if at := [each for each in near if wanted & self._hangs_on(finding, each)]:
                return at
        return near

    def _hangs_on(self, finding: Finding, place: str) -> set[str]:
        return self._uses.get((finding.certificate, place), set())

    @cached_property
    def _uses(self) -> dict[tuple[Certificate | None, str], set[str]]:
        return {
            (event.certificate, where): set(affected)
            for event in self._report.events
            for where, affected in event.uses.items()
        }


@dataclass(frozen=True)
class Audience:
    """Those who are told of the places on their `routes`.

    With `taken`, the routes of all, they are also told of what is on none of these, and of all that
    could not be read.
    """

    routes: tuple[Route, ...] = ()
    taken: tuple[Route, ...] | None = None

    def has(self, installation: str, where: str) -> bool:
        """Whether that place is theirs."""
        if any(each.has(installation, where) for each in self.routes):
            return True
        others = self.taken
        return others is not None and not any(each.has(installation, where) for each in others)

    def view(self, in_use: Iterable[InUse], gaps: Iterable[InstalledGap]) -> View:
        """What of it is theirs."""
        return View(tuple(self._certificates(in_use)), tuple(filter(self._may_miss, gaps)))

    def report(self, report: Report) -> Report:
        """What of a report is theirs."""
        names = [each.name for each in report.installations]
        stores = _Stores(report)

        def own(finding: Finding) -> Finding:
            return replace(finding, also_at=self._own(finding.also_at, names))

        found = [
            replace(each, found_at=self._own(each.found_at, names)) for each in report.certificates
        ]
        return replace(
            report,
            findings=tuple(own(each) for each in report.findings if self._has(each, names, stores)),
            suppressed=tuple(
                replace(each, finding=own(each.finding))
                for each in report.suppressed
                if self._has(each.finding, names, stores)
            ),
            stale_suppressions=() if self.taken is None else report.stale_suppressions,
            keys_held=report.keys_held if self.taken == () else (),
            gaps=tuple(filter(self._may_miss, report.gaps)),
            left_out=self._left_out(report.left_out),
            certificates=tuple(each for each in found if each.found_at),
            look_ahead=lambda: self._events(report.events, names),
        )

    def timeline(self, timeline: Timeline) -> Timeline:
        """What of a timeline is theirs."""
        names = [each.name for each in timeline.installations]
        return replace(
            timeline,
            events=self._events(timeline.events, names),
            gaps=tuple(filter(self._may_miss, timeline.gaps)),
            left_out=self._left_out(timeline.left_out),
        )

    def _events(self, events: Iterable[Event], names: Sequence[str]) -> tuple[Event, ...]:
        own = [
            replace(
                each,
                uses={where: each.uses[where] for where in self._own(each.uses, names)},
                also_at=self._own(each.also_at, names),
            )
            for each in events
        ]
        return tuple(each for each in own if each.uses)

    def _own(self, places: Iterable[str], installations: Sequence[str]) -> tuple[str, ...]:
        """Theirs of places that are told with their installation where there are several."""
        if len(installations) == 1:
            return tuple(each for each in places if self.has(installations[0], each))
        return tuple(
            each
            for each in places
            if any(
                each.startswith(f"{name}:") and self.has(name, each[len(name) + 1 :])
                for name in installations
            )
        )

    def _has(self, finding: Finding, names: Sequence[str], stores: _Stores) -> bool:
        """Whether a finding is theirs: one on an endpoint is where its certificate lies."""
        is_on_endpoint = finding.where.split("/")[2:3] != ["keystores"]
        if is_on_endpoint and finding.also_at:
            is_named = any(each.has(finding.installation, finding.where) for each in self.routes)
            return is_named or bool(self._own(stores.of(finding), names))
        return self.has(finding.installation, finding.where)

    def _certificates(self, in_use: Iterable[InUse]) -> Iterator[InUse]:
        for each in in_use:
            own = tuple(one for one in each.holdings if self.has(one.installation, one.where))
            if own:
                yield replace(each, holdings=own)

    def _left_out(self, places: Iterable[str]) -> tuple[str, ...]:
        """Those left out on purpose in which a place of theirs might lie."""
        return tuple(each for each in places if self._may_lie(f"{each}/", ""))

    def _may_miss(self, each: InstalledGap) -> bool:
        """Whether the gap may hide a place of theirs, or what uses it; a keystore hides its own."""
        where = each.gap.where.split("/")
        is_in_store = where[2:3] == ["keystores"] and len(where) > 3
        area = "/".join(where[:4]) + "/" if is_in_store else hidden_by(each.gap)
        return self._may_lie(area, each.installation)

    def _may_lie(self, area: str, installation: str) -> bool:
        """Whether a place of theirs may lie in an area, of any installation where that is empty."""
        prefixes = [
            Scope(where=route.where).prefix
            for route in self.routes
            if not installation or fnmatchcase(installation, route.installation)
        ]
        return self.taken is not None or any(
            prefix.startswith(area) or area.startswith(prefix) for prefix in prefixes
        )
