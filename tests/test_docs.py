"""The documentation says what the code does: options and defaults, users and tools by name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
import pytest
from markdown_it import MarkdownIt

from goldenpath.cli import main
from goldenpath.plant.users import NAMES
from goldenpath.plugin import _OPTIONS
from goldenpath.workloads.script import KNOWN

DOCS = Path(__file__).parents[1] / "docs"
#: The two commands that take every option of a run.
RUNS = ("run", "smoke")


def rows(mark: str) -> list[list[str]]:
    """The cells of the table after this mark in docs/ci.md, without its heading."""
    text = (DOCS / "ci.md").read_text("utf-8").partition(f"<!-- {mark} -->")[2]
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    table: list[list[str]] = []
    for number, token in enumerate(tokens):
        if token.type == "tr_open":
            table.append([])
        elif token.type in ("td_open", "th_open"):
            table[-1].append(tokens[number + 1].content)
        elif token.type == "table_close":
            return table[1:]
    raise AssertionError(f"no table after {mark}")


def option(cell: str) -> str:
    """`--seed` of a cell with its placeholder, or nothing."""
    found = re.fullmatch(r"`(--[\w-]+)( [A-Z]+)?`", cell)
    assert found or not cell, cell
    return found[1] if found else ""


def of_command(name: str) -> dict[str, Any]:
    """Option to its default, as click knows them."""
    return {
        opt: str(param.default) if _is_said(param) else ""
        for param in main.commands[name].params
        if isinstance(param, click.Option)
        for opt in param.opts
    }


def _is_said(param: click.Option) -> bool:
    """Whether its default is a value; click has marks of its own for none."""
    return isinstance(param.default, str | int | float | Path) and not param.is_flag


def of_pytest() -> dict[str, str]:
    """Option to its default, as the plugin declares them."""
    return {
        f"--goldenpath-{name}": "" if how.get("default") in (None, []) else str(how["default"])
        for name, how in _OPTIONS
    }


@pytest.mark.parametrize("command", RUNS)
def test_every_option_of_a_run_is_documented_with_its_default(command: str) -> None:
    """In one table for both faces: none is missing, none is invented, and the defaults agree."""
    table = rows("options")
    documented = {option(row[0]): row[2].strip("`") for row in table if row[0]}
    inside = {option(row[1]): row[2].strip("`") for row in table if row[1]}

    assert documented == of_command(command)
    assert inside == of_pytest()
    assert all(row[3] for row in table)


def test_the_same_option_has_the_same_name_in_both_faces() -> None:
    """`--x` and `--goldenpath-x`; only what one face alone can mean stands alone."""
    both = [(option(row[0]), option(row[1])) for row in rows("options") if row[0] and row[1]]
    alone = {option(row[0]) or option(row[1]) for row in rows("options") if not all(row[:2])}

    assert all(inside == f"--goldenpath-{outside[2:]}" for outside, inside in both)
    inside = {f"--goldenpath-{name}" for name in ("target", "only-ours", "progress")}
    assert alone == {*inside, "--stall", "--allure"}


def test_the_choices_of_an_option_are_named() -> None:
    """Whatever may be said is written in its row."""
    told = {option(row[0]): row[3] for row in rows("options") if row[0]}
    for param in main.commands["run"].params:
        if isinstance(param.type, click.Choice):
            assert all(f"`{choice}`" in told[param.opts[0]] for choice in param.type.choices)


def test_every_command_is_documented_with_its_options() -> None:
    """Those of a run stand in their own table."""
    documented = {}
    for command, options in rows("commands"):
        name = command.strip("`").split()[1]
        documented[name] = {option(part) for part in options.split(", ") if part}

    assert documented == {name: set(of_command(name)) for name in main.commands if name not in RUNS}


def test_users_and_tools_of_own_tests_are_named() -> None:
    """docs/own-tests.md has the whole list of both."""
    text = (DOCS / "own-tests.md").read_text("utf-8")

    assert f"users by name: {', '.join(NAMES)} |" in text
    assert [name for name in sorted(KNOWN) if f"`{name}`" not in text] == []
