"""Callouts that cannot work, and what turns on which revision is deployed where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..installation import Alias, Call, Policy, Target, Tls

if TYPE_CHECKING:
    from ..draft import Draft, Plant
    from ..pki import Authorities


def callout_without_truststore(draft: Draft, ca: Authorities) -> None:
    draft.proxy(
        "tours", draft.target(None), draft.callout("Ask-Weather", Tls(trust_store="weather-roots"))
    )
    draft.defect(
        "callout-without-truststore",
        "missing-truststore",
        "error",
        "proxies/tours/1/policies/Ask-Weather",
        "A service callout was copied from a sample, with the sample's truststore",
    )


def shared_flow_without_truststore(draft: Draft, ca: Authorities) -> None:
    draft.shared_flow("fraud score", draft.callout("Ask-Score", Tls(trust_store="score-roots")))
    draft.defect(
        "shared-flow-without-truststore",
        "missing-truststore",
        "error",
        "sharedflows/fraud score/1/policies/Ask-Score",
        "Every proxy with this shared flow fails, and none of them shows why",
    )


def server_of_callout(draft: Draft, ca: Authorities) -> None:
    draft.backend("currency", Tls(trust_store="currency-roots"), is_called=False)
    draft.shared_flow("currency", Policy("ServiceCallout", "Convert", Call(servers=("currency",))))
    draft.defect(
        "server-of-callout",
        "missing-truststore",
        "error",
        "targetservers/currency",
        "No target endpoint calls the target server, but the callout of a shared flow does",
    )


def two_revisions(draft: Draft, ca: Authorities) -> None:
    """One finding; the newest revision is not the last in order of the alphabet."""
    for number in (9, 10):
        draft.proxy("cruises", draft.target(Tls(trust_store="cruise-roots")), number=number)
    draft.defect(
        "two-revisions",
        "missing-truststore",
        "error",
        "proxies/cruises/10/targets/default",
        "Two revisions are deployed on different base paths, both with the same mistake",
    )


def in_good_order_here(draft: Draft, ca: Authorities) -> None:
    """A revision that is sound in this environment, see `not_in_order_there`."""
    draft.truststore("airlines", Alias("root", (ca.partner_root.certificate,), has_key=False))


def not_in_order_there(draft: Draft, ca: Authorities) -> None:
    tls = Tls(trust_store="ref://airlines")
    draft.proxy("flights", draft.target(tls), number=3, deployed_in=("stage", "test"))
    draft.defect(
        "promoted-without-truststore",
        "missing-reference",
        "error",
        "proxies/flights/3/targets/default",
        "The proxy was promoted from stage to test, its truststore was not",
    )


def server_without_caller(draft: Draft, ca: Authorities) -> None:
    draft.backend("gazette", Tls(trust_store="gazette-roots"), is_called=False)
    draft.defect(
        "server-without-caller",
        "missing-truststore",
        "note",
        "targetservers/gazette",
        "The target server is switched on and broken, and no deployed proxy calls it",
    )


def server_of_former_revision(draft: Draft, ca: Authorities) -> None:
    draft.backend(
        "lottery", Tls("lottery", "client", "ref://partners", client_auth=True), is_called=False
    )
    call = Call(servers=("lottery",))
    draft.proxy("lottery", Target("default", call), number=1, deployed_in=())
    draft.proxy("lottery", draft.target(None), number=2)
    draft.defect(
        "server-of-former-revision",
        "missing-keystore",
        "note",
        "targetservers/lottery",
        "Only the former revision of lottery called the target server",
    )


def store_of_former_revision(draft: Draft, ca: Authorities) -> None:
    draft.keystore("parking", Alias("client", ca.chain("parking.acme.example", days=(-400, -9))))
    tls = Tls(draft.reference("parking", "parking"), "client", "ref://partners", client_auth=True)
    draft.proxy("parking", draft.target(tls), number=1, deployed_in=())
    draft.proxy("parking", draft.target(None), number=2)
    draft.defect(
        "store-of-former-revision",
        "unused-keystore",
        "note",
        "keystores/parking",
        "Since its second revision parking needs no client certificate",
    )
    draft.defect(
        "reference-of-former-revision",
        "unused-reference",
        "note",
        "references/parking",
        "Only the former revision of parking named the reference",
    )
    draft.defect(
        "expired-of-former-revision",
        "expired-certificate",
        "note",
        "keystores/parking/client#0",
        "The certificate that parking no longer needs has expired",
    )


def store_of_idle_shared_flow(draft: Draft, ca: Authorities) -> None:
    root = Alias("root", (ca.partner_root.certificate,), has_key=False)
    draft.keystore("newsletter-roots", root)
    policy = draft.callout("Subscribe", Tls(trust_store="newsletter-roots"))
    draft.shared_flow("newsletter", policy, deployed_in=())
    draft.defect(
        "store-of-idle-shared-flow",
        "unused-keystore",
        "note",
        "keystores/newsletter-roots",
        "The shared flow that names the truststore was never deployed",
    )


STAGE: tuple[Plant, ...] = (
    callout_without_truststore,
    shared_flow_without_truststore,
    server_of_callout,
    two_revisions,
    in_good_order_here,
    server_without_caller,
    server_of_former_revision,
    store_of_former_revision,
    store_of_idle_shared_flow,
)

TEST: tuple[Plant, ...] = (not_in_order_there,)
