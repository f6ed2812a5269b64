"""Message Processors' files, as administrators write them: a table for the tool and for a JVM.

The files of a configuration are the customer's (`P`), Edge's tokens beneath (`T`), Edge's own
system.properties (`S`) and jvmsecurity.properties (`V`), and Java's java.security (`J`).
"""

from __future__ import annotations

EDGE = "opt/apigee/edge-message-processor"
PATHS = {
    "J": "opt/java/lib/security/java.security",
    "S": f"{EDGE}/conf/system.properties",
    "V": f"{EDGE}/conf/jvmsecurity.properties",
    "T": f"{EDGE}/token/default.properties",
    "P": "opt/apigee/customer/application/message-processor.properties",
}
HTTPS, OTHER = "conf_system_https.protocols", "conf/system.properties+https.protocols"
CLIENT = "conf_system_jdk.tls.client.protocols"
SNI = "conf_system_jsse.enableSNIExtension"
TLS = "jdk.tls.disabledAlgorithms"
TOKEN, PLUS = f"conf_jvmsecurity_{TLS}", f"conf/jvmsecurity.properties+{TLS}"
_OLD = "SSLv3, RC4, DES, MD5withRSA"
_LATE = f"{_OLD}, TLSv1, TLSv1.1, 3DES_EDE_CBC, anon, NULL"

CONFIGURATIONS: dict[str, dict[str, str]] = {
    "nothing set": {"P": ""},
    "TLSv1.2 alone": {"P": f"{HTTPS}=TLSv1.2"},
    "the other way to write it": {"P": f"{OTHER}=TLSv1.2"},
    "both ways in one file": {"P": f"{OTHER}=TLSv1.2\n{HTTPS}=TLSv1.3"},
    "twice in one file": {"P": f"{HTTPS}=TLSv1.3\n{HTTPS}=TLSv1.2"},
    "two versions": {"P": f"{HTTPS}=TLSv1.2,TLSv1.3"},
    "in another order": {"P": f"{HTTPS}=TLSv1.3,TLSv1.2"},
    "continued on the next line": {"P": f"{HTTPS}=TLSv1.2,\\\n    TLSv1.3"},
    "escaped": {"P": f"{HTTPS}=\\u0054LSv1.2"},
    "a colon and blanks": {"P": f"  {HTTPS} : TLSv1.2"},
    "commented out": {"P": f"#{HTTPS}=TLSv1.2\n!{SNI}=false"},
    "empty": {"P": f"{HTTPS}="},
    "an empty name among them": {"P": f"{HTTPS}=TLSv1.2,,TLSv1.3,"},
    "a blank after the comma": {"P": f"{HTTPS}=TLSv1.2, TLSv1.3"},
    "small letters": {"P": f"{HTTPS}=tlsv1.2"},
    "no such version": {"P": f"{HTTPS}=TLSv1.2,TLSv1.4"},
    "a number": {"P": f"{HTTPS}=tls1.2"},
    "with blanks, as the Router has it": {"P": f"{HTTPS}=TLSv1.2 TLSv1.3"},
    "the old form of hello": {"P": f"{HTTPS}=SSLv2Hello,TLSv1.2"},
    "a disabled version": {"P": f"{HTTPS}=TLSv1"},
    "a disabled one among others": {"P": f"{HTTPS}=TLSv1,TLSv1.2"},
    "one that is allowed again": {"P": f"{HTTPS}=TLSv1\n{PLUS}={_OLD}"},
    "all that are allowed again": {"P": f"{TOKEN}={_OLD}"},
    "Edge's default beneath": {"T": f"{HTTPS}=TLSv1.2", "P": ""},
    "Edge's default overridden": {"T": f"{HTTPS}=TLSv1.2", "P": f"{HTTPS}=TLSv1.3"},
    "Edge's own file": {"S": "https.protocols=TLSv1.2", "P": ""},
    "Edge's own file overridden": {
        "S": "https.protocols=TLSv1.2\njsse.enableSNIExtension=false",
        "P": f"{HTTPS}=TLSv1.3\n{SNI}=true",
    },
    "the JVM's property": {"P": f"{CLIENT}=TLSv1.2"},
    "the JVM's property with blanks": {"P": f"{CLIENT}=TLSv1.2, TLSv1.3"},
    "the JVM's property in quotes": {"P": f'{CLIENT}="TLSv1.2, TLSv1.3"'},
    "the JVM's property, no such version": {"P": f"{CLIENT}=TLSv1.4"},
    "the JVM's property, small letters": {"P": f"{CLIENT}=tlsv1.2"},
    "both properties": {"P": f"{CLIENT}=TLSv1.2\n{HTTPS}=TLSv1.3"},
    "both, the first empty": {"P": f"{CLIENT}=TLSv1.2\n{HTTPS}="},
    "both, the JVM's is none": {"P": f"{CLIENT}=TLSv1.4\n{HTTPS}=TLSv1.2"},
    "no server names": {"P": f"{SNI}=false"},
    "no server names, in capitals": {"P": f"{SNI}=FALSE"},
    "server names": {"P": f"{SNI}=true"},
    "server names, in another word": {"P": f"{SNI}=yes"},
    "no names and one version": {"P": f"{SNI}=false\n{HTTPS}=TLSv1.2"},
    "java.security": {"J": f"{TLS}={_LATE}", "P": ""},
    "java.security, late": {"J": f"{TLS}={_LATE}, ECDH, TLSv1.2", "P": ""},
    "java.security over several lines": {"J": f"{TLS}={_OLD}, \\\n  TLSv1.3, \\\n  TLSv1", "P": ""},
    "java.security overridden": {"J": f"{TLS}={_LATE}", "V": f"{TLS}={_OLD}", "P": ""},
    "jvmsecurity overridden": {"V": f"{TLS}={_OLD}", "P": f"{TOKEN}={_LATE}, TLSv1.3"},
    "sizes of keys": {"J": f"{TLS}={_LATE}, DH keySize < 2048, EC keySize < 224", "P": ""},
    "sizes of keys without blanks": {"J": f"{TLS}={_LATE}, DH keySize<2048", "P": ""},
    "sizes of keys in small letters": {"J": f"{TLS}={_LATE}, DH keysize < 2048", "P": ""},
    "sizes of keys without a sign": {"J": f"{TLS}={_LATE}, DH keySize 2048", "P": ""},
    "dates and usages": {"J": f"{TLS}=RC4, SHA1 jdkCA & denyAfter 2019-01-01", "P": ""},
    "all versions disabled": {"J": f"{TLS}=TLSv1, TLSv1.1, TLSv1.2, TLSv1.3, SSLv3", "P": ""},
    "the only version disabled": {"J": f"{TLS}=TLSv1.2", "P": f"{HTTPS}=TLSv1.2"},
    "nothing disabled": {"J": f"{TLS}=", "P": f"{HTTPS}=TLSv1,TLSv1.1,TLSv1.2"},
    "suites by their parts": {"J": f"{TLS}={_LATE}, DHE_RSA, AES_256_CBC", "P": ""},
}
