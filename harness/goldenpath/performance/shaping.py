"""`goldenpath baseline show|update --shapes`: which golden shapes are stored, and since when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from goldenpath import rulebook, spec
from goldenpath.adapters.base import Facts
from goldenpath.adapters.targets import Target
from goldenpath.capabilities import untestable
from goldenpath.checkers.held import parsed_text
from goldenpath.checkers.shapes import Shape, Shapes, changes
from goldenpath.conduct import Options, header_of, perform, probe, versions
from goldenpath.dialects import FrameReader
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.model import Entry, Kind
from goldenpath.performance import baseline, stored
from goldenpath.workloads import WORKLOADS

#: So many seeds are looked at: what is not always there shows itself in one of them.
SEEDS = 3

Line = tuple[str, str]


def update(target: Target, folder: Path, reason: str) -> Iterator[Line]:
    """Take in the shapes of the target's events as they are now. Yields styled lines.

    Raises UsageProblem or TargetProblem where there are none or they cannot be kept; the file is
    then as it was.
    """
    if not reason.strip():
        raise UsageProblem("an update needs a reason", expected='--reason "what has changed"')
    path = stored.path_of(folder, target.name)
    before = stored.read(path, target.name)
    shapes = _gathered(target)
    events = shapes.shape()
    if before and before.events == events:
        yield "", f"{path} says so already: nothing was written"
        return
    taken = stored.Taken(reason=reason.strip(), goldenpath=versions()["goldenpath"])
    golden = stored.Golden(
        target=target.name, events=events, taken=(*(before.taken if before else ()), taken)
    )
    try:
        baseline.write(path, golden)
    except OSError as error:
        raise UsageProblem(f"{path} cannot be written: {error.strerror}") from None
    yield "title", f"written: {path}"
    yield from (("", f"  {line}") for line in _kinds(events))
    for said, _ in changes(before.events if before else {}, shapes):
        yield "dim", f"  {said}"


def show(target: Target, folder: Path) -> Iterator[Line]:
    """Styled lines about the golden shapes of this target, if it has any. Raises UsageProblem where
    they are damaged.
    """
    path = stored.path_of(folder, target.name)
    golden = stored.read(path, target.name)
    if golden is None:
        return
    yield "title", str(path)
    yield from (("", f"  {line}") for line in _kinds(golden.events))
    for taken in golden.taken:
        yield "dim", f"  goldenpath {taken.goldenpath}: {taken.reason}"


def _kinds(events: Shape) -> Iterator[str]:
    for kind, paths in events.items():
        yield f"{kind}: {len(paths)} fields"


def _gathered(target: Target) -> Shapes:
    """The shapes of a few seeds. Raises UsageProblem or TargetProblem where there are none."""
    rule = rulebook.RULES["CONTENT-8"]
    workloads = [w for w in WORKLOADS.values() if rule.id in w.proves.get(target.kind, ())]
    if not workloads:
        raise UsageProblem(f"{target.name} has no events of its own: it is a {target.kind}")
    facts = probe(target, Options())
    if never := untestable(rule, facts.card):
        raise UsageProblem(f"{target.name} has no events of its own: {never[1]}")
    if facts.declared.get("shape") == "manager":
        raise UsageProblem(f"the events of {target.name} are worded by the harness")
    keys = stored.opaque(facts.dialect)
    shapes = Shapes(keys["opaque"], keys["any"])
    for seed in range(SEEDS):
        for workload in workloads:
            _look(target, facts, workload.name, seed, shapes)
    if not shapes.frames:
        raise TargetProblem(
            f"{target.name} sent no event in an envelope of its own",
            expected="events over a socket, or by send_to_user",
        )
    return shapes


def _look(target: Target, facts: Facts, workload: str, seed: int, shapes: Shapes) -> None:
    options, reader = Options(seed=seed), FrameReader(facts.dialect)

    def listen(entry: Entry) -> None:
        if entry.kind is not Kind.FRAME or entry.what in spec.OUR_ENVELOPE or not entry.actor:
            return
        event = reader.read(entry.what, entry.value).event
        if event is not None:
            shapes.take(event, parsed_text(entry.value), entry.index)

    perform(target, facts, header_of(facts, WORKLOADS[workload], options), options, listen)
