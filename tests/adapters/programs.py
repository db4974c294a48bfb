"""Programs for tests: small pieces of Python, each in a process of its own."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

#: The example of a program that speaks the protocol.
EXAMPLE = (Path(__file__).parents[2] / "examples/process/dispatcher.py").read_text("utf-8")

#: What every program begins with: `write` a line, and `lines` from stdin as they come.
HEAD = """
import json, os, sys, time
def write(type, **fields):
    print(json.dumps({"type": type, **fields}), flush=True)
def lines():
    while text := sys.stdin.readline():
        yield json.loads(text)
"""

HELLO = 'write("hello", protocol=1, kind="dispatcher", transports=["working","absent","raising"])\n'

#: A dispatcher that does one thing at a time, and answers everything: the base of hostile ones.
#: `before(line)` may do something else with a line, and say so.
PLAIN = """
def before(line): return False
def tell(to, event, **data):
    write("frame", to=to, frame={"type": event, "data": data}, ack=1)
    return next(lines()).get("value")
users, given, closed, count = {}, {}, set(), 0  # given: by session, name to id
def execute(line):
    global count
    session, name, parameters = line["session"], line["tool"], line.get("parameters", {})
    if session in closed or name not in given[session]:
        return {"error": {"type": "LookupError", "text": f"there is no {name}"}}
    count += 1
    call = {"tool_name": name, "call_id": count}
    tell(users[session], "tool_executing", **call, parameters=parameters)
    write("started", exec=count, tool=given[session][name], parameters=parameters)
    came = next(lines())
    write("failed" if "error" in came else "ended", exec=count)
    end = {"error": came["error"]["text"]} if "error" in came else {"result": came["value"]}
    tell(users[session], "tool_completed", **call, **end)
    return {key: came[key] for key in ("value", "error") if key in came}
def act(line):
    session, what = line.get("session"), line["type"]
    if what == "create":
        users[session] = line["user"]["user_id"]
        given[session] = {tool["name"]: tool["id"] for tool in line["tools"]}
    elif what == "execute":
        return execute(line)
    elif what == "register":
        given[session][line["tool"]["name"]] = line["tool"]["id"]
    elif what == "look":
        names = list(given[session])
        has = {name: name in names for name in line["tools"]}
        return {"value": {"has_tool": has, "get_available_tools": names, "tools": names}}
    elif what == "inspect":
        return {"value": {"execute_tool": "async method", "has_tool": "method", "tools": 7}}
    elif what == "ask_support":
        return {"value": {"has": True, "bridge": True}}
    elif what == "cleanup":
        closed.add(session)
    return {"value": what}
def serve():
    for line in lines():
        if not before(line) and line["type"] not in ("cancel", "result", "sent"):
            write("answer", id=line["id"], **act(line))
"""


def program(body: str) -> list[str]:
    """The command that runs this piece of Python after HEAD."""
    return [sys.executable, "-I", "-S", "-u", "-c", HEAD + textwrap.dedent(body)]


def dispatcher(before: str = "", hello: str = HELLO) -> list[str]:
    """The command of a plain dispatcher; `before` is the body of its function of that name."""
    changed = f"def before(line):\n{textwrap.indent(textwrap.dedent(before), '    ')}\n"
    return program(PLAIN + (changed if before else "") + hello + "serve()\n")


#: An agent that makes its rounds one after the other, and shows all five events.
AGENT = """
import asyncio
users, given, running, tasks = {}, {}, {}, []
async def call(session, tell, planned):
    about = {"tool_name": planned["tool"], "call_id": planned["id"]}
    tell("tool_executing", **about, parameters=planned["arguments"])
    exec = len(running)
    running[exec] = asyncio.get_running_loop().create_future()
    args = {"tool": given[session][planned["tool"]], "parameters": planned["arguments"]}
    write("started", exec=exec, **args)
    came = await running[exec]
    write("failed" if "error" in came else "ended", exec=exec)
    end = {"error": came["error"]["text"]} if "error" in came else {"result": came["value"]}
    tell("tool_completed", **about, **end)
async def run(session, plan):
    tell = lambda event, **data: write(
        "frame", to=users[session], frame={"type": event, "data": data})
    tell("agent_started")
    tell("agent_thinking", reasoning="what to do")
    for calls in plan["rounds"]:
        await asyncio.gather(*(call(session, tell, planned) for planned in calls))
    tell("agent_completed", result=plan["answer"])
    return plan["answer"]
async def answer(type, id, session="", user=None, plan=None, tools=(), **_):
    if type == "create":
        users[session] = user["user_id"]
        given[session] = {tool["name"]: tool["id"] for tool in tools}
    write("answer", id=id, value=await run(session, plan) if type == "run" else None)
async def main():
    write("hello", protocol=1, kind="agent", actions=["create", "run"])
    while text := await asyncio.to_thread(sys.stdin.readline):
        line = json.loads(text)
        if line["type"] == "result":
            running[line["exec"]].set_result(line)
        elif line["type"] != "cancel":
            tasks.append(asyncio.create_task(answer(**line)))
asyncio.run(main())
"""
