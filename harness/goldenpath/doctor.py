"""The doctor: is the *adapter* right? What was found, the card, one run with its events."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from goldenpath import spec
from goldenpath.adapters.base import Facts
from goldenpath.adapters.targets import Target
from goldenpath.checkers.same import shown
from goldenpath.conduct import Options, header_of, perform, probe
from goldenpath.dialects import COMMON, Decoder, Dialect
from goldenpath.errors import Exit
from goldenpath.judge import relevant
from goldenpath.model import Entry, Kind, Outcome
from goldenpath.workloads import WORKLOADS

Line = tuple[str, str]


def examine(target: Target) -> tuple[list[Line], Exit]:
    """Styled lines and the exit code: 0 if the golden path held, 1 if not, 3 if in doubt."""
    options = Options()
    facts = probe(target, options)
    lines: list[Line] = [("title", f"{facts.target}, a target of kind {facts.kind}"), *_card(facts)]
    workload = WORKLOADS["golden_path"]
    entries: list[Entry] = []
    header = header_of(facts, workload, options)
    result = perform(target, facts, header, options, listener=entries.append)
    lines += [("", ""), ("title", "one golden path, as it was seen:")]
    lines += _story(entries, facts)
    proved = [v for v in relevant(result.verdicts) if v.proves]
    lines += [("", ""), ("title", "what the suite would say of it:")]
    for verdict in proved:
        lines.append(
            (
                str(verdict.outcome).lower(),
                f"  {verdict.outcome:<12} {verdict.rule:<12} {verdict.reason}",
            )
        )
    lines += [("unknown", f"note: {note}") for note in result.notes]
    outcomes = {verdict.outcome for verdict in proved}
    if Outcome.FAIL in outcomes:
        return [*lines, ("fail", "the adapter, or the target behind it, breaks the golden path")], (
            Exit.VIOLATIONS
        )
    if Outcome.UNKNOWN in outcomes or Outcome.PASS not in outcomes:
        return [*lines, ("unknown", "something could not be told: see above")], Exit.INCONCLUSIVE
    return [*lines, ("pass", f"the adapter is right: goldenpath run {facts.target}")], Exit.CONFORMS


def _card(facts: Facts) -> Iterator[Line]:
    for what, value in facts.shown.items():
        yield "", f"  {what}: {value}"
    for name in spec.FIVE:
        yield "", f"  {name}: {facts.events.get(name, spec.Origin.ABSENT)}"
    for name, (about, outcome, reason) in spec.CAPABILITIES.items():
        said = facts.card.get(name, f"{outcome}: {reason}")
        yield ("" if said == "yes" else "neutral"), f"  {about}: {said}"


def _story(entries: list[Entry], facts: Facts) -> Iterator[Line]:
    dialect = msgspec.convert(facts.dialect, Dialect) if facts.dialect else COMMON
    decoder = Decoder(dialect)
    for entry in entries:
        if entry.kind is Kind.FRAME:
            yield _frame(entry, decoder)
        else:
            yield "dim", f"  {entry.index:>4} {entry.kind:<7} {entry.actor} {entry.what}"


def _frame(entry: Entry, decoder: Decoder) -> Line:
    if not entry.actor:
        return "fail", f"  {entry.index:>4} FRAME   to nobody: an unknown address, by {entry.what}"
    decoded = decoder.read(entry.value) if isinstance(entry.value, str) else None
    if decoded is None or decoded.problem:
        what = decoded.problem if decoded else shown(entry.value)
        return "fail", f"  {entry.index:>4} FRAME   {entry.actor} cannot be read: {what}"
    event = decoded.event
    if event is None:
        return "neutral", f"  {entry.index:>4} FRAME   {entry.actor} no event: {decoded.kind}"
    more = " ".join(x for x in (event.tool, event.status and str(event.status)) if x)
    return "", f"  {entry.index:>4} FRAME   {entry.actor} {event.type} {more}  (by {entry.what})"
