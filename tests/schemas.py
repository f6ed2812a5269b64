"""What the documents say of the program's JSON."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema.validators import validator_for

DOCS = Path(__file__).parents[1] / "docs"


def validate(data: object, name: str) -> None:
    """Raise jsonschema.ValidationError where `data` is not as `docs/NAME.schema.json` says."""
    _validator(name).validate(data)


@cache
def _validator(name: str) -> Any:
    schema = json.loads((DOCS / f"{name}.schema.json").read_text("utf-8"))
    kind = validator_for(schema)
    kind.check_schema(schema)
    return kind(schema)
