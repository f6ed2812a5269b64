"""What Java says, and so the Message Processor: JSSE and PKIX, Java 6 to 25."""

from __future__ import annotations

from edgeaudit.audit.finding import Cause
from edgeaudit.audit.messages.sign import CERTAIN, FAINT, LIKELY, POSSIBLE, STRONG, Sign, Voice

_JSSE = "OpenJDK: sun.security.ssl"
_PKIX = "OpenJDK: sun.security.provider.certpath, sun.security.validator"
_NAMES = "OpenJDK: sun.security.util.HostnameChecker"
_STORES = "OpenJDK: java.security.KeyStore, sun.security.provider"
# Date.toString has it; openssl s_client lists the dates of healthy certificates without it
_DAY = r"(?:mon|tue|wed|thu|fri|sat|sun) "

VOICES = (
    Voice(r"clienthandshaker|httpsurlconnection|sun\.net\.www\.protocol\.https", "client", None),
    Voice(r"org\.apache\.(?:http|commons\.httpclient)|okhttp3?\.", "client", None),
    Voice(r"serverhandshaker|empty client certificate chain|null cert chain", "server", None),
    Voice(r"no cipher suites in common|checkclienttrusted", "server", None),
    Voice(r"checkservertrusted|(?:server)?certificatemessage\$t1[0-9]{1,2}certificateconsumer"
          r"\.checkservercerts", "client", None),
    Voice(r"checkclientcerts", "server", None),
)  # fmt: skip


def _peer(words: str, weights: dict[Cause, int], means: str, source: str = _PKIX) -> Sign:
    return Sign(words, weights, means, source, is_of_peer=True)


