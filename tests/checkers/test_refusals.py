"""What says that something is wrong: frames and answers, in many forms."""

from __future__ import annotations

import json
from typing import Any

import pytest

from goldenpath.checkers.refusals import is_error, refuses, words

#: Frames that say so, as data or as text, in the envelopes of the field.
WRONG: dict[str, Any] = {
    "A": {"type": "error_message", "error_code": "UNKNOWN_TYPE", "error_message": "what?"},
    "A, older": {"type": "agent_event", "data": {"status": "failed", "message": "what?"}},
    "B": {"type": "error", "run_id": "r", "payload": {"message": "no such type"}},
    "C": {"type": "error", "data": {"message": "what?"}},
    "D": {"type": "system_message", "data": {"event": "error", "timestamp": 1757.3}},
    "deeper": {"type": "system_message", "data": {"detail": {"error": "what?"}}},
    "a type": {"type": "error"},
    "a status": {"status": "error"},
    "a flag": {"ok": False},
    "success": {"success": False, "message": "what?"},
    "an error beside": {"type": "response", "error": "what?"},
    "an error object": {"jsonrpc": "2.0", "id": 1, "error": {"code": -32601}},
    "errors": {"errors": [{"detail": "what?"}]},
    "a number": {"type": "system", "status": 400},
    "a code": {"code": 503, "message": "later"},
    "a code in words": {"code": "MALFORMED_INPUT"},
    "a level": {"level": "error", "message": "what?"},
    "unknown type": {"event": "unknown_message_type"},
    "unsupported": {"kind": "unsupported"},
    "unrecognised": {"type": "unrecognised"},
    "unrecognized": {"type": "UNRECOGNIZED_TYPE"},
    "no handler": {"status": "no_handler"},
    "not found": {"status": "not_found"},
    "in one word": {"type": "NotFound"},
    "ignored": {"status": "ignored"},
    "rejected": {"action": "rejected"},
    "nack": {"op": "nack"},
    "busy": {"type": "server_busy"},
    "rate": {"type": "rate_limited"},
    "bad request": {"type": "bad_request"},
    "a text": "Unknown message type",
    "a text of more": "Sorry, I cannot work on that",
    "a text without a verb": "not a message",
    "socket.io": ["error", {"message": "what?"}],
    "STOMP": "ERROR\nmessage:what?",
}

#: Frames that say something else.
RIGHT: dict[str, Any] = {
    "a reply": {"type": "chat_message_handled", "data": {"about": "I say so."}},
    "an acknowledgement": {"type": "ack"},
    "what is told": {"type": "notification", "data": {"text": "They say so."}},
    "a pong": {"type": "pong", "timestamp": "2026-11-29T20:00:00+00:00"},
    "no error": {"type": "ack", "error": None, "errors": []},
    "a good flag": {"ok": True, "success": True, "handled": True},
    "a good number": {"status": 200, "code": 0},
    "not a code of HTTP": {"code": 1000, "status": 4999},
    "the text of a user": {"type": "echo", "payload": {"content": "an error, not a message"}},
    "a word in a word": {"type": "notification", "status": "noted"},
    "a count": {"type": "stats", "error_count": 0},
    "a text": "pong",
    "nothing": "",
    "null": "null",
    "another number": "404 of them",
}


@pytest.mark.parametrize("frame", WRONG.values(), ids=WRONG)
def test_a_frame_that_says_that_something_is_wrong(frame: Any) -> None:
    """As text, as it arrives, and as data."""
    text = frame if isinstance(frame, str) else json.dumps(frame)

    assert is_error(text)
    assert is_error(frame)


@pytest.mark.parametrize("frame", RIGHT.values(), ids=RIGHT)
def test_a_frame_that_says_something_else(frame: Any) -> None:
    """Nothing that a sound router sends to one whose message is handled."""
    assert not is_error(frame if isinstance(frame, str) else json.dumps(frame))


ANSWERS: dict[str, tuple[Any, bool]] = {
    "handled false": ({"handled": False}, True),
    "a status": ({"status": "error", "message": "what?"}, True),
    "ok false": ({"ok": False}, True),
    "an error": ({"handled": True, "error": "what?"}, True),
    "a word": ("NO_HANDLER", True),
    "a text": ("error: unknown type", True),
    "a pair": ([False, "no handler"], True),
    "handled": ({"handled": True, "error": None}, False),
    "another status": ({"status": "queued", "message_id": "m1"}, False),
    "done": ("HANDLED", False),
    "a good pair": ([True, "done"], False),
    "flags of several sockets": ([False], False),
    "yes": (True, False),
    "no": (False, False),
    "nothing": (None, False),
    "no text": ("", False),
    "a number": (404, False),
    "what JSON cannot hold": ({"__not_json__": "Future <Future pending>"}, False),
}


@pytest.mark.parametrize(("answer", "said"), ANSWERS.values(), ids=ANSWERS)
def test_an_answer_of_a_router(answer: Any, said: bool) -> None:
    """Of a bare false value another table tells: it depends on what others are answered."""
    assert refuses(answer) is said


def test_the_words_of_a_frame() -> None:
    """From the envelope inwards."""
    assert words('{"type": "system_message", "data": {"event": "pong"}}') == (
        "system_message",
        "pong",
    )
    assert words(' "pong" ') == ("pong",)
    assert words("pong\n") == ("pong",)
    assert words({"kind": "ack", "status": 200}) == ("ack",)
    assert words("[1]") == words("7") == words("{}") == ()


def test_what_is_nested_for_ever_is_not_walked() -> None:
    """A frame may be as deep as it likes."""
    assert not is_error("[" * 100_000)
    assert not is_error('{"a":' * 400 + '{"error": 1}' + "}" * 400)
