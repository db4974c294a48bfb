"""Canaries: tokens that describe themselves, so that one exact search finds a leak and its owner.

A token is `gpc`, six hex digits of its owner, six of its number, four of checksum: 19 letters that
survive JSON, URLs and log lines unchanged. No memory of what was planted is needed to judge one.
"""

from __future__ import annotations

import functools
import hashlib
import re
import uuid
import zlib
from typing import NamedTuple

LENGTH = 19

#: Users of a workload at most: a mark has two hex digits for them, and the last is the probe's own.
USERS = 255

#: What the number of a canary marks: the user, their thread, and from FIRST_CALL on their calls.
SELF, THREAD, FIRST_CALL = 0, 1, 16

#: ... and what must be in no event (CONTENT-7).
REPR, TRACE, CREDENTIAL = 2, 3, 4
INTERNALS: dict[int, str] = {
    REPR: "the repr of an object",
    TRACE: "the source path of a traceback",
    CREDENTIAL: "a credential",
}

#: What the planted transport says where it was told to raise.
RAISED = "the planted transport was told to raise"

_ESCAPE = re.compile(r"\\u00([0-7][0-9a-fA-F])")
_TOKEN = re.compile(r"gpc[0-9a-f]{16}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Token(NamedTuple):
    """A canary found in some text: the mark of its owner and its number."""

    text: str
    owner: str
    number: int


def _checksum(body: str) -> str:
    return f"{zlib.crc32(body.encode()) & 0xFFFF:04x}"


def owner_mark(seed: int, position: int) -> str:
    """Six hex digits that mark the user at `position` in a run with `seed`. Raises ValueError where
    there is no mark left: two users of one mark would hide every leak between them.
    """
    if position > USERS:
        raise ValueError(f"user {position}: a run has marks for {USERS} users, and for a probe's")
    return f"{(zlib.crc32(f'goldenpath:{seed}'.encode()) & 0xFFFF):04x}{position:02x}"


def mint(owner: str, number: int) -> str:
    """Return the token with this number for the user whose mark is `owner`."""
    body = f"{owner}{number & 0xFFFFFF:06x}"
    return f"gpc{body}{_checksum(body)}"


def request_ids(run_id: str) -> tuple[str, str]:
    """The request and the session that belong to the run or session `run_id`."""
    first, second = (
        hashlib.sha256(f"{what}:{run_id}".encode()).digest() for what in ("request", "session")
    )
    return str(uuid.UUID(bytes=first[:16], version=4)), str(uuid.UUID(bytes=second[:16], version=4))


@functools.lru_cache(maxsize=1)
def find_ids(text: str) -> frozenset[str]:
    """The ids in `text` that have the form of those that are planted; several rules ask about the
    same text.
    """
    return frozenset(_UUID.findall(text) if text.count("-") > 3 else ())


@functools.lru_cache(maxsize=4096)
def _genuine(text: str) -> Token | None:
    """The token that this text is; remembered, because each stands in about five frames."""
    owner, number, check = text[3:9], text[9:15], text[15:]
    return Token(text, owner, int(number, 16)) if _checksum(owner + number) == check else None


def find(text: str) -> tuple[Token, ...]:
    """Return the distinct genuine tokens in `text`, in order. Linear in its length."""
    if "gpc" not in text:
        return ()
    return tuple(filter(None, map(_genuine, dict.fromkeys(_TOKEN.findall(text)))))


def unescaped(text: str) -> str:
    """The text with JSON's escapes of letters resolved: for a client they are the same."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
