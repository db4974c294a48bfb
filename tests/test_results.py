"""What a whole run came to: joined verdicts, core rules, exit codes."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath import rulebook
from goldenpath.errors import Exit
from goldenpath.model import NEUTRAL, Level, Outcome, Verdict
from goldenpath.results import (
    Report,
    conclude,
    decides,
    exit_code,
    interrupted,
    strongest,
    untested_core,
)

PASS, FAIL, KNOWN, UNKNOWN = Outcome.PASS, Outcome.FAIL, Outcome.KNOWN, Outcome.UNKNOWN
MUST, SHOULD = Level.MUST, Level.SHOULD

verdicts = st.builds(
    Verdict,
    rule=st.sampled_from(list(rulebook.RULES)),
    level=st.sampled_from(Level),
    workload=st.sampled_from(["one", "two"]),
    outcome=st.sampled_from(Outcome),
    opportunities=st.integers(0, 3),
)
listed = st.lists(verdicts, max_size=8)


def v(
    outcome: Outcome, rule: str = "TOOL-1", level: Level = MUST, opportunities: int = 1
) -> Verdict:
    return Verdict(rule, level, "one", outcome, opportunities=opportunities)


def green(kind: str) -> list[Verdict]:
    """All core rules of this kind of target passed."""
    return [v(PASS, rule) for rule in rulebook.CORE_RULES[kind]]


# --- the exit code -----------------------------------------------------------------------------


@given(listed, st.booleans())
def test_fail_beats_unknown_beats_pass(found: list[Verdict], strict: bool) -> None:
    """1 exactly if a binding verdict fails; else 3 if one is unknown; 0 only where none is."""
    binding = {w.outcome for w in found if decides(w, strict=strict)}
    code = exit_code("", found, (), strict=strict)

    assert (code is Exit.VIOLATIONS) == (FAIL in binding)
    if code is Exit.CONFORMS:
        assert UNKNOWN not in binding


@given(
    listed, st.sampled_from(["", *rulebook.CORE_RULES]), st.lists(st.just("a problem"), max_size=1)
)
def test_zero_means_checked_and_whole(found: list[Verdict], kind: str, problems: list[str]) -> None:
    """0 needs something that passed, no problem, and each core rule with an opportunity."""
    if exit_code(kind, found, problems) is Exit.CONFORMS:
        assert any(w.outcome in (PASS, KNOWN) for w in found)
        assert not problems
        assert untested_core(kind, found) == []


@given(listed, st.randoms())
def test_the_exit_code_does_not_depend_on_the_order(found: list[Verdict], random: object) -> None:
    """However verdicts are listed, they come to the same."""
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert exit_code("agent", shuffled, ()) is exit_code("agent", found, ())


@given(listed, verdicts)
def test_another_verdict_never_hides_a_failure(found: list[Verdict], more: Verdict) -> None:
    """What fails goes on failing, whatever else is found."""
    if exit_code("", found, ()) is Exit.VIOLATIONS:
        assert exit_code("", [*found, more], ()) is Exit.VIOLATIONS


@pytest.mark.parametrize("kind", rulebook.CORE_RULES)
def test_all_core_rules_passed_conforms(kind: str) -> None:
    """Each kind of target can come to 0."""
    assert exit_code(kind, green(kind), ()) is Exit.CONFORMS


@pytest.mark.parametrize(
    ("found", "strict", "expected"),
    [
        ([], False, Exit.INCONCLUSIVE),
        ([], True, Exit.INCONCLUSIVE),
        *(([v(neutral)], False, Exit.INCONCLUSIVE) for neutral in sorted(NEUTRAL)),
        ([v(UNKNOWN)], False, Exit.INCONCLUSIVE),
        ([v(PASS), v(UNKNOWN)], False, Exit.INCONCLUSIVE),
        ([v(PASS), v(FAIL)], False, Exit.VIOLATIONS),
        ([v(UNKNOWN), v(FAIL)], False, Exit.VIOLATIONS),
        ([v(PASS), v(FAIL, level=SHOULD)], False, Exit.CONFORMS),
        ([v(PASS), v(FAIL, level=SHOULD)], True, Exit.VIOLATIONS),
        ([v(PASS), v(UNKNOWN, level=SHOULD)], False, Exit.CONFORMS),
        ([v(PASS), v(UNKNOWN, level=SHOULD)], True, Exit.INCONCLUSIVE),
        ([v(FAIL, level=SHOULD)], False, Exit.INCONCLUSIVE),
        ([v(KNOWN)], False, Exit.CONFORMS),
        ([v(PASS), v(Outcome.UNSUPPORTED, "API-1")], False, Exit.CONFORMS),
    ],
)
def test_exit_code(found: list[Verdict], strict: bool, expected: Exit) -> None:
    """A SHOULD is a warning unless strict; greys alone, or nothing, are inconclusive."""
    assert exit_code("", found, (), strict=strict) is expected


def test_a_problem_is_inconclusive_and_hides_no_failure() -> None:
    """A run that was not whole is not green; what it found stands."""
    assert exit_code("", [v(PASS)], ["not run: two_users"]) is Exit.INCONCLUSIVE
    assert exit_code("", [v(FAIL)], ["not run: two_users"]) is Exit.VIOLATIONS


def test_a_stale_line_is_a_violation() -> None:
    """A known failure that does not fail makes the run red, even if all else passes."""
    assert exit_code("agent", green("agent"), (), stale=["line 1 passes"]) is Exit.VIOLATIONS


# --- core rules --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", rulebook.CORE_RULES)
def test_each_core_rule_needs_an_opportunity(kind: str) -> None:
    """Greying one, or never having had an occasion, leaves the target untested."""
    for core in rulebook.CORE_RULES[kind]:
        rest = [w for w in green(kind) if w.rule != core]
        grey, idle = v(Outcome.UNSUPPORTED, core), v(PASS, core, opportunities=0)

        assert untested_core(kind, rest) == [core]
        assert untested_core(kind, [*rest, grey]) == [core]
        assert untested_core(kind, [*rest, idle]) == [core]
        assert exit_code(kind, [*rest, grey], ()) is Exit.INCONCLUSIVE


def test_one_workload_with_an_opportunity_is_enough() -> None:
    """A core rule that was tested anywhere was tested."""
    core, *_ = rulebook.CORE_RULES["agent"]
    idle = v(Outcome.UNOBSERVABLE, core, opportunities=0)

    assert untested_core("agent", [idle, *green("agent"), idle]) == []


def test_a_kind_without_core_rules_has_none_untested() -> None:
    """An unknown kind is not red for what nobody listed."""
    assert untested_core("teapot", []) == []


# --- several verdicts of one rule --------------------------------------------------------------


@pytest.mark.parametrize(
    "outcomes", list(permutations([FAIL, UNKNOWN, KNOWN, PASS, Outcome.NOT_RUN], 2)), ids=str
)
def test_the_strongest_verdict_counts(outcomes: tuple[Outcome, Outcome]) -> None:
    """FAIL over UNKNOWN over KNOWN over PASS over grey, in whatever order they came."""
    order = [FAIL, UNKNOWN, KNOWN, PASS, Outcome.NOT_RUN]
    found = strongest(v(outcome) for outcome in outcomes)

    assert found["TOOL-1"].outcome is min(outcomes, key=order.index)


@given(listed)
def test_each_rule_has_one_strongest_verdict(found: list[Verdict]) -> None:
    """It is one of its own."""
    best = strongest(found)

    assert set(best) == {w.rule for w in found}
    assert all(best[rule] in found and best[rule].rule == rule for rule in best)


# --- the report --------------------------------------------------------------------------------


@given(listed, st.booleans())
def test_a_report_says_the_same_thrice(found: list[Verdict], partial: bool) -> None:
    """Outcome, exit code and counts agree with each other and with the verdicts."""
    report = conclude(Report(target="t", kind="agent", verdicts=tuple(found)), partial=partial)

    assert {0: "PASS", 1: "FAIL", 3: "UNKNOWN"}[report.exit] == report.outcome
    assert sum(report.counts.values()) == len(found)
    assert set(report.counts) == set(map(str, Outcome))


def test_a_core_rule_without_an_opportunity_is_named_once() -> None:
    """The reason of the exit code stands in the report, also if it is concluded again."""
    core, *rest = green("agent")
    report = conclude(conclude(Report(target="t", kind="agent", verdicts=tuple(rest))))

    assert report.exit == Exit.INCONCLUSIVE
    assert report.problems == (f"core rules without an opportunity: {core.rule}",)


def test_what_was_left_out_on_purpose_is_no_flaw() -> None:
    """Where rules or workloads were chosen, core rules need no opportunity."""
    report = Report(target="t", kind="agent", verdicts=(v(PASS),))

    assert conclude(report, partial=True).exit == Exit.CONFORMS
    assert conclude(report, partial=True).problems == ()
    assert conclude(report).exit == Exit.INCONCLUSIVE


def test_nothing_checked_is_never_green() -> None:
    """A report without verdicts is inconclusive, also where only a part was asked for."""
    assert conclude(Report(target="t"), partial=True).exit == Exit.INCONCLUSIVE
    assert Report(target="t").exit == Exit.INCONCLUSIVE


@pytest.mark.parametrize(
    ("found", "code", "expected"),
    [
        (PASS, Exit.INCONCLUSIVE, (Exit.INCONCLUSIVE, "UNKNOWN")),
        (PASS, Exit.INTERRUPTED, (Exit.INTERRUPTED, "UNKNOWN")),
        (PASS, Exit.BUG, (Exit.BUG, "UNKNOWN")),
        (FAIL, Exit.INCONCLUSIVE, (Exit.VIOLATIONS, "FAIL")),
        (FAIL, Exit.INTERRUPTED, (Exit.INTERRUPTED, "FAIL")),
    ],
)
def test_a_run_that_was_not_carried_to_its_end(
    found: Outcome, code: Exit, expected: tuple[Exit, str]
) -> None:
    """It is never green; what it found stands, and an interrupt shows in the exit code."""
    report = interrupted(conclude(Report(target="t", verdicts=(v(found),))), code)

    assert (report.exit, report.outcome) == expected
