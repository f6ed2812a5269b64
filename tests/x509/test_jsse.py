"""What Java says, rule by rule; that it really says so, `test_jsse_java` holds against JVMs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID as Eku

from edgeaudit.errors import InputError
from edgeaudit.x509 import jsse, path
from edgeaudit.x509.java_algorithms import RELEASES
from edgeaudit.x509.java_difference import difference
from edgeaudit.x509.java_hosts import java_covers
from edgeaudit.x509.java_view import view
from edgeaudit.x509.trust import Trust
from tests.factories import CA, NOW, Made, distinguished, rsa_key, self_signed, signed_over
from tests.x509.flaws import DAY
from tests.x509.forging import SERIAL, forge

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = CA.root("Acme Root")
ISSUING = ROOT.intermediate("Acme Issuing")
LEAF = ISSUING.leaf("a.example")
OTHER = CA.root("Other Root")
BUILDING = (
    "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException:"
    " unable to find valid certification path to requested target"
)
VALIDATION = "PKIX path validation failed: java.security.cert.CertPathValidatorException: "


def verdict(
    chain: Sequence[Made], anchors: Sequence[Made], java: int = 8, **options: Any
) -> jsse.JavaVerdict:
    return jsse.verify(
        [made.certificate for made in chain],
        [made.certificate for made in anchors],
        NOW,
        java=RELEASES[java],
        **{"role": "server"} | options,
    )


def reason(chain: Sequence[Made], anchors: Sequence[Made], java: int = 8, **options: Any) -> object:
    return verdict(chain, anchors, java, **options).reason


def openssl(chain: Sequence[Made], anchors: Sequence[Made]) -> path.Verdict:
    trust = Trust([made.certificate for made in anchors], public_roots=False)
    leaf, *untrusted = (made.certificate for made in chain)
    return path.verify(leaf, untrusted, trust, NOW)


def test_the_chain_leads_to_the_anchor() -> None:
    found = verdict([LEAF, ISSUING], [OTHER, ROOT], hostname="a.example")
    assert found == jsse.JavaVerdict(
        True, None, (LEAF.certificate, ISSUING.certificate, ROOT.certificate)
    )


@pytest.mark.parametrize("chain", [[LEAF, ISSUING], [LEAF, ROOT, OTHER, ISSUING]])
def test_the_order_of_the_chain_does_not_matter(chain: list[Made]) -> None:
    assert verdict(chain, [ROOT]).ok


def test_a_missing_issuer_or_another_root_has_no_path() -> None:
    assert reason([LEAF], [ROOT]) == BUILDING
    assert reason([LEAF, ISSUING], [OTHER]) == BUILDING
    namesake = CA.root("Acme Root")
    told = VALIDATION + "Path does not chain with any of the trust anchors"
    assert reason([LEAF, ISSUING], [namesake]) == told
    keyless = CA.root("Acme Root", key_ids=False)
    assert reason([LEAF, ISSUING], [keyless]) == VALIDATION + "signature check failed"


ONLY_A_ROOT = "Java takes any certificate of its truststore for an anchor, OpenSSL only a root"
NO_DATES = "Java does not look at the dates of a trust anchor"


@pytest.mark.parametrize(
    ("chain", "anchors", "why"),
    [
        ([LEAF], [ISSUING], ONLY_A_ROOT),
        ([LEAF, ISSUING], [ISSUING], ONLY_A_ROOT),
        ([LEAF], [LEAF], ONLY_A_ROOT),
    ],
)
def test_an_intermediate_or_the_leaf_is_anchor_enough(
    chain: list[Made], anchors: list[Made], why: str
) -> None:
    java, other = verdict(chain, anchors), openssl(chain, anchors)
    assert (java.ok, other.ok) == (True, False)
    assert difference(java, other) == why


def test_an_anchor_must_be_a_ca_unless_it_is_the_leaf() -> None:
    plain = CA.root("Plain", ca=False)
    told = 'ValidatorException: TrustAnchor with subject "CN=Plain" is not a CA certificate'
    assert str(reason([plain.leaf("a.example")], [plain])).endswith(told)
    mute = CA.root("Mute", key_usage=["crl_sign"])
    told = '"CN=Mute" does not have keyCertSign bit set in KeyUsage extension'
    assert str(reason([mute.leaf("a.example")], [mute])).endswith(told)
    own = self_signed("a.example")
    assert verdict([own], [own], hostname="a.example").ok


def test_the_dates_of_an_anchor_do_not_matter_and_others_do() -> None:
    old = CA.root("Old", not_after=NOW - DAY)
    chain = [old.leaf("a.example")]
    assert difference(verdict(chain, [old]), openssl(chain, [old])) == NO_DATES
    expired = [ISSUING.leaf("a.example", not_after=NOW - DAY), ISSUING]
    assert reason(expired, [ROOT]) == VALIDATION + "validity check failed"
    assert reason(expired[:1], expired[:1]) is None


def test_a_search_minds_the_dates_of_an_anchor_above_an_intermediate() -> None:
    old = CA.root("Old", not_after=NOW - DAY)
    issuing = old.intermediate("Issuing")
    leaf = issuing.leaf("a.example")
    assert verdict([leaf, issuing], [old]).ok
    assert reason([leaf, OTHER, issuing], [old]) == BUILDING


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"key_usage": ["key_agreement"]}, "KeyUsage does not allow digital signatures"),
        (
            {"eku": [Eku.CLIENT_AUTH]},
            "Extended key usage does not permit use for TLS server authentication",
        ),
        (
            {
                "extensions": [
                    (x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3"), b""), True)
                ]
            },
            VALIDATION + "unrecognized critical extension(s)",
        ),
        (
            {"key": ec.generate_private_key(ec.SECP192R1())},
            VALIDATION + "Algorithm constraints check failed on disabled algorithm: secp192r1",
        ),
    ],
)
def test_a_leaf_is_refused_and_as_an_anchor_not_asked(overrides: Any, told: str) -> None:
    leaf = ISSUING.leaf("a.example", **overrides)
    java = verdict([leaf, ISSUING], [ROOT])
    assert java.reason == told
    assert verdict([leaf, ISSUING], [leaf]).ok
    if (other := openssl([leaf, ISSUING], [ROOT])).ok:
        assert "Java" in str(difference(java, other))


def test_a_disabled_digest_is_worded_by_release_and_matters_below_the_anchor_only() -> None:
    root = CA.root("Root", key=rsa_key())
    leaf = root.leaf("a.example")
    md5 = replace(leaf, der=signed_over(hashes.MD5(), leaf, rsa_key()))
    told = VALIDATION + "Algorithm constraints check failed on "
    assert reason([md5], [root], 8) == told + "signature algorithm: MD5withRSA"
    new = "disabled algorithm: MD5 used with certificate: CN=a.example"
    assert reason([md5], [root], 21) == told + new
    anchor = CA(signed_over(hashes.MD5(), root, rsa_key()), root.private_key)
    assert verdict([leaf], [anchor], 21).ok


def test_sha1_is_refused_for_servers_below_public_roots_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    root = CA.root("Root", key=rsa_key())
    leaf = root.leaf("a.example")
    sha1 = replace(leaf, der=signed_over(hashes.SHA1(), leaf, rsa_key()))
    assert verdict([sha1], [root]).ok
    monkeypatch.setattr("edgeaudit.x509.java_path._public_roots", lambda: {root.der})
    assert "Usage constraint TLSServer" in str(reason([sha1], [root]))
    assert verdict([sha1], [root], role="client").ok


def test_a_longer_chain_than_java_takes() -> None:
    chain = [LEAF, ISSUING, *[OTHER] * 9]
    told = "The certificate chain length ({}) exceeds the maximum allowed length ({})"
    assert reason(chain, [ROOT]) == told.format(11, 10)
    assert verdict(chain[:10], [ROOT]).ok
    assert reason(chain, [ROOT], role="client") == told.format(9, 8)


def test_a_search_passes_five_cas_and_no_more() -> None:
    issuers = [CA.root("Deep Root")]
    for level in range(6):
        issuers.insert(0, issuers[0].intermediate(f"Deep {level}"))
    for top, expected in ((6, BUILDING), (5, None)):
        chain = [issuers[0].leaf("a.example"), OTHER, *issuers[:top]]
        assert reason(chain, [issuers[top]]) == expected


def test_without_anchors_java_cannot_even_be_asked() -> None:
    assert "the trustAnchors parameter must be non-empty" in str(reason([LEAF], []))


def test_what_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="empty chain"):
        verdict([], [ROOT])
    with pytest.raises(ValueError, match="description only"):
        view(LEAF.described)
    odd = forge(ROOT, ISSUING, lambda fields: fields.__setitem__(SERIAL, b"\x02\x01\0"))
    with pytest.raises(InputError, match="malformed"):
        verdict([LEAF, odd], [ROOT])
    with pytest.raises(InputError, match="malformed"):
        verdict([LEAF], [odd])
    assert verdict([OTHER.leaf("a.example")], [odd, OTHER]).ok


def test_every_public_root_can_be_an_anchor() -> None:
    public = Trust().certificates
    leaf = [LEAF.certificate, ISSUING.certificate]
    found = jsse.verify(leaf, public, NOW, java=RELEASES[8], role="server")
    assert found.reason == BUILDING


def test_the_host_is_checked_for_servers_only_and_last() -> None:
    told = "No subject alternative DNS name matching b.example found."
    found = verdict([LEAF, ISSUING], [ROOT], hostname="b.example")
    assert (found.reason, len(found.chain)) == (told, 3)
    assert verdict([LEAF, ISSUING], [ROOT], hostname="b.example", role="client").ok
    assert reason([LEAF], [ROOT], hostname="b.example") == BUILDING


@pytest.mark.parametrize(
    ("names", "common", "host", "told"),
    [
        (["a.example"], "", "A.Example", None),
        (["*.a.example"], "", "x.a.example", None),
        (["*.a.example"], "", "x.y.a.example", "No subject alternative DNS name matching"),
        (["*.a.example"], "", "a.example", "No subject alternative DNS name matching"),
        (["w*w.example"], "", "www.example", None),
        (["x.*.example"], "", "x.a.example", "No subject alternative DNS name matching"),
        (["*"], "", "localhost", "No subject alternative DNS name matching"),
        (["b.example"], "a.example", "a.example", "No subject alternative DNS name matching"),
        ([], "a.example", "a.example", None),
        ([], "b.example", "a.example", "No name matching a.example found"),
        (["192.0.2.1"], "a.example", "a.example", None),
        (["192.0.2.1"], "", "192.0.2.1", None),
        (["192.0.2.1"], "", "192.0.2.2", "No subject alternative names matching IP address"),
        ([], "192.0.2.1", "192.0.2.1", "No subject alternative names present"),
        (["2001:db8::1"], "", "[2001:DB8:0::1]", None),
        (["a_b.example"], "", "a_b.example", "Illegal given domain name: a_b.example"),
        (["xn--bcher-kva.example"], "", "bücher.example", None),
    ],
)
def test_whether_java_takes_a_certificate_for_a_host(
    names: list[str], common: str, host: str, told: str | None
) -> None:
    subject = distinguished(common or "Acme")
    leaf = ISSUING.leaf(subject, key=ISSUING.private_key, names=names)
    said = java_covers(leaf.certificate, host, RELEASES[21])
    assert said is None if told is None else str(said).startswith(told)


def test_a_final_dot_is_illegal_up_to_java_11() -> None:
    assert java_covers(LEAF.certificate, "a.example.", RELEASES[17]) is None
    told = "Illegal given domain name: a.example."
    assert java_covers(LEAF.certificate, "a.example.", RELEASES[8]) == told


def test_names_are_compared_as_java_does() -> None:
    """Case and repeated spaces do not matter, another type of string does."""
    twin = OTHER.intermediate("ACME  ISSUING", key=ISSUING.private_key)
    assert verdict([LEAF, twin], [OTHER]).ok
    string = x509.name._ASN1Type.BMPString
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Acme Issuing", _type=string)])
    other = OTHER.intermediate(name, key=ISSUING.private_key)
    assert reason([LEAF, other], [OTHER]) == BUILDING
