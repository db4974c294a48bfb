"""API-7: the way out is what the dispatcher says it is."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    BOB,
    Line,
    asked,
    bare,
    call,
    closed,
    down,
    ended,
    executing,
    fail,
    fault,
    invoke,
    ok,
    refused,
    session,
    started,
    told,
    up,
)
from tests.judged import broken, outcome, untold, verdicts
from tests.scenes import dispatcher, silent

from goldenpath.model import Outcome

# --- API-7: has_websocket_support is true exactly if events reach the user ----------------------


def said(has: Any = True, bridge: Any = True, step: str = "ask") -> list[Line]:
    """What the dispatcher says of its way to the user."""
    value = {"has": has, "bridge": bridge}
    return [invoke(ALICE, "ask_support", step), ok(ALICE, "ask_support", step, value=value)]


FALSE = {
    "nothing arrives, and it says yes": (
        "working",
        [*silent(), *said()],
        "with the transport working has_websocket_support says True, and no event reached the user",
        (1, 8),
    ),
    "there is no transport, and it says yes": (
        "absent",
        [*silent(), *said()],
        "with the transport absent has_websocket_support says True, and no event reached the user",
        (1, 8),
    ),
    "events arrive, and it says no": (
        "working",
        [*said(has=False, bridge=False), *call(ALICE)],
        "with the transport working has_websocket_support says False, and its events reached the"
        " user",
        (1, 4),
    ),
    "events arrive elsewhere, and it says yes": (
        "working",
        [*said(), asked(ALICE), executing(ALICE, to=BOB), started(ALICE), told(ALICE)],
        "with the transport working has_websocket_support says True, and no event reached the user",
        (1, 4),
    ),
    "the bridge is hidden": (
        "working",
        [*said(bridge=False), *call(ALICE)],
        "has_websocket_support says True, and websocket_bridge is None",
        (1, 4),
    ),
    "there is a bridge to nowhere": (
        "absent",
        [*said(has=False), *silent()],
        "has_websocket_support says False, and websocket_bridge is there",
        (1, 4),
    ),
    "it is neither yes nor no": (
        "working",
        [*said(has="yes"), *call(ALICE)],
        "has_websocket_support: expected true or false, got yes",
        (1, 4),
    ),
}


@pytest.mark.parametrize(("transport", "lines", "message", "witness"), FALSE.values(), ids=FALSE)
def test_a_way_to_the_user_that_is_not_as_it_says(
    transport: str, lines: list[Line], message: str, witness: tuple[int, ...]
) -> None:
    """Whenever it was asked, against what reached the user in the same session."""
    assert broken("API-7", dispatcher(*lines, transport=transport)) == (message, witness)


def test_a_way_to_the_user_that_cannot_be_asked_for() -> None:
    """One of the two properties raised; what it said is shown."""
    no = fail(ALICE, "ask_support", type="RuntimeError", text="not connected")
    lines = dispatcher(*call(ALICE), invoke(ALICE, "ask_support"), no)

    assert broken("API-7", lines) == (
        "asked for has_websocket_support and websocket_bridge it raised RuntimeError:"
        " 'not connected'",
        (1, 10),
    )
    assert verdicts(lines)["API-7"].opportunities == 1


TRUE = {
    "events arrive": ("working", [*said(), *call(ALICE), *said(step="again")]),
    "there is no transport": ("absent", [*said(has=False, bridge=False), *silent()]),
    "an event of no run arrives elsewhere": (
        "working",
        [*said(), up(BOB), bare(BOB, "agent_thinking"), *call(ALICE)],
    ),
    "events without ids arrive for calls at once": (
        "working",
        [
            *(*said(), asked(ALICE, 16), asked(ALICE, 17)),
            *(bare(ALICE, "tool_executing", tool="lookup") for _ in range(2)),
            *(started(ALICE, 16), ended(ALICE, 16), started(ALICE, 17), ended(ALICE, 17)),
            *(told(ALICE, 16), told(ALICE, 17)),
        ],
    ),
}


@pytest.mark.parametrize(("transport", "lines"), TRUE.values(), ids=TRUE)
def test_a_way_to_the_user_that_is_as_it_says(transport: str, lines: list[Line]) -> None:
    """With a transport and with none."""
    assert outcome("API-7", dispatcher(*lines, transport=transport)) is Outcome.PASS


UNTOLD: dict[str, tuple[str, list[Line]]] = {
    "nothing ran": ("working", [*said(), asked(ALICE), refused(ALICE)]),
    "the transport raises": ("raising", [*said(), *silent()]),
    "has_websocket_support is not there": ("working", [*said(has=None), *call(ALICE)]),
    "websocket_bridge is not there": ("working", [*said(bridge=None), *call(ALICE)]),
    "it was asked after cleanup": (
        "working",
        [*call(ALICE), *closed(ALICE), *said(has=False, bridge=False)],
    ),
    "it was asked after its context was left": (
        "working",
        [*call(ALICE), *closed(ALICE, "leave"), *said(has=False, bridge=False)],
    ),
    "its link was cut": (
        "working",
        [*said(), fault(ALICE, "dropped"), down(ALICE), *silent()],
    ),
}


@pytest.mark.parametrize(("transport", "lines"), UNTOLD.values(), ids=UNTOLD)
def test_where_nothing_could_have_reached_the_user_nothing_follows(
    transport: str, lines: list[Line]
) -> None:
    """Neither red nor green."""
    assert untold("API-7", dispatcher(*lines, transport=transport))


def test_each_session_is_judged_by_itself() -> None:
    """With a transport, and then without."""
    first = dispatcher(*said(), *call(ALICE))
    second = [*session(ALICE, transport="absent"), *said(has=False, bridge=False), *silent(17)]

    assert outcome("API-7", [*first, *second]) is Outcome.PASS
    assert outcome(
        "API-7", [*first, *session(ALICE, transport="absent"), *said(), *silent(17)]
    ) is (Outcome.FAIL)


def test_a_session_has_a_transport_unless_it_is_said_that_it_has_none() -> None:
    create = [up(ALICE), invoke(ALICE, "create", tools=["lookup"]), ok(ALICE, "create")]

    assert broken("API-7", [*create, *silent(), *said()])[0].startswith(
        "with the transport working has_websocket_support says True"
    )


def test_a_session_that_was_never_made_says_nothing() -> None:
    """What is asked of it is answered by the harness."""
    no = fail(ALICE, "ask_support", by="missing", text="there is no session of alice")

    assert untold("API-7", [invoke(ALICE, "ask_support"), no])


def test_where_tool_events_are_not_its_own_nothing_is_asked() -> None:
    """Then what reaches the user is not the dispatcher's doing."""
    lines = dispatcher(*silent(), *said())

    assert outcome("API-7", lines, card={"tool_events": "no"}) is Outcome.UNSUPPORTED
