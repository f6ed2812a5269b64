"""The steps are run, by bash with curl, openssl and jq, against a demo Edge that takes changes.

After that the audit must not find the trouble any more, and nothing new that is worse than a note.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from edgeaudit.audit.remedies import REMEDIES
from edgeaudit.cli import run
from edgeaudit.demo import DemoEdge
from edgeaudit.demo.edge import installation
from edgeaudit.x509.hostname import bare_host
from tests.factories import CA, NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from edgeaudit.demo.installation import Environment

ROOT = CA.root("Remedy Root")
ISSUING = ROOT.intermediate("Remedy Issuing")
CLIENT = ISSUING.leaf("client.example.com")

TOOLS = [name for name in ("bash", "curl", "jq", "openssl", "zip") if not shutil.which(name)]
needs_tools = pytest.mark.skipif(
    bool(TOOLS) and "EDGEAUDIT_ALL_TOOLS" not in os.environ, reason=f"not here: {TOOLS}"
)

# The real clock is not that of the demo, and no step reaches further than loopback.
PRELUDE = f"""
set -eo pipefail
openssl() {{
    case $1 in
    s_client) ;;
    verify) shift; command openssl verify -attime {int(NOW.timestamp())} "$@" ;;
    *) command openssl "$@" ;;
    esac
}}
"""

# A bundle must be edited by hand, or a root be had that lies nowhere in the demo.
OUT_OF_REACH = {
    "acme/prod/proxies/bicycles/1/targets/default",
    "acme/prod/proxies/tracking-events/1/policies/Notify",
    "acme/test/keystores/dealers-and-partners",
    "acme/stage/proxies/theatres/1/targets/default",
    "acme/test/proxies/horoscope/1/targets/default",
    "acme/test/proxies/probate/1/targets/default",
    "acme/test/proxies/tarot/1/policies/Ask-Cards",
    "acme/test/sharedflows/oracle/1/policies/Ask-Oracle",
}

# A CA that has not expired yet stays in the new truststore, where it is found again.
STAYING = {"acme/prod/keystores/customs", "acme/prod/keystores/franchisees"}

HANDFUL = {
    "acme/test/keystores/reseller-cas",
    "acme/test/references/news",
    "acme/test/virtualhosts/beta",
    "acme/test/virtualhosts/maps",
    "heritage/prod/keystores/claims/server-cert#1",
}


class Bench(NamedTuple):
    """A demo Edge that takes changes, and a folder with the user's new files."""

    edge: DemoEdge
    folder: Path
    environment: str

    def findings(self, capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, Any]]:
        """What an audit of the environment finds, but notes."""
        organization, _, environment = self.environment.partition("/")
        arguments = ["--url", self.edge.url, "--username", self.edge.username]
        arguments += ["--trust", str(self.folder / "roots.pem"), "--at", NOW.isoformat()]
        arguments += ["--org", organization, "--env", environment, "--format", "json", *options]
        run(["audit", *arguments])
        report = json.loads(capsys.readouterr().out)
        assert report["complete"]
        return [each for each in report["findings"] if each["severity"] != "note"]

    def run(self, *remedies: list[str]) -> None:
        """The steps, in one shell, as somebody who pastes them."""
        curl = self.folder / "curl"
        curl.write_text(f'user = "{self.edge.username}:{self.edge.password}"\n')
        environ = {"EDGE_CURL": str(curl), "ROOTS": "roots.pem", "PATH": os.environ["PATH"]}
        script = "\n".join([PRELUDE, *(line for lines in remedies for line in lines)])
        done = subprocess.run(
            ["bash"], input=script, env=environ, cwd=self.folder, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", DemoEdge.password)


@contextmanager
def bench(environment: str, folder: Path, seed: int = 2) -> Iterator[Bench]:
    (truth,) = (
        env
        for organization in installation(NOW).organizations
        for env in organization.environments
        if f"{organization.name}/{env.name}" == environment
    )
    with DemoEdge(NOW, seed, is_writable=True) as edge:
        write_files(folder, truth, edge)
        yield Bench(edge, folder, environment)


def write_files(folder: Path, truth: Environment, edge: DemoEdge) -> None:
    """What the comments ask the user for: one good chain for all that there is."""
    named = {bare_host(alias) for host in truth.virtual_hosts for alias in host.host_aliases}
    leaf = ISSUING.leaf("new.example.com", names=sorted(named))
    partner = [
        each.public_bytes(Encoding.PEM).decode()
        for store in truth.keystores
        for alias in store.aliases
        for each in alias.chain
        if "CN=Partner Root," in f"{each.subject.rfc4514_string()},"
    ]
    files = {
        "new-chain.pem": leaf.pem + ISSUING.pem,
        "new-key.pem": leaf.key_pem,
        "new-ca.pem": "".join([ROOT.pem, *partner[:1]]),
        "client-chain.pem": CLIENT.pem + ISSUING.pem,
        "roots.pem": ROOT.pem + edge.ca_pem,
    }
    for name, content in files.items():
        (folder / name).write_text(content)


def defects() -> list[Any]:
    """Those worse than a note of the rules that have steps."""
    found = installation(NOW).defects
    grave = [each for each in found if each.severity != "note" and each.rule in REMEDIES]
    # seed 0 writes the properties of virtual hosts as the specification has them
    return [
        pytest.param(each, seed, id=f"{each.rule}-{each.where}-{seed}")
        for each in grave
        if each.where not in OUT_OF_REACH
        for seed in ((2, 0) if each.rule.endswith(("protocol", "cipher")) else (2,))
    ]


def told(findings: list[dict[str, Any]]) -> set[tuple[str, str]]:
    return {(each["rule"], each["where"]) for each in findings}


@needs_tools
@pytest.mark.parametrize(
    "environment", [pytest.param("acme/test", marks=pytest.mark.full), "heritage/prod"]
)
def test_a_handful_at_once(
    environment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with bench(environment, tmp_path) as one:
        before = one.findings(capsys, "--no-proxies")
        chosen = [each for each in before if each["where"] in HANDFUL]
        assert chosen
        one.run(*(each["remedy"] for each in chosen))
        assert told(one.findings(capsys, "--no-proxies")) == told(before) - told(chosen)


@needs_tools
@pytest.mark.full
@pytest.mark.parametrize(("defect", "seed"), defects())
def test_every_remedy(
    defect: Any, seed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = "/".join(defect.where.split("/")[:2])
    with bench(environment, tmp_path, seed) as one:
        before = one.findings(capsys)
        (found,) = (e for e in before if (e["rule"], e["where"]) == (defect.rule, defect.where))
        one.run(found["remedy"])
        after = told(one.findings(capsys))
    assert (defect.rule, defect.where) not in after
    store, _, alias = defect.where.rpartition("/")
    staying = {(defect.rule, f"{store}-20261123/{alias}")} if store in STAYING else set()
    assert after - told(before) == staying


def rewired(section: str, name: str, settings: str) -> list[str]:
    """The steps that have an endpoint of acme/prod name a store directly."""
    where = f'"$BASE/organizations/acme/environments/prod/{section}/{name}"'
    sent = f'curl -fsS -K "$EDGE_CURL" -X PUT --data-binary @- {where}'
    return [f"curl -fsS -K \"$EDGE_CURL\" {where} | jq '.sSLInfo += {settings}' | {sent}"]


DIRECT = [
    ("virtualhosts", "orders", '{"keyStore": "orders"}', "keystores/orders/server#0"),
    ("targetservers", "ledger", '{"keyStore": "ledger"}', "keystores/ledger/client#0"),
    (
        "virtualhosts",
        "wholesale",
        '{"trustStore": "wholesalers"}',
        "keystores/wholesalers/root-2015#0",
    ),
    (
        "targetservers",
        "exchange",
        '{"trustStore": "exchange-members"}',
        "keystores/exchange-members/root#0",
    ),
]


@needs_tools
@pytest.mark.full
@pytest.mark.parametrize(("section", "name", "settings", "where"), DIRECT)
def test_a_store_that_is_named_directly(
    section: str,
    name: str,
    settings: str,
    where: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with bench("acme/prod", tmp_path) as one:
        one.run([f"BASE={one.edge.url}/v1", *rewired(section, name, settings)])
        before = one.findings(capsys)
        (found,) = (each for each in before if each["where"] == f"acme/prod/{where}")
        one.run(found["remedy"])
        assert told(one.findings(capsys)) == told(before) - told([found])
    assert any("restart" in line or "deploy again" in line for line in found["remedy"])


@needs_tools
@pytest.mark.full
def test_a_chain_can_be_put_beside_its_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with bench("acme/prod", tmp_path) as one:
        before = one.findings(capsys)
        (found,) = (e for e in before if e["where"] == "acme/prod/keystores/payments/server#0")
        base = found["remedy"][0]
        (otherwise,) = (line for line in found["remedy"] if " -X PUT -F " in line)
        one.run([base, otherwise.partition("old alias: ")[2].partition("; then")[0]])
        assert told(one.findings(capsys)) == told(before) - told([found])
