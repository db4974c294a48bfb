"""report.html: one page that needs nothing else: no scripts, no fetches, its styles inside.

The template escapes whatever it places; the page's own policy forbids anything but its styles.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from jinja2 import Environment, StrictUndefined, Template

from goldenpath.report.headline import headline
from goldenpath.report.layout import lay_out
from goldenpath.report.plain import count
from goldenpath.report.view import Said
from goldenpath.report.witness import Witnesses
from goldenpath.results import Report


def render(report: Report, *, witnesses: Witnesses | None = None) -> str:
    """Return the page."""
    shown = lay_out(report, witnesses)
    return _template().render(view=shown, end=headline(shown))


@cache
def _template() -> Template:
    places = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    places.globals.update(count=count, replay_of=_replay_of)
    source = resources.files("goldenpath.report").joinpath("page.html").read_text("utf-8")
    return places.from_string(source)


def _replay_of(said: Said) -> str:
    return next((finding.replay for finding in said.findings if finding.replay), "")
