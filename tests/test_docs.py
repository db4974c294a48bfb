"""The documentation says what the code does: options and defaults, users and tools by name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

import goldenpath
from goldenpath import spec
from goldenpath.cli import main
from goldenpath.plant.shapes import Bridge, Emitter
from goldenpath.plant.transport import ERRORS
from goldenpath.plant.users import NAMES
from goldenpath.plugin import _OPTIONS
from goldenpath.workloads.script import KNOWN

DOCS = Path(__file__).parents[1] / "docs"
PACKAGE = Path(goldenpath.__file__).parent
README = DOCS.parent / "README.md"
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


def commands(group: click.Group = main, before: str = "") -> dict[str, click.Command]:
    """Every command by its name, those of a group as `baseline show`."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found |= commands(command, f"{before}{name} ")
        else:
            found[before + name] = command
    return found


def of_command(name: str) -> dict[str, Any]:
    """Option to its default, as click knows them."""
    return {
        opt: str(param.default) if _is_said(param) else ""
        for param in commands()[name].params
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
        words = command.strip("`").split()[1:]
        name = " ".join(word for word in words if word.islower())
        documented[name] = {option(part) for part in options.split(", ") if part}

    assert documented == {name: set(of_command(name)) for name in commands() if name not in RUNS}


@pytest.mark.parametrize("name", commands())
def test_help_says_every_default_and_what_may_be_repeated(name: str) -> None:
    """As docs/ci.md does; what has no default shows none."""
    said = " ".join(CliRunner().invoke(main, [*name.split(), "--help"]).output.split())
    params = [p for p in commands()[name].params if isinstance(p, click.Option)]
    defaults = [found for found in of_command(name).values() if found]

    assert said.startswith(f"Usage: main {name}")
    assert all(f"[default: {default}]" in said for default in defaults)
    assert said.count("[default: ") == len(defaults)
    assert said.count("may be repeated") == sum(p.multiple for p in params)


def test_every_module_stands_in_the_table_of_modules_once() -> None:
    """So that who looks for a word finds where it is."""
    text = README.read_text("utf-8").partition("<!-- modules -->")[2]
    named = [name for cell in re.findall(r"^\| `([^`]*)` \|", text, re.M)
             for name in cell.split(", ")]  # fmt: skip
    there = [f"{path.name}/" for path in PACKAGE.iterdir() if [*path.glob("*.py")]]
    there += [path.stem for path in PACKAGE.glob("*.py") if path.stem != "__init__"]

    assert sorted(named) == sorted(there)


def test_users_and_tools_of_own_tests_are_named() -> None:
    """docs/own-tests.md has the whole list of both."""
    text = (DOCS / "own-tests.md").read_text("utf-8")

    assert f"users by name: {', '.join(NAMES)} |" in text
    assert [name for name in sorted(KNOWN) if f"`{name}`" not in text] == []


def test_what_the_transport_raises_is_named() -> None:
    """Of whatever kind: a target must outlive them all."""
    text = README.read_text("utf-8")

    assert [error.__name__ for error in ERRORS if f"`{error.__name__}`" not in text] == []


def block(mark: str) -> str:
    """The fenced block after this mark in README.md."""
    text = README.read_text("utf-8").partition(f"<!-- {mark} -->\n")[2]
    return text.partition("\n")[2].partition("```")[0]


def defined(code: str) -> dict[str, Callable[..., Any]]:
    """The functions of a block of ours."""
    there: dict[str, Any] = {}
    exec(code, there)
    return {name: found for name, found in there.items() if inspect.isfunction(found)}


def shape(function: Callable[..., Any], but: int) -> list[tuple[str, Any, bool]]:
    """Its parameters without the first ones: name, kind, whether it may be left out."""
    found = list(inspect.signature(function).parameters.values())[but:]
    return [(p.name, p.kind, p.default is not inspect.Parameter.empty) for p in found]


def test_a_dispatcher_copied_from_the_readme_takes_tools_with_any_parameter() -> None:
    """Each method of the contract, of its kind; no name of ours stands in the way of theirs."""
    there = defined(block("signatures"))
    methods = {name for name, kind in spec.MEMBERS.items() if kind != spec.PROPERTY}
    async_ = {name for name, kind in spec.MEMBERS.items() if kind == spec.ASYNC_METHOD}

    assert set(there) == methods
    assert {n for n, found in there.items() if inspect.iscoroutinefunction(found)} == async_
    given = inspect.signature(there["dispatch"]).bind(None, "lookup", self=1, tool_name=2, tool=3)
    assert given.kwargs == {"self": 1, "tool_name": 2, "tool": 3}
    assert all(name in block("signatures") for name in spec.MEMBERS)


@pytest.mark.parametrize("name", [f"notify_{event}" for event in spec.FIVE])
def test_the_signatures_of_bridge_and_emitter_are_what_they_are(name: str) -> None:
    """Of all five events, and by both names of an emitter."""
    written = defined(re.sub(r"^(.+)$", r"def \1: ...", block("bridge"), flags=re.M))
    emitted = getattr(Emitter, name.replace("notify", "emit"))

    assert len(written) == len(spec.FIVE)
    assert shape(written[name], 0) == shape(getattr(Bridge, name), 1)
    assert shape(written[name], 2) == shape(getattr(Emitter, name), 1) == shape(emitted, 1)
