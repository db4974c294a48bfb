"""Profiles of endpoints: what is read, what is refused and why, and that tokens never show."""

from __future__ import annotations

import base64
import html
import json
import pickle
import tomllib
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def _html(token: str) -> str:
    return "".join(f"&#{ord(letter)};" for letter in token)


def _escaped(token: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in token)


SENT_BACK: dict[str, Callable[[str], str]] = {
    "its end": lambda token: token[4:],
    "its middle": lambda token: token[8:-8],
    "16 letters": lambda token: token[5:21],
    "capitals": str.upper,
    "small": str.lower,
    "hex in capitals": lambda token: token.encode().hex().upper(),
    "backwards": lambda token: token[::-1],
    "broken by a newline": lambda token: f"{token[:20]}\n{token[20:]}",
    "broken by an escaped newline": lambda token: f"{token[:20]}\\n  {token[20:]}",
    "escapes in JSON": lambda token: json.dumps(_escaped(token)),
    "escapes in JSON in JSON": lambda token: json.dumps(json.dumps(_escaped(token))),
    "JSON in JSON": lambda token: json.dumps(json.dumps({"t": token})),
    "entities": _html,
    "hex entities": lambda token: "".join(f"&#x{ord(letter):X};" for letter in token),
    "entities in entities": lambda token: html.escape(_html(token)),
    "named entities": lambda token: token.replace("/", "&sol;").replace("+", "&plus;"),
    "every letter in percent": lambda token: "".join(f"%{ord(letter):02X}" for letter in token),
    "percent twice": lambda token: quote(quote(token, safe=""), safe=""),
    "a part of base64": lambda token: base64.b64encode(token.encode()).decode()[5:30],
}


@pytest.mark.parametrize("token", [TOKEN, "abc/DEF+ghi=jkl~mno_pqr-stu.vwx!yz0123456789"])
@pytest.mark.parametrize("how", SENT_BACK)
def test_a_token_is_found_in_whatever_form_it_is_sent_back(how: str, token: str) -> None:
    """And nothing but it is taken out."""
    told = SENT_BACK[how](token)
    clean = Scrub([Secret("another-one-entirely"), Secret(token)])(f'{{"a": {told}, "b": "100%"}}')

    assert SHOWN in clean
    assert clean.startswith('{"a": ')
    assert clean.endswith(', "b": "100%"}')
    left = clean.replace(SHOWN, "").translate(dict.fromkeys(map(ord, '{}"ab:, 10%\\t'), None))
    assert left == ""


@pytest.mark.parametrize(
    "text",
    [
        TOKEN[:15],
        f"{TOKEN[:10]} and {TOKEN[10:20]}",
        "&amp; %41 \\u0041 \\\\ İstanbul &#9999999; &nosuch; 100% \\n",
        "",
    ],
)
def test_what_is_no_token_is_left_as_it_is(text: str) -> None:
    assert Scrub([Secret(TOKEN)])(text) == text


@given(st.text(), st.text(), st.integers(0, len(TOKEN) - 16))
def test_around_a_token_nothing_is_lost(before: str, after: str, begin: int) -> None:
    """Whatever stands there, unless it goes on with the token."""
    clean = Scrub([Secret(TOKEN)])(f"{before}|{TOKEN[begin:]}|{after}")

    assert clean == f"{before}|{SHOWN}|{after}"


def test_scrubbing_is_linear() -> None:
    """A frame of a million letters, most of which are escapes or look like a token."""
    for text in ("%25" * 300_000, "\\" * 1_000_000, TOKEN[:8] * 100_000, "&amp;" * 200_000):
        assert Scrub([Secret(TOKEN)])(text)
