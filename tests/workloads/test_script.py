"""Scripts: the same seed gives the same steps, and what they name is there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build import YES

from goldenpath import rulebook, spec
from goldenpath.adapters.growth import LONGEST
from goldenpath.adapters.router import NOBODY
from goldenpath.canary import FIRST_CALL, find
from goldenpath.deadlines import Deadlines
from goldenpath.model import Step
from goldenpath.plant import TOOL_NAMES, plant_user
from goldenpath.plant.handlers import BEHAVIOURS
from goldenpath.plant.sockets import BROKEN, STALLED, WORKING
from goldenpath.workloads import TIERS, WORKLOADS, Ask, Script
from goldenpath.workloads.script import KNOWN, Lane

KINDS = ("dispatcher", "agent", "endpoint", "router", "transport", "registry", "context")
CONTROLS = {"together", "wait_for", "release", "cancel", "join", "drop", "clog", "unclog", "idle"}
CONTROLS |= {"turn", "rest"}
DECLARED: dict[str, Any] = {
    "tool_timeout": 1.0,
    "pings": {"ping": "pong"},
    "facades": ["one"],
    "factories": ["one"],
    "max_dispatchers_per_user": 3,
}
#: What is asked of a router for all, whoever is there.
SHARED = {"inspect", "add_handler", "remove_handler", "broadcast"}
#: Where a user calls on purpose what was given to another.
ON_PURPOSE = {"own_tools"}
ACTIONS = {
    "dispatcher": {
        *(
            "create",
            "create_invalid",
            "create_directly",
            "inspect",
            "register",
            "look",
            "ask_support",
            "execute",
        ),
        *("enter", "leave", "cleanup", "claim", "grow"),
    },
    "agent": {"create", "run", "cleanup", "grow"},
    "endpoint": {"connect", "run", "disconnect"},
    "router": {
        *("inspect", "connect", "disconnect", "add_handler", "remove_handler", "route"),
        "broadcast",
    },
    "transport": {"create", "run", "connect", "disconnect", "broadcast"},
    "registry": {
        *("create", "inspect", "register_item", "look_up", "has_item", "list_items"),
        *("remove_item", "freeze"),
    },
    "context": {"create", "create_invalid", "inspect", "read_context", "note"},
}
EACH = [
    pytest.param(name, kind, tier, id=f"{name}-{kind}-{tier}")
    for name, workload in WORKLOADS.items()
    for kind in workload.proves
    for tier in TIERS
]


def build(name: str, kind: str, tier: str, seed: int = 1) -> tuple[Script, tuple[Lane, ...]]:
    workload = WORKLOADS[name]
    users = [plant_user(seed, n) for n in range(workload.users[tier])]
    script = Script(kind, seed, users, YES, DECLARED)
    return script, workload.build(script, workload.size[tier])


def steps(lanes: Iterable[Lane]) -> Iterator[Step]:
    """Every step, those within `together` too, in order."""
    for lane in lanes:
        for step in lane:
            yield step
            yield from steps(step.lanes)


def tokens(lanes: Iterable[Lane]) -> Iterator[tuple[str, str]]:
    """Actor and canary of every call."""
    for step in steps(lanes):
        if step.action in ("execute", "route", "broadcast") and step.args.get("token"):
            yield step.actor, step.args["token"]
        for round_ in step.args.get("plan", {}).get("rounds", ()):
            for call in round_:
                yield step.actor, call["token"]


# --- every workload --------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "kind", "tier"), EACH)
def test_the_same_seed_gives_the_same_bytes(name: str, kind: str, tier: str) -> None:
    """Another seed gives others."""
    first, again = (msgspec.json.encode(build(name, kind, tier)[1]) for _ in range(2))

    assert first == again
    assert first != msgspec.json.encode(build(name, kind, tier, seed=2)[1])


@pytest.mark.parametrize(("name", "kind", "tier"), EACH)
def test_a_script_is_data(name: str, kind: str, tier: str) -> None:
    """It can be written into a header and read back, so that replay needs no generator."""
    lanes = build(name, kind, tier)[1]

    assert msgspec.json.decode(msgspec.json.encode(lanes), type=tuple[tuple[Step, ...], ...]) == (
        lanes
    )


@pytest.mark.parametrize(("name", "kind", "tier"), EACH)
def test_steps_have_ids_and_actors_of_their_own(name: str, kind: str, tier: str) -> None:
    """No id comes twice; who acts is a user of the script; what is asked is known to the kind."""
    script, lanes = build(name, kind, tier)
    all_steps = list(steps(lanes))

    assert max(Counter(step.id for step in all_steps).values()) == 1
    assert {step.actor for step in all_steps if step.actor} <= set(script.users)
    assert {step.action for step in all_steps} <= ACTIONS[kind] | CONTROLS
    assert all(bool(step.lanes) == (step.action == "together") for step in all_steps)


@pytest.mark.parametrize(("name", "kind", "tier"), EACH)
def test_every_call_has_a_canary_of_its_user(name: str, kind: str, tier: str) -> None:
    """Genuine, the user's own, above the numbers of users and threads, and none comes twice."""
    script, lanes = build(name, kind, tier)
    found = list(tokens(lanes))

    assert len({token for _, token in found}) == len(found)
    for actor, token in found:
        (genuine,) = find(token)

        assert genuine.owner == script.users[actor].owner
        assert genuine.number >= FIRST_CALL


