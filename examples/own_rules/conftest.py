"""Adds the shop's rules to goldenpath, in this folder: for `goldenpath ...` and for pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from goldenpath.extend import Extension


def pytest_goldenpath_extend() -> Extension:
    """Imported here, so that other runs of pytest in this folder do not load it."""
    from shop_rules import EXTENSION

    return EXTENSION
