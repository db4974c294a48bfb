"""ROUTING-2 to -5: who is told that a message was not handled, and what comes after it."""

from __future__ import annotations

import pytest
from tests.build import ALICE, BOB, Line
from tests.rooms import (
    ERROR,
    HEARD,
    ODD,
    ROOM,
    ROUTER,
    added,
    answers,
    begun,
    broken,
    closed,
    comes,
    done,
    findings,
    frame,
    goes,
    handled,
    hangs,
    heard,
    mumbles,
    outcome,
    passed,
    raises,
    red,
    says,
    sends,
    unknown,
    untold,
)

from goldenpath import spec
from goldenpath.model import Outcome

# --- ROUTING-2: an unknown type is answered by an error -------------------------------------------


def asks(*lines: Line, room: list[Line] = HEARD) -> list[Line]:
    """Alice sends what nobody knows (entry 9), and this comes of it."""
    return [*room, says(ALICE, type=ODD), *lines]


TOLD = {
    "by a frame": asks(frame(ALICE, ERROR), answers(ALICE)),
    "by a frame, and nothing returned": asks(frame(ALICE, ERROR), answers(ALICE, None)),
    "by a frame that comes late": asks(answers(ALICE), frame(ALICE, ERROR)),
    "by a text": asks(frame(ALICE, "Unknown message type"), answers(ALICE)),
    "by a flag": asks(frame(ALICE, {"ok": False}), answers(ALICE)),
    "by a number": asks(frame(ALICE, {"status": 404}), answers(ALICE)),
    "in dialect D": asks(
        frame(ALICE, {"type": "system_message", "data": {"event": "error"}}), answers(ALICE)
    ),
    "by an exception of its own": asks(raises(ALICE)),
    "by a KeyError": asks(raises(ALICE, "KeyError", text="'unheard_of'")),
    "by a TypeError that is meant": asks(raises(ALICE, "TypeError", meant=True)),
    "by no": asks(answers(ALICE, False)),
    "by nothing where others are answered": asks(answers(ALICE, None)),
    "by a 0 where others are answered": asks(answers(ALICE, 0)),
    "by no where others get nothing": asks(answers(ALICE, False), room=heard(None)),
    "by no where nothing was handled": asks(answers(ALICE, False), room=ROOM),
    "by an answer": asks(answers(ALICE, {"handled": False}), room=heard({"handled": True})),
    "by a status": asks(answers(ALICE, {"status": "error"}), room=heard({"status": "ok"})),
    "by what it says, alone": asks(answers(ALICE, {"status": "ignored"}), room=ROOM),
    "by a pair": asks(answers(ALICE, [False, "no handler"]), room=heard([True, ""])),
    "by a word": asks(answers(ALICE, "NO_HANDLER"), room=heard("HANDLED")),
    "by a frame, and hangs": asks(frame(ALICE, ERROR), hangs(ALICE)),
}


@pytest.mark.parametrize("lines", TOLD.values(), ids=TOLD)
def test_an_unknown_type_of_which_somebody_is_told(lines: list[Line]) -> None:
    """The sender by a frame, or the caller by the answer."""
    assert "ROUTING-2" not in red(lines)
    assert passed("ROUTING-2", lines) == 1


