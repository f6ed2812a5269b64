"""A JSON report read back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timezone
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.finding import Cause, Finding, Severity
from edgeaudit.audit.policy import Suppression
from edgeaudit.audit.reading import Installation, InstalledGap
from edgeaudit.audit.report import CertificateFound, Report, StaleSuppression, Suppressed
from edgeaudit.audit.rules import RULES
from edgeaudit.audit.scope import Scope
from edgeaudit.errors import InputError
from edgeaudit.inventory import Gap
from edgeaudit.shard import Shard
from edgeaudit.x509.certificate import Certificate

if TYPE_CHECKING:
    from collections.abc import Mapping

    Data = Mapping[str, Any]

SCHEMA = "edgeaudit/report/1"


def parse(text: str, name: str) -> Report:
    """The report that `edgeaudit audit --format json` has written; `name` is what to call it.

    It knows no events, and of certificates what is told of them. Raises InputError for what is no
    such report.
    """
    hint = "give what `edgeaudit audit --format json` has written"
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} is no JSON", hint) from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        if _is_newer(data):
            raise InputError(
                f"{name} is a report of a later edgeaudit", "install that version here"
            )
        raise InputError(f"{name} is no report of an audit", hint)
    try:
        return _report(data)
    except (AttributeError, KeyError, LookupError, OverflowError, TypeError, ValueError) as error:
        raise InputError(f"{name} is a damaged report of an audit", hint) from error


def _is_newer(data: Any) -> bool:
    schema = data.get("schema") if isinstance(data, dict) else None
    return isinstance(schema, str) and schema.startswith(SCHEMA.rstrip("1"))


def _report(data: Data) -> Report:
    found = [
        CertificateFound(_certificate(each), _texts(each["found_at"]))
        for each in data["certificates"]
    ]
    known = {
        _identity(each): one.certificate
        for each, one in zip(data["certificates"], found, strict=True)
    }
    shard = data.get("shard")
    return Report(
        made_at=_instant(data["made_at"]),
        at=_instant(data["at"]),
        installations=tuple(
            Installation(str(each["name"]), str(each["source"]), bool(each["complete"]))
            for each in data["installations"]
        ),
        examined={str(rule): int(count) for rule, count in data["examined"].items()},
        findings=tuple(_finding(each, known) for each in data["findings"]),
        gaps=tuple(map(_gap, data["gaps"])),
        left_out=_texts(data["left_out"]),
        certificates=tuple(found),
        suppressed=tuple(_suppressed(each, known) for each in data["suppressed"]),
        stale_suppressions=tuple(map(_stale, data["stale_suppressions"])),
        shard=shard and Shard.parse(f"{shard['number']}/{shard['of']}"),
        keys_held=tuple(
            _suppressed(each, known) if "suppression" in each else _finding(each, known)
            for each in data.get("keys_held", ())
        ),
    )


def _finding(data: Data, known: Mapping[tuple[str, ...], Certificate]) -> Finding:
    """A finding; the mend is that of its rule, or the steps of its own."""
    rule, mend = str(data["rule"]), _texts(data["remedy"])
    general = RULES[rule].remedy if rule in RULES else ()
    told = data["certificate"]
    finding = Finding(
        rule=rule,
        severity=Severity(data["severity"]),
        cause=Cause(data["cause"]),
        direction=data["direction"],
        installation=str(data["installation"]),
        where=str(data["where"]),
        message=str(data["message"]),
        certificate=told and (known.get(_identity(told)) or _certificate(told)),
        facts=dict(data["facts"]),
        affects=_texts(data["affects"]),
        remedy=general or mend,
        steps=() if mend == general else mend,
        also_at=_texts(data["also_at"]),
    )
    return finding if finding.id == data["id"] else replace(finding, fingerprint=str(data["id"]))


def _suppressed(data: Data, known: Mapping[tuple[str, ...], Certificate]) -> Suppressed:
    by = data["suppression"]
    return Suppressed(
        _finding(data, known), str(by["reason"]), _day(by["expires"]), str(by["owner"])
    )


def _stale(data: Data) -> StaleSuppression:
    scope = Scope(str(data["rule"]), str(data["where"]), str(data["installation"]))
    day, flaw = _day(data["expires"]), data["flaw"]
    entry = Suppression(scope, str(data["reason"]), day, str(data["owner"]), data["certificate"])
    return StaleSuppression(entry, flaw)


def _gap(data: Data) -> InstalledGap:
    gap = Gap(str(data["where"]), data["reason"], str(data["detail"]), str(data["hint"]))
    return InstalledGap(str(data["installation"]), gap)


def _certificate(data: Data) -> Certificate:
    role, names = data.get("role", "leaf"), _texts(data.get("names", ()))
    subject = str(data["subject"]).encode("utf-8", "surrogatepass")
    return Certificate(
        der=None,
        sha256=data["sha256"],
        subject=str(data["subject"]),
        issuer=str(data["issuer"]),
        subject_canonical=subject,
        issuer_canonical=subject if role == "root" else b"",
        serial=str(data["serial"]),
        not_before=_instant(data["not_before"]),
        not_after=_instant(data["not_after"]),
        dns_names=names,
        ip_addresses=(),
        has_san=bool(names),
        common_names=(),
        key=str(data.get("key", "")),
        signature=str(data.get("signature", "")),
        is_ca=role != "leaf",
        subject_key_id=None,
        authority_key_id=None,
        known_by=data.get("known_by", "description"),
    )


def _identity(data: Data) -> tuple[str, ...]:
    return tuple(str(data[name]) for name in ("sha256", "issuer", "serial", "subject"))


def _instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(map(str, values))
