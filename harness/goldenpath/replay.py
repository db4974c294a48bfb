"""The steps of a recorded history, performed again: `goldenpath replay`."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from goldenpath.adapters.base import Facts
from goldenpath.adapters.targets import Target
from goldenpath.catalogue import Catalogue
from goldenpath.conduct import Options, perform, probe, versions
from goldenpath.errors import UsageProblem
from goldenpath.history import Header
from goldenpath.judge import relevant
from goldenpath.results import Report, conclude
from goldenpath.store import keep_reports, make_folder, with_replays


def perform_again(
    path: Path, header: Header, target: Target, folder: Path, catalogue: Catalogue
) -> Report:
    """Perform the steps in the header of this history on a target, and judge what comes of it. The
    new history and the reports go to the folder. Raises UsageProblem where the target is of another
    kind than the one that was recorded.
    """
    histories = (folder / "histories").absolute()
    make_folder(histories)
    options = Options(seed=header.seed, tier=header.tier, histories=histories, catalogue=catalogue)
    facts = probe(target, options)
    if facts.kind != header.kind:
        raise UsageProblem(
            f"{path} was recorded with another kind of target",
            expected=f"a target of the kind {header.kind}",
            got=f"{facts.target}, of the kind {facts.kind}",
        )
    header = _renewed(header, facts, catalogue)
    result = perform(target, facts, header, options)
    report = Report(
        target=facts.target,
        kind=facts.kind,
        seed=header.seed,
        tier=header.tier,
        verdicts=tuple(relevant(result.verdicts)),
        card=facts.card,
        events=facts.events,
        histories={header.workload: f"histories/{header.workload}.jsonl"},
        own=header.own,
    )
    return keep_reports(with_replays(conclude(report, partial=True), folder), folder)


def _renewed(header: Header, facts: Facts, catalogue: Catalogue) -> Header:
    """The same steps, with what is now known of the target."""
    return replace(
        header,
        target=facts.target,
        card=facts.card,
        events=facts.events,
        declared=facts.declared,
        dialect=facts.dialect,
        versions=versions(),
        own=catalogue.beside(header.own),
    )
