"""ORDER-6: what the clocks of events say."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import ALICE, BOB, Line, event, run, up
from tests.judged import broken, doubted, findings, outcome, verdicts

from goldenpath.checkers.sequence import NAIVE, ODD, UNREAD, ZONED, read_time
from goldenpath.model import Outcome

# --- ORDER-6 -------------------------------------------------------------------------------------


def stamped(*times: Any, **more: Any) -> list[Line]:
    """Events of one run (entries 2 ...) with these timestamps."""
    shown = [event(ALICE, "agent_thinking", timestamp=time, **more) for time in times]
    return [up(ALICE), run(ALICE), *shown]


NOON, LATER = "2026-11-25T12:00:00.5+00:00", "2026-11-25T12:00:01+00:00"

GOOD: dict[str, tuple[Any, ...]] = {
    "ISO text": (NOON, LATER, LATER),
    "with a Z": ("2026-11-25T12:00:00Z", "2026-11-25T12:00:00.1Z"),
    "with an offset": (NOON, "2026-11-25T14:00:01+02:00"),
    "with nanoseconds": ("2026-11-25T12:00:00.123456789Z", "2026-11-25T12:00:00.123456790Z"),
    "seconds": (1764072000, 1764072000.25),
    "milliseconds": (1764072000000, 1764072000250),
    "a clock of its own": (12.5, 13),
    "now and then": (NOON, None, LATER),
}


@pytest.mark.parametrize("times", GOOD.values(), ids=GOOD)
def test_a_clock_that_can_be_trusted(times: tuple[Any, ...]) -> None:
    """Text with a zone, or a number since 1970."""
    found = verdicts(stamped(*times), kind="agent")["ORDER-6"]

    assert (found.outcome, found.opportunities) == (
        Outcome.PASS,
        sum(time is not None for time in times),
    )


BAD: dict[str, tuple[tuple[Any, ...], str, tuple[int, ...]]] = {
    "no zone": (
        ("2026-11-25T12:00:00",),
        "the timestamp 2026-11-25T12:00:00 of agent_thinking has no zone",
        (2,),
    ),
    "backwards": (
        (LATER, NOON),
        f"agent_thinking of alice is stamped {NOON}, which is before {LATER}, the stamp of the"
        " event before it",
        (2, 3),
    ),
    "backwards from the last one": (
        (NOON, LATER, NOON),
        f"agent_thinking of alice is stamped {NOON}, which is before {LATER}, the stamp of the"
        " event before it",
        (3, 4),
    ),
    "backwards over zones": (
        (NOON, "2026-11-25T13:00:00+02:00"),
        "agent_thinking of alice is stamped 2026-11-25T13:00:00+02:00, which is before"
        f" {NOON}, the stamp of the event before it",
        (2, 3),
    ),
    "backwards in numbers": (
        (1764072000.2, 1764072000),
        "agent_thinking of alice is stamped 1764072000, which is before 1764072000.2, the stamp"
        " of the event before it",
        (2, 3),
    ),
    "text and numbers": (
        (NOON, 1764072001),
        "timestamps are of different kinds: ISO text with a zone and a number of seconds",
        (2, 3),
    ),
    "seconds and milliseconds": (
        (1764072000, 1764072001000),
        "timestamps are of different kinds: a number of seconds and a number of milliseconds",
        (2, 3),
    ),
    "an object": (({"at": NOON},), "the timestamp of agent_thinking is no time", (2,)),
    "an object among text": (
        (NOON, {"at": NOON}, LATER),
        "the timestamp of agent_thinking is no time",
        (3,),
    ),
    "true": ((True,), "the timestamp of agent_thinking is no time", (2,)),
}


@pytest.mark.parametrize(("times", "message", "witness"), BAD.values(), ids=BAD)
def test_a_clock_that_cannot_be_trusted(
    times: tuple[Any, ...], message: str, witness: tuple[int, ...]
) -> None:
    """What it says and what it should not."""
    assert broken("ORDER-6", stamped(*times), kind="agent") == (message, witness)


def test_it_is_a_warning() -> None:
    """A rule of level SHOULD."""
    assert verdicts(stamped(LATER, NOON), kind="agent")["ORDER-6"].level == "SHOULD"


def test_a_new_kind_is_told_once() -> None:
    """Not for each event that follows."""
    lines = stamped(NOON, *range(1764072001, 1764072009))

    assert len(findings("ORDER-6", lines, kind="agent")) == 1


def test_text_that_is_no_iso_is_in_doubt() -> None:
    """It may be a time in some other form."""
    times = ("Wednesday, the 25th of November of 2026, noon", NOON, "Wed, 25 Nov 2026", "noon")

    assert doubted("ORDER-6", stamped(*times), kind="agent") == "; ".join(
        f"timestamps such as {times[n][:40]!r} cannot be read" for n in (0, 2, 3)
    )


def two_places(*pairs: tuple[Any, Any]) -> list[Line]:
    """Events with one time in the data and one in the envelope."""
    lines = stamped(*(inner for inner, _ in pairs))
    for number, (_, outer) in enumerate(pairs, 2):
        kind, link, step, shape, text = lines[number]
        lines[number] = (kind, link, step, shape, f'{{"timestamp": {outer}, {text[1:]}')
    return lines


def test_each_place_of_an_envelope_is_a_clock_of_its_own() -> None:
    """One tells when it was made, the other when it was sent; both count."""
    made_and_sent = two_places((10.0, 12.0), (11.0, 13.0))
    late = two_places((10.0, 13.0), (11.0, 12.0))
    mixed = two_places((10.0, f'"{NOON}"'))

    assert outcome("ORDER-6", made_and_sent, kind="agent") is Outcome.PASS
    assert broken("ORDER-6", late, kind="agent")[1] == (2, 3)
    assert "different kinds" in broken("ORDER-6", mixed, kind="agent")[0]


def test_what_else_stands_in_several_places_is_no_time() -> None:
    """Such as an id."""
    lines = stamped(NOON)
    kind, link, step, shape, text = lines[2]
    lines[2] = (kind, link, step, shape, f'{{"payload": {{"user_id": "another"}}, {text[1:]}')

    assert verdicts(lines, kind="agent")["ORDER-6"].opportunities == 1


def test_each_run_and_each_link_has_a_clock_of_its_own() -> None:
    """They are not compared with each other."""
    lines = [
        *(up(ALICE), up(BOB), up(ALICE, 2), run(ALICE), run(BOB)),
        event(ALICE, "agent_started", timestamp=LATER),
        event(BOB, "agent_started", timestamp=NOON),
        event(ALICE, "agent_started", to="alice/2", timestamp=NOON),
    ]

    assert outcome("ORDER-6", lines, kind="agent") is Outcome.PASS


def test_without_timestamps_it_is_grey() -> None:
    """With its reason."""
    for time in (None, ""):
        found = verdicts(stamped(time), kind="agent")["ORDER-6"]

        assert (found.outcome, found.reason) == (
            Outcome.UNOBSERVABLE,
            "no event has a timestamp that is recognised",
        )


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (NOON, ZONED),
        ("2026-11-25", NAIVE),
        ("now", UNREAD),
        (0, "a number of seconds"),
        (-5.5, "a number of seconds"),
        (10**11 - 1, "a number of seconds"),
        (10**11, "a number of milliseconds"),
        (10**14, "a number of microseconds"),
        (1764072000123456, "a number of microseconds"),
        (10**17, "a number of nanoseconds"),
        (1764072000123456789, "a number of nanoseconds"),
        ([], ODD),
        (False, ODD),
    ],
)
def test_the_kind_of_a_timestamp(value: Any, kind: str) -> None:
    """By its type, its zone and its size."""
    assert read_time(value)[0] == kind
