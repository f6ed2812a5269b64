"""What a recipient has been told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from edgeaudit.audit.standing import Role
from edgeaudit.audit.uses import Use

if TYPE_CHECKING:
    from collections.abc import Mapping


class Unread(NamedTuple):
    """A place that could not be read, and why."""

    installation: str
    where: str
    reason: str


@dataclass(frozen=True)
class Told:
    """A certificate that was told of: at which step, in days before its end, and what stood on it.

    `seen_at` is about when it was last seen in use.
    """

    step: int
    subject: str
    not_after: datetime
    uses: frozenset[Use]
    seen_at: datetime


@dataclass(frozen=True)
class Memory:
    """All that one recipient knows.

    `certificates` are by their identity. `unread` is what was told of since all could be read;
    `unread_at` is when it last was, None where all could be read. `digest_on` is the day of the
    last digest, or the first day on which one could have been sent.
    """

    certificates: Mapping[str, Told] = field(default_factory=dict)
    unread: frozenset[Unread] = frozenset()
    unread_at: datetime | None = None
    digest_on: date | None = None

    def as_data(self) -> dict[str, Any]:
        """The memory as values that JSON knows."""
        return {
            "certificates": {
                name: {
                    "step": told.step,
                    "subject": told.subject,
                    "not_after": told.not_after.isoformat(),
                    "uses": sorted(told.uses),
                    "seen_at": told.seen_at.isoformat(),
                }
                for name, told in sorted(self.certificates.items())
            },
            "unread": sorted(self.unread),
            "unread_at": self.unread_at and self.unread_at.isoformat(),
            "digest_on": self.digest_on and self.digest_on.isoformat(),
        }

    @classmethod
    def of_data(cls, data: Any) -> Memory:
        """The memory that `as_data` gave; raises ValueError for anything else."""
        try:
            return cls(
                {str(name): _told(each) for name, each in data["certificates"].items()},
                frozenset(Unread(*map(_text, each)) for each in data["unread"]),
                _moment(data["unread_at"]) if data["unread_at"] else None,
                date.fromisoformat(data["digest_on"]) if data["digest_on"] else None,
            )
        except (AttributeError, LookupError, OverflowError, TypeError) as error:
            raise ValueError("no memory of what was told") from error


def _told(data: Any) -> Told:
    return Told(
        step=int(data["step"]),
        subject=_text(data["subject"]),
        not_after=_moment(data["not_after"]),
        uses=frozenset(map(_use, data["uses"])),
        seen_at=_moment(data["seen_at"]),
    )


def _use(data: Any) -> Use:
    installation, endpoint, role = map(_text, data)
    if role not in get_args(Role) or endpoint.count("/") < 3:
        raise ValueError("no use")
    return Use(installation, endpoint, role)  # type: ignore[arg-type] # it is one of them


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("no text")  # noqa: TRY004 - whatever is wrong, it is damaged
    return value


def _moment(value: Any) -> datetime:
    moment = datetime.fromisoformat(value)
    if moment.tzinfo is None:
        raise ValueError("no time zone")
    return moment
