"""One WebSocket connection to a live endpoint: dialled, listened to, closed.

The only place of the client that knows `websockets`. Whatever the peer does is bounded and becomes
entries: frames are stamped as they arrive, in a task of their own; what ends a connection is told
by its LINK entry. Nothing here raises because of what a peer sends.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidStatus,
    InvalidURI,
    ProxyError,
)
from websockets.typing import Subprotocol

from goldenpath.adapters.secret import Scrub
from goldenpath.errors import TargetProblem
from goldenpath.jsonable import safe_text
from goldenpath.model import Kind
from goldenpath.recorder import Recorder

#: Seconds for the closing handshake; a peer that does not answer it is left.
CLOSING = 2.0

#: What one link may send in one workload, in frames and in letters, before the harness cuts it.
MOST_FRAMES = 200_000
MOST_LETTERS = 1 << 28

_CLOSE_PROTOCOL, _CLOSE_ABNORMAL, _CLOSE_INVALID, _CLOSE_TOO_BIG = 1002, 1006, 1007, 1009
_TROUBLES = (_CLOSE_ABNORMAL, 1011, 1012, 1013, 1014)
_LOOPBACK = ("localhost", "127.0.0.1", "::1")

#: websockets logs headers and frames, and with them tokens.
_SILENT = logging.getLogger("goldenpath.websocket")
_SILENT.disabled = True


class _Connect(connect):
    """Follows no redirect: a login is for the place that the profile names."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@dataclass(frozen=True)
class Call:
    """Where to connect and what to show there; not to be printed, as it holds the token."""

    place: str
    user: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    subprotocols: Sequence[str] = field(default=(), repr=False)


