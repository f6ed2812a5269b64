"""Messages of real programs, explained: the right cause stands first."""

from __future__ import annotations

import os
import re
import shutil
import time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.audit.finding import Cause
from edgeaudit.audit.messages import advice, alerts
from edgeaudit.audit.messages.diagnosis import MOST_CHARACTERS, SIGNS, VOICES, explain
from edgeaudit.audit.messages.named import endpoint_in
from edgeaudit.audit.messages.sign import CERTAIN
from edgeaudit.audit.rules import RULES
from edgeaudit.cli import commands
from edgeaudit.reports.explanation import FORMATS, Told
from edgeaudit.tls.alerts import NAMES
from tests.audit.messages import recording

_HERE = Path(__file__).parent
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@cache
def corpus(name: str) -> list[dict[str, Any]]:
    return list(yaml.load((_HERE / name).read_text("utf-8"), _LOADER))


def causes(message: str) -> list[str]:
    return [each.cause.value for each in explain(message).suspects]


CAUSES = [each for each in Cause if each is not Cause.UNKNOWN]


def wrong(entries: list[dict[str, Any]]) -> list[str]:
    """The messages for which no right cause comes first, or a right one is not named."""
    told = [(each, causes(each["message"])) for each in entries]
    return [
        f"{found[:3]} and not {each['causes']}: {each['message'][:200]}"
        for each, found in told
        if not found or found[0] not in each["causes"] or not set(each["causes"]) <= set(found)
    ]


def test_messages_from_documents() -> None:
    assert wrong(corpus("corpus.yaml")) == []


def test_recorded_messages() -> None:
    assert wrong(corpus("recorded.yaml")) == []


def test_the_corpus_has_every_cause() -> None:
    told = {cause for name in ("corpus.yaml", "recorded.yaml") for each in corpus(name)
            for cause in each["causes"]}  # fmt: skip
    assert told == {each.value for each in CAUSES}
    assert all(each["source"] for each in corpus("corpus.yaml"))


def test_what_is_certain_and_which_way() -> None:
    for each in corpus("corpus.yaml"):
        told = explain(each["message"])
        is_certain = told.suspects[0].confidence == "certain"
        assert is_certain == (each.get("certain", is_certain)), each["message"]
        assert each.get("direction") in (None, told.direction), each["message"]
        if len(each["causes"]) > 1:
            assert not is_certain, each["message"]


@pytest.mark.parametrize(
    ("message", "first"),
    [
        # who got the alert tells whose certificate it is about
        ("sslv3 alert certificate expired:SSL alert number 45", "expired_client_certificate"),
        (
            "SSL_do_handshake() failed (SSL: error:14094415:SSL routines:ssl3_read_bytes:sslv3 "
            "alert certificate expired:SSL alert number 45) while SSL handshaking, client: "
            "192.0.2.7, server: 0.0.0.0:443",
            "expired_certificate",
        ),
        ("* TLSv1.2 (OUT), TLS alert, certificate expired (557):", "expired_certificate"),
        ("* TLSv1.2 (IN), TLS alert, certificate expired (557):", "expired_client_certificate"),
        ("certificate has expired", "expired_certificate"),
        ("http: TLS handshake error from 192.0.2.7:1: tls: failed to verify client certificate: "
         "x509: certificate has expired or is not yet valid: current time 2026-11-23T12:00:00Z is "
         "after 2026-11-20T12:00:00Z", "expired_client_certificate"),
        # a word that says it outweighs the many that only tell that something failed
        ("SslHandshakeFailed General SSLEngine problem curl: (60) Received fatal alert: "
         "handshake_failure Caused by: No name matching a.example found", "hostname_mismatch"),
        ("Received fatal alert: certificate_expired", "expired_client_certificate"),
        ("handshake_failure", "cipher_mismatch"),
        ("alert 112", "sni_required"),
    ],
)  # fmt: skip
def test_context(message: str, first: str) -> None:
    assert causes(message)[0] == first


@pytest.mark.parametrize(
    "message",
    [
        "HTTP/1.1 200 OK",
        "the certificates were renewed",
        "Verify return code: 0 (ok)",
        "TLSv1.3, Cipher is TLS_AES_256_GCM_SHA384",
        "notAfter=Nov 20 12:00:00 2027 GMT",
        "org.example.Service started in 3.2 seconds (JVM running for 4.1)",
        '{"fault": {"faultstring": "Invalid ApiKey", "detail": {"errorcode": '
        '"oauth.v2.InvalidApiKey"}}}',
    ],
)
def test_what_is_no_fault(message: str) -> None:
    assert causes(message) == []
    assert "What may tell more:" in FORMATS["table"](Told(explain(message)), 80)


def test_who_refused_is_not_certain_where_nobody_says() -> None:
    one = explain("Received fatal alert: certificate_expired")
    assert [(each.cause.value, each.confidence) for each in one.suspects] == [
        ("expired_client_certificate", "likely"),
        ("expired_certificate", "possible"),
    ]
    (sure,) = explain("HTTPClient$Context Received fatal alert: certificate_expired").suspects
    assert (sure.cause.value, sure.confidence) == ("expired_client_certificate", "certain")


