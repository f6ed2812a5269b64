"""A mail says what, who is hit, days left and what to do; a name in it is never more than text."""

from __future__ import annotations

import email
import gzip
import re
from dataclasses import replace
from datetime import timedelta
from email.policy import default
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edgeaudit.audit.policy import Policy
from edgeaudit.audit.reading import InstalledGap
from edgeaudit.audit.uses import InUse, Usage, Use
from edgeaudit.inventory import Gap
from edgeaudit.notify.composer import Composer
from edgeaudit.notify.ladder import Completeness, Crossing, Digest, Expiries, Mended
from edgeaudit.notify.mail import Attachment, html, mail, text
from edgeaudit.notify.memory import Told
from tests.audit.estate import ISSUING, Estate, secure
from tests.factories import NOW
from tests.reports.sample import HOSTILE
from tests.schemas import validate
from tests.test_hostile_names import NEVER

if TYPE_CHECKING:
    from edgeaudit.notify.message import Message

DAY = timedelta(days=1)
GAP = InstalledGap("default", Gap("acme/prod/references", "forbidden", "HTTP 403", "ask for more"))
USE = Use("default", "acme/prod/virtualhosts/web", "leaf")
OLD = ISSUING.leaf("old.example.com", not_after=NOW - 3 * DAY)
SOON = ISSUING.leaf("soon.example.com", not_after=NOW + 6 * DAY)
LATER = ISSUING.leaf("later.example.com", not_after=NOW + 25 * DAY)


def _estate() -> Estate:
    estate = secure([OLD])
    for name, leaf in {"soon": SOON, "later": LATER}.items():
        estate.store(name, x=[leaf]).host(name, keystore=name, key_alias="x")
    for number in range(14):
        estate.store(f"c{number}", x=[LATER]).host(
            f"c{number}", keystore=f"c{number}", key_alias="x"
        )
    return estate


def _used() -> tuple[InUse, ...]:
    return Usage([_estate().inventory()]).in_use(Policy(), NOW)


def _mended(subject: str, until: Any = NOW + 300 * DAY) -> Mended:
    return Mended("ab" * 32, Told(3, subject, NOW + DAY, frozenset({USE}), NOW), until)


def _crossings(used: tuple[InUse, ...]) -> tuple[Crossing, ...]:
    return tuple(Crossing(each, 30) for each in used)


COMPOSER = Composer(NOW, _estate().report())
EXPIRY = COMPOSER.message(Expiries(_crossings(_used()), (_mended("CN=gone"),)))
MESSAGES = {
    "expiry": EXPIRY,
    "incomplete": COMPOSER.message(Completeness((GAP,))),
    "complete": COMPOSER.message(Completeness(())),
    "digest": COMPOSER.message(Digest(_used(), (GAP,))),
    "blind": COMPOSER.message(Digest((), (GAP,))),
    "quiet": COMPOSER.message(Digest((), ())),
    "test": COMPOSER.test(),
}
DIGEST = "this week: 1 certificate has expired, 2 more will within 26 days; 1 place not read"


def _mail(message: Message) -> Any:
    made = mail(message, "edgeaudit@example.com", "team@example.com", NOW, ())
    return email.message_from_bytes(made.as_bytes(), policy=default)


