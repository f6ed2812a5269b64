"""What holds of the findings, whatever the installation: the demo's, and any that is drawn."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgeaudit.audit.finding import Severity, without_revision
from edgeaudit.location import place
from tests.audit.changes import alone, removals, renamed, shuffled, unread
from tests.audit.estate import TRUST
from tests.audit.estates import environments, inventories
from tests.audit.practice import judged, practice, remember_verdicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from edgeaudit.audit.finding import Finding
    from edgeaudit.audit.report import Report
    from edgeaudit.inventory import Environment, Inventory
    from edgeaudit.x509.trust import Trust

# Of every so many changes to the demo one is tried, and all of them with --full.
EVERY = 61
drawn = settings(max_examples=settings().max_examples // 5)


@pytest.fixture(autouse=True, scope="module")
def _verdicts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        remember_verdicts(monkeypatch)
        yield


# in whatever order Edge tells of things, the report is the same


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_demo_does_not_matter(seed: int) -> None:
    _assert_order_does_not_matter(*practice(), seed)


@drawn
@given(inventories(), st.integers(0, 9))
def test_order_does_not_matter(inventory: Inventory, seed: int) -> None:
    _assert_order_does_not_matter(inventory, TRUST, seed)


def _assert_order_does_not_matter(inventory: Inventory, trust: Trust, seed: int) -> None:
    assert judged(trust, shuffled(inventory, random.Random(seed))) == judged(trust, inventory)


# whatever stores are called, the findings are the same, but for the names


def test_the_names_of_the_stores_of_the_demo_do_not_matter() -> None:
    _assert_names_do_not_matter(*practice())


@drawn
@given(inventories())
def test_names_of_stores_do_not_matter(inventory: Inventory) -> None:
    _assert_names_do_not_matter(inventory, TRUST)


def _assert_names_do_not_matter(inventory: Inventory, trust: Trust) -> None:
    stores = {store.name for env in inventory.environments for store in env.keystores}
    # the vendor's own is known by its name
    ordered = sorted(stores - {"freetrial"}, reverse=True)
    names = {name: f"store<{number:03}>" for number, name in enumerate(ordered)}
    former = [(f"keystores/{new}", place("keystores", old)) for old, new in names.items()]
    former += [(new, old) for old, new in names.items()]

    found = judged(trust, renamed(inventory, names)).findings
    assert _told(found, former) == _told(judged(trust, inventory).findings)


def _told(findings: Iterable[Finding], former: Iterable[tuple[str, str]] = ()) -> list[str]:
    """All that findings say, with the former names of stores, which steps encode."""
    findings = tuple(findings)
    texts = (str(replace(each, also_at=(), steps=())) for each in findings)
    places = (
        f"{each.rule} {each.where} is also at {at}" for each in findings for at in each.also_at
    )
    return sorted(_replaced(text, former) for text in (*texts, *places))


def _replaced(text: str, pairs: Iterable[tuple[str, str]]) -> str:
    for one, other in pairs:
        text = text.replace(one, other)
    return text


# what lies in one environment says nothing of another, nor one installation of another


def test_the_environments_of_the_demo_are_judged_as_if_alone() -> None:
    _assert_judged_as_if_alone(*practice())


@drawn
@given(inventories())
def test_environments_are_judged_as_if_alone(inventory: Inventory) -> None:
    _assert_judged_as_if_alone(inventory, TRUST)


def _assert_judged_as_if_alone(inventory: Inventory, trust: Trust) -> None:
    """Only of one certificate that lies in several environments more is said together.

    That it does is shared-certificate; and every finding tells where else its certificate lies.
    """
    together = judged(trust, inventory)
    of_one = [
        finding
        for env in inventory.environments
        for finding in judged(trust, alone(inventory, env)).findings
    ]
    assert "shared-certificate" not in {each.rule for each in of_one}
    of_all = {each.id: each for each in together.findings if each.rule != "shared-certificate"}
    assert of_all.keys() == {each.id for each in of_one}
    for finding in of_one:
        other = of_all[finding.id]
        env = "/".join(finding.where.split("/")[:2])
        assert set(finding.also_at) == {at for at in other.also_at if at.startswith(f"{env}/")}
        # which generation of Edge an organization lives on, its environments tell the steps
        assert replace(finding, also_at=(), steps=()) == replace(other, also_at=(), steps=())


@drawn
@given(environments(), environments())
def test_installations_are_judged_as_if_alone(one: Environment, two: Environment) -> None:
    """Only where else a certificate lies is told of both, with their names."""
    here, there = (
        alone(practice().inventory, one),
        replace(alone(practice().inventory, two), installation="other"),
    )
    together = judged(TRUST, here, there).findings
    apart = (*judged(TRUST, here).findings, *judged(TRUST, there).findings)
    assert _told(replace(each, also_at=()) for each in together) == _told(
        replace(each, also_at=()) for each in apart
    )


# where something is not there, or could not be read, the rest is judged all the same


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.full)])
def test_any_one_thing_may_be_missing_from_the_demo(every: int) -> None:
    inventory, trust = practice()
    losses = (each for env in inventory.environments for each in removals(env))
    for _, changed in islice(losses, 0, None, every):
        _assert_judged_whole(judged(trust, alone(inventory, changed)))


@drawn
@given(environments(), st.data())
def test_any_one_thing_may_be_missing(env: Environment, data: Any) -> None:
    _, changed = data.draw(st.sampled_from([("", env), *removals(env)]))
    _assert_judged_whole(judged(TRUST, alone(practice().inventory, changed)))


def _assert_judged_whole(report: Report) -> None:
    assert report.gaps == ()


@pytest.mark.parametrize("every", [EVERY, pytest.param(1, marks=pytest.mark.full)])
def test_what_is_not_read_of_the_demo_gives_no_new_finding(every: int) -> None:
    inventory, trust = practice()
    known = {env.where: judged(trust, alone(inventory, env)) for env in inventory.environments}
    losses = (each for env in inventory.environments for each in unread(env))
    for lost, changed in islice(losses, 0, None, every):
        report = judged(trust, alone(inventory, changed, lost))
        _assert_nothing_new(report, known[changed.where], changed)


@drawn
@given(environments(), st.data())
def test_what_is_not_read_gives_no_new_finding(env: Environment, data: Any) -> None:
    lost, changed = data.draw(st.sampled_from(list(unread(env))))
    report = judged(TRUST, alone(practice().inventory, changed, lost))
    _assert_nothing_new(report, judged(TRUST, alone(practice().inventory, env)), changed)


def _assert_nothing_new(report: Report, known: Report, env: Environment) -> None:
    """No finding that was not there, none that is worse, and nothing is called unused or empty.

    But what may be in use for all that is known is judged as if it were, and by the stricter side;
    and that a certificate expires is told where its successor cannot be seen.
    """
    before = {_place(each): each for each in known.findings}
    assert [each.gap.reason for each in report.gaps] == ["forbidden"]
    for finding in report.findings:
        former = before.get(_place(finding))
        if former is None:
            assert finding.rule in {"expired-certificate", "expiring-certificate"}
            assert _store_is_partial(finding, env)
        elif not former.severity.at_least(finding.severity):
            is_date = former.rule.endswith("-certificate")
            assert former.severity is Severity.NOTE or is_date, (former, finding)


def _place(finding: Finding) -> tuple[str, str]:
    """Rule and place; that of two revisions the newer one was not read changes neither."""
    return finding.rule, without_revision(finding.where)


def _store_is_partial(finding: Finding, env: Environment) -> bool:
    return any(
        finding.where.startswith(f"{store.where}/")
        and not (store.aliases.is_complete and all(each.is_complete for each in store.aliases))
        for store in env.keystores
    )
