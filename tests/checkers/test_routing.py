"""ROUTING-1, -6, -7 and ISOLATION-6: which handler gets a message, how often, in which order."""

from __future__ import annotations

import pytest
from tests.build import ALICE, BOB, Line, fail
from tests.rooms import (
    BOTH,
    CHAT,
    ERROR,
    OWN,
    ROOM,
    TASK,
    added,
    answers,
    begun,
    closed,
    comes,
    done,
    failed,
    frame,
    goes,
    handled,
    hangs,
    passed,
    raises,
    red,
    removed,
    says,
    truth,
    unknown,
    untold,
    verdicts,
)
from tests.rooms import broken as told_of
from tests.rooms import findings as all_told_of

from goldenpath.model import Outcome

# --- ROUTING-1: a message is handled exactly once, by the handler for its type --------------------


def test_each_message_that_is_handled_once_counts() -> None:
    """Of all users, over all sockets, whatever the router answers."""
    lines = [
        *(*BOTH, *handled(ALICE), *handled(BOB), *comes(ALICE, 2)),
        *(*handled(ALICE, 17, link=2, value=None), *handled(ALICE, 18, value={"handled": True})),
    ]

    assert red(lines) == set()
    assert passed("ROUTING-1", lines) == 4


LATE = {
    "from a queue": [says(ALICE), answers(ALICE, None), begun(ALICE), done(ALICE)],
    "after another was sent": [
        *(says(ALICE), answers(ALICE), says(ALICE, 17), answers(ALICE, True, 17)),
        *(begun(ALICE), done(ALICE), begun(ALICE, 17), done(ALICE, 17)),
    ],
    "and the call hangs": [says(ALICE), begun(ALICE), done(ALICE), hangs(ALICE)],
    "and its sender has gone meanwhile": [
        *(says(ALICE), answers(ALICE), *goes(ALICE), begun(ALICE), done(ALICE)),
    ],
    "while it is held to the end": [says(ALICE), begun(ALICE)],
    "and is cancelled": [says(ALICE), begun(ALICE), truth("cancelled", ALICE), answers(ALICE)],
}


@pytest.mark.parametrize("lines", LATE.values(), ids=LATE)
def test_a_message_may_be_handled_late(lines: list[Line]) -> None:
    """It is the handler that counts, not the answer."""
    assert "ROUTING-1" not in red([*ROOM, *lines])
    assert passed("ROUTING-1", [*ROOM, *lines])


UNHANDLED = {
    "yes": [says(ALICE), answers(ALICE)],
    "no": [says(ALICE), answers(ALICE, False)],
    "nothing": [says(ALICE), answers(ALICE, None)],
    "an exception": [says(ALICE), raises(ALICE)],
    "no answer": [says(ALICE), hangs(ALICE)],
}


@pytest.mark.parametrize("lines", UNHANDLED.values(), ids=UNHANDLED)
def test_a_message_that_is_not_handled(lines: list[Line]) -> None:
    """There is a handler for it: even an error is no excuse."""
    assert told_of("ROUTING-1", [*ROOM, *lines]) == (
        "a message of alice of type chat_message was not handled",
        (5, 6),
    )


def test_a_message_that_is_handled_twice() -> None:
    """Also by two handlers that are both for it, or later."""
    twice = [*ROOM, says(ALICE), *[begun(ALICE), done(ALICE)] * 2, answers(ALICE)]
    by_two = [
        *(*ROOM, *added(name="g", of=ALICE), says(ALICE), answers(ALICE)),
        *(begun(ALICE), done(ALICE), begun(ALICE, by="g"), done(ALICE, by="g")),
    ]

    said = "a message of alice was handled 2 times"
    assert told_of("ROUTING-1", twice) == (said, (5, 6, 8, 10))
    assert told_of("ROUTING-1", by_two) == (said, (7, 8, 9, 11))


def test_a_message_that_a_handler_of_another_type_gets() -> None:
    """Beside the right one, or in its stead."""
    room = [*ROOM, *added(TASK, name="tasks")]
    wrong = [begun(ALICE, by="tasks"), done(ALICE, by="tasks")]
    instead = [*room, says(ALICE), *wrong, answers(ALICE)]
    beside = [*room, says(ALICE), begun(ALICE), done(ALICE), *wrong, answers(ALICE)]

    said = "a message of type chat_message was handled by tasks, which is for task_request"
    assert told_of("ROUTING-1", instead) == (said, (7, 8, 10))
    assert told_of("ROUTING-1", beside)[0] == said


def test_a_handler_of_several_types() -> None:
    """Each of its types is its own."""
    lines = [*comes(ALICE), *added(CHAT, TASK), *handled(ALICE), *handled(ALICE, 17, TASK)]

    assert red(lines) == set()


