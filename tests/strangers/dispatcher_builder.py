"""A dispatcher that only its builder can make; a scope and a shortcut are built over the builder.

A user has two places. Whoever asks for a third waits at the door until one is given back, but not for long.
"""

import asyncio
import json
import threading
import uuid
from collections import defaultdict
from contextlib import suppress
from datetime import datetime, timezone
from weakref import WeakKeyDictionary

from goldenpath import dispatcher

PLACES, AT_THE_DOOR, SENDING = 2, 2.0, 1.5


class Closed(RuntimeError):
    pass


def jsonable(value):
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return "[cannot be shown]"


class BuiltOnly(type):
    """Classes of this kind are called by nobody; the builder asks for an object by `_build`."""

    def __call__(cls, *args, **kwargs):
        raise TypeError(f"{cls.__name__} cannot be called: ask DispatcherBuilder for one")

    def _build(cls, *args):
        made = cls.__new__(cls)
        made.__init__(*args)
        return made


class Doors:
    """How many dispatchers each user has, in each event loop."""

    def __init__(self):
        self._of_loop = WeakKeyDictionary()

    def _mine(self):
        loop = asyncio.get_running_loop()
        if loop not in self._of_loop:
            self._of_loop[loop] = (defaultdict(int), asyncio.Condition())
        return self._of_loop[loop]

    async def enter(self, user_id):
        taken, changed = self._mine()
        try:
            async with asyncio.timeout(AT_THE_DOOR), changed:
                await changed.wait_for(lambda: taken[user_id] < PLACES)
                taken[user_id] += 1
        except TimeoutError:
            raise PermissionError(f"this user has {PLACES} dispatchers already") from None

    async def leave(self, user_id):
        taken, changed = self._mine()
        async with changed:
            taken[user_id] -= 1
            if not taken[user_id]:
                del taken[user_id]
            changed.notify_all()


DOORS = Doors()


class Dispatcher(metaclass=BuiltOnly):
    def __init__(self, user, send, tools):
        self._user, self._send, self._tools = user, send, dict(tools)
        self._running, self._idle, self._open, self._gone = {}, asyncio.Event(), True, False
        self._idle.set()

    tools = property(lambda self: dict(self._tools))
    has_websocket_support = property(lambda self: self._send is not None)
    websocket_bridge = property(lambda self: self._send)

    def has_tool(self, name):
        return name in self._tools

    def get_available_tools(self):
        return list(self._tools)

    def register_tool(self, tool):
        self._must_be_open()
        if not isinstance(getattr(tool, "name", None), str) or not callable(tool):
            raise TypeError("this is no tool")
        if tool.name in self._tools:
            raise ValueError(f"there is a tool {tool.name!r} already")
        self._tools[tool.name] = tool

    async def execute_tool(self, tool_name, parameters=None):
        self._must_be_open()
        tool = self._tools.get(tool_name)
        if tool is None:
            raise LookupError(f"no tool is called {tool_name!r}")
        if getattr(tool, "admin_only", False) and not self._user.is_admin:
            raise PermissionError(f"{tool_name} may be used by admins only")
        call = asyncio.ensure_future(self._call(tool, dict(parameters or {})))
        self._running[call] = None
        self._idle.clear()
        call.add_done_callback(self._over)
        return await self._see_through(call)

    async def dispatch_tool(self, tool_name, parameters=None, **context):
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, tool_name, /, **parameters):
        return await self.execute_tool(tool_name, parameters)

    async def cleanup(self):
        first, self._open = self._open, False
        for work in [work for work in self._running.values() if work is not None]:
            work.cancel()
        await self._idle.wait()
        self._tools.clear()
        if first:
            await DOORS.leave(self._user.user_id)

    def _must_be_open(self):
        if not self._open:
            raise Closed("this dispatcher has been cleaned up")

    def _over(self, call):
        del self._running[call]
        if not self._running:
            self._idle.set()

    async def _see_through(self, call):
        """A caller who gives up is told so when the tool has ended and the user was told."""
        gave_up = False
        while not call.done():
            try:
                await asyncio.wait({call})
            except asyncio.CancelledError:
                gave_up = True
                if (work := self._running.get(call)) is not None:
                    work.cancel()
                elif call in self._running:
                    self._running[call] = GIVEN_UP
        if gave_up:
            call.exception() if not call.cancelled() else None
            raise asyncio.CancelledError
        return call.result()

    async def _call(self, tool, parameters):
        me, call_id = asyncio.current_task(), uuid.uuid4().hex
        await self._tell(
            "tool_executing", tool, call_id, "started", parameters=jsonable(parameters)
        )
        status, more = "success", {}
        try:
            if self._running[me] is GIVEN_UP or not self._open:
                raise asyncio.CancelledError
            self._running[me] = work = asyncio.ensure_future(self._use(tool, parameters))
            result = await work
            more = {"result": jsonable(result)}
            return result
        except asyncio.CancelledError:
            status, more = "cancelled", {"error": f"{tool.name} was cancelled"}
            if not self._open:
                raise Closed("this dispatcher has been cleaned up meanwhile") from None
            raise RuntimeError(f"{tool.name} was cancelled") from None
        except Exception as error:
            status, more = "error", {"error": str(error) or type(error).__name__}
            raise
        finally:
            self._running[me] = None
            await self._tell("tool_completed", tool, call_id, status, **more)

    async def _use(self, tool, parameters):
        if hasattr(tool, "arun"):
            return await tool.arun(**parameters)
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        said = []

        def body():
            try:
                said.append((True, tool(**parameters)))
            except BaseException as error:
                said.append((False, error))
            loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=body, daemon=True).start()
        while not ended.is_set():
            with suppress(asyncio.CancelledError):
                await ended.wait()
        (good, value) = said[0]
        if good:
            return value
        raise value

    async def _tell(self, kind, tool, call_id, status, **more):
        if self._send is None:
            return
        ids = {name: getattr(self._user, name) for name in ("user_id", "thread_id", "run_id")}
        now = datetime.now(timezone.utc).isoformat()
        data = {**ids, "tool_name": tool.name, "call_id": call_id, "status": status, **more}
        with suppress(Exception):
            async with asyncio.timeout(SENDING):
                await self._send({"type": kind, "data": data, "timestamp": now})


