"""Whatever a name holds, it stays one word of the line that it stands in."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.audit.engine import judge
from edgeaudit.audit.policy import Policy
from edgeaudit.audit.remedies.shell import says, send, url
from tests.audit.estate import ISSUING, LEAF, TRUST, Estate
from tests.audit.remedies.test_proof import needs_tools
from tests.factories import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from edgeaudit.audit.finding import Finding

NASTY = [
    "$(touch pwned)",
    "`touch pwned`",
    "'; touch pwned; '",
    '"; touch pwned; "',
    "a\ntouch pwned\n",
    "x\rtouch pwned #",
    "& touch pwned |touch pwned",
    r"\(1) \\(2) \" '$EDGE",
    "-o /dev/stdout @new-key.pem <new-key.pem",
    "{a,b} * ~ !! #",
    "%2e%2e/..;?a=b&c",
    "\u202eevil\u2028touch pwned",
    "\ud800 lone",
]
names = st.one_of(st.sampled_from(NASTY), st.text(min_size=1))


@given(names, names)
def test_a_url_is_one_word_that_names_the_same(first: str, second: str) -> None:
    where = url("keystores", first, alias=second)
    (word,) = shlex.split(where)
    path, _, query = word.partition("?")
    root, section, name = path.split("/")
    assert where == f'"{word}"'
    assert (root, section) == ("$EDGE", "keystores")
    assert unquote(name, errors="surrogatepass") == first
    assert unquote(query, errors="surrogatepass") == f"alias={second}"
    assert not set(name + query) & set("$`\\\"'!{}[]*?# \n&;")


@given(names)
def test_a_body_is_one_word_that_says_the_same(name: str) -> None:
    line = send("POST", url("keystores"), {"name": name})
    assert line.isascii()
    assert line.isprintable()
    words = shlex.split(line)
    assert json.loads(words[words.index("-d") + 1]) == {"name": name}


@given(st.text())
def test_a_comment_is_one_line(text: str) -> None:
    assert says(text).startswith("# ")
    assert len(says(text).splitlines()) == 1


def hostile(name: str) -> Estate:
    """An estate in which everything bears that name, and much is wrong."""
    ref = f"ref://{name}"
    expired: dict[str, Any] = {name: [ISSUING.leaf("api.example.com", not_after=NOW)]}
    bare: dict[str, Any] = {name: [LEAF]}
    return (
        Estate()
        .store(name, **expired)
        .store(f"{name} bare", keys=False, **bare)
        .reference(name, name)
        .reference(f"{name} dangling", f"{name} gone")
        .host(name, [name, f"*.{name}"], keystore=ref, key_alias=name)
        .host(f"{name} direct", ["api.example.com"], keystore=name, key_alias=name)
        .host(f"{name} none", ["b.example.com"], key_alias=name, client_auth=True)
        .host(f"{name} lost", keystore=f"ref://{name} lost", key_alias=name)
        .server(name, keystore=f"{name} bare", key_alias=name, truststore=f"{name} absent")
        .server(f"{name} d", keystore=f"ref://{name} dangling", key_alias=f"{name} x")
        .proxy(name, url=f"https://{name}/", policy=name, keystore=name, key_alias=f"{name} y")
    )


def mended(name: str) -> list[Finding]:
    """Its findings that have steps."""
    inventory = replace(hostile(name).inventory(), source="https://edge.example/v1")
    findings = judge([inventory], TRUST, Policy(), NOW, NOW).findings
    return [each for each in findings if each.steps]


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_each_line_stays_one(name: str) -> None:
    tame = {each.rule + each.where.replace("tame", ""): each for each in mended("tame")}
    assert len({each.rule for each in tame.values()}) > 6
    found = mended(name)
    assert "{" in name or len(found) >= len(tame) - 2
    for finding in found:
        for line in finding.steps:
            assert len(line.splitlines()) == 1
            if not line.startswith("# "):
                assert line.isascii()
                assert line.isprintable()


STUBS = """
curl() { printf '%s\\0' curl "$@" >> called; printf '\\0' >> called; echo '[]'; }
openssl() { :; }; zip() { :; }; unzip() { :; }
cp /dev/null called
"""


@needs_tools
@pytest.mark.parametrize(
    "name", ["".join(each for each in NASTY if "{" not in each), NASTY[8]], ids=["all", "option"]
)
def test_no_name_is_ever_run(name: str, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    script = STUBS + "\n".join(line for each in mended(name) for line in each.steps)
    subprocess.run(["bash"], input=script.encode(), cwd=tmp_path, capture_output=True, check=False)
    called = (tmp_path / "called").read_bytes().split(b"\0\0")
    assert len(called) > 10
    assert not list(tmp_path.glob("*pwned*"))
    made = {json.loads(w)["name"] for c in called for w in c.split(b"\0") if w[:9] == b'{"name": '}
    assert any(each.startswith(name) for each in made)


@needs_tools
@pytest.mark.parametrize("name", NASTY[:-1], ids=range(len(NASTY) - 1))
def test_jq_sets_the_very_name(name: str) -> None:
    (program,) = {
        shlex.split(line)[1]
        for each in mended(name)
        if each.rule == "client-auth-without-truststore"
        for line in each.steps
        if line.startswith("jq ")
    }
    told = subprocess.check_output(["jq", program], input=b'{"sSLInfo": {"enabled": "true"}}')
    assert json.loads(told)["sSLInfo"] == {
        "enabled": "true",
        "trustStore": f"ref://{name} none-trust",
    }
