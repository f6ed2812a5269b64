"""One verification by libcrypto, set up as the `openssl verify` command sets it up."""

from __future__ import annotations

import ipaddress
import threading
import weakref
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from edgeaudit.x509 import codes
from edgeaudit.x509.libcrypto import VerifyCallback, libcrypto, parsed, stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.x509.trust import Trust

Purpose = Literal["sslserver", "sslclient", "any"]

_PURPOSES = {"sslclient": 1, "sslserver": 2, "any": 7}  # X509_PURPOSE_SSL_CLIENT, ...
_STRICT, _PARTIAL_CHAIN = 0x20, 0x80000  # X509_V_FLAG_X509_STRICT, X509_V_FLAG_PARTIAL_CHAIN


class Question(NamedTuple):
    """The options of a verification; `at` in seconds since 1970, `hostname` a name or address."""

    at: int
    hostname: str | None
    purpose: Purpose | None
    partial_chain: bool
    strict: bool

    @property
    def address(self) -> bytes | None:
        """The host as the octets of an address, if it is one."""
        try:
            return ipaddress.ip_address(self.hostname or "").packed
        except ValueError:
            return None


class Answer(NamedTuple):
    """OpenSSL's verdict, its errors (number, depth, message) and the chain as far as it got.

    `major` is the first number of its version, which tells what the error numbers mean.
    """

    ok: bool
    errors: list[tuple[int, int, str]]
    chain: list[bytes]
    major: int


class _Store:
    """An X509_STORE of anchors, with the options that cannot be taken back once they are set."""

    def __init__(self, anchors: Sequence[bytes], question: Question) -> None:
        library = libcrypto()
        self.handle = library.X509_STORE_new()
        weakref.finalize(self, library.X509_STORE_free, self.handle)
        library.X509_STORE_set_verify_cb(self.handle, _on_error)
        self.parameters = library.X509_STORE_get0_param(self.handle)
        flags = _PARTIAL_CHAIN * question.partial_chain | _STRICT * question.strict
        library.X509_VERIFY_PARAM_set_flags(self.parameters, flags)
        if question.purpose:
            library.X509_VERIFY_PARAM_set_purpose(self.parameters, _PURPOSES[question.purpose])
        with stack(anchors) as (_, self.objects):
            for anchor in self.objects:
                library.X509_STORE_add_cert(self.handle, anchor)

    def ask(self, question: Question) -> None:
        """Set, or clear, what differs from one verification to the next."""
        library = libcrypto()
        library.X509_VERIFY_PARAM_set_time(self.parameters, question.at)
        address = question.address
        name = None if address else (question.hostname or "").encode("utf-8", "replace")
        library.X509_VERIFY_PARAM_set1_ip(self.parameters, address, len(address or b""))
        library.X509_VERIFY_PARAM_set1_host(self.parameters, name, len(name or b""))


class _Mine(threading.local):
    """A thread's own: its stores, and the errors of the verification it is in."""

    def __init__(self) -> None:
        self.stores: weakref.WeakKeyDictionary[Trust, dict[object, _Store]]
        self.stores = weakref.WeakKeyDictionary()
        self.errors: list[tuple[int, int]] = []


_mine = _Mine()


def verify(der: bytes, untrusted: Sequence[bytes], trust: Trust, question: Question) -> Answer:
    """The answer of this Python's libcrypto.

    Raises MissingLibrary where it cannot be called, InputError if it cannot read `der`.
    """
    store = _store(trust, question)
    store.ask(question)
    answer, told = _attempt(store, der, untrusted)
    if not told:
        answer, told = _attempt(store, der, untrusted)
        if told:
            # Ctrl-C, or another signal's exception, fell into the callback the first time, and
            # ctypes swallowed it. (An error of which OpenSSL never tells stays untold.)
            raise KeyboardInterrupt
    return answer


def _store(trust: Trust, question: Question) -> _Store:
    options = (question.purpose, question.partial_chain, question.strict)
    stores = _mine.stores.setdefault(trust, {})
    if options not in stores:
        stores[options] = _Store(trust.anchors, question)
    return stores[options]


def _attempt(store: _Store, der: bytes, untrusted: Sequence[bytes]) -> tuple[Answer, bool]:
    """The answer, and whether the callback was told of the error that ended it, if one did."""
    library = libcrypto()
    context = library.X509_STORE_CTX_new()
    try:
        with parsed(der) as (leaf, _), stack(untrusted) as (pool, objects):
            library.X509_STORE_CTX_init(context, store.handle, leaf, pool)
            return _run(context, {**store.objects, **objects, leaf: der})
    finally:
        library.X509_STORE_CTX_free(context)
        library.ERR_clear_error()


def _run(context: int, objects: dict[int, bytes]) -> tuple[Answer, bool]:
    library = libcrypto()
    _mine.errors.clear()
    accepted = library.X509_verify_cert(context) == 1
    final = library.X509_STORE_CTX_get_error(context)
    last_told = _mine.errors[-1][0] if _mine.errors else 0
    told = final == last_told and (accepted or last_told != 0)
    if not told:
        _mine.errors.append((final, library.X509_STORE_CTX_get_error_depth(context)))
    chain = library.X509_STORE_CTX_get0_chain(context)
    answer = Answer(
        ok=accepted and final == 0,
        errors=[
            (number, depth, library.X509_verify_cert_error_string(number).decode())
            for number, depth in _mine.errors
        ],
        chain=[
            objects[library.OPENSSL_sk_value(chain, index)]
            for index in range(library.OPENSSL_sk_num(chain))
        ],
        major=_major_version(),
    )
    return answer, told


def _note_error(ok: int, context: int) -> int:
    """The command's own callback (apps/verify.c, cb): go on where it goes on."""
    if ok:
        return ok
    library = libcrypto()
    number = library.X509_STORE_CTX_get_error(context)
    _mine.errors.append((number, library.X509_STORE_CTX_get_error_depth(context)))
    return number in codes.passed_over(_major_version())


_on_error = VerifyCallback(_note_error)


@cache
def _major_version() -> int:
    return int(libcrypto().OpenSSL_version_num()) >> 28
