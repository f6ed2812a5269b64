"""What stops working when, and for whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from edgeaudit.audit.finding import Severity
from edgeaudit.audit.impact import Impact
from edgeaudit.audit.reading import gaps_of, installations_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from edgeaudit.audit.policy import Policy
    from edgeaudit.audit.reading import Installation, InstalledGap
    from edgeaudit.audit.shown import Shown
    from edgeaudit.inventory import Inventory, StoredCertificate
    from edgeaudit.x509.certificate import Certificate


@dataclass(frozen=True)
class Event:
    """The beginning or end of a certificate's life.

    `severity` is a warning where only backends are judged by it, as a trust anchor: Java does not
    look at an anchor's dates; or are told not to be. `uses` has each place where it is in use, with
    what hangs on it there: where it lies, and the endpoints that show it or call what does.
    `alarms` are the moments from which the policy has it spoken of.
    """

    moment: datetime
    kind: Literal["becomes_valid", "expires"]
    severity: Severity
    certificate: Certificate
    installations: tuple[str, ...]
    uses: Mapping[str, tuple[str, ...]]
    also_at: tuple[str, ...]
    alarms: tuple[datetime, ...] = ()

    @property
    def in_use_at(self) -> tuple[str, ...]:
        """Where it is in use."""
        return tuple(self.uses)

    @property
    def affects(self) -> tuple[str, ...]:
        """What hangs on it."""
        return tuple(sorted({where for each in self.uses.values() for where in each}))


@dataclass(frozen=True)
class Timeline:
    """The events up to `until` as seen at `at`, in their order.

    `later` counts those after it, `unused` the certificates that nothing uses.
    """

    made_at: datetime
    at: datetime
    until: datetime
    installations: tuple[Installation, ...]
    events: tuple[Event, ...]
    later: int
    unused: int
    gaps: tuple[InstalledGap, ...]
    left_out: tuple[str, ...]


def timeline(
    inventories: Sequence[Inventory],
    policy: Policy,
    at: datetime,
    until: datetime,
    made_at: datetime,
    shown: Sequence[Shown] = (),
) -> Timeline:
    """Every certificate in use, when it ends, and where it is yet to begin, when it does.

    `shown` is what endpoints were seen to show.
    """
    places = _places([(one.installation, Impact(one)) for one in inventories], shown)
    events = _all_events(places, policy, at)
    unused = sum(not any(each.is_in_use for each in found) for found in places.values())
    return Timeline(
        made_at=made_at,
        at=at,
        until=until,
        installations=installations_of(inventories),
        events=tuple(each for each in events if each.moment <= until),
        later=sum(each.moment > until for each in events),
        unused=unused,
        gaps=gaps_of(inventories),
        left_out=tuple(sorted({where for one in inventories for where in one.left_out})),
    )


def events_of(
    impacts: Sequence[tuple[str, Impact]],
    shown: Sequence[Shown],
    policy: Policy,
    at: datetime,
) -> tuple[Event, ...]:
    """The events of all time, as `timeline` has them, of installations and their impact."""
    return tuple(_all_events(_places(impacts, shown), policy, at))


class _Place(NamedTuple):
    """Where a certificate lies, and what hangs on it there; places with their installation where
    there are several."""

    installation: str
    where: str
    is_in_use: bool
    is_mild: bool = False
    affects: tuple[str, ...] = ()


def _places(
    impacts: Sequence[tuple[str, Impact]], shown: Sequence[Shown]
) -> dict[Certificate, list[_Place]]:
    found: dict[Certificate, list[_Place]] = defaultdict(list)
    for installation, impact in impacts:
        prefix = f"{installation}:" if len(impacts) > 1 else ""
        for alias in impact.aliases.values():
            for stored in alias.chain:
                found[stored.certificate].append(_placed(stored, impact, installation, prefix))
    for each in shown:
        prefix = f"{each.installation}:" if len(impacts) > 1 else ""
        affects = tuple(prefix + where for where in each.affects)
        place = _Place(each.installation, prefix + each.where, True, each.is_mild, affects)
        for certificate in each.unstored:
            found[certificate].append(place)
    return found


def _placed(stored: StoredCertificate, impact: Impact, installation: str, prefix: str) -> _Place:
    if not impact.is_in_use(stored):
        return _Place(installation, prefix + stored.where, is_in_use=False)
    return _Place(
        installation,
        prefix + stored.where,
        True,
        impact.only_anchors_backends(stored),
        tuple(prefix + where for where in impact.affected(stored)),
    )


def _all_events(
    places: dict[Certificate, list[_Place]], policy: Policy, at: datetime
) -> list[Event]:
    events = [
        event
        for certificate, found in places.items()
        if any(place.is_in_use for place in found)
        for event in _events(certificate, found, policy, at)
    ]
    return sorted(events, key=lambda each: (each.moment, each.kind, each.in_use_at))


def _events(
    certificate: Certificate, places: Sequence[_Place], policy: Policy, at: datetime
) -> Iterator[Event]:
    used = [place for place in places if place.is_in_use]

    def event(
        kind: Literal["becomes_valid", "expires"], moment: datetime, alarms: tuple[datetime, ...]
    ) -> Event:
        return Event(
            moment=moment,
            kind=kind,
            severity=Severity.WARNING if all(each.is_mild for each in used) else Severity.ERROR,
            certificate=certificate,
            installations=tuple(sorted({each.installation for each in used})),
            uses={each.where: each.affects for each in sorted(used)},
            also_at=tuple(sorted(each.where for each in places if not each.is_in_use)),
            alarms=alarms,
        )

    if certificate.not_before > at:
        yield event("becomes_valid", certificate.not_before, ())
    thresholds = (policy.warn_within, policy.error_within)
    alarms = {certificate.not_after - each.span(certificate) for each in thresholds}
    yield event(
        "expires", certificate.not_after, tuple(sorted(each for each in alarms if each > at))
    )
