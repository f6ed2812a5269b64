"""What a capture tells of the handshakes in it: for a person, and as JSON."""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.causes.certificates import readable
from edgeaudit.audit.time_left import instant
from edgeaudit.location import printable
from edgeaudit.plural import counted
from edgeaudit.reports.json import finding_data
from edgeaudit.reports.layout import array, laid_out, members
from edgeaudit.tls import alerts
from edgeaudit.tls.handshake import cipher_name, version_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.audit.causes.verdict import Diagnosis
    from edgeaudit.audit.failures import Group
    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report
    from edgeaudit.audit.watched import Watched
    from edgeaudit.audit.whereabouts import Whereabouts
    from edgeaudit.tls.handshake import Chain, Handshake

_LABEL = 12
_MOST_CLIENTS = 5
_MOST_PLACES = 3
_HANDSHAKES = "\0"  # where they go: within JSON there is no such character


def table(watched: Sequence[Watched], width: int) -> str:
    """Each group of failures with its cause and the reasoning, and a sentence for each file."""
    return "\n".join("\n".join(_about(each, width)) + "\n" for each in watched)


def as_json(watched: Sequence[Watched], report: Report) -> Iterator[str]:
    """As `docs/capture.schema.json` describes it; the `report` is on the same captures.

    It comes in pieces: the whole may be larger than the capture.
    """
    findings: dict[str, list[Finding]] = {each.file: [] for each in watched}
    for finding in report.findings:
        findings[finding.installation].append(finding)
    files = "".join(array((_file(each, findings[each.file]) for each in watched), 1))
    whole = members({"schema": laid_out("edgeaudit/capture/1", 1), "files": files}, 0)
    first, *others = whole.split(_HANDSHAKES)
    yield first
    for each, rest in zip(watched, others, strict=True):
        yield from array((_handshake(*pair) for pair in each.tally.handshakes), 3)
        yield rest
    yield "\n"


def line(group: Group) -> str:
    """A group as it is told in passing: when, where, the cause and why."""
    return f"{group.first:%H:%M:%S} {_title(group)}. {group.diagnosis.explanation}"


def _about(watched: Watched, width: int) -> Iterator[str]:
    for group in watched.tally.groups:
        yield from wrapped(_title(group), "", width)
        for label, text in _facts(group):
            yield from wrapped(text, f"  {label:<{_LABEL}}", width)
        yield ""
    yield from wrapped(_summary(watched), "", width)


def _title(group: Group) -> str:
    sni = f" ({group.example.sni})" if group.example.sni else ""
    return f"{group.example.server}{sni}: {group.diagnosis.title}"


def _facts(group: Group) -> Iterator[tuple[str, str]]:
    shown, left = sorted(group.clients)[:_MOST_CLIENTS], len(group.clients) - _MOST_CLIENTS
    times = f"{group.first:%Y-%m-%d %H:%M:%S}"
    if group.count > 1:
        times += f" to {group.last:%Y-%m-%d %H:%M:%S}"
    yield "seen", f"{counted(group.count, 'time')}, {times} UTC, first in packet {_packet(group)}"
    yield "clients", ", ".join(shown) + (f" and {left} others" if left > 0 else "")
    if group.diagnosis.rejected_by:
        yield "refused by", f"the {group.diagnosis.rejected_by}"
    if group.at:
        yield "place", ", ".join(each.where for each in group.at.endpoints[:_MOST_PLACES])
    yield "why", group.diagnosis.explanation
    if group.diagnosis.advice:
        yield "next", group.diagnosis.advice


def _packet(group: Group) -> int:
    return group.diagnosis.packet or group.example.packet


def _summary(watched: Watched) -> str:
    tally = watched.tally
    groups = f" in {counted(len(tally.groups), 'group')}" if tally.groups else ""
    failed = counted(tally.failures, "failed handshake")
    found = f"{failed}{groups}, {tally.healthy} that did not fail"
    unread = "; ".join(watched.unread)
    told = f"not read: {unread}" if unread else "everything could be read"
    return f"{watched.file}: {found}, in {counted(watched.packets, 'packet')}; {told}."


