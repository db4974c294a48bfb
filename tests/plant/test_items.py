"""Planted items: like tools, and found again in whatever a registry makes of them."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from tests.planted import TOKEN

from goldenpath.plant.items import Item, token_in
from goldenpath.reference import ToolRegistry

ITEM = Item("a tool", TOKEN)


class Raising:
    """Whatever is looked for in it raises."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


def test_an_item_is_a_tool_to_a_registry_of_tools() -> None:
    """It can be registered, and called."""
    tools = ToolRegistry([ITEM])

    assert tools.names() == ["a tool"]
    assert asyncio.run(ITEM()) == asyncio.run(ITEM.arun(query=1)) == {"by": TOKEN}


@pytest.mark.parametrize(
    "found",
    [
        ITEM,
        {"tool": ITEM},
        ("a tool", ITEM),
        SimpleNamespace(item=ITEM, since=0),
        ITEM.arun,
        SimpleNamespace(name="a tool", description=ITEM.description),
        [SimpleNamespace(description=ITEM.description)],
    ],
    ids=["itself", "mapping", "pair", "record", "method", "copy", "copies"],
)
def test_it_is_known_by_itself_or_by_its_canary(found: Any) -> None:
    assert token_in(found) == TOKEN


def test_what_holds_none_is_none() -> None:
    """Nor is anything raised, whatever it is."""
    for found in (None, 3, "a tool", {}, object(), Raising(), [Raising()]):
        assert token_in(found) is None
