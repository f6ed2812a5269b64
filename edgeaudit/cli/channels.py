"""The ways by which the configuration has people and machines told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from edgeaudit.cli import terminal
from edgeaudit.cli.credentials import secret
from edgeaudit.errors import ConfigError
from edgeaudit.management.connections import tls_context
from edgeaudit.notify.audience import Audience, Route
from edgeaudit.notify.mail import mail, text
from edgeaudit.notify.smtp import MailServer, Sendmail
from edgeaudit.notify.webhook import Webhook, payload, target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from edgeaudit.config import Config
    from edgeaudit.config.notify import MailSection, WebhookSection
    from edgeaudit.notify.mail import Attachment
    from edgeaudit.notify.message import Message

    Send = Callable[[Message, tuple[Attachment, ...]], None]


@dataclass(frozen=True)
class Channel:
    """One who is told, of what, and how; what was told is remembered by `name`.

    `send` raises DeliveryError where a message was not taken.
    """

    name: str
    audience: Audience
    send: Send


def channels(config: Config, sent_at: datetime, *, is_dry: bool) -> tuple[Channel, ...]:
    """All that the configuration names, one for each address; where `is_dry` they print.

    Raises ConfigError where there are none, and ConfigError or InputError for a file, URL or
    secret that cannot be used.
    """
    made = []
    if config.mail:
        made += list(_mails(config.mail, sent_at, is_dry=is_dry))
    made += [_webhook(each, is_dry=is_dry) for each in config.webhooks]
    if not made:
        raise ConfigError(
            "nobody is named who could be told",
            "name mail or webhooks in the configuration; `edgeaudit config example` shows how",
        )
    return tuple(made)


def _mails(section: MailSection, sent_at: datetime, *, is_dry: bool) -> Iterator[Channel]:
    carrier = mail_carrier(section)

    def send(address: str, message: Message, attachments: tuple[Attachment, ...]) -> None:
        made = mail(message, section.sender, address, sent_at, attachments)
        if not is_dry:
            carrier.hand_over(made, section.sender, address)
            return
        heads = "".join(f"{name}: {made[name]}\n" for name in ("From", "To", "Subject"))
        files = "".join(f"Attachment: {each.name}\n" for each in attachments)
        terminal.say(f"{heads}{files}\n{text(message)}\n")

    for address, audience in _audiences(section).items():
        yield Channel(f"mail {address}", audience, partial(send, address))


def _audiences(section: MailSection) -> dict[str, Audience]:
    """Who is told of what, by address; the default recipients of what is on no route, and what is
    on theirs."""
    taken: dict[str, list[Route]] = {}
    for route in section.routes:
        for address in route.to:
            taken.setdefault(address, []).append(Route(route.where, route.installation))
    every = tuple(Route(each.where, each.installation) for each in section.routes)
    audiences = {address: Audience(tuple(routes)) for address, routes in taken.items()}
    rest = {address: Audience(tuple(taken.get(address, ())), every) for address in section.to}
    return {**audiences, **rest}


def mail_carrier(section: MailSection) -> MailServer | Sendmail:
    """What takes the mails; raises ConfigError or InputError where its files cannot be used."""
    if section.server is None:
        return Sendmail(section.sendmail)
    password = secret("MAIL_PASSWORD", section.password_file)
    if section.username and not password:
        raise ConfigError(
            f"there is no password for {section.username} at the mail server",
            "set EDGEAUDIT_MAIL_PASSWORD, or password_file of mail",
        )
    if section.ca:
        tls_context(section.ca)
    return MailServer(
        host=section.server,
        security=section.security,
        port=section.port,
        username=section.username,
        password=password,
        ca=section.ca,
        timeout=section.timeout,
    )


def webhook(section: WebhookSection) -> Webhook:
    """Where messages are posted to; raises ConfigError or InputError where it cannot be used."""
    prefix = f"WEBHOOK_{section.name.upper().replace('-', '_')}"
    url = secret(f"{prefix}_URL", section.url_file).strip()
    if not url:
        raise ConfigError(
            f"there is no URL for the webhook {section.name}",
            f"set EDGEAUDIT_{prefix}_URL, or url_file",
        )
    target(section.name, url)
    if section.ca:
        tls_context(section.ca)
    key = secret(f"{prefix}_SECRET", section.secret_file)
    return Webhook(section.name, url, section.shape, key, section.ca, section.timeout)


def _webhook(section: WebhookSection, *, is_dry: bool) -> Channel:
    made = webhook(section)

    def send(message: Message, _: tuple[Attachment, ...]) -> None:
        if not is_dry:
            made.post(message)
            return
        data = json.dumps(json.loads(payload(message, made.shape)), indent=2)
        terminal.say(f"To: webhook {made.name}\n\n{data}\n\n")

    return Channel(
        f"webhook {section.name}", Audience((Route(section.where, section.installation),)), send
    )
