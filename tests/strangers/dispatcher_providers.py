"""Providers by name, in a table: a service makes the core of each session, and an old facade wraps such a core.

The core is a function over a state, the facade hands on whatever it does not know. Results are dicts with a
flag; events go out by the emitter, and carry the ids of the state.
"""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from types import SimpleNamespace

from goldenpath import dispatcher

PROVIDERS, POOL = {}, ThreadPoolExecutor(8)


def provider(name):
    return lambda function: PROVIDERS.setdefault(name, function)


def wire(value):
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return f"<{type(value).__name__}>"


def new_state(user, emitter, tools):
    for name in ("user_id", "thread_id", "run_id"):
        value = getattr(user, name, None)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(f"the user context has no {name}")
    return SimpleNamespace(
        user=user, emitter=emitter, tools={t.name: t for t in tools or ()}, open=True, jobs={}, n=0
    )


async def tell(state, what, **fields):
    """Whatever becomes of it, the call goes on; whoever does not take it is waited for a second."""
    if state.emitter is None:
        return
    ids = {name: getattr(state.user, name) for name in ("user_id", "thread_id", "run_id")}
    sending = asyncio.ensure_future(getattr(state.emitter, f"notify_{what}")(**ids, **fields))
    cancelled = 0
    for _ in range(3):
        try:
            await asyncio.wait({sending}, timeout=1.0)
            break
        except asyncio.CancelledError:
            cancelled += 1
    if sending.done() and not sending.cancelled():
        sending.exception()
    else:
        sending.cancel()
    if cancelled:
        raise asyncio.CancelledError


async def work(tool, given):
    if hasattr(tool, "arun"):
        return await tool.arun(**given)
    job = asyncio.get_running_loop().run_in_executor(POOL, partial(tool, **given))
    while not job.done():
        try:
            await asyncio.wait({job})
        except asyncio.CancelledError:
            continue
    return job.result()


async def perform(state, name, given):
    """Announce, run and report one call; its task may be cancelled, and still reports."""
    state.n += 1
    call = {"tool_name": name, "call_id": f"{state.user.run_id}/{state.n}"}
    done = {"status": "cancelled", "error": f"{name} was cancelled"}
    try:
        await tell(state, "tool_executing", parameters=wire(given), **call)
        result = await work(state.tools[name], given)
        done = {"status": "success", "result": wire(result)}
        return {"success": True, "result": result, "error": None}
    except asyncio.CancelledError:
        return None
    except Exception as error:
        said = str(error) or type(error).__name__
        done = {"status": "error", "error": said}
        return {"success": False, "result": None, "error": said}
    finally:
        with suppress(asyncio.CancelledError):
            await tell(state, "tool_completed", **call, **done)


def refusal(why):
    return {"success": False, "result": None, "error": why}


async def execute(state, name, given=None):
    if not state.open:
        return refusal("the session is closed")
    tool = state.tools.get(name)
    if tool is None:
        return refusal(f"unknown tool {name}")
    if getattr(tool, "admin_only", False) and not state.user.is_admin:
        return refusal(f"permission denied: {name} is for admins")
    job = asyncio.ensure_future(perform(state, name, dict(given or {})))
    state.jobs[job] = None
    job.add_done_callback(state.jobs.pop)
    gave_up = False
    while not job.done():
        try:
            await asyncio.wait({job})
        except asyncio.CancelledError:
            gave_up = True
            job.cancel()
    if gave_up:
        raise asyncio.CancelledError
    outcome = None if job.cancelled() else job.result()
    return outcome or refusal(f"{name} was cancelled" if state.open else "the session was closed")


async def close(state):
    state.open = False
    jobs = [job for job in state.jobs if job is not asyncio.current_task()]
    for job in jobs:
        job.cancel()
    if jobs:
        await asyncio.wait(jobs)
    state.tools.clear()


class Core:
    def __init__(self, state):
        self._state = state

    tools = property(lambda self: dict(self._state.tools))
    websocket_bridge = property(lambda self: self._state.emitter)
    has_websocket_support = property(lambda self: self._state.emitter is not None)

    def has_tool(self, name):
        return name in self._state.tools

    def get_available_tools(self):
        return [*self._state.tools]

    def register_tool(self, tool):
        if not self._state.open:
            raise RuntimeError("the session is closed")
        if tool.name in self._state.tools:
            raise ValueError(f"{tool.name} is taken")
        self._state.tools[tool.name] = tool

    async def execute_tool(self, tool_name, parameters=None):
        return await execute(self._state, tool_name, parameters)

    async def dispatch_tool(self, tool_name, parameters=None, **_):
        return await execute(self._state, tool_name, parameters)

    async def dispatch(self, tool_name, /, **parameters):
        return await execute(self._state, tool_name, parameters)

    async def cleanup(self):
        await close(self._state)


class Facade(Core):
    """What old modules import: it takes the core that somebody else made."""

    def __init__(self, core):
        super().__init__(core._state)

    @classmethod
    async def create_for_user(cls, user_context, websocket_bridge=None, tools=None, **_):
        return cls(await PROVIDERS["service"](user_context, websocket_bridge, tools))


@provider("service")
async def from_service(user, emitter=None, tools=None):
    await asyncio.sleep(0)
    return Core(new_state(user, emitter, tools))


@provider("plain")
def plainly(user, emitter=None, tools=None):
    return Core(new_state(user, emitter, tools))


@provider("block")
@contextmanager
def in_a_block(user, emitter=None, tools=None):
    yield Core(new_state(user, emitter, tools))


def asked(name):
    return lambda user, tap, tools: PROVIDERS[name](user, tap.emitter, tools)


@dispatcher(
    outcome="success",
    factories={
        "plain": asked("plain"),
        "block": asked("block"),
        "facade": lambda user, tap, tools: Facade.create_for_user(user, tap.emitter, tools),
    },
)
def make(user, tap, tools):
    return PROVIDERS["service"](user, emitter=tap.emitter, tools=tools)
