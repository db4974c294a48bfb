"""RECOVERY-3, -8 and -8a: nobody waits for ever, or for somebody else."""

from __future__ import annotations

import pytest
from tests.build import (
    ALICE,
    BOB,
    CAROL,
    Line,
    answer,
    asked,
    hung,
    invoke,
    lost,
    ok,
    refused,
    run,
    session,
    told,
)
from tests.judged import Paced, at_pace, broken, findings, outcome, timed, untold, verdicts

from goldenpath.model import Outcome, User, Verdict, patience


def paced(*lines: Paced) -> Verdict:
    """What is said of RECOVERY-3 when each line takes so long."""
    return at_pace(lines)["RECOVERY-3"]


def both(transport: str = "slow") -> list[Paced]:
    """Sessions of alice (entries 0 to 2), and of bob whose consumer is of this kind (3 to 5)."""
    return [(0, line) for line in (*session(ALICE), *session(BOB, transport=transport))]


def takes(milliseconds: float, number: int = 16, who: User = ALICE) -> list[Paced]:
    """A call that takes so long."""
    return [(0, asked(who, number)), (milliseconds, told(who, number))]


BUSY: Paced = (0, asked(BOB))
DONE: Paced = (0, told(BOB))

# --- RECOVERY-3 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("condition", ["slow", "stalled"])
def test_a_call_that_takes_longer_beside_a_slow_user(condition: str) -> None:
    """By how much is told."""
    verdict = paced(*both(condition), *takes(2), BUSY, *takes(120, 17), DONE)
    (finding,) = verdict.findings

    assert finding.message == (
        f"while another user's consumer was {condition}, a call of alice took 120 ms; before, it"
        " took 2.0 ms"
    )
    assert finding.witness == (9, 10)
    assert verdict.opportunities == 1


def test_a_call_that_does_not_return_beside_a_slow_user() -> None:
    """Though another one did, and quickly."""
    hangs = [(0, asked(ALICE, 18)), (1_000, hung(ALICE, 18))]
    again = [(0, asked(ALICE, 19)), (2_000, hung(ALICE, 19))]
    verdict = paced(*both(), *takes(2), BUSY, *takes(2, 17), *hangs, *again, DONE)
    (finding,) = verdict.findings

    assert finding.message == (
        "while another user's consumer was slow, a call of alice did not return in 1000 ms;"
        " before, it took 2.0 ms"
    )
    assert finding.witness == (11, 12)
    assert verdict.opportunities == 3


def test_a_run_is_compared_like_a_call() -> None:
    """Of an agent."""
    runs = [
        line
        for took, step in ((2, "one"), (900, "two"))
        for line in ((0, run(ALICE, step=step)), (took, ok(ALICE, "run", step, "so it is")))
    ]
    slow: Paced = (0, run(BOB))
    verdict = paced(*both(), *runs[:2], slow, *runs[2:], (0, answer(BOB)))

    assert verdict.outcome is Outcome.FAIL


def test_a_user_without_a_session_of_their_own_has_a_transport_that_works() -> None:
    """As at an agent that makes none, or where none is named."""
    plain = [(0.0, invoke(ALICE, "create", tools=["lookup"])), (0.0, ok(ALICE, "create"))]
    slow = [(0.0, line) for line in session(BOB, transport="slow")]
    calls = [*takes(2), BUSY, *takes(900, 17), DONE]

    assert paced(*slow, *calls).outcome is Outcome.FAIL
    assert paced(*plain, *slow, *calls).outcome is Outcome.FAIL


def test_each_condition_is_told_for_itself() -> None:
    """A user who is slow, and one who has stalled."""
    third = [(0.0, line) for line in session(CAROL, transport="stalled")]
    slow = [BUSY, *takes(100, 17), DONE]
    stalled: list[Paced] = [(0, asked(CAROL)), *takes(200, 18), (0, told(CAROL))]
    lines = [*both(), *third, *takes(1), *slow, *stalled]

    assert [f.message.partition(",")[0] for f in paced(*lines).findings] == [
        "while another user's consumer was slow",
        "while another user's consumer was stalled",
    ]
    quick = [*both(), *third, *takes(1), BUSY, *takes(1, 17), DONE, *stalled]
    assert len(paced(*quick).findings) == 1


NOT_SLOWED: dict[str, list[Paced]] = {
    "it takes as long as before": [*takes(2), BUSY, *takes(2, 17), DONE],
    "it takes a little less than counts": [*takes(2), BUSY, *takes(49.9, 17), DONE],
    "it took nearly as long before": [*takes(25.1), BUSY, *takes(100, 17), DONE],
    "one before took long": [*takes(900), *takes(2, 18), BUSY, *takes(40, 17), DONE],
    "half of them beside": [*takes(2), BUSY, *takes(900, 17), *takes(2, 18), DONE],
    "one took long, as one did before": [
        *(*takes(2), *takes(2, 18), *takes(260, 19), BUSY),
        *(*takes(1000, 17), *takes(2, 20), DONE),
    ],
}


