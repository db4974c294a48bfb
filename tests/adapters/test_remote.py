"""Steps on a program: requests, answers in shape, frames by address, truth in order."""

from __future__ import annotations

from typing import Any

import pytest
from tests.adapters.performing import Performed, call, create, perform
from tests.planted import TOKEN, USERS, step

from goldenpath import spec
from goldenpath.adapters.base import Reply
from goldenpath.canary import RAISED
from goldenpath.errors import TargetProblem
from goldenpath.model import Kind

# --- what goes well -------------------------------------------------------------------------------


def test_a_call_shows_its_truth_among_its_frames() -> None:
    done = perform(create(), call("lookup"), step("cleanup"))

    assert done.replies[1] == Reply(True, {"value": done.entries[3].value["result"]})
    assert done.story == [
        "alice/1 tool_executing",
        "alice started",
        "alice ended",
        "alice/1 tool_completed",
    ]
    assert done.replies[2] == Reply(True, {"value": None})


def test_a_failing_tool_fails_its_call() -> None:
    done = perform(create(), call("explode"), step("cleanup"))
    value = done.replies[1].value

    assert (value["by"], value["type"]) == ("exception", "ToolFailure")
    assert TOKEN in value["text"]
    assert "alice failed" in done.story


def test_what_a_long_error_no_longer_shows_is_overheard() -> None:
    before = f"""
        if line["type"] != "execute": return False
        write("answer", id=line["id"], error={{"type": "E", "text": "x" * 5000 + {TOKEN!r}}})
        return True
    """
    value = perform(create(), call("lookup"), before=before).replies[1].value

    assert TOKEN not in value["text"]
    assert value["overheard"] == [TOKEN]


@pytest.mark.parametrize(
    ("answer", "by", "type_"),
    [
        ('missing="dispatch"', "missing", ""),
        ("cancelled=True", "exception", "CancelledError"),
        ('error={"text": "no"}', "exception", ""),
    ],
)
def test_each_kind_of_failure_is_told_as_such(answer: str, by: str, type_: str) -> None:
    before = f"""
        if line["type"] != "execute": return False
        write("answer", id=line["id"], {answer})
        return True
    """
    reply = perform(create(), call("lookup"), before=before).replies[1]

    assert (reply.ok, reply.value["by"], reply.value["type"]) == (False, by, type_)


def test_an_outcome_is_read_in_its_shape() -> None:
    before = """
        if line["type"] != "execute": return False
        good = line["tool"] == "lookup"
        write("answer", id=line["id"], value={"success": good, "result": 5, "error": "bad"})
        return True
    """
    steps = (create(), call("lookup"), call("explode"))
    good, bad = perform(*steps, before=before, shape="success").replies[1:]

    assert good == Reply(True, {"value": 5})
    assert (bad.ok, bad.value["by"], bad.value["text"]) == (False, "result", "bad")


def test_look_ups_are_brought_into_shape() -> None:
    looked = perform(create(), step("look", tools=["lookup", "none"])).replies[1].value["value"]

    assert looked == {
        "has_tool": {"lookup": True, "none": False},
        "get_available_tools": ["lookup", "explode", "give"],
        "tools": ["lookup", "explode", "give"],
        "wrong": {},
    }


@pytest.mark.parametrize("value", ["7", "[]", '{"has_tool": {"lookup": 1}, "tools": [7]}'])
def test_look_ups_of_another_shape_are_said_to_be_wrong(value: str) -> None:
    before = f"""
        if line["type"] != "look": return False
        write("answer", id=line["id"], value={value})
        return True
    """
    looked = perform(create(), step("look", tools=["lookup"]), before=before).replies[1].value

    assert set(looked["value"]["wrong"]) == {"has_tool", "get_available_tools", "tools"}
    assert looked["value"]["tools"] is None


def test_members_are_words_whatever_was_answered() -> None:
    members = perform(create(), step("inspect")).replies[1].value["value"]

    assert members == {"execute_tool": "async method", "has_tool": "method", "tools": "7"}


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ('value={"has": True, "bridge": False}', {"has": True, "bridge": False}),
        ('value={"has": None}', {"has": None, "bridge": None}),
        ('missing="websocket_bridge"', {"has": None, "bridge": None}),
        ("value=7", {"has": "7", "bridge": False}),
    ],
)
def test_the_way_to_the_user_is_brought_into_shape(answer: str, told: dict[str, Any]) -> None:
    before = f"""
        if line["type"] != "ask_support": return False
        write("answer", id=line["id"], {answer})
        return True
    """
    reply = perform(create(), step("ask_support"), before=before).replies[1]

    assert reply == Reply(True, {"value": told})


