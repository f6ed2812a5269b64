"""The configuration: every mistake is told with its place, what was found, what is expected."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.audit.policy import Threshold
from edgeaudit.config import Config, example, find, load
from edgeaudit.errors import ConfigError
from edgeaudit.tls.protocols import Version


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Writes a configuration file and gives its path."""

    def write(text: str | bytes) -> Path:
        path = tmp_path / "edgeaudit.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_the_example_is_valid_and_says_all(written) -> None:
    config = load(written(example()), {}, {})
    assert config.url == "http://management.example.com:8080"
    assert config.policy.warn_within == Threshold(days=30)
    missing = [name for name in Config.model_fields if f"{name}:" not in example()]
    assert missing == []


def test_floors_of_the_policy(written) -> None:
    text = "policy:\n  protocol_floor: TLSv1.3\n  forbidden_ciphers: [CBC, kRSA, SHA1+ECDHE]"
    policy = load(written(text), {}, {}).as_policy()
    assert policy.protocol_floor is Version.TLSV1_3
    assert policy.forbidden_ciphers == ("CBC", "kRSA", "SHA1+ECDHE")


def test_what_the_example_comments_out_is_valid_too(written) -> None:
    """Each commented key, with its value, as it would be uncommented."""
    lines = [line.removeprefix("# ") for line in example().splitlines()]
    keys = tuple(f"{name}:" for name in [*Config.model_fields, "  - name", "    url", "    org"])
    kept = "\n".join(
        line
        for line, original in zip(lines, example().splitlines(), strict=True)
        if original.startswith("# ") and line.startswith((*keys, "  json:"))
    )
    config = load(written(kept), {}, {})
    assert [access.name for access in config.accesses()] == ["europe", "cloud"]
    assert config.login_url


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("concurrency: many", ":1: concurrency: found 'many', expected a whole number"),
        ("deadline: 600", ":1: deadline: found 600, expected a duration (30s, 10m, 2h)"),
        ("requests_per_minute: 0", ":1: requests_per_minute: found 0, expected greater than or"),
        ("\nconcurrency: 0", ":2: concurrency: found 0, expected greater than or equal to 1"),
        (
            "fail_on: bad",
            ":1: fail_on: found 'bad', expected 'error', 'warning', 'note' or 'never'",
        ),
        (
            "policy:\n  warn_within: soon",
            ":2: policy.warn_within: found 'soon', expected days (30d) or a share of the life time",
        ),
        ("message_processor: {protocols: [TLS 1.2]}", "expected TLSv1.2, or the like"),
        ("message_processor: {cipher: [A]}", "there is no such key; did you mean ciphers?"),
        ("orgs: [acme]", ":1: orgs: there is no such key; did you mean org?"),
        ("policy:\n  warn: 3", ":2: policy.warn: there is no such key"),
        ("policy:\n  protocol_floor: SSLv3", ":2: policy.protocol_floor: found 'SSLv3', expected"),
        (
            "policy:\n  forbidden_ciphers: [CBC, AES+FOO]",
            ":2: policy.forbidden_ciphers: found ['CBC', 'AES+FOO'], expected names of suites",
        ),
        (
            "password: hunter2",
            ":1: password: no secret stands here; use password_file or EDGEAUDIT_PASSWORD",
        ),
        ("passcode: hunter2", ":1: passcode: no secret stands here; use EDGEAUDIT_PASSCODE"),
        (
            "mfa_secret: hunter2",
            ":1: mfa_secret: no secret stands here; use mfa_secret_file or EDGEAUDIT_MFA_SECRET",
        ),
        ("zone: evil.example/", ":1: zone: found 'evil.example/', expected NAME, where NAME."),
        ("zone: ''", ":1: zone: found '', expected NAME, where NAME.login.apigee.com"),
        ("token_cache: true", ":1: token_cache: found True, expected "),
        ('token_cache: "a\\0b"', ":1: token_cache: found 'a\\x00b', expected a path"),
        ("org: [acme, [x]]", ":1: org.1: found ['x'], expected a text"),
        ("installations:\n  - name: a\n  - url: http://x", ":3: installations.1.name: "),
        ("url: a\nurl: b", ":2: url stands twice, first in line 1"),
        ("url: [", ":1: not valid YAML: "),
        ("- a", ":1: found ['a'], expected keys and values"),
        ("just text", ":1: found 'just text', expected keys and values"),
        ("output: {json: 3}", ":1: output.json: found 3, expected "),
        ("url: \x00", "not valid YAML"),
        (b"url: \xff", " is not UTF-8 text"),
        ("url: !!python/object:os.system {}", ":1: not valid YAML: "),
    ],
)
def test_a_mistake_in_the_file(written, text, told) -> None:
    path = written(text)
    with pytest.raises(ConfigError) as caught:
        load(path, {}, {})
    assert caught.value.message.startswith(str(path))
    assert told in caught.value.message
    assert "hunter2" not in caught.value.message


def test_every_mistake_is_told(written) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written("concurrency: many\nfail_on: bad\n"), {}, {})
    assert len(caught.value.message.splitlines()) == 2


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none.yaml: No such file or directory"):
        load(tmp_path / "none.yaml", {}, {})


def test_a_mistake_in_the_environment() -> None:
    with pytest.raises(ConfigError, match="EDGEAUDIT_CONCURRENCY: found 'x', expected a whole"):
        load(None, {"EDGEAUDIT_CONCURRENCY": "x"}, {})


def test_a_mistake_in_an_option() -> None:
    with pytest.raises(ConfigError, match=r"--output: found .*, expected FORMAT=FILE"):
        load(None, {}, {"output": ("report.json",)})


