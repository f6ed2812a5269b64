"""The report as YAML: the very data of the JSON report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from edgeaudit.reports.json import as_data

if TYPE_CHECKING:
    from edgeaudit.audit.finding import Report


def render(report: Report) -> str:
    """The whole report; what `docs/report.schema.json` says of JSON holds of it too."""
    import yaml

    data = json.loads(json.dumps(as_data(report)))  # no object twice: YAML would refer to it
    fast = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    try:
        return str(yaml.dump(data, Dumper=fast, sort_keys=False, width=100))
    except UnicodeEncodeError:  # a lone surrogate, which libyaml cannot escape
        return yaml.safe_dump(data, sort_keys=False, width=100)
