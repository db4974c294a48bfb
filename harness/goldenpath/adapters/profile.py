"""The profile of a live endpoint: where it is, how to log in, and its own words, as data.

Pure but for the environment, where the tokens are: a token in a file would be read, copied and
committed. All that is wrong with a profile is said at once.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from goldenpath import spec
from goldenpath.adapters.dialect import spoken
from goldenpath.adapters.secret import Scrub, Secret
from goldenpath.dialects import COMMON, DIALECTS, Dialect, DialectProblem
from goldenpath.errors import UsageProblem
from goldenpath.meant import asking

LOGINS = ("bearer", "subprotocol", "query", "none")
_KEYS = ("url", "login", "users", "start", "ready", "dialect", "deadlines", "ping", "events")
_USER_KEYS = ("token_env", "user_id")

#: A shorter token cannot be told from ordinary text, and so not be kept out of it.
SHORTEST_TOKEN = 6

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
_SENDABLE = re.compile(r"[!-~]+")
_HOLE = re.compile(r"\{([a-z_]+)\}")
_HOLES = ("message", "thread_id", "plan")
_SECRET_WORDS = re.compile(r"token|secret|password|passwd|api_?key|jwt|auth", re.IGNORECASE)

_EXAMPLE = """give a profile (--profile FILE), in its least form:
            [users.alice]
            token_env = "ALICE_TOKEN"
            [start]
            message = { type = "user_message", payload = { message = "{message}" } }"""


@dataclass(frozen=True)
class Patience:
    """Seconds: until a connection is accepted, a call returns, what must arrive has arrived, and
    how long nothing may happen before we say that nothing more does.
    """

    connect: float = 10.0
    call: float = 15.0
    delivery: float = 20.0
    settle: float = 0.3


@dataclass(frozen=True)
class Account:
    """Somebody who can log in. variable: where the token stood. user_id: None where not known."""

    name: str
    token: Secret | None = None
    variable: str = ""
    user_id: str | None = None


@dataclass(frozen=True)
class Profile:
    """A profile that is right. parameter: the query's, for tokens. ready: tables of path to value,
    of which a welcome matches one. start: the message that begins a run, with holes.
    """

    url: str
    accounts: tuple[Account, ...]
    start: Mapping[str, Any]
    login: str = "bearer"
    parameter: str = "token"
    ready: tuple[Mapping[str, Any], ...] = ()
    dialect: Dialect = COMMON
    table: Mapping[str, Any] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)
    ping: Mapping[str, Any] | None = None
    events: tuple[str, ...] = spec.FIVE

    @property
    def place(self) -> str:
        """The URL without its query."""
        return _place(self.url)

    def sends(self, hole: str) -> bool:
        """Whether the start message has this hole."""
        return hole in _holes(self.start)

    def scrub(self) -> Scrub:
        """What keeps the tokens of this profile out of texts."""
        return Scrub(account.token for account in self.accounts if account.token)


def read_profile(
    table: Mapping[str, Any],
    url: str = "",
    environ: Mapping[str, str] | None = None,
    dialects: Mapping[str, Dialect] = DIALECTS,
) -> Profile:
    """Make a profile out of a TOML table; `url` wins over the table's. dialects: those that it may
    name. Raises UsageProblem.
    """
    reader = _Reader(os.environ if environ is None else environ)
    reader.known("", table, _KEYS)
    said = url or table.get("url")
    login, parameter = reader.login(table.get("login", {}))
    address = reader.url(said, login, parameter)
    accounts = reader.accounts(table.get("users"), login)
    profile = Profile(
        url=address,
        accounts=accounts,
        start=reader.start(table.get("start")),
        login=login,
        parameter=parameter,
        ready=reader.ready(table.get("ready", [])),
        dialect=reader.dialect(table.get("dialect", {}), dialects),
        patience=reader.patience(table.get("deadlines", {})),
        ping=reader.message("ping", table["ping"]) if "ping" in table else None,
        events=reader.events(table.get("events", list(spec.FIVE))),
        table={**table, "url": said},
    )
    if reader.problems:
        raise UsageProblem(
            f"the profile of {profile.place or 'the endpoint'} is wrong:\n  "
            + "\n  ".join(reader.problems),
            hint="" if profile.accounts and profile.start else _EXAMPLE,
        )
    return profile


def _place(url: str) -> str:
    return url.partition("?")[0].partition("#")[0]


class _Reader:
    """Reads the parts and gathers the problems. Values that might be secret are never repeated."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[str] = []

    def wrong(self, where: str, expected: str, got: object = None) -> None:
        text = f"{where}: expected {expected}"
        self.problems.append(text if got is None else f"{text}, got {got!r:.80}")

    def _unknown(self, problem: str, word: object, there: Collection[str]) -> None:
        self.problems.append(asking(problem, word, there, f"there are {', '.join(there)}"))

    def known(self, where: str, table: Mapping[str, Any], keys: Collection[str]) -> None:
        for key in table:
            if key not in keys:
                self._unknown(f"{where}{key}: no such key", key, keys)

    def _table(self, where: str, value: object, keys: Collection[str] = ()) -> dict[str, Any]:
        if not isinstance(value, dict):
            self.wrong(where, "a table", value)
            return {}
        if keys:
            self.known(f"{where}.", value, keys)
        return value

    # --- where and who ---------------------------------------------------------------------------

    def url(self, value: object, login: str, parameter: str) -> str:
        if not value or not isinstance(value, str):
            self.wrong("url", "the address of the endpoint, wss://host/path", value)
            return ""
        try:
            parts = urlsplit(value)
            host, _ = parts.hostname, parts.port
        except ValueError:
            self.wrong("url", "an address wss://host/path")
            return ""
        if parts.scheme not in ("ws", "wss") or not host or parts.fragment:
            self.wrong("url", "an address wss://host/path, without a fragment", _place(value))
            return ""
        words = [key for key, _ in parse_qsl(parts.query, keep_blank_values=True)]
        secret = [key for key in words if _SECRET_WORDS.search(key)]
        if parts.username or parts.password or secret or (login == "query" and parameter in words):
            self.wrong("url", "no credentials in it; use [login] and the environment")
            return ""
        return value

    def login(self, value: object) -> tuple[str, str]:
        table = self._table("login", value, ("kind", "parameter"))
        kind, parameter = table.get("kind", "bearer"), table.get("parameter", "token")
        if kind not in LOGINS:
            self.wrong("login.kind", f"one of {', '.join(LOGINS)}", kind)
            kind = "bearer"
        if not isinstance(parameter, str) or not parameter:
            self.wrong("login.parameter", "the name of the query's parameter", parameter)
            parameter = "token"
        if "parameter" in table and kind != "query":
            self.wrong("login.parameter", 'kind = "query" beside it')
        return kind, parameter

    def accounts(self, value: object, login: str) -> tuple[Account, ...]:
        if not isinstance(value, dict) or not value:
            self.wrong("users", "at least one table [users.NAME]; two of them to test isolation")
            return ()
        accounts = tuple(self._account(str(name), value[name], login) for name in value)
        first: dict[str, str] = {}
        for account in accounts:
            shown = account.token.reveal() if account.token else account.name
            other = first.setdefault(shown, account.name)
            if other != account.name:
                self.wrong(f"users.{account.name}.token_env", f"another token than that of {other}")
        return accounts

    def _account(self, name: str, value: object, login: str) -> Account:
        where = f"users.{name}"
        table = self._table(where, value) if isinstance(value, dict) else {}
        if not isinstance(value, dict):
            self.wrong(where, "a table")  # what stands there may be a token
        self.known(f"{where}.", {k: v for k, v in table.items() if k != "token"}, _USER_KEYS)
        if "token" in table:
            self.problems.append(
                f"{where}.token: a token must not stand in a file, which is read, copied and"
                ' committed; put it in the environment and name the variable: token_env = "..."'
            )
        user_id = table.get("user_id")
        if user_id is not None and (not isinstance(user_id, str) or not user_id):
            self.wrong(f"{where}.user_id", "text", user_id)
            user_id = None
        variable = table.get("token_env", "")
        if login == "none" or "token" in table:
            return Account(name, user_id=user_id)
        return Account(name, self._token(where, variable), variable, user_id)

    def _token(self, where: str, variable: object) -> Secret | None:
        if not isinstance(variable, str) or not variable:
            self.wrong(f"{where}.token_env", "the name of an environment variable")
            return None
        token = self._environ.get(variable, "").strip()
        shown = variable if _VARIABLE.fullmatch(variable) else "that it names"
        if not token:
            self.wrong(f"{where}.token_env", f"the environment variable {shown} to be set")
        elif not _SENDABLE.fullmatch(token):
            self.wrong(f"{where}.token_env", f"printable ASCII in the environment variable {shown}")
        elif len(token) < SHORTEST_TOKEN:
            self.wrong(
                f"{where}.token_env",
                f"at least {SHORTEST_TOKEN} letters in the environment variable {shown}; what is"
                " shorter looks like ordinary text and cannot be kept out of reports",
            )
        else:
            return Secret(token)
        return None

    # --- its words -------------------------------------------------------------------------------

    def message(self, where: str, value: object) -> dict[str, Any]:
        table = self._table(where, value)
        try:
            json.dumps(table, allow_nan=False)
        except (TypeError, ValueError):
            self.wrong(where, "what JSON can hold: no dates, no inf, no nan")
            return {}
        return table

    def start(self, value: object) -> dict[str, Any]:
        where = "start.message"
        if value is None:
            self.wrong("start", 'a table with message = {...}, which holds "{message}"')
            return {}
        table = self._table("start", value, ("message",))
        if not isinstance(table.get("message"), dict):
            self.wrong(where, 'a table that holds "{message}"', table.get("message"))
            return {}
        template = self.message(where, table["message"])
        holes = _holes(template)
        for hole in sorted(holes - {*_HOLES}):
            self._unknown(f"{where}: there is no {{{hole}}}", hole, _HOLES)
        if any("{plan}" in leaf and leaf != "{plan}" for leaf in _leaves(template)):
            self.wrong(where, '"{plan}" to stand alone: it becomes an object')
        if "message" not in holes:
            self.wrong(where, '"{message}" somewhere in it')
        return template

    def ready(self, value: object) -> tuple[Mapping[str, Any], ...]:
        tables = value if isinstance(value, list) else [value]
        return tuple(dict(_flat(self._table("ready", table))) for table in tables)

    def dialect(self, value: object, there: Mapping[str, Dialect]) -> Dialect:
        try:
            return spoken("profile", value, there)
        except DialectProblem as error:
            self.problems += error.problems
            return COMMON

    def patience(self, value: object) -> Patience:
        names = tuple(Patience.__dataclass_fields__)
        seconds: dict[str, float] = {}
        for name, given in self._table("deadlines", value, names).items():
            if type(given) in (int, float) and 0 < given < math.inf:
                seconds[name] = float(given)
            else:
                self.wrong(f"deadlines.{name}", "seconds", given)
        found = Patience(**{name: seconds[name] for name in names if name in seconds})
        longer = max(found.call, found.connect + found.settle + 1)  # connecting is a call, too
        return Patience(found.connect, longer, found.delivery, found.settle)

    def events(self, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            self.wrong("events", f"a list with some of {', '.join(spec.FIVE)}", value)
            return ()
        for name in value:
            if name not in spec.FIVE:
                self._unknown(f"events: there is no {name!r}", name, spec.FIVE)
        return tuple(name for name in spec.FIVE if name in value)


# --- templates and patterns --------------------------------------------------------------------


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)


def _holes(template: object) -> set[str]:
    return {hole for leaf in _leaves(template) for hole in _HOLE.findall(leaf)}


def fill(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with its holes filled, in one pass: what is filled in is not looked at again."""
    if isinstance(template, str):
        if template == "{plan}":
            return values["plan"]
        return _HOLE.sub(lambda hole: str(values[hole[1]]), template)
    if isinstance(template, Mapping):
        return {key: fill(item, values) for key, item in template.items()}
    if isinstance(template, list):
        return [fill(item, values) for item in template]
    return template


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


def matches(frame: object, patterns: Collection[Mapping[str, Any]]) -> bool:
    """Whether a frame holds all values of one of the patterns at their paths."""
    return any(all(_at(frame, path) == value for path, value in p.items()) for p in patterns)


def _at(frame: Any, path: str) -> Any:
    for key in path.split("."):
        if not isinstance(frame, dict):
            return None
        frame = frame.get(key)
    return frame
