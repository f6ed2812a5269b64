"""One function a resource: Edge's JSON to the model. Each raises BadAnswer for another shape."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edgeaudit.errors import BadAnswer
from edgeaudit.inventory import (
    Reference,
    StoreName,
    TargetServer,
    TlsSettings,
    VirtualHost,
)
from edgeaudit.location import place
from edgeaudit.management.values import (
    as_bool,
    as_int,
    as_names,
    as_object,
    as_text,
    as_time,
    first,
    texts,
)
from edgeaudit.x509.certificate import Certificate, describe


@dataclass(frozen=True)
class AliasBody:
    """What the alias resource says: whether there is a private key, and its certificates' facts.

    `has_key` is None where it does not tell.
    """

    has_key: bool | None
    described: tuple[Certificate, ...]


@dataclass(frozen=True)
class KeystoreBody:
    """What a keystore's body lists: aliases, certificates, private keys.

    `aliases` and `certs` are None where its generation lists none there: before release 18.04.06
    there was no `aliases`, and `certs` and `keys` are announced to go. `held` are the certificates
    that the aliases say they hold, None where one does not say.
    """

    aliases: tuple[str, ...] | None
    certs: tuple[str, ...] | None
    keys: tuple[str, ...]
    held: frozenset[str] | None = None

    @property
    def loose_certs(self) -> tuple[str, ...]:
        """The certificates that no alias holds: uploaded through the older resource."""
        held = self.held
        return () if held is None else tuple(c for c in self.certs or () if c not in held)


def keystore(body: object) -> KeystoreBody:
    """A keystore or truststore; Apigee X, where aliases are strings, is told apart."""
    found = as_object(body)
    aliases = found.get("aliases")
    if isinstance(aliases, list):
        if any(isinstance(entry, str) for entry in aliases):
            raise BadAnswer(
                "the answer has the form of Apigee X, whose keystores differ",
                "edgeaudit reads Apigee Edge; give the URL of an Edge management server",
            )
        aliases = [_alias_name(entry) for entry in aliases]
    certs = found.get("certs")
    return KeystoreBody(
        None if aliases is None else as_names(aliases),
        None if certs is None else as_names(certs),
        texts(found.get("keys")),
        _held(found.get("aliases")),
    )


def alias(body: object) -> AliasBody:
    """The alias resource. A private key is there where `keyName` is set, and only there."""
    found = as_object(body)
    return AliasBody(as_text(found.get("keyName")) is not None, _described(found.get("certsInfo")))


def certificate_entry(body: object) -> AliasBody:
    """The certificate resource of Edge 4.17.09 and older, which tells nothing of a key."""
    return AliasBody(None, _described(as_object(body)))


def reference(body: object, environment: str, name: str) -> Reference:
    """A reference. Its `name` is the one asked for, whatever the body calls it."""
    found = as_object(body)
    return Reference(
        where=place_of(environment, "references", name),
        environment=environment,
        name=name,
        refers=as_text(found.get("refers")) or "",
        resource_type=as_text(found.get("resourceType")) or "",
    )


def virtual_host(body: object, environment: str, name: str) -> VirtualHost:
    """A virtual host. Live bodies spell the trial flag another way than the specification does."""
    found = as_object(body)
    trial = first(found, "useBuiltInFreeTrialCert", "useBuiltInFreeTrailCert")
    return VirtualHost(
        where=place_of(environment, "virtualhosts", name),
        environment=environment,
        name=name,
        port=as_int(found.get("port")),
        host_aliases=texts(found.get("hostAliases")),
        tls=_tls(found.get("sSLInfo")),
        uses_free_trial_certificate=as_bool(trial),
        properties=_properties(found.get("properties")),
        listen_options=texts(found.get("listenOptions")),
    )


def target_server(body: object, environment: str, name: str) -> TargetServer:
    """A target server; enabled unless it says otherwise."""
    found = as_object(body)
    is_enabled = found.get("isEnabled")
    return TargetServer(
        where=place_of(environment, "targetservers", name),
        environment=environment,
        name=name,
        host=as_text(found.get("host")) or "",
        port=as_int(found.get("port")),
        is_enabled=is_enabled is None or as_bool(is_enabled),
        tls=_tls(found.get("sSLInfo")),
    )


def place_of(environment: str, kind: str, *names: str) -> str:
    """The place of a thing in the environment at `environment`."""
    return f"{environment}/{kind}/{place(*names)}"


def _held(aliases: object) -> frozenset[str] | None:
    listed = aliases if isinstance(aliases, list) else []
    entries = [each for each in listed if isinstance(each, dict)]
    held = [as_text(entry.get("cert")) for entry in entries]
    return None if None in held else frozenset(name for name in held if name)


def _alias_name(entry: object) -> object:
    return entry.get("aliasName") if isinstance(entry, dict) else entry


def _tls(info: object) -> TlsSettings | None:
    if info is None:
        return None
    value = as_object(info)
    return TlsSettings(
        enabled=as_bool(value.get("enabled")),
        client_auth=as_bool(value.get("clientAuthEnabled")),
        ignores_validation_errors=as_bool(value.get("ignoreValidationErrors")),
        keystore=_store_name(value.get("keyStore")),
        key_alias=as_text(value.get("keyAlias")),
        truststore=_store_name(value.get("trustStore")),
        protocols=texts(value.get("protocols")),
        ciphers=texts(value.get("ciphers")),
        common_name=_common_name(value.get("commonName")),
    )


def _store_name(value: object) -> StoreName | None:
    text = as_text(value)
    return None if text is None else StoreName(text)


def _common_name(value: object) -> str | None:
    return as_text(value.get("value") if isinstance(value, dict) else value)


def _properties(value: object) -> dict[str, str]:
    # {"property": [{"name", "value"}]} in recorded bodies of other resources,
    # {"Property": [{"_name", "__text"}]} in the specification of virtual hosts
    entries = first(value, "property", "Property") if isinstance(value, dict) else None
    found: dict[str, str] = {}
    for entry in entries if isinstance(entries, list) else [entries]:
        if isinstance(entry, dict) and (name := as_text(first(entry, "name", "_name"))):
            found[name] = as_text(first(entry, "value", "__text")) or ""
    return found


def _described(info: object) -> tuple[Certificate, ...]:
    entries = info.get("certInfo") if isinstance(info, dict) else None
    return tuple(
        certificate
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and (certificate := _certificate(entry))
    )


def _certificate(entry: dict[str, Any]) -> Certificate | None:
    not_before, not_after = as_time(entry.get("validFrom")), as_time(entry.get("expiryDate"))
    if not_before is None or not_after is None:
        return None
    return describe(
        subject=as_text(entry.get("subject")) or "",
        issuer=as_text(entry.get("issuer")) or "",
        serial=as_text(entry.get("serialNumber")) or "",
        not_before=not_before,
        not_after=not_after,
        names=texts(entry.get("subjectAlternativeNames")),
        is_ca=(as_text(entry.get("basicConstraints")) or "").upper() == "CA:TRUE",
        key=as_text(entry.get("publicKey")) or "",
        signature=as_text(entry.get("sigAlgName")) or "",
    )
