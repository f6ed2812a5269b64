"""The bundle of a revision: a zip archive of XML documents, as `?format=bundle` gives it.

Documentation: "API proxy configuration reference"; apigee-edge-js, lib/deployableAsset.js.
"""

from __future__ import annotations

import io
import zipfile
from functools import lru_cache
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from .documents import Kind, documents

if TYPE_CHECKING:
    from collections.abc import Iterator
    from xml.etree.ElementTree import Element

    from .forms import Forms
    from .installation import Revision

_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_SCRIPT = ("resources/jsc/x.js", b"print('<TrustStore>script</TrustStore>');\n")


def bundle(kind: Kind, name: str, revision: Revision, forms: Forms) -> bytes:
    """The archive, in the forms drawn."""
    return _bundle(kind, name, revision, forms.xml, forms.archive, forms.not_set == "empty")


@lru_cache(maxsize=4096)
def _bundle(
    kind: Kind, name: str, revision: Revision, xml: str, archive: str, has_empty: bool
) -> bytes:
    root = "apiproxy" if kind == "apis" else "sharedflowbundle"
    parts = documents(kind, name, revision, has_empty=has_empty)
    members = [(path, _text(document, xml).encode()) for path, document in parts]
    file = io.BytesIO()
    method = zipfile.ZIP_STORED if archive == "stored" else zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(file, "w", method) as made:
        for path, data in [*_folders(archive, members), *members, _SCRIPT]:
            made.writestr(zipfile.ZipInfo(f"{root}/{path}"), data, method)
    return file.getvalue()


def _folders(archive: str, members: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    if archive == "folders":
        for folder in sorted({path.rpartition("/")[0] for path, _ in members} - {""}):
            yield f"{folder}/", b""


def _text(document: Element, xml: str) -> str:
    if xml == "compact":
        return ElementTree.tostring(document, encoding="unicode")
    if xml == "remarks":
        _remark(document)
    ElementTree.indent(document, "    ")
    return _DECLARATION + ElementTree.tostring(document, encoding="unicode")


def _remark(document: Element) -> None:
    """Leave in a comment what may have stood there before."""
    for settings in document.iter("SSLInfo"):
        settings.append(ElementTree.Comment(" <TrustStore>formerly</TrustStore> "))