@pytest.mark.parametrize(
    ("message", "endpoint"),
    [
        ("GET https://api.example.com/v1/x failed", "api.example.com:443"),
        ('Get "https://api.example.com:8443/": x509', "api.example.com:8443"),
        ("[C:192.0.2.7:50000 Remote host:192.0.2.1:9443]", "192.0.2.1:9443"),
        ("SSL_ERROR_SYSCALL in connection to api.example.com:443", "api.example.com:443"),
        ("dial tcp 192.0.2.1:443: connect: connection refused", "192.0.2.1:443"),
        ("connected to the server: no", None),
        ("curl: (60) SSL. More details here: https://curl.se/docs/sslcerts.html", None),
        ("see https://curl.se/docs/ or https://api.example.com/v1", "api.example.com:443"),
        ("https://urllib3.readthedocs.io/en/latest/advanced-usage.html#tls-warnings", None),
        ("at sun.security.ssl.Alerts.getSSLException(Alerts.java:192)", None),
        ("ssl/record/rec_layer_s3.c:1601", None),
    ],
)
def test_the_endpoint(message: str, endpoint: str | None) -> None:
    assert endpoint_in(message) == endpoint


def test_the_dates_that_s_client_lists_accuse_nobody() -> None:
    told = causes(
        """CONNECTED(00000003)
        140:error:0A000410:SSL routines:ssl3_read_bytes:sslv3 alert handshake failure:SSL alert 40
        Certificate chain
         0 s:CN = api.example.com
           v:NotBefore: Nov 23 12:28:57 2026 GMT; NotAfter: Sep 19 12:28:57 2027 GMT"""
    )
    assert told[0] == "cipher_mismatch"
    assert not {"expired_certificate", "not_yet_valid_certificate"} & set(told)


@pytest.mark.parametrize(
    "asked",
    ["* TLSv1.2 (IN), TLS handshake, Request CERT (13):", "Acceptable client certificate CA names"],
)
def test_a_server_that_asked_for_a_certificate_may_have_missed_it(asked: str) -> None:
    refused = "routines::sslv3 alert handshake failure"
    assert causes(refused)[0] == "cipher_mismatch"
    assert causes(f"{asked} {refused}")[0] == "missing_client_certificate"
    assert causes(f"{asked} SSL: no alternative certificate subject name matches") == [
        "hostname_mismatch"
    ]


def test_the_words_of_an_alert_end_with_its_name() -> None:
    trace = "Received fatal alert: protocol_version\n\tat java.base/sun.security.ssl.Alert"
    assert [each.words for each in explain(trace).seen] == [
        "Received fatal alert: protocol_version"
    ]


def test_every_alert_of_a_side_is_known() -> None:
    for number, name in NAMES.items():
        received = explain(f"javax.net.ssl.SSLException: Received fatal alert: {name}")
        by_number = explain(f"error:0A000410:SSL routines::x:SSL alert number {number}")
        assert [each.cause for each in received.suspects] == [
            each.cause for each in by_number.suspects
        ]


def test_tables_are_sound() -> None:
    for sign in SIGNS:
        assert sign.source, sign.words
        assert sign.means.endswith("."), sign.words
        assert sign.words == sign.words.lower(), sign.words
        assert sum(weight >= CERTAIN for weight in sign.weights.values()) <= 1, sign.words
    assert set(alerts.FROM_SERVERS) | set(alerts.FROM_CLIENTS) <= set(NAMES)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.value)
def test_advice_names_what_there_is(cause: Cause) -> None:
    told = advice.advice(cause, "a.example:443")
    assert told.look.endswith(".")
    assert set(told.rules) <= set(RULES)
    names = {command.split()[1] for command in (*told.commands, *advice.UNKNOWN)}
    assert names <= set(commands.commands)
    assert not any("{" in command for command in told.commands)


_WORDS = [re.sub(r"[^a-z0-9 :()_.]", "x", each.words)[:60] for each in (*SIGNS, *VOICES)]
_PIECES = [st.sampled_from(_WORDS), st.text(max_size=30), st.sampled_from(['"', "\n", " \x1b[31m"])]
_TEXTS = st.lists(st.one_of(_PIECES), max_size=12).map("".join)


@settings(max_examples=60)
@given(_TEXTS)
def test_any_text(text: str) -> None:
    told = Told(explain(text))
    for format_ in FORMATS.values():
        assert format_(told, 80).replace("\n", "").isprintable()


@pytest.mark.full
@pytest.mark.skipif(
    os.environ.get("EDGEAUDIT_ALL_TOOLS") != "1" and not all(map(shutil.which, recording.TOOLS)),
    reason=f"not all of {', '.join(recording.TOOLS)} are here",
)
def test_what_programs_say_today() -> None:
    assert wrong(recording.merged(recording.heard())) == []


@pytest.mark.full
@pytest.mark.parametrize(
    "unit",
    ["a", " ", "1", "\\", '"', "depth=1 ", "depth=1", "alert: ", "keystore ", "recv tlsv1 ",
     "routines:", "hostname '", "server chose ", "x509: ", "description: a ", "(out), tls alert, ",
     "current time ", "alert was received from the remote endpoint", "in ssl handshake (", ": eof",
     "no name matching "],
)  # fmt: skip
def test_time_is_linear(unit: str) -> None:
    text = unit * (MOST_CHARACTERS // len(unit))
    began = time.process_time()
    explain(text + text)
    assert time.process_time() - began < 10
