"""A facade with the ten members of today over the tool service of old.

The old service is one per process. Every customer has a desk there; it takes orders and answers in
envelopes {"code": ..., "payload": ...}; the facade unwraps them and speaks in values and exceptions.
"""

import asyncio
import contextvars
import json
import threading
import uuid
import weakref

from goldenpath import dispatcher

TOOL_TIMEOUT = 5.0
OK, FORBIDDEN, NO_SUCH_VERB, TIMED_OUT, GONE, STOPPED, FAULT = 0, 403, 404, 408, 410, 499, 500
STATUS = {
    OK: "success",
    TIMED_OUT: "timeout",
    GONE: "cancelled",
    STOPPED: "cancelled",
    FAULT: "error",
}


def flat(value):
    """Only what JSON knows goes out."""
    try:
        return json.loads(
            json.dumps(value, allow_nan=False, default=lambda _: "[not serialisable]")
        )
    except (TypeError, ValueError, RecursionError):
        return "[not serialisable]"


def wording(exc):
    try:
        words = (
            str(exc) if all(isinstance(a, (str, int, float, type(None))) for a in exc.args) else ""
        )
    except Exception:
        words = ""
    return words or type(exc).__name__


async def in_thread(tool, args):
    """Run a blocking tool beside the loop. A thread cannot be cancelled, so its end is always awaited."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def body():
        try:
            outcome = OK, tool(**args), None
        except BaseException as exc:
            outcome = FAULT, None, wording(exc)
        if not loop.is_closed():
            loop.call_soon_threadsafe(ended.set_result, outcome)

    threading.Thread(target=contextvars.copy_context().run, args=(body,), daemon=True).start()
    return await settled(ended)


async def settled(future):
    while not future.done():
        try:
            await asyncio.wait({future})
        except asyncio.CancelledError:
            continue
    return future.result()


class Desk:
    def __init__(self, line, run, privileged):
        self.number, self.line, self.run, self.privileged = uuid.uuid4().hex, line, run, privileged
        self.stock, self.orders, self.bell_rope, self.patience = {}, set(), asyncio.Lock(), 3.0


class Order:
    def __init__(self, verb, tool, args):
        self.number, self.verb, self.tool, self.args = uuid.uuid4().hex, verb, tool, args
        self.halted = self.work = self.job = None

    def halt(self, code):
        self.halted = self.halted or code
        if self.work is not None:
            self.work.cancel()


class LegacyToolService:
    def __init__(self):
        self.desks = weakref.WeakValueDictionary()
        self.errtext = ""  # in words, what FAULT was about

    def open_desk(self, line, run, privileged):
        desk = Desk(line, run, privileged)
        self.desks[desk.number] = desk
        return desk

    async def close_desk(self, number):
        desk = self.desks.pop(number, None)
        for order in list(desk.orders) if desk else ():
            order.halt(GONE)
        for order in list(desk.orders) if desk else ():
            await asyncio.wait({order.job})
        if desk:
            desk.stock.clear()
            desk.line = None

    def stock_up(self, number, tool):
        if number not in self.desks:
            return {"code": GONE, "payload": None}
        self.desks[number].stock[tool.name] = tool
        return {"code": OK, "payload": tool.name}

    def take_order(self, number, verb, args):
        desk = self.desks.get(number)
        if desk is None:
            return {"code": GONE, "payload": None}
        tool = desk.stock.get(verb)
        if tool is None:
            return {"code": NO_SUCH_VERB, "payload": None}
        if getattr(tool, "admin_only", False) and not desk.privileged:
            return {"code": FORBIDDEN, "payload": None}
        order = Order(verb, tool, args)
        order.job = asyncio.ensure_future(self._serve(desk, order))
        desk.orders.add(order)
        order.job.add_done_callback(lambda _: desk.orders.discard(order))
        return {"code": OK, "payload": order}

    async def _serve(self, desk, order):
        if order.halted:
            return {"code": order.halted, "payload": None}
        await self._ring(
            desk, "notify_tool_executing", order.verb, flat(order.args), call_id=order.number
        )
        code, payload, words = (
            (order.halted, None, "stopped") if order.halted else await self._carry_out(order)
        )
        if code == FAULT:
            self.errtext = words
        await self._ring(
            desk,
            "notify_tool_completed",
            order.verb,
            flat(payload),
            status=STATUS[code],
            error=words,
            call_id=order.number,
        )
        return {"code": code, "payload": payload}

    async def _carry_out(self, order):
        blocking = not callable(getattr(order.tool, "arun", None))

        async def attempt():
            try:
                return (
                    await in_thread(order.tool, order.args)
                    if blocking
                    else (OK, await order.tool.arun(**order.args), None)
                )
            except asyncio.CancelledError:
                return (
                    (order.halted, None, "stopped")
                    if order.halted
                    else (FAULT, None, "the tool cancelled itself")
                )
            except BaseException as exc:
                return FAULT, None, wording(exc)

        order.work = asyncio.ensure_future(attempt())
        await asyncio.wait({order.work}, timeout=None if blocking else TOOL_TIMEOUT)
        for _ in range(3):
            if not order.work.done():
                order.halt(TIMED_OUT)
                await asyncio.wait({order.work}, timeout=1.0)
        if order.work.done() and not order.work.cancelled():
            code, payload, words = order.work.result()
            return code, payload, "timed out" if code == TIMED_OUT else words
        return order.halted, None, "stopped"

    async def _ring(self, desk, bell, *args, **extra):
        if desk.line is None:
            return
        async with desk.bell_rope:  # one bell after the other
            for pause in (0.01, 0.03, 0):
                try:
                    async with asyncio.timeout(desk.patience):
                        return await getattr(desk.line, bell)(desk.run, "legacy", *args, **extra)
                except TimeoutError:
                    desk.patience = 0.5  # not as long a second time
                    return
                except Exception:  # a bell that is broken stops no order
                    await asyncio.sleep(pause)


SERVICE = LegacyToolService()


class ToolDispatcher:
    """The facade."""

    def __init__(self, user, bridge, tools):
        for field in ("user_id", "thread_id", "run_id"):
            if not isinstance(getattr(user, field, None), str) or not getattr(user, field).strip():
                raise ValueError(f"invalid user context: {field} is missing")
        self._desk = SERVICE.open_desk(
            bridge, user.run_id, getattr(user, "is_admin", False) is True
        )
        self._closing = None
        for tool in tools or ():
            self.register_tool(tool)

    def register_tool(self, tool):
        if not isinstance(getattr(tool, "name", None), str) or not callable(tool):
            raise TypeError("a tool needs a name and must be callable")
        if self.has_tool(tool.name):
            raise ValueError(f"a tool called {tool.name} is registered already")
        if SERVICE.stock_up(self._desk.number, tool)["code"]:
            raise RuntimeError("the dispatcher has been cleaned up")

    async def execute_tool(self, tool_name, parameters=None):
        envelope = SERVICE.take_order(self._desk.number, tool_name, dict(parameters or {}))
        order = envelope["payload"]
        if order is not None:
            try:
                await asyncio.wait({order.job})
            except asyncio.CancelledError:
                order.halt(STOPPED)
                await settled(order.job)
                raise
            envelope = order.job.result() if order.halted != GONE else {"code": GONE}
        match envelope["code"]:
            case 0:
                return envelope["payload"]
            case 403:
                raise PermissionError(f"permission denied: {tool_name} is for admins only")
            case 404:
                raise LookupError(f"unknown tool: {tool_name}")
            case 408:
                raise TimeoutError(f"{tool_name} took longer than {TOOL_TIMEOUT:g} s")
            case 410:
                raise RuntimeError("the dispatcher has been cleaned up")
            case _:
                raise RuntimeError(SERVICE.errtext)

    async def dispatch_tool(self, /, tool_name, parameters=None, **_consumer):
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, tool_name=None, /, **parameters):
        return await self.execute_tool(
            parameters.pop("tool_name") if tool_name is None else tool_name, parameters
        )

    def has_tool(self, name):
        return name in self._desk.stock

    def get_available_tools(self):
        return list(self._desk.stock)

    tools = property(lambda self: dict(self._desk.stock))
    websocket_bridge = property(lambda self: self._desk.line)
    has_websocket_support = property(lambda self: self._desk.line is not None)

    async def cleanup(self):
        self._closing = self._closing or asyncio.ensure_future(
            SERVICE.close_desk(self._desk.number)
        )
        await asyncio.shield(self._closing)

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        await self.cleanup()


@dispatcher(
    events={"tool_executing", "tool_completed"}, tool_timeout=TOOL_TIMEOUT, accepts={"tool"}
)
def make(user, tap, tools):
    return ToolDispatcher(user, tap.bridge if tap is not None else None, tools)