def plain(text: object, scrub: Scrub, limit: int = 200) -> str:
    """A stranger's text, fit for a message: no tokens, one line, nothing that moves a cursor."""
    clean = scrub(str(text))
    shown = "".join(c if c.isprintable() else " " for c in clean[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[:limit]}..."


async def dial(call: Call, seconds: float, max_frame: int, scrub: Scrub) -> ClientConnection:
    """Connect and shake hands. Raises TargetProblem, which says in plain words what went wrong."""
    problem: TargetProblem
    try:
        return await _Connect(
            call.url,
            additional_headers=dict(call.headers),
            subprotocols=[Subprotocol(name) for name in call.subprotocols] or None,
            user_agent_header="goldenpath",
            compression=None,
            proxy=None if urlsplit(call.url).hostname in _LOOPBACK else True,
            open_timeout=seconds,
            ping_timeout=None,  # a slow endpoint is judged by its events, not cut off
            close_timeout=CLOSING,
            max_size=4 * max_frame + 1024,  # bytes; the limit itself is in letters
            logger=_SILENT,
        )
    except Exception as error:  # whatever a hostile peer can provoke in a handshake
        problem = _explained(error, call, seconds, scrub)
    raise problem  # out of the except clause: the original, with its headers, is not kept


def _explained(error: Exception, call: Call, seconds: float, scrub: Scrub) -> TargetProblem:
    """In plain words, with what can be done about it."""
    said = plain(safe_text(error), scrub)
    if isinstance(error, InvalidStatus):
        return _refused_by_status(error, call, scrub)
    if isinstance(error, ssl.SSLCertVerificationError):
        return TargetProblem(
            f"{call.place}: its certificate cannot be verified",
            expected="a certificate of an authority that this machine trusts",
            got=plain(error.verify_message, scrub),
            hint="name your own authority's file in SSL_CERT_FILE",
        )
    if isinstance(error, ProxyError):
        expected, hint = "a way through the proxy", "check HTTPS_PROXY and NO_PROXY"
    elif isinstance(error, TimeoutError):
        said = f"nothing for {seconds:g} seconds"
        expected, hint = "a WebSocket handshake", "deadlines.connect of the profile raises the time"
    elif isinstance(error, ssl.SSLError):
        expected, hint = "TLS", "is it ws:// instead of wss://?"
    elif isinstance(error, InvalidHandshake | InvalidURI | EOFError):
        expected, hint = "a server that upgrades to WebSocket", "check the path of the URL"
    else:
        expected, hint = "a connection", "is it running, and is the URL right?"
    kind = type(error).__name__
    return TargetProblem(
        f"{call.place} cannot be connected to", expected=expected, got=f"{kind}: {said}", hint=hint
    )


def _refused_by_status(error: InvalidStatus, call: Call, scrub: Scrub) -> TargetProblem:
    response = error.response
    body = plain((response.body or b"").decode("utf-8", "replace").strip(), scrub, 120)
    got = f"HTTP {response.status_code}" + (f": {body}" if body else "")
    if response.status_code in (401, 403):
        return refused(call, got)
    if 300 <= response.status_code < 400:
        place = plain(response.headers.get("Location", "nowhere"), scrub)
        return TargetProblem(
            f"{call.place} redirects",
            expected="an upgrade to WebSocket",
            got=f"HTTP {response.status_code} to {place}",
            hint="point at that address; a login is not sent to where a redirect leads",
        )
    return TargetProblem(
        f"{call.place} does not upgrade to WebSocket",
        expected="HTTP 101",
        got=got,
        hint="check the path of the URL",
    )


def refused(call: Call, got: str) -> TargetProblem:
    """The login was refused."""
    return TargetProblem(
        f"{call.place} refuses the login of {call.user}",
        expected="valid credentials to be accepted",
        got=got,
        hint="check the token in the environment, [login] kind in the profile, and the URL's path",
    )


def closed(call: Call, code: int, reason: str) -> TargetProblem:
    """The connection ended before it was accepted: a refusal, unless the server has a trouble."""
    got = f"closed with {code} {reason}".strip()
    if code not in _TROUBLES:
        return refused(call, got)
    return TargetProblem(
        f"{call.place} closes the connection of {call.user}",
        expected="the user to be accepted",
        got=got,
        hint="see the server's log",
    )


class Link:
    """An open connection of one user, as lines of the history from its up to its down."""

    def __init__(
        self,
        name: str,
        connection: ClientConnection,
        recorder: Recorder,
        scrub: Scrub,
        *,
        max_frame: int,
        welcome: Callable[[str], bool],
    ) -> None:
        self.name, self.user = name, name.partition("/")[0]
        self._connection, self._recorder, self._scrub = connection, recorder, scrub
        self._max_frame, self._welcome = max_frame, welcome
        self._frames = self._letters = 0
        self._closing = False
        self.first = ""
        self.end: tuple[int, str] | None = None
        self._heard = asyncio.Event()
        self._welcomed = asyncio.Event()
        recorder.record(Kind.LINK, name, None, "up", {"user": self.user})
        self._reader = asyncio.create_task(self._listen())

    @property
    def subprotocol(self) -> str:
        """What was agreed on."""
        return plain(self._connection.subprotocol or "", self._scrub)

    # --- asking --------------------------------------------------------------------------------

    async def send(self, text: str) -> None:
        """Send a text frame; raises ConnectionError where the link is down."""
        try:
            await self._connection.send(text)
            return
        except ConnectionClosed as error:
            said = plain(error, self._scrub)
        raise ConnectionError(f"the connection is closed: {said}")

    async def welcomed(self, seconds: float) -> bool:
        """Wait for the welcome, or the end of the link."""
        return await self._within(seconds, self._welcomed.wait)

    async def answers(self, text: str, seconds: float) -> bool:
        """Send a text frame and wait for one frame more."""
        self._heard.clear()
        try:
            await self.send(text)
        except ConnectionError:
            return False
        return await self._within(seconds, self._heard.wait)

    async def stays(self, seconds: float) -> bool:
        """Whether the link is still up after that time."""
        await asyncio.wait({self._reader}, timeout=seconds)
        return self.end is None

    async def _within(self, seconds: float, wait: Callable[[], Awaitable[object]]) -> bool:
        waiting = asyncio.ensure_future(wait())
        try:
            await asyncio.wait(
                {waiting, self._reader}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
            )
            return waiting.done()
        finally:
            waiting.cancel()

    async def close(self) -> None:
        """Close it, politely at first; ends in bounded time and never raises."""
        self._closing = True
        try:
            async with asyncio.timeout(2 * CLOSING):
                await self._connection.close()
                await asyncio.wait({self._reader})
        except Exception:
            self._connection.transport.abort()
            await asyncio.wait({self._reader}, timeout=CLOSING)
        finally:
            self._reader.cancel()

    # --- listening -----------------------------------------------------------------------------

    async def _listen(self) -> None:
        end = (_CLOSE_ABNORMAL, "", "peer")
        try:
            while self._room():
                self._take(await self._connection.recv())
            self._cut(f"more than {MOST_FRAMES} frames or {MOST_LETTERS} letters on one link")
            end = (_CLOSE_ABNORMAL, "too much", "harness")
            self._connection.transport.abort()
        except ConnectionClosed as error:
            end = self._ending(error)
        except Exception as error:  # a bug of a library must not take the history along
            end = (_CLOSE_ABNORMAL, f"{type(error).__name__}: {safe_text(error, 100)}", "harness")
        finally:
            self._down(*end)

    def _room(self) -> bool:
        return self._frames < MOST_FRAMES and self._letters < MOST_LETTERS

    def _take(self, message: str | bytes) -> None:
        """Write down one frame, first of all; then see what it is."""
        kind = "text" if isinstance(message, str) else "binary"
        value = self._value(message)
        self._recorder.record(Kind.FRAME, self.name, None, f"ws.{kind}", value)
        self._frames += 1
        self._letters += len(message)
        self.first = self.first or plain(value, self._scrub)
        self._heard.set()
        if isinstance(value, str) and not self._welcomed.is_set() and self._welcome(value):
            self._welcomed.set()

    def _value(self, message: str | bytes) -> str | dict[str, Any]:
        try:
            text = message if isinstance(message, str) else message.decode()
        except UnicodeDecodeError:
            raw = message if isinstance(message, bytes) else b""
            return {"not_UTF-8": self._scrub.data(raw[:4096])[:32].hex()}
        if len(text) > self._max_frame:
            return {"too_large": f"{len(text)} letters, over {self._max_frame} (--max-frame)"}
        return self._scrub(text)

    def _ending(self, error: ConnectionClosed) -> tuple[int, str, str]:
        """Who ended it and why; what made our side end it is a frame that could not be read."""
        ours = error.sent is not None and not error.rcvd_then_sent
        if ours and error.sent is not None and not self._closing:
            self._unreadable(error.sent.code, error.sent.reason)
        close = error.sent if ours else error.rcvd
        by = "harness" if ours or self._closing else "peer"
        return (close.code, close.reason, by) if close else (_CLOSE_ABNORMAL, "", by)

    def _unreadable(self, code: int, reason: str) -> None:
        if code == _CLOSE_TOO_BIG:
            self._cut(f"{reason or 'one frame'}, over {self._max_frame} letters (--max-frame)")
        elif code in (_CLOSE_INVALID, _CLOSE_PROTOCOL):
            why = "not_UTF-8" if code == _CLOSE_INVALID else "not_WebSocket"
            value = {why: plain(reason, self._scrub)}
            self._recorder.record(Kind.FRAME, self.name, None, "ws.text", value)

    def _cut(self, why: str) -> None:
        """A limit of ours was reached: no verdict can be had on what would have come."""
        self._recorder.record(Kind.FRAME, self.name, None, "ws.text", {"too_large": why})
        self._recorder.record(Kind.FAULT, self.user, None, "cut", {"link": self.name, "why": why})

    def _down(self, code: int, reason: str, by: str) -> None:
        reason = plain(reason, self._scrub, 125)
        self.end = code, reason
        value = {"user": self.user, "code": code, "reason": reason, "by": by}
        self._recorder.record(Kind.LINK, self.name, None, "down", value)


async def hang_up(links: Sequence[Link]) -> None:
    """Close all of them; never raises."""
    with suppress(Exception):
        await asyncio.gather(*(link.close() for link in links), return_exceptions=True)
