"""The message sequences of Apigee's playbook, and the alerts with which stacks mislead.

https://docs.apigee.com/api-platform/troubleshoot/runtime/ssl-handshake-failures and
.../ssl-handshake-failure-bad-client-cert tell of each cause what Wireshark shows.
"""

from __future__ import annotations

import pytest

from edgeaudit.audit.diagnosis import diagnose
from tests.audit.estate import ISSUING, LEAF, ROOT
from tests.factories import CA, NOW
from tests.observe.test_healthy import FIN, OLD, alert, answer, hello, reply, verdict
from tests.observe.wrapping import conversation, heard, pcap

EXPIRED = ISSUING.leaf("api.example.com", not_after=NOW.replace(day=1))
OTHERS = ISSUING.leaf("www.example.org")
ANOTHER = CA.root("Another Root")
MODERN = (0xC02F, 0xC02B)

PLAYBOOK = {
    "the backend answers the Message Processor's hello with a fatal close_notify": (
        [hello(), alert("server", 0, 2), ("server", FIN)],
        ("protocol_mismatch", "server", "possible"),
    ),
    "and that of an old Message Processor": (
        [hello(legacy=0x0301), alert("server", 0, 2), ("server", FIN)],
        ("protocol_mismatch", "server", "likely"),
    ),
    "the Router answers the client's suites with handshake_failure": (
        [hello(ciphers=[OLD]), alert("server", 40), ("server", FIN)],
        ("cipher_mismatch", "server", "likely"),
    ),
    "the host is not in the backend's certificate": (
        [hello(), answer([OTHERS, ISSUING]), alert("client", 46), ("client", FIN)],
        ("hostname_mismatch", "client", "likely"),
    ),
    "the backend sends the leaf alone": (
        [hello(), answer([LEAF]), alert("client", 46), ("client", FIN)],
        ("unknown", "client", "possible"),
    ),
    "the backend sends the chain of another": (
        [hello(), answer([LEAF, ANOTHER]), alert("client", 46), ("client", FIN)],
        ("incorrect_chain", "client", "certain"),
    ),
    "the truststore has no root of the backend's chain": (
        [hello(), answer([LEAF, ISSUING, ROOT]), alert("client", 48), ("client", FIN)],
        ("unknown_certificate", "client", "likely"),
    ),
    "the backend's certificate has expired": (
        [hello(), answer([EXPIRED, ISSUING]), alert("client", 46), ("client", FIN)],
        ("expired_certificate", "client", "certain"),
    ),
    "the Message Processor has no certificate to show": (
        [hello(), answer(asks=True), reply([]), alert("server", 42), ("server", FIN)],
        ("missing_client_certificate", "server", "certain"),
    ),
    "the backend knows no issuer of the Message Processor's certificate": (
        [hello(), answer(asks=True), reply([LEAF, ISSUING]), alert("server", 42), ("server", FIN)],
        ("unknown_client_certificate", "server", "likely"),
    ),
    "the Message Processor names no host to a backend that wants SNI": (
        [hello(sni=None, ciphers=MODERN), alert("server", 40), ("server", FIN)],
        ("unknown", "server", "possible"),
    ),
}


@pytest.mark.parametrize("name", PLAYBOOK)
def test_what_the_playbook_shows(name: str) -> None:
    said, expected = PLAYBOOK[name]
    assert verdict(*said) == expected


@pytest.mark.parametrize("number", [40, 42, 43, 44, 45, 46, 48, 49, 51, 80])
@pytest.mark.parametrize(
    ("chain", "cause"),
    [([EXPIRED, ISSUING], "expired_certificate"), ([LEAF, ANOTHER], "incorrect_chain")],
    ids=["expired", "another's chain"],
)
def test_what_the_bytes_prove_beats_the_number(chain, cause: str, number: int) -> None:
    """But for 45: what was sent is in its time, so it is something else that has expired."""
    is_of_dates = number == 45 and cause != "expired_certificate"
    expected = ("expired_certificate", "likely") if is_of_dates else (cause, "certain")
    found = verdict(hello(), answer(chain), alert("client", number))
    assert (found[0], found[2]) == expected


@pytest.mark.parametrize("number", [40, 42, 46, 48, 116])
def test_a_missing_client_certificate_whatever_the_number(number: int) -> None:
    said = [hello(), answer(asks=True), reply([]), alert("server", number)]
    assert verdict(*said) == ("missing_client_certificate", "server", "certain")


@pytest.mark.parametrize(
    ("number", "cause", "confidence"),
    [(112, "sni_required", "likely"), (40, "unknown", "possible"), (80, "unknown", "possible")],
)
def test_a_server_without_a_site_for_the_name(number: int, cause: str, confidence: str) -> None:
    said = [hello(ciphers=MODERN), alert("server", number)]
    assert verdict(*said) == (cause, "server", confidence)


def test_a_server_without_the_application_protocol() -> None:
    (found,) = heard(pcap(conversation(hello(alpn=["h2", "x"]), alert("server", 120))))
    told = diagnose(found)
    assert (told.cause_name, told.candidates) == ("unknown", ())
    assert "no application protocol (ALPN) with h2, x" in told.explanation


def test_another_sites_certificate() -> None:
    said = [hello(), answer([OTHERS, ISSUING]), alert("client", 42)]
    assert verdict(*said) == ("hostname_mismatch", "client", "likely")
