"""A target that hangs again and again is not waited for to the end of its workload."""

from __future__ import annotations

from typing import Any

import pytest

from goldenpath.hanging import MOST_HUNG, Abandoned
from goldenpath.history import Footer, History
from goldenpath.judge import judge
from goldenpath.model import Outcome, Step
from goldenpath.recorder import Recorder
from tests.build import history
from tests.stage import Stage, never, step, together


def hanging(count: int, action: str = "hang", **args: Any) -> list[Any]:
    return [step(f"h{n}", action, **args) for n in range(count)]


def abandoned(stage: Stage, *lanes: Any) -> list[str]:
    """The lines up to where it was abandoned; it must have been."""
    with pytest.raises(Abandoned, match=f"hang was waited for in vain {MOST_HUNG} times"):
        stage.run(*lanes)
    return stage.lines()


def test_what_stands_after_the_last_call_that_hung_is_left_out() -> None:
    """Eight times in vain: a ninth call is not made, and nothing after it."""
    lines = abandoned(Stage(hang=never), [*hanging(MOST_HUNG + 1), step("later")])

    assert lines == [line for n in range(MOST_HUNG) for line in (f"INVOKE h{n}", f"LOST h{n}")]


def test_fewer_are_waited_for() -> None:
    """The lane goes on after each."""
    lines = Stage(hang=never).run([*hanging(MOST_HUNG - 1), step("later")])

    assert lines[-2:] == ["INVOKE later", "OK later"]


def test_what_is_asked_in_another_way_does_not_make_good_for_it() -> None:
    """Sessions can be made, and calls hang."""
    steps = [each for h in hanging(MOST_HUNG) for each in (step(f"ok {h.id}"), h)]
    lines = abandoned(Stage(hang=never), [*steps, step("later")])

    assert lines[-1] == f"LOST h{MOST_HUNG - 1}"


def test_what_returns_between_them_makes_good_for_it() -> None:
    """As where only one tool hangs."""
    hangs = hanging(3 * MOST_HUNG)

    async def hang(step: Step) -> None:
        if int(step.id[1:]) % MOST_HUNG:
            await never(step)

    assert Stage(hang=hang).run([*hangs, step("later")])[-1] == "OK later"


def test_those_that_hang_side_by_side_take_no_longer_than_one() -> None:
    """Many at once are waited for once; again and again they are too many."""
    stage = Stage(hang=never)
    burst = together("t", *([each] for each in hanging(3 * MOST_HUNG)))
    assert stage.run([burst, step("later")])[-1] == "OK later"

    bursts = [
        together(f"t{n}", *([step(f"h{n}.{m}", "hang")] for m in range(3)))
        for n in range(MOST_HUNG)
    ]
    stage = Stage(hang=never)
    assert "INVOKE later" not in abandoned(stage, [*bursts, step("later")])
    assert sum(line.startswith("LOST") for line in stage.lines()) == 3 * MOST_HUNG


def test_other_lanes_end_with_it() -> None:
    """Whatever they are at."""
    others = [step(f"o{n}") for n in range(3)] + [step("o", "wait_for", token="T", what="started")]
    stage = Stage(hang=never)
    abandoned(stage, hanging(MOST_HUNG), others)


def test_a_user_who_has_stalled_may_be_waited_for() -> None:
    """RECOVERY-8a is only a SHOULD; until a session of theirs works again."""
    stalled = step("c", "create", transport="stalled")
    steps = [stalled, *hanging(2 * MOST_HUNG)]
    assert Stage(hang=never).run([*steps, step("later")])[-1] == "OK later"

    works = step("w", "create", transport="working")
    again = [step(f"again {each.id}", "hang") for each in hanging(MOST_HUNG)]
    assert "INVOKE later" not in abandoned(
        Stage(hang=never), [*steps, works, *again, step("later")]
    )


def test_the_rest_is_unknown_and_what_was_found_stands() -> None:
    """As of a history that was cut, with another reason; the footer says it to who judges later."""
    stage = Stage(hang=never)
    abandoned(stage, hanging(MOST_HUNG))
    footer = Recorder().end("five times")
    assert footer == Footer(entries=0, abandoned="five times")

    whole = Footer(entries=len(stage.entries), abandoned="five times")
    header = history([]).header
    said = {v.rule: v for v in judge(History(header, tuple(stage.entries), whole))}
    assert said["RECOVERY-8"].outcome is Outcome.FAIL
    assert said["API-2"].outcome is Outcome.UNKNOWN
    assert said["API-2"].reason == "the workload was abandoned: five times"
