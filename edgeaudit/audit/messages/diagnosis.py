"""A message to its causes, the likeliest first."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from edgeaudit.audit.messages import alerts, edge, java, network, openssl, programs
from edgeaudit.audit.messages.sign import CERTAIN, LIKELY, compiled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from edgeaudit.audit.finding import Cause
    from edgeaudit.audit.messages.sign import Confidence, Sign
    from edgeaudit.inventory import Direction
    from edgeaudit.tls.handshake import Side

T = TypeVar("T")

MOST_CHARACTERS = 200_000
SIGNS = (*edge.SIGNS, *java.SIGNS, *openssl.SIGNS, *programs.SIGNS, *network.SIGNS)
VOICES = (*edge.VOICES, *java.VOICES, *programs.VOICES)
_LOWER = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


class Seen(NamedTuple):
    """Words of a message, what they mean, and who says so."""

    words: str
    means: str
    source: str


@dataclass(frozen=True)
class Suspect:
    """A cause that a message speaks for, how sure that is, and by which of its words."""

    cause: Cause
    confidence: Confidence
    because: tuple[Seen, ...]


@dataclass(frozen=True)
class Explanation:
    """What a message tells: `suspects` with the likeliest first, none where nothing is known of it.

    `speaker` is the side of the handshake that says it, `direction` that of the connection as Edge
    sees it; None where the message does not show it.
    """

    suspects: tuple[Suspect, ...]
    seen: tuple[Seen, ...]
    speaker: Side | None
    direction: Direction | None

    @property
    def is_recognised(self) -> bool:
        """Whether it holds anything that is known."""
        return bool(self.seen)


class _Match(NamedTuple):
    sign: Sign
    seen: Seen


def explain(message: str) -> Explanation:
    """The causes that a message speaks for.

    It may be one line, or a whole stack trace or part of a log; of a long one the beginning and
    the end are read, MOST_CHARACTERS in all.
    """
    text = " ".join(shortened(message).split())
    lower = text.translate(_LOWER)
    speaker, direction = _voice(lower)
    matches = list(_matches(text, lower, speaker))
    return Explanation(
        tuple(_suspects(matches, speaker)),
        tuple(dict.fromkeys(each.seen for each in matches)),
        speaker,
        direction,
    )


def shortened(message: str) -> str:
    """Of a long text the beginning and the end."""
    if len(message) <= MOST_CHARACTERS:
        return message
    half = MOST_CHARACTERS // 2
    return f"{message[:half]} {message[-half:]}"


def _voice(lower: str) -> tuple[Side | None, Direction | None]:
    """Who speaks, by most of the words that show it, and of which direction."""
    heard = [each for each in VOICES if compiled(each.words).search(lower)]
    return (
        _most(Counter(each.speaker for each in heard if each.speaker)),
        _most(Counter(each.direction for each in heard if each.direction)),
    )


def _most(votes: Counter[T]) -> T | None:
    ranked = votes.most_common(2)
    is_tie = len(ranked) > 1 and ranked[0][1] == ranked[1][1]
    return ranked[0][0] if ranked and not is_tie else None


def _matches(text: str, lower: str, speaker: Side | None) -> Iterator[_Match]:
    for sign in SIGNS:
        if match := compiled(sign.words).search(lower):
            words = text[match.start() : match.end()]
            yield _Match(sign, Seen(words, sign.means, sign.source))
    for alert in alerts.told(text, lower):
        sign = alerts.sign(alert, speaker)
        yield _Match(sign, Seen(alert.words, sign.means, sign.source))


def _suspects(matches: list[_Match], speaker: Side | None) -> list[Suspect]:
    scores: Counter[Cause] = Counter()
    because: dict[Cause, list[Seen]] = defaultdict(list)
    for match in matches:
        for cause, weight in match.sign.weights_from(speaker).items():
            scores[cause] += weight
            because[cause].append(match.seen)
    best = max(scores.values(), default=0)
    sure = [cause for cause, score in scores.items() if score >= CERTAIN]
    kept = [(cause, score) for cause, score in scores.most_common() if _counts(score, best)]
    return [
        Suspect(cause, _confidence(score, is_only=sure == [cause]), tuple(because[cause]))
        for cause, score in kept
    ]


def _counts(score: int, best: int) -> bool:
    """Beside what is certain, or said in as many words, faint hints at others are noise."""
    return best < CERTAIN or score >= CERTAIN


def _confidence(score: int, *, is_only: bool) -> Confidence:
    if score >= CERTAIN and is_only:
        return "certain"
    return "likely" if score >= LIKELY else "possible"
