"""The shell lines of the documents, run against the demo Edge."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edgeaudit.demo import DemoEdge
from tests.factories import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENTS = ("formats", "monitoring", "private-cloud")


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables of somebody who has configured edgeaudit, for a small part of the demo."""
    with DemoEdge(NOW) as edge:
        trust = tmp_path_factory.mktemp("trust") / "root.pem"
        trust.write_text(edge.ca_pem)
        yield {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(trust.parent),
            "EDGEAUDIT_URL": edge.url,
            "EDGEAUDIT_USERNAME": edge.username,
            "EDGEAUDIT_PASSWORD": edge.password,
            "EDGEAUDIT_TRUST": str(trust),
            "EDGEAUDIT_ORG": "heritage,tryout",
        }


@pytest.mark.full
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_shell_lines_do_what_is_said(environ, tmp_path, name) -> None:
    text = Path(f"docs/{name}.md").read_text("utf-8")
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert text.split("\n")[2] == "```sh", "a document starts from an example that works"
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", "\n".join(blocks)],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert "edgeaudit: " not in ran.stderr
    told = {"formats": "report.html", "monitoring": "EDGEAUDIT CRITICAL - "}
    told["private-cloud"] = "Router router-2 has TLSv1 TLSv1.2 for ssl_protocols"
    assert told[name] in ran.stdout
