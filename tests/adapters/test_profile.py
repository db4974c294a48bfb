"""Profiles of endpoints: what is read, what is refused and why, and that tokens never show."""

from __future__ import annotations

import base64
import pickle
import tomllib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from goldenpath.adapters.profile import fill, matches, read_profile
from goldenpath.adapters.secret import SHOWN, Scrub, Secret
from goldenpath.dialects import COMMON, from_table
from goldenpath.errors import Exit, UsageProblem

TOKEN = "eyJhbGciOi/JIUzI1NiIs+InR5cCI6IkpXVCJ9.abc_def-123=="
ENVIRON = {"ANN_TOKEN": TOKEN, "BEN_TOKEN": "another-token-of-ben"}

LEAST = """
[users.ann]
token_env = "ANN_TOKEN"
[start]
message = { type = "chat", text = "{message}" }
"""


def read(text: str, url: str = "ws://host/chat", **environ: str) -> Any:
    return read_profile(tomllib.loads(text), url, {**ENVIRON, **environ})


def problem(text: str, url: str = "ws://host/chat", **environ: str) -> str:
    with pytest.raises(UsageProblem) as caught:
        read(text, url, **environ)
    assert caught.value.exit is Exit.USAGE
    assert TOKEN not in str(caught.value)
    return str(caught.value)


# --- what is read ------------------------------------------------------------------------------


def test_five_lines_are_enough() -> None:
    """Everything but who logs in and what is sent has a default."""
    profile = read(LEAST)
    assert (profile.login, profile.events[0], profile.ready) == ("bearer", "agent_started", ())
    assert (profile.patience.connect, profile.patience.delivery) == (10, 20)
    assert not profile.sends("plan")
    assert profile.sends("message")


def test_the_url_of_the_command_wins() -> None:
    """One profile serves several stages."""
    assert read('url = "wss://a/b"' + LEAST).url == "ws://host/chat"
    assert read('url = "wss://a/b"' + LEAST, "").url == "wss://a/b"


def test_users_keep_their_order() -> None:
    """The first of them is planted as alice, the second as bob."""
    text = LEAST + '[users.adam]\ntoken_env = "BEN_TOKEN"\nuser_id = "7"'
    first, second = read(text).accounts
    assert (first.name, first.user_id, second.name, second.user_id) == ("ann", None, "adam", "7")


def test_a_welcome_may_be_nested_dotted_or_one_of_several() -> None:
    """All ways in which TOML can spell a path mean the same."""
    for spelled in ('ready.data.kind = "hi"', 'ready."data.kind" = "hi"', "ready = []"):
        profile = read(spelled + LEAST)
        assert profile.ready == (() if "[]" in spelled else ({"data.kind": "hi"},))
    several = read(LEAST + "[[ready]]\na = 1\n[[ready]]\nb = 2").ready
    assert matches({"b": 2}, several)
    assert not matches({"a": 2, "b": 1}, several)
    assert not matches(["a"], several)


def test_a_call_may_take_as_long_as_connecting() -> None:
    """Connecting is a call, too: a deadline of calls below it would cut it off."""
    patience = read(LEAST + "[deadlines]\nconnect = 30\ncall = 1").patience
    assert patience.call > patience.connect == 30


def test_holes_are_filled_once() -> None:
    """What is filled in is not looked at again, and a plan becomes an object."""
    template = {"a": ["{message} in {thread_id}", 1, None], "b": "{plan}"}
    values = {"message": "{thread_id}", "thread_id": "t", "plan": {"rounds": []}}
    assert fill(template, values) == {"a": ["{thread_id} in t", 1, None], "b": {"rounds": []}}


# --- what is refused -----------------------------------------------------------------------------


