"""The smallest dispatcher in another process; docs/process.md explains the lines.

goldenpath run "cmd:python3 examples/process/dispatcher.py"
With FAULT=unclosed it shows what is caught: of a tool that failed, no end is told.
"""

import asyncio
import json
import os
import sys
import uuid
from functools import partial

sessions, running, tasks = {}, {}, []


class Dispatcher:  # knows nothing of goldenpath
    def __init__(self, user_id, send, tools):
        self.user_id, self.send, self.tools = user_id, send, tools

    async def execute(self, name, parameters):
        if name not in self.tools:
            raise LookupError(f"there is no tool {name}, or no more")
        call = {"tool_name": name, "call_id": uuid.uuid4().hex}
        self.tell("tool_executing", **call, parameters=parameters)
        try:
            result = await self.tools[name](parameters)
        except RuntimeError as error:
            if os.environ.get("FAULT") != "unclosed":
                self.tell("tool_completed", **call, status="error", error=str(error))
            raise
        self.tell("tool_completed", **call, status="success", result=result)
        return result

    def tell(self, event, **data):
        self.send(to=self.user_id, frame={"type": event, "user_id": self.user_id, "data": data})


def write(type, **fields):
    print(json.dumps({"type": type, **fields}), flush=True)


async def run_tool(session, name, parameters):
    exec = uuid.uuid4().hex
    running[exec] = asyncio.get_running_loop().create_future()
    write("started", exec=exec, session=session, tool=name, parameters=parameters)
    came = await running[exec]
    write("failed" if "error" in came else "ended", exec=exec)  # before anything is made of it
    if "error" in came:
        raise RuntimeError(came["error"]["text"])
    return came["value"]


async def answer(type, id, session="", user=None, tools=(), tool="", parameters=None, **_):
    value = None
    try:
        if type == "create":
            given = {each["name"]: partial(run_tool, session, each["name"]) for each in tools}
            sessions[session] = Dispatcher(user["user_id"], partial(write, "frame"), given)
        elif type == "execute":
            value = await sessions[session].execute(tool, parameters or {})
        elif type == "cleanup":
            sessions[session].tools = {}
        write("answer", id=id, value=value)
    except Exception as error:
        write("answer", id=id, error={"type": error.__class__.__name__, "text": str(error)})


async def main():
    write("hello", protocol=1, kind="dispatcher", actions=["create", "execute", "cleanup"])
    while text := await asyncio.to_thread(sys.stdin.readline):
        line = json.loads(text)
        if line["type"] == "result":
            running[line["exec"]].set_result(line)
        elif line["type"] != "cancel":  # a caller that gives up: here its tool simply goes on
            tasks.append(asyncio.create_task(answer(**line)))


asyncio.run(main())
