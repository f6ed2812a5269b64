"""Who is told what, and how it gets there."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from edgeaudit.config.fields import File, Names, Section

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9]([A-Za-z0-9.-]{0,250})")
_WHERE = "glob for the places of certificates (ORG/ENV/keystores/...); * crosses /"
_INSTALLATION = "glob for installations"

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text) or text.startswith("-"):
        raise ValueError("an e-mail address (NAME@HOST)")
    return text


def _addresses(addresses: tuple[str, ...]) -> tuple[str, ...]:
    if not addresses:
        raise ValueError("at least one e-mail address")
    return tuple(map(_address, addresses))


def _downwards(steps: tuple[int, ...]) -> tuple[int, ...]:
    if not steps or not all(0 <= step <= 3650 for step in steps):
        raise ValueError("days before the end, from 3650 to 0")
    return tuple(sorted(set(steps), reverse=True))


def _as_list(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


Address = Annotated[str, AfterValidator(_address)]
Addresses = Annotated[Names, AfterValidator(_addresses)]
Steps = Annotated[tuple[int, ...], BeforeValidator(_as_list), AfterValidator(_downwards)]


class RouteSection(Section):
    """Who is told of the certificates in some places."""

    where: str = Field("*", description=_WHERE)
    installation: str = Field("*", description=_INSTALLATION)
    to: Addresses = Field(description="e-mail addresses")


class MailSection(Section):
    """Mail: from whom, to whom, and by which server."""

    sender: Address = Field(description="e-mail address that mails come from")
    to: Addresses = Field(description="who is told of all that is on no route, and of gaps")
    routes: tuple[RouteSection, ...] = Field(
        (), description="owners, who are told of what is theirs"
    )
    server: str | None = Field(
        None, min_length=1, description="host that takes the mails; sendmail if not set"
    )
    port: int | None = Field(
        None, ge=1, le=65535, description="its port; 587, 465 or 25 by security"
    )
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="how the line to the server is secured"
    )
    username: str = Field("", description="user to log in as; no login if not set")
    password_file: File | None = Field(None, description="file that holds the password")
    ca: File | None = Field(None, description="CA file of the mail server")
    timeout: float = Field(30, gt=0, le=600, description="seconds to wait for an answer")
    sendmail: File = Field(
        "/usr/sbin/sendmail",
        description="program that takes the mails where there is no server",
        validate_default=True,
    )
    attach: Names = Field(("json",), description="formats of the report that go with the mail")

    @model_validator(mode="after")
    def _hides_its_password(self) -> MailSection:
        if self.username and self.security == "none":
            told = "username needs security: starttls or tls, so that nobody reads the password"
            raise PydanticCustomError("open_password", "{told}", {"told": told})
        return self


class WebhookSection(Section):
    """A URL that messages are posted to."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,49}$", description="what to call it")
    shape: Literal["json", "slack", "teams"] = Field("json", description="what is posted")
    url_file: File | None = Field(None, description="file that holds its URL")
    secret_file: File | None = Field(
        None, description="file that holds the secret that messages are signed with"
    )
    where: str = Field("*", description=_WHERE)
    installation: str = Field("*", description=_INSTALLATION)
    ca: File | None = Field(None, description="CA file of its server")
    timeout: float = Field(30, gt=0, le=600, description="seconds to wait for an answer")


def _named_apart(webhooks: tuple[WebhookSection, ...]) -> tuple[WebhookSection, ...]:
    # as variables of the environment are
    names = {each.name.upper().replace("-", "_") for each in webhooks}
    if len(names) < len(webhooks):
        raise ValueError("a name of its own for each")
    return webhooks


Webhooks = Annotated[tuple[WebhookSection, ...], AfterValidator(_named_apart)]
