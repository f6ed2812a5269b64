"""Who is told of an audit, and by which way: what `--mail` does."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from edgeaudit.audit.reading import InstalledGap
from edgeaudit.audit.scope import Scope
from edgeaudit.audit.timeline import timeline
from edgeaudit.audit.unmatched import without_certificates
from edgeaudit.audit.uses import Usage
from edgeaudit.cli import terminal
from edgeaudit.cli.channels import channels
from edgeaudit.errors import ConfigError, DeliveryError
from edgeaudit.inventory import Gap
from edgeaudit.notify.composer import Composer
from edgeaudit.notify.mail import Attachment
from edgeaudit.notify.state import State
from edgeaudit.notify.telling import Schedule, tell
from edgeaudit.reports import FORMATS
from edgeaudit.reports import timeline as dates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from edgeaudit.audit.report import Report
    from edgeaudit.audit.shown import Shown
    from edgeaudit.audit.timeline import Timeline
    from edgeaudit.audit.uses import InUse
    from edgeaudit.cli.channels import Channel
    from edgeaudit.config import Config
    from edgeaudit.errors import EdgeauditError
    from edgeaudit.inventory import Inventory
    from edgeaudit.notify.audience import Audience
    from edgeaudit.notify.ladder import Notice
    from edgeaudit.notify.message import Message

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KINDS = {
    "csv": ("csv", "text/csv"),
    "html": ("html", "text/html"),
    "ics": ("ics", "text/calendar"),
    "json": ("json", "application/json"),
    "junit": ("xml", "application/xml"),
    "markdown": ("md", "text/markdown"),
    "sarif": ("sarif", "application/sarif+json"),
    "yaml": ("yaml", "application/yaml"),
}


@dataclass(frozen=True)
class _Told:
    """What one run has to tell from."""

    usage: Usage
    in_use: tuple[InUse, ...]
    gaps: tuple[InstalledGap, ...]
    report: Report | None = None
    timeline: Timeline | None = None


class Notifier:
    """Tells everybody whom the configuration names what is due as of `at`; the run began at
    `present`. Where `is_dry` it prints that instead, and remembers nothing.

    Raises ConfigError or InputError where somebody could not be told, before anything is read.
    """

    def __init__(self, config: Config, at: datetime, present: datetime, *, is_dry: bool) -> None:
        self.is_dry = is_dry
        self._config = config
        self._at, self._present = at, present
        check_attachments(config)
        self._channels = channels(config, present, is_dry=is_dry)
        self._state = _state(config)
        self._schedule = Schedule(
            config.steps, _WEEKDAYS.index(config.digest) if config.digest else None
        )

    def tell(self, inventories: Sequence[Inventory], report: Report) -> bool:
        """Send what is due after an audit; whether all of it could be sent and noted."""
        self._warn_of_globs(inventories, report.shown)
        events = timeline(
            inventories,
            self._config.as_policy(),
            self._at,
            self._at + timedelta(days=366),
            self._present,
            report.shown,
        )
        usage = Usage(inventories, report.shown)
        in_use = usage.in_use(self._config.as_policy(), self._at)
        return self._tell(_Told(usage, in_use, report.gaps, report, events))

    def failed(self, error: EdgeauditError) -> bool:
        """Send that there was no audit, and why; whether that could be sent and noted."""
        gap = Gap("the whole audit", "internal_error", error.message, error.hint)
        return self._tell(_Told(Usage([]), (), (InstalledGap("", gap),)))

    def test(self) -> int:
        """Send everybody a message that says nothing but that it arrives; the exit status."""
        from edgeaudit.cli import status

        failures = []
        for channel in self._channels:
            try:
                channel.send(Composer(self._at).test(), ())
            except DeliveryError as error:
                failures.append(error)
            else:
                if not self.is_dry:
                    terminal.note(f"sent: {channel.name}")
        return status.GOOD if _is_good(failures) else status.UNDELIVERED

    def _warn_of_globs(self, inventories: Sequence[Inventory], shown: Sequence[Shown]) -> None:
        """Where nothing can ever be told, most often as a name is misspelt."""
        routes = self._config.mail.routes if self._config.mail else ()
        named = {
            Scope(where=each.where, installation=each.installation): key
            for key, entries in (("webhooks", self._config.webhooks), ("mail.routes", routes))
            for each in entries
        }
        for scope in without_certificates(named, inventories, shown):
            at = (
                scope.where if scope.installation == "*" else f"{scope.installation}: {scope.where}"
            )
            terminal.warning(f"{named[scope]}: no certificate is at {at}; nobody is told by it")

    def _tell(self, told: _Told) -> bool:
        failures: list[DeliveryError] = []
        is_kept = not self.is_dry
        with ExitStack() as stack:
            try:
                if is_kept:
                    stack.enter_context(self._state.locked())
                else:
                    self._state.load()
            except DeliveryError as error:
                failures.append(error)  # to tell twice beats silence
                self._state.load()
                is_kept = False
            for channel in self._channels:
                failures += self._tell_one(channel, told, is_kept=is_kept)
        return _is_good(failures)

    def _tell_one(self, channel: Channel, told: _Told, *, is_kept: bool) -> list[DeliveryError]:
        state, name = self._state, channel.name
        return tell(
            channel.audience.view(told.in_use, told.gaps),
            told.usage.chains,
            self._schedule,
            self._at,
            memory=lambda: state.memory(name),
            keep=partial(state.keep, name) if is_kept else lambda _: None,
            send=partial(self._send, channel, told),
        )

    def _send(self, channel: Channel, told: _Told, notice: Notice) -> None:
        report = told.report and channel.audience.report(told.report)
        message = Composer(self._at, report).message(notice)
        channel.send(message, tuple(self._attachments(channel.audience, told, message)))
        if not self.is_dry:
            terminal.record(f"sent: {channel.name}", kind=message.kind, title=message.title)

    def _attachments(
        self, audience: Audience, told: _Told, message: Message
    ) -> Iterator[Attachment]:
        if self._config.mail is None or told.report is None or told.timeline is None:
            return
        report = audience.report(told.report)
        for name in self._config.mail.attach:
            ending, media_type = _KINDS.get(name, (f"{name}.txt", "text/plain"))
            if name in FORMATS:
                content = FORMATS[name](report)
            else:
                content = dates.FORMATS[name](audience.timeline(told.timeline))
            yield Attachment(f"edgeaudit.{ending}", media_type, content)


def check_attachments(config: Config) -> None:
    """Raises ConfigError for a format to attach that there is none of."""
    known = {*FORMATS, *dates.FORMATS}
    for name in config.mail.attach if config.mail else ():
        if name not in known:
            told = f'mail.attach: there is no format "{name}"'
            raise ConfigError(told, f"formats: {', '.join(sorted(known))}")


def _state(config: Config) -> State:
    if config.state is None:
        raise ConfigError("there is no place for what was told", "name a file: state")
    return State(config.state, terminal.warning)


def _is_good(failures: Sequence[DeliveryError]) -> bool:
    for message, hint in dict.fromkeys((each.message, each.hint) for each in failures):
        terminal.error(message, hint)
    return not failures
