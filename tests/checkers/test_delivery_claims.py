"""DELIVERY-6: what a session's own way to its user claims to have delivered has arrived."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import ALICE, BOB, Line, bare, event, fail, invoke, lost, ok, session, token_of
from tests.judged import broken, findings, outcome, untold, verdicts

from goldenpath.model import Outcome, User


def dispatcher(*lines: Line) -> list[Line]:
    """Sessions of alice and bob (entries 0 to 5), then these lines from entry 6 on."""
    return [*session(ALICE), *session(BOB), *lines]


def claim(claims: Any, *shown: Line, who: User = ALICE, number: int = 16) -> list[Line]:
    """A thought is sent, this is shown meanwhile, and then this is claimed."""
    step = f"claim-{number}"
    asked = invoke(who, "claim", step, token=token_of(who, number), text="I think so.")
    return [asked, *shown, ok(who, "claim", step, value={"claims": claims})]


def thought(to: User = ALICE, of: User = ALICE, number: int = 16) -> Line:
    """The thought arrives."""
    return event(of, "agent_thinking", to=to, reasoning=f"I think of {token_of(of, number)}.")


FALSE: dict[str, tuple[list[Line], Any, int]] = {
    "delivered, and it is not": ([], True, 0),
    "not delivered, and it is": ([thought()], False, 1),
    "to one, and to none": ([], 1, 0),
    "to none, and to one": ([thought()], 0, 1),
    "to one, and to two": ([thought(), thought()], 1, 2),
    "to two, and to one": ([thought()], 2, 1),
    "delivered, to somebody else": ([thought(to=BOB)], True, 0),
    "delivered, and it was another": ([thought(number=17)], True, 0),
}


@pytest.mark.parametrize(("shown", "claims", "arrived"), FALSE.values(), ids=FALSE)
def test_a_claim_that_is_not_true(shown: list[Line], claims: Any, arrived: int) -> None:
    """It is compared with what has arrived at links of the user."""
    lines = dispatcher(*claim(claims, *shown))

    assert broken("DELIVERY-6", lines) == (
        f"the bridge of alice claims {claims}, and {arrived} arrived",
        (len(lines) - 1,),
    )


TRUE: dict[str, tuple[list[Line], Any]] = {
    "delivered": ([thought()], True),
    "delivered more than once": ([thought(), thought()], True),
    "not delivered": ([], False),
    "to none": ([], 0),
    "to one": ([thought()], 1),
    "to two": ([thought(), thought()], 2),
}


@pytest.mark.parametrize(("shown", "claims"), TRUE.values(), ids=TRUE)
def test_a_claim_that_is_true(shown: list[Line], claims: Any) -> None:
    """A yes or no, or a number."""
    found = verdicts(dispatcher(*claim(claims, *shown)))["DELIVERY-6"]

    assert (found.outcome, found.opportunities) == (Outcome.PASS, 1)


def test_a_thought_may_arrive_after_it_was_claimed() -> None:
    """There is a queue between."""
    assert outcome("DELIVERY-6", dispatcher(*claim(True), thought())) is Outcome.PASS


def test_what_came_before_it_was_asked_for_does_not_count() -> None:
    """What is kept grows with the claims, not with the frames."""
    lines = dispatcher(thought(), *claim(True))

    assert broken("DELIVERY-6", lines) == (
        "the bridge of alice claims True, and 0 arrived",
        (len(lines) - 1,),
    )


def test_each_claim_is_compared_with_its_own_thought() -> None:
    """Of several users, and several of one."""
    lines = dispatcher(
        *claim(True, thought()),
        *claim(True, number=17),
        *claim(False, thought(of=BOB, to=BOB), who=BOB),
    )

    assert findings("DELIVERY-6", lines) == [
        ("the bridge of alice claims True, and 0 arrived", (10,)),
        ("the bridge of bob claims False, and 1 arrived", (13,)),
    ]


NOTHING_CLAIMED: dict[str, list[Line]] = {
    "nothing": claim(None, thought()),
    "a word": claim("sent", thought()),
    "no object": [*claim(True)[:1], ok(ALICE, "claim", "claim-16", value=True)],
    "an exception": [*claim(True)[:1], fail(ALICE, "claim", "claim-16", text="no bridge")],
    "a failed result": [
        *claim(True)[:1],
        fail(ALICE, "claim", "claim-16", by="result", value={"claims": True}),
    ],
}


@pytest.mark.parametrize("lines", NOTHING_CLAIMED.values(), ids=NOTHING_CLAIMED)
def test_what_claims_nothing_is_grey(lines: list[Line]) -> None:
    """With its reason."""
    found = verdicts(dispatcher(*lines))["DELIVERY-6"]

    assert (found.outcome, found.reason) == (
        Outcome.UNOBSERVABLE,
        "its bridge claims nothing that can be seen",
    )


def test_without_an_answer_nothing_follows() -> None:
    """It hangs, or nobody asked; and other steps are none of its business."""
    hangs = [*claim(True)[:1], lost(ALICE, "claim", "claim-16"), thought()]
    others = [invoke(ALICE, "ask_support"), ok(ALICE, "ask_support", value={"claims": True})]

    assert untold("DELIVERY-6", dispatcher(*hangs))
    assert untold("DELIVERY-6", dispatcher(*others, bare(ALICE, "agent_thinking")))
