"""Bundles of proxies and shared flows: what they name, and what a hostile one cannot do."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.errors import BadAnswer
from edgeaudit.inventory import ProxyTarget, StoreName, TlsSettings
from edgeaudit.management.archive import (
    MAX_DEPTH,
    MAX_ELEMENTS,
    MAX_MEMBER_BYTES,
    MAX_MEMBERS,
    MAX_TOTAL_BYTES,
)
from edgeaudit.management.bundle import BundleBody, read_bundle_zip, revision
from edgeaudit.management.bundle_xml import TargetBody
from tests.management.bundles import bundle_zip, proxy_endpoint, service_callout, target_endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

TARGET = "apiproxy/targets/default.xml"
POLICY = "apiproxy/policies/policy.xml"
GOOD = {
    "apiproxy/weather.xml": '<APIProxy name="weather"/>',
    "apiproxy/proxies/default.xml": proxy_endpoint("secure", base_path="/weather"),
    TARGET: target_endpoint("<SSLInfo><KeyStore>k</KeyStore></SSLInfo><URL>https://b</URL>"),
    POLICY: "<ValidateSAMLAssertion><TrustStore>t</TrustStore></ValidateSAMLAssertion>",
}
GOOD_TARGETS = (
    TargetBody("targets", "default", "https://b", (), TlsSettings(True, keystore=StoreName("k"))),
    TargetBody("policies", "policy", None, (), TlsSettings(True, truststore=StoreName("t"))),
)
SSL = "<SSLInfo><TrustStore>t</TrustStore></SSLInfo>"


def _targets(*members: Mapping[str, str | bytes]) -> tuple[TargetBody, ...]:
    body = read_bundle_zip(bundle_zip(*members))
    assert body.unread == ()
    return body.targets


def _target(connection: str) -> TargetBody:
    [target] = _targets({TARGET: target_endpoint(connection)})
    return target


def _policy(document: str) -> TargetBody:
    [target] = _targets({POLICY: document})
    return target


def _tls(ssl_info: str, url: str = "https://backend") -> TlsSettings:
    found = _target(f"<URL>{url}</URL>{ssl_info}").tls
    assert found is not None
    return found


def _reasons(data: bytes) -> list[str]:
    body = read_bundle_zip(data)
    assert body.targets == ()
    return [reason for _, reason in body.unread]


# proxy endpoints


def test_a_whole_bundle() -> None:
    body = read_bundle_zip(bundle_zip(GOOD))
    assert body == BundleBody(("/weather",), ("secure",), GOOD_TARGETS)


def test_several_virtual_hosts_and_proxy_endpoints() -> None:
    body = read_bundle_zip(
        bundle_zip(
            {
                "apiproxy/proxies/a.xml": proxy_endpoint("one", " two ", "", base_path="/a"),
                "apiproxy/proxies/b.xml": proxy_endpoint("two", "three", base_path="/b"),
                "apiproxy/proxies/c.xml": '<ProxyEndpoint name="local"/>',
            }
        )
    )
    assert (body.base_paths, body.virtual_hosts) == (("/a", "/b"), ("one", "two", "three"))


# target endpoints


def test_every_setting_of_a_target() -> None:
    found = _tls("""<SSLInfo>
        <Enabled>true</Enabled>
        <ClientAuthEnabled>TRUE</ClientAuthEnabled>
        <KeyStore>ref://keys</KeyStore>
        <KeyAlias>2026</KeyAlias>
        <TrustStore>{private.trust}</TrustStore>
        <Protocols><Protocol>TLSv1.2</Protocol><Protocol> TLSv1.3 </Protocol><Protocol/></Protocols>
        <Ciphers><Cipher>TLS_RSA_WITH_AES_128_CBC_SHA</Cipher></Ciphers>
        <IgnoreValidationErrors>true</IgnoreValidationErrors>
        <CommonName wildcardMatch="true">*.example.com</CommonName>
    </SSLInfo>""")
    assert found == TlsSettings(
        enabled=True,
        client_auth=True,
        ignores_validation_errors=True,
        keystore=StoreName("ref://keys"),
        key_alias="2026",
        truststore=StoreName("{private.trust}"),
        protocols=("TLSv1.2", "TLSv1.3"),
        ciphers=("TLS_RSA_WITH_AES_128_CBC_SHA",),
        common_name="*.example.com",
    )


@pytest.mark.parametrize(
    ("ssl_info", "url", "is_enabled"),
    [
        ("<SSLInfo><Enabled>true</Enabled></SSLInfo>", "https://b", True),
        ("<SSLInfo><Enabled> True\n</Enabled></SSLInfo>", "https://b", True),
        ("<SSLInfo><Enabled>true</Enabled></SSLInfo>", "http://b", True),
        ("<SSLInfo><Enabled>false</Enabled></SSLInfo>", "https://b", False),
        ("<SSLInfo><Enabled>{private.tls}</Enabled></SSLInfo>", "https://b", True),
        ("<SSLInfo/>", "https://b", True),
        ("<SSLInfo><Enabled/></SSLInfo>", "HTTPS://b", True),
        ("<SSLInfo/>", "http://b", False),
        ("<SSLInfo/>", "HTTP://b", False),
        ("<SSLInfo/>", "{backend.url}", True),
    ],
)
def test_whether_tls_is_enabled(ssl_info: str, url: str, is_enabled: bool) -> None:
    assert _tls(ssl_info, url).enabled is is_enabled


def test_blank_settings_are_not_set() -> None:
    blank = "<KeyStore/><KeyAlias> </KeyAlias><TrustStore></TrustStore><Protocols/><CommonName/>"
    assert _tls(f"<SSLInfo>{blank}</SSLInfo>") == TlsSettings(enabled=True)


def test_https_without_settings() -> None:
    assert _target("<URL>https://{host}/a?b</URL>") == TargetBody(
        "targets", "default", "https://{host}/a?b"
    )


def test_a_load_balancer() -> None:
    found = _target("""<LoadBalancer><Algorithm>RoundRobin</Algorithm>
        <Server name="one"/>
        <Server name=" two "><IsEnabled>true</IsEnabled><Weight>2</Weight></Server>
        <Server name="off"><IsEnabled>False</IsEnabled></Server>
        <Server name="three"><IsFallback>true</IsFallback></Server>
        <Server name="one"/><Server name=""/><Server/>
    </LoadBalancer><Path>/a</Path>""")
    assert found == TargetBody("targets", "default", None, ("one", "two", "three"))


def test_settings_beside_a_load_balancer_are_kept() -> None:
    found = _target(f'<LoadBalancer><Server name="one"/></LoadBalancer>{SSL}')
    assert (found.servers, found.tls) == (("one",), TlsSettings(True, truststore=StoreName("t")))


@pytest.mark.parametrize(
    "inside",
    [
        "<LocalTargetConnection><APIProxy>b</APIProxy></LocalTargetConnection>",
        "<LocalTargetConnection><Path>/b</Path></LocalTargetConnection>",
        "<ScriptTarget><ResourceURL>node://app.js</ResourceURL></ScriptTarget>",
        "<HostedTarget/>",
        "<HTTPTargetConnection/>",
        '<HTTPTargetConnection><LoadBalancer><Server name="off"><IsEnabled>false</IsEnabled>'
        "</Server></LoadBalancer></HTTPTargetConnection>",
        "",
    ],
)
def test_a_target_that_is_not_reached_over_tls(inside: str) -> None:
    assert _targets({TARGET: f"<TargetEndpoint>{inside}</TargetEndpoint>"}) == ()


@pytest.mark.parametrize(
    ("attribute", "name"),
    [('name="own"', "own"), ("", "file"), ('name=" "', "file"), ('name="a/b"', "a/b")],
)
def test_the_name_of_a_target(attribute: str, name: str) -> None:
    url = "<HTTPTargetConnection><URL>https://b</URL></HTTPTargetConnection>"
    document = f"<TargetEndpoint {attribute}>{url}</TargetEndpoint>"
    [found] = _targets({"apiproxy/targets/file.xml": document})
    assert found.name == name


# policies


def test_a_service_callout() -> None:
    found = _policy(service_callout(f"<URL>https://b</URL>{SSL}"))
    assert found == TargetBody(
        "policies", "call", "https://b", (), TlsSettings(True, truststore=StoreName("t"))
    )


def test_a_service_callout_without_settings_or_by_load_balancer() -> None:
    assert _policy(service_callout("<URL>https://b</URL>")).tls is None
    balanced = service_callout('<LoadBalancer><Server name="one"/></LoadBalancer>')
    assert _policy(balanced).servers == ("one",)


def test_saml_assertions() -> None:
    made = _policy(
        "<GenerateSAMLAssertion name='SAML'><KeyStore><Name> keys </Name>"
        "<Alias>a</Alias></KeyStore></GenerateSAMLAssertion>"
    )
    assert made.tls == TlsSettings(True, keystore=StoreName("keys"), key_alias="a")
    checked = _policy(
        "<ValidateSAMLAssertion name='SAML'><TrustStore>ref://t</TrustStore>"
        "</ValidateSAMLAssertion>"
    )
    assert checked.tls == TlsSettings(True, truststore=StoreName("ref://t"))
    assert (made.url, checked.url) == (None, None)


def test_a_store_named_by_a_flow_variable() -> None:
    found = _policy(
        "<GenerateSAMLAssertion><KeyStore><Name ref='saml.store'>keys</Name>"
        "<Alias ref='saml.alias'/></KeyStore></GenerateSAMLAssertion>"
    )
    assert found.tls == TlsSettings(
        True, keystore=StoreName("{saml.store}"), key_alias="{saml.alias}"
    )


@pytest.mark.parametrize(
    ("syslog", "url"),
    [
        ("<Host>logs</Host><Port>6514</Port>", "syslog://logs:6514"),
        ("<Host>{log.host}</Host>", "syslog://{log.host}:514"),
        ("", "syslog://localhost:514"),
    ],
)
def test_message_logging_over_tls(syslog: str, url: str) -> None:
    found = _policy(f"<MessageLogging><Syslog>{syslog}{SSL}</Syslog></MessageLogging>")
    assert (found.url, found.tls) == (url, TlsSettings(True, truststore=StoreName("t")))


@pytest.mark.parametrize(
    "inside",
    [
        "<KeyStore>s</KeyStore>",
        "<Keystore>s</Keystore>",
        "<KeyStore><Name>s</Name></KeyStore>",
        "<TrustStore>s</TrustStore>",
        "<Deep><Deeper><SSLInfo><TrustStore>s</TrustStore></SSLInfo></Deeper></Deep>",
        "<a:Deep xmlns:a='urn:a'><a:KeyStore>s</a:KeyStore></a:Deep>",
        "<!-- c --><KeyStore><![CDATA[s]]></KeyStore>",
        "<KeyStore><!-- c -->s</KeyStore>",
        "<KeyStore>&#115;</KeyStore>",
    ],
)
def test_a_store_in_any_policy(inside: str) -> None:
    found = _policy(f"<Future xmlns='urn:future'>{inside}</Future>").tls
    assert found is not None
    assert StoreName("s") in (found.keystore, found.truststore)


@pytest.mark.parametrize(
    "document",
    [
        "<Quota name='q'><Allow count='1'/></Quota>",
        "<ValidateSAMLAssertion><TrustStore/></ValidateSAMLAssertion>",
        "<MessageLogging><Syslog><Host>logs</Host></Syslog></MessageLogging>",
        service_callout("").replace("HTTPTarget", "LocalTarget"),
        f"<AssignMessage><Set><Payload><a>{SSL}</a></Payload></Set></AssignMessage>",
        "<AssignMessage><Set><Payload><![CDATA[<!DOCTYPE html>]]></Payload></Set></AssignMessage>",
        f"<GenerateSAMLAssertion><Template>{SSL}</Template></GenerateSAMLAssertion>",
    ],
)
def test_a_policy_that_names_nothing(document: str) -> None:
    assert _targets({POLICY: document}) == ()


def test_a_policy_that_is_switched_off_names_its_stores_and_calls_nothing() -> None:
    ssl = "<SSLInfo><Enabled>true</Enabled><KeyStore>k</KeyStore></SSLInfo>"
    off = service_callout(f"<URL>https://b</URL>{ssl}").replace('enabled="true"', 'enabled="False"')
    assert _policy(off) == TargetBody(
        "policies", "call", None, (), TlsSettings(False, keystore=StoreName("k"))
    )
    assert _targets({POLICY: off.replace(ssl, "")}) == ()


def test_every_one_of_several_stores_is_found() -> None:
    found = _targets(
        {
            POLICY: "<P><SSLInfo><KeyStore>a</KeyStore><KeyStore>b</KeyStore><TrustStore>c"
            f"</TrustStore></SSLInfo><More>{SSL}</More></P>"
        }
    )
    stores = [(target.tls.keystore, target.tls.truststore) for target in found if target.tls]
    assert stores == [
        (StoreName("a"), StoreName("c")),
        (StoreName("b"), None),
        (None, StoreName("t")),
    ]


# places


def test_the_places_of_a_proxy() -> None:
    found = revision(read_bundle_zip(bundle_zip(GOOD)), "acme/prod", "proxies", "a/b", "3")
    assert (found.where, found.environment, found.kind) == (
        "acme/prod/proxies/a%2Fb/3",
        "acme/prod",
        "proxies",
    )
    assert (found.name, found.number) == ("a/b", "3")
    assert (found.base_paths, found.virtual_hosts) == (("/weather",), ("secure",))
    assert found.targets == (
        ProxyTarget(
            where="acme/prod/proxies/a%2Fb/3/targets/default",
            environment="acme/prod",
            name="default",
            url="https://b",
            tls=TlsSettings(True, keystore=StoreName("k")),
        ),
        ProxyTarget(
            where="acme/prod/proxies/a%2Fb/3/policies/policy",
            environment="acme/prod",
            name="policy",
            tls=TlsSettings(True, truststore=StoreName("t")),
        ),
    )


def test_the_places_of_a_shared_flow() -> None:
    data = bundle_zip(
        {
            "sharedflowbundle/sharedflows/default.xml": "<SharedFlow name='default'/>",
            "sharedflowbundle/policies/call.xml": service_callout("<URL>https://b</URL>"),
        }
    )
    [target] = revision(read_bundle_zip(data), "acme/prod", "sharedflows", "flow", "1").targets
    assert target.where == "acme/prod/sharedflows/flow/1/policies/call"


def test_no_two_targets_have_the_same_place() -> None:
    two = f"<P name='p'><A>{SSL}</A><B>{SSL}</B></P>"
    body = read_bundle_zip(bundle_zip({POLICY: two}, {POLICY: two}))
    places = [target.where for target in revision(body, "o/e", "proxies", "x", "1").targets]
    place = "o/e/proxies/x/1/policies/p"
    assert places == [place, f"{place}/2", f"{place}/3", f"{place}/4"]


# hostile archives


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"<html>Sign in</html>",
        b"PK\3\4",
        b"PK\5\6" + bytes(17),
        b"PK\5\6" + b"\xff" * 18,
        bundle_zip(GOOD)[:-1],
        bundle_zip(GOOD)[:100],
    ],
)
def test_what_is_no_archive(data: bytes) -> None:
    with pytest.raises(BadAnswer, match=r"^the bundle is no zip archive$"):
        read_bundle_zip(data)


@pytest.mark.parametrize(
    "members", [{}, {"index.html": "<html/>"}, {"other/policies/a.xml": "<a/>"}]
)
def test_an_archive_that_is_no_bundle(members: dict[str, str | bytes]) -> None:
    with pytest.raises(BadAnswer, match="none of the folders apiproxy and sharedflowbundle"):
        read_bundle_zip(bundle_zip(members))


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("", "it is no well-formed XML"),
        ("<TargetEndpoint>", "it is no well-formed XML"),
        ("{}", "it is no well-formed XML"),
        ("<TargetEndpoint>&nbsp;</TargetEndpoint>", "it is no well-formed XML"),
        ("<x:TargetEndpoint/>", "it is no well-formed XML"),
        (b"<TargetEndpoint>\xff</TargetEndpoint>", "it is no well-formed XML"),
        ('<?xml version="1.0" encoding="x-none"?><TargetEndpoint/>', "it is no well-formed XML"),
        ('<?xml version="1.0" encoding="zlib"?><TargetEndpoint/>', "it is no well-formed XML"),
        ('<?xml version="1.0" encoding="UTF-7"?><TargetEndpoint/>', "it is no well-formed XML"),
        ("<html/>", "it is another kind of document than its folder holds"),
        ("<!DOCTYPE TargetEndpoint><TargetEndpoint/>", "it declares a document type"),
        (
            '<!DOCTYPE a SYSTEM "file:///etc/passwd"><TargetEndpoint/>',
            "it declares a document type",
        ),
        ('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "it declares an entity"),
        (
            '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            "it declares an entity",
        ),
        ('<!DOCTYPE a [<!ENTITY % x SYSTEM "http://h/x">%x;]><a/>', "it declares an entity"),
        ("<a>" * (MAX_DEPTH + 1) + "</a>" * (MAX_DEPTH + 1), "its elements are nested too deep"),
        ("<a>" * 100_000, "its elements are nested too deep"),
        (
            f"<a>{'<b/>' * MAX_ELEMENTS}</a>",
            f"the bundle has more than {MAX_ELEMENTS:,} elements",
        ),
        (f"<a>{' ' * MAX_MEMBER_BYTES}</a>", "it is larger than 2 MiB"),
    ],
)
def test_a_document_that_is_refused(document: str | bytes, reason: str) -> None:
    assert _reasons(bundle_zip({TARGET: document})) == [reason]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16le", "utf-16be", "utf-16"])
def test_a_billion_laughs(encoding: str) -> None:
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11))
    document = f'<!DOCTYPE a [<!ENTITY l0 "ha">{laughs}]><a b="&l10;">&l10;</a>'
    assert _reasons(bundle_zip({TARGET: document.encode(encoding)})) == ["it declares an entity"]


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("", "utf-16"),
        ('<?xml version="1.0" encoding="UTF-16"?>', "utf-16"),
        ('<?xml version="1.0" encoding="ISO-8859-1"?>', "iso-8859-1"),
        ('<?xml version="1.0" encoding="windows-1252"?>', "windows-1252"),
    ],
)
def test_the_encoding_of_a_document(declaration: str, encoding: str) -> None:
    document = f"{declaration}<P><KeyStore>Schlüssel</KeyStore></P>".encode(encoding)
    [found] = _targets({POLICY: document})
    assert found.tls == TlsSettings(True, keystore=StoreName("Schlüssel"))


def test_what_cannot_be_read_costs_nothing_else() -> None:
    body = read_bundle_zip(bundle_zip(GOOD, {"apiproxy/targets/bad.xml": "<"}))
    assert body.targets == GOOD_TARGETS
    assert body.unread == (("apiproxy/targets/bad.xml", "it is no well-formed XML"),)


@pytest.mark.parametrize(
    "path",
    [
        "../targets/a.xml",
        "apiproxy/../../targets/a.xml",
        "apiproxy/targets/../a.xml",
        "/apiproxy/targets/a.xml",
        "apiproxy\\targets\\a.xml",
    ],
)
def test_a_path_that_leads_elsewhere(path: str) -> None:
    body = read_bundle_zip(bundle_zip(GOOD, {path: target_endpoint("<URL>https://x</URL>")}))
    assert body.targets == GOOD_TARGETS
    assert body.unread == ((path, "its path is not one of a bundle"),)


@pytest.mark.parametrize(
    "path",
    [
        "apiproxy/policies/",
        "apiproxy/policies.xml",
        "apiproxy/manifests/manifest.xml",
        "apiproxy/resources/jsc/a.js",
        "apiproxy/resources/xsl/policies/a.xml",
        "apiproxy/policies/readme.txt",
        "../../etc/passwd",
        "META-INF/a.xml",
        "C:\\a.js",
    ],
)
def test_what_is_not_read_at_all(path: str) -> None:
    assert _targets(GOOD, {path: "no XML"}) == GOOD_TARGETS


def test_resources_are_never_unpacked() -> None:
    data = _patched(bundle_zip({"apiproxy/resources/jsc/a.js": "a" * 100}, GOOD), 24, 1 << 30)
    assert read_bundle_zip(data).targets == GOOD_TARGETS


@pytest.mark.parametrize("path", ["apiproxy/policies/deep/a.xml", "apiproxy/policies/a.XML"])
def test_a_policy_in_an_odd_place_is_read(path: str) -> None:
    [found] = _targets({path: GOOD[POLICY]})
    assert found.name == "a"


def test_the_same_path_twice() -> None:
    other = target_endpoint("<URL>https://other</URL>")
    assert [target.url for target in _targets({TARGET: GOOD[TARGET]}, {TARGET: other})] == [
        "https://b",
        "https://other",
    ]


def test_a_stored_member() -> None:
    assert read_bundle_zip(bundle_zip(GOOD, compression=zipfile.ZIP_STORED)).targets == GOOD_TARGETS


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_compression_that_edge_does_not_use(compression: int) -> None:
    data = bundle_zip({TARGET: GOOD[TARGET]}, compression=compression)
    assert _reasons(data) == ["its compression is not known"]


def _patched(data: bytes, offset: int, number: int) -> bytes:
    """`data` with another number in the first entry of its central directory."""
    at = data.index(b"PK\1\2") + offset
    size = 4 if offset >= 16 else 2
    return data[:at] + struct.pack("<I", number)[:size] + data[at + size :]


@pytest.mark.parametrize(
    ("offset", "number", "reason"),
    [
        (8, 0x1, "it is encrypted"),
        (8, 0x20, "it is damaged"),  # compressed patched data
        (10, 99, "its compression is not known"),
        (16, 0, "it is damaged"),  # CRC
        (20, 5, "it is damaged"),  # compressed size
        (24, 5, "it is damaged"),  # size
        (24, MAX_MEMBER_BYTES + 1, "it is larger than 2 MiB"),
        (42, 1 << 30, "it is damaged"),  # where it begins
    ],
)
def test_a_directory_that_lies(offset: int, number: int, reason: str) -> None:
    data = bundle_zip({TARGET: GOOD[TARGET]})
    assert _reasons(_patched(data, offset, number)) == [reason]


def test_a_member_that_unpacks_to_more_than_it_declares() -> None:
    data = _patched(bundle_zip({TARGET: bytes(20 << 20)}), 24, 10)
    tracemalloc.start()
    try:
        assert _reasons(data) == ["it is damaged"]
        assert tracemalloc.get_traced_memory()[1] < 4 * MAX_MEMBER_BYTES
    finally:
        tracemalloc.stop()


def test_a_bundle_that_unpacks_to_too_much() -> None:
    count = MAX_TOTAL_BYTES // MAX_MEMBER_BYTES + 1
    policy = bytes(MAX_MEMBER_BYTES)
    data = bundle_zip({f"apiproxy/policies/{n}.xml": policy for n in range(count)})
    with pytest.raises(BadAnswer, match="the bundle unpacks to more than 16 MiB"):
        read_bundle_zip(data)


def test_members_that_share_the_same_data() -> None:
    """Every entry of the directory points at one and the same member: a bomb without nesting."""
    data = bundle_zip({TARGET: b"<a>" + b" " * 1_000_000 + b"</a>"})
    start, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    entry, count = data[start:end], 1_000
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(entry) * count, start, 0)
    with pytest.raises(BadAnswer, match="the bundle unpacks to more than 16 MiB"):
        read_bundle_zip(data[:start] + entry * count + tail)


def test_too_many_members() -> None:
    data = bundle_zip({f"apiproxy/resources/{n}": b"" for n in range(MAX_MEMBERS + 1)})
    with pytest.raises(BadAnswer, match="the bundle holds more than 10,000 members"):
        read_bundle_zip(data)


def test_elements_are_counted_over_the_whole_bundle() -> None:
    policy = f"<a>{'<b/>' * (MAX_ELEMENTS // 2)}</a>"
    body = read_bundle_zip(bundle_zip({f"apiproxy/policies/{n}.xml": policy for n in range(3)}))
    assert [member for member, _ in body.unread] == [
        "apiproxy/policies/1.xml",
        "apiproxy/policies/2.xml",
    ]


def test_an_archive_within_is_not_opened() -> None:
    assert _reasons(bundle_zip({TARGET: bundle_zip(GOOD)})) == ["it is no well-formed XML"]


def test_a_name_that_is_no_utf8() -> None:
    data = bundle_zip({"apiproxy/policies/ü.xml": "<a/>"})
    with suppress(BadAnswer):
        read_bundle_zip(data.replace("ü".encode(), b"\xff\xff"))


def test_a_comment_longer_than_the_archive() -> None:
    file = io.BytesIO(bundle_zip(GOOD))
    with zipfile.ZipFile(file, "a") as archive:
        archive.comment = b"PK\5\6" * 100
    with suppress(BadAnswer):
        assert read_bundle_zip(file.getvalue()).targets == GOOD_TARGETS


@given(st.binary(max_size=500))
def test_any_bytes(data: bytes) -> None:
    with suppress(BadAnswer):
        read_bundle_zip(data)


@given(st.integers(0, len(bundle_zip(GOOD))))
def test_any_truncation(length: int) -> None:
    with suppress(BadAnswer):
        read_bundle_zip(bundle_zip(GOOD)[:length])


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@given(st.dictionaries(st.integers(0, 5_000), st.integers(0, 255), min_size=1, max_size=8))
def test_any_damage(compression: int, flips: dict[int, int]) -> None:
    data = bytearray(bundle_zip(GOOD, compression=compression))
    for at, byte in flips.items():
        data[at % len(data)] = byte
    with suppress(BadAnswer):
        read_bundle_zip(bytes(data))


@given(st.binary(max_size=200))
def test_any_document(document: bytes) -> None:
    body = read_bundle_zip(bundle_zip({TARGET: document, POLICY: b"<P>" + document + b"</P>"}))
    assert isinstance(body, BundleBody)
