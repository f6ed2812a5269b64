"""Telling one recipient what is due, and noting it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from edgeaudit.errors import DeliveryError
from edgeaudit.notify import ladder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from edgeaudit.audit.standing import Chains
    from edgeaudit.audit.uses import Use
    from edgeaudit.notify.audience import View
    from edgeaudit.notify.ladder import Notice
    from edgeaudit.notify.memory import Memory

    Planned = Callable[[Memory], tuple[Notice | None, Memory]]


@dataclass(frozen=True)
class Schedule:
    """When a certificate is spoken of, in days before its end; the weekday (0: Monday) of digests,
    None for no digests."""

    steps: tuple[int, ...]
    digest: int | None = None


def tell(
    view: View,
    chains: Callable[[Use], Chains | None],
    schedule: Schedule,
    now: datetime,
    memory: Callable[[], Memory],
    keep: Callable[[Memory], None],
    send: Callable[[Notice], None],
) -> list[DeliveryError]:
    """Send what is due as of `now`, and keep that it has been; what went wrong.

    What could not be sent is not kept, so that the next run sends it. Should the run end between
    sending and keeping, it is sent twice, which is better than never.
    """
    failures = []
    for planned in _planned(view, chains, schedule, now):
        notice, later = planned(memory())
        try:
            if notice is not None:
                send(notice)
            keep(later)
        except DeliveryError as error:
            failures.append(error)
    return failures


def _planned(
    view: View, chains: Callable[[Use], Chains | None], schedule: Schedule, now: datetime
) -> Iterator[Planned]:
    yield partial(ladder.expiries, in_use=view.in_use, chains=chains, steps=schedule.steps, now=now)
    yield partial(ladder.completeness, gaps=view.gaps, now=now)
    if schedule.digest is not None:
        yield partial(
            ladder.digest,
            in_use=view.in_use,
            gaps=view.gaps,
            steps=schedule.steps,
            weekday=schedule.digest,
            now=now,
        )
