"""Settings that do nothing, or not what was meant; and what is worth a note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Call, Target, TargetServer, Tls, VirtualHost

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def tls_disabled(draft: Draft, ca: Authorities) -> None:
    off = Tls(trust_store="ref://partners", enabled=False)
    draft.backend("meters", off)
    draft.target_server(TargetServer("switches", "backend.partner.example"))
    draft.proxy("sockets", Target("default", Call("https://backend.partner.example/v1", tls=off)))
    draft.proxy("fuses", Target("default", Call("http://backend.partner.example:443")))
    for name, where in (
        ("server-with-tls-off", "targetservers/meters"),
        ("server-without-tls", "targetservers/switches"),
        ("url-with-tls-off", "proxies/sockets/1/targets/default"),
        ("url-with-port-of-tls", "proxies/fuses/1/targets/default"),
    ):
        story = "Plain HTTP goes to where a handshake is awaited"
        draft.defect(name, "tls-disabled-target", "warning", where, story)


def settings_beside_load_balancer(draft: Draft, ca: Authorities) -> None:
    draft.backend("balanced", Tls(trust_store="ref://partners"))
    tls = Tls("no-keys", "nobody", "ref://no-roots", client_auth=True, protocols=("SSLv3",))
    draft.proxy("balanced-twice", Target("default", Call(servers=("balanced",), tls=tls)))
    draft.defect(
        "settings-beside-load-balancer",
        "tls-settings-ignored",
        "warning",
        "proxies/balanced-twice/1/targets/default",
        "The client certificate was configured beside the load balancer, where nobody reads it",
    )


def direct_names(draft: Draft, ca: Authorities) -> None:
    draft.keystore("direct", Alias("server", ca.chain("direct.acme.example")))
    draft.host("direct", Tls("direct", "server"))
    draft.keystore("clearing", Alias("client", ca.chain("clearing.acme.example")))
    draft.backend("clearing", Tls("clearing", "client", "partners", client_auth=True))
    draft.proxy(
        "quoted", draft.target(None), draft.callout("Ask-Price", Tls(trust_store="partners"))
    )
    for name, where in (
        ("host", "virtualhosts/direct"),
        ("server", "targetservers/clearing"),
        ("callout", "proxies/quoted/1/policies/Ask-Price"),
    ):
        story = "The next renewal will need a restart or a deployment"
        draft.defect(f"{name}-names-store-directly", "direct-store-name", "note", where, story)


def wrong_reference_type(draft: Draft, ca: Authorities) -> None:
    draft.keystore("lockers", Alias("client", ca.chain("lockers-client.acme.example")))
    key_store = draft.reference("lockers", "lockers", "TrustStore")
    draft.backend("lockers", Tls(key_store, "client", "ref://partners", client_auth=True))
    draft.keystore("parcels-roots", Alias("root", (ca.partner_root.certificate,), has_key=False))
    draft.proxy(
        "parcels", draft.target(Tls(trust_store=draft.reference("parcels", "parcels-roots")))
    )
    draft.defect(
        "truststore-reference-for-keys",
        "wrong-reference-type",
        "warning",
        "targetservers/lockers",
        "The reference to the keystore was made as one to a truststore",
    )
    draft.defect(
        "keystore-reference-for-trust",
        "wrong-reference-type",
        "warning",
        "proxies/parcels/1/targets/default",
        "The reference to the truststore was made as one to a keystore",
    )


def free_trial(draft: Draft, ca: Authorities) -> None:
    names = ("acme-stage.apigee.net", "stage.acme.example")
    draft.virtual_host(VirtualHost("secure", names, Tls(protocols=("SSLv3",)), free_trial=True))
    draft.defect(
        "free-trial-host",
        "free-trial-certificate",
        "note",
        "virtualhosts/secure",
        "stage.acme.example was added to a host that shows the vendor's certificate",
    )


def shared_port(draft: Draft, ca: Authorities) -> None:
    for name in ("lions", "tigers"):
        host_alias = f"{name}.acme.example"
        draft.keystore(name, Alias("server", ca.chain(host_alias)))
        tls = Tls(draft.reference(name, name), "server")
        draft.virtual_host(VirtualHost(name, (host_alias,), tls, port=8443))
        draft.defect(
            f"shared-port-of-{name}",
            "shared-port-needs-sni",
            "note",
            f"virtualhosts/{name}",
            "Old clients ask for one of lions and tigers, and may be shown the other",
        )


def dynamic_name(draft: Draft, ca: Authorities) -> None:
    """Nothing beside it is unused: the variable may name any of the stores."""
    draft.proxy("dynamic", draft.target(Tls(trust_store="{request.header.roots}")))
    for name in ("roots-of-north", "roots-of-south"):
        draft.truststore(name, Alias("root", (ca.partner_root.certificate,), has_key=False))
    draft.keystore("perhaps", Alias("client", ca.chain("perhaps.acme.example")))
    draft.defect(
        "dynamic-name",
        "dynamic-store-name",
        "note",
        "proxies/dynamic/1/targets/default",
        "Each request names the truststore that its backend is checked against",
    )


def shared_certificate(draft: Draft, ca: Authorities) -> None:
    """The same certificate and key in each environment where this is planted."""
    name = draft.environment().name
    draft.secure_host(f"all-{name}", Alias("server", ca.wildcard), f"{name}.acme.example")
    draft.defect(
        f"certificate-shared-by-{name}",
        "shared-certificate",
        "note",
        f"keystores/all-{name}/server#0",
        "One wildcard certificate does for all environments, and so does its key",
    )


PLANTS: tuple[Plant, ...] = (
    tls_disabled,
    settings_beside_load_balancer,
    direct_names,
    wrong_reference_type,
    free_trial,
    shared_port,
    shared_certificate,
)

SANDBOX: tuple[Plant, ...] = (dynamic_name, shared_certificate)
