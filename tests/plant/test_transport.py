"""The transport: whoever a message is addressed to gets it, in every shape of the field."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.model import Entry, Kind
from goldenpath.plant import Plant, Tap, plant_user
from goldenpath.plant.transport import ERRORS, FALTERS
from goldenpath.recorder import Recorder

USERS = [plant_user(0, n) for n in range(2)]
ALICE, BOB = USERS
RUNS = {"alice": "run-of-alice", "bob": "run-of-bob"}
SHAPES = ("manager", "bridge", "emitter", "socket", "send")

Call = Callable[[Tap], Awaitable[Any]]


class Wires:
    """Two users with a link each, or what else is said, and what arrived."""

    def __init__(self, alice: str = "working", bob: str = "working", **more: Any) -> None:
        self.entries: list[Entry] = []
        recorder = Recorder()
        self.plant = Plant(recorder, USERS, **more)
        self.taps = {}
        for name, condition in (("alice", alice), ("bob", bob)):
            self.plant.user(name, RUNS[name])
            self.taps[name] = self.plant.tap(name, condition)
        recorder.listen(self.entries.append)

    def call(self, call: Call, tap: str = "alice") -> Any:
        async def main() -> Any:
            return await call(self.taps[tap])

        return asyncio.run(main())

    def frames(self) -> list[tuple[str, str]]:
        """Link and shape of each frame."""
        return [(e.actor, e.what) for e in self.entries if e.kind is Kind.FRAME]

    def message(self) -> Any:
        """The only frame, decoded."""
        (entry,) = (e for e in self.entries if e.kind is Kind.FRAME)
        return json.loads(entry.value)


def sent(call: Call, **more: Any) -> Any:
    """What arrives when alice's tap is used."""
    wires = Wires(**more)
    wires.call(call)
    return wires.message()


MESSAGE = {"type": "agent_started", "data": {"a": 1}}

#: Each way of sending without an address: to the tap's own user.
OWN: dict[str, Call] = {
    "manager.send_event": lambda tap: tap.manager.send_event("agent_started", {"a": 1}),
    "emitter": lambda tap: tap.emitter.notify_agent_started(),
    "socket.send_json": lambda tap: tap.socket.send_json(MESSAGE),
    "socket.send_text": lambda tap: tap.socket.send_text("hello"),
    "send": lambda tap: tap.send(MESSAGE),
}


def addressed(user_id: Any, run_id: Any) -> dict[str, Call]:
    """Each way of sending with an address."""
    return {
        "manager.send_to_user": lambda tap: tap.manager.send_to_user(user_id, MESSAGE),
        "manager.emit_critical_event": lambda tap: tap.manager.emit_critical_event(
            user_id, "agent_started", {"a": 1}
        ),
        "bridge": lambda tap: tap.bridge.notify_agent_started(run_id, "agent"),
    }


# --- who gets it ---------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", OWN)
@pytest.mark.parametrize("name", ["alice", "bob"])
def test_without_an_address_it_goes_to_the_taps_own_user(shape: str, name: str) -> None:
    """And to nobody else."""
    wires = Wires()

    assert wires.call(OWN[shape], name) is True
    assert wires.frames() == [(f"{name}/1", shape)]


@pytest.mark.parametrize("shape", addressed("", ""))
@pytest.mark.parametrize("tap", ["alice", "bob"])
@pytest.mark.parametrize("to", USERS, ids=lambda user: user.name)
def test_with_an_address_it_goes_there_whoevers_tap_it_is(shape: str, tap: str, to: Any) -> None:
    """By user id or by run id: a misaddressed event really arrives at the wrong user."""
    wires = Wires()

    assert wires.call(addressed(to.user_id, RUNS[to.name])[shape], tap) is True
    assert wires.frames() == [(f"{to.name}/1", shape)]


@pytest.mark.parametrize("shape", addressed("", ""))
@pytest.mark.parametrize(
    "address", [None, "", 0, "nobody", "alice", [], (), {}, b"x", 1.5, ALICE.thread_id], ids=repr
)
def test_an_unknown_address_reaches_nobody_and_is_recorded(shape: str, address: Any) -> None:
    """The caller is told so."""
    wires = Wires()

    assert wires.call(addressed(address, address)[shape]) is False
    assert wires.frames() == [("", shape)]


@given(st.text())
def test_only_an_exact_id_is_an_address(text: str) -> None:
    """No text but the id itself reaches anybody."""
    wires = Wires()
    wires.call(lambda tap: tap.manager.send_to_user(text, MESSAGE))

    assert wires.frames() == [("", "manager.send_to_user")]


def test_a_run_belongs_to_whom_it_was_planted_for() -> None:
    """Also a later run of the same user; ids of users are no runs, nor the other way round."""
    wires = Wires()
    wires.plant.user("bob", "another run")
    wires.call(lambda tap: tap.bridge.notify_agent_started("another run", "agent"))
    wires.call(lambda tap: tap.bridge.notify_agent_started(BOB.user_id, "agent"))
    wires.call(lambda tap: tap.manager.send_to_user(RUNS["bob"], MESSAGE))

    assert [link for link, _ in wires.frames()] == ["bob/1", "", ""]


def test_a_user_who_has_left_gets_nothing() -> None:
    """The message reaches nobody, and the caller is told."""
    wires = Wires()
    wires.plant.transport.disconnect("bob")

    assert wires.call(addressed(BOB.user_id, None)["manager.send_to_user"]) is False
    assert wires.call(OWN["send"], "bob") is False
    assert wires.frames() == [("", "manager.send_to_user"), ("", "send")]


