"""The targets `fastapi` and `websockets`: what they keep and break, over connections that are real.

That a stall and a break are real is shown on the server's side, where no target could pretend it;
and by a user's own code: sound is green, and what waits for each is red, on either server.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fastapi", reason="the extra fastapi is not installed")
pytest.importorskip("uvicorn", reason="the extra fastapi is not installed")

from websockets.asyncio.server import ServerConnection, serve
from websockets.protocol import State

from goldenpath.adapters.frameworks import clients, fastapi, websockets
from goldenpath.adapters.frameworks.clients import Clients, listener
from goldenpath.adapters.targets import of_factory, resolve
from goldenpath.conduct import Options, conduct, probe
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.history import History, load
from goldenpath.model import FLOWS, Kind
from goldenpath.plant import Plant, plant_user
from goldenpath.plant.sockets import PlantedSocket
from goldenpath.recorder import Recorder
from goldenpath.workloads import WORKLOADS

EVIDENCE = Path(__file__).parent / "evidence"
WORKLOADS_OF_BROADCASTS = ("broadcast", "peers", "reconnect")

#: Seconds that a server has to come and go in.
SOON = 20.0


# --- the connections are real ---------------------------------------------------------------------


@dataclass
class Line:
    """One planted socket, the connection behind it, and its other end, at a server."""

    planted: PlantedSocket
    server: ServerConnection
    clients: Clients
    plant: Plant
    texts: list[str]

    async def turn(self, condition: str) -> None:
        await self.plant.sockets.turn(self.planted.link, condition)


@asynccontextmanager
async def line() -> AsyncIterator[Line]:
    recorder, texts, ends = Recorder(), list[str](), list[ServerConnection]()
    recorder.listen(lambda e: texts.append(e.value) if e.kind is Kind.FRAME else None)
    plant, listening = Plant(recorder, [plant_user(0, 0)]), listener()
    made = Clients(listening.getsockname()[1])

    async def handler(connection: ServerConnection) -> None:
        ends.append(connection)
        made.here(connection.remote_address[1], connection.send)
        await connection.wait_closed()
        made.gone(connection.remote_address[1])

    async with asyncio.timeout(SOON), serve(handler, sock=listening, ping_interval=None):
        planted = plant.sockets.open("alice/1", "alice")
        await made.connect("an-id", planted)
        yield Line(planted, ends[0], made, plant, texts)
        await made.close()


async def _come(texts: list[str], wanted: list[str]) -> None:
    while texts != wanted:
        await asyncio.sleep(0.001)


def test_what_a_server_sends_comes_to_the_planted_socket() -> None:
    async def main() -> None:
        async with line() as it:
            await it.server.send("hello")
            await _come(it.texts, ["hello"])
            assert it.server.request is not None
            assert it.server.request.path == "/ws/an-id"

    asyncio.run(main())


def test_a_server_cannot_send_to_one_that_has_stalled_until_it_flows_again() -> None:
    """What was sent meanwhile comes then, in order, and nothing of what held it up."""

    async def main() -> None:
        async with line() as it:
            await it.turn("stalled")
            telling = asyncio.create_task(it.server.send("hello"))
            held, _ = await asyncio.wait([telling], timeout=0.5)
            assert held == set()
            assert it.texts == []
            await it.turn("working")
            await telling
            await it.server.send("more")
            await _come(it.texts, ["hello", "more"])

    asyncio.run(main())


@pytest.mark.parametrize("before", [(), ("stalled",)], ids=["working", "stalled"])
def test_one_that_breaks_is_reset_and_the_server_finds_out_later(before: tuple[str, ...]) -> None:
    async def main() -> None:
        async with line() as it:
            for condition in (*before, "broken"):
                await it.turn(condition)
            assert it.server.state is State.OPEN
            await it.server.wait_closed()
            assert isinstance(it.server.close_exc.__cause__, ConnectionResetError)
            assert it.server.close_code == 1006
            await it.turn("working")
            assert it.planted.condition == "broken"

    asyncio.run(main())


@pytest.mark.parametrize(("condition", "code"), [("working", 1000), ("stalled", 1006)])
def test_who_leaves_shakes_hands_unless_they_read_no_more(condition: str, code: int) -> None:
    async def main() -> None:
        async with line() as it:
            await it.turn(condition)
            await it.clients.disconnect(it.planted)
            assert it.server.close_code == code

    asyncio.run(main())


def test_a_server_that_never_waits_cannot_be_stalled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "MOST", 20)

    async def main() -> None:
        async with line() as it:
            it.server.transport.set_write_buffer_limits(high=2**30)
            with pytest.raises(TargetProblem, match="could not be stalled"):
                await it.turn("stalled")

    asyncio.run(main())


# --- what the targets keep, and break -------------------------------------------------------------


class Sound(fastapi.ConnectionManager):
    """Tells all that there are at once, whatever becomes of any of them."""

    async def broadcast(self, message: str) -> None:
        sending = [connection.send_text(message) for connection in self.active_connections]
        await asyncio.gather(*sending, return_exceptions=True)


async def one_by_one(connections: Any, text: str) -> None:
    for connection in list(connections):
        await connection.send(text)


def _target(make: Any) -> Any:
    return of_factory(make)


TARGETS = {
    "fastapi": (lambda: resolve("fastapi"), {"ROUTING-9"}),
    "fastapi, sound": (lambda: _target(fastapi.wrap(Sound)), set()),
    "websockets": (lambda: resolve("websockets"), set()),
    "websockets, one by one": (lambda: _target(websockets.wrap(one_by_one)), {"ROUTING-9"}),
}


def _done(target: Any, folder: Path) -> dict[str, set[str]]:
    """By outcome, the rules that have it in what proves them; histories go to the folder."""
    options = Options(seed=3, histories=folder)
    facts, found = probe(target, options), dict[str, set[str]]()
    for name in WORKLOADS_OF_BROADCASTS:
        for verdict in conduct(target, facts, WORKLOADS[name], options).verdicts:
            if verdict.proves:
                found.setdefault(str(verdict.outcome), set()).add(verdict.rule)
    return found


@pytest.mark.parametrize("name", TARGETS)
def test_red_is_what_is_noted_and_the_rest_is_green(name: str, tmp_path: Path) -> None:
    make, red = TARGETS[name]
    found = _done(make(), tmp_path)
    # they claim nothing; and whom an id names is looked up by us
    assert found.pop("UNOBSERVABLE") == {"DELIVERY-6a", "ISOLATION-7"}
    assert found.pop("FAIL", set()) == red
    assert found.pop("PASS", set()) == {"ROUTING-8", "ROUTING-9", "ISOLATION-9"} - red
    assert found == {}
    peers = _peers(tmp_path)
    assert _held_up(peers) == _stalls(peers) > 0


def _peers(folder: Path) -> History:
    with (folder / "peers.jsonl").open("rb") as lines:
        return load(lines)


def _stalls(history: History) -> int:
    return sum(e.kind is Kind.FAULT and e.what == "stalled" for e in history.entries)


def _held_up(history: History) -> int:
    """How many sockets that had stalled got nothing before that was over."""
    stalled, held = set[str](), 0
    for entry in history.entries:
        if entry.kind is Kind.FAULT and entry.what == "stalled":
            stalled.add(entry.value["socket"])
        elif entry.kind is Kind.FAULT and entry.what in (FLOWS, "broken"):
            held += entry.value["socket"] in stalled
            stalled.discard(entry.value["socket"])
        elif entry.kind is Kind.FRAME:
            stalled.discard(entry.actor)
    return held


@pytest.mark.parametrize("script", sorted(EVIDENCE.glob("fastapi_*.py")), ids=lambda p: p.stem)
def test_the_framework_alone_does_what_we_say(script: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert "goldenpath" not in script.read_text("utf-8")
    assert len(script.read_text("utf-8").splitlines()) <= 40


# --- a user's own ---------------------------------------------------------------------------------


def test_a_users_manager_and_function_are_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from goldenpath.adapters.frameworks.fastapi import ConnectionManager as Manager\n"
        "def tell(connections, text): ...\n"
        "other = Manager()\n",
        "utf-8",
    )
    for name in ("fastapi:{}:Manager", "websockets:{}:tell"):
        assert resolve(name.format(tmp_path / "mine.py")).kind == "router"
    for name, expected in (
        ("fastapi:{}:other", r"a class with connect\(websocket\)"),
        ("fastapi:{}:tell", "not so are connect, disconnect, broadcast"),
        ("websockets:{}:__name__", "a function of connections and a text"),
    ):
        with pytest.raises(UsageProblem, match=expected):
            resolve(name.format(tmp_path / "mine.py"))


def test_nothing_is_left_of_a_server(recwarn: pytest.WarningsRecorder) -> None:
    """No task, and no port; nor does it take signals to itself."""

    async def main(make: Any) -> int:
        async with asyncio.timeout(SOON):
            opened: AbstractAsyncContextManager[Any] = make()
            async with opened as served:
                planted = Plant(Recorder(), [plant_user(0, 0)]).sockets.open("alice/1", "alice")
                await served.connect("an-id", planted)
        return len(asyncio.all_tasks()) - 1

    for make in (fastapi.embedded, websockets.embedded):
        assert asyncio.run(main(make)) == 0
    assert [str(warning.message) for warning in recwarn] == []