def wrapped(text: str, label: str, width: int) -> list[str]:
    """The lines of a text beside its label, nothing in it harmful to a terminal."""
    return textwrap.wrap(
        printable(text),
        max(width, 40),
        initial_indent=label,
        subsequent_indent=" " * len(label),
        break_on_hyphens=False,
    )


def _file(watched: Watched, findings: Sequence[Finding]) -> str:
    told = {
        "file": watched.file,
        "packets": watched.packets,
        "truncated": bool(watched.trouble),
        "trouble": watched.trouble or None,
        "left_out": [
            {"reason": reason, "packets": count}
            for reason, count in sorted(watched.left_out.items())
        ],
        "handshakes": [],
        "groups": [_group(group) for group in watched.tally.groups],
        "findings": [finding_data(each) for each in findings],
    }
    written = {name: laid_out(value, 3) for name, value in told.items()}
    return members(written | {"handshakes": _HANDSHAKES}, 2)


def _handshake(handshake: Handshake, diagnosis: Diagnosis) -> str:
    data = handshake_data(handshake, diagnosis)
    return members({name: laid_out(value, 5) for name, value in data.items()}, 4)


def handshake_data(handshake: Handshake, diagnosis: Diagnosis) -> dict[str, Any]:
    """A handshake and why it failed, as values that JSON knows."""
    hello, answer, fatal = handshake.client_hello, handshake.server_hello, handshake.fatal
    return {
        "client": str(handshake.client),
        "server": str(handshake.server),
        "started_at": instant(handshake.started_at),
        "packet": handshake.packet,
        "before": handshake.before or None,
        "sni": hello and hello.sni and printable(hello.sni),
        "offered": {
            "protocols": [version_name(each) for each in hello.versions] if hello else [],
            "ciphers": _cipher_names(hello.suites) if hello else [],
            "alpn": [printable(each) for each in hello.alpn] if hello else [],
        },
        "chosen": {
            "protocol": version_name(answer.version) if answer else None,
            "cipher": cipher_name(answer.cipher) if answer else None,
        },
        "resumed": handshake.is_resumed,
        "server_chain": chain_data(handshake.server_chain),
        "client_certificate_requested": handshake.request is not None,
        "client_chain": chain_data(handshake.client_chain),
        "ending": handshake.ending.value,
        "alert": fatal
        and {
            "level": alerts.level_name(fatal.level),
            "number": fatal.number,
            "name": fatal.name,
            "from": fatal.sender,
            "packet": fatal.packet,
        },
        "damage": handshake.damage or None,
        **_verdict(diagnosis),
    }


@lru_cache(maxsize=1024)  # a client offers the same again and again
def _cipher_names(suites: tuple[int, ...]) -> list[str]:
    return [cipher_name(each) for each in suites]


def _verdict(diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "cause": diagnosis.cause_name,
        "rejected_by": diagnosis.rejected_by,
        "rejected_in_packet": diagnosis.packet,
        "confidence": diagnosis.confidence,
        "candidates": [each.value for each in diagnosis.candidates],
        "explanation": printable(diagnosis.explanation),
        "advice": diagnosis.advice,
    }


def chain_data(chain: Chain | None) -> list[dict[str, Any]] | None:
    """The certificates; null where they were not seen."""
    if chain is None:
        return None
    return [
        {
            "sha256": each.sha256,
            "subject": each.subject,
            "issuer": each.issuer,
            "serial": each.serial,
            "not_before": instant(each.not_before),
            "not_after": instant(each.not_after),
            "names": list(each.names),
        }
        for each in readable(chain)
    ]


def _place(at: Whereabouts | None) -> dict[str, Any]:
    return {
        "direction": at and at.direction,
        "installation": at and at.installation,
        "endpoints": [each.where for each in at.endpoints] if at else [],
        "truststores": [each.where for each in at.truststores or ()] if at else [],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "server": str(group.example.server),
        "sni": group.example.sni and printable(group.example.sni),
        "count": group.count,
        "first": instant(group.first),
        "last": instant(group.last),
        "clients": sorted(group.clients),
        "packet": _packet(group),
        **_place(group.at),
        **_verdict(group.diagnosis),
    }
