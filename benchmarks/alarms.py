"""Counts false alarms: `python benchmarks/alarms.py TARGET --runs 200 [--tier quick] [--load 2]`.

Runs the command on a conforming target again and again, each time with another seed, so many at
once, while busy processes keep the cores occupied. Prints what was not green, and the upper bound
that the sample supports (exact, one-sided, 95 %). Capped; resumable: finished seeds stand in the
state file.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Run = dict[str, Any]


def burn() -> None:
    """Keep one core busy for ever."""
    while True:
        sum(range(100_000))


def bound(failures: int, runs: int, confidence: float = 0.95) -> float:
    """The highest true rate at which so few failures are still believable (Clopper-Pearson)."""
    if failures == runs:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        term, tail = (1 - middle) ** runs, 0.0
        for k in range(failures + 1):
            tail += term
            term *= (runs - k) / (k + 1) * middle / (1 - middle)
        low, high = (middle, high) if tail > 1 - confidence else (low, middle)
    return high


def one(target: str, tier: str, seed: int) -> Run:
    """Run once; what was not green."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "goldenpath", "run", target, "--tier", tier]
        command += ["--seed", str(seed), "--report-dir", folder]
        code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode  # noqa: S603
        report = json.loads(Path(folder, "verdicts.json").read_text("utf-8"))
    bad = [
        f"{v['outcome']} {v['rule']} in {v['workload']}: {v['reason']}"
        for v in report["verdicts"]
        if v["outcome"] in ("FAIL", "UNKNOWN")
    ]
    return {
        "seed": seed,
        "exit": code,
        "bad": bad + list(report["problems"]),
        "seconds": round(time.monotonic() - began, 2),
    }


def several(given: argparse.Namespace, seeds: Iterable[int]) -> Iterator[Run]:
    """Run with each seed, so many at once, until the time is over."""
    over = time.monotonic() + 60 * given.cap

    def unless_late(seed: int) -> Run | None:
        return one(given.target, given.tier, seed) if time.monotonic() < over else None

    with ThreadPoolExecutor(given.at_once) as pool:
        yield from filter(None, pool.map(unless_late, seeds))


def options() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("target")
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--tier", default="quick")
    parser.add_argument("--load", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--at-once", type=int, default=1, help="runs side by side")
    parser.add_argument("--cap", type=float, default=40.0, help="minutes after which none begins")
    parser.add_argument("--first-seed", type=int, default=1000)
    parser.add_argument("--state", type=Path, help="file of finished runs, to go on from")
    return parser.parse_args()


def main() -> int:
    """Run what is not in the state file yet, and sum up."""
    given = options()
    state: Path = given.state or Path(tempfile.mkdtemp()) / "alarms.jsonl"
    done = [json.loads(line) for line in state.read_text().splitlines()] if state.exists() else []
    burners = [multiprocessing.Process(target=burn, daemon=True) for _ in range(given.load)]
    for burner in burners:
        burner.start()
    known = {run["seed"] for run in done}
    seeds = [n for n in range(given.first_seed, given.first_seed + given.runs) if n not in known]
    with state.open("a") as file:
        for run in several(given, seeds):
            done.append(run)
            file.write(json.dumps(run) + "\n")
            file.flush()
    for burner in burners:
        burner.terminate()
    alarms = [run for run in done if run["exit"] != 0 or run["bad"]]
    for run in alarms:
        print(f"seed {run['seed']}: exit {run['exit']}: {run['bad']}")
    seconds = sorted(run["seconds"] for run in done)
    print(
        f"{given.target}, tier {given.tier}, {given.at_once} at once, {given.load} busy processes:"
        f" {len(alarms)} false alarms in {len(done)} runs; true rate under"
        f" {100 * bound(len(alarms), len(done)):.2f} % at 95 %;"
        f" median {seconds[len(seconds) // 2]:.1f} s a run"
    )
    return 1 if alarms else 0


if __name__ == "__main__":
    sys.exit(main())
