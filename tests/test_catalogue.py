"""The catalogue: an extension is added purely, or refused with all that is wrong with it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from goldenpath import rulebook
from goldenpath.catalogue import FAMILIES, OURS, Catalogue, CatalogueProblem, Extension
from goldenpath.checkers import CHECKS, Check, Fold
from goldenpath.dialects import DIALECTS
from goldenpath.model import Level, Rule
from goldenpath.workloads import WORKLOADS, Workload
from goldenpath.workloads.base import tiers


class Watch(Fold):
    """A fold that never finds anything."""


def rule(id: Any = "SHOP-1", level: Any = Level.MUST, **more: Any) -> Rule:
    return Rule(**{"id": id, "level": level, "text": "It is so.", "source": "a book", **more})


def check(rule: Any = "SHOP-1", **more: Any) -> Check:
    return Check(rule, **(more or {"fold": Watch}))


def workload(name: Any = "basket", **more: Any) -> Workload:
    made = Workload(
        name=name,
        about="something",
        suite="events",
        proves={"agent": ("SHOP-1", "TOOL-1")},
        lanes=lambda script, size: (script.session("alice"),),
        users=tiers(1, 1, 1),
        size=tiers(1, 2, 3),
    )
    return replace(made, **more)


def extension(**more: Any) -> Extension:
    """One that is right, unless `more` says otherwise."""
    parts = {"rules": (rule(),), "checks": (check(),), "workloads": (workload(),)}
    return Extension(**{**parts, "dialects": {"shop": {"type": "kind"}}, **more})


def problems(*found: object) -> list[str]:
    with pytest.raises(CatalogueProblem) as problem:
        OURS.extended({f"place {n}": more for n, more in enumerate(found)})
    return problem.value.problems


# --- what is right -----------------------------------------------------------------------------


def test_without_extensions_it_is_ours() -> None:
    """The default one holds our tables, and extending it by nothing changes nothing."""
    assert Catalogue(rulebook.RULES, CHECKS, WORKLOADS, DIALECTS) == OURS
    assert OURS.extended({}) == OURS
    assert OURS.extended({"here": Extension()}) == OURS
    assert OURS.own == ()


def test_what_is_added_comes_after_ours() -> None:
    """Rules, checks, workloads and dialects; nothing of ours is changed."""
    before = Catalogue(dict(rulebook.RULES), CHECKS, dict(WORKLOADS), dict(DIALECTS))
    grown = OURS.extended({"here": extension()})

    assert [*grown.rules] == [*rulebook.RULES, "SHOP-1"]
    assert grown.checks == (*CHECKS, check())
    assert [*grown.workloads] == [*WORKLOADS, "basket"]
    assert grown.dialects["shop"].type_at == ("kind",)
    assert grown.dialects["shop"].fields == DIALECTS["common"].fields
    assert grown.own == (rule(),)
    assert before == OURS


def test_a_workload_may_have_as_many_users_as_there_are_marks() -> None:
    """All but the last mark, which is that of the probe's own user."""
    made = extension(workloads=(workload(users=tiers(1, 1, 255)),))

    assert OURS.extended({"here": made}).workloads["basket"].users["soak"] == 255


def test_lists_are_taken_as_tuples_are() -> None:
    """Both are written."""
    made = extension(rules=[rule(needs=["events"])], checks=[check()], workloads=[workload()])

    assert OURS.extended({"here": made}).own == (rule(needs=["events"]),)


def test_a_workload_may_prove_a_rule_of_another_extension() -> None:
    """In whichever order they are found."""
    shared = Extension(rules=(rule(),), checks=(check(),))
    proving = Extension(workloads=(workload(),))

    for found in ((shared, proving), (proving, shared)):
        grown = OURS.extended({str(n): more for n, more in enumerate(found)})
        assert "basket" in grown.workloads


def test_recorded_rules_stand_beside_those_that_are_known() -> None:
    """What is known here wins; what is not known here is kept."""
    grown = OURS.extended({"here": extension()})
    other = rule("OTHER-1")

    assert grown.beside((rule(text="It was so."), other)) == (rule(), other)
    assert OURS.beside((other, rulebook.RULES["TOOL-1"])) == (other,)


# --- what is wrong -----------------------------------------------------------------------------

NO_RULES: dict[str, Any] = {"rules": (), "checks": (), "workloads": ()}
ALONE = {**NO_RULES, "dialects": {}}


