"""Handshakes of real programs, with an installation at hand: which side and store, what lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.audit.diagnosis import diagnose
from edgeaudit.audit.placing import Installations
from edgeaudit.inventory import Told
from edgeaudit.tls.handshake import Endpoint
from edgeaudit.x509.certificate import read_bundle
from tests.audit.estate import PROD, ROOT, Estate
from tests.observe.wrapping import heard

if TYPE_CHECKING:
    from edgeaudit.audit.causes.verdict import Diagnosis
    from edgeaudit.audit.whereabouts import Whereabouts
    from edgeaudit.tls.handshake import Handshake

FOLDER = Path("tests/observe/captures")
(_ROOT,) = read_bundle((FOLDER / "root.pem").read_bytes())
RECORDED: Any = SimpleNamespace(certificate=_ROOT)
URL = "https://api.example.com:8443/orders"


def seen(name: str) -> Handshake:
    (handshake,) = heard((FOLDER / f"{name}.pcap").read_bytes())
    return replace(handshake, server=Endpoint("192.0.2.10", 8443))


def placed(name: str, estate: Estate, **told: Any) -> tuple[Whereabouts | None, Diagnosis]:
    handshake = seen(name)
    estate.told = Told(**told)
    at = Installations([estate.inventory()]).find(handshake)
    return at, diagnose(handshake, at=at)


def target(*anchors: Any, **tls: Any) -> Estate:
    trusted = {f"ca{number}": [each] for number, each in enumerate(anchors)}
    estate = Estate().store("backends", keys=False, **trusted)
    return estate.proxy("orders", url=URL, truststore="backends", **tls)


def shown(name: str, side: str) -> Any:
    chain = getattr(seen(name), f"{side}_chain")
    return [SimpleNamespace(certificate=each) for each in chain]


@pytest.mark.parametrize(
    ("told", "java"),
    [({"edge_version": "4.53.00"}, "Java 8"), ({"java": 21}, "Java 21"), ({}, "Java")],
    ids=["4.53", "21", "either"],
)
def test_the_truststore_that_lacks_a_certificate(told, java: str) -> None:
    at, found = placed("unknown-java-tls1_2", target(RECORDED), **told)
    assert at
    assert (at.direction, [each.where for each in at.endpoints]) == (
        "southbound",
        [f"{PROD}/proxies/orders/1/targets/default"],
    )
    assert (found.cause_name, found.confidence) == ("unknown_certificate", "likely")
    assert f"CN=Foreign Root was not sent, nor does {PROD}/keystores/backends hold it" in (
        found.explanation
    )
    assert f'{java} says of it: "PKIX path building failed' in found.explanation
    assert f"It is southbound: {PROD}/proxies/orders/1/targets/default calls" in found.explanation
    assert at.affects == (
        f"{PROD}/proxies/orders",
        f"{PROD}/proxies/orders/1/targets/default",
    )


def test_java_trusts_an_intermediate_and_openssl_does_not() -> None:
    chain = shown("unknown-java-tls1_2", "server")
    _, found = placed("unknown-java-tls1_2", target(chain[1]))
    assert found.cause is None
    assert "Nothing in the certificates that were sent says why." in found.explanation
    assert found.explanation.endswith(
        f"With what {PROD}/keystores/backends holds now, nothing speaks against the chain."
    )
    assert "must restart" in found.advice


def test_an_incomplete_chain_is_told_from_an_unknown_root() -> None:
    _, found = placed("incomplete-java-tls1_2", target(RECORDED))
    assert found.cause_name == "incomplete_chain"
    _, found = placed("selfsigned-curl-tls1_2", target(RECORDED))
    assert (found.cause_name, found.confidence) == ("unknown_certificate", "certain")
    assert f"which {PROD}/keystores/backends does not hold" in found.explanation


def test_of_several_targets_those_that_refuse_are_told() -> None:
    estate = target(RECORDED).store("others", keys=False, ca=[ROOT])
    estate.proxy("stock", url=URL.replace("orders", "stock"), truststore="others")
    at, found = placed("selfsigned-curl-tls1_2", estate)
    assert at
    assert len(at.endpoints) == 2
    assert f"{PROD}/keystores/backends and {PROD}/keystores/others" in found.explanation


def test_without_a_truststore_no_verdict_is_made_up() -> None:
    at, found = placed("unknown-java-tls1_2", Estate().proxy("orders", url=URL))
    assert found.confidence == "possible"
    assert found.explanation.endswith("No truststore is named there.")
    estate = target(ROOT).change_alias("backends", "ca0", is_complete=False)
    at, found = placed("unknown-java-tls1_2", estate)
    assert at
    assert at.truststores is None
    assert "Java" not in found.explanation


@pytest.mark.parametrize(
    "name",
    ["client-unknown-openssl-tls1_2", "client-unknown-nginx-tls1_2"],
)
def test_a_clients_certificate_is_judged_by_the_virtual_hosts_truststore(name: str) -> None:
    estate = Estate().store("partners", keys=False, ca=[RECORDED])
    estate.store("web", server=shown(name, "server"))
    estate.host(
        "web",
        ["elsewhere.example.com"],
        keystore="web",
        key_alias="server",
        truststore="partners",
        client_auth=True,
    )
    at, found = placed(name, estate)
    assert at
    assert (at.direction, at.endpoints[0].where) == ("northbound", f"{PROD}/virtualhosts/web")
    assert found.cause_name == "unknown_client_certificate"
    assert "the server's certificate is that of" in found.explanation


@pytest.mark.parametrize(("demands", "confidence"), [(True, "likely"), (False, "possible")])
def test_a_virtual_host_that_demands_a_certificate_makes_a_refusal_likely(
    demands: bool, confidence: str
) -> None:
    estate = Estate().host("web", ["api.example.com"], client_auth=demands)
    at, found = placed("client-none-nginx-tls1_2", estate)
    assert at
    assert (found.cause_name, found.confidence) == ("missing_client_certificate", confidence)
    assert ("nothing is wrong" in found.explanation) is not demands


def test_the_clients_certificate_tells_the_target() -> None:
    name = "client-expired-openssl-tls1_2"
    estate = Estate().store("client", me=shown(name, "client"))
    estate.server("backend", client_auth=True, keystore="client", key_alias="me")
    at, found = placed(name, estate)
    assert at
    assert (at.direction, at.endpoints[0].where) == ("southbound", f"{PROD}/targetservers/backend")
    assert found.cause_name == "expired_client_certificate"
    assert "the client's certificate is that of acme/prod/targetservers/backend" in (
        found.explanation
    )


def test_a_target_that_has_no_certificate_to_show() -> None:
    _, found = placed("client-none-java-tls1_2", target(RECORDED))
    assert found.explanation.endswith("No client certificate is configured there.")


@pytest.mark.parametrize("alias", ["api.example.com", "*.example.com", "API.example.com:443"])
def test_a_host_alias(alias: str) -> None:
    at, _ = placed("protocol-client-java", Estate().host("web", [alias]))
    assert at
    assert at.direction == "northbound"


def test_what_the_endpoint_is_set_to() -> None:
    set_to = {"ssl_protocols": "TLSv1.2 TLSv1.3", "ssl_ciphers": "HIGH"}
    estate = Estate().host("web", ["api.example.com"], properties=set_to)
    assert (
        "Its protocols are set to TLSv1.2, TLSv1.3."
        in placed("protocol-nginx", estate)[1].explanation
    )
    assert "Its ciphers are set to HIGH." in placed("cipher-nginx", estate)[1].explanation
    estate.host("other", ["api.example.com"], properties=set_to)
    assert "set to" not in placed("protocol-nginx", estate)[1].explanation


def test_nothing_speaks_for_a_place() -> None:
    estate = Estate().host("web", ["www.example.org", "*.com"]).proxy("p", url="https://a:99999/")
    at, found = placed("unknown-java-tls1_2", estate)
    assert at is None
    assert found == diagnose(seen("unknown-java-tls1_2"))


def test_a_router_and_a_backend_without_server_name() -> None:
    silent = replace(seen("expired-java-tls1_2"), client_hello=None)
    estate = Estate().host("web", ["www.example.org"], port=8443)
    estate.told = Told(routers=("192.0.2.10",))
    at = Installations([estate.inventory()]).find(silent)
    assert at
    assert at.because.startswith("the server is a Router")
    at = Installations([target(ROOT).inventory()]).find(silent)
    assert at
    assert at.direction == "southbound"
