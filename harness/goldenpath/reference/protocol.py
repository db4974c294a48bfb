"""What clients may say, and how the server answers what is not an event.

`parse` turns a frame into one of two requests, or refuses it with a `Refusal` that knows its
error frame. Nothing in a frame says who the user is: fields that claim to are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

from .errors import PlatformError
from .events import utc_now
from .plan import Plan, PlannedCall

MOST_LEVELS = 500

Frame = dict[str, Any]


class Refusal(PlatformError):
    """A frame that the server answers with an error; the connection stays."""

    def __init__(self, code: str, text: str, **details: Any) -> None:
        """Say which kind of error it is, in a word for programs and a sentence for people."""
        super().__init__(text)
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class Ping:
    """The client asks whether the server is there."""


@dataclass(frozen=True, slots=True)
class UserMessage:
    """The client asks for a run."""

    text: str
    thread_id: str
    plan: Plan


def parse(raw: str | bytes, tools: Collection[str]) -> Ping | UserMessage:
    """Understand a frame, or raise `Refusal`; a plan may name these tools only."""
    frame = read_object(raw)
    match frame.get("type"):
        case "ping":
            return Ping()
        case "user_message":
            return _user_message(frame, tools)
        case str():
            raise Refusal("UNKNOWN_TYPE", "this type of message is not known")
        case _:
            return _invalid("a message needs a type")


def read_object(raw: str | bytes) -> Frame:
    """Read a frame that holds an object, or raise `Refusal`."""
    return _object(_json(raw), "a message")


def welcome(connection_id: str, user_id: str) -> Frame:
    """Greet a client that has logged in."""
    data = {"connection_id": connection_id, "user_id": user_id}
    return {"type": "connection_established", "data": data, "timestamp": _now()}


def pong() -> Frame:
    """Answer a ping."""
    return {"type": "pong", "timestamp": _now()}


def error_frame(refusal: Refusal) -> Frame:
    """Answer what was refused."""
    return {
        "type": "error_message",
        "error_code": refusal.code,
        "error_message": str(refusal),
        "details": refusal.details,
        "timestamp": _now(),
    }


def default_plan(text: str) -> Plan:
    """What the agent does with a message that brings no plan: it echoes it."""
    return Plan(((PlannedCall("call-1", "echo", {"message": text}),),), f"You said: {text}")


def _json(raw: str | bytes) -> Any:
    try:
        text = raw if isinstance(raw, str) else raw.decode()
        value = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Refusal("JSON_PARSE_ERROR", "the message is not JSON") from None
    return _invalid("the message is nested too deeply") if _is_too_deep(value) else value


def _is_too_deep(value: Any) -> bool:
    """Look level by level, so that looking needs no depth of its own."""
    level = [value]
    for _ in range(MOST_LEVELS):
        level = [child for node in level for child in _children(node)]
        if not level:
            return False
    return True


def _children(node: Any) -> Iterable[Any]:
    if isinstance(node, dict):
        return node.values()
    return node if isinstance(node, list) else ()


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _user_message(frame: Frame, tools: Collection[str]) -> UserMessage:
    payload = _object(frame.get("payload"), "payload")
    text = _text(payload.get("message"), "payload.message")
    thread_id = _text(frame.get("thread_id"), "thread_id")
    if not thread_id.strip():
        _invalid("thread_id must not be blank")
    plan = _plan(payload["plan"], tools) if "plan" in payload else default_plan(text)
    return UserMessage(text, thread_id, plan)


def _plan(value: Any, tools: Collection[str]) -> Plan:
    outline = _object(value, "plan")
    rounds = _array(outline.get("rounds"), "plan.rounds")
    plan = Plan(
        tuple(tuple(map(_call, _array(calls, "a round"))) for calls in rounds),
        _text(outline.get("answer"), "plan.answer"),
    )
    unknown = sorted({call.tool for call in plan.calls} - set(tools))
    if unknown:
        _invalid("the plan names unknown tools", unknown_tools=unknown)
    if len({call.id for call in plan.calls}) < len(plan.calls):
        _invalid("the ids of a plan's calls must differ")
    return plan


def _call(value: Any) -> PlannedCall:
    call = _object(value, "a call")
    id_ = _text(call.get("id"), "the id of a call")
    if not id_.strip():
        _invalid("the id of a call must not be blank")
    tool = _text(call.get("tool"), "the tool of a call")
    return PlannedCall(id_, tool, _object(call.get("arguments"), "the arguments of a call"))


def _object(value: Any, what: str) -> dict[str, Any]:
    return value if isinstance(value, dict) else _invalid(f"{what} must be an object")


def _array(value: Any, what: str) -> list[Any]:
    return value if isinstance(value, list) else _invalid(f"{what} must be an array")


def _text(value: Any, what: str) -> str:
    return value if isinstance(value, str) else _invalid(f"{what} must be text")


def _invalid(text: str, **details: Any) -> NoReturn:
    raise Refusal("INVALID_MESSAGE", text, **details)


def _now() -> str:
    return utc_now().isoformat()
