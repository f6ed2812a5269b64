"""Connections made of bytes: what is no failure, and what is one that no program here makes."""

from __future__ import annotations

import os
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from edgeaudit.audit import failures as told_apart
from edgeaudit.audit.diagnosis import diagnose
from edgeaudit.audit.failures import Tally
from edgeaudit.observe.capture import Capture
from edgeaudit.tls import extensions as ext
from edgeaudit.tls.handshake import Ending
from edgeaudit.tls.hello import ClientHello, ServerHello
from edgeaudit.tls.messages import CertificateMessage, CertificateRequest, Type
from edgeaudit.tls.records import Kind, as_message, as_records
from tests.audit.estate import ISSUING, LEAF, ROOT
from tests.factories import CA, NOW
from tests.observe.wrapping import Frame, conversation, heard, pcap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.factories import Made

TIME = int(NOW.timestamp()) * 1_000_000_000
FIN, RST = b"FIN", b"RST"
GCM, OLD, PADDED = 0xC02F, 0x002F, 0xC023
CCS = as_records(Kind.CHANGE_CIPHER_SPEC, b"\1")
FINISHED = CCS + as_records(Kind.HANDSHAKE, bytes(40))
GOODBYE = as_records(Kind.ALERT, bytes(26))


def hello(
    *,
    sni: str | None = "api.example.com",
    legacy: int = 0x0303,
    ciphers: Sequence[int] = (GCM,),
    alpn: Sequence[str] = (),
) -> tuple[str, bytes]:
    listed = [ext.server_name(sni)] if sni else []
    listed += [ext.alpn(alpn)] if alpn else []
    made = ClientHello(legacy, os.urandom(32), b"", tuple(ciphers), (0,), tuple(listed))
    return ("client", as_records(Kind.HANDSHAKE, as_message(Type.CLIENT_HELLO, made.build())))


def answer(
    chain: Sequence[Made] = (LEAF, ISSUING),
    *,
    version: int = 0x0303,
    asks: bool = False,
    issuers: Sequence[bytes] = (),
    alone: bool = False,
    alpn: str = "",
    cipher: int = GCM,
) -> tuple[str, bytes]:
    chosen = (ext.alpn([alpn]),) if alpn else ()
    made = ServerHello(version, os.urandom(32), b"", cipher, 0, chosen)
    data = as_message(Type.SERVER_HELLO, made.build())
    if not alone:
        shown = CertificateMessage(tuple(each.der for each in chain))
        data += as_message(Type.CERTIFICATE, shown.build(version))
        if asks:
            request = CertificateRequest((1,), (0x0401,), tuple(issuers))
            data += as_message(Type.CERTIFICATE_REQUEST, request.build(version))
        data += as_message(Type.SERVER_HELLO_DONE, b"")
    return ("server", as_records(Kind.HANDSHAKE, data))


def reply(chain: Sequence[Made] | None = None) -> tuple[str, bytes]:
    data = b""
    if chain is not None:
        shown = CertificateMessage(tuple(each.der for each in chain))
        data += as_message(Type.CERTIFICATE, shown.build(0x0303))
    data += as_message(Type.CLIENT_KEY_EXCHANGE, bytes(33))
    return ("client", as_records(Kind.HANDSHAKE, data) + FINISHED)


def alert(side: str, number: int, level: int = 2) -> tuple[str, bytes]:
    return (side, as_records(Kind.ALERT, bytes([level, number])))


def data(side: str, size: int) -> tuple[str, bytes]:
    return (side, as_records(Kind.APPLICATION_DATA, bytes(size)))


DONE = ("server", FINISHED)
# nginx's pages "No required SSL certificate was sent" and "The SSL certificate error" (measured)
NONE_SENT, BAD_SENT = data("server", 389 + 24), data("server", 367 + 24)


def verdict(*said: tuple[str, bytes]) -> tuple[str, str | None, str]:
    (handshake,) = heard(pcap(conversation(*said, time=TIME)))
    found = diagnose(handshake)
    return found.cause_name, found.rejected_by, found.confidence


