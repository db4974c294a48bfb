"""Canaries: what was minted is found wherever it stands, and nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.canary import LENGTH, Token, find, mint, owner_mark, unescaped

owners = st.builds(owner_mark, st.integers(0, 1 << 40), st.integers(0, 255))
numbers = st.integers(0, 0xFFFFFF)


@given(owners, numbers, st.text(), st.text())
def test_a_token_is_found_in_any_surrounding_text(
    owner: str, number: int, before: str, after: str
) -> None:
    """Whatever stands around it, the token comes back with its owner and number."""
    text = mint(owner, number)

    assert Token(text, owner, number) in find(before + text + after)


@given(owners, numbers, st.sampled_from(["gpc", "gpcgpc", "gpc0123456789abcdef", "ab", "f" * 16]))
def test_text_that_looks_like_a_token_hides_none(owner: str, number: int, alike: str) -> None:
    """A beginning of a token directly before or after one does not swallow it."""
    text = mint(owner, number)

    assert Token(text, owner, number) in find(alike + text + alike)


@given(owners, numbers)
def test_a_token_survives_json_and_addresses(owner: str, number: int) -> None:
    """It is 19 lower-case letters and digits, which nothing on the way has to escape."""
    text = mint(owner, number)

    assert len(text) == LENGTH
    assert text.isalnum()
    assert text == text.lower()
    assert find(json.dumps({"url": f"https://x/{text}?q={text}"})) == (Token(text, owner, number),)


@given(st.text())
def test_no_token_is_found_in_random_text(text: str) -> None:
    """Text that nobody planted holds no canary."""
    assert find(text) == ()


@given(st.lists(st.from_regex(r"gpc[0-9a-f]{16}", fullmatch=True)))
def test_only_what_was_minted_is_genuine(words: list[str]) -> None:
    """A word of the right form counts only if its checksum does."""
    minted = [word for word in words if mint(word[3:9], int(word[9:15], 16)) == word]

    assert [token.text for token in find(" ".join(words))] == list(dict.fromkeys(minted))


def test_a_token_with_any_one_letter_changed_is_none() -> None:
    """The checksum notices each change of a single digit."""
    text = mint("00a7c3", 16)
    changed = [
        text[:at] + digit + text[at + 1 :]
        for at in range(3, LENGTH)
        for digit in "0123456789abcdef"
        if digit != text[at]
    ]

    assert [word for word in changed if find(word)] == []


@pytest.mark.parametrize(
    "text",
    ["", "gpc", mint("000001", 1)[:-1], mint("000001", 1).upper(), mint("000001", 1)[1:]],
)
def test_a_piece_of_a_token_is_none(text: str) -> None:
    """Cut or changed in case it is no longer a canary."""
    assert find(text) == ()


def test_tokens_come_once_and_in_order() -> None:
    """Each distinct token is named once, where it stands first."""
    one, two = mint("00000b", 2), mint("00000a", 1)

    assert [token.text for token in find(one + two + one)] == [one, two]


def test_each_user_and_seed_has_a_mark_of_its_own() -> None:
    """256 users of one run have 256 marks, and those of another run have others."""
    first, second = ({owner_mark(seed, position) for position in range(256)} for seed in (1, 2))

    assert len(first) == len(second) == 256
    assert not first & second


def test_no_two_users_of_a_run_share_a_mark() -> None:
    """Where there is none left, none is made."""
    with pytest.raises(ValueError, match="marks for 255 users"):
        owner_mark(1, 256)


def test_each_number_has_a_token_of_its_own() -> None:
    """Two calls of one user are never mistaken for each other."""
    assert len({mint("00000a", number) for number in range(5000)}) == 5000


def test_escapes_of_json_hide_no_canary() -> None:
    """They are resolved, and everything else stays."""
    token = mint("00000a", 20)
    hidden = "".join(f"\\u{ord(letter):04X}" for letter in token)

    assert find(hidden) == ()
    assert [found.text for found in find(unescaped(f"so: {hidden}!"))] == [token]
    assert unescaped("\\u2028 and \\n") == "\\u2028 and \\n"
