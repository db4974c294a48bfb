"""The target `pydantic-ai`: what it keeps, what it breaks, and that the framework alone does so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pydantic_ai", reason="the extra pydantic-ai is not installed")

from pydantic import BaseModel
from pydantic_ai import Agent, FunctionToolResultEvent, NativeOutput, PromptedOutput
from pydantic_ai.capabilities import Hooks, ProcessEventStream
from tests.virtual import VirtualLoop

from goldenpath.adapters import growth
from goldenpath.adapters.frameworks.pydantic_ai import wrap
from goldenpath.adapters.python import PythonTarget
from goldenpath.adapters.targets import resolve
from goldenpath.conduct import Conducted, Options, conduct, probe
from goldenpath.errors import UsageProblem
from goldenpath.judge import relevant
from goldenpath.model import Outcome
from goldenpath.workloads import WORKLOADS, Workload

EVIDENCE = Path(__file__).parent / "evidence"

#: What is red at any tier, and the script that shows the same of pydantic-ai without us.
RED = {
    ("failing_tool", "DELIVERY-2"): "pydantic_ai_failing_tool.py",
    ("failing_tool", "DELIVERY-5"): "pydantic_ai_failing_tool.py",
    ("internals", "DELIVERY-2"): "pydantic_ai_failing_tool.py",
    ("internals", "DELIVERY-5"): "pydantic_ai_failing_tool.py",
    ("unmoved", "DELIVERY-2"): "pydantic_ai_failing_tool.py",
    ("unmoved", "DELIVERY-5"): "pydantic_ai_failing_tool.py",
    ("cancelled_call", "DELIVERY-2"): "pydantic_ai_cancelled_run.py",
    ("cancelled_call", "DELIVERY-5"): "pydantic_ai_cancelled_run.py",
    ("failing_sibling", "DELIVERY-2"): "pydantic_ai_siblings.py",
    ("failing_sibling", "DELIVERY-5"): "pydantic_ai_siblings.py",
}

#: What only our own adapter could break, and is therefore grey.
GREY = {"CONTENT-1", "RECOVERY-1", "RECOVERY-2", "RECOVERY-3", "RECOVERY-8a", "ISOLATION-5"}

#: What it does not declare, or does not have.
UNSUPPORTED = {"TOOL-9", "TOOL-10a", "RECOVERY-7", "LATENCY-2"}

#: What the framework does not tell: no event has a timestamp, or a number by which calls side by
#: side would have an order.
UNSAID = {"ORDER-5", "ORDER-6"}

#: What the framework's own signals decide, and must not be grey.
SEEN = {"TOOL-1", "ORDER-1", "ORDER-2", "DELIVERY-1", "DELIVERY-4", "ISOLATION-1", "CONTENT-3"}
SEEN |= {"ORDER-5", "CONTENT-2", "CONTENT-4", "CONTENT-6"}

AGENT_WORKLOADS = [w for w in WORKLOADS.values() if "agent" in w.proves and not w.on_request]


def _run(
    target: Any, workloads: Iterable[Workload], seed: int = 1, tier: str = "quick", **more: Any
) -> list[Conducted]:
    options = Options(seed=seed, tier=tier, **more)
    facts = probe(target, options)
    return [conduct(target, facts, workload, options) for workload in workloads]


#: No longer than they need be: the framework goes through the whole conversation at each of the
#: calls of `latency`, and of 25 sessions 18 batches tell whether memory grows (RESOURCE-2).
SIZES = {"latency": WORKLOADS["latency"].size["quick"], "many_sessions": 25}


def _whole(seed: int, tier: str) -> list[Conducted]:
    """All workloads, on virtual time: the plain agent uses no threads."""
    workloads = [
        replace(w, size=dict.fromkeys(w.size, SIZES[w.name])) if w.name in SIZES else w
        for w in AGENT_WORKLOADS
    ]
    return _run(resolve("pydantic-ai"), workloads, seed, tier, loop_factory=VirtualLoop)


def _named(*names: str) -> list[Workload]:
    return [WORKLOADS[name] for name in names]


def _pairs(done: list[Conducted], outcome: Outcome) -> set[tuple[str, str]]:
    return {
        (c.workload, v.rule) for c in done for v in relevant(c.verdicts) if v.outcome is outcome
    }


@pytest.mark.parametrize("script", sorted(EVIDENCE.glob("pydantic_ai_*.py")), ids=lambda p: p.stem)
def test_the_framework_alone_does_what_we_say(script: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert "goldenpath" not in script.read_text("utf-8")
    assert len(script.read_text("utf-8").splitlines()) <= 40


def test_red_is_what_has_evidence_and_grey_what_we_stamp_ourselves(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each cell of the quick tier is what is noted, and every other one has passed."""
    monkeypatch.setattr(growth, "LONGEST", 100)  # memory is measured to the end on any machine
    done = _whole(1, "quick")
    assert _pairs(done, Outcome.FAIL) == set(RED)
    assert _pairs(done, Outcome.UNKNOWN) == set()
    sound = [c for c in done if c.workload not in {name for name, _ in RED}]
    owed = {(c.workload, v.rule, v.outcome) for c in sound for v in c.verdicts if v.proves}
    assert {rule for _, rule, outcome in owed if outcome is Outcome.UNOBSERVABLE} == GREY | UNSAID
    assert {rule for _, rule, outcome in owed if outcome is Outcome.UNSUPPORTED} == UNSUPPORTED
    grey = GREY | UNSAID | UNSUPPORTED
    assert {x for x in owed if x[1] not in grey and x[2] is not Outcome.PASS} == set()
    assert {rule for _, rule in _pairs(sound, Outcome.PASS)} >= SEEN


