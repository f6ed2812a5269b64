"""What a service does when it is asked, whoever calls it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.audit.engine import judge
from edgeaudit.audit.finding import Cause, Severity
from edgeaudit.audit.policy import Policy, Suppression
from edgeaudit.audit.scope import Scope
from edgeaudit.audit.suppressing import hidden_by
from edgeaudit.inventory import Gap, Inventory, Told
from edgeaudit.tls.handshake import Ending
from edgeaudit.tls.messages import CertificateRequest
from edgeaudit.tls.protocols import Version
from edgeaudit.x509.certificate import Unreadable
from tests.audit.estate import ISSUING, LEAF, ROOT, TRUST, Estate
from tests.audit.services import asking_for, handshake, observed, refused, service, unnamed
from tests.factories import CA, NOW, Made, issue, self_signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.audit.finding import Finding
    from edgeaudit.tls.service import Service

GOOD = (LEAF, ISSUING)
HOST = "api.example.com"
OLD = ISSUING.leaf(HOST, not_after=NOW + timedelta(days=3))
EXPIRED = ISSUING.leaf(HOST, not_after=NOW - timedelta(days=1))
FUTURE = ISSUING.leaf(HOST, not_before=NOW + timedelta(days=1))
OTHER = ISSUING.leaf("other.example.com")
FOREIGN_ROOT = CA.root("Foreign Root")
FOREIGN_CA = FOREIGN_ROOT.intermediate("Foreign CA")
FOREIGN = FOREIGN_CA.leaf(HOST)
OLD_CA = ROOT.intermediate("Acme Old CA", not_after=NOW - timedelta(days=1))
LEAF_OF_OLD = OLD_CA.leaf(HOST)
CA_ENDING = ROOT.intermediate("Acme Ending CA", not_after=NOW + timedelta(days=5))
LEAF_OF_CA_ENDING = CA_ENDING.leaf(HOST)
FORGED = Made(*issue(ISSUING, HOST, names=[HOST], signed_with=OTHER.private_key))


def found(of: Service, host: str = HOST) -> dict[str, Finding]:
    """What is found of a service of which nothing else is known."""
    nothing = [Inventory("default", "probe")]
    report = judge(nothing, TRUST, Policy(), NOW, NOW, unnamed(of, host))
    assert not report.gaps
    return {each.rule: each for each in report.findings}


def hosts(stored: Sequence[Made] = GOOD, name: str = "ref://web") -> Estate:
    """A virtual host with that chain, by a reference."""
    estate = Estate().store("web", server=stored).reference("web", "web")
    return estate.host("web", [HOST], keystore=name, key_alias="server")


def of_host(estate: Estate, of: Service) -> dict[str, Finding]:
    report = estate.report(observations=observed(estate, of))
    assert not report.gaps
    return {each.rule: each for each in report.findings if each.where == f"{HOST}:443"}


def backend(*, java: int | None = 8, store: Sequence[Made] = (ROOT,), **tls: Any) -> Estate:
    """A target server, and its truststore."""
    estate = Estate().store("trust", keys=False, ca=store)
    estate.server("one", truststore="trust", **tls)
    estate.told = Told(java=java)
    return estate


def of_backend(estate: Estate, of: Service) -> dict[str, Finding]:
    report = estate.report(observations=observed(estate, of))
    assert not report.gaps
    at = "backend.example.com:443"
    return {each.rule: each for each in report.findings if each.where == at}


@pytest.mark.parametrize(
    ("chain", "rule"),
    [
        (GOOD, None),
        ((LEAF, ISSUING, ROOT), None),
        ((LEAF,), "served-chain-incomplete"),
        ((FOREIGN, FOREIGN_CA), "served-chain-incomplete"),
        ((EXPIRED, ISSUING), "served-certificate-expired"),
        ((FUTURE, ISSUING), "served-certificate-expired"),
        ((OLD, ISSUING), "served-certificate-expiring"),
        ((OTHER, ISSUING), "served-name-mismatch"),
    ],
)
def test_a_service_of_which_nothing_is_known(chain: tuple[Made, ...], rule: str | None) -> None:
    told = found(service(chain))
    assert list(told) == ([rule] if rule else [])
    for each in told.values():
        assert (each.severity, each.direction) == (Severity.ERROR, None)
        assert (each.where, each.certificate) == (f"{HOST}:443", chain[0].certificate)
        assert HOST in each.message


@pytest.mark.parametrize(
    ("chain", "severity", "cause"),
    [
        ((self_signed(HOST),), Severity.WARNING, Cause.UNKNOWN_CERTIFICATE),
        ((FOREIGN, FOREIGN_CA, FOREIGN_ROOT), Severity.WARNING, Cause.UNKNOWN_CERTIFICATE),
        ((FORGED, ISSUING), Severity.ERROR, Cause.INCORRECT_CHAIN),
    ],
    ids=["self-signed", "foreign root", "forged"],
)
def test_a_chain_that_is_whole_and_not_trusted(
    chain: tuple[Made, ...], severity: Severity, cause: Cause
) -> None:
    told = found(service(chain))
    assert [(each.rule, each.severity, each.cause) for each in told.values()] == [
        ("served-chain-untrusted", severity, cause)
    ]


def test_what_is_not_yet_valid_is_another_cause() -> None:
    (finding,) = found(service((FUTURE, ISSUING))).values()
    assert finding.cause is Cause.NOT_YET_VALID_CERTIFICATE
    (finding,) = found(service((EXPIRED, ISSUING))).values()
    assert finding.cause is Cause.EXPIRED_CERTIFICATE


def test_nobody_said_which_name_an_address_should_have() -> None:
    assert not found(service(GOOD), "192.0.2.7")


def test_an_incomplete_chain_tells_what_is_missing_and_who_says_so() -> None:
    (finding,) = found(service((LEAF,))).values()
    assert finding.facts["missing_issuer"] == ISSUING.certificate.subject
    assert finding.facts["engine"] == "OpenSSL"


@pytest.mark.parametrize(
    ("number", "cause"),
    [
        (70, Cause.PROTOCOL_MISMATCH),
        (71, Cause.CIPHER_MISMATCH),
        (112, Cause.UNKNOWN),
        (80, Cause.UNKNOWN),
    ],
)
def test_a_refusal(number: int, cause: Cause) -> None:
    (finding,) = found(service(with_name=refused(number), without_name=None)).values()
    assert (finding.rule, finding.cause) == ("failed-handshake", cause)
    assert finding.facts["alert"] == number
    assert "packet" not in finding.message


@pytest.mark.parametrize(
    "asked",
    [
        service(with_name=handshake(None, Ending.NOT_TLS), phase="handshake", trouble="plain HTTP"),
        service(with_name=handshake(None, Ending.RESET), phase="handshake", trouble="plain HTTP"),
        service(with_name=None, phase="handshake", trouble="plain HTTP"),
    ],
    ids=["not TLS", "reset", "without handshake"],
)
def test_a_failure_in_the_handshake_is_told_with_its_trouble(asked: Service) -> None:
    (finding,) = found(asked).values()
    assert finding.rule == "failed-handshake"
    assert "plain HTTP" in finding.message


@pytest.mark.parametrize(
    "handshake_of_ours",
    [
        handshake(GOOD, Ending.UNFINISHED),
        handshake(GOOD, Ending.ALERT, damage="OpenSSL here gave up: dh key too small"),
    ],
    ids=["in clear only", "given up"],
)
def test_what_our_library_cannot_do_is_not_blamed_on_the_service(handshake_of_ours) -> None:
    assert not found(service(with_name=handshake_of_ours))


def test_a_certificate_that_nobody_can_read_is_a_failure() -> None:
    unreadable = replace(handshake(None), server_chain=(Unreadable(0, "cut off"),))
    asked = service(with_name=unreadable, phase="handshake", trouble="it cannot be read: cut off")
    (finding,) = found(asked).values()
    assert (finding.rule, finding.cause) == ("failed-handshake", Cause.UNKNOWN)
    assert finding.message == f"{HOST}:443: it cannot be read: cut off."


@pytest.mark.parametrize(
    ("codes", "is_told"),
    [
        ((0x00A8, 0xC035), True),  # TLS_PSK_WITH_AES_128_GCM_SHA256, TLS_ECDHE_PSK_WITH_AES_128_...
        ((0x001F,), True),  # TLS_KRB5_WITH_3DES_EDE_CBC_SHA
        ((0x00A8, 0xC02F), False),  # ..., TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
        ((0x00A8, 0xFFF0), False),  # ..., one that nobody knows
        ((), False),
    ],
)
def test_a_service_for_those_who_share_its_secret(codes: tuple[int, ...], is_told: bool) -> None:
    halfway = handshake(None, Ending.UNFINISHED)
    asked = service(with_name=halfway, without_name=halfway, suites={Version.TLSV1_2: codes})
    told = found(asked).get("failed-handshake")
    assert (told is not None) == is_told
    if told:
        assert told.cause is Cause.CIPHER_MISMATCH
        assert len(told.facts["suites"]) == len(codes)


@pytest.mark.parametrize("phase", ["resolve", "connect", "proxy"])
def test_what_was_not_reached_has_not_failed(phase: str) -> None:
    assert not found(service(None, with_name=None, phase=phase, trouble="refused"))


def test_a_demanded_client_certificate_that_was_not_given_is_no_failure() -> None:
    asking = replace(refused(40), request=CertificateRequest())
    assert not found(service(with_name=asking, needs_client_certificate=True))
    assert "failed-handshake" in found(service(with_name=asking, needs_client_certificate=False))


@pytest.mark.parametrize(
    ("ending", "is_taken", "is_told"),
    [
        (Ending.ALERT, False, True),
        (Ending.COMPLETED, False, True),  # TLS 1.3, and nginx with HTTP status 400
        (Ending.COMPLETED, True, False),
        (Ending.COMPLETED, None, False),
    ],
)
def test_a_client_certificate_that_was_given(
    ending: Ending, is_taken: bool | None, is_told: bool
) -> None:
    shown = replace(refused(40), ending=ending, client_chain=(OTHER.certificate,))
    asked = service(
        GOOD,
        needs_client_certificate=True,
        with_certificate=shown,
        takes_client_certificate=is_taken,
    )
    told = found(asked)
    assert list(told) == (["failed-handshake"] if is_told else [])
    assert all(each.cause is Cause.UNKNOWN_CLIENT_CERTIFICATE for each in told.values())


@pytest.mark.parametrize(
    ("asks", "why"),
    [(asking_for(FOREIGN_ROOT), "which the server did not name"), (asking_for(), "in its time")],
)
def test_why_a_client_certificate_was_refused_after_the_handshake(
    asks: CertificateRequest, why: str
) -> None:
    shown = handshake(GOOD, request=asks, client_chain=(OTHER.certificate, ISSUING.certificate))
    asked = service(GOOD, with_certificate=shown, takes_client_certificate=False)
    message = found(asked)["failed-handshake"].message
    assert "refused the client's certificate after the complete handshake. " in message
    assert why in message


SOON = ISSUING.leaf(HOST, not_after=NOW + timedelta(days=20))


@pytest.mark.parametrize(
    ("chain", "severity"),
    [
        ((SOON, ISSUING), "warning"),
        ((OLD, ISSUING), "error"),
        ((ISSUING.leaf(HOST, not_after=NOW + timedelta(days=31)), ISSUING), None),
        ((LEAF_OF_CA_ENDING, CA_ENDING), "error"),
        ((LEAF, ISSUING, CA_ENDING), None),  # a stranger is on no path
        ((EXPIRED, ISSUING), None),
    ],
)
def test_a_certificate_that_expires_before_long(
    chain: tuple[Made, ...], severity: str | None
) -> None:
    finding = found(service(chain)).get("served-certificate-expiring")
    assert (finding and finding.severity.value) == severity


@pytest.mark.parametrize(
    ("stored", "rule"),
    [((SOON, ISSUING), "expiring-certificate"), (GOOD, "served-certificate-differs")],
)
def test_what_is_stored_or_differs_expires_but_once(stored: tuple[Made, ...], rule: str) -> None:
    report = hosts(stored).report(observations=observed(hosts(stored), service((SOON, ISSUING))))
    assert [each.rule for each in report.findings] == [rule]


@pytest.mark.parametrize(
    ("estate", "severity"),
    [
        (backend(), "error"),
        (backend(store=(FOREIGN_ROOT,)), "error"),
        (backend(java=None), "warning"),
        (backend(ignores_validation_errors=True), "warning"),
    ],
    ids=["Java refuses it", "another root", "Java not known", "not checked"],
)
def test_a_backend_whose_certificate_expires(estate: Estate, severity: str) -> None:
    leaf = ISSUING.leaf("backend.example.com", not_after=NOW + timedelta(days=3))
    finding = of_backend(estate, service((leaf, ISSUING)))["served-certificate-expiring"]
    assert finding.severity.value == severity
    assert finding.facts["days_left"] == 3
    assert "acme/prod/targetservers/one" in finding.affects


@pytest.mark.parametrize(
    ("versions", "severity", "told"),
    [
        ((Version.TLSV1_2, Version.TLSV1_3), None, ""),
        ((Version.TLSV1_1, Version.TLSV1_2), "warning", "speaks TLSv1.1, below TLSv1.2"),
        ((Version.TLSV1, Version.TLSV1_1), "error", "speaks only TLSv1, TLSv1.1, below"),
        ((), None, ""),
    ],
)
def test_versions_that_are_out_of_date(
    versions: tuple[Version, ...], severity: str | None, told: str
) -> None:
    spoken = {each: each in versions for each in Version}
    finding = found(service(GOOD, versions=spoken)).get("served-legacy-protocol")
    assert (finding and finding.severity.value) == severity
    assert told in (finding.message if finding else "")


@pytest.mark.parametrize(
    ("setting", "is_said"),
    [("TLSv1 TLSv1.2", True), ("TLSv1.2", False), (None, False)],
)
def test_what_a_virtual_host_allows_is_said_where_it_is_set(
    setting: str | None, *, is_said: bool
) -> None:
    properties = {"ssl_protocols": setting} if setting else {}
    estate = Estate().store("web", server=GOOD).reference("web", "web")
    estate.host("web", [HOST], keystore="ref://web", key_alias="server", properties=properties)
    told = of_host(estate, service(GOOD, versions={Version.TLSV1: True, Version.TLSV1_2: True}))
    assert ("served-legacy-protocol" not in told) is is_said


GCM, AES, NULL, ANON, CHACHA = 0xC02F, 0x002F, 0x003B, 0x0034, 0xCCA8


@pytest.mark.parametrize(
    ("suites", "severity"),
    [
        ((GCM, CHACHA), None),
        ((GCM, NULL), "warning"),
        ((GCM, ANON), "warning"),
        ((NULL, ANON), "error"),
        ((NULL, 0xFEFE), "warning"),  # what is not known may be good
        ((), None),
    ],
)
def test_suites_that_are_weak(suites: tuple[int, ...], severity: str | None) -> None:
    of = service(GOOD, suites={Version.TLSV1_2: suites} if suites else {})
    finding = found(of).get("served-weak-cipher")
    assert (finding and finding.severity.value) == severity


def test_what_the_policy_forbids_is_weak_and_alone_no_error() -> None:
    of = service(GOOD, suites={Version.TLSV1_2: (AES,)})
    nothing = [Inventory("default", "probe")]
    policy = Policy(forbidden_ciphers=("kRSA",))
    (finding,) = judge(nothing, TRUST, policy, NOW, NOW, unnamed(of, HOST)).findings
    assert (finding.rule, finding.severity.value) == ("served-weak-cipher", "warning")
    assert finding.facts["weaknesses"] == ["forbidden"]


@pytest.mark.parametrize("setting", ["HIGH:!aNULL", None])
def test_weak_suites_are_said_where_they_are_set(setting: str | None) -> None:
    properties = {"ssl_ciphers": setting} if setting else {}
    estate = Estate().store("web", server=GOOD).reference("web", "web")
    estate.host("web", [HOST], keystore="ref://web", key_alias="server", properties=properties)
    told = of_host(estate, service(GOOD, suites={Version.TLSV1_2: (GCM, NULL)}))
    assert ("served-weak-cipher" in told) is (setting is None)


def test_of_a_backend_neither_is_said() -> None:
    of = service(GOOD, versions={Version.TLSV1: True}, suites={Version.TLSV1: (NULL,)})
    assert not {"served-legacy-protocol", "served-weak-cipher"} & set(of_backend(backend(), of))


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


@pytest.mark.parametrize(
    ("chain", "said"),
    [
        ((LEAF,), "incomplete-chain"),
        ((EXPIRED, ISSUING), "expired-certificate"),
        ((OTHER, ISSUING), "uncovered-host-alias"),
    ],
)
def test_what_is_said_of_the_stored_one_is_not_said_again(
    chain: tuple[Made, ...], said: str
) -> None:
    estate = hosts(chain)
    observations = observed(estate, service(chain))
    report = estate.report(observations=observations)
    assert [each.rule for each in report.findings] == [said]
    alone = ["served-chain-incomplete", "served-certificate-expired", "served-name-mismatch"]
    only = judge([estate.inventory()], TRUST, Policy(), NOW, NOW, observations, alone)
    assert [each.where for each in only.findings] == [f"{HOST}:443"]


def test_a_chain_that_is_whole_in_edge_and_cut_on_its_way() -> None:
    assert list(of_host(hosts(), service((LEAF,)))) == ["served-chain-incomplete"]


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


NAMED = ISSUING.leaf("backend.example.com")
LATE = ISSUING.leaf("backend.example.com", not_after=NOW - timedelta(days=1))


@pytest.mark.parametrize(
    ("chain", "store", "rule"),
    [
        ((NAMED, ISSUING), (ROOT,), None),
        ((NAMED,), (ISSUING,), None),
        ((NAMED,), (NAMED,), None),
        ((NAMED,), (ROOT,), ("served-chain-incomplete", "error")),
        ((LATE, ISSUING), (ROOT,), ("served-certificate-expired", "error")),
        ((LATE, ISSUING), (LATE,), ("served-certificate-expired", "warning")),
        ((LEAF, ISSUING), (ROOT,), ("served-name-mismatch", "warning")),
    ],
)
def test_backends(chain: tuple[Made, ...], store: tuple[Made, ...], rule: object) -> None:
    told = of_backend(backend(store=store), service(chain)).values()
    assert [(each.rule, each.severity.value) for each in told] == ([rule] if rule else [])
    for each in told:
        assert each.direction == "southbound"
        assert each.affects == ("acme/prod/proxies/one-proxy", "acme/prod/targetservers/one")


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


def test_several_targets_with_one_backend_give_one_finding_each_way() -> None:
    estate = backend()
    estate.server("two", truststore="trust")
    told = estate.report(observations=observed(estate, service((NAMED,)))).findings
    (finding,) = (each for each in told if each.rule.startswith("served"))
    assert finding.facts["targets"] == [
        "acme/prod/targetservers/one",
        "acme/prod/targetservers/two",
    ]


def test_no_suppression_is_called_unused_where_nothing_was_asked() -> None:
    policy = Policy(
        suppressions=(
            Suppression(Scope(rule="failed-handshake"), "", None),
            Suppression(Scope(where="gone.example.com:443"), "", None),
        )
    )
    assert not hosts().report(policy=policy).stale_suppressions
    asked = hosts().report(policy=policy, observations=observed(hosts(), service(GOOD)))
    assert [each.flaw for each in asked.stale_suppressions] == ["unused", "unused"]


def test_an_endpoint_that_was_not_reached_hides_nothing_else() -> None:
    gap = Gap("api.example.com:443", "unreachable", is_of_endpoint=True)
    assert hidden_by(gap) == "api.example.com:443"
    assert hidden_by(replace(gap, is_of_endpoint=False)) == ""
