"""Whatever the forms, the same is told."""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING

import pytest

from .conftest import ENOUGH, SEEDS
from .reading import Reader, sorted_by_name

if TYPE_CHECKING:
    from edgeaudit.demo.installation import Installation

    from .conftest import Trees


@pytest.mark.parametrize(
    "seed",
    [
        *SEEDS[:ENOUGH],
        *(pytest.param(seed, marks=pytest.mark.full) for seed in SEEDS[ENOUGH:]),
    ],
)
def test_every_seed_tells_the_same_truth(seed: int, truth: Installation, trees: Trees) -> None:
    assert Reader(trees[seed]).organizations() == sorted_by_name(truth.organizations)


def test_every_body_is_json_or_pem_or_a_zip(trees: Trees) -> None:
    for answers in trees:
        for path, answer in answers.items():
            if path[-1] in {"certificate", "export"}:
                assert b"-----BEGIN CERTIFICATE-----" in answer.body
            elif path[-1] == "?format=bundle":
                assert zipfile.is_zipfile(io.BytesIO(answer.body))
            else:
                json.loads(answer.body)


def test_names_are_unique_within_their_section(truth: Installation) -> None:
    for organization in truth.organizations:
        for environment in organization.environments:
            for section in (
                environment.keystores,
                environment.references,
                environment.virtual_hosts,
                environment.target_servers,
            ):
                names = [each.name for each in section]
                assert len(set(names)) == len(names)


def test_proxies_and_revisions_are_unique(truth: Installation) -> None:
    for organization in truth.organizations:
        for kind in (organization.proxies, organization.shared_flows):
            assert len({each.name for each in kind}) == len(kind)
            for proxy in kind:
                numbers = [revision.number for revision in proxy.revisions]
                assert len(set(numbers)) == len(numbers)


def test_the_old_edge_names_a_key_for_every_certificate(truth: Installation, trees: Trees) -> None:
    """`keys` are the aliases, with or without a private key (release notes 180406)."""
    (heritage,) = (each for each in truth.organizations if each.generation == "4.17.09")
    for environment in heritage.environments:
        at = ("organizations", heritage.name, "environments", environment.name, "keystores")
        for store in environment.keystores:
            path = (*at, store.name)
            for answers in trees:
                keys = json.loads(answers[path].body)["keys"]
                assert sorted(keys) == sorted(alias.name for alias in store.aliases)


def test_host_alias_and_port_are_unique_within_the_installation(truth: Installation) -> None:
    """Edge API specification, virtual hosts."""
    seen = [
        (alias.partition(":")[0].lower(), host.port)
        for organization in truth.organizations
        for environment in organization.environments
        for host in environment.virtual_hosts
        for alias in host.host_aliases
    ]
    assert len(set(seen)) == len(seen)


def test_certs_are_found_by_their_own_name_and_by_the_alias(trees: Trees) -> None:
    store = ("organizations", "wellkept", "environments", "prod", "keystores", "legacy")

    def body(*names: str) -> bytes:
        return trees[0][store + names].body

    assert json.loads(body("certs")) == ["wellkept.crt"]
    assert body("certs", "wellkept.crt") == body("certs", "legacy-cert")
    assert body("certs", "wellkept.crt", "export") == body("aliases", "legacy-cert", "certificate")
