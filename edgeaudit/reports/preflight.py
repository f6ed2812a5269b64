"""What an upload would break and heal: for a person, and as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import edgeaudit
from edgeaudit.audit.finding import Severity
from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.plural import counted
from edgeaudit.reports.items import Item, wrapped
from edgeaudit.reports.json import finding_data, identity, installation_data
from edgeaudit.reports.wording import named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.planning.preflight import Preflight

_KEYS = {True: "with its private key", False: "with another private key", None: "with a key"}


def render(found: Preflight, *, width: int = 100) -> str:
    """What is uploaded where, what it breaks, heals and leaves, what to know, and the steps."""
    lines = wrapped(_heading(found), "", width)
    for title, told in _sections(found, width):
        lines += ["", title, *told]
    if found.steps:
        lines += ["", "THE STEPS", *(f"  {printable(each)}" for each in found.steps)]
    return "\n".join([*lines, "", *wrapped(conclusion(found), "", width)]) + "\n"


def conclusion(found: Preflight) -> str:
    """Whether something would break, or may, in one sentence."""
    errors = sum(each.severity is Severity.ERROR for each in found.compared.came)
    errors += len(found.severed)
    parts = []
    if found.refused:
        parts.append(f"{counted(len(found.refused), 'reason')} not to upload it like this")
    if errors:
        parts.append(f"{counted(errors, 'error')} would come of it")
    told = " and ".join(parts) or f"Nothing would break{' for certain' * bool(found.may_break)}"
    if found.may_break:
        told += f"; {counted(len(found.may_break), 'thing')} may break"
    went, gaps = len(found.compared.went), len(found.slot.inventory.gaps)
    healed = f"; {counted(went, 'finding')} would go" if went else ""
    unread = f"; {counted(gaps, 'place')} could not be read" if gaps else ""
    return f"{told}{healed}, as of {found.compared.at:%Y-%m-%d %H:%M} UTC{unread}."


def as_data(found: Preflight) -> dict[str, Any]:
    """The answer as values that JSON knows."""
    slot, upload, compared = found.slot, found.upload, found.compared
    return {
        "schema": "edgeaudit/preflight/1",
        "tool": {"name": "edgeaudit", "version": edgeaudit.__version__},
        "made_at": instant(compared.made_at),
        "at": instant(compared.at),
        "installations": [installation_data(one) for one in compared.old],
        "complete": not slot.inventory.gaps,
        "alias": slot.where,
        "reference": slot.reference and slot.reference.where,
        "exists": slot.present is not None,
        "upload": {
            "form": upload.form,
            "bytes": upload.size,
            "chain": [identity(each) for each in upload.chain],
            "has_key": upload.has_key,
            "key_fits": upload.fits,
        },
        "breaks": found.breaks,
        "refused": list(found.refused),
        "came": [finding_data(each) for each in compared.came],
        "went": [finding_data(each) for each in compared.went],
        "stays": [finding_data(each) for each in found.stays],
        "severed": [each._asdict() for each in found.severed],
        "may_break": list(found.may_break),
        "remarks": list(found.remarks),
        "bundle": [identity(each) for each in found.bundle],
        "missing_issuer": found.lacks,
        "steps": list(found.steps),
        "gaps": [each.as_data() for each in compared.old_gaps],
    }


def _heading(found: Preflight) -> str:
    slot, upload = found.slot, found.upload
    certificates = counted(len(upload.chain), "certificate")
    key = _KEYS[upload.fits] if upload.has_key else "without a key"
    behind = f"behind {slot.reference.where}, " if slot.reference else ""
    leaf = upload.chain[0]
    return (
        f"{named(leaf)}, until {leaf.not_after:%Y-%m-%d}, of {leaf.issuer} "
        f"({certificates}, {key}, {upload.form}), "
        f"{behind}{'in the place of' if slot.present else 'as'} {slot.where}"
    )


def _sections(found: Preflight, width: int) -> Iterator[tuple[str, list[str]]]:
    came = found.compared.came
    breaks = [each for each in came if each.severity is Severity.ERROR]
    made = "" if found.lacks else ", AND AS --write MAKES IT"
    told = {
        "NOT LIKE THIS": _sentences(found.refused, width),
        "WOULD BREAK": [*_findings(breaks, width), *_severed(found, width)],
        "MAY BREAK": _sentences(found.may_break, width),
        "WOULD COME": _findings((each for each in came if each not in breaks), width),
        "WOULD BE HEALED": _findings(found.compared.went, width),
        "STAYS": _findings(found.stays, width),
        "TO KNOW": _sentences(found.remarks, width),
        f"THE CHAIN AS IT SHOULD BE{made}": _bundle(found, width),
    }
    yield from ((title, lines) for title, lines in told.items() if lines)


def _severed(found: Preflight, width: int) -> list[str]:
    items = (Item(each.where, f"error: {each.message}") for each in found.severed)
    return [line for each in items for line in each.lines(width)]


def _bundle(found: Preflight, width: int) -> list[str]:
    if found.bundle == found.upload.chain and found.lacks is None:
        return []
    names = [named(each) for each in found.bundle]
    missing = [f"missing: {found.lacks}"] if found.lacks else []
    return _sentences([*names, *missing], width)


def _sentences(told: Iterable[str], width: int) -> list[str]:
    return [line for each in told for line in wrapped(each, "  ", width)]


def _findings(found: Iterable[Finding], width: int) -> list[str]:
    items = (
        Item(each.where, f"{each.severity.value}: {each.rule}: {each.message}") for each in found
    )
    return [line for each in items for line in each.lines(width)]


def _json(found: Preflight) -> str:
    return json.dumps(as_data(found), indent=2) + "\n"


FORMATS: dict[str, Callable[[Preflight], str]] = {"json": _json, "table": render}
