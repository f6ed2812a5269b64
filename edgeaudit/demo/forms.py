"""The forms in which Edge is known, or said, to tell one and the same thing.

Sources disagree on them, or versions differ; each field of Forms names the choice and its source.
One installation keeps to one form throughout.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

T = TypeVar("T")
NotSet = Literal["absent", "null", "empty"]


@dataclass(frozen=True)
class Forms:
    """One choice among the forms for each of the points in doubt."""

    seed: int
    booleans: Literal["mixed", "strings", "json"]
    """Live bodies mix both, by key; documentation quotes all; some writers quote none."""
    numbers: Literal["numbers", "strings"]
    """Ports of target servers and times: numbers in bodies, strings in schema and comments."""
    not_set: NotSet
    """`keyStore` and its like, where there is none (devrel, terraform-provider-apigee)."""
    free_trial_key: Literal["useBuiltInFreeTrialCert", "useBuiltInFreeTrailCert"]
    """The specification misspells it, and makes it a string."""
    properties: Literal["property", "Property"]
    """Of a virtual host: as in organizations, or as the specification's example has it."""
    keystores: Literal["both", "aliases", "names"]
    """Release notes 180406: since then with `aliases`; `certs` and `keys` are to be removed."""
    blank_key: NotSet
    """`key` of an alias that has none."""
    blank_key_name: Literal["absent", "empty"]
    """`keyName` of an alias that has none."""
    key_name: Literal["alias", "alias-key"]
    """No source shows the value."""
    cert_info: Literal["leaf first", "leaf last"]
    """Uploads demand the leaf first; that answers keep the order is not stated."""
    alternative_names: Literal["bare", "typed"]
    """`a.example` or `DNS:a.example`: no source shows an entry."""
    ec_key: Literal["EC Public Key", "ECDSA Public Key"]
    """The wording is known for RSA only."""
    line_ends: Literal["\n", "\r\n"]
    pem: Literal["joined", "blank lines", "remarks"]
    """Uploaded text is kept as it was: with or without blank lines, with text between."""
    content_type: Literal["right", "wrong"]
    """The header is sometimes wrong (apigee-edge-js, migration-tool)."""
    layout: Literal["compact", "pretty"]
    empty_names: bool
    """Lists may hold an empty name (migration-tool special-cases it)."""
    spare_keys: bool
    """Whether virtual hosts show the keys that hold nothing."""
    paging: Literal["known", "ignored"]
    """A client meets servers that give the whole list whatever it asks for (migration-tool)."""
    servers: Literal["listed", "empty"]
    """Of a deployed revision: listed in live bodies, `[]` in the specification's examples."""
    nothing_deployed: Literal["refused", "empty"]
    """Of a proxy in the whole organization: apigee-edge-js takes 200 and 400 alike."""
    xml: Literal["compact", "indented", "remarks"]
    """Documents of a bundle stay as they were written."""
    archive: Literal["deflated", "stored", "folders"]
    """Zip archives may have members of their own for folders."""

    @classmethod
    def drawn(cls, seed: int) -> Forms:
        """The forms that belong to `seed`; the same for ever."""
        rng = random.Random(seed)  # noqa: S311 - a die, not a secret
        absences: tuple[NotSet, ...] = ("absent", "null", "empty")
        return cls(
            seed=seed,
            booleans=rng.choice(("mixed", "strings", "json")),
            numbers=rng.choice(("numbers", "strings")),
            not_set=rng.choice(absences),
            free_trial_key=rng.choice(("useBuiltInFreeTrialCert", "useBuiltInFreeTrailCert")),
            properties=rng.choice(("property", "Property")),
            keystores=rng.choice(("both", "aliases", "names")),
            blank_key=rng.choice(absences),
            blank_key_name=rng.choice(("absent", "empty")),
            key_name=rng.choice(("alias", "alias-key")),
            cert_info=rng.choice(("leaf first", "leaf last")),
            alternative_names=rng.choice(("bare", "typed")),
            ec_key=rng.choice(("EC Public Key", "ECDSA Public Key")),
            line_ends=rng.choice(("\n", "\r\n")),
            pem=rng.choice(("joined", "blank lines", "remarks")),
            content_type=rng.choice(("right", "wrong")),
            layout=rng.choice(("compact", "pretty")),
            empty_names=rng.choice((False, True)),
            spare_keys=rng.choice((False, True)),
            paging=rng.choice(("known", "ignored")),
            servers=rng.choice(("listed", "empty")),
            nothing_deployed=rng.choice(("refused", "empty")),
            xml=rng.choice(("compact", "indented", "remarks")),
            archive=rng.choice(("deflated", "stored", "folders")),
        )

    def older(self) -> Forms:
        """The forms of an Edge whose keystores tell of `certs` and `keys` only."""
        return replace(self, keystores="names")

    def quoted(self, value: bool) -> object:
        """A boolean that live bodies show as a string: `enabled`, `clientAuthEnabled`."""
        return value if self.booleans == "json" else _spelled(value)

    def boolean(self, value: bool) -> object:
        """A boolean that live bodies show as one: `isEnabled`, `ignoreValidationErrors`."""
        return _spelled(value) if self.booleans == "strings" else value

    def number(self, value: int) -> object:
        """A number, or its digits."""
        return value if self.numbers == "numbers" else str(value)

    def shuffled(self, items: Iterable[T], *place: str) -> list[T]:
        """`items` in an order that belongs to the place: no list of Edge is sorted."""
        listed = list(items)
        if len(listed) > 1:
            rng = random.Random(f"{self.seed} {place}")  # noqa: S311 - a die, not a secret
            rng.shuffle(listed)
        return listed

    def vhost_properties(self, pairs: Sequence[tuple[str, str]]) -> dict[str, object]:
        """The `properties` of a virtual host, in one of two forms."""
        if self.properties == "property":
            return {"property": [{"name": name, "value": value} for name, value in pairs]}
        return {"Property": [{"_name": name, "__text": value} for name, value in pairs]}

    def text(self, value: object) -> str:
        """`value` as JSON."""
        if self.layout == "compact":
            return json.dumps(value)
        return json.dumps(value, ensure_ascii=False, separators=("\n, ", " : "))


def with_optional(key: str, value: str | None, form: NotSet) -> dict[str, object]:
    """The pair to be merged into a body; where `value` is None, in the form of *not set*."""
    if value is not None:
        return {key: value}
    absences: dict[NotSet, dict[str, object]] = {
        "absent": {},
        "null": {key: None},
        "empty": {key: ""},
    }
    return absences[form]


def _spelled(value: bool) -> str:
    return "true" if value else "false"
