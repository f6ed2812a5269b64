"""`edgeaudit audit --mail`, as its users and those whom it tells meet it."""

from __future__ import annotations

import fcntl
import json
import re
import stat
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import icalendar
import pytest

from edgeaudit.cli import access, run
from edgeaudit.demo import DemoEdge
from edgeaudit.inventory import Gap
from edgeaudit.management import transport
from edgeaudit.reports import FORMATS
from tests.audit.estate import ISSUING, ROOT, Estate, secure
from tests.factories import NOW
from tests.management.server import reply, serving
from tests.notify.mailserver import mail_server
from tests.schemas import validate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.management.server import Server
    from tests.notify.mailserver import MailServer

    Told = tuple[int, str, str]

DAY = timedelta(days=1)
SOON = ISSUING.leaf("soon.example.com", not_after=NOW + 6 * DAY)
GOOD = ISSUING.leaf("good.example.com", not_after=NOW + 300 * DAY)
GAP = Gap("acme/prod/keystores", "forbidden", "HTTP 403")


def _estate(leaf: Any = SOON, *gaps: Gap) -> Estate:
    estate = secure([leaf, ISSUING])
    estate.gaps = list(gaps)
    return estate


@pytest.fixture
def smtp() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A webhook, which `answers[0]` answers for."""
    monkeypatch.setattr(transport, "FIRST_PAUSE", 0)
    answers = [reply(200)]
    with serving(lambda _: answers[:1]) as server:
        server.answers = answers  # type: ignore[attr-defined]
        monkeypatch.setenv("EDGEAUDIT_WEBHOOK_OPS_URL", f"{server.url}/hunter2")
        yield server


@pytest.fixture
def config(tmp_path: Path, smtp: MailServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Writes the configuration, with more of it, and of its mail."""
    (tmp_path / "root.pem").write_text(ROOT.pem)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EDGEAUDIT_CONFIG", str(tmp_path / "config.yaml"))

    def write(mail: str = "to: [team@example.com]", more: str = "") -> None:
        text = (
            "url: http://127.0.0.1:1\nusername: a@b.example\ntrust: [root.pem]\n"
            "public_roots: false\nstate: state/told.json\n"
            f"mail: {{sender: edgeaudit@example.com, server: 127.0.0.1, port: {smtp.port}, "
            f"security: none, {mail}}}\n{more}\n"
        )
        (tmp_path / "config.yaml").write_text(text)

    write()
    return write


@pytest.fixture
def audit(
    config: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Told]:
    """Runs `edgeaudit audit --mail` on a small estate, so many days after NOW."""

    def running(
        *arguments: str, estate: Estate | None = None, day: float = 0, mail: bool = True
    ) -> Told:
        inventory = (estate or _estate()).inventory()
        monkeypatch.setattr(access, "read", lambda *_, **__: [inventory])
        at = (NOW + day * DAY).isoformat()
        status = run(["audit", *(["--mail"] if mail else []), "--at", at, *arguments])
        return (status, *capsys.readouterr())

    return running


def _subjects(smtp: MailServer) -> list[str]:
    return [each.mail["Subject"].removeprefix("[edgeaudit] ") for each in smtp.received]


def test_one_mail_with_the_report_and_the_dates(audit, config, smtp: MailServer) -> None:
    config("to: [team@example.com], attach: [json, ics]")
    status, out, err = audit()
    assert status == 1
    assert "expiring-certificate" in out
    state = Path("state/told.json").absolute()
    assert err == f"edgeaudit: warning: {state} is new: everything is told once\n"
    (received,) = smtp.received
    assert received.recipients == ["team@example.com"]
    mail = received.mail
    assert mail["Subject"] == "[edgeaudit] soon.example.com expires in 6 days"
    assert "acme/prod/virtualhosts/web" in mail.get_body(["plain"]).get_content()
    assert "acme/prod/virtualhosts/web" in mail.get_body(["html"]).get_content()
    report, dates = mail.iter_attachments()
    assert (report.get_filename(), report.get_content_type()) == (
        "edgeaudit.json",
        "application/json",
    )
    validate(json.loads(report.get_content()), "report")
    assert (dates.get_filename(), dates.get_content_type()) == ("edgeaudit.ics", "text/calendar")
    events = icalendar.Calendar.from_ical(dates.get_content()).walk("VEVENT")
    assert events[0]["summary"] == "CN=soon.example.com expires"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_can_be_attached(audit, config, smtp: MailServer, name: str) -> None:
    config(f"to: [team@example.com], attach: [{name}]")
    assert audit()[0] == 1
    (attached,) = smtp.received[0].mail.iter_attachments()
    assert attached.get_content()


