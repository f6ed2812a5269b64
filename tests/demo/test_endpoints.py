"""The demo's Routers and backends each do what they are there for, as OpenSSL sees it."""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pytest
from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st
from OpenSSL import SSL

from edgeaudit.demo import DemoEndpoints
from edgeaudit.demo.edge import installation
from edgeaudit.demo.flight import Refusal, reply
from edgeaudit.demo.services import Demand

from .conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.demo.installation import Installation
    from edgeaudit.demo.pki import Chain

OLD = (SSL.TLS1_VERSION, SSL.TLS1_1_VERSION)
TLS12, TLS13 = (SSL.TLS1_2_VERSION,) * 2, (SSL.TLS1_3_VERSION,) * 2
TODAY = (SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION)
PROXY_V1 = b"PROXY TCP4 192.0.2.1 192.0.2.2 50000 443\r\n"
PROXY_V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + bytes(12)


class Seen(NamedTuple):
    """What became of a handshake: version, names and length of the chain, or what went wrong."""

    version: str = ""
    names: tuple[str, ...] = ()
    length: int = 0
    issuers: tuple[str, ...] = ()
    error: str = ""


@pytest.fixture(scope="module")
def endpoints() -> Iterator[DemoEndpoints]:
    with DemoEndpoints(NOW) as endpoints:
        yield endpoints


def _connected(endpoints: DemoEndpoints, where: str) -> socket.socket:
    host, _, port = endpoints.connect[where].rpartition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def _seen(
    endpoints: DemoEndpoints,
    where: str,
    versions: tuple[int, int] = TODAY,
    sni: str | None = "",
    ciphers: str = "ALL:@SECLEVEL=0",
    client: str = "",
    first: bytes = b"",
) -> Seen:
    """What a client sees that names the host (or `sni`, None for no name)."""
    context = _context(versions, ciphers, client)
    with _connected(endpoints, where) as connection:
        connection.sendall(first)
        connection.setblocking(True)  # pyOpenSSL knows no timeout
        tls = SSL.Connection(context, connection)
        if sni is not None:
            tls.set_tlsext_host_name((sni or where.rpartition(":")[0]).encode())
        tls.set_connect_state()
        return _shaken(tls)


def _shaken(tls: SSL.Connection) -> Seen:
    error = ""
    try:
        tls.do_handshake()
        tls.send(b"GET / HTTP/1.0\r\n\r\n")
        tls.recv(100)
    except SSL.Error as problem:
        (told,) = problem.args[0] or [("", "", "closed")] if problem.args else [("", "", "closed")]
        error = told[2] if isinstance(told, tuple) else str(problem)
    chain = [each.to_cryptography() for each in tls.get_peer_cert_chain() or ()]
    issuers = tuple(each.commonName or "" for each in tls.get_client_ca_list())
    names = _names(chain[0]) if chain else ()
    version = tls.get_protocol_version_name() if chain else ""
    return Seen(version, names, len(chain), issuers, error)


@cache
def _context(versions: tuple[int, int], ciphers: str, client: str) -> SSL.Context:
    context = SSL.Context(SSL.TLS_CLIENT_METHOD)
    context.set_min_proto_version(versions[0])
    context.set_max_proto_version(versions[1])
    context.set_cipher_list(ciphers.encode())
    if client:
        leaf, issuer = _stored(client)
        context.use_privatekey(installation(NOW).keys[leaf.serial_number])
        context.use_certificate(leaf)
        context.add_extra_chain_cert(issuer)
    return context


def _stored(name: str) -> Chain:
    """The chain in acme's store of that name."""
    environments = installation(NOW).organizations[0].environments
    stores = [store for each in environments for store in each.keystores if store.name == name]
    return stores[0].aliases[0].chain


def _names(leaf: x509.Certificate) -> tuple[str, ...]:
    found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = found.get_values_for_type(x509.IPAddress)
    return (*found.get_values_for_type(x509.DNSName), *map(str, addresses))