def test_all_problems_are_said_at_once() -> None:
    """Nobody has to mend a profile line by line."""
    said = problem(
        """
        urls = "x"
        events = ["agent_begun"]
        [login]
        kind = "baerer"
        [users.ann]
        tokn_env = "ANN_TOKEN"
        [start]
        message = { text = "{mesage}", plan = "my {plan}" }
        [dialect]
        typ = "kind"
        [deadlines]
        settle = -1
        delivery = true
        """
    )
    for part in (
        "urls: no such key; do you mean url?",
        "events: there is no 'agent_begun'",
        "login.kind: expected one of bearer, subprotocol, query, none, got 'baerer'",
        "users.ann.tokn_env: no such key; do you mean token_env?",
        "users.ann.token_env: expected the name of an environment variable",
        "start.message: there is no {mesage}; do you mean message?",
        'start.message: expected "{plan}" to stand alone',
        "dialect.typ: expected one of",
        "deadlines.settle: expected seconds, got -1",
        "deadlines.delivery: expected seconds, got True",
    ):
        assert part in said


def test_a_dialect_can_be_named() -> None:
    """One of the user's own, and ours; what is neither is refused, with those that there are."""
    shop = from_table("shop", {"type": "kind"}, COMMON)
    there = {"common": COMMON, "shop": shop}
    table = tomllib.loads('dialect = "shop"\n' + LEAST)

    assert read_profile(table, "ws://host", ENVIRON, there).dialect is shop
    assert read('dialect = "common"\n' + LEAST).dialect is COMMON
    for wrong in ('"shop"', "5", '["shop"]'):
        said = problem(f"dialect = {wrong}\n" + LEAST)
        assert "dialect: expected a table, or the name of a dialect that is known: common" in said


def test_a_missing_variable_is_named() -> None:
    """So that it can be set."""
    said = problem(LEAST, ANN_TOKEN="")
    assert "users.ann.token_env: expected the environment variable ANN_TOKEN to be set" in said


@pytest.mark.parametrize(
    "line", [f'token = "{TOKEN}"', f'token_env = "{TOKEN}"', f'password = "{TOKEN}"']
)
def test_a_token_in_the_file_is_refused_and_not_repeated(line: str) -> None:
    """A file is read, copied and committed; so is a message."""
    said = problem(LEAST.replace('token_env = "ANN_TOKEN"', line))
    assert ("must not stand in a file" in said) == line.startswith("token =")
    assert "eyJ" not in said


def test_a_token_beside_a_variable_is_refused_all_the_same() -> None:
    """The file holds it, whether it is used or not."""
    assert "must not stand in a file" in problem(LEAST.replace("[start]", 'token = "x"\n[start]'))


@pytest.mark.parametrize(
    ("token", "part"),
    [
        ("abc", "at least 6 letters"),
        ("a token with spaces", "printable ASCII"),
        ("h\N{LATIN SMALL LETTER E WITH ACUTE}llo-world", "printable ASCII"),
        ("first-line\nX-Header: injected", "printable ASCII"),
    ],
)
def test_a_token_that_cannot_be_sent_or_hidden_is_refused(token: str, part: str) -> None:
    """It would break the handshake, or could not be told from ordinary text."""
    said = problem(LEAST, ANN_TOKEN=token)
    assert part in said
    assert token not in said.replace("at least", "")


def test_a_newline_at_the_end_of_a_token_is_forgiven() -> None:
    """`export T=$(cat file)` and secret stores leave one."""
    assert read(LEAST, ANN_TOKEN=TOKEN + "\n").accounts[0].token.reveal() == TOKEN


def test_two_users_need_two_tokens() -> None:
    """The same token twice is one user, whose isolation from themselves proves nothing."""
    said = problem(LEAST + '[users.ben]\ntoken_env = "ANN_TOKEN"')
    assert "users.ben.token_env: expected another token than that of ann" in said


@pytest.mark.parametrize(
    "url",
    [
        f"ws://host/?access_token={TOKEN}",
        f"ws://user:{quote(TOKEN)}@host/",
        "http://host/",
        "ws://",
        "ws://[::1",
        "ws://host:port/",
        "ws://host/#part",
    ],
)
def test_an_odd_url_is_refused_without_repeating_secrets(url: str) -> None:
    """Credentials belong in the environment, not in what reports show."""
    said = problem(LEAST, url)
    assert "url: expected" in said
    assert "eyJ" not in said


@pytest.mark.parametrize("text", ["", "users = 1\nstart = 2\nready = 3", 'users.ann = "secret-12"'])
def test_a_profile_of_the_wrong_shape_is_a_problem_and_no_crash(text: str) -> None:
    """Whatever TOML holds; and without a start an example is shown."""
    said = problem(text)
    assert "secret-12" not in said
    assert "token_env" in said


