"""Plain listings."""

from __future__ import annotations

import csv
import io
import json

import pytest

from edgeaudit.reports import listing
from tests.audit.estate import ISSUING, LEAF, ROOT, Estate, secure
from tests.factories import NOW


def _estate() -> Estate:
    estate = secure(hosts=["api.example.com", "*.example.com"]).reference("ref", "web")
    estate.store("roots", keys=False, root=[ROOT]).store("empty")
    return estate.server("backend", truststore="ref://roots")


def _rows(kind: str) -> list[dict[str, object]]:
    return listing.rows(kind, _estate().inventory(), NOW)


@pytest.mark.parametrize("kind", listing.KINDS)
def test_every_kind_in_every_format(kind: str) -> None:
    rows, columns = _rows(kind), listing.columns(kind)
    assert rows
    assert all(set(row) == set(columns) for row in rows)
    assert json.loads(listing.FORMATS["json"](rows, columns)) == rows
    table = list(csv.reader(io.StringIO(listing.FORMATS["csv"](rows, columns))))
    assert table[0] == list(columns)
    assert len(table) == len(rows) + 1
    assert str(rows[0]["where"]) in listing.FORMATS["table"](rows, columns)


def test_keystores_and_truststores_are_told_apart_by_what_they_hold() -> None:
    assert [row["where"] for row in _rows("keystores")] == [
        "acme/prod/keystores/empty",
        "acme/prod/keystores/web",
    ]
    assert [row["where"] for row in _rows("truststores")] == ["acme/prod/keystores/roots"]


def test_certificates() -> None:
    first = next(
        row for row in _rows("certs") if row["where"] == "acme/prod/keystores/web/server#0"
    )
    assert first == {
        "installation": "default",
        "where": "acme/prod/keystores/web/server#0",
        "subject": "CN=api.example.com",
        "issuer": "CN=Acme Issuing CA",
        "serial": LEAF.certificate.serial,
        "not_after": "2027-10-24T12:00:00Z",
        "days_left": 335,
        "names": ["api.example.com"],
        "key": "EC P-256",
        "sha256": LEAF.certificate.sha256,
    }
    assert len(_rows("certs")) == len([LEAF, ISSUING, ROOT])


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_runs_no_formula(text: str) -> None:
    out = listing.FORMATS["csv"]([{"where": text}], ["where"])
    (cell,) = list(csv.reader(io.StringIO(out)))[1]
    assert cell[0] not in "=+-@\t\r"


def test_the_table_shows_no_control_characters() -> None:
    out = listing.FORMATS["table"]([{"where": "a\x1b[31m\u202eb"}], ["where"])
    assert "\x1b" not in out
    assert "\u202e" not in out
