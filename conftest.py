"""For working in this repository: Hypothesis without a deadline, because machines are loaded; the
threads that pytest-xdist has are none of a target's; and ten thousand tests are no garbage.
"""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from hypothesis import settings

#: langchain-core brings along a plug-in that takes each pytest that a test starts a second to load.
os.environ.setdefault("PYTEST_ADDOPTS", "-p no:langsmith_plugin")

settings.register_profile("goldenpath", deadline=None, print_blob=True)
settings.load_profile("goldenpath")


def pytest_collection_finish() -> None:
    """Look for garbage only among what tests make: among the tests as well takes half as long
    again.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _threads_of_pytest() -> None:
    """Count those that are there before a test as ours, so that what is still is seen to be still
    here too: pytest has some, and a target of an earlier test may have kept a pool of its own.
    """
    from goldenpath import interrupts  # not before pytest has loaded it as a plug-in

    listed = Path("/proc/self/task")
    if listed.is_dir():
        interrupts._Watch.threads = len(os.listdir(listed)) - 1
