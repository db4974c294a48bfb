"""ROUTING-5: a handler that raises is reported, and the next message works."""

from __future__ import annotations

import pytest
from tests.build import ALICE, Line
from tests.rooms import (
    ERROR,
    HEARD,
    TASK,
    added,
    answers,
    begun,
    broken,
    failed,
    frame,
    handled,
    heard,
    logged,
    outcome,
    passed,
    raises,
    red,
    says,
    untold,
)

from goldenpath.model import Outcome

# --- ROUTING-5: a handler that raises -------------------------------------------------------------

#: Alice is there, a handler for chats (3, 4) was heard (5 to 8), one for tasks fails (9, 10).
FAILS = [*HEARD, *added(TASK, name="bad", does="fails")]
BEGUN, FAILED = begun(ALICE, by="bad"), failed(ALICE, by="bad")


def task(*lines: Line, room: list[Line] = FAILS) -> list[Line]:
    """Alice asks for a task (entry 11), whose handler raises (13), and this comes of it."""
    return [*room, says(ALICE, type=TASK), BEGUN, FAILED, *lines]


VOID = [*heard(None), *added(TASK, name="bad", does="fails")]

REPORTED = {
    "by a frame": task(frame(ALICE, ERROR), answers(ALICE)),
    "by an exception": task(raises(ALICE, "HandlerFailure")),
    "by another exception": task(raises(ALICE, "TypeError")),
    "by no": task(answers(ALICE, False)),
    "by an answer": task(answers(ALICE, {"status": "failed"})),
    "by a status": task(answers(ALICE, {"handled": False}), room=VOID),
    "in the log": task(logged(), answers(ALICE, None), room=VOID),
    "in the log, and no": task(logged(), answers(ALICE, False), room=VOID),
    "in the log, late": task(answers(ALICE, None), logged(), room=VOID),
    "in the log, from a queue": [
        *(*FAILS, says(ALICE, type=TASK), answers(ALICE), BEGUN, FAILED, logged()),
    ],
    "by a frame, from a queue": [
        *(*FAILS, says(ALICE, type=TASK), answers(ALICE), BEGUN, FAILED, frame(ALICE, ERROR)),
    ],
}


@pytest.mark.parametrize("lines", REPORTED.values(), ids=REPORTED)
def test_a_handler_that_raises_is_reported(lines: list[Line]) -> None:
    """To the sender, to the caller, or in the log."""
    assert red(lines) == set()
    assert passed("ROUTING-5", lines) == 1


SWALLOWED = {
    "yes": (task(answers(ALICE)), "said True, and its sender got nothing"),
    "yes, and it is logged": (
        task(logged(), answers(ALICE)),
        "said True, and its sender got nothing",
    ),
    "nothing": (
        task(answers(ALICE, None), room=VOID),
        "said nothing, and its sender got nothing",
    ),
    "logged before": (
        [*VOID, logged(), *task(answers(ALICE, None), room=[])],
        "said nothing, and its sender got nothing",
    ),
    "logged when the next was sent": (
        [*task(answers(ALICE, None), room=VOID), *handled(ALICE, 17), logged()],
        "said nothing, and its sender got nothing",
    ),
    "from a queue": (
        [*FAILS, says(ALICE, type=TASK), answers(ALICE), BEGUN, FAILED],
        "said True, and its sender got nothing",
    ),
    "a fine frame": (
        task(frame(ALICE, {"type": "task_done"}), answers(ALICE)),
        "answered 'task_done'",
    ),
}


@pytest.mark.parametrize(("lines", "how"), SWALLOWED.values(), ids=SWALLOWED)
def test_a_handler_that_raises_is_passed_over(lines: list[Line], how: str) -> None:
    """Success is claimed, or nothing is said at all."""
    said, _ = broken("ROUTING-5", lines)

    assert said == (
        f"the handler of a message of alice raised, and the router {how}, and logged nothing"
        " through `logging`"
    )


def test_the_next_message_works() -> None:
    """Also the next that fails."""
    reported = task(answers(ALICE, False))

    assert passed("ROUTING-5", [*reported, *handled(ALICE, 17)]) == 2
    lines = [*reported, says(ALICE, 17), answers(ALICE, True, 17)]
    assert broken("ROUTING-5", lines) == (
        "after a handler raised a message of alice of type chat_message was not handled",
        (15, 16),
    )
    again = [*reported, says(ALICE, 17, TASK), answers(ALICE, False, 17)]
    assert broken("ROUTING-5", again)[0].endswith("of type task_request was not handled")
    assert red(again) == {"ROUTING-5"}


def test_a_handler_that_has_not_raised_yet_is_not_reported_yet() -> None:
    """Nor one whose caller was never answered: that is RECOVERY-8's."""
    for lines in (
        [*FAILS, says(ALICE, type=TASK), BEGUN, answers(ALICE)],
        [*FAILS, says(ALICE, type=TASK), BEGUN],
    ):
        assert outcome("ROUTING-5", lines) is Outcome.PASS


def test_nothing_that_fails() -> None:
    """Then nothing could have been passed over."""
    assert untold("ROUTING-5", HEARD)
