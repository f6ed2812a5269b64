"""Healthy target endpoints. Each function says what it could be mistaken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Call, CommonName, Target, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def two_way(draft: Draft, ca: Authorities) -> None:
    """Not unused: one target endpoint alone shows the certificate."""
    draft.keystore("harbour", Alias("client", ca.chain("harbour.wellkept.example")))
    key_store = draft.reference("harbour", "harbour")
    draft.proxy(
        "harbour", draft.target(Tls(key_store, "client", "ref://partners", client_auth=True))
    )


def settings_beside_load_balancer(draft: Draft, ca: Authorities) -> None:
    """Not ignored, not missing: what stands beside the load balancer is switched off."""
    tls = Tls("no-keys", "nobody", "ref://no-roots", client_auth=True, enabled=False)
    draft.proxy("balanced", Target("default", Call(servers=("geocoder",), tls=tls)))


def several_servers(draft: Draft, ca: Authorities) -> None:
    """Not unused: the second server of a load balancer is called too."""
    root = Alias("root", (ca.partner_root.certificate,), has_key=False)
    tls = Tls(trust_store=draft.truststore("second", root))
    draft.backend("second", tls, is_called=False)
    draft.proxy("several", Target("default", Call(servers=("geocoder", "second"))))


def former_revision(draft: Draft, ca: Authorities) -> None:
    """Not missing: of three revisions only the middle one is deployed, and it is sound."""
    broken = Tls("former", "client", "ref://former", client_auth=True)
    for number in (8, 10):
        draft.proxy("rebuilt", draft.target(broken), number=number, deployed_in=())
    draft.proxy("rebuilt", draft.target(Tls(trust_store="ref://partners")), number=9)


def never_deployed(draft: Draft, ca: Authorities) -> None:
    """Not missing: a proxy that is deployed nowhere breaks nothing."""
    draft.proxy("draft", draft.target(Tls(trust_store="later")), deployed_in=())


def blank_settings(draft: Draft, ca: Authorities) -> None:
    """Not missing: a store without a name is none, and blanks around a name are not part of it."""
    draft.proxy("blank", draft.target(Tls("  ", "\n", "\n      ref://partners\n    ")))


def variable_host(draft: Draft, ca: Authorities) -> None:
    """Not dynamic: the flow variable is in the URL, the stores are named."""
    root = Alias("root", (ca.partner_root.certificate,), has_key=False)
    tls = Tls(trust_store=draft.truststore("tenants", root))
    call = Call("https://{request.header.tenant}.partner.example/v1", tls=tls)
    draft.proxy("tenants", Target("default", call))


def variable_alias(draft: Draft, ca: Authorities) -> None:
    """Not missing: a flow variable names the alias, and it may be either of the two."""
    aliases = (Alias(each, ca.chain(f"{each}.wellkept.example")) for each in ("north", "south"))
    draft.keystore("regions", *aliases)
    key_store = draft.reference("regions", "regions")
    tls = Tls(key_store, "{request.header.region}", "ref://partners", client_auth=True)
    draft.proxy("regional", draft.target(tls))


def name_of_backend(draft: Draft, ca: Authorities) -> None:
    """Not a host of ours, not uncovered: the backend's certificate must carry the name."""
    common_name = CommonName("*.partner.example", wildcard_match=True)
    draft.proxy("named", draft.target(Tls(trust_store="ref://partners", common_name=common_name)))


def variable_store(draft: Draft, ca: Authorities) -> None:
    """Not unused, in the whole environment: the flow variable may name any store."""
    draft.keystore("lab", Alias("client", ca.chain("lab.wellkept.example")))
    draft.reference("lab", "lab")
    tls = Tls("ref://{flow.store}", "client", "ref://partners", client_auth=True)
    draft.proxy("experiment", draft.target(tls))
    draft.defect(
        "variable-store",
        "dynamic-store-name",
        "note",
        "proxies/experiment/1/targets/default",
        "An experiment lets each request choose its client certificate",
    )


def switched_off(draft: Draft, ca: Authorities) -> None:
    """Not missing: TLS settings are there, and are off."""
    tls = Tls("no-keys", "nobody", "no-roots", client_auth=True, enabled=False)
    call = Call("http://mock.partner.example/v1", tls=tls)
    draft.proxy("switched off", Target("default", call))


def without_http(draft: Draft, ca: Authorities) -> None:
    """No backend over HTTP: another proxy, a script, an empty target, or no target at all."""
    local, script = Target("local", "LocalTargetConnection"), Target("script", "ScriptTarget")
    draft.proxy("inward", local, script, Target("empty"))
    draft.proxy("no target")


def oddly_named(draft: Draft, ca: Authorities) -> None:
    """Not unused: names may hold blanks, percent signs, and what looks like an escape."""
    root = Alias("root", (ca.partner_root.certificate,), has_key=False)
    tls = Tls(trust_store=draft.truststore("odd roots 100%", root))
    draft.proxy("odd%20proxy 50% $_-.", draft.target(tls, "odd target 25%"))


def servers_of_all_environments(draft: Draft, ca: Authorities) -> None:
    """Not missing: the revision is deployed twice, and each environment has its own truststore."""
    draft.proxy(
        "twice", draft.target(Tls(trust_store="ref://partners")), deployed_in=("prod", "test")
    )


PLANTS: tuple[Plant, ...] = (
    two_way,
    settings_beside_load_balancer,
    several_servers,
    former_revision,
    never_deployed,
    blank_settings,
    variable_host,
    variable_alias,
    name_of_backend,
    switched_off,
    without_http,
    oddly_named,
    servers_of_all_environments,
)

OF_ANY_STORE: tuple[Plant, ...] = (variable_store,)
