"""Live endpoints, over real sockets on loopback: friendly ones, strangers and hostile ones."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import queue
import ssl
import subprocess
import sys
import threading
import tomllib
import uuid
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from goldenpath import spec
from goldenpath.adapters import websocket
from goldenpath.adapters.base import Facts, Reply
from goldenpath.adapters.endpoint import EndpointTarget
from goldenpath.adapters.profile import read_profile
from goldenpath.adapters.reference_ws import ReferenceServerTarget
from goldenpath.adapters.secret import SHOWN, base64url
from goldenpath.adapters.targets import Target, resolve
from goldenpath.conduct import Conducted, Options, conduct, header_of, probe
from goldenpath.errors import TargetProblem
from goldenpath.history import History, load
from goldenpath.judge import judge, relevant
from goldenpath.model import Entry, Kind, Outcome, Step
from goldenpath.plant import Plant, plant_user
from goldenpath.recorder import Recorder
from goldenpath.workloads import WORKLOADS

ANN, BEN = "the-token-of-ann/0123456789+abcdef", "the-other-token-of-ben-0123456789"
STRANGERS = Path(__file__).parents[1] / "strangers"
ENDPOINT_WORKLOADS = [w for w in WORKLOADS.values() if "endpoint" in w.proves]

Handler = Callable[[ServerConnection], Awaitable[None]]
Check = Callable[[ServerConnection, Request], Response | None]


# --- what the tests are made of ------------------------------------------------------------------


@contextlib.contextmanager
def in_a_thread(start: Callable[[], Any]) -> Iterator[int]:
    """A server in a loop of its own, as the harness makes loops of its own; yields its port."""
    ports: queue.Queue[int] = queue.Queue()
    stop: list[Callable[[], object]] = []

    async def main() -> None:
        loop, stopped = asyncio.get_running_loop(), asyncio.Event()
        stop.append(lambda: loop.call_soon_threadsafe(stopped.set))
        server = await start()
        ports.put(server.sockets[0].getsockname()[1])
        await stopped.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    try:
        yield ports.get(timeout=10)
    finally:
        stop[0]()
        thread.join(10)
        assert not thread.is_alive()


@contextlib.contextmanager
def peer(handler: Handler, check: Check | None = None, **more: Any) -> Iterator[str]:
    """A WebSocket server with this handler; yields its URL."""

    async def quiet(connection: ServerConnection) -> None:
        with contextlib.suppress(Exception):
            await handler(connection)

    def start() -> Any:
        return serve(quiet, "127.0.0.1", 0, process_request=check, max_size=None, **more)

    with in_a_thread(start) as port:
        yield f"{'wss' if more.get('ssl') else 'ws'}://127.0.0.1:{port}/chat"


@contextlib.contextmanager
def raw_peer(answer: bytes) -> Iterator[str]:
    """A TCP server that answers a handshake with these bytes, or not at all."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(4096)
        writer.write(answer)
        if not answer:
            await reader.read()
        writer.close()

    with in_a_thread(lambda: asyncio.start_server(handle, "127.0.0.1", 0)) as port:
        yield f"ws://127.0.0.1:{port}/chat"


def target(url: str, *, users: int = 2, ready: bool = True, **more: Any) -> EndpointTarget:
    """A target with short deadlines; keywords are further keys of the profile."""
    names = {"ann": "ANN", "ben": "BEN"}
    table: dict[str, Any] = {
        "users": {n: {"token_env": v} for n, v in list(names.items())[:users]},
        "start": {"message": {"type": "ask", "text": "{message}", "thread_id": "{thread_id}"}},
        "deadlines": {"connect": 1, "delivery": 0.3, "settle": 0.05},
        **({"ready": {"type": "welcome"}} if ready else {}),
        **more,
    }
    return EndpointTarget(url, read_profile(table, url, {"ANN": ANN, "BEN": BEN}))


