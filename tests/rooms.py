"""Short words for histories of routers: who came and went, what was said, who handled it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from goldenpath.cards import card_of
from goldenpath.declare import Declaration
from goldenpath.model import FLOWS, LOGGED, Kind, Outcome, User
from tests import judged
from tests.build import ALICE, BOB, Line, fail, invoke, lost, ok, token_of, up

CHAT, TASK, ODD = "chat_message", "task_request", "unheard_of"

#: What the header of a router's history says.
ROUTER: dict[str, Any] = {
    "kind": "router",
    "declared": {"pings": {"ping": "pong"}},
    "card": card_of(Declaration("router", {}, facades={"old": str})),
}

red = partial(judged.red, **ROUTER)
broken = partial(judged.broken, **ROUTER)
findings = partial(judged.findings, **ROUTER)
outcome = partial(judged.outcome, **ROUTER)
untold = partial(judged.untold, **ROUTER)
verdicts = partial(judged.verdicts, **ROUTER)


def passed(rule: str, lines: Iterable[Line], **more: Any) -> int:
    """How often a rule could have been broken that was not."""
    found = verdicts(lines, **more)[rule]
    assert found.outcome is Outcome.PASS, found
    return found.opportunities


def link_of(who: User, link: int = 1) -> str:
    return f"{who.name}/{link}"


# --- who is there --------------------------------------------------------------------------------


def comes(who: User, link: int = 1) -> list[Line]:
    """A socket of the user is connected: three lines."""
    step = f"connect-{link_of(who, link)}"
    asked = invoke(who, "connect", step, socket=link_of(who, link))
    return [asked, up(who, link), ok(who, "connect", step)]


def goes(who: User, link: int = 1) -> list[Line]:
    """... and is disconnected: three lines."""
    step, value = f"disconnect-{link_of(who, link)}", {"user": who.name}
    asked = invoke(who, "disconnect", step, socket=link_of(who, link), abrupt=True)
    down = (Kind.LINK, link_of(who, link), None, "down", value)
    return [asked, down, ok(who, "disconnect", step)]


def closed(who: User, code: int = 1000, link: int = 1) -> Line:
    """The router closes a socket."""
    value = {"user": who.name, "code": code, "by": "target"}
    return (Kind.LINK, link_of(who, link), None, "down", value)


def turns(who: User, condition: str, link: int = 1) -> Line:
    """The harness breaks or stalls a socket, or lets it flow."""
    what = FLOWS if condition == "working" else condition
    return (Kind.FAULT, who.name, f"turn-{who.name}", what, {"socket": link_of(who, link)})


# --- handlers ------------------------------------------------------------------------------------


def added(
    *types: str,
    name: str = "h",
    does: str = "takes",
    of: User | None = None,
    link: int = 1,
    taken: bool = True,
) -> list[Line]:
    """A handler is added, for all or for a connection: two lines."""
    value: dict[str, Any] = {"handler": name, "types": list(types or (CHAT,)), "behaviour": does}
    if of is not None:
        value["socket"] = link_of(of, link)
    step = f"add-{name}"
    answer = ok if taken else fail
    return [invoke(of or ALICE, "add_handler", step, **value), answer(ALICE, "add_handler", step)]


def removed(name: str = "h", answer: Callable[..., Line] = ok) -> list[Line]:
    """... and removed: two lines."""
    step = f"remove-{name}"
    asked = invoke(ALICE, "remove_handler", step, handler=name)
    return [asked, answer(ALICE, "remove_handler", step)]


# --- a message, line by line; the number tells messages apart ------------------------------------


def _step(who: User, number: int) -> str:
    return f"say-{who.name}-{number}"


def says(who: User, number: int = 16, type: str = CHAT, link: int = 1, **more: Any) -> Line:
    """A user says something of this type."""
    token = token_of(who, number)
    message = {"type": type, "payload": {"content": f"I say {token}."}}
    value = {"socket": link_of(who, link), "token": token, "message": message, **more}
    return invoke(who, "route", _step(who, number), **value)


def sends(who: User, message: Any, number: int = 16, link: int = 1, **more: Any) -> Line:
    """A user sends just this, without a canary."""
    value = {"socket": link_of(who, link), "message": message, **more}
    return invoke(who, "route", _step(who, number), **value)


def mumbles(who: User, message: Any = None, number: int = 16, link: int = 1) -> Line:
    """A user sends what is no message."""
    return sends(who, message, number, link, malformed=True)


def answers(who: User, value: Any = True, number: int = 16) -> Line:
    """The router returns this."""
    return ok(who, "route", _step(who, number), value)


def raises(who: User, type: str = "UnknownType", number: int = 16, **more: Any) -> Line:
    """... or raises."""
    return fail(who, "route", _step(who, number), type=type, **more)


def hangs(who: User, number: int = 16) -> Line:
    """... or does neither."""
    return lost(who, "route", _step(who, number))


def truth(
    what: str,
    who: User,
    number: int = 16,
    by: str = "h",
    link: int = 1,
    **more: Any,
) -> Line:
    """A handler got it: started, ended, failed or cancelled."""
    told = {"token": token_of(who, number), "user_id": who.user_id, "socket": link_of(who, link)}
    return (Kind.TOOL, by, None, what, {"tool": by, **told, **more})


def begun(who: User, number: int = 16, by: str = "h", link: int = 1, **more: Any) -> Line:
    return truth("started", who, number, by, link, **more)


def done(who: User, number: int = 16, by: str = "h", link: int = 1) -> Line:
    return truth("ended", who, number, by, link)


def failed(who: User, number: int = 16, by: str = "h", link: int = 1) -> Line:
    return truth("failed", who, number, by, link, error="the handler cannot work")


def logged() -> Line:
    """The router logs a warning or an error."""
    return (Kind.MEASURE, "", None, LOGGED, {"level": "ERROR"})


def frame(who: User, body: Any, link: int = 1) -> Line:
    """A frame arrives at a socket: an object, or a text as it is."""
    text = body if isinstance(body, str) else json.dumps(body)
    return (Kind.FRAME, link_of(who, link), None, "socket.send_json", text)


ERROR = {"type": "error", "error": "what?"}


def handled(
    who: User, number: int = 16, type: str = CHAT, by: str = "h", link: int = 1, **more: Any
) -> list[Line]:
    """A message that is handled as it should: four lines."""
    value = more.pop("value", True)
    return [
        says(who, number, type, link, **more),
        begun(who, number, by, link),
        done(who, number, by, link),
        answers(who, value, number),
    ]


def unknown(who: User, number: int = 16, link: int = 1, value: Any = False) -> list[Line]:
    """A message of a type that nothing handles, answered by an error: three lines."""
    return [says(who, number, ODD, link), frame(who, ERROR, link), answers(who, value, number)]


# --- broadcasts ----------------------------------------------------------------------------------


def tells(who: User, number: int = 16, **more: Any) -> Line:
    """A user is to be told something; `nobody=` says who gets the message instead."""
    token = token_of(who, number)
    value = {"token": token, "event": {"type": "notification", "data": {"text": token}}, **more}
    return invoke(who, "broadcast", f"tell-{who.name}-{number}", **value)


def hears(who: User, number: int = 16, link: int = 1, at: User | None = None) -> Line:
    """It arrives at a socket of theirs, or of another user."""
    token = token_of(who, number)
    return frame(at or who, {"type": "notification", "data": {"text": token}}, link)


def claims(who: User, value: Any = None, number: int = 16) -> Line:
    """The router says how many it reached, whether any, or nothing."""
    return ok(who, "broadcast", f"tell-{who.name}-{number}", value)


def refuses(who: User, number: int = 16, **how: Any) -> Line:
    """The broadcast raises."""
    return fail(who, "broadcast", f"tell-{who.name}-{number}", type="ValueError", **how)


def told(who: User, *links: int, number: int = 16, value: Any = None) -> list[Line]:
    """A broadcast that reaches these sockets: two lines, and one for each."""
    arrived = [hears(who, number, link) for link in links]
    return [tells(who, number), *arrived, claims(who, value, number)]


# --- what is there before a test begins -----------------------------------------------------------

#: Alice has connected, and there is a handler for chats (entries 0 to 4).
ROOM = [*comes(ALICE), *added()]

#: Bob, too (5 to 7).
BOTH = [*ROOM, *comes(BOB)]

#: Alice has been heard, so that it is known what the router answers (5 to 8).
HEARD = [*ROOM, *handled(ALICE, 15)]

#: Both have a handler of their own for the same type.
OWN = [
    *(*comes(ALICE), *added(name="a", of=ALICE)),
    *(*comes(BOB), *added(name="b", of=BOB)),
]


def heard(value: Any) -> list[Line]:
    """Alice has been heard by a router that answers this where a message was handled."""
    return [*ROOM, *handled(ALICE, 15, value=value)]
