"""What depends on a thing, in every format."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edgeaudit.audit.answer import Answer, answer
from edgeaudit.audit.catalogue import Catalogue
from edgeaudit.audit.tree import Node
from edgeaudit.inventory import Gap
from edgeaudit.location import printable
from edgeaudit.reports import graph, impact
from tests.audit.estate import ISSUING, LEAF, Estate, secure
from tests.factories import NOW
from tests.schemas import validate

# what Graphviz, Mermaid, HTML and a terminal might take for more than text
ARTFUL = ['"', "\\", '\\"', '"];n9[label="x', "\\N \\l", "&amp;&#34;", "<b>x</b>", "#quot;", "#35;"]
ARTFUL += [
    "style:x#y;",
    "`code`",
    "**x**",
    "end",
    "{a|b}",
    "\x1b[31m",
    "\u202e",
    "\n",
    "\0",
    "\ud800",
]


def _answer(estate: Estate, subject: str) -> Answer:
    inventories = [estate.inventory()]
    found = Catalogue(inventories).find(subject)
    return answer(found.name, [found], inventories, NOW)


def _named(text: str) -> Answer:
    """An answer in which outsiders had their say."""
    leaf = Node("certificate", f"{text}#0", text, certificate=LEAF.certificate)
    tree = Node("keystore", text, text, children=(leaf, Node("proxy", f"x{text}")))
    return Answer(text, NOW, (tree,), (tree,), (text,), (text,), (text,), text, (), ())


ESTATE = secure([LEAF, ISSUING]).reference("old", "web").proxy("orders", hosts=["web"])
ANSWER = _answer(ESTATE, "keystores/web")


def test_the_tree() -> None:
    assert impact.render(ANSWER) == (
        "USED BY\n"
        "keystore acme/prod/keystores/web\n"
        "├── reference acme/prod/references/old (nothing names it)\n"
        "└── virtual host acme/prod/virtualhosts/web (key alias server)\n"
        "    └── proxy acme/prod/proxies/orders/1 (/)\n"
        "\n"
        f"{ANSWER.conclusion}\n"
    )


def test_the_tree_in_ascii() -> None:
    told = impact.render(ANSWER, boxes=False)
    assert told.isascii()
    assert "|-- reference acme/prod/references/old" in told
    assert "\n    `-- proxy" in told


def test_what_an_endpoint_uses() -> None:
    told = impact.render(_answer(ESTATE, "virtualhosts/web"))
    assert told.index("USED BY\n") < told.index("\nUSES\nvirtual host acme/prod/virtualhosts/web\n")
    expiry = "CN=api.example.com: expires in 335 days (2027-10-24)"
    assert f"├── certificate acme/prod/keystores/web/server#0 {expiry}\n" in told


@pytest.mark.parametrize("width", [40, 80])
def test_the_sentence_fits_the_terminal(width: int) -> None:
    sentence = impact.render(ANSWER, width=width).rpartition("\n\n")[2]
    assert max(map(len, sentence.splitlines())) <= width
    assert " ".join(sentence.split()) == ANSWER.conclusion


@pytest.mark.parametrize("subject", ["keystores/web", "virtualhosts/web", "orders", "CN=api"])
def test_json_is_as_its_schema_says(subject: str) -> None:
    told = json.loads(impact.FORMATS["json"](_answer(ESTATE, subject)))
    validate(told, "impact")
    assert told["proved"] is told["complete"] is True


@pytest.mark.parametrize("name", impact.FORMATS)
def test_no_format_hides_what_could_not_be_read(name: str) -> None:
    estate = Estate().store("s", x=[LEAF]).cannot_read("virtual_hosts")
    estate.gaps = [Gap("acme/prod/virtualhosts", "forbidden", "HTTP 403")]
    told = impact.FORMATS[name](_answer(estate, "keystores/s"))
    assert "acme/prod/virtualhosts was not read" in told


def test_a_graph_has_each_thing_and_each_arrow_once() -> None:
    told = graph.mermaid(_answer(ESTATE.store("copy", x=[LEAF, ISSUING]), "CN=Acme Issuing CA"))
    assert len(re.findall(r"^  n\d+\[", told, re.MULTILINE)) == 7
    assert told.count("certificate CN") == 1
    assert "(key alias server)" in html.unescape(told.replace("#", "&#"))


@given(st.text(max_size=30) | st.sampled_from(ARTFUL))
@example("n" * 100_000)
def test_nothing_breaks_out_of_a_graph(text: str) -> None:
    answered = _named(text)
    for line in graph.dot(answered).splitlines()[1:-1]:
        unquoted = re.sub(r'"(?:[^"\\]|\\["\\])*"', '""', line)
        assert re.fullmatch(
            r'  (graph \[rankdir=LR, label=""\]|node \[shape=box\]|n\d \[label=""\]|n\d -> n\d);',
            unquoted,
        )
    for line in graph.mermaid(answered).splitlines()[1:]:
        assert re.fullmatch(r'  (n\d --> n\d|(n\d|answer)\["(\w|[ ./-]|#\d+;)*"\])', line)


@given(st.text(max_size=30) | st.sampled_from(ARTFUL))
def test_a_label_is_what_was_meant(text: str) -> None:
    answered = _named(text)
    dot = re.search(r'label="(.*)"\];', graph.dot(answered).splitlines()[1])
    assert dot
    assert re.sub(r"\\(.)", r"\1", dot[1]).replace("&amp;", "&") == printable(text)
    boxes = re.findall(r'answer\["(.*)"\]', graph.mermaid(answered))
    assert re.sub(r"#(\d+);", lambda found: chr(int(found[1])), boxes[0]) == printable(text)


@given(st.text(max_size=30) | st.sampled_from(ARTFUL))
def test_nothing_breaks_out_of_a_line(text: str) -> None:
    told = impact.render(_named(text), width=10_000)
    assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ud800-\udfff]", told)
    assert len(told.splitlines()) <= 12


@pytest.mark.full
@pytest.mark.skipif(not shutil.which("dot"), reason="Graphviz is not installed")
@pytest.mark.parametrize("text", [*ARTFUL, "n" * 100_000, "e\u0301 \u0e01 \U0001f4a9", "&copy;"])
def test_graphviz_reads_what_was_meant(text: str) -> None:
    source = graph.dot(_named(text)).encode()
    done = subprocess.run(["dot", "-Tsvg"], input=source, capture_output=True, check=True)
    assert done.stderr == b""
    drawn = html.unescape(done.stdout.decode().replace("\u00a0", " "))
    assert " ".join(printable(text)[:400].split()) in " ".join(drawn.replace("\xa0", " ").split())
    structure = subprocess.run(["dot", "-Tplain"], input=source, capture_output=True, check=True)
    lines = structure.stdout.decode().splitlines()
    assert [sum(line.startswith(kind) for line in lines) for kind in ("node ", "edge ")] == [3, 4]