@pytest.mark.parametrize("lines", NOT_SLOWED.values(), ids=NOT_SLOWED)
def test_a_call_that_is_not_slowed(lines: list[Paced]) -> None:
    """A busy machine is no finding."""
    assert paced(*both(), *lines).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("before", "beside"), [(2, 50), (25, 100), (12.5, 50)], ids=["as counts", "four times", "both"]
)
def test_a_call_that_is_slowed_as_much_as_counts(before: float, beside: float) -> None:
    """Half of what one send to a slow user takes, and four times as long as before."""
    verdict = paced(*both(), *takes(before), BUSY, *takes(beside, 17), DONE)

    assert verdict.outcome is Outcome.FAIL


def test_the_one_in_the_middle_is_told() -> None:
    """Whichever came first; others that are quick do not hide it."""
    slow = [*both(), *takes(1), BUSY, *takes(300, 17), *takes(200, 18), *takes(400, 19), DONE]
    half = [*both(), *takes(1), BUSY, *takes(300, 17), *takes(1, 18), *takes(400, 19), DONE]

    assert "took 300 ms" in paced(*slow).reason
    assert "took 300 ms" in paced(*half).reason


QUICK = [took for number in range(20, 26) for took in takes(1, number)]


def test_calls_that_take_very_long_one_after_the_other() -> None:
    """Though most of them are quick."""
    long = [*takes(3004, 17), *takes(1, 18), *takes(1000, 19)]
    verdict = paced(*both("stalled"), *takes(1), BUSY, *QUICK, *long, DONE)
    (finding,) = verdict.findings

    assert finding.message == (
        "while another user's consumer was stalled, a call of alice took 3004 ms, and then one of"
        " alice took 1000 ms; before, none took more than 1.0 ms"
    )
    assert finding.witness == (21, 22, 25, 26)


ONCE: dict[str, list[Paced]] = {
    "one": takes(3004, 17),
    "a little less than counts": [*takes(3004, 17), *takes(999, 18)],
    "two at once": [
        *((0, asked(ALICE, 17)), (0, asked(ALICE, 18)), (3004, told(ALICE, 17))),
        (1, told(ALICE, 18)),
    ],
}


@pytest.mark.parametrize("long", ONCE.values(), ids=ONCE)
def test_a_single_call_that_takes_very_long_is_in_doubt(long: list[Paced]) -> None:
    """A machine that stands still holds up what is under way, once."""
    verdict = paced(*both("stalled"), *takes(1), BUSY, *QUICK, *long, DONE)

    assert verdict.outcome is Outcome.UNKNOWN
    assert verdict.reason == (
        "while another user's consumer was stalled, a call of alice took 3004 ms, and no other;"
        " before, none took more than 1.0 ms: it may be the machine's fault"
    )


def test_a_call_that_failed_does_not_hide_those_that_took_long() -> None:
    """Nor is it one that was not slowed."""
    failed = [took for n in (20, 21) for took in ((0, asked(ALICE, n)), (1, refused(ALICE, n)))]

    assert paced(*both(), *takes(1), BUSY, *failed, *takes(200, 17), DONE).outcome is Outcome.FAIL


UNTOLD: dict[str, list[Paced]] = {
    "nobody is slow": [*both("working"), *takes(2), BUSY, *takes(900, 17), DONE],
    "its transport raises": [*both("raising"), *takes(2), BUSY, *takes(900, 17), DONE],
    "the slow one is not being served": [*both(), *takes(2), BUSY, DONE, *takes(900, 17)],
    "the slow one asks for something else": [
        *(*both(), *takes(2), (0, invoke(BOB, "enter")), *takes(900, 17), (0, ok(BOB, "enter"))),
    ],
    "nothing came before": [*both(), BUSY, *takes(900), DONE],
    "what came before hung": [
        *(*both(), (0, asked(ALICE)), (5, hung(ALICE)), BUSY, *takes(900, 17), DONE),
    ],
    "it failed": [*takes(2), BUSY, (0, asked(ALICE, 17)), (2, refused(ALICE, 17)), DONE],
    "what came before failed": [(0, asked(ALICE)), (2, refused(ALICE)), BUSY, *takes(900, 17)],
    "it was given up": [
        *(*both(), *takes(2), BUSY, (0, asked(ALICE, 17))),
        *((900, hung(ALICE, 17, why="cancelled")), DONE),
    ],
    "it was never answered": [*both(), *takes(2), BUSY, (0, asked(ALICE, 17)), (900, DONE[1])],
    "it is another step": [
        *(*both(), *takes(2), BUSY, (0, invoke(ALICE, "enter")), (900, ok(ALICE, "enter")), DONE),
    ],
    "it has no transport itself": [
        *[(0.0, line) for line in session(ALICE, transport="absent")],
        *(*both()[3:], *takes(2), BUSY, *takes(900, 17), DONE),
    ],
    "it is slow itself": [
        *(*both(), *takes(2), BUSY, *takes(900, 17, who=BOB), DONE),
    ],
}