def test_a_new_link_takes_the_place_of_the_old_one() -> None:
    """The old one goes down first; what is sent through an old tap reaches the new link."""
    wires = Wires()
    old = wires.taps["alice"]
    wires.plant.tap("alice", "working")
    asyncio.run(old.send(MESSAGE))  # type: ignore[misc]
    links = [(e.actor, e.what, e.value) for e in wires.entries if e.kind is Kind.LINK]

    assert links == [("alice/1", "down", {"user": "alice"}), ("alice/2", "up", {"user": "alice"})]
    assert wires.frames() == [("alice/2", "send")]


@pytest.mark.parametrize("look", ["is_connected", "has_connection", "is_connection_active"])
def test_connections_can_be_looked_up(look: str) -> None:
    """By user id; nobody else is connected."""
    wires = Wires(bob="absent")
    ask = getattr(wires.taps["alice"].manager, look)

    assert ask(ALICE.user_id) is True
    assert ask(user_id=ALICE.user_id) is True
    assert [ask(who) for who in (BOB.user_id, "", None, 0, [], "alice")] == [False] * 6


# --- conditions ----------------------------------------------------------------------------------


def test_an_absent_transport_is_none_in_every_shape() -> None:
    """And has no link."""
    wires = Wires(alice="absent")

    assert [getattr(wires.taps["alice"], shape) for shape in SHAPES] == [None] * 5
    assert all(getattr(wires.taps["bob"], shape) is not None for shape in SHAPES)
    assert not wires.plant.transport.connected(ALICE.user_id)


@pytest.mark.parametrize("shape", [*OWN, *addressed("", "")])
def test_a_raising_transport_raises(shape: str) -> None:
    """ConnectionError, whoever's tap it is; the fault is recorded, and no frame."""
    wires = Wires(alice="raising")
    call = {**OWN, **addressed(ALICE.user_id, RUNS["alice"])}[shape]
    for _ in range(2):
        with pytest.raises(ConnectionError):
            wires.call(call, "alice")

    assert [(e.kind, e.actor, e.what, e.value) for e in wires.entries] == [
        (Kind.FAULT, "alice", "raised", {"shape": shape})
    ] * 2


def test_a_transport_that_falters_raises_now_and_then() -> None:
    """Each of its errors at an even and at an odd place, and it delivers between."""
    wires = Wires()
    wires.taps["alice"] = wires.plant.tap("alice", "raising", falters=True)
    raised: list[type[Exception] | None] = []
    for _ in range(len(FALTERS) * len(ERRORS)):
        try:
            wires.call(OWN["send"])
            raised.append(None)
        except ERRORS as error:
            raised.append(type(error))

    assert [error is not None for error in raised] == [*FALTERS] * len(ERRORS)
    assert set(raised[::2]) == set(raised[1::2]) == {None, *ERRORS}
    assert len(wires.frames()) == raised.count(None)


def test_only_the_users_own_transport_raises() -> None:
    """Another user is served, through whatever tap; and the user again, with a new link."""
    wires = Wires(alice="raising")
    wires.call(addressed(BOB.user_id, None)["manager.send_to_user"], "alice")
    with pytest.raises(ConnectionError):
        wires.call(addressed(ALICE.user_id, None)["manager.send_to_user"], "bob")
    wires.taps["alice"] = wires.plant.tap("alice", "working")
    wires.call(OWN["send"], "alice")

    assert [link for link, _ in wires.frames()] == ["bob/1", "alice/2"]


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


# --- what cannot be recorded as text -------------------------------------------------------------


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (object(), "not_JSON"),
        ({"a": {1, 2}}, "not_JSON"),
        ({"a": float("nan")}, "not_JSON"),
        (b"bytes", "not_JSON"),
        ("\ud800", "not_JSON"),
        ("x" * 101, "too_large"),
        ({"a": "x" * 100}, "too_large"),
    ],
)
def test_what_is_no_frame_is_recorded_with_the_reason(message: Any, why: str) -> None:
    """Stamped on arrival, judged after: nothing is thrown into the target."""
    wires = Wires(max_frame=100)

    assert wires.call(lambda tap: tap.send(message)) is True
    assert [list(e.value) for e in wires.entries] == [[why]]


def test_whoever_sends_to_a_clogged_link_waits_until_it_flows_again() -> None:
    """The event has arrived by then; that somebody waits is noted once, and who gave up then."""
    wires = Wires()

    async def main() -> list[str]:
        assert wires.taps["alice"].send is not None
        transport, send = wires.plant.transport, wires.taps["alice"].send
        transport.clog("alice", "s1")
        sending = [asyncio.ensure_future(send({"type": "noise", "n": n})) for n in range(2)]
        await asyncio.sleep(0.01)
        assert not any(task.done() for task in sending)
        transport.unclog("alice", "s2")
        assert await asyncio.gather(*sending) == [True, True]
        return [entry.what for entry in wires.entries]

    assert asyncio.run(main()) == ["clogged", "send", "held", "send", "flows"]
    assert wires.entries[-1].value == {"given_up": "s2"}


def test_where_nobody_waited_nothing_follows_from_who_gave_up() -> None:
    wires = Wires()
    wires.plant.transport.clog("alice", "s1")
    wires.plant.transport.unclog("alice", "s2")

    assert [entry.value for entry in wires.entries] == [{}, {}]
