"""For working in this repository: Hypothesis without a deadline, because machines are loaded; and
the threads that pytest-xdist has are none of a target's.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

#: langchain-core brings along a plug-in that takes each pytest that a test starts a second to load.
os.environ.setdefault("PYTEST_ADDOPTS", "-p no:langsmith_plugin")

settings.register_profile("goldenpath", deadline=None, print_blob=True)
settings.load_profile("goldenpath")


@pytest.fixture(autouse=True)
def _threads_of_pytest() -> None:
    """Count those that are there before a test as ours, so that what is still is seen to be still
    here too: pytest has some, and a target of an earlier test may have kept a pool of its own.
    """
    from goldenpath import interrupts  # not before pytest has loaded it as a plug-in

    listed = Path("/proc/self/task")
    if listed.is_dir():
        interrupts._Watch.threads = len(os.listdir(listed)) - 1
