"""Which endpoints of an inventory there are to ask, and what could not be asked."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.audit.engine import judge
from edgeaudit.audit.impact import Impact
from edgeaudit.audit.observed import Asked, LeftOut, Observation
from edgeaudit.audit.policy import Policy
from edgeaudit.audit.rules import OBSERVED
from edgeaudit.audit.to_ask import endpoints, unanswered
from edgeaudit.inventory import Inventory, Told
from edgeaudit.location import split_host_port
from edgeaudit.tls.handshake import Ending
from edgeaudit.tls.protocols import Version
from tests.audit.estate import ISSUING, LEAF, PROD, ROOT, TRUST, Estate
from tests.audit.estates import inventories
from tests.audit.practice import practice
from tests.audit.services import asking_for, handshake, refused, service
from tests.factories import NOW, self_signed

if TYPE_CHECKING:
    from edgeaudit.tls.service import Service

URL = "https://backend.example.com"


def asked(estate: Estate, *only: str) -> list[Asked]:
    return list(endpoints(estate.inventory(), only)[0])


def left_out(estate: Estate) -> list[LeftOut]:
    return list(endpoints(estate.inventory())[1])


def test_host_aliases() -> None:
    estate = Estate().host("web", ["API.example.com", "*.example.com", "192.0.2.7"], port=8443)
    estate.host("plain", ["plain.example.com"], enabled=False)
    assert [(each.where, each.sni, each.direction) for each in asked(estate)] == [
        ("192.0.2.7:8443", None, "northbound"),
        ("api.example.com:8443", "api.example.com", "northbound"),
    ]
    where = f"{PROD}/virtualhosts/web"
    assert left_out(estate) == [(where, "the host alias *.example.com is a wildcard, and no host")]


def test_without_aliases_there_is_nothing_to_ask() -> None:
    estate = Estate().host("web", [])
    assert left_out(estate) == [(f"{PROD}/virtualhosts/web", "it has no host alias")]


def test_each_router_is_asked_for_each_alias() -> None:
    estate = Estate().host("web", ["a.example.com:443", "b.example.com"])
    estate.told = Told(routers=("192.0.2.1", "router-2:9443"))
    assert [(each.where, each.router) for each in asked(estate)] == [
        ("a.example.com:443", "192.0.2.1"),
        ("a.example.com:443", "router-2:9443"),
        ("b.example.com:443", "192.0.2.1"),
        ("b.example.com:443", "router-2:9443"),
    ]


def test_a_virtual_host_may_want_the_proxy_protocol() -> None:
    inventory = Estate().host("web", ["api.example.com"]).inventory()
    (env,) = inventory.environments
    (host,) = env.virtual_hosts
    hosts = replace(
        env.virtual_hosts, items={"web": replace(host, listen_options=("proxy_protocol",))}
    )
    changed = replace(inventory, environments=(replace(env, virtual_hosts=hosts),))
    assert [each.expects_proxy_protocol for each in endpoints(changed)[0]] == [True]
    assert [each.expects_proxy_protocol for each in endpoints(inventory)[0]] == [False]


def test_targets() -> None:
    estate = Estate().server("one").server("two").server("three", port=8443)
    estate.server("plain", is_plain=True)
    estate.proxy("shop", url=f"{URL}/v1").proxy("old", url="http://backend.example.com")
    estate.proxy("calls", url="https://[2001:db8::1]:8443/", policy="Call")
    found = asked(estate)
    assert [(each.where, each.sni) for each in found] == [
        ("[2001:db8::1]:8443", None),
        ("backend.example.com:443", "backend.example.com"),
        ("backend.example.com:8443", "backend.example.com"),
    ]
    assert [each.where for each in found[1].subjects] == [
        f"{PROD}/targetservers/one",
        f"{PROD}/targetservers/two",
        f"{PROD}/proxies/shop/1/targets/default",
    ]
    assert not left_out(estate)


def test_what_nobody_calls_or_can_be_known_is_left_out() -> None:
    estate = Estate().server("off", is_enabled=False).server("idle", is_called=False)
    estate.proxy("flow", url="https://{host}/").proxy("odd", url="https://[::1/")
    assert not asked(estate)
    assert dict(left_out(estate)) == {
        f"{PROD}/proxies/flow/1/targets/default": "a flow variable stands for its host",
        f"{PROD}/proxies/odd/1/targets/default": "its host or port is not known",
        f"{PROD}/targetservers/idle": "no deployed proxy calls it",
        f"{PROD}/targetservers/off": "it is switched off",
    }


@pytest.mark.parametrize(
    ("only", "wheres"),
    [
        ((), ["api.example.com:443", "backend.example.com:443"]),
        (("api.*",), ["api.example.com:443"]),
        (("*:443",), ["api.example.com:443", "backend.example.com:443"]),
        (("acme/prod/targetservers/*",), ["backend.example.com:443"]),
        (("nothing", "api.example.com:443"), ["api.example.com:443"]),
        (("API*",), []),
    ],
)
def test_globs(only: tuple[str, ...], wheres: list[str]) -> None:
    estate = Estate().host("web", ["api.example.com"]).server("one")
    assert [each.where for each in asked(estate, *only)] == wheres


SERVICES = [
    service((LEAF, ISSUING)),
    service((LEAF,), request=asking_for(ROOT), needs_client_certificate=True),
    service((self_signed("backend.example.com"), ISSUING), without_name=handshake(None)),
    service((ISSUING,), with_foreign_name=refused(112), versions={Version.TLSV1: True}),
    service((), with_name=refused(40)),
    service(None, with_name=None, phase="handshake", trouble="it speaks SSH"),
    service(None, with_name=None, phase="connect", trouble="refused"),
]
TOLD = [Told(), Told(java=8, sni=False), Told(edge_version="4.54.00", routers=("r1", "r2:9443"))]


@settings(max_examples=8)
@given(inventories(), st.lists(st.sampled_from(SERVICES), min_size=9), st.sampled_from(TOLD))
def test_whatever_services_do_no_rule_stumbles(
    inventory: Inventory, services: list[Service], told: Told
) -> None:
    inventory = replace(inventory, told=told)
    found = zip(endpoints(inventory)[0], services, strict=False)
    report = judge(
        [inventory], TRUST, Policy(), NOW, NOW, [Observation(*each) for each in found], OBSERVED
    )
    assert not report.gaps
    assert len({each.id for each in report.findings}) == len(report.findings)
    assert set(report.examined) == OBSERVED


@settings(max_examples=8)
@given(inventories())
def test_nothing_is_asked_twice_and_all_can_be(inventory: Inventory) -> None:
    found, left = endpoints(inventory)
    assert len(set(found)) == len(found)
    assert len(set(left)) == len(left)
    assert all(split_host_port(each.where) and each.subjects for each in found)


def test_could_not_look_is_not_fine() -> None:
    names = (f"{each}.example" for each in "abcdef")
    first, second, third, fourth, fifth, sixth = (Asked(each, 443, None) for each in names)
    unfinished = handshake(None, Ending.UNFINISHED)
    observations = [
        Observation(first, service(())),
        Observation(second, service(None, with_name=None, phase="connect", trouble="refused")),
        Observation(
            third, service(None, with_name=None, phase="connect", trouble="not within 5 s")
        ),
        Observation(fifth, service((), is_cut_short=True, trouble="the time was up")),
        Observation(sixth, service(with_name=unfinished, phase="handshake", trouble="our limit")),
    ]
    gaps = unanswered([first, second, third, fourth, fifth, sixth], observations)
    assert [(each.where, each.reason) for each in gaps] == [
        ("b.example:443", "unreachable"),
        ("c.example:443", "timeout"),
        ("d.example:443", "timeout"),
        ("e.example:443", "timeout"),
        ("f.example:443", "unparsable"),
    ]


@pytest.mark.full
def test_what_is_well_kept_and_serves_what_is_stored_gives_nothing() -> None:
    inventory, trust = practice()
    found = []
    for each in endpoints(inventory)[0]:
        (subject, *_) = each.subjects
        alias = Impact(inventory).key_alias(subject) if subject.direction == "northbound" else None
        if alias and subject.where.startswith("wellkept/"):
            shown = replace(handshake(None), server_chain=alias.certificates)
            found.append(Observation(each, service(None, with_name=shown, without_name=shown)))
    report = judge([inventory], trust, Policy(), NOW, NOW, found, OBSERVED)
    assert not report.findings
    assert report.examined["served-certificate-differs"] == len(found) > 5