HEALTHY = {
    "close_notify after data": [
        hello(),
        answer(),
        reply(),
        DONE,
        data("client", 90),
        data("server", 900),
        ("server", GOODBYE),
        ("server", FIN),
        ("client", GOODBYE),
        ("client", FIN),
    ],
    "the client leaves after finishing": [hello(), answer(), reply(), DONE, ("client", FIN)],
    "the client resets after finishing": [hello(), answer(), reply(), DONE, ("client", RST)],
    "resumed": [
        hello(),
        ("server", answer(alone=True)[1] + FINISHED),
        ("client", FINISHED),
        data("client", 99),
        data("server", 99),
        ("client", FIN),
    ],
    "the client leaves before an answer": [hello(), ("client", FIN)],
    "a scan that has seen the certificate": [hello(sni=None), answer(), ("client", FIN)],
    "a scan of whose end the server complains": [
        hello(),
        answer(),
        ("client", FIN),
        alert("server", 50),
        ("server", FIN),
    ],
    "a scan that resets": [hello(), answer(), ("client", RST)],
    "the capture ends": [hello(), answer()],
    "a certificate is asked for, and optional": [
        hello(),
        answer(asks=True),
        reply([]),
        DONE,
        data("client", 99),
        data("server", 2000),
        ("client", FIN),
        ("server", FIN),
    ],
    "a small page, but the client leaves first": [
        hello(),
        answer(asks=True),
        reply([]),
        DONE,
        data("client", 99),
        NONE_SENT,
        ("client", FIN),
        ("server", FIN),
    ],
    "a short reply of another size than nginx's page": [
        hello(),
        answer(asks=True),
        reply([]),
        DONE,
        data("client", 99),
        data("server", 390 + 24),
        ("server", GOODBYE),
        ("server", FIN),
        ("client", FIN),
    ],
    "a short reply in a suite that pads, of a size that is none of nginx's page": [
        hello(ciphers=[PADDED]),
        answer(asks=True, cipher=PADDED),
        reply([]),
        DONE,
        data("client", 96),
        data("server", 512),
        ("server", GOODBYE),
        ("server", FIN),
    ],
    "a second request to what would have been a refusal": [
        hello(),
        answer(asks=True),
        reply([]),
        DONE,
        data("client", 99),
        data("server", 200),
        data("client", 99),
        data("server", 189 + 48),
        ("server", GOODBYE),
        ("server", FIN),
    ],
    "a page before the client has asked for any": [
        hello(),
        answer(asks=True),
        reply([]),
        DONE,
        NONE_SENT,
        ("server", FIN),
    ],
    "HTTP/2, whose pages are of other sizes": [
        hello(),
        answer(asks=True, alpn="h2"),
        reply([]),
        DONE,
        data("client", 99),
        NONE_SENT,
        ("server", GOODBYE),
        ("server", FIN),
    ],
    "a small page to a client with a certificate": [
        hello(),
        answer(asks=True, issuers=[]),
        reply([LEAF]),
        DONE,
        data("client", 99),
        BAD_SENT,
        ("server", FIN),
        ("client", FIN),
    ],
    "a warning": [
        hello(),
        alert("server", 112, 1),
        answer(),
        reply(),
        DONE,
        data("client", 99),
        data("server", 99),
        ("client", FIN),
    ],
    "after a PROXY header": [
        ("client", b"PROXY TCP4 192.0.2.5 192.0.2.1 5000 443\r\n"),
        hello(),
        answer(),
        reply(),
        DONE,
        data("client", 99),
        ("client", FIN),
    ],
    "through an HTTP proxy": [
        ("client", b"CONNECT api.example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n"),
        ("server", b"HTTP/1.1 200 Connection established\r\n\r\n"),
        hello(),
        answer(),
        reply(),
        DONE,
        data("client", 99),
        ("client", FIN),
    ],
}


@pytest.mark.parametrize("name", HEALTHY)
def test_no_failure(name: str) -> None:
    assert verdict(*HEALTHY[name])[0] == "none"


def test_a_server_that_closes_an_idle_connection_has_not_refused_the_client() -> None:
    said = [hello(), answer(asks=True), reply([]), DONE, data("client", 99), NONE_SENT]
    made = conversation(*said, ("server", GOODBYE), ("server", FIN), time=TIME)
    for seconds, cause in ((0, "missing_client_certificate"), (65, "none")):
        later = [replace(each, time=each.time + seconds * 10**9) for each in made[-2:]]
        (handshake,) = heard(pcap([*made[:-2], *later]))
        assert diagnose(handshake).cause_name == cause


