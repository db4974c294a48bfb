"""Steps that a program cannot do, and programs that fail over one."""

from __future__ import annotations

import pytest
from tests.adapters.performing import ALL, WHOLE, call, create, perform
from tests.adapters.programs import HELLO
from tests.planted import step

from goldenpath.adapters import remote
from goldenpath.adapters.lines import Hello
from goldenpath.errors import TargetProblem
from goldenpath.model import Step
from goldenpath.plant import Plant

# --- what is missing at this reach ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (step("fly"), "way to fly"),
        (call("lookup", form="keyword"), "keyword form"),
        (call("lookup", actor="bob"), "session of bob"),
        (create(transport="slow"), "transport that is slow"),
    ],
)
def test_what_cannot_be_done_is_missing(asked: Step, said: str) -> None:
    reply = perform(create(), asked).replies[1]

    assert (reply.ok, reply.value["by"]) == (False, "missing")
    assert said in reply.value["text"]


def test_what_a_hello_does_not_list_is_not_asked() -> None:
    actions = 'write("hello", protocol=1, kind="dispatcher", actions=["create", "execute"])\n'
    known = Hello("dispatcher", WHOLE.events, ("create", "execute"))
    replies = perform(create(), step("look"), step("cleanup"), hello=actions, known=known).replies

    assert [reply.value.get("by") for reply in replies] == [None, "missing", "missing"]


def test_a_tool_that_works_in_process_only_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Blocking:
        name = "block"

    monkeypatch.setattr(Plant, "tools", lambda *_, **__: [Blocking()])
    reply = perform(create()).replies[0]

    assert "way to run block" in reply.value["text"]


# --- programs that fail ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("sys.exit(1)", "exit code 1"),
        ("write('ended', exec=5)", "exec 5 has not been started"),
        ("write('started', exec=1, tool='lookup', parameters={})", "no tool has the id 'lookup'"),
        ("write('ended')", "missing required field"),
    ],
)
def test_a_program_that_fails_in_mid_call_is_no_violation(does: str, said: str) -> None:
    before = f"""
        if line["type"] != "execute": return False
        {does}
        return True
    """
    with pytest.raises(TargetProblem, match=said):
        perform(create(), call("lookup"), before=before)


def test_a_tool_whose_end_is_never_told_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this, its events would seem to come before it had ended."""
    monkeypatch.setattr(remote, "REPORTING", 0.05)
    before = """
        if line["type"] != "execute": return False
        write("started", exec=1, tool="tool-1", parameters={})
        write("answer", id=line["id"], value=next(lines())["value"])
        return True
    """
    with pytest.raises(TargetProblem, match="does not tell how its tools went: lookup"):
        perform(create(), call("lookup"), step("cleanup"), before=before)


def test_a_session_that_is_not_made_is_told_where_no_rule_would_find_it() -> None:
    before = """
        if line["type"] != "create": return False
        write("answer", id=line["id"], error={"text": "no more users"})
        return True
    """
    hello = HELLO.replace('"])', '"], actions=["create", "execute"])')
    known = Hello("dispatcher", WHOLE.events, ("create", "execute"), ALL)

    assert perform(create(), before=before).replies[0].value["text"] == "no more users"
    with pytest.raises(TargetProblem, match="makes no session for alice"):
        perform(create(), before=before, hello=hello, known=known)


@pytest.mark.parametrize("hello", [HELLO.replace(',"raising"', ""), 'write("hello", protocol=2)\n'])
def test_a_program_that_changes_its_hello_is_told(hello: str) -> None:
    with pytest.raises(TargetProblem, match=r"another (hello|version)"):
        perform(hello=hello)
