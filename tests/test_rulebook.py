"""The rules as data: complete, without contradictions, and each with its check."""

from __future__ import annotations

import itertools

import pytest

from goldenpath import rulebook
from goldenpath.capabilities import CAPABILITIES
from goldenpath.checkers import CHECKS
from goldenpath.model import Rule

CATALOGUE = {
    **{"API": 15, "TOOL": 10, "ORDER": 6, "DELIVERY": 8, "CONTENT": 8, "ISOLATION": 10},
    **{"ROUTING": 10, "RECOVERY": 8, "RESOURCE": 3, "LATENCY": 2, "AUTH": 5, "PERF": 5},
    "AUDIT": 5,
}


def test_each_rule_of_the_catalogue_is_checked_or_planned() -> None:
    """None is silently absent, and none is both."""
    whole = {f"{family}-{n}" for family, count in CATALOGUE.items() for n in range(1, count + 1)}

    # what is a SHOULD of a MUST; what only a stream can show; what is about one user alone
    split = {"RECOVERY-8a", "TOOL-10a", "ISOLATION-8a"}
    split |= {"DELIVERY-6a", "RECOVERY-3a"}  # what is seen otherwise of routers and broadcasts
    split |= {f"REGISTRY-{n}" for n in range(1, 7)} | {"CONTEXT-1", "CONTEXT-2"}  # R8 alone
    assert {*rulebook.RULES, *rulebook.PLANNED} == whole | split
    assert not {*rulebook.RULES} & {*rulebook.PLANNED}
    assert len(set(rulebook.PLANNED)) == len(rulebook.PLANNED)


def test_the_rules_of_a_family_stand_together() -> None:
    """Verdicts are shown in the order of the rules."""
    each = (rule.family for rule in rulebook.RULES.values())
    families = [family for family, _ in itertools.groupby(each)]

    assert len(families) == len(set(families))


def test_each_rule_has_one_check_and_each_check_a_rule() -> None:
    """What is promised is looked at, once."""
    assert sorted(check.rule for check in CHECKS) == sorted(rulebook.RULES)
    assert all(check.call or check.run or check.fold for check in CHECKS)


@pytest.mark.parametrize("rule", rulebook.RULES.values(), ids=str)
def test_a_rule_says_what_it_asks_and_who_asked_for_it(rule: Rule) -> None:
    """Text, source and needs are there, in words that are known."""
    assert rule.text.endswith(".")
    assert rule.source in {f"R{n}" for n in range(1, 13)}
    assert {name for need in rule.needs for name in need.split("|")} <= set(CAPABILITIES)
    assert rule.id.startswith(rule.family + "-")


def test_core_rules_are_rules_that_are_checked() -> None:
    """Each kind of target has a handful without which it was not tested."""
    kinds = {"dispatcher", "agent", "endpoint", "router", "transport", "registry", "context"}
    assert set(rulebook.CORE_RULES) == kinds
    for core in rulebook.CORE_RULES.values():
        assert set(core) <= set(rulebook.RULES)


# --- ids as they are typed ---------------------------------------------------------------------


@pytest.mark.parametrize("name", [*rulebook.RULES, *rulebook.PLANNED])
def test_an_id_is_known_whatever_its_case(name: str) -> None:
    """Also one that holds a small letter."""
    assert {
        rulebook.spelt(said, rulebook.RULES) for said in (name, name.lower(), name.upper())
    } == {name}


def test_an_id_that_is_not_there_stays_as_it_is() -> None:
    """However it is spelt."""
    assert rulebook.spelt("NOPE-1", rulebook.RULES) == "NOPE-1"