@pytest.mark.parametrize("user", [*spec.INVALID_USERS, *spec.PLACEHOLDER_USERS])
def test_a_session_for_nobody_is_asked_for_and_put_away(user: str) -> None:
    """The user is null, or its id is; what is made all the same is cleaned up and not used."""
    before = """
        if line["type"] != "create": return False
        user = line["user"] or {"user_id": None}
        if str(user["user_id"] or "").strip(): return False
        write("answer", id=line["id"], error={"type": "ValueError", "text": "whose?"})
        return True
    """
    asked = step("create_invalid", run_id="r", tools=[], user=user)
    refusing = perform(asked, before=before).replies[0]
    taking = perform(asked, call("lookup"), before="if line['type'] == 'create': line['user'] ="
                     " line['user'] or {'user_id': ''}")  # fmt: skip

    assert (refusing.value.get("text") == "whose?") is not user.startswith("the user_id")
    assert taking.replies[0] == Reply(True, {"value": "a session"})
    assert taking.replies[1].value["by"] == "missing"


def test_an_admin_is_one() -> None:
    before = """
        if line["type"] == "create":
            write("answer", id=line["id"], value=line["user"]["roles"])
        return line["type"] == "create"
    """
    replies = perform(create(), create("bob", admin=True), before=before).replies

    assert [reply.value["value"] for reply in replies] == [["user"], ["admin", "user"]]


def test_a_registered_tool_can_be_run() -> None:
    done = perform(create(tools=[]), step("register", tool="lookup"), call("lookup"))

    assert done.replies[1] == Reply(True, {"value": {"form": "tool", "returned": "register"}})
    assert done.replies[2].ok


def test_another_session_of_a_user_replaces_the_first() -> None:
    done = perform(create(), create(tools=["give"]), call("lookup"), call("give"))

    assert [reply.ok for reply in done.replies] == [True, True, False, True]


def test_a_session_that_cannot_be_made_is_not_taken_for_the_one_before() -> None:
    replies = perform(create(), create(transport="slow"), call("lookup")).replies

    assert [reply.value.get("by") for reply in replies] == [None, "missing", "missing"]


# --- frames ---------------------------------------------------------------------------------------


def frames(to: str, frame: str = '{"type": "x"}', ack: str = "1", **more: Any) -> Performed:
    before = f"""
        if line["type"] != "execute": return False
        write("frame", to={to}, frame={frame}, ack={ack})
        sent = next(lines()) if {ack} else None
        write("answer", id=line["id"], value=sent)
        return True
    """
    return perform(create(**more), create("bob"), call("lookup"), before=before)


@pytest.mark.parametrize(
    ("to", "link"),
    [
        (repr(USERS[0].user_id), "alice/1"),
        (repr(USERS[1].user_id), "bob/1"),
        *((odd, "") for odd in ('"none"', '""', "None", "0", "[]", "{}", repr("alice"))),
    ],
)
def test_a_frame_goes_where_it_is_addressed(to: str, link: str) -> None:
    done = frames(to)
    (entry,) = [entry for entry in done.entries if entry.kind is Kind.FRAME]

    assert (entry.actor, entry.what, entry.value) == (link, "process", '{"type":"x"}')
    assert done.replies[2].value["value"] == {"type": "sent", "ack": 1, "value": bool(link)}


def test_a_frame_that_is_text_is_taken_as_it_is() -> None:
    done = frames(repr(USERS[0].user_id), "\"{'type': 'x'}\"")

    assert [e.value for e in done.entries if e.kind is Kind.FRAME] == ["{'type': 'x'}"]


def test_sending_fails_where_the_transport_raises() -> None:
    done = frames(repr(USERS[0].user_id), transport="raising")

    assert done.replies[2].value["value"]["error"] == {"type": "ConnectionError", "text": RAISED}
    assert [entry.kind for entry in done.entries if entry.actor == "alice"] == [Kind.FAULT]


def test_a_failure_that_nobody_can_be_told_of_is_the_programs() -> None:
    with pytest.raises(TargetProblem, match="a frame without an ack"):
        frames(repr(USERS[0].user_id), ack="None", transport="raising")


def test_a_frame_to_a_user_without_a_transport_reaches_nobody() -> None:
    done = frames(repr(USERS[0].user_id), transport="absent")

    assert done.replies[2].value["value"]["value"] is False
