"""The whole program against the demo Edge with faults."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.cli import run
from edgeaudit.demo import DemoEdge
from edgeaudit.management import connections, transport
from tests.factories import NOW
from tests.management.faulty import Broken, Faulty, dripping, mute
from tests.management.server import Server
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STAGE = ("--org", "wellkept", "--env", "stage*")


@pytest.fixture(scope="module")
def edge() -> Iterator[DemoEdge]:
    with DemoEdge(NOW) as edge:
        yield edge


@pytest.fixture(scope="module")
def faulty(edge: DemoEdge) -> Iterator[Server]:
    server = Server(Faulty(edge))
    yield server
    server.close()


@pytest.fixture
def audit(edge: DemoEdge, faulty: Server, tmp_path: Any, monkeypatch: Any, capsys: Any) -> Any:
    """Runs the audit of an organization where things are broken: status and report."""
    (tmp_path / "root.pem").write_text(edge.ca_pem)
    trust = ("--trust", str(tmp_path / "root.pem"))
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0)
    monkeypatch.setattr(transport, "LONGEST_WAIT", 0.02)
    monkeypatch.setattr(connections, "PATIENCE", 1)
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", edge.password)

    def running(*broken: Broken, org: Sequence[str] = STAGE) -> tuple[int, Any]:
        faulty.script.broken = broken  # type: ignore[attr-defined]
        faulty.script.met.clear()  # type: ignore[attr-defined]
        faulty.requests.clear()
        is_slow = any(one.fault in {dripping, mute} for one in broken)
        monkeypatch.setenv("EDGEAUDIT_READ_TIMEOUT", "0.25" if is_slow else "60")
        access = ("--url", faulty.url, "--username", edge.username, *org)
        judging = (*trust, "--no-public-roots", "--at", NOW.isoformat())
        status = run(["audit", *access, *judging, "--format", "json", "--verbose"])
        out, err = capsys.readouterr()
        _assert_no_secret(out + err)
        report = json.loads(out)
        validate(report, "report")
        assert {request.method for request in faulty.requests} == {"GET"}
        return status, report

    return running


def _assert_no_secret(shown: str) -> None:
    basic = f"{DemoEdge.username}:{DemoEdge.password}"
    for secret in (DemoEdge.password, base64.b64encode(basic.encode()).decode(), "PRIVATE KEY"):
        assert secret not in shown
    assert "Traceback" not in shown
