"""Asking a source for many things at once, and keeping account of what it did not give."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from edgeaudit.errors import BadAnswer, UnsafeName
from edgeaudit.inventory import Gap, Section
from edgeaudit.location import place
from edgeaudit.management.source import JSON, Answer, parsed_json, path_to
from edgeaudit.management.stop import Stop
from edgeaudit.management.workers import Workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from edgeaudit.management.source import Source

    # what is being read, how many of how many
    Progress = Callable[[str, int, int], None]

log = logging.getLogger(__name__)

P = TypeVar("P")
T = TypeVar("T")
Names = tuple[str, ...]

_NOTHING_FOUND = (
    "check the organization's name, and whether the URL is that of a management server's API"
)


class At(NamedTuple):
    """A thing to be asked for: the names on the path to it, and where it lives."""

    path: Names
    where: str
    query: str = ""

    @property
    def name(self) -> str:
        """Its own name: the last of the path."""
        return self.path[-1]

    @property
    def is_member(self) -> bool:
        """Whether it is one of a list: on Edge's paths kinds and names take turns."""
        return len(self.path) % 2 == 0

    def below(self, kind: str, *name: str) -> At:
        """The list of that kind below it, or the thing of that name in the list."""
        return At((*self.path, kind, *name), f"{self.where}/{place(kind, *name)}")


@dataclass
class Crawl:
    """One run over a source with `concurrency` requests at a time; a context manager.

    When `stop` is over nothing more is asked for, and what is still to come is a gap.
    """

    source: Source
    concurrency: int
    progress: Progress
    stop: Stop = field(default_factory=Stop)
    gaps: list[Gap] = field(default_factory=list)
    has_answered: bool = False

    def __enter__(self) -> Crawl:
        self._workers = Workers(self.concurrency, self.stop)
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._workers.close()

    def sections(
        self,
        what: str,
        parents: Sequence[P],
        names_in: Callable[[P], Names | None],
        read: Callable[[P, str], T | None],
    ) -> list[Section[T]]:
        """For each parent the things whose names `names_in` gives and that `read` reads."""
        lists = self.each(f"lists of {what}", names_in, parents)
        sizes = [len(names or ()) for names in lists]
        owners = [parent for parent, size in zip(parents, sizes, strict=True) for _ in range(size)]
        names = [name for listed in lists for name in listed or ()]
        things = iter(self.each(what, read, owners, names))
        return [_section(listed, things) for listed in lists]

    def each(self, what: str, read: Callable[..., T], *columns: Sequence[object]) -> list[T]:
        """`read` of every row of the columns, concurrently, in their order."""
        return self._workers.each(
            read, *columns, tell=lambda done: self.progress(what, done, len(columns[0]))
        )

    def get(self, at: At, accept: str = JSON) -> Answer:
        """The answer of the thing there, good or not."""
        if self._workers.are_asking():
            return self._asked(at, accept)
        # in a worker, so that the thread of the caller, which hears the signals, can leave it
        return self._workers.each(self._asked, [at], [accept])[0]

    def _asked(self, at: At, accept: str) -> Answer:
        if self.stop.is_over:
            return self._cut_off()
        try:
            answer = self.source.get(path_to(*at.path) + at.query, accept)
        except UnsafeName as error:
            return Answer(None, b"", "unsafe_name", error.message, error.hint)
        if self.stop.is_over:
            return self._cut_off()  # nobody waits for it any more
        log.info("GET %s%s: %s", at.where, at.query, answer.status or answer.reason)
        self.has_answered |= answer.is_good
        return answer

    def _cut_off(self) -> Answer:
        return Answer(None, b"", "timeout", self.stop.detail)

    def ask(self, at: At, accept: str = JSON) -> Answer | None:
        """The good answer of the thing there; None, and a gap, without one."""
        return self._good(at, self.get(at, accept))

    def read(self, at: At, parse: Callable[[object], T]) -> T | None:
        """What `parse` makes of the JSON there; None, and a gap, where there is no such."""
        return self.taken(at, self.get(at), parse)

    def taken(self, at: At, answer: Answer, parse: Callable[[object], T]) -> T | None:
        """What `parse` makes of the JSON in an answer; None, and a gap, if it is not good."""
        if self._good(at, answer) is None:
            return None
        try:
            parsed: T = _parsed(parse, answer.body)
        except BadAnswer as error:
            self.miss(Gap(at.where, "unparsable", error.message, error.hint))
            return None
        return parsed

    def _good(self, at: At, answer: Answer) -> Answer | None:
        if answer.reason is None:
            return answer
        gone = answer.reason == "not_found" and at.is_member
        detail = f"it was listed and is gone: {answer.detail}" if gone else answer.detail
        self.miss(Gap(at.where, answer.reason, detail, answer.hint))
        return None

    def miss(self, gap: Gap) -> None:
        """Note what could not be read; where the run was over, its whole section."""
        if gap.detail.endswith(self.stop.detail):
            gap = Gap(_section_of(gap.where), gap.reason, self.stop.detail)
        self.gaps.append(gap)

    def all_gaps(self) -> tuple[Gap, ...]:
        """The gaps in order; one, of the whole endpoint, where it refused everything alike."""
        gaps = sorted(set(self.gaps))
        if self.has_answered or not gaps:
            return tuple(gaps)
        if gaps[0].reason in {"not_found", "unsafe_name"}:
            return tuple(replace(gap, hint=gap.hint or _NOTHING_FOUND) for gap in gaps)
        return (replace(gaps[0], where=self.source.endpoint),)


@lru_cache(maxsize=512)
def _parsed(parse: Callable[[object], Any], body: bytes) -> Any:
    """What `parse` makes of a body; the same certificates are described in many places."""
    return parse(parsed_json(body))


def _section_of(where: str) -> str:
    """`ORG/ENV/KIND`, or at the organization `ORG/KIND`: thousands of gaps would tell no more."""
    parts = where.split("/")
    depth = 2 if parts[1:2] in (["proxies"], ["sharedflows"]) else 3
    return "/".join(parts[:depth])


def _section(names: Names | None, things: Iterable[T | None]) -> Section[T]:
    if names is None:
        return Section(is_listed=False)
    read = dict(zip(names, things, strict=False))  # `things` goes on with the next section's
    known = {name: thing for name, thing in read.items() if thing is not None}
    return Section(known, frozenset(names) - known.keys())
