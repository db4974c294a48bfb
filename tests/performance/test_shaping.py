"""`baseline update --shapes`: what is stored, and a run that is held against it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from tests.face.commands import goldenpath, verdicts
from tests.performance.made import shapes_of

from goldenpath.adapters.targets import resolve
from goldenpath.conduct import Options, conduct, probe
from goldenpath.errors import UsageProblem
from goldenpath.model import Outcome, Verdict
from goldenpath.performance.baseline import write
from goldenpath.performance.shaping import update
from goldenpath.performance.stored import Golden, path_of, read
from goldenpath.workloads import WORKLOADS

TRACKED = Path(__file__).parents[2] / "reports" / "baselines"
MANAGER = "goldenpath.builtin:reference_manager"
EMITTER = "goldenpath.builtin:reference_emitter"


def stored(folder: Path, target: str = "reference") -> Golden:
    found = read(path_of(folder, target), target)
    assert found is not None
    return found


def run(folder: Path, target: str = "reference", seed: int = 0, tier: str = "quick") -> Verdict:
    options, found = Options(baseline=folder, seed=seed, tier=tier), resolve(target)
    done = conduct(found, probe(found, options), WORKLOADS["golden_path"], options)
    (verdict,) = (v for v in done.verdicts if v.rule == "CONTENT-8")
    return verdict


@pytest.mark.parametrize("target", ["reference", "reference-agent", "reference-ws"])
def test_the_tracked_shapes_of_the_reference_hold(target: str) -> None:
    """Whoever words its events otherwise takes that in, with a reason."""
    verdict = run(TRACKED, target)

    assert (verdict.outcome, verdict.reason) == (Outcome.PASS, "")
    assert verdict.opportunities


def test_what_is_taken_in_is_kept_with_its_reasons(tmp_path: Path) -> None:
    """Sorted, each kind by itself; the same again writes nothing."""
    folder = shapes_of("reference", tmp_path)
    before = path_of(folder, "reference").read_bytes()
    again = "".join(line for _, line in update(resolve("reference"), folder, "again"))
    golden = stored(folder)

    assert "says so already" in again
    assert path_of(folder, "reference").read_bytes() == before
    assert [taken.reason for taken in golden.taken] == ["for a test"]
    assert {"tool_executing", "tool_completed success", "tool_completed error"} <= {*golden.events}
    assert golden.events["tool_completed success"]["data.metadata.result"] == "any"
    assert all([*paths] == sorted(paths) for paths in golden.events.values())


def test_a_change_is_told_and_keeps_the_reasons_before_it(tmp_path: Path) -> None:
    """As the history of a baseline is kept."""
    folder = shapes_of("reference", tmp_path)
    golden = stored(folder)
    del golden.events["tool_executing"]["critical"]
    write(path_of(folder, "reference"), golden)
    lines = [line for _, line in update(resolve("reference"), folder, "it is critical now")]

    assert "  tool_executing: critical was added, flag" in lines
    assert [t.reason for t in stored(folder).taken] == ["for a test", "it is critical now"]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("reference-router", "it is a router"),
        (MANAGER, "are worded by the harness"),
    ],
)
def test_what_has_no_shape_of_its_own_is_refused(target: str, said: str, tmp_path: Path) -> None:
    """Nothing is written."""
    with pytest.raises(UsageProblem, match=said):
        list(update(resolve(target), tmp_path, "why"))
    with pytest.raises(UsageProblem, match="needs a reason"):
        list(update(resolve("reference"), tmp_path, " "))

    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("target", ["reference", "reference-agent", EMITTER])
def test_a_stored_shape_holds_for_other_seeds_and_tiers(target: str, tmp_path: Path) -> None:
    """No false alarm."""
    folder = shapes_of(target, tmp_path)
    runs = [(7, "quick"), (8, "quick"), (9, "full")]

    assert {run(folder, target, *how).outcome for how in runs} == {Outcome.PASS}


def test_an_absent_shape_is_unknown(tmp_path: Path) -> None:
    """And a run makes none."""
    verdict = run(tmp_path)

    assert verdict.outcome is Outcome.UNKNOWN
    assert "goldenpath baseline update reference --baseline" in verdict.reason
    assert "--shapes --reason" in verdict.reason
    assert not [*tmp_path.iterdir()]


def test_a_changed_field_is_exit_1_and_a_damaged_file_exit_2(tmp_path: Path) -> None:
    """Also from the history alone; the places of all that is wrong are named."""
    shapes_of("reference", tmp_path / "base", "miniature:request-id-renamed")
    asked = ("--workload", "golden_path", "--baseline", "base")
    held = goldenpath(tmp_path, "run", "reference", *asked)
    broken = goldenpath(tmp_path, "run", "miniature:request-id-renamed", *asked)
    found = [v for v in verdicts(tmp_path / "reports/latest")["verdicts"] if v["findings"]]
    again = goldenpath(tmp_path, "check", "reports/latest/histories/golden_path.jsonl")
    golden = stored(tmp_path / "base")
    golden.events["tool_executing"]["type"] = "word"
    write(path_of(tmp_path / "base", "reference"), msgspec.structs.replace(golden, format=2))
    wrong = goldenpath(tmp_path, "run", "reference", *asked)
    path_of(tmp_path / "base", "reference").write_text("<<<<<<<")
    damaged = goldenpath(tmp_path, "run", "reference", *asked)

    codes = [done.returncode for done in (held, broken, again, wrong, damaged)]
    assert codes == [0, 1, 1, 2, 2], held.stdout + broken.stdout + wrong.stderr
    assert [v["rule"] for v in found] == ["CONTENT-8"]
    assert {"removed", "added"} == {
        word for f in found[0]["findings"] for word in ("added", "removed") if word in f["message"]
    }
    assert "base/shapes/reference.json" in wrong.stderr
    for said in ("events.tool_executing.type: expected some of", "format: expected 1, got 2"):
        assert said in wrong.stderr
    assert "are damaged" in damaged.stderr