NOT_OWED = {
    "nothing handles it": [*ROOM, *unknown(ALICE)],
    "its handler was removed": [*ROOM, *removed(), *unknown(ALICE, value=None), says(ALICE, 17)],
    "its handler was not taken": [
        *(*comes(ALICE), *added(taken=False), says(ALICE), answers(ALICE)),
    ],
    "the router cannot route": [*ROOM, says(ALICE), raises(ALICE, "", by="missing")],
    "the router had closed the connection": [
        *(*ROOM, closed(ALICE, 1003), says(ALICE), answers(ALICE, None)),
    ],
    "its sender went before it was answered": [*ROOM, says(ALICE), *goes(ALICE), answers(ALICE)],
    "its handler went before it was answered": [*ROOM, says(ALICE), *removed(), answers(ALICE)],
    "it came over no socket": [says(ALICE), answers(ALICE)],
    "it is another rule's": [*ROOM, says(ALICE, burst=True), answers(ALICE)],
    "it is of another connection's type": [
        *(*comes(ALICE), *comes(BOB), *added(of=BOB), *unknown(ALICE)),
    ],
}


@pytest.mark.parametrize("lines", NOT_OWED.values(), ids=NOT_OWED)
def test_a_message_that_need_not_be_handled(lines: list[Line]) -> None:
    """Nothing was there for it, or what was there went away under it."""
    assert untold("ROUTING-1", lines)


def test_a_handler_that_goes_after_the_answer_excuses_nothing() -> None:
    """The router had all the time that it wanted."""
    assert "ROUTING-1" in red([*ROOM, says(ALICE), answers(ALICE), *removed()])
    assert "ROUTING-1" in red([*ROOM, says(ALICE), answers(ALICE), *goes(ALICE)])


def test_one_of_two_handlers_that_goes_excuses_nothing() -> None:
    """The other is still there."""
    lines = [*ROOM, *added(name="g"), says(ALICE), *removed(), answers(ALICE)]

    assert "ROUTING-1" in red(lines)


def test_a_handler_of_the_connection_comes_before_one_for_all() -> None:
    """Either would be right by its type: what is asked is that one of them gets it."""
    room = [*ROOM, *added(name="own", of=ALICE)]

    assert red([*room, *handled(ALICE, by="own")]) == set()
    assert "ROUTING-1" not in red([*room, *handled(ALICE)])


def test_a_handler_that_is_added_while_a_message_is_under_way() -> None:
    """It may get it, and need not."""
    room = [*comes(ALICE), says(ALICE), *added()]

    assert red([*room, begun(ALICE), done(ALICE), answers(ALICE)]) == set()
    assert red([*room, frame(ALICE, ERROR), answers(ALICE, None)]) == set()


def test_what_nobody_was_asked_to_handle_is_nobodys() -> None:
    """A handler that is called with a message of its own making, or of none."""
    stray = [begun(ALICE, 99), done(ALICE, 99), begun(ALICE, token=""), done(ALICE)]

    assert red([*ROOM, *handled(ALICE), *stray]) == set()


# --- ROUTING-6: who was removed, or has gone, gets nothing ----------------------------------------


def test_a_handler_that_was_removed_gets_nothing() -> None:
    """Nor one whose connection has gone. Each message of its type is an opportunity."""
    own = added(TASK, name="own", of=ALICE)
    lines = [
        *(*BOTH, *removed(), *unknown(ALICE), *own, *goes(ALICE), *comes(ALICE, 2)),
        *(says(ALICE, 17, TASK, 2), frame(ALICE, ERROR, 2), answers(ALICE, False, 17)),
        *(says(ALICE, 18, CHAT, 2), frame(ALICE, ERROR, 2), answers(ALICE, False, 18)),
    ]

    assert red(lines) == set()
    assert passed("ROUTING-6", lines) == 2


GONE: dict[str, tuple[list[Line], str]] = {
    "removed": ([*BOTH, *removed()], "which had been removed"),
    "of one's own": ([*comes(ALICE), *comes(BOB), *added(of=BOB), *removed()], "whose connection"),
    "of a connection": ([*comes(ALICE), *comes(BOB), *added(of=BOB), *goes(BOB)], "whose connec"),
}


@pytest.mark.parametrize(("room", "how"), GONE.values(), ids=GONE)
def test_a_handler_that_has_gone_and_gets_a_message(room: list[Line], how: str) -> None:
    """The finding says how it had gone; of the type no other rule speaks."""
    lines = [*room, *handled(ALICE)]

    said, witness = told_of("ROUTING-6", lines)
    assert said.startswith(f"a message of alice was handled by h, {how}")
    assert witness == (len(room), len(room) + 1, len(room) + 3)
    assert red(lines) == {"ROUTING-6"}


