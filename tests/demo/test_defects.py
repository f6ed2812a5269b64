"""The defects are where they are said to be, and OpenSSL agrees."""

from __future__ import annotations

import re
import shutil
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from .conftest import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography import x509

    from edgeaudit.demo.installation import Alias, Environment, Installation, VirtualHost

needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")

RULES = {
    "alias-without-key": {"error", "note"},
    "client-auth-without-key": {"error"},
    "client-auth-without-truststore": {"error"},
    "client-profile-excluded": {"note"},
    "common-name-only": {"warning"},
    "dangling-reference": {"error", "note"},
    "direct-store-name": {"note"},
    "dynamic-store-name": {"note"},
    "duplicate-certificate": {"note"},
    "empty-keystore": {"note"},
    "empty-truststore": {"error"},
    "expired-certificate": {"error", "warning", "note"},
    "expiring-certificate": {"error", "warning", "note"},
    "free-trial-certificate": {"note"},
    "ignored-tls-setting": {"note"},
    "incomplete-chain": {"error", "warning", "note"},
    "incomplete-truststore": {"error"},
    "invalid-signature": {"error"},
    "issuer-not-ca": {"error", "warning"},
    "legacy-protocol": {"warning", "note"},
    "misordered-chain": {"error", "warning"},
    "missing-alias": {"error", "note"},
    "missing-keystore": {"error", "note"},
    "missing-reference": {"error", "note"},
    "missing-truststore": {"error", "note"},
    "no-truststore": {"warning", "note"},
    "no-usable-cipher": {"error"},
    "not-yet-valid-certificate": {"error", "warning", "note"},
    "private-key-in-truststore": {"warning"},
    "root-in-chain": {"note"},
    "self-signed-certificate": {"warning"},
    "shared-certificate": {"note"},
    "shared-port-needs-sni": {"note"},
    "superseded-certificate": {"note"},
    "tls-disabled-target": {"warning"},
    "tls-settings-ignored": {"warning"},
    "tls-without-keystore": {"error"},
    "truststore-pins-leaf": {"warning"},
    "uncovered-host-alias": {"error"},
    "unknown-cipher": {"error", "warning"},
    "unknown-protocol": {"error"},
    "untrusted-root": {"warning"},
    "unusable-trust-anchor": {"error"},
    "unused-keystore": {"note"},
    "unused-reference": {"note"},
    "validation-ignored": {"warning"},
    "weak-cipher": {"warning"},
    "weak-key": {"warning"},
    "weak-signature": {"warning"},
    "wrong-issuer": {"error", "warning"},
    "wrong-reference-type": {"warning"},
}

# The key aliases that OpenSSL refuses, and its error number; it accepts all the others.
REFUSED = {
    "acme/prod/keystores/billing/server": 10,
    "acme/prod/keystores/campaign 50%25/server": 10,
    "acme/prod/keystores/catalog/server-2023": 10,
    "acme/prod/keystores/dispatch/server": 79,
    "acme/prod/keystores/escrow/client": 25,
    "acme/prod/keystores/florist/server": 19,
    "acme/prod/keystores/fraud-check/client": 20,
    "acme/prod/keystores/gifts/server-next": 9,
    "acme/prod/keystores/intranet/server": 18,
    "acme/prod/keystores/invoices/server": 20,
    "acme/prod/keystores/ledger/client": 10,
    "acme/prod/keystores/loyalty/server": 9,
    "acme/prod/keystores/mesh/both": 20,
    "acme/prod/keystores/orders/server": 10,
    "acme/prod/keystores/payments/server": 20,
    "acme/prod/keystores/retired/server": 10,
    "acme/prod/keystores/stock/server": 20,
    "acme/prod/keystores/tax-office/client": 20,
    "acme/prod/keystores/vouchers/server": 20,
    "acme/stage/keystores/buses/client": 20,
    "acme/stage/keystores/parking/client": 10,
    "acme/stage/keystores/trains/client": 10,
    "acme/test/keystores/fax/client": 10,
    "acme/test/keystores/fleet/backend": 20,
    "acme/test/keystores/telex/client": 20,
    "heritage/prod/keystores/brokers/server-cert": 20,
    "heritage/prod/keystores/claims/server-cert": 10,
    "heritage/prod/keystores/portal/portal 100%25.crt": 10,
    # which of the two certificates belongs to the key cannot be known: no finding
    "heritage/test/keystores/fleet/server-cert": 20,
    # a client certificate that its backend knows: no finding southbound
    "wellkept/prod/keystores/pinned/client": 18,
}