@pytest.mark.parametrize("value", ["1979-05-27", "nan", "inf"])
def test_a_template_holds_only_what_json_can_hold(value: str) -> None:
    """Dates and odd numbers of TOML have no form on the wire."""
    said = problem(LEAST.replace('type = "chat"', f"type = {value}"))
    assert "start.message: expected what JSON can hold" in said


def test_a_template_without_a_message_is_refused() -> None:
    """Its canary is what shows whose frame is whose."""
    assert '"{message}" somewhere' in problem(LEAST.replace("{message}", "hello"))


# --- secrets -----------------------------------------------------------------------------------


def test_nothing_shows_a_secret() -> None:
    """Neither repr nor str, nor a pickle."""
    profile = read(LEAST)
    assert TOKEN not in f"{profile!r} {profile} {profile.scrub()!r}"
    assert SHOWN in repr(profile)
    with pytest.raises(TypeError, match="not written"):
        pickle.dumps(profile)


def _forms(token: str) -> list[str]:
    raw = token.encode()
    return [
        token,
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode(),
        base64.b64encode(raw).decode(),
        quote(token, safe=""),
        quote(token, safe="").lower(),
        token.replace("/", r"\/"),
        raw.hex(),
    ]


@pytest.mark.parametrize("token", [TOKEN, "hunter2!", "s3cret"])
def test_every_form_of_a_token_is_scrubbed(token: str) -> None:
    """As it is, in base64 of both alphabets, percent-encoded, escaped, in hexadecimal."""
    scrub = Scrub([Secret("not-the-one-at-all"), Secret(token)])
    for form in _forms(token):
        clean = scrub(f"<{form}> and <{form}>")
        assert clean.replace("=", "") == f"<{SHOWN}> and <{SHOWN}>"


def test_a_token_within_longer_base64_is_scrubbed() -> None:
    """As in HTTP's basic login: `user:token` has the token at any offset."""
    for before in ("", "a", "ab", "abc"):
        text = base64.b64encode(f"{before}{TOKEN}:and more".encode()).decode()
        clean = Scrub([Secret(TOKEN)])(text)
        left = len(clean.replace(SHOWN, ""))
        assert SHOWN in clean
        assert left <= len(text) - len(TOKEN) * 4 // 3 + 4


def test_beginnings_of_sixteen_letters_are_scrubbed_and_shorter_ones_are_not() -> None:
    """A log that cuts a token short still gives it away."""
    scrub = Scrub([Secret(TOKEN)])
    for length in range(16, len(TOKEN)):
        assert scrub(f'"{TOKEN[:length]}"') == f'"{SHOWN}"'
    assert scrub(TOKEN[:15]) == TOKEN[:15]


def test_two_tokens_with_one_beginning_are_both_scrubbed_whole() -> None:
    """Web tokens begin alike."""
    first, second = TOKEN + "first", TOKEN[:20] + "-second-and-longer"
    scrub = Scrub([Secret(first), Secret(second)])
    assert scrub(f"{first} {second}") == f"{SHOWN} {SHOWN}"


def test_without_secrets_nothing_is_scrubbed() -> None:
    """A login of kind none has none."""
    assert Scrub([])("anything") == "anything"
    assert Scrub([Secret(TOKEN)]).data(b"\xff" + TOKEN.encode()) == b"\xff" + SHOWN.encode()


@pytest.mark.parametrize("spell", [lambda c: f"\\u{ord(c):04x}", lambda c: f"%{ord(c):02X}"])
@pytest.mark.parametrize("every", [1, 2, 5])
def test_a_token_spelled_out_in_escapes_is_nowhere(spell: Callable[[str], str], every: int) -> None:
    """JSON and URLs let any letter be escaped; a reader gets the token all the same."""
    token = "s3cr3t-T0ken/of+ann.0123456789abcdef"
    told = "".join(spell(c) if n % every == 0 else c for n, c in enumerate(token))
    clean = Scrub([Secret(token)])(f'{{"echo": "{told}", "more": "100%"}}')

    assert clean == f'{{"echo": "{SHOWN}", "more": "100%"}}'
