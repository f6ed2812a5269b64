"""The kinds of bodies that the demo serves, with recorded ones and what is known beside them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .shapes import Trait

_RECORDED = Path(__file__).parent.parent / "recorded"


def recorded(name: str) -> Any:
    """A recorded body."""
    return json.loads((_RECORDED / f"{name}.json").read_text())


@dataclass(frozen=True)
class Kind:
    """Bodies of one kind: the `path` that serves them (`*` is any name), and recorded ones.

    `allowed` holds what the demo has besides, with reasons.
    """

    path: str
    recorded: tuple[object, ...]
    allowed: dict[Trait, str] = field(default_factory=dict)


_QUOTED = "documentation comments quote every value"
_PLAIN = "some writers send real booleans"
_NOT_SET = "not set: absent, null and empty are all known"
_OPTIONAL = "any of these keys may be missing"
_AS_ELSEWHERE = "as in organizations"
_SPECIFIED = "the specification's example"
_THREAD = "live body, community thread 805719"
_COMMON_NAME = "terraform-provider-apigee, ssl_info.go"

_SSL_INFO: dict[Trait, str] = {
    (".sSLInfo.ciphers[]", "string"): _SPECIFIED,
    (".sSLInfo.clientAuthEnabled", "boolean"): _PLAIN,
    (".sSLInfo.enabled", "boolean"): _PLAIN,
    (".sSLInfo.ignoreValidationErrors", "string"): _QUOTED,
    (".sSLInfo.keyAlias", "null"): _NOT_SET,
    (".sSLInfo.keyStore", "null"): _NOT_SET,
    (".sSLInfo.protocols[]", "string"): _SPECIFIED,
    (".sSLInfo.trustStore", "null"): _NOT_SET,
}

_CERT = recorded("cert-get-single-expired")
_CERT_INFO: dict[Trait, str] = {
    (".certInfo[].expiryDate", "string"): "the schema says string",
    (".certInfo[].validFrom", "string"): "the schema says string",
    (".certInfo[].subjectAlternativeNames[]", "string"): "the recorded list is empty",
}
_ENVIRONMENT = "organizations/*/environments/*"

KINDS = (
    Kind("organizations", (recorded("environments-list"),)),
    Kind(
        "organizations/*",
        (
            recorded("organization-get-trial"),
            recorded("organization-get-paid-with-portal-env"),
        ),
    ),
    Kind("organizations/*/environments", (recorded("environments-list"),)),
    Kind(
        _ENVIRONMENT,
        (recorded("environment-get-public-cloud"),),
        {
            (".mdc", "absent"): "an undocumented extra",
        },
    ),
    Kind(f"{_ENVIRONMENT}/keystores", (recorded("keystores-list-trial-org"),)),
    Kind(
        f"{_ENVIRONMENT}/keystores/*",
        (recorded("keystore-get-alias-objects"), recorded("keystore-get-empty")),
        {
            (".aliases", "absent"): "came with release 18.04.06",
            (".certs", "absent"): "to be removed, release notes 180406",
            (".keys", "absent"): "to be removed, release notes 180406",
            (".aliases[].key", "absent"): "no private key",
            (".aliases[].key", "null"): "no private key",
        },
    ),
    Kind(f"{_ENVIRONMENT}/keystores/*/aliases", (recorded("virtualhosts-list"),)),
    Kind(f"{_ENVIRONMENT}/keystores/*/certs", (recorded("virtualhosts-list"),)),
    Kind(
        f"{_ENVIRONMENT}/keystores/*/aliases/*",
        # No live body is known; this is the specification's.
        ({"alias": "myTestAlias", "certsInfo": _CERT, "keyName": "myTestAlias-key"},),
        {
            **{(f".certsInfo{place}", form): why for (place, form), why in _CERT_INFO.items()},
            (".keyName", "absent"): "no private key",
        },
    ),
    Kind(f"{_ENVIRONMENT}/keystores/*/certs/*", (_CERT,), _CERT_INFO),
    Kind(f"{_ENVIRONMENT}/references", (recorded("references-list"),)),
    Kind(f"{_ENVIRONMENT}/references/*", (recorded("reference-get-keystore"),)),
    Kind(f"{_ENVIRONMENT}/virtualhosts", (recorded("virtualhosts-list"),)),
    Kind(
        f"{_ENVIRONMENT}/virtualhosts/*",
        (
            recorded("virtualhost-get-default-no-tls"),
            recorded("virtualhost-create-two-way-refs"),
        ),
        {
            **_SSL_INFO,
            (".sSLInfo.keyAlias", "absent"): _NOT_SET,
            (".sSLInfo.keyStore", "absent"): _NOT_SET,
            (".sSLInfo.trustStore", "absent"): _NOT_SET,
            (".interfaces", "absent"): _OPTIONAL,
            (".listenOptions", "absent"): _OPTIONAL,
            (".listenOptions[]", "string"): "from 4.18.01",
            (".retryOptions", "absent"): _OPTIONAL,
            (".useBuiltInFreeTrialCert", "absent"): _OPTIONAL,
            (".useBuiltInFreeTrialCert", "string"): _QUOTED,
            (".useBuiltInFreeTrailCert", "string"): "the specification's spelling and type",
            (".baseUrl", "string"): "from 4.17.05; may be empty",
            (".properties", "object"): "from 4.17.01",
            (".properties.property", "array"): _AS_ELSEWHERE,
            (".properties.property[]", "object"): _AS_ELSEWHERE,
            (".properties.property[].name", "string"): _AS_ELSEWHERE,
            (".properties.property[].value", "string"): _AS_ELSEWHERE,
            (".properties.Property", "array"): _SPECIFIED,
            (".properties.Property[]", "object"): _SPECIFIED,
            (".properties.Property[]._name", "string"): _SPECIFIED,
            (".properties.Property[].__text", "string"): _SPECIFIED,
        },
    ),
    Kind(f"{_ENVIRONMENT}/targetservers", (recorded("virtualhosts-list"),)),
    Kind(
        f"{_ENVIRONMENT}/targetservers/*",
        (
            recorded("targetserver-one-way"),
            recorded("targetserver-two-way-direct-keystore"),
        ),
        {
            **_SSL_INFO,
            (".isEnabled", "string"): _QUOTED,
            (".port", "string"): _QUOTED,
            (".sSLInfo", "absent"): "plain HTTP",
            (".sSLInfo.trustStore", "string"): "as in virtual hosts",
            (".sSLInfo.ciphers", "array"): _THREAD,
            (".sSLInfo.protocols", "array"): _THREAD,
            (".sSLInfo.commonName", "object"): _THREAD,
            (".sSLInfo.commonName.value", "string"): _COMMON_NAME,
            (".sSLInfo.commonName.wildcardMatch", "boolean"): _COMMON_NAME,
            (".sSLInfo.commonName.wildcardMatch", "string"): _QUOTED,
        },
    ),
)