# The virtual hosts with a host alias that OpenSSL does not find in the certificate.
# The first certificate of "bakery" is that of its CA.
UNCOVERED = {"agents", "bakery", "fleet", "kiosk", "rates", "shops", "tracking", "vintage"}


def test_every_rule_has_a_defect_of_each_severity(truth: Installation) -> None:
    found = {rule: {d.severity for d in truth.defects if d.rule == rule} for rule in RULES}

    assert found == RULES
    assert {defect.rule for defect in truth.defects} == set(RULES)


def test_defects_stand_once(truth: Installation) -> None:
    assert len({defect.name for defect in truth.defects}) == len(truth.defects)
    assert len({(defect.rule, defect.where) for defect in truth.defects}) == len(truth.defects)


def test_every_defect_stands_somewhere(truth: Installation) -> None:
    assert {defect.where for defect in truth.defects} <= set(_places(truth))


def test_only_two_organizations_have_more_than_notes(truth: Installation) -> None:
    grave = [defect for defect in truth.defects if defect.severity != "note"]
    assert {defect.where.partition("/")[0] for defect in grave} == {"acme", "heritage"}


@pytest.mark.parametrize(
    ("rule", "days"), [("expired-certificate", (-9999, 0)), ("expiring-certificate", (0, 30))]
)
def test_dates_past_and_near_are_exactly_those_of_the_defects(
    rule: str, days: tuple[int, int], truth: Installation
) -> None:
    places = {
        f"{where}#{index}"
        for where, alias in _aliases(truth)
        for index, certificate in enumerate(alias.chain)
        if days[0] <= (certificate.not_valid_after_utc - NOW).total_seconds() / 86400 <= days[1]
    }

    superseded = {d.where for d in truth.defects if d.rule == "superseded-certificate"}
    told = {defect.where for defect in truth.defects if defect.rule == rule}
    assert places - superseded == told
    assert superseded


@needs_openssl
def test_openssl_refuses_exactly_the_chains_that_it_should(
    truth: Installation, tmp_path: Path
) -> None:
    trust = tmp_path / "trust.pem"
    trust.write_bytes(_pem(*truth.trusted))
    key_aliases = [(where, alias) for where, alias in _aliases(truth) if alias.has_key]
    with ThreadPoolExecutor() as pool:
        numbers = pool.map(lambda pair: _verdict(pair[1], trust, tmp_path), key_aliases)
        verdicts = {where: n for (where, _), n in zip(key_aliases, numbers, strict=True)}

    assert {where: number for where, number in verdicts.items() if number} == REFUSED


@pytest.mark.full
@needs_openssl
def test_openssl_finds_every_host_alias_but_the_uncovered_ones(truth: Installation) -> None:
    rows = [
        (host.name, leaf, alias)
        for host, leaf in _hosts_with_leaf(truth)
        for alias in host.host_aliases
    ]
    with ThreadPoolExecutor() as pool:
        answers = pool.map(lambda row: _covers(*row[1:]), rows)
        uncovered = {
            row[0] for row, is_covered in zip(rows, answers, strict=True) if not is_covered
        }

    assert uncovered == UNCOVERED