def test_options_beat_the_environment_and_that_the_file(written) -> None:
    path = written("concurrency: 2\norg: [a]\nenv: [b]\n")
    environ = {"EDGEAUDIT_CONCURRENCY": "3", "EDGEAUDIT_ORG": "c, d"}
    config = load(path, environ, {"concurrency": 4})
    assert (config.concurrency, config.org, config.env) == (4, ("c", "d"), ("b",))


def test_relative_paths_start_at_the_file(written, tmp_path: Path) -> None:
    path = written("trust: [ca.pem, /etc/ca.pem]\noutput: {json: out/report.json}\n")
    config = load(path, {}, {})
    assert config.trust == (tmp_path / "ca.pem", Path("/etc/ca.pem"))
    assert config.output == {"json": tmp_path / "out/report.json"}


def test_a_path_may_begin_at_home(written, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/auditor")
    config = load(written("password_file: ~/secret\n"), {}, {})
    assert config.password_file == Path("/home/auditor/secret")


@pytest.mark.parametrize("text", ["false", "off", "'False'", "no", "0"])
def test_tokens_may_not_be_kept(written, text: str) -> None:
    assert load(written(f"token_cache: {text}\n"), {}, {}).token_cache is None
    assert load(None, {"EDGEAUDIT_TOKEN_CACHE": text.strip("'")}, {}).token_cache is None


def test_where_tokens_are_kept(written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/auditor")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    at_home = Path("/home/auditor/.cache/edgeaudit/tokens.json")
    assert Config().token_cache == at_home
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert Config().token_cache == at_home
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/cache/me")
    assert Config().token_cache == Path("/var/cache/me/edgeaudit/tokens.json")
    path = written("token_cache: kept/tokens.json\n")
    assert load(path, {}, {}).token_cache == tmp_path / "kept/tokens.json"
    environ = {"EDGEAUDIT_TOKEN_CACHE": "/tmp/t.json"}
    assert load(path, environ, {}).token_cache == Path("/tmp/t.json")


def test_outputs_from_the_environment() -> None:
    config = load(None, {"EDGEAUDIT_OUTPUT": "json=/tmp/a.json, table=/tmp/b"}, {})
    assert config.output == {"json": Path("/tmp/a.json"), "table": Path("/tmp/b")}


def test_several_installations_share_what_the_top_level_says(written) -> None:
    text = "username: a@b\norg: [acme]\ninstallations: [{name: x, url: u}, {name: y, org: z}]\n"
    first, second = load(written(text), {}, {}).accesses()
    assert (first.name, first.url, first.username, first.org) == ("x", "u", "a@b", ("acme",))
    assert (second.name, second.url, second.username, second.org) == ("y", None, "a@b", ("z",))


def test_the_only_installation_is_called_default() -> None:
    (access,) = Config(url="http://x").accesses()
    assert (access.name, access.url) == ("default", "http://x")


def test_an_empty_file_is_an_empty_configuration(written) -> None:
    assert load(written("# nothing yet\n"), {}, {}) == Config()


def test_where_the_file_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"XDG_CONFIG_HOME": str(tmp_path / "xdg")}
    assert find(environ) is None
    user = tmp_path / "xdg/edgeaudit/config.yaml"
    user.parent.mkdir(parents=True)
    user.touch()
    assert find(environ) == user
    Path("edgeaudit.yaml").touch()
    assert find(environ) == Path("edgeaudit.yaml")
    assert find({**environ, "EDGEAUDIT_CONFIG": "other.yaml"}) == Path("other.yaml")


@given(st.text() | st.binary())
def test_no_file_is_too_strange(tmp_path_factory, text) -> None:
    path = tmp_path_factory.mktemp("config") / "edgeaudit.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    try:
        load(path, {}, {})
    except ConfigError as error:
        assert str(path) in error.message  # noqa: PT017 - not every text is an error


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x: &a [*a]", "nested without end"),
        ("a: &a {a: *a}", "nested without end"),
        ("installations: [{name: a}, {name: a}]", "expected a name of its own for each"),
        ("read_timeout: .inf", ":1: read_timeout: found inf, expected a finite number"),
        ("org: [12]", ":1: org.0: found 12, expected a text (in quotation marks"),
        ("policy: 3", ":1: policy: found 3, expected keys and values"),
        ("installations: [{url: http://x}]", ":1: installations.0.name: this key is missing"),
        ("output: {json: a, table: ./a}", "expected another file for each format"),
    ],
)
def test_a_mistake_that_could_pass_unseen(written, text, told) -> None:
    with pytest.raises(ConfigError) as caught:
        load(written(text), {}, {})
    assert told in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("probe_connect: [elsewhere]", "expected IP:PORT, or HOST:PORT=IP:PORT"),
        ("probe_connect: ['a:1=b']", "expected IP:PORT, or HOST:PORT=IP:PORT"),
        ("probe_proxy: proxy", "expected HOST:PORT"),
        ("probe_timeout: 0", "probe_timeout"),
    ],
)
def test_a_mistake_in_how_endpoints_are_asked(written, text: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        load(written(text), {}, {})


def test_how_endpoints_are_asked_may_come_from_the_environment() -> None:
    environ = {"EDGEAUDIT_PROBE": "true", "EDGEAUDIT_PROBE_CONNECT": "a:1=192.0.2.1:2,[::1]:3"}
    config = load(None, environ, {})
    assert (config.probe, config.probe_connect) == (True, ("a:1=192.0.2.1:2", "[::1]:3"))
