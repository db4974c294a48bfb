"""Run bridge: agents report progress by run, browsers get one JSON text frame per event."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from goldenpath import transport

WRITE_TIMEOUT = 2.0
Fields = dict[str, Any]


def encode(frame: Fields) -> str:
    try:
        return json.dumps(frame, allow_nan=False, default=lambda value: type(value).__name__)
    except ValueError:  # NaN and infinities have no JSON form
        return encode(
            json.loads(
                json.dumps(frame, default=lambda value: type(value).__name__),
                parse_constant=lambda _: None,
            )
        )


@dataclass(eq=False)
class Writer:
    """Owns the write side of one socket; frames leave in the order they were handed over."""

    socket: Any
    waiting: deque[tuple[str, asyncio.Future[bool]]] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    closed: bool = False

    def put(self, text: str) -> asyncio.Future[bool]:
        receipt: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.waiting.append((text, receipt))
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._write())
        return receipt

    async def _write(self) -> None:
        while self.waiting:
            text, receipt = self.waiting[0]
            sent = False
            try:
                async with asyncio.timeout(WRITE_TIMEOUT) as limit:
                    await self.socket.send_text(text)
                sent = True
            except Exception:
                if limit.expired():  # stalled; what waits behind it fails at once
                    self.stop()
            if self.closed and not sent:
                return
            if not receipt.done():
                self.waiting.popleft()
                receipt.set_result(sent)

    def stop(self) -> None:
        self.closed = True
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()
        while self.waiting:
            self.waiting.popleft()[1].set_result(False)


class RunBridge:
    def __init__(self, user_id: str, relay: Relay) -> None:
        self._user_id, self._relay = user_id, relay

    async def notify_agent_started(
        self, run_id: str, agent_name: str, context: Any = None, **extra: Any
    ) -> bool:
        return await self._tell("agent_started", run_id, agent_name, {"status": "started"}, extra)

    async def notify_agent_thinking(
        self,
        run_id: str,
        agent_name: str,
        reasoning: str,
        step_number: int | None = None,
        **extra: Any,
    ) -> bool:
        payload = {"reasoning": reasoning, "message": reasoning}
        return await self._tell(
            "agent_thinking", run_id, agent_name, payload, {"step_number": step_number, **extra}
        )

    async def notify_tool_executing(
        self,
        run_id: str,
        agent_name: str,
        tool_name: str,
        parameters: Fields | None = None,
        **extra: Any,
    ) -> bool:
        payload = {
            "tool_name": tool_name,
            "parameters": {} if parameters is None else parameters,
            "status": "executing",
        }
        return await self._tell("tool_executing", run_id, agent_name, payload, extra)

    async def notify_tool_completed(
        self,
        run_id: str,
        agent_name: str,
        tool_name: str,
        result: Any = None,
        execution_time_ms: float | None = None,
        error: Any = None,
        status: str | None = None,
        **extra: Any,
    ) -> bool:
        payload = {"tool_name": tool_name, **self._ending(result, error, status)}
        return await self._tell(
            "tool_completed",
            run_id,
            agent_name,
            payload,
            {"execution_time_ms": execution_time_ms, **extra},
        )

    async def notify_agent_completed(
        self,
        run_id: str,
        agent_name: str,
        result: Any = None,
        execution_time_ms: float | None = None,
        status: str | None = None,
        error: Any = None,
        **extra: Any,
    ) -> bool:
        payload = self._ending(result, error, status)
        return await self._tell(
            "agent_completed",
            run_id,
            agent_name,
            payload,
            {"execution_time_ms": execution_time_ms, **extra},
        )

    @staticmethod
    def _ending(result: Any, error: Any, status: str | None) -> Fields:
        ending: Fields = {"status": status or ("success" if error is None else "error")}
        if error is not None:
            ending["error"] = str(error)
        return ending if error is not None and result is None else {**ending, "result": result}

    async def _tell(
        self, kind: str, run_id: str, agent_name: str, payload: Fields, extra: Fields
    ) -> bool:
        stamp = extra.pop("timestamp", None) or datetime.now(timezone.utc).isoformat()
        optional = {
            key: value for key, value in extra.items() if value is not None and key not in payload
        }
        return await self._relay.publish(
            self._user_id,
            {
                "type": kind,
                "run_id": run_id,
                "user_id": self._user_id,
                "agent_name": agent_name,
                "timestamp": stamp,
                "event_id": uuid.uuid4().hex,
                "payload": {**payload, **optional},
            },
        )


class Relay:
    def __init__(self) -> None:
        self._writers: dict[str, list[Writer]] = {}

    def connect(self, user_id: str, socket: Any) -> None:
        writers = self._writers.setdefault(user_id, [])
        if all(writer.socket is not socket or writer.closed for writer in writers):
            writers.append(Writer(socket))

    def disconnect(self, user_id: str, socket: Any) -> None:
        writers = self._writers.get(user_id, [])
        for writer in [writer for writer in writers if writer.socket is socket]:
            writers.remove(writer)
            writer.stop()
        if not writers:
            self._writers.pop(user_id, None)

    def for_user(self, user: Any) -> RunBridge:
        return RunBridge(user.user_id, self)

    async def publish(self, user_id: str, frame: Fields) -> bool:
        text = encode(frame)
        receipts = [
            writer.put(text) for writer in self._writers.get(user_id, ()) if not writer.closed
        ]
        if not receipts:
            return False
        await asyncio.wait(receipts)
        return any(receipt.result() for receipt in receipts)


@transport()
def make() -> Relay:
    return Relay()
