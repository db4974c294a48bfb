"""The smallest dispatcher in another process, explained in docs/process.md. It has one fault where
it is told so: goldenpath run "cmd:python3 examples/process/dispatcher.py unclosed"
"""

import asyncio
import json
import sys
import uuid

sessions, running, tasks = {}, {}, []


class Dispatcher:
    def __init__(self, user_id, tools):
        self.user_id, self.tools, self.calls = user_id, tools, []

    async def execute(self, name, parameters):
        if name not in self.tools:
            raise LookupError(f"there is no tool {name}, or no more")
        call = {"tool_name": name, "call_id": uuid.uuid4().hex}
        self.tell("tool_executing", **call, parameters=parameters)
        try:
            result = await self.tools[name](parameters)
        except RuntimeError as error:
            if "unclosed" not in sys.argv:
                self.tell("tool_completed", **call, status="error", error=str(error))
            raise
        self.tell("tool_completed", **call, status="success", result=result)
        return result

    def tell(self, event, **data):
        frame = {"type": event, "user_id": self.user_id, "data": data}
        write("frame", to=self.user_id, frame=frame)


def write(type, **fields):
    print(json.dumps({"type": type, **fields}), flush=True)


async def run_tool(tool, parameters):
    exec = uuid.uuid4().hex
    running[exec] = asyncio.get_running_loop().create_future()
    write("started", exec=exec, tool=tool, parameters=parameters)
    came = await running[exec]
    write("failed" if "error" in came else "ended", exec=exec)  # before anything is made of it
    if "error" in came:
        raise RuntimeError(came["error"]["text"])
    return came["value"]


async def answer(type, id, session="", user=None, tools=(), tool="", parameters=None, **_):
    value = None
    try:
        if type == "create":
            tools = {t["name"]: lambda given, id=t["id"]: run_tool(id, given) for t in tools}
            sessions[session] = Dispatcher(user["user_id"], tools)
        elif type == "execute":
            sessions[session].calls.append(asyncio.current_task())
            value = await sessions[session].execute(tool, parameters or {})
        elif type == "cleanup":
            sessions[session].tools = {}
            await asyncio.gather(*sessions[session].calls)
        write("answer", id=id, value=value)
    except Exception as error:
        write("answer", id=id, error={"type": error.__class__.__name__, "text": str(error)})


async def main():
    about = {"actions": ["create", "execute", "cleanup"], "cancellable": False}
    write("hello", protocol=1, kind="dispatcher", **about)
    while text := await asyncio.to_thread(sys.stdin.readline):
        line = json.loads(text)
        if line["type"] == "result":
            running[line["exec"]].set_result(line)
        elif line["type"] != "cancel":  # a caller that gives up: here its tool simply goes on
            tasks.append(asyncio.create_task(answer(**line)))


asyncio.run(main())
