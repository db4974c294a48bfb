"""Two sessions of one user at once: what cannot be told apart is not judged, and what can be is."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import (
    ALICE,
    answer,
    asked,
    bare,
    call,
    ended,
    in_session,
    refused,
    run,
    session,
    sibling,
    started,
    told,
    up,
)
from tests.judged import red, verdicts

from goldenpath.model import Outcome

SECOND = sibling(ALICE)
BOTH_RUN = [up(ALICE), run(ALICE, 16), *in_session([run(SECOND, 17)])]
ANSWERED = [answer(ALICE), *in_session([answer(SECOND)])]


def events(**more: Any) -> list[Any]:
    """Two runs by turns, each numbered from 1, as one link shows them."""
    shown = []
    for number, name in enumerate(("agent_started", "agent_thinking", "agent_completed"), 1):
        for which in ("first", "second"):
            said = {key: value[which] for key, value in more.items()}
            shown.append(bare(ALICE, name, seq=number, text="so it is", **said))
    return shown


THREADS = {"first": ALICE.thread_id, "second": SECOND.thread_id}


@pytest.mark.parametrize("rule", ["ORDER-1", "ORDER-2", "ORDER-5", "DELIVERY-3"])
def test_runs_whose_events_name_neither_are_not_judged(rule: str) -> None:
    """Each event may be of either; where they say their thread both are in order."""
    untold = verdicts([*BOTH_RUN, *events(), *ANSWERED], kind="agent")[rule]
    apart = verdicts([*BOTH_RUN, *events(thread_id=THREADS), *ANSWERED], kind="agent")[rule]

    assert untold.outcome is not Outcome.FAIL
    assert apart.outcome is Outcome.PASS


def test_calls_of_two_sessions_that_cannot_be_told_apart_are_not_judged() -> None:
    """They are the same but for their canaries, which no event shows."""
    lines = [*session(ALICE), *in_session(session(SECOND))]
    lines += [asked(ALICE, 16), *in_session([asked(SECOND, 17)])]
    shown = bare(ALICE, "tool_executing", tool_name="lookup")
    ran = [*[started(ALICE, 16), ended(ALICE, 16)], *in_session([started(SECOND, 17)])]
    ran += in_session([ended(SECOND, 17)])
    done = bare(ALICE, "tool_completed", tool_name="lookup", status="success")
    lines += [shown, shown, *ran, done, done, told(ALICE, 16), *in_session([told(SECOND, 17)])]
    found = verdicts(lines)

    assert red(lines) == set()
    assert found["DELIVERY-2"].outcome is Outcome.UNKNOWN
    assert found["DELIVERY-5"].outcome is Outcome.UNKNOWN


def test_a_call_of_one_session_that_another_closes_is_not_refused_for_its_parameters() -> None:
    """TOOL-2 has no control where another session may be in its way."""
    again = [asked(ALICE, 18), refused(ALICE, 18, text="closed")]
    alone = session(ALICE, call(ALICE, 16))

    assert "TOOL-2" not in red([*alone, *in_session(session(SECOND)), *again])
    assert "TOOL-2" in red([*alone, *again])
