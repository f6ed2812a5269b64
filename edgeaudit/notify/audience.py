"""Whose a certificate, a finding or a gap is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.scope import Scope
from edgeaudit.audit.suppressing import hidden_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from edgeaudit.audit.finding import Finding, InstalledGap, Report
    from edgeaudit.audit.timeline import Event, Timeline
    from edgeaudit.audit.uses import InUse


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

        def own(finding: Finding) -> Finding:
            return replace(finding, also_at=self._own(finding.also_at, names))

        found = [
            replace(each, found_at=self._own(each.found_at, names)) for each in report.certificates
        ]
        return replace(
            report,
            findings=tuple(own(each) for each in report.findings if self._has(each, names)),
            suppressed=tuple(
                replace(each, finding=own(each.finding))
                for each in report.suppressed
                if self._has(each.finding, names)
            ),
            stale_suppressions=() if self.taken is None else report.stale_suppressions,
            gaps=tuple(filter(self._may_miss, report.gaps)),
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

    def _has(self, finding: Finding, names: Sequence[str]) -> bool:
        """Whether a finding is theirs: one on an endpoint is where its certificate lies."""
        is_on_endpoint = finding.where.split("/")[2:3] != ["keystores"]
        if is_on_endpoint and finding.also_at:
            is_named = any(each.has(finding.installation, finding.where) for each in self.routes)
            return is_named or bool(self._own(finding.also_at, names))
        return self.has(finding.installation, finding.where)

    def _certificates(self, in_use: Iterable[InUse]) -> Iterator[InUse]:
        for each in in_use:
            own = tuple(one for one in each.holdings if self.has(one.installation, one.where))
            if own:
                yield replace(each, holdings=own)

    def _may_miss(self, each: InstalledGap) -> bool:
        """Whether the gap may hide a place of theirs."""
        hidden = hidden_by(each.gap)
        prefixes = [
            Scope(where=route.where).prefix
            for route in self.routes
            if not each.installation or fnmatchcase(each.installation, route.installation)
        ]
        return self.taken is not None or any(
            prefix.startswith(hidden) or hidden.startswith(prefix) for prefix in prefixes
        )