async def _late(*_: object) -> None: ...


def _lazy(*_: object) -> Iterator[None]:
    yield


class Late:
    async def __call__(self, *_: object) -> None: ...


class LateFold(Fold):
    async def frame(self, seen: Any) -> None: ...  # type: ignore[override]


MISTAKES: dict[str, tuple[Mapping[str, Any], str]] = {
    "an id in small letters": ({"rules": (rule("shop-1"),), "checks": (check("shop-1"),)},
                               "rule 'shop-1': expected an id like FAMILY-1"),
    "an id without a number": ({"rules": (rule("SHOP"),), "checks": (check("SHOP"),)},
                               "rule 'SHOP': expected an id like FAMILY-1"),
    "an id with 0": ({"rules": (rule("SHOP-0"),), "checks": (check("SHOP-0"),)},
                     "rule 'SHOP-0': expected an id like FAMILY-1"),
    "an id that is taken": ({"rules": (rule("TOOL-1"),), "checks": (check("TOOL-1"),)},
                            "rule TOOL-1: there is one already, from goldenpath"),
    "a family of ours": ({"rules": (rule("TOOL-99"),), "checks": (check("TOOL-99"),)},
                         "rule TOOL-99: the family TOOL is goldenpath's own"),
    "a family that is planned": ({"rules": (rule("ROUTING-99"),), "checks": (check("ROUTING-99"),)},
                                 "the family ROUTING is goldenpath's own"),
    "one id twice": ({"rules": (rule(), rule())}, "rule SHOP-1: there is one already, from place"),
    "a level in words": ({"rules": (rule(level="MUST"),)}, "expected Level.MUST or Level.SHOULD"),
    "no text": ({"rules": (rule(text=" "),)}, "expected a sentence as text"),
    "no source": ({"rules": (rule(source=None),)}, "expected a sentence as source"),
    "needs in words": ({"rules": (rule(needs="events"),)}, "expected a tuple of capabilities"),
    "an unknown need": ({"rules": (rule(needs=("event",)),)},
                        "it needs 'event', which is no capability; do you mean events?"),
    "a rule without a check": ({"checks": ()}, "rule SHOP-1: expected one check, got none"),
    "a rule with two checks": ({"checks": (check(), check())}, "expected one check, got 2"),
    "a check without a rule": ({"checks": (check(), check("SHOP-2"))},
                               "check of SHOP-2: no such rule comes with it"),
    "a check of a rule of ours": ({"checks": (check(), check("TOOL-1"))},
                                  "check of TOOL-1: no such rule comes with it"),
    "a check that looks at nothing": ({"checks": (Check("SHOP-1"),)}, "it looks at nothing"),
    "a check by a name": ({"checks": (check(call="a function"),)}, "expected a function as call"),
    "an async check": ({"checks": (check(call=_late),)}, "as call, not an async one"),
    "a lazy check": ({"checks": (check(run=_lazy),)}, "as run, not an async one"),
    "an async one in part": ({"checks": (check(call=functools.partial(_late)),)}, "not an async"),
    "an async object": ({"checks": (check(call=Late()),)}, "as call, not an async one"),
    "an async fold": ({"checks": (check(fold=LateFold),)}, "frame of its fold is async"),
    "a fold that is none": ({"checks": (check(fold=dict),)}, "expected a subclass of Fold"),
    "a fold that was made": ({"checks": (check(fold=Watch.__new__(Watch)),)},
                             "expected a subclass of Fold"),
    "a workload that is taken": ({"workloads": (workload("two_users"),)},
                                 "workload two_users: there is one already, from goldenpath"),
    "a workload that is no name": ({"workloads": (workload("../x"),)},
                                   "workload '../x': expected a name like this_one"),
    "a suite that is not there": ({"workloads": (workload(suite="event"),)},
                                  "there is no suite 'event'; do you mean events?"),
    "lanes that are none": ({"workloads": (workload(lanes=()),)}, "expected a function as lanes"),
    "a tier too few": ({"workloads": (workload(users={"quick": 1}),)},
                       "expected users for quick, full, soak"),
    "a size of 0": ({"workloads": (workload(size=tiers(0, 1, 1)),)}, "expected 1 or more as size"),
    "more users than there are marks": ({"workloads": (workload(users=tiers(1, 1, 256)),)},
                                        "workload basket: expected 255 users or fewer, got"),
    "nothing proved": ({"workloads": (workload(proves={}),)},
                       "expected rules by kind of target as proves"),
    "proves by no kind": ({"workloads": (workload(proves=("SHOP-1",)),)},
                          "expected rules by kind of target as proves"),
    "an unknown kind": ({"workloads": (workload(proves={"agents": ("SHOP-1",)}),)},
                        "'agents' is no kind of target; do you mean agent?"),
    "an unknown rule": ({"workloads": (workload(proves={"agent": ("SHOP-2",)}),)},
                        "it proves 'SHOP-2', and there is no such rule; do you mean SHOP-1?"),
    "a rule in words": ({"workloads": (workload(proves={"agent": "SHOP-1"}),)},
                        "expected a tuple of rules for agent"),
    "a dialect that is taken": ({"dialects": {"common": {}}},
                                "dialect common: there is one already, from goldenpath"),
    "a dialect that is no name": ({"dialects": {"The Shop": {}}}, "dialect 'The Shop': expected"),
    "a dialect that is no table": ({"dialects": {"shop": "kind"}},
                                   "dialect shop: expected a table"),
    "a dialect with errors": ({"dialects": {"shop": {"typ": "kind"}}},
                              "dialect shop: dialect.typ: expected one of"),
    "rules that are no tuple": ({**ALONE, "rules": rule()}, "rules: expected a tuple of Rule"),
    "a rule that is none": ({**ALONE, "rules": ("SHOP-1",)}, "rules: expected a Rule, got"),
    "checks that are none": ({**ALONE, "checks": (Watch,)}, "checks: expected a Check, got"),
    "workloads that are none": ({**ALONE, "workloads": None}, "expected a tuple of Workload"),
    "an id that is no text": ({**ALONE, "rules": (rule([1]),)}, "rules: expected text as id of"),
    "a check of no text": ({**ALONE, "checks": (check({}),)}, "checks: expected text as rule of"),
    "a workload of no text": ({**ALONE, "workloads": (workload([]),)},
                              "workloads: expected text as name of"),
    "a need that is no text": ({"rules": (rule(needs=([],)),)}, "it needs [], which is no"),
    "a proof that is no text": ({"workloads": (workload(proves={"agent": ([],)}),)},
                                "it proves [], and there is no such rule"),
    "dialects that are none": ({**ALONE, "dialects": ("shop",)}, "expected tables by name"),
}  # fmt: skip


