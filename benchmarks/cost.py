"""What recording and judging cost: `python benchmarks/cost.py [EVENTS ...]`.

Recording: microseconds per event from the transport's call to the line in the file, beside the same
line written by hand. Judging: by the rules that are for an agent, seconds as a ratio to parsing the
same lines and payloads, and the peak of memory, for each number of events, each in a process of its
own.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from goldenpath import spec
from goldenpath.adapters.targets import resolve
from goldenpath.canary import mint
from goldenpath.history import Footer, Header, encode_line, read_header, read_rest
from goldenpath.model import Entry, Kind, Outcome
from goldenpath.offline import judge_file
from goldenpath.plant import Plant, plant_user
from goldenpath.recorder import FileSink, Recorder
from goldenpath.reference.context import UserContext
from goldenpath.reference.events import EventFactory

SIZES = (10_000, 100_000, 1_000_000)
USERS = 8

_NOW = "2026-11-25T12:00:00.000000+00:00"

Line = tuple[Kind, str, str | None, str, object]


def best(work: Callable[[], object], times: int = 5) -> float:
    """The median of some runs, in seconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def recording(events: int = 20_000) -> None:
    """Print the cost of one event, and of its parts."""
    user = plant_user(1, 0)
    with tempfile.TemporaryDirectory() as folder:
        sink = FileSink(f"{folder}/history.jsonl")
        recorder = Recorder(sink)
        plant = Plant(recorder, [user])
        plant.transport.connect(user.name, "working")
        event = EventFactory(UserContext.from_user(plant.user(user.name, "run"))).tool_executing(
            "lookup", "call_1", {"query": mint(user.owner, 16)}
        )
        line = encode_line(Entry(0, 0, Kind.FRAME, "alice/1", None, "send", "x" * 400))

        def record() -> None:
            for _ in range(events):
                plant.transport.deliver(user.name, "send", event)

        def write() -> None:
            for _ in range(events):
                sink.write(line)

        whole, bare = best(record) / events * 1e6, best(write) / events * 1e6
        sink.close()
    print(f"recording: {whole:.2f} us per event, of which the write itself {bare:.2f} us")


def runs(events: int) -> Iterator[Line]:
    """Golden runs of several users, side by side: five events and one call each."""
    users = [plant_user(1, n) for n in range(USERS)]
    for user in users:
        yield Kind.LINK, f"{user.name}/1", None, "up", {"user": user.name}
    for number in range(events // 5):
        user = users[number % USERS]
        yield from one_run(user.name, user.owner, user.user_id or "", user.thread_id or "", number)


def one_run(name: str, owner: str, user_id: str, thread: str, number: int) -> Iterator[Line]:
    """The lines of one golden run."""
    token, run_id, step = mint(owner, 16 + number), f"run-{number}", f"s{number}"
    given = {"query": f"what is {token}?"}
    call = {"id": f"call_{token}", "tool": "lookup", "arguments": given, "token": token}
    ids = {"run_id": run_id, "thread_id": thread, "user_id": user_id}
    link = f"{name}/1"

    def frame(kind: str, **data: object) -> Line:
        text = msgspec.json.encode({"type": kind, "data": {**ids, **data}, "timestamp": _NOW})
        return Kind.FRAME, link, None, "manager.send_to_user", text.decode()

    truth = {"tool": "lookup", "token": token, "run": number}
    asked = {**ids, "plan": {"rounds": [[call]], "answer": "so"}, "golden": True}
    yield Kind.INVOKE, name, step, "run", asked
    yield frame("agent_started")
    yield frame("agent_thinking", reasoning="let me see")
    wire = {"tool_name": "lookup", "call_id": call["id"]}
    yield frame("tool_executing", **wire, metadata={"parameters": given})
    yield Kind.TOOL, name, None, "started", {**truth, "parameters": given}
    yield Kind.TOOL, name, None, "ended", {**truth, "result": {"found": token}}
    yield frame("tool_completed", **wire, status="success", metadata={"result": {"found": token}})
    yield frame("agent_completed", metadata={"result": f"the answer {token}"})
    yield Kind.OK, name, step, "run", {"value": f"the answer {token}"}


def write_history(path: Path, events: int) -> None:
    """Write a history with so many events."""
    header = Header(
        target="made for the benchmark",
        kind="agent",
        workload="golden runs",
        card=asyncio.run(resolve("reference-agent").probe()).card,
        events=dict.fromkeys(spec.FIVE, "native"),
        users=tuple(plant_user(1, n) for n in range(USERS)),
    )
    with path.open("wb") as file:
        file.write(encode_line(header))
        count = 0
        for count, line in enumerate(runs(events), start=1):
            file.write(encode_line(Entry(count - 1, count * 1000, *line)))
        file.write(encode_line(Footer(entries=count)))


def parse(path: Path) -> None:
    """Parse the same lines and payloads, and nothing else."""
    payload = msgspec.json.Decoder().decode
    with path.open("rb") as file:
        read_header(next(file))
        for part in read_rest(file):
            if isinstance(part, Entry) and isinstance(part.value, str):
                payload(part.value)


def judging(events: int) -> None:
    """Print what judging so many events costs; run in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "history.jsonl"
        write_history(path, events)
        times = 3 if events <= 100_000 else 1
        parsed = best(lambda: parse(path), times)
        judged = best(lambda: judge_file(path), times)
        _, result = judge_file(path)
    wrong = [v.rule for v in result.verdicts if v.outcome is not Outcome.PASS]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"judging {events:>9,} events: {judged / events * 1e6:5.1f} us per event,"
        f" {judged / parsed:4.1f} times the parsing, peak {peak:,.0f} MB,"
        f" not PASS: {wrong or 'none'}"
    )


def main() -> None:
    """Run all of it; `--judge N` is what the processes are started with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", type=int, nargs="*", default=SIZES, help="sizes to judge")
    parser.add_argument("--judge", type=int, metavar="N", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.judge:
        judging(given.judge)
        return
    recording()
    for size in given.events:
        subprocess.run([sys.executable, __file__, "--judge", str(size)], check=True)  # noqa: S603


if __name__ == "__main__":
    main()
