"""Baselines for tests: what one target costs now, kept as if it were another's."""

from __future__ import annotations

from pathlib import Path

import msgspec

from goldenpath.adapters.targets import resolve
from goldenpath.performance import shaping, stored
from goldenpath.performance.baseline import path_of, read, write
from goldenpath.performance.keeping import update

#: The sound target by kind.
SOUND = {"dispatcher": "reference", "agent": "reference-agent"}


def shapes_of(sound: str, folder: Path, target: str = "") -> Path:
    """Take in the shapes of `sound` as those of `target`; returns the folder."""
    list(shaping.update(resolve(sound), folder, "for a test"))
    if target:
        found = stored.read(stored.path_of(folder, sound), sound)
        assert found is not None
        write(stored.path_of(folder, target), msgspec.structs.replace(found, target=target))
    return folder


def costs_of(sound: str, folder: Path, target: str = "") -> Path:
    """Take in what `sound` costs now as the baseline of `target`; returns the folder."""
    list(update(resolve(sound), folder, "for a test"))
    if target:
        found = read(path_of(folder, "performance", sound), sound)
        renamed = msgspec.structs.replace(found, target=target)
        write(path_of(folder, "performance", target), renamed)
    return folder