@pytest.mark.parametrize(
    ("where", "length"),
    [
        ("runways.partner.example:443", 2),
        ("beacons.partner.example:443", 2),
        ("fuel.partner.example:443", 2),
        ("radar.partner.example:443", 2),
        ("luggage.partner.example:443", 1),
        ("insurer.partner.example:443", 1),
        ("terminals.acme.example:9026", 1),
        ("gifts.acme.example:9008", 2),
    ],
)
def test_a_handshake_of_today(endpoints: DemoEndpoints, where: str, length: int) -> None:
    seen = _seen(endpoints, where)
    assert seen == Seen("TLSv1.3", (where.rpartition(":")[0],), length)


@pytest.mark.parametrize(
    ("where", "offered", "version"),
    [
        ("towers.partner.example:443", TODAY, "TLSv1.2"),
        ("eu.api.wellkept.example:443", TODAY, "TLSv1.2"),
        ("newest.wellkept.example:9030", TLS12, ""),
        ("shuttles.partner.example:443", TLS12, ""),
        ("shuttles.partner.example:443", TLS13, "TLSv1.3"),
        ("telegraph.partner.example:443", OLD, "TLSv1.1"),
        ("telegraph.partner.example:443", (OLD[0], OLD[0]), "TLSv1"),
        ("telegraph.partner.example:443", TODAY, ""),
        ("visas.partner.example:443", TLS13, ""),
    ],
)
def test_versions(
    endpoints: DemoEndpoints, where: str, offered: tuple[int, int], version: str
) -> None:
    seen = _seen(endpoints, where, offered)
    assert seen.version == version
    assert ("protocol" in seen.error) is (version == "")


@pytest.mark.parametrize(
    ("where", "ciphers", "error"),
    [
        ("tariffs.acme.example:9031", "ALL", "handshake failure"),
        ("cockpit.partner.example:443", "AESGCM", "handshake failure"),
        ("cockpit.partner.example:443", "CHACHA20", ""),
        ("visas.partner.example:443", "ECDHE+aRSA", "handshake failure"),
    ],
)
def test_ciphers(endpoints: DemoEndpoints, where: str, ciphers: str, error: str) -> None:
    seen = _seen(endpoints, where, TLS12, ciphers=ciphers)
    assert error in seen.error
    assert bool(seen.names) is not bool(error)


@pytest.mark.parametrize("name", [None, "somewhere.example"])
def test_what_another_name_is_shown(endpoints: DemoEndpoints, name: str | None) -> None:
    assert _seen(endpoints, "charts.partner.example:443", sni=name).names == (
        "www.hosting.example",
    )
    assert _seen(endpoints, "fuel.partner.example:443", sni=name).names == ("www.hosting.example",)
    assert "unrecognized name" in _seen(endpoints, "radar.partner.example:443", sni=name).error
    assert _seen(endpoints, "runways.partner.example:443", sni=name).names == (
        "runways.partner.example",
    )


def test_other_names_and_dates(endpoints: DemoEndpoints, truth: Installation) -> None:
    assert _seen(endpoints, "meals.partner.example:443").names == ("catering.partner.example",)
    assert _seen(endpoints, "parcels.acme.example:9014").names == ("tracking.acme.example",)
    peers = {peer.where: peer.service for peer in truth.peers}
    for where in ("seats.partner.example:443", "catalog.acme.example:9003"):
        service = peers[where]
        assert not isinstance(service, str)
        assert service.chain[0].not_valid_after_utc < NOW


@pytest.mark.parametrize(
    ("where", "client", "error"),
    [
        ("crews.partner.example:443", "", "handshake failure"),
        ("slots.partner.example:443", "", "certificate required"),
        ("permits.partner.example:443", "", "handshake failure"),
        ("duties.partner.example:443", "", "certificate required"),
        ("robot.partner.example:443", "", "certificate required"),
        ("visas.partner.example:443", "", "handshake failure"),
        ("borders.partner.example:443", "", "handshake failure"),
        ("borders.partner.example:443", "gateway", "unknown ca"),
        ("beacons.partner.example:443", "", ""),
    ],
)
def test_client_certificates(endpoints: DemoEndpoints, where: str, client: str, error: str) -> None:
    seen = _seen(endpoints, where, client=client)
    assert error in seen.error
    assert bool(seen.error) is bool(error)
    assert seen.names == (where.rpartition(":")[0],)