def event(kind: str, **data: Any) -> str:
    return json.dumps({"type": kind, "data": data})


WELCOME = event("welcome")


async def golden_run(
    connection: ServerConnection, text: str = "", thread: str = "", **more: Any
) -> None:
    """The five events, as they should be."""
    ids = {"run_id": uuid.uuid4().hex, "thread_id": thread}
    tool = {**ids, "tool_name": "count", "call_id": uuid.uuid4().hex}
    await connection.send(event("agent_started", **ids))
    await connection.send(event("agent_thinking", **ids, reasoning="well"))
    await connection.send(event("tool_executing", **tool, parameters={"text": text}))
    await connection.send(event("tool_completed", **tool, status="success", result=1))
    await connection.send(event("agent_completed", **ids, result=text, **more))


async def friendly(connection: ServerConnection) -> None:
    """A correct endpoint, in few lines."""
    await connection.send(WELCOME)
    async for raw in connection:
        asked = json.loads(raw)
        await golden_run(connection, asked["text"], asked["thread_id"])


def says(*frames: str | bytes) -> Handler:
    """An endpoint that says all this before each golden run."""

    async def handle(connection: ServerConnection) -> None:
        await connection.send(WELCOME)
        async for raw in connection:
            for frame in frames:
                await connection.send(frame)
            await golden_run(connection, thread=json.loads(raw)["thread_id"])

    return handle


def refusal(of: Target) -> str:
    """What the probe says of a target that cannot be tested."""
    with pytest.raises(TargetProblem) as caught:
        probe(of, Options())
    error = caught.value
    assert error.expected
    assert error.got
    assert error.hint
    assert error.__cause__ is None
    assert error.__context__ is None
    assert ANN not in str(error)
    return str(error)


def run(of: Target, tmp_path: Path, workload: str = "golden_path", **options: Any) -> Conducted:
    """Run one workload."""
    made = Options(seed=1, histories=tmp_path, **options)
    return conduct(of, probe(of, made), WORKLOADS[workload], made)


def history(result: Conducted) -> History:
    assert result.history is not None
    with result.history.open("rb") as lines:
        return load(lines)


def entries(result: Conducted, kind: Kind) -> list[Entry]:
    return [entry for entry in history(result).entries if entry.kind is kind]


def failed(result: Conducted) -> set[str]:
    return {v.rule for v in result.verdicts if v.outcome is Outcome.FAIL}


#: What a server that takes no plan and numbers and stamps nothing does not show.
GREY = {"ORDER-5", "ORDER-6", "CONTENT-4", "CONTENT-6", "CONTENT-7"}


def not_passed(result: Conducted) -> dict[str, str]:
    return {
        v.rule: f"{v.outcome}: {v.reason}"
        for v in relevant(result.verdicts)
        if v.outcome is not Outcome.PASS
        and not (v.outcome is Outcome.UNOBSERVABLE and v.rule in GREY)
    }


# --- the reference server ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reference() -> Iterator[tuple[Target, Facts]]:
    """One server for all tests of this file."""
    made = resolve("reference-ws")
    assert isinstance(made, ReferenceServerTarget)
    yield made, probe(made, Options())
    made.close()


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_reference_server_passes_everything(
    reference: tuple[Target, Facts], tmp_path: Path, seed: int
) -> None:
    """Each rule that an endpoint's workloads prove, live and again from the file."""
    made, facts = reference
    for workload in ENDPOINT_WORKLOADS:
        result = conduct(made, facts, workload, Options(seed=seed, histories=tmp_path))
        assert not_passed(result) == {}, workload.name
        assert result.notes == ()
        proved = {v.rule for v in result.verdicts if v.opportunities}
        assert proved >= set(workload.proves["endpoint"]) - {"CONTENT-7"}  # nothing is planted
        assert judge(history(result)) == result.verdicts


