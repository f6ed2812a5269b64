from __future__ import annotations

import stat
from pathlib import Path

import pytest

from edgeaudit.errors import MissingLibrary
from edgeaudit.x509 import command, verifier
from edgeaudit.x509.path import verify
from edgeaudit.x509.trust import Trust
from tests.factories import CA, NOW
from tests.x509.openssl import needs_openssl


@pytest.fixture(autouse=True)
def _without_libcrypto(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise MissingLibrary("none")

    monkeypatch.setattr(verifier, "libcrypto", missing)


def test_the_files_are_for_our_eyes_only_and_do_not_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[Path, int] = {}

    def openssl(arguments: list[str]) -> tuple[int, str]:
        files = (Path(argument) for argument in arguments if argument.startswith("/"))
        seen.update({file: stat.S_IMODE(file.stat().st_mode) for file in files})
        return 0, "OpenSSL 3.0.0"

    monkeypatch.setattr(command, "_run", openssl)
    root = CA.root("Acme Root").certificate
    assert verify(root, [root], Trust([root], public_roots=False), NOW).ok
    assert list(seen.values()) == [0o600] * 3
    assert not any(file.parent.exists() for file in seen)


@needs_openssl
def test_a_ring_of_issuers_has_an_end() -> None:
    one, two = CA.root("One"), CA.root("Two")
    ring = [two.cross_sign(one).certificate, one.cross_sign(two).certificate]
    verdict = verify(one.leaf("a.example").certificate, ring, Trust(public_roots=False), NOW)
    assert not verdict.ok
    assert verdict.chain[1:] == tuple(ring)
