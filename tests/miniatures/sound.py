"""What has no session conforms in other ways than the reference does, too."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from goldenpath import context, registry, router, transport
from goldenpath.plant import PlantedUser
from goldenpath.reference import ConnectionManager, EventEmitter, MessageRouter, UserContext


@router()
class Silent(MessageRouter):
    """Says nothing to who routes: whoever sent a message gets an answer."""

    async def route_message(self, user_id: str, socket: Any, message: Any) -> None:  # type: ignore[override]  # what is other about it
        await super().route_message(user_id, socket, message)


class NotRouted(Exception):
    """What was asked for cannot be done."""


@router(pings={})
class Raises(ConnectionManager):
    """Whatever is wrong is raised, and nobody is sent anything."""

    def __init__(self) -> None:
        super().__init__(socket_timeout=10)
        self.handlers: dict[tuple[str, Any], list[Any]] = {}

    async def connect(self, user_id: str, socket: Any) -> None:  # type: ignore[override]  # what is other about it
        super().connect(user_id, socket)

    async def disconnect(self, user_id: str, socket: Any) -> None:  # type: ignore[override]  # what is other about it
        super().disconnect(user_id, socket)
        self.handlers = {key: each for key, each in self.handlers.items() if key[1] is not socket}

    def add_handler(self, handler: Any) -> None:
        for kind in handler.types:
            self.handlers.setdefault((kind, handler.socket), []).append(handler)

    def remove_handler(self, handler: Any) -> None:
        for each in self.handlers.values():
            if handler in each:
                each.remove(handler)

    async def route_message(self, user_id: str, socket: Any, message: Any) -> dict[str, str]:
        kind = message.get("type") if isinstance(message, dict) else None
        if not isinstance(kind, str):
            raise NotRouted("no type")
        for handler in (
            *self.handlers.get((kind, socket), ()),
            *self.handlers.get((kind, None), ()),
        ):
            await handler.handle(user_id, socket, message)
            return {"status": "handled"}
        raise NotRouted(kind)

    async def broadcast_to_user(self, user_id: str, event: Mapping[str, Any]) -> bool:
        return await self.send_to_user(user_id, event)


@router()
class Workers(MessageRouter):
    """Messages of a user are put into a queue, from which one task takes them."""

    def __init__(self) -> None:
        super().__init__(ConnectionManager(socket_timeout=10))
        self.queues: dict[str, asyncio.Queue[Any]] = {}
        self.tasks: set[asyncio.Task[None]] = set()

    async def route_message(self, user_id: str, socket: Any, message: Any) -> bool:
        if user_id not in self.queues:
            self.queues[user_id] = asyncio.Queue()
            self.tasks.add(asyncio.create_task(self._work(user_id)))
        self.queues[user_id].put_nowait((socket, message))
        return True

    async def _work(self, user_id: str) -> None:
        while True:
            socket, message = await self.queues[user_id].get()
            await super().route_message(user_id, socket, message)


class _Writers:
    """A queue and a task for each socket."""

    def __init__(self) -> None:
        self.queues: dict[str, dict[Any, asyncio.Queue[Any]]] = {}
        self.tasks: dict[Any, asyncio.Task[None]] = {}

    async def connect(self, user_id: str, socket: Any) -> None:
        queue: asyncio.Queue[Any] = asyncio.Queue()
        self.queues.setdefault(user_id, {})[socket] = queue
        self.tasks[socket] = asyncio.create_task(self._write(socket, queue))

    async def disconnect(self, user_id: str, socket: Any) -> None:
        self.queues.get(user_id, {}).pop(socket, None)
        self.tasks.pop(socket).cancel()

    async def _write(self, socket: Any, queue: asyncio.Queue[Any]) -> None:
        while True:
            await socket.send_json(await queue.get())

    def put(self, user_id: Any, event: Any) -> None:
        queues = self.queues.get(user_id, {}) if isinstance(user_id, str) else {}
        for queue in queues.values():
            queue.put_nowait(event)


@router(routes=False)
class Queued(_Writers):
    """A broadcast is put into queues, and claims nothing."""

    def broadcast_to_user(self, user_id: Any, event: Any) -> None:
        self.put(user_id, event)


class _Flat:
    """Tells events in one flat object, through a queue."""

    def __init__(self, user: PlantedUser, writers: _Writers) -> None:
        self.user, self.writers = user, writers

    def __getattr__(self, name: str) -> Any:
        event = name.removeprefix("emit_")
        if not name.startswith(("emit_agent", "emit_tool")):
            raise AttributeError(name)

        async def emit(*given: Any, **named: Any) -> None:
            names = {"agent_thinking": ("reasoning",), "agent_completed": ("result",)}
            names |= {"tool_executing": ("tool_name", "parameters")}
            names |= {"tool_completed": ("tool_name", "result")}
            fields = dict(zip(names.get(event, ()), given, strict=False)) | named
            if event == "tool_completed":
                fields.setdefault("status", "ok")
            ids = {"run_id": self.user.run_id, "user_id": self.user.user_id}
            self.writers.put(self.user.user_id, {"type": event, **ids, **fields})

        return emit


@transport()
class FlatQueued(_Writers):
    """Emitters that write flat events into queues."""

    def for_user(self, user: PlantedUser) -> _Flat:
        return _Flat(user, self)


@transport(fan_out=False)
class NewestOnly(ConnectionManager):
    """Only the newest socket of a user is sent to."""

    def sockets_of(self, user_id: str) -> list[Any]:
        return super().sockets_of(user_id)[-1:]

    def for_user(self, user: PlantedUser) -> EventEmitter:
        return EventEmitter(UserContext.from_user(user), self)


@registry(register="add", remove="pop", list="__iter__", has="__contains__")
class NewestWins:
    """A mapping: the newest tool of a name is there, what is not there is None, no call waits."""

    def __init__(self, user: PlantedUser) -> None:
        self.tools: dict[str, Any] = {}
        self.closed = False

    def add(self, name: str, tool: Any) -> bool:
        if self.closed or not isinstance(name, str) or not name.strip():
            return False
        self.tools[name] = tool
        return True

    def get(self, name: str) -> Any:
        return self.tools.get(name)

    def pop(self, name: str) -> Any:
        return False if self.closed else self.tools.pop(name, None)

    def freeze(self) -> None:
        self.closed = True

    def __contains__(self, name: str) -> bool:
        return name in self.tools

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.tools))


class Taken(Exception):
    """There is one of this name."""


@registry(freezes=False, threads=True)
class Stored:
    """Every call goes to a store, which one task at a time may change; it lists what it holds."""

    def __init__(self, user: PlantedUser) -> None:
        self.rows: list[tuple[str, Any]] = []
        self.lock = threading.Lock()

    async def register(self, tool: Any) -> None:
        await asyncio.sleep(0)
        with self.lock:
            if any(name == tool.name for name, _ in self.rows):
                raise Taken(tool.name)
            self.rows.append((tool.name, tool))

    async def get(self, name: str) -> Any:
        await asyncio.sleep(0)
        return next((tool for known, tool in self.rows if known == name), None)

    async def has(self, name: str) -> bool:
        return await self.get(name) is not None

    async def remove(self, name: str) -> bool:
        await asyncio.sleep(0)
        with self.lock:
            before = len(self.rows)
            self.rows = [row for row in self.rows if row[0] != name]
            return len(self.rows) < before

    async def list(self) -> list[Any]:
        await asyncio.sleep(0)
        return [tool for _, tool in self.rows]


@registry()
class Locked:
    """Asynchronous, with a lock and no work in it: one call after the other, whoever asks."""

    def __init__(self, user: PlantedUser) -> None:
        self.items: dict[str, Any] = {}
        self.lock = asyncio.Lock()
        self.frozen = False

    async def register(self, name: str, item: Any) -> None:
        async with self.lock:
            if self.frozen or name in self.items:
                raise Taken(name)
            self.items[name] = item

    async def get(self, name: str) -> Any:
        return self.items.get(name)

    async def has(self, name: str) -> bool:
        return name in self.items

    async def list(self) -> Any:
        for name in sorted(self.items):
            yield name

    async def remove(self, name: str) -> bool:
        async with self.lock:
            if self.frozen:
                raise Taken(name)
            return self.items.pop(name, None) is not None

    async def freeze(self) -> None:
        self.frozen = True


@registry(shared=True, removes=False, freezes=False)
class OnlyGrows:
    """One for all users: what is in it stays there."""

    def __init__(self) -> None:
        self.tools: dict[str, Any] = {}

    def register(self, tool: Any) -> None:
        if self.tools.setdefault(tool.name, tool) is not tool:
            raise Taken(tool.name)

    def get(self, name: str) -> Any:
        return self.tools[name]

    def has(self, name: str) -> bool:
        return name in self.tools

    def list(self) -> dict[str, Any]:
        return dict(self.tools)


@context(refuses_placeholders=True)
@dataclass
class Plain:
    """A class of contexts that can be written to, and holds nothing besides."""

    user_id: str
    thread_id: str
    run_id: str
    request_id: str

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not isinstance(value, str) or not value.strip():
                raise ValueError(f"{name} is missing")
        if self.user_id in ("placeholder", "default_user", "None"):
            raise ValueError("that is nobody")


@context(user_id="uid", thread_id="thread", run_id="run", request_id="request", metadata="extra")
def by_other_names(**ids: str) -> Any:
    """A namespace under other names."""
    if not all(isinstance(value, str) and value.strip() for value in ids.values()):
        raise TypeError("an id is missing")
    user, thread, run, request = ids.values()
    return SimpleNamespace(uid=user, thread=thread, run=run, request=request, extra={})


SOUND = {
    "registry-newest-wins": NewestWins,
    "registry-stored": Stored,
    "registry-locked": Locked,
    "registry-only-grows": OnlyGrows,
    "context-plain": Plain,
    "context-by-other-names": by_other_names,
    "router-silent": Silent,
    "router-raises": Raises,
    "router-workers": Workers,
    "broadcast-queued": Queued,
    "transport-flat-queued": FlatQueued,
    "transport-newest-only": NewestOnly,
}
