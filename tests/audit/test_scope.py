"""Which findings an entry of the policy speaks of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgeaudit.audit.finding import Cause, Finding, Severity
from edgeaudit.audit.scope import Scope, exactly

WEB = "acme/prod/keystores/web/server#0"
TARGET = "acme/prod/proxies/orders/7/targets/default"


def _finding(where: str, rule: str = "expired-certificate", installation: str = "east") -> Finding:
    return Finding(
        rule, Severity.ERROR, Cause.EXPIRED_CERTIFICATE, None, installation, where, "expired"
    )


@pytest.mark.parametrize(
    ("scope", "where"),
    [
        (Scope(), WEB),
        (Scope("expired-certificate", WEB, "east"), WEB),
        (Scope("expir*", "acme/*", "e?st"), WEB),
        (Scope(where="acme/*#0"), WEB),
        (Scope(where="*/keystores/w[a-f]b/*"), WEB),
        (Scope(where=TARGET), TARGET),
        (Scope(where=TARGET.replace("7", "12")), TARGET),
        (Scope(where=TARGET.replace("7", "*")), TARGET),
        (Scope(where="acme/*/proxies/orders/12/*"), TARGET),
        (Scope(where="*/proxies/orders/12/*"), TARGET),
        (Scope(where="*/proxies/*/targets/default"), TARGET),
        (Scope(where="acme/prod/sharedflows/x/1/*"), "acme/prod/sharedflows/x/22/policies/call"),
    ],
)
def test_what_is_in_it(scope: Scope, where: str) -> None:
    assert scope.covers(_finding(where))


@pytest.mark.parametrize(
    ("scope", "where"),
    [
        (Scope("expiring-certificate"), WEB),
        (Scope("Expired-Certificate"), WEB),
        (Scope("expired"), WEB),
        (Scope(installation="eas"), WEB),
        (Scope(installation="west"), WEB),
        (Scope(where="acme/prod/keystores/web/server"), WEB),
        (Scope(where="prod/*"), WEB),
        (Scope(where="ACME/*"), WEB),
        (Scope(where="acme/prod/keystores/web[1]/*"), "acme/prod/keystores/web[1]/server#0"),
        (Scope(where=TARGET.replace("orders", "order")), TARGET),
        (Scope(where=TARGET.replace("7/", "")), TARGET),
        # 7 is no revision there
        (Scope(where="acme/prod/keystores/7/a"), "acme/prod/keystores/8/a"),
        (Scope(where="acme/proxies/keystores/7/a"), "acme/proxies/keystores/8/a"),
        (Scope(where="acme/proxies/keystores/7/*"), "acme/proxies/keystores/8/a"),
        (Scope(where=TARGET.replace("default", "7")), TARGET.replace("default", "8")),
    ],
)
def test_what_only_looks_like_it(scope: Scope, where: str) -> None:
    assert not scope.covers(_finding(where))


@given(st.text(), st.text())
def test_exactly_means_that_and_nothing_else(name: str, other: str) -> None:
    where = f"acme/prod/keystores/{name}"
    scope = Scope(where=exactly(where))
    assert scope.covers(_finding(where))
    assert scope.covers(_finding(f"acme/prod/keystores/{other}")) == (name == other)
    assert scope.prefix == where


@given(st.text(alphabet="a*?[]!-/\\", max_size=12), st.text(alphabet="a*[]!-/", max_size=8))
def test_no_glob_is_too_strange(glob: str, where: str) -> None:
    scope = Scope(where=glob)
    if scope.covers(_finding(where)):
        assert where.startswith(scope.prefix)


@pytest.mark.parametrize(
    ("where", "prefix"),
    [
        ("acme/prod/*", "acme/prod/"),
        ("*", ""),
        ("acme/pro[dx]/keystores", "acme/pro"),
        ("acme/prod/keystores/w[*]b", "acme/prod/keystores/w*b"),
    ],
)
def test_what_every_place_begins_with(where: str, prefix: str) -> None:
    assert Scope(where=where).prefix == prefix
