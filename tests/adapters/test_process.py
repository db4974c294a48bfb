"""Targets in another process: from a string to a hello, what a probe finds, whole workloads."""

from __future__ import annotations

import asyncio
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.adapters.programs import AGENT, EXAMPLE, HELLO, dispatcher, program

from goldenpath import rulebook
from goldenpath.adapters import connection as connections
from goldenpath.adapters import process
from goldenpath.adapters.base import Facts
from goldenpath.adapters.process import ProcessTarget
from goldenpath.adapters.targets import recorded, resolve
from goldenpath.campaign import Campaign
from goldenpath.capabilities import untestable
from goldenpath.choice import Choice
from goldenpath.conduct import Options
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.model import Outcome
from goldenpath.results import Report, strongest

ALL = '["working", "absent", "raising"]'


def target(command: Sequence[str]) -> ProcessTarget:
    found = resolve(f"cmd:{shlex.join(command)}")
    assert isinstance(found, ProcessTarget)
    return found


def probe(command: Sequence[str], scale: float = 1.0) -> Facts:
    return asyncio.run(target(command).probe(scale))


def run(command: Sequence[str], *workloads: str) -> Report:
    return Campaign(target(command), Options(), Choice(workloads=workloads)).run()


def outcomes(report: Report) -> dict[str, Outcome]:
    """The strongest outcome of each rule."""
    return {rule: found.outcome for rule, found in strongest(report.verdicts).items()}


# --- from a string --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("cmd:", "names no program"),
        ("cmd:  ", "names no program"),
        ("cmd:node 'x", "No closing quotation"),
        ("cmd:no_such_program_at_all x", "there is no program 'no_such_program_at_all'"),
        ("cmd:./no/such/file", "there is no program './no/such/file'"),
    ],
)
def test_what_is_no_program_is_a_usage_problem(text: str, said: str) -> None:
    with pytest.raises(UsageProblem, match=said):
        resolve(text)


def test_a_script_without_an_interpreter_is_told_what_to_do(tmp_path: Path) -> None:
    script = tmp_path / "mine.py"
    script.write_text("print('hello')")

    with pytest.raises(UsageProblem, match="name its interpreter"):
        resolve(f"cmd:{script}")


def test_a_program_is_no_live_endpoint(tmp_path: Path) -> None:
    with pytest.raises(UsageProblem, match="a profile is for a live endpoint"):
        resolve("cmd:x", tmp_path / "profile.toml")


def test_a_hello_says_the_kind_before_anything_is_opened() -> None:
    found = target(dispatcher())

    assert found.kind == "dispatcher"
    assert target(program(AGENT)).kind == "agent"


def test_a_command_in_a_history_is_not_run_because_it_stands_there(tmp_path: Path) -> None:
    """A history may be a stranger's: whoever replays it names the program."""
    mark = tmp_path / "mark"

    with pytest.raises(UsageProblem, match="not run unasked") as raised:
        recorded(f"cmd:touch {mark}", {})
    assert f"--target 'cmd:touch {mark}'" in str(raised.value)
    with pytest.raises(UsageProblem, match="not run unasked") as raised:
        recorded("cmd:touch \x1b[2J", {})
    assert str(raised.value).replace("\n", "").isprintable()
    assert not mark.exists()


def test_a_program_can_be_named_within_a_loop() -> None:
    """As a fixture does that opens targets in a test of somebody's own."""

    async def main() -> str:
        return target(dispatcher()).kind

    assert asyncio.run(main()) == "dispatcher"


def test_a_program_may_have_a_name_of_yours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = shlex.join(dispatcher())
    (tmp_path / "mine.py").write_text("")
    (tmp_path / "goldenpath.toml").write_text(f"[targets]\nmine = '''cmd:{command}'''\n")
    monkeypatch.chdir(tmp_path)

    assert resolve("mine").kind == "dispatcher"


# --- the probe ------------------------------------------------------------------------------------


def test_a_probe_finds_what_there_is() -> None:
    facts = probe(dispatcher())

    assert facts.events["tool_executing"] == "native"
    assert facts.events["agent_started"] == "absent"
    assert (facts.shown["outcome"], facts.shown["numbers"]) == ("value", "exact")
    assert facts.card["transport"] == "yes"
    assert facts.card.keys() & rulebook.RULES.keys() == {"RECOVERY-3", "RECOVERY-8a"}
    assert facts.card["RECOVERY-3"] == "UNOBSERVABLE: its users cannot be made slow from here"
    assert facts.card["memory"] == "UNOBSERVABLE: it lives in another process"
    assert facts.declared["deadlines"]["call"] == process.DEADLINES["call"]


def test_a_probe_recognises_the_shape_of_outcomes() -> None:
    before = """
        if line["type"] != "execute": return False
        value = {"status": "ok", "payload": line["parameters"]["value"]}
        write("answer", id=line["id"], value=value)
        return True
    """
    assert probe(dispatcher(before)).shown["outcome"] == "status"
    declared = HELLO.replace('kind="dispatcher"', 'kind="dispatcher", outcome="success"')
    assert probe(dispatcher(before, declared)).shown["outcome"] == "success"
    odd = before.replace('"status": "ok", ', "")
    assert "no known shape" in probe(dispatcher(odd)).shown["probe"]


