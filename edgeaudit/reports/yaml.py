"""The report as YAML: the very data of the JSON report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edgeaudit.reports.json import as_data

if TYPE_CHECKING:
    from edgeaudit.audit.report import Report


def render(report: Report) -> str:
    """The whole report; what `docs/report.schema.json` says of JSON holds of it too."""
    data = json.loads(json.dumps(as_data(report)))  # no object twice: YAML would refer to it
    return "".join(_entry(key, value) for key, value in data.items())


def _entry(key: str, value: object) -> str:
    """A key of the report; of a list each item by itself, as a single one may need the slow way."""
    if isinstance(value, list) and value:
        return f"{key}:\n" + "".join(_written([item]) for item in value)
    return _written({key: value})


def _written(data: object) -> str:
    import yaml

    fast = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    try:
        return str(yaml.dump(data, Dumper=fast, sort_keys=False, width=100))
    except UnicodeEncodeError:  # a lone surrogate, which libyaml cannot escape
        return yaml.safe_dump(data, sort_keys=False, width=100)
