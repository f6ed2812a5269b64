"""An environment as if it lay in the place of another, so that the two can be compared by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.suppressing import hidden_by
from edgeaudit.x509.certificate import Certificate

if TYPE_CHECKING:
    from edgeaudit.inventory import Environment, Gap, Inventory

_PLACES = frozenset({"where", "environment", "keystore", "alias"})


def alone(inventory: Inventory, env: Environment, where: str) -> Inventory:
    """Only that environment of the inventory, with its gaps, in the place `where` (`ORG/ENV`)."""
    start = f"{env.where}/"
    left_out = (each for each in inventory.left_out if each.startswith(start))
    return replace(
        inventory,
        environments=(_moved(env, env.where, where),),
        gaps=tuple(
            _gap(each, env.where, where)
            for each in inventory.gaps
            if start.startswith(hidden_by(each))
        ),
        left_out=tuple(where + each.removeprefix(env.where) for each in left_out),
        is_narrowed=True,
    )


def _gap(gap: Gap, old: str, new: str) -> Gap:
    """What is above an environment hides all that is in it."""
    is_within = f"{gap.where}/".startswith(f"{old}/")
    return replace(gap, where=new + gap.where.removeprefix(old) if is_within else new)


def _moved(value: Any, old: str, new: str) -> Any:
    """A copy of a value of the inventory, in which every place has moved."""
    if isinstance(value, tuple):
        return tuple(_moved(each, old, new) for each in value)
    if isinstance(value, Mapping):
        return {key: _moved(each, old, new) for key, each in value.items()}
    if not is_dataclass(value) or isinstance(value, (type, Certificate)):
        return value
    changes: dict[str, Any] = {}
    for each in fields(value):
        found = getattr(value, each.name)
        is_place = each.name in _PLACES and isinstance(found, str)
        if is_place and f"{found}/".startswith(f"{old}/"):
            changes[each.name] = new + found.removeprefix(old)
        elif not isinstance(found, str):
            changes[each.name] = _moved(found, old, new)
    return replace(value, **changes)
