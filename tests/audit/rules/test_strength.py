"""Keys and signatures that are too weak for today's clients."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA384

from edgeaudit.x509.trust import Trust
from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, mutual, secure
from tests.factories import CA, Made, rsa_key, self_signed, signed_over

RSA_CA = ROOT.intermediate("RSA CA", key=rsa_key())


def keyed(key) -> Made:
    return ISSUING.leaf("api.example.com", key=key)


@pytest.mark.parametrize("key", [rsa_key(1024), ec.generate_private_key(ec.SECP192R1())])
def test_a_key_that_is_too_short(key) -> None:
    chain = [keyed(key), ISSUING]
    assert secure(chain).found() == {("weak-key", "keystores/web/server#0", "warning")}
    assert mutual(chain).found() == {("weak-key", "keystores/client/me#0", "warning")}
    described = secure(chain).describe_alias("web", "server", *chain)
    assert described.found() == {("weak-key", "keystores/web/server#0", "warning")}


@pytest.mark.parametrize(
    "key",
    [
        rsa_key(2048),
        ec.generate_private_key(ec.SECP224R1()),
        ec.generate_private_key(ec.BrainpoolP256R1()),
        ed25519.Ed25519PrivateKey.generate(),
    ],
)
def test_a_key_that_is_long_enough(key) -> None:
    chain = [keyed(key), ISSUING]
    assert secure(chain).found() == set()
    assert secure(chain).describe_alias("web", "server", *chain).found() == set()


def test_the_keys_of_issuers_count_too() -> None:
    root = CA.root("Weak Root", key=rsa_key(1024))
    issuing = root.intermediate("Weak CA", key=rsa_key(1024, 1))
    leaf = issuing.leaf("api.example.com")
    trust = Trust([root.certificate], public_roots=False)
    found = secure([leaf, issuing, root]).findings("weak-key", trust=trust)
    assert [each.where[-2:] for each in found] == ["#1", "#2"]


@pytest.mark.parametrize("spare", [CA.root("x", key=rsa_key(1024)), keyed(rsa_key(1024))])
def test_what_does_not_belong_may_have_any_key(spare) -> None:
    assert secure([LEAF, ISSUING, spare]).findings("weak-key") == []


def test_a_self_signed_leaf_may_have_a_weak_key_besides() -> None:
    found = secure([self_signed("api.example.com", key=rsa_key(1024))]).found()
    assert {rule for rule, _, _ in found} == {"self-signed-certificate", "weak-key"}


def test_only_the_alias_that_is_named_is_judged() -> None:
    weak = keyed(rsa_key(1024))
    assert secure().store("web", server=[LEAF, ISSUING], spare=[weak, ISSUING]).found() == set()
    truststore = Estate().store("cas", keys=False, weak=[weak]).server("b", truststore="cas")
    assert truststore.findings("weak-key") == []


@pytest.mark.parametrize("digest", [MD5(), SHA1()])
def test_a_signature_that_can_be_forged(digest) -> None:
    leaf = Made(signed_over(digest, RSA_CA.leaf("api.example.com"), rsa_key()), LEAF.private_key)
    chain = [leaf, RSA_CA]
    expected = {("weak-signature", "keystores/web/server#0", "warning")}
    assert secure(chain).found() == expected
    assert secure(chain).describe_alias("web", "server", *chain).found() == expected
    assert mutual(chain).findings("weak-signature")[0].facts == {"signature": digest.name}


def test_the_signatures_of_issuers_count_too() -> None:
    root = CA.root("RSA Root", key=rsa_key())
    key = rsa_key(2048, 1)
    issuing = CA(signed_over(SHA1(), root.intermediate("Old CA", key=key), rsa_key()), key)
    trust = Trust([root.certificate], public_roots=False)
    (finding,) = secure([issuing.leaf("api.example.com"), issuing]).findings(trust=trust)
    assert (finding.rule, finding.where[-2:]) == ("weak-signature", "#1")


def test_the_signature_of_a_root_does_not_matter() -> None:
    root = CA(signed_over(SHA1(), CA.root("Old Root", key=rsa_key()), rsa_key()), rsa_key())
    chain = [root.leaf("api.example.com"), root]
    trust = Trust([root.certificate], public_roots=False)
    assert secure(chain).findings("weak-signature", trust=trust) == []
    assert secure([root]).findings("weak-signature", trust=trust) == []
    described = secure(chain).describe_alias("web", "server", *chain)
    assert described.findings("weak-signature") == []


def test_other_hashes_are_good() -> None:
    leaf = ISSUING.leaf("api.example.com", digest=SHA384())
    assert secure([leaf, ISSUING]).found() == set()
    edwards = ROOT.intermediate("Ed CA", key=ed25519.Ed25519PrivateKey.generate())
    assert secure([edwards.leaf("api.example.com"), edwards]).found() == set()


def test_a_way_that_is_not_taken_may_be_signed_as_it_was() -> None:
    old = CA.root("Old Root", key=rsa_key())
    crossed = CA(signed_over(SHA1(), old.cross_sign(ROOT), rsa_key()), ROOT.private_key)
    assert secure([LEAF, ISSUING, crossed]).findings("weak-signature") == []
