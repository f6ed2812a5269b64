"""YAML files, with the line of every key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from edgeaudit.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

    Loc = tuple[int | str, ...]

_TIMESTAMP = "tag:yaml.org,2002:timestamp"


class _Loader(yaml.SafeLoader):
    """Dates stay as they were written: who wants one reads it, and knows which key is wrong."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def read(path: Path, hint: str) -> tuple[dict[str, object], dict[Loc, int]]:
    """The mapping in a YAML file, and the line of each key in it; raises ConfigError."""
    try:
        root = yaml.compose(path.read_text("utf-8"), _Loader)
        lines = {(): 1, **_lines(root, (), path)}
        data = {} if root is None else _Loader("").construct_document(root)
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}", hint) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text", hint) from error
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}:{line}: not valid YAML: {error.problem}", hint) from error
    except (yaml.YAMLError, RecursionError) as error:
        raise ConfigError(f"{path} is not valid YAML, or nested without end", hint) from error
    except (ValueError, LookupError, AttributeError) as error:
        # PyYAML of a tag whose value is none of its kind: !!int x, !!bool x, !!timestamp x
        raise ConfigError(f"{path} has a tag that its value does not fit", hint) from error
    if not isinstance(data, dict):
        raise ConfigError(f"{path}:1: found {data!r:.80}, expected keys and values", hint)
    return {str(key): value for key, value in data.items()}, lines


def _lines(node: yaml.Node | None, loc: Loc, path: Path) -> dict[Loc, int]:
    lines: dict[Loc, int] = {}
    children = node.value if node is not None and not isinstance(node.value, str) else []
    for index, child in enumerate(children):
        key, value = child if isinstance(child, tuple) else (child, child)
        at = (*loc, key.value if isinstance(child, tuple) else index)
        line = key.start_mark.line + 1
        if at in lines:
            told = (
                f"{path}:{line}: {'.'.join(map(str, at))} stands twice, first in line {lines[at]}"
            )
            raise ConfigError(told, "leave one of them")
        lines |= {at: line, **_lines(value, at, path)}
    return lines
