"""The chat server: log in, connect, send a message, watch five events, get an answer.

    GOLDENPATH_REFERENCE_TOKENS="alice=s3cret" python -m goldenpath.reference.command --port 0

A connection's user is whoever logged in; a run gets a context, an emitter, a dispatcher and an
agent of its own, and all of them are gone when it has ended. What connections share is the
`ConnectionManager`, which is asked by user id, and the table of who owns which thread.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from uuid import uuid4

from websockets.asyncio.server import Server, ServerConnection
from websockets.asyncio.server import serve as websocket_serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from .agent import ScriptedAgent
from .auth import SUBPROTOCOL, TokenTable
from .connections import ConnectionManager
from .context import UserContext
from .dispatcher import RequestScopedDispatcher
from .emitter import UserEmitter
from .errors import AuthenticationError
from .protocol import Frame, Refusal, UserMessage, welcome
from .registry import Tool
from .session import ChatSession, ThreadOwners
from .tools import server_tools

MAX_FRAME = 2**20
CLOSE_TIMEOUT = 2.0


class ChatServer:
    """Serves chats; each decision is a method of its own."""

    def __init__(self, tokens: TokenTable) -> None:
        """Know who may log in."""
        self.tokens = tokens
        self.connections = ConnectionManager()
        self.threads = ThreadOwners()
        self._server: Server | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Begin to listen; port 0 means any that is free."""
        self._server = await websocket_serve(
            self.handle,
            host,
            port,
            process_request=self.check_login,
            select_subprotocol=self.select_subprotocol,
            max_size=MAX_FRAME,
            close_timeout=CLOSE_TIMEOUT,
            server_header=None,
            logger=_quiet_logger(),
        )

    @property
    def port(self) -> int:
        """The port on which it listens."""
        if self._server is None:
            raise RuntimeError("the server is not running")
        port: int = next(iter(self._server.sockets)).getsockname()[1]
        return port

    async def close(self) -> None:
        """End all connections and runs, and stop to listen; doing it twice is fine."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def check_login(self, connection: ServerConnection, request: Request) -> Response | None:
        """Refuse with 401, or let in: before the handshake, and without saying why."""
        try:
            connection.username = self.authenticate(request)
        except AuthenticationError:
            response = connection.respond(HTTPStatus.UNAUTHORIZED, "Log in with a valid token.\n")
            response.headers["WWW-Authenticate"] = "Bearer"
            return response
        return None

    def authenticate(self, request: Request) -> str:
        """Return the user that a login proves, or raise `AuthenticationError`."""
        headers = request.headers
        return self.tokens.login(
            headers.get_all("Authorization"), headers.get_all("Sec-WebSocket-Protocol")
        )

    def select_subprotocol(
        self, connection: ServerConnection, offered: Sequence[Subprotocol]
    ) -> Subprotocol | None:
        """Agree on the sub-protocol's name, never on the one that carries the token."""
        return Subprotocol(SUBPROTOCOL) if SUBPROTOCOL in offered else None

    async def handle(self, connection: ServerConnection) -> None:
        """Serve one connection from its welcome to its end."""
        user_id, session_id = connection.username, uuid4().hex

        async def send(frame: Frame) -> None:
            await connection.send(json.dumps(frame))

        def admit(message: UserMessage) -> None:
            self.admit(user_id, message)

        async def run(message: UserMessage) -> None:
            await self.run_agent(self.make_context(user_id, session_id, message), message)

        tools = [tool.name for tool in self.make_tools()]
        try:
            await send(welcome(session_id, user_id))
            self.connections.connect(user_id, connection)
            await ChatSession(send, admit, run, tools).converse(connection)
        except ConnectionClosed:
            pass
        finally:
            self.connections.disconnect(user_id, connection)

    def admit(self, user_id: str, message: UserMessage) -> None:
        """Refuse messages to a thread of somebody else."""
        if not self.threads.claim(message.thread_id, user_id):
            raise Refusal("INVALID_THREAD", "this thread is not available")

    async def run_agent(self, context: UserContext, message: UserMessage) -> None:
        """Do one run, with an emitter and an agent of its own, and clean up after it."""
        agent = self.make_agent(context, self.make_emitter(context))
        try:
            await agent.run(message.text, message.plan)
        finally:
            await agent.cleanup()

    def make_context(self, user_id: str, session_id: str, message: UserMessage) -> UserContext:
        """Bind a run to whoever logged in."""
        return UserContext(user_id, message.thread_id, uuid4().hex, uuid4().hex, session_id)

    def make_emitter(self, context: UserContext) -> UserEmitter:
        """Make the way to the user of one run."""
        return UserEmitter(context, self.connections)

    def make_tools(self) -> list[Tool]:
        """Make the tools of one run."""
        return server_tools()

    def make_agent(self, context: UserContext, emitter: UserEmitter) -> ScriptedAgent:
        """Make the agent of one run."""
        return ScriptedAgent(RequestScopedDispatcher(context, emitter, self.make_tools()), emitter)


async def serve(host: str, port: int, tokens: Mapping[str, str]) -> ChatServer:
    """Start a server in this process, for a table from token to user id; end it with `close`."""
    server = ChatServer(TokenTable(tokens))
    await server.start(host, port)
    return server


def _quiet_logger() -> logging.Logger:
    """Websockets logs all headers at level DEBUG, and with them the tokens: hence not so low."""
    logger = logging.getLogger("goldenpath.reference.websockets")
    logger.setLevel(logging.WARNING)
    return logger
