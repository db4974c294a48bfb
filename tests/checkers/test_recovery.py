"""RECOVERY: a missing, raising or stuck transport must not reach the tools and their callers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    answer,
    asked,
    broke,
    call,
    ended,
    fail,
    fault,
    hung,
    invoke,
    lost,
    ok,
    refused,
    run,
    session,
    started,
    stopped,
    token_of,
    told,
)
from tests.judged import broken, outcome, untold, verdicts

from goldenpath.canary import RAISED
from goldenpath.model import Kind, Outcome

RULES = {"absent": "RECOVERY-1", "raising": "RECOVERY-2"}
transports = pytest.mark.parametrize("transport", RULES)


def dispatcher(transport: str, *lines: Line) -> list[Line]:
    """A session (entries 0 to 2) whose transport is broken (3), then these lines from 4 on."""
    return [*session(ALICE, transport=transport), fault(ALICE, "raised"), *lines]


def agent(transport: str, *lines: Line) -> list[Line]:
    """An agent's session (0, 1), its transport broken once (3) in a run (2), then these lines."""
    create = invoke(ALICE, "create", tools=["lookup"], transport=transport)
    asked_ = run(ALICE, 16, 17)
    return [create, ok(ALICE, "create"), asked_, fault(ALICE, "raised"), *lines]


REFUSED = [asked(ALICE), refused(ALICE)]

# --- RECOVERY-1 and -2, for a dispatcher -------------------------------------------------------

CHANGED = {
    "it did not run": (
        [asked(ALICE), refused(ALICE, type="ConnectionError")],
        "lookup did not run",
        (4, 5),
    ),
    "it did not run, and was told as a success": (
        [asked(ALICE), told(ALICE)],
        "lookup did not run",
        (4, 5),
    ),
    "its caller was told that it failed": (
        [asked(ALICE), started(ALICE), ended(ALICE), refused(ALICE, text="no link")],
        "lookup succeeded and its caller was told 'no link'",
        (4, 6, 7),
    ),
    "its caller waits for ever": (
        [asked(ALICE), started(ALICE), ended(ALICE), hung(ALICE)],
        "lookup succeeded and its caller was told 'LOST'",
        (4, 6, 7),
    ),
    "its result changed": (
        [asked(ALICE), started(ALICE), ended(ALICE, result=0), told(ALICE, value=False)],
        "lookup returned 0 and its caller got False",
        (4, 6, 7),
    ),
    "its error was told as a success": (
        [asked(ALICE), started(ALICE), broke(ALICE), told(ALICE)],
        "lookup failed as if it had not",
        (4, 6, 7),
    ),
    "its session had not had it, and it ran": (
        [asked(ALICE, tool="echo"), started(ALICE), ended(ALICE), refused(ALICE, text="no link")],
        "echo succeeded and its caller was told 'no link'",
        (4, 6, 7),
    ),
}


