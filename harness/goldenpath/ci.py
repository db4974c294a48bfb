"""What a CI system is told besides the exit code: on GitHub, annotations and the job's summary."""

from __future__ import annotations

import os
from pathlib import Path

from goldenpath.report import github
from goldenpath.report.markdown import render
from goldenpath.results import Report
from goldenpath.store import read_witnesses


def tell(report: Report, folder: Path) -> list[str]:
    """Append the summary where the job wants it; return the lines that the log must show."""
    if os.environ.get("GITHUB_ACTIONS") != "true":
        return []
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(render(report, witnesses=read_witnesses(report, folder)))
    return github.annotations(report)
