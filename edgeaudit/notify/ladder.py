"""Who is to be told what now: each certificate once a step, and a word when it is mended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.audit.standing import identity, is_replaced, leaves
from edgeaudit.notify.memory import Memory, Told, Unread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime

    from edgeaudit.audit.reading import InstalledGap
    from edgeaudit.audit.standing import Chains
    from edgeaudit.audit.uses import InUse, Use

_AGAIN = timedelta(days=7)  # until the same incompleteness is spoken of once more
_KEPT = timedelta(days=400)  # a certificate that is not seen again
_SEEN_AGAIN = timedelta(days=30)  # not noted each day, for its own sake


class Crossing(NamedTuple):
    """A certificate in use that has reached a step, in days before its end."""

    in_use: InUse
    step: int


class Mended(NamedTuple):
    """A certificate that was told of and that nothing stands on any more, as was seen.

    `until` is when the first of the leaves ends that stand in its place; None where there are none,
    or where it was an issuer.
    """

    identity: str
    told: Told
    until: datetime | None


@dataclass(frozen=True)
class Expiries:
    """What there is to tell of certificates; nothing where neither has any."""

    crossings: tuple[Crossing, ...]
    mended: tuple[Mended, ...]


@dataclass(frozen=True)
class Completeness:
    """What could not be read; without gaps, that all can be read again."""

    gaps: tuple[InstalledGap, ...]


@dataclass(frozen=True)
class Digest:
    """What is to come, and what could not be read, once a week."""

    in_use: tuple[InUse, ...]
    gaps: tuple[InstalledGap, ...]


Notice = Expiries | Completeness | Digest


def expiries(
    memory: Memory,
    in_use: Sequence[InUse],
    chains: Callable[[Use], Chains | None],
    steps: Sequence[int],
    now: datetime,
) -> tuple[Expiries | None, Memory]:
    """What is to be told of certificates, and what is remembered once it has been.

    `chains` is what an endpoint stands on now, as Usage has it. What could not be read mends
    nothing: it stays remembered as it is.
    """
    reached = [(each, step(each, steps, now)) for each in in_use]
    crossings = tuple(
        Crossing(each, at) for each, at in reached if at is not None and _is_news(memory, each, at)
    )
    present = {identity(each.certificate) for each in in_use}
    mended = tuple(_mended(memory, present, chains))
    gone = {each.identity for each in mended}
    known = {
        name: told
        for name, told in memory.certificates.items()
        if name not in gone and now - told.seen_at < _KEPT
    }
    for each, at in reached:
        name = identity(each.certificate)
        if at is not None or name in known:
            known[name] = _noted(known.get(name), each, at, now)
    notice = Expiries(crossings, mended) if crossings or mended else None
    return notice, replace(memory, certificates=known)


def completeness(
    memory: Memory, gaps: Sequence[InstalledGap], now: datetime
) -> tuple[Completeness | None, Memory]:
    """Whether to tell what could not be read: when there is more of it, weekly while it lasts, and
    when all can be read again."""
    if not gaps:
        notice = Completeness(()) if memory.unread_at else None
        return notice, replace(memory, unread=frozenset(), unread_at=None)
    unread = {Unread(each.installation, each.gap.where, each.gap.reason) for each in gaps}
    is_known = memory.unread_at is not None and unread <= memory.unread
    if is_known and memory.unread_at and now.date() - memory.unread_at.date() < _AGAIN:
        return None, memory
    return Completeness(tuple(gaps)), replace(memory, unread=memory.unread | unread, unread_at=now)


def digest(
    memory: Memory,
    in_use: Sequence[InUse],
    gaps: Sequence[InstalledGap],
    steps: Sequence[int],
    weekday: int,
    now: datetime,
) -> tuple[Digest | None, Memory]:
    """The certificates on the ladder, by the first run on or after each `weekday` (0: Monday)."""
    today = now.date()
    due = today - timedelta(days=(today.weekday() - weekday) % 7)
    last: date = memory.digest_on or (due - timedelta(days=1) if due == today else today)
    if last >= due:
        return None, replace(memory, digest_on=last)
    near = tuple(each for each in in_use if step(each, steps, now) is not None)
    return Digest(near, tuple(gaps)), replace(memory, digest_on=today)


def step(in_use: InUse, steps: Sequence[int], now: datetime) -> int | None:
    """The lowest step that the certificate has reached; None where it has reached none.

    One that is only shown has reached none before the last fifth of its life: it is not ours, and
    those of short lives are mostly renewed by a machine.
    """
    certificate = in_use.certificate
    left, life = certificate.not_after - now, certificate.not_after - certificate.not_before
    if left > life / 5 and not in_use.is_stored:
        return None
    return min((each for each in steps if left <= timedelta(days=each)), default=None)


def _is_news(memory: Memory, in_use: InUse, at: int) -> bool:
    told = memory.certificates.get(identity(in_use.certificate))
    return told is None or at < told.step


def _noted(told: Told | None, in_use: InUse, at: int | None, now: datetime) -> Told:
    certificate = in_use.certificate
    uses = frozenset(use for holding in in_use.holdings for use in holding.uses)
    if told is None:
        return Told(at or 0, certificate.subject, certificate.not_after, uses, now)
    lowest = told.step if at is None else min(at, told.step)
    seen_at = now if now - told.seen_at > _SEEN_AGAIN else told.seen_at
    return replace(told, step=lowest, uses=told.uses | uses, seen_at=seen_at)


def _mended(
    memory: Memory, present: set[str], chains: Callable[[Use], Chains | None]
) -> Iterator[Mended]:
    for name, told in memory.certificates.items():
        if name in present or not told.uses:
            continue
        standing = [(use, chains(use)) for use in sorted(told.uses)]
        if all(
            each is not None and is_replaced(name, told.not_after, use.role, each)
            for use, each in standing
        ):
            yield Mended(name, told, _until(standing))


def _until(standing: list[tuple[Use, Chains | None]]) -> datetime | None:
    ends = [
        each.not_after
        for use, chains in standing
        if use.role == "leaf"
        for chain in chains or ()
        for each in leaves(chain)
    ]
    return min(ends, default=None)