def test_what_an_endpoint_cannot_show_is_said(reference: tuple[Target, Facts]) -> None:
    """Members, calls, returns, planted tools and the transport are out of reach there."""
    _, facts = reference
    for need in ("members", "calls", "returns", "truth", "transport"):
        rules = [rule for rule in spec.RULES.values() if rule.needs[:1] == (need,)]
        for rule in rules:
            outcome, reason = spec.untestable(rule, facts.card) or (None, "")
            assert outcome is Outcome.UNOBSERVABLE
            assert reason == spec.CAPABILITIES[need][2]
    assert spec.untestable(spec.RULES["DELIVERY-1"], facts.card) is None


def test_a_server_that_dies_is_a_problem_of_the_target(tmp_path: Path) -> None:
    """Neither a crash of ours nor a verdict on rules."""
    made = ReferenceServerTarget("reference-ws")
    facts = probe(made, Options())
    assert made._process is not None
    made._process.kill()
    made._process.wait()
    with pytest.raises(TargetProblem, match="has died"):
        conduct(made, facts, WORKLOADS["golden_path"], Options())
    made.close()


def test_the_server_ends_with_its_target() -> None:
    """No process is left behind, whoever forgets to close."""
    made = ReferenceServerTarget("reference-ws")
    probe(made, Options())
    process = made._process
    assert process is not None
    del made
    gc.collect()
    assert process.poll() is not None


# --- a stranger's server -------------------------------------------------------------------------


@contextlib.contextmanager
def stranger(fault: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[EndpointTarget]:
    """The word-counting chat server, by its profile of at most twenty lines."""
    text = (STRANGERS / "chat.toml").read_text("utf-8")
    assert len(text.splitlines()) <= 20
    monkeypatch.setenv("CHAT_TOKEN_ANN", ANN)
    monkeypatch.setenv("CHAT_TOKEN_BEN", BEN)
    command = [sys.executable, str(STRANGERS / "chat_server.py"), "--fault", fault]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().split()[-1]
            table = tomllib.loads(text) | {"deadlines": {"delivery": 0.5, "settle": 0.1}}
            yield EndpointTarget("chat", read_profile(table, f"ws://127.0.0.1:{port}"))
        finally:
            process.kill()


def results(of: EndpointTarget, tmp_path: Path) -> dict[str, Conducted]:
    options = Options(seed=2, histories=tmp_path)
    facts = probe(of, options)
    return {w.name: conduct(of, facts, w, options) for w in ENDPOINT_WORKLOADS}


def test_a_stranger_in_its_own_words_passes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Other words, other nesting, no plan: a profile is enough."""
    with stranger("none", monkeypatch) as made:
        for result in results(made, tmp_path).values():
            assert not_passed(result) == {}


def test_a_stranger_that_sends_to_the_wrong_user_fails_isolation(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Tool events go to whoever connected last: seen with two users only."""
    with stranger("crossed", monkeypatch) as made:
        found = results(made, tmp_path)
        assert not_passed(found["golden_path"]) == {}
        assert failed(found["two_users"]) == {"ISOLATION-1", "ISOLATION-2", "DELIVERY-1"}


def test_a_stranger_that_keeps_silent_about_the_end_of_a_tool_fails_delivery(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is waited for up to the deadline, and then it is missing."""
    with stranger("silent", monkeypatch) as made:
        for result in results(made, tmp_path).values():
            assert failed(result) == {"DELIVERY-1", "DELIVERY-5"}


# --- who cannot be tested ------------------------------------------------------------------------


def test_nobody_there() -> None:
    """A connection that is refused names the place and not the token."""
    said = refusal(target("ws://127.0.0.1:9/chat", login={"kind": "query"}))
    assert "ws://127.0.0.1:9/chat cannot be connected to" in said


def test_a_login_that_is_refused_by_status() -> None:
    """The answer's text is shown, and the token in it is not."""

    def check(connection: ServerConnection, request: Request) -> Response:
        return connection.respond(401, f"{request.headers['Authorization']} \x1b[31m is wrong")

    with peer(friendly, check) as url:
        said = refusal(target(url))
    assert "refuses the login of ann" in said
    assert f"HTTP 401: Bearer {SHOWN}  [31m is wrong" in said


def test_a_login_that_is_refused_by_a_close() -> None:
    """A finished handshake is not yet accepted, with and without a welcome to wait for."""

    async def handle(connection: ServerConnection) -> None:
        await connection.close(1008, f"no {ANN[:20]}")

    with peer(handle) as url:
        for ready in (True, False):
            said = refusal(target(url, ready=ready))
            assert "refuses the login of ann" in said
            assert f"closed with 1008 no {SHOWN}" in said


def test_a_server_that_is_busy_is_not_a_login_refused() -> None:
    """Close codes of the server's own trouble say nothing about credentials."""

    async def handle(connection: ServerConnection) -> None:
        await connection.close(1013, "try later")

    with peer(handle) as url:
        said = refusal(target(url))
    assert "closes the connection of ann" in said
    assert "1013 try later" in said


def test_a_peer_that_never_welcomes() -> None:
    """What came instead is shown."""

    async def handle(connection: ServerConnection) -> None:
        await connection.send(json.dumps({"type": "wait", "token": ANN}))
        await connection.wait_closed()

    with peer(handle) as url:
        said = refusal(target(url))
    assert "does not welcome ann" in said
    assert '{"type": "welcome"}' in said
    assert SHOWN in said


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        (b"", "nothing for 1 seconds"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "HTTP 200: hello"),
        (b"HTTP/1.1 302 Found\r\nLocation: ws://elsewhere/\r\n\r\n", "redirects"),
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", "a server that upgrades"),
        (b"SSH-2.0-OpenSSH\r\n", "a server that upgrades"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 5000, "a server that upgrades"),
    ],
)
def test_a_peer_that_never_upgrades(answer: bytes, part: str) -> None:
    """Whatever answers at that port, it is said what; a login follows no redirect."""
    with raw_peer(answer) as url:
        assert part in refusal(target(url))


