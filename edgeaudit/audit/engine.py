"""Evidence and rules to a report."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from edgeaudit.audit.evidence import Evidence
from edgeaudit.audit.finding import Finding, Severity
from edgeaudit.audit.observed import Observation
from edgeaudit.audit.places import Places
from edgeaudit.audit.reading import Installation, InstalledGap
from edgeaudit.audit.remedies import steps
from edgeaudit.audit.remedies.site import Site
from edgeaudit.audit.report import Report
from edgeaudit.audit.rules import OBSERVED, RULES
from edgeaudit.audit.rules.keystores import keys_held
from edgeaudit.audit.shown import shown
from edgeaudit.audit.suppressing import Suppressions
from edgeaudit.audit.timeline import events_of
from edgeaudit.errors import MissingLibrary
from edgeaudit.host import Host
from edgeaudit.inventory import Gap

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from datetime import datetime

    from edgeaudit.audit.finding import Hit
    from edgeaudit.audit.impact import Subject
    from edgeaudit.audit.policy import Policy
    from edgeaudit.audit.report import Suppressed
    from edgeaudit.audit.rule import Over, Rule
    from edgeaudit.inventory import Direction, Inventory
    from edgeaudit.x509.trust import Trust


def judge(
    inventories: Sequence[Inventory],
    trust: Trust,
    policy: Policy,
    now: datetime,
    made_at: datetime,
    observations: Sequence[Observation] = (),
    slugs: Collection[str] | None = None,
) -> Report:
    """The report on what was read, judged by every rule as of `now`; the run began at `made_at`.

    `observations` are what services of the inventories did when they were asked; `slugs` are the
    rules that are to judge, all if None. Raises MissingLibrary without any OpenSSL, if there is
    anything to verify.
    """
    evidences = [
        Evidence(one, trust, policy, now, _of(one, observations), slugs) for one in inventories
    ]
    seen = tuple(each for one in evidences for each in shown(one))
    places = Places(inventories, seen)
    trials = [_Trial(one, its) for one, its in zip(inventories, evidences, strict=True)]
    merged = _merged(finding for trial in trials for finding in policy.overridden(trial.findings()))
    gaps = [InstalledGap(trial.name, gap) for trial in trials for gap in trial.gaps]
    shard = next((one.shard for one in inventories), None)
    suppressions = Suppressions(policy.suppressions, now)
    told, suppressed = suppressions.divided(
        sorted((places.also_told(each) for each in merged), key=order)
    )
    return Report(
        made_at=made_at,
        at=now,
        installations=tuple(trial.installation() for trial in trials),
        examined=_examined(trials),
        findings=tuple(told),
        gaps=tuple(sorted(gaps, key=lambda each: (each.installation, each.gap))),
        left_out=tuple(sorted({where for one in inventories for where in one.left_out})),
        certificates=places.certificates(),
        suppressed=tuple(suppressed),
        stale_suppressions=tuple(
            suppressions.stale(inventories, gaps, () if observations else OBSERVED)
            if slugs is None
            else ()  # not all that suppressions speak of was judged
        ),
        shard=shard,
        keys_held=tuple(_keys_held(trials, policy, now)) if shard else (),
        shown=seen,
        look_ahead=lambda: events_of(
            [(each.name, each.impact) for each in trials], seen, policy, now
        ),
    )


def _keys_held(
    trials: Iterable[_Trial], policy: Policy, now: datetime
) -> Iterator[Finding | Suppressed]:
    found = (each for trial in trials for each in policy.overridden(trial.keys_held()))
    told, suppressed = Suppressions(policy.suppressions, now).divided(found)
    yield from sorted(told, key=order)
    yield from suppressed


def _of(inventory: Inventory, observations: Sequence[Observation]) -> tuple[Observation, ...]:
    own = inventory.installation
    return tuple(each for each in observations if each.asked.installation == own)


def _examined(trials: Iterable[_Trial]) -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    for trial in trials:
        for slug, count in trial.examined.items():
            counts[slug] += count
    return dict(sorted(counts.items()))


def _merged(findings: Iterable[Finding]) -> list[Finding]:
    """The findings; those that differ by nothing but the revision are one, in the newest."""
    alike: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        alike[finding.id].append(finding)
    return [_newest(group) for group in alike.values()]


def _newest(group: Sequence[Finding]) -> Finding:
    newest = max(group, key=lambda each: _number(each.revision))
    revisions = sorted({each.revision for each in group if each.revision}, key=_number)
    facts = {**newest.facts, "revisions": revisions} if revisions else newest.facts
    affects = sorted({where for each in group for where in each.affects})
    return replace(newest, facts=facts, affects=tuple(affects))


def _number(revision: str | None) -> int:
    return int(revision) if revision and revision.isdecimal() else 0


def order(finding: Finding) -> tuple[int, str, str, str, str]:
    """The order in which findings are told: the gravest first."""
    return (
        finding.severity.rank,
        finding.installation,
        finding.where,
        finding.rule,
        finding.id,
    )


class _Trial:
    """One inventory before all the rules."""

    def __init__(self, inventory: Inventory, evidence: Evidence) -> None:
        self.name = inventory.installation
        self.source = inventory.source
        self.impact = evidence.impact
        self.gaps = list(inventory.gaps)
        policy = evidence.policy
        self._rules = [
            rule
            for slug, rule in RULES.items()
            if evidence.judges(slug) and not policy.is_off(slug, self.name)
        ]
        self.examined = {rule.slug: 0 for rule in self._rules}
        self._evidence = evidence
        self._site = Site(inventory, evidence)
        self._looked_at: dict[Over, tuple[Any, ...]] = {}

    def installation(self) -> Installation:
        return Installation(self.name, self.source, not self.gaps)

    def findings(self) -> Iterator[Finding]:
        for rule in self._rules:
            subjects = self._subjects(rule.over)
            self.examined[rule.slug] = len(subjects)
            for subject in subjects:
                try:
                    for hit in rule.check(subject, self._evidence):
                        yield self._stamped(rule, subject, hit)
                except MissingLibrary:
                    raise  # every rule about paths would fail
                except Exception as error:  # noqa: BLE001 - a bug of ours costs no other finding
                    self._note_bug(rule, subject, error)

    def keys_held(self) -> Iterator[Finding]:
        """`shared-certificate` for all that holds a key, whatever there is in other shards."""
        rule = RULES["shared-certificate"]
        for alias, hit in keys_held(self._evidence) if rule in self._rules else ():
            yield self._stamped(rule, alias, hit)

    def _subjects(self, over: Over) -> tuple[Any, ...]:
        """What is in a scope; many rules share one."""
        if over not in self._looked_at:
            self._looked_at[over] = over(self._evidence)
        return self._looked_at[over]

    def _note_bug(self, rule: Rule, subject: Subject | Observation, error: Exception) -> None:
        detail = f"{rule.slug} failed on this: {type(error).__name__}"
        hint = "this is a bug of edgeaudit; please report it"
        self.gaps.append(Gap(subject.where, "internal_error", detail, hint))

    def _stamped(self, rule: Rule, subject: Subject | Observation, hit: Hit) -> Finding:
        is_in_use, direction, affects = self._use(subject)
        if hit.where and "host" in hit.facts and not isinstance(subject, Host):  # a line for it
            affects = (subject.where, *affects)
        return Finding(
            rule=rule.slug,
            severity=(hit.severity or rule.severity) if is_in_use else Severity.NOTE,
            cause=hit.cause or rule.cause,
            direction=direction,
            installation=self.name,
            where=hit.where or subject.where,
            message=hit.message,
            certificate=hit.certificate,
            facts=hit.facts,
            affects=affects,
            remedy=rule.remedy,
            steps=self._steps(rule, subject, hit),
            group=hit.group,
        )

    def _use(
        self, subject: Subject | Observation
    ) -> tuple[bool, Direction | None, tuple[str, ...]]:
        """Whether it is in use, by which side, and who depends on it."""
        impact = self.impact
        if isinstance(subject, Observation):
            asked = subject.asked
            return subject.is_in_use(impact), asked.direction, subject.affected(impact)
        return impact.is_in_use(subject), impact.direction(subject), impact.affected(subject)

    def _steps(self, rule: Rule, subject: Subject | Observation, hit: Hit) -> tuple[str, ...]:
        about = subject.about if isinstance(subject, Observation) else subject
        try:
            return steps(self._site, rule.slug, about, hit) if about else ()
        except Exception as error:  # noqa: BLE001 - nor the finding itself
            self._note_bug(rule, subject, error)
            return ()
