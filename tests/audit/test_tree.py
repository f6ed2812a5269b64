"""What hangs on a thing, what it hangs on, and the sentence that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.audit.answer import Answer, answer, walk
from edgeaudit.audit.catalogue import Catalogue
from edgeaudit.inventory import Gap
from tests.audit.estate import ISSUING, LEAF, PROD, ROOT, Estate, secure
from tests.factories import NOW

if TYPE_CHECKING:
    from edgeaudit.audit.tree import Node


def _asked(estate: Estate, subject: str) -> Answer:
    inventories = [estate.inventory()]
    found = Catalogue(inventories).find(subject)
    return answer(found.name, [found], inventories, NOW)


def _drawn(*roots: Node) -> list[str]:
    """A line for each node, indented; places below acme/prod."""
    return [line for root in roots for line in _lines(root, 0)]


def _lines(node: Node, depth: int) -> list[str]:
    where = node.where.removeprefix(f"{PROD}/")
    line = " ".join(filter(None, [" " * depth + node.kind, where, node.note and f"({node.note})"]))
    return [line, *(each for child in node.children for each in _lines(child, depth + 1))]


def _mutual() -> Estate:
    """A host `web` that trusts the store `clients` and names its own by reference."""
    estate = secure(hosts=["api.example.com"]).reference("ref", "web")
    estate.store("clients", keys=False, root=[ROOT], issuing=[ISSUING])
    estate.host("web", keystore="ref://ref", key_alias="server", truststore="clients")
    return estate.proxy("orders", hosts=["web"], url="http://backend")


def test_a_certificate_has_a_branch_for_each_place() -> None:
    asked = _asked(_mutual(), ISSUING.certificate.sha256 or "")
    assert _drawn(*asked.dependents) == [
        "certificate",
        " alias keystores/web/server (#1)",
        "  keystore keystores/web",
        "   reference references/ref",
        "    virtualhost virtualhosts/web (key alias server)",
        "     proxy proxies/orders/1 (/)",
        " alias keystores/clients/issuing (#0)",
        "  keystore keystores/clients",
        "   virtualhost virtualhosts/web (truststore)",
        "    proxy proxies/orders/1 (/)",
    ]
    assert asked.affects == ("acme/prod/proxies/orders", "acme/prod/virtualhosts/web")
    assert asked.conclusion == (
        "acme/prod/proxies/orders and acme/prod/virtualhosts/web depend on CN=Acme Issuing CA."
    )


def test_in_one_place_it_has_one_branch() -> None:
    (tree,) = _asked(_mutual(), "acme/prod/keystores/web/server#1").dependents
    assert [child.note for child in tree.children] == ["#1"]


def test_an_alias_that_another_alias_stands_beside() -> None:
    estate = _mutual().store("web", server=[LEAF], former=[LEAF])
    assert _asked(estate, "web/server").affects
    assert _asked(estate, "web/former").conclusion == (
        "Nothing depends on acme/prod/keystores/web/former."
    )


def test_a_keystore_and_its_references() -> None:
    estate = _mutual().reference("old", "web").host("direct", keystore="web", key_alias="server")
    asked = _asked(estate, "keystores/web")
    assert _drawn(*asked.dependents) == [
        "keystore keystores/web",
        " reference references/old (nothing names it)",
        " reference references/ref",
        "  virtualhost virtualhosts/web (key alias server)",
        "   proxy proxies/orders/1 (/)",
        " virtualhost virtualhosts/direct (key alias server)",
    ]
    assert asked.idle == ("acme/prod/references/old",)


def test_a_store_that_is_both_in_one_host() -> None:
    estate = secure().host("web", keystore="web", key_alias="server", truststore="web")
    (tree,) = _asked(estate, "keystores/web").dependents
    assert _drawn(tree)[1:] == [" virtualhost virtualhosts/web (key alias server; truststore)"]


@pytest.mark.parametrize(
    ("user", "line"),
    [
        (Estate().host("a", keystore="s", enabled=False), "virtualhosts/a (keystore; TLS is off)"),
        (
            Estate().proxy("p", servers=["b"], keystore="s"),
            "(keystore; not in force: the settings of its target servers are)",
        ),
        (Estate().reference("old", "s"), "references/old (nothing names it)"),
    ],
)
def test_what_names_a_store_without_needing_it(user: Estate, line: str) -> None:
    asked = _asked(user.store("s", x=[LEAF]), "keystores/s")
    assert line in _drawn(*asked.dependents)[1].strip()
    assert asked.affects == ()
    assert asked.conclusion.startswith("Nothing depends on acme/prod/keystores/s, but acme/prod/")
    assert asked.conclusion.endswith(" names it without needing it.")


@pytest.mark.parametrize(
    ("server", "note"),
    [({"is_enabled": False}, "disabled"), ({"is_called": False}, "no deployed proxy calls it")],
)
def test_a_target_server_at_rest(server: dict[str, Any], note: str) -> None:
    estate = Estate().store("s", x=[LEAF]).server("b", truststore="s", **server)
    assert f" targetserver targetservers/b (truststore; {note})" in _drawn(
        *_asked(estate, "s").dependents
    )


@pytest.mark.parametrize(
    ("estate", "doubt"),
    [
        (Estate().cannot_read("virtual_hosts"), "acme/prod/virtualhosts was not read"),
        (Estate().cannot_read("target_servers", "%"), "acme/prod/targetservers/%25 was not read"),
        (Estate().cannot_read("references", "r"), "acme/prod/references/r was not read"),
        (Estate().cannot_read("revisions"), "not all that is deployed in acme/prod was read"),
        (Estate().cannot_read("revisions", "proxies/p/1"), "acme/prod/proxies/p/1 was not read"),
        (
            Estate().proxy("p", url="https://b", truststore="{store}"),
            "acme/prod/proxies/p/1/targets/default names a store by a flow variable",
        ),
    ],
)
@pytest.mark.parametrize("subject", ["keystores/s", "s/x", "s/x#0", "CN=api.example.com"])
def test_where_nothing_is_proved(estate: Estate, doubt: str, subject: str) -> None:
    asked = _asked(estate.store("s", x=[LEAF]), subject)
    assert asked.doubts == (doubt,)
    assert asked.conclusion.startswith("Nothing that was read depends on ")
    assert asked.conclusion.endswith(f"; that proves nothing, as {doubt}.")


@pytest.mark.parametrize(
    "estate",
    [
        Estate().host("web", keystore="{store}"),
        Estate().cannot_read("keystores", "other"),
        Estate().proxy("p", url="https://b", truststore="t"),
    ],
)
def test_where_all_is_proved(estate: Estate) -> None:
    asked = _asked(estate.store("s", x=[LEAF]), "keystores/s")
    assert asked.doubts == ()
    assert asked.conclusion == "Nothing depends on acme/prod/keystores/s."


def test_there_may_be_more() -> None:
    asked = _asked(secure().cannot_read("target_servers"), "keystores/web")
    assert asked.conclusion == (
        "acme/prod/virtualhosts/web depends on acme/prod/keystores/web; there may be more, as "
        "acme/prod/targetservers was not read."
    )


def test_the_vendors_own_store_is_used_unnamed() -> None:
    asked = _asked(Estate().store("freetrial", x=[LEAF]), "keystores/freetrial")
    assert "use acme/prod/keystores/freetrial unnamed" in asked.conclusion


def test_a_certificate_may_lie_in_a_store_that_was_not_read() -> None:
    estate = Estate().store("s", unread=["y"], x=[LEAF]).change_alias("s", "x", is_complete=False)
    estate.gaps = [Gap("acme/test/keystores", "forbidden"), Gap(f"{PROD}/keystores/s/y", "timeout")]
    asked = _asked(estate, "CN=api.example.com")
    assert asked.doubts == (
        "acme/prod/keystores/s/y was not read",
        "acme/prod/keystores/s/x was not read whole",
        "acme/test/keystores was not read",
    )
    assert _asked(estate, "keystores/s").doubts == ()


def test_a_reference_needs_no_other_reference_to_be_read() -> None:
    estate = Estate().reference("r", "s").cannot_read("references", "other")
    assert _asked(estate, "references/r").doubts == ()


def test_a_target_server_that_a_flow_variable_may_name() -> None:
    estate = Estate().server("b", is_called=False).proxy("router", servers=["{server}"])
    assert _asked(estate, "targetservers/b").doubts == (
        "acme/prod/proxies/router/1/targets/default names a target server by a flow variable",
    )
    assert _drawn(*_asked(estate, "proxies/router").needs)[2] == (
        "  targetserver {server} (a flow variable names it)"
    )


def test_what_a_proxy_needs() -> None:
    estate = _mutual().server("backend", is_called=False, truststore="ref://roots")
    estate.proxy("orders", hosts=["web"], servers=["backend"])
    asked = _asked(estate.reference("roots", "clients"), "proxies/orders")
    assert _drawn(*asked.needs) == [
        "proxy proxies/orders/1 (/)",
        " virtualhost virtualhosts/web",
        "  reference references/ref (key alias server)",
        "   keystore keystores/web",
        "    alias keystores/web/server",
        "     certificate keystores/web/server#0",
        "     certificate keystores/web/server#1",
        "  keystore keystores/clients (truststore)",
        "   alias keystores/clients/root",
        "    certificate keystores/clients/root#0",
        "   alias keystores/clients/issuing",
        "    certificate keystores/clients/issuing#0",
        " target proxies/orders/1/targets/default",
        "  targetserver targetservers/backend",
        "   reference references/roots (truststore)",
        "    keystore keystores/clients",
        "     alias keystores/clients/root",
        "      certificate keystores/clients/root#0",
        "     alias keystores/clients/issuing",
        "      certificate keystores/clients/issuing#0",
    ]
    assert asked.dependents == ()
    assert asked.conclusion == (
        "acme/prod/proxies/orders depends on 3 certificates, of which CN=api.example.com ends "
        "first: it expires in 335 days."
    )


def test_a_proxy_without_certificates() -> None:
    asked = _asked(Estate().proxy("plain", url="http://b"), "proxies/plain")
    assert asked.conclusion == "acme/prod/proxies/plain depends on no certificate that Edge stores."


def test_a_proxy_is_all_its_deployed_revisions() -> None:
    estate = Estate().proxy("orders", 9, url="http://b").proxy("orders", 10, url="http://b")
    assert len(_asked(estate, "acme/prod/proxies/orders").needs) == 2
    assert len(_asked(estate, "acme/prod/proxies/orders/9").needs) == 1


@pytest.mark.parametrize(
    ("tls", "line"),
    [
        ({"keystore": "gone"}, "keystore keystores/gone (keystore; does not exist)"),
        ({"keystore": "ref://gone"}, "reference references/gone (keystore; does not exist)"),
        ({"truststore": "ref://astray"}, "keystore keystores/gone (does not exist)"),
        ({"keystore": "s", "key_alias": "y"}, "alias keystores/s/y (does not exist)"),
        ({"keystore": "s", "key_alias": "z"}, "alias keystores/s/z (was not read)"),
        ({"keystore": "s", "key_alias": "{a}"}, "alias keystores/s/x (perhaps this one)"),
        ({"keystore": "{s}"}, "keystore {s} (keystore; a flow variable names it)"),
        ({"keystore": "empty", "key_alias": "{a}"}, "alias {a} (a flow variable names it)"),
        ({"keystore": "old", "key_alias": "key"}, "alias keystores/old/b (perhaps this one)"),
    ],
)
def test_links_that_lead_nowhere_or_are_not_known(tls: dict[str, Any], line: str) -> None:
    estate = Estate().store("s", unread=["z"], x=[LEAF]).store("empty").reference("astray", "gone")
    estate.store("old", a=[LEAF], b=[LEAF]).keys_of("old", "key")
    estate.proxy("p", hosts=["gone"], url="https://b", **tls)
    drawn = [each.strip() for each in _drawn(*_asked(estate, "proxies/p").needs)]
    assert line in drawn
    assert "virtualhost virtualhosts/gone (does not exist)" in drawn


def test_what_a_proxy_needs_may_not_be_known() -> None:
    estate = Estate().proxy("p", url="https://b", truststore="{store}")
    assert _asked(estate, "proxies/p").conclusion == (
        "acme/prod/proxies/p depends on no certificate that Edge stores; there may be more, as "
        "{store} is not known."
    )


def test_many_dependents_are_all_drawn_and_three_named() -> None:
    estate = Estate().store("s", x=[LEAF])
    for number in range(50):
        estate.host(f"h{number:02}", keystore="s", key_alias="x")
    asked = _asked(estate, "s/x")
    assert sum(node.kind == "virtualhost" for root in asked.dependents for node in walk(root)) == 50
    assert asked.conclusion == (
        "acme/prod/virtualhosts/h00, acme/prod/virtualhosts/h01, acme/prod/virtualhosts/h02 and "
        "47 more depend on acme/prod/keystores/s/x."
    )
