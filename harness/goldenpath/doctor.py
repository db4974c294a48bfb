"""The doctor: is the *adapter* right? What was found, the card, one run with its events."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter

from goldenpath import spec
from goldenpath.adapters.base import Facts
from goldenpath.adapters.sender import MANAGER
from goldenpath.adapters.targets import Target
from goldenpath.capabilities import CAPABILITIES
from goldenpath.conduct import Conducted, Options, header_of, perform, probe
from goldenpath.dialects import DIALECTS, Dialect, FrameReader, detect
from goldenpath.errors import Exit
from goldenpath.judge import relevant
from goldenpath.model import Entry, Kind, Outcome, Verdict
from goldenpath.report.layout import together
from goldenpath.report.plain import plain
from goldenpath.results import strongest
from goldenpath.workloads import WORKLOADS

Line = tuple[str, str]


#: The workloads that tell whether an adapter is right, by kind of target.
_WORKLOADS = {
    "dispatcher": ("golden_path", "contract"),
    "router": ("routing", "broadcast"),
    "registry": ("registry",),
    "context": ("invalid_ids", "contexts"),
}


def examine(
    target: Target, again: str, dialects: Mapping[str, Dialect] = DIALECTS
) -> tuple[list[Line], Exit]:
    """Styled lines and the exit code: 0 if the golden path held, 1 if not, 3 if in doubt.

    `again` is the command to go on with. dialects: those that its events may be in.
    """
    facts = probe(target, Options())
    lines: list[Line] = [("title", f"{facts.target}, a target of kind {facts.kind}"), *_card(facts)]
    proved: list[Verdict] = []
    for name in _WORKLOADS.get(facts.kind, ("golden_path",)):
        entries, result = _perform(target, facts, name)
        lines += [("", ""), ("title", f"{name}, as it was seen:"), *_story(entries, facts)]
        lines += _spoken(entries, facts, dialects)
        lines += [("unknown", f"  note: {note}") for note in result.notes]
        proved += [verdict for verdict in relevant(result.verdicts) if verdict.proves]
    told = strongest(proved).values()
    lines += [("", ""), ("title", "what the suite would say of it:"), *map(_verdict, told)]
    outcomes = {verdict.outcome for verdict in told}
    if Outcome.FAIL in outcomes:
        return [*lines, ("fail", "the adapter, or the target behind it, breaks the contract")], (
            Exit.VIOLATIONS
        )
    if Outcome.UNKNOWN in outcomes or Outcome.PASS not in outcomes:
        return [*lines, ("unknown", "something could not be told: see above")], Exit.INCONCLUSIVE
    right = f"the adapter is right, as far as this can tell; what the rules say: {again}"
    return [*lines, ("pass", right)], Exit.CONFORMS


def _perform(target: Target, facts: Facts, workload: str) -> tuple[list[Entry], Conducted]:
    options, entries = Options(), list[Entry]()
    header = header_of(facts, WORKLOADS[workload], options)
    return entries, perform(target, facts, header, options, listener=entries.append)


def _verdict(verdict: Verdict) -> Line:
    findings = "; ".join(finding.message for finding in verdict.findings) or verdict.reason
    text = f"  {verdict.outcome:<12} {verdict.rule:<12} {plain(findings, 600)}"
    return str(verdict.outcome).lower(), text


def _card(facts: Facts) -> Iterator[Line]:
    for what, value in facts.shown.items():
        yield "", f"  {what}: {value}"
    for name in spec.FIVE:
        yield "", f"  {name}: {facts.events.get(name, spec.Origin.ABSENT)}"
    said: dict[str, list[str]] = {}
    for name, (about, outcome, reason) in CAPABILITIES.items():
        said.setdefault(facts.card.get(name, f"{outcome}: {reason}"), []).append(about)
    for answer, abouts in said.items():
        if answer == "yes":
            yield from (("", f"  {about}: yes") for about in abouts)
        else:
            yield "neutral", f"  {together(abouts)}: {answer}"


def _story(entries: list[Entry], facts: Facts) -> Iterator[Line]:
    reader = FrameReader(facts.dialect)
    frames = [entry for entry in entries if entry.kind is Kind.FRAME]
    yield from _folded(entries, reader)
    if (
        frames
        and facts.kind != "router"
        and not any(reader.read(frame.what, frame.value).event for frame in frames)
    ):
        yield (
            "unknown",
            "  none of the frames is an event that can be recognised: say in which words they are,"
            " with dialect={'type': ..., 'types': {...}} or [dialect] in the profile",
        )


def _spoken(entries: list[Entry], facts: Facts, dialects: Mapping[str, Dialect]) -> Iterator[Line]:
    """In which dialect its events are, beside the one that it is read in; not of events that we
    worded ourselves.
    """
    if facts.kind == "router" or facts.declared.get("shape") == MANAGER:
        return
    frames = [entry for entry in entries if entry.kind is Kind.FRAME]
    own = [f.value for f in frames if f.what not in spec.OUR_WORDS and isinstance(f.value, str)]
    found = detect(own, dialects)
    if found.events:
        yield "", f"  read in the dialect {FrameReader(facts.dialect).own.name}: {found.said}"


def _folded(entries: list[Entry], reader: FrameReader) -> Iterator[Line]:
    """A line for each entry; of steps in a row that went alike the first, and how many more."""
    steps: list[list[Entry]] = [[]]
    for entry in entries:
        if entry.kind is Kind.INVOKE:
            steps.append([])
        steps[-1].append(entry)
    told = [[_told(entry, reader) for entry in step] for step in steps]
    for _, alike in groupby(zip(steps, told, strict=True), key=itemgetter(1)):
        (first, lines), *more = alike
        for entry, (style, text) in zip(first, lines, strict=True):
            yield style, f"  {entry.index:>4} {text}"
        if more:
            yield "dim", f"       … and {len(more)} more like it, up to {more[-1][0][-1].index}"


def _told(entry: Entry, reader: FrameReader) -> Line:
    return _frame(entry, reader) if entry.kind is Kind.FRAME else _line(entry)


def _line(entry: Entry) -> Line:
    start = f"{entry.kind:<7} {entry.actor} {entry.what}"
    if entry.kind is not Kind.FAIL:
        return "dim", start
    value = entry.value
    at = f" (at {value['at']})" if "at" in value else ""
    return "", plain(f"{start}: {value.get('type', '')} {value.get('text', '')}{at}", 600)


def _frame(entry: Entry, reader: FrameReader) -> Line:
    if not entry.actor:
        return "fail", f"FRAME   to nobody: an unknown address, by {entry.what}"
    decoded = reader.read(entry.what, entry.value)
    if decoded.problem:
        what = plain(decoded.problem, 600)
        return "fail", f"FRAME   {entry.actor} cannot be read: {what}"
    event = decoded.event
    if event is None:
        return "neutral", f"FRAME   {entry.actor} no event: {decoded.kind}"
    more = " ".join(x for x in (event.tool, event.status and str(event.status)) if x)
    return "", f"FRAME   {entry.actor} {event.type} {more}  (by {entry.what})"
