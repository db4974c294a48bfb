"""ISOLATION-2: ids of another user, wherever they are not the event's own."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec.structs import replace
from tests.build import Line, call, event, session
from tests.judged import broken, findings, red

from goldenpath.canary import request_ids
from goldenpath.checkers import isolation
from goldenpath.model import Kind
from goldenpath.plant import plant_user

# An id of a user, of a run, and of what belongs to it: wherever it is no event's own.
ANN, BEN = (plant_user(7, position) for position in range(2))
REQUEST, SESSION = request_ids(str(BEN.run_id))
THEIRS = {"a user": BEN.user_id, "a run": BEN.run_id, "a request": REQUEST, "a session": SESSION}


@pytest.mark.parametrize("planted", THEIRS.values(), ids=THEIRS)
def test_another_users_id_in_a_frame(planted: str) -> None:
    """Ids mark whose data it is as canaries do."""
    lines = [*session(ANN), *session(BEN), event(ANN, "agent_thinking", peers=[planted])]

    assert broken("ISOLATION-2", lines, ANN, BEN) == (
        f"a frame to {ANN.name} holds an id of {BEN.name}",
        (6,),
    )


def test_ones_own_ids_and_those_that_say_whose_an_event_is() -> None:
    """Of these CONTENT-3 speaks; and of one account that two users share nobody can be told."""
    own = [str(ANN.user_id), *request_ids(str(ANN.run_id))]
    lines = [*session(ANN), *session(BEN), event(ANN, "agent_thinking", peers=own)]
    named = [*lines, event(ANN, "agent_thinking", user_id=BEN.user_id)]
    twin = replace(BEN, user_id=ANN.user_id)

    assert "ISOLATION-2" not in red(lines, ANN, BEN)
    assert "ISOLATION-2" not in red(named, ANN, BEN)
    nobodys = event(ANN, "agent_thinking", user_id=None, peers=own)
    assert "ISOLATION-2" not in red([*session(ANN), *session(twin), nobodys], ANN, twin)


@pytest.mark.parametrize("time", [1757.3, {"seconds": 1757}], ids=["a number", "an object"])
def test_an_id_in_a_second_place_says_whose_an_event_is_as_well(time: Any) -> None:
    """That it is another's there is for CONTENT-3, whatever else stands in two places."""
    lines = [*session(ANN), *session(BEN)]
    body = {"run_id": ANN.run_id, "user_id": ANN.user_id, "timestamp": 1757.3}
    text = {"type": "agent_thinking", "data": body, "user_id": BEN.user_id, "timestamp": time}

    frame: Line = (Kind.FRAME, f"{ANN.name}/1", None, "tap.send", json.dumps(text))

    assert red([*lines, frame], ANN, BEN) - {"ORDER-6"} == {"CONTENT-3"}


def test_the_oldest_ids_of_runs_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a history is, so many are kept, and the newest of them are known."""
    monkeypatch.setattr(isolation, "REMEMBERED", 3)
    earlier = replace(BEN, run_id="11111111-2222-4333-8444-555555555555")
    shows = [event(ANN, "agent_thinking", peers=[of.run_id]) for of in (earlier, BEN)]
    lines = [*session(ANN), *session(earlier), *call(earlier), *session(BEN), *call(BEN), *shows]

    assert findings("ISOLATION-2", lines, ANN, BEN) == [
        (f"a frame to {ANN.name} holds an id of {BEN.name}", (len(lines) - 1,))
    ]
