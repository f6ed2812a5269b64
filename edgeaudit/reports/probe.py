"""What endpoints did when they were asked: for a person, and as JSON."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from edgeaudit.audit.finding import Severity
from edgeaudit.audit.time_left import time_left
from edgeaudit.errors import EdgeauditError
from edgeaudit.plural import counted
from edgeaudit.reports.capture import wrapped
from edgeaudit.reports.probe_data import findings_of, issuers
from edgeaudit.tls.handshake import cipher_name
from edgeaudit.x509.bundle import best_verdict
from edgeaudit.x509.certificate import Certificate
from edgeaudit.x509.hostname import covers, is_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.foreseen import Foreseen
    from edgeaudit.audit.observed import Observation
    from edgeaudit.reports.probe_data import Probed
    from edgeaudit.tls.service import Service

_LABEL = 12
_MOST_ISSUERS = 5
_STYLES = {Severity.ERROR: "31;1", Severity.WARNING: "33;1", Severity.NOTE: "36;1"}
_SNI = {
    "required": "required: without the name there is no handshake",
    "selects": "selects the certificate",
    "ignored": "ignored: the certificate is the same without it",
    "unknown": "not known",
}


def table(probed: Probed, width: int, *, colour: bool = False) -> str:
    """Each endpoint with what it does and what is wrong with that; then what could not be asked."""
    lines = [line for each in probed.observations for line in _about(each, probed, width, colour)]
    lines += _rest(probed, width, colour)
    return "\n".join(lines) + "\n"


def _about(observation: Observation, probed: Probed, width: int, colour: bool) -> Iterator[str]:
    service, asked = observation.service, observation.asked
    named = f" as {asked.sni}" if asked.sni and asked.sni != asked.host else ""
    heading = f"{asked.told}{named}"
    yield from (_painted(line, "1", colour) for line in wrapped(heading, "", width))
    facts = [*_standing(observation), *_facts(observation, probed)]
    for label, rows in groupby(facts, key=lambda row: row[0]):
        for number, (_, text) in enumerate(rows):
            shown = label if number == 0 else ""
            yield from wrapped(text, f"  {shown:<{_LABEL}}", width)
    for finding in findings_of(observation, probed.report):
        label = finding.severity.value
        first, *rest = wrapped(f"{finding.rule}: {_bare(finding)}", f"  {label:<{_LABEL}}", width)
        yield first.replace(label, _painted(label, _STYLES[finding.severity], colour), 1)
        yield from rest
    if not service.phase and not findings_of(observation, probed.report):
        yield f"  {'findings':<{_LABEL}}none"
    yield ""


def _standing(observation: Observation) -> Iterator[tuple[str, str]]:
    """What it is to Edge, and whether it was reached."""
    service = observation.service
    for each in observation.asked.subjects:
        yield observation.asked.direction or "", each.where
    if service.address and str(service.address) != observation.where:
        yield "address", str(service.address)
    if service.phase:
        what = service.phase if observation.is_reached else "not reached"
        yield what, service.trouble
    elif service.trouble:
        yield "cut short", service.trouble


def _facts(observation: Observation, probed: Probed) -> Iterator[tuple[str, str]]:
    service = observation.service
    if service.versions:
        yield "versions", _versions(service)
    for version in sorted(service.suites, reverse=True):
        names = ", ".join(map(cipher_name, service.suites[version]))
        order = {True: "; the server's order", False: "; no order of its own", None: ""}
        yield version.spelling, names + order[service.orders.get(version)]
    if service.chain is not None or service.use_of_sni != "unknown":
        yield "SNI", _SNI[service.use_of_sni] if observation.asked.sni else "no name was sent"
    yield from (("chain", text) for text in _chain(observation, probed))
    if service.chain:
        yield "client", _client(service)
    if service.request and service.request.keys:
        yield "client", f"with a key of the kind {' or '.join(service.request.keys)}"
    if service.takes_client_certificate is not None:
        does = "accepted" if service.takes_client_certificate else "refused"
        yield "client", f"the certificate that was given is {does}"
    for each in probed.foreseen.get(observation.asked, ()):
        hosts = f" ({', '.join(each.hosts)})" if each.hosts else ""
        yield f"Java {each.java}" if each.java else "Java", f"{_foreseen(each)}{hosts}"


def _foreseen(foreseen: Foreseen) -> str:
    """What a handshake of the Message Processor would come to, in one line."""
    outcome, verdict = foreseen.outcome, foreseen.verdict
    if foreseen.java is None:
        return f"{foreseen.target}: not known; the configuration may tell edge_version, or java"
    if outcome is None or outcome.version is None:
        shakes = outcome.told if outcome else "what is offered is not known"
    elif outcome.lack:
        shakes = outcome.told
    else:
        suite = f" with {outcome.suite.java}" if outcome.suite else ""
        shakes = f"{outcome.version.spelling}{suite}"
    if verdict is None:
        trusts = "not known whether the chain is trusted"
    else:
        trusts = "the chain is trusted" if verdict.ok else f"not trusted: {verdict.reason}"
    return f"{foreseen.target}: {shakes}; {trusts}"


def _versions(service: Service) -> str:
    def listed(*, is_spoken: bool) -> str:
        found = sorted((each for each, is_so in service.versions.items() if is_so is is_spoken))
        return ", ".join(each.spelling for each in found)

    refused = listed(is_spoken=False)
    return (listed(is_spoken=True) or "none") + (f" (refused: {refused})" if refused else "")


def _chain(observation: Observation, probed: Probed) -> Iterator[str]:
    """Each certificate in the order in which it is sent, and OpenSSL's verdict."""
    service, at = observation.service, probed.report.at
    for number, each in enumerate(service.chain or ()):
        if not isinstance(each, Certificate):
            yield f"#{number} cannot be read: {each.reason}"
            continue
        name = each.subject or f"serial {each.serial}"
        yield f"#{number} {name}: {time_left(each, at)} ({each.not_after:%Y-%m-%d}), {each.key}"
    if observation.chain:
        yield f"OpenSSL: {'; '.join(_errors(observation, probed)) or 'OK'}"
        yield _name_verdict(observation)