def test_days_of_a_certificate(audit, smtp: MailServer) -> None:
    """As cron would have it, through the whole program."""
    leaf = ISSUING.leaf("a.example", not_after=NOW + 31 * DAY)
    told = {}
    for day, estate in {
        0: _estate(leaf),
        1: _estate(leaf),
        2: _estate(leaf),
        20: _estate(leaf, GAP),
        21: _estate(leaf, GAP),
        29.5: _estate(leaf),
        30: _estate(GOOD, GAP).cannot_read("keystores"),
        31: _estate(GOOD),
        32: _estate(GOOD),
    }.items():
        before = len(smtp.received)
        audit(estate=estate, day=day)
        told[day] = _subjects(smtp)[before:]
    assert told == {
        0: ["a.example expires in 31 days"],
        1: ["a.example expires in 30 days"],
        2: [],
        20: ["a.example expires in 11 days", "the audit could not be completed: 1 place not read"],
        21: [],
        29.5: ["a.example expires in 1 day", "the audit is complete again"],
        30: ["the audit could not be completed: no certificate could be read"],
        31: ["mended: CN=a.example", "the audit is complete again"],
        32: [],
    }


@pytest.mark.parametrize("taken", [True, False])
@pytest.mark.parametrize("gaps", [(), (GAP,)])
@pytest.mark.parametrize("leaf", [SOON, GOOD])
def test_the_exit_status(audit, smtp: MailServer, leaf: Any, gaps: Any, taken: bool) -> None:
    smtp.refuses = "" if taken else "team@example.com"
    status = audit(estate=_estate(leaf, *gaps))[0]
    has_news = leaf is SOON or gaps
    assert status == (4 if has_news and not taken else 1 if leaf is SOON else 3 if gaps else 0)
    assert len(smtp.received) == (bool(leaf is SOON) + len(gaps)) * taken


def test_a_mail_that_was_not_taken_is_sent_by_the_next_run(audit, smtp: MailServer) -> None:
    smtp.drops_at = "DATA"
    status, out, err = audit()
    assert (status, smtp.received) == (4, [])
    assert "expiring-certificate" in out, "the report is made all the same"
    assert "edgeaudit: error: the mail to team@example.com was not taken by 127.0.0.1" in err
    smtp.drops_at = ""
    assert audit(day=1)[0] == 1
    assert _subjects(smtp) == ["soon.example.com expires in 5 days"]
    assert audit(day=1)[0] == 1
    assert len(smtp.received) == 1


def test_each_of_several_is_remembered_alone(audit, config, smtp: MailServer, hook: Any) -> None:
    config("to: [a@example.com, b@example.com]", "webhooks: [{name: ops}]")
    smtp.refuses = "b@example.com"
    assert audit()[0] == 4
    assert [each.recipients for each in smtp.received] == [["a@example.com"]]
    assert len(hook.requests) == 1
    smtp.refuses, hook.answers[0] = "", reply(500)
    status, _, err = audit(day=4)  # the next step
    assert status == 4
    assert err.startswith("edgeaudit: error: the webhook ops did not take the message: ")
    assert "hunter2" not in err
    hook.answers[0], taken = reply(200), len(hook.requests)
    assert audit(day=4)[0] == 1
    assert [each.recipients[0][0] for each in smtp.received] == ["a", "a", "b"]
    assert len(hook.requests) == taken + 1


