"""Every cause of the playbook in both directions, one- and two-way, in TLS 1.0 to 1.3."""

from __future__ import annotations

import gzip
import os
import shutil
from functools import cache
from pathlib import Path

import pytest

from edgeaudit.audit.diagnosis import diagnose
from edgeaudit.tls.handshake import Ending, Handshake
from edgeaudit.x509.trust import Trust
from tests.observe.grid import (
    OFFERS,
    OWN,
    ROWS,
    SERVED,
    SHOWN,
    Row,
    Served,
    clients,
    files,
    recorded,
    scenario,
)
from tests.observe.recording import can
from tests.observe.test_capture import CAPTURES, EXPECTED, TRANSFORMATIONS, told
from tests.observe.wrapping import Frame, frames, heard, pcap

FOLDER = Path(__file__).parent / "captures/grid"
TRUST = Trust.of(sorted(FOLDER.glob("root*.pem")), public_roots=False)
REFUSES = dict.fromkeys(SHOWN, "client") | dict.fromkeys([*OFFERS, *OWN], "server")
# what cannot be told before it is known what the client trusts
LEAF_ALONE = "incomplete_chain"


@cache
def captured(name: str) -> tuple[Handshake, ...]:
    """The handshakes of a file, in the order in which they began."""
    found = heard(gzip.decompress((FOLDER / f"{name}.pcap.gz").read_bytes()))
    return tuple(sorted(found, key=lambda each: each.packet))


def test_no_row_is_missing() -> None:
    rows = {row.name for row in ROWS} | {served.name for served in SERVED}
    assert {path.name.partition(".")[0] for path in FOLDER.glob("*.pcap.gz")} == rows
    assert len(ROWS) == 2 * 2 * 4


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_the_cause_and_who_refused(row: Row) -> None:
    check(row, captured(row.name), TRUST)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With all that is needed to make captures."""
    made = tmp_path_factory.mktemp("grid")
    files(made)
    return made


@pytest.mark.full
@pytest.mark.skipif(
    not shutil.which("tcpdump") or os.geteuid() != 0, reason="no tcpdump, or not root"
)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_made_now_tells_the_same(row: Row, folder: Path) -> None:
    scenarios = [scenario(row, each) for each in row.causes]
    has_all = os.environ.get("EDGEAUDIT_ALL_TOOLS") == "1"
    if not has_all and not all(can(each, folder) for each in scenarios):
        pytest.skip("a program is missing")
    found = heard(gzip.decompress(recorded(folder, scenarios)))
    trust = Trust.of([folder / "root.pem"], public_roots=False)
    check(row, tuple(sorted(found, key=lambda each: each.packet)), trust)


def check(row: Row, found: tuple[Handshake, ...], trust: Trust) -> None:
    """Of each cause in the row, whether it is told, and who refused."""
    assert len(found) == len(row.causes)
    for cause, handshake in zip(row.causes, found, strict=True):
        told, knowing = diagnose(handshake), diagnose(handshake, trust)
        if is_hidden(row, cause):
            assert (handshake.ending, told.cause_name) == (Ending.COMPLETED, "none")
            continue
        assert told.rejected_by == REFUSES[cause], cause
        if is_decided(row, cause):
            assert told.cause_name == knowing.cause_name == cause
        else:
            assert told.cause is None
            assert cause in [each.value for each in told.candidates]
        if cause == LEAF_ALONE and row.version != "tls1_3":
            assert knowing.cause_name == cause


def is_decided(row: Row, cause: str) -> bool:
    """Whether the wire tells it, without secrets and without the client's truststore."""
    if row.version != "tls1_3":
        return cause != LEAF_ALONE
    # in clear are what was offered and the alerts of OpenSSL's clients, of which one has its own
    is_own_alert = row.direction == "northbound" and cause == "expired_certificate"
    is_empty = row.direction == "southbound" and cause == "missing_client_certificate"
    return cause in OFFERS or is_own_alert or is_empty


def is_hidden(row: Row, cause: str) -> bool:
    """Whether nginx tells it in HTTP, and TLS 1.3 hides the certificate."""
    return row.direction == "northbound" and row.version == "tls1_3" and cause in OWN


@pytest.mark.parametrize("served", SERVED, ids=lambda served: served.name)
def test_no_healthy_handshake_of_any_stack_is_a_failure(served: Served) -> None:
    found = captured(served.name)
    assert len(found) == len(clients(served.version))
    for handshake in found:
        assert handshake.ending is Ending.COMPLETED
        assert diagnose(handshake).cause_name == diagnose(handshake, TRUST).cause_name == "none"


def test_there_are_as_many_healthy_handshakes_of_as_many_kinds_as_failed_ones() -> None:
    failed = len(EXPECTED) + sum(len(row.causes) for row in ROWS)
    good = sum(len(heard(CAPTURES[name])) for name in set(CAPTURES) - set(EXPECTED))
    good += sum(len(clients(served.version)) for served in SERVED)
    assert good >= failed
    kinds = set(CAPTURES) - set(EXPECTED)
    kinds |= {f"{served.name}-{each}" for served in SERVED for each in clients(served.version)}
    assert len(kinds) >= len(EXPECTED) + sum(len(row.causes) for row in ROWS) - len(ROWS)


@pytest.mark.full
@pytest.mark.parametrize("served", SERVED, ids=lambda served: served.name)
def test_no_part_of_a_healthy_handshake_of_any_stack_is_a_failure(served: Served) -> None:
    """A capture that begins late, ends early, or lacks a packet."""
    connections: dict[frozenset[tuple[str, int]], list[Frame]] = {}
    for each in frames(gzip.decompress((FOLDER / f"{served.name}.pcap.gz").read_bytes())):
        connections.setdefault(frozenset((each.source, each.target)), []).append(each)
    for made in (each[:40] for each in connections.values()):
        for place in range(len(made)):
            for part in (made[:place], made[place:], made[:place] + made[place + 1 :]):
                assert not any(diagnose(each).is_failure for each in heard(pcap(part)))


@pytest.mark.full
@pytest.mark.parametrize("how", TRANSFORMATIONS)
def test_no_answer_changes_with_the_form_of_the_file(how: str) -> None:
    for path in FOLDER.glob("*-twoway-*.pcap.gz"):
        data = gzip.decompress(path.read_bytes())
        found = told(TRANSFORMATIONS[how](frames(data)))
        assert sorted(map(repr, found)) == sorted(map(repr, told(data))), path.name
