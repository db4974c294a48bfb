"""What hostile peers send is an entry of the history, bounded, and never the end of ours."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest
from tests.adapters.peers import (
    ANN,
    BEN,
    WELCOME,
    entries,
    event,
    failed,
    friendly,
    golden_run,
    not_passed,
    peer,
    run,
    says,
    target,
)
from websockets.asyncio.server import ServerConnection

from goldenpath.adapters import websocket
from goldenpath.adapters.base import Reply
from goldenpath.adapters.endpoint import EndpointTarget
from goldenpath.adapters.secret import SHOWN, base64url
from goldenpath.model import Kind, Outcome, Step
from goldenpath.plant import Plant, plant_user
from goldenpath.recorder import Recorder


@pytest.mark.parametrize(
    ("frame", "value", "outcome"),
    [
        (event("noise").encode(), event("noise"), Outcome.PASS),
        (b"\xff\xfe" * 400, {"not_UTF-8": "fffe" * 16}, Outcome.FAIL),
        ("no JSON", "no JSON", Outcome.FAIL),
        ("[" * 100_000, "[" * 100_000, Outcome.FAIL),
        ('{"a":' * 100_000, '{"a":' * 100_000, Outcome.FAIL),
        ('["array"]', '["array"]', Outcome.PASS),
        ('{"type": NaN}', '{"type": NaN}', Outcome.FAIL),
        ("", "", Outcome.FAIL),
        (
            "x" * 600_001,
            {"too_large": "600001 letters, over 600000 (--max-frame)"},
            Outcome.UNKNOWN,
        ),
    ],
    ids=["binary", "not UTF-8", "text", "deep", "deeper", "array", "NaN", "empty", "large"],
)
def test_an_odd_frame_is_an_entry_and_the_run_goes_on(
    frame: str | bytes, value: Any, outcome: Outcome, tmp_path: Path
) -> None:
    """Stamped as it came, judged by CONTENT-1, and everything else still passes."""
    with peer(says(frame)) as url:
        result = run(target(url), tmp_path, max_frame=600_000)
    odd = entries(result, Kind.FRAME)[1]
    assert odd.value == value
    assert (odd.actor, odd.what) == (
        "alice/1",
        "ws.binary" if isinstance(frame, bytes) else "ws.text",
    )
    verdicts = {v.rule: v.outcome for v in result.verdicts}
    assert verdicts["CONTENT-1"] is outcome
    assert not_passed(result).keys() <= {"CONTENT-1"}


def test_text_that_is_not_utf8_is_found_although_it_ends_the_connection(tmp_path: Path) -> None:
    """RFC 6455 has the client close such a connection; the peer is to blame."""

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        await connection.recv()
        await connection.send(b"\xff\xff", text=True)
        await connection.wait_closed()

    with peer(handle) as url:
        result = run(target(url), tmp_path)
    assert "not_UTF-8" in entries(result, Kind.FRAME)[-1].value
    down = entries(result, Kind.LINK)[-1]
    assert (down.what, down.value["code"], down.value["by"]) == ("down", 1007, "harness")
    assert failed(result) >= {"CONTENT-1", "DELIVERY-4"}


def test_a_frame_beyond_all_bounds_cuts_the_link_and_says_which_option_raises_it(
    tmp_path: Path,
) -> None:
    """A limit of ours makes no finding about the frame, and the cut is on record."""
    with peer(says("x" * 100_000)) as url:
        result = run(target(url), tmp_path, max_frame=1000)
    assert "--max-frame" in entries(result, Kind.FRAME)[-1].value["too_large"]
    assert entries(result, Kind.FAULT)[0].what == "cut"
    assert entries(result, Kind.LINK)[-1].value["by"] == "harness"
    verdicts = {v.rule: v.outcome for v in result.verdicts}
    assert verdicts["CONTENT-1"] is Outcome.UNKNOWN


def test_a_flood_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No peer fills the disk."""
    monkeypatch.setattr(websocket, "MOST_FRAMES", 50)

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        while True:
            await connection.send(event("noise"))

    with peer(handle) as url:
        result = run(target(url), tmp_path)
    assert len(entries(result, Kind.FRAME)) == 51
    assert "more than 50 frames" in entries(result, Kind.FRAME)[-1].value["too_large"]


def test_a_peer_that_hangs_up_in_the_middle(tmp_path: Path) -> None:
    """The run never ended; nothing is waited for that nobody can send any more."""

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        await connection.recv()
        await connection.send(event("agent_started", run_id="r"))
        await connection.close(1011, "oh\nno \x07" + "!" * 100)

    with peer(handle) as url:
        result = run(
            target(url, deadlines={"connect": 1, "delivery": 60, "settle": 0.05}), tmp_path
        )
    down = entries(result, Kind.LINK)[-1]
    assert down.value == {
        "user": "alice",
        "code": 1011,
        "reason": "oh no  " + "!" * 100,
        "by": "peer",
    }
    assert failed(result) == {"DELIVERY-1", "DELIVERY-4"}