def test_a_client_that_leaves_late_has_not_refused_the_certificate() -> None:
    said = [hello(sni="www.example.org", alpn=["http/1.1"]), answer(), reply(), DONE]
    made = conversation(*said, ("client", GOODBYE), ("client", FIN), time=TIME)
    for seconds, cause in ((1, "hostname_mismatch"), (30, "none")):
        later = [replace(each, time=each.time + seconds * 10**9) for each in made[-2:]]
        (handshake,) = heard(pcap([*made[:-2], *later]))
        assert diagnose(handshake).cause_name == cause


def test_of_a_silent_leave_both_readings_are_told() -> None:
    said, _ = FAILED["a client that checks the name afterwards, or a health check"]
    (handshake,) = heard(pcap(conversation(*said, time=TIME)))
    assert "so does a health check" in diagnose(handshake).explanation


NOTHING = {
    "a health check": [("client", FIN), ("server", FIN)],
    "a health check that resets": [("client", RST)],
    # OpenSSL's server: the connection's end is a message that it cannot read
    "a health check, and a server that complains of it": [
        ("client", FIN),
        alert("server", 50),
        ("server", FIN),
    ],
    "plain HTTP": [
        ("client", b"GET / HTTP/1.1\r\n\r\n"),
        ("server", b"HTTP/1.1 200 OK\r\n\r\nfine"),
        ("client", FIN),
        ("server", FIN),
    ],
    "ssh": [("server", b"SSH-2.0-OpenSSH\r\n"), ("client", b"SSH-2.0-x\r\n"), ("client", FIN)],
    "a proxy that refuses": [
        ("client", b"CONNECT a.example:443 HTTP/1.1\r\n\r\n"),
        ("server", b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"),
        ("server", FIN),
    ],
}


@pytest.mark.parametrize("name", NOTHING)
def test_no_handshake(name: str) -> None:
    assert heard(pcap(conversation(*NOTHING[name]))) == []


def test_a_port_scan_is_no_failure_and_a_closed_port_is_one() -> None:
    def knocks(ports: list[int]) -> list[Frame]:
        found: list[Frame] = []
        for port in ports:
            syn, _ = conversation(server=("192.0.2.1", port))
            found += [syn, Frame(syn.target, syn.source, 0, syn.sequence + 1, 4 | 16)]
        return found

    for ports, failures in ((range(440, 450), 0), ([443], 1)):
        tally = Tally()
        for handshake in heard(pcap(knocks(list(ports)))):
            tally.add(handshake)
        tally.finish()
        assert tally.failures == failures


FAILED = {
    "70 at once": ([hello(), alert("server", 70)], ("protocol_mismatch", "server", "certain")),
    "40 to SSLv3": (
        [hello(sni=None, legacy=0x0300, ciphers=[OLD]), alert("server", 40)],
        ("protocol_mismatch", "server", "likely"),
    ),
    "close_notify at once": (
        [hello(legacy=0x0301), alert("server", 0, 1), ("server", FIN)],
        ("protocol_mismatch", "server", "likely"),
    ),
    "FIN at once": (
        [hello(legacy=0x0301), ("server", FIN)],
        ("protocol_mismatch", "server", "likely"),
    ),
    "FIN at once, of which the client complains": (
        [hello(legacy=0x0301), ("server", FIN), alert("client", 50), ("client", FIN)],
        ("protocol_mismatch", "server", "likely"),
    ),
    "RST at once": (
        [hello(legacy=0x0302), ("server", RST)],
        ("protocol_mismatch", "server", "likely"),
    ),
    "Java 8 as a client of TLS 1.0": (
        [hello(), answer(version=0x0301), alert("client", 40)],
        ("protocol_mismatch", "client", "likely"),
    ),
    "no SNI, modern": (
        [hello(sni=None, ciphers=[0xC02F, 0xC02B]), alert("server", 40)],
        ("unknown", "server", "possible"),
    ),
    "a name that is not there": (
        [hello(), alert("server", 112)],
        ("sni_required", "server", "likely"),
    ),
    "a warning that Java takes badly": (
        [hello(), alert("server", 112, 1), answer(), alert("client", 112)],
        ("sni_required", "client", "likely"),
    ),
    "only the first fatal alert counts": (
        [hello(), alert("server", 70), alert("client", 46)],
        ("protocol_mismatch", "server", "certain"),
    ),
    "46 for an expired one": (
        [
            hello(),
            answer([ISSUING.leaf("api.example.com", not_after=NOW.replace(day=1)), ISSUING]),
            alert("client", 46),
        ],
        ("expired_certificate", "client", "certain"),
    ),
    "42 where nothing is wrong": (
        [hello(), answer(), alert("client", 42)],
        ("unknown_certificate", "client", "possible"),
    ),
    "80 where nothing is wrong": (
        [hello(), answer(), alert("client", 80)],
        ("unknown", "client", "possible"),
    ),
    "OpenSSL 3 as a client of TLS 1.0": (
        [hello(), answer(version=0x0301), alert("client", 80)],
        ("protocol_mismatch", "client", "likely"),
    ),
    "40 for a weak key of the version that was asked for": (
        [hello(), answer(), alert("client", 40)],
        ("unknown", "client", "possible"),
    ),
    "42 for another host": (
        [hello(sni="www.example.org"), answer(), alert("client", 42)],
        ("hostname_mismatch", "client", "likely"),
    ),
    "48 for a chain with its root": (
        [hello(), answer([LEAF, ISSUING, ROOT]), alert("client", 48)],
        ("unknown_certificate", "client", "likely"),
    ),
    "45 where nothing has expired": (
        [hello(), answer(), alert("client", 45)],
        ("expired_certificate", "client", "likely"),
    ),
    "an empty certificate": (
        [hello(), answer(asks=True), reply([]), alert("server", 40)],
        ("missing_client_certificate", "server", "certain"),
    ),
    "an issuer that is not acceptable": (
        [
            hello(),
            answer(asks=True, issuers=[CA.root("Other").parsed.subject.public_bytes()]),
            reply([LEAF, ISSUING]),
            alert("server", 46),
        ],
        ("unknown_client_certificate", "server", "certain"),
    ),
    "51 for a re-keyed issuer": (
        [hello(), answer(asks=True), reply([LEAF]), alert("server", 51)],
        ("unknown_client_certificate", "server", "likely"),
    ),
    "HTTP status 400": (
        [
            hello(),
            answer(asks=True),
            reply([]),
            DONE,
            data("client", 99),
            NONE_SENT,
            ("server", GOODBYE),
            ("server", FIN),
        ],
        ("missing_client_certificate", "server", "possible"),
    ),
    "a short reply in a suite that pads, of a size that either may have": (
        [
            hello(ciphers=[PADDED]),
            answer(asks=True, cipher=PADDED),
            reply([]),
            DONE,
            data("client", 96),
            data("server", 432),
            ("server", GOODBYE),
            ("server", FIN),
        ],
        ("missing_client_certificate", "server", "possible"),
    ),
    "HTTP status 400, which the client does not wait out": (
        [
            hello(),
            answer(asks=True),
            reply([ISSUING.leaf("partner", not_after=NOW.replace(day=1))]),
            DONE,
            data("client", 99),
            BAD_SENT,
            ("client", GOODBYE),
            ("client", FIN),
            ("server", GOODBYE),
        ],
        ("expired_client_certificate", "server", "likely"),
    ),
    "a client that wanted HTTP and checks the name afterwards": (
        [
            hello(sni="www.example.org", alpn=["h2", "http/1.1"]),
            answer(),
            reply(),
            DONE,
            ("client", GOODBYE),
            ("client", FIN),
        ],
        ("hostname_mismatch", "client", "likely"),
    ),
    "a client that checks the name afterwards, or a health check": (
        [
            hello(sni="www.example.org"),
            answer(),
            reply(),
            DONE,
            ("client", GOODBYE),
            ("client", FIN),
        ],
        ("hostname_mismatch", "client", "possible"),
    ),
    "a client that goes without a word, or a health check": (
        [
            hello(sni="www.example.org", alpn=["http/1.1"]),
            answer(),
            reply(),
            DONE,
            ("client", RST),
        ],
        ("hostname_mismatch", "client", "possible"),
    ),
    "an old hello in SSLv2's form": (
        [
            ("client", b"\x80\x1c\x01\x03\x00\x00\x03\x00\x00\x00\x10\x00\x00\x2f" + bytes(16)),
            alert("server", 40),
        ],
        ("protocol_mismatch", "server", "likely"),
    ),
    "text for an answer": (
        [hello(), ("server", b"HTTP/1.1 400 Bad Request\r\n\r\n")],
        ("not_tls", "client", "certain"),
    ),
}


@pytest.mark.parametrize("name", FAILED)
def test_a_failure(name: str) -> None:
    said, expected = FAILED[name]
    assert verdict(*said) == expected


def test_two_handshakes_on_one_connection_and_two_on_one_port_pair() -> None:
    again = [hello(), alert("server", 40), hello(), answer(), reply(), DONE, data("client", 9)]
    found = heard(pcap(conversation(*again)))
    assert [each.ending for each in found] == [Ending.ALERT, Ending.COMPLETED]
    one = conversation(hello(), alert("server", 70), ("server", FIN), ("client", FIN))
    other = conversation(hello(), answer(), reply(), DONE, ("client", FIN), first=90_000_000)
    found = heard(pcap([*one, *other]))
    assert [each.ending for each in found] == [Ending.ALERT, Ending.COMPLETED]


@pytest.mark.parametrize(
    ("number", "cause", "confidence"),
    [
        (45, "expired_certificate", "likely"),
        (48, "unknown", "possible"),
        (70, "protocol_mismatch", "likely"),
    ],
)
def test_an_answer_that_the_capture_cut_off(number: int, cause: str, confidence: str) -> None:
    """`tcpdump -s 100`: what the server said is known to have been there, and no more."""
    frames = conversation(hello(), answer(), alert("client", number), time=TIME)
    (handshake,) = heard(pcap(frames, snaplen=100))
    found = diagnose(handshake)
    assert (found.cause_name, found.rejected_by, found.confidence) == (cause, "client", confidence)
    assert "of the server's are not in the capture" in found.explanation
    assert "tcpdump -s 0" in found.advice or found.cause


def test_a_capture_of_which_too_little_is_left_is_not_called_whole() -> None:
    frames = conversation(*FAILED["70 at once"][0], time=TIME)
    for snaplen, count in ((60, 1), (1000, 0)):
        capture = Capture(BytesIO(pcap(frames, snaplen=snaplen)), "it")
        found = list(capture.handshakes())
        assert len(found) + count == 1
        assert sum(capture.left_out.values()) == count


@pytest.mark.parametrize("snaplen", [54, 68, 120, 300])
def test_nor_is_one_that_lacks_why_a_handshake_ended(snaplen: int) -> None:
    records = as_records(Kind.HANDSHAKE, answer(asks=True)[1][5:], size=50)
    said = hello(), ("server", records), reply([]), alert("server", 40), ("server", FIN)
    frames = conversation(*said, time=TIME)
    for data in (pcap(frames, snaplen=snaplen), pcap([*frames[:5], *frames[6:]])):
        capture = Capture(BytesIO(data), "it")
        assert not any(diagnose(each).is_failure for each in capture.handshakes())
        assert sum(capture.left_out.values()) == 1


def test_what_is_missing_after_the_handshake_is_not_missed() -> None:
    said = hello(), answer(), reply(), DONE, data("client", 99), data("server", 5000)
    frames = conversation(*said, time=TIME)
    for place in range(6, len(frames)):
        capture = Capture(BytesIO(pcap(frames[:place] + frames[place + 1 :])), "it")
        (handshake,) = capture.handshakes()
        assert handshake.ending is Ending.COMPLETED
        assert not capture.left_out


def test_refusals_do_not_pile_up(monkeypatch) -> None:
    monkeypatch.setattr(told_apart, "_MOST_REFUSED", 5)
    tally = Tally()
    frames = [
        frame
        for number in range(12)
        for syn in conversation(client=("192.0.2.7", 5000 + number))[:1]
        for frame in (syn, Frame(syn.target, syn.source, 0, syn.sequence + 1, 4 | 16))
    ]
    for handshake in heard(pcap(frames)):
        tally.add(handshake)
    assert tally.failures == 10
    tally.finish()
    assert (tally.failures, len(tally.groups)) == (12, 1)


def test_equal_failures_are_one_group() -> None:
    tally = Tally()
    for number in range(30):
        said = (hello(), alert("server", 70 if number % 3 else 71))
        for handshake in heard(pcap(conversation(*said, client=("192.0.2.9", 5000 + number)))):
            tally.add(handshake)
    assert [group.count for group in tally.groups] == [20, 10]
    assert [group.clients for group in tally.groups] == [{"192.0.2.9"}] * 2
