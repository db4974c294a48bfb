from __future__ import annotations

import re
from html.parser import HTMLParser

from tests.report.made import (
    all_green,
    everything,
    failing,
    hostile,
    report,
    shown,
    untested,
    verdict,
)

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
            "svg",
        }
        names = {name for name, _ in page.attributes}
        assert not names & {"src", "style"}
        assert not any(name.startswith("on") for name in names)


def test_links_lead_to_places_of_the_page_only() -> None:
    for made in (everything(), hostile()):
        page = _Page(html.render(made))
        ids = [value for name, value in page.attributes if name == "id"]
        links = [value for name, value in page.attributes if name == "href"]
        assert links
        assert len(ids) == len(set(ids))
        assert {link and link[1:] for link in links} <= set(ids)
        assert all(link and re.fullmatch(r"#[a-z]+-[0-9]+", link) for link in links)


def test_a_failing_row_names_its_workloads_and_leads_to_the_detail() -> None:
    made = report(failing("API-1"), failing("API-1", workload="b"), verdict("API-1", workload="c"))
    page = html.render(made)

    assert 'fails in b, two_users · <a href="#fail-1">how</a>' in page
    assert "MUST · tested in 3 workloads" in page
    assert '<details class="card fail" id="fail-1" open>' in page
    assert "<summary>also in two_users <span" in page


def test_a_rule_that_nothing_tested_has_no_dangling_dot() -> None:
    page = html.render(report(verdict("API-1"), untested("ORDER-1", reason="not asked")))

    assert '<span class="dim">MUST</span>' in page
    assert "MUST ·</" not in page


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


def test_witness_lines_are_readable_first_and_the_record_is_folded_away() -> None:
    lines = {"two_users": {1: shown(1, "cleanup")}}
    page = html.render(report(failing("API-1")), witnesses=lines)

    assert "<b>INVOKE</b> <span>alice</span> <span>cleanup</span></summary>" in page
    assert "<code>{&#34;index&#34;:1,&#34;what&#34;:&#34;cleanup&#34;}</code></details>" in page


def test_witness_lines_are_escaped_and_bounded() -> None:
    lines = {"two_users": {1: shown(1, "<b>" + "x" * 5_000)}}
    page = html.render(report(failing("API-1")), witnesses=lines)

    assert "&lt;b&gt;xx" in page
    assert "<b>x" not in page


def test_witness_lines_of_a_whole_report_are_bounded() -> None:
    lines = {"two_users": {1: shown(1, "first line"), 3: shown(3, "second line")}}
    many = [failing("API-1") for _ in range(1_000)]

    assert html.render(report(*many), witnesses=lines).count("<span>first line") <= 400


def test_the_verdict_that_is_shown_first_gets_its_lines_first() -> None:
    lines = {"two_users": {1: shown(1, "first line"), 3: shown(3, "second line")}}
    many = [failing("ISOLATION-1") for _ in range(1_000)]
    page = html.render(report(*many, failing("DELIVERY-2")), witnesses=lines)

    assert "first line" in page[page.index('id="fail-2"') :]
