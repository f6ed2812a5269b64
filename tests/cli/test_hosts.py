"""`edgeaudit hosts`, and `hosts:` in an audit, as a user meets them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edgeaudit.cli import run
from edgeaudit.cli.access import read
from edgeaudit.config import Config, load
from edgeaudit.errors import ConfigError
from tests.management.server import reply, serving
from tests.schemas import validate

NGINX = "router-1/opt/nginx/conf.d/0-default.conf"
OWN = "mp-1/opt/apigee/customer/application/message-processor.properties"


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    texts = {
        NGINX: "ssl_protocols TLSv1 TLSv1.2;\nserver { listen 443 ssl; server_name a.example;\n"
        "ssl_reject_handshake on; }\nserver { listen 443 ssl; ssl_protocols TLSv1.3;"
        "ssl_reject_handshake on; }",
        OWN: "conf_system_jsse.enableSNIExtension=false\nconf_system_https.protocols=TLSv1.2\n",
        "mp-1/opt/java/release": 'JAVA_VERSION="1.8.0_372"\n',
    }
    for name, text in texts.items():
        (tmp_path / "hosts" / name).parent.mkdir(parents=True)
        (tmp_path / "hosts" / name).write_text(text)
    return tmp_path


def told(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    return run(["hosts", *arguments]), *capsys.readouterr()


def test_what_is_in_effect_and_where_it_stands(files, capsys) -> None:
    status, out, err = told(capsys, "hosts")
    assert (status, err) == (1, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Router router-1 (hosts/router-1)" in lines
    assert f"ssl_protocols = TLSv1 TLSv1.2 hosts/{NGINX}:1" in lines
    assert "Java = 1.8.0_372 hosts/mp-1/opt/java/release:1" in lines
    text = " ".join(lines)
    assert f"https.protocols = TLSv1.2 hosts/{OWN}:2" in text
    assert "without effect, as another server of the socket comes first: ssl_protocols" in text
    assert "shuts out: Windows XP" in text
    assert f"weak-host-setting hosts/{NGINX}:1" in text
    assert "0 errors, 1 warning, 0 notes in 2 hosts, as of" in text
    assert "everything could be read" in text


def test_json(files, capsys) -> None:
    status, out, _ = told(capsys, "hosts", "--format", "json")
    data = json.loads(out)
    validate(data, "hosts")
    assert status == 1
    first, second = data["hosts"]
    assert (first["java"]["major"], first["sni"]) == (8, False)
    assert second["servers"][1]["protocols"]["*:443"]["where"] == f"hosts/{NGINX}:1"
    assert [each["rule"] for each in data["findings"]] == ["weak-host-setting"]


def test_the_exit_status(files, capsys) -> None:
    assert told(capsys, "hosts", "--fail-on", "error")[0] == 0
    assert told(capsys, "hosts/mp-1")[0] == 0
    assert told(capsys, "hosts/mp-1", "gone")[0] == 3
    status, out, err = told(capsys)
    assert (status, out) == (2, "")
    assert "no files are named" in err


def test_the_files_and_the_floor_of_the_configuration(files, capsys) -> None:
    Path("edgeaudit.yaml").write_text("hosts: [hosts/router-1]\npolicy: {protocol_floor: TLSv1}\n")
    status, out, _ = told(capsys)
    assert status == 0
    assert "Message Processor" not in out


def test_an_inventory_with_them(files) -> None:
    with serving([reply(401)] * 4) as server:
        config = Config(url=server.url, username="me", token_cache=None, hosts=["hosts", "gone"])
        files.joinpath("password").write_text("x")
        config = config.model_copy(update={"password_file": files / "password"})
        (inventory,) = read(config, quiet=True)
    assert [each.name for each in inventory.hosts] == ["mp-1", "router-1"]
    assert (inventory.told.java, inventory.told.sni) == (8, False)
    assert inventory.gaps[-1].where == "gone"


def test_what_the_configuration_says_comes_first(files) -> None:
    with serving([reply(401)] * 4) as server:
        keys: Any = {"hosts": ["hosts"], "java": 21, "sni": True}
        config = Config(url=server.url, username="me", token_cache=None, **keys)
        files.joinpath("password").write_text("x")
        config = config.model_copy(update={"password_file": files / "password"})
        (inventory,) = read(config, quiet=True)
    assert (inventory.told.java, inventory.told.sni) == (21, True)


@pytest.mark.parametrize(
    ("text", "paths", "names"),
    [
        ("hosts: [a, b]", ["a", "b"], [None, None]),
        ("hosts: [{path: a, name: r1}, b]", ["a", "b"], ["r1", None]),
        ("installations: [{name: x, hosts: [a]}]", ["a"], [None]),
    ],
)
def test_hosts_in_the_configuration(tmp_path, text, paths, names) -> None:
    (tmp_path / "edgeaudit.yaml").write_text(text)
    (access,) = load(tmp_path / "edgeaudit.yaml", {}, {}).accesses()
    assert [each.path for each in access.hosts] == [tmp_path / path for path in paths]
    assert [each.name for each in access.hosts] == names


def test_hosts_in_the_environment() -> None:
    config = load(None, {"EDGEAUDIT_HOSTS": "/a, /b"}, {})
    assert [str(each.path) for each in config.hosts] == ["/a", "/b"]


@pytest.mark.parametrize("text", ["hosts: 3", "hosts: [{name: x}]", "policy: {clients: [java-5]}"])
def test_mistakes_in_the_configuration(tmp_path, text) -> None:
    (tmp_path / "edgeaudit.yaml").write_text(text)
    with pytest.raises(ConfigError):
        load(tmp_path / "edgeaudit.yaml", {}, {})
