from __future__ import annotations

from tests.report.made import all_green, everything, failing, hostile, report

from goldenpath.model import Level
from goldenpath.report.github import annotations


def test_a_run_that_conforms_has_no_annotation() -> None:
    assert annotations(all_green()) == []


def test_at_most_ten_of_each_level_and_the_rest_counted() -> None:
    hard = [failing(f"X-{n}") for n in range(30)]
    soft = [failing(f"Y-{n}", level=Level.SHOULD) for n in range(30)]
    lines = annotations(report(*hard, *soft))

    assert sum(line.startswith("::error ") for line in lines) == 10
    assert sum(line.startswith("::warning ") for line in lines) == 10
    assert "and 21 more" in lines[9]


def test_a_command_is_one_line_and_its_parts_are_escaped() -> None:
    line = annotations(report(failing("API-1", "100%\n::error::no", workload="a:b,c")))[0]

    assert line.startswith("::error title=API-1 in a%3Ab%2Cc::The members")
    assert "100%25" in line
    assert "\n" not in line


def test_hostile_text_gives_no_command_of_its_own() -> None:
    for line in annotations(hostile()):
        assert line.startswith(("::error title=", "::warning title="))
        assert len(line.splitlines()) == 1


def test_everything_that_makes_it_red_is_named() -> None:
    text = "\n".join(annotations(everything()))

    for what in (
        "ISOLATION-1 in two_users",
        "nobody could tell",
        "not run: crowd",
        "line 3 passes",
    ):
        assert what in text
