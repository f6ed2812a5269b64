"""Plain HTTP where TLS is wanted, of which the server says nothing."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.audit.failures import Tally
from edgeaudit.audit.placing import Installations
from edgeaudit.cli import run
from edgeaudit.observe.capture import Capture
from tests.audit.estate import PROD, Estate
from tests.observe.test_capture import CAPTURES, FOLDER
from tests.observe.wrapping import (
    SERVER,
    Frame,
    as_ipv6,
    conversation,
    frames,
    pcap,
)

if TYPE_CHECKING:
    from pathlib import Path

FIN, RST = b"FIN", b"RST"
GET = ("client", b"GET /v1 HTTP/1.1\r\nHost: api.example.com\r\n\r\n")
CLIENT = ("192.0.2.7", 41000)


def tallied(made: list[Frame], *, keeps_all: bool = False, **known: Any) -> Tally:
    tally = Tally(keeps_all=keeps_all, **known)
    capture = Capture(BytesIO(pcap(made)), "it", healthy=None if keeps_all else tally.count)
    for handshake in capture.handshakes():
        tally.add(handshake)
    tally.finish(capture.servers)
    return tally


def silent(how: bytes, *said: tuple[str, bytes]) -> list[Frame]:
    server = frames(CAPTURES["good-tls1_2"])[0].target
    return conversation(*(said or (GET,)), ("server", how), client=CLIENT, server=server)


@pytest.mark.parametrize("keeps_all", [False, True])
@pytest.mark.parametrize("is_later", [False, True])
@pytest.mark.parametrize("how", [FIN, RST])
@pytest.mark.parametrize("name", ["good-tls1_2", "good-tls1_3", "expired-java-tls1_2"])
def test_where_others_speak_tls_it_is_told(
    name: str, how: bytes, is_later: bool, keeps_all: bool
) -> None:
    tls = frames(CAPTURES[name])
    plain = conversation(GET, ("server", how), client=CLIENT, server=tls[0].target)
    tally = tallied(plain + tls if is_later else tls + plain, keeps_all=keeps_all)
    (group,) = [each for each in tally.groups if each.diagnosis.cause_name == "not_tls"]
    found = group.diagnosis
    assert (found.rejected_by, found.confidence) == ("server", "likely")
    assert f"without a word in packet {found.packet}." in found.explanation
    assert f"In packet {(found.packet or 0) - 1} the client" in found.explanation
    assert not tally.dismissed


def test_over_ipv6_and_in_pieces() -> None:
    said = [("client", GET[1][at : at + 7]) for at in range(0, len(GET[1]), 7)]
    made = as_ipv6([*frames(CAPTURES["good-tls1_2"]), *silent(FIN, *said)])
    assert [each.diagnosis.cause_name for each in tallied(made).groups] == ["not_tls"]


def test_a_real_server() -> None:
    """OpenSSL's ends the connection without an alert (SSL_R_HTTP_REQUEST)."""
    tally = tallied(frames((FOLDER / "plain-openssl.pcap").read_bytes()))
    assert [each.diagnosis.cause_name for each in tally.groups] == ["not_tls"]
    assert tally.healthy == 1


NOTHING = {
    "where nobody speaks TLS": conversation(GET, ("server", FIN)),
    "an answer": silent(FIN, GET, ("server", b"HTTP/1.0 200 OK\r\n\r\nfine")),
    "a client that goes first": conversation(GET, ("client", FIN), ("server", FIN)),
    "what is no HTTP": silent(FIN, ("client", b"EHLO example.com\r\n")),
    "what begins as HTTP": silent(FIN, ("client", b"GET /v1 HT")),
    "a connection that was open before": silent(FIN)[2:],
    "nothing": silent(FIN, ("client", b"")),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_is_no_failure(name: str) -> None:
    tls = [] if name == "where nobody speaks TLS" else frames(CAPTURES["good-tls1_2"])
    tally = tallied([*tls, *NOTHING[name]])
    assert (tally.failures, tally.healthy) == (0, int(bool(tls)))
    assert len(tally.dismissed) == int(name == "where nobody speaks TLS")


def test_an_installation_knows_that_a_port_is_of_tls() -> None:
    estate = Estate().proxy("orders", url=f"https://{SERVER[0]}:{SERVER[1]}/orders")
    at_hand = Installations([estate.inventory()])
    (group,) = tallied(conversation(GET, ("server", FIN)), installations=at_hand).groups
    assert group.diagnosis.cause_name == "not_tls"
    assert f"{PROD}/proxies/orders/1/targets/default calls" in group.diagnosis.explanation
    named = Estate().proxy("orders", url=f"https://api.example.com:{SERVER[1]}/orders")
    at_hand = Installations([named.inventory()])
    (group,) = tallied(conversation(GET, ("server", FIN)), installations=at_hand).groups
    assert "the client had asked api.example.com for something" in group.diagnosis.explanation
    plain = Estate().proxy("orders", url=f"http://{SERVER[0]}:{SERVER[1]}/orders")
    at_hand = Installations([plain.inventory()])
    assert not tallied(conversation(GET, ("server", FIN)), installations=at_hand).groups


def test_its_packets_are_saved_only_where_it_is_a_failure(tmp_path: Path, capsys) -> None:
    tls, plain = frames(CAPTURES["good-tls1_2"]), silent(FIN)
    file, small = tmp_path / "it.pcap", tmp_path / "small.pcap"
    for made, saved in (([*tls, *plain], plain), (plain, [])):
        file.write_bytes(pcap(made))
        status = run(["capture", str(file), "--write", str(small)])
        assert status == int(bool(saved))
        assert frames(small.read_bytes()) == saved
    capsys.readouterr()
