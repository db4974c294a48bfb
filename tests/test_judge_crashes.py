"""What the judge does with checks that crash, with rules of a user's own, and in trouble."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from goldenpath import rulebook
from goldenpath.checkers import CHECKS, Check, Fold
from goldenpath.judge import CUT, NO_CHECK, judge, relevant
from goldenpath.model import Entry, Kind, Level, Outcome, Rule, Verdict
from tests.build import ALICE, Line, call, history, session
from tests.judged import by_rule, outcome
from tests.scenes import GREEN, RED

# --- checks that crash -------------------------------------------------------------------------


class _Crashes(Fold):
    """Crashes where it is told to."""

    where = ""
    kinds = frozenset(Kind)

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._maybe("init")

    def _maybe(self, where: str) -> None:
        if self.where == where:
            raise ValueError("odd")
        self.tally.chance()

    def entry(self, entry: Entry) -> None:
        self._maybe("entry")

    def frame(self, seen: Any) -> None:
        self._maybe("frame")

    def call(self, call: Any) -> None:
        self._maybe("call")

    def run(self, run: Any) -> None:
        self._maybe("run")

    def finish(self) -> None:
        self._maybe("finish")


def _crash(*_: Any) -> None:
    raise ValueError("odd")


CRASHES = {
    "over calls": Check("ORDER-3", call=_crash),
    "over runs": Check("ORDER-3", run=_crash),
    **{
        f"a fold, at {where}": Check("ORDER-3", fold=type("C", (_Crashes,), {"where": where}))
        for where in ("init", "entry", "frame", "call", "run", "finish")
    },
}


@pytest.mark.parametrize("check", CRASHES.values(), ids=CRASHES)
@pytest.mark.parametrize("lines", [GREEN, RED], ids=["green", "red"])
def test_a_check_that_crashes_is_unknown_and_harms_no_other(
    check: Check, lines: list[Line]
) -> None:
    """Its reason says so; every other verdict is what it would have been."""
    others = [c for c in CHECKS if c.rule != "ORDER-3"]
    expected = by_rule(judge(history(lines)))
    found = by_rule(judge(history(lines), [check, *others]))

    if lines is GREEN:
        assert found["ORDER-3"].outcome is Outcome.UNKNOWN
        assert found["ORDER-3"].reason == "its check crashed: ValueError: odd"
    for rule in set(expected) - {"ORDER-3"}:
        assert found[rule] == expected[rule]


def test_the_first_crash_is_told() -> None:
    """Of a check that crashes again and again."""
    words = iter(("first", "second"))

    def crashes(*_: Any) -> None:
        raise ValueError(next(words, "later"))

    found = judge(history(GREEN), [Check("ORDER-3", call=crashes)])

    assert [v.reason for v in found] == ["its check crashed: ValueError: first"]


class _Counts(Fold):
    """Looks at everything, and at frames that reached somebody alone."""

    kinds = frozenset({Kind.TOOL})

    def entry(self, entry: Entry) -> None:
        self.tally.chance(1)

    def frame(self, seen: Any) -> None:
        self.tally.chance(10)

    def call(self, call: Any) -> None:
        self.tally.chance(100)

    def run(self, run: Any) -> None:
        self.tally.chance(1_000)

    def finish(self) -> None:
        self.tally.chance(10_000)


def test_a_fold_is_given_what_it_asks_for() -> None:
    """Entries of its kinds, each frame, call and run, and the end."""
    nobody: Line = (Kind.FRAME, "", None, "manager.send_to_user", "{}")
    (found,) = judge(history([*GREEN, nobody]), [Check("ORDER-3", fold=_Counts)])

    assert found.opportunities == 4 * 1 + 4 * 10 + 2 * 100 + 2 * 1_000 + 10_000


def test_a_failure_found_before_the_crash_stands() -> None:
    """A finding is a finding."""

    def fails_then_crashes(call: Any, tally: Any) -> None:
        tally.chance()
        tally.fail("it broke", 1)
        raise ValueError("odd")

    found = judge(history(GREEN), [Check("ORDER-3", call=fails_then_crashes)])

    assert [(v.rule, v.outcome) for v in found] == [("ORDER-3", Outcome.FAIL)]


# --- rules of a user's own ---------------------------------------------------------------------

OWN = Rule("SHOP-1", Level.SHOULD, "Calls are told.", "a book", ("tool_events",))


def _told(call: Any, tally: Any) -> None:
    tally.chance()
    if not call.completed:
        tally.fail("it was not told", 1)


OWN_CHECK = Check("SHOP-1", call=_told)


def own_verdict(lines: list[Line], *checks: Check, **more: Any) -> Verdict:
    found = judge(history(lines, own=(OWN,), **more), [*CHECKS, *checks])

    assert [v.rule for v in found] == [*rulebook.RULES, "SHOP-1"]
    return by_rule(found)["SHOP-1"]


@pytest.mark.parametrize(("lines", "expected"), [(GREEN, Outcome.PASS), (RED, Outcome.FAIL)])
def test_an_own_rule_is_judged_beside_ours(lines: list[Line], expected: Outcome) -> None:
    """With the level that it has, after all of ours, which say what they would have said."""
    found = own_verdict(lines, OWN_CHECK, proves=("SHOP-1",))

    assert found.outcome is expected
    assert (found.level, found.proves) == (Level.SHOULD, True)


def test_an_own_rule_without_its_check_is_unknown_and_never_left_out() -> None:
    """It should have been tested; what the card greys is grey."""
    found = own_verdict(GREEN)
    grey = own_verdict(GREEN, card={"tool_events": ""})

    assert (found.outcome, found.reason) == (Outcome.UNKNOWN, NO_CHECK)
    assert [*relevant([found])] == [found]
    assert grey.outcome is Outcome.UNSUPPORTED


def test_an_own_rule_says_nothing_of_a_cut_history() -> None:
    """It may be about what never came, as far as anybody knows."""
    found = own_verdict(RED, OWN_CHECK, whole=False)

    assert (found.outcome, found.reason, found.findings) == (Outcome.UNKNOWN, CUT, ())


def test_no_header_replaces_a_rule_of_ours() -> None:
    """Whoever wrote the file."""
    softer = replace(rulebook.RULES["TOOL-1"], level=Level.SHOULD)

    assert judge(history(RED, own=(softer,))) == judge(history(RED))


# --- judging that breaks down ------------------------------------------------------------------

ODD: dict[str, Line] = {
    "a link without a user": (Kind.LINK, "alice/1", None, "up", None),
    "a tool without a value": (Kind.TOOL, "alice", None, "started", None),
    "a call with a number for a value": (Kind.INVOKE, "alice", "s", "execute", 3),
}


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_an_entry_that_cannot_be_judged_leaves_all_unknown(line: Line) -> None:
    """Nothing raises; what passed until then is UNKNOWN and says where it broke down."""
    found = judge(history([*GREEN, line]))

    assert {v.outcome for v in found} == {Outcome.UNKNOWN}
    assert any(f"judging broke down at entry {len(GREEN)}" in v.reason for v in found)


@pytest.mark.parametrize("line", ODD.values(), ids=ODD)
def test_a_failure_beside_an_entry_that_cannot_be_judged_stands(line: Line) -> None:
    """Before or after it."""
    for lines in ([*RED, line], [*RED[:3], line, *RED[3:]]):
        found = by_rule(judge(history(lines)))

        assert found["TOOL-1"].outcome is Outcome.FAIL
        assert Outcome.PASS not in {v.outcome for v in found.values()}


def test_greys_stay_grey_where_judging_broke_down() -> None:
    """They were never going to be judged."""
    lines = [*GREEN, ODD["a link without a user"]]

    assert outcome("TOOL-1", lines, card={"truth": ""}) is Outcome.UNOBSERVABLE


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["user", "tool", "token", "by", "value", "why", "tools", "plan"]), inner
        )
    ),
    max_leaves=5,
)

odd_lines = st.tuples(
    st.sampled_from(Kind),
    st.sampled_from(["alice", "bob", "alice/1", ""]),
    st.none() | st.sampled_from(["create-alice", "call-alice-16", "s"]),
    st.sampled_from(["create", "execute", "run", "register", "look", "cleanup", "inspect", "up"]),
    values,
)


@given(st.lists(odd_lines, max_size=6), st.integers(0, 9))
def test_no_history_makes_the_judge_raise(odd: list[Line], at: int) -> None:
    """Whoever records must not be disturbed, and whoever reads gets a verdict for each rule."""
    lines = session(ALICE, call(ALICE))
    found = judge(history([*lines[:at], *odd, *lines[at:]]))

    assert [verdict.rule for verdict in found] == list(rulebook.RULES)