def test_tls_without_tls_behind_it() -> None:
    """The likely mistake is named."""
    with raw_peer(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        assert "ws:// instead of wss://" in refusal(target(url.replace("ws://", "wss://")))


def test_a_certificate_that_cannot_be_verified(tmp_path: Path) -> None:
    """Nothing is sent to somebody who may be anybody."""
    pem = tmp_path / "self-signed.pem"
    options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2"]
    try:
        subprocess.run(
            ["openssl", "req", *options, "-keyout", pem, "-out", tmp_path / "cert.pem"],
            check=True,
            capture_output=True,
        )
    except FileNotFoundError:
        pytest.skip("there is no openssl to make a certificate with")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "cert.pem", pem)
    with peer(friendly, ssl=context) as url:
        said = refusal(target(url))
    assert "its certificate cannot be verified" in said
    assert "SSL_CERT_FILE" in said


def test_a_second_user_who_is_refused_is_named(tmp_path: Path) -> None:
    """In the middle of a workload, too, it is the login and not a rule that is in question."""

    def check(connection: ServerConnection, request: Request) -> Response | None:
        known = request.headers["Authorization"] == f"Bearer {ANN}"
        return None if known else connection.respond(403, "who?")

    with peer(friendly, check) as url:
        assert not_passed(run(target(url), tmp_path)) == {}
        with pytest.raises(TargetProblem, match="refuses the login of ben"):
            run(target(url), tmp_path, "two_users")


# --- how one logs in, and what is sent -----------------------------------------------------------


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
    assert spec.untestable(spec.RULES["ORDER-1"], facts.card) is not None
    assert spec.untestable(spec.RULES["ORDER-3"], facts.card) is None


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


# --- what hostile peers send ---------------------------------------------------------------------


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
