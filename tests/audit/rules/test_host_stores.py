"""Certificates in the files of Routers and Message Processors."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.host import Host, Setting, StoreFile
from edgeaudit.x509.stores import Entry
from tests.audit.estate import ISSUING, PROD, ROOT, Estate, secure
from tests.audit.rules.test_hosts import router, with_hosts
from tests.factories import CA, NOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.x509.certificate import Certificate
    from tests.factories import Made

LEAF = ISSUING.leaf("api.example.com")
FORMER = ISSUING.leaf("api.example.com", not_after=NOW + timedelta(days=90))
OTHER = CA.root("Other Root")
FILES = {"ssl_certificate": 6, "ssl_client_certificate": 7}


def expiring(days: float) -> Made:
    return ISSUING.leaf("mp.example.com", not_after=NOW + timedelta(days=days))


def holding(name: str, *chain: Made) -> Host:
    """A host with a store of that chain, which a setting of that name names."""
    named = Setting(name, "/x.jks", "mp1/own.properties:1")
    held = StoreFile("mp1/x.jks", named, (Entry("mp", _certificates(chain), True),))
    return Host("message-processor", "mp1", "mp1", stores=(held,))


def on_router(verify: str | None = "on", **files: Sequence[Made]) -> Host:
    """A Router whose server api.example.com has these in its files, by directive without `ssl_`."""
    host = router(verify_client=verify) if verify else router()
    (server,) = host.servers
    named = {
        f"ssl_{name}": Setting(
            f"ssl_{name}", f"/{name}.pem", f"r1/nginx.conf:{FILES[f'ssl_{name}']}"
        )
        for name in files
    }
    stores = tuple(
        StoreFile(
            f"r1/{name}.pem", named[f"ssl_{name}"], (Entry(None, _certificates(chain), False),)
        )
        for name, chain in files.items()
    )
    shown = tuple(each for name, each in named.items() if name == "ssl_certificate")
    settings = {**server.settings, **named}
    server = replace(server, settings=settings, certificates=shown)
    return replace(host, servers=(server,), stores=stores)


def _certificates(chain: Sequence[Made]) -> tuple[Certificate, ...]:
    return tuple(each.certificate for each in chain)


def mutual(*hosts: Host, trusted: Sequence[Made] = (ROOT,)) -> Estate:
    """A virtual host `web` that demands certificates of its clients."""
    store: dict[str, Any] = {f"ca{number}": [each] for number, each in enumerate(trusted)}
    estate = Estate().store("web", server=(LEAF, ISSUING)).store("trust", keys=False, **store)
    estate.host(
        "web",
        ["api.example.com"],
        keystore="web",
        key_alias="server",
        truststore="trust",
        client_auth=True,
    )
    return with_hosts(*hosts, estate=estate)


@pytest.mark.parametrize(
    ("days", "name", "severity"),
    [
        (-3, "local.http.ssl.keystore.path", "error"),
        (5, "local.http.ssl.keystore.path", "error"),
        (20, "local.http.ssl.keystore.path", "warning"),
        (60, "local.http.ssl.keystore.path", None),
        (-3, "conf/system.properties+javax.net.ssl.trustStore", "warning"),
        (20, "javax.net.ssl.trustStore", "warning"),
        (-3, "ssl_client_certificate", "error"),
    ],
)
def test_host_certificate_expiring(days: float, name: str, severity: str | None) -> None:
    found = with_hosts(holding(name, expiring(days))).findings()
    assert [each.severity.value for each in found] == ([severity] if severity else [])
    for each in found:
        assert (each.rule, each.where) == ("host-certificate-expiring", "mp1/own.properties:1")
        assert each.message.startswith("Message Processor mp1 has CN=mp.example.com in mp1/x.jks")


def test_a_ca_with_a_successor_is_not_told() -> None:
    old = CA.root("Other Root", key=OTHER.private_key, not_after=NOW - timedelta(days=1))
    assert with_hosts(holding("ssl_client_certificate", old, OTHER)).findings() == []
    assert len(with_hosts(holding("ssl_client_certificate", old)).findings()) == 1
    assert len(with_hosts(holding("ssl_certificate", old, OTHER)).findings()) == 1


def test_what_is_stored_too_is_told_there() -> None:
    late = expiring(-1)
    estate = with_hosts(on_router(None, certificate=(late,)), estate=secure((late, ISSUING)))
    assert {each.rule for each in estate.findings()} == {"expired-certificate"}


def test_a_certificate_that_has_not_reached_a_router() -> None:
    fresh = replace(on_router(certificate=(LEAF, ISSUING), client_certificate=(ROOT,)), name="r0")
    estate = mutual(fresh, on_router(certificate=(FORMER, ISSUING), client_certificate=(ROOT,)))
    (finding,) = estate.findings("router-certificate-differs")
    assert (finding.where, finding.severity.value) == ("r1/nginx.conf:6", "warning")
    assert f"(serial {FORMER.certificate.serial}, expires in 90 days)" in finding.message
    assert finding.message.endswith(f"(serial {LEAF.certificate.serial}), on Router r1")
    assert finding.affects == (f"{PROD}/virtualhosts/web",)
    assert estate.findings("router-truststore-differs") == []


def test_an_intermediate_that_has_not() -> None:
    estate = mutual(on_router(certificate=(LEAF,), client_certificate=(ROOT,)))
    (finding,) = estate.findings()
    assert finding.message == (
        f"it lacks CN=Acme Issuing CA, which is in {PROD}/keystores/web/server, on Router r1"
    )


@pytest.mark.parametrize(
    ("shown", "stored"),
    [
        ((LEAF, ISSUING), (ROOT,)),
        ((LEAF, ISSUING, ROOT), (ROOT,)),
        ((LEAF, ISSUING), (ROOT, ISSUING)),
    ],
)
def test_what_has_reached_it(shown: Sequence[Made], stored: Sequence[Made]) -> None:
    """Roots, copies, and the order of CAs make no difference."""
    host = on_router(certificate=shown, client_certificate=[*reversed(stored), stored[0]])
    assert mutual(host, trusted=stored).findings() == []


@pytest.mark.parametrize(
    ("in_file", "stored", "told"),
    [
        ((ROOT,), (ROOT, OTHER), f"it lacks CN=Other Root, which is in {PROD}/keystores/trust"),
        ((ROOT, OTHER), (ROOT,), "it trusts CN=Other Root, which is not in"),
        ((OTHER,), (ROOT,), "it lacks CN=Acme Root, which is in"),
    ],
)
def test_router_truststore_differs(
    in_file: Sequence[Made], stored: Sequence[Made], told: str
) -> None:
    host = on_router(certificate=(LEAF, ISSUING), client_certificate=in_file)
    (finding,) = mutual(host, trusted=stored).findings()
    assert (finding.rule, finding.where) == ("router-truststore-differs", "r1/nginx.conf:7")
    assert finding.message.startswith(told)
    assert finding.steps == ()


@pytest.mark.parametrize("verify", [None, "off"])
def test_a_router_that_asks_for_no_certificate(verify: str | None) -> None:
    (finding,) = mutual(on_router(verify, certificate=(LEAF, ISSUING))).findings()
    assert finding.rule == "router-truststore-differs"
    assert "asks clients for no certificate" in finding.message


def test_what_is_not_known_is_not_compared() -> None:
    host = on_router(certificate=(LEAF, ISSUING), client_certificate=(OTHER,))
    estate = mutual(host).change_alias("trust", "ca0", is_complete=False)
    assert estate.findings("router-truststore-differs") == []
    unread = replace(host, stores=())  # a gap says why
    assert mutual(unread).findings() == []
