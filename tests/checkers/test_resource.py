"""RESOURCE over figures made by hand: what is left of sessions that were cleaned up."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import ALICE, BOB, Line, invoke, ok
from tests.judged import broken, findings, outcome, untold, verdicts

from goldenpath.model import Outcome

#: In each batch a hundred sessions and forty calls: over a window two blocks may be kept.
SESSIONS, CALLS, WINDOW, BATCHES = 100, 40, 10, 41


def measured(**found: Any) -> list[Line]:
    """Sessions were made (entry 0) and measured (entry 1): nothing is left but what is named."""
    figures = {
        "blocks": [1_000] * BATCHES,
        "window": WINDOW,
        "sessions": SESSIONS,
        "calls": CALLS,
        "tasks": [],
        "alive": {"session": [0, 8], "user": [0, 8]},
    }
    return [invoke(ALICE, "grow"), ok(ALICE, "grow", value={**figures, **found})]


def rising(*steps: int) -> list[int]:
    """Blocks that grow from batch to batch by each of these in turn."""
    blocks = [1_000]
    while len(blocks) < BATCHES:
        blocks.append(blocks[-1] + steps[(len(blocks) - 1) % len(steps)])
    return blocks


def test_what_leaves_nothing_passes() -> None:
    """Each rule with what it looked at."""
    found = verdicts(measured())
    said = [found[f"RESOURCE-{n}"] for n in (1, 2, 3)]

    assert [(v.outcome, v.opportunities) for v in said] == [
        (Outcome.PASS, 1),
        (Outcome.PASS, 1),
        (Outcome.PASS, 2),
    ]
    assert said[1].statistics == {"sessions": SESSIONS * BATCHES, "small blocks": 0}


@pytest.mark.parametrize("rule", ["RESOURCE-1", "RESOURCE-2", "RESOURCE-3"])
def test_without_a_measurement_nothing_follows(rule: str) -> None:
    """Of another step, or of one that never came back."""
    assert untold(rule, [invoke(ALICE, "cleanup"), ok(ALICE, "cleanup")])
    assert untold(rule, [invoke(ALICE, "grow")])


def test_each_answer_belongs_to_its_question() -> None:
    """Two that are under way at once."""
    value = {**measured()[1][4]["value"], "tasks": ["_beat"]}
    lines = [
        invoke(ALICE, "grow"),
        invoke(BOB, "grow"),
        ok(ALICE, "grow", value=value),
        ok(BOB, "grow", value=value),
    ]

    assert [witness for _, witness in findings("RESOURCE-1", lines)] == [(0, 2), (1, 3)]


REFUSED = [12, "no place"]


@pytest.mark.parametrize("rule", ["RESOURCE-1", "RESOURCE-2", "RESOURCE-3"])
def test_where_no_session_was_made_nothing_can_be_left(rule: str) -> None:
    """Not even where something else came to stop."""
    found = verdicts(measured(made=0, tasks=["_beat"], stopped={"create": REFUSED}))[rule]

    assert (found.outcome, found.opportunities) == (Outcome.UNKNOWN, 0)
    assert found.reason == "no session could be made of which something could be left"


# --- RESOURCE-1 -----------------------------------------------------------------------------------


def test_tasks_that_are_left_are_named_once() -> None:
    """In the order in which they were found."""
    assert broken("RESOURCE-1", measured(tasks=["_pump", "_beat", "_beat"])) == (
        "after all sessions were cleaned up tasks are left: _pump, _beat",
        (0, 1),
    )


# --- RESOURCE-2 -----------------------------------------------------------------------------------


def test_memory_that_grows_from_batch_to_batch() -> None:
    """One block with each batch of forty calls, where one in two hundred is allowed."""
    lines = measured(blocks=rising(1))

    assert broken("RESOURCE-2", lines) == (
        "memory grows: in the last 2000 sessions that were cleaned up, of 800 calls, by 20 small"
        " blocks",
        (0, 1),
    )
    assert verdicts(lines)["RESOURCE-2"].statistics == {"sessions": 4100, "small blocks": 20}


STOOD = [1_000] * 20  # batches in which it stood still
STILL = {
    "it goes to and fro": rising(9, -9),
    "it shrinks": rising(-1),
    "it grows as slowly as is allowed": rising(0, 0, 0, 0, 1),
    "it grew half as slowly as is allowed, and then fast": [
        *rising(0, 0, 0, 0, 0, 0, 0, 0, 0, 1)[:21],
        *range(1_003, 1_023),
    ],
    "it grew, and stands still": [*rising(5)[:21], *[1_100] * 20],
    "it stood still over two windows before it grew": [*STOOD, *(1_000 + 9 * n for n in range(21))],
    "it grew early, and then ever less": [1_000 + 40 * n for n in range(20)] + [1_780] * 21,
    "it grew, and gave back as much": [*rising(3)[:31], *(1_090 - 9 * n for n in range(1, 11))],
}


@pytest.mark.parametrize("blocks", STILL.values(), ids=STILL)
def test_memory_that_stood_still(blocks: list[int]) -> None:
    """Two windows, one after the other, or the later half in all."""
    assert outcome("RESOURCE-2", measured(blocks=blocks)) is Outcome.PASS


@pytest.mark.parametrize(("grown", "expected"), [(18, Outcome.PASS), (19, Outcome.FAIL)])
def test_what_the_later_half_may_grow(grown: int, expected: Outcome) -> None:
    """Twenty batches of 180 calls may leave eighteen blocks."""
    blocks = rising(5)[:21]
    blocks += [blocks[20] + grown * batch // 20 for batch in range(1, 21)]

    assert outcome("RESOURCE-2", measured(blocks=blocks, calls=180)) is expected


@pytest.mark.parametrize(
    ("last", "expected"), [(7, Outcome.NOT_RUN), (8, Outcome.FAIL), (10, Outcome.FAIL)]
)
def test_what_grows_ever_less_had_only_not_come_to_stand(last: int, expected: Outcome) -> None:
    """Ten blocks over ten batches and then seven over as many is less than three quarters."""
    blocks = rising(1)[:31]
    blocks += [blocks[30] + last * batch // 10 for batch in range(1, 11)]
    found = verdicts(measured(blocks=blocks, calls=100))["RESOURCE-2"]

    assert found.outcome is expected
    if expected is Outcome.NOT_RUN:
        assert found.reason == (
            "memory grew ever less over 4100 sessions, and had not come to stand when the time was"
            " over; a higher tier gives more"
        )


GREW = {
    "a little more than is allowed": rising(0, 0, 1, 0, 0, 1, 0, 0, 1, 0),
    "with one pause as long as a window": [*rising(5)[:16], *[1_075] * 10, *range(1_080, 1_155, 5)],
}


@pytest.mark.parametrize("blocks", GREW.values(), ids=GREW)
def test_memory_that_grew_on(blocks: list[int]) -> None:
    """One window in which it stood still may be one in which something else was given back."""
    assert outcome("RESOURCE-2", measured(blocks=blocks)) is Outcome.FAIL


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"calls": 40}, Outcome.FAIL),
        ({"calls": 39}, Outcome.NOT_RUN),
        ({"blocks": rising(1)[: 2 * WINDOW + 1]}, Outcome.FAIL),
        ({"blocks": rising(1)[: 2 * WINDOW]}, Outcome.NOT_RUN),
    ],
)
def test_with_too_few_calls_it_is_not_run(found: dict[str, Any], expected: Outcome) -> None:
    """What is allowed must be more than what a reading may err; and there are two windows."""
    assert outcome("RESOURCE-2", measured(**{"blocks": rising(1), **found})) is expected


def test_why_it_was_not_run_is_said() -> None:
    """With the figures."""
    verdict = verdicts(measured(calls=39))["RESOURCE-2"]

    assert verdict.reason == (
        "it is slow: 390 calls fit into the time, 400 are needed; a higher tier gives more time"
    )
    assert verdict.opportunities == 0


def test_memory_that_stands_still_because_nothing_happens_any_more() -> None:
    """What worked at first is refused since: in doubt, where memory did not grow all the same."""
    stopped = {"execute": REFUSED, "cleanup": [9, "no"]}
    lines = measured(made=900, stopped=stopped)

    assert verdicts(lines)["RESOURCE-2"].reason == (
        "what there was to measure came to an end: a call worked at first, and was refused the last"
        " 12 times: 'no place'"
    )
    assert outcome("RESOURCE-2", measured(made=900, stopped={"run": [9, "no"]})) is Outcome.PASS
    grown = measured(made=900, stopped=stopped, blocks=rising(1))
    assert outcome("RESOURCE-2", grown) is Outcome.FAIL


# --- RESOURCE-3 -----------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["session", "user"])
def test_what_is_still_held(what: str) -> None:
    """A session, or the context of its user."""
    alive = {"session": [0, 8], "user": [0, 8], what: [3, 8]}

    assert broken("RESOURCE-3", measured(alive=alive)) == (
        f"of 8 sessions that were cleaned up something still holds the {what} of 3",
        (0, 1),
    )


def test_sessions_that_take_the_places_of_others() -> None:
    """At first they could be made, and at the end none can."""
    assert broken("RESOURCE-3", measured(made=500, stopped={"create": REFUSED})) == (
        "500 sessions were made and cleaned up; making a session worked at first, and was refused"
        " the last 12 times: 'no place'",
        (0, 1),
    )
    assert outcome("RESOURCE-2", measured(made=500, stopped={"create": REFUSED})) is Outcome.UNKNOWN
    for stopped in ({"create": [9, "no place"]}, {"execute": REFUSED}, {}):
        assert outcome("RESOURCE-3", measured(made=500, stopped=stopped)) is Outcome.PASS


def test_what_cannot_be_watched_is_no_chance() -> None:
    """Objects without weak references."""
    alive = {"session": [0, 0], "user": [0, 1]}

    assert verdicts(measured(alive=alive))["RESOURCE-3"].opportunities == 1
    assert untold("RESOURCE-3", measured(alive={"session": [0, 0], "user": [0, 0]}))