class _Text(HTMLParser):
    """The words of an HTML document, and its tags."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.words += data.split()


def test_what_fails_stands_before_what_java_lets_pass() -> None:
    old, soon, later = _used()
    mild = replace(old, holdings=tuple(replace(one, is_mild=True) for one in old.holdings))
    for notice in (Expiries(_crossings((mild, soon, later)), ()), Digest((mild, soon, later), ())):
        made = COMPOSER.message(notice)
        assert [each.title.partition(".")[0] for each in made.items] == ["soon", "later", "old"]
        title = "2 certificates expire within 26 days; also 1 trust anchor, which breaks nothing"
        assert made.title.endswith(title)
        told = [each["subject"] for each in made.data["certificates"]]
        assert told == ["CN=soon.example.com", "CN=later.example.com", "CN=old.example.com"]


def test_a_mail_says_when_in_plain_words() -> None:
    composer = Composer(NOW + 6 * DAY - timedelta(minutes=1, seconds=1))
    soon = replace(_used()[1], certificate=SOON.certificate)
    made = composer.message(Expiries(_crossings((soon, soon)), ()))
    assert made.title == "2 certificates expire within 1 day"
    assert "as of 2026-11-29 11:58 UTC." in text(made)


@pytest.mark.parametrize(
    ("used", "mended", "title"),
    [
        (["soon"], 0, "soon.example.com expires in 6 days"),
        (["old"], 0, "old.example.com expired 3 days ago"),
        (["soon", "later"], 0, "2 certificates expire within 26 days"),
        (["old", "soon", "later"], 0, "1 certificate has expired, 2 more will within 26 days"),
        (["old", "soon"], 1, "1 certificate has expired, 1 more will within 7 days; 1 mended"),
        ([], 1, "mended: CN=gone"),
        ([], 2, "2 certificates mended"),
    ],
)
def test_the_subject_says_it(used: list[str], mended: int, title: str) -> None:
    chosen = tuple(
        each for each in _used() if each.certificate.common_names[0].partition(".")[0] in used
    )
    notice = Expiries(_crossings(chosen), (_mended("CN=gone"),) * mended)
    assert _mail(COMPOSER.message(notice))["Subject"] == f"[edgeaudit] {title}"


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("incomplete", "the audit could not be completed: 1 place not read"),
        ("complete", "the audit is complete again"),
        ("digest", DIGEST),
        ("blind", "this week: nothing is known to expire soon; 1 place not read"),
        ("quiet", "this week: no certificate expires soon"),
        ("test", "a test: messages arrive"),
    ],
)
def test_the_other_kinds(kind: str, title: str) -> None:
    assert _mail(MESSAGES[kind])["Subject"] == f"[edgeaudit] {title}"


def test_what_a_mail_says() -> None:
    said = text(EXPIRY)
    blocks = said.split("\n\n")
    assert len(blocks) == 2 + 3 + 1 + 1, "one for each certificate, however many its places"
    assert blocks[2].splitlines()[:6] == [
        "old.example.com",
        "  expired 3 days ago, on 2026-11-20 12:00 UTC",
        "  Hits:",
        "    acme/prod/virtualhosts/web",
        "  Lies in:",
        "    acme/prod/keystores/web/server#0",
    ]
    assert "obtain the renewed certificate" in " ".join(blocks[2].lower().split())
    assert "    and 5 more\n" in blocks[4]
    assert blocks[5].startswith("CN=gone\n  mended: what is there now ends on 2027-09-19\n")
    assert "  The old one ends:\n    2026-11-24 12:00 UTC" in blocks[5]
    late = Composer(NOW + DAY).message(Expiries((), (_mended("CN=gone"),)))
    assert "  The old one ended:\n    2026-11-24 12:00 UTC" in text(late)
    assert max(len(line) for line in said.splitlines()) <= 80


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_both_parts_say_the_same(message: Message) -> None:
    made = _mail(message)
    plain, rich = (made.get_body([kind]).get_content() for kind in ("plain", "html"))
    words = {word.rstrip(":").lower() for word in plain.split()} - {"--"}
    shown = {word.rstrip(":").lower() for word in _Text(rich).words}
    assert words <= shown
    assert not re.search(r"(src|href|url\()", rich), "nothing is fetched"
    assert made["Auto-Submitted"] == "auto-generated"
    assert (made["From"], made["To"]) == ("edgeaudit <edgeaudit@example.com>", "team@example.com")


def test_the_same_told_twice_on_a_day_has_one_message_id() -> None:
    first, again = _mail(EXPIRY), _mail(EXPIRY)
    assert first["Message-ID"] == again["Message-ID"]
    other = mail(EXPIRY, "edgeaudit@example.com", "b@example.com", NOW, ())
    assert other["Message-ID"] != first["Message-ID"]
    minute = Composer(NOW + timedelta(minutes=1), COMPOSER.report)
    hence = minute.message(Expiries(_crossings(_used()[:1]), ()))
    told = COMPOSER.message(Expiries(_crossings(_used()[:1]), ()))
    assert _mail(hence)["Message-ID"] == _mail(told)["Message-ID"]
    later = Composer(NOW + DAY, COMPOSER.report).message(Expiries(_crossings(_used()), ()))
    assert _mail(later)["Message-ID"] != first["Message-ID"]


def test_a_run_that_read_no_certificate_says_more_than_how_many_places() -> None:
    title = "the audit could not be completed: no certificate could be read"
    for report in (None, Estate().report()):
        assert Composer(NOW, report).message(Completeness((GAP,))).title == title


def test_what_is_not_all_says_so() -> None:
    estate = _estate()
    estate.gaps = [GAP.gap]
    message = Composer(NOW, estate.report()).message(Expiries(_crossings(_used()), ()))
    assert "there may be more" in text(message)
    assert "there may be more" not in text(EXPIRY)


def _mild(*ends: int) -> Message:
    """What is told of trust anchors for backends that end in so many days."""
    estate = Estate().server("b", truststore="s")
    roots = [ISSUING.intermediate(f"Root {end}", not_after=NOW + end * DAY) for end in ends]
    stored: dict[str, Any] = {f"r{number}": [each] for number, each in enumerate(roots)}
    estate.store("s", keys=False, **stored)
    used = Usage([estate.inventory()]).in_use(Policy(), NOW)
    return Composer(NOW, estate.report()).message(Expiries(_crossings(used), ()))


def test_an_anchor_that_java_does_not_date() -> None:
    message = _mild(1)
    assert "Java does not look at its dates" in text(message)
    assert message.items[0].tone == "plain"


@pytest.mark.parametrize(
    ("ends", "title"),
    [
        ([-3], "trust anchor Root -3 expired 3 days ago, which breaks nothing"),
        ([1, -3], "2 trust anchors end, which breaks nothing"),
    ],
)
def test_what_is_mild_alone_does_not_cry_wolf(ends: list[int], title: str) -> None:
    message = _mild(*ends)
    assert message.title == title
    assert "No handshake fails" in message.intro
    for item, data in zip(message.items, message.data["certificates"], strict=True):
        (remedy,) = dict(item.facts)["To do"]
        assert remedy.startswith("Nothing now. Before a backend")
        assert data["remedy"] == [remedy]


def _hostile(name: str) -> Message:
    certificate = replace(HOSTILE, subject=name, common_names=(name,), dns_names=(name,))
    used = replace(_used()[0], certificate=certificate)
    gap = InstalledGap("default", Gap(name, "forbidden", name, name))
    notice = Expiries((Crossing(used, 30),), (_mended(name),))
    one, other = COMPOSER.message(notice), COMPOSER.message(Completeness((gap,)))
    return replace(one, items=one.items + other.items)


@settings(max_examples=30)
@given(st.text(st.characters(), max_size=60) | st.sampled_from(["a\r\nBcc: x@y", "\n\nbody"]))
@example("=?utf-8?q?=0D=0ABcc:_evil=40x?=")
@example("ü =?utf-8?b?DQpCY2M6IGV2aWxAeA==?=")
def test_a_name_is_never_a_header_a_tag_or_a_control(name: str) -> None:
    message = _hostile(name)
    made = _mail(message)
    plain = _mail(EXPIRY)
    assert made.keys() == plain.keys()
    assert made["To"] == "team@example.com"
    assert NEVER.search(str(made["Subject"])) is None
    said = made.get_body(["plain"]).get_content()
    assert NEVER.search(said.replace("\r\n", "\n")) is None
    assert _Text(html(message)).tags == _Text(html(EXPIRY)).tags


def test_a_large_attachment_is_compressed() -> None:
    """A report of 20,000 findings would be refused by most servers, each day anew."""
    content = "ü finding\n" * 100_000
    attached = [Attachment(f"{n}.csv", "text/csv", content[:n]) for n in (9_000, len(content))]
    made = mail(EXPIRY, "edgeaudit@example.com", "team@example.com", NOW, attached)
    read = email.message_from_bytes(made.as_bytes(), policy=default)
    small, large = read.iter_attachments()
    assert small.get_filename() == "9000.csv"
    assert (large.get_filename(), large.get_content_type()) == (
        "1000000.csv.gz",
        "application/gzip",
    )
    assert gzip.decompress(large.get_content()).decode() == content
    assert len(made.as_bytes()) < 100_000


def test_a_long_name_is_cut_in_the_subject() -> None:
    made = _mail(_hostile("ü" * 10_000))
    assert len(made["Subject"]) == 150
    assert all(len(line) < 998 for line in made.as_bytes().splitlines())


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_what_a_machine_gets(message: Message) -> None:
    validate(message.data, "notice")
