"""What the sizes of TLS 1.3's encrypted records tell, in the order of real programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from edgeaudit.tls import encrypted
from edgeaudit.tls.handshake import Step

if TYPE_CHECKING:
    from edgeaudit.tls.handshake import Side

AES_128, AES_256 = 0x1301, 0x1302


def after_hello(*said: tuple[Side, int]) -> list[Step]:
    steps = [Step("client", "ClientHello", 1, 0, 300), Step("server", "ServerHello", 2, 0, 90)]
    steps += [Step("server", "data", 2, 0, 1500)]
    return steps + [Step(side, "data", 3, 0, size) for side, size in said]


@pytest.mark.parametrize(
    ("cipher", "flight"),
    [(AES_128, [53, 35]), (AES_256, [25, 69, 35])],
    ids=["without a certificate", "with an empty one"],
)
def test_a_request_of_the_size_of_a_padded_alert_is_no_farewell(
    cipher: int, flight: list[int]
) -> None:
    """`GET / HTTP/1.0` and two ends of lines are 18 bytes: an alert with Java's padding."""
    steps = after_hello(*[("client", size) for size in flight], ("server", 19))
    last = encrypted.refusal(steps, cipher)
    assert last
    assert (last.side, last.size) == ("server", 19)


@pytest.mark.parametrize("flight", [[69, 35], [85, 35], [53, 19], [69, 19]])
def test_the_answer_to_a_farewell_is_no_refusal(flight: list[int]) -> None:
    cipher = AES_256 if flight == [85, 35] or flight == [69, 19] else AES_128
    steps = after_hello(*[("client", size) for size in flight], ("server", 19))
    assert encrypted.refusal(steps, cipher) is None


@pytest.mark.parametrize("size", [25, 41], ids=["as it is", "padded"])
def test_an_empty_certificate_may_be_refused_before_the_client_has_finished(size: int) -> None:
    steps = after_hello(("client", size), ("server", 19), ("client", 69))
    assert encrypted.certificate_size(steps, AES_128) == encrypted.EMPTY_CERTIFICATE
