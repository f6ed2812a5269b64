"""Scripts of a server on its worst day."""

from __future__ import annotations

import gzip
import time
from typing import TYPE_CHECKING

from tests.management.server import HangUp, Reset, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.management.server import Request

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def closing(_: Request) -> Iterator[bytes]:
    raise HangUp
    yield


def resetting(_: Request) -> Iterator[bytes]:
    raise Reset
    yield


def cut_off(_: Request) -> Iterator[bytes]:
    yield reply(200, b"[1, 2, 3]")[:-4]
    raise HangUp


def cut_off_in_a_chunk(_: Request) -> Iterator[bytes]:
    yield CHUNKED + b"9\r\n[1,"
    raise HangUp


def cut_off_in_gzip(_: Request) -> Iterator[bytes]:
    yield reply(200, gzip.compress(b"[1]" * 99)[:-9], "Content-Encoding: gzip")


def not_http(_: Request) -> Iterator[bytes]:
    yield b"220 ready\r\n"
    raise HangUp


def silent(_: Request) -> Iterator[bytes]:
    time.sleep(0.3)
    raise HangUp
    yield


def endless(_: Request) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n\r\n"
    while True:
        yield b"0" * 1_000_000


def endless_headers(_: Request) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    while True:
        yield b"X: y\r\n" * 1000


def endless_in_a_chunk(_: Request) -> Iterator[bytes]:
    yield CHUNKED + b"-1\r\n"  # http.client reads to the end for that
    while True:
        yield b"0" * 1_000_000


def saying(words: bytes) -> Callable[[Request], Iterator[bytes]]:
    def script(_: Request) -> Iterator[bytes]:
        yield words
        raise HangUp

    return script


def chunks_of(size: bytes) -> Callable[[Request], Iterator[bytes]]:
    def script(_: Request) -> Iterator[bytes]:
        yield CHUNKED + size + b"\r\n[1]\r\n"

    return script


def drop_by_drop(answer: bytes) -> Callable[[Request], Iterator[bytes]]:
    def script(_: Request) -> Iterator[bytes]:
        for index in range(len(answer)):
            time.sleep(0.01)
            yield answer[index : index + 1]

    return script
