"""From what was written to a section, or to every problem with its place."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from edgeaudit.config.access import MessageProcessorSection
from edgeaudit.config.fields import Context, Section
from edgeaudit.config.notify import MailSection, RouteSection, WebhookSection
from edgeaudit.config.policy import OverrideSection, PolicySection, SuppressionSection
from edgeaudit.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from pathlib import Path

    from pydantic_core import ErrorDetails

    Loc = tuple[int | str, ...]

PREFIX = "EDGEAUDIT_"
_INNER: dict[str, type[Section]] = {
    "message_processor": MessageProcessorSection,
    "suppressions": SuppressionSection,
    "rules": OverrideSection,
    "policy": PolicySection,
    "routes": RouteSection,
    "mail": MailSection,
    "webhooks": WebhookSection,
}
_EXPECTED = {
    "bool_parsing": "true or false",
    "dict_type": "keys and values",
    "int_parsing": "a whole number",
    "model_type": "keys and values",
    "string_type": "a text (in quotation marks, where it looks like a number)",
    "tuple_type": "a list",
}
_SECRETS = {
    "password",
    "token",
    "refresh_token",
    "passcode",
    "mfa",
    "mfa_secret",
    "client_key_password",
}
# problems whose message is the whole sentence
_SENTENCES = {"no_warning", "open_password", "unbounded", "unknown_rule"}
S = TypeVar("S", bound=Section)


def from_file(model: type[S], path: Path, rules: Collection[str] | None, hint: str) -> S:
    """The `model` that stands in the YAML file at `path`.

    Raises ConfigError with file, line and key of each problem; `hint` is for one that cannot be
    read at all.
    """
    from edgeaudit.config import yaml  # only runs that have a file pay for it

    data, lines = yaml.read(path, hint)

    def origin(loc: Loc) -> str:
        key = ".".join(str(part) for part in loc)
        known = next(lines[loc[:n]] for n in range(len(loc), -1, -1) if loc[:n] in lines)
        return f"{path}:{known}: {key}"

    return validated(model, data, Context(path.parent, rules), origin)


def validated(
    model: type[S], values: Mapping[str, object], context: Context, origin: Callable[[Loc], str]
) -> S:
    """The `model` of the values; raises ConfigError, where `origin` says what is wrong."""
    try:
        return model.model_validate(values, context=context)
    except ValidationError as error:
        problems = [f"{origin(each['loc'])}: {_told(model, each)}" for each in error.errors()]
        hint = "`edgeaudit config schema` describes every key"
        raise ConfigError("\n".join(problems), hint) from None


def _told(model: type[Section], problem: ErrorDetails) -> str:
    if problem["type"] == "extra_forbidden":
        return _told_of_key(model, problem["loc"])
    if problem["type"] == "missing":
        return "this key is missing"
    if problem["type"] in _SENTENCES:
        return problem["msg"]
    expected = _EXPECTED.get(problem["type"]) or problem["msg"].removeprefix("Value error, ")
    return f"found {problem['input']!r:.80}, expected {expected.removeprefix('Input should be ')}"


def _told_of_key(model: type[Section], loc: Loc) -> str:
    key = str(loc[-1])
    if loc[0] == "mail" and key == "password":
        return f"no secret stands here; use password_file or {PREFIX}MAIL_PASSWORD"
    if loc[0] == "webhooks" and key in {"url", "secret"}:
        return f"no secret stands here; use {key}_file or {PREFIX}WEBHOOK_NAME_{key.upper()}"
    if key in _SECRETS:
        file = f"{key}_file or " if f"{key}_file" in model.model_fields else ""
        return f"no secret stands here; use {file}{PREFIX}{key.upper()}"
    section = next((inner for name, inner in _INNER.items() if name in loc[:-1]), model)
    known = get_close_matches(key, section.model_fields, 1)
    return "there is no such key" + (f"; did you mean {known[0]}?" if known else "")
