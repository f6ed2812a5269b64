"""A part of an installation, so that several machines can share an audit."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple


class Shard(NamedTuple):
    """The part `number` (from 1) of `of` parts."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """`2/3`; raises ValueError for anything else."""
        match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text.strip())
        if match is None or not 1 <= int(match[1]) <= int(match[2]):
            raise ValueError("I/N, the part I (from 1) of N")
        return cls(int(match[1]), int(match[2]))

    def has(self, where: str) -> bool:
        """Whether the environment at `where` (`ORG/ENV`) is in it.

        That depends on its name alone, so that another environment moves none.
        """
        digest = hashlib.sha256(where.encode("utf-8", "surrogatepass")).digest()
        return int.from_bytes(digest[:8], "big") % self.of == self.number - 1

    def __str__(self) -> str:
        """`2/3`."""
        return f"{self.number}/{self.of}"
