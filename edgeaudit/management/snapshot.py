"""Recording what a source answers, and replaying it: one file, compressed, without secrets."""

from __future__ import annotations

import gzip
import json
import re
import threading
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import edgeaudit
from edgeaudit.errors import BadAnswer, InputError
from edgeaudit.management.bundle import pruned
from edgeaudit.management.deployments import is_not_deployed
from edgeaudit.management.source import JSON, Answer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from edgeaudit.management.source import Source

SCHEMA = "edgeaudit/snapshot/2"
_HINT = "`edgeaudit snapshot FILE` makes one"
LARGEST = 2 << 30  # bytes, unpacked: a stranger's file may be a bomb

_PRIVATE_KEY = re.compile(rb"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.*?-----END \1-----", re.DOTALL)
_ABSENT = Answer(None, b"", "unreachable", "the snapshot holds no answer to this")
_NOT_DEPLOYED = b'{"code": "distribution.ApplicationNotDeployed"}'


class Recorder:
    """A source that keeps what another one answers, less what could be a secret; thread-safe.

    Private keys go, and of a bundle all that edgeaudit does not read; of a refusal only the
    sentence stays, since its body may echo the request.
    """

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.endpoint = source.endpoint
        self.answers: dict[str, Answer] = {}
        self._source = source
        self._lock = threading.Lock()

    def get(self, path: str, accept: str = JSON) -> Answer:
        """What the source answers."""
        answer = _without_secrets(path, self._source.get(path, accept))
        with self._lock:
            self.answers[path] = answer
        return answer

    def recording(
        self,
        installation: str,
        organizations: tuple[str, ...],
        environments: tuple[str, ...],
        has_proxies: bool,
    ) -> Recording:
        """What was answered so far, as the recording of an installation."""
        with self._lock:
            answers = dict(self.answers)
        told = (organizations, environments, has_proxies, answers)
        return Recording(installation, self.name, self.endpoint, *told)


@dataclass(frozen=True)
class Recording:
    """What was read from one installation, and what of it was to be read; a Source."""

    installation: str
    name: str
    endpoint: str
    organizations: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    has_proxies: bool = True
    answers: dict[str, Answer] = field(default_factory=dict, repr=False)

    def get(self, path: str, accept: str = JSON) -> Answer:
        """What was answered then."""
        return self.answers.get(path, _ABSENT)


def packed(recordings: Sequence[Recording], made_at: str) -> bytes:
    """The content of a snapshot file; the same recordings give the same bytes."""
    data = {
        "schema": SCHEMA,
        "tool": {"name": "edgeaudit", "version": edgeaudit.__version__},
        "made_at": made_at,
        "installations": [_recording_data(each) for each in recordings],
    }
    return gzip.compress(json.dumps(data).encode("ascii"), 6, mtime=0)


def read_snapshot(path: Path) -> list[Recording]:
    """The recordings in a snapshot file.

    Raises InputError where it cannot be read, is damaged, truncated, too large or something else.
    """
    try:
        data = json.loads(_unpacked(path))
        if data["schema"] not in (SCHEMA, "edgeaudit/snapshot/1"):
            hint = f"this edgeaudit reads {SCHEMA}"
            raise InputError(f"{path} is a snapshot of another version of edgeaudit", hint)
        return [_recording(each) for each in data["installations"]]
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", _HINT) from error
    except (EOFError, zlib.error) as error:
        raise InputError(f"{path} is damaged or cut off", "take the snapshot again") from error
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise InputError(f"{path} is not a snapshot of edgeaudit", _HINT) from error


def _without_secrets(path: str, answer: Answer) -> Answer:
    if not answer.is_good:
        return replace(answer, body=_NOT_DEPLOYED if is_not_deployed(answer) else b"")
    if path.endswith("?format=bundle"):
        try:
            return replace(answer, body=pruned(answer.body))
        except BadAnswer as error:
            return Answer(answer.status, b"", "unparsable", error.message, error.hint)
    return replace(answer, body=_PRIVATE_KEY.sub(b"", answer.body))


def _unpacked(path: Path) -> bytes:
    content = path.read_bytes()
    if not content.startswith(b"\x1f\x8b"):
        raise ValueError("not gzip")
    unpacker = zlib.decompressobj(31)
    data = unpacker.decompress(content, LARGEST)
    if unpacker.unconsumed_tail:
        raise InputError(f"{path} is too large", f"at most {LARGEST >> 30} GiB are read")
    if not unpacker.eof:
        raise EOFError
    return data


def _recording_data(recording: Recording) -> dict[str, Any]:
    # the same answer comes from many places, and is kept once
    numbers: dict[Answer, int] = {}
    paths = {
        path: numbers.setdefault(answer, len(numbers))
        for path, answer in sorted(recording.answers.items())
    }
    return {
        "name": recording.installation,
        "source": recording.name,
        "endpoint": recording.endpoint,
        "org": list(recording.organizations),
        "env": list(recording.environments),
        "proxies": recording.has_proxies,
        "answers": paths,
        "distinct": [_answer_data(each) for each in numbers],
    }


def _recording(data: dict[str, Any]) -> Recording:
    distinct = [_answer(each) for each in data.get("distinct", ())]
    return Recording(
        installation=str(data["name"]),
        name=str(data["source"]),
        endpoint=str(data["endpoint"]),
        organizations=tuple(map(str, data["org"])),
        environments=tuple(map(str, data["env"])),
        has_proxies=bool(data["proxies"]),
        answers={
            # in the first schema each path had an answer of its own
            path: distinct[told] if isinstance(told, int) else _answer(told)
            for path, told in data["answers"].items()
        },
    )


def _answer_data(answer: Answer) -> dict[str, Any]:
    data: dict[str, Any] = {"status": answer.status}
    try:
        data["text"] = answer.body.decode("utf-8")
    except UnicodeDecodeError:
        data["base64"] = b64encode(answer.body).decode("ascii")
    if not answer.is_good:
        data |= {"reason": answer.reason, "detail": answer.detail, "hint": answer.hint}
    return data


def _answer(data: dict[str, Any]) -> Answer:
    body = b64decode(data["base64"]) if "base64" in data else data["text"].encode("utf-8")
    told = (data.get("reason"), data.get("detail", ""), data.get("hint", ""))
    return Answer(data["status"], body, *told)
