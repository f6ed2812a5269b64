"""`edgeaudit impact`, as a user meets it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from edgeaudit.audit.answer import answer
from edgeaudit.audit.catalogue import Catalogue
from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.cli import access, run
from edgeaudit.cli.impact import certificates_in
from edgeaudit.errors import InputError
from edgeaudit.inventory import Gap
from edgeaudit.reports.impact import FORMATS
from tests.audit.estate import ISSUING, LEAF, TRUST, Estate, secure
from tests.audit.practice import practice
from tests.factories import NOW, bundle
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Callable

    from edgeaudit.inventory import Inventory


@pytest.fixture
def told(monkeypatch: Any, capsys: Any) -> Callable[..., tuple[int, str, str]]:
    """Runs the command on a small estate: status, stdout, stderr."""
    monkeypatch.setenv("EDGEAUDIT_URL", "http://127.0.0.1:1")

    def running(estate: Estate, *arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(access, "read", lambda *_, **__: [estate.inventory()])
        status = run(["impact", *arguments, "--at", NOW.isoformat()])
        return (status, *capsys.readouterr())

    return running


@pytest.fixture(scope="module")
def edge() -> Inventory:
    """All that the demo Edge holds."""
    return practice().inventory


def test_may_i_delete_this_keystore(told) -> None:
    status, out, err = told(secure().store("former", x=[LEAF]), "keystores/former")
    assert (status, err) == (0, "")
    assert out.endswith("\n\nNothing depends on acme/prod/keystores/former.\n")


def test_as_json(told) -> None:
    status, out, _ = told(secure(), "keystores/web", "--format", "json")
    data = json.loads(out)
    validate(data, "impact")
    assert (status, data["affects"]) == (0, ["acme/prod/virtualhosts/web"])


def test_what_could_not_be_read_gives_status_3(told) -> None:
    estate = secure().cannot_read("target_servers")
    estate.gaps = [Gap("acme/prod/targetservers", "forbidden", "HTTP 403")]
    status, out, err = told(estate, "keystores/web")
    assert status == 3
    assert "there may be more" in " ".join(out.split())
    assert err == "edgeaudit: warning: acme/prod/targetservers could not be read: HTTP 403\n"
    status, out, err = told(estate, "nothing")
    assert (status, out) == (3, "")
    assert err.startswith('edgeaudit: error: nothing that was read is called "nothing"\n')


def test_nothing_of_that_name(told) -> None:
    status, out, err = told(secure(), "wbe")
    assert (status, out) == (2, "")
    assert err == (
        'edgeaudit: error: nothing that was read is called "wbe"\n'
        "edgeaudit: hint: did you mean acme/prod/keystores/web or acme/prod/virtualhosts/web?\n"
    )


def test_an_ambiguous_name_is_one_error(told) -> None:
    estate = secure().store("other", server=[LEAF])
    status, out, err = told(estate, "server")
    assert (status, out) == (2, "")
    first, *others, hint = err.splitlines()
    assert first == 'edgeaudit: error: "server" may be any of these 2:'
    assert others == [
        "  alias acme/prod/keystores/other/server",
        "  alias acme/prod/keystores/web/server",
    ]
    assert hint.startswith("edgeaudit: hint: give the whole place")


def test_a_store_with_a_password(told, tmp_path, monkeypatch) -> None:
    store = pkcs12.serialize_key_and_certificates(
        b"x", LEAF.private_key, LEAF.parsed, None, BestAvailableEncryption(b"sesame")
    )
    file = tmp_path / "web.p12"
    file.write_bytes(store)
    status, _, err = told(secure(), str(file))
    assert status == 2
    assert "EDGEAUDIT_STORE_PASSWORD" in err
    monkeypatch.setenv("EDGEAUDIT_STORE_PASSWORD", "sesame")
    assert told(secure(), str(file))[1].startswith("USED BY\ncertificate CN=api.example.com")


def test_a_certificate_by_its_file(told, tmp_path) -> None:
    file = tmp_path / "web.pem"
    file.write_text(LEAF.pem)
    _, out, _ = told(secure(), str(file))
    assert out.startswith("USED BY\ncertificate CN=api.example.com: expires in 335 days (2027-")
    assert out.endswith("acme/prod/virtualhosts/web depends on CN=api.example.com.\n")
    file.write_bytes(LEAF.der)
    assert told(secure(), str(file))[1] == out


def test_a_file_with_a_chain(told, tmp_path) -> None:
    file = tmp_path / "web.pem"
    file.write_text(bundle(LEAF, ISSUING))
    _, out, _ = told(secure(), str(file))
    assert out.count("USED BY\n") == 2
    assert f"depends on what {file} holds" in " ".join(out.split())


def test_a_certificate_that_lies_nowhere(told, tmp_path) -> None:
    file = tmp_path / "new.pem"
    file.write_text(ISSUING.leaf("new.example.com").pem)
    status, out, _ = told(secure(), str(file))
    assert status == 0
    assert out.endswith("\nCN=new.example.com lies in no keystore.\n")


@pytest.mark.parametrize("name", ["", ".", "none.pem", "a\0b", "n" * 10_000, "\ud800"])
def test_what_is_no_file(name: str) -> None:
    assert certificates_in(name) == ()


def test_a_file_without_certificates(tmp_path) -> None:
    (tmp_path / "web").write_text("nothing")
    assert certificates_in(str(tmp_path / "web")) == ()


def test_a_file_that_cannot_be_read(tmp_path, monkeypatch) -> None:
    def refused(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "web").touch()
    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(InputError, match="web cannot be read: Permission denied"):
        certificates_in(str(tmp_path / "web"))


def test_every_finding_affects_what_the_tree_shows(edge: Inventory) -> None:
    report = judge([edge], TRUST, Policy(), NOW, NOW)
    catalogue = Catalogue([edge])
    affecting = [each for each in report.findings if each.affects]
    assert len(affecting) > 40
    for finding in affecting:
        found = catalogue.find(finding.where)
        shown = answer(found.name, [found], [edge], NOW).affects
        assert set(finding.affects) <= set(shown), finding.where
        if found.kind != "alias":  # a finding on an alias is about it as a key
            assert finding.affects == shown, finding.where


@pytest.mark.full
@pytest.mark.parametrize("name", FORMATS)
def test_everything_in_the_demo_can_be_asked_about(edge: Inventory, name: str) -> None:
    catalogue = Catalogue([edge])
    for where in list(dict.fromkeys(each.where for each in catalogue._all if each.where))[::7]:
        found = catalogue.find(where)
        text = FORMATS[name](answer(found.name, [found], [edge], NOW))
        if name == "json":
            validate(json.loads(text), "impact")
        assert where in re.sub(r"#(\d+);", lambda number: chr(int(number[1])), text)
