"""Folders, files and archives as trees of files, of which nothing is written to disk."""

from __future__ import annotations

import os
import re
import stat
import tarfile
import zlib
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from edgeaudit.errors import InputError
from edgeaudit.inventory import Gap
from edgeaudit.location import place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LARGEST = 8 * 1024 * 1024
MOST_FILES = 100_000
_MOST_BYTES = 1024 * 1024 * 1024
_MOST_KEPT = 256 * 1024 * 1024
_ARCHIVES = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_SUFFIXES = (
    *(".conf", ".properties", ".security"),
    *(".jks", ".jceks", ".p12", ".pfx", ".keystore", ".truststore"),
    *(".pem", ".crt", ".cer"),
)
_NAMES = ("release", "cacerts")
_LOG = re.compile(r"/logs?/|\.(log|key)\b")


@dataclass
class Tree:
    """The files of one folder, file or archive, by path within it; each is read when asked for.

    `where` is the path that was given. `gaps` are what could not be read of it.
    """

    where: str
    files: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)

    def place(self, path: str) -> str:
        """The file as a place, its line aside."""
        return file_place(str(PurePosixPath(self.where) / path))

    def read(self, path: str) -> bytes:
        """What is in the file. Raises InputError where it cannot be read or is too large."""
        return self.files[path]()


def trees(given: Path) -> Iterator[Tree]:
    """The tree of a folder, and one for each archive in it; that of an archive; or a file's.

    Raises InputError where there is nothing of that name.
    """
    try:
        mode = given.stat().st_mode
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or "that is no path"
        raise InputError(f"{given} cannot be read: {told}", "name a folder or a file") from error
    if stat.S_ISDIR(mode):
        yield from _folder(given)
    elif _is_archive(given.name):
        yield _archive(given)
    elif stat.S_ISREG(mode):
        yield Tree(str(given), {"": partial(_read, given)})
    else:
        raise InputError(f"{given} is no regular file", "name a folder or a file")


def _folder(given: Path) -> Iterator[Tree]:
    tree, archives = Tree(str(given)), []
    for folder, folders, names in os.walk(given, onerror=partial(_note_error, tree)):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if _is_archive(name):
                archives.append(path)
            elif _is_wanted(path.absolute().as_posix()) and path.is_file():  # a pipe never ends
                if len(tree.files) >= MOST_FILES:
                    tree.gaps.append(_too_many(tree.where))
                    break
                tree.files[path.relative_to(given).as_posix()] = partial(_read, path)
    yield tree
    yield from map(_archive, archives)


def _archive(given: Path) -> Tree:
    tree = Tree(str(given))
    try:
        with tarfile.open(given, "r|*", tarinfo=_Header) as tar:
            _gather(tar, tree)
    except (tarfile.TarError, OSError, EOFError, ValueError, zlib.error) as error:
        told = getattr(error, "strerror", None) or "it is damaged, or no tar archive"
        tree.gaps.append(_gap(tree.where, f"{given} cannot be read to its end: {told}"))
    return tree


class _Header(tarfile.TarInfo):
    """tarfile takes anything for the end of an archive; only a block of zeros is one."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> _Header:
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if len(buf) == tarfile.BLOCKSIZE and not any(buf):
                raise
            raise tarfile.ReadError(str(error)) from error


def _gather(tar: tarfile.TarFile, tree: Tree) -> None:
    """Keep what may be of use, of regular files with harmless names alone."""
    read = kept = 0
    for number, member in enumerate(tar):
        read += member.size
        if number >= MOST_FILES or read > _MOST_BYTES or kept > _MOST_KEPT:
            tree.gaps.append(_too_many(tree.where))
            return
        kept += _take(tar, member, tree)


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, tree: Tree) -> int:
    """Keep a file that may be of use, or why it is not; gives the bytes that are kept."""
    path = PurePosixPath(member.name)
    name = "/".join(part for part in path.parts if part not in ("/", "."))
    if not member.isreg():
        return 0
    if _is_archive(name) and not _LOG.search(f"/{name}"):
        told = f"{tree.place(name)} is an archive within an archive, which is not read"
        tree.gaps.append(Gap(tree.place(name), "unparsable", told, "unpack the outer one"))
    elif not _is_wanted(f"/{name}"):
        return 0
    elif ".." in path.parts:
        told = f"{tree.where} holds a file with .. in its path, which is not read"
        tree.gaps.append(Gap(tree.place(name), "unsafe_name", told))
    elif member.size > LARGEST:
        tree.files[name] = partial(_refuse, tree.place(name))
    elif (content := tar.extractfile(member)) is not None:
        data = content.read(LARGEST)
        tree.files[name] = partial(_kept, data)
        return len(data)
    return 0


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    return data if len(data) <= LARGEST else _refuse(str(path))


def _kept(data: bytes) -> bytes:
    return data


def _refuse(where: str) -> bytes:
    raise InputError(f"{where} is larger than 8 MiB, which no such file is")


def _note_error(tree: Tree, error: OSError) -> None:
    told = f"{error.filename} cannot be read: {error.strerror}"
    tree.gaps.append(_gap(str(error.filename), told))


def _gap(where: str, told: str) -> Gap:
    return Gap(file_place(where), "unparsable", told)


def file_place(path: str) -> str:
    """A path as reports write places."""
    return place(*path.split("/"))


def _too_many(where: str) -> Gap:
    told = f"{where} holds too much: {MOST_FILES} files or 1 GiB are read, and no more"
    return Gap(where, "too_large", told, "name the folders of the hosts")


def _is_archive(name: str) -> bool:
    return name.lower().endswith(_ARCHIVES)


def _is_wanted(path: str) -> bool:
    """Whether it may be of use: by its name, or as nginx may include files of any name."""
    name = path.rpartition("/")[2]
    is_nginx = "/nginx/" in path and not _LOG.search(path)
    return is_nginx or name in _NAMES or name.lower().endswith(_SUFFIXES)