@pytest.mark.parametrize(("name", "kind", "tier"), EACH)
def test_what_a_step_waits_for_is_there(name: str, kind: str, tier: str) -> None:
    """`cancel`, `join` and `wait_for` name a step of the script, or a call that is made in it."""
    _, lanes = build(name, kind, tier)
    all_steps = list(steps(lanes))
    ids = {step.id: step for step in all_steps}
    calls = {token for _, token in tokens(lanes)}
    calls |= {step.id for step in all_steps if step.action == "clog"}

    for step in all_steps:
        if step.action == "cancel":
            assert ids[step.args["step"]].action in ("execute", "run")
        if step.action == "join":
            assert ids[step.args["step"]].action in (
                "execute",
                "run",
                "create",
                "connect",
                "cleanup",
                "wait_for",
            )
        if step.action == "wait_for" and "run" in step.args:
            assert ids[step.args["run"]].action == "run"
            assert ids[step.args["run"]].actor == step.actor
        elif "held" in step.args:
            opened = (each for each in all_steps if each.action == "connect")
            assert step.args["held"] in {each.args["socket"] for each in opened}
        elif step.action in ("wait_for", "release"):
            assert step.args["token"] in calls


@pytest.mark.parametrize(("name", "kind", "tier"), EACH)
def test_what_is_held_is_released_or_cancelled(name: str, kind: str, tier: str) -> None:
    """No call of `hold` depends on the end of the workload."""
    _, lanes = build(name, kind, tier)
    all_steps = list(steps(lanes))
    released = {step.args["token"] for step in all_steps if step.action == "release"}
    cancelled = {step.args["step"] for step in all_steps if step.action == "cancel"}

    for step in all_steps:
        if step.action == "execute" and step.args["tool"] == "hold":
            assert step.args["token"] in released or step.id in cancelled
        for round_ in step.args.get("plan", {}).get("rounds", ()):
            for call in round_:
                if call["tool"] == "hold":
                    assert call["token"] in released or step.id in cancelled


@pytest.mark.parametrize(("name", "kind", "tier"), EACH)
def test_a_session_is_opened_before_it_is_used(name: str, kind: str, tier: str) -> None:
    """In the order in which steps are written, each user is there before anything is asked."""
    opened: set[str] = set()
    for step in steps(build(name, kind, tier)[1]):
        if step.action in ("create", "create_invalid", "connect", "grow"):
            opened.add(step.actor)
        elif step.action not in CONTROLS | SHARED:
            assert step.actor in opened


@pytest.mark.parametrize(("name", "kind", "tier"), EACH)
def test_a_session_is_given_the_tools_that_it_needs(name: str, kind: str, tier: str) -> None:
    """Every planted tool that is called was given at creation or registered before."""
    given: dict[str, set[str]] = {}
    for step in steps(build(name, kind, tier)[1]):
        if step.action == "create":
            given[step.actor] = set(step.args["tools"])
        if step.action == "register":
            given[step.actor].add(step.args["tool"])
        called = {step.args["tool"]} if step.action == "execute" else set()
        rounds = step.args.get("plan", {}).get("rounds", ())
        called |= {call["tool"] for round_ in rounds for call in round_}
        if kind != "endpoint" and name not in ON_PURPOSE:
            assert called & KNOWN <= given.get(step.actor, set())


# --- what they prove -------------------------------------------------------------------------


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_proves_rules_that_exist(name: str) -> None:
    """For kinds that exist, none twice, and it says what it is about and where it is shown."""
    workload = WORKLOADS[name]

    assert set(workload.proves) <= set(KINDS)
    for rules in workload.proves.values():
        assert rules
        assert set(rules) <= set(rulebook.RULES)
        assert len(set(rules)) == len(rules)
    assert workload.about
    assert set(workload.users) == set(workload.size) == set(TIERS)


def test_every_rule_is_proved_by_some_workload() -> None:
    """A rule that nothing was built to test would be a promise only."""
    proved = {rule for w in WORKLOADS.values() for rules in w.proves.values() for rule in rules}

    assert set(rulebook.RULES) - proved == set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_core_rules_of_a_kind_are_proved_for_that_kind(kind: str) -> None:
    """Otherwise no target of it could ever conform."""
    proved = {rule for w in WORKLOADS.values() for rule in w.proves.get(kind, ())}

    assert set(rulebook.CORE_RULES[kind]) <= proved


def test_the_tools_of_the_plant_are_those_of_the_script() -> None:
    """Neither may import the other, so a test keeps them equal."""
    assert frozenset(TOOL_NAMES) == KNOWN
    assert tuple(BEHAVIOURS) == spec.HANDLERS
    assert tuple(NOBODY) == spec.NOBODY
    assert set(spec.CONDITIONS) == {WORKING, STALLED, BROKEN}


# --- the words -------------------------------------------------------------------------------


