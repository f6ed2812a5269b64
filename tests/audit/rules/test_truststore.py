"""Truststores that trust nobody, too few, too closely; OpenSSL is asked what nginx would say."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from edgeaudit.inventory import Told
from edgeaudit.x509 import jsse
from edgeaudit.x509.java_algorithms import RELEASES
from edgeaudit.x509.java_anchor import anchor_refusal
from edgeaudit.x509.path import verify
from edgeaudit.x509.trust import Trust
from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, secure
from tests.factories import CA, NOW, self_signed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.factories import Made

OTHER_ROOT = CA.root("Other Root")
TWIN = OTHER_ROOT.cross_sign(ISSUING)  # the same CA, vouched for by another root
NAMESAKE = OTHER_ROOT.intermediate("Acme Issuing CA")  # the same name, another CA
LOWER = ISSUING.intermediate("Acme Lower CA")
PINNED = ISSUING.leaf("backend.example.com")
SELF_SIGNED = self_signed("backend.example.com")
# its new key vouched for by its old one: it names itself as issuer, and is no root
ROLLED = ROOT.intermediate("Acme Root")
ANONYMOUS = CA.root("Anonymous Root", key_ids=False)
_KEY = ANONYMOUS.private_key
_KEY_ID = x509.SubjectKeyIdentifier.from_public_key(_KEY.public_key())
NAMED = CA.root("Named Root", key=_KEY, key_ids=False, extensions=[(_KEY_ID, False)])


def _stores(**entries: Iterable[Made]) -> Estate:
    """A truststore `trust` with these entries, and a keystore `web`."""
    chains: dict[str, Any] = {name: [*chain] for name, chain in entries.items()}
    return Estate().store("web", server=[LEAF, ISSUING]).store("trust", keys=False, **chains)


def _clients(**entries: Iterable[Made]) -> Estate:
    """A virtual host checks client certificates against them."""
    shown: dict[str, Any] = {"keystore": "web", "key_alias": "server"}
    return _stores(**entries).host("web", client_auth=True, truststore="trust", **shown)


def _backend(**entries: Iterable[Made]) -> Estate:
    """A target server is checked against them."""
    return (
        _stores(**entries)
        .host("web", keystore="web", key_alias="server")
        .server("backend", truststore="trust")
    )


@pytest.mark.parametrize("estate", [_clients(), _backend()])
def test_empty_truststore(estate) -> None:
    assert estate.found() == {("empty-truststore", "keystores/trust", "error")}


def test_an_alias_without_certificates_is_empty_too() -> None:
    estate = _backend(a=[ROOT]).change_alias("trust", "a", chain=())
    assert [each.rule for each in estate.findings()] == ["empty-truststore"]


@pytest.mark.parametrize(
    "estate",
    [
        _backend(root=[ROOT]),
        _backend().store("trust", keys=False, unread=["root"]),
        _backend(a=[ROOT]).change_alias("trust", "a", chain=(), is_complete=False),
        _stores().host("web", truststore="trust", keystore="web", key_alias="server"),
        _stores().server("backend", enabled=False, truststore="trust"),
    ],
)
def test_what_is_not_empty_or_not_asked(estate) -> None:
    assert estate.findings("empty-truststore") == []


def test_of_a_disabled_target_server_it_is_a_note() -> None:
    estate = _stores().server("backend", is_enabled=False, truststore="trust")
    (finding,) = estate.findings("empty-truststore")
    assert finding.severity.value == "note"
    assert estate.findings("empty-keystore") == []


INCOMPLETE = [
    {"a": [ISSUING]},
    {"a": [ISSUING, LOWER]},
    {"a": [LOWER], "b": [ROOT]},
    {"a": [ISSUING], "b": [OTHER_ROOT]},
    {"a": [ISSUING, TWIN]},
    {"a": [ISSUING], "b": [NAMESAKE], "c": [OTHER_ROOT]},
    {"a": [ROLLED]},
]
COMPLETE = [
    {"a": [ROOT]},
    {"a": [ISSUING, ROOT]},
    {"a": [ROOT, LOWER, ISSUING]},
    {"a": [LOWER], "b": [ROOT], "c": [ISSUING]},
    {"a": [ISSUING], "b": [TWIN], "c": [OTHER_ROOT]},
    {"a": [ISSUING, TWIN, ROOT]},
    {"a": [OTHER_ROOT], "b": [SELF_SIGNED]},
    {"a": [ANONYMOUS], "b": [NAMED]},
    {"a": [ROLLED], "b": [ROOT]},
]


@pytest.mark.parametrize("entries", INCOMPLETE)
def test_incomplete_truststore(entries) -> None:
    estate = _clients(**entries)
    assert ("incomplete-truststore", "keystores/trust", "error") in estate.found()
    assert not _is_accepted_in_every_order(entries)


@pytest.mark.parametrize("entries", COMPLETE)
def test_complete_truststore(entries) -> None:
    assert _clients(**entries).findings() == []


@pytest.mark.parametrize("root", [ROOT, ANONYMOUS, NAMED])
def test_openssl_takes_for_a_root_what_is_one_here(root) -> None:
    assert _accepts([root], root.leaf("client"))


def test_openssl_takes_a_twin_by_the_order_that_edge_does_not_tell() -> None:
    """Why a CA is not spoken of, as long as one of its certificates leads to a root."""
    stores = permutations([ISSUING, TWIN, ROOT])
    assert {_accepts(store, ISSUING.leaf("client")) for store in stores} == {True, False}


def _is_accepted_in_every_order(entries: dict[str, list[CA]]) -> bool:
    """Whether OpenSSL accepts a client of every CA in the store, whatever their order."""
    cas = [ca for chain in entries.values() for ca in chain]
    return all(_accepts(store, ca.leaf("client")) for store in permutations(cas) for ca in cas)


def _accepts(store: Iterable[Made], client: Made) -> bool:
    trust = Trust([each.certificate for each in store], public_roots=False)
    return verify(client.certificate, [], trust, NOW).ok


def test_what_is_missing_is_told() -> None:
    (finding,) = _clients(a=[ISSUING, LOWER]).findings()
    assert finding.facts["missing_issuers"] == ["CN=Acme Root"]
    assert finding.facts["intermediates"] == ["CN=Acme Issuing CA", "CN=Acme Lower CA"]
    assert finding.direction == "northbound"
    assert finding.affects == ("acme/prod/virtualhosts/web",)


def test_java_needs_no_root() -> None:
    assert _backend(a=[ISSUING]).found() == set()


@pytest.mark.parametrize(
    "estate",
    [
        _clients(a=[ISSUING], b=[ROOT]).change_alias("trust", "b", chain=(), is_complete=False),
        _clients(a=[ISSUING]).store("trust", keys=False, unread=["b"], a=[ISSUING]),
        _stores(a=[ISSUING]).host("web", truststore="trust", keystore="web", key_alias="server"),
        _clients(a=[ISSUING, ROOT]).describe_alias("trust", "a", ISSUING, ROOT),
    ],
)
def test_what_may_be_complete_or_is_not_asked(estate) -> None:
    assert estate.findings("incomplete-truststore") == []


def test_a_name_that_is_nowhere_is_missing_though_keys_are_unknown() -> None:
    estate = _clients(a=[ISSUING]).describe_alias("trust", "a", ISSUING)
    assert len(estate.findings("incomplete-truststore")) == 1


@pytest.mark.parametrize("side", [_clients, _backend])
@pytest.mark.parametrize("entries", [{"a": [PINNED]}, {"a": [PINNED], "b": [OTHER_ROOT]}])
def test_truststore_pins_leaf(side, entries) -> None:
    (finding,) = side(**entries).findings()
    assert (finding.rule, finding.severity.value) == ("truststore-pins-leaf", "warning")
    assert finding.where == "acme/prod/keystores/trust/a#0"
    assert finding.certificate == PINNED.certificate


@pytest.mark.parametrize(
    "estate",
    [
        _backend(a=[SELF_SIGNED]),
        _backend(a=[PINNED, ISSUING]),
        _backend(a=[PINNED], b=[TWIN]),
        _backend(a=[PINNED], b=[ISSUING]).change_alias("trust", "b", is_complete=False),
        _backend(a=[PINNED]).change_alias("trust", "a", has_key=True),
        _stores(a=[PINNED]),
        _stores(a=[PINNED]).server("backend", port=80, enabled=False, truststore="trust"),
    ],
)
def test_what_survives_a_renewal_or_is_not_asked(estate) -> None:
    assert estate.findings("truststore-pins-leaf") == []


def test_a_namesake_of_the_issuer_does_not_save_it() -> None:
    estate = _backend(a=[PINNED], b=[NAMESAKE])
    assert len(estate.findings("truststore-pins-leaf")) == 1


def test_nor_does_an_issuer_that_is_no_ca() -> None:
    fake = ISSUING.intermediate("Fake CA", ca=False)
    found = _backend(a=[fake.leaf("backend.example.com")], b=[fake]).findings()
    assert {each.where.rpartition("/")[2] for each in found} == {"a#0", "b#0"}


def test_private_key_in_truststore() -> None:
    estate = _backend(a=[ROOT], b=[PINNED]).change_alias("trust", "b", has_key=True)
    (finding,) = estate.findings()
    assert (finding.rule, finding.severity.value) == ("private-key-in-truststore", "warning")
    assert finding.where == "acme/prod/keystores/trust/b"
    assert finding.certificate == PINNED.certificate


def test_a_keystore_that_was_named_as_truststore() -> None:
    estate = secure().server("backend", truststore="web")
    (finding,) = estate.findings()
    assert finding.where == "acme/prod/keystores/web/server"
    assert finding.rule == "private-key-in-truststore"


@pytest.mark.parametrize(
    "estate",
    [
        _backend(a=[ROOT]).change_alias("trust", "a", has_key=None),
        _stores(a=[PINNED]).change_alias("trust", "a", has_key=True),
        secure().host("web", truststore="web", keystore="web", key_alias="server"),
    ],
)
def test_no_key_or_no_truststore(estate) -> None:
    assert estate.findings("private-key-in-truststore") == []


P224 = CA.root("Root on P-224", key=ec.generate_private_key(ec.SECP224R1()))
BRAINPOOL = CA.root("Root on brainpool", key=ec.generate_private_key(ec.BrainpoolP256R1()))
ED25519 = CA.root("Root of Ed25519", key=ed25519.Ed25519PrivateKey.generate())
MUTE = CA.root("Root without keyCertSign", key_usage=["digital_signature"])
P384 = CA.root("Root on P-384", key=ec.generate_private_key(ec.SECP384R1()))


def _told(estate: Estate, java: int | None, edge: str | None = None) -> Estate:
    estate.told = Told(java=java, edge_version=edge)
    return estate


@pytest.mark.parametrize("java", RELEASES)
@pytest.mark.parametrize("root", [P224, BRAINPOOL, ED25519, MUTE, P384, ROOT])
def test_java_accepts_nothing_from_an_unusable_anchor_alone(root: CA, java: int) -> None:
    issuing = root.intermediate("Issuing")
    chain = [issuing.leaf("backend.example.com").certificate, issuing.certificate]
    verdict = jsse.verify(chain, [root.certificate], NOW, java=RELEASES[java], role="server")
    estate = _told(_backend(a=[root]), java)
    found = [(each.severity.value, each.facts) for each in estate.findings("unusable-trust-anchor")]
    assert found == ([] if verdict.ok else [("error", {"engine": f"Java {java}"})])
    assert (anchor_refusal(root.certificate, RELEASES[java]) is None) == verdict.ok


@pytest.mark.parametrize(
    ("root", "java", "edge", "found"),
    [
        (P224, None, None, ["Java"]),
        (MUTE, None, None, ["Java"]),
        (ED25519, None, None, []),
        (ED25519, None, "4.53.00", ["Java 8"]),
        (ED25519, None, "4.54.00", []),
        (ED25519, 8, "4.54.00", ["Java 8"]),
        (P224, 7, None, []),
        (ED25519, None, "4.16.09", []),
    ],
)
def test_what_the_version_of_java_changes(root, java, edge, found) -> None:
    estate = _told(_backend(a=[root]), java, edge)
    hits = estate.findings("unusable-trust-anchor")
    assert [each.facts["engine"] for each in hits] == found


def test_beside_a_good_ca_an_unusable_one_is_a_warning() -> None:
    (finding,) = _backend(a=[P224], b=[ROOT]).findings("unusable-trust-anchor")
    assert (finding.severity.value, finding.where) == (
        "warning",
        "acme/prod/keystores/trust/a#0",
    )


@pytest.mark.parametrize(
    "estate",
    [
        _backend(a=[P224.intermediate("Good Issuing"), P224]),
        _clients(a=[P224]),
        _backend(a=[self_signed("backend.example.com", key=P224.private_key)]),
        _backend(a=[P224.leaf("backend.example.com")]),
        _backend(a=[P224]).change_alias("trust", "a", is_complete=False),
        _stores(a=[P224]),
        _backend(a=[P224]).describe_alias("trust", "a", P224),
    ],
    ids=["above", "clients", "self-signed", "leaf", "unread", "unused", "described"],
)
def test_what_is_no_unusable_anchor_of_backends(estate) -> None:
    assert estate.findings("unusable-trust-anchor") == []


@pytest.mark.parametrize(
    ("estate", "engine"),
    [(_clients(), "OpenSSL"), (_backend(), "Java"), (_told(_backend(), 8), "Java 8")],
)
def test_the_engine_that_speaks_is_named(estate, engine) -> None:
    (finding,) = estate.findings("empty-truststore")
    assert finding.facts == {"engine": engine}
