"""What a token says of itself: the claims of a JWT (RFC 7519), read and not verified."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode
from contextlib import suppress
from typing import Any

from edgeaudit.errors import BadAnswer
from edgeaudit.management.source import parsed_json

TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, b64token
EARLY = 30.0  # seconds before its end that a token is not used any more
FOREVER = 1e18  # finite, so that JSON can hold it


def claims(token: str) -> dict[str, Any]:
    """The claims of a token; none where it is opaque."""
    with suppress(BadAnswer, LookupError, ValueError):
        told = parsed_json(urlsafe_b64decode(token.split(".")[1] + "=="))
        if isinstance(told, dict):
            return told
    return {}


def life(token: str, expires_in: object) -> float:
    """Seconds that a new token lives; FOREVER if nothing tells.

    Its own claims come first: what stands around it can disagree (apigee-edge-js, tokenMgmt.js).
    """
    own = claims(token)
    issued, ends = number(own.get("iat")), number(own.get("exp"))
    claimed = ends - issued if issued > 0 else 0.0
    return next((told for told in (claimed, number(expires_in)) if told > 0), FOREVER)


def number(told: Any) -> float:
    """What should be a number, or its digits; 0 for anything else."""
    with suppress(OverflowError, TypeError, ValueError):
        return min(float(told), FOREVER)
    return 0.0