def test_a_peer_that_drops_the_line(tmp_path: Path) -> None:
    """Without a close frame the code is 1006, and asking again fails as an entry."""

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        await connection.recv()
        connection.transport.abort()

    with peer(handle) as url:
        result = run(target(url), tmp_path)
    assert entries(result, Kind.LINK)[-1].value["code"] == 1006
    assert failed(result) == {"DELIVERY-1", "DELIVERY-4"}


def test_sending_over_a_dead_link_is_a_failed_step() -> None:
    """It never raises into the runner; nor does what an endpoint has no way to do."""

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        await connection.close(1013, f"try later {ANN}")

    async def perform(made: EndpointTarget) -> list[Reply]:
        recorder, down = Recorder(), asyncio.Event()
        recorder.listen(lambda entry: down.set() if entry.what == "down" else None)
        adapter = made.adapter(await made.probe())
        await adapter.open(Plant(recorder, [plant_user(0, 0)]))
        replies = [await adapter.perform(Step("s1", "alice", "connect"))]
        await down.wait()
        for actor, action in (
            ("alice", "run"),
            ("alice", "fly"),
            ("bob", "run"),
            ("bob", "connect"),
        ):
            replies.append(await adapter.perform(Step("s2", actor, action, {"message": "m"})))
        await adapter.close()
        return replies

    with peer(handle) as url:
        connected, *others = asyncio.run(perform(target(url)))
    assert connected.ok
    assert not any(reply.ok for reply in others)
    assert others[0].value["type"] == "ConnectionError"
    assert f"try later {SHOWN}" in others[0].value["text"]
    assert [reply.value["by"] for reply in others[1:]] == ["missing"] * 3


def test_a_peer_that_does_not_answer_a_close_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaving takes bounded time."""
    monkeypatch.setattr(websocket, "CLOSING", 0.1)

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        for _ in range(2):
            raw = await connection.recv()
            await golden_run(connection, thread=json.loads(raw)["thread_id"])
        connection.transport.pause_reading()
        await asyncio.sleep(3)

    with peer(handle, close_timeout=0.1) as url:
        result = run(target(url), tmp_path)
    assert entries(result, Kind.LINK)[-1].value["by"] == "harness"
    assert not_passed(result) == {}


def test_what_comes_after_the_end_is_still_seen(tmp_path: Path) -> None:
    """A user leaves when it has been silent for a while, not at the terminal event."""

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        for run_id in ("r-1", "r-2"):
            thread = json.loads(await connection.recv())["thread_id"]
            await connection.send(event("agent_started", run_id=run_id, thread_id=thread))
            await connection.send(event("agent_completed", run_id=run_id, thread_id=thread))
        await asyncio.sleep(0.02)
        await connection.send(event("agent_thinking", run_id="r-2", thread_id=thread))
        await connection.wait_closed()

    with peer(handle) as url:
        result = run(target(url), tmp_path)
    assert failed(result) == {"ORDER-2", "DELIVERY-1"}


def test_a_token_that_is_sent_back_is_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Not in frames, close reasons, replies, notes, verdicts, logs or reprs; in no form."""
    forms = [ANN, base64url(ANN), "the-token-of-ann%2F0123456789%2Babcdef", ANN[:18], BEN]

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        async for raw in connection:
            for form in forms:
                await connection.send(event("noise", token=form))
                await connection.send(form.encode())
                await connection.send(b"\xff" + form.encode())
            await golden_run(connection, thread=json.loads(raw)["thread_id"], token=ANN)
            await connection.close(1000, f"bye {ANN}")

    caplog.set_level("DEBUG")
    with peer(handle) as url:
        made = target(url)
        result = run(made, tmp_path)
    assert result.history is not None
    everything = "\n".join(
        [result.history.read_text("utf-8"), repr(result), repr(made), repr(probe_facts(made))]
    )
    assert everything.count(SHOWN) > len(forms)
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith("websockets.server")]
    for text in (everything, "\n".join(ours)):
        for form in forms:
            assert form not in text
            assert form[:20].encode().hex() not in text


def probe_facts(of: EndpointTarget) -> object:
    return of._declared() | of._card()


def test_a_proxy_of_the_environment_is_not_asked_for_loopback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A developer behind a proxy tests a server on the same machine."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with peer(friendly) as url:
        assert not_passed(run(target(url), tmp_path)) == {}
    assert os.environ["HTTP_PROXY"]
