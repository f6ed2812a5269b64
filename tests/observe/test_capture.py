"""Captures of real programs: what is read in them, whatever form the file has."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.audit.diagnosis import diagnose
from edgeaudit.errors import InputError
from edgeaudit.observe.capture import Capture
from edgeaudit.observe.packets import SYN
from edgeaudit.tls.handshake import Ending
from edgeaudit.x509.trust import Trust
from tests.observe import wrapping
from tests.observe.wrapping import NULL, RAW, SLL, SLL2, Frame, as_ipv6, frames, heard, pcap, pcapng

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = Path(__file__).parent / "captures"
_ALL = {each.stem: each.read_bytes() for each in sorted(FOLDER.glob("*.pcap"))}
CAPTURES = {name: data for name, data in _ALL.items() if not name.startswith(("keys-", "plain-"))}
TRUST = Trust.of(sorted(FOLDER.glob("root*.pem")), public_roots=False)

# name: cause, who refused, how sure; `unknown` with candidates
EXPECTED = {
    "checked-other": ("hostname_mismatch", "client", "possible"),
    "cipher-gnutls": ("cipher_mismatch", "server", "likely"),
    "cipher-go": ("cipher_mismatch", "server", "likely"),
    "cipher-java": ("cipher_mismatch", "server", "likely"),
    "cipher-java8": ("unknown", "server", "possible"),
    "cipher-nginx": ("cipher_mismatch", "server", "likely"),
    "cipher-node4": ("unknown", "server", "possible"),
    "cipher-openssl": ("cipher_mismatch", "server", "likely"),
    "client-expired-gnutls-tls1_2": ("expired_client_certificate", "server", "certain"),
    "client-expired-go-tls1_2": ("expired_client_certificate", "server", "certain"),
    "client-expired-java-tls1_2": ("expired_client_certificate", "server", "certain"),
    "client-expired-nginx-no-tokens-tls1_2": ("expired_client_certificate", "server", "likely"),
    "client-expired-nginx-tls1_2": ("expired_client_certificate", "server", "likely"),
    "client-expired-openssl-tls1_2": ("expired_client_certificate", "server", "certain"),
    "client-future-nginx-tls1_2": ("not_yet_valid_certificate", "server", "likely"),
    "client-none-gnutls-tls1_2": ("missing_client_certificate", "server", "certain"),
    "client-none-go-tls1_2": ("missing_client_certificate", "server", "certain"),
    "client-none-go-tls1_3": ("missing_client_certificate", "server", "likely"),
    "client-none-java-tls1_2": ("missing_client_certificate", "server", "certain"),
    "client-none-java-tls1_3": ("missing_client_certificate", "server", "likely"),
    "client-none-java8": ("missing_client_certificate", "server", "certain"),
    "client-none-nginx-block-tls1_2": ("missing_client_certificate", "server", "possible"),
    "client-none-nginx-chacha-tls1_2": ("missing_client_certificate", "server", "possible"),
    "client-none-nginx-chrome-tls1_2": ("missing_client_certificate", "server", "possible"),
    "client-none-nginx-no-tokens-tls1_2": ("missing_client_certificate", "server", "possible"),
    "client-none-nginx-tls1_2": ("missing_client_certificate", "server", "possible"),
    "client-none-openssl-tls1_2": ("missing_client_certificate", "server", "certain"),
    "client-none-openssl-tls1_3": ("missing_client_certificate", "server", "likely"),
    "client-other-issuer-java8": ("missing_client_certificate", "server", "certain"),
    "client-unknown-gnutls-tls1_2": ("unknown_client_certificate", "server", "certain"),
    "client-unknown-go-tls1_2": ("unknown_client_certificate", "server", "certain"),
    "client-unknown-java-tls1_2": ("unknown_client_certificate", "server", "certain"),
    "client-unknown-nginx-tls1_2": ("unknown_client_certificate", "server", "likely"),
    "client-unknown-openssl-tls1_2": ("unknown_client_certificate", "server", "certain"),
    "client-unknown-openssl-tls1_3": ("unknown", "server", "possible"),
    "expired-gnutls-tls1_2": ("expired_certificate", "client", "certain"),
    "expired-go-tls1_2": ("expired_certificate", "client", "certain"),
    "expired-go-tls1_3": ("unknown", "client", "possible"),
    "expired-java-tls1_2": ("expired_certificate", "client", "certain"),
    "expired-java-tls1_3": ("unknown", "client", "possible"),
    "expired-node4": ("expired_certificate", "client", "possible"),
    "expired-openssl-tls1_2": ("expired_certificate", "client", "certain"),
    "expired-openssl-tls1_3": ("expired_certificate", "client", "likely"),
    "foreign-gnutls-tls1_2": ("unknown_certificate", "client", "possible"),
    "foreign-go-tls1_2": ("unknown_certificate", "client", "possible"),
    "future-gnutls-tls1_2": ("not_yet_valid_certificate", "client", "certain"),
    "future-go-tls1_2": ("not_yet_valid_certificate", "client", "certain"),
    "future-java-tls1_2": ("not_yet_valid_certificate", "client", "certain"),
    "future-java-tls1_3": ("unknown", "client", "possible"),
    "future-openssl-tls1_2": ("not_yet_valid_certificate", "client", "certain"),
    "future-openssl-tls1_3": ("unknown", "client", "possible"),
    "incomplete-gnutls-tls1_2": ("unknown", "client", "possible"),
    "incomplete-java-tls1_2": ("unknown", "client", "possible"),
    "incomplete-openssl-tls1_2": ("unknown", "client", "possible"),
    "incomplete-openssl-tls1_3": ("unknown", "client", "possible"),
    "name-curl-tls1_2": ("hostname_mismatch", "client", "likely"),
    "name-gnutls-tls1_2": ("hostname_mismatch", "client", "likely"),
    "name-go-tls1_2": ("hostname_mismatch", "client", "likely"),
    "name-java-tls1_2": ("hostname_mismatch", "client", "likely"),
    "name-java-tls1_3": ("unknown", "client", "possible"),
    "name-openssl-tls1_2": ("hostname_mismatch", "client", "likely"),
    "not-tls-client": ("not_tls", "server", "certain"),
    "not-tls-client-java": ("not_tls", "server", "certain"),
    "not-tls-server-nginx": ("not_tls", "client", "certain"),
    "not-tls-server": ("not_tls", "client", "certain"),
    "protocol-client-gnutls": ("protocol_mismatch", "client", "certain"),
    "protocol-client-go": ("protocol_mismatch", "server", "certain"),
    "protocol-client-java": ("protocol_mismatch", "server", "certain"),
    "protocol-client-openssl": ("protocol_mismatch", "client", "certain"),
    "protocol-gnutls-server": ("unknown", "server", "possible"),
    "protocol-go-server": ("protocol_mismatch", "server", "certain"),
    "protocol-java-server": ("protocol_mismatch", "server", "certain"),
    "protocol-java8": ("protocol_mismatch", "server", "certain"),
    "protocol-nginx": ("protocol_mismatch", "server", "certain"),
    "protocol-node0_8": ("protocol_mismatch", "server", "certain"),
    "protocol-node4": ("protocol_mismatch", "server", "certain"),
    "protocol-server-1_2": ("protocol_mismatch", "server", "certain"),
    "protocol-server-1_3": ("protocol_mismatch", "server", "certain"),
    "refused": ("connection_refused_or_reset", "server", "certain"),
    "selfsigned-curl-tls1_2": ("unknown_certificate", "client", "likely"),
    "selfsigned-java-tls1_3": ("unknown", "client", "possible"),
    "sni-nginx-tls1_2": ("sni_required", "server", "certain"),
    "sni-openssl": ("sni_required", "server", "likely"),
    "stranger-openssl-tls1_2": ("incorrect_chain", "client", "certain"),
    "unknown-java-tls1_2": ("unknown_certificate", "client", "possible"),
    "unknown-openssl-tls1_2": ("unknown_certificate", "client", "likely"),
}
# such handshakes are completed: then the client just leaves, and TLS 1.3 hides the certificate, or
# its truststore is not at hand; or nginx answers in HTTP what TLS 1.3 hides, too, and HTTP/2
UNDECIDABLE = {
    "name-curl-tls1_3",
    "foreign-node4",
    "client-none-nginx-tls1_3",
    "client-none-nginx-http2-tls1_2",
}
HEALTHY = {name for name in CAPTURES if name.startswith("good-")} | {"checked-good"}
CANDIDATES = {
    "cipher-node4": "cipher_mismatch",
    "cipher-java8": "cipher_mismatch",
    "client-unknown-openssl-tls1_3": "unknown_client_certificate",
    "expired-go-tls1_3": "expired_certificate",
    "expired-java-tls1_3": "expired_certificate",
    "incomplete-gnutls-tls1_2": "incomplete_chain",
    "protocol-gnutls-server": "protocol_mismatch",
    "future-java-tls1_3": "not_yet_valid_certificate",
    "future-openssl-tls1_3": "not_yet_valid_certificate",
    "incomplete-java-tls1_2": "incomplete_chain",
    "incomplete-openssl-tls1_2": "incomplete_chain",
    "incomplete-openssl-tls1_3": "incomplete_chain",
    "name-java-tls1_3": "hostname_mismatch",
    "selfsigned-java-tls1_3": "unknown_certificate",
}


def told(data: bytes, trust: Trust | None = None) -> list[tuple[object, ...]]:
    """What counts of each handshake: what no transformation of the file may change."""
    found: list[tuple[object, ...]] = []
    for each in heard(data):
        diagnosis = diagnose(each, trust)
        found.append(
            (
                each.ending,
                each.sni,
                each.client_hello,
                each.server_hello,
                each.server_chain,
                each.client_chain,
                [alert[:3] for alert in each.alerts],
                diagnosis.cause_name,
                diagnosis.rejected_by,
                diagnosis.confidence,
                diagnosis.candidates,
            )
        )
    return found


def test_there_is_a_capture_of_each_kind() -> None:
    assert set(CAPTURES) == set(EXPECTED) | HEALTHY | UNDECIDABLE


@pytest.mark.parametrize("name", EXPECTED)
def test_a_failure_has_its_cause(name: str) -> None:
    (handshake,) = heard(CAPTURES[name])
    found = diagnose(handshake)
    assert (found.cause_name, found.rejected_by, found.confidence) == EXPECTED[name]
    if found.cause is None:
        assert CANDIDATES[name] in [each.value for each in found.candidates]
    assert f"packet {found.packet}" in found.explanation
    assert found.advice


@pytest.mark.parametrize("name", sorted(set(CAPTURES) - set(EXPECTED)))
def test_a_healthy_handshake_is_no_failure(name: str) -> None:
    for handshake in heard(CAPTURES[name]):
        assert handshake.ending is Ending.COMPLETED
        assert diagnose(handshake).cause_name == "none"
        told = diagnose(handshake, TRUST).cause_name
        assert told == ("unknown_certificate" if name == "foreign-node4" else "none")


def test_with_a_truststore_the_chain_is_judged() -> None:
    found = {}
    for name in ("incomplete-openssl-tls1_2", "unknown-openssl-tls1_2", "selfsigned-curl-tls1_2"):
        (handshake,) = heard(CAPTURES[name])
        diagnosis = diagnose(handshake, TRUST)
        found[name.partition("-")[0]] = diagnosis.cause_name, diagnosis.confidence
    assert found == {
        "incomplete": ("incomplete_chain", "likely"),
        "unknown": ("unknown_certificate", "likely"),
        "selfsigned": ("unknown_certificate", "certain"),
    }


def test_resumption_and_a_second_hello() -> None:
    resumed = [each.is_resumed for each in heard(CAPTURES["good-resumed-tls1_2"])]
    assert resumed[0] is False
    assert len(resumed) == 6
    assert all(resumed[1:])
    (retried,) = heard(CAPTURES["good-retry-tls1_3"])
    assert retried.is_retried
    assert retried.group == 24


WITH_KEYS = {
    "good": ("none", None, "certain"),
    "expired": ("expired_certificate", "client", "certain"),
    "future": ("not_yet_valid_certificate", "client", "certain"),
    "other": ("hostname_mismatch", "client", "likely"),
    "client-none": ("missing_client_certificate", "server", "certain"),
    "client-expired": ("expired_client_certificate", "server", "certain"),
    # found after the handshake: curl leaves then, and nginx answers in HTTP
    "name": ("hostname_mismatch", "client", "likely"),
    "nginx-good": ("none", None, "certain"),
    "nginx-client-none": ("missing_client_certificate", "server", "possible"),
    "nginx-client-expired": ("expired_client_certificate", "server", "likely"),
    "nginx-client-unknown": ("unknown_client_certificate", "server", "likely"),
}


@pytest.mark.parametrize("name", WITH_KEYS)
def test_secrets_open_what_tls_1_3_hides(name: str) -> None:
    data, keys = _ALL[f"keys-{name}"], (FOLDER / f"keys-{name}.keys").read_bytes()
    (opened,) = Capture(BytesIO(data), "it", keys).handshakes()
    found = diagnose(opened)
    assert (found.cause_name, found.rejected_by, found.confidence) == WITH_KEYS[name]
    assert opened.server_chain
    inside = pcapng([("<", 1, frames(data))], secret=keys)
    (same,) = heard(inside)
    assert (same.server_chain, same.alerts) == (opened.server_chain, opened.alerts)
    (closed,) = heard(data)
    assert closed.server_chain is None
    wrong = keys.replace(b"1", b"2")
    (unopened,) = Capture(BytesIO(data), "it", wrong).handshakes()
    assert unopened.server_chain is None


BLOCKS = [each for each in _ALL if each.startswith("keys-block-")]


@pytest.mark.parametrize("name", BLOCKS)
def test_a_master_secret_opens_what_follows_change_cipher_spec(name: str) -> None:
    data, keys = _ALL[name], (FOLDER / f"{name}.keys").read_bytes()
    (opened,) = Capture(BytesIO(data), "it", keys).handshakes()
    assert [each[:3] for each in opened.alerts] == [("client", 1, 0), ("server", 1, 0)]
    (inside,) = heard(pcapng([("<", 1, frames(data))], secret=keys))
    assert inside == opened
    for wrong in (b"", keys.replace(b"1", b"2")):
        (closed,) = Capture(BytesIO(data), "it", wrong).handshakes()
        assert closed == replace(opened, alerts=())
        assert diagnose(closed).cause_name == diagnose(opened).cause_name == "none"


@pytest.mark.parametrize("name", BLOCKS)
def test_an_encrypted_record_too_short_for_its_suite_is_not_opened(name: str) -> None:
    keys = (FOLDER / f"{name}.keys").read_bytes()
    for short in (b"\x15\3\3\0\0", b"\x15\3\3\0\1\0", b"\x15\3\3\0\5\0\0\0\0\0"):
        made = [
            replace(each, payload=short) if each.payload[:1] == b"\x15" else each
            for each in frames(_ALL[name])
        ]
        (handshake,) = Capture(BytesIO(pcap(made)), "it", keys).handshakes()
        assert handshake.ending is Ending.COMPLETED
        assert not handshake.alerts


def test_renegotiation_is_read_with_secrets() -> None:
    data, keys = _ALL["keys-renegotiated"], (FOLDER / "keys-renegotiated.keys").read_bytes()
    first, second = Capture(BytesIO(data), "it", keys).handshakes()
    assert (first.client_chain, diagnose(first).cause_name) == (None, "none")
    assert second.request
    found = diagnose(second)
    assert (found.cause_name, found.rejected_by) == ("expired_client_certificate", "server")
    assert "alert 45" in found.explanation
    (unopened,) = heard(data)
    assert diagnose(unopened).cause_name == "none"


@settings(max_examples=30)
@given(st.sampled_from(BLOCKS), st.data())
def test_damaged_secrets_and_records_are_survived(name: str, data) -> None:
    damaged = bytearray(_ALL[name])
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(24, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    keys = (FOLDER / f"{name}.keys").read_bytes()
    for handshake in Capture(BytesIO(bytes(damaged)), "it", keys).handshakes():
        diagnose(handshake)


# what must not change the answer


def cut(made: list[Frame], size: int) -> list[Frame]:
    """Each segment in several."""
    found = []
    for each in made:
        parts = [each.payload[at : at + size] for at in range(0, len(each.payload), size)] or [b""]
        for place, part in enumerate(parts):
            flags = each.flags if place == len(parts) - 1 else each.flags & ~9
            sequence = each.sequence + place * size
            found.append(
                Frame(each.source, each.target, sequence, each.acknowledged, flags, part, each.time)
            )
    return found


def shuffled(made: list[Frame], window: int, seed: int) -> list[Frame]:
    """Each packet moved by less than `window` places."""
    dice = random.Random(seed)
    places = [place + dice.uniform(0, window) for place in range(len(made))]
    return [each for _, each in sorted(zip(places, made, strict=True), key=lambda pair: pair[0])]


def among_others(made: list[Frame]) -> list[Frame]:
    """Between the packets of 50 other connections, of which none is TLS."""
    others = [
        wrapping.conversation(
            ("client", b"GET / HTTP/1.1\r\n\r\n"),
            ("server", b"HTTP/1.1 200 OK\r\n\r\n" * 100),
            ("client", b"FIN"),
            ("server", b"FIN"),
            client=("192.0.2.9", 20000 + number),
            server=("192.0.2.2", 80),
        )
        for number in range(50)
    ]
    found = []
    for place in range(max(map(len, [*others, made]))):
        found += [each[place] for each in [*others, made] if place < len(each)]
    return found


def wrapped_around(made: list[Frame]) -> list[Frame]:
    """Sequence numbers that pass zero in the middle."""
    first = {each.source: each.sequence for each in reversed(made)}
    shift = {source: 2**32 - 40 - number for source, number in first.items()}
    return [
        Frame(
            each.source,
            each.target,
            (each.sequence + shift[each.source]) % 2**32,
            (each.acknowledged + shift.get(each.target, 0)) % 2**32 if each.acknowledged else 0,
            each.flags,
            each.payload,
            each.time,
        )
        for each in made
    ]


TRANSFORMATIONS: dict[str, Callable[[list[Frame]], bytes]] = {
    "one byte a segment": lambda made: pcap(cut(made, 1)),
    "a few bytes a segment": lambda made: pcap(cut(made, 17)),
    "shuffled": lambda made: pcap(shuffled(made, 4, 1)),
    "shuffled pieces": lambda made: pcap(shuffled(cut(made, 300), 6, 2)),
    "every packet twice": lambda made: pcap([each for one in made for each in (one, one)]),
    "retransmitted later": lambda made: pcap([*made[:6], *made[2:6], *made[6:], *made[3:]]),
    "overlapping": lambda made: pcap([part for one in made for part in (*cut([one], 40)[:1], one)]),
    "among others": lambda made: pcap(among_others(made)),
    "wrap-around": lambda made: pcap(wrapped_around(made)),
    "ipv6": lambda made: pcap(as_ipv6(made)),
    "cooked": lambda made: pcap(made, SLL),
    "cooked, version 2": lambda made: pcap(made, SLL2),
    "cooked with a tag": lambda made: pcap(made, SLL2, tags=1),
    "raw": lambda made: pcap(made, RAW),
    "raw ipv6": lambda made: pcap(as_ipv6(made), RAW),
    "null": lambda made: pcap(made, NULL),
    "vlan": lambda made: pcap(made, tags=1),
    "qinq": lambda made: pcap(made, tags=2),
    "big-endian": lambda made: pcap(made, order=">"),
    "nanoseconds": lambda made: pcap(made, nanoseconds=True),
    "pcapng": lambda made: pcapng([("<", 1, made)]),
    "pcapng in two sections": lambda made: pcapng([(">", SLL, made[:5]), ("<", RAW, made[5:])]),
    "gzip": lambda made: gzip.compress(pcap(made)),
    "gzip of gzips": lambda made: (
        gzip.compress(pcap(made[:5])) + gzip.compress(pcap(made)[24:])
        if not made
        else gzip.compress(pcap(made)[:99]) + gzip.compress(pcap(made)[99:])
    ),
}
SOME = [
    "good-java-tls1_3",
    "good-mutual-tls1_2",
    "client-none-openssl-tls1_3",
    "name-java-tls1_2",
    "protocol-server-1_2",
    "not-tls-server",
    "client-none-nginx-tls1_2",
]


@pytest.mark.parametrize("how", TRANSFORMATIONS)
def test_the_answer_does_not_change(how: str) -> None:
    for name in SOME:
        found = told(TRANSFORMATIONS[how](frames(CAPTURES[name])))
        assert found == told(CAPTURES[name]), name


@pytest.mark.full
@pytest.mark.parametrize("how", TRANSFORMATIONS)
def test_no_answer_ever_changes(how: str) -> None:
    for name, data in CAPTURES.items():
        found = told(TRANSFORMATIONS[how](frames(data)))
        assert found == told(data), name


# damage


def test_a_cut_file_tells_what_could_be_read() -> None:
    whole = CAPTURES["expired-java-tls1_2"]
    capture = Capture(BytesIO(whole[:-3]), "it")
    (handshake,) = capture.handshakes()
    assert handshake.server_chain
    assert capture.trouble == f"cut off at byte {len(whole) - 3}"
    capture = Capture(BytesIO(gzip.compress(whole)[:-40]), "it")
    list(capture.handshakes())
    assert "gzip" in capture.trouble


def test_what_is_left_out_is_counted() -> None:
    made = frames(CAPTURES["good-tls1_2"])
    capture = Capture(BytesIO(pcap(made, snaplen=40)), "it")
    assert list(capture.handshakes()) == []
    assert capture.left_out == {"cut off within its headers": len(made)}
    data = bytearray(pcap(made))
    data[20] = 147
    capture = Capture(BytesIO(bytes(data)), "it")
    assert list(capture.handshakes()) == []
    assert capture.left_out == {"link type 147 is not known": len(made)}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "it is empty"),
        (gzip.compress(b"", mtime=0), "it is empty"),
        (b"\x7fELF", "it is no capture"),
        (b"GET / HTTP/1.1\r\n", "it is no capture"),
        (b"\x1f\x8bno gzip at all", "it is damaged within its gzip, after 0 bytes"),
    ],
)
def test_what_is_no_capture(data: bytes, told: str) -> None:
    with pytest.raises(InputError, match=told):
        Capture(BytesIO(data), "it")


@pytest.mark.parametrize("snaplen", [96, 200, 600])
@pytest.mark.parametrize("name", ["good-java-tls1_2", "good-tls1_3", "good-mutual-tls1_2"])
def test_packets_cut_by_the_snaplen_make_no_failure(name: str, snaplen: int) -> None:
    for handshake in heard(pcap(frames(CAPTURES[name]), snaplen=snaplen)):
        assert diagnose(handshake).cause_name == "none"


@pytest.mark.parametrize("name", [each for each in CAPTURES if each.startswith("good-")])
def test_no_part_of_a_healthy_handshake_is_a_failure(name: str) -> None:
    """A capture that begins late, ends early, or lacks a packet."""
    made = frames(CAPTURES[name])[:40]
    parts = [made[:place] for place in range(len(made))]
    parts += [made[place:] for place in range(len(made))]
    parts += [made[:place] + made[place + 1 :] for place in range(len(made))]
    for part in parts:
        for handshake in heard(pcap(part)):
            found = diagnose(handshake)
            assert found.cause_name == "none", [each.what for each in handshake.steps]


@settings(max_examples=60)
@given(st.sampled_from(sorted(CAPTURES)), st.data())
def test_any_damage_is_read_as_far_as_that_goes(name: str, data) -> None:
    damaged = bytearray(CAPTURES[name])
    for _ in range(data.draw(st.integers(1, 8))):
        damaged[data.draw(st.integers(24, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    for handshake in heard(bytes(damaged[: data.draw(st.integers(24, len(damaged)))])):
        diagnose(handshake)


@given(st.binary(max_size=300), st.sampled_from([0, 1, 101, 113, 276]))
@settings(max_examples=60)
def test_any_packet_is_read_or_left_out(data: bytes, link: int) -> None:
    made = pcap([Frame(wrapping.CLIENT, wrapping.SERVER, 1, 0, SYN)])
    head = bytearray(made[:24])
    head[20:22] = link.to_bytes(2, "little")
    size = len(data).to_bytes(4, "little")
    heard(bytes(head) + bytes(8) + size + size + data)
