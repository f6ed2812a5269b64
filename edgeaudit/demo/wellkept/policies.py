"""Healthy policies and flow variables. Each function says what it could be mistaken for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..installation import Alias, Call, Policy, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def _truststore(draft: Draft, ca: Authorities, name: str) -> Tls:
    root = Alias("root", (ca.partner_root.certificate,), has_key=False)
    return Tls(trust_store=draft.truststore(name, root))


def _keystore(draft: Draft, ca: Authorities, name: str) -> Tls:
    draft.keystore(name, Alias("client", ca.chain(f"{name}.wellkept.example")))
    return Tls(draft.reference(name, name), "client", "ref://partners", client_auth=True)


def incoming_assertions(draft: Draft, ca: Authorities) -> None:
    """Not unused: a policy checks SAML assertions against the truststore."""
    tls = _truststore(draft, ca, "identity-providers")
    draft.proxy("sign-on", Policy("ValidateSAMLAssertion", "Check-Identity", Call(tls=tls)))


def outgoing_assertions(draft: Draft, ca: Authorities) -> None:
    """Not unused: a policy signs SAML assertions."""
    tls = Tls(_keystore(draft, ca, "signing").key_store, "client")
    draft.proxy("sign-off", Policy("GenerateSAMLAssertion", "Sign", Call(tls=tls)))


def logging(draft: Draft, ca: Authorities) -> None:
    """Not unused: a policy sends its messages over TLS."""
    call = Call("logs.partner.example:6514", tls=_keystore(draft, ca, "logging"))
    draft.proxy("logged", Policy("MessageLogging", "Log", call))


def service_callout(draft: Draft, ca: Authorities) -> None:
    """Not unused: the target endpoint needs no truststore, the callout does."""
    tls = _truststore(draft, ca, "callouts")
    draft.proxy("enriched", draft.target(None), draft.callout("Enrich", tls))


def shared_flow(draft: Draft, ca: Authorities) -> None:
    """Not unused: no proxy names the stores, a shared flow does. It is named like a proxy."""
    draft.shared_flow("logged", draft.callout("Ask", _keystore(draft, ca, "sharing")))


def shared_flow_with_server(draft: Draft, ca: Authorities) -> None:
    """Not unused: the callout of a shared flow alone calls the target server."""
    draft.backend("scores", _truststore(draft, ca, "scores"), is_called=False)
    draft.shared_flow("scores", Policy("ServiceCallout", "Ask", Call(servers=("scores",))))


def idle_shared_flow(draft: Draft, ca: Authorities) -> None:
    """Not missing: a shared flow that is deployed nowhere breaks nothing."""
    draft.shared_flow("idle", draft.callout("Ask", Tls(trust_store="later")), deployed_in=())


def policy_switched_off(draft: Draft, ca: Authorities) -> None:
    """Not missing: the policy does nothing. Not unused: it may be switched on again."""
    missing = replace(draft.callout("Ask-Nobody", Tls(trust_store="no-roots")), is_enabled=False)
    sound = replace(draft.callout("Ask-Later", _truststore(draft, ca, "later")), is_enabled=False)
    draft.proxy("paused", draft.target(None), missing, sound)


def message(draft: Draft, ca: Authorities) -> None:
    """Not missing: what looks like TLS settings is a message that is sent."""
    call = Call(tls=Tls("a-message", "says", "anything", client_auth=True))
    draft.proxy("messages", Policy("AssignMessage", "Configure", call))


def assertions_without_references(draft: Draft, ca: Authorities) -> None:
    """Not a backend: no truststore is missed, and no restart is due, where nothing is called."""
    draft.keystore("federation", Alias("signer", ca.chain("federation.wellkept.example")))
    signing = Policy("GenerateSAMLAssertion", "Sign", Call(tls=Tls("federation", "signer")))
    draft.keystore("federated", Alias("root", (ca.partner_root.certificate,), has_key=False))
    checking = Policy("ValidateSAMLAssertion", "Check", Call(tls=Tls(trust_store="federated")))
    draft.proxy("federation", signing, checking)


PLANTS: tuple[Plant, ...] = (
    incoming_assertions,
    outgoing_assertions,
    assertions_without_references,
    logging,
    service_callout,
    shared_flow,
    shared_flow_with_server,
    idle_shared_flow,
    policy_switched_off,
    message,
)