SILENT: dict[str, tuple[list[Line], str]] = {
    "yes": (asks(answers(ALICE)), "said True, and its sender got nothing"),
    "nothing, as always": (
        asks(answers(ALICE, None), room=heard(None)),
        "said nothing, and its sender got nothing",
    ),
    "no, as always": (
        asks(answers(ALICE, False), room=heard(False)),
        "said False, and its sender got nothing",
    ),
    "nothing, where nothing was handled": (
        asks(answers(ALICE, None), room=ROOM),
        "said nothing, and its sender got nothing",
    ),
    "a fine answer": (
        asks(answers(ALICE, {"handled": True})),
        "said {'handled': True}, and its sender got nothing",
    ),
    "no answer at all": (asks(hangs(ALICE)), "said nothing, and its sender got nothing"),
    "an acknowledgement": (
        asks(frame(ALICE, {"type": "ack", "status": "ok"}), answers(ALICE)),
        "answered 'ack/ok'",
    ),
    "an error to somebody else": (
        [*HEARD[:9], *comes(BOB), says(ALICE, type=ODD), frame(BOB, ERROR), answers(ALICE)],
        "said True, and its sender got nothing",
    ),
    "an error before": (
        [*HEARD, frame(ALICE, ERROR), says(ALICE, type=ODD), answers(ALICE)],
        "said True, and its sender got nothing",
    ),
    "closed": (
        asks(frame(ALICE, ERROR), closed(ALICE, 1008), answers(ALICE, None)),
        "closed the connection with 1008",
    ),
    "another handler": (
        asks(begun(ALICE), done(ALICE), answers(ALICE)),
        "gave it to h, which is not for it",
    ),
}


@pytest.mark.parametrize(("lines", "how"), SILENT.values(), ids=SILENT)
def test_an_unknown_type_of_which_nobody_is_told(lines: list[Line], how: str) -> None:
    """The finding says what was said instead."""
    said, witness = broken("ROUTING-2", lines)

    assert said == f"a message of the unknown type unheard_of was no error: the router {how}"
    assert witness


@pytest.mark.parametrize("kind", sorted(spec.ACCIDENTS))
def test_an_accident_is_no_refusal(kind: str) -> None:
    """The router ran into it and decided nothing; that it also sent an error does not help."""
    lines = asks(raises(ALICE, kind, text="'NoneType' object"))

    assert broken("ROUTING-2", lines) == (
        "a message of the unknown type unheard_of was no error: the router broke on it:"
        f" {kind}: 'NoneType' object",
        (9, 10),
    )


NOT_UNKNOWN = {
    "it is a ping": [*ROOM, sends(ALICE, {"type": "ping"}), answers(ALICE)],
    "it is malformed": [*ROOM, mumbles(ALICE), answers(ALICE)],
    "its connection was closed before": [*ROOM, closed(ALICE), *asks(answers(ALICE), room=[])],
    "its sender went": [*ROOM, *asks(*goes(ALICE), answers(ALICE), room=[])],
    "its handler was not taken": [
        *(*comes(ALICE), *added(ODD, taken=False), says(ALICE, type=ODD), answers(ALICE)),
    ],
    "it cannot be routed": [*ROOM, *asks(raises(ALICE, "", by="missing"), room=[])],
}


@pytest.mark.parametrize("lines", NOT_UNKNOWN.values(), ids=NOT_UNKNOWN)
def test_where_no_type_is_unknown(lines: list[Line]) -> None:
    """Other rules speak of it, or nobody can."""
    assert untold("ROUTING-2", lines)


def test_the_close_is_put_to_the_last_message() -> None:
    """Those before it were answered as they should."""
    lines = [*HEARD, *unknown(ALICE), mumbles(ALICE, number=17), closed(ALICE, 1003)]

    assert red([*lines, answers(ALICE, None, 17)]) == set()


def test_an_error_that_names_its_message_belongs_to_it() -> None:
    """Although others have been sent since."""
    about = {"type": "error", "about": says(ALICE, type=ODD)[4]["token"]}
    lines = [*HEARD, says(ALICE, type=ODD), says(ALICE, 17), frame(ALICE, about)]
    lines += [answers(ALICE), begun(ALICE, 17), done(ALICE, 17), answers(ALICE, True, 17)]

    assert red(lines) == set()


# --- ROUTING-3: ping and pong ---------------------------------------------------------------------


def pings(*lines: Line, type: str = "ping") -> list[Line]:
    """Alice sends a heartbeat (entry 5), and this comes of it."""
    return [*ROOM, sends(ALICE, {"type": type}), *lines]


