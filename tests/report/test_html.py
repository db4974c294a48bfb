from __future__ import annotations

import re
from html.parser import HTMLParser

from tests.report.made import all_green, everything, failing, hostile, report

from goldenpath.report import html

_VOID = {"meta", "br"}


class _Page(HTMLParser):
    """Collects tags and attributes, and what was left open."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    for made in (all_green(), everything(), hostile(), report()):
        page = _Page(html.render(made))
        assert page.open == []
        assert not set(page.tags) & {
            "script",
            "link",
            "img",
            "iframe",
            "object",
            "form",
            "a",
            "svg",
        }
        names = {name for name, _ in page.attributes}
        assert not names & {"src", "href", "style"}
        assert not any(name.startswith("on") for name in names)


def test_styles_fetch_nothing_and_the_page_forbids_everything_else() -> None:
    shown = html.render(everything())

    assert "url(" not in shown
    assert "@import" not in shown
    assert "default-src 'none'; style-src 'unsafe-inline'" in shown


def test_a_target_cannot_put_tags_or_templates_into_the_page() -> None:
    shown = html.render(hostile())

    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "{{ 7*7 }}" in shown


def test_witness_lines_are_escaped_and_bounded() -> None:
    lines = {"two_users": {1: "<b>" + "x" * 5_000}}
    shown = html.render(report(failing("API-1")), witnesses=lines)

    assert "&lt;b&gt;" in shown
    assert max(map(len, re.findall("x+", shown))) < 2_000


def test_witness_lines_of_a_whole_report_are_bounded() -> None:
    lines = {"two_users": {1: "first line", 3: "second line"}}
    many = [failing("API-1") for _ in range(1_000)]

    assert html.render(report(*many), witnesses=lines).count("first line") <= 400
