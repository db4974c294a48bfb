"""The reference's registry: what is removed is gone, and what is frozen stays."""

from __future__ import annotations

import pytest
from tests.planted import TOKEN

from goldenpath.plant.items import Item
from goldenpath.reference import DuplicateTool, FrozenRegistry, ToolRegistry, UnknownTool


def test_a_tool_that_is_removed_is_gone_and_its_name_is_free() -> None:
    tools = ToolRegistry([Item("a", TOKEN), Item("b", TOKEN)])
    tools.remove("a")

    assert tools.names() == ["b"]
    with pytest.raises(UnknownTool):
        tools.remove("a")
    tools.register(Item("a", TOKEN))
    assert tools.names() == ["b", "a"]


def test_a_frozen_registry_refuses_changes_and_finds_what_it_has() -> None:
    """Also those that would be refused anyway, for the one reason."""
    tools = ToolRegistry([Item("a", TOKEN)])
    tools.freeze()

    for change in (
        lambda: tools.register(Item("b", TOKEN)),
        lambda: tools.register(Item("a", TOKEN)),
        lambda: tools.remove("a"),
        lambda: tools.remove("b"),
    ):
        with pytest.raises(FrozenRegistry, match="frozen"):
            change()
    tools.freeze()
    assert tools.get("a").name == "a"


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(DuplicateTool):
        ToolRegistry([Item("a", TOKEN), Item("a", TOKEN)])
