"""The shapes of the transport: those of the field, each with its calls and what it says."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from tests.plant.wires import ALICE, MESSAGE, OWN, RUNS, Call, Wires

from goldenpath.plant import Tap


def sent(call: Call, **more: Any) -> Any:
    """What arrives when alice's tap is used."""
    wires = Wires(**more)
    wires.call(call)
    return wires.message()


# --- shapes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (OWN["manager.send_event"], MESSAGE),
        (lambda tap: tap.manager.send_event("x"), {"type": "x", "data": None}),
        (lambda tap: tap.manager.send_to_user(ALICE.user_id, MESSAGE), MESSAGE),
        (lambda tap: tap.manager.send_to_user(user_id=ALICE.user_id, message=MESSAGE), MESSAGE),
        (lambda tap: tap.manager.send_to_user(ALICE.user_id, [1]), [1]),
        (
            lambda tap: tap.manager.emit_critical_event(ALICE.user_id, "agent_started", {"a": 1}),
            MESSAGE,
        ),
        (
            lambda tap: tap.manager.emit_critical_event(
                user_id=ALICE.user_id, event_type="agent_started", data={"a": 1}
            ),
            MESSAGE,
        ),
        (lambda tap: tap.socket.send_json(MESSAGE), MESSAGE),
        (lambda tap: tap.socket.send_json(data=MESSAGE, mode="text"), MESSAGE),
        (lambda tap: tap.socket.send_text(json.dumps(MESSAGE)), MESSAGE),
        (lambda tap: tap.socket.send(data=json.dumps(MESSAGE)), MESSAGE),
        (lambda tap: tap.send(MESSAGE), MESSAGE),
    ],
)
def test_a_message_arrives_as_it_was_sent(call: Call, message: Any) -> None:
    """Envelope and all; only an event without one is given ours."""
    assert sent(call) == message


#: name, positional arguments, all of them by keyword, what the frame then holds.
FIVE: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("agent_started", ({"page": 1},), {"context": {"page": 1}}),
    ("agent_thinking", ("hm", 2), {"reasoning": "hm", "step_number": 2}),
    ("tool_executing", ("lookup", {"q": 1}), {"tool_name": "lookup", "parameters": {"q": 1}}),
    (
        "tool_completed",
        ("lookup", {"r": 1}, 12.5, "no", "error"),
        {
            "tool_name": "lookup",
            "result": {"r": 1},
            "execution_time_ms": 12.5,
            "error": "no",
            "status": "error",
        },
    ),
    (
        "agent_completed",
        ("answer", 12.5, "success", "none"),
        {"result": "answer", "execution_time_ms": 12.5, "status": "success", "error": "none"},
    ),
]
NEEDED = {"agent_thinking": 1, "tool_executing": 1, "tool_completed": 1}
PREFIXES = ("bridge.notify", "emitter.notify", "emitter.emit")
EXTRAS = {"call_id": "c1", "seq": 4, "timestamp": "2026-01-01T00:00:00Z", "odd": [None]}


def event(prefix: str, name: str, *args: Any, **more: Any) -> Call:
    """A call of one of the five, in one of the shapes that have them."""
    shape, _, verb = prefix.partition(".")
    first = (RUNS["alice"], "helper") if shape == "bridge" else ()

    async def call(tap: Tap) -> Any:
        return await getattr(getattr(tap, shape), f"{verb}_{name}")(*first, *args, **more)

    return call


def envelope(prefix: str, name: str) -> dict[str, Any]:
    """What our own shape puts around the fields of an event."""
    address = {"run_id": RUNS["alice"], "agent_name": "helper"}
    return {"type": name, **(address if prefix.startswith("bridge") else {})}


@pytest.mark.parametrize(("name", "positional", "keywords"), FIVE, ids=[row[0] for row in FIVE])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_five_are_called_by_position_or_by_keyword(
    prefix: str, name: str, positional: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    """In the order of the contract; both say the same."""
    expected = {**envelope(prefix, name), **keywords}

    assert sent(event(prefix, name, *positional)) == expected
    assert sent(event(prefix, name, **keywords)) == expected


@pytest.mark.parametrize(("name", "positional", "keywords"), FIVE, ids=[row[0] for row in FIVE])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_is_left_out_is_not_in_the_frame(
    prefix: str, name: str, positional: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    """Only what a target must say has to be said."""
    count = NEEDED.get(name, 0)
    fields = dict(list(keywords.items())[:count])

    assert sent(event(prefix, name, *positional[:count])) == {**envelope(prefix, name), **fields}


@pytest.mark.parametrize(("name", "positional", "keywords"), FIVE, ids=[row[0] for row in FIVE])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_what_is_said_to_be_none_is_kept(
    prefix: str, name: str, positional: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    """A tool may return None: that is a result, and not one that is missing."""
    nothing = dict.fromkeys(keywords)

    assert sent(event(prefix, name, **nothing)) == {**envelope(prefix, name), **nothing}
    assert sent(event(prefix, name, *(None for _ in keywords))) == {
        **envelope(prefix, name),
        **nothing,
    }


@pytest.mark.parametrize(("name", "positional", "keywords"), FIVE, ids=[row[0] for row in FIVE])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_extras_are_kept(
    prefix: str, name: str, positional: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    """Ids, sequence numbers and times that the target adds by keyword."""
    expected = {**envelope(prefix, name), **keywords, **EXTRAS}

    assert sent(event(prefix, name, *positional, **EXTRAS)) == expected


def test_the_bridge_takes_its_address_by_keyword_too() -> None:
    """`run_id` and `agent_name` are parameters like any other."""
    message = sent(
        lambda tap: tap.bridge.notify_tool_executing(
            run_id=RUNS["alice"], agent_name="helper", tool_name="lookup"
        )
    )

    assert message == {**envelope("bridge", "tool_executing"), "tool_name": "lookup"}


def test_the_methods_of_the_bridge_have_names() -> None:
    """A target that logs or wraps them sees which they are."""
    bridge = Wires().taps["alice"].bridge

    assert [getattr(bridge, f"notify_{row[0]}").__name__ for row in FIVE] == [
        f"notify_{row[0]}" for row in FIVE
    ]


# --- the socket ----------------------------------------------------------------------------------


def test_a_closed_socket_sends_nothing() -> None:
    """Its state says so, sending raises, closing again does not; nothing more is recorded."""
    wires = Wires()
    socket: Any = wires.taps["alice"].socket
    before = [socket.state, socket.client_state, socket.application_state, socket.closed]

    async def main() -> None:
        await socket.close(code=1000, reason="done")
        await socket.close()
        for send in (socket.send_json, socket.send_text, socket.send):
            with pytest.raises(ConnectionError):
                await send("late")

    asyncio.run(main())

    assert before == ["CONNECTED"] * 3 + [False]
    assert [socket.state, socket.client_state, socket.application_state, socket.closed] == [
        *("DISCONNECTED",) * 3,
        True,
    ]
    assert wires.entries == []