def test_the_webhooks_message(audit, config, hook: Any) -> None:
    config(more="webhooks: [{name: ops, where: 'acme/prod/*'}]")
    audit(estate=_estate(SOON, GAP))
    notices = [json.loads(request.body) for request in hook.requests]
    for notice in notices:
        validate(notice, "notice")
    assert [each["kind"] for each in notices] == ["expiry", "incomplete"]
    assert notices[0]["certificates"][0]["step"] == 7
    assert {(each.method, each.target) for each in hook.requests} == {("POST", "/hunter2")}


def test_each_owner_gets_what_is_theirs(audit, config, smtp: MailServer) -> None:
    config(
        "to: [team@example.com], routes: ["
        "{where: 'acme/prod/keystores/a*', to: [a@example.com]}, "
        "{where: '*/keystores/b/*', to: [b@example.com, team@example.com]}]"
    )
    estate = Estate()
    for name in "abc":
        leaf = ISSUING.leaf(f"{name}.example", not_after=NOW + 6 * DAY)
        estate.store(name, x=[leaf, ISSUING]).host(name, keystore=name, key_alias="x")
    audit(estate=estate)
    told = {}
    for each in smtp.received:
        (report,) = each.mail.iter_attachments()
        words = each.mail.get_body(["plain"]).get_content() + report.get_content().decode()
        told[each.recipients[0]] = set(re.findall(r"\b[abc]\.example\b", words))
    assert told == {
        "a@example.com": {"a.example"},
        "b@example.com": {"b.example"},
        "team@example.com": {"b.example", "c.example"},
    }


def test_a_route_that_leads_nowhere_is_told(audit, config, hook: Any) -> None:
    config(
        "to: [team@example.com], routes: [{where: acme/prod, to: [a@example.com]}]",
        "webhooks: [{name: ops, where: 'acme/prod/*', installation: europe}]",
    )
    _, _, err = audit("--dry-run")
    told = "edgeaudit: warning: {}; nobody is told by it\n"
    assert told.format("mail.routes: no certificate is at acme/prod") in err
    assert told.format("webhooks: no certificate is at europe: acme/prod/*") in err


def test_a_dry_run_prints_and_changes_nothing(audit, config, smtp: MailServer, hook: Any) -> None:
    config(more="webhooks: [{name: ops, shape: slack}]\noutput: {json: report.json}")
    for _ in range(2):
        status, out, _ = audit("--dry-run")
        assert status == 1
        assert "Subject: [edgeaudit] soon.example.com expires in 6 days\nAttachment: edge" in out
        assert 'To: webhook ops\n\n{\n  "text": "soon.example.com expires in 6 days"' in out
        assert "expiring-certificate" not in out
    assert "hunter2" not in out
    assert (smtp.received, hook.requests) == ([], [])
    assert sorted(each.name for each in Path().iterdir()) == ["config.yaml", "root.pem"]


def test_a_test_reads_nothing_and_remembers_nothing(
    config, smtp: MailServer, hook: Any, capsys: Any
) -> None:
    config("to: [team@example.com]", "webhooks: [{name: ops}]")
    assert run(["audit", "--mail", "--test"]) == 0
    assert capsys.readouterr() == ("", "sent: mail team@example.com\nsent: webhook ops\n")
    assert _subjects(smtp) == ["a test: messages arrive"]
    assert json.loads(hook.requests[0].body)["kind"] == "test"
    assert not Path("state").exists()
    smtp.refuses = "team@example.com"
    assert run(["audit", "--mail", "--test"]) == 4
    assert len(hook.requests) == 2


