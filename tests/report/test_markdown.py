from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from tests.report.made import everything, failing, hostile, report, shown, verdict

from goldenpath.model import Finding, Outcome
from goldenpath.report import markdown

#: What a summary is made of; a link, an image, a heading of a target's is none of it.
BLOCKS = {"heading", "paragraph", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th"}
BLOCKS |= {"td", "inline", "html_block"}


def parsed(text: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").parse(text)


def test_a_target_cannot_make_markup() -> None:
    summary = markdown.render(hostile())
    tokens = parsed(summary)
    inside = [child for token in tokens for child in token.children or []]

    assert {re.sub("_(open|close)$", "", token.type) for token in tokens} <= BLOCKS
    assert {child.type for child in inside} <= {"text", "code_inline", "softbreak"}
    for token in tokens:
        if token.type == "html_block":
            ours = r"<details><summary>[\w .()]+</summary>|</details>"
            assert re.fullmatch(ours, token.content.strip())
    outside = "".join(child.content for child in inside if child.type == "text")
    assert not re.search("script|evil|team|x.y", outside)


@given(st.text(alphabet="` |\\<>&[]()!*_~$@#:\"'ab", max_size=40))
def test_code_shows_every_letter_as_it_is(text: str) -> None:
    said = markdown.code(text)
    (inline,) = parsed(f"x {said} x")[1:2]

    if text:
        assert [child.type for child in inline.children or []] == ["text", "code_inline", "text"]
    if text.strip():
        assert (inline.children or [])[1].content == text


def test_no_fence_is_longer_than_github_reads() -> None:
    runs = " ".join("`" * n for n in range(1, 63))

    assert len(runs) > 2_000
    assert markdown.code(runs).startswith("`" * 63 + " ")


def test_a_table_keeps_its_columns() -> None:
    summary = markdown.render(hostile())
    rows = [line for line in summary.splitlines() if line.startswith("|")]

    assert len(rows) >= 4
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in rows} == {6}
    assert sum(token.type == "table_open" for token in parsed(summary)) == 1


def test_what_opens_closes() -> None:
    summary = markdown.render(everything())

    for tag in ("details", "summary"):
        assert summary.count(f"<{tag}>") == summary.count(f"</{tag}>") > 0


def test_it_reads_well_where_nothing_renders_it() -> None:
    lines = {"two_users": {1: shown(1, "run", {"message": 'Is it "so"?'})}}
    summary = markdown.render(report(failing("API-1", "no \"a\" & 'b' <c>")), witnesses=lines)

    assert "&#" not in summary
    assert "- `no \"a\" & 'b' <c>` (entries 1, 3)\n" in summary
    assert '  - `1  INVOKE  alice  run, message "Is it \\"so\\"?"`\n' in summary


def test_failures_are_grouped_by_rule() -> None:
    made = report(failing("DELIVERY-2"), *(failing("API-1", workload=w) for w in "abc"))
    summary = markdown.render(made)

    assert summary.count("#### ") == 2
    assert "#### ❌ `API-1` in `a` (MUST)" in summary
    assert "\nAlso in `b`, `c`\n" in summary
    assert summary.index("#### ❌ `API-1`") < summary.index("#### ❌ `DELIVERY-2`")


def test_it_stays_under_its_limit_and_says_that_it_was_cut() -> None:
    found = tuple(Finding("API-1", "é" * 1_900, (n,)) for n in range(20))
    many = [verdict(f"X-{n}", Outcome.FAIL, findings=found) for n in range(300)]
    summary = markdown.render(report(*many))

    assert len(summary.encode()) <= markdown.LIMIT
    assert "This summary was cut" in summary
    assert summary.startswith("## ❌ FAIL\n")


def test_words_stay_readable() -> None:
    assert markdown.escape("tool_executing of alice: got 1") == "tool_executing of alice: got 1"
    assert markdown.escape("_a_ a_b") == "&#95;a&#95; a_b"
