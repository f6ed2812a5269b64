"""Who is told: what the example shows is valid, and what can be told is."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgeaudit.config import Config, example, load
from edgeaudit.errors import ConfigError


def _example(tmp_path: Path) -> Config:
    """The part on telling, as it would be uncommented."""
    part = example().partition("Telling people")[2].partition("\n")[2]
    lines = [
        line for line in part.splitlines() if not line.startswith(("#   #", "# Mail.", "# URLs"))
    ]
    keys = ("notify", "steps", "digest", "state", "mail", "webhooks", "  ")
    bare = [line.removeprefix("# ") for line in lines]
    path = tmp_path / "edgeaudit.yaml"
    path.write_text("\n".join(line for line in bare if line.startswith(keys)) + "\n")
    return load(path, {}, {})


def test_the_example(tmp_path: Path) -> None:
    config = _example(tmp_path)
    assert config.mail
    assert config.mail.to == ("platform@example.com",)
    (route,) = config.mail.routes
    assert (route.where, route.to) == ("acme/prod/keystores/payments*", ("payments@example.com",))
    assert (config.mail.security, config.mail.sendmail) == ("starttls", Path("/usr/sbin/sendmail"))
    assert config.mail.attach == ("json", "ics")
    (webhook,) = config.webhooks
    assert (webhook.name, webhook.shape, webhook.where) == ("ops-chat", "slack", "*")
    assert (config.digest, config.state) == ("monday", Path("/var/lib/edgeaudit/told.json"))
    assert config.steps == Config().steps


def test_steps_go_downwards_and_each_stands_once() -> None:
    assert load(None, {"EDGEAUDIT_STEPS": "0, 7,30,7"}, {}).steps == (30, 7, 0)


def test_where_it_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/auditor")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    assert Config().state == Path("/home/auditor/.local/state/edgeaudit/told.json")
    monkeypatch.setenv("XDG_STATE_HOME", "/var/state")
    assert Config().state == Path("/var/state/edgeaudit/told.json")
    assert load(None, {"EDGEAUDIT_STATE": "/x/told.json"}, {}).state == Path("/x/told.json")


@pytest.mark.parametrize(
    "address", ["", "a", "a@", "@b", "a b@c", "a@b,c@d", "<a@b>", "a@b\n", "ä@b", "a@-b", "-a@b"]
)
def test_what_is_no_address(tmp_path: Path, address: str) -> None:
    path = tmp_path / "edgeaudit.yaml"
    path.write_text("mail: {sender: a@b, to: [" + repr(address).replace("\\n", "\\\\n") + "]}")
    with pytest.raises(ConfigError, match="e-mail address"):
        load(path, {}, {})
