"""Factories beside the first, and what constructs past them: what may be declared, and what not."""

from __future__ import annotations

from typing import Any

import pytest

from goldenpath import agent, dispatcher
from goldenpath.cards import card_of
from goldenpath.declare import Declaration
from goldenpath.errors import UsageProblem
from goldenpath.making import MOST


def make(user: Any, tap: Any, tools: Any) -> None: ...


async def other(user: Any, tap: Any, tools: Any) -> None: ...


class Made:
    def __init__(self, user: Any, tap: Any, tools: Any) -> None: ...

    @classmethod
    def for_user(cls, user: Any, tap: Any, tools: Any, *, admin: bool = False) -> None: ...


def declared(**more: Any) -> Declaration:
    found: Declaration = dispatcher(**more)(make).__goldenpath__  # type: ignore[attr-defined]
    return found


def problems(**more: Any) -> list[str]:
    with pytest.raises(UsageProblem) as problem:
        dispatcher(**more)
    return str(problem.value).split("\n  ")[1:]


def test_factories_are_named() -> None:
    """Of whatever kind: functions, classes, methods."""
    factories = {"facade": other, "class": Made, "classmethod": Made.for_user}
    declaration = declared(factories=factories)

    assert declaration.making.factories == factories
    assert card_of(declaration)["factories"] == "yes"
    assert "factories" not in card_of(declared())


@pytest.mark.parametrize(("value", "direct"), [(True, None), (make, make), (Made, Made)])
def test_that_only_factories_may_make_one(value: Any, direct: Any) -> None:
    """As a fact, or with what constructs directly."""
    declaration = declared(factory_only=value)

    assert (declaration.making.only, declaration.making.direct) == (True, direct)
    assert card_of(declaration)["factory_only"] == "yes"


def test_nothing_is_declared_by_default() -> None:
    """What is not declared is grey."""
    for declaration in (declared(), declared(factory_only=False)):
        assert not {"factories", "factory_only", "limit"} & card_of(declaration).keys()


def test_a_limit_of_one_leaves_no_second_session() -> None:
    """A user has one session then."""
    assert card_of(declared(max_dispatchers_per_user=2)).items() >= {
        ("limit", "yes"),
        ("sessions", "yes"),
    }
    assert "sessions" not in card_of(declared(max_dispatchers_per_user=1))


@pytest.mark.parametrize(
    ("factories", "said"),
    [
        ({}, "a mapping from names to factories, got {}"),
        ([make], "a mapping from names to factories"),
        ({"": make}, "a name, got ''"),
        ({1: make}, "a name, got 1"),
        ({"x": "make"}, "x: expected a factory make(user, tap, tools), got 'make'"),
        ({"x": lambda user: None}, "x: expected a factory make(user, tap, tools): too many pos"),
        ({"x": lambda *, user: None}, "x: expected a factory make(user, tap, tools): "),
    ],
)
def test_wrong_factories(factories: Any, said: str) -> None:
    (problem,) = problems(factories=factories)

    assert problem.startswith("factories: ")
    assert said in problem


@pytest.mark.parametrize("value", ["yes", None, 1, lambda: None, lambda user: None])
def test_wrong_factory_only(value: Any) -> None:
    (problem,) = problems(factory_only=value)

    assert problem.startswith("factory_only: expected True, False, or what constructs directly")


@pytest.mark.parametrize("value", [0, -1, True, 1.5, "3", None, MOST + 1])
def test_wrong_limits(value: Any) -> None:
    (problem,) = problems(max_dispatchers_per_user=value)

    assert problem.startswith(f"max_dispatchers_per_user: expected a number from 1 to {MOST}")


def test_all_that_is_wrong_is_said_at_once() -> None:
    """With what else is."""
    wrong = problems(
        factories={"a": 1, "b": lambda: None, "": make},
        factory_only="yes",
        max_dispatchers_per_user=0,
        outcome="nope",
    )

    assert len(wrong) == 6


@pytest.mark.parametrize("more", [{"factories": {"x": make}}, {"factory_only": True}])
def test_an_agent_has_no_factories(more: dict[str, Any]) -> None:
    with pytest.raises(UsageProblem, match="no such keyword"):
        agent(**more)
