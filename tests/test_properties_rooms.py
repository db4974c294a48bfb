"""Invariants of routers and broadcasts: what any interleaving keeps, and what one wrong line turns
red.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from goldenpath import rulebook
from goldenpath.model import Kind, User
from tests.build import ALICE, BOB, CAROL, Line
from tests.rooms import (
    added,
    answers,
    begun,
    comes,
    done,
    frame,
    goes,
    handled,
    link_of,
    red,
    says,
    told,
    unknown,
)

USERS = (ALICE, BOB, CAROL)

DELIVERY = {"DELIVERY-6a"}

#: What may be said by a user or told to them who has two sockets, by the number of the message.
SOUND: dict[str, Callable[[User, int], list[Line]]] = {
    "a message is handled": lambda who, n: handled(who, n),
    "a message of another type": lambda who, n: handled(who, n, "task_request", "other"),
    "a message over the second socket": lambda who, n: handled(who, n, link=2),
    "one is handled after the answer": lambda who, n: [
        *(says(who, n), answers(who, number=n), begun(who, n), done(who, n)),
    ],
    "a type that nobody handles": lambda who, n: unknown(who, n),
    "a ping": lambda who, n: [
        *(says(who, n, "ping"), frame(who, {"type": "pong"}), answers(who, number=n)),
    ],
    "a broadcast": lambda who, n: told(who, 1, 2, number=n, value=2),
    "a broadcast that claims nothing": lambda who, n: told(who, 2, 1, number=n),
}


@st.composite
def lane(draw: st.DrawFn, who: User, always: str = "") -> list[Line]:
    """A user who comes with two sockets, says and is told something, and may go."""
    chosen = draw(st.lists(st.sampled_from(sorted(SOUND)), min_size=1, max_size=4))
    if always:
        chosen.insert(draw(st.integers(0, len(chosen))), always)
    lines = [*comes(who), *comes(who, 2)]
    lines += [line for n, name in enumerate(chosen, 16) for line in SOUND[name](who, n)]
    return [*lines, *(goes(who) if draw(st.booleans()) else ())]


@st.composite
def rooms(draw: st.DrawFn, always: str = "") -> list[Line]:
    """Such users side by side, each in their own order, and two handlers for all of them."""
    lanes = [draw(lane(who, always)) for who in USERS]
    merged = [*added(), *added("task_request", name="other")]
    while any(lanes):
        merged.append(draw(st.sampled_from([each for each in lanes if each])).pop(0))
    return merged


@settings(max_examples=200)
@given(rooms(), st.booleans())
def test_any_interleaving_of_sound_rooms_breaks_nothing(lines: list[Line], whole: bool) -> None:
    """However the lines of several users fall together, and wherever the history ends."""
    assert red(lines, *USERS, proves=tuple(rulebook.RULES), whole=whole) == set()


def lines_of(lines: list[Line], kind: Kind, what: str, said: str = "") -> list[int]:
    """The numbers of such lines, of which the text holds what is said."""
    return [
        n
        for n, line in enumerate(lines)
        if line[0] is kind and line[3] == what and said in str(line[4])
    ]


def heard(lines: list[Line]) -> list[int]:
    """The numbers of the frames of broadcasts."""
    return lines_of(lines, Kind.FRAME, "socket.send_json", "notification")


def claimed(lines: list[Line], victim: int) -> bool:
    """Whether the broadcast that this frame is of claims a number."""
    token = json.loads(lines[victim][4])["data"]["text"]
    step = next(line[2] for line in lines if line[3] == "broadcast" and token in str(line[4]))
    (answer,) = [line for line in lines if line[2] == step and line[0] is Kind.OK]
    return answer[4]["value"] is not None


def about(lines: list[Line], victim: int) -> list[int]:
    """The numbers of what the handler did with the message that this line is of."""
    token = lines[victim][4]["token"]
    return [n for n, line in enumerate(lines) if line[0] is Kind.TOOL and line[4]["token"] == token]


@given(rooms("a broadcast"), st.data(), st.sampled_from([0, 2]))
def test_a_frame_of_a_broadcast_that_is_cut_or_doubled(
    lines: list[Line], data: st.DataObject, times: int
) -> None:
    """ROUTING-8; DELIVERY-6a where fewer arrived than were claimed."""
    at = data.draw(st.sampled_from(heard(lines)))
    wrong = DELIVERY if claimed(lines, at) else set()

    made = [*lines[:at], *[lines[at]] * times, *lines[at + 1 :]]
    assert red(made, *USERS) == {"ROUTING-8"} | wrong


@given(rooms("a broadcast"), st.data())
def test_a_frame_of_a_broadcast_that_another_user_gets_too(
    lines: list[Line], data: st.DataObject
) -> None:
    """Somebody reads what was meant for another: ISOLATION-2, and ROUTING-8; if anything besides,
    DELIVERY-6a, where fewer were claimed to have got it.
    """
    at = data.draw(st.sampled_from(heard(lines)))
    kind, link, *rest = lines[at]
    other = data.draw(st.sampled_from([who for who in USERS if not link.startswith(who.name)]))
    there = [line for line in lines if line[0] is Kind.LINK and line[3] == "up"]
    apart = [line for line in lines if line not in there]
    leaked: Line = (kind, link_of(other), *rest)

    made = [*there, *apart[: apart.index(lines[at])], leaked, *apart[apart.index(lines[at]) :]]
    assert red(made, *USERS) - DELIVERY == {"ISOLATION-2", "ROUTING-8"}


@given(rooms("a message is handled"), st.data())
def test_a_message_that_no_handler_gets(lines: list[Line], data: st.DataObject) -> None:
    """Though the router says that it was handled."""
    gone = about(lines, data.draw(st.sampled_from(lines_of(lines, Kind.TOOL, "started"))))

    assert red([line for n, line in enumerate(lines) if n not in gone], *USERS) == {"ROUTING-1"}


@given(rooms("a message is handled"), st.data())
def test_a_message_that_another_handler_gets(lines: list[Line], data: st.DataObject) -> None:
    """One that is for other types."""
    other = {"h": "other", "other": "h"}
    made = list(lines)
    for n in about(lines, data.draw(st.sampled_from(lines_of(lines, Kind.TOOL, "started")))):
        kind, by, step, what, value = lines[n]
        made[n] = (kind, other[by], step, what, {**value, "tool": other[by]})

    assert red(made, *USERS) == {"ROUTING-1"}


@given(rooms("a message is handled"), st.data())
def test_a_message_that_is_handled_twice_in_a_row(lines: list[Line], data: st.DataObject) -> None:
    """By the same handler."""
    twice = about(lines, data.draw(st.sampled_from(lines_of(lines, Kind.TOOL, "ended"))))
    after = twice[-1] + 1
    made = [*lines[:after], *(lines[n] for n in twice), *lines[after:]]

    assert red(made, *USERS) == {"ROUTING-1"}


@given(rooms("a message is handled"), st.data())
def test_messages_of_a_user_that_are_handled_in_another_order(
    lines: list[Line], data: st.DataObject
) -> None:
    """The second of two was sent when the first had been taken, and is worked on before it."""
    who = data.draw(st.sampled_from(USERS))
    asked = [line for n in (40, 41) for line in (says(who, n), answers(who, number=n))]
    late = [line for n in (41, 40) for line in (begun(who, n), done(who, n))]
    at = lines.index(comes(who)[-1]) + 1
    assert red([*lines[:at], *asked, *late, *lines[at:]], *USERS) == {"ROUTING-7"}


@given(rooms("a ping"), st.data(), st.booleans())
def test_a_pong_that_does_not_come_to_who_asked(
    lines: list[Line], data: st.DataObject, elsewhere: bool
) -> None:
    """It is lost, or another user gets it."""
    at = data.draw(st.sampled_from(lines_of(lines, Kind.FRAME, "socket.send_json", "pong")))
    kind, link, *rest = lines[at]
    other = data.draw(st.sampled_from([who for who in USERS if not link.startswith(who.name)]))
    instead: list[Line] = [(kind, link_of(other), *rest)] if elsewhere else []

    assert red([*lines[:at], *instead, *lines[at + 1 :]], *USERS) == {"ROUTING-3"}


@given(rooms("a type that nobody handles"), st.data())
def test_a_type_that_nobody_handles_and_that_is_not_answered(
    lines: list[Line], data: st.DataObject
) -> None:
    """Neither by an error nor by what is given back."""
    at = data.draw(st.sampled_from(lines_of(lines, Kind.FRAME, "socket.send_json", "error")))
    asked = [line for line in lines[:at] if line[3] == "route" and line[1] == lines[at][1][:-2]]
    step = asked[-1][2]
    made = [
        (*line[:4], {"value": True}) if line[0] is Kind.OK and line[2] == step else line
        for n, line in enumerate(lines)
        if n != at
    ]

    assert red(made, *USERS) == {"ROUTING-2"}