def test_a_login_that_fails_is_told(
    config, smtp: MailServer, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", "wrong-one")
    with DemoEdge(NOW) as edge:
        command = ["audit", "--mail", "--url", edge.url, "--username", edge.username]
        statuses = [run([*command, "--at", NOW.isoformat()]) for _ in range(2)]
        assert {method for method, _ in edge.requests} == {"GET"}
    assert statuses == [3, 3]
    (received,) = smtp.received
    assert _subjects(smtp) == ["the audit could not be completed: no certificate could be read"]
    assert "wrong-one" not in received.mail.as_string() + "".join(capsys.readouterr())


def test_a_run_that_cannot_begin_is_told(config, smtp: MailServer, capsys: Any) -> None:
    """Nobody can be asked for the password; and once there is one, that is told too."""
    assert run(["audit", "--mail"]) == 2
    assert "there is no password for a@b.example" in capsys.readouterr().err
    (received,) = smtp.received
    said = received.mail.get_body(["plain"]).get_content()
    assert "the whole audit" in said
    assert "EDGEAUDIT_PASSWORD" in said
    assert run(["audit", "--mail"]) == 2
    assert len(smtp.received) == 1


def test_only_get_reaches_the_edge_and_only_the_webhook_is_posted_to(
    config, smtp: MailServer, hook: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    config(more="webhooks: [{name: ops}]")
    monkeypatch.setenv("EDGEAUDIT_PASSWORD", DemoEdge.password)
    with DemoEdge(NOW) as edge:
        command = ["audit", "--mail", "--url", edge.url, "--username", edge.username]
        of_it = ["--org", "acme", "--env", "prod", "--at", NOW.isoformat()]
        assert run([*command, *of_it]) == 1
        assert {method for method, _ in edge.requests} == {"GET"}
    assert {each.method for each in hook.requests} == {"POST"}
    (received,) = smtp.received
    assert "orders.acme.example" in received.mail.get_body(["plain"]).get_content()
    assert edge.password not in received.mail.as_string()


def test_the_state_is_its_owners_alone(audit) -> None:
    audit()
    assert stat.S_IMODE(Path("state/told.json").stat().st_mode) == 0o600
    assert sorted(each.name for each in Path("state").iterdir()) == ["told.json", "told.json.lock"]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff"])
def test_a_damaged_state_tells_once_more(audit, smtp: MailServer, content: bytes) -> None:
    audit()
    Path("state/told.json").write_bytes(content)
    err = audit()[2]
    assert "told.json is damaged: everything is told again" in err
    audit()
    assert len(smtp.received) == 2


def test_a_state_that_cannot_be_kept(audit, smtp: MailServer) -> None:
    """Is no reason to be silent."""
    Path("state").touch()
    status, _, err = audit()
    assert status == 4
    assert err.count("edgeaudit: error: what is told cannot be kept in") == 1
    assert len(smtp.received) == 1


def test_every_audit_notifies_where_that_is_configured(
    audit, config, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    config(more="notify: true")
    assert audit(mail=False)[0] == 1
    assert smtp.received == [], "not what would be at another time"
    monkeypatch.setenv("EDGEAUDIT_NOTIFY", "false")
    assert run(["audit"]) in {0, 1}
    assert smtp.received == []
    monkeypatch.setenv("EDGEAUDIT_NOTIFY", "true")
    run(["audit"])
    assert len(smtp.received) == 1


@pytest.mark.parametrize(
    ("mail", "more", "arguments", "told"),
    [
        ("to: []", "", [], "mail.to: found [], expected at least one e-mail address"),
        ("to: [x]", "", [], "expected an e-mail address (NAME@HOST)"),
        ("to: ['a@b\\nBcc: c@d']", "", [], "expected an e-mail address"),
        ("to: [-f@b]", "", [], "expected an e-mail address"),
        ("to: [a@b], username: u", "", [], "username needs security: starttls or tls"),
        ("to: [a@b], password: hunter2", "", [], "use password_file or EDGEAUDIT_MAIL_PASSWORD"),
        ("to: [a@b], routes: [{wher: x, to: [a@b]}]", "", [], "did you mean where?"),
        ("to: [a@b], attach: [pdf]", "", [], 'mail.attach: there is no format "pdf"'),
        ("to: [a@b], ca: none", "", [], "none: No such file"),
        ("to: [a@b]", "steps: [60, x]", [], "steps.1: found 'x', expected a whole number"),
        ("to: [a@b]", "steps: [-1]", [], "expected days before the end"),
        ("to: [a@b]", "digest: someday", [], "digest: found 'someday', expected 'monday'"),
        ("to: [a@b]", "webhooks: [{name: x}]", [], "there is no URL for the webhook x"),
        ("to: [a@b]", "webhooks: [{name: 'a b'}]", [], "webhooks.0.name: found 'a b'"),
        ("to: [a@b]", "webhooks: [{name: a}, {name: A}]", [], "a name of its own for each"),
        ("to: [a@b]", "webhooks: [{name: a, url: 'x'}]", [], "EDGEAUDIT_WEBHOOK_NAME_URL"),
        ("to: [a@b]", "", ["--lock", "none/lock"], "none/lock cannot be made"),
    ],
)
def test_what_cannot_be_used(audit, config, smtp, mail, more, arguments, told) -> None:
    config(mail, more)
    status, out, err = audit(*arguments)
    assert (status, out) == (2, "")
    assert told in err
    assert "hunter2" not in err
    assert smtp.received == []


def test_options_that_go_with_mail_alone(capsys: Any, monkeypatch: Any, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for option in ("--dry-run", "--test"):
        assert run(["audit", option]) == 2
        assert f"{option} goes with --mail" in capsys.readouterr().err
    assert run(["audit", "--mail"]) == 2
    assert "nobody is named who could be told" in capsys.readouterr().err


def test_the_configuration_is_checked(config, capsys: Any) -> None:
    config(
        "to: [a@b.example], ca: none, attach: [pdf]",
        "webhooks: [{name: a}, {name: b, url_file: none}]\nlock: none/lock",
    )
    assert run(["config", "check"]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert len(errors) == 5


def test_a_journal_gets_one_object_a_line(audit, smtp: MailServer) -> None:
    status, _, err = audit("--log-format", "json")
    records = [json.loads(line) for line in err.splitlines()]
    assert [each["level"] for each in records] == ["warning", "info", "info"]
    assert records[1]["message"] == "sent: mail team@example.com"
    assert (records[2]["message"], records[2]["status"]) == ("the audit has ended", status)
    assert all(each["time"].endswith("Z") for each in records)


@pytest.mark.parametrize("origin", ["option", "environment", "file"])
def test_errors_in_a_journal(audit, config, monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    config(
        'to: [a@b.example], ca: "none\\n\\e[31m"', "log_format: json" if origin == "file" else ""
    )
    if origin == "environment":
        monkeypatch.setenv("EDGEAUDIT_LOG_FORMAT", "json")
    status, _, err = audit(*(["--log-format", "json"] if origin == "option" else []))
    (record,) = map(json.loads, err.splitlines())
    assert (status, record["level"]) == (2, "error")
    assert "\x1b" not in err


def test_a_log_format_lasts_no_longer_than_its_run(audit, capsys: Any) -> None:
    audit("--log-format", "json")
    assert run(["explain", "none"]) == 2
    assert capsys.readouterr().err.startswith("edgeaudit: error: ")


def test_two_runs_never_overlap(audit, smtp: MailServer) -> None:
    Path("lock").touch()
    with Path("lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        status, out, err = audit("--lock", "lock")
    assert (status, out) == (3, "")
    assert err.startswith("edgeaudit: error: another run holds ")
    assert smtp.received == []
    assert audit("--lock", "lock")[0] == 1
    assert len(smtp.received) == 1


def test_nagios_is_told_in_its_own_terms(audit, smtp: MailServer) -> None:
    """A run that did nothing, and one whose mail was not taken, know nothing for certain."""
    estate = _estate(GOOD, GAP)
    smtp.refuses = "team@example.com"
    assert audit("--format", "nagios", estate=estate)[0] == 3
    Path("lock").touch()
    with Path("lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        status, out, _ = audit("--format", "nagios", "--lock", "lock")
    assert status == 3
    assert "another run holds" in out
