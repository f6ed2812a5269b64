"""`edgeaudit explain`, as a user meets it."""

from __future__ import annotations

import importlib
import io
import json
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.audit.messages.diagnosis import explain
from edgeaudit.audit.messages.named import concerned, endpoint_in
from edgeaudit.cli import access, run
from edgeaudit.inventory import Gap
from edgeaudit.reports.explanation import FORMATS, Told
from tests.audit.estate import ISSUING, LEAF, Estate, secure
from tests.factories import NOW
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Callable

    Telling = Callable[..., tuple[int, str, str]]

judging = importlib.import_module("edgeaudit.cli.audit")  # its namesake hides it
FAULT = "SSL Handshake failed java.security.cert.CertificateException: No name matching {} found"
PKIX = "sun.security.validator.ValidatorException: PKIX path building failed"
OLD = ISSUING.leaf("old.example.com", not_after=NOW - timedelta(days=1))


@pytest.fixture
def told(capsys: Any) -> Telling:
    def running(*arguments: str) -> tuple[int, str, str]:
        return (run(["explain", *arguments]), *capsys.readouterr())

    return running


@pytest.fixture
def told_of(monkeypatch: Any, told: Telling) -> Telling:
    """Runs the command beside a small estate."""

    def running(estate: Estate, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(access, "read", lambda *_, **__: [estate.inventory()])
        monkeypatch.setattr(judging, "judged", lambda *_, **__: estate.report())
        return told(*arguments, "--url", "http://127.0.0.1:1", "--at", NOW.isoformat())

    return running


def places(out: str) -> dict[str, Any]:
    data = json.loads(out)
    validate(data, "explain")
    return dict(data["installation"])


def test_a_message(told: Telling) -> None:
    status, out, err = told(FAULT.format("api.example.com"))
    assert (status, err) == (0, "")
    assert out.startswith("1. hostname_mismatch, certain\n   because  ")
    assert '"No name matching api.example.com found"' in out
    assert "uncovered-host-alias" in out
    assert "2." not in out


def test_json(told: Telling) -> None:
    data = json.loads(told(PKIX, "--format", "json")[1])
    validate(data, "explain")
    assert [each["cause"] for each in data["causes"]][:2] == [
        "unknown_certificate",
        "incomplete_chain",
    ]
    assert data["installation"] is None


def test_standard_input(told: Telling, monkeypatch: Any) -> None:
    trace = f"javax.net.ssl.SSLHandshakeException: {PKIX}\n\tat x\nCaused by: \xff\n".encode(
        "latin1"
    )
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(trace)))
    assert told("-")[1].startswith("1. unknown_certificate, likely\n")


def test_nothing(told: Telling, monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(b" \n")))
    for what in ("", "  ", "-"):
        status, out, err = told(what)
        assert (status, out) == (2, "")
        assert err.startswith("edgeaudit: error: there is no message\n")


def test_what_is_not_known(told: Telling) -> None:
    status, out, err = told("the cat sat on the mat")
    assert (status, err) == (0, "")
    assert out.startswith("The message is not one that edgeaudit knows.")
    assert "edgeaudit capture FILE" in " ".join(out.split())
    assert json.loads(told("the cat sat", "--format", "json")[1])["recognised"] is False


def test_a_rule(told: Telling) -> None:
    assert told("missing-alias")[1].startswith("missing-alias (error, wiring)")
    assert json.loads(told("missing-alias", "--format", "json")[1])["rule"] == "missing-alias"


@pytest.mark.parametrize(
    "word", ["handshake_failure", "CERT_HAS_EXPIRED", "ECONNRESET", "econnreset"]
)
def test_one_word_may_be_a_message(word: str, told: Telling) -> None:
    assert told(word)[:1] == (0,)


def backend() -> Estate:
    """A target server whose truststore is empty, and a virtual host beside it."""
    estate = Estate().store("roots", keys=False).server("orders", truststore="roots")
    estate.server("address", host="192.0.2.1", port=8443, truststore="roots")
    estate.store("web", server=[LEAF, ISSUING]).reference("web-ref", "web")
    return estate.host("secure", ["api.example.com", "*.shop.example"], keystore="ref://web-ref",
                       key_alias="server")  # fmt: skip


