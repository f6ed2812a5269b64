"""What came of verifying certificate files: for a person, and as JSON."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.time_left import instant, time_left
from edgeaudit.location import printable
from edgeaudit.x509.java_difference import difference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from edgeaudit.x509.diagnosis import Flaw
    from edgeaudit.x509.examination import Examination

_INDENT = "  "


def table(examinations: Sequence[Examination], at: datetime, width: int) -> str:
    """Each certificate with OpenSSL's verdict in its own words, the chain and the diagnosis."""
    lines = [
        part
        for examination in examinations
        for line in _lines(examination, at)
        for part in _wrapped(line, width)
    ]
    return "\n".join(lines) + "\n" if lines else ""


def as_json(examinations: Sequence[Examination], at: datetime, width: int) -> str:
    """As `docs/verify.schema.json` describes it."""
    data = {
        "schema": "edgeaudit/verify/1",
        "at": instant(at),
        "certificates": [_data(each) for each in examinations],
    }
    return json.dumps(data, indent=2) + "\n"


FORMATS: dict[str, Callable[[Sequence[Examination], datetime, int], str]] = {
    "table": table,
    "json": as_json,
}


def _lines(examination: Examination, at: datetime) -> Iterator[str]:
    name = examination.file
    if examination.entry.name is not None:
        name = f"{name} ({examination.entry.name})"
    yield f"{name}: {'OK' if examination.verdict.ok else 'verification failed'}"
    for error in examination.verdict.errors:
        yield f"{_INDENT}error {error.number} at {error.depth} depth lookup: {error.message}"
    yield from (_INDENT + line for line in _about(examination, at))


def _about(examination: Examination, at: datetime) -> Iterator[str]:
    """What OpenSSL does not say."""
    certificate, host = examination.certificate, examination.host
    if examination.has_other_path:
        yield "another path, which OpenSSL does not try, leads to trust"
    yield f"{time_left(certificate, at)} ({certificate.not_after:%Y-%m-%d})"
    for depth, each in enumerate(examination.verdict.chain):
        yield f"depth {depth}: {each.subject or f'serial {each.serial}'}"
    if host and not host.ok:
        yield f"it does not speak for {host.name}"
    if host and host.disagreement:
        yield host.disagreement
    yield from _java(examination)
    yield from (f"remark: {remark}" for remark in certificate.remarks)
    yield from (f"{flaw.slug}: {flaw.message}" for flaw in examination.flaws)


def _java(examination: Examination) -> Iterator[str]:
    if examination.java is None:
        return
    if examination.jsse is None:
        yield f"Java {examination.java}: not known, for a certificate is malformed"
        return
    yield f"Java {examination.java}: {examination.jsse.reason or 'OK'}"
    if why := difference(examination.jsse, examination.verdict):
        yield why


def _wrapped(line: str, width: int) -> list[str]:
    text = line.lstrip(" ")
    indent = line[: len(line) - len(text)]
    return textwrap.wrap(
        printable(text),
        width,
        initial_indent=indent,
        subsequent_indent=indent and indent + _INDENT,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _data(examination: Examination) -> dict[str, Any]:
    certificate, verdict, host = examination.certificate, examination.verdict, examination.host
    return {
        "file": examination.file,
        "alias": examination.entry.name,
        "subject": certificate.subject,
        "sha256": certificate.sha256,
        "not_after": instant(certificate.not_after),
        "ok": verdict.ok,
        "errors": [
            {
                "number": error.number,
                "code": error.code,
                "depth": error.depth,
                "message": error.message,
            }
            for error in verdict.errors
        ],
        "hostname": host and {"name": host.name, "ok": host.ok, "disagreement": host.disagreement},
        "chain": [each.subject for each in verdict.chain],
        "other_path": examination.has_other_path,
        "diagnosis": [_flaw(flaw) for flaw in examination.flaws],
        "remarks": list(certificate.remarks),
        "jsse": _jsse(examination),
    }


def _jsse(examination: Examination) -> dict[str, Any] | None:
    if (verdict := examination.jsse) is None:
        return None
    return {"ok": verdict.ok, "reason": verdict.reason, "java": examination.java}


def _flaw(flaw: Flaw) -> dict[str, Any]:
    return {
        "flaw": flaw.slug,
        "position": flaw.position,
        "message": flaw.message,
        "missing_issuer": flaw.facts.get("missing_issuer"),
        "facts": dict(flaw.facts),
    }
