"""Who is logging in: bearer tokens, from a table that the operator sets in an environment variable.

    GOLDENPATH_REFERENCE_TOKENS="alice=s3cret,bob=hunter2"

A client shows its token in `Authorization: Bearer TOKEN`, or, as browsers cannot set headers,
in the sub-protocols `["jwt-auth", "jwt.<base64url of the token, unpadded>"]`. Who shows several
must be the same person by each of them. No token is ever put into a message, a log line or an
answer.
"""

from __future__ import annotations

import base64
import hmac
import os
import re
from collections.abc import Iterable, Mapping
from typing import Self

from .errors import AuthenticationError

VARIABLE = "GOLDENPATH_REFERENCE_TOKENS"
SUBPROTOCOL = "jwt-auth"
TOKEN_PREFIX = "jwt."  # noqa: S105 - the public part before a token
LEGAL_PROTOCOL = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class TokenTable:
    """Knows which token is whose."""

    def __init__(self, tokens: Mapping[str, str]) -> None:
        """Take a table from token to user id."""
        if not all(token.strip() and user_id.strip() for token, user_id in tokens.items()):
            raise ValueError("tokens and user ids must not be blank")
        self._users = [(_bytes(token), user_id) for token, user_id in tokens.items()]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `user_id=token,user_id=token`."""
        tokens: dict[str, str] = {}
        for pair in filter(None, (part.strip() for part in text.split(","))):
            user_id, equals, token = pair.partition("=")
            if not equals or token in tokens:
                raise ValueError(f"{VARIABLE} must be user_id=token,… with each token once")
            tokens[token] = user_id
        return cls(tokens)

    @classmethod
    def from_environment(cls) -> Self:
        """Read the table from the environment; without one nobody can log in."""
        return cls.parse(os.environ.get(VARIABLE, ""))

    def __len__(self) -> int:
        """Count the tokens."""
        return len(self._users)

    def verify(self, token: str) -> str:
        """Return the user whose token it is; takes as long for a wrong one as for a right one."""
        shown = _bytes(token)
        owners = [user for known, user in self._users if hmac.compare_digest(known, shown)]
        if not owners:
            raise AuthenticationError("the credential is not known")
        return owners[0]

    def login(self, authorization: Iterable[str], protocols: Iterable[str]) -> str:
        """Return the one user whom all credentials in these header values name."""
        shown = [_bearer(value) for value in authorization]
        shown += _tokens_in(offered_protocols(protocols))
        users = {self.verify(token) for token in shown}
        if len(users) != 1:
            raise AuthenticationError("exactly one identity must be shown")
        return users.pop()


def offered_protocols(values: Iterable[str]) -> list[str]:
    """Split the values of `Sec-WebSocket-Protocol`; refuses what is not a list of legal names."""
    offered = [name.strip() for value in values for name in value.split(",")]
    if not all(LEGAL_PROTOCOL.fullmatch(name) for name in offered):
        raise AuthenticationError("the sub-protocols are malformed")
    return offered


def _bearer(value: str) -> str:
    scheme, _, token = value.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise AuthenticationError("a bearer token is required")
    return token.strip()


def _tokens_in(protocols: list[str]) -> list[str]:
    """Decode the tokens among the sub-protocols."""
    if SUBPROTOCOL not in protocols:
        return []
    encoded = [
        name.removeprefix(TOKEN_PREFIX) for name in protocols if name.startswith(TOKEN_PREFIX)
    ]
    try:
        return [_decoded(text) for text in encoded]
    except ValueError:
        raise AuthenticationError("the token in the sub-protocol is malformed") from None


def _decoded(text: str) -> str:
    padded = text + "=" * (-len(text) % 4)
    return base64.b64decode(padded, altchars=b"-_", validate=True).decode()


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")
