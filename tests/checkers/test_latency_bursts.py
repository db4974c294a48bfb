"""LATENCY-1: late events of calls made one by one count each, those of a burst once."""

from __future__ import annotations

from tests.build import ALICE, asked, completed, ended, executing, history, session, started, told

from goldenpath import spec
from goldenpath.checkers.latency import FEWEST
from goldenpath.history import Footer, History
from goldenpath.judge import judge
from goldenpath.model import Entry, Outcome, Verdict

#: Nanoseconds that a late event takes.
LATE = 200_000_000


def judged(late_alone: int, late_bursts: int, late_of_burst: int = 9, waited: int = 0) -> Verdict:
    """Enough calls that are made one by one and ten bursts of ten, some of them reported late, and
    so many nanoseconds of that because the machine had no time.
    """
    lines, late = session(ALICE), set[int]()
    for number in range(16, 16 + FEWEST + 100):
        place = number - 16 - FEWEST
        burst, nth = divmod(place, 10)
        is_late = (
            number - 16 < late_alone if place < 0 else burst < late_bursts and nth < late_of_burst
        )
        timed = True if place < 0 else f"burst {burst}"
        lines += [asked(ALICE, number, timed=timed), executing(ALICE, number)]
        lines += [started(ALICE, number), ended(ALICE, number)]
        late |= {len(lines)} if is_late else set()
        lines += [completed(ALICE, number), told(ALICE, number)]
    made, now, held, entries = history(lines), 0, 0, []
    for index, line in enumerate(lines):
        now += LATE if index in late else 0
        held += waited if index in late else 0
        entries.append(Entry(index, now, *line, waited=held))
    whole = History(made.header, tuple(entries), Footer(entries=len(entries)))
    (verdict,) = (v for v in judge(whole) if v.rule == "LATENCY-1")
    return verdict


def test_each_burst_is_one_sample() -> None:
    """Of calls one by one there are two: announced, and reported."""
    assert judged(0, 0).statistics["events"] == 2 * FEWEST + 10
    assert judged(0, 0).outcome is Outcome.PASS


def test_reports_that_are_late_in_every_burst_are_late() -> None:
    """With few that are late one by one; a burst in which the machine stalled is no finding."""
    assert judged(8, 10).outcome is Outcome.FAIL
    assert judged(8, 0).outcome is not Outcome.FAIL
    assert judged(0, 1).outcome is Outcome.PASS


def test_the_median_of_a_burst_counts() -> None:
    """Of ten calls four are late: that is not how long the burst took."""
    assert judged(0, 10, late_of_burst=4).statistics["late"] == 0
    assert judged(0, 10, late_of_burst=6).statistics["late"] == 10


def test_what_the_machine_held_up_counts_neither_way() -> None:
    """Without that it would have come after 100 ms, or a little less."""
    limit = int(spec.LATENCY * 1e9)
    enough, too_little = judged(20, 0, waited=LATE - limit + 1), judged(20, 0, waited=LATE - limit)

    assert enough.outcome is Outcome.PASS
    assert enough.statistics["held up"] == 20
    assert enough.statistics["events"] == 2 * FEWEST + 10 - 20
    assert too_little.outcome is Outcome.FAIL
    assert "held up" not in too_little.statistics


def test_where_the_machine_never_had_time_nothing_is_claimed() -> None:
    """Only what was announced has come in time; of what was reported nobody knows."""
    verdict = judged(FEWEST, 10, waited=LATE)

    assert verdict.outcome is Outcome.PASS  # 299 announced
    assert judged(FEWEST, 10, late_of_burst=10, waited=LATE).statistics["held up"] == FEWEST + 10