def _errors(observation: Observation, probed: Probed) -> list[str]:
    try:
        verdict = best_verdict(observation.chain, probed.trust, probed.report.at)
    except EdgeauditError as error:
        return [error.message]
    return [f"error {each.number} at {each.depth}: {each.message}" for each in verdict.errors]


def _name_verdict(observation: Observation) -> str:
    asked, leaf = observation.asked, observation.chain[0]
    name = asked.sni or asked.host
    names = ", ".join(leaf.names or leaf.common_names) or "no host"
    if is_address(name) and not leaf.ip_addresses:
        return f"for {names}"
    return f"{'covers' if covers(leaf, name) else 'does not cover'} {name}; for {names}"


def _client(service: Service) -> str:
    """What is asked of a client's certificate."""
    if service.request is None and not service.needs_client_certificate:
        return "no certificate is asked for"
    needs = {True: "a certificate is required", False: "a certificate is asked for, not required"}
    told = needs.get(bool(service.needs_client_certificate), "")
    if service.needs_client_certificate is None:
        told = "a certificate is asked for; whether it is required is not known"
    named = issuers(service)
    if not named:
        return f"{told}, of any issuer"
    more = len(named) - _MOST_ISSUERS
    rest = f" and {more} others (--format json has all)" if more > 0 else ""
    return f"{told}, of {'; '.join(named[:_MOST_ISSUERS])}{rest}"


def _rest(probed: Probed, width: int, colour: bool) -> Iterator[str]:
    report = probed.report
    if report.findings:
        yield _painted("WHAT TO DO", "1", colour)
        for rule, remedy in {each.rule: each.remedy for each in report.findings}.items():
            yield from wrapped(f"{rule}: {' '.join(remedy)}", "  ", width)
        yield ""
    if report.gaps:
        yield _painted("NOT ASKED OR NOT READ", "35;1", colour)
        for each in report.gaps:
            gap = each.gap
            yield from wrapped(f"{gap.where}: {gap.detail}", "  ", width)
        hints = dict.fromkeys(each.gap.hint for each in report.gaps if each.gap.hint)
        for hint in hints:
            yield from wrapped(f"hint: {hint}", "  ", width)
        yield ""
    if probed.left_out:
        yield _painted("LEFT OUT", "1", colour)
        for where, reason in probed.left_out:
            yield from wrapped(f"{where}: {reason}", "  ", width)
        yield ""
    yield from wrapped(_summary(probed), "", width)


def _summary(probed: Probed) -> str:
    report = probed.report
    counts = [counted(report.count(each), each.value) for each in Severity]
    reached = sum(each.is_reached for each in probed.observations)
    of = counted(len(probed.observations), "endpoint")
    suppressed = f"; {len(report.suppressed)} suppressed" if report.suppressed else ""
    whole = "" if report.is_complete else "; not everything could be asked"
    return f"{', '.join(counts)}; {reached} of {of} reached{suppressed}{whole}."


def _bare(finding: Finding) -> str:
    """The message without the place, which stands above it."""
    return finding.message.removeprefix(f"{finding.where}: ")


def _painted(text: str, style: str, colour: bool) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if colour else text
