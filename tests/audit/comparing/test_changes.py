"""What differs between two readings; what one of them could not see is never told as gone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import combinations
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.audit.comparing.changes import Comparison, Difference, compare
from edgeaudit.audit.comparing.relocated import alone
from edgeaudit.audit.comparing.side import Side
from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.inventory import Gap
from tests.audit.changes import removals
from tests.audit.estate import ISSUING, LEAF, ROOT, TRUST, Estate, secure
from tests.audit.practice import judged, practice
from tests.factories import NOW

if TYPE_CHECKING:
    from edgeaudit.inventory import Inventory

BOTH = ISSUING.leaf("api.example.com", names=["api.example.com", "www.example.com"])
OTHER = ISSUING.leaf("other.example.com")
OLD = ISSUING.leaf("old.example.com", not_after=NOW - timedelta(days=3))


def _side(*inventories: Inventory) -> Side:
    return Side(inventories, judge(inventories, TRUST, Policy(), NOW, NOW))


def _compared(old: Estate, new: Estate) -> Comparison:
    return compare(_side(old.inventory()), _side(new.inventory()))


def _told(found: Comparison) -> list[tuple[str, str, str]]:
    return [
        (each.event, each.kind, each.where.removeprefix("acme/prod/")) for each in found.changes
    ]


def test_a_reading_does_not_differ_from_itself() -> None:
    found = _compared(secure(), secure())
    assert (found.changes, found.came, found.went, found.unsure) == ((), (), (), ())
    assert found.is_complete


def test_a_renewal() -> None:
    found = _compared(secure([BOTH, ISSUING]), secure([LEAF, ISSUING]))
    (change,) = found.changes
    assert (change.event, change.where) == ("renewed", "acme/prod/keystores/web/server#0")
    assert change.names_lost == ("www.example.com",)
    differing = {each.name for each in change.differences}
    assert {"names", "serial", "sha256", "public_key"} <= differing
    assert not {"subject", "issuer", "not_after"} & differing


def test_a_stranger_in_the_place_of_a_certificate() -> None:
    assert _told(_compared(secure([LEAF]), secure([OTHER]))) == [
        ("replaced", "certificate", "keystores/web/server#0")
    ]


def test_a_chain_that_grew() -> None:
    assert _told(_compared(secure([LEAF]), secure([LEAF, ISSUING]))) == [
        ("appeared", "certificate", "keystores/web/server#1")
    ]


def test_a_description_is_the_certificate_that_it_describes() -> None:
    described = secure([LEAF, ISSUING]).describe_alias("web", "server", LEAF, ISSUING)
    assert _compared(secure(), described).changes == ()


def test_a_reference_that_moved() -> None:
    old, new = (Estate().reference("r", store) for store in ("a", "b"))
    (change,) = _compared(old, new).changes
    assert (change.kind, change.differences) == ("reference", (Difference("refers", "a", "b"),))


def test_what_stands_behind_a_reference_that_moved() -> None:
    """A renewal is done so: the new certificate lies in a new store."""
    old = Estate().store("a", server=[BOTH, ISSUING]).reference("r", "a")
    new = Estate().store("a", server=[BOTH, ISSUING]).reference("r", "b")
    new.store("b", server=[LEAF, ISSUING], other=[OTHER])
    found = {each.where: each for each in _compared(old, new).changes}
    change = found["acme/prod/references/r/server#0"]
    assert (change.kind, change.event) == ("certificate", "renewed")
    assert change.names_lost == ("www.example.com",)
    assert "acme/prod/references/r/server#1" not in found
    assert found["acme/prod/references/r/other#0"].event == "appeared"
    same = Estate().store("b", server=[BOTH, ISSUING]).reference("r", "b")
    assert not any("/r/" in each.where for each in _compared(old, same).changes)


def test_what_a_reference_that_moved_no_longer_stands_for() -> None:
    """A truststore that lost a CA; what could not be read is not told to be lost."""
    old = Estate().store("a", ca=[ROOT, ISSUING]).reference("r", "a")
    new = Estate().store("a", ca=[ROOT, ISSUING]).store("b", ca=[ROOT]).reference("r", "b")
    assert ("went", "certificate", "references/r/ca#1") in _told(_compared(old, new))
    assert ("appeared", "certificate", "references/r/ca#1") in _told(_compared(new, old))
    unread = Estate().store("b", unread=["ca"]).reference("r", "b")
    unread.gaps = [Gap("acme/prod/keystores/b/ca", "forbidden")]
    assert not any("/r/" in each for _, _, each in _told(_compared(old, unread)))


def test_a_finding_that_became_worse() -> None:
    """An expired certificate in a store that nobody used, and then a virtual host."""
    unused = Estate().store("web", server=[OLD, ISSUING])
    found = _compared(unused, secure([OLD, ISSUING]))
    expired = [
        {each.severity.value for each in some if each.rule == "expired-certificate"}
        for some in (found.came, found.went)
    ]
    assert expired == [{"error"}, {"note"}]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({}, {"port": 9443}, [Difference("port", 443, 9443)]),
        ({}, {"client_auth": True}, [Difference("tls.client_auth", None, True)]),
        (
            {"properties": {"ssl_protocols": "TLSv1.2"}},
            {},
            [Difference("properties.ssl_protocols", "TLSv1.2", None)],
        ),
        ({"hosts": ["b", "a"]}, {"hosts": ["a", "b"]}, []),
    ],
)
def test_settings(old: dict[str, Any], new: dict[str, Any], expected: list[Difference]) -> None:
    one, other = (secure().host("web", **{"keystore": "web", **each}) for each in (old, new))
    found = [each for change in _compared(one, other).changes for each in change.differences]
    assert found == expected


def test_a_new_revision_is_the_same_proxy() -> None:
    one, other = (Estate().proxy("p", number, url="https://b.example") for number in (1, 2))
    (change,) = _compared(one, other).changes
    assert (change.where, change.kind) == ("acme/prod/proxies/p", "proxy")
    assert change.differences == (Difference("revisions", ["1"], ["2"]),)


def test_findings_come_and_go() -> None:
    found = _compared(secure(), secure([OLD, ISSUING]))
    assert {each.rule for each in found.came} == {"expired-certificate"}
    assert found.went == ()


def test_a_renewed_certificate_with_the_old_flaw_is_nothing_new() -> None:
    older = ISSUING.leaf("old.example.com", not_after=NOW - timedelta(days=9))
    found = _compared(secure([older, ISSUING]), secure([OLD, ISSUING]))
    assert [each.event for each in found.changes] == ["renewed"]
    assert (found.came, found.went) == ((), ())


@pytest.mark.parametrize(
    "where", ["acme/prod/keystores/web", "acme/prod/keystores", "acme/prod", "acme", "10.0.0.1:80"]
)
def test_what_could_not_be_read_is_not_gone(where: str) -> None:
    blind = Estate().host("web", keystore="web", key_alias="server")
    blind.gaps = [Gap(where, "forbidden")]
    found = _compared(secure([OLD]), blind)
    assert (found.changes, found.went) == ((), ())
    assert not found.is_complete
    assert {each.side for each in found.unsure} == {"old"}
    assert "expired-certificate" in {each.what for each in found.unsure}
    back = _compared(blind, secure([OLD]))
    assert (back.changes, back.came, back.went) == ((), found.went, found.came)
    assert {each._replace(side="new") for each in found.unsure} == {*back.unsure}


def test_a_gap_elsewhere_hides_nothing() -> None:
    blind = Estate().host("web", keystore="web", key_alias="server")
    blind.gaps = [Gap("acme/prod/keystores/website", "forbidden")]
    assert ("went", "keystore", "keystores/web") in _told(_compared(secure(), blind))


def test_proxies_that_were_left_out() -> None:
    whole = secure().proxy("p", url="https://b.example").inventory()
    without = replace(secure().inventory(), left_out=("acme/prod/proxies",))
    assert compare(_side(whole), _side(without)).changes == ()


def test_an_environment_that_was_not_asked_for() -> None:
    whole = secure().inventory()
    narrowed = replace(whole, environments=(), is_narrowed=True)
    assert compare(_side(whole), _side(narrowed)).changes == ()
    emptied = replace(whole, environments=())
    told = _told(compare(_side(whole), _side(emptied)))
    assert ("went", "environment", "acme/prod") in told


def _mirrored(found: Comparison) -> set[tuple[Any, ...]]:
    events = {"appeared": "went", "went": "appeared"}
    return {
        (
            change.where,
            events.get(change.event, change.event),
            *sorted((each.name, str(each.after), str(each.before)) for each in change.differences),
        )
        for change in found.changes
    }


def _as_set(found: Comparison) -> set[tuple[Any, ...]]:
    return {
        (
            change.where,
            change.event,
            *sorted((each.name, str(each.before), str(each.after)) for each in change.differences),
        )
        for change in found.changes
    }


@pytest.mark.parametrize("every", [397, pytest.param(7, marks=pytest.mark.full)])
def test_backwards_it_is_mirrored(every: int) -> None:
    """Whatever is missing from the demo: it is told to have gone, or backwards to have come."""
    inventory, trust = practice()
    for env in inventory.environments:
        whole = alone(inventory, env, env.where)
        side = Side([whole], judged(trust, whole))
        for _, changed in list(removals(env))[::every]:
            less = replace(whole, environments=(changed,))
            other = Side([less], judged(trust, less))
            there, back = compare(side, other), compare(other, side)
            assert there.changes
            assert _mirrored(there) == _as_set(back)
            assert (there.came, there.went) == (back.went, back.came)
            assert {event for _, event, *_ in _as_set(there)} <= {"went", "changed"}


# two environments


@pytest.mark.parametrize("pairs", [3, pytest.param(None, marks=pytest.mark.full)])
def test_two_environments_are_mirrored(pairs: int | None) -> None:
    """Each of the demo's as if it had become another, in everything at once."""
    inventory, trust = practice()
    envs = inventory.environments
    wholes = [replace(alone(inventory, env, "a/b"), installation="x") for env in envs]
    sides = [Side([whole], judged(trust, whole)) for whole in wholes[:pairs]]
    for one, other in combinations(sides, 2):
        there, back = compare(one, other), compare(other, one)
        assert {"appeared", "went"} <= {event for _, event, *_ in _as_set(there)}
        assert _mirrored(there) == _as_set(back)
        assert (there.came, there.went) == (back.went, back.came)
        assert there.is_complete


