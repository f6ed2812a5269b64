"""How to reach management servers."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from edgeaudit.config.fields import File, Names, Section, Zone
from edgeaudit.tls.protocols import is_known, suggestion


class HostSection(Section):
    """A folder, file or archive with the files of a Router or Message Processor."""

    path: File = Field(description="folder, file, or tar archive")
    name: str | None = Field(
        None, min_length=1, description="of the host; that of the folder if not set"
    )


def _as_sections(value: object) -> object:
    each = value.split(",") if isinstance(value, str) else value
    if not isinstance(each, list | tuple):
        return value
    return tuple({"path": one.strip()} if isinstance(one, str) else one for one in each)


HostSections = Annotated[
    tuple[HostSection, ...],
    BeforeValidator(_as_sections, json_schema_input_type=tuple[HostSection | str, ...]),
]


def _of_java(names: tuple[str, ...]) -> tuple[str, ...]:
    for name in names:
        if not is_known(name, "java"):
            raise ValueError(f"{suggestion(name, 'java') or 'TLSv1.2'}, or the like")
    return names


JavaProtocols = Annotated[Names, AfterValidator(_of_java)]


class MessageProcessorSection(Section):
    """What the Message Processors offer backends whose targets name none."""

    protocols: JavaProtocols = Field((), description="names as Java has them; Edge's own if none")
    ciphers: Names = Field((), description="names as Java has them; Java's own if none")


class Access(Section):
    """How to reach one management server, and what to read there."""

    url: str | None = Field(None, description="base URL of the management API")
    username: str | None = Field(None, description="the account's e-mail address")
    auth: Literal["auto", "basic", "oauth"] = Field("auto", description="how to log in")
    password_file: File | None = Field(None, description="file that holds the password")
    token_file: File | None = Field(None, description="file that holds an access token")
    refresh_token_file: File | None = Field(None, description="file that holds a refresh token")
    mfa_secret_file: File | None = Field(
        None, description="file that holds the base32 secret of the second factor"
    )
    login_url: str | None = Field(None, description="OAuth2 host, if not https://login.apigee.com")
    zone: Zone | None = Field(
        None, description="SAML zone: the login host is https://ZONE.login.apigee.com"
    )
    login_ca: File | None = Field(None, description="CA file of the login host")
    management_ca: File | None = Field(None, description="CA file of the management server")
    client_cert: File | None = Field(
        None, description="PEM file: certificate shown to the management server, and its chain"
    )
    client_key: File | None = Field(None, description="PEM file: its key, if not in client_cert")
    client_key_password_file: File | None = Field(
        None, description="file that holds the password of the key"
    )
    platform: Literal["auto", "public", "private"] = Field(
        "auto", description="Public or Private Cloud"
    )
    org: Names = Field((), description="organizations, names or globs; all that are listed if none")
    env: Names = Field((), description="environments, names or globs; all if none")
    connect_timeout: float = Field(10, gt=0, allow_inf_nan=False, description="seconds to connect")
    read_timeout: float = Field(
        60, gt=0, allow_inf_nan=False, description="seconds between two pieces of an answer"
    )
    requests_per_minute: int | None = Field(
        None, ge=1, description="most requests a minute; any number if not set"
    )

    edge_version: str | None = Field(
        None, pattern=r"^4\.\d\d(\.\d\d)*$", description="of a Private Cloud, as 4.53.00"
    )
    java: int | None = Field(None, ge=6, description="Java version of the Message Processors")
    sni: bool | None = Field(None, description="whether the Message Processors send server names")
    message_processor: MessageProcessorSection = Field(
        MessageProcessorSection(), description="what they offer where a target names none"
    )
    routers: Names = Field((), description="addresses of the Routers")
    hosts: HostSections = Field(
        (), description="files of Routers and Message Processors: paths, or path and name of each"
    )


class NamedAccess(Access):
    """One of several installations; what it leaves out, the top level says."""

    name: str = Field(min_length=1, description="as reports call it")


def _named_apart(installations: tuple[NamedAccess, ...]) -> tuple[NamedAccess, ...]:
    if len({each.name for each in installations}) < len(installations):
        raise ValueError("a name of its own for each")
    return installations


Installations = Annotated[tuple[NamedAccess, ...], AfterValidator(_named_apart)]