PONGS: dict[str, Line] = {
    "a frame": frame(ALICE, {"type": "pong"}),
    "with a time": frame(ALICE, {"type": "pong", "timestamp": 1757.3}),
    "in an envelope": frame(ALICE, {"type": "system_message", "data": {"event": "pong"}}),
    "under another key": frame(ALICE, {"event": "pong"}),
    "a text": frame(ALICE, "pong"),
    "a text in JSON": frame(ALICE, '"pong"'),
}


@pytest.mark.parametrize("pong", PONGS.values(), ids=PONGS)
def test_a_pong(pong: Line) -> None:
    """Whatever the router returns; also when it comes late."""
    for value in (True, None, False):
        assert red(pings(pong, answers(ALICE, value))) == set()
        assert red(pings(answers(ALICE, value), pong)) == set()
    assert passed("ROUTING-3", pings(pong, answers(ALICE))) == 1


def test_a_pong_that_is_returned() -> None:
    """Whoever routes is to send it."""
    assert passed("ROUTING-3", pings(answers(ALICE, {"type": "pong"}))) == 1


NO_PONGS = {
    "nothing": pings(answers(ALICE)),
    "an error": pings(frame(ALICE, ERROR), answers(ALICE, False)),
    "an exception": pings(raises(ALICE)),
    "to another": pings(*comes(BOB), frame(BOB, {"type": "pong"}), answers(ALICE)),
    "in a text": pings(frame(ALICE, {"type": "ack", "text": "pong"}), answers(ALICE)),
}


@pytest.mark.parametrize("lines", NO_PONGS.values(), ids=NO_PONGS)
def test_a_ping_without_a_pong(lines: list[Line]) -> None:
    """What came instead is no matter."""
    assert ("ping of alice was not answered by pong", (5, len(lines) - 1)) in [
        (said, (witness[0], witness[-1])) for said, witness in findings("ROUTING-3", lines)
    ]


def test_a_heartbeat_has_an_answer_of_its_own() -> None:
    """A pong is none."""
    declared = {"declared": {"pings": {"ping": "pong", "heartbeat": "heartbeat_ack"}}}
    right = pings(frame(ALICE, {"type": "heartbeat_ack"}), answers(ALICE), type="heartbeat")
    wrong = pings(frame(ALICE, {"type": "pong"}), answers(ALICE), type="heartbeat")

    assert red(right, **declared) == set()
    assert broken("ROUTING-3", wrong, **declared)[0] == (
        "heartbeat of alice was not answered by heartbeat_ack"
    )


def test_a_pong_that_nobody_asked_for() -> None:
    """After an error, or after what is no message; a handler may say what it likes."""
    pong = frame(ALICE, {"type": "pong"})
    unasked = asks(frame(ALICE, ERROR), pong, answers(ALICE))

    said = "alice got pong without having asked"
    assert broken("ROUTING-3", unasked) == (said, (9, 11, 12))
    assert broken("ROUTING-3", [*ROOM, mumbles(ALICE), pong, raises(ALICE)])[0] == said
    assert "ROUTING-3" not in red([*handled(ALICE), pong])


def test_no_ping_no_pong() -> None:
    """Nor where the connection was closed before it came."""
    assert untold("ROUTING-3", HEARD)
    assert untold("ROUTING-3", [*ROOM, closed(ALICE, 1003), *pings(answers(ALICE))[5:]])


def test_what_each_rule_needs_is_declared() -> None:
    """A router without heartbeats, or that does not route, is not judged by those rules."""
    card = {**ROUTER["card"], "routes": "UNSUPPORTED: routes=False is declared"}

    assert outcome("ROUTING-2", asks(answers(ALICE)), card=card) is Outcome.UNSUPPORTED


def test_types_that_are_none() -> None:
    """A message that is a list, or whose type is a number, is malformed where we sent it so; a
    history of others does not break the checks.
    """
    for message in ([], {"type": 5}, "x", None):
        assert red([*ROOM, sends(ALICE, message), raises(ALICE)]) == set()