@pytest.mark.parametrize(("parts", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_where_it_came_from(parts: Mapping[str, Any], said: str) -> None:
    """Each by itself; an extension beside it that is right is not blamed."""
    right = Extension(dialects={"other": {}})
    found = problems(right, extension(**parts))

    assert any(said in problem for problem in found), found
    assert all(problem.startswith("place 1: ") for problem in found)


@pytest.mark.parametrize("more", [None, {}, Extension, "rules"])
def test_what_is_no_extension_is_refused(more: object) -> None:
    """Whatever a hook returns."""
    (said,) = problems(more)

    assert said.startswith("place 0: expected an Extension, got ")


def test_a_clash_of_two_extensions_names_both() -> None:
    """Rule, workload and dialect, with the place that came first."""
    said = problems(extension(), extension())

    assert said == [
        f"place 1: {what}: there is one already, from place 0"
        for what in ("rule SHOP-1", "dialect shop", "workload basket")
    ]


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Of every part, and of every extension."""
    bad = extension(
        rules=(rule("shop", level="MUST", text="", needs=("x",)),),
        checks=(check("SHOP-9"),),
        workloads=(workload("a b", suite="x", proves={"agent": ("NO-1",)}),),
        dialects={"shop": {"typ": "x", "types": {"a": "b"}}},
    )
    said = problems(bad, 5, extension(workloads=(workload(suite="y"),)))

    assert len([line for line in said if line.startswith("place 0: ")]) == 11
    assert len([line for line in said if line.startswith("place 1: ")]) == 1
    assert len([line for line in said if "no suite 'y'" in line]) == 1


def test_every_rule_of_ours_is_of_a_family_that_is_taken() -> None:
    """So that no later rule of ours clashes with a user's."""
    assert {rule.family for rule in rulebook.RULES.values()} <= FAMILIES
    assert "SHOP" not in FAMILIES