def script(kind: str = "dispatcher", users: int = 2) -> Script:
    return Script(kind, 1, [plant_user(1, n) for n in range(users)])


@pytest.mark.parametrize(("kind", "begin", "end"), [
    ("dispatcher", "create", "cleanup"),
    ("agent", "create", "cleanup"),
    ("endpoint", "connect", "disconnect"),
])  # fmt: skip
def test_a_session_is_opened_used_and_left(kind: str, begin: str, end: str) -> None:
    """In the words of each kind."""
    lane = script(kind).session("alice", [Ask("lookup")])

    assert (lane[0].action, lane[-1].action) == (begin, end)
    assert {step.actor for step in lane} == {"alice"}


def test_the_first_session_has_the_users_run_and_later_ones_their_own() -> None:
    """A run belongs to one session; the thread stays the user's."""
    words = script()
    first, second, other = (words.create(name) for name in ("alice", "alice", "bob"))

    assert first.args["run_id"] == words.users["alice"].run_id
    assert len({step.args["run_id"] for step in (first, second, other)}) == 3
    assert first.args["thread_id"] == second.args["thread_id"] == words.users["alice"].thread_id


def test_calls_of_a_round_are_side_by_side_and_rounds_in_a_row() -> None:
    """For a dispatcher they are lanes; for an agent they are a plan."""
    rounds = ([Ask("lookup")], [Ask("echo"), Ask("echo", {"page": 2})])
    calls = script().ask("alice", *rounds)
    (run,) = script("agent").ask("alice", *rounds)
    planned = run.args["plan"]["rounds"]

    assert [step.action for step in calls] == ["execute", "together"]
    assert [[step.action for step in lane] for lane in calls[1].lanes] == [["execute"]] * 2
    assert [[call["tool"] for call in round_] for round_ in planned] == [["lookup"], ["echo"] * 2]
    assert planned[1][1]["arguments"].keys() == {"page", "query"}


def test_an_endpoint_is_asked_and_then_waited_for() -> None:
    """Its answer comes over the wire."""
    run, wait = script("endpoint").ask("alice", [Ask("lookup")])

    assert (run.action, wait.action) == ("run", "wait_for")
    assert wait.args == {"run": run.id}


@pytest.mark.parametrize("kind", ["dispatcher", "agent"])
def test_a_plain_ask_keeps_its_parameters(kind: str) -> None:
    """The same question word for word, which a cache would mix up."""
    ask = Ask("lookup", {"query": "what is new?"}, plain=True)
    (step,) = script(kind).ask("alice", [ask])
    given = (
        step.args["parameters"]
        if kind == "dispatcher"
        else step.args["plan"]["rounds"][0][0]["arguments"]
    )

    assert given == {"query": "what is new?"}


def test_parameters_that_are_left_out_are_not_there() -> None:
    """An empty mapping is something else."""
    words = script()
    left_out = words.execute("alice", Ask("lookup", plain=True))
    empty = words.execute("alice", Ask("lookup", {}, plain=True))

    assert "parameters" not in left_out.args
    assert empty.args["parameters"] == {}


def test_the_message_and_the_answer_hold_the_runs_canary() -> None:
    """So that an answer that went astray is known by whose it is."""
    run = script("agent").run("bob", [])
    (token,) = find(run.args["message"])

    assert token in find(run.args["plan"]["answer"])
    assert token.owner == script().users["bob"].owner


def test_the_canaries_of_steps_are_found_wherever_they_stand() -> None:
    """In calls, in plans, and in lanes within lanes, in their order."""
    words = script()
    calls = words.ask("alice", [Ask("lookup"), Ask("echo")], [Ask("lookup")])
    (run,) = script("agent").ask("alice", [Ask("lookup"), Ask("echo")], [Ask("lookup")])

    assert words.tokens(calls) == [token for _, token in tokens([tuple(calls)])]
    assert words.tokens([run]) == [token for _, token in tokens([(run,)])]
    assert [len(words.tokens(given)) for given in (calls, [run])] == [3, 3]


@pytest.mark.parametrize("kind", ["dispatcher", "agent"])
def test_a_higher_tier_gives_a_slow_target_more_time(kind: str) -> None:
    """Else whatever is slow is never tested for leaks."""
    asked = [build("many_sessions", kind, tier)[1][0][0].args for tier in TIERS]
    few = WORKLOADS["many_sessions"].build(script(kind), 1)[0][0].args

    assert [args["seconds"] for args in asked] == [5.0, 15.0, 60.0]
    assert few["seconds"] == 5.0
    for args in asked:  # the whole is given up long after its time is spent (growth.LONGEST)
        assert args["deadlines"] * Deadlines().call > 2 * LONGEST * args["seconds"]


@given(st.integers(0, 2**32), st.sampled_from(EACH))
def test_any_seed_will_do(seed: int, each: Any) -> None:
    """Nothing about a script depends on luck."""
    name, kind, _ = each.values
    script, lanes = build(name, kind, "quick", seed)
    found = list(tokens(lanes))

    assert len({token for _, token in found}) == len(found)
    assert {find(token)[0].owner for _, token in found} <= {
        user.owner for user in script.users.values()
    }
