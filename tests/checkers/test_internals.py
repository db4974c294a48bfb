"""CONTENT-7: planted internals and stack traces are found; paths and error texts are not."""

from __future__ import annotations

import json
import traceback

import pytest
from tests.build import ALICE, BOB, bare, call
from tests.judged import broken, outcome, untold, verdicts
from tests.scenes import dispatcher

from goldenpath.canary import CREDENTIAL, REPR, SELF, THREAD, TRACE, mint
from goldenpath.model import Kind, Outcome
from goldenpath.plant.internals import Opaque, crash


def traced() -> str:
    """A traceback, as it is printed."""
    try:
        crash(ValueError("no"), mint(ALICE.owner, TRACE))
    except ValueError:
        return traceback.format_exc()


def without_marks(text: str) -> str:
    return text.replace(mint(ALICE.owner, TRACE), "engine")


INSIDE: dict[str, tuple[str, str]] = {
    "a repr": (repr(Opaque(mint(ALICE.owner, REPR))), "the repr of an object"),
    "a credential": (f"tok_{mint(ALICE.owner, CREDENTIAL)}", "a credential"),
    "another's credential": (f"tok_{mint(BOB.owner, CREDENTIAL)}", "a credential"),
    "a source path": (
        f"no ({mint(ALICE.owner, TRACE)}/engine.py:2)",
        "the source path of a traceback",
    ),
    "a traceback": (traced(), "the source path of a traceback, a stack trace"),
    "the head of any traceback": ("Traceback (most recent call last):\n  ...", "a stack trace"),
    "a line of any traceback": (
        without_marks(traced()).partition("\n")[2],
        "a stack trace",
    ),
    "a traceback as JSON in JSON": (json.dumps(without_marks(traced())[35:]), "a stack trace"),
}


TRACES = {
    "JavaScript": "Error: no\n    at work (/srv/engine.js:10:15)\n    at /srv/engine.js:3:1",
    "JavaScript, a place without a name": "Error: no\n    at file:///srv/engine.mjs:10:15",
    "JavaScript, of Node itself": "no\n    at async run (node:internal/modules/run:10:15)",
    "JavaScript, a method": "no\n\tat async Engine.work [as run] (/srv/engine.ts:10:15)",
    "Java": "Oh: no\n\tat shop.Engine.work(Engine.java:10)\n\tat shop.Main.main(Main.java:1)",
    "Java, in one line": "no at shop.Engine$Part.<init>(Engine.java:10)",
    "Java, without a file": "no\n\tat java.base/java.lang.Thread.run(Unknown Source)",
    "Kotlin": "no\n\tat shop.EngineKt.work(Engine.kt:10)",
    "C#": "no\n   at Shop.Engine.Work(String query) in /srv/Engine.cs:line 10",
    "Go": "panic: no\n\ngoroutine 1 [running]:\nmain.main()\n\t/srv/engine.go:10 +0x39",
    "Go, while it waits": "goroutine 18 [chan receive, 2 minutes]:",
    "Ruby": "/srv/engine.rb:10:in 'work': no (RuntimeError)",
    "PHP": "no\n#0 /srv/engine.php(10): work()\n#1 {main}",
}


@pytest.mark.parametrize("text", TRACES.values(), ids=TRACES)
def test_a_stack_trace_of_another_language(text: str) -> None:
    """As it is, in the JSON of a frame, and as JSON in it."""
    for line in (
        (Kind.FRAME, "alice/1", None, "tap.send", text),
        bare(ALICE, "log", error=text),
        bare(ALICE, "log", error=json.dumps({"error": text})),
    ):
        message, _ = broken("CONTENT-7", dispatcher(line))
        assert message.endswith(" to alice shows a stack trace")


@pytest.mark.parametrize(("text", "what"), INSIDE.values(), ids=INSIDE)
@pytest.mark.parametrize("kind", ["tool_completed", "log"])
def test_a_frame_that_shows_internals(kind: str, text: str, what: str) -> None:
    """An event or any other frame, wherever in it they stand."""
    line = bare(ALICE, kind, tool="x", status="error", metadata={"error": [text]})

    assert broken("CONTENT-7", dispatcher(line)) == (f"{kind} to alice shows {what}", (3,))


