"""What is asked of certificates, and what is let pass."""

from __future__ import annotations

import re
from datetime import date
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, model_validator
from pydantic_core import PydanticCustomError

from edgeaudit.audit.finding import Severity
from edgeaudit.audit.policy import Override, Policy, Suppression, Threshold, forbidden_suites
from edgeaudit.audit.scope import Scope
from edgeaudit.config.fields import NO_CONTEXT, Names, Section, Within
from edgeaudit.tls.clients import clients
from edgeaudit.tls.protocols import Version

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ANYWHERE = "glob for places (ORG/ENV/...); * crosses /, and a revision's number stands for any"


def _known(rule: str, info: ValidationInfo) -> str:
    rules = (info.context or NO_CONTEXT).rules
    if rules is None or any(fnmatchcase(each, rule) for each in rules):
        return rule
    close = get_close_matches(rule, rules, 1)
    told = f"there is no rule {rule:.80}" + (f"; did you mean {close[0]}?" if close else "")
    raise PydanticCustomError("unknown_rule", "{told}", {"told": told})


def _some(text: str) -> str:
    if not text.strip():
        raise ValueError("more than nothing")
    return text


def _level(value: object) -> object:
    return "off" if value is False else value  # YAML 1.1 reads a bare `off` so


def _day(value: object) -> date | None:
    if value == "never":
        return None
    try:
        if isinstance(value, str) and _DAY.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise ValueError("the last day on which it holds (2027-03-31), or never")


def _fingerprint(value: object) -> object:
    digits = value.replace(":", "").strip().lower() if isinstance(value, str) else ""
    if not re.fullmatch(r"[0-9a-f]{64}", digits):
        raise ValueError("the SHA-256 of a certificate, in hexadecimal")
    return digits


def _cipher_words(words: tuple[str, ...]) -> tuple[str, ...]:
    try:
        for word in words:
            forbidden_suites(word)
    except ValueError:
        raise ValueError("names of suites, or OpenSSL's keywords (CBC, kRSA, SHA1+AES)") from None
    return words


def _clients(names: tuple[str, ...]) -> tuple[str, ...]:
    if not clients().keys() >= set(names):
        raise ValueError(f"names among {', '.join(clients())}")
    return names


Text = Annotated[str, AfterValidator(_some)]
Rule = Annotated[str, AfterValidator(_known)]
Level = Annotated[
    Literal["off", "error", "warning", "note"],
    BeforeValidator(
        _level, json_schema_input_type=Literal["off", False, "error", "warning", "note"]
    ),
]
WrittenDay = Annotated[str, Field(pattern=f"^({_DAY.pattern}|never)$")]
Day = Annotated[date | None, BeforeValidator(_day, json_schema_input_type=WrittenDay)]
Fingerprint = Annotated[str, BeforeValidator(_fingerprint, json_schema_input_type=str)]


class OverrideSection(Section):
    """Another severity for a rule, everywhere or in some places."""

    rule: Rule = Field(description="rule, or glob for rules")
    where: Text = Field("*", description=_ANYWHERE)
    installation: Text = Field("*", description="glob for installations")
    severity: Level = Field(description="off, or the severity that findings have instead")

    def as_override(self) -> Override:
        """What the engine takes."""
        severity = None if self.severity == "off" else Severity(self.severity)
        return Override(Scope(self.rule, self.where, self.installation), severity)


class SuppressionSection(Section):
    """Findings that are known and borne; they are told apart, and do not count."""

    rule: Rule = Field(description="rule, or glob for rules")
    where: Text | None = Field(None, description=_ANYWHERE)
    installation: Text = Field("*", description="glob for installations")
    certificate: Fingerprint | None = Field(None, description="SHA-256 of the certificate")
    reason: Text = Field(description="why they are borne")
    expires: Day = Field(description="last day on which it holds (2027-03-31, UTC), or never")
    owner: str = Field("", description="who answers for it")

    @model_validator(mode="after")
    def _is_bounded(self) -> SuppressionSection:
        if self.where is None and self.certificate is None:
            raise PydanticCustomError("unbounded", "where, certificate or both are missing")
        return self

    def as_suppression(self) -> Suppression:
        """What the engine takes."""
        scope = Scope(self.rule, self.where or "*", self.installation)
        return Suppression(scope, self.reason, self.expires, self.owner, self.certificate)


class PolicySection(Section):
    """What is asked of certificates, protocols and cipher suites, and what is let pass."""

    warn_within: Within = Field(Threshold(days=30), description="days (30d) or share of life (20%)")
    error_within: Within = Field(Threshold(days=7), description="days (7d) or share of life (5%)")
    protocol_floor: Literal["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] = Field(
        "TLSv1.2", description="the oldest protocol that is not legacy"
    )
    forbidden_ciphers: Annotated[Names, AfterValidator(_cipher_words)] = Field(
        (), description="suites that count as weak besides: names or OpenSSL's keywords"
    )
    clients: Annotated[Names, AfterValidator(_clients)] = Field(
        (),
        description="kinds of clients that no virtual host may shut out: java-8, android-4.4, ...",
    )
    rules: tuple[OverrideSection, ...] = Field(
        (), description="rules switched off or judged otherwise; of several the last one holds"
    )
    suppressions: tuple[SuppressionSection, ...] = Field(
        (), description="findings that are known and borne"
    )

    @model_validator(mode="after")
    def _warns_first(self) -> PolicySection:
        if self.error_within.always_exceeds(self.warn_within):
            told = "error_within is longer than warn_within: nothing would ever be a warning"
            raise PydanticCustomError("no_warning", "{told}", {"told": told})
        return self

    def as_policy(self) -> Policy:
        """The policy as the rules and the engine take it."""
        return Policy(
            warn_within=self.warn_within,
            error_within=self.error_within,
            protocol_floor=next(each for each in Version if each.spelling == self.protocol_floor),
            forbidden_ciphers=self.forbidden_ciphers,
            clients=self.clients,
            overrides=tuple(each.as_override() for each in self.rules),
            suppressions=tuple(each.as_suppression() for each in self.suppressions),
        )


class Baseline(Section):
    """A file of suppressions, as `edgeaudit baseline` writes it."""

    suppressions: tuple[SuppressionSection, ...]