@transports
@pytest.mark.parametrize(("lines", "message", "witness"), CHANGED.values(), ids=CHANGED)
def test_a_call_that_the_transport_changes(
    transport: str, lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """The tool must run, and its caller must be told the truth, as with a working one."""
    assert broken(RULES[transport], dispatcher(transport, *lines)) == (
        f"with the transport {transport}, {message}",
        witness,
    )
    (other,) = {*RULES.values()} - {RULES[transport]}
    assert untold(other, dispatcher(transport, *lines))


FALSY: list[Any] = [None, False, 0, "", [], {}]
UNCHANGED = {
    **{
        f"it returned {value!r}": [
            *(asked(ALICE), started(ALICE), ended(ALICE, result=value)),
            told(ALICE, value=value),
        ]
        for value in FALSY
    },
    "it failed": [asked(ALICE), started(ALICE), broke(ALICE), refused(ALICE, text="it broke")],
    "it failed, told by a failed result": [
        *(asked(ALICE), started(ALICE), broke(ALICE)),
        refused(ALICE, by="result", type="", text="", value={"error": "lookup: it broke"}),
    ],
}


@transports
@pytest.mark.parametrize("lines", UNCHANGED.values(), ids=UNCHANGED)
def test_a_call_that_the_transport_does_not_change(transport: str, lines: list[Line]) -> None:
    """Results, also falsy ones, and errors come back."""
    assert outcome(RULES[transport], dispatcher(transport, *lines)) is Outcome.PASS


REFUSED_ANYWAY = {
    "an unknown tool": [asked(ALICE, tool="ghost"), refused(ALICE, text="ghost")],
    "a missing member": [asked(ALICE, via="dispatch"), refused(ALICE, by="missing")],
    "after cleanup": [
        *(invoke(ALICE, "cleanup"), ok(ALICE, "cleanup"), asked(ALICE), refused(ALICE)),
    ],
    "cancelled before it began": [asked(ALICE), hung(ALICE, why="cancelled")],
    "never answered": [asked(ALICE), started(ALICE)],
}


@transports
@pytest.mark.parametrize("lines", REFUSED_ANYWAY.values(), ids=REFUSED_ANYWAY)
def test_a_call_that_any_transport_would_have_refused(transport: str, lines: list[Line]) -> None:
    """It says nothing of the transport: neither red nor green."""
    assert untold(RULES[transport], dispatcher(transport, *lines))


def test_a_working_transport_is_no_opportunity() -> None:
    """What is refused there is the matter of other rules."""
    lines = dispatcher("working", asked(ALICE), refused(ALICE))

    for rule in RULES.values():
        assert untold(rule, lines)


def test_a_raising_transport_that_nobody_used_proves_nothing() -> None:
    """It must have raised at least once."""
    unused = [
        line
        for line in dispatcher("raising", asked(ALICE), told(ALICE))
        if line[0] is not Kind.FAULT
    ]

    assert untold("RECOVERY-2", unused)


# --- RECOVERY-1 and -2, for an agent -----------------------------------------------------------

BOTH = [started(ALICE, 16), ended(ALICE, 16), started(ALICE, 17), ended(ALICE, 17)]
AGENT_CHANGED = {
    "it did not answer": (
        [*BOTH, fail(ALICE, "run", text="no link")],
        "a run of alice did not answer: 'no link'",
        (2, 8),
    ),
    "it did not return": ([*BOTH, lost(ALICE, "run")], "a run of alice did not answer: ''", (2, 8)),
    "a tool did not run": ([*BOTH[:2], answer(ALICE)], "lookup did not run", (2,)),
    "no tool ran": ([answer(ALICE)], "lookup, lookup did not run", (2,)),
}


@transports
@pytest.mark.parametrize(("lines", "wrong", "witness"), AGENT_CHANGED.values(), ids=AGENT_CHANGED)
def test_a_run_that_the_transport_changes(
    transport: str, lines: list[Line], wrong: str, witness: tuple[int, ...]
) -> None:
    """It must answer, with every tool run."""
    assert broken(RULES[transport], agent(transport, *lines), kind="agent") == (
        f"with the transport {transport}, {wrong}",
        witness,
    )


@transports
def test_a_run_that_the_transport_does_not_change(transport: str) -> None:
    """It answers, and shows nothing, which it cannot."""
    found = verdicts(agent(transport, *BOTH, answer(ALICE)), kind="agent")[RULES[transport]]

    assert (found.outcome, found.opportunities) == (Outcome.PASS, 1)


@transports
def test_a_run_of_which_nothing_follows(transport: str) -> None:
    """It is not answered yet, its transport works, or never had to raise."""
    unused = [line for line in agent("raising", answer(ALICE)) if line[0] is not Kind.FAULT]

    assert untold(RULES[transport], agent(transport, *BOTH), kind="agent")
    assert untold(RULES[transport], agent("working", fail(ALICE, "run")), kind="agent")
    assert untold("RECOVERY-2", unused, kind="agent")


def test_a_transport_that_is_absent_need_not_be_used() -> None:
    """Nobody could."""
    unused = [line for line in dispatcher("absent", *REFUSED) if line[0] is not Kind.FAULT]

    assert broken("RECOVERY-1", unused)[1] == (3, 4)


# --- RECOVERY-1 and -2: what is told, and what is the control ------------------------------------


def test_a_caller_is_told_of_the_tool_and_not_of_the_transport() -> None:
    """Of a failing tool the failure is the tool's own."""
    fails = [asked(ALICE), started(ALICE), broke(ALICE, error="no such city")]
    ours = refused(ALICE, type="ConnectionError", text=RAISED)
    both = refused(ALICE, text=f"no such city (and {RAISED})")

    assert broken("RECOVERY-2", dispatcher("raising", *fails, ours))[0] == (
        "with the transport raising, lookup failed and its caller was told of the transport"
        f" instead: {RAISED}"
    )
    assert outcome("RECOVERY-2", dispatcher("raising", *fails, both)) is Outcome.PASS


@transports
def test_a_tool_that_is_cancelled_for_its_transport(transport: str) -> None:
    """Its caller had not given up; one that did is told nothing."""
    lines = dispatcher(transport, asked(ALICE), started(ALICE), stopped(ALICE))

    message, _ = broken(RULES[transport], [*lines, refused(ALICE)])
    assert "was cancelled, though its caller had not given up" in message
    given_up = [*lines, hung(ALICE, why="cancelled")]
    assert outcome(RULES[transport], given_up) is not Outcome.FAIL


@transports
def test_what_goes_wrong_with_a_working_transport_too_is_not_its_fault(transport: str) -> None:
    """The same call, but for its canary, is the control; another call is none."""
    wrong = [asked(ALICE), started(ALICE), ended(ALICE), told(ALICE, value="other")]
    beside = [asked(BOB), started(BOB), ended(BOB), told(BOB, value="other")]
    good = call(BOB)
    lines = dispatcher(transport, *wrong)

    assert untold(RULES[transport], [*lines, *session(BOB, beside)])
    assert outcome(RULES[transport], [*lines, *session(BOB, good)]) is Outcome.FAIL
    assert outcome(RULES[transport], lines) is Outcome.FAIL
    mixed = session(BOB, good, [asked(BOB, 17), refused(BOB, 17)], call(BOB, 18))
    assert outcome(RULES[transport], [*lines, *mixed]) is Outcome.FAIL


OTHER_CALLS = {
    "through another member": {"via": "dispatch"},
    "of another tool": {"tool": "echo"},
    "with other parameters": {"parameters": {"query": token_of(BOB), "page": 2}},
}


@transports
@pytest.mark.parametrize("other", OTHER_CALLS.values(), ids=OTHER_CALLS)
def test_another_call_is_no_control(transport: str, other: dict[str, Any]) -> None:
    """What goes wrong with it says nothing of this one."""
    control = session(BOB, [asked(BOB, **other), refused(BOB)], tools=["lookup", "echo"])
    lines = [*dispatcher(transport, *REFUSED), *control]
    alike = [*dispatcher(transport, asked(ALICE, parameters=None), refused(ALICE))]
    alike += session(BOB, [asked(BOB, parameters={}), refused(BOB)])

    assert outcome(RULES[transport], lines) is Outcome.FAIL
    assert untold(RULES[transport], alike)


@transports
def test_each_call_is_an_opportunity(transport: str) -> None:
    """Those that have no bad control."""
    good = [
        line for n in (16, 17) for line in (asked(ALICE, n), *call(ALICE, n)[2:4], told(ALICE, n))
    ]

    assert verdicts(dispatcher(transport, *good))[RULES[transport]].opportunities == 2


@transports
@pytest.mark.parametrize(
    ("value", "kept"), [("so: {}", True), ({"text": ["{}"]}, True), (None, False), ("", False)]
)
def test_the_answer_of_a_run_comes_back(transport: str, value: Any, kept: bool) -> None:
    """The planned one, or one of the agent's own that holds it, known by its canary."""
    token = token_of(ALICE, 99)
    value = json.loads(json.dumps(value).replace("{}", token))
    create = invoke(ALICE, "create", tools=["lookup"], transport=transport)
    plan = {"rounds": [], "answer": f"the answer {token}"}
    lines = [create, ok(ALICE, "create"), run(ALICE, plan=plan), fault(ALICE, "raised")]
    found = verdicts([*lines, ok(ALICE, "run", value=value)], kind="agent")[RULES[transport]]
    lost_ = (
        f"with the transport {transport}, the answer of a run of alice did not come back: its"
        f" caller got {value!r}"
    )

    assert (found.outcome, found.reason) == ((Outcome.PASS, "") if kept else (Outcome.FAIL, lost_))


@transports
@pytest.mark.parametrize("plan", [{}, {"rounds": []}], ids=["empty", "no answer"])
def test_a_run_without_a_planned_answer_may_answer_anything(transport: str, plan: Any) -> None:
    """As at a live endpoint."""
    create = invoke(ALICE, "create", tools=[], transport=transport)
    lines = [create, ok(ALICE, "create"), run(ALICE, plan=plan), fault(ALICE, "raised")]

    assert outcome(RULES[transport], [*lines, answer(ALICE)], kind="agent") is Outcome.PASS


@transports
def test_a_tool_that_ends_though_its_caller_gave_up(transport: str) -> None:
    """The caller was told nothing, so that nothing was changed."""
    lines = dispatcher(transport, asked(ALICE), started(ALICE), ended(ALICE))
    given_up = [*lines, hung(ALICE, why="cancelled")]

    assert outcome(RULES[transport], given_up) is not Outcome.FAIL
    assert outcome(RULES[transport], [*lines, hung(ALICE)]) is Outcome.FAIL


@transports
def test_a_call_that_is_stopped_with_its_session_is_not_the_transports_fault(
    transport: str,
) -> None:
    """Any transport would have seen it stopped."""
    lines = [asked(ALICE), started(ALICE), invoke(ALICE, "cleanup"), stopped(ALICE), refused(ALICE)]

    assert untold(RULES[transport], dispatcher(transport, *lines))
