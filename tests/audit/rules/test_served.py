"""Whether a service shows the certificate that it should, for the name that it should."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from edgeaudit.audit.finding import Severity
from edgeaudit.inventory import Told
from tests.audit.estate import ISSUING, LEAF, Estate
from tests.audit.rules.serving import (
    EXPIRED,
    FUTURE,
    GOOD,
    HOST,
    LEAF_OF_OLD,
    NAMED,
    OLD,
    OLD_CA,
    OTHER,
    backend,
    found,
    hosts,
    of_backend,
    of_host,
)
from tests.audit.services import observed, service

if TYPE_CHECKING:
    from tests.factories import Made


def test_nobody_said_which_name_an_address_should_have() -> None:
    assert not found(service(GOOD), "192.0.2.7")


def test_what_is_stored_is_what_is_served() -> None:
    assert not of_host(hosts(), service(GOOD))


@pytest.mark.parametrize(
    ("name", "wiring", "due"),
    [("ref://web", "reference", "wait a few minutes"), ("web", "direct", "must restart")],
)
def test_stored_and_not_active(name: str, wiring: str, due: str) -> None:
    told = of_host(hosts(name=name), service((OLD, ISSUING)))
    assert list(told) == ["served-certificate-differs"]
    finding = told["served-certificate-differs"]
    assert (finding.severity, finding.direction) == (Severity.WARNING, "northbound")
    assert finding.facts["wiring"] == wiring
    assert finding.facts["stored"] == LEAF.certificate.sha256
    assert due in finding.message
    assert finding.certificate == OLD.certificate
    assert finding.affects == ("acme/prod/virtualhosts/web",)


def test_an_expired_one_that_is_still_served_is_an_error_and_said_once() -> None:
    told = of_host(hosts(), service((EXPIRED, ISSUING)))
    assert [(each.rule, each.severity.value) for each in told.values()] == [
        ("served-certificate-differs", "error")
    ]


@pytest.mark.parametrize(
    ("shown", "rules"),
    [
        # the issuer in Edge is a younger one
        (
            (LEAF_OF_OLD, OLD_CA),
            {"served-certificate-differs", "served-certificate-expired"},
        ),
        # a warning that is not the whole truth
        ((FUTURE, ISSUING), {"served-certificate-differs", "served-certificate-expired"}),
    ],
    ids=["an issuer has expired", "not valid yet"],
)
def test_what_the_difference_does_not_say(shown: tuple[Made, ...], rules: set[str]) -> None:
    assert set(of_host(hosts(), service(shown))) == rules


def test_each_router_is_told_apart() -> None:
    estate = hosts()
    estate.told = Told(routers=("router-1", "router-2"))
    good, old = service(GOOD), service((OLD, ISSUING))
    one, two = observed(estate, old)
    report = estate.report(observations=[one, two])
    told = [each for each in report.findings if each.rule == "served-certificate-differs"]
    assert {each.facts["router"] for each in told} == {"router-1", "router-2"}
    assert len({each.id for each in told}) == 2
    (finding,) = estate.report(observations=[one, replace(two, service=good)]).findings
    assert finding.facts["router"] == "router-1"
    assert "at the Router router-1" in finding.message


def test_another_sites_certificate_is_served() -> None:
    told = of_host(hosts(), service((OTHER, ISSUING)))
    assert set(told) == {"served-certificate-differs", "served-name-mismatch"}


def test_of_a_free_trial_host_nothing_is_stored() -> None:
    estate = Estate().host("trial", [HOST], trial=True)
    assert not of_host(estate, service((OTHER, ISSUING)))


def test_a_certificate_known_by_description_is_compared_by_its_number() -> None:
    estate = hosts().describe_alias("web", "server", LEAF, ISSUING)
    assert not of_host(estate, service(GOOD))
    assert "served-certificate-differs" in of_host(estate, service((OLD, ISSUING)))


def test_a_name_that_edge_is_told_to_check_is_the_one_that_counts() -> None:
    estate = backend(common_name=HOST)
    assert not of_backend(estate, service(GOOD))
    assert "served-name-mismatch" in of_backend(estate, service((NAMED, ISSUING)))
    assert not of_backend(backend(common_name="{flow.name}"), service(GOOD))


def test_java_compares_names_its_own_way() -> None:
    """A host with an underscore is none to Java, and one to OpenSSL; a star may stand anywhere."""
    partial = ISSUING.leaf("back*.example.com")
    assert not of_backend(backend(), service((partial, ISSUING)))
    told = of_backend(backend(java=None), service((partial, ISSUING)))
    assert "served-name-mismatch" in told
    assert "engine" not in told["served-name-mismatch"].facts