@pytest.mark.parametrize("lines", UNTOLD.values(), ids=UNTOLD)
def test_where_nobody_slow_is_served_beside_it_nothing_follows(lines: list[Paced]) -> None:
    """Neither red nor green."""
    found = paced(*lines)

    assert (found.outcome, found.opportunities, found.findings) == (Outcome.UNKNOWN, 0, ())
    assert untold("RECOVERY-3", [line for _, line in lines])


# --- RECOVERY-8: every call returns within its deadline ----------------------------------------


def test_a_call_that_does_not_return() -> None:
    """What hung, whose it was and how long was waited."""
    lines = [*session(ALICE), asked(ALICE), hung(ALICE)]

    assert broken("RECOVERY-8", lines) == (
        "execute of alice did not return within 5.0 seconds",
        (4,),
    )
    assert verdicts(lines)["RECOVERY-8"].opportunities == 2
    assert verdicts([told(ALICE)])["RECOVERY-8"].opportunities == 1


@pytest.mark.parametrize("what", ["create", "register", "look", "cleanup", "run"])
def test_whatever_was_asked_must_return(what: str) -> None:
    """Not only executions."""
    lines = [invoke(ALICE, what, tools=[], tool="x"), lost(ALICE, what)]

    assert findings("RECOVERY-8", lines)[0][1] == (1,)


ASKED = [asked(ALICE), told(ALICE)]
RETURNED = {
    "a result": [asked(ALICE), told(ALICE)],
    "an exception": [asked(ALICE), refused(ALICE)],
    "a failed result": [asked(ALICE), refused(ALICE, by="result")],
    "a cancellation by the caller": [asked(ALICE), hung(ALICE, why="cancelled")],
}


@pytest.mark.parametrize("lines", RETURNED.values(), ids=RETURNED)
def test_a_call_that_returned(lines: list[Line]) -> None:
    """However it went; what the harness cancelled did not hang."""
    assert outcome("RECOVERY-8", [*session(ALICE), *lines]) is Outcome.PASS


@pytest.mark.parametrize(("seconds", "found"), [(7.5, Outcome.PASS), (9, Outcome.UNKNOWN)])
def test_a_loop_that_stands_still_is_in_doubt(seconds: float, found: Outcome) -> None:
    """A deadline that is counted in turns of the loop cannot end what blocks it."""
    lines = [invoke(ALICE, "create", tools=["lookup"]), ok(ALICE, "create"), *ASKED]
    times = {n: n * seconds for n in range(4)}
    made = timed(lines, times, deadlines={"call": 5.0})["RECOVERY-8"]

    assert made.outcome is found
    if found is Outcome.UNKNOWN:
        assert made.reason.startswith("create of alice took 9.0 seconds in which the loop stood")
        assert "execute of alice took 9.0 seconds" in made.reason


def test_a_run_with_many_rounds_has_more_time() -> None:
    """Each round adds a fifth of the deadline."""
    assert patience({}, 5.0) == 5
    assert patience({"plan": {"rounds": [[]] * 10}}, 5.0) == 15
    lines = [run(ALICE, plan={"rounds": [[]] * 10}), answer(ALICE)]
    for seconds, found in ((22.5, Outcome.PASS), (22.6, Outcome.UNKNOWN)):
        made = timed(lines, {1: seconds}, deadlines={"call": 5.0}, kind="agent")
        assert made["RECOVERY-8"].outcome is found


# --- RECOVERY-8a ----------------------------------------------------------------------------------


def test_a_user_who_has_stalled_is_another_rules_question() -> None:
    """Until their session is made anew."""
    stalled = [*session(ALICE, transport="stalled"), asked(ALICE), hung(ALICE)]
    anew = [*stalled, *session(ALICE), asked(ALICE, 17), hung(ALICE, 17)]

    assert findings("RECOVERY-8", stalled) == []
    assert broken("RECOVERY-8a", stalled) == (
        "execute of alice did not return within 5.0 seconds",
        (4,),
    )
    assert [witness for _, witness in findings("RECOVERY-8", anew)] == [(9,)]
    assert [witness for _, witness in findings("RECOVERY-8a", anew)] == [(4,)]


def test_a_call_that_returns_to_a_user_who_has_stalled() -> None:
    """It went as it should; of others the rule says nothing."""
    lines = [*session(ALICE, transport="stalled"), asked(ALICE), told(ALICE)]
    given_up = [*session(ALICE, transport="stalled")[:2], lost(ALICE, "create", why="cancelled")]

    assert outcome("RECOVERY-8a", lines) is Outcome.PASS
    assert untold("RECOVERY-8a", [*session(BOB), asked(BOB), hung(BOB)])
    assert untold("RECOVERY-8a", given_up)
