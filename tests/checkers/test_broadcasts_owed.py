"""What of a broadcast is still owed: for that the harness waits at a rest."""

from __future__ import annotations

import json

from tests.build import ALICE, BOB, Line, down, fail, history, invoke, ok, up

from goldenpath.canary import mint
from goldenpath.judge import Judge, judge
from goldenpath.model import Kind

TOKEN = mint(ALICE.owner, 1)
TOLD = invoke(ALICE, "broadcast", "told", token=TOKEN, event={})


def connected(number: int, who: object = ALICE) -> list[Line]:
    user = BOB if who is BOB else ALICE
    step = f"connect-{user.name}-{number}"
    link = f"{user.name}/{number}"
    return [
        invoke(user, "connect", step, socket=link),
        up(user, number),
        ok(user, "connect", step),
    ]


def arrived(number: int) -> Line:
    return (Kind.FRAME, f"alice/{number}", None, "socket.send_text", json.dumps({"text": TOKEN}))


def trouble(number: int, what: str) -> Line:
    return (Kind.FAULT, "alice", None, what, {"socket": f"alice/{number}"})


def owed(*more: Line) -> list[str]:
    """What is owed after these, where Alice has two sockets and Bob one."""
    recorded = history([*connected(1), *connected(2), *connected(1, BOB), *more], kind="router")
    judge = Judge(recorded.header)
    for entry in recorded.entries:
        judge.see(entry)
    return judge.owes()


def test_nothing_is_owed_before_it_was_answered() -> None:
    """Until then the call itself is waited for."""
    assert owed(TOLD) == []


def test_then_it_is_owed_at_each_socket_of_its_user_that_it_has_not_reached() -> None:
    answered = ok(ALICE, "broadcast", "told")
    assert owed(TOLD, answered) == [
        "alice: broadcast told at alice/1",
        "alice: broadcast told at alice/2",
    ]
    assert owed(TOLD, arrived(1), answered) == ["alice: broadcast told at alice/2"]
    assert owed(TOLD, arrived(2), answered, arrived(1)) == []


def test_it_is_owed_after_a_failure_too() -> None:
    """To the others, whichever of them it failed at."""
    assert len(owed(TOLD, fail(ALICE, "broadcast", "told"))) == 2


def test_a_socket_that_broke_stalled_or_went_is_owed_nothing() -> None:
    answered = ok(ALICE, "broadcast", "told")
    rest = ["alice: broadcast told at alice/2"]
    assert owed(trouble(1, "broken"), TOLD, answered) == rest
    assert owed(TOLD, trouble(1, "stalled"), answered, trouble(1, "flows")) == rest
    assert owed(TOLD, down(ALICE, 1), answered) == rest
    assert owed(TOLD, answered, down(ALICE, 1)) == rest


def test_what_is_for_nobody_is_owed_to_nobody() -> None:
    nobody = invoke(ALICE, "broadcast", "told", token=TOKEN, event={}, nobody="None")
    assert owed(nobody, ok(ALICE, "broadcast", "told")) == []


def test_a_broadcast_that_claims_nothing_is_not_held_to_it() -> None:
    lines = [*connected(1), TOLD, arrived(1), ok(ALICE, "broadcast", "told")]
    recorded = history(lines, kind="router", proves=("DELIVERY-6a",))
    judge = Judge(recorded.header)
    for entry in recorded.entries:
        judge.see(entry)
    (verdict,) = [v for v in judge.finish(recorded.footer) if v.rule == "DELIVERY-6a"]
    said = "its broadcasts claim nothing by a number, nor by yes or no"
    assert (verdict.outcome, verdict.reason) == ("UNOBSERVABLE", said)


def nine(*more: Line) -> str:
    """The outcome of ROUTING-9 of a broadcast to two sockets, of which the first is in trouble."""
    recorded = history([*connected(1), *connected(2), *more], kind="router", proves=("ROUTING-9",))
    (verdict,) = [v for v in judge(recorded) if v.rule == "ROUTING-9"]
    return f"{verdict.outcome} {verdict.reason}".strip()


def test_who_waits_until_a_stalled_one_breaks_has_waited_for_it() -> None:
    answered, stalled, broken = (
        ok(ALICE, "broadcast", "told"),
        trouble(1, "stalled"),
        trouble(1, "broken"),
    )
    assert nine(stalled, TOLD, arrived(2), broken, answered) == "PASS"
    assert nine(stalled, TOLD, broken, arrived(2), answered).endswith(
        "reached alice/2 only after the trouble of alice/1 was over"
    )
    assert nine(broken, TOLD, arrived(2), answered) == "PASS"
    assert nine(stalled, broken, TOLD, arrived(2), answered) == "PASS"
    assert nine(stalled, TOLD, broken, answered).endswith("never reached alice/2")
