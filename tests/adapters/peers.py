"""Peers of the endpoint adapter: small servers that behave, or do not, and what is read of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import threading
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from goldenpath.adapters.endpoint import EndpointTarget
from goldenpath.adapters.profile import read_profile
from goldenpath.adapters.targets import Target
from goldenpath.conduct import Conducted, Options, conduct, probe
from goldenpath.errors import TargetProblem
from goldenpath.history import History, load
from goldenpath.judge import relevant
from goldenpath.model import Entry, Kind, Outcome
from goldenpath.workloads import WORKLOADS

ANN, BEN = "the-token-of-ann/0123456789+abcdef", "the-other-token-of-ben-0123456789"
STRANGERS = Path(__file__).parents[1] / "strangers"
ENDPOINT_WORKLOADS = [w for w in WORKLOADS.values() if "endpoint" in w.proves]

Handler = Callable[[ServerConnection], Awaitable[None]]
Check = Callable[[ServerConnection, Request], Response | None]


@contextlib.contextmanager
def in_a_thread(start: Callable[[], Any]) -> Iterator[int]:
    """A server in a loop of its own, as the harness makes loops of its own; yields its port."""
    ports: queue.Queue[int] = queue.Queue()
    stop: list[Callable[[], object]] = []

    async def main() -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(stopped.set))
        server = await start()
        ports.put(server.sockets[0].getsockname()[1])
        await stopped.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    try:
        yield ports.get(timeout=10)
    finally:
        stop[0]()
        thread.join(10)
        assert not thread.is_alive()


@contextlib.contextmanager
def peer(handler: Handler, check: Check | None = None, **more: Any) -> Iterator[str]:
    """A WebSocket server with this handler; yields its URL."""

    async def quiet(connection: ServerConnection) -> None:
        with contextlib.suppress(Exception):
            await handler(connection)

    def start() -> Any:
        return serve(quiet, "127.0.0.1", 0, process_request=check, max_size=None, **more)

    with in_a_thread(start) as port:
        yield f"{'wss' if more.get('ssl') else 'ws'}://127.0.0.1:{port}/chat"


@contextlib.contextmanager
def raw_peer(answer: bytes) -> Iterator[str]:
    """A TCP server that answers a handshake with these bytes, or not at all."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(answer)
        if not answer:
            await reader.read()
        writer.close()

    with in_a_thread(lambda: asyncio.start_server(handle, "127.0.0.1", 0)) as port:
        yield f"ws://127.0.0.1:{port}/chat"


def target(url: str, *, users: int = 2, ready: bool = True, **more: Any) -> EndpointTarget:
    """A target with short deadlines; keywords are further keys of the profile."""
    names = {"ann": "ANN", "ben": "BEN"}
    table: dict[str, Any] = {
        "users": {n: {"token_env": v} for n, v in list(names.items())[:users]},
        "start": {"message": {"type": "ask", "text": "{message}", "thread_id": "{thread_id}"}},
        "deadlines": {"connect": 1, "delivery": 0.3, "settle": 0.05},
        **({"ready": {"type": "welcome"}} if ready else {}),
        **more,
    }
    return EndpointTarget(url, read_profile(table, url, {"ANN": ANN, "BEN": BEN}))


def event(kind: str, **data: Any) -> str:
    return json.dumps({"type": kind, "data": data})


WELCOME = event("welcome")


async def golden_run(
    connection: ServerConnection, text: str = "", thread: str = "", **more: Any
) -> None:
    """The five events, as they should be."""
    ids = {"run_id": uuid.uuid4().hex, "thread_id": thread}
    tool = {**ids, "tool_name": "count", "call_id": uuid.uuid4().hex}
    await connection.send(event("agent_started", **ids))
    await connection.send(event("agent_thinking", **ids, reasoning="well"))
    await connection.send(event("tool_executing", **tool, parameters={"text": text}))
    await connection.send(event("tool_completed", **tool, status="success", result=1))
    await connection.send(event("agent_completed", **ids, result=text, **more))


async def friendly(connection: ServerConnection) -> None:
    """A correct endpoint, in few lines."""
    await connection.send(WELCOME)
    async for raw in connection:
        asked = json.loads(raw)
        await golden_run(connection, asked["text"], asked["thread_id"])


def says(*frames: str | bytes) -> Handler:
    """An endpoint that says all this before each golden run."""

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        async for raw in connection:
            for frame in frames:
                await connection.send(frame)
            await golden_run(connection, thread=json.loads(raw)["thread_id"])

    return handle


def refusal(of: Target) -> str:
    """What the probe says of a target that cannot be tested."""
    with pytest.raises(TargetProblem) as caught:
        probe(of, Options())
    error = caught.value
    assert error.expected
    assert error.got
    assert error.hint
    assert error.__cause__ is None
    assert error.__context__ is None
    assert ANN not in str(error)
    return str(error)


def run(of: Target, tmp_path: Path, workload: str = "golden_path", **options: Any) -> Conducted:
    """Run one workload."""
    made = Options(seed=1, histories=tmp_path, **options)
    return conduct(of, probe(of, made), WORKLOADS[workload], made)


def history(result: Conducted) -> History:
    assert result.history is not None
    with result.history.open("rb") as lines:
        return load(lines)


def entries(result: Conducted, kind: Kind) -> list[Entry]:
    return [entry for entry in history(result).entries if entry.kind is kind]


def failed(result: Conducted) -> set[str]:
    return {v.rule for v in result.verdicts if v.outcome is Outcome.FAIL}


#: What a server that takes no plan and numbers and stamps nothing does not show.
GREY = {"ORDER-5", "ORDER-6", "CONTENT-4", "CONTENT-6", "CONTENT-7"}


def not_passed(result: Conducted) -> dict[str, str]:
    return {
        v.rule: f"{v.outcome}: {v.reason}"
        for v in relevant(result.verdicts)
        if v.outcome is not Outcome.PASS
        and not (v.outcome is Outcome.UNOBSERVABLE and v.rule in GREY)
    }
