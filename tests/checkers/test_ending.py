"""TOOL-6 to -10 and RECOVERY-7: what was begun ends, and nobody works on behind anybody's back."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    acted,
    answer,
    asked,
    broke,
    broken,
    call,
    closed,
    completed,
    ended,
    executing,
    fail,
    fault,
    findings,
    history,
    hung,
    invoke,
    lost,
    ok,
    outcome,
    red,
    refused,
    run,
    session,
    started,
    stopped,
    token_of,
    told,
    tool,
    untold,
    up,
    verdicts,
)

from goldenpath.history import Footer, History
from goldenpath.judge import judge
from goldenpath.model import Entry, Finding, Kind, Outcome, Verdict

GAVE_UP = hung(ALICE, why="cancelled")
LEFT = lost(ALICE, "run", why="cancelled")


def dispatcher(*lines: Line) -> list[Line]:
    """A session of alice (entries 0 to 2), then these lines from entry 3 on."""
    return [*session(ALICE), *lines]


def agent(*lines: Line, calls: int = 1) -> list[Line]:
    """A link (entry 0) and a run of so many calls (1), then these lines from entry 2 on."""
    return [up(ALICE), run(ALICE, *range(16, 16 + calls)), *lines]


def nameless(what: str, **more: Any) -> Line:
    """The tool did something, and its call's canary was lost."""
    return tool(ALICE, what, None, **more)


def timed(lines: list[Line], seconds: dict[int, float], **header: Any) -> dict[str, Verdict]:
    """Judge lines of which each comes at the second that was named last."""
    made, now, entries = history(lines, **header), 0.0, []
    for number, line in enumerate(lines):
        now = seconds.get(number, now)
        entries.append(Entry(number, int(now * 1e9), *line))
    whole = History(made.header, tuple(entries), Footer(entries=len(entries)))
    return {v.rule: v for v in judge(whole)}


# --- TOOL-6: once the caller was told, its tool does nothing more -------------------------------

AT_WORK = [asked(ALICE), started(ALICE)]  # 3, 4
WORKS_ON = {
    "it has its effect": ([*AT_WORK, GAVE_UP, acted(ALICE), ended(ALICE)], "effect", (5, 6)),
    "it ends": ([*AT_WORK, GAVE_UP, ended(ALICE)], "ended", (5, 6)),
    "it fails": ([*AT_WORK, GAVE_UP, broke(ALICE)], "failed", (5, 6)),
    "it has its effect and is stopped": (
        [*AT_WORK, GAVE_UP, acted(ALICE), stopped(ALICE)],
        "effect",
        (5, 6),
    ),
    "it is made only then": (
        [asked(ALICE), GAVE_UP, started(ALICE), ended(ALICE)],
        "ended",
        (4, 6),
    ),
    "it is made once more": (
        [*AT_WORK, stopped(ALICE), GAVE_UP, started(ALICE), ended(ALICE)],
        "ended",
        (6, 8),
    ),
    "its session is cleaned up as well": (
        [*AT_WORK, invoke(ALICE, "cleanup"), GAVE_UP, ok(ALICE, "cleanup"), acted(ALICE)],
        "effect",
        (6, 8),
    ),
}


@pytest.mark.parametrize(("lines", "deed", "witness"), WORKS_ON.values(), ids=WORKS_ON)
def test_a_tool_that_works_on_after_its_caller_gave_up(
    lines: list[Line], deed: str, witness: tuple[int, ...]
) -> None:
    """The first thing that it does then is told."""
    assert broken("TOOL-6", dispatcher(*lines)) == (
        f"lookup worked on ({deed}) after its caller, who had given up, was told so",
        witness,
    )


REACHED = {
    "stopped, and then told": [*AT_WORK, stopped(ALICE), GAVE_UP],
    "told, and then stopped": [*AT_WORK, GAVE_UP, stopped(ALICE)],
    "let end, and then told": [*AT_WORK, acted(ALICE), ended(ALICE), GAVE_UP],
    "it never hears of it again": [*AT_WORK, GAVE_UP],
    "started and stopped after it": [asked(ALICE), GAVE_UP, started(ALICE), stopped(ALICE)],
    "with its session": [*AT_WORK, invoke(ALICE, "cleanup"), stopped(ALICE), GAVE_UP],
}


@pytest.mark.parametrize("lines", REACHED.values(), ids=REACHED)
def test_a_cancellation_that_reached_the_tool(lines: list[Line]) -> None:
    """A tool may be stopped later than its caller is told, as long as it does nothing more."""
    assert outcome("TOOL-6", dispatcher(*lines)) is Outcome.PASS


