"""What Routers and Message Processors have in their own files."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from edgeaudit.audit.policy import Policy
from edgeaudit.host import Host, HostKind, Listen, Server, Setting, StoreFile
from edgeaudit.inventory import Told
from edgeaudit.tls.clients import clients
from edgeaudit.tls.protocols import Version
from edgeaudit.x509.stores import Entry
from tests.audit.estate import ISSUING, LEAF, Estate, secure
from tests.audit.services import observed, service
from tests.factories import rsa_key

RSA_LEAF = ISSUING.leaf("api.example.com", key=rsa_key())
GOOD = "ECDHE-RSA-AES128-GCM-SHA256"


def router(name: str = "r1", *, port: int = 443, **values: Any) -> Host:
    """A Router with a server `api.example.com`; the names of directives without `ssl_`."""
    settings = {
        f"ssl_{each}": Setting(f"ssl_{each}", value, f"{name}/nginx.conf:{line}")
        for line, (each, value) in enumerate(values.items(), 2)
    }
    at = f"*:{port}"
    own = settings.get("ssl_protocols")
    server = Server(
        f"{name}/nginx.conf:1",
        ("api.example.com",),
        (Listen(at, f"{name}/nginx.conf:1"),),
        frozenset([at]),
        settings,
        {at: own} if own else {},
    )
    return Host("router", name, name, servers=(server,))


def processor(name: str = "mp1", kind: HostKind = "message-processor", **values: Any) -> Host:
    """A host with these in its properties; in names `_` stands for a dot."""
    settings = {
        (key := each.replace("_", ".")): Setting(key, value, f"{name}/own.properties:{line}")
        for line, (each, value) in enumerate(values.items(), 1)
    }
    return Host(kind, name, name, has_properties=True, settings=settings)


def with_hosts(*hosts: Host, estate: Estate | None = None) -> Estate:
    estate = estate or Estate()
    estate.hosts = hosts
    return estate


def web(*hosts: Host, properties: dict[str, str] | None = None) -> Estate:
    """A virtual host `web` on port 443, with the Routers."""
    estate = secure([RSA_LEAF, ISSUING]).host(
        "web",
        ["api.example.com"],
        keystore="web",
        key_alias="server",
        properties=properties or {},
    )
    return with_hosts(*hosts, estate=estate)


ROUTER_PROTOCOLS = {"load_balancing_driver_server_ssl_protocols": "TLSv1 TLSv1.2"}


@pytest.mark.parametrize(
    ("host", "where", "told"),
    [
        (router(protocols="TLSv1 TLSv1.2"), "r1/nginx.conf:2", "TLSv1, below TLSv1.2"),
        (router(ciphers="RC4-SHA:AES128-SHA"), "r1/nginx.conf:2", "allows RC4-SHA (RC4)"),
        (processor(kind="router", **ROUTER_PROTOCOLS), "mp1/own.properties:1", "TLSv1, below"),
        (processor(https_protocols="TLSv1,TLSv1.2"), "mp1/own.properties:1", "allows TLSv1,"),
        (processor(jdk_tls_client_protocols="SSLv2Hello"), "mp1/own.properties:1", "SSLv2Hello"),
        (
            processor(https_cipherSuites="SSL_RSA_WITH_RC4_128_SHA"),
            "mp1/own.properties:1",
            "RC4",
        ),
    ],
)
def test_weak_host_setting(host, where, told) -> None:
    (finding,) = with_hosts(host).findings()
    assert (finding.rule, finding.severity.value) == ("weak-host-setting", "warning")
    assert finding.where == where
    assert told in finding.message
    assert finding.facts["host"] == host.title
    assert finding.direction == host.direction


@pytest.mark.parametrize(
    "host",
    [
        router(protocols="TLSv1.2 TLSv1.3", ciphers="ECDHE+AESGCM"),
        router(),
        router(ciphers="PROFILE=SYSTEM"),
        processor(https_protocols="TLSv1.2"),
        processor(jsse_enableSNIExtension="false"),
        processor(jdk_tls_disabledAlgorithms="SSLv3"),
    ],
)
def test_nothing_weak(host) -> None:
    assert with_hosts(host).findings() == []


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"https_protocols": "TLSv1.4"}, 'knows no protocol "TLSv1.4"'),
        ({"https_protocols": "tls1.2"}, '"tls1.2" (meant: TLSv1.2)'),
        ({"jdk_tls_client_protocols": "TLSv1.4"}, '"TLSv1.4"'),
        ({"jdk_tls_disabledAlgorithms": "RC4, RSA keysize < 1024"}, '"RSA keysize < 1024"'),
        ({"jdk_certpath_disabledAlgorithms": "SHA1 jdkca"}, 'gives up all TLS for "SHA1 jdkca"'),
        ({"jsse_enableSNIExtension": "yes"}, 'only true or false, and not "yes"'),
        (
            {"https_protocols": "TLSv1.2", "jdk_tls_disabledAlgorithms": "TLSv1.2"},
            "Java 8 leaves nothing of what it allows",
        ),
        (
            {"https_protocols": "TLSv1.3", "jdk_tls_client_protocols": "TLSv1.2"},
            "Java 8 leaves nothing of what it allows",
        ),
    ],
)
def test_unusable_host_setting(values, told) -> None:
    host = replace(processor(**values), java=8)
    (finding,) = with_hosts(host).findings()
    assert (finding.rule, finding.severity.value) == ("unusable-host-setting", "error")
    assert finding.where == "mp1/own.properties:1"
    assert told in finding.message
    assert finding.message.endswith("on Message Processor mp1")


def test_a_blank_in_https_protocols() -> None:
    (finding,) = with_hosts(processor(https_protocols="TLSv1.2, TLSv1.3")).findings()
    assert (finding.rule, finding.severity.value) == ("unusable-host-setting", "warning")
    assert '" TLSv1.3" (meant: TLSv1.3)' in finding.message


@pytest.mark.parametrize(
    "values",
    [
        {"jdk_tls_client_protocols": '"TLSv1.2, TLSv1.3"'},
        {"https_protocols": "TLSv1.2,TLSv1.3", "jdk_tls_disabledAlgorithms": "TLSv1.3"},
        {"jsse_enableSNIExtension": "TRUE"},
        {
            "jdk_certpath_disabledAlgorithms": "MD2, SHA1 jdkCA & usage TLSServer, RSA  keySize <"
            " 1024 &, SHA1 usage SignedJAR & denyAfter 2019-01-01, include jdk.disabled.namedCurves"
        },
    ],
)
def test_what_java_can_use(values) -> None:
    assert with_hosts(replace(processor(**values), java=8)).findings() == []


@pytest.mark.parametrize(
    ("values", "severity"),
    [
        ({"protocols": "TLSv1.2,TLSv1.3"}, "error"),
        ({"ciphers": "FOO:AES128-SHA"}, "error"),
        ({"ciphers": "AES128-SHA:!FOO"}, "warning"),
    ],
)
def test_a_router_s_unusable_properties(values, severity) -> None:
    own = {f"load_balancing_driver_server_ssl_{name}": text for name, text in values.items()}
    (finding,) = with_hosts(processor("r1", "router", **own)).findings()
    assert (finding.rule, finding.severity.value) == ("unusable-host-setting", severity)


def test_two_things_on_one_line_are_one_finding() -> None:
    line: Any = {"https_protocols": "TLSv1", "https_cipherSuites": "SSL_RSA_WITH_RC4_128_SHA"}
    host = processor(**line)
    on_one = {name: replace(each, where="mp1/x:1") for name, each in host.settings.items()}
    (finding,) = with_hosts(replace(host, settings=on_one)).findings()
    assert finding.message.startswith("Message Processor mp1 allows TLSv1, below TLSv1.2; SSL_RSA")
    assert len(finding.facts["settings"]) == 2


def test_the_floor_is_the_policy_s() -> None:
    estate = with_hosts(router(protocols="TLSv1.2"))
    assert estate.findings(policy=Policy(protocol_floor=Version.TLSV1_3))
    assert with_hosts(router(ciphers=GOOD)).findings(policy=Policy(forbidden_ciphers=("AES128",)))


def test_a_line_for_a_virtual_host_is_judged_as_its_own() -> None:
    estate = web(router(protocols="TLSv1 TLSv1.2"), properties={"ssl_protocols": "TLSv1.2"})
    (finding,) = estate.findings()
    assert (finding.rule, finding.where) == ("legacy-protocol", "r1/nginx.conf:2")
    assert finding.message == "it allows TLSv1, below TLSv1.2 on Router r1"
    assert finding.affects == ("acme/prod/virtualhosts/web",)
    assert finding.steps == ()


def test_a_virtual_host_on_another_port() -> None:
    estate = secure([RSA_LEAF, ISSUING]).host(
        "other", ["api.example.com"], port=8443, keystore="web", key_alias="server"
    )
    hosts = router(port=8443, protocols="TLSv1 TLSv1.2"), router(protocols="TLSv1.1 TLSv1.2")
    found = with_hosts(*hosts, estate=estate).findings("legacy-protocol")
    assert [each.affects for each in found] == [("acme/prod/virtualhosts/other",)]


def test_a_line_for_several_virtual_hosts_is_told_once() -> None:
    estate = web(router(protocols="TLSv1 TLSv1.2"))
    estate.host("other", ["API.example.com:443"], keystore="web", key_alias="server")
    (finding,) = estate.findings("legacy-protocol")
    assert len(finding.affects) == 2


def test_what_the_router_has_counts_and_not_what_the_api_says() -> None:
    estate = web(router(protocols="TLSv1.2"), properties={"ssl_protocols": "TLSv1 SSLv3"})
    assert estate.findings() == []


@pytest.mark.parametrize(
    ("in_file", "rule"),
    [("TLSv1.2", "served-legacy-protocol"), ("TLSv1 TLSv1.2", "legacy-protocol")],
)
def test_what_is_served_and_not_in_the_router_s_file(in_file: str, rule: str) -> None:
    estate = web(router(protocols=in_file), properties={"ssl_protocols": "TLSv1 TLSv1.2"})
    spoken = {Version.TLSV1: True, Version.TLSV1_2: True}
    served = observed(estate, service([RSA_LEAF, ISSUING], versions=spoken))
    assert [each.rule for each in estate.findings(observations=served)] == [rule]


@pytest.mark.parametrize(
    "host",
    [router(port=8443, protocols="TLSv1.2"), processor(https_protocols="TLSv1.2")],
)
def test_another_host_s_files_say_nothing_of_it(host) -> None:
    estate = web(host, properties={"ssl_protocols": "TLSv1 TLSv1.2"})
    (finding,) = estate.findings()
    assert finding.where == "acme/prod/virtualhosts/web"
    assert finding.steps


def test_ciphers_of_the_router() -> None:
    estate = web(router(ciphers="RC4-SHA:AES128-SHA"))
    assert estate.found() == {("weak-cipher", "r1/nginx.conf:2", "warning")}
    estate = web(router(ciphers="FOO:AES128-SHA"))
    assert estate.found() == {("unknown-cipher", "r1/nginx.conf:2", "error")}
    estate = web(router(ciphers="ECDHE-ECDSA-AES128-SHA"))
    assert estate.found() == {("no-usable-cipher", "r1/nginx.conf:2", "error")}


def test_hosts_differ() -> None:
    same = [router(f"r{each}", protocols="TLSv1.2 TLSv1.3") for each in (1, 3)]
    (finding,) = with_hosts(same[0], router("r2", protocols="TLSv1.3"), same[1]).findings()
    assert (finding.rule, finding.severity.value) == ("hosts-differ", "warning")
    assert finding.where == "r2/nginx.conf:2"
    assert finding.message == (
        "Router r2 has TLSv1.3 for ssl_protocols of api.example.com on port 443, "
        "and all others TLSv1.2 TLSv1.3"
    )


@pytest.mark.parametrize(
    ("hosts", "where"),
    [
        ([router(protocols="TLSv1.2"), router("r2")], "r2/nginx.conf:1"),
        ([router("r1", verify_client="on"), router("r2")], "r2/nginx.conf:1"),
        (
            [processor(https_protocols="TLSv1.2"), processor("mp2", https_protocols="TLSv1.3")],
            "mp2/own.properties:1",
        ),
        ([processor(jsse_enableSNIExtension="true"), processor("mp2")], "mp2"),
    ],
)
def test_two_hosts_differ(hosts, where) -> None:
    (finding,) = with_hosts(*hosts).findings("hosts-differ")
    assert finding.where == where
    assert "and the other one" in finding.message


def serving(name: str, *names: str, is_whole: bool = True) -> Host:
    """A Router with a server of each of the names."""
    (one,) = router(name).servers
    servers = tuple(replace(one, names=tuple(each.split())) for each in names)
    return replace(router(name), servers=servers, is_whole=is_whole)


@pytest.mark.parametrize(
    ("odd", "told"),
    [
        (["a"], ["Router r3 has no server for TLS of b c on port 443, and all others a server"]),
        (["a", "b"], ["has no server for TLS of b c on", "has a server for TLS of b on port 443"]),
    ],
)
def test_a_server_that_one_router_lacks(odd, told) -> None:
    routers = [serving(each, "a", "b c") for each in ("r1", "r2")]
    found = with_hosts(*routers, serving("r3", *odd)).findings()
    assert {each.rule for each in found} == {"hosts-differ"}
    messages = [each.message.replace("b, c", "b c") for each in found]
    assert all(part in message for part, message in zip(told, messages, strict=True)), messages


def test_three_hosts_differ_each_from_each() -> None:
    found = with_hosts(*(router(each, ciphers=each) for each in ("r1", "r2", "r3"))).findings(
        "hosts-differ"
    )
    assert [each.message.partition(", ")[2] for each in found] == ["and another one r1"] * 2


def test_another_certificate_on_one_router() -> None:
    """One Router has not taken up the renewed certificate."""
    found = []
    for name, leaf in (("r1", LEAF), ("r2", RSA_LEAF), ("r3", LEAF)):
        host = router(name)
        named = Setting("ssl_certificate", "x.pem", f"{name}/nginx.conf:2")
        held = StoreFile(f"{name}/x.pem", named, (Entry(None, (leaf.certificate,), False),))
        served = replace(host.servers[0], certificates=(named,))
        found.append(replace(host, servers=(served,), stores=(held,)))
    (finding,) = with_hosts(*found).findings()
    assert (finding.rule, finding.where) == ("hosts-differ", "r2/x.pem")
    assert f"certificate {RSA_LEAF.certificate.sha256[:16]}" in finding.message  # type: ignore[index]


@pytest.mark.parametrize(
    "hosts",
    [
        [router(protocols="TLSv1.2 TLSv1.3"), router("r2", protocols="tlsv1.3 TLSv1.2")],
        [router(protocols="TLSv1.2"), processor(https_protocols="TLSv1.3")],
        [processor(https_protocols="TLSv1.2")],
        [router(protocols="TLSv1.2"), processor("r2", "router")],
        [router(), router("r2", port=8443, protocols="TLSv1.2")],
        [serving("r1", "a", "b"), serving("r2", "c", "d")],  # of other pods
        [serving("r1", "a", "b"), serving("r2", "a", is_whole=False)],
    ],
)
def test_hosts_that_do_not_differ(hosts) -> None:
    assert with_hosts(*hosts).findings() == []


@pytest.mark.parametrize("by_router", [False, True])
def test_client_profile_excluded(by_router) -> None:
    values: Any = {"protocols": "TLSv1.2", "ciphers": "AES256-GCM-SHA384"}
    hosts = [router(**values)] if by_router else []
    properties = {f"ssl_{name}": value for name, value in values.items()}
    (finding,) = web(*hosts, properties={} if by_router else properties).findings()
    assert (finding.rule, finding.severity.value) == ("client-profile-excluded", "note")
    assert finding.facts["clients"] == ["java-8", "android-5", "android-6"]
    assert "Java 8 with limited strength" in finding.message
    assert finding.where == ("r1/nginx.conf:3" if by_router else "acme/prod/virtualhosts/web")


@pytest.mark.parametrize(
    "values",
    [
        {"protocols": "TLSv1.2"},
        {"protocols": "TLSv1.3"},
        {"protocols": "TLSv1.2", "ciphers": f"{GOOD}:ECDHE-RSA-AES256-GCM-SHA384"},
        {"protocols": "TLSv1.2", "ciphers": "HIGH:!aNULL:!MD5:!3DES"},
    ],
)
def test_nobody_is_shut_out_by_mistake(values) -> None:
    assert web(router(**values)).findings() == []


def test_the_kinds_that_the_policy_names() -> None:
    policy = Policy(clients=("java-7", "java-8"))
    (finding,) = web(router(protocols="TLSv1.2")).findings(policy=policy)
    assert (finding.severity.value, finding.facts["clients"]) == ("warning", ["java-7"])
    named: Any = Policy(clients=("java-8",))
    (finding,) = web(router(protocols="TLSv1.2", ciphers="AES256-SHA256")).findings(policy=named)
    assert finding.severity.value == "warning"
    assert finding.facts["clients"][0] == "java-8"


def test_the_default_of_the_edge_version() -> None:
    policy = Policy(clients=("android-4.0",))
    estate = web()
    assert estate.findings(policy=policy) == []
    estate.told = Told(edge_version="4.54.00")
    assert [each.facts["clients"] for each in estate.findings(policy=policy)] == [["android-4.0"]]


def test_the_key_shuts_out_too() -> None:
    """Windows XP has no suite for the EC key that this host shows."""
    policy = Policy(clients=("windows-xp",))
    estate = secure([LEAF, ISSUING])
    estate.host("web", keystore="web", key_alias="server", properties={"ssl_protocols": "TLSv1"})
    assert [each.rule for each in estate.findings(policy=policy)] == [
        "client-profile-excluded",
        "legacy-protocol",
    ]


def test_every_kind_of_client_has_its_source_and_known_suites() -> None:
    for client in clients().values():
        assert client.source
        assert client.versions
        assert len(client.suites) > 10
        assert any(each.works_in(max(client.versions), "openssl") for each in client.suites)


@pytest.mark.parametrize("version", [6, 7, 8])
def test_java_with_and_without_the_unlimited_strength_policy(version: int) -> None:
    limited, unlimited = clients()[f"java-{version}"], clients()[f"java-{version}-unlimited"]
    more = set(unlimited.suites) - set(limited.suites)
    assert set(limited.suites) < set(unlimited.suites)
    assert all("AES_256" in each.java for each in more)
    estate = secure([RSA_LEAF, ISSUING]).host(
        "web",
        ["api.example.com"],
        keystore="web",
        key_alias="server",
        properties={"ssl_protocols": "TLSv1 TLSv1.2", "ssl_ciphers": "AES256-SHA"},
    )
    (finding,) = estate.findings(
        "client-profile-excluded", policy=Policy(clients=(limited.name, unlimited.name))
    )
    assert unlimited.name not in finding.facts["clients"]
    assert limited.name in finding.facts["clients"]
