"""What a rule is: a function over one kind of subject, with its manual."""

from __future__ import annotations

import inspect
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgeaudit.audit.evidence import Evidence
    from edgeaudit.audit.finding import Cause, Hit, Severity

    Check = Callable[[Any, Evidence], Iterator[Hit]]
    Over = Callable[[Evidence], "tuple[Any, ...]"]

C = TypeVar("C", bound="Check")

RULES: dict[str, Rule] = {}


@dataclass(frozen=True)
class Rule:
    """A check over every subject in its scope; what it leaves unsaid is a finding's default."""

    slug: str
    over: Over
    cause: Cause
    severity: Severity
    check: Check
    manual: str

    @property
    def title(self) -> str:
        """What it says, in one sentence."""
        return self.manual.partition("\n")[0]

    @property
    def remedy(self) -> tuple[str, ...]:
        """What mends it, a step a line."""
        _, _, remedy = self.manual.partition("\nRemedy:")
        paragraph = " ".join(remedy.partition("\n\n")[0].split())
        return (paragraph[:1].upper() + paragraph[1:],)


def rule(*, over: Over, cause: Cause, severity: Severity) -> Callable[[C], C]:
    """Make a function a rule: its name is the slug, its docstring the manual.

    `over` is the scope, a function from the evidence to the subjects. The manual begins with one
    sentence, tells why the handshake breaks, and has a paragraph that begins with `Remedy:`.
    """

    def register(check: C) -> C:
        slug = check.__name__.replace("_", "-")
        first, _, rest = (inspect.getdoc(check) or "").partition("\n")
        RULES[slug] = Rule(slug, over, cause, severity, check, f"{first}\n{textwrap.dedent(rest)}")
        return check

    return register
