"""A small chat server with an agent that counts words, in frames of its own."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hmac
import json
import os
import time
import uuid
from http import HTTPStatus
from typing import Any

from websockets.asyncio.server import Request, Response, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

PEOPLE = {"ann": "CHAT_TOKEN_ANN", "ben": "CHAT_TOKEN_BEN"}


def whose(header: str) -> str | None:
    scheme, _, token = header.partition(" ")
    for who, variable in PEOPLE.items():
        known = os.environ.get(variable, "")
        if known and hmac.compare_digest(token.strip().encode(), known.encode()):
            return who if scheme.lower() == "bearer" else None
    return None


async def word_counter(text: str) -> dict[str, int]:
    await asyncio.sleep(0.02)
    return {"words": len(text.split()), "letters": sum(map(str.isalpha, text))}


class ChatServer:
    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.latest: ServerConnection | None = None

    async def check(self, link: ServerConnection, request: Request) -> Response | None:
        values = request.headers.get_all("Authorization")
        link.who = whose(values[0]) if len(values) == 1 else None  # type: ignore[attr-defined]
        if link.who is None:  # type: ignore[attr-defined]
            return link.respond(HTTPStatus.UNAUTHORIZED, "who are you?\n")
        return None

    async def serve_link(self, link: ServerConnection) -> None:
        who: str = link.who  # type: ignore[attr-defined]
        self.latest = link
        jobs: set[asyncio.Task[None]] = set()
        try:
            await self.say(link, "hello", who=who, server="word-chat")
            async for raw in link:
                try:
                    frame = json.loads(raw)
                    kind, text = frame.get("kind"), (frame.get("body") or {}).get("text")
                except (ValueError, AttributeError, RecursionError):
                    await self.say(link, "oops", why="not a frame of this chat")
                    continue
                if kind == "ask" and isinstance(text, str):
                    topic = str(frame.get("topic") or uuid.uuid4())
                    job = asyncio.create_task(self.answer(link, who, topic, text))
                    jobs.add(job)
                    job.add_done_callback(jobs.discard)
                else:
                    await self.say(link, "oops", why="only 'ask' with a body.text is understood")
        except ConnectionClosed:
            pass
        finally:
            for job in tuple(jobs):
                job.cancel()

    async def answer(self, link: ServerConnection, who: str, topic: str, text: str) -> None:
        ids: dict[str, Any] = {"job": f"job-{uuid.uuid4()}", "who": who, "topic": topic}
        tool: dict[str, Any] = {"name": "word_counter", "ref": uuid.uuid4().hex}
        await self.say(link, "run.begin", **ids)
        await self.say(link, "run.thought", **ids, thought="I had better count the words.")
        desk = self.latest if self.fault == "crossed" and self.latest else link
        await self.say(desk, "tool.begin", **ids, tool=tool | {"input": {"text": text}})
        count = await word_counter(text)
        if self.fault != "silent":
            await self.say(desk, "tool.end", **ids, tool=tool | {"output": count, "state": "ok"})
        reply = f"You said: {text} ({count['words']} words)"
        await self.say(link, "run.end", **ids, answer=reply, state="ok")

    async def say(self, link: ServerConnection, kind: str, **fields: Any) -> None:
        try:
            await link.send(json.dumps({"kind": kind, "at": time.time(), **fields}))
        except ConnectionClosed:
            return


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--fault", choices=("none", "crossed", "silent"), default="none")
    options = parser.parse_args()
    chat = ChatServer(options.fault)
    async with serve(
        chat.serve_link, "127.0.0.1", options.port, process_request=chat.check
    ) as server:
        print("listening", server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(main())
