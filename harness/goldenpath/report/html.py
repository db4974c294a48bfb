"""report.html: one page that needs nothing else: no scripts, no fetches, its styles inside.

The template escapes whatever it places; the page's own policy forbids anything but its styles. Its
links lead to places of its own, by names that are ours.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from goldenpath.model import Outcome
from goldenpath.report.headline import headline
from goldenpath.report.layout import lay_out
from goldenpath.report.plain import count
from goldenpath.report.witness import Witnesses
from goldenpath.results import Report

#: What a rule's row says of the workloads that gave it its outcome.
_TELLS = {
    Outcome.FAIL: "fails in",
    Outcome.KNOWN: "fails as listed in",
    Outcome.UNKNOWN: "unknown in",
}


def render(report: Report, *, witnesses: Witnesses | None = None) -> str:
    """Return the page."""
    shown = lay_out(report, witnesses)
    blocks = (*shown.failures, *shown.soft, *shown.known)
    anchors = {(block.best.rule, block.best.style): block.anchor for block in blocks}
    return _template().render(view=shown, end=headline(shown), anchors=anchors)


@cache
def _template() -> Template:
    places = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    places.globals.update(count=count, tells=_TELLS)
    source = resources.files("goldenpath.report").joinpath("page.html").read_text("utf-8")
    return places.from_string(source)
