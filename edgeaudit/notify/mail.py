"""A message as an e-mail: text and HTML that read well on a phone, and attachments."""

from __future__ import annotations

import gzip
import hashlib
import json
import textwrap
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

import edgeaudit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from jinja2 import Template

    from edgeaudit.notify.message import Message

_COLOURS = {"bad": "#b3261e", "near": "#9a5b00", "good": "#1b6e3c", "plain": "#4a5665"}
_NOTE = "Each certificate is told of once at each step before its end, and once when it is mended."
_LONGEST_SUBJECT = 150
_LARGE = 1_000_000  # bytes; many servers take 10 MB in all, and 20,000 findings are 30


class Attachment(NamedTuple):
    """A file that goes with a mail; `media_type` as `text/csv`."""

    name: str
    media_type: str
    content: str


def mail(
    message: Message, sender: str, recipient: str, at: datetime, attachments: Iterable[Attachment]
) -> EmailMessage:
    """The mail to one recipient. Two that tell of the same on the same day have one Message-ID.

    Programs that answer mails leave it alone (RFC 3834, 5).
    """
    made = EmailMessage(policy=SMTP)
    made["From"] = Address("edgeaudit", addr_spec=sender)
    made["To"] = Address(addr_spec=recipient)
    made["Subject"] = _subject(message)
    made["Date"] = at
    made["Message-ID"] = _message_id(message, sender, recipient)
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(text(message), cte="quoted-printable")
    made.add_alternative(html(message), subtype="html", cte="quoted-printable")
    for each in attachments:
        name, media_type, content = _packed(each)
        main, _, sub = media_type.partition("/")
        made.add_attachment(content, maintype=main, subtype=sub, filename=name)
    if str(made["Subject"]).isascii():
        # Python would begin a long subject in a line of its own, and so with a blank
        made.policy = SMTP.clone(max_line_length=998)
    return made


def text(message: Message) -> str:
    """The message for those who read plain text, in lines of 72 columns where they can be broken.

    Places are never broken: they are there to be copied.
    """
    blocks = [[message.title], textwrap.wrap(message.intro, 72)]
    blocks += [list(_block(item.title, item.verdict, item.facts)) for item in message.items]
    blocks += [textwrap.wrap(message.closing, 72)] if message.closing else []
    about = f"edgeaudit {edgeaudit.__version__}, as of {_at(message)}. {_NOTE}"
    blocks.append(["-- ", *textwrap.wrap(about, 72)])
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def html(message: Message) -> str:
    """The message as HTML: one column, no pictures, nothing that is fetched."""
    return _template().render(
        message=message,
        colours=_COLOURS,
        version=edgeaudit.__version__,
        at=_at(message),
        note=_NOTE,
    )


@lru_cache(maxsize=1)
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined  # 50 ms

    loader = PackageLoader("edgeaudit.notify", "")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined)
    return environment.get_template("mail.html")


def _packed(attachment: Attachment) -> tuple[str, str, bytes]:
    """Its name, media type and bytes; compressed where a mail server might find it too large."""
    name, media_type, content = attachment
    data = content.encode("utf-8", "backslashreplace")
    if len(data) <= _LARGE:
        return name, media_type, data
    return f"{name}.gz", "application/gzip", gzip.compress(data, mtime=0)


def _block(title: str, verdict: str, facts: Iterable[tuple[str, tuple[str, ...]]]) -> Iterator[str]:
    yield title
    yield f"  {verdict}"
    for label, lines in facts:
        yield f"  {label}:"
        for line in lines:
            yield from textwrap.wrap(
                line,
                72,
                initial_indent="    ",
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )


def _subject(message: Message) -> str:
    # Python reads what looks like an encoded word (RFC 2047), line breaks in it and all
    subject = f"[edgeaudit] {message.title}".replace("=?", "= ?")
    if len(subject) <= _LONGEST_SUBJECT:
        return subject
    return subject[: _LONGEST_SUBJECT - 1] + "…"


def _message_id(message: Message, sender: str, recipient: str) -> str:
    data = {**message.data, "at": message.data["at"][:10]}
    told = json.dumps([sender, recipient, data], sort_keys=True)
    digest = hashlib.sha256(told.encode()).hexdigest()[:32]
    return f"<{digest}@{sender.rpartition('@')[2]}>"


def _at(message: Message) -> str:
    return str(message.data["at"])[:16].replace("T", " ") + " UTC"
