"""TCP streams to handshakes: hears a connection, and tells the handshakes that were in it."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import TYPE_CHECKING

from edgeaudit.observe.dialogue import Dialogue
from edgeaudit.observe.prelude import Speech
from edgeaudit.tls.handshake import Ending, Endpoint

if TYPE_CHECKING:
    from edgeaudit.observe.dialogue import Voice
    from edgeaudit.observe.flow import Moment
    from edgeaudit.tls.handshake import Handshake, Side
    from edgeaudit.tls.secrets import KeyLog

# a plain text that long has said by then whether it wanted TLS
_ENOUGH_TEXT = 1024
_UNKNOWN, _TLS = Speech.UNKNOWN, Speech.TLS


class Conversation:
    """Listens to one connection; `keys` open TLS 1.3."""

    def __init__(self, key: bytes, moment: Moment, keys: KeyLog) -> None:
        self.client, self.server = endpoints(key)
        self.is_over = False
        self._began = moment
        self._asked: Moment | None = None  # when the client began with something else than TLS
        self._tls = Dialogue(self.client, self.server, keys)
        self._voices = self._tls.voices

    def opened(self, side: Side, moment: Moment) -> None:
        """A side sent its SYN, perhaps again."""
        self._voices[side].opened.append(moment)

    def data(self, side: Side, data: bytes, moment: Moment) -> None:
        """A side sent these bytes."""
        voice = self._voices[side]
        if voice.prelude.speech is not _TLS:
            data = self._until_tls(voice, data, moment)
        if voice.prelude.speech is _TLS:
            for record in voice.records.feed(data):
                self._tls.hear(voice, record, moment)
        if self._tls.is_midway or (self._tls.now and self._tls.now.is_over):
            self.is_over = True

    def lost(self, side: Side, count: int) -> None:
        """The next bytes of a side, so many, are not in the capture."""
        voice = self._voices[side]
        if voice.prelude.speech is Speech.UNKNOWN:
            voice.records.is_lost = True
        voice.records.lose(count)
        if not voice.is_encrypted:
            voice.messages.clear()
        if self._tls.now:
            self._tls.now.lose(side, count)
            self.is_over = voice.records.is_lost and self._tls.now.is_completed
        else:
            voice.lost += count

    def ended(self, side: Side, how: str, moment: Moment) -> None:
        """A side sent its FIN or RST."""
        if side == "server" and self._asked and self._has_no_answer():
            self._tls.current(self._asked).not_tls("client", self._asked, "HTTP")
        self._voices[side].ended = self._voices[side].ended or how
        if self._tls.now:
            self._tls.now.step(side, how, moment)

    def _has_no_answer(self) -> bool:
        """Whether the client has asked for something in HTTP, waits, and nobody has said a word."""
        client, server = self._voices["client"], self._voices["server"]
        is_whole = client.opened and not (client.lost or server.lost)
        is_silent = not (client.ended or server.ended or server.prelude.begun)
        return bool(is_whole and is_silent and client.prelude.read_request())

    @property
    def is_cut(self) -> bool:
        """Whether at most a piece of the client's first words is in the capture, perhaps of TLS."""
        client = self._voices["client"]
        is_other = any(each.prelude.speech is Speech.OTHER for each in self._voices.values())
        is_begun = bool(client.opened and client.lost)
        return is_begun and not is_other and not self._tls.handshakes

    def finish(self, last: int) -> list[Handshake]:
        """All handshakes of the connection, `last` being the time at which the watching ended."""
        if self._tls.now:
            self._tls.handshakes.append(self._tls.now.handshake(last))
            self._tls.now = None
        elif not self._tls.handshakes and (ending := self._failed_to_connect(last)):
            self._tls.handshakes.append(self._tls.begin(self._began).handshake(last, ending))
        return self._tls.handshakes

    def _until_tls(self, voice: Voice, data: bytes, moment: Moment) -> bytes:
        """What is TLS in the next bytes of a side that has not begun with that yet."""
        prelude = voice.prelude
        was_unknown = prelude.speech is _UNKNOWN
        mine = prelude.feed(data)
        if voice.side == "client" and prelude.awaits_reply:
            self._voices["server"].prelude.awaits_reply = True
            prelude.awaits_reply = False
        if prelude.speech is Speech.OTHER:
            self._other(voice, moment, is_new=was_unknown)
        return mine

    def _other(self, voice: Voice, moment: Moment, *, is_new: bool) -> None:
        """A side speaks something else than TLS."""
        other = self._voices["server" if voice.side == "client" else "client"]
        if not self._voices["client"].opened:
            self.is_over = other.prelude.speech is not Speech.TLS
            return
        if is_new and voice.side == "client":
            self._asked = moment
        if is_new and voice.side == "server" and other.prelude.speech is Speech.TLS:
            self._tls.current(moment).not_tls("server", moment)
        if other.prelude.speech is Speech.OTHER:
            text = self._voices["server"].prelude
            if text.wants_tls:
                self._tls.current(moment).not_tls("client", moment)
            elif len(text.begun) > _ENOUGH_TEXT:
                self.is_over = True

    def _failed_to_connect(self, last: int) -> Ending | None:
        """How a connection ended that never came to be; None where it did, or was not to be."""
        client, server = self._voices["client"], self._voices["server"]
        if (
            not client.opened
            or server.opened
            or any(each.prelude.begun or each.prelude.before for each in (client, server))
        ):
            return None
        if server.ended == "RST":
            return Ending.REFUSED
        waited = last - client.opened[0].time
        tries = {moment.time // 500_000_000 for moment in client.opened}
        is_vain = len(tries) >= 2 and waited >= 3_000_000_000 and not server.ended
        return Ending.TIMED_OUT if is_vain and not client.ended else None


def endpoints(key: bytes) -> tuple[Endpoint, Endpoint]:
    """The client and the server, where `key` is the client's flow."""
    size = (len(key) - 4) // 2
    return (
        Endpoint(_address(key[:size]), int.from_bytes(key[-4:-2], "big")),
        Endpoint(_address(key[size:-4]), int.from_bytes(key[-2:], "big")),
    )


@lru_cache(maxsize=1024)
def _address(packed: bytes) -> str:
    return str(ipaddress.ip_address(packed))
