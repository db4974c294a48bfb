"""What is planted to be seen if a target shows its insides, and where it must not be seen."""

from __future__ import annotations

import asyncio
import copy
import json
import traceback

import pytest
from tests.planted import TOKEN, USER, Planted

from goldenpath.canary import CREDENTIAL, INTERNALS, REPR, SELF, TRACE, find, mint
from goldenpath.model import NOT_JSON, Kind
from goldenpath.plant import ToolFailure
from goldenpath.plant.internals import Opaque, internal
from goldenpath.plant.users import as_planted

MARKS = {number: mint(USER.owner, number) for number in INTERNALS}


def test_a_marker_belongs_to_the_user_whose_canary_it_is_made_of() -> None:
    """Of a kind of its own, which no other thing planted has."""
    assert internal(mint(USER.owner, SELF), REPR) == MARKS[REPR]
    assert set(INTERNALS) == {REPR, TRACE, CREDENTIAL}


def test_an_object_shows_its_marker_by_its_repr_and_its_text_alone() -> None:
    """Copied or not; JSON cannot hold it and its fields do not tell."""
    made = Planted().call("opaque", query=TOKEN)

    assert MARKS[REPR] in repr(made)
    assert MARKS[REPR] in str(copy.deepcopy(made))
    with pytest.raises(TypeError) as caught:
        json.dumps(made)
    assert MARKS[REPR] not in str(caught.value)
    assert not hasattr(made, "__dict__")


def test_a_copy_of_an_object_is_recorded_alike() -> None:
    """So that what comes back can be compared."""
    planted = Planted()
    made = planted.call("opaque", query=TOKEN)

    assert isinstance(made, Opaque)
    assert planted.entries[-1].value["result"] == {NOT_JSON: f"Opaque {made!r}"}


def test_a_crash_shows_its_marker_by_its_traceback_alone() -> None:
    """File and function have it; the error's own text is content."""
    with pytest.raises(ToolFailure) as caught:
        Planted().call("crash", query=TOKEN)

    text = "".join(traceback.format_exception(caught.value))
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert MARKS[TRACE] in last.filename
    assert MARKS[TRACE] in last.name
    assert f'File "{last.filename}", line {last.lineno}, in {last.name}' in text
    assert TOKEN in str(caught.value)
    assert MARKS[TRACE] not in str(caught.value) + repr(caught.value)


def test_a_user_has_a_credential() -> None:
    """Marked, and the same for each of their sessions."""
    one, other = as_planted(USER, "run-1"), as_planted(USER, "run-2")

    assert [token.text for token in find(one.token)] == [MARKS[CREDENTIAL]]
    assert one.token == other.token


@pytest.mark.parametrize("shape", ["send_event", "send_to_user"])
def test_the_transport_does_not_show_the_repr_of_what_it_is_handed(shape: str) -> None:
    """What a target hands over as it is, is not shown by the target."""
    planted = Planted()
    tap = planted.plant.tap(USER.name, "working")
    made = planted.call("opaque", query=TOKEN)
    assert tap.manager is not None
    if shape == "send_event":
        asyncio.run(tap.manager.send_event("tool_completed", {"result": made}))
    else:
        asyncio.run(tap.manager.send_to_user(USER.user_id, {"type": "x", "result": made}))
    frame = planted.entries[-1]

    assert frame.kind is Kind.FRAME
    assert json.loads(frame.value)
    assert MARKS[REPR] not in frame.value
