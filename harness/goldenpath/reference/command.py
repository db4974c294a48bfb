"""The command line of the reference server.

Prints one line when it is ready, and ends on SIGTERM, on SIGINT or, if asked to, when its
standard input is closed: a parent that dies takes the server along.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import threading

from .auth import VARIABLE, TokenTable
from .server import ChatServer


def main(arguments: list[str] | None = None) -> int:
    """Run the server until it is told to stop."""
    options = _options(arguments)
    try:
        tokens = TokenTable.from_environment()
    except ValueError as error:
        return _complain(str(error))
    if not tokens:
        return _complain(f"nobody could log in: set {VARIABLE}=user_id=token,user_id=token")
    try:
        asyncio.run(_serve(tokens, options))
    except OSError as error:
        return _complain(f"cannot listen on {options.host}:{options.port}: {error.strerror}")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="goldenpath.reference.command", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--until-stdin-closes", action="store_true")
    return parser.parse_args(arguments)


def _complain(text: str) -> int:
    print(text, file=sys.stderr)
    return 2


async def _serve(tokens: TokenTable, options: argparse.Namespace) -> None:
    stop = _stop_signal(options.until_stdin_closes)
    server = ChatServer(tokens)
    await server.start(options.host, options.port)
    print(f"listening on ws://{options.host}:{server.port}", flush=True)
    await stop.wait()
    await server.close()


def _stop_signal(until_stdin_closes: bool) -> asyncio.Event:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if until_stdin_closes:
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
    return stop


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Read and forget until there is no more; below the level of `sys.stdin`, which has a lock."""
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)


if __name__ == "__main__":
    sys.exit(main())
