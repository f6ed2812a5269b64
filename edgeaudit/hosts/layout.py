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
    r"|token|security|edge-router.*|edge-message-processor.*|(java|jre|jdk|openjdk|temurin)[-.\d].*"
)
_ARCHIVE = re.compile(r"\.(tar(\.\w+)?|tgz)$")
UNNAMED = "localhost"


@dataclass
class Place:
    """A host's files: those of `tree` under `root`; `name` is that of the folder before them, and
    `base` the whole path of that folder."""

    tree: Tree
    name: str
    root: str
    base: str
    paths: list[str] = field(default_factory=list)

    def within(self, path: str) -> str:
        """The path from the host's own root."""
        return path[len(self.root) :].lstrip("/")


def places(tree: Tree, name: str | None = None) -> list[Place]:
    """The hosts whose files lie in a tree; all are one, of that name, where it is given."""
    found: dict[str, Place] = {}
    is_inside = bool(_KNOWN.fullmatch(Path(tree.where).absolute().name))
    for path in tree.files:
        root = "" if is_inside else _root(path)
        if root not in found:
            base = Path(tree.where, root).absolute() if root else _base(tree.where)
            called = name or _ARCHIVE.sub("", base.name) or UNNAMED
            found[root] = Place(tree, called, root, str(base))
        found[root].paths.append(path)
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


def _base(given: str) -> Path:
    """Of the path that was given what stands before the installation's own folders."""
    path = Path(given).absolute()
    if path.is_file() and not _ARCHIVE.search(path.name):
        path = path.parent
    while _KNOWN.fullmatch(path.name):
        path = path.parent
    return path
