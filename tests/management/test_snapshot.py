"""A snapshot is a source: what was answered then is answered again, refusals included."""

from __future__ import annotations

import gzip
import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.errors import InputError
from edgeaudit.management.bundle import pruned, read_bundle_zip
from edgeaudit.management.collect import collect
from edgeaudit.management.snapshot import Recorder, Recording, packed, read_snapshot
from edgeaudit.management.source import Answer
from tests.factories import bundle
from tests.management.bundles import bundle_zip, proxy_endpoint
from tests.management.test_collect import ALIAS, ORG, PROD, REFUSED, Told, installation
from tests.management.test_deployments import BUNDLE, NONE

if TYPE_CHECKING:
    from pathlib import Path

BUNDLE_PATH = f"{ORG}/apis/orders/revisions/3?format=bundle"
DEPLOYED = {"aPIProxy": [{"name": "orders", "revision": [{"name": "3", "state": "deployed"}]}]}


def _recorded(answers: dict[str, Any]) -> tuple[Any, Recording]:
    recorder = Recorder(Told(answers))
    inventory = collect(recorder)
    return inventory, recorder.recording("default", (), (), has_proxies=True)


def _replayed(recording: Recording, folder: Path) -> Recording:
    path = folder / "snapshot"
    path.write_bytes(packed([recording], "2026-11-23T12:00:00Z"))
    (read,) = read_snapshot(path)
    return read


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {f"{PROD}/references": REFUSED},
        {f"{ALIAS}/certificate": "\r\nbücher, and no certificate"},
        {f"{ALIAS}/certificate": Answer(200, b"\xff\xfe no UTF-8")},
        {f"{PROD}/deployments": DEPLOYED, BUNDLE_PATH: Answer(200, BUNDLE)},
        {f"{PROD}/deployments": DEPLOYED, BUNDLE_PATH: Answer(200, b"<html>")},
        {f"{PROD}/deployments": DEPLOYED, BUNDLE_PATH: Answer(200, BUNDLE[:-9])},
        {f"{PROD}/deployments": DEPLOYED, BUNDLE_PATH: REFUSED},
        {f"{PROD}/deployments": NONE},
        {"organizations": REFUSED},
    ],
)
def test_what_is_replayed_is_what_was_read(tmp_path: Path, changes: dict[str, Any]) -> None:
    then, recording = _recorded(installation(**changes))
    assert collect(_replayed(recording, tmp_path)) == then


def test_a_bundle_of_which_a_part_cannot_be_read(tmp_path: Path) -> None:
    data = bundle_zip(
        {"apiproxy/proxies/a.xml": proxy_endpoint("secure"), "apiproxy/targets/b.xml": "<x"}
    )
    answers = {f"{PROD}/deployments": DEPLOYED, BUNDLE_PATH: Answer(200, data)}
    then, recording = _recorded(installation(**answers))
    assert then.gaps
    assert collect(_replayed(recording, tmp_path)) == then


def test_the_same_recording_gives_the_same_bytes() -> None:
    made = [packed([_recorded(installation())[1]], "2026-11-23T12:00:00Z") for _ in range(2)]
    assert made[0] == made[1]


def test_no_private_key_is_kept(tmp_path: Path) -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nc2VjcmV0\n-----END RSA PRIVATE KEY-----\n"
    from tests.audit.estate import ISSUING, LEAF

    text = bundle(LEAF, key, ISSUING)
    then, recording = _recorded(installation(**{f"{ALIAS}/certificate": text}))
    content = gzip.decompress(packed([recording], "x")).decode()
    assert "PRIVATE" not in content
    assert "c2VjcmV0" not in content
    assert collect(_replayed(recording, tmp_path)) == then


def test_of_a_refusal_only_the_sentence_stays() -> None:
    echoing = Answer(403, b'{"echo": "Basic c2VjcmV0"}', "forbidden", "HTTP 403: no", "ask")
    _, recording = _recorded(installation(**{f"{PROD}/references": echoing}))
    content = gzip.decompress(packed([recording], "x")).decode()
    assert "HTTP 403: no" in content
    assert "c2VjcmV0" not in content


