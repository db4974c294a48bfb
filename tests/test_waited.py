"""How long a process waited for a processor, read from what Linux tells of its threads."""

from __future__ import annotations

import itertools
import os
import shutil
from pathlib import Path

from goldenpath.waited import Waited

ME = os.getpid()


def tell(folder: Path, pid: int, threads: dict[int, int], children: str = "") -> None:
    """What Linux tells of a process: run, waited, slices, by thread."""
    for thread, waits in threads.items():
        task = folder / str(pid) / "task" / str(thread)
        task.mkdir(parents=True, exist_ok=True)
        (task / "schedstat").write_text(f"500 {waits} 3\n")
        (task / "children").write_text(children)


def waiting(folder: Path) -> Waited:
    """Which reads each time that it is asked."""
    return Waited(folder, clock=itertools.count().__next__)


def test_all_threads_and_all_children_count(tmp_path: Path) -> None:
    """From when they are first seen: of this process two, of each of two children one."""
    tell(tmp_path, ME, {ME: 10, ME + 1: 200}, f"{ME + 7} {ME + 9} ")
    tell(tmp_path, ME + 7, {ME + 7: 3_000})
    tell(tmp_path, ME + 9, {ME + 9: 40_000})
    waited = waiting(tmp_path)
    assert waited.so_far() == 0

    tell(tmp_path, ME, {ME: 11, ME + 1: 220}, f"{ME + 7} {ME + 9} ")
    tell(tmp_path, ME + 7, {ME + 7: 3_300})
    tell(tmp_path, ME + 9, {ME + 9: 44_000})
    assert waited.so_far() == 4_321


def test_it_never_goes_down(tmp_path: Path) -> None:
    """A child comes, waits and ends, and so does a thread; another comes with a past of its own."""
    tell(tmp_path, ME, {ME: 10}, f"{ME + 7} ")
    tell(tmp_path, ME + 7, {ME + 7: 3_000})
    waited = waiting(tmp_path)
    waited.so_far()
    tell(tmp_path, ME + 7, {ME + 7: 3_300})
    assert waited.so_far() == 300

    shutil.rmtree(tmp_path / str(ME + 7))  # it ends, and is still listed
    assert waited.so_far() == 300

    tell(tmp_path, ME, {ME: 11, ME + 1: 50_000})
    assert waited.so_far() == 301

    shutil.rmtree(tmp_path / str(ME) / "task" / str(ME + 1))
    tell(tmp_path, ME, {ME: 12})
    assert waited.so_far() == 302


def test_where_it_is_not_told_nothing_is_known(tmp_path: Path) -> None:
    """No such folder; and one in which something else stands."""
    assert waiting(tmp_path / "none").so_far() == 0

    tell(tmp_path, ME, {ME: 10})
    (tmp_path / str(ME) / "task" / str(ME) / "schedstat").write_text("of another kind")
    waited = waiting(tmp_path)
    assert (waited.so_far(), waited.so_far()) == (0, 0)


def test_what_is_stolen_from_the_machine_counts(tmp_path: Path) -> None:
    """In ticks, of all processors together."""
    tell(tmp_path, ME, {ME: 10})
    stat = tmp_path / "stat"
    stat.write_text("cpu  9 0 5 76 1 0 4 55 0 0\ncpu0 3 0 2 39 3 0 1 28 0 0\n")
    waited = waiting(tmp_path)
    waited.so_far()
    tell(tmp_path, ME, {ME: 17})
    stat.write_text("cpu  9 0 5 76 1 0 4 58 0 0\ncpu0 3 0 2 39 3 0 1 28 0 0\n")

    assert waited.so_far() == 3 * 1_000_000_000 // os.sysconf("SC_CLK_TCK") + 7


def test_what_was_just_read_is_not_read_again(tmp_path: Path) -> None:
    """For five milliseconds; who was kept out for longer finds it read anew."""
    now = [7.0]
    tell(tmp_path, ME, {ME: 10})
    waited = Waited(tmp_path, clock=lambda: now[0])
    waited.so_far()
    tell(tmp_path, ME, {ME: 1_010})
    now[0] += 0.004
    assert waited.so_far() == 0

    now[0] += 0.002
    assert waited.so_far() == 1_000
