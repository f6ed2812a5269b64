"""Fetching a missing issuer from where a certificate says that it can be had.

Such an address comes with a certificate from anywhere, so nothing but the public network is asked,
directly and not through a proxy, which would connect to where it likes; and what comes back counts
only if it is the issuer.
"""

from __future__ import annotations

import socket
import time
import warnings
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urljoin, urlsplit

import certifi
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout
from urllib3.exceptions import HTTPError

from edgeaudit.errors import BadAnswer, EdgeauditError
from edgeaudit.location import printable
from edgeaudit.observe.addresses import is_public
from edgeaudit.observe.patience import within
from edgeaudit.x509.certificate import Certificate, read_bundle, read_der
from edgeaudit.x509.extensions import issuer_addresses
from edgeaudit.x509.path import has_issued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from urllib3 import BaseHTTPResponse

LARGEST_BODY = 64 * 1024
MOST_REDIRECTS = 3
MOST_ISSUERS = 8

_MOST_ADDRESSES = 3  # of one certificate, and of one host
_REDIRECTS = {301, 302, 303, 307, 308}
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class Fetched:
    """The issuers that were had, lowest first, and what stood in the way of more, if anything."""

    certificates: tuple[Certificate, ...]
    trouble: str = ""


def fetch_issuers(
    certificate: Certificate,
    known: Sequence[Certificate] = (),
    *,
    allow_private: bool = False,
    seconds: float = 10,
    clock: Callable[[], float] = time.monotonic,
) -> Fetched:
    """The issuer of `certificate`, its issuer, and so on, to a root or to one of `known`.

    They come from the caIssuers addresses (RFC 5280, 4.2.2.1): http and https, three redirects at
    most, 64 KiB at most, in DER, PEM or PKCS#7. Each address is looked up once and checked, and
    that one is connected to; it must be public unless `allow_private`. All is over after `seconds`.
    Nothing is raised: trouble is told in one sentence.
    """
    end = clock() + seconds
    found: list[Certificate] = []
    below = certificate
    while not (below.is_self_signed or any(has_issued(each, below) for each in known)):
        if len(found) == MOST_ISSUERS:
            return Fetched(tuple(found), f"there are more than {MOST_ISSUERS} issuers above it")
        try:
            below = _issuer(below, lambda: end - clock(), allow_private=allow_private)
        except EdgeauditError as error:
            return Fetched(tuple(found), error.message)
        found.append(below)
    return Fetched(tuple(found))


def _issuer(below: Certificate, left: Callable[[], float], *, allow_private: bool) -> Certificate:
    urls = issuer_addresses(below)[:_MOST_ADDRESSES]
    trouble = BadAnswer(f"{below.subject} does not say where its issuer can be had")
    for url in urls:
        try:
            body = within(left(), partial(_body, url, left, allow_private=allow_private))
            return _accepted(body, below, url)
        except TimeoutError:
            trouble = BadAnswer("fetching the issuer takes too long")
        except BadAnswer as error:
            trouble = error
    raise trouble


def _accepted(body: bytes, below: Certificate, url: str) -> Certificate:
    certificates = tuple(_read(body))
    if not certificates:
        raise BadAnswer(f"what {url} gives is no certificate")
    issuer = next((each for each in certificates if has_issued(each, below)), None)
    if issuer is None:
        raise BadAnswer(f"what {url} gives did not issue {below.subject}")
    return issuer


def _read(body: bytes) -> Iterator[Certificate]:
    found = [each for each in read_bundle(body) if isinstance(each, Certificate)]
    yield from found
    for load in (
        ()
        if found
        else (
            pkcs7.load_der_pkcs7_certificates,
            pkcs7.load_pem_pkcs7_certificates,
        )
    ):
        with suppress(ValueError, UnsupportedAlgorithm, EdgeauditError), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it is BER, as RFC 5280 allows
            for each in load(body):
                yield read_der(each.public_bytes(Encoding.DER))


def _body(url: str, left: Callable[[], float], *, allow_private: bool) -> bytes:
    asked = url
    for _ in range(MOST_REDIRECTS + 1):
        split = _checked(asked)
        answer = _answer(split, left, allow_private=allow_private)
        try:
            if answer.status not in _REDIRECTS:
                return _content(answer, asked)
            asked = urljoin(asked, answer.headers.get("Location", ""))
        except ValueError as error:
            raise BadAnswer(f"{url} leads to what is no URL") from error
        finally:
            answer.close()
    raise BadAnswer(f"{url} redirects more than {MOST_REDIRECTS} times")


def _checked(url: str) -> SplitResult:
    try:
        split = urlsplit(url)
        is_good = split.scheme in _PORTS and split.hostname and split.port != 0
    except ValueError:
        is_good = False
    if not is_good:
        raise BadAnswer(f"{printable(url)} is no http or https URL, and is not asked")
    return split


def _content(answer: BaseHTTPResponse, url: str) -> bytes:
    if answer.status != 200:
        raise BadAnswer(f"{printable(url)} answers with status {answer.status}")
    try:
        body = answer.read(LARGEST_BODY + 1, decode_content=False)
    except (HTTPError, ValueError) as error:  # ValueError: http.client on a bad chunk size
        raise BadAnswer(f"{printable(url)} breaks off its answer") from error
    if len(body) > LARGEST_BODY:
        raise BadAnswer(f"{printable(url)} answers with more than {LARGEST_BODY // 1024} KiB")
    return body


def _answer(
    url: SplitResult, left: Callable[[], float], *, allow_private: bool
) -> BaseHTTPResponse:
    host, port = url.hostname or "", url.port or _PORTS[url.scheme]
    trouble: Exception | None = None
    for address in _addresses(host, port, allow_private=allow_private):
        seconds = max(left(), 0.01)
        try:
            return _pool(url, address, port).urlopen(
                "GET",
                f"{url.path or '/'}{'?' * bool(url.query)}{url.query}",
                headers={"Host": url.netloc.rpartition("@")[2], "Accept-Encoding": "identity"},
                redirect=False,
                retries=False,
                assert_same_host=False,
                preload_content=False,
                timeout=Timeout(connect=seconds / 2, read=seconds),
            )
        except (HTTPError, ValueError) as error:
            trouble = error
    raise BadAnswer(f"{printable(host)} does not answer as it should") from trouble


def _pool(url: SplitResult, address: str, port: int) -> HTTPConnectionPool:
    """Connections to the address that was checked, and to no other."""
    if url.scheme == "http":
        return HTTPConnectionPool(address, port)
    return HTTPSConnectionPool(
        address,
        port,
        ca_certs=certifi.where(),
        cert_reqs="CERT_REQUIRED",
        assert_hostname=url.hostname,
        server_hostname=url.hostname,
    )


def _addresses(host: str, port: int, *, allow_private: bool) -> list[str]:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadAnswer(f"{printable(host)} is not known to the name service") from error
    found = list(dict.fromkeys(str(info[4][0]) for info in infos))
    public = [address for address in found if allow_private or is_public(address)]
    if not public:
        told = f"{printable(host)} is at {found[0]}, which is not public, and is not asked"
        raise BadAnswer(told)
    return public[:_MOST_ADDRESSES]
