"""Which findings an entry of the policy speaks of."""

from __future__ import annotations

import fnmatch
import glob
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from edgeaudit.audit.finding import without_revision

if TYPE_CHECKING:
    from edgeaudit.audit.finding import Finding

_REVISION = re.compile(r"^((?:[^/]+/[^/]+|\*)/(?:proxies|sharedflows)/[^/]+/)[0-9]+(?=/)")
_SPECIAL = re.compile(r"[*?[]")
_ESCAPED = re.compile(r"\[([*?[])\]")


@dataclass(frozen=True)
class Scope:
    """Globs for a finding's rule, place and installation.

    They are those of `fnmatch`: case counts, and `*` crosses `/`. The number of a revision stands
    for every revision, so that a new deployment changes nothing.
    """

    rule: str = "*"
    where: str = "*"
    installation: str = "*"

    @property
    def is_everywhere(self) -> bool:
        """Whether every place is in it."""
        return not self.where.strip("*")

    @cached_property
    def place(self) -> str | None:
        """The one place that is in it, less the revision; None where it is a real glob."""
        literal = _ESCAPED.sub(r"\1", self.where)
        return without_revision(literal) if glob.escape(literal) == self.where else None

    @property
    def prefix(self) -> str:
        """What every place in it begins with."""
        if self.place is not None:
            return _ESCAPED.sub(r"\1", self.where)
        return _SPECIAL.split(self.where, maxsplit=1)[0]

    def names(self, rule: str, installation: str) -> bool:
        """Whether it speaks of that rule in that installation, somewhere."""
        return fnmatch.fnmatchcase(rule, self.rule) and fnmatch.fnmatchcase(
            installation, self.installation
        )

    def covers(self, finding: Finding) -> bool:
        """Whether it speaks of that finding."""
        return self._has(finding.where) and self.names(finding.rule, finding.installation)

    def _has(self, where: str) -> bool:
        if self.place is not None:
            return without_revision(where) == self.place
        return self._pattern.match(where) is not None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(fnmatch.translate(_REVISION.sub(r"\1*", self.where)))


def exactly(text: str) -> str:
    """The glob for that text alone."""
    return glob.escape(text)
