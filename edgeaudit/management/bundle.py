"""A revision's bundle: where it listens, whom it calls, and every store that it names."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Literal, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from edgeaudit.errors import BadAnswer
from edgeaudit.inventory import ProxyTarget, Revision
from edgeaudit.management.archive import Room, check_total, open_zip, parse_xml, read_member
from edgeaudit.management.bundle_xml import TargetBody, base_paths, targets, virtual_hosts
from edgeaudit.management.resources import place_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOTS = ("apiproxy", "sharedflowbundle")
_FOLDERS = ("proxies", "targets", "policies")


class Unread(NamedTuple):
    """A member of a bundle that could not be read, and why."""

    member: str
    reason: str


@dataclass(frozen=True)
class BundleBody:
    """What a bundle says, wherever it is deployed. It is complete where nothing is `unread`."""

    base_paths: tuple[str, ...] = ()
    virtual_hosts: tuple[str, ...] = ()
    targets: tuple[TargetBody, ...] = ()
    unread: tuple[Unread, ...] = ()


def read_bundle_zip(data: bytes) -> BundleBody:
    """What the bundle in the zip archive `data` says (Edge: "API proxy configuration reference").

    Only its endpoints and policies are unpacked, in memory; what cannot be read of them is
    `unread`. Raises BadAnswer where `data` is no bundle, or too large a one.
    """
    room = Room()
    with open_zip(data) as archive:
        parts = [_part(archive, member, room) for member in _members(archive)]
    return BundleBody(
        base_paths=tuple(dict.fromkeys(path for part in parts for path in part.base_paths)),
        virtual_hosts=tuple(dict.fromkeys(host for part in parts for host in part.virtual_hosts)),
        targets=tuple(target for part in parts for target in part.targets),
        unread=tuple(member for part in parts for member in part.unread),
    )


def pruned(data: bytes) -> bytes:
    """The bundle with nothing but what is read of it; the same bundle gives the same bytes.

    Scripts and libraries, where secrets lie, are left out. A bundle of which a part cannot be read
    stays as it is, so that the same part cannot be read again. Raises BadAnswer as
    `read_bundle_zip` does.
    """
    if read_bundle_zip(data).unread:
        return data
    copy = io.BytesIO()
    with open_zip(data) as archive, ZipFile(copy, "w") as kept:
        for member in _members(archive):
            content = read_member(archive, member)
            kept.writestr(ZipInfo(member.filename), content, ZIP_DEFLATED)
    return copy.getvalue()


def revision(
    body: BundleBody,
    environment: str,
    kind: Literal["proxies", "sharedflows"],
    name: str,
    number: str,
) -> Revision:
    """The revision with that bundle, as it is deployed in the environment at `environment`."""
    return Revision(
        where=place_of(environment, kind, name, number),
        environment=environment,
        kind=kind,
        name=name,
        number=number,
        base_paths=body.base_paths,
        virtual_hosts=body.virtual_hosts,
        targets=tuple(_placed(body, environment, kind, name, number)),
    )


def _placed(body: BundleBody, environment: str, *names: str) -> Iterator[ProxyTarget]:
    seen: Counter[str] = Counter()
    for target in body.targets:
        where = place_of(environment, *names, target.folder, target.name)
        seen[where] += 1
        yield ProxyTarget(
            # a policy may name several pairs of stores, and a finding is known by its place
            where=where if seen[where] == 1 else f"{where}/{seen[where]}",
            environment=environment,
            name=target.name,
            url=target.url,
            servers=target.servers,
            tls=target.tls,
        )


def _members(archive: ZipFile) -> list[ZipInfo]:
    members = archive.infolist()
    if not any(member.filename.startswith(f"{root}/") for member in members for root in _ROOTS):
        raise BadAnswer(f"the archive holds none of the folders {' and '.join(_ROOTS)}")
    wanted = [member for member in members if _is_wanted(member.filename)]
    check_total(wanted)
    return wanted


def _is_wanted(path: str) -> bool:
    names = path.split("/")
    is_known = len(names) > 2 and names[0] in _ROOTS and names[1] in _FOLDERS
    return path.lower().endswith(".xml") and (is_known or _is_outside(path))


def _is_outside(path: str) -> bool:
    return path.startswith("/") or "\\" in path or ".." in path.split("/")


def _part(archive: ZipFile, member: ZipInfo, room: Room) -> BundleBody:
    try:
        return _read(archive, member, room)
    except BadAnswer as error:
        return BundleBody(unread=(Unread(member.filename, error.message),))


def _read(archive: ZipFile, member: ZipInfo, room: Room) -> BundleBody:
    if _is_outside(member.filename):
        raise BadAnswer("its path is not one of a bundle")
    folder = member.filename.split("/")[1]
    root = parse_xml(read_member(archive, member), room)
    if folder == "proxies":
        return BundleBody(base_paths(root), virtual_hosts(root))
    return BundleBody(targets=targets(root, folder, PurePosixPath(member.filename).stem))