def test_of_a_bundle_only_what_is_read_stays() -> None:
    data = bundle_zip(
        {
            "apiproxy/orders.xml": "<APIProxy/>",
            "apiproxy/proxies/default.xml": proxy_endpoint("secure"),
            "apiproxy/resources/node/secret.js": "var password = 'hunter2'",
        }
    )
    kept = pruned(data)
    assert read_bundle_zip(kept) == read_bundle_zip(data)
    assert b"secret.js" not in kept
    assert pruned(kept) == kept


def test_what_was_not_asked_then_is_not_known(tmp_path: Path) -> None:
    recording = _replayed(_recorded(installation())[1], tmp_path)
    answer = recording.get("organizations/other/environments")
    assert (answer.status, answer.reason) == (None, "unreachable")
    assert answer.detail == "the snapshot holds no answer to this"


GOOD = packed([Recording("default", "http://edge/v1", "edge:80")], "2026-11-23T12:00:00Z")


zipped = partial(gzip.compress, mtime=0)  # the same bytes, so the same test, every time


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is not a snapshot"),
        (b"{}", "is not a snapshot"),
        (b"PK\x03\x04", "is not a snapshot"),
        (GOOD[:-20], "is damaged or cut off"),
        (GOOD[:5], "is damaged or cut off"),
        (GOOD[:40] + b"\x00\xff" + GOOD[42:], "is damaged or cut off"),
        (zipped(b"{}"), "is not a snapshot"),
        (zipped(b"[" * 100_000), "is not a snapshot"),
        (zipped(b'{"schema": "edgeaudit/snapshot/9"}'), "of another version"),
        (zipped(b'{"schema": "edgeaudit/snapshot/2"}'), "is not a snapshot"),
        (zipped(b'{"schema": "edgeaudit/snapshot/1"}'), "is not a snapshot"),
        (
            zipped(b'{"schema": "edgeaudit/snapshot/1", "installations": [3]}'),
            "is not a snapshot",
        ),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "snapshot"
    path.write_bytes(content)
    with pytest.raises(InputError, match=told) as caught:
        read_snapshot(path)
    assert str(path) in caught.value.message


def test_a_file_of_the_first_schema(tmp_path: Path) -> None:
    answers = {"organizations/acme": {"status": 200, "text": "{}"}}
    one: dict[str, Any] = {
        "name": "a",
        "source": "http://edge",
        "endpoint": "edge:80",
        "org": [],
        "env": [],
    }
    one |= {"proxies": True, "answers": answers}
    data = {"schema": "edgeaudit/snapshot/1", "installations": [one]}
    path = tmp_path / "snapshot"
    path.write_bytes(zipped(json.dumps(data).encode()))
    (recording,) = read_snapshot(path)
    assert recording.get("organizations/acme") == Answer(200, b"{}")


def test_the_same_answer_is_kept_once() -> None:
    body = bytes(range(256)) * 40
    answers = {f"organizations/{number}": Answer(200, body) for number in range(100)}
    one = Recording("default", "http://edge/v1", "edge:80", answers=answers)
    data = json.loads(gzip.decompress(packed([one], "2026-11-23T12:00:00Z")))
    assert len(data["installations"][0]["distinct"]) == 1


def test_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edgeaudit.management.snapshot.LARGEST", 1000)
    path = tmp_path / "snapshot"
    path.write_bytes(gzip.compress(b" " * 100_000))
    with pytest.raises(InputError, match="too large"):
        read_snapshot(path)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No such file"):
        read_snapshot(tmp_path / "none")


ANSWER = st.fixed_dictionaries(
    {"status": st.none() | st.integers() | st.text()},
    optional={"text": st.text() | st.integers(), "base64": st.text(), "reason": st.text()},
)


@given(st.binary() | st.dictionaries(st.text(), ANSWER))
@settings(max_examples=100)
def test_no_file_is_too_strange(tmp_path_factory: Any, content: bytes | dict[str, Any]) -> None:
    path = tmp_path_factory.mktemp("snapshot") / "file"
    path.write_bytes(content if isinstance(content, bytes) else _file(content))
    try:
        recordings = read_snapshot(path)
    except InputError as error:
        assert str(path) in error.message  # noqa: PT017 - not every file is wrong
    else:
        for recording in recordings:
            collect(recording)


def _file(answers: dict[str, Any]) -> bytes:
    data = json.loads(gzip.decompress(GOOD))
    data["installations"][0]["answers"] = answers
    return gzip.compress(json.dumps(data).encode())
