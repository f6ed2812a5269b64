"""Which host a file belongs to, and what it is, by its path."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from edgeaudit.hosts.files import Tree

# folders of an installation: what stands before the first of them is the host's own
_KNOWN = re.compile(
    r"opt|usr|etc|lib|jvm|java|jre|apigee|nginx|conf|conf\.d|vh\.customer|customer|application"
    r"|token|security|edge-router.*|edge-message-processor.*|j(re|dk)[-.\d].*"
)
_ARCHIVE = re.compile(r"\.(tar(\.\w+)?|tgz)$")
UNNAMED = "localhost"


@dataclass
class Place:
    """A host's files: those of `tree` under `root`; `name` is that of the folder before them."""

    tree: Tree
    name: str
    root: str
    paths: list[str] = field(default_factory=list)

    def within(self, path: str) -> str:
        """The path from the host's own root."""
        return path[len(self.root) :].lstrip("/")


def places(tree: Tree, name: str | None = None) -> list[Place]:
    """The hosts whose files lie in a tree; all are one, of that name, where it is given."""
    found: dict[str, Place] = {}
    for path in tree.files:
        root = _root(path)
        called = name or PurePosixPath(root).name or _name_of(tree.where)
        found.setdefault(root, Place(tree, called, root)).paths.append(path)
    return list(found.values())


def named_file(
    name: str, among: Mapping[str, str] | Mapping[str, PurePosixPath], wanted: str = ""
) -> str | None:
    """The path of that file, absolute on its host, among those of its host (by path within it).

    Of a copy in another folder that with the most of its last folders' names, if it is alone.
    """
    own = wanted or name.lstrip("/")
    if own in among:
        return own
    parts = PurePosixPath(own).parts
    for start in range(len(parts)):
        tail = "/".join(parts[start:])
        found = [path for path in among if path == tail or path.endswith(f"/{tail}")]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def _root(path: str) -> str:
    folders = PurePosixPath(path).parts[:-1]
    known = next((at for at, each in enumerate(folders) if _KNOWN.fullmatch(each)), len(folders))
    return "/".join(folders[:known])


def _name_of(given: str) -> str:
    """The last folder that is no installation's, in the path that was given."""
    path = Path(given).absolute()
    if path.is_file() and not _ARCHIVE.search(path.name):
        path = path.parent
    folders = [_ARCHIVE.sub("", each) for each in path.parts[1:]]
    return next((each for each in reversed(folders) if not _KNOWN.fullmatch(each)), UNNAMED)
