"""The lines of the process protocol: what is read, what is refused and how, what is sent."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from goldenpath import rulebook, spec
from goldenpath.adapters import lines
from goldenpath.adapters.lines import (
    ACTIONS,
    TRANSPORTS,
    Answer,
    Cancelled,
    Ended,
    Error,
    Failed,
    Frame,
    Hello,
    LineProblem,
    Started,
    excerpt,
    read_hello,
    read_line,
    request,
    unmade,
    write_line,
)
from goldenpath.dialects import COMMON
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.model import Step

PAGE = Path(__file__).parents[2] / "docs/process.md"


def line(**fields: Any) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("fields", "read"),
    [
        ({"type": "answer", "id": 7, "value": None}, Answer(7, value=None)),
        (
            {"type": "answer", "id": 7, "error": {"type": "E", "text": "no"}},
            Answer(7, error=Error("no", "E")),
        ),
        ({"type": "answer", "id": 7, "missing": "x"}, Answer(7, missing="x")),
        ({"type": "answer", "id": 7, "cancelled": True}, Answer(7, cancelled=True)),
        ({"type": "frame", "to": "u", "frame": {"a": 1}}, Frame("u", {"a": 1})),
        ({"type": "frame", "to": None, "frame": "text", "ack": "a"}, Frame(None, "text", "a")),
        (
            {"type": "started", "exec": 1, "tool": "t", "parameters": {}},
            Started(1, "t", {}),
        ),
        ({"type": "ended", "exec": "x"}, Ended("x")),
        ({"type": "failed", "exec": "x"}, Failed("x")),
        ({"type": "cancelled", "exec": "x"}, Cancelled("x")),
    ],
)
def test_each_line_is_read(fields: dict[str, Any], read: object) -> None:
    assert read_line(line(**fields)) == read


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"Listening on port 80", "malformed"),
        (b"", "truncated"),
        (b"[]", "Expected `object`"),
        (b'{"id": 7}', "required field `type`"),
        (b'{"type": "anser", "id": 7}', "Invalid value 'anser'"),
        (b'{"type": "answer", "id": "7", "value": 1}', "Expected `int`"),
        (b'{"type": "answer", "id": 7}', "one of value, error, missing, cancelled"),
        (b'{"type": "answer", "id": 7, "value": 1, "missing": "x"}', "one of value"),
        (b'{"type": "answer", "id": 7, "value": 1, "x": 1}', "unknown field `x`"),
        (b'{"type": "answer", "id": 7, "value": NaN}', "malformed"),
        (b'{"type": "ended"}', "required field `exec`"),
        (b'{"type": "started", "exec": 1, "tool": "t"}', "`parameters`"),
        (b'{"type": "ended", "exec": "\xff"}', "utf-8"),
        (b"\x00\x01\x02", "malformed"),
        (b'{"type": "frame", "to": 1, "frame": ' + b"[" * 5000, "recursion"),
    ],
)
def test_what_is_no_line_is_refused_in_words(raw: bytes, said: str) -> None:
    with pytest.raises(LineProblem, match="(?i)" + re.escape(said)):
        read_line(raw)


def test_a_line_of_ours_is_ascii_and_ends_once() -> None:
    """U+2028 ends a line for Node's readline."""
    written = write_line("result", exec="x", value="\u2028 \u00e9 \n \U0001f600")

    assert written.isascii()
    assert written.count(b"\n") == 1
    assert json.loads(written)["value"] == "\u2028 \u00e9 \n \U0001f600"


def test_an_excerpt_is_one_bounded_printable_line() -> None:
    shown = excerpt(b"\x1b[2J\xff\r\n\x00" + b"x" * 5000)

    assert shown.isprintable()
    assert len(shown) < 300
    assert "\\x1b" in shown


# --- the hello ------------------------------------------------------------------------------------


def hello(**more: Any) -> bytes:
    return line(type="hello", protocol=1, **more)


def test_a_hello_has_defaults() -> None:
    said = read_hello("x", hello(kind="dispatcher"))

    assert said.events == ("tool_completed", "tool_executing")
    assert set(said.actions) == set(ACTIONS) - {"run"}
    assert (said.transports, said.outcome, said.numbers) == (("working",), None, "exact")
    assert read_hello("x", hello(kind="agent")).events == spec.FIVE
    assert read_hello("x", hello(kind="agent")).actions == ("create", "run", "cleanup")


def test_what_is_declared_is_taken_over() -> None:
    said = read_hello("x", hello(kind="dispatcher", cancellable=False, tool_timeout=2.5))

    assert said.options == {"cancellable": False, "tool_timeout": 2.5}


def test_a_dialect_may_be_named() -> None:
    known = {"mine": replace(COMMON, name="mine")}
    said = read_hello("x", hello(kind="agent", dialect="mine"), known)

    assert said.dialect is not None
    assert said.dialect["name"] == "mine"


def test_a_dialect_becomes_data() -> None:
    said = read_hello("x", hello(kind="agent", dialect={"types": {"go": "agent_started"}}))

    assert said.dialect is not None
    assert said.dialect["types"]["go"] == "agent_started"


@pytest.mark.parametrize("raw", [b"", b"ready", b"[1]", b'{"type": "answer"}', b"\xff\xfe"])
def test_a_first_line_that_is_no_hello_is_the_programs_failure(raw: bytes) -> None:
    with pytest.raises(TargetProblem, match="the first line that it writes is no hello"):
        read_hello("cmd:x", raw)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_version_is_a_usage_problem(version: object) -> None:
    raw = line(type="hello", protocol=version, kind="dispatcher", whatever=1)

    with pytest.raises(UsageProblem, match="another version"):
        read_hello("cmd:x", raw)


