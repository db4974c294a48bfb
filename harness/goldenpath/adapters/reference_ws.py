"""The built-in target `reference-ws`: the reference server in a process of its own, over a socket.

One server per target: started by the probe or by the first adapter, ended with this process.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import threading
import weakref
from typing import IO, Any

from goldenpath.adapters.base import Adapter, Facts
from goldenpath.adapters.endpoint import EndpointTarget
from goldenpath.adapters.profile import read_profile
from goldenpath.errors import TargetProblem

_COMMAND = ("-P", "-m", "goldenpath.reference.command", "--port", "0", "--until-stdin-closes")
_TOKENS = "GOLDENPATH_REFERENCE_TOKENS"
_LISTENING = "listening on "

#: Seconds until the server listens.
STARTING = 20.0

_PROFILE: dict[str, Any] = {
    "users": {
        "alice": {"token_env": "ALICE", "user_id": "alice"},
        "bob": {"token_env": "BOB", "user_id": "bob"},
    },
    "start": {
        "message": {
            "type": "user_message",
            "thread_id": "{thread_id}",
            "payload": {"message": "{message}", "plan": "{plan}"},
        }
    },
    "ready": {"type": "connection_established"},
    "ping": {"type": "ping"},
    "deadlines": {"delivery": 5, "settle": 0.05},
}


class ReferenceServerTarget:
    """The reference server as a live endpoint."""

    kind = "endpoint"

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: subprocess.Popen[str] | None = None
        self._endpoint: EndpointTarget | None = None
        self._end: weakref.finalize[..., Any] | None = None

    async def probe(self, time_scale: float = 1.0) -> Facts:
        """Start the server and see that it serves. Raises TargetProblem."""
        return await (await asyncio.to_thread(self._started)).probe()

    def adapter(self, facts: Facts) -> Adapter:
        """A fresh adapter for one workload. Raises TargetProblem where the server has died."""
        return self._started().adapter(facts)

    def close(self) -> None:
        """End the server; happens by itself when the target or the process ends."""
        if self._end is not None:
            self._end()
        self._process = self._endpoint = None

    def _started(self) -> EndpointTarget:
        if self._endpoint is None:
            self._endpoint = self._start()
        code = self._process.poll() if self._process else None
        if code is not None:
            raise TargetProblem(
                "the reference server has died", expected="it to run", got=f"exit code {code}"
            )
        return self._endpoint

    def _start(self) -> EndpointTarget:
        tokens = {name.upper(): secrets.token_urlsafe(24) for name in _PROFILE["users"]}
        table = ",".join(f"{name.lower()}={token}" for name, token in tokens.items())
        with tempfile.TemporaryFile("w+") as complaints:
            self._process = subprocess.Popen(  # noqa: S603 - our own server, by our own interpreter
                [sys.executable, *_COMMAND],
                env={**os.environ, _TOKENS: table},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
            )
            self._end = weakref.finalize(self, _stop, self._process)
            url = _url(self._process, complaints)
        return EndpointTarget(self.name, read_profile(_PROFILE, url, tokens), fresh=False)


def _url(process: subprocess.Popen[str], complaints: IO[str]) -> str:
    """Wait for the line that says where it listens."""
    assert process.stdout is not None
    patience = threading.Timer(STARTING, process.kill)
    patience.start()
    line = process.stdout.readline()  # ends with the process, if with nothing else
    patience.cancel()
    if line.startswith(_LISTENING):
        return line.removeprefix(_LISTENING).strip()
    _stop(process)
    complaints.seek(0)
    raise TargetProblem(
        "the reference server does not start",
        expected=f"a line {_LISTENING!r}",
        got=(line or complaints.read()[-500:]).strip() or f"exit code {process.returncode}",
    )


def _stop(process: subprocess.Popen[str]) -> None:
    """End the server and leave nothing of it behind."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
