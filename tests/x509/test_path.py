from __future__ import annotations

import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import certifi
import pytest

from edgeaudit.errors import InputError, MissingLibrary
from edgeaudit.x509 import verifier
from edgeaudit.x509.certificate import Certificate, read_bundle
from edgeaudit.x509.libcrypto import VerifyCallback
from edgeaudit.x509.path import PathError, verify
from edgeaudit.x509.trust import Trust
from tests.factories import CA, NOW, bundle, self_signed
from tests.x509.openssl import needs_openssl

ROOT = CA.root("Acme Root")
ISSUING = ROOT.intermediate("Acme Issuing CA")
LEAF = ISSUING.leaf("api.example.com").certificate
TRUST = Trust([ROOT.certificate], public_roots=False)
MISSING_ISSUER = PathError(
    20, "unable_to_get_issuer_cert_locally", 0, "unable to get local issuer certificate"
)


def test_a_path_to_a_trusted_root_is_good() -> None:
    verdict = verify(LEAF, [ISSUING.certificate], TRUST, NOW)
    assert verdict.ok
    assert verdict.errors == ()
    assert verdict.chain == (LEAF, ISSUING.certificate, ROOT.certificate)


def test_an_error_has_number_name_depth_and_message() -> None:
    verdict = verify(LEAF, [], TRUST, NOW)
    assert not verdict.ok
    assert verdict.errors == (MISSING_ISSUER,)
    assert verdict.chain == (LEAF,)


def test_errors_that_the_command_passes_over_are_all_told() -> None:
    late = LEAF.not_after + timedelta(days=5000)
    verdict = verify(LEAF, [ISSUING.certificate], TRUST, late)
    assert not verdict.ok
    assert [(error.number, error.depth) for error in verdict.errors] == [(10, 2), (10, 1), (10, 0)]


def test_one_verification_leaves_nothing_behind_for_the_next() -> None:
    pool = [ISSUING.certificate]
    assert not verify(LEAF, pool, TRUST, NOW, hostname="b.example").ok
    assert verify(LEAF, pool, TRUST, NOW).ok
    assert not verify(LEAF, pool, TRUST, NOW, hostname="192.0.2.1").ok
    assert verify(LEAF, pool, TRUST, NOW, hostname="api.example.com").ok
    assert not verify(LEAF, pool, TRUST, NOW - timedelta(days=40)).ok
    assert verify(LEAF, pool, TRUST, NOW).ok
    anchored = Trust([ISSUING.certificate], public_roots=False)
    assert verify(LEAF, [], anchored, NOW, partial_chain=True).ok
    assert not verify(LEAF, [], anchored, NOW).ok


def test_the_public_roots_are_trusted_unless_left_out() -> None:
    public, *_ = read_bundle(Path(certifi.where()).read_bytes())
    assert isinstance(public, Certificate)
    assert verify(public, [], Trust(), public.not_before).ok
    assert not verify(public, [], Trust(public_roots=False), public.not_before).ok
    assert public in Trust().certificates


def test_what_is_known_by_description_only_is_no_issuer_and_no_question() -> None:
    described = ISSUING.described
    assert verify(LEAF, [described], TRUST, NOW).errors == (MISSING_ISSUER,)
    with pytest.raises(ValueError, match="description"):
        verify(described, [], TRUST, NOW)


def test_a_host_name_with_a_nul_is_refused() -> None:
    with pytest.raises(InputError, match="NUL"):
        verify(LEAF, [], TRUST, NOW, hostname="a\0b")


def test_trust_is_read_from_files(tmp_path: Path) -> None:
    pem, der = tmp_path / "ca.pem", tmp_path / "ca.der"
    pem.write_text(bundle("# ours\n", ROOT, ROOT.key_pem, ISSUING, ROOT))
    other = CA.root("Other Root")
    der.write_bytes(other.der)
    trust = Trust.of([pem, der], public_roots=False)
    assert trust.certificates == (ROOT.certificate, ISSUING.certificate, other.certificate)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read: No such file"),
        ("", "holds no certificate"),
        (ROOT.key_pem, "holds no certificate"),
        (bundle(ROOT, ISSUING.pem[:300]), "certificate 2 cannot be read: its PEM block is cut off"),
    ],
)
def test_a_trust_file_is_good_as_a_whole_or_refused(
    content: str | None, complaint: str, tmp_path: Path
) -> None:
    """An anchor that is silently missing would make findings out of nothing."""
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(InputError, match=complaint) as caught:
        Trust.of([file])
    assert str(file) in caught.value.message


def no_library() -> None:
    raise MissingLibrary("none", "a hint")


@needs_openssl
@pytest.mark.parametrize(
    ("leaf", "pool", "options"),
    [
        (LEAF, [ISSUING.certificate], {}),
        (LEAF, [], {}),
        (LEAF, [ISSUING.certificate], {"hostname": "b.example", "purpose": "sslserver"}),
        (LEAF, [ISSUING.certificate], {"hostname": "192.0.2.1", "strict": True}),
        (LEAF, [ISSUING.certificate], {"partial_chain": True, "purpose": "sslclient"}),
        (self_signed("a.example").certificate, [], {}),
    ],
)
def test_without_libcrypto_the_command_gives_the_same_verdict(
    leaf: Certificate,
    pool: list[Certificate],
    options: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = verify(leaf, pool, TRUST, NOW, **options)  # type: ignore[arg-type]
    monkeypatch.setattr(verifier, "libcrypto", no_library)
    assert verify(leaf, pool, TRUST, NOW, **options) == expected  # type: ignore[arg-type]


@needs_openssl
def test_the_command_needs_no_anchor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "libcrypto", no_library)
    nobody = Trust(public_roots=False)
    assert verify(ROOT.certificate, [], nobody, NOW).errors[0].number == 18


def test_without_any_openssl_a_hint_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "libcrypto", no_library)
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(MissingLibrary) as caught:
        verify(LEAF, [], TRUST, NOW)
    assert "install" in caught.value.hint


def test_an_interruption_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python delivers Ctrl-C to the callback, and ctypes makes a 0 of what it raises."""
    zeros = [0]

    def callback(ok: int, context: int) -> int:
        return zeros.pop() if zeros else verifier._note_error(ok, context)

    monkeypatch.setattr(verifier, "_on_error", VerifyCallback(callback))
    with pytest.raises(KeyboardInterrupt):
        verify(LEAF, [], Trust([ROOT.certificate], public_roots=False), NOW)


ENDURANCE = """
import os, sys
from edgeaudit.x509.path import verify
from edgeaudit.x509.trust import Trust
from tests.factories import CA, NOW
root = CA.root("Root"); issuing = root.intermediate("CA"); leaf = issuing.leaf("a.example")
trust = Trust([root.certificate])
def resident():
    return int(open("/proc/self/statm").read().split()[1])
for turn in range(int(sys.argv[1])):
    verdict = verify(leaf.certificate, [issuing.certificate], trust, NOW, hostname="a.example")
    assert verdict.ok
    assert not verify(leaf.certificate, [], Trust([issuing.certificate], False), NOW).ok
    if turn == int(sys.argv[1]) // 10:
        begun = resident()
print(resident() / begun)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="measures memory by /proc")
@pytest.mark.parametrize("count", [300, pytest.param(100_000, marks=pytest.mark.full)])
def test_a_long_run_takes_no_more_memory(count: int) -> None:
    """With a new store for every second verification, which must be freed with its Trust."""
    done = subprocess.run(
        [sys.executable, "-c", ENDURANCE, str(count)], capture_output=True, text=True, check=True
    )
    assert float(done.stdout) < 1.05
