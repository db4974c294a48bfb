"""What a profile says is what is done: logins, messages, ids, deadlines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.peers import (
    ANN,
    WELCOME,
    entries,
    event,
    friendly,
    golden_run,
    history,
    not_passed,
    peer,
    run,
    target,
)
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request

from goldenpath import rulebook
from goldenpath.adapters.secret import SHOWN, base64url
from goldenpath.capabilities import untestable
from goldenpath.conduct import Options, header_of, probe
from goldenpath.model import Kind
from goldenpath.workloads import WORKLOADS


@pytest.mark.parametrize("kind", ["bearer", "subprotocol", "query", "none"])
def test_each_login_shows_the_token_in_its_own_place_only(kind: str, tmp_path: Path) -> None:
    """Header, sub-protocol or query; a peer that agrees on the token is scrubbed, too."""
    seen: list[Request] = []

    def check(connection: ServerConnection, request: Request) -> None:
        seen.append(request)

    def choose(connection: ServerConnection, offered: list[str]) -> str | None:
        return offered[-1] if offered else None

    with peer(friendly, check, select_subprotocol=choose) as url:
        made = target(url, login={"kind": kind})
        shown = probe(made, Options()).shown
        assert not_passed(run(made, tmp_path)) == {}
    request = seen[0]
    headers = request.headers
    assert headers.get("Authorization") == (f"Bearer {ANN}" if kind == "bearer" else None)
    offered = headers.get("Sec-WebSocket-Protocol")
    encoded = base64url(ANN)
    assert offered == (f"jwt-auth, jwt.{encoded}" if kind == "subprotocol" else None)
    assert ("token=the-token-of-ann%2F0123" in request.path) == (kind == "query")
    assert shown.get("subprotocol") == (f"jwt.{SHOWN}" if kind == "subprotocol" else None)
    assert ANN not in str(shown)


def test_a_plan_is_sent_only_where_the_template_has_a_place_for_it(tmp_path: Path) -> None:
    """Otherwise it is not in the history either: nobody was asked to follow it."""
    got: list[Any] = []

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        async for raw in connection:
            got.append(json.loads(raw))
            await golden_run(connection)

    with peer(handle) as url:
        plain = run(target(url), tmp_path)
        with_plan = {"message": {"text": "{message}", "how": "{plan}"}}
        planned = run(target(url, start=with_plan), tmp_path)
    asked = [e for e in history(planned).entries if e.what == "run" and e.kind is Kind.INVOKE]
    assert "rounds" not in str(got[: len(asked)])
    for message, entry in zip(got[len(asked) :], asked, strict=True):
        assert message["how"]["answer"] == entry.value["plan"]["answer"]
        assert set(message["how"]["rounds"][0][0]) == {"id", "tool", "arguments"}
    del plain


def test_ids_that_the_endpoint_is_not_told_are_not_expected_of_it(tmp_path: Path) -> None:
    """It makes run and user ids of its own, and thread ids where the template has none."""

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        async for _ in connection:
            await golden_run(connection, thread="a-thread-of-mine", user_id="u-17")

    with peer(handle) as url:
        result = run(target(url, start={"message": {"text": "{message}"}}), tmp_path)
    (user,) = history(result).header.users
    assert (user.user_id, user.run_id, user.thread_id) == (None, None, None)
    assert not_passed(result) == {}


def test_each_probe_makes_new_threads(tmp_path: Path) -> None:
    """A thread of an earlier run with this seed may belong to somebody else."""
    with peer(friendly) as url:
        made = target(url)
        threads = {history(run(made, tmp_path)).header.users[0].thread_id for _ in range(2)}
    assert len(threads) == 2
    assert all(thread and "gpc" in thread for thread in threads)


def test_one_user_alone_is_not_mixed_up_with_a_second(tmp_path: Path) -> None:
    """Nobody connects as a user whom the profile does not have, and isolation is not claimed."""
    with peer(friendly) as url:
        made = target(url, users=1)
        facts = probe(made, Options())
        result = run(made, tmp_path, "two_users")
    assert facts.card["other_users"] == "UNOBSERVABLE: the profile has only one user"
    assert {e.actor for e in entries(result, Kind.LINK)} == {"alice/1"}
    assert not_passed(result).keys() == {"ISOLATION-1", "ISOLATION-2"}


def test_deadlines_are_those_of_the_profile(tmp_path: Path) -> None:
    """An endpoint with a model behind it needs more time than a dispatcher; a slow runner, too."""
    with peer(friendly) as url:
        facts = probe(target(url), Options())
    header = header_of(facts, WORKLOADS["golden_path"], Options(time_scale=10))
    assert header.deadlines == {"call": 150, "delivery": 3, "settle": 0.5}


def test_events_that_are_not_claimed_are_not_asked_for(tmp_path: Path) -> None:
    """A platform without a terminal event can still be tested for the others."""
    with peer(friendly) as url:
        facts = probe(target(url, events=["tool_executing", "tool_completed"]), Options())
    assert facts.events["agent_started"] == "absent"
    assert untestable(rulebook.RULES["ORDER-1"], facts.card) is not None
    assert untestable(rulebook.RULES["ORDER-3"], facts.card) is None


def test_a_ping_is_tried_by_the_probe() -> None:
    """Its answer is a fact for people, not a verdict."""

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        async for raw in connection:
            if json.loads(raw)["type"] == "ping":
                await connection.send(event("pong"))

    with peer(handle) as url:
        assert probe(target(url, ping={"type": "ping"}), Options()).shown["ping"] == "answered"
        silent = target(url, ping={"type": "hello?"})
        assert probe(silent, Options()).shown["ping"] == "not answered"
