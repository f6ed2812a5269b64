"""A JVM reads the same files, and says the same of what is in effect."""

from __future__ import annotations

import base64
import random
import subprocess
from pathlib import Path

import pytest

from edgeaudit.errors import InputError
from edgeaudit.hosts.properties import properties
from edgeaudit.hosts.reading import Given, read_hosts
from tests.x509.java import needs_java

pytestmark = [pytest.mark.full, needs_java]
_PROGRAM = Path(__file__).with_name("Loads.java")
_PARTS = ["a", "b", "=", ":", " ", "\t", "\f", "\\", "\\", "\n", "\r", "\r\n", "#", "!", "é"]
_PARTS += ["\\u0041", "\\u", "\\\n", "\\\n  ", "\\u00e9", "u", "\\=", "\\ ", "\\t", "\\\\"]
_TLS, _PATHS = "jdk.tls.disabledAlgorithms", "jdk.certpath.disabledAlgorithms"


def asked(*arguments: str, text: str = "", options: tuple[str, ...] = ()) -> list[str]:
    command = ["java", "-XX:TieredStopAtLevel=1", *options, str(_PROGRAM), *arguments]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def ours(text: str) -> str:
    try:
        read = {each.key: each.value for each in properties(text)}
    except InputError:
        return "refused"
    by_unit = sorted(read.items(), key=lambda each: _utf16(each[0]))
    return " ".join(["read", *(f"{_utf16(key)}={_utf16(value)}" for key, value in by_unit)])


def _utf16(text: str) -> str:
    return text.encode("utf-16-be", "surrogatepass").hex()


def test_properties() -> None:
    made = random.Random(20261123)
    texts = ["".join(made.choices(_PARTS, k=made.randrange(30))) for _ in range(20_000)]
    lines = [base64.b64encode(text.encode("latin-1")).decode() for text in texts]
    told = asked(text="\n".join(lines) + "\n")
    assert len(told) == len(texts)
    differing = [text for text, java in zip(texts, told, strict=True) if ours(text) != java]
    # a lone backslash at the very end is a property without a name to Java; nobody asks for it
    assert [text for text in differing if not text.rstrip("\r\n").endswith("\\")] == []
    assert 1000 < told.count("refused") < 19_000


@pytest.mark.parametrize(
    "text",
    [
        f"{_TLS}=SSLv3, RC4\n",
        f"{_TLS}=SSLv3, \\\n    RC4, \\\n    DES\n{_PATHS} = MD2\n",
        f"{_TLS}=SSLv3\n{_TLS}=RC4\n",
        f"#{_TLS}=SSLv3\n!{_PATHS}=MD2\n{_TLS} SSLv3\n",
        f"{_TLS}=\n{_PATHS}:MD2, MD5\n",
        f"{_TLS.replace('.', chr(92) + 'u002e')}=\\u0053SLv3\n",
        f"  {_TLS}  =  SSLv3, RC4  \n",
    ],
)
def test_java_security_and_what_is_laid_over_it(text: str, tmp_path: Path) -> None:
    """Java's own file beneath, and over it one of `-Djava.security.properties`, as Edge has it."""
    settings = "-XshowSettings:properties"
    shown = subprocess.run(["java", settings, "-version"], capture_output=True, text=True).stderr
    home = next(line for line in shown.splitlines() if "java.home" in line).split("=")[1].strip()
    security = tmp_path / "mp-1" / "opt" / "java" / "conf" / "security"
    security.mkdir(parents=True)
    own = Path(home, "conf", "security", "java.security").read_text("latin-1")
    (security / "java.security").write_text(own, "latin-1")
    over = tmp_path / "mp-1" / "opt" / "apigee" / "edge-message-processor" / "conf"
    over.mkdir(parents=True)
    (over / "jvmsecurity.properties").write_text(text, "latin-1")
    option = f"-Djava.security.properties={over / 'jvmsecurity.properties'}"
    told = asked(_TLS, _PATHS, options=(option,))
    (host,) = read_hosts([Given(tmp_path / "mp-1")]).hosts
    assert [host.settings[name].value for name in (_TLS, _PATHS)] == told
    place, line = host.settings[_TLS].where.rsplit(":", 1)
    assert place.endswith("jvmsecurity.properties")
    assert int(line) <= text.count("\n")
