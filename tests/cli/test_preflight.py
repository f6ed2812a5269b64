"""`edgeaudit preflight`, as a user meets it; and what it foretells is what comes."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
import requests
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    pkcs12,
)

from edgeaudit.cli import access, run
from edgeaudit.demo import DemoEdge
from edgeaudit.x509.pem import is_spaced
from edgeaudit.x509.stores import read_entries
from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, secure
from tests.factories import CA, NOW, self_signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from edgeaudit.inventory import Inventory

FRESH = ISSUING.leaf("api.example.com")
SPACED = f"{FRESH.pem}\n{ISSUING.pem}"


@pytest.fixture
def told(monkeypatch: Any, capsys: Any, tmp_path: Path) -> Callable[..., tuple[int, str, str]]:
    """Runs the command on a small estate, in a folder with the files that are given."""
    monkeypatch.setenv("EDGEAUDIT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("EDGEAUDIT_STORE_PASSWORD", "secret")
    monkeypatch.chdir(tmp_path)

    def running(
        files: dict[str, str | bytes],
        *arguments: str,
        estate: Estate | None = None,
        among: list[Inventory] | None = None,
    ) -> tuple[int, str, str]:
        for name, content in files.items():
            Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        inventories = among or [(estate or secure()).inventory()]
        monkeypatch.setattr(access, "read", lambda *_, **__: inventories)
        status = run(["preflight", *files, *arguments, "--at", NOW.isoformat()])
        return (status, *capsys.readouterr())

    return running


ALIAS = ("--alias", "acme/prod/web/server")


def test_a_chain_and_its_key_in_two_files(told) -> None:
    Path("root.pem").write_text(ROOT.pem)
    files = {"chain.pem": SPACED, "key.pem": FRESH.key_pem}
    status, out, err = told(files, *ALIAS, "--write", "out.pem", "--trust", "root.pem")
    assert (status, err) == (0, "out.pem: 2 certificates, leaf first\n")
    assert "(2 certificates, with its private key, PEM), in the place of" in " ".join(out.split())
    written = Path("out.pem").read_bytes()
    assert is_spaced(written)
    (entry,) = read_entries(written)
    assert entry.certificates == (FRESH.certificate, ISSUING.certificate)


def test_a_ca_that_goes(told) -> None:
    """What may break has a status of its own no more than what will."""
    estate = Estate().store("cas", keys=False, ca=[ROOT]).server("b", truststore="cas")
    status, out, _ = told({"ca.pem": ISSUING.pem}, "--alias", "acme/prod/cas/ca", estate=estate)
    assert (status, "MAY BREAK" in out, "Nothing would break," in out) == (1, True, False)


def test_a_pkcs12_file_as_json(told) -> None:
    store = pkcs12.serialize_key_and_certificates(
        b"server",
        FRESH.private_key,
        FRESH.parsed,
        [ISSUING.parsed],
        BestAvailableEncryption(b"secret"),
    )
    status, out, _ = told({"new.p12": store}, *ALIAS, "--format", "json")
    upload = json.loads(out)["upload"]
    assert status == 0, "nobody trusts its root, but neither that of the present one"
    assert (upload["form"], upload["has_key"], upload["key_fits"]) == ("PKCS#12", True, True)
    assert len(upload["chain"]) == 2
    assert "openssl pkcs12 -in FILE -nocerts" in json.loads(out)["remarks"][0]


def test_anothers_key(told) -> None:
    key = self_signed("api.example.com").key_pem
    status, out, _ = told({"chain.pem": SPACED, "key.pem": key}, *ALIAS)
    assert status == 1
    assert "the private key is not that of the first certificate" in out


def test_a_key_in_the_file_of_its_chain(told) -> None:
    for content in (f"{SPACED}{FRESH.key_pem}", f"{FRESH.key_pem}{SPACED}"):
        status, out, _ = told({"all.pem": content}, *ALIAS)
        assert (status, "NOT LIKE THIS" in out) == (0, False)


@pytest.mark.parametrize("form", [Encoding.PEM, Encoding.DER])
def test_an_encrypted_key(told, form: Encoding, monkeypatch: Any) -> None:
    locked = BestAvailableEncryption(b"secret")
    key = FRESH.private_key.private_bytes(form, PrivateFormat.PKCS8, locked)
    status, out, _ = told({"chain.pem": SPACED, "key": key}, *ALIAS)
    assert (status, "with its private key" in out) == (0, True)
    monkeypatch.setenv("EDGEAUDIT_STORE_PASSWORD", "wrong")
    status, out, err = told({"chain.pem": SPACED, "key": key}, *ALIAS)
    assert (status, out) == (2, "")
    assert "error: key: the password of its private key is wrong\n" in err


def test_a_chain_in_the_wrong_order(told) -> None:
    files = {"chain.pem": f"{ISSUING.pem}\n{FRESH.pem}", "key.pem": FRESH.key_pem}
    _, out, _ = told(files, *ALIAS)
    assert "but that of CN=api.example.com, which must stand first" in " ".join(out.split())


def test_an_issuer_that_is_missing_is_not_written(told) -> None:
    other = CA.root("Other").leaf("api.example.com")
    status, _, err = told(
        {"chain.pem": other.pem, "key.pem": other.key_pem}, *ALIAS, "--write", "out.pem"
    )
    assert status == 1
    assert "out.pem is not written: the issuer CN=Other is missing" in err
    assert not Path("out.pem").exists()


def test_behind_a_reference(told) -> None:
    estate = Estate().store("web", server=[FRESH, ISSUING], spare=[FRESH]).reference("r", "web")
    estate.host("web", keystore="ref://r", key_alias="server")
    _, out, _ = told({"chain.pem": SPACED}, "--reference", "acme/prod/r", estate=estate)
    said = "behind acme/prod/references/r, in the place of acme/prod/keystores/web/server"
    assert said in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "give either --alias or --reference"),
        ([*ALIAS, "--reference", "acme/prod/r"], "give either --alias or --reference"),
        (["--alias", "acme/prod/wep/server"], "did you mean acme/prod/web"),
        (["--alias", "web/server"], "did you mean acme/prod/web?"),
        (["--alias", "server"], "there is no keystore for the alias server"),
        (["--reference", "acme/prod/nope"], "there is no reference acme/prod/nope"),
        (["--reference", "acme/prod/lost"], "refers to gone, which is not there"),
        (["--reference", "acme/prod/idle"], "acme/prod/keystores/two has: a, b"),
    ],
)
def test_where_it_is_to_go(told, arguments: list[str], said: str) -> None:
    estate = secure().store("two", a=[FRESH], b=[FRESH])
    estate.reference("lost", "gone").reference("idle", "two")
    status, out, err = told({"chain.pem": SPACED}, *arguments, estate=estate)
    assert (status, out) == (2, "")
    assert said in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "it holds no certificate"),
        (b"\x30\x82" + b"\0" * 9, "damaged"),
        (FRESH.key_pem, "there is no certificate in these files"),
    ],
)
def test_files_that_hold_none(told, content: str | bytes, said: str) -> None:
    status, out, err = told({"new.pem": content}, *ALIAS)
    assert (status, out) == (2, "")
    assert said in err


def test_of_several_installations(told) -> None:
    both = [secure().inventory("east"), secure([LEAF]).inventory("west")]
    answers = {}
    for name in ("acme", "east:acme", "west:acme"):
        where = ("--alias", f"{name}/prod/web/server", "--format", "json")
        answers[name] = told({"c.pem": SPACED}, *where, among=both)
    status, out, err = answers["acme"]
    assert (status, out) == (2, "")
    assert "several are called acme/prod/web" in err
    for name in ("east", "west"):
        (one,) = json.loads(answers[f"{name}:acme"][1])["installations"]
        assert one["name"] == name


def test_a_file_that_is_not_there(told) -> None:
    status, _, err = told({}, "nowhere.pem", *ALIAS)
    assert status == 2
    assert "nowhere.pem cannot be read: No such file" in err


# what is foretold is what comes


def _audit(edge: DemoEdge, root: Path, capsys: Any) -> set[tuple[str, str]]:
    options = ["--url", edge.url, "--username", edge.username, "--trust", str(root)]
    run(["audit", *options, "--org", "acme", "--env", "prod", "--at", NOW.isoformat(), *_JSON])
    report = json.loads(capsys.readouterr().out)
    return {(each["rule"], each["where"]) for each in report["findings"]}


_JSON = ["--format", "json", "--quiet"]
_FEW = pytest.mark.full
_CASES = [
    ("orders/server", "orders.acme.example"),
    pytest.param("orders/server", "elsewhere.example", marks=_FEW),
    pytest.param("orders/next", "orders.acme.example", marks=_FEW),
    pytest.param("loyalty/server", "loyalty.acme.example", marks=_FEW),
    pytest.param("gifts/server", "gifts.acme.example", marks=_FEW),
    pytest.param("customs/root", "", marks=_FEW),
]


class _Practice(NamedTuple):
    """A demo Edge that takes changes, the files to upload, and the roots that are trusted."""

    edge: DemoEdge
    files: list[Path]
    roots: Path

    def foretold(self, capsys: Any, *where: str) -> dict[str, Any]:
        files = map(str, self.files)
        options = ["--url", self.edge.url, "--username", self.edge.username]
        options += ["--trust", str(self.roots), "--org", "acme", "--env", "prod"]
        run(["preflight", *files, *where, *options, "--at", NOW.isoformat(), *_JSON])
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    def ask(self, method: str, path: str, **more: Any) -> None:
        login = (self.edge.username, self.edge.password)
        prod = f"{self.edge.url}/v1/organizations/acme/environments/prod"
        answer = requests.request(method, f"{prod}/{path}", auth=login, timeout=9, **more)
        assert answer.ok or method == "DELETE", answer.text

    def upload(self, alias: str) -> None:
        store, _, name = alias.partition("/")
        self.ask("DELETE", f"keystores/{store}/aliases/{name}")
        kinds = zip(("certFile", "keyFile"), self.files, strict=False)
        files = {kind: path.read_bytes() for kind, path in kinds}
        query = {"alias": name, "format": "keycertfile"}
        self.ask("POST", f"keystores/{store}/aliases", params=query, files=files)


@contextmanager
def _practice(host: str, folder: Path, monkeypatch: Any) -> Iterator[_Practice]:
    """With a chain and a key for the host; without one, with a root for a truststore."""
    root = CA.root("New Root")
    issuing = root.intermediate("New CA")
    leaf = issuing.leaf(host) if host else None
    chain, key, roots = (folder / name for name in ("chain.pem", "key.pem", "roots.pem"))
    chain.write_text(f"{leaf.pem}\n{issuing.pem}" if leaf else root.pem)
    key.write_text(leaf.key_pem if leaf else "")
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", DemoEdge.password)
    monkeypatch.setenv("EDGEAUDIT_TOKEN_CACHE", "false")
    with DemoEdge(NOW, 2, is_writable=True) as edge:
        roots.write_text(edge.ca_pem + root.pem)
        yield _Practice(edge, [chain, key] if leaf else [chain], roots)


def _sides(foretold: dict[str, Any]) -> tuple[set[tuple[str, str]], ...]:
    return tuple(
        {(each["rule"], each["where"]) for each in foretold[name]} for name in ("came", "went")
    )


@pytest.mark.parametrize(("alias", "host"), _CASES)
def test_it_comes_as_foretold(
    alias: str, host: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    with _practice(host, tmp_path, monkeypatch) as practice:
        before = _audit(practice.edge, practice.roots, capsys)
        foretold = practice.foretold(capsys, "--alias", f"acme/prod/{alias}")
        practice.upload(alias)
        after = _audit(practice.edge, practice.roots, capsys)
    came, went = _sides(foretold)
    assert came | went or alias in ("orders/next", "gifts/server")
    assert (after - before, before - after) == (came, went)


@_FEW
@pytest.mark.parametrize("host", ["orders.acme.example", "elsewhere.example"])
def test_behind_a_reference_it_comes_as_foretold(
    host: str, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    """But for what is left behind, which stands among the remarks."""
    moved = {"name": "orders", "refers": "orders-new", "resourceType": "KeyStore"}
    with _practice(host, tmp_path, monkeypatch) as practice:
        before = _audit(practice.edge, practice.roots, capsys)
        foretold = practice.foretold(capsys, "--reference", "acme/prod/orders")
        practice.ask("POST", "keystores", json={"name": "orders-new"})
        practice.upload("orders-new/server")
        practice.ask("PUT", "references/orders", json=moved)
        found = _audit(practice.edge, practice.roots, capsys)
    old = "acme/prod/keystores/orders"
    left = {each for each in found if re.match(rf"{old}(/|$)", each[1])}
    after = {(rule, where.replace("orders-new", "orders")) for rule, where in found - left}
    assert ("unused-keystore", old) in left
    assert f"{old} is left behind" in " ".join(foretold["remarks"])
    assert (after - before, before - after) == _sides(foretold)
