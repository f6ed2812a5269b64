"""What holds on some hosts and not on others: one hit, that says on which."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from edgeaudit.audit.finding import Hit


class OfHost(Protocol):
    """What is judged: on the Router or Message Processor of the title `host`, if one is known."""

    @property
    def host(self) -> str | None: ...


T = TypeVar("T", bound=OfHost)


def hits(judged: Sequence[T], judge: Callable[[T], Hit | None]) -> Iterator[Hit]:
    """What `judge` has to say of each, once for what has the same words and place.

    Hosts are named where their own files are the place, or where it does not hold for all.
    """
    if len(judged) == 1 and judged[0].host is None:  # as it is nearly always
        if hit := judge(judged[0]):
            yield hit
        return
    found: dict[tuple[str, str | None], list[tuple[str | None, Hit]]] = defaultdict(list)
    for each in judged:
        if hit := judge(each):
            found[hit.message, hit.where].append((each.host, hit))
    places: set[str | None] = set()
    for same in found.values():
        first = same[0][1]
        hosts = list(dict.fromkeys(host for host, _ in same if host))
        if not hosts or (first.where is None and len(same) == len(judged)):
            yield first
        else:
            yield _on(first, hosts, is_another=first.where in places)
        places.add(first.where)


def _on(hit: Hit, hosts: Sequence[str], *, is_another: bool) -> Hit:
    # what stands in a host's own file is out of the API's reach: `host` says so
    facts = {"host": hosts[0]} if hit.where else {"message_processors": list(hosts)}
    told = f"{hit.message} on {', '.join(hosts)}"
    group = f"{hit.group}\n{hosts[0]}" if is_another else hit.group
    return replace(hit, message=told, facts={**hit.facts, **facts}, group=group)
