"""What there is to tell, in words: the same for mail and for every webhook."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import edgeaudit
from edgeaudit.audit.finding import Cause
from edgeaudit.audit.rule import RULES
from edgeaudit.audit.time_left import days_left, has_expired, instant, time_left
from edgeaudit.location import printable
from edgeaudit.notify import machine
from edgeaudit.notify.headline import headline, name_of, what_happens
from edgeaudit.notify.ladder import Completeness, Digest, Expiries
from edgeaudit.notify.message import Item, Message
from edgeaudit.plural import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from edgeaudit.audit.reading import InstalledGap
    from edgeaudit.audit.report import Report
    from edgeaudit.audit.uses import Holding, InUse
    from edgeaudit.notify.ladder import Mended, Notice
    from edgeaudit.notify.message import Fact, Kind, Tone

_MOST = 10  # places of a certificate; the attachment has them all
_MILD = "Only a trust anchor for backends: Java does not look at its dates."
_UNCHECKED = "The Message Processor does not check it at this backend, or not its dates."
_SUCCESSION = (
    "Nothing now. Before a backend shows a certificate that a successor of this CA has issued, "
    "have the successor in the truststore too."
)
_UNSURE = "Not everything could be read, so there may be more. See the report."


@dataclass(frozen=True)
class Composer:
    """Puts notices into words, as of `now`.

    `report` tells what mends a certificate; None where there is none, because nothing was read.
    """

    now: datetime
    report: Report | None = None

    def message(self, notice: Notice) -> Message:
        """The message that tells of a notice."""
        match notice:
            case Expiries():
                return self._expiry(notice)
            case Completeness():
                return self._completeness(notice)
            case Digest():
                return self._digest(notice)

    def _expiry(self, notice: Expiries) -> Message:
        crossings = sorted(notice.crossings, key=lambda each: each.in_use.is_mild)
        ending = [each.in_use for each in crossings]
        items = [self._ending(each) for each in ending] + [
            _mended(each, self.now) for each in notice.mended
        ]
        is_whole = self.report is None or self.report.is_complete
        data = {
            "certificates": [{**self._told(each.in_use), "step": each.step} for each in crossings],
            "mended": [machine.mended(each) for each in notice.mended],
        }
        title = headline(ending, self.now)
        if notice.mended:
            word = f"{len(notice.mended)} mended" if ending else _are_mended(notice.mended)
            title = f"{title}; {word}" if ending else word
        intro = what_happens(ending, self.now)
        return self._made("expiry", title, intro, items, "" if is_whole else _UNSURE, data)

    def _completeness(self, notice: Completeness) -> Message:
        gaps = notice.gaps
        data = {"gaps": [each.as_data() for each in gaps]}
        if not gaps:
            return self._made(
                "complete",
                "the audit is complete again",
                "Everything could be read.",
                (),
                "",
                data,
            )
        has_any = self.report is not None and self.report.certificates
        told = (
            f"{counted(len(gaps), 'place')} not read" if has_any else "no certificate could be read"
        )
        title = f"the audit could not be completed: {told}"
        intro = (
            "What could not be read may hide certificates that expire. Until it can be read, "
            "silence does not mean that all is well. This is told once more each week."
        )
        return self._made("incomplete", title, intro, _gap_items(gaps), "", data)

    def _digest(self, notice: Digest) -> Message:
        in_use, gaps = sorted(notice.in_use, key=lambda each: each.is_mild), notice.gaps
        items = [self._ending(each) for each in in_use] + _gap_items(gaps)
        calm = "nothing is known to expire soon" if gaps else "no certificate expires soon"
        title = headline(in_use, self.now) if in_use else calm
        title += f"; {counted(len(gaps), 'place')} not read" if gaps else ""
        data = {
            "certificates": [self._told(each) for each in in_use],
            "gaps": [each.as_data() for each in gaps],
        }
        intro = "The weekly digest: what has expired or will before long."
        closing = _UNSURE if gaps else "Everything could be read."
        return self._made("digest", f"this week: {title}", intro, items, closing, data)

    def _ending(self, each: InUse) -> Item:
        certificate, now = each.certificate, self.now
        affects = sorted({where for one in each.holdings for where in one.affects})
        services = each.services
        facts = (
            ("Hits", _some(affects) or ("what uses it could not be read",)),
            ("Lies in", _some(self._told_places(one for one in each.holdings if not one.service))),
            ("Shown by", _some(services)),
            ("To do", self._remedy(each)),
            ("Note", (_UNCHECKED if services else _MILD,) if each.is_mild else ()),
            ("Subject", (certificate.subject or f"serial {certificate.serial}",)),
        )
        verdict = f"{time_left(certificate, now)}, on {certificate.not_after:%Y-%m-%d %H:%M} UTC"
        near: Tone = "bad" if days_left(certificate, now) < 7 else "near"
        return _item(name_of(certificate), verdict, "plain" if each.is_mild else near, facts)

    def _remedy(self, in_use: InUse) -> tuple[str, ...]:
        """What the findings on its expiry say, or else what they will."""
        if in_use.is_mild and not in_use.services:
            return (_SUCCESSION,)
        certificate = in_use.certificate
        ended = Cause.EXPIRED_CERTIFICATE
        for each in self.report.findings if self.report else ():
            if each.certificate == certificate and each.cause is ended and each.remedy:
                return each.remedy
        rule = "expired" if has_expired(certificate, self.now) else "expiring"
        return RULES[
            f"{rule}-certificate" if in_use.is_stored else f"served-certificate-{rule}"
        ].remedy

    def _told_places(self, holdings: Iterable[Holding]) -> list[str]:
        """Where it is; with the installation where there are several."""
        has_several = self.report is not None and len(self.report.installations) > 1
        return sorted(
            f"{one.installation}: {one.where}" if has_several else one.where for one in holdings
        )

    def _told(self, each: InUse) -> dict[str, Any]:
        return machine.ending(each, self._told_places(each.holdings), self._remedy(each), self.now)

    def _made(
        self,
        kind: Kind,
        title: str,
        intro: str,
        items: Iterable[Item],
        closing: str,
        data: dict[str, Any],
    ) -> Message:
        head = {
            "schema": "edgeaudit/notice/1",
            "tool": {"name": "edgeaudit", "version": edgeaudit.__version__},
            "kind": kind,
            "at": instant(self.now),
            "title": printable(title),
        }
        return Message(kind, printable(title), intro, tuple(items), closing, head | data)

    def test(self) -> Message:
        """A message that says nothing but that it arrives."""
        intro = "This is a test. edgeaudit was told to send it, and nothing is wrong."
        return self._made("test", "a test: messages arrive", intro, (), "", {})


def _mended(mended: Mended, now: datetime) -> Item:
    told = mended.told
    until = mended.until
    how = f"what is there now ends on {until:%Y-%m-%d}" if until else "nothing uses it any more"
    end = f"The old one {'ended' if told.not_after <= now else 'ends'}"
    facts = (
        ("Was used by", _some(sorted({use.endpoint for use in told.uses}))),
        (end, (f"{told.not_after:%Y-%m-%d %H:%M} UTC",)),
    )
    return _item(told.subject, f"mended: {how}", "good", facts)


def _are_mended(mended: Sequence[Mended]) -> str:
    if len(mended) == 1:
        return f"mended: {mended[0].told.subject}"
    return f"{counted(len(mended), 'certificate')} mended"


def _gap_items(gaps: Sequence[InstalledGap]) -> list[Item]:
    items = []
    for each in gaps[:_MOST]:
        gap = each.gap
        facts = (("Why", (gap.detail,)), ("To do", (gap.hint,) if gap.hint else ()))
        items.append(_item(gap.where, "could not be read", "near", facts))
    if len(gaps) > _MOST:
        items.append(_item(f"and {len(gaps) - _MOST} more", "could not be read", "near", ()))
    return items


def _item(title: str, verdict: str, tone: Tone, facts: Iterable[Fact]) -> Item:
    shown = tuple((label, tuple(map(printable, lines))) for label, lines in facts if lines)
    return Item(printable(title), verdict, tone, shown)


def _some(places: Sequence[str]) -> tuple[str, ...]:
    more = len(places) - _MOST
    return (*places[:_MOST], *([f"and {more} more"] if more > 0 else []))
