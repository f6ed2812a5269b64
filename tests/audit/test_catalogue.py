"""Which thing a text means."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.audit.catalogue import Catalogue
from edgeaudit.errors import InputError
from edgeaudit.location import place
from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, secure

if TYPE_CHECKING:
    from edgeaudit.x509.certificate import Certificate

CERTIFICATE = LEAF.certificate
SHA256 = CERTIFICATE.sha256 or ""


def _coloned(digits: str) -> str:
    even = digits.zfill(len(digits) + len(digits) % 2)
    return ":".join(even[at : at + 2] for at in range(0, len(even), 2)).upper()


def _estate() -> Estate:
    estate = secure(hosts=["api.example.com"]).reference("ref", "web")
    estate.store("roots", root=[ROOT]).server("backend", truststore="roots")
    return estate.proxy("orders", 9, url="https://b").proxy("orders", 10, url="https://b")


CATALOGUE = Catalogue([_estate().inventory()])


@pytest.mark.parametrize(
    ("text", "kind", "where"),
    [
        ("acme/prod/keystores/web", "keystore", "acme/prod/keystores/web"),
        ("prod/keystores/web", "keystore", "acme/prod/keystores/web"),
        ("keystores/web", "keystore", "acme/prod/keystores/web"),
        ("roots", "keystore", "acme/prod/keystores/roots"),
        ("acme/prod/keystores/web/server", "alias", "acme/prod/keystores/web/server"),
        ("acme/prod/web/server", "alias", "acme/prod/keystores/web/server"),
        ("web/server", "alias", "acme/prod/keystores/web/server"),
        ("server", "alias", "acme/prod/keystores/web/server"),
        ("web/server#1", "certificate", "acme/prod/keystores/web/server#1"),
        ("ref", "reference", "acme/prod/references/ref"),
        ("virtualhosts/web", "virtualhost", "acme/prod/virtualhosts/web"),
        ("backend", "targetserver", "acme/prod/targetservers/backend"),
        ("orders", "proxy", "acme/prod/proxies/orders"),
        ("default:acme/prod/proxies/orders", "proxy", "acme/prod/proxies/orders"),
        ("orders/9", "proxy", "acme/prod/proxies/orders/9"),
        ("orders/9/targets/default", "target", "acme/prod/proxies/orders/9/targets/default"),
        ("{sha256}", "certificate", "CN=api.example.com"),
        ("{coloned_sha256}", "certificate", "CN=api.example.com"),
        ("{serial}", "certificate", "CN=api.example.com"),
        ("{coloned_serial}", "certificate", "CN=api.example.com"),
        ("00{serial}", "certificate", "CN=api.example.com"),
        ("CN=api.example.com", "certificate", "CN=api.example.com"),
        ("Api.Example", "certificate", "CN=api.example.com"),
    ],
)
def test_what_is_meant(text: str, kind: str, where: str) -> None:
    numbers = {"sha256": SHA256, "serial": CERTIFICATE.serial}
    numbers |= {f"coloned_{name}": _coloned(digits) for name, digits in numbers.items()}
    found = CATALOGUE.find(text.format(**numbers))
    assert (found.kind, found.name) == (kind, where)


def test_a_proxy_is_meant_with_all_its_revisions() -> None:
    assert len(CATALOGUE.find("orders").things) == 2


@pytest.mark.parametrize("text", ["100%", "references/100%", "references/100%25"])
def test_a_name_with_signs_of_structure_may_be_written_as_it_is(text: str) -> None:
    catalogue = Catalogue([Estate().reference("100%25", "x").inventory()])
    assert catalogue.find(text).name == "acme/prod/references/100%25"


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("web", ["keystore acme/prod/keystores/web", "virtualhost acme/prod/virtualhosts/web"]),
        ("acme", ["certificate CN=Acme Issuing CA, sha256 ", "certificate CN=Acme Root, sha256 "]),
    ],
)
def test_what_is_ambiguous(text: str, candidates: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        CATALOGUE.find(text)
    first, *rest = caught.value.message.splitlines()
    assert first == f'"{text}" may be any of these 2:'
    for line, candidate in zip(rest, candidates, strict=True):
        assert line.strip().startswith(candidate)


def test_at_most_ten_candidates_are_told() -> None:
    estate = Estate()
    for number in range(12):
        estate.store(f"s{number:02}", same=[LEAF])
    with pytest.raises(InputError, match="any of these 12") as caught:
        Catalogue([estate.inventory()]).find("same")
    assert len(caught.value.message.splitlines()) == 12
    assert caught.value.message.endswith("  and 2 more")


def test_installations_tell_candidates_apart() -> None:
    inventories = [_estate().inventory("east"), _estate().inventory("west")]
    with pytest.raises(InputError, match="keystore west:acme/prod/keystores/web"):
        Catalogue(inventories).find("keystores/web")
    found = Catalogue(inventories).find("west:acme/prod/keystores/web")
    assert found.things[0].inventory.installation == "west"
    assert len(Catalogue(inventories).find(SHA256).things) == 2


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("acme/prod/keystores/wbe", "did you mean acme/prod/keystores/web"),
        ("bakend", "did you mean acme/prod/targetservers/backend or "),
        ("", "`edgeaudit list`"),
        (" ", "`edgeaudit list`"),
        ("xyzzy", "`edgeaudit list`"),
        ("0" * 64, "`edgeaudit list`"),
    ],
)
def test_what_is_not_there(text: str, hint: str) -> None:
    with pytest.raises(InputError, match="nothing that was read is called") as caught:
        CATALOGUE.find(text)
    assert hint in caught.value.hint


@given(st.text(max_size=80))
def test_any_text_is_one_thing_or_a_plain_refusal(text: str) -> None:
    with suppress(InputError):
        assert CATALOGUE.find(text).name


@given(st.text(min_size=1, max_size=20))
def test_every_name_is_found_by_its_place(name: str) -> None:
    where = f"acme/prod/references/{place(name)}"
    inventory = Estate().reference(place(name), "x").inventory()
    assert Catalogue([inventory]).find(where).name == where


@pytest.mark.parametrize(
    ("certificate", "places"),
    [
        (CERTIFICATE, 1),
        (LEAF.described, 1),
        (ISSUING.leaf("api.example.com").certificate, 0),
    ],
    ids=["whole", "described", "another"],
)
def test_where_a_certificate_lies(certificate: Certificate, places: int) -> None:
    assert len(CATALOGUE.holding(certificate).things) == places


def test_a_certificate_that_edge_only_describes() -> None:
    estate = secure().describe_alias("web", "server", LEAF)
    assert len(Catalogue([estate.inventory()]).holding(CERTIFICATE).things) == 1
