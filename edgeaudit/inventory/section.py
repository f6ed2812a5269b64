"""The things of one kind in one place, and what could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Reason = Literal[
    "forbidden",
    "internal_error",
    "not_found",
    "rate_limited",
    "redirected",
    "server_error",
    "timeout",
    "too_large",
    "unauthorized",
    "unparsable",
    "unreachable",
    "unsafe_name",
]
T = TypeVar("T")


@dataclass(frozen=True, order=True)
class Gap:
    """Something that could not be read: where, why, in one sentence, and what may help.

    `is_of_endpoint` where it is an endpoint that could not be asked, and nothing of Edge's.
    """

    where: str
    reason: Reason
    detail: str = ""
    hint: str = ""
    is_of_endpoint: bool = False


@dataclass(frozen=True)
class Section(Generic[T]):
    """The things of one kind in one place, by name, and what is not known of them.

    `unread` are the names that were listed and could not be read; `is_listed` is false where
    not even the list could be read.
    """

    items: Mapping[str, T] = field(default_factory=dict)
    unread: frozenset[str] = frozenset()
    is_listed: bool = True

    @property
    def is_complete(self) -> bool:
        """Whether all there is was read."""
        return self.is_listed and not self.unread

    def lacks(self, name: str) -> bool:
        """Whether nothing of that name exists, for certain."""
        return self.is_listed and name not in self.items and name not in self.unread

    def __iter__(self) -> Iterator[T]:
        return iter(self.items.values())

    def get(self, name: str | None) -> T | None:
        """The thing of that name, where it could be read."""
        return None if name is None else self.items.get(name)
