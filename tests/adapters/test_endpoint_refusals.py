"""Endpoints that cannot be tested, each with a message that says why."""

from __future__ import annotations

import json
import ssl
import subprocess
from pathlib import Path

import pytest
from tests.adapters.peers import ANN, friendly, not_passed, peer, raw_peer, refusal, run, target
from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from goldenpath.adapters.secret import SHOWN
from goldenpath.errors import TargetProblem


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