NOBODY_GAVE_UP = {
    "it never started": [asked(ALICE), GAVE_UP],
    "past the deadline": [*AT_WORK, hung(ALICE), ended(ALICE)],
    "told of a failure": [*AT_WORK, refused(ALICE), ended(ALICE)],
    "told of success": [*AT_WORK, ended(ALICE), told(ALICE)],
    "not told": [*AT_WORK, ended(ALICE)],
}


@pytest.mark.parametrize("lines", NOBODY_GAVE_UP.values(), ids=NOBODY_GAVE_UP)
def test_where_nobody_gave_up_there_is_no_opportunity(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("TOOL-6", dispatcher(*lines))


def test_calls_without_canaries_of_which_one_was_given_up_are_in_doubt() -> None:
    """The end of the one could be that of the other, which was still under way."""
    lines = dispatcher(
        *(asked(ALICE, 16), nameless("started", parameters={})),
        *(asked(ALICE, 17), nameless("started", parameters={})),
        *(hung(ALICE, 16, why="cancelled"), nameless("ended", result=1)),
        *(nameless("ended", result=1), told(ALICE, 17, value=1)),
    )
    found = verdicts(lines)["TOOL-6"]

    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be told apart" in found.reason


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([started(ALICE), LEFT, ended(ALICE)], Outcome.FAIL),
        ([started(ALICE), stopped(ALICE), LEFT], Outcome.PASS),
        ([started(ALICE), LEFT, stopped(ALICE)], Outcome.PASS),
        ([LEFT, started(ALICE), ended(ALICE)], Outcome.UNKNOWN),
        ([started(ALICE), lost(ALICE, "run"), ended(ALICE)], Outcome.UNKNOWN),
    ],
)
def test_a_run_that_is_given_up_gives_up_its_calls(lines: list[Line], found: Outcome) -> None:
    """Those that had begun; what it begins then is TOOL-10's matter."""
    assert outcome("TOOL-6", agent(*lines), kind="agent") is found


def test_what_cannot_be_called_off_is_not_asked_to() -> None:
    """A target may declare so."""
    lines = dispatcher(*AT_WORK, GAVE_UP, ended(ALICE))

    assert outcome("TOOL-6", lines, card={"cancel": ""}) is Outcome.UNSUPPORTED


# --- TOOL-7, for a dispatcher: no call is stopped or left alone for another's sake ---------------

BOTH = [asked(ALICE, 16), asked(ALICE, 17), started(ALICE, 16), started(ALICE, 17)]  # 3 to 6
FIRST_FAILS = [broke(ALICE, 16), refused(ALICE, 16)]  # 7, 8
VICTIMS = {
    "stopped": (
        [*FIRST_FAILS, stopped(ALICE, 17), refused(ALICE, 17)],
        "lookup was stopped, though its caller had not given up",
        (4, 9),
    ),
    "stopped, and told to have succeeded": (
        [*FIRST_FAILS, stopped(ALICE, 17), told(ALICE, 17)],
        "lookup was stopped, though its caller had not given up",
        (4, 9),
    ),
    "stopped when the first gave up": (
        [hung(ALICE, 16, why="cancelled"), stopped(ALICE, 17), refused(ALICE, 17)],
        "lookup was stopped, though its caller had not given up",
        (4, 8),
    ),
    "stopped, and told of a failure though it was made again": (
        [
            *FIRST_FAILS,
            stopped(ALICE, 17),
            started(ALICE, 17),
            ended(ALICE, 17),
            refused(ALICE, 17),
        ],
        "lookup was stopped, though its caller had not given up",
        (4, 9),
    ),
    "stopped before its session was cleaned up": (
        [*FIRST_FAILS, stopped(ALICE, 17), refused(ALICE, 17), invoke(ALICE, "cleanup")],
        "lookup was stopped, though its caller had not given up",
        (4, 9),
    ),
    "given up for lost, and at work": (
        [*FIRST_FAILS, refused(ALICE, 17), acted(ALICE, 17), ended(ALICE, 17)],
        "lookup worked on (effect) after its caller was told that it failed",
        (9, 10),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), VICTIMS.values(), ids=VICTIMS)
