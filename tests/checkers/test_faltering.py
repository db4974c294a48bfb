"""A transport that raises now and then: what it refused is neither missing nor out of order."""

from __future__ import annotations

from typing import Any

from tests.build import ALICE, answer, asked, completed, executing, fault, invoke, ok, session, told
from tests.judged import broken, outcome
from tests.scenes import BEGIN, BEGUN, DONE, FINISHED, THINKING, TRUTH

from goldenpath.model import Outcome

FALTERS: dict[str, Any] = {"transport": "raising", "falters": True}


def test_an_announcement_that_was_refused_did_not_come_too_late() -> None:
    """Where a transport raises now and then; what came late is told all the same."""
    raised = [asked(ALICE), fault(ALICE, "raised"), *TRUTH, completed(ALICE), told(ALICE)]
    late = [*raised[:-1], executing(ALICE), told(ALICE)]

    assert outcome("ORDER-3", session(ALICE, raised, **FALTERS)) is Outcome.PASS
    assert broken("ORDER-3", session(ALICE, late, **FALTERS))


def test_a_start_that_was_refused_is_not_missed() -> None:
    """Of a run whose transport raises now and then."""
    create = invoke(ALICE, "create", tools=["lookup"], **FALTERS)
    lines = [create, ok(ALICE, "create"), *BEGIN, fault(ALICE, "raised"), THINKING, FINISHED]

    assert outcome("ORDER-1", [*lines, answer(ALICE)]) is Outcome.UNKNOWN


def test_an_announcement_whose_end_was_refused_was_not_left_open() -> None:
    """A transport that raises now and then may have taken the one and not the other."""
    lines = [asked(ALICE), executing(ALICE), *TRUTH, fault(ALICE, "raised"), told(ALICE)]
    crowd = [BEGUN, BEGUN, fault(ALICE, "raised"), DONE]

    for each in (lines, [asked(ALICE), asked(ALICE, 17), *crowd]):
        whole = session(ALICE, each, **FALTERS)
        assert outcome("DELIVERY-5", whole) is Outcome.UNKNOWN
