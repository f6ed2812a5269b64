"""Virtual hosts on one port."""

from __future__ import annotations

from typing import Any

import pytest

from tests.audit.estate import ISSUING, LEAF, Estate, secure

OTHER = ISSUING.leaf("other.example.com")


def _hosts(port: int, **other_tls: str) -> Estate:
    """Two virtual hosts with different certificates, `web` on 443."""
    estate = secure().store("other", server=[OTHER, ISSUING])
    tls: dict[str, Any] = {"keystore": "other", "key_alias": "server", **other_tls}
    return estate.host("other", port=port, **tls)


def test_shared_port_needs_sni() -> None:
    found = _hosts(443).findings("shared-port-needs-sni")
    assert [each.where.rpartition("/")[2] for each in found] == ["other", "web"]
    assert {each.severity.value for each in found} == {"note"}
    assert [each.facts for each in found] == [{"port": 443, "certificates": 2}] * 2


def test_a_third_host_with_one_of_the_certificates() -> None:
    estate = _hosts(443).host("third", keystore="web", key_alias="server")
    assert len(estate.findings("shared-port-needs-sni")) == 3


@pytest.mark.parametrize(
    "estate",
    [
        _hosts(8443),
        _hosts(443, keystore="web"),
        _hosts(443, key_alias="gone"),
        _hosts(443).host("other", enabled=False),
        _hosts(443).host("other", trial=True),
        _hosts(443).store("other", server=[LEAF, ISSUING]),
    ],
)
def test_a_port_or_a_certificate_of_their_own(estate) -> None:
    assert estate.findings("shared-port-needs-sni") == []


def test_a_port_or_a_certificate_that_is_not_known() -> None:
    without_port: dict[str, Any] = {"port": None}
    estate = _hosts(**without_port).host("web", keystore="web", key_alias="server", **without_port)
    assert estate.findings("shared-port-needs-sni") == []
    estate = _hosts(443).host("third", keystore="web", key_alias="gone")
    assert len(estate.findings("shared-port-needs-sni")) == 2
    assert estate.report().gaps == ()
