"""Live endpoints that behave: the reference server, and one in words of its own."""

from __future__ import annotations

import contextlib
import gc
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.adapters.peers import (
    ANN,
    BEN,
    ENDPOINT_WORKLOADS,
    STRANGERS,
    failed,
    history,
    not_passed,
)

from goldenpath import rulebook
from goldenpath.adapters.base import Facts
from goldenpath.adapters.endpoint import EndpointTarget
from goldenpath.adapters.profile import read_profile
from goldenpath.adapters.reference_ws import ReferenceServerTarget
from goldenpath.adapters.targets import Target, resolve
from goldenpath.capabilities import CAPABILITIES, untestable
from goldenpath.conduct import Conducted, Options, conduct, probe
from goldenpath.errors import TargetProblem
from goldenpath.judge import judge
from goldenpath.model import Outcome
from goldenpath.workloads import WORKLOADS

# --- the reference server ---


@pytest.fixture(scope="module")
def reference() -> Iterator[tuple[Target, Facts]]:
    """One server for all tests of this file."""
    made = resolve("reference-ws")
    assert isinstance(made, ReferenceServerTarget)
    yield made, probe(made, Options())
    made.close()


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_reference_server_passes_everything(
    reference: tuple[Target, Facts], tmp_path: Path, seed: int
) -> None:
    """Each rule that an endpoint's workloads prove, live and again from the file."""
    made, facts = reference
    for workload in ENDPOINT_WORKLOADS:
        result = conduct(made, facts, workload, Options(seed=seed, histories=tmp_path))
        assert not_passed(result) == {}, workload.name
        assert result.notes == ()
        proved = {v.rule for v in result.verdicts if v.opportunities}
        unproved = {"CONTENT-7", *rulebook.ON_REQUEST}  # nothing is planted, nor asked for
        assert proved >= set(workload.proves["endpoint"]) - unproved
        assert judge(history(result)) == result.verdicts


def test_what_an_endpoint_cannot_show_is_said(reference: tuple[Target, Facts]) -> None:
    """Members, calls, returns, planted tools and the transport are out of reach there."""
    _, facts = reference
    for need in ("members", "calls", "returns", "truth", "transport"):
        rules = [rule for rule in rulebook.RULES.values() if rule.needs[:1] == (need,)]
        for rule in rules:
            outcome, reason = untestable(rule, facts.card) or (None, "")
            assert outcome is Outcome.UNOBSERVABLE
            assert reason == CAPABILITIES[need][2]
    assert untestable(rulebook.RULES["DELIVERY-1"], facts.card) is None


def test_a_server_that_dies_is_a_problem_of_the_target(tmp_path: Path) -> None:
    """Neither a crash of ours nor a verdict on rules."""
    made = ReferenceServerTarget("reference-ws")
    facts = probe(made, Options())
    assert made._process is not None
    made._process.kill()
    made._process.wait()
    with pytest.raises(TargetProblem, match="has died"):
        conduct(made, facts, WORKLOADS["golden_path"], Options())
    made.close()


def test_the_server_ends_with_its_target() -> None:
    """No process is left behind, whoever forgets to close."""
    made = ReferenceServerTarget("reference-ws")
    probe(made, Options())
    process = made._process
    assert process is not None
    del made
    gc.collect()
    assert process.poll() is not None


# --- a stranger's server ---


@contextlib.contextmanager
def stranger(fault: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointTarget]:
    """The word-counting chat server, by its profile of at most twenty lines."""
    text = (STRANGERS / "chat.toml").read_text("utf-8")
    assert len(text.splitlines()) <= 20
    monkeypatch.setenv("CHAT_TOKEN_ANN", ANN)
    monkeypatch.setenv("CHAT_TOKEN_BEN", BEN)
    command = [sys.executable, str(STRANGERS / "chat_server.py"), "--fault", fault]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().split()[-1]
            table = tomllib.loads(text) | {"deadlines": {"delivery": 0.5, "settle": 0.1}}
            yield EndpointTarget("chat", read_profile(table, f"ws://127.0.0.1:{port}"))
        finally:
            process.kill()


def results(of: EndpointTarget, tmp_path: Path) -> dict[str, Conducted]:
    options = Options(seed=2, histories=tmp_path)
    facts = probe(of, options)
    return {w.name: conduct(of, facts, w, options) for w in ENDPOINT_WORKLOADS}


def test_a_stranger_in_its_own_words_passes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Other words, other nesting, no plan: a profile is enough."""
    with stranger("none", monkeypatch) as made:
        for result in results(made, tmp_path).values():
            assert not_passed(result) == {}


def test_a_stranger_that_sends_to_the_wrong_user_fails_isolation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Tool events go to whoever connected last: seen with two users only."""
    with stranger("crossed", monkeypatch) as made:
        found = results(made, tmp_path)
        assert not_passed(found["golden_path"]) == {}
        assert failed(found["two_users"]) == {"ISOLATION-1", "ISOLATION-2", "DELIVERY-1"}


def test_a_stranger_that_keeps_silent_about_the_end_of_a_tool_fails_delivery(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is waited for up to the deadline, and then it is missing."""
    with stranger("silent", monkeypatch) as made:
        for result in results(made, tmp_path).values():
            assert failed(result) == {"DELIVERY-1", "DELIVERY-5"}