def _environments(truth: Installation) -> Iterator[tuple[str, Environment]]:
    for organization in truth.organizations:
        for environment in organization.environments:
            yield f"{organization.name}/{_quoted(environment.name)}", environment


def _aliases(truth: Installation) -> Iterator[tuple[str, Alias]]:
    old = {each.name for each in truth.organizations if each.generation == "4.17.09"}
    for place, environment in _environments(truth):
        is_old = place.partition("/")[0] in old
        for store in environment.keystores:
            for alias in store.aliases:
                name = alias.cert_name if is_old else alias.name
                yield f"{place}/keystores/{_quoted(store.name)}/{_quoted(name)}", alias


def _places(truth: Installation) -> Iterator[str]:
    for where, alias in _aliases(truth):
        yield where
        yield from (f"{where}#{index}" for index in range(len(alias.chain)))
    for place, environment in _environments(truth):
        yield from (f"{place}/keystores/{_quoted(e.name)}" for e in environment.keystores)
        yield from (f"{place}/references/{_quoted(e.name)}" for e in environment.references)
        yield from (f"{place}/virtualhosts/{_quoted(e.name)}" for e in environment.virtual_hosts)
        yield from (f"{place}/targetservers/{_quoted(e.name)}" for e in environment.target_servers)

    yield from _places_in_revisions(truth)


def _places_in_revisions(truth: Installation) -> Iterator[str]:
    for organization in truth.organizations:
        kinds = {"proxies": organization.proxies, "sharedflows": organization.shared_flows}
        for kind, proxies in kinds.items():
            for proxy in proxies:
                for revision in proxy.revisions:
                    place = f"{kind}/{_quoted(proxy.name)}/{revision.number}"
                    parts = [f"targets/{each.name}" for each in revision.targets]
                    parts += [f"policies/{each.name}" for each in revision.policies]
                    for environment in revision.deployed_in:
                        yield from (f"{organization.name}/{environment}/{place}/{p}" for p in parts)


def _hosts_with_leaf(truth: Installation) -> Iterator[tuple[VirtualHost, x509.Certificate]]:
    for _, environment in _environments(truth):
        refers = {f"ref://{each.name}": each.refers for each in environment.references}
        leaves = {
            (store.name, alias.name): alias.chain[0]
            for store in environment.keystores
            for alias in store.aliases
        }
        for host in environment.virtual_hosts:
            if host.tls and host.tls.key_store and host.tls.key_alias:
                store = refers.get(host.tls.key_store, host.tls.key_store)
                if leaf := leaves.get((store, host.tls.key_alias)):
                    yield host, leaf


def _verdict(alias: Alias, trust: Path, folder: Path) -> int:
    """The first error of `openssl verify`, or 0."""
    rest = folder / f"{threading.get_ident()}.pem"  # the same leaf may lie in several stores
    rest.write_bytes(_pem(*alias.chain))
    at = str(int(NOW.timestamp()))
    command = ["openssl", "verify", "-no-CApath", "-no-CAstore", "-attime", at]
    command += ["-CAfile", str(trust), "-untrusted", str(rest)]
    result = subprocess.run(command, input=_pem(alias.chain[0]), capture_output=True, check=False)
    error = re.search(rb"^error (\d+) at", result.stderr, re.MULTILINE)
    assert bool(error) == bool(result.returncode)
    return int(error[1]) if error else 0


def _covers(leaf: x509.Certificate, host_alias: str) -> bool:
    host = (
        host_alias.partition(":")[0].encode("idna").decode() if host_alias[0] != "*" else host_alias
    )
    check = "-checkip" if host[0].isdigit() else "-checkhost"
    command = ["openssl", "x509", "-noout", check, host]
    result = subprocess.run(command, input=_pem(leaf), capture_output=True, check=False)
    return b"does match" in result.stdout


def _pem(*certificates: x509.Certificate) -> bytes:
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def _quoted(name: str) -> str:
    return name.replace("%", "%25")
