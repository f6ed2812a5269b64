"""nginx's configuration files, with those that they include."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from edgeaudit.errors import InputError
from edgeaudit.hosts.layout import named_file
from edgeaudit.hosts.nginx import parse
from edgeaudit.inventory import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.hosts.layout import Place
    from edgeaudit.hosts.nginx import Directive

_DEEPEST = 20
_MOST = 500_000
_MARK = "\ufeff"
_WILD = re.compile(r"[*?\[]")
_IS_NGINX = re.compile(r"(^|/)(nginx|conf\.d|vh\.customer)/|(^|/)nginx\.conf$|_vh\.conf$")
_HINT = "nginx keeps to the configuration that it had; `nginx -t` on the host tells of it"


class Placed(NamedTuple):
    """A directive and its place, FILE:LINE."""

    directive: Directive
    where: str
    block: tuple[Placed, ...] = ()


@dataclass
class Configuration:
    """The directives of main, and of http where files stand without nginx.conf.

    `gaps` are files that are missing or that nginx refuses, `idle` those that nothing includes.
    """

    main: tuple[Placed, ...] = ()
    http: tuple[Placed, ...] = ()
    gaps: list[Gap] = field(default_factory=list)
    idle: tuple[str, ...] = ()


def configuration(place: Place) -> Configuration | None:
    """What nginx reads on a host; None where there is nothing of nginx's.

    It begins with nginx.conf. Where that is not there, with the files that no other includes,
    which then stand in `http` in the order of their paths, as nginx includes *.conf; not with
    those of vh.customer, which are nothing by themselves. Where Edge's own nginx in /opt/nginx is
    there, that of the system beside it is left alone.
    """
    paths = sorted(each for each in place.paths if _is_nginx(place, each))
    paths = [each for each in paths if "/opt/nginx/" in _named(place, each)] or paths
    if not paths:
        return None
    reader = _Reader(place)
    roots = [path for path in paths if PurePosixPath(path).name == "nginx.conf"]
    if roots:
        reader.found.main = reader.file(roots[0], ())
    else:
        own = [path for path in paths if "/vh.customer/" not in f"/{path}"]
        read = {path: reader.file(path, ()) for path in own}
        reader.found.http = tuple(
            each for path, found in read.items() if path not in reader.included for each in found
        )
        reader.included.update(own)
    idle = [path for path in paths if path not in {*roots[:1], *reader.included}]
    reader.found.idle = tuple(place.tree.place(path) for path in idle)
    return reader.found


def _is_nginx(place: Place, path: str) -> bool:
    is_alone = list(place.tree.files) == [""] and place.tree.where.endswith(".conf")
    return is_alone or (path.endswith(".conf") and bool(_IS_NGINX.search(_named(place, path))))


def _named(place: Place, path: str) -> str:
    """The path with the last folders of the one that was given before it."""
    return (Path(place.tree.where).absolute() / path).as_posix()


class _Reader:
    """Reads each file once for each time that it is included, as nginx does."""

    def __init__(self, place: Place) -> None:
        self.found = Configuration()
        self.included: set[str] = set()
        self._place = place
        self._within = {place.within(path): path for path in place.paths}
        self._texts: dict[str, list[Directive]] = {}
        self._count = 0

    def file(self, path: str, above: tuple[str, ...]) -> tuple[Placed, ...]:
        where = self._place.tree.place(path)
        return tuple(self._placed(self._parsed(path, where), where, (*above, path)))

    def _placed(
        self, directives: list[Directive], file: str, above: tuple[str, ...]
    ) -> Iterator[Placed]:
        for each in directives:
            self._count += 1
            if self._count > _MOST:
                return
            where = f"{file}:{each.line}"
            if each.name == "include" and each.block is None:
                yield from self._included(each, where, above)
            else:
                block = tuple(self._placed(each.block, file, above)) if each.block else ()
                yield Placed(each, where, block)

    def _included(
        self, directive: Directive, where: str, above: tuple[str, ...]
    ) -> Iterator[Placed]:
        if len(directive.args) != 1:
            self._refused(where, 'invalid number of arguments in "include" directive')
            return
        pattern = directive.args[0]
        for path in self._matching(pattern, above[0]):
            if path in above or len(above) >= _DEEPEST:
                self._refused(where, f'"{pattern}" includes itself')
            else:
                self.included.add(path)
                yield from self.file(path, above)
        if not _WILD.search(pattern) and not self._matching(pattern, above[0]):
            told = f'{where} includes "{pattern}", which is not among the files'
            self.found.gaps.append(Gap(where, "not_found", told, "copy it from the host too"))

    def _matching(self, pattern: str, first: str) -> list[str]:
        """Its paths, relative ones from the folder of the first file, nginx.conf as a rule."""
        base = PurePosixPath(self._place.within(first)).parent
        own = str(PurePosixPath(pattern.lstrip("/")) if pattern[:1] == "/" else base / pattern)
        if not _WILD.search(pattern):
            name = named_file(pattern, self._within, own)
            return [self._within[name]] if name else []
        parts = PurePosixPath(own).parts
        for start in range(max(len(parts) - 1, 1)):  # *.conf alone would be any file
            if found := self._like(parts[start:], start > 0):
                return found
        return []

    def _like(self, wanted: tuple[str, ...], is_tail: bool) -> list[str]:
        """The paths that fit, segment by segment, or whose last segments do."""
        found = []
        for name, path in self._within.items():
            parts = PurePosixPath(name).parts
            own = parts[-len(wanted) :] if is_tail else parts
            is_like = len(own) == len(wanted) and all(map(fnmatchcase, own, wanted))
            if is_like and not (own[-1].startswith(".") and not wanted[-1].startswith(".")):
                found.append(path)
        return sorted(found)

    def _parsed(self, path: str, where: str) -> list[Directive]:
        if path not in self._texts:
            try:
                directives, refused = parse(text_of(self._place.tree.read(path), where))
                self._texts[path] = directives
                if directives and directives[0].name.startswith(_MARK):
                    told = f'unknown directive "{directives[0].name}", for the byte order mark'
                    self._refused(f"{where}:1", told)
                if refused:
                    self._refused(f"{where}:{refused.line}", refused.message)
            except InputError as error:
                self._texts[path] = []
                self.found.gaps.append(Gap(where, "unparsable", error.message, error.hint))
        return self._texts[path]

    def _refused(self, where: str, message: str) -> None:
        gap = Gap(where, "unparsable", f"nginx refuses {where}: {message}", _HINT)
        if gap not in self.found.gaps:
            self.found.gaps.append(gap)


def text_of(data: bytes, where: str) -> str:
    """The text of a file. Raises InputError for what is no text, or is in UTF-16."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError(f"{where} is UTF-16, which nginx and Java do not read", "save it as UTF-8")
    if b"\0" in data:
        raise InputError(f"{where} is no text: it holds zero bytes")
    return data.decode("utf-8", "surrogateescape")
