"""A handshake to its cause: in the playbook's terms, how sure, who refused whom, and why.

Alert numbers differ by stack for the same cause, so the certificates, dates, names, lists and the
order of the messages weigh more than the number, and what the bytes prove beats what an alert
hints at. Only the first fatal alert counts. Numbers: RFC 8446, 6.2; RFC 5246, 7.2.2; stacks as
OpenSSL 3.0, Java 17 and nginx 1.22 behave.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.causes import client, offer, server
from edgeaudit.audit.causes.advice import ADVICE, where_to_look
from edgeaudit.audit.causes.judge import Judges, OpenSsl
from edgeaudit.audit.causes.verdict import FAREWELLS, Diagnosis, Reason, Refusal, in_packet, refusal
from edgeaudit.audit.finding import Cause
from edgeaudit.tls import encrypted
from edgeaudit.tls.handshake import Ending

if TYPE_CHECKING:
    from edgeaudit.audit.causes.judge import Judge
    from edgeaudit.audit.whereabouts import Whereabouts
    from edgeaudit.tls.handshake import Handshake, Side, Step
    from edgeaudit.x509.trust import Trust

_UNREACHED = Cause.CONNECTION_REFUSED_OR_RESET

_DOUBTED = "See in the {}'s log whether anything failed at all. If so:"
_FINISHED = Diagnosis(False, explanation="Both sides have finished.")


def diagnose(
    handshake: Handshake, trust: Trust | None = None, at: Whereabouts | None = None
) -> Diagnosis:
    """Why the handshake failed, or that it did not.

    `trust` is that of the side that judges certificates, None where it is not known; where the
    handshake was made `at` a known place of an installation, the truststores there come first.
    """
    judge = OpenSsl(trust) if trust else None
    known = Judges(judge, judge)
    found = _diagnose(handshake, at.judges(known) if at else known)
    if at is None or not found.is_failure:
        return found
    told = " ".join([found.explanation, *at.told(handshake, found)])
    return replace(found, explanation=told, advice=at.advice(handshake, found))


def _diagnose(handshake: Handshake, judges: Judges) -> Diagnosis:
    if handshake.ending is Ending.COMPLETED:
        return _completed(handshake, judges)
    if handshake.ending is Ending.UNFINISHED:
        return Diagnosis(False, explanation="The capture ends before the handshake does.")
    if handshake.ending in (Ending.REFUSED, Ending.TIMED_OUT):
        return _unreached(handshake)
    if handshake.ending is Ending.NOT_TLS:
        return _not_tls(handshake)
    if (handshake.damage or not handshake.client_hello) and not handshake.fatal:
        told = handshake.damage or "The capture begins in the middle of the handshake"
        return Diagnosis(False, explanation=f"{told}.")
    ended_by = refusal(handshake)
    if ended_by is None:
        return Diagnosis(False, explanation="It is not seen how the handshake ended.")
    found = _reason(handshake, ended_by, judges)
    if found is None:
        return Diagnosis(False, explanation=f"{ended_by.told} Nothing was wrong until then.")
    return _diagnosis(handshake, found, ended_by)


def client_refused_afterwards(handshake: Handshake, trust: Trust) -> Diagnosis:
    """Why a server let a client finish and then refused its certificate, as its reply told."""
    found = client.wrong_certificate(handshake, OpenSsl(trust))
    if found is None:
        told = "It is in its time, and of an issuer that the server names, if it names any."
        found = Reason(Cause.UNKNOWN_CLIENT_CERTIFICATE, "likely", told)
    how = "refused the client's certificate after the complete handshake"
    return _diagnosis(handshake, found, Refusal("server", 0, how))


def without_packets(handshake: Handshake) -> Handshake:
    """A handshake that was seen without a capture: a diagnosis then tells of no packets."""
    return replace(
        handshake,
        packet=0,
        alerts=tuple(each._replace(packet=0) for each in handshake.alerts),
        steps=tuple(each._replace(packet=0) for each in handshake.steps),
    )


def facts_of(handshake: Handshake, found: Diagnosis) -> dict[str, Any]:
    """What a finding of the rule `failed-handshake` tells programs, whoever made the handshake."""
    return {
        "ending": handshake.ending.value,
        "alert": handshake.fatal and handshake.fatal.number,
        "confidence": found.confidence,
        "candidates": [each.value for each in found.candidates],
        "rejected_by": found.rejected_by,
    }


def _diagnosis(handshake: Handshake, found: Reason, ended_by: Refusal) -> Diagnosis:
    return Diagnosis(
        is_failure=True,
        cause=found.cause,
        rejected_by=ended_by.side,
        packet=ended_by.packet,
        confidence=found.confidence,
        candidates=found.candidates,
        explanation=f"{ended_by.told} {found.because}",
        advice=ADVICE[found.cause] if found.cause else where_to_look(handshake, ended_by),
    )


def _reason(handshake: Handshake, ended_by: Refusal, judges: Judges) -> Reason | None:
    """Why one side ended it; None where that is no failure."""
    if handshake.server_hello is None and not handshake.server_chain:
        is_servers = ended_by.side == "server"
        return (
            offer.refused_hello(handshake, ended_by) if is_servers else _gone(handshake, ended_by)
        )
    if handshake.is_tls13 and handshake.server_chain is None:
        return _in_secret(handshake, ended_by)
    if ended_by.side == "server":
        return _refused_by_server(handshake, ended_by, judges.client)
    return _refused_by_client(handshake, ended_by, judges.server)


def _gone(handshake: Handshake, ended_by: Refusal) -> Reason | None:
    """A client that leaves before it has an answer: a scan, a health check; or an alert."""
    if not ended_by.alert:
        return None
    if "server" in handshake.damage:
        return server.refused_unseen(ended_by.alert, handshake.damage)
    return Reason(None, "possible", "The server had not answered yet.")


def _in_secret(handshake: Handshake, ended_by: Refusal) -> Reason | None:
    if ended_by.side == "client":
        if not ended_by.alert and "encrypted" not in ended_by.how:
            return None
        found = offer.refused_answer(handshake, ended_by)
        return found or server.refused_in_secret(handshake, ended_by)
    if not encrypted.client_flight(handshake.steps):
        told = "It came before the client had said anything to the server's hello."
        return Reason(None, "possible", told)
    return client.refused_in_secret(handshake, ended_by)


def _refused_by_client(
    handshake: Handshake, ended_by: Refusal, judge: Judge | None
) -> Reason | None:
    is_quiet = ended_by.alert in (None, 0) and ended_by.how != "sent an encrypted alert"
    found = offer.refused_answer(handshake, ended_by) or offer.refused_site(handshake)
    found = found or server.refused_certificate(handshake, ended_by, judge)
    if is_quiet:  # a scan, or a health check: only what is proven counts
        return found and (
            found._replace(confidence="possible") if found.confidence == "certain" else None
        )
    return found or Reason(None, "possible", "Nothing that was seen says why.")


def _refused_by_server(handshake: Handshake, ended_by: Refusal, judge: Judge | None) -> Reason:
    was_asked = handshake.request is not None or handshake.client_chain is not None
    if was_asked and (found := client.refused_client(handshake, ended_by, judge)):
        is_quiet = ended_by.alert in (None, 0)
        is_proven = found.confidence == "certain" and is_quiet
        return found._replace(confidence="likely") if is_proven else found
    told = "It came in the middle of the handshake, and nothing that was seen says why."
    return Reason(None, "possible", told)


def _completed(handshake: Handshake, judges: Judges) -> Diagnosis:
    is_hidden = handshake.is_tls13 and handshake.server_chain is None
    if is_hidden or handshake.damage:
        return _FINISHED
    if found := client.answered_in_http(handshake, judges):
        return _after(handshake, found, "server", "answered and closed the connection")
    if found := server.left_politely(handshake, judges.server):
        return _after(handshake, found, "client", "left without having sent anything")
    return _FINISHED


def _after(handshake: Handshake, found: Reason, side: Side, how: str) -> Diagnosis:
    """What became of a handshake that was completed first."""
    last = next(step for step in handshake.steps if step.side == side and step.what in FAREWELLS)
    ended_by = Refusal(side, last.packet, f"{how}, the handshake being complete,")
    told = _diagnosis(handshake, found, ended_by)
    if found.confidence != "possible":
        return told
    return replace(told, advice=f"{_DOUBTED.format(side)} {told.advice}")


def _unreached(handshake: Handshake) -> Diagnosis:
    if handshake.ending is Ending.REFUSED:
        what = f"that packet {handshake.packet} asked for" if handshake.packet else "at once"
        told = f"The server refused the connection {what}."
        return Diagnosis(
            True,
            _UNREACHED,
            "server",
            handshake.packet,
            "certain",
            (_UNREACHED,),
            told,
            ADVICE[_UNREACHED],
        )
    what = "hello" if handshake.client_hello else "connection"
    told = f"Nobody answered the {what}{in_packet(handshake.packet)}."
    return Diagnosis(
        True,
        _UNREACHED,
        None,
        handshake.packet,
        "likely",
        (_UNREACHED,),
        told,
        ADVICE[_UNREACHED],
    )


def _not_tls(handshake: Handshake) -> Diagnosis:
    if asked := handshake.first("client", "HTTP"):
        return _unheard(handshake, asked)
    step = next((each for each in handshake.steps if each.what == "no TLS"), None)
    side: Side = step.side if step else "server"
    packet = step.packet if step else 0
    shows = f"In packet {packet} it shows that the" if packet else "The"
    return Diagnosis(
        True,
        Cause.NOT_TLS,
        "client" if side == "server" else "server",
        packet,
        "certain",
        (Cause.NOT_TLS,),
        f"{shows} {side} speaks no TLS on this port.",
        ADVICE[Cause.NOT_TLS],
    )


def _unheard(handshake: Handshake, asked: Step) -> Diagnosis:
    """A request in HTTP to which a server that speaks TLS had no answer, as OpenSSL has none."""
    last = handshake.first("server", "FIN", "RST")
    ended_by = Refusal("server", last.packet if last else 0, "ended the connection without a word")
    host = handshake.before.removeprefix("HTTP ") if handshake.before.startswith("HTTP ") else ""
    told = f"In packet {asked.packet} the client had asked {host or 'it'} for something in HTTP, "
    told += "without TLS, and on this port the server speaks TLS."
    return _diagnosis(handshake, Reason(Cause.NOT_TLS, "likely", told, (Cause.NOT_TLS,)), ended_by)