def test_a_handler_that_is_removed_while_it_works() -> None:
    """It got the message when it was there."""
    working = [*ROOM, says(ALICE), begun(ALICE), *removed(), done(ALICE), answers(ALICE)]
    queued = [*ROOM, says(ALICE), *removed(), begun(ALICE), done(ALICE), answers(ALICE)]

    for lines in (working, queued):
        assert red(lines) == set()
        assert untold("ROUTING-6", lines)


def test_a_handler_that_could_not_be_removed_stays() -> None:
    """API-1 says so where there is no such member."""
    assert red([*ROOM, *removed(answer=fail), *handled(ALICE)]) == set()


def test_a_handler_that_is_added_again_is_there_again() -> None:
    """Under the same name."""
    lines = [*ROOM, *removed(), *added(), *handled(ALICE)]

    assert red(lines) == set()


# --- ROUTING-7: in the order sent -----------------------------------------------------------------


def two(*lines: Line) -> list[Line]:
    """Alice sends two messages, the second when the router has answered the first; both wait."""
    return [
        *(*ROOM, says(ALICE), answers(ALICE, None), says(ALICE, 17), answers(ALICE, None, 17)),
        *lines,
    ]


FIRST, SECOND = ([begun(ALICE, n), done(ALICE, n)] for n in (16, 17))


def test_messages_in_order() -> None:
    """One after the other, whether the router waits for the handler or not."""
    assert passed("ROUTING-7", two(*FIRST, *SECOND)) == 1
    assert passed("ROUTING-7", [*ROOM, *handled(ALICE), *handled(ALICE, 17)]) == 1


OUT_OF_ORDER = {
    "begun first": (two(*SECOND, *FIRST), "begun", (9, 11)),
    "done with first": (two(FIRST[0], *SECOND, FIRST[1]), "done with", (11, 12)),
    "failed first": (two(SECOND[0], failed(ALICE, 17), *FIRST), "begun", (9, 11)),
}


@pytest.mark.parametrize(("lines", "what", "where"), OUT_OF_ORDER.values(), ids=OUT_OF_ORDER)
def test_messages_out_of_order(lines: list[Line], what: str, where: tuple[int, int]) -> None:
    """The first word that is out of order is the finding."""
    said, witness = told_of("ROUTING-7", lines)

    assert said == f"of two messages of alice the second was {what} first"
    assert {5, 7, *where} <= set(witness)


def test_messages_that_overlap() -> None:
    """Begun in order and done with in order is in order."""
    assert passed("ROUTING-7", two(FIRST[0], SECOND[0], FIRST[1], SECOND[1])) == 1


NO_ORDER = {
    "at once": [
        *(*ROOM, says(ALICE), says(ALICE, 17), *SECOND, *FIRST),
        *(answers(ALICE), answers(ALICE, True, 17)),
    ],
    "of two users": [
        *(*BOTH, says(ALICE), answers(ALICE), says(BOB), answers(BOB)),
        *(begun(BOB), done(BOB), *FIRST),
    ],
    "of which one was not handled": two(*SECOND),
    "of which one never ended": two(FIRST[0], *SECOND),
    "of which the first hung": [
        *(*ROOM, says(ALICE), says(ALICE, 17), *SECOND, answers(ALICE, True, 17), *FIRST),
        hangs(ALICE),
    ],
}


@pytest.mark.parametrize("lines", NO_ORDER.values(), ids=NO_ORDER)
def test_messages_that_have_no_order(lines: list[Line]) -> None:
    """Sent side by side, by others, or not handled, which is another rule's affair."""
    assert untold("ROUTING-7", lines)


# --- histories that were cut ----------------------------------------------------------------------


def test_a_cut_history_accuses_nobody_of_what_never_came() -> None:
    """It may stand in the part that is gone; what did come, came."""
    cut = verdicts([*ROOM, says(ALICE)], whole=False)
    twisted = verdicts([*OWN, says(ALICE), begun(ALICE, by="b")], whole=False)

    assert [v.rule for v in cut.values() if v.outcome in (Outcome.FAIL, Outcome.PASS)] == []
    assert twisted["ISOLATION-6"].outcome is Outcome.FAIL


def test_a_router_that_is_asked_nothing_is_told_of_nothing() -> None:
    """No check crashes over an empty history, nor over strange entries."""
    strange = [
        answers(ALICE),
        begun(ALICE),
        removed()[1],
        goes(ALICE)[2],
        closed(BOB),
        removed()[0],
    ]
    for lines in ([], strange):
        assert all(v.outcome is not Outcome.FAIL for v in verdicts(lines).values())
        assert all_told_of("ROUTING-1", lines) == []
