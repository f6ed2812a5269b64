"""Small installations of any kind, sound or not, for hypothesis to draw."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from edgeaudit.inventory import (
    Alias,
    Environment,
    Inventory,
    Keystore,
    ProxyTarget,
    Reference,
    Revision,
    Section,
    StoredCertificate,
    StoreName,
    TargetServer,
    TlsSettings,
    VirtualHost,
)
from edgeaudit.location import numbered
from tests.audit.estate import ISSUING, LEAF, ROOT
from tests.factories import CA, NOW, self_signed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from edgeaudit.x509.certificate import Certificate

_DAY = timedelta(days=1)
_OLD_ROOT = CA.root("Old Root", not_after=NOW - _DAY)
_RENEWED = CA.root("Old Root", key=_OLD_ROOT.private_key)
_NAMESAKE = CA.root("Old Root")
_EXPIRED = ISSUING.leaf("old.example.com", not_after=NOW - _DAY)
_CHAINS: Sequence[Sequence[Certificate]] = [
    [],
    *(
        [made.certificate for made in chain]
        for chain in (
            (LEAF, ISSUING),
            (LEAF,),
            (ISSUING, LEAF),
            (LEAF, ISSUING, ROOT),
            (LEAF, _RENEWED),
            (_EXPIRED, ISSUING),
            (ISSUING,),
            (ROOT,),
            (_OLD_ROOT,),
            (_RENEWED,),
            (_NAMESAKE,),
            (_OLD_ROOT, _RENEWED),
            (self_signed("self.example.com"),),
            (ISSUING.leaf("cn.example.com", san=False),),
        )
    ),
    [_RENEWED.described],
    [LEAF.described],
]
_HOSTS = ("api.example.com", "*.example.com", "other.example.com:8443", "192.0.2.1")
_STORES = ("alpha", "beta", "gamma")
_STORE_NAMES = st.sampled_from(
    [None, *_STORES, "gone", "ref://one", "ref://two", "ref://gone", "{flow.store}"]
)
_SETTINGS = st.builds(
    TlsSettings,
    enabled=st.sampled_from([True, True, True, False]),
    client_auth=st.booleans(),
    ignores_validation_errors=st.booleans(),
    keystore=_STORE_NAMES.map(lambda name: StoreName(name) if name else None),
    key_alias=st.sampled_from([None, "x", "y", "gone", "{flow.alias}"]),
    truststore=_STORE_NAMES.map(lambda name: StoreName(name) if name else None),
    protocols=st.sampled_from([(), ("TLSv1.2",), ("TLSv1",), ("nonsense",)]),
)


@st.composite
def environments(draw: st.DrawFn, where: str = "acme/prod") -> Environment:
    """An environment at `where`, all of which was read."""
    organization, _, name = where.partition("/")
    return Environment(
        where,
        organization,
        name,
        Section({name: draw(_keystores(where, name)) for name in draw(_some(*_STORES))}),
        Section({name: draw(_references(where, name)) for name in draw(_some("one", "two"))}),
        Section({name: draw(_virtual_hosts(where, name)) for name in draw(_some("east", "west"))}),
        Section({name: draw(_servers(where, name)) for name in draw(_some("east", "north"))}),
        Section({key: draw(_revisions(where, key)) for key in draw(_some(*_REVISIONS))}),
    )


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    """One to three environments, which know nothing of one another."""
    places = draw(_some("acme/prod", "acme/test", "other/prod")) or ("acme/prod",)
    return Inventory(
        "default", "http://edge", ("acme",), tuple(draw(environments(each)) for each in places)
    )


_REVISIONS = ("proxies/web/8", "proxies/web/10", "sharedflows/log/1")


def _some(*names: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(names), unique=True).map(tuple)


@st.composite
def _keystores(draw: st.DrawFn, env: str, name: str) -> Keystore:
    where = f"{env}/keystores/{name}"
    aliases = {each: draw(_aliases(where, each)) for each in draw(_some("x", "y", "z"))}
    keys = draw(st.sampled_from([None, None, None, frozenset(["x"])]))
    return Keystore(where, env, name, Section(aliases), keys)


def _aliases(store: str, name: str) -> st.SearchStrategy[Alias]:
    where = f"{store}/{name}"

    def alias(chain: Sequence[Certificate], has_key: bool | None) -> Alias:
        stored = (
            StoredCertificate(numbered(where, index), where, index, each)
            for index, each in enumerate(chain)
        )
        return Alias(where, store, name, has_key, tuple(stored))

    return st.builds(alias, st.sampled_from(_CHAINS), st.sampled_from([True, False, None]))


def _references(env: str, name: str) -> st.SearchStrategy[Reference]:
    return st.builds(
        Reference,
        st.just(f"{env}/references/{name}"),
        st.just(env),
        st.just(name),
        st.sampled_from([*_STORES, "gone"]),
        st.sampled_from(["KeyStore", "TrustStore", ""]),
    )


def _virtual_hosts(env: str, name: str) -> st.SearchStrategy[VirtualHost]:
    return st.builds(
        VirtualHost,
        st.just(f"{env}/virtualhosts/{name}"),
        st.just(env),
        st.just(name),
        st.sampled_from([443, 8443, None]),
        _some(*_HOSTS),
        _SETTINGS | st.none(),
        uses_free_trial_certificate=st.sampled_from([False, False, True]),
        properties=st.sampled_from([{}, {"ssl_protocols": "TLSv1 TLSv1.2", "ssl_ciphers": "RC4"}]),
    )


def _servers(env: str, name: str) -> st.SearchStrategy[TargetServer]:
    return st.builds(
        TargetServer,
        st.just(f"{env}/targetservers/{name}"),
        st.just(env),
        st.just(name),
        st.just("backend.example.com"),
        st.sampled_from([443, 8443]),
        st.booleans(),
        _SETTINGS | st.none(),
    )


def _revisions(env: str, key: str) -> st.SearchStrategy[Revision]:
    kind, name, number = key.split("/")
    where = f"{env}/{key}"
    calls = st.sampled_from(
        [
            {"url": "https://backend.example.com"},
            {"url": "http://backend.example.com"},
            {"servers": ("east",)},
            {"servers": ("{flow.server}",)},
            {},
        ]
    )

    def revision(hosts: tuple[str, ...], found: list[tuple[Any, TlsSettings | None]]) -> Revision:
        targets = (
            ProxyTarget(f"{where}/targets/{each}", env, str(each), **call, tls=tls)
            for each, (call, tls) in enumerate(found)
        )
        return Revision(
            where,
            env,
            "proxies" if kind == "proxies" else "sharedflows",
            name,
            number,
            ("/",),
            hosts,
            tuple(targets),
        )

    targets = st.lists(st.tuples(calls, _SETTINGS | st.none()), max_size=2)
    return st.builds(revision, _some("east", "west"), targets)
