"""Which credentials a run uses, and where they come from."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from edgeaudit.cli import credentials, terminal
from edgeaudit.cli.login import url_of
from edgeaudit.config import Config
from edgeaudit.errors import ConfigError, InputError
from edgeaudit.management.auth import Basic, Token
from edgeaudit.management.elsewhere import LOGIN_URL
from edgeaudit.management.oauth import OAuth
from edgeaudit.management.token_cache import TokenCache, Tokens
from tests.management.login import bearer, counting, jwt
from tests.management.server import Authority, serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.management.server import Server

PRIVATE = "http://management.example.com:8080"
PUBLIC = "https://api.enterprise.apigee.com/v1"
USER = "a@b.example"


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home of its own, and nobody there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(terminal, "can_ask", lambda: False)
    return tmp_path


@pytest.fixture
def login() -> Iterator[Server]:
    with serving(counting()) as server:
        yield server


def authentication(cache: TokenCache | None = None, **keys: Any) -> Any:
    (one,) = Config(**{"url": PRIVATE, "username": USER, "org": ("acme",), **keys}).accesses()
    return credentials.authentication(one, url_of(one), cache or TokenCache())


def somebody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal, "can_ask", lambda: True)
    monkeypatch.setattr(terminal, "ask_secret", lambda prompt: f"answer to {prompt}")


@pytest.mark.parametrize(
    ("keys", "variables", "expected"),
    [
        ({}, {"PASSWORD": "p"}, Basic),
        ({"url": PUBLIC}, {"PASSWORD": "p"}, OAuth),
        ({"url": PUBLIC, "auth": "basic"}, {"PASSWORD": "p"}, Basic),
        ({"auth": "oauth"}, {"PASSWORD": "p"}, OAuth),
        ({"platform": "public"}, {"PASSWORD": "p"}, OAuth),
        ({"login_url": "http://sso.example:9099"}, {"PASSWORD": "p"}, OAuth),
        ({"zone": "acme"}, {"PASSWORD": "p"}, OAuth),
        ({"username": None}, {"TOKEN": "t"}, Token),
        ({}, {"TOKEN": "t", "PASSWORD": "p", "PASSCODE": "c"}, Token),
        ({"username": None}, {"REFRESH_TOKEN": "r"}, OAuth),
        ({"username": None}, {"PASSCODE": "c"}, OAuth),
        ({"auth": "basic"}, {"PASSCODE": "c", "REFRESH_TOKEN": "r", "PASSWORD": "p"}, Basic),
    ],
)
def test_how_a_run_logs_in(keys, variables, expected, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(f"EDGEAUDIT_{name}", value)
    assert isinstance(authentication(**keys), expected)


@pytest.mark.parametrize(
    ("keys", "variable", "host"),
    [
        ({"url": PUBLIC}, None, "https://login.apigee.com"),
        ({"url": PUBLIC, "zone": "acme"}, None, "https://acme.login.apigee.com"),
        ({"zone": "acme"}, "https://sso.example", "https://acme.login.apigee.com"),
        ({"login_url": "http://sso.example:9099"}, "https://x", "http://sso.example:9099"),
        ({}, "https://zone.login.apigee.com", "https://zone.login.apigee.com"),
        ({}, "https://sso.example/oauth/token", "https://sso.example"),
    ],
)
def test_the_login_host(keys, variable, host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    if variable:
        monkeypatch.setenv("SSO_LOGIN_URL", variable)
    assert authentication(**keys)._host.url == host


def test_a_zone_and_a_login_host_contradict_one_another() -> None:
    with pytest.raises(ConfigError, match="zone and login_url are both given for installation"):
        authentication(zone="acme", login_url="https://x")


def test_a_machine_user_of_a_zone_logs_in_with_its_password(
    login: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    monkeypatch.setattr(credentials, "login_host", lambda _: login.url)
    assert authentication(url=PUBLIC, zone="acme").header() == bearer(0)
    assert login.requests[0].body == b"grant_type=password&username=a%40b.example&password=p"


def test_all_that_an_account_may_need_comes_from_the_environment(
    login: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PASSWORD", "MFA"):
        monkeypatch.setenv(f"EDGEAUDIT_{name}", f" {name}1")
    authentication(login_url=login.url).header()
    assert b"password=+PASSWORD1&mfa_token=MFA1" in login.requests[0].body


@pytest.mark.parametrize("is_file", [True, False])
def test_the_secret_of_the_second_factor(
    login: Server, home: Path, monkeypatch: pytest.MonkeyPatch, is_file: bool
) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    file = home / "secret"
    file.write_text("JBSW Y3DP\n")
    if not is_file:
        monkeypatch.setenv("EDGEAUDIT_MFA_SECRET", "jbswy3dp")
    keys: dict[str, Any] = {"mfa_secret_file": file} if is_file else {}
    authentication(login_url=login.url, **keys).header()
    assert "mfa_token=" in login.targets[0]


def test_a_wrong_secret_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    monkeypatch.setenv("EDGEAUDIT_MFA_SECRET", "123456")
    with pytest.raises(InputError, match="not base32"):
        authentication(auth="oauth")


def test_a_password_file(home: Path) -> None:
    file = home / "password"
    file.write_text("p ä\n", "utf-8")
    assert authentication(password_file=file).header() == Basic(USER, "p ä").header()


@pytest.mark.parametrize("name", ["none", "."])
def test_a_password_file_that_cannot_be_read(home: Path, name: str) -> None:
    with pytest.raises(InputError, match="cannot be read: "):
        authentication(password_file=home / name)


@pytest.mark.parametrize("keys", [{}, {"auth": "oauth"}, {"url": PUBLIC}, {"zone": "acme"}])
def test_without_a_terminal_a_missing_password_is_an_error(keys: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"there is no password for a@b.example") as caught:
        authentication(**keys)
    assert "EDGEAUDIT_PASSWORD" in caught.value.hint


def test_on_a_terminal_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    somebody_answers(monkeypatch)
    expected = Basic(USER, f"answer to Password of {USER}")
    assert authentication().header() == expected.header()


def test_on_a_terminal_a_login_asks_too(login: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    somebody_answers(monkeypatch)
    assert authentication(login_url=login.url).header() == bearer(0)
    assert b"password=answer+to+Password+of" in login.requests[0].body


def test_what_an_earlier_run_has_left_spares_the_password(login: Server) -> None:
    cache = TokenCache()
    cache.put(f"{login.url} {USER}", Tokens("abc", renew_at=time.time() + 60))
    assert authentication(cache, login_url=login.url).header() == "Bearer abc"


@pytest.mark.parametrize("keys", [{}, {"auth": "oauth"}, {"url": PUBLIC}])
def test_without_a_user(keys: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="no user is named for installation default"):
        authentication(**{**keys, "username": None})


def netrc(path: Path, user: str = USER) -> None:
    path.write_text(f"machine management.example.com login {user} password from-netrc\n")
    path.chmod(0o600)


@pytest.mark.parametrize("username", [None, USER])
def test_netrc_has_the_user_and_the_password(home: Path, username: str | None) -> None:
    netrc(home / ".netrc")
    assert authentication(username=username).header() == Basic(USER, "from-netrc").header()


def test_netrc_may_stand_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc(home / "elsewhere")
    monkeypatch.setenv("NETRC", str(home / "elsewhere"))
    assert authentication(username=None).header() == Basic(USER, "from-netrc").header()


def test_netrc_is_for_its_host_alone(home: Path) -> None:
    netrc(home / ".netrc")
    with pytest.raises(ConfigError, match="there is no password"):
        authentication(url="http://other.example:8080")


def test_netrc_overrides_no_user(home: Path) -> None:
    netrc(home / ".netrc", "other@b.example")
    with pytest.raises(ConfigError, match=f"there is no password for {USER}"):
        authentication()


def test_netrc_overrides_no_password(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc(home / ".netrc")
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    assert authentication().header() == Basic(USER, "p").header()


@pytest.mark.parametrize("name", ["TOKEN", "REFRESH_TOKEN", "PASSCODE"])
def test_netrc_overrides_no_token(home: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc(home / ".netrc")
    monkeypatch.setenv(f"EDGEAUDIT_{name}", "given")
    auth = authentication(username=None)
    assert isinstance(auth, Token) or not auth._account.password


def left(home: Path) -> str:
    token = jwt(0, exp=time.time() + 600)
    (home / ".apigee-edge-tokens").write_text(
        json.dumps({f"{USER}##{PRIVATE}##http://sso.example:9099": {"access_token": token}})
    )
    return token


@pytest.mark.parametrize("username", [None, USER])
def test_a_token_that_is_left_needs_nothing_else(home: Path, username: str | None) -> None:
    token = left(home)
    assert authentication(username=username).header() == f"Bearer {token}"


def test_a_token_that_is_left_spares_the_prompt(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody_answers(monkeypatch)
    token = left(home)
    assert authentication().header() == f"Bearer {token}"


@pytest.mark.parametrize("name", ["PASSWORD", "TOKEN", "PASSCODE", "REFRESH_TOKEN"])
def test_a_token_that_is_left_overrides_nothing(
    home: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = left(home)
    monkeypatch.setenv(f"EDGEAUDIT_{name}", "given")
    auth = authentication()
    assert isinstance(auth, OAuth) or auth.header() != f"Bearer {token}"


def test_netrc_goes_before_a_token_that_is_left(home: Path) -> None:
    left(home)
    netrc(home / ".netrc")
    assert isinstance(authentication(), Basic)


@pytest.mark.parametrize("keys", [{"url": "http://management.example.com:8081"}, {"auth": "basic"}])
def test_a_token_that_is_left_is_not_for_everything(home: Path, keys: dict[str, Any]) -> None:
    left(home)
    with pytest.raises(ConfigError, match="there is no password"):
        authentication(**keys)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"login_url": "https://sso.example"}, "management"),
        ({"url": PUBLIC}, "management"),  # an inspecting proxy stands before both
        ({"zone": "acme"}, None),
        ({"url": PUBLIC, "login_url": "https://sso.example"}, None),
        ({"login_url": "https://sso.example", "login_ca": "login"}, "login"),
        ({"url": PUBLIC, "login_ca": "login"}, "login"),
    ],
)
def test_whose_certificate_a_login_host_may_have(keys, expected, home: Path) -> None:
    (one,) = Config(**{"url": PRIVATE, "management_ca": "management", **keys}).accesses()
    given = credentials.login_host(one) or LOGIN_URL
    found = credentials._login_ca(one, given)
    assert (found.name if found else None) == expected


def test_a_private_cloud_s_sso_host_may_have_its_own_authority(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "p")
    authority = Authority.made()
    with serving(counting(), authority.context(home)) as login:
        file = authority.file(home)
        assert authentication(login_url=login.url, login_ca=file).header() == bearer(0)
        assert authentication(login_url=login.url, management_ca=file).header() == bearer(1)
        assert "is not trusted" in authentication(login_url=login.url).header().detail


def certificate(**keys: Any) -> Any:
    (one,) = Config(url=PRIVATE, **keys).accesses()
    return credentials.client_certificate(one)


def test_without_a_client_certificate() -> None:
    assert certificate() is None
    with pytest.raises(ConfigError, match="client_key is given without client_cert"):
        certificate(client_key="x.key")


def test_the_key_of_a_client_certificate_may_stand_beside_it() -> None:
    shown = certificate(client_cert="/x.pem")
    assert (shown.certificate, shown.key) == (shown.key, shown.certificate)
    assert str(certificate(client_cert="/x.pem", client_key="/x.key").key) == "/x.key"


def test_the_password_of_the_key(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "word").write_text("from file\n")
    password = certificate(client_cert="/x.pem").password
    with pytest.raises(ConfigError, match=r"the key in /x.pem is encrypted") as caught:
        password()
    assert "EDGEAUDIT_CLIENT_KEY_PASSWORD" in caught.value.hint
    file = home / "word"
    by_file = certificate(client_cert="/x.pem", client_key_password_file=file).password
    assert by_file() == "from file"
    somebody_answers(monkeypatch)
    assert password() == "answer to Password of the key in /x.pem"
    monkeypatch.setenv("EDGEAUDIT_CLIENT_KEY_PASSWORD", "from environment")
    assert password() == by_file() == "from environment"