@pytest.mark.slow
def test_at_the_full_tier_red_is_the_same() -> None:
    done = _whole(2, "full")
    assert _pairs(done, Outcome.FAIL) == set(RED)
    assert _pairs(done, Outcome.UNKNOWN) == set()


def test_every_red_cell_has_its_evidence() -> None:
    assert {EVIDENCE / script for script in RED.values()} <= set(EVIDENCE.iterdir())


def test_a_plan_may_be_longer_than_the_frameworks_limit_of_requests() -> None:
    (done,) = _run(resolve("pydantic-ai"), _named("golden_path"), tier="soak")
    assert not _pairs([done], Outcome.FAIL)


class Tree(BaseModel):
    """An output that holds itself, and fields of every kind."""

    answer: str
    page: int
    sure: bool
    children: list[Tree]
    after: Tree | None


OUTPUTS = {
    "text": str,
    "tool": Tree,
    "choice": [Tree, int],
    "list": list[str],
    "native": NativeOutput(Tree),
    "prompted": PromptedOutput(Tree),
}


@pytest.mark.parametrize("output", OUTPUTS.values(), ids=OUTPUTS)
def test_a_users_own_agent_keeps_its_output_settings_and_hooks(output: Any) -> None:
    seen: list[str] = []
    hooks: Hooks[None] = Hooks(before_run=lambda ctx: seen.append(ctx.run_id or ""))
    own: Agent[None, Any] = Agent(
        output_type=output, instructions="Be kind.", capabilities=[hooks], tools=[print]
    )
    factory = wrap(own)
    target = PythonTarget("own", factory, factory.__goldenpath__)  # type: ignore[attr-defined]
    done = _run(target, _named("golden_path", "two_users"))
    assert not _pairs(done, Outcome.FAIL)
    assert len(seen) == 4, "two runs of a user alone, then one of each of two"


async def _no_results(ctx: Any, stream: Any) -> Any:
    async for event in stream:
        if not isinstance(event, FunctionToolResultEvent):
            yield event


async def _no_run(ctx: Any, *, handler: Any) -> Any:
    raise RuntimeError("not today")


@pytest.mark.parametrize(
    ("capability", "broken"),
    [
        (ProcessEventStream(_no_results), {"DELIVERY-1", "DELIVERY-2", "DELIVERY-5"}),
        (Hooks(run=_no_run), {"DELIVERY-1"}),
    ],
    ids=["drops results", "refuses to run"],
)
def test_what_a_users_own_capability_spoils_is_seen(capability: Any, broken: set[str]) -> None:
    factory = wrap(Agent(capabilities=[capability]))
    target = PythonTarget("own", factory, factory.__goldenpath__)  # type: ignore[attr-defined]
    assert {rule for _, rule in _pairs(_run(target, _named("golden_path")), Outcome.FAIL)} == broken


def test_a_users_agent_is_found_by_name(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from pydantic_ai import Agent\nbot = Agent(output_type=int)\nother = 1\n", "utf-8"
    )
    (done,) = _run(resolve(f"pydantic-ai:{tmp_path}/mine.py:bot"), _named("golden_path"))
    assert not _pairs([done], Outcome.FAIL)
    with pytest.raises(UsageProblem, match=r"expected: a pydantic_ai\.Agent"):
        resolve(f"pydantic-ai:{tmp_path}/mine.py:other")
