"""What an upload would break and heal, foretold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from edgeaudit.audit.planning.preflight import Preflight, preflight
from edgeaudit.audit.planning.slot import Slot
from edgeaudit.audit.planning.upload import MOST_BYTES, Upload
from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import Gap, Told
from edgeaudit.reports.preflight import FORMATS, render
from tests.audit.estate import ISSUING, LEAF, ROOT, TRUST, Estate, mutual, secure
from tests.factories import CA, NOW, Made, self_signed
from tests.schemas import validate

OLD = ISSUING.leaf("api.example.com", not_after=NOW - timedelta(days=3))
FRESH = ISSUING.leaf("api.example.com")
ELSEWHERE = CA.root("Other Root").intermediate("Other CA").leaf("api.example.com")


def _slot(estate: Estate, alias: str = "server", store: str = "web", reference: str = "") -> Slot:
    inventory = estate.inventory()
    (env,) = inventory.environments
    found = env.references.get(reference)
    return Slot(inventory, env, env.keystores.items[store], alias, found)


def _foretold(slot: Slot, *chain: Made, **more: Any) -> Preflight:
    known = {"fits": True, **more} if more.get("has_key") else more
    upload = Upload(tuple(each.certificate for each in chain), "PEM", 1000, **known)
    found = preflight(slot, upload, TRUST, Policy(), NOW, NOW)
    validate(json.loads(FORMATS["json"](found)), "preflight")
    return found


def _rules(found: Preflight) -> tuple[set[str], set[str]]:
    return (
        {each.rule for each in found.compared.came},
        {each.rule for each in found.compared.went},
    )


def test_a_renewal_heals() -> None:
    slot = _slot(secure([OLD, ISSUING], ["api.example.com"]))
    found = _foretold(slot, FRESH, ISSUING, has_key=True, fits=True)
    assert _rules(found) == (set(), {"expired-certificate"})
    assert not found.breaks
    assert found.steps[-2].startswith("openssl s_client")
    assert "another public key" in " ".join(found.remarks)
    assert "Nothing would break; 1 finding would go" in render(found)


def test_a_name_that_is_lost() -> None:
    hosts = ["api.example.com", "www.example.com"]
    both = ISSUING.leaf("api.example.com", names=hosts)
    slot = _slot(secure([both, ISSUING], hosts))
    found = _foretold(slot, FRESH, ISSUING, has_key=True)
    assert _rules(found) == ({"uncovered-host-alias"}, set())
    assert found.breaks
    assert "it no longer has the names www.example.com" in found.remarks
    assert "WOULD BREAK\n  acme/prod/virtualhosts/web\n" in render(found)


def test_a_chain_that_lacks_its_issuer_is_mended_from_the_installation() -> None:
    slot = _slot(secure().store("cas", keys=False, ca=[ISSUING]))
    found = _foretold(slot, FRESH, has_key=True)
    assert _rules(found) == ({"incomplete-chain"}, set())
    assert found.bundle == (FRESH.certificate, ISSUING.certificate)
    assert found.lacks is None
    assert "AS IT SHOULD BE, AND AS --write MAKES IT\n" in render(found)


@pytest.mark.parametrize("is_upload", [False, True])
def test_chains_are_compared_by_their_leaves(is_upload: bool) -> None:
    old, new = [OLD, ISSUING], [FRESH, ISSUING]
    (new if is_upload else old).reverse()
    found = _foretold(_slot(secure(old)), *new, has_key=True)
    assert found.remarks == ("it has another public key: who pins the old one will refuse it",)


def test_an_issuer_that_is_nowhere() -> None:
    found = _foretold(_slot(secure()), ELSEWHERE, has_key=True)
    assert found.lacks == "CN=Other CA"
    assert "missing: CN=Other CA" in render(found)
    assert any(each.startswith("its issuer was CN=Acme Issuing CA") for each in found.remarks)


def test_the_root_is_left_out() -> None:
    found = _foretold(_slot(secure()), FRESH, ISSUING, ROOT, has_key=True)
    assert _rules(found) == ({"root-in-chain"}, set())
    assert not found.breaks
    assert found.bundle == (FRESH.certificate, ISSUING.certificate)


def test_what_stays() -> None:
    slot = _slot(secure([OLD, ISSUING], ["api.example.com", "other.example.com"]))
    found = _foretold(slot, FRESH, ISSUING, has_key=True)
    assert {each.rule for each in found.stays} == {"uncovered-host-alias", "direct-store-name"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"fits": False, "has_key": True}, "not that of the first certificate"),
        ({}, "another private key than the alias holds"),
        ({"size": MOST_BYTES + 1, "has_key": True}, "at most 50 KB, and this one has 51,201"),
        ({"is_spaced": False, "has_key": True}, "an empty line between"),
        ({"form": "JKS", "has_key": True}, "takes no JKS"),
        ({"form": "PKCS#7", "has_key": True}, "takes no PKCS#7"),
    ],
)
def test_what_edge_would_refuse(more: dict[str, Any], said: str) -> None:
    slot = _slot(secure())
    good = Upload((FRESH.certificate, ISSUING.certificate), "PEM", MOST_BYTES)
    found = preflight(slot, replace(good, **more), TRUST, Policy(), NOW, NOW)
    (told,) = found.refused
    assert said in told
    assert found.breaks
    fine = preflight(slot, replace(good, has_key=True), TRUST, Policy(), NOW, NOW)
    assert not fine.breaks


def test_an_expired_certificate() -> None:
    found = _foretold(_slot(secure()), OLD, ISSUING, has_key=True)
    assert found.refused == ("Edge refuses a certificate that has expired: CN=api.example.com",)
    assert _rules(found)[0] == {"expired-certificate"}


@pytest.mark.parametrize(("version", "is_refused"), [("4.52", False), ("4.53.01", True)])
def test_pkcs12_only(version: str, is_refused: bool) -> None:
    estate = secure()
    estate.told = Told(edge_version=version)
    found = _foretold(_slot(estate), FRESH, ISSUING, has_key=True)
    assert bool(found.refused) == is_refused


def test_the_same_key_needs_no_key() -> None:
    again = ISSUING.leaf("api.example.com", key=LEAF.private_key)
    assert _foretold(_slot(secure()), again, ISSUING).refused == ()


def test_backends_must_trust_another_root() -> None:
    slot = _slot(mutual(), "me", "client")
    found = _foretold(slot, ELSEWHERE, has_key=True)
    assert found.may_break == (
        "its chain leads to CN=Other CA, and that of the old one to CN=Acme Root: backends must "
        "trust that root before it is shown to them",
    )
    assert not found.breaks
    assert "Nothing would break for certain; 1 thing may break" in " ".join(render(found).split())


def test_another_issuer_below_the_same_root() -> None:
    """Clients that trust the root follow; those that pin the issuer do not."""
    other = ROOT.intermediate("Acme Issuing CA 2")
    found = _foretold(_slot(secure()), other.leaf("api.example.com"), other, has_key=True)
    assert found.may_break == ()
    assert "its issuer was CN=Acme Issuing CA and is CN=Acme Issuing CA 2: who pins" in str(
        found.remarks
    )


@pytest.mark.parametrize("is_same_key", [False, True])
def test_a_certificate_that_is_its_own_root(is_same_key: bool) -> None:
    """Whoever uses it has it in a truststore."""
    old = self_signed("api.example.com")
    new = self_signed("api.example.com", **({"key": old.private_key} if is_same_key else {}))
    found = _foretold(_slot(secure([old])), new, has_key=True)
    assert [each.split(":")[0] for each in found.may_break] == [
        "its chain leads to another CN=api.example.com, and that of the old one to "
        "CN=api.example.com"
    ]


@pytest.mark.parametrize("is_same", [True, False])
def test_a_root_that_nobody_knows(is_same: bool) -> None:
    """Where the old chain is but a leaf, all that is known is whose it was."""
    old = CA.root("Other Root").leaf("api.example.com")
    new = CA.root("Other Root" if is_same else "Third Root").leaf("api.example.com")
    found = _foretold(_slot(secure([old])), new, has_key=True)
    assert [each.split(":")[0] for each in found.may_break] == [
        "whether its chain leads to the root of the old one is not known"
    ] * (not is_same)


def test_an_end_before_the_present_one() -> None:
    short = ISSUING.leaf("api.example.com", not_after=NOW + timedelta(days=90))
    found = _foretold(_slot(secure()), short, ISSUING, has_key=True)
    assert any(each.startswith("it ends on 2027-02-21, before") for each in found.remarks)


def test_a_new_alias() -> None:
    found = _foretold(_slot(secure(), "next"), FRESH, ISSUING, has_key=True, fits=True)
    assert _rules(found) == (set(), set())
    assert found.remarks == (
        "no virtual host and no target names this alias; who names its keystore expects server",
    )
    assert any("alias=next&format=keycertfile" in each for each in found.steps)


def test_an_alias_that_is_expected() -> None:
    estate = secure().host("new", keystore="web", key_alias="next")
    found = _foretold(_slot(estate, "next"), FRESH, ISSUING, has_key=True)
    assert _rules(found)[1] == {"missing-alias"}
    assert "no virtual host and no target names this alias" not in found.remarks


def test_a_truststore() -> None:
    estate = Estate().store("cas", keys=False, ca=[ROOT])
    estate.server("backend", truststore="cas")
    found = _foretold(_slot(estate, "next", "cas"), self_signed("backend.example.com"))
    assert not found.breaks
    assert any("new-ca.pem" in each for each in found.steps)
    assert any("/cas/aliases?alias=next&" in each for each in found.steps)
    again = _foretold(_slot(estate, "ca", "cas"), ROOT)
    assert any("/cas/aliases?alias=ca-20261123&" in each for each in again.steps), "ca goes last"
    estate.reference("r", "cas", "TrustStore").server("other", truststore="ref://r")
    moved = _foretold(_slot(estate, "ca", "cas"), ROOT)
    assert any("/cas-20261123/aliases?alias=ca&" in each for each in moved.steps)


def test_a_ca_that_goes_takes_its_trust_along() -> None:
    again = CA.root("Acme Root", key=ROOT.private_key)
    estate = Estate().store("cas", keys=False, ca=[ROOT, again, ISSUING], copy=[ISSUING])
    estate.server("backend", truststore="cas")
    found = _foretold(_slot(estate, "ca", "cas"), self_signed("Other"))
    assert found.may_break == (
        "acme/prod/targetservers/backend would refuse backends with certificates of CN=Acme Root",
    )
    assert found.remarks == (
        "under another alias of acme/prod/keystores/cas it comes besides, and no trust goes",
    )
    assert not found.breaks
    kept = _foretold(_slot(estate, "ca", "cas"), ROOT, self_signed("Other"))
    assert (kept.may_break, kept.remarks) == ((), ())


@pytest.mark.parametrize(
    ("settings", "may_break"),
    [
        ({"client_auth": True}, True),
        ({"client_auth": False}, False),
        ({"client_auth": True, "ignores_validation_errors": True}, False),
    ],
)
def test_only_who_asks_refuses_its_clients(settings: dict[str, Any], may_break: bool) -> None:
    estate = Estate().store("cas", keys=False, ca=[ROOT, ISSUING])
    estate.host("web", truststore="cas", **settings)
    found = _foretold(_slot(estate, "ca", "cas"), self_signed("Other"))
    told = "clients with certificates of CN=Acme Root or of CN=Acme Issuing CA"
    assert found.may_break == (f"acme/prod/virtualhosts/web would refuse {told}",) * may_break
    assert ("would no longer trust" in str(found.remarks)) != may_break


def test_a_ca_that_has_expired_let_no_client_in() -> None:
    old = CA.root("Old Root", not_after=NOW - timedelta(days=3))
    estate = Estate().store("cas", keys=False, ca=[old]).host("web", truststore="cas")
    estate.host("web", truststore="cas", client_auth=True).server("backend", truststore="cas")
    (told,) = _foretold(_slot(estate, "ca", "cas"), ROOT).may_break
    assert told.startswith("acme/prod/targetservers/backend would refuse backends")


HERE = "api.example.com"


def test_an_installation_that_calls_itself() -> None:
    """What is shown there is known, so that it is certain."""
    estate = secure(hosts=[HERE]).store("cas", keys=False, ca=[ROOT])
    estate.server("own", host=HERE, truststore="cas").server("port", host=HERE, port=8443)
    found = _foretold(_slot(estate, "ca", "cas"), self_signed("Other"))
    ((where, message),) = found.severed
    assert where == "acme/prod/targetservers/own"
    assert (
        message == "it would refuse CN=api.example.com, which acme/prod/virtualhosts/web shows it"
    )
    assert found.breaks
    assert "WOULD BREAK\n  acme/prod/targetservers/own\n" in render(found)
    assert "1 error would come of it; 1 thing may break" in " ".join(render(found).split())
    assert _foretold(_slot(estate, "ca", "cas"), ISSUING).severed == (), "Java trusts any anchor"


def test_clients_within_the_installation() -> None:
    estate = Estate().store("cas", keys=False, ca=[ROOT])
    estate.host("web", [HERE], client_auth=True, truststore="cas")
    estate.store("client", me=[LEAF, ISSUING])
    tls: dict[str, Any] = {"keystore": "client", "key_alias": "me", "client_auth": True}
    estate.proxy("loop", url=f"https://{HERE}/v1", **tls)
    estate.proxy("mute", url=f"https://{HERE}/v1", **{**tls, "client_auth": False})
    assert len(_foretold(_slot(estate, "ca", "cas"), self_signed("Other")).severed) == 1
    assert len(_foretold(_slot(estate, "ca", "cas"), ISSUING).severed) == 1, "nginx wants the root"
    assert _foretold(_slot(estate, "ca", "cas"), ISSUING, ROOT).severed == ()


def test_a_truststore_keeps_its_root() -> None:
    estate = Estate().store("cas", keys=False, ca=[ROOT]).server("backend", truststore="cas")
    found = _foretold(_slot(estate, "ca", "cas"), ISSUING, ROOT)
    assert found.bundle == (ISSUING.certificate, ROOT.certificate)
    assert "AS IT SHOULD BE" not in render(found)


def test_an_alias_that_a_flow_variable_may_name() -> None:
    estate = Estate().store("client", me=[LEAF]).server("b", keystore="{x}", key_alias="me")
    found = _foretold(_slot(estate, "me", "client"), FRESH, has_key=True, fits=True)
    assert "no virtual host and no target names this alias; a flow variable may" in found.remarks


def test_a_key_that_nobody_knows() -> None:
    slot = _slot(secure().describe_alias("web", "server", LEAF, ISSUING))
    (said,) = _foretold(slot, FRESH, ISSUING).may_break
    assert said == "whether it is for the private key that the alias holds could not be told"
    (said,) = _foretold(_slot(secure()), FRESH, ISSUING, has_key=True, fits=None).may_break
    assert said == "whether the private key is its own could not be told"


def test_a_certificate_for_another_purpose() -> None:
    """Public CAs leave clientAuth out of late."""
    server = ISSUING.leaf("api.example.com", eku=[ExtendedKeyUsageOID.SERVER_AUTH])
    assert not _foretold(_slot(secure()), server, ISSUING, has_key=True).refused
    found = _foretold(_slot(mutual(), "me", "client"), server, ISSUING, has_key=True)
    assert found.refused == ("it is not for clients: its extended key usage lacks clientAuth",)


def test_a_key_of_another_certificate_of_the_chain() -> None:
    slot = _slot(secure())
    found = _foretold(slot, ISSUING, FRESH, has_key=True, fits=False, owner=FRESH.certificate)
    assert "but that of CN=api.example.com, which must stand first" in found.refused[0]


def test_a_key_that_nginx_does_not_load() -> None:
    weak = ISSUING.leaf("api.example.com", key=rsa.generate_private_key(65537, 1024))
    found = _foretold(_slot(secure()), weak, ISSUING, has_key=True, fits=True)
    assert "(ee key too small): the key of CN=api.example.com is RSA 1024" in found.may_break[0]
    tiny = Upload((replace(weak.certificate, key="RSA 512"),), "PEM", 1000)
    found = preflight(_slot(secure()), tiny, TRUST, Policy(), NOW, NOW)
    assert any("is RSA 512" in each for each in found.refused)
    client = _foretold(_slot(mutual(), "me", "client"), weak, ISSUING, has_key=True)
    assert not any("nginx" in each for each in (*client.refused, *client.may_break))


def test_a_key_with_which_java_does_no_tls() -> None:
    leaf = ISSUING.leaf("api.example.com", key=ec.generate_private_key(ec.SECP256K1()))
    found = _foretold(_slot(mutual(), "me", "client"), leaf, has_key=True)
    assert any("Java does no TLS" in each for each in found.refused)
    assert not _foretold(_slot(secure()), leaf, ISSUING, has_key=True).refused


def test_behind_a_reference() -> None:
    estate = Estate().store("web", server=[OLD, ISSUING], other=[LEAF, ISSUING])
    estate.reference("r", "web").host("web", keystore="ref://r", key_alias="server")
    estate.host("twin", keystore="ref://r", key_alias="other")
    estate.host("stubborn", keystore="web", key_alias="server")
    found = _foretold(_slot(estate, reference="r"), FRESH, ISSUING, has_key=True)
    said = " | ".join(found.remarks)
    assert "virtualhosts/stubborn does not name the reference, and keeps what it has" in said
    assert "changed, too, as in the steps" in said
    assert '.sSLInfo += {"keyStore": "ref://web"}' in " ".join(found.steps)
    assert "acme/prod/keystores/web is left behind, and may go once nothing has to" in said
    assert "virtualhosts/twin expects other, which must be in the new store too" in said
    assert "behind acme/prod/references/r" in " ".join(render(found).split())


def test_a_truststore_behind_a_reference() -> None:
    """The alias that is named beside it is that of the keystore."""
    estate = Estate().store("cas", keys=False, ca=[ROOT]).store("client", me=[LEAF, ISSUING])
    estate.reference("r", "cas", "TrustStore")
    estate.server("b", client_auth=True, keystore="client", key_alias="me", truststore="ref://r")
    (remark,) = _foretold(_slot(estate, "ca", "cas", "r"), ROOT).remarks
    assert remark.startswith("acme/prod/keystores/cas is left behind")


def test_not_everything_could_be_read() -> None:
    estate = secure()
    estate.gaps = [Gap("acme/prod/targetservers", "forbidden", "HTTP 403")]
    found = _foretold(_slot(estate), FRESH, ISSUING, has_key=True)
    assert "1 place could not be read" in " ".join(render(found).split())


def test_hostile_names_are_shown_harmless() -> None:
    odd = ISSUING.leaf("\x1b[31mx\u202e", names=["a.example.com"])
    told = render(_foretold(_slot(secure()), odd, ISSUING, has_key=True))
    assert "\x1b" not in told
    assert "\u202e" not in told
