"""The installation of the demo as an inventory, read without a server; judging it many times."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, unquote

from cryptography.hazmat.primitives.serialization import Encoding

from edgeaudit.audit import engine, evidence
from edgeaudit.audit.policy import Policy
from edgeaudit.demo.answers import answer_to
from edgeaudit.demo.edge import installation
from edgeaudit.demo.forms import Forms
from edgeaudit.demo.tree import Tree
from edgeaudit.management.collect import collect
from edgeaudit.management.source import Answer
from edgeaudit.x509.bundle import best_verdict
from edgeaudit.x509.certificate import read_der
from edgeaudit.x509.trust import Trust
from tests.factories import NOW

if TYPE_CHECKING:
    import pytest

    from edgeaudit.audit.report import Report
    from edgeaudit.inventory import Inventory

# A verdict follows from the certificates, the trust and the time alone.
_verdict = lru_cache(maxsize=None)(best_verdict)


class Practice(NamedTuple):
    """What the demo tells, and whom to trust there."""

    inventory: Inventory
    trust: Trust


class _Answers:
    """A source that tells the demo's answers."""

    name = "http://demo"
    endpoint = "demo:80"

    def __init__(self) -> None:
        self._known = Tree(installation(NOW), NOW, Forms.drawn(0)).answers

    def get(self, path: str, accept: str = "") -> Answer:
        names, _, query = path.partition("?")
        told = answer_to(tuple(map(unquote, names.split("/"))), parse_qsl(query), self._known)
        return Answer(told.status, told.body, None if told.status == 200 else "not_found")


@cache
def practice() -> Practice:
    """The demo's installation, as it was read at NOW."""
    anchors = (each.public_bytes(Encoding.DER) for each in installation(NOW).trusted)
    return Practice(
        collect(_Answers(), concurrency=0), Trust(list(map(read_der, anchors)), public_roots=False)
    )


def remember_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask OpenSSL once only about each chain."""
    monkeypatch.setattr(evidence, "best_verdict", _verdict)


def judged(trust: Trust, *inventories: Inventory) -> Report:
    """The report on the inventories as of NOW, under the policy that holds by itself."""
    return engine.judge(inventories, trust, Policy(), NOW, NOW)