SIGNS = (
    _peer(r"pkix path building failed|unable to find valid certification path"
          r"|pkixcertpathbuilderimpl could not build|no trusted certificate found", {
        Cause.UNKNOWN_CERTIFICATE: LIKELY + 5, Cause.INCOMPLETE_CHAIN: LIKELY,
        Cause.INCORRECT_CHAIN: FAINT, Cause.EXPIRED_CERTIFICATE: FAINT,
    }, "Java found no path to a certificate of its truststore: the truststore lacks the root, or "
        "the chain that was sent lacks an intermediate."),
    _peer(r"path does not chain with any of the trust anchors",
        {Cause.UNKNOWN_CERTIFICATE: STRONG, Cause.INCORRECT_CHAIN: POSSIBLE},
        "The chain ends at a CA that the truststore does not have."),
    _peer(r"trustanchors parameter must be non-empty", {Cause.UNKNOWN_CERTIFICATE: CERTAIN},
        "The truststore is empty, or could not be read."),
    _peer(r"validity check failed|timestamp check failed",
        {Cause.EXPIRED_CERTIFICATE: LIKELY, Cause.NOT_YET_VALID_CERTIFICATE: POSSIBLE},
        "A certificate of the path is outside its dates."),
    _peer(rf"certificateexpiredexception|\bnotafter: {_DAY}", {Cause.EXPIRED_CERTIFICATE: CERTAIN},
        "A certificate has expired, at the time that is told."),
    _peer(rf"certificatenotyetvalidexception|\bnotbefore: {_DAY}",
        {Cause.NOT_YET_VALID_CERTIFICATE: CERTAIN},
        "A certificate is not valid yet; or the clock is wrong."),
    _peer(r"certpathvalidatorexception: signature check failed|signature does not match",
        {Cause.INCORRECT_CHAIN: CERTAIN},
        "A certificate was not signed by the key of the one that stands as its issuer."),
    _peer(r"subject/issuer name chaining check failed", {Cause.INCORRECT_CHAIN: CERTAIN},
        "The certificates of the chain do not belong together, or not in this order."),
    _peer(r"algorithm constraints check failed|not conform to algorithm constraints",
        {Cause.INCORRECT_CHAIN: STRONG},
        "A key or signature of the chain is too weak for this Java (jdk.certpath.disabled"
        "Algorithms): MD5, SHA-1, or a short RSA key."),
    _peer(r"basic constraints check failed|is not a ca certificate|extended key usage does not "
          r"permit|keyusage does not allow|violated path length constraint", {
        Cause.INCORRECT_CHAIN: STRONG,
    }, "A certificate is used for what it is not meant for."),
    _peer(r"certificate chain length [^.]{0,20}exceeds", {Cause.INCORRECT_CHAIN: STRONG},
        "The chain that was sent is longer than Java takes.", _JSSE),
    _peer(r"certpathvalidatorexception: certificate has been revoked|certificaterevokedexception",
        {Cause.UNKNOWN_CERTIFICATE: STRONG}, "A certificate of the path has been revoked."),
    Sign(r"no subject alternative (?:dns |ip address )?names? (?:matching|present)"
         r"|no name matching [^ ]{1,255} found|https hostname wrong|illegal given domain name"
         r"|hostname in certificate didn't match|(?:not|n't) match any of the subject alternative "
         r"names", {Cause.HOSTNAME_MISMATCH: CERTAIN},
        "The server's certificate is for other names than the one that was asked for.", _NAMES),
    Sign(r"no appropriate protocol",
        {Cause.PROTOCOL_MISMATCH: STRONG, Cause.CIPHER_MISMATCH: POSSIBLE},
        "What this side is set to leaves no version, or no suite for it: jdk.tls.disabledAlgorithms"
        " or its own settings forbid them all.", _JSSE),
    Sign(r"no cipher suites in common|no negotiable cipher suite", {Cause.CIPHER_MISMATCH: CERTAIN},
        "Both sides enable no common cipher suite.", _JSSE),
    Sign(r"unsupported ciphersuite", {Cause.CIPHER_MISMATCH: CERTAIN},
        "A cipher suite that is configured has a name that Java does not know.", _JSSE),
    Sign(r"could not generate dh keypair|does not comply to algorithm constraints"
         r"|prime size must be multiple of 64", {Cause.CIPHER_MISMATCH: STRONG},
        "The Diffie-Hellman group of the server is none that this Java takes.", _JSSE),
    Sign(r"no available authentication scheme|no available certificate or key corresponds",
        {Cause.CIPHER_MISMATCH: LIKELY, Cause.WIRING: POSSIBLE},
        "The server has no key of the kind that the suites ask for, or no key at all.", _JSSE),
    Sign(r"server chose [^,]{1,20}, but that protocol version is not|client requested protocol "
         r"[^ ]{1,20} (?:is )?not|client supported protocol versions|is not accepted by client "
         r"preferences|sslv2hello is (?:not enabled|disabled)|unsupported record version",
        {Cause.PROTOCOL_MISMATCH: CERTAIN}, "Both sides enable no common version of TLS.", _JSSE),
    Sign(r"unsupported or unrecognized ssl message|plaintext connection\?",
        {Cause.NOT_TLS: CERTAIN}, "The other side does not speak TLS at this port.", _JSSE),
    Sign(r"remote host (?:closed connection during handshake|terminated the handshake)"
         r"|ssl peer shut down incorrectly|received close_notify during handshake", {
        Cause.CONNECTION_REFUSED_OR_RESET: LIKELY, Cause.PROTOCOL_MISMATCH: POSSIBLE + 3,
        Cause.SNI_REQUIRED: POSSIBLE + 2, Cause.CIPHER_MISMATCH: POSSIBLE + 1,
        Cause.MISSING_CLIENT_CERTIFICATE: POSSIBLE,
    }, "The other side closed the connection in the middle of the handshake and did not say why: a "
        "device between, or a server that ends what it does not accept.", _JSSE),
    Sign(r"empty client certificate chain|null cert chain",
        {Cause.MISSING_CLIENT_CERTIFICATE: CERTAIN},
        "The server demands a certificate of its clients, and this one sent none.", _JSSE),
    Sign(r"unrecognized server name indication", {Cause.SNI_REQUIRED: CERTAIN},
        "The server has no site of the name that the client sent.", _JSSE),
    Sign(r"general sslengine problem", {
        Cause.UNKNOWN_CERTIFICATE: 5 * FAINT, Cause.INCOMPLETE_CHAIN: 4 * FAINT,
        Cause.HOSTNAME_MISMATCH: 3 * FAINT, Cause.EXPIRED_CERTIFICATE: FAINT,
        Cause.PROTOCOL_MISMATCH: FAINT, Cause.CIPHER_MISMATCH: FAINT,
    }, "Java refused something of the handshake; a line below (`Caused by`) says what.", _JSSE),
    Sign(r"cannot recover key|keystore was tampered with|keystore password was incorrect"
         r"|invalid keystore format|trusted certificate entries are not password-protected",
        {Cause.WIRING: CERTAIN}, "A keystore cannot be opened: its password or its format.",
        _STORES),
)  # fmt: skip
