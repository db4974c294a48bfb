"""The decorators: what a target says of itself, and everything that is wrong with it at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from goldenpath import agent, dispatcher, router, rulebook, spec
from goldenpath.capabilities import CAPABILITIES
from goldenpath.cards import card_of
from goldenpath.declare import OUTCOMES, Declaration
from goldenpath.errors import UsageProblem


def declared(decorator: Callable[[Any], Any]) -> Declaration:
    found: Declaration = decorator(lambda user, tap, tools: None).__goldenpath__
    return found


def native(declaration: Declaration) -> set[str]:
    return {name for name, origin in declaration.events.items() if origin == "native"}


async def coroutine(user: Any, tap: Any, tools: Any) -> None: ...


class Factory:
    def __init__(self, user: Any, tap: Any, tools: Any) -> None: ...


@pytest.mark.parametrize("decorator", [dispatcher(), agent()], ids=["dispatcher", "agent"])
@pytest.mark.parametrize("factory", [lambda user, tap, tools: None, coroutine, Factory])
def test_a_factory_stays_what_it_was(decorator: Any, factory: Any) -> None:
    """The declaration only hangs on it."""
    assert decorator(factory) is factory
    assert isinstance(factory.__goldenpath__, Declaration)


@pytest.mark.parametrize(
    ("decorator", "kind", "events"),
    [
        (dispatcher(), "dispatcher", {"tool_executing", "tool_completed"}),
        (agent(), "agent", set(spec.FIVE)),
        (dispatcher(events=spec.FIVE), "dispatcher", set(spec.FIVE)),
        (dispatcher(events=()), "dispatcher", set()),
        (dispatcher(events=["tool_executing"]), "dispatcher", {"tool_executing"}),
        (agent(events={"agent_started": "native", "agent_thinking": "synthesised"}), "agent",
         {"agent_started"}),
    ],
)  # fmt: skip
def test_events_are_native_or_absent(decorator: Any, kind: str, events: set[str]) -> None:
    """All five are told of; a bare dispatcher has two of its own, an agent all."""
    declaration = declared(decorator)

    assert declaration.kind == kind
    assert native(declaration) == events
    assert set(declaration.events) == set(spec.FIVE)


def test_members_and_options_are_told_apart() -> None:
    """Names of ours map to names of theirs; the rest are options."""
    declaration = declared(
        dispatcher(
            execute_tool="run_tool",
            cleanup="close",
            tool_timeout=2.5,
            on_leave="cancel",
            outcome="success",
            dialect={"type": "kind"},
            transport=False,
        )
    )

    assert declaration.members == {"execute_tool": "run_tool", "cleanup": "close"}
    assert declaration.options == {"tool_timeout": 2.5, "on_leave": "cancel"}
    assert declaration.outcome == "success"
    assert declaration.dialect == {"type": "kind"}
    assert declaration.transport is False


@pytest.mark.parametrize("names", [{"token", "key"}, ["token", "key"], ("key", "token"), set()])
def test_what_is_redacted_is_a_set_of_names(names: Any) -> None:
    """Kept as data that a header can hold."""
    options = declared(dispatcher(redacts=names)).options

    assert set(options["redacts"]) == set(names)
    assert msgspec.json.encode(options)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("token", "redacts: expected a set of names of parameters, got 'token'"),
        (True, "redacts: expected a set of names of parameters, got True"),
        ({"token", 7}, "redacts: expected a set of names of parameters, got {"),
        ([""], "redacts: expected a set of names of parameters, got ['']"),
    ],
)
def test_what_is_redacted_wrongly_is_named(names: Any, said: str) -> None:
    """With all other mistakes."""
    with pytest.raises(UsageProblem) as caught:
        dispatcher(redacts=names, evnts=())

    assert said in str(caught.value)
    assert "do you mean events" in str(caught.value)


@pytest.mark.parametrize("name", spec.MEMBERS)
def test_every_member_of_a_dispatcher_can_be_mapped(name: str) -> None:
    """All ten."""
    assert declared(dispatcher(**{name: "other"})).members == {name: "other"}


@pytest.mark.parametrize("outcome", [*OUTCOMES, "ok,out,err"])
def test_every_shape_of_results_can_be_declared(outcome: str) -> None:
    """One of the table, or three names."""
    assert declared(dispatcher(outcome=outcome)).outcome == outcome


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: dispatcher(events="tool_executing"), "got the text 'tool_executing'"),
        (lambda: dispatcher(events={"tool_executed"}), "'tool_executed' is none of agent_started"),
        (lambda: dispatcher(outcome="json"), "outcome: expected one of value, success, status, or"),
        (lambda: dispatcher(outcome="ok,,err"), "or the names of three fields: 'ok,value,error'"),
        (lambda: dispatcher(outcome=5), "outcome: expected one of"),  # type: ignore[arg-type]
        (lambda: dispatcher(evnts=()), "do you mean events"),
        (lambda: dispatcher(execute_tol="x"), "do you mean execute_tool"),
        (lambda: dispatcher(zzz=1), "zzz: no such keyword"),
        (lambda: dispatcher(tool_timeout=0), "tool_timeout: expected seconds, got 0"),
        (lambda: dispatcher(first_event=True), "first_event: expected seconds, got True"),
        (lambda: agent(on_leave="stay"), "on_leave: expected one of cancel, continue, replay"),
        (lambda: dispatcher(cancellable="no"), "cancellable: expected True or False, got 'no'"),
        (lambda: agent(refuses_placeholders=1), "refuses_placeholders: expected True or False"),
        (lambda: dispatcher(accepts="sync"), "accepts: expected a set of function, langchain,"),
        (lambda: dispatcher(accepts={"lambda"}), "accepts: expected a set of"),
        (lambda: dispatcher(accepts=3), "accepts: expected a set of"),
        (lambda: dispatcher(run="answer"), "run: no such keyword"),
        (lambda: agent(execute_tool="x"), "execute_tool: no such keyword"),
        (lambda: dispatcher(execute_tool=len), "expected the name of a member"),
        (lambda: dispatcher(lambda user, tap, tools: None), "without brackets"),
        (lambda: agent({"agent_started"}), "without brackets"),
    ],
)
def test_a_wrong_declaration_is_the_users_mistake(declare: Callable[[], Any], said: str) -> None:
    """UsageProblem, with a kind guess where a word is nearly right."""
    with pytest.raises(UsageProblem) as problem:
        declare()

    assert said in str(problem.value)


@pytest.mark.parametrize("keyword", ["outcome", "outcom"])
def test_what_a_dispatcher_may_say_of_itself_is_not_proposed_to_an_agent(keyword: str) -> None:
    """A run returns its answer, in no shape that could be named."""
    with pytest.raises(UsageProblem) as problem:
        agent(**{keyword: "value"})

    assert str(problem.value).endswith(f"\n  {keyword}: no such keyword")


def test_all_that_is_wrong_is_said_at_once() -> None:
    """Nobody has to try again for each."""
    with pytest.raises(UsageProblem) as problem:
        dispatcher(events={"nope"}, outcome="nope", nope=1, cleanup=5)

    assert str(problem.value).count("\n  ") >= 4


YES = {"returns", "truth", "counters", "other_users", "sessions", "memory", "cancel", "leaving"}
OPTIONS = {
    "cancellable": False,
    "on_leave": "continue",
    "refuses_placeholders": True,
    "accepts": ["function", "langchain", "sync"],
    "tool_timeout": 1.0,
    "first_event": 1,
    "streams": True,
}
MORE = {"placeholders", "sync_tools", "tool_timeout", "first_event"}
MORE |= {"function_tools", "langchain_tools", "stream"}
TOOLS = {"tool_executing": "native", "tool_completed": "native"}
MADE = dict.fromkeys(spec.FIVE, "synthesised")
OWN, EVENTS = {"members", "calls"}, {"events"}
ROUTER = {"members", "returns", "frames", "other_users", "routes", "broadcasts", "bound_handlers"}
ROUTER |= {"pings", "fan_out"}
TRANSPORT = {"tool_events", "run_events", "all_events", "events", "frames", "returns", "truth"}
TRANSPORT |= {"other_users", "broadcasts"}


@pytest.mark.parametrize(
    ("declaration", "yes"),
    [
        (
            Declaration("dispatcher", TOOLS),
            {*YES, *OWN, "transport", "tool_events", *EVENTS},
        ),
        (Declaration("dispatcher", {}, transport=False), {*YES, *OWN}),
        (
            Declaration("agent", dict.fromkeys(spec.FIVE, "native")),
            {*YES, "runs", "transport", "tool_events", "run_events", "all_events", *EVENTS},
        ),
        (Declaration("agent", {"agent_started": "native"}), {*YES, "runs", "transport", *EVENTS}),
        (Declaration("agent", MADE), {*YES, "runs", "transport"}),
        (
            Declaration("dispatcher", {}, transport=False, options=OPTIONS),
            {*YES, *OWN, *MORE} - {"cancel", "leaving"},
        ),
        (Declaration("router", {}), ROUTER),
        (
            Declaration("router", {}, options=dict.fromkeys(("routes", "fan_out"), False)),
            ROUTER - {"routes", "bound_handlers", "pings", "fan_out"},
        ),
        (Declaration("router", {}, options={"broadcasts": False}), ROUTER - {"broadcasts"}),
        (Declaration("router", {}, options={"pings": {}}), ROUTER - {"pings"}),
        (Declaration("router", {}, facades={"one": object}), ROUTER | {"facades"}),
        (Declaration("transport", dict.fromkeys(spec.FIVE, "native")), TRANSPORT | {"fan_out"}),
        (
            Declaration(
                "transport",
                dict.fromkeys(spec.FIVE, "native"),
                options={"replay": True, "fan_out": False},
            ),
            TRANSPORT | {"replay"},
        ),
    ],
)
def test_the_card_follows_from_the_declaration(declaration: Declaration, yes: set[str]) -> None:
    """What is there is "yes"; nothing that the specification does not know is on it."""
    card = card_of(declaration)

    assert {name for name, said in card.items() if said == "yes"} == yes
    assert set(card) <= {*CAPABILITIES, *rulebook.RULES}


@pytest.mark.parametrize(
    ("events", "stamped"),
    [
        (MADE, {"tool_events", "run_events", "all_events"}),
        ({**MADE, **TOOLS}, {"run_events", "all_events"}),
        ({**MADE, "agent_thinking": "absent"}, {"tool_events", "run_events"}),
        ({**TOOLS, "agent_started": "synthesised"}, set()),
        (TOOLS, set()),
    ],
)
def test_what_we_stamp_ourselves_proves_nothing(events: dict[str, str], stamped: set[str]) -> None:
    """Rules about such events are unobservable, with the reason on the card."""
    card = card_of(Declaration("agent", events))

    assert {name for name, said in card.items() if said.startswith("UNOBSERVABLE: ")} == stamped


def test_a_router_that_does_nothing_is_refused() -> None:
    """With all else that is wrong, at once."""
    with pytest.raises(UsageProblem) as refused:
        router(routes=False, broadcasts=False, fan_out="no", pings=["ping"], conect="join")

    said = str(refused.value)
    assert "routes and broadcasts: with neither there is nothing to be tested" in said
    assert "fan_out: expected True or False, got 'no'" in said
    assert "pings: expected a mapping" in said
    assert "do you mean connect?" in said
