"""An executor for each session, made by its constructor, by an object that makes them, or in a generator's block.

The executor queues nothing: a call is a task with three callbacks (begun, ended, told), and whoever waits for it
waits for its last callback.
"""

import asyncio
import json
import time
import uuid
from contextlib import asynccontextmanager, suppress

from goldenpath import dispatcher


class Over(Exception):
    def __init__(self):
        super().__init__("the executor of this session has ended")


def shown(value):
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError):
        return "not representable"


class Job:
    """One call of a tool: `told` is done when the user has been told how it ended."""

    def __init__(self, executor, tool, parameters):
        self.executor, self.tool, self.parameters = executor, tool, parameters
        self.id, self.began = uuid.uuid4().hex, time.monotonic()
        self.loop = asyncio.get_running_loop()
        self.told, self.work, self.stopped = self.loop.create_future(), None, False
        self.told.add_done_callback(lambda told: told.exception())
        executor.jobs.add(self)
        self.life = self.loop.create_task(self.live())

    def stop(self):
        self.stopped = True
        if self.work is not None:
            self.work.cancel()

    async def live(self):
        await self.executor.say(
            self, "tool_executing", status="running", parameters=self.parameters
        )
        status, result, error = "cancelled", None, None
        if not self.stopped:
            self.work = self.loop.create_task(self.use())
            await asyncio.wait({self.work})
        if self.work is None or self.work.cancelled():
            error = Over() if self.executor.over else RuntimeError(f"{self.tool.name} was stopped")
        elif (failure := self.work.exception()) is not None:
            status, error = "error", failure
        else:
            status, result = "success", self.work.result()
        fields = (
            {"result": result}
            if error is None
            else {"error": str(error) or repr(type(error).__name__)}
        )
        await self.executor.say(self, "tool_completed", status=status, **fields)
        self.executor.jobs.discard(self)
        if error is None:
            self.told.set_result(result)
        else:
            self.told.set_exception(error)

    async def use(self):
        if hasattr(self.tool, "arun"):
            return await self.tool.arun(**self.parameters)
        thread = asyncio.ensure_future(asyncio.to_thread(lambda: self.tool(**self.parameters)))
        while not thread.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait({thread})
        return thread.result()

    async def outcome(self):
        left = False
        while not self.told.done():
            try:
                await asyncio.wait({self.told})
            except asyncio.CancelledError:
                left = True
                self.stop()
        if left:
            raise asyncio.CancelledError
        return self.told.result()


class ToolExecutor:
    def __init__(self, user, tools=None, send=None):
        ids = {key: getattr(user, key, None) for key in ("user_id", "thread_id", "run_id")}
        wrong = [
            key for key, value in ids.items() if not (isinstance(value, str) and value.strip())
        ]
        if wrong:
            raise ValueError(f"no executor without {', '.join(wrong)}")
        self.user, self.ids, self.send = user, ids, send
        self.known = {tool.name: tool for tool in tools or ()}
        self.jobs, self.over = set(), False

    @property
    def tools(self):
        return dict(self.known)

    @property
    def has_websocket_support(self):
        return self.send is not None

    @property
    def websocket_bridge(self):
        return self.send

    def has_tool(self, name):
        return name in self.known

    def get_available_tools(self):
        return sorted(self.known)

    def register_tool(self, tool):
        self.check()
        if self.known.setdefault(tool.name, tool) is not tool:
            raise ValueError(f"{tool.name} has been registered before")

    async def execute_tool(self, tool_name, parameters=None):
        self.check()
        if tool_name not in self.known:
            raise KeyError(f"there is no tool {tool_name}")
        tool = self.known[tool_name]
        if getattr(tool, "admin_only", False) and not self.user.is_admin:
            raise PermissionError(f"{tool_name}: admin rights are required")
        return await Job(self, tool, dict(parameters or {})).outcome()

    async def dispatch_tool(self, tool_name, parameters=None, **kw):
        return await self.execute_tool(tool_name, parameters)

    async def dispatch(self, tool_name, /, **parameters):
        return await self.execute_tool(tool_name, parameters)

    async def cleanup(self):
        self.over = True
        lives = {job.life for job in self.jobs}
        for job in list(self.jobs):
            job.stop()
        if lives:
            await asyncio.wait(lives)
        self.known.clear()

    def check(self):
        if self.over:
            raise Over

    async def say(self, job, kind, **fields):
        if self.send is None:
            return
        fields = {name: shown(value) for name, value in fields.items()}
        call = {"tool_name": job.tool.name, "call_id": job.id, "at": round(time.time(), 6)}
        with suppress(Exception):
            async with asyncio.timeout(2):
                await self.send({"type": kind, "payload": {**self.ids, **call, **fields}})


class ExecutorFactory:
    """Knows how users are reached, so that callers may leave it out."""

    def __init__(self):
        self._send = None

    async def create(self, user, tools=None, send=None):
        self._send = send or self._send
        return ToolExecutor(user, tools, self._send)


@asynccontextmanager
async def executor_for(user, tools=None, send=None):
    executor = ToolExecutor(user, tools, send)
    try:
        yield executor
    finally:
        await executor.cleanup()


FACTORY = ExecutorFactory()


@dispatcher(
    factories={
        "factory": lambda user, tap, tools: FACTORY.create(user, tools, tap.send),
        "block": lambda user, tap, tools: executor_for(user, tools, tap.send),
    }
)
def make(user, tap, tools):
    return ToolExecutor(user, tools, tap.send)