def test_the_issuers_that_are_accepted(endpoints: DemoEndpoints, truth: Installation) -> None:
    demands = {peer.where: peer.service for peer in truth.peers if isinstance(peer.service, Demand)}
    for where in demands:
        assert _seen(endpoints, where).issuers
    assert _seen(endpoints, "borders.partner.example:443").issuers == (
        "Globex Issuing",
        "Partner Root",
    )
    assert "Acme Root" in _seen(endpoints, "settlement.partner.example:443").issuers


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        ("galley.partner.example:443", b""),
        ("drones.acme.example:9029", b""),
        ("canteen.partner.example:443", b"HTTP/1.1 400 Bad Request\r\n"),
        ("power-meters.acme.example:9030", b"HTTP/1.1 400 Bad Request\r\n"),
        ("cargo.partner.example:443", b"\x15\x03\x03\x00\x02\x02\x28"),
    ],
)
def test_answers_without_a_handshake(endpoints: DemoEndpoints, where: str, answer: bytes) -> None:
    with _connected(endpoints, where) as connection:
        connection.sendall(_client_hello())
        assert connection.recv(1000)[: len(answer) or None] == answer


def test_no_answers(endpoints: DemoEndpoints) -> None:
    with _connected(endpoints, "tarmac.partner.example:443") as connection:
        connection.sendall(_client_hello())
        with pytest.raises(ConnectionResetError):
            connection.recv(1000)
    for where in ("parcel-lockers.acme.example:9027", "apron.partner.example:443"):
        assert where in endpoints.unreached
        with pytest.raises(ConnectionRefusedError):
            _connected(endpoints, where)


@pytest.mark.parametrize("header", [PROXY_V1, PROXY_V2], ids=["v1", "v2"])
def test_behind_a_proxy_header_is_tls(endpoints: DemoEndpoints, header: bytes) -> None:
    seen = _seen(endpoints, "drones.acme.example:9029", first=header)
    assert seen.names == ("drones.acme.example",)


def test_the_healthy_show_a_certificate_for_their_name(endpoints: DemoEndpoints) -> None:
    healthy = [each for each in endpoints.connect if "acme" not in each and "wellkept" in each]
    assert len(healthy) > 30
    for where in healthy:
        host = where.rpartition(":")[0]
        seen = _seen(endpoints, where, first=PROXY_V1 if "relayed" in where else b"")
        assert {host, f"*.{host.partition('.')[2]}"} & set(seen.names), where
        assert seen.error.rpartition(" ")[2] in {"", "required"}


def test_every_expectation_is_of_an_endpoint_and_none_of_the_healthy(
    endpoints: DemoEndpoints,
) -> None:
    expected = {*endpoints.observed(), *endpoints.observed(has_sni=False)}
    assert {each.where for each in expected} <= set(endpoints.connect) - set(endpoints.unreached)
    assert not [each for each in expected if "wellkept" in each.where]
    assert len({(each.rule, each.where) for each in expected}) == len(expected)
    assert {each.rule for each in endpoints.observed()} == {
        "client-certificate-unacceptable",
        "client-certificate-unconfigured",
        "failed-handshake",
        "no-common-cipher",
        "no-common-protocol",
        "served-certificate-differs",
        "served-certificate-expired",
        "served-certificate-expiring",
        "served-chain-incomplete",
        "served-chain-untrusted",
        "served-legacy-protocol",
        "served-name-mismatch",
        "served-weak-cipher",
        "untrusted-backend",
    }
    without = set(endpoints.observed(has_sni=False)) - set(endpoints.observed())
    assert {each.severity for each in without if each.rule == "sni-disabled"} == {
        "error",
        "warning",
    }
    assert len({peer.where for peer in endpoints.peers}) == len(endpoints.peers)


@given(st.binary(max_size=200))
def test_what_is_no_client_hello_is_refused(data: bytes) -> None:
    peers = {peer.where: peer.service for peer in installation(NOW).peers}
    demand = peers["visas.partner.example:443"]
    assert isinstance(demand, Demand)
    key = installation(NOW).keys[demand.chain[0].serial_number]
    hello = _client_hello()[: len(data)]
    for record in (data, hello, hello[:9] + data):
        with suppress(Refusal, ValueError):
            assert reply(record, demand, key)[0] == 22  # type: ignore[arg-type]


def _client_hello() -> bytes:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    received, sent = ssl.MemoryBIO(), ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(received, sent, server_hostname="any.example").do_handshake()
    return sent.read()
