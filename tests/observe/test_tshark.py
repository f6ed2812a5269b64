"""The fields of handshakes equal those that tshark reads; new captures give the same answers."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from edgeaudit.audit.diagnosis import diagnose
from edgeaudit.observe.capture import Capture
from edgeaudit.tls.extensions import is_grease
from edgeaudit.x509.certificate import Certificate
from tests.observe.recording import SCENARIOS, can, certificates, record, tools
from tests.observe.test_capture import _ALL, BLOCKS, CAPTURES, EXPECTED, FOLDER
from tests.observe.wrapping import heard

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.full
# all that is kept, but where a client speaks HTTP: there tshark does not look for an alert
KEPT = sorted(
    {*FOLDER.glob("*.pcap"), *FOLDER.glob("*/*.pcap.gz")} - {FOLDER / "not-tls-client-java.pcap"}
)
_FIELDS = (
    "tls.handshake.extensions_server_name",
    "tls.handshake.ciphersuite",
    "tls.handshake.type",
    "tls.handshake.extensions.supported_version",
    "tls.alert_message.desc",
    "x509ce.dNSName",
    "x509af.serialNumber",
    "tls.handshake.version",
)


def asked(path: Path, *options: str) -> list[dict[str, list[str]]]:
    """tshark's fields of each packet with a handshake message or alert in it."""
    tshark = ["tshark", "-r", str(path), "-d", "tcp.port==1-65535,tls", *options]
    fields = [part for field in _FIELDS for part in ("-e", field)]
    told = subprocess.run(
        [*tshark, "-Y", "tls.handshake or tls.alert_message", "-T", "fields", *fields],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [
        dict(
            zip(
                _FIELDS, [part.split(",") if part else [] for part in line.split("\t")], strict=True
            )
        )
        for line in told.splitlines()
    ]


@pytest.mark.skipif(not shutil.which("tshark"), reason="no tshark")
@pytest.mark.parametrize("path", KEPT, ids=lambda path: path.name)
def test_fields(path: Path) -> None:
    packets = asked(path)
    data = path.read_bytes()
    data = gzip.decompress(data) if path.suffix == ".gz" else data
    handshakes = sorted(heard(data), key=lambda each: each.packet)
    hellos = [each for each in packets if "1" in each["tls.handshake.type"]]
    found = [each.client_hello for each in handshakes if each.client_hello]
    retried = sum(each.is_retried for each in handshakes)
    assert len(hellos) == len(found) + retried
    assert {each.sni for each in found} - {None} == {
        name for each in hellos for name in each["tls.handshake.extensions_server_name"]
    }
    for mine, theirs in zip(found, hellos[retried:], strict=True):
        suites = [int(each, 16) for each in theirs["tls.handshake.ciphersuite"]]
        assert mine.suites == tuple(each for each in suites if not is_grease(each))
        listed = [int(each, 16) for each in theirs["tls.handshake.extensions.supported_version"]]
        if listed:
            assert mine.versions == tuple(each for each in listed if not is_grease(each))
        else:
            assert mine.versions == (int(theirs["tls.handshake.version"][0], 16),)
    alerts = [int(each) for one in packets for each in one["tls.alert_message.desc"]]
    assert [alert.number for each in handshakes for alert in each.alerts] == alerts
    answers = [
        each["tls.handshake.ciphersuite"] for each in packets if "2" in each["tls.handshake.type"]
    ][retried:]
    chosen = [each.server_hello.cipher for each in handshakes if each.server_hello]
    assert chosen == [int(each[0], 16) for each in answers]
    shown = [
        one
        for each in handshakes
        for chain in (each.server_chain, each.client_chain)
        for one in chain or ()
        if isinstance(one, Certificate)
    ]
    names = {name for each in packets for name in each["x509ce.dNSName"]}
    assert names == {name for one in shown for name in one.dns_names}
    serials = [int(one, 16) for each in packets for one in each["x509af.serialNumber"]]
    assert sorted(serials) == sorted(int(one.serial, 16) for one in shown)


@pytest.mark.skipif(not shutil.which("tshark"), reason="no tshark")
@pytest.mark.parametrize("name", [*BLOCKS, "keys-renegotiated"])
def test_alerts_and_names_that_a_key_log_opens(name: str) -> None:
    keys = FOLDER / f"{name}.keys"
    found = list(Capture(BytesIO(_ALL[name]), name, keys.read_bytes()).handshakes())
    packets = asked(FOLDER / f"{name}.pcap", "-o", f"tls.keylog_file:{keys}")
    alerts = [int(each) for one in packets for each in one["tls.alert_message.desc"]]
    assert [alert.number for each in found for alert in each.alerts] == alerts
    hellos = sum(each["tls.handshake.type"].count("1") for each in packets)
    assert hellos == sum(each.client_hello is not None for each in found)


@pytest.mark.skipif(
    not shutil.which("tcpdump") or os.geteuid() != 0, reason="no tcpdump, or not root"
)
def test_captures_made_now_give_the_same_answers(tmp_path: Path) -> None:
    certificates(tmp_path)
    tools(tmp_path)
    target = tmp_path / "now.pcap"
    possible = [each for each in SCENARIOS if can(each, tmp_path)]
    for scenario in (each for each in possible if each.name in CAPTURES):
        record(tmp_path, scenario, target)
        expected = EXPECTED.get(scenario.name, ("none", None, "certain"))
        for handshake in heard(target.read_bytes()):
            found = diagnose(handshake)
            told = found.cause_name, found.rejected_by, found.confidence
            # nginx and curl close at the same time: where curl is first, nothing was wrong
            is_race = "nginx" in scenario.name and found.cause_name == "none"
            assert told == expected or is_race, scenario.name