def test_what_a_program_leaves_out_stands_on_its_card() -> None:
    card = probe(dispatcher(hello='write("hello", protocol=1, kind="dispatcher")\n')).card

    assert card["RECOVERY-2"].startswith("UNOBSERVABLE")
    assert "transport" not in card
    assert untestable(rulebook.RULES["RECOVERY-1"], card) == (
        Outcome.UNOBSERVABLE,
        "its hello does not list the transport absent",
    )


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (
            "if line['type'] == 'create': write('answer', id=line['id'], error={'text': 'no db'})"
            "\nreturn line['type'] == 'create'",
            "no session",
        ),
        (
            "if line['type'] == 'execute': write('answer', id=line['id'], missing='execute_tool')"
            "\nreturn line['type'] == 'execute'",
            "no way to execute anything",
        ),
        ("return line['type'] == 'create'", "a probe took longer than 2 seconds"),
        ("sys.exit(7)", "exit code 7"),
    ],
)
def test_a_session_that_cannot_be_had_is_inconclusive(before: str, said: str) -> None:
    with pytest.raises(TargetProblem, match=said):
        probe(dispatcher(before), 0.1)


def test_a_call_that_fails_in_the_probe_is_shown() -> None:
    before = """
        if line["type"] != "execute": return False
        write("answer", id=line["id"], error={"type": "E", "text": "not today"})
        return True
    """
    assert probe(dispatcher(before)).shown["probe"] == "E not today"


# --- whole workloads ------------------------------------------------------------------------------


def test_a_plain_dispatcher_keeps_its_contract_where_nothing_is_parallel() -> None:
    said = outcomes(run(dispatcher(), "golden_path", "contract", "values", "after_cleanup"))

    core = ("TOOL-1", "TOOL-2", "TOOL-3", "DELIVERY-2", "DELIVERY-5", "ORDER-4", "API-2", "API-3")
    assert {rule: said[rule] for rule in core} == dict.fromkeys(core, Outcome.PASS)
    assert said["API-1"] is Outcome.FAIL  # it says so itself: seven of ten are missing


def test_an_agent_runs_its_plan_and_is_judged_by_all_five_events() -> None:
    report = run(program(AGENT), "golden_path", "values", "two_users", "many_users")
    said = outcomes(report)

    assert set(said.values()) <= {Outcome.PASS, Outcome.UNSUPPORTED, Outcome.UNOBSERVABLE}
    for rule in rulebook.CORE_RULES["agent"]:
        assert said[rule] is Outcome.PASS


@pytest.mark.parametrize(
    ("wrong", "right", "rule"),
    [
        ("", "", ""),
        ("to=self.user_id", "to=[*sessions.values()][-1].user_id", "ISOLATION-1"),
        ("for t in tools}", "for t in first.setdefault(0, tools)}", "ISOLATION-3"),
        ('status="error", error', 'status="success", error', "CONTENT-5"),
        ("            raise\n", "            return None\n", "TOOL-4"),
        ("sessions[session].tools = {}", "pass", "API-9"),
    ],
    ids=["none", "last user", "first tools", "status", "swallowed", "after cleanup"],
)
def test_one_fault_breaks_its_rule(wrong: str, right: str, rule: str) -> None:
    source = "first = {}\n" + (EXAMPLE.replace(wrong, right) if wrong else EXAMPLE)
    workloads = ("golden_path", "two_users", "failing_tool", "after_cleanup")
    said = outcomes(run([sys.executable, "-c", source], *workloads))
    failing = {name for name, outcome in said.items() if outcome is Outcome.FAIL}

    assert (rule in failing) is bool(rule)
    assert bool(failing) is bool(rule)


def test_a_crash_in_one_workload_is_unknown_and_leaves_the_others() -> None:
    before = """
        if line["type"] == "execute" and line["tool"] == "no_such_tool": os._exit(9)
    """
    report = run(dispatcher(before), "golden_path", "unknown_tool")
    by_workload = {v.workload: v for v in report.verdicts if v.rule == "TOOL-1"}

    assert by_workload["golden_path"].outcome is Outcome.PASS
    assert by_workload["unknown_tool"].outcome is Outcome.UNKNOWN
    assert "exit code 9" in by_workload["unknown_tool"].reason
    assert report.exit == 3


def test_a_call_that_hangs_is_a_violation_and_a_program_that_hangs_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(process, "DEADLINES", {**process.DEADLINES, "call": 0.5})
    monkeypatch.setattr(connections, "ACKNOWLEDGING", 0.05)
    monkeypatch.setattr(connections, "PINGING", 0.5)
    monkeypatch.setattr(connections, "LINGERING", 0.05)
    hanging = "    value = None\n    if tool == 'no_such_tool': {}\n"

    def said(how: str) -> dict[str, Outcome]:
        source = EXAMPLE.replace("    value = None\n", hanging.format(how))
        return outcomes(run([sys.executable, "-c", source], "unknown_tool"))

    call, whole = said("await asyncio.Event().wait()"), said("import time; time.sleep(60)")

    assert call["RECOVERY-8"] is Outcome.FAIL
    assert set(whole.values()) == {Outcome.UNKNOWN}


def test_numbers_that_a_language_does_not_tell_apart_are_not_asked_about() -> None:
    """A program that rounds as JavaScript does passes where its hello says so, and only there."""
    rounding = """
        def rounded(value):
            if isinstance(value, dict): return {k: rounded(v) for k, v in value.items()}
            if isinstance(value, list): return [rounded(v) for v in value]
            if type(value) in (int, float) and abs(value) < 1e21 and value == int(value):
                return int(float(value))
            return value
        if "parameters" in line: line["parameters"] = rounded(line["parameters"])
        return False
    """
    said = HELLO.replace('kind="dispatcher"', 'kind="dispatcher", numbers="double"')

    assert outcomes(run(dispatcher(rounding), "values"))["TOOL-2"] is Outcome.FAIL
    assert outcomes(run(dispatcher(rounding, said), "values"))["TOOL-2"] is Outcome.PASS
