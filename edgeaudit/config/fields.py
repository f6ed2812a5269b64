"""The kinds of values that keys of the configuration take."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationInfo

from edgeaudit.audit.policy import Threshold
from edgeaudit.location import split_host_port
from edgeaudit.management.stop import seconds
from edgeaudit.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Collection


class Context(NamedTuple):
    """What a value may depend on: where relative paths start, which rules there are (if known)."""

    folder: Path = Path()
    rules: Collection[str] | None = None


NO_CONTEXT = Context()


class Section(BaseModel):
    """Keys and values, and no other keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _as_list(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _as_pairs(value: object) -> object:
    pairs = value.split(",") if isinstance(value, str) else value
    if not isinstance(pairs, list | tuple):
        return value
    parts = [pair.strip().partition("=") for pair in pairs]
    if not all(name and file for name, _, file in parts):
        raise ValueError("FORMAT=FILE")
    if len({name for name, _, _ in parts}) < len(parts):
        raise ValueError("each format once")
    return {name: file for name, _, file in parts}


def _each_once(files: dict[str, Path]) -> dict[str, Path]:
    if len(set(files.values())) < len(files):
        raise ValueError("another file for each format")
    return files


def _anchored(path: Path, info: ValidationInfo) -> Path:
    if "\0" in str(path):
        raise ValueError("a path")
    return (info.context or NO_CONTEXT).folder / path.expanduser()


def _threshold(value: object) -> object:
    return Threshold.parse(str(value)) if isinstance(value, str | int | float) else value


def _duration(value: object) -> object:
    seconds(str(value))
    return value


def _shard(value: str) -> str:
    Shard.parse(value)
    return value


def _zone(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?", name):
        raise ValueError("NAME, where NAME.login.apigee.com is the login host")
    return name


def _host_port(text: str) -> str:
    if split_host_port(text) is None:
        raise ValueError("HOST:PORT")
    return text


def _connect(text: str) -> str:
    if not all(map(split_host_port, text.split("=", 1))):
        raise ValueError("IP:PORT, or HOST:PORT=IP:PORT")
    return text


def _token_cache(value: object) -> object:
    return None if value is False or str(value).lower() in {"false", "off", "no", "0"} else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
File = Annotated[Path, AfterValidator(_anchored)]
Files = Annotated[tuple[File, ...], BeforeValidator(_as_list)]
Duration = Annotated[str, BeforeValidator(_duration)]
Outputs = Annotated[dict[str, File], BeforeValidator(_as_pairs), AfterValidator(_each_once)]
Part = Annotated[str, AfterValidator(_shard)]
Zone = Annotated[str, AfterValidator(_zone)]
HostPort = Annotated[str, AfterValidator(_host_port)]
Connects = Annotated[
    tuple[Annotated[str, AfterValidator(_connect)], ...], BeforeValidator(_as_list)
]
TokenCacheFile = Annotated[
    File | None, BeforeValidator(_token_cache, json_schema_input_type=Path | Literal[False])
]
Within = Annotated[
    Threshold,
    BeforeValidator(_threshold, json_schema_input_type=str),
]