def _moved(inventory: Inventory, where: str) -> Inventory:
    return alone(inventory, inventory.environments[0], where)


def test_an_environment_in_the_place_of_another() -> None:
    moved = _moved(secure([OLD, ISSUING]).proxy("p", hosts=["web"]).inventory(), "west/live")
    back = _moved(moved, "acme/prod")
    assert back == _moved(secure([OLD, ISSUING]).proxy("p", hosts=["web"]).inventory(), "acme/prod")
    places = {each.where.split("/")[1] for each in _side(moved).findings.values()}
    assert places == {"live"}
    assert (
        moved.environments[0]
        .keystores.items["web"]
        .aliases.items["server"]
        .keystore.startswith("west/live/")
    )


@pytest.mark.parametrize("gap", ["acme/prod/keystores/web", "acme/environments", "acme"])
def test_a_gap_moves_along(gap: str) -> None:
    estate = Estate()
    estate.gaps = [Gap(gap, "forbidden")]
    moved = _moved(estate.inventory(), "west/live")
    other = _moved(secure().inventory(), "west/live")
    assert "keystores" not in str(compare(_side(other), _side(moved)).changes)


def test_a_gap_of_another_environment_stays_there() -> None:
    estate = secure()
    estate.gaps = [Gap("acme/test/keystores", "forbidden")]
    assert _moved(estate.inventory(), "west/live").gaps == ()
