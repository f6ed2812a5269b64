"""Who depends on a thing, how sure that is, and the same in one sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from edgeaudit.audit.dependents import Dependents
from edgeaudit.audit.doubts import doubts_about
from edgeaudit.audit.needs import Needs
from edgeaudit.audit.reading import gaps_of, installations_of
from edgeaudit.audit.time_left import time_left
from edgeaudit.audit.tree import Node
from edgeaudit.inventory import Endpoint, Revision
from edgeaudit.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from edgeaudit.audit.catalogue import Found, Installed
    from edgeaudit.audit.reading import Installation, InstalledGap
    from edgeaudit.inventory import Inventory

_MOST_NAMED = 3
_ENDPOINTS = {"virtualhost", "targetserver", "target"}
_PROXIES = {"proxy", "sharedflow"}


@dataclass(frozen=True)
class Answer:
    """What is known of one subject; `at` is the time to which expiry is told.

    `dependents` are trees from the subject up to the proxies, `needs` trees from it down to
    certificates. `affects` are those for whom it matters, as in findings; `idle` those that name
    it while their settings do not count; `doubts` say why there may be more.
    """

    subject: str
    at: datetime
    dependents: tuple[Node, ...]
    needs: tuple[Node, ...]
    affects: tuple[str, ...]
    idle: tuple[str, ...]
    doubts: tuple[str, ...]
    conclusion: str
    installations: tuple[Installation, ...]
    gaps: tuple[InstalledGap, ...]


def answer(
    subject: str, found: Sequence[Found], inventories: Sequence[Inventory], at: datetime
) -> Answer:
    """What depends on what was found under the name `subject`, and what that needs itself."""
    has_several = len(inventories) > 1
    dependents = tuple(_dependents(each, has_several=has_several) for each in found)
    needs = tuple(_needs(found, has_several=has_several))
    affects = tuple(sorted({where for root in dependents for where in affected(root)}))
    idle = tuple(sorted({where for root in dependents for where in _idle(root)}))
    is_proxy = all(each.kind in _PROXIES for each in found)
    doubts = tuple(_unknown(needs) if is_proxy else doubts_about(found, inventories))
    return Answer(
        subject=subject,
        at=at,
        dependents=() if is_proxy else dependents,
        needs=needs,
        affects=affects,
        idle=idle,
        doubts=doubts,
        conclusion=(
            _needing(subject, needs, doubts, at)
            if is_proxy
            else _depending(subject, affects, idle, doubts, lies=any(each.things for each in found))
        ),
        installations=installations_of(inventories),
        gaps=gaps_of(inventories),
    )


def affected(root: Node) -> Iterator[str]:
    """The places of the endpoints and proxies in a tree of dependents for whom its root matters."""
    for node in walk(root):
        if node.kind in _ENDPOINTS and (node is root or node.state == "present"):
            yield from () if node is root or node.kind == "target" else (node.where,)
            yield from (each.where.rpartition("/")[0] for each in node.children)


def walk(root: Node) -> Iterator[Node]:
    """Every node of a tree, from the root on."""
    yield root
    for child in root.children:
        yield from walk(child)


def _dependents(found: Found, *, has_several: bool) -> Node:
    """One tree: of a certificate that is meant wherever it lies, with a branch for each place."""
    impacts = {id(each.impact): each.impact for each in found.things}
    growing = {key: Dependents(impact) for key, impact in impacts.items()}
    trees = [
        _located(growing[id(each.impact)].of(each.thing), each, has_several=has_several)
        for each in found.things
    ]
    if found.certificate is None:
        return trees[0]
    branches = tuple(branch for tree in trees for branch in tree.children)
    return Node("certificate", "", certificate=found.certificate, children=branches)


def _needs(found: Iterable[Found], *, has_several: bool) -> Iterator[Node]:
    for installed in (thing for each in found for thing in each.things):
        if isinstance(installed.thing, Endpoint | Revision):
            tree = Needs(installed.impact).of(installed.thing)
            yield _located(tree, installed, has_several=has_several)


def _located(node: Node, installed: Installed, *, has_several: bool) -> Node:
    """The tree with the installation in each place, where there are several."""
    if not has_several:
        return node
    children = tuple(_located(each, installed, has_several=True) for each in node.children)
    return replace(
        node, where=f"{installed.inventory.installation}:{node.where}", children=children
    )


def _idle(root: Node) -> Iterator[str]:
    yield from (node.where for node in walk(root) if node.state == "idle" and node is not root)


def _unknown(needs: Iterable[Node]) -> list[str]:
    nodes = (node for root in needs for node in walk(root))
    return list(
        dict.fromkeys(f"{each.where} is not known" for each in nodes if each.state == "unknown")
    )


def _depending(
    subject: str,
    affects: Sequence[str],
    idle: Sequence[str],
    doubts: Sequence[str],
    *,
    lies: bool,
) -> str:
    """Who depends on the subject, in one sentence."""
    if affects:
        told = f"{listed(affects)} {_verb(affects, 'depend')} on {subject}"
        return f"{told}; there may be more, as {listed(doubts)}." if doubts else f"{told}."
    read = " that was read" if doubts else ""
    told = f"Nothing{read} depends on {subject}"
    if not lies:
        told = f"{subject} lies in no keystore{read}"
    if idle:
        told += f", but {listed(idle)} {_verb(idle, 'name')} it without needing it"
    return f"{told}; that proves nothing, as {listed(doubts)}." if doubts else f"{told}."


def _needing(subject: str, needs: Iterable[Node], doubts: Sequence[str], at: datetime) -> str:
    """On what the subject depends, in one sentence."""
    nodes = (node for root in needs for node in walk(root))
    certificates = {each.certificate: None for each in nodes if each.certificate}
    first = min(certificates, key=lambda each: each.not_after, default=None)
    if first is None:
        told = f"{subject} depends on no certificate that Edge stores"
    else:
        count = counted(len(certificates), "certificate")
        left = time_left(first, at)
        told = f"{subject} depends on {count}, of which {first.subject} ends first: it {left}"
    return f"{told}; there may be more, as {listed(doubts)}." if doubts else f"{told}."


def listed(names: Sequence[str]) -> str:
    """`a, b, c and 5 more`."""
    more = len(names) - _MOST_NAMED
    if more > 0:
        return f"{', '.join(names[:_MOST_NAMED])} and {more} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def _verb(subjects: Sequence[str], verb: str) -> str:
    return verb if len(subjects) > 1 else f"{verb}s"
