"""Which suites a server takes in a version, and whether the order is its own.

Many are offered, the server picks one, that one is taken out, and it is asked again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.observe.probe import hellos
from edgeaudit.tls.handshake import Ending

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from edgeaudit.observe.probe.question import Answer
    from edgeaudit.tls.hello import ClientHello
    from edgeaudit.tls.protocols import Version

    Ask = Callable[[ClientHello], Answer]

# protocol_version, handshake_failure, insufficient_security: said by who has understood
_PLAIN = (70, 40, 71)


class Unanswered(Exception):
    """A server that answered before is silent now."""


class Offer(NamedTuple):
    """The suites of a version, as the server picks them; none where it does not speak it.

    `has_order` tells whether the order is the server's; None where one suite cannot tell.
    """

    suites: tuple[int, ...] = ()
    has_order: bool | None = None


def offer(ask: Ask, version: Version, sni: str | None) -> Offer:
    """What a server does in `version`; raises Unanswered where that was not to be had."""
    found = tuple(_picked(ask, version, sni))
    if len(found) < 2:
        return Offer(found)
    turned = (*sorted(found[1:], key=hellos.is_chacha), found[0])
    return Offer(found, _pick(ask, version, turned, sni) == found[0])


def _picked(ask: Ask, version: Version, sni: str | None) -> Iterator[int]:
    left = hellos.offered(version)
    first = _pick(ask, version, left, sni, is_first=True)
    if first is None:
        return
    if first < 0:  # it chokes on so many
        left = hellos.common(version)
        first = _pick(ask, version, left, sni)
    while first in left and first is not None:
        yield first
        left = tuple(each for each in left if each != first)
        first = _pick(ask, version, left, sni) if left else None


def _pick(
    ask: Ask, version: Version, suites: Sequence[int], sni: str | None, *, is_first: bool = False
) -> int | None:
    """The suite that it takes of these; None for none, -1 where it did not say so plainly."""
    answer = ask(hellos.client_hello(version, suites, sni))
    if answer.ending is Ending.TIMED_OUT:
        raise Unanswered
    if answer.hello:
        return answer.hello.cipher if answer.hello.version == version else None
    is_plain = answer.alert is not None and answer.alert.number in _PLAIN
    return -1 if is_first and not is_plain else None