def test_each_kind_is_told_once() -> None:
    """In the order in which they stand."""
    marks = mint(ALICE.owner, REPR), mint(ALICE.owner, CREDENTIAL), mint(BOB.owner, REPR)
    line = bare(ALICE, "log", text=" ".join(marks))

    assert broken("CONTENT-7", dispatcher(line)) == (
        "log to alice shows the repr of an object, a credential",
        (3,),
    )


def test_a_frame_without_a_type_is_named_as_a_frame() -> None:
    """It need not even be JSON."""
    line = (Kind.FRAME, "alice/1", None, "tap.send", traced())

    assert broken("CONTENT-7", dispatcher(line))[0].startswith("a frame to alice shows")


@pytest.mark.parametrize("shape", ["bridge", "emitter", "manager.send_event", "tap.send"])
def test_they_are_found_by_every_shape(shape: str) -> None:
    """What stands in the fields is the target's own."""
    text = json.dumps({"type": "x", "result": repr(Opaque(mint(ALICE.owner, REPR)))})

    assert outcome("CONTENT-7", dispatcher((Kind.FRAME, "alice/1", None, shape, text))) is (
        Outcome.FAIL
    )


FINE = {
    "a canary of a call": mint(ALICE.owner, 16),
    "a thread": mint(ALICE.owner, THREAD),
    "the user's own mark": mint(ALICE.owner, SELF),
    "a path": "/srv/app/main.py",
    "the place of a mistake": 'File "a.py", line 3',
    "the text of an error": "lookup cannot work on it, line 7",
    "an address": "<object at 0x7f3a>",
    "the name of a type": "[Opaque]",
    "talk of tracebacks": "There was a Traceback, most recent call last.",
    "a time of day": "The plan:\n    at the office 10:30:15\n    at 2026-01-02T10:30:15",
    "a place in JavaScript": "\n    look into engine.js:10:15 (or at /srv/engine.js:3:1)",
    "a place after a line": "\n    at first\nsrc/engine.js:10:15 is wrong",
    "a place in Java": "Look at Engine.java:10, and at work(Engine) as well",
    "a place in C#": "(see there) in Engine.cs, line 10",
    "talk of goroutines": "The goroutine 1 [of many] is running: see there",
    "a place in Ruby": "engine.rb:10: syntax error, in 'work'",
    "a place in PHP": "No. #0 is in /srv/engine.php (10)",
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_what_only_looks_like_internals_is_content(text: str) -> None:
    """A tool's error text, and whatever looks like a path (DESIGN section 9)."""
    assert outcome("CONTENT-7", dispatcher(bare(ALICE, "log", text=text), *call(ALICE))) is (
        Outcome.PASS
    )


def test_where_nothing_can_be_planted_only_a_stack_trace_can_be_found() -> None:
    """At an endpoint it is grey, or red."""
    card = {"truth": "no"}
    head = bare(ALICE, "log", text="Traceback (most recent call last)")

    said = verdicts(dispatcher(*call(ALICE)), card=card)["CONTENT-7"]

    assert said.outcome is Outcome.UNOBSERVABLE
    assert said.reason == "nothing could be planted in it; no stack trace was shown"
    assert outcome("CONTENT-7", dispatcher(head), card=card) is Outcome.FAIL


@pytest.mark.parametrize(
    "piece",
    ["\\n at ", "\n\t at ", "\n  at a (", " at a", '", line File "', ") in :line ", "#0 /.php("],
)
def test_a_frame_that_is_made_to_take_long(piece: str) -> None:
    """It is read in time that grows with its length: a hundred thousand beginnings of a trace."""
    text = piece * 100_000
    line = (Kind.FRAME, "alice/1", None, "tap.send", text)

    assert outcome("CONTENT-7", dispatcher(line)) is Outcome.PASS


def test_a_frame_that_has_no_text_shows_nothing() -> None:
    """It is for CONTENT-1."""
    line = (Kind.FRAME, "alice/1", None, "tap.send", {"not_JSON": "TypeError: a set"})

    assert untold("CONTENT-7", dispatcher(line))