def test_of_a_kind_that_is_none_the_actions_are_not_blamed() -> None:
    with pytest.raises(UsageProblem) as raised:
        read_hello("cmd:x", hello(kind="router", actions=["create", "run"]))

    assert "kind: expected one of dispatcher, agent" in str(raised.value)
    assert "actions" not in str(raised.value)


@pytest.mark.parametrize("half", [r"\ud800", r"\uDFFF", r"\ud83d x", r"\udc00\ud83d"])
def test_half_a_letter_is_called_so(half: str) -> None:
    """JSON can spell what no text holds."""
    with pytest.raises(LineProblem, match="one half of a surrogate pair, which is no letter"):
        read_line(b'{"type":"frame","to":"a","frame":"' + half.encode() + b'"}')


def test_a_pair_of_halves_is_a_letter() -> None:
    read = read_line(rb'{"type":"frame","to":"a","frame":"\ud83d\ude00"}')

    assert read == Frame("a", "\U0001f600")


def test_all_that_is_wrong_with_a_hello_is_said_at_once() -> None:
    raw = hello(
        kind="router",
        evnts=[],
        events=["tool_started"],
        outcome="tuple",
        dialect={"typ": "x"},
        transports=["absent", "slow"],
        numbers=1,
        actions=["fly"],
    )
    with pytest.raises(UsageProblem) as raised:
        read_hello("cmd:x", raw)
    said = str(raised.value)

    for name in ("kind", "evnts", "events", "outcome", "dialect", "transports", "numbers"):
        assert f"\n  {name}: expected" in said
    assert "\n  actions: expected" in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"transports": ["absent"]}, "working among them"),
        ({"actions": ["create"]}, "execute among them"),
        ({"actions": ["create", "execute", "run"]}, "a list out of create, execute"),
        ({"dialect": []}, "expected a table, or the name of a dialect"),
        ({"dialect": "none"}, "the name of a dialect that is known: common"),
        ({"tool_timeout": -1}, "tool_timeout: expected seconds, got -1"),
        ({"cancellable": 1}, "cancellable: expected True or False, got 1"),
        ({"accepts": ["sync"]}, "accepts: expected one of"),
        ({"events": "all"}, "a list out of agent_started"),
    ],
)
def test_what_must_be_there_is_asked_for(more: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        read_hello("cmd:x", hello(kind="dispatcher", **more))


def test_what_a_program_leaves_out_cannot_be_told() -> None:
    """Each with its reason; of an agent nothing is asked that only a dispatcher has."""
    least = Hello("dispatcher", (), ("create", "execute"))
    untold = least.untold

    named = [action.untold for action in ACTIONS.values()] + list(TRANSPORTS.values())
    assert set(untold) == {rule for rules in named for rule in rules}
    assert untold["API-3"] == "UNOBSERVABLE: it does not answer look"
    assert untold["RECOVERY-1"] == "UNOBSERVABLE: its hello does not list the transport absent"
    of_agent = Hello("agent", (), ("create", "run")).untold
    assert set(of_agent) == {rule for rules in TRANSPORTS.values() for rule in rules}
    whole = read_hello("x", hello(kind="dispatcher", transports=list(TRANSPORTS)))
    assert whole.untold == {}


def test_the_tables_name_rules_that_exist() -> None:
    named = {rule for action in ACTIONS.values() for rule in action.untold}
    named |= {rule for rules in TRANSPORTS.values() for rule in rules}

    assert named <= set(rulebook.RULES)


# --- requests -------------------------------------------------------------------------------------


def test_a_request_holds_nothing_that_is_ours_alone() -> None:
    plan = {
        "rounds": [[{"id": "c", "tool": "t", "arguments": {}, "token": "gpc"}]],
        "answer": "a",
    }
    run = Step("s1", "alice", "run", {"plan": plan, "message": "m", "run_id": "r", "golden": True})
    call = Step("s2", "alice", "execute", {"tool": "t", "token": "gpc", "parameters": {"a": 1}})

    assert request(run) == {
        "run_id": "r",
        "message": "m",
        "plan": {"rounds": [[{"id": "c", "tool": "t", "arguments": {}}]], "answer": "a"},
    }
    assert request(call) == {"tool": "t", "parameters": {"a": 1}}


@pytest.mark.parametrize(
    ("args", "made"),
    [
        ({}, True),
        ({"form": "positional"}, True),
        ({"form": "omitted", "via": "dispatch"}, True),
        ({"form": "keyword"}, False),
        ({"form": "mixed", "via": "execute_tool"}, False),
        ({"form": "keyword", "via": "dispatch"}, True),
    ],
)
def test_forms_of_python_are_not_made(args: dict[str, Any], made: bool) -> None:
    assert (unmade(Step("s", "alice", "execute", {"tool": "t", **args})) == "") is made


def test_an_action_that_the_protocol_does_not_know_is_said() -> None:
    assert "way to fly" in unmade(Step("s", "alice", "fly"))


# --- the page -------------------------------------------------------------------------------------


def test_the_page_names_every_line_action_condition_and_field() -> None:
    page = PAGE.read_text("utf-8")
    tags = [kind.__struct_config__.tag for kind in (Answer, Frame, Started, Ended)]
    words = [*tags, *ACTIONS, *TRANSPORTS, "failed", "cancelled", "ping", "cancel", "result"]
    fields = [f for k in (Answer, Frame, Started) for f in msgspec.structs.fields(k)]

    declared = [*(Hello.__annotations__.keys() - {"options"}), *lines.DECLARED]

    for word in [*words, *(field.encode_name for field in fields), *declared]:
        assert re.search(rf"\b{word}\b", page), word
    assert f'"protocol": {lines.PROTOCOL}' in page
