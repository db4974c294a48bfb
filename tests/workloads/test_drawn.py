"""Drawn values: the same with the same seed wherever they are drawn, and nothing is left behind."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from goldenpath.checkers.same import same
from goldenpath.errors import TargetProblem
from goldenpath.jsonable import jsonable
from goldenpath.plant import plant_user
from goldenpath.workloads import WORKLOADS, Script
from goldenpath.workloads.drawn import drawn
from goldenpath.workloads.strategies import draw

SEEDS = (0, 1, 7, 2**32)


def leaves(value: Any) -> Iterator[Any]:
    """Everything within a value that is no box, keys too."""
    if isinstance(value, dict):
        yield from value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield value


def test_the_same_seed_draws_the_same_bytes() -> None:
    """Each time in a fresh process; another seed draws something else."""
    first, again, other = (drawn.__wrapped__(seed, 12) for seed in (5, 5, 6))

    assert json.dumps(first) == json.dumps(again)
    assert json.dumps(first) != json.dumps(other)
    assert len(first) == len(other) == 12


def test_modules_of_the_users_have_no_say(tmp_path: Path) -> None:
    """Hypothesis would draw from the source of local modules; what the user's process holds, where
    it works and how it is set up changes nothing.
    """
    (tmp_path / "local.py").write_text("".join(f"X{n} = 7{n}000000001\n" for n in range(500)))
    (tmp_path / "ask.py").write_text(
        "import json, local\n"
        "from hypothesis import settings\n"
        "settings.register_profile('mine', derandomize=True, max_examples=1)\n"
        "settings.load_profile('mine')\n"
        "from goldenpath.workloads.drawn import drawn\n"
        "print(json.dumps(drawn(5, 60)))\n"
    )
    done = subprocess.run(
        [sys.executable, "ask.py"], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout) == json.loads(json.dumps(drawn(5, 60)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ask.py", "local.py"]


def test_what_lies_in_the_users_folder_hides_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file may be called like a module that Hypothesis needs."""
    for name in ("random", "sortedcontainers"):
        (tmp_path / f"{name}.py").write_text("raise RuntimeError('not this one')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    assert drawn.__wrapped__(5, 2) == drawn(5, 2)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_drawn_is_json_that_must_be_carried(seed: int) -> None:
    """It goes through JSON unchanged, and within the bounds of what a target owes."""
    for parameters, value in drawn(seed, 60):
        assert same(json.loads(json.dumps([parameters, value])), [parameters, value])
        assert same(jsonable([parameters, value]), [parameters, value])
        for leaf in leaves([parameters, value]):
            assert not isinstance(leaf, int) or -(2**63) <= leaf < 2**63
            assert not isinstance(leaf, str) or leaf.encode().decode() == leaf


@pytest.mark.parametrize("seed", SEEDS)
def test_names_are_those_that_a_model_lets_a_tool_have(seed: int) -> None:
    """And never the one that holds the canary, nor that of dispatch's first argument."""
    names = {name for parameters, _ in drawn(seed, 60) for name in parameters}

    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}", name) for name in names)
    assert not names & {"query", "tool_name"}
    assert len(names) > 20


def test_what_is_drawn_is_awkward() -> None:
    """Among a few hundred values every kind of trouble comes up."""
    values = [leaf for pair in drawn(3, 100) for leaf in leaves(list(pair))]
    texts = [leaf for leaf in values if isinstance(leaf, str)]

    assert {type(leaf) for leaf in values} == {str, int, float, bool, type(None)}
    assert any(abs(leaf) > 2**53 for leaf in values if type(leaf) is int)
    assert any(ord(letter) > 0xFFFF for text in texts for letter in text)
    assert any(ord(letter) < 0x20 for text in texts for letter in text)
    assert "" in texts


def test_drawing_in_this_process_is_the_same_function() -> None:
    """What the program prints is what `draw` gives."""
    assert len(draw(1, 5)) == 5
    assert all(isinstance(parameters, dict) and parameters for parameters, _ in draw(1, 5))


def test_there_is_more_at_higher_tiers() -> None:
    """The size is the number of pairs."""
    sizes = WORKLOADS["drawn_values"].size

    assert sizes["quick"] < sizes["full"] < sizes["soak"]


@pytest.mark.parametrize(("kind", "doors"), [("dispatcher", 3), ("agent", 1)])
def test_each_value_goes_through_a_call_of_its_own(kind: str, doors: int) -> None:
    """Through the three doors of a dispatcher in turns, each tried with usual parameters before."""
    script = Script(kind, 1, [plant_user(1, 0)])
    (lane,) = WORKLOADS["drawn_values"].build(script, 4)

    assert len(script.tokens(lane)) == 2 * doors + 2 * 4
    if kind == "dispatcher":
        executed = [step.args for step in lane if step.action == "execute"]
        assert [args["via"] for args in executed[6:12:2]] == [
            "execute_tool",
            "dispatch_tool",
            "dispatch",
        ]
        assert all(
            same(args["parameters"]["value"], value)
            for args, (_, value) in zip(executed[7::2], drawn(1, 4), strict=True)
        )


def test_without_hypothesis_it_is_said_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not a crash of ours: the workload cannot be asked for."""
    (tmp_path / "hypothesis.py").write_text("raise ImportError('no hypothesis here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    with pytest.raises(TargetProblem, match="no hypothesis here") as caught:
        drawn.__wrapped__(5, 2)

    assert "pip install hypothesis" in str(caught.value)