def test_a_call_that_suffers_for_another(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """Its caller waits on, and is right to expect an answer."""
    assert broken("TOOL-7", dispatcher(*BOTH, *lines)) == (message, witness)


def test_a_lone_call_whose_tool_works_on_after_its_failure() -> None:
    """An orphan is one without siblings, too."""
    lines = dispatcher(*AT_WORK, refused(ALICE), ended(ALICE))

    assert broken("TOOL-7", lines) == (
        "lookup worked on (ended) after its caller was told that it failed",
        (5, 6),
    )


UNHARMED = {
    "both go well": [ended(ALICE, 16), told(ALICE, 16), ended(ALICE, 17), told(ALICE, 17)],
    "one fails": [*FIRST_FAILS, ended(ALICE, 17), told(ALICE, 17)],
    "told of success too early, which is TOOL-3's matter": [
        *(*FIRST_FAILS, told(ALICE, 17), ended(ALICE, 17)),
    ],
    "both fail": [*FIRST_FAILS, broke(ALICE, 17), refused(ALICE, 17)],
    "stopped, made again, and went well": [
        *(*FIRST_FAILS, stopped(ALICE, 17), started(ALICE, 17), ended(ALICE, 17), told(ALICE, 17)),
    ],
    "stopped with its session": [
        *(*FIRST_FAILS, invoke(ALICE, "cleanup"), stopped(ALICE, 17), refused(ALICE, 17)),
    ],
    "told with the end of its session, and let end": [
        *(*FIRST_FAILS, invoke(ALICE, "cleanup"), refused(ALICE, 17), ended(ALICE, 17)),
    ],
    "told early, and never heard of again": [*FIRST_FAILS, refused(ALICE, 17)],
}


@pytest.mark.parametrize("lines", UNHARMED.values(), ids=UNHARMED)
def test_a_call_that_does_not_suffer_for_another(lines: list[Line]) -> None:
    """Its own failure, and the end of its session, are reasons of its own."""
    assert outcome("TOOL-7", dispatcher(*BOTH, *lines)) is Outcome.PASS


NO_SIBLINGS = {
    "it was alone": [*AT_WORK, stopped(ALICE), refused(ALICE)],
    "it came after the other": [*call(ALICE, 17), *AT_WORK, stopped(ALICE), refused(ALICE)],
    "its caller gave up, too": [*BOTH, stopped(ALICE, 17), hung(ALICE, 17, why="cancelled")],
    "it was meant to hang": [
        *(asked(ALICE, 16, unreleased=True), asked(ALICE, 17), started(ALICE, 16)),
        *(stopped(ALICE, 16), refused(ALICE, 16)),
    ],
    "the other is another user's": [
        *(*session(BOB), asked(BOB), *AT_WORK, stopped(ALICE), refused(ALICE)),
    ],
    "neither started": [*BOTH[:2], refused(ALICE, 16), refused(ALICE, 17)],
}


@pytest.mark.parametrize("lines", NO_SIBLINGS.values(), ids=NO_SIBLINGS)
def test_without_a_sibling_there_is_no_victim(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("TOOL-7", dispatcher(*lines))


@pytest.mark.parametrize(
    ("declared", "seconds", "found"),
    [
        ({"tool_timeout": 2}, 2.0, Outcome.PASS),
        ({"tool_timeout": 2}, 1.0, Outcome.FAIL),
        ({}, 2.0, Outcome.FAIL),
    ],
)
def test_a_declared_timeout_may_stop_a_call(
    declared: dict[str, Any], seconds: float, found: Outcome
) -> None:
    """Where that much time had passed since it was asked for."""
    lines = dispatcher(*BOTH, stopped(ALICE, 16), refused(ALICE, 16))
    made = timed(lines, {7: seconds}, declared=declared)

    assert made["TOOL-7"].outcome is found


# --- TOOL-7, for an agent: no tool outlives its run ----------------------------------------------

OUTLIVES = {
    "it ends later": ([started(ALICE), answer(ALICE), ended(ALICE)], (2, 3, 4)),
    "it acts later": ([started(ALICE), answer(ALICE), acted(ALICE), stopped(ALICE)], (2, 3, 4)),
    "it never ends": ([started(ALICE), answer(ALICE)], (2, 3)),
    "its run failed": ([started(ALICE), fail(ALICE, "run"), ended(ALICE)], (2, 3, 4)),
}


@pytest.mark.parametrize(("lines", "witness"), OUTLIVES.values(), ids=OUTLIVES)
def test_a_tool_that_outlives_its_run(lines: list[Line], witness: tuple[int, ...]) -> None:
    """Nobody waits for it, and nobody stopped it."""
    assert broken("TOOL-7", agent(*lines), kind="agent") == (
        "a run of alice was over while its lookup was at work, and nobody stopped it",
        witness,
    )


@pytest.mark.parametrize("end", [ended(ALICE), broke(ALICE), stopped(ALICE)])
@pytest.mark.parametrize("how", [answer(ALICE), fail(ALICE, "run")], ids=["answers", "fails"])
def test_a_tool_that_ends_with_its_run(end: Line, how: Line) -> None:
    """However both end."""
    assert outcome("TOOL-7", agent(started(ALICE), end, how), kind="agent") is Outcome.PASS


def test_a_tool_that_is_stopped_as_its_run_ends() -> None:
    """Whether the run or the tool is told first is nobody's concern."""
    lines = agent(started(ALICE), fail(ALICE, "run"), stopped(ALICE))

    assert outcome("TOOL-7", lines, kind="agent") is Outcome.PASS


NO_ORPHAN = {
    "it started later": agent(answer(ALICE), started(ALICE), ended(ALICE)),
    "the run was given up": agent(started(ALICE), LEFT, ended(ALICE)),
    "the run was lost": agent(started(ALICE), lost(ALICE, "run"), ended(ALICE)),
    "the run was never answered": agent(started(ALICE)),
    "no tool ran": agent(answer(ALICE)),
}


@pytest.mark.parametrize("lines", NO_ORPHAN.values(), ids=NO_ORPHAN)
def test_a_run_that_leaves_no_orphan(lines: list[Line]) -> None:
    """Other rules speak of these."""
    assert untold("TOOL-7", lines, kind="agent")


def test_calls_of_a_run_without_canaries_are_in_doubt() -> None:
    """The end that fits no single call may be the one that is missing."""
    lines = agent(
        *(started(ALICE, 16), started(ALICE, 17)),
        *(nameless("ended", result=1), nameless("ended", result=1), answer(ALICE)),
        calls=2,
    )
    found = verdicts(lines, kind="agent")["TOOL-7"]

    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be told apart" in found.reason


# --- TOOL-8: a tool that hangs is ended by the declared timeout ---------------------------------

HANGS = [asked(ALICE, unreleased=True), started(ALICE)]  # 3, 4
FOREVER = {
    "for ever": (
        [hung(ALICE)],
        "lookup hung and was not ended by the declared timeout",
        (3, 5),
    ),
    "and succeeds": (
        [stopped(ALICE), told(ALICE, value=None)],
        "lookup hung and its caller was told that it succeeded",
        (6,),
    ),
    "and works on": (
        [refused(ALICE), acted(ALICE), ended(ALICE)],
        "lookup worked on after its caller was told of a timeout",
        (5, 6),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), FOREVER.values(), ids=FOREVER)
def test_a_tool_that_hangs_and_is_not_ended(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """For ever, as a success, or only as far as its caller is concerned."""
    assert broken("TOOL-8", dispatcher(*HANGS, *lines)) == (message, witness)


IN_TIME = {
    "stopped, and then told": [*HANGS, stopped(ALICE), refused(ALICE)],
    "told, and then stopped": [*HANGS, refused(ALICE), stopped(ALICE)],
    "told by a failed result": [*HANGS, stopped(ALICE), refused(ALICE, by="result", type="")],
}


@pytest.mark.parametrize("lines", IN_TIME.values(), ids=IN_TIME)
def test_a_tool_that_hangs_and_is_ended(lines: list[Line]) -> None:
    """As a failure, in whichever form."""
    assert outcome("TOOL-8", dispatcher(*lines)) is Outcome.PASS


NO_HANG = {
    "it was not meant to": [*AT_WORK, hung(ALICE)],
    "it never started": [asked(ALICE, unreleased=True), refused(ALICE)],
    "its caller gave up": [*HANGS, stopped(ALICE), GAVE_UP],
    "it had ended by itself": [*HANGS, ended(ALICE), told(ALICE)],
    "its session was cleaned up": [*HANGS, *closed(ALICE), stopped(ALICE), refused(ALICE)],
    "it was never answered": HANGS,
}


@pytest.mark.parametrize("lines", NO_HANG.values(), ids=NO_HANG)
def test_what_no_timeout_was_to_end(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("TOOL-8", dispatcher(*lines))


def test_tools_that_hang_side_by_side_without_canaries_are_in_doubt() -> None:
    """What works on may be either."""
    lines = dispatcher(
        *(asked(ALICE, 16, unreleased=True), nameless("started", parameters={})),
        *(asked(ALICE, 17, unreleased=True), nameless("started", parameters={})),
        *(nameless("ended", result=1), refused(ALICE, 16), refused(ALICE, 17)),
    )

    assert outcome("TOOL-8", lines) is Outcome.UNKNOWN


def test_where_no_timeout_is_declared_nothing_is_expected() -> None:
    """Grey, not red."""
    lines = dispatcher(*HANGS, hung(ALICE))

    assert outcome("TOOL-8", lines, card={"tool_timeout": ""}) is Outcome.UNSUPPORTED


# --- TOOL-9: a synchronous tool does not block the event loop -----------------------------------


def sync(**seen: Any) -> list[Line]:
    return dispatcher(asked(ALICE), started(ALICE), ended(ALICE, **seen), told(ALICE))


def test_a_synchronous_tool_that_stands_in_everybodys_way() -> None:
    """How long it did is told."""
    assert broken("TOOL-9", sync(turned=False, waited=0.5)) == (
        "lookup, a synchronous tool, blocked the event loop for 0.5 seconds, as long as it ran",
        (4, 5),
    )


def test_a_synchronous_tool_beside_the_loop() -> None:
    """A thread ran it, and the loop turned meanwhile."""
    assert outcome("TOOL-9", sync(turned=True, waited=0.0)) is Outcome.PASS


def test_each_execution_is_looked_at() -> None:
    """One that blocks is not excused by one that does not."""
    lines = dispatcher(
        *(asked(ALICE), started(ALICE), ended(ALICE, turned=True, waited=0.0), told(ALICE)),
        *(asked(ALICE, 17), started(ALICE, 17), ended(ALICE, 17, turned=False, waited=0.5)),
    )

    assert broken("TOOL-9", lines)[1] == (8, 9)


@pytest.mark.parametrize("seen", [{}, {"turned": None}], ids=["asynchronous", "no loop was there"])
def test_what_does_not_say_whether_the_loop_turned_is_no_opportunity(seen: Any) -> None:
    """An asynchronous tool gives turns of its own; without a loop there is none to block."""
    assert untold("TOOL-9", sync(**seen))


# --- TOOL-10: a run whose consumer has left makes no further call -------------------------------

BEGUN = [started(ALICE, 16)]  # 2


def test_a_run_that_works_on_unseen() -> None:
    """It calls what was to come."""
    lines = agent(*BEGUN, stopped(ALICE, 16), LEFT, started(ALICE, 17), ended(ALICE, 17), calls=2)

    assert broken("TOOL-10", lines, kind="agent") == (
        "a run of alice, who had left, worked on and called lookup",
        (4, 5),
    )


def test_a_run_that_makes_a_call_once_more() -> None:
    """Though it was the last one, and had been made before."""
    lines = agent(*BEGUN, stopped(ALICE, 16), LEFT, started(ALICE, 16))

    assert broken("TOOL-10", lines, kind="agent")[1] == (4, 5)


def test_a_run_that_begins_when_its_consumer_has_left() -> None:
    """Before it had begun at all."""
    lines = agent(LEFT, started(ALICE, 16), started(ALICE, 17), calls=2)

    assert [witness for _, witness in findings("TOOL-10", lines, kind="agent")] == [(2, 3), (2, 4)]


STOPS = {
    "at once": [*BEGUN, stopped(ALICE, 16), LEFT],
    "when its tool has been stopped": [*BEGUN, LEFT, stopped(ALICE, 16)],
    "when its tool has ended": [*BEGUN, ended(ALICE, 16), LEFT],
}


@pytest.mark.parametrize("lines", STOPS.values(), ids=STOPS)
def test_a_run_that_stops(lines: list[Line]) -> None:
    """With work left to do, it does none of it."""
    assert outcome("TOOL-10", agent(*lines, calls=2), kind="agent") is Outcome.PASS


NOTHING_LEFT = {
    "nothing was left to do": agent(*BEGUN, ended(ALICE, 16), LEFT),
    "it had not begun": agent(LEFT, calls=2),
    "nobody left": agent(*BEGUN, ended(ALICE, 16), answer(ALICE), calls=2),
    "it was lost": agent(*BEGUN, lost(ALICE, "run"), started(ALICE, 17), calls=2),
    "it was never answered": agent(*BEGUN, calls=2),
}


@pytest.mark.parametrize("lines", NOTHING_LEFT.values(), ids=NOTHING_LEFT)
def test_a_run_that_could_not_have_worked_on(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("TOOL-10", lines, kind="agent")


@pytest.mark.parametrize("calls", [2, 3], ids=["one is left", "two are left"])
def test_a_call_whose_canary_was_lost_may_be_another_runs(calls: int) -> None:
    """In doubt, not red; and where it fits several, not green either."""
    lines = agent(
        *(*BEGUN, stopped(ALICE, 16), LEFT, nameless("started", parameters={})),
        calls=calls,
    )
    found = verdicts(lines, kind="agent")["TOOL-10"]

    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be told apart" in found.reason


def test_a_target_may_declare_that_its_runs_go_on() -> None:
    """Then somebody may come back for them."""
    lines = agent(*BEGUN, stopped(ALICE, 16), LEFT, started(ALICE, 17), calls=2)

    assert outcome("TOOL-10", lines, kind="agent", card={"leaving": ""}) is Outcome.UNSUPPORTED


# --- TOOL-10a: a run whose stream was left makes no further call --------------------------------


def stream(by: str, *lines: Line, calls: int = 2) -> list[Line]:
    """A link (entry 0), a run whose stream is to be left (1), and these lines from entry 2 on."""
    numbers = range(16, 16 + calls)
    return [up(ALICE), run(ALICE, *numbers, leave={"by": by, "after": token_of(ALICE)}), *lines]


def leaves(by: str) -> Line:
    return (Kind.FAULT, ALICE.name, "run-alice", "left", {"by": by})


DONE = [started(ALICE), ended(ALICE)]  # 2, 3


@pytest.mark.parametrize("by", ["break", "close"])
def test_a_run_whose_stream_was_left_works_on(by: str) -> None:
    """It calls what was to come."""
    lines = stream(by, *DONE, leaves(by), LEFT, started(ALICE, 17))

    assert broken("TOOL-10a", lines, kind="agent") == (
        "a run of alice, who had left, worked on and called lookup",
        (4 if by == "close" else 5, 6),
    )
    assert red(lines, kind="agent") == {"TOOL-10a"}


def test_what_begins_while_a_stream_is_closed_was_begun_too_late() -> None:
    """A close tells the run at once; after a break it is told soon, and has the time for that."""
    beginning = [started(ALICE, 17), stopped(ALICE, 17)]

    assert red(stream("close", *DONE, leaves("close"), *beginning, LEFT), kind="agent") == {
        "TOOL-10a"
    }
    left = stream("break", *DONE, leaves("break"), *beginning, LEFT, calls=3)
    assert outcome("TOOL-10a", left, kind="agent") is Outcome.PASS


def test_a_stream_that_was_closed_has_ended_its_tools() -> None:
    """What was under way is over when the close has come back; after a break it may still end."""
    late = [*DONE, started(ALICE, 17)]
    deeds = [acted(ALICE, 17), ended(ALICE, 17)]

    assert broken(
        "TOOL-10a", stream("close", *late, leaves("close"), LEFT, *deeds), kind="agent"
    ) == (
        "a run of alice was closed, and its lookup worked on (effect)",
        (6, 7),
    )
    left = stream("break", *late, leaves("break"), LEFT, *deeds, calls=3)
    assert outcome("TOOL-10a", left, kind="agent") is Outcome.PASS
    assert untold("TOOL-6", left, kind="agent")


@pytest.mark.parametrize("by", ["break", "close"])
def test_a_stream_that_stops_where_it_was_left(by: str) -> None:
    """Nobody is there to be shown how it ended, so nothing is owed but that it does no more."""
    lines = stream(by, *DONE, leaves(by), LEFT)

    assert outcome("TOOL-10a", lines, kind="agent") is Outcome.PASS
    assert untold("TOOL-10", lines, kind="agent")
    assert red(lines, kind="agent") == set()


def test_a_stream_that_could_not_be_left() -> None:
    """It gave its one piece when all was done."""
    lines = stream("break", *DONE, started(ALICE, 17), ended(ALICE, 17), answer(ALICE))

    assert outcome("TOOL-10a", lines, kind="agent") is Outcome.UNOBSERVABLE


def test_a_run_that_is_no_stream_can_only_be_cancelled() -> None:
    lines = stream("break", *DONE, answer(ALICE))

    assert outcome("TOOL-10a", lines, kind="agent", card={"stream": ""}) is Outcome.UNSUPPORTED


# --- RECOVERY-7: cleanup ends what is under way -------------------------------------------------

CLEANING, CLEANED = closed(ALICE)
SHOWN = [asked(ALICE), executing(ALICE), started(ALICE)]  # 3 to 5

LEFT_ALONE = {
    "it ends after it": (
        [*AT_WORK, CLEANING, CLEANED, ended(ALICE)],
        "lookup was at work during cleanup and went on after it",
        (4, 6, 7),
    ),
    "it acts after it": (
        [*AT_WORK, CLEANING, CLEANED, acted(ALICE), stopped(ALICE)],
        "lookup was at work during cleanup and went on after it",
        (4, 6, 7),
    ),
    "it never ends": (
        [*AT_WORK, CLEANING, refused(ALICE), CLEANED],
        "lookup was at work during cleanup and went on after it",
        (4, 7),
    ),
    "one of two executions never ends": (
        [*AT_WORK, started(ALICE), CLEANING, stopped(ALICE), CLEANED],
        "lookup was at work during cleanup and went on after it",
        (4, 8),
    ),
    "it is never reported": (
        [*SHOWN, CLEANING, stopped(ALICE), refused(ALICE), CLEANED],
        "lookup was at work during cleanup: announced, and never reported",
        (4, 6),
    ),
}


NOT_OVER = {
    "it waited its turn": (
        [asked(ALICE), CLEANING, CLEANED, started(ALICE), stopped(ALICE)],
        "lookup started after the session of alice had been cleaned up",
        (3, 5, 6),
    ),
    "it came meanwhile, and stays": (
        [CLEANING, asked(ALICE), started(ALICE), CLEANED, ended(ALICE)],
        "lookup was at work during cleanup and went on after it",
        (5, 6, 7),
    ),
    "it is reported then": (
        [*SHOWN, CLEANING, stopped(ALICE), CLEANED, completed(ALICE, status="cancelled")],
        "tool_completed was sent after the session of alice had been cleaned up",
        (8, 9),
    ),
}


@pytest.mark.parametrize(("lines", "message", "witness"), NOT_OVER.values(), ids=NOT_OVER)
def test_what_goes_on_after_cleanup(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """Once it was answered nothing starts, and nothing is sent."""
    assert broken("RECOVERY-7", dispatcher(*lines)) == (message, witness)


FLOWS = (Kind.FAULT, ALICE.name, "s9", "flows", {"given_up": f"call-{ALICE.name}-16"})


def test_a_tool_that_starts_though_its_caller_gave_up_while_it_was_announced() -> None:
    """However its caller was answered in the end; what had begun before is another matter."""
    late = [asked(ALICE), executing(ALICE), FLOWS, started(ALICE), ended(ALICE), told(ALICE)]
    early = [asked(ALICE), started(ALICE), FLOWS, ended(ALICE), told(ALICE)]

    assert broken("TOOL-6", dispatcher(*late))[1] == (3, 5, 6)
    assert untold("TOOL-6", dispatcher(*early))
    assert outcome("TOOL-6", dispatcher(asked(ALICE), FLOWS, GAVE_UP)) is Outcome.PASS


@pytest.mark.parametrize(("lines", "message", "witness"), LEFT_ALONE.values(), ids=LEFT_ALONE)
def test_what_cleanup_leaves_alone(
    lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """A tool at work, or an announcement without its report."""
    assert broken("RECOVERY-7", dispatcher(*lines)) == (message, witness)


ENDED = {
    "stopped": [*AT_WORK, CLEANING, stopped(ALICE), refused(ALICE), CLEANED],
    "waited for": [*AT_WORK, CLEANING, acted(ALICE), ended(ALICE), told(ALICE), CLEANED],
    "stopped a moment later": [*AT_WORK, CLEANING, refused(ALICE), CLEANED, stopped(ALICE)],
    "announced and reported": [
        *(*SHOWN, CLEANING, stopped(ALICE), completed(ALICE, status="cancelled"), CLEANED),
    ],
    "its caller gave up as well": [*AT_WORK, CLEANING, GAVE_UP, stopped(ALICE), CLEANED],
    "it was cleaned up twice": [
        *(*AT_WORK, CLEANING, stopped(ALICE), CLEANED, *closed(ALICE, step="again")),
    ],
    "it started meanwhile": [asked(ALICE), CLEANING, started(ALICE), stopped(ALICE), CLEANED],
    "it had ended, and was made again": [
        *(*AT_WORK, ended(ALICE), CLEANING, started(ALICE), ended(ALICE), CLEANED),
    ],
    "the second of two was answered at once": [
        *(*AT_WORK, CLEANING, *closed(ALICE, step="again"), stopped(ALICE), CLEANED),
    ],
    "its context was left": [
        *(*AT_WORK, invoke(ALICE, "leave"), stopped(ALICE), ok(ALICE, "leave")),
    ],
    "its link was cut": [
        *(*SHOWN, fault(ALICE, "dropped"), CLEANING, stopped(ALICE), refused(ALICE), CLEANED),
    ],
}


@pytest.mark.parametrize("lines", ENDED.values(), ids=ENDED)
def test_what_cleanup_ends(lines: list[Line]) -> None:
    """It may stop it or wait for it, and the pair of events is closed."""
    assert outcome("RECOVERY-7", dispatcher(*lines)) is Outcome.PASS


def test_a_target_that_shows_no_reports_owes_none() -> None:
    """Where only tool_executing is its own."""
    lines = dispatcher(*SHOWN, CLEANING, stopped(ALICE), refused(ALICE), CLEANED)
    found = verdicts(lines, card={"tool_events": ""})["RECOVERY-7"]

    assert found.outcome is Outcome.PASS


NOT_MIDWAY = {
    "nothing was under way": [*call(ALICE), CLEANING, CLEANED],
    "cleanup hung": [*AT_WORK, CLEANING, lost(ALICE, "cleanup"), ended(ALICE)],
    "cleanup failed": [*AT_WORK, CLEANING, fail(ALICE, "cleanup"), ended(ALICE)],
    "there is no cleanup": [*AT_WORK, CLEANING, fail(ALICE, "cleanup", by="missing")],
    "it is no context manager": [
        *(*AT_WORK, invoke(ALICE, "leave"), fail(ALICE, "leave", by="missing"), ended(ALICE)),
    ],
    "it was another user's": [*session(BOB), *AT_WORK, *closed(BOB), ended(ALICE), told(ALICE)],
}


@pytest.mark.parametrize("lines", NOT_MIDWAY.values(), ids=NOT_MIDWAY)
def test_a_cleanup_that_came_upon_nothing(lines: list[Line]) -> None:
    """Neither red nor green."""
    assert untold("RECOVERY-7", dispatcher(*lines))


def test_a_session_of_an_agent_is_cleaned_up_like_one_of_a_dispatcher() -> None:
    """Its run is what is under way; one that has no cleanup owes none."""
    create = [invoke(ALICE, "create", tools=["lookup"]), ok(ALICE, "create")]
    at_work = [*create, *agent(started(ALICE), CLEANING)]  # 0 to 5
    none = (*CLEANED[:4], {"value": None, "none": True})

    assert broken("RECOVERY-7", [*at_work, CLEANED, ended(ALICE)], kind="agent")[1] == (4, 6, 7)
    assert outcome("RECOVERY-7", [*at_work, stopped(ALICE), CLEANED], kind="agent") is Outcome.PASS
    assert outcome("RECOVERY-7", [*at_work, none, ended(ALICE)], kind="agent") is (
        Outcome.UNSUPPORTED
    )


def test_calls_without_canaries_that_cleanup_came_upon_are_in_doubt() -> None:
    """The end that fits no single call may be the one that is missing."""
    lines = dispatcher(
        *(asked(ALICE, 16), nameless("started", parameters={})),
        *(asked(ALICE, 17), nameless("started", parameters={}), CLEANING),
        *(nameless("cancelled"), refused(ALICE, 16), refused(ALICE, 17), CLEANED),
    )
    found = verdicts(lines)["RECOVERY-7"]

    assert found.outcome is Outcome.UNKNOWN
    assert "cannot be told apart" in found.reason


# --- what was cut -------------------------------------------------------------------------------

CUT = {
    "TOOL-7": ("agent", agent(started(ALICE), answer(ALICE))),
    "RECOVERY-7": ("dispatcher", dispatcher(*AT_WORK, CLEANING, CLEANED)),
}


@pytest.mark.parametrize("rule", CUT)
def test_an_end_that_is_missing_may_stand_in_the_part_that_was_cut(rule: str) -> None:
    """Whole it is red, and cut it is unknown."""
    kind, lines = CUT[rule]
    found: dict[bool, list[Finding]] = {}
    for whole in (True, False):
        verdict = verdicts(lines, kind=kind, whole=whole)[rule]
        found[whole] = list(verdict.findings)
        assert verdict.outcome is (Outcome.FAIL if whole else Outcome.UNKNOWN)

    assert found[True]
    assert not found[False]


def test_a_caller_that_gave_up_and_whose_tool_works_on_needs_no_more_lines() -> None:
    """What was seen stands, though the history was cut."""
    lines = dispatcher(*AT_WORK, GAVE_UP, ended(ALICE))

    assert "TOOL-6" in red(lines, whole=False)
