"""Asking a source for many things at once, and keeping account of what it did not give."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from edgeaudit.errors import BadAnswer, UnsafeName
from edgeaudit.inventory import Gap, Section
from edgeaudit.location import place
from edgeaudit.management.source import JSON, Answer, parsed_json, path_to

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
    """One run over a source with `concurrency` requests at a time; a context manager."""

    source: Source
    concurrency: int
    progress: Progress
    gaps: list[Gap] = field(default_factory=list)
    has_answered: bool = False

    def __enter__(self) -> Crawl:
        self._pool = ThreadPoolExecutor(self.concurrency, thread_name_prefix="crawl")
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._pool.shutdown(wait=error is None, cancel_futures=True)

    def sections(
        self,
        what: str,
        parents: Sequence[P],
        names_in: Callable[[P], Names | None],
        read: Callable[[P, str], T | None],
    ) -> list[Section[T]]:
        """For each parent the things whose names `names_in` gives and that `read` reads."""
        lists = self._each(f"lists of {what}", names_in, parents)
        sizes = [len(names or ()) for names in lists]
        owners = [parent for parent, size in zip(parents, sizes, strict=True) for _ in range(size)]
        names = [name for listed in lists for name in listed or ()]
        things = iter(self._each(what, read, owners, names))
        return [_section(listed, things) for listed in lists]

    def _each(self, what: str, read: Callable[..., T], *columns: Sequence[object]) -> list[T]:
        results = []
        for result in self._pool.map(read, *columns):
            results.append(result)
            self.progress(what, len(results), len(columns[0]))
        return results

    def ask(self, at: At, accept: str = JSON) -> Answer | None:
        """The good answer of the thing there; None, and a gap, without one."""
        try:
            answer = self.source.get(path_to(*at.path), accept)
        except UnsafeName as error:
            self.miss(Gap(at.where, "unsafe_name", error.message, error.hint))
            return None
        log.info("GET %s: %s", at.where, answer.status or answer.reason)
        if answer.reason is not None:
            gone = answer.reason == "not_found" and at.is_member
            detail = f"it was listed and is gone: {answer.detail}" if gone else answer.detail
            self.miss(Gap(at.where, answer.reason, detail, answer.hint))
            return None
        self.has_answered = True
        return answer

    def read(self, at: At, parse: Callable[[object], T]) -> T | None:
        """What `parse` makes of the JSON there; None, and a gap, where there is no such."""
        answer = self.ask(at)
        if answer is None:
            return None
        try:
            return parse(parsed_json(answer.body))
        except BadAnswer as error:
            self.miss(Gap(at.where, "unparsable", error.message, error.hint))
            return None

    def miss(self, gap: Gap) -> None:
        """Note what could not be read."""
        self.gaps.append(gap)

    def all_gaps(self) -> tuple[Gap, ...]:
        """The gaps in order; one, of the whole endpoint, where it refused everything alike."""
        gaps = sorted(set(self.gaps))
        if self.has_answered or not gaps:
            return tuple(gaps)
        if gaps[0].reason in {"not_found", "unsafe_name"}:
            return tuple(replace(gap, hint=gap.hint or _NOTHING_FOUND) for gap in gaps)
        return (replace(gaps[0], where=self.source.endpoint),)


def _section(names: Names | None, things: Iterable[T | None]) -> Section[T]:
    if names is None:
        return Section(is_listed=False)
    read = dict(zip(names, things, strict=False))  # `things` goes on with the next section's
    known = {name: thing for name, thing in read.items() if thing is not None}
    return Section(known, frozenset(names) - known.keys())