class GIVEN_UP:  # noqa: N801 - what stands where no work has begun, and none is to
    cancel = staticmethod(lambda: None)


class DispatcherBuilder:
    def __init__(self):
        self._user, self._manager, self._tools = None, None, {}

    def for_user(self, user):
        ids = [getattr(user, name, None) for name in ("user_id", "thread_id", "run_id")]
        if not all(isinstance(one, str) and one.strip() for one in ids):
            raise ValueError("a dispatcher is built for a user with ids")
        self._user = user
        return self

    def over(self, manager):
        self._manager = manager
        return self

    def with_tools(self, tools):
        self._tools = {tool.name: tool for tool in tools}
        return self

    async def build(self):
        user, manager = self._user, self._manager
        if user is None:
            raise ValueError("a dispatcher is built for a user")
        await DOORS.enter(user.user_id)

        async def send(message):
            return await manager.send_to_user(user.user_id, message)

        return Dispatcher._build(user, send if manager else None, self._tools)


class Scope:
    """`async with Scope(user, ...) as dispatcher`."""

    def __init__(self, user, manager, tools):
        self._builder = DispatcherBuilder().for_user(user).over(manager).with_tools(tools)

    async def __aenter__(self):
        self._made = await self._builder.build()
        return self._made

    async def __aexit__(self, *_):
        await self._made.cleanup()


def shortcut(user, manager=None, tools=()):
    return DispatcherBuilder().for_user(user).over(manager).with_tools(tools).build()


@dispatcher(
    factories={
        "scope": lambda user, tap, tools: Scope(user, tap.manager, tools),
        "shortcut": lambda user, tap, tools: shortcut(user, tap.manager, tools),
    },
    factory_only=lambda user, tap, tools: Dispatcher(user, None, {}),
    max_dispatchers_per_user=PLACES,
)
async def make(user, tap, tools):
    return await DispatcherBuilder().with_tools(tools).over(tap.manager).for_user(user).build()
