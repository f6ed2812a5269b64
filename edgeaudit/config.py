"""The configuration: a YAML file, the environment and the command line to one frozen Config."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
)

from edgeaudit.audit.policy import Policy, Threshold
from edgeaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import yaml
    from pydantic_core import ErrorDetails

    Loc = tuple[int | str, ...]

PREFIX = "EDGEAUDIT_"
_SYSTEM_WIDE = Path("/etc/edgeaudit/config.yaml")
_SECRETS = {"password", "token", "refresh_token"}


def _as_list(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _as_pairs(value: object) -> object:
    pairs = value.split(",") if isinstance(value, str) else value
    if not isinstance(pairs, list | tuple):
        return value
    if not all("=" in pair for pair in pairs):
        raise ValueError("FORMAT=FILE")
    return dict(pair.strip().split("=", 1) for pair in pairs)


def _anchored(path: Path, info: ValidationInfo) -> Path:
    return Path(info.context or ".") / path.expanduser()


def _threshold(value: object) -> object:
    return Threshold.parse(str(value)) if isinstance(value, str | int | float) else value


Names = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
File = Annotated[Path, AfterValidator(_anchored)]
Files = Annotated[tuple[File, ...], BeforeValidator(_as_list)]
Within = Annotated[
    Threshold,
    BeforeValidator(_threshold, json_schema_input_type=str),
]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Access(_Section):
    """How to reach one management server, and what to read there."""

    url: str | None = Field(None, description="base URL of the management API")
    username: str | None = Field(None, description="the account's e-mail address")
    auth: Literal["auto", "basic", "oauth"] = Field("auto", description="how to log in")
    password_file: File | None = Field(None, description="file that holds the password")
    token_file: File | None = Field(None, description="file that holds an access token")
    refresh_token_file: File | None = Field(None, description="file that holds a refresh token")
    login_url: str | None = Field(None, description="OAuth2 host, if not https://login.apigee.com")
    management_ca: File | None = Field(None, description="CA file of the management server")
    platform: Literal["auto", "public", "private"] = Field(
        "auto", description="Public or Private Cloud"
    )
    org: Names = Field((), description="organizations, names or globs; all that are listed if none")
    env: Names = Field((), description="environments, names or globs; all if none")
    connect_timeout: float = Field(10, gt=0, description="seconds to connect")
    read_timeout: float = Field(60, gt=0, description="seconds between two pieces of an answer")


class NamedAccess(Access):
    """One of several installations; what it leaves out, the top level says."""

    name: str = Field(min_length=1, description="as reports call it")


class PolicySection(_Section):
    """What is asked of certificates."""

    warn_within: Within = Field(Threshold(days=30), description="days (30d) or share of life (20%)")
    error_within: Within = Field(Threshold(days=7), description="days (7d) or share of life (5%)")


class Config(Access):
    """Everything that a run can be told. Each key is also EDGEAUDIT_... in the environment."""

    installations: tuple[NamedAccess, ...] = Field((), description="where there are several")
    trust: Files = Field((), description="CA files trusted besides the public roots")
    public_roots: bool = Field(True, description="trust Mozilla's public roots")
    policy: PolicySection = PolicySection()
    format: str = Field("table", description="format of the report on standard output")
    output: Annotated[dict[str, File], BeforeValidator(_as_pairs)] = Field(
        {}, description="files to write: format and path"
    )
    fail_on: Literal["error", "warning", "note", "never"] = Field(
        "error", description="least severity that gives status 1"
    )
    concurrency: int = Field(8, ge=1, le=64, description="requests at a time")
    color: bool = Field(True, description="colour on a terminal")

    def accesses(self) -> tuple[NamedAccess, ...]:
        """Every installation, with what the top level says filled in."""
        shared = {name: getattr(self, name) for name in Access.model_fields}
        return tuple(
            NamedAccess.model_construct(**{**shared, **own.model_dump(exclude_unset=True)})
            for own in self.installations or (NamedAccess(name="default"),)
        )

    def as_policy(self) -> Policy:
        """The policy as the rules take it."""
        return Policy(self.policy.warn_within, self.policy.error_within)


def load(path: Path | None, environ: Mapping[str, str], options: Mapping[str, object]) -> Config:
    """The configuration of the file at `path`, the environment over it, and `options` over both.

    Relative paths in the file start at the file's folder. Raises ConfigError, which names for
    each problem where it is (file, line and key; variable; option), what was found and what is
    expected.
    """
    config = _from_file(path) if path else Config()
    variables = {name: f"{PREFIX}{name.upper()}" for name in Config.model_fields}
    given = {name: environ[key] for name, key in variables.items() if environ.get(key)}
    origin = variables | {name: f"--{name.replace('_', '-')}" for name in options}
    values = {**given, **options}
    over = _validated(values, None, lambda loc: origin[str(loc[0])])
    return config.model_copy(update={name: getattr(over, name) for name in values})


def example() -> str:
    """A commented configuration that says what every key does and is if it is not set."""
    return resources.files("edgeaudit").joinpath("config.example.yaml").read_text("utf-8")


def _from_file(path: Path) -> Config:
    data, lines = _read_yaml(path)

    def origin(loc: Loc) -> str:
        key = ".".join(str(part) for part in loc)
        known = next(lines[loc[:n]] for n in range(len(loc), -1, -1) if loc[:n] in lines)
        return f"{path}:{known}: {key}"

    return _validated(data, path.parent, origin)


def _validated(
    values: Mapping[str, object], base: Path | None, origin: Callable[[Loc], str]
) -> Config:
    try:
        return Config.model_validate(values, context=base)
    except ValidationError as error:
        problems = [f"{origin(each['loc'])}: {_told(each)}" for each in error.errors()]
        hint = "`edgeaudit config schema` describes every key"
        raise ConfigError("\n".join(problems), hint) from None


def _told(problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        key = str(problem["loc"][-1])
        if key in _SECRETS:
            return f"no secret stands here; use {key}_file or {PREFIX}{key.upper()}"
        known = get_close_matches(key, [*Config.model_fields, *PolicySection.model_fields], 1)
        return "there is no such key" + (f"; did you mean {known[0]}?" if known else "")
    expected = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"found {problem['input']!r:.80}, expected {expected}"


def _read_yaml(path: Path) -> tuple[dict[str, object], dict[Loc, int]]:
    """The mapping in a YAML file, and the line of each key in it."""
    import yaml  # only runs that have a file pay for it

    try:
        root = yaml.compose(path.read_text("utf-8"), yaml.SafeLoader)
        lines = {(): 1, **_lines(root, (), path)}
        data = {} if root is None else yaml.SafeLoader("").construct_document(root)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", "name it with --config FILE") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text") from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: not valid YAML: {error.problem}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML") from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: found {data!r:.80}, expected keys and values")
    return {str(key): value for key, value in data.items()}, lines


def _lines(node: yaml.Node | None, loc: Loc, path: Path) -> dict[Loc, int]:
    lines: dict[Loc, int] = {}
    children = node.value if node is not None and not isinstance(node.value, str) else []
    for index, child in enumerate(children):
        key, value = child if isinstance(child, tuple) else (child, child)
        at = (*loc, key.value if isinstance(child, tuple) else index)
        line = key.start_mark.line + 1
        if at in lines:
            where = ".".join(map(str, at))
            raise ConfigError(f"{path}:{line}: {where} stands twice, first in line {lines[at]}")
        lines |= {at: line, **_lines(value, at, path)}
    return lines


def find(environ: Mapping[str, str]) -> Path | None:
    """The configuration file to use where none is named; None where there is none."""
    if named := environ.get(f"{PREFIX}CONFIG"):
        return Path(named)
    home = Path(environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    places = (Path("edgeaudit.yaml"), home / "edgeaudit/config.yaml", _SYSTEM_WIDE)
    return next((place for place in places if place.is_file()), None)