@pytest.mark.parametrize(
    ("message", "where"),
    [
        (f"connecting to backend.example.com:443: {PKIX}", "targetservers/orders"),
        (f"BACKEND.example.com. {PKIX}", "targetservers/orders"),
        (f"https://backend.example.com/x {PKIX}", "targetservers/orders"),
        (f"C:192.0.2.7:50000 Remote host:192.0.2.1:8443]@1 {PKIX}", "targetservers/address"),
        (f"target server orders: {PKIX}", "targetservers/orders"),
        (f'TargetServer "orders": {PKIX}', "targetservers/orders"),
        (f"truststore=roots {PKIX}", "keystores/roots"),
        (f"org:acme env:prod api:orders-proxy rev:1 {PKIX}", "targetservers/orders"),
        ("curl: (60) SSL: no alternative certificate subject name matches target host name "
         "'a.shop.example'", "virtualhosts/secure"),
        ("ref://web-ref", "references/web-ref"),
    ],
)  # fmt: skip
def test_what_it_names(message: str, where: str, told_of: Telling) -> None:
    found = places(told_of(backend(), message, "--format", "json")[1])
    assert f"acme/prod/{where}" in [each["where"] for each in found["named"]]


@pytest.mark.parametrize(
    "message",
    [
        f"backend.example.com:8443 {PKIX}",
        f"xbackend.example.com {PKIX}",
        f"backend.example.com.evil.example {PKIX}",
        f"the secure orders of the web {PKIX}",
        f"org:acme env:test api:orders-proxy rev:1 {PKIX}",
        f"shop.example {PKIX}",
    ],
)
def test_what_it_does_not_name(message: str, told_of: Telling) -> None:
    assert places(told_of(backend(), message, "--format", "json")[1])["named"] == []


def test_the_stores_and_the_culprit(told_of: Telling) -> None:
    status, out, err = told_of(backend(), f"backend.example.com:443 {PKIX}")
    assert (status, err) == (0, "")
    assert '"backend.example.com:443" is acme/prod/targetservers/orders\n' in out
    assert "  truststore roots: acme/prod/keystores/roots\n" in out
    assert "An audit finds there:\n  error empty-truststore  acme/prod/keystores/roots\n" in out


def test_a_reference_leads_to_its_store(told_of: Telling) -> None:
    found = places(told_of(backend(), "api.example.com: PartialChain", "--format", "json")[1])
    (host,) = found["named"]
    assert host["stores"] == [
        {"name": "keystore ref://web-ref, alias server", "where": "acme/prod/keystores/web"}
    ]
    assert found["findings"] == []


def test_nothing_named_tells_what_there_is_anywhere(told_of: Telling) -> None:
    estate = backend().store("old", server=[OLD, ISSUING])
    estate.host("old", ["old.example.com"], keystore="old", key_alias="server")
    _, out, _ = told_of(estate, "certificate has expired")
    assert "It names nothing that was read." in out
    assert "error expired-certificate  acme/prod/keystores/old/server#0" in out
    # southbound it cannot be that one
    _, out, _ = told_of(estate, "SslHandshakeFailed: messaging.adaptors.http.flow. NotAfter: Mon x")
    assert "An audit finds nothing of these causes, anywhere." in " ".join(out.split())


def test_what_could_not_be_read_gives_status_3(told_of: Telling) -> None:
    estate = backend().cannot_read("target_servers")
    estate.gaps = [Gap("acme/prod/targetservers", "forbidden", "HTTP 403")]
    status, out, err = told_of(estate, PKIX)
    assert status == 3
    assert out.startswith("1. unknown_certificate")
    assert err == "edgeaudit: warning: acme/prod/targetservers could not be read: HTTP 403\n"


def test_hostile_names(told_of: Telling) -> None:
    _, out, _ = told_of(backend(), f"\x1b[31m {PKIX} curl: (7) \u202e")
    assert "\x1b" not in out
    assert "\u202e" not in out


_NAMES = [
    "backend.example.com",
    ":443",
    "ref://",
    "web-ref",
    "org:acme ",
    "env:",
    "[::1]",
    "*.",
    ".",
]
_ESTATE = backend()
_REPORT = _ESTATE.report()


@settings(max_examples=40)
@given(st.lists(st.one_of(st.sampled_from(_NAMES), st.text(max_size=9)), max_size=8).map("".join))
def test_any_text(text: str) -> None:
    inventory, report = _ESTATE.inventory(), _REPORT
    explanation = explain(text)
    found = concerned(text, explanation, [inventory], report)
    told = Told(explanation, endpoint_in(text), found, report)
    assert FORMATS["table"](told, 60).replace("\n", "").isprintable()
    validate(json.loads(FORMATS["json"](told, 60)), "explain")


def test_a_name_that_the_certificate_lacks(told_of: Telling) -> None:
    message = "x509: certificate is valid for api.example.com, not parcels.example.com"
    found = places(told_of(secure(hosts=["parcels.example.com"]), message, "--format", "json")[1])
    (finding,) = found["findings"]
    assert finding["rule"] == "uncovered-host-alias"
    assert finding["where"] == "acme/prod/virtualhosts/web"
