"""Records, hellos and messages: what is built is read back, and no bytes make anything raise."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.tls import alerts, ciphers, hello, messages
from edgeaudit.tls import extensions as ext
from edgeaudit.tls.hello import ClientHello, ServerHello, read_client_hello, read_server_hello
from edgeaudit.tls.messages import CertificateMessage, CertificateRequest
from edgeaudit.tls.protocols import Version
from edgeaudit.tls.records import (
    Kind,
    MessageReader,
    RecordReader,
    as_message,
    as_records,
    looks_like_tls,
)

u16 = st.integers(0, 0xFFFF)
blobs = st.binary(max_size=60)
extensions = st.lists(st.tuples(u16, blobs), max_size=6).map(tuple)
client_hellos = st.builds(
    ClientHello,
    version=u16,
    random=st.binary(min_size=32, max_size=32),
    session_id=st.binary(max_size=32),
    ciphers=st.lists(u16, max_size=30).map(tuple),
    compressions=st.lists(st.integers(0, 255), max_size=3).map(tuple),
    extensions=extensions,
)
server_hellos = st.builds(
    ServerHello,
    legacy_version=u16,
    random=st.binary(min_size=32, max_size=32),
    session_id=st.binary(max_size=32),
    cipher=u16,
    compression=st.integers(0, 255),
    extensions=extensions,
)
versions = st.sampled_from([Version.TLSV1, Version.TLSV1_1, Version.TLSV1_2, Version.TLSV1_3])


@given(client_hellos)
def test_a_client_hello_is_read_as_built(made: ClientHello) -> None:
    assert read_client_hello(made.build()) == made


@given(server_hellos)
def test_a_server_hello_is_read_as_built(made: ServerHello) -> None:
    assert read_server_hello(made.build()) == made


@given(st.lists(blobs, max_size=4).map(tuple), versions)
def test_a_certificate_message_is_read_as_built(ders: tuple[bytes, ...], version: Version) -> None:
    made = CertificateMessage(ders)
    assert messages.read_certificate(made.build(version), version) == made


@given(
    versions,
    st.lists(st.integers(0, 255), max_size=4).map(tuple),
    st.lists(u16, max_size=9).map(tuple),
    st.lists(blobs, max_size=4).map(tuple),
)
def test_a_certificate_request_is_read_as_built(version, types, schemes, names) -> None:
    made = CertificateRequest(
        () if version == Version.TLSV1_3 else types,
        schemes if version >= Version.TLSV1_2 else (),
        names,
    )
    assert messages.read_certificate_request(made.build(version), version) == made


@given(st.binary(max_size=400), versions)
def test_any_bytes_are_read_as_far_as_that_goes(data: bytes, version: Version) -> None:
    for one in (read_client_hello(data), hello.read_sslv2_hello(data)):
        assert one.versions is not None
        assert (one.sni, one.groups, one.alpn, one.signature_algorithms) is not None
        assert isinstance(one.certificate_authorities, tuple)
    assert read_server_hello(data).version >= 0
    messages.read_certificate(data, version)
    messages.read_certificate_request(data, version)
    messages.read_named_curve(data)
    messages.read_certificate_status(data)


@given(st.binary(max_size=200), st.integers(1, 60))
def test_any_bytes_are_records_or_not(data: bytes, size: int) -> None:
    reader, joined = RecordReader(), MessageReader()
    looks_like_tls(data)
    for at in range(0, len(data), size):
        for record in reader.feed(data[at : at + size]):
            list(joined.feed(record.body))
    reader.lose(7)


@settings(max_examples=50)
@given(st.lists(st.tuples(st.integers(0, 30), st.binary(max_size=300)), max_size=5), st.data())
def test_messages_over_records_over_segments(made, data) -> None:
    """However they are cut, the messages come out as they went in."""
    stream = as_records(
        Kind.HANDSHAKE,
        b"".join(as_message(kind, body) for kind, body in made),
        size=data.draw(st.integers(1, 400)),
    )
    step = data.draw(st.integers(1, 200))
    reader, joined = RecordReader(), MessageReader()
    found = [
        tuple(message)
        for at in range(0, len(stream), step)
        for record in reader.feed(stream[at : at + step])
        for message in joined.feed(record.body)
    ]
    assert found == made
    assert joined.is_empty


@given(client_hellos, st.data())
def test_a_cut_hello_says_where_it_ends(made: ClientHello, data) -> None:
    whole = made.build()
    cut = whole[: data.draw(st.integers(0, max(0, len(whole) - 1)))]
    found = read_client_hello(cut)
    is_before_extensions = cut + ext.build_all(made.extensions) == whole
    assert bool(found.damage) != bool(is_before_extensions and made.extensions)
    assert found.version in (0, made.version)


def test_a_hello_of_any_choice() -> None:
    made = ClientHello(
        version=0x0303,
        random=bytes(32),
        ciphers=(0x0A0A, 0x1301, 0xC02F),
        compressions=(0,),
        extensions=(
            ext.server_name("api.example.com"),
            ext.supported_versions([0x1A1A, 0x0304, 0x0303, 0x7F1C]),
            ext.supported_groups([0x2A2A, 29, 23]),
            ext.signature_algorithms([0x0403, 0x0804]),
            ext.alpn(["h2", "http/1.1"]),
            ext.certificate_authorities([b"one", b"two"]),
            (ext.Extension.SESSION_TICKET, b"ticket"),
        ),
    )
    found = read_client_hello(made.build())
    assert found.sni == "api.example.com"
    assert found.versions == (0x0304, 0x0303)
    assert found.suites == (0x1301, 0xC02F)
    assert found.groups == (29, 23)
    assert found.signature_algorithms == (0x0403, 0x0804)
    assert found.alpn == ("h2", "http/1.1")
    assert found.certificate_authorities == (b"one", b"two")
    assert found.session_ticket == b"ticket"
    assert not found.has_psk


def test_without_a_list_only_the_highest_version_is_known() -> None:
    found = ClientHello(version=0x0301)
    assert (found.versions, found.lists_versions, found.sni) == ((0x0301,), False, None)


def test_the_old_form_of_the_first_message() -> None:
    made = ClientHello(
        version=0x0301, random=b"c" * 16, ciphers=(0x00002F, 0x0700C0), is_sslv2=True
    )
    body = made.build()
    stream = (0x8000 | len(body)).to_bytes(2, "big") + body
    assert looks_like_tls(stream)
    (record,) = RecordReader().feed(stream)
    assert record.kind == Kind.SSLV2
    assert hello.read_sslv2_hello(record.body) == made
    named = [each.name for code in made.ciphers if (each := ciphers.on_the_wire(code))]
    assert named[0] == "TLS_RSA_WITH_AES_128_CBC_SHA"
    assert len(named) == 2


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (b"", None),
        (b"\x16", None),
        (b"\x16\x03\x01", None),
        (b"\x16\x03\x01\x00\x05", True),
        (b"\x15\x03\x03\x00\x02", True),
        (b"\x16\x03\x01\xff\xff", False),
        (b"\x16\x02\x01\x00\x05", False),
        (b"GET / HTTP/1.1", False),
        (b"SSH-2.0-x", False),
        (b"\x80\x2e\x01\x03\x01\x00", True),
    ],
)
def test_tls_is_known_by_its_bytes(data: bytes, verdict: bool | None) -> None:
    assert looks_like_tls(data) is verdict


def test_bytes_that_were_not_seen() -> None:
    """A gap within a record costs that record; one that reaches beyond costs the rest."""
    reader = RecordReader()
    stream = as_records(Kind.HANDSHAKE, b"x" * 50)
    assert list(reader.feed(stream[:10])) == []
    reader.lose(20)
    found = list(reader.feed(stream[30:] + as_records(Kind.ALERT, b"\x02\x28")))
    assert [(each.kind, each.body, each.missing) for each in found] == [
        (Kind.HANDSHAKE, b"", 20),
        (Kind.ALERT, b"\x02\x28", 0),
    ]
    assert list(reader.feed(stream[:10])) == []
    reader.lose(200)
    assert reader.is_lost


def test_grease_means_nothing() -> None:
    assert [each for each in range(0x10000) if ext.is_grease(each)] == [
        0x0A0A + step * 0x1010 for step in range(16)
    ]


def test_alerts_have_names() -> None:
    assert alerts.name(40) == "handshake_failure"
    assert alerts.name(116) == "certificate_required"
    assert alerts.name(99) == "alert 99"
    assert [alerts.level_name(each) for each in (1, 2, 7)] == ["warning", "fatal", "level 7"]


def test_what_python_sends_is_read() -> None:
    """The ClientHello of a real library (OpenSSL)."""
    context = ssl.create_default_context()
    context.set_alpn_protocols(["h2"])
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(incoming, outgoing, server_hostname="api.example.com")
    with pytest.raises(ssl.SSLWantReadError):
        client.do_handshake()
    (record,) = RecordReader().feed(outgoing.read())
    (message,) = MessageReader().feed(record.body)
    found = read_client_hello(message.body)
    assert found.sni == "api.example.com"
    assert Version.TLSV1_3 in found.versions
    assert found.alpn == ("h2",)
    assert not found.damage
    named = {each.openssl[0] for code in found.suites if (each := ciphers.on_the_wire(code))}
    assert named >= {each["name"] for each in context.get_ciphers()}
    assert found.build() == message.body


@pytest.mark.parametrize(
    ("types", "schemes", "keys"),
    [
        ((), (0x0403, 0x0804, 0x0401, 0x0807), ("EC", "RSA", "Ed25519")),  # TLS 1.3
        ((1, 64), (0x0401, 0x0403, 0x0808), ("RSA", "EC", "Ed448")),
        ((1,), (0x0403, 0x0807, 0x0601), ("RSA",)),  # the types shut EC out
        ((64,), (0x0401,), ()),
        ((64, 1, 2), (), ("RSA", "EC", "DSA")),  # TLS 1.1
        ((3, 200), (), ()),
        ((), (0x0809, 0x0202, 0x0820, 0xFE03, 0x0904), ("RSA", "DSA")),
    ],
)
def test_the_keys_that_a_request_takes(
    types: tuple[int, ...], schemes: tuple[int, ...], keys: tuple[str, ...]
) -> None:
    assert CertificateRequest(types, schemes).keys == keys
