"""Making a store and filling it, in the order and the format that the installation takes."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Literal

from edgeaudit.audit.remedies.shell import CURL, says, send

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from edgeaudit.audit.remedies.site import Case

Kind = Literal["KeyStore", "TrustStore"]

# The certificates alone, an empty line after each, as Edge wants them: a file from `openssl pkcs12`
# has remarks between them, or the private key.
_SPACED = "sed -n '/BEGIN CERT/,/END CERT/{p;/END CERT/s/.*//p;}'"
_CERT = "'certFile=@-;filename=chain.pem'"


def created(case: Case, store: str) -> Iterator[str]:
    """A new store, empty."""
    yield send("POST", case.at("keystores"), {"name": store})


def key_uploaded(case: Case, store: str, alias: str, number: int = 1) -> Iterator[str]:
    """An alias with the chain and the private key in the user's files, the `number`-th of them."""
    chain, key = new_files(number)
    if not case.site.has_aliases(case.env):
        yield from _jar_uploaded(case, store, alias, chain, key)
    elif case.site.takes_pkcs12_only:
        yield from _pkcs12_uploaded(case, store, alias, chain, key)
    else:
        if case.site.may_take_pkcs12_only:
            yield says(
                "Private Cloud 4.53 and later take PKCS#12 only: with edge_version in the"
                " configuration the steps are for that."
            )
        where = case.at("keystores", store, "aliases", alias=alias, format="keycertfile")
        yield f"{_SPACED} {chain} | {CURL} -F {_CERT} -F keyFile=@{key} {where}"


def new_files(number: int = 1) -> tuple[str, str]:
    """The names of the user's files with the `number`-th chain and key."""
    suffix = f"-{number}" if number > 1 else ""
    return f"new-chain{suffix}.pem", f"new-key{suffix}.pem"


def _jar_uploaded(case: Case, store: str, alias: str, chain: str, key: str) -> Iterator[str]:
    """Edge 4.17.09 and older: "Create keystores and truststores for the Private Cloud"."""
    entries = f"certFile=spaced-{chain}\\nkeyFile={key}\\n"
    yield f"{_SPACED} {chain} > spaced-{chain}"
    yield f"mkdir -p META-INF && printf '{entries}' > META-INF/descriptor.properties"
    yield f"zip -q - META-INF/descriptor.properties spaced-{chain} {key} > new-keystore.jar"
    where = case.at("keystores", store, "keys", alias=alias)
    yield f"{CURL} -F file=@new-keystore.jar {where}"


def _pkcs12_uploaded(case: Case, store: str, alias: str, chain: str, key: str) -> Iterator[str]:
    yield says("Private keys are taken as PKCS#12 only; export P12_PASSWORD, a password of yours.")
    made = f"-in {chain} -inkey {key} -out new-keystore.p12"
    yield f"openssl pkcs12 -export {made} -passout env:P12_PASSWORD"
    where = case.at("keystores", store, "aliases", alias=alias, format="pkcs12")
    sent = "-F file=@new-keystore.p12 -F 'password=<-'"
    yield f'printf %s "$P12_PASSWORD" | {CURL} {sent} {where}'


def cert_uploaded(case: Case, store: str, alias: str, file: str = "new-ca.pem") -> Iterator[str]:
    """An alias with certificates only."""
    if case.site.has_aliases(case.env):
        where = case.at("keystores", store, "aliases", alias=alias, format="keycertfile")
        yield f"{_SPACED} {file} | {CURL} -F {_CERT} {where}"
    else:
        where = case.at("keystores", store, "certs", alias=alias)
        yield f"{_SPACED} {file} | {CURL} -F 'file=@-;filename=chain.pem' {where}"


def chain_replaced(case: Case, store: str, alias: str) -> str:
    """The user's chain in the place of the alias's own, beside the key that is there."""
    where = case.at("keystores", store, "aliases", alias)
    return f"{_SPACED} new-chain.pem | {CURL} -X PUT -F {_CERT} {where}"


def certs_copied(case: Case, old: str, new: str, dropped: Sequence[str]) -> Iterator[str]:
    """All certificates of one store but those of the `dropped` aliases, into another."""
    if case.site.has_aliases(case.env):
        kind, form = "aliases", "certificate"
        into = _with_query(case.at("keystores", new, "aliases", format="keycertfile"), "&")
        sent = f"{CURL} -F {_CERT} {into}"
    else:
        kind, form = "certs", "export"
        into = _with_query(case.at("keystores", new, "certs"), "?")
        sent = f"{CURL} -F 'file=@-;filename=chain.pem' {into}"
    listed = case.at("keystores", old, kind)
    wanted = f'(. - {json.dumps(list(dropped))} - [""])[] | @uri'
    each = f'{CURL} {listed[:-1]}/$alias/{form}" | {_SPACED} | {sent}'
    yield (
        f"{CURL} -H 'Accept: application/json' {listed} | jq -r {shlex.quote(wanted)} |"
        f" while read -r alias; do {each}; done"
    )


def _with_query(where: str, separator: str) -> str:
    return f'{where[:-1]}{separator}alias=$alias"'


def alias_deleted(case: Case, store: str, alias: str) -> Iterator[str]:
    """An alias, or where there are none a certificate, goes."""
    kind = "aliases" if case.site.has_aliases(case.env) else "certs"
    yield f"{CURL} -X DELETE {case.at('keystores', store, kind, alias)}"


def reference_made(case: Case, name: str, store: str, kind: Kind) -> Iterator[str]:
    """A new reference to the store."""
    body = {"name": name, "refers": store, "resourceType": kind}
    yield send("POST", case.at("references"), body)


def reference_moved(case: Case, name: str, store: str, kind: str, least: int) -> Iterator[str]:
    """A reference goes over to the store, provided that `least` uploads to it have come off."""
    if former := case.env.references.get(name):
        yield says(f'For the way back: the reference {name} refers to "{former.refers}" now.')
    body = {"name": name, "refers": store, "resourceType": kind}
    moved = send("PUT", case.at("references", name), body)
    listed = case.at("keystores", store, "aliases" if case.site.has_aliases(case.env) else "certs")
    count = f"{CURL} -H 'Accept: application/json' {listed} | jq length"
    yield f'[ "$({count})" -ge {least} ]'
    yield moved
