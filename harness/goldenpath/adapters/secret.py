"""Tokens that are never shown, and the scrubber that keeps them out of every text of a stranger.

A peer may send a token, or 16 letters and more of one in a row, as it is, in capitals, backwards,
in hex or base64, escaped for JSON, URLs or HTML, once or several times, or broken by white space:
all of these become `[secret]` before anything is recorded, reported or raised. What was enciphered,
compressed or encoded in any other way is not recognised.
"""

from __future__ import annotations

import base64
import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from html.entities import html5
from urllib.parse import quote

SHOWN = "[secret]"

#: So many letters in a row of a token, or of a form of it, give it away; fewer are ordinary text. A
#: token that is shorter is known by all of it.
GIVEAWAY = 16

#: Letters of which one in so many places is looked up: any 16 in a row hold 8 that begin at one.
_GRAM = GIVEAWAY // 2

#: What stands for a letter (its code, or its name), and what is passed over. Each may be escaped
#: again, as in `\\\\u0041`, `%2541` and `&amp;#65;`.
_UNIT = re.compile(
    r"\\+u([0-9a-fA-F]{4})|\\+x([0-9a-fA-F]{2})|%(?:25)*([0-9a-fA-F]{2})"
    r"|&(?:amp;)*#[xX]([0-9a-fA-F]{1,6});|&(?:amp;)*#([0-9]{1,7});|&(?:amp;)*(\w{1,32};)"
    r"|\\+[nrtfv]|[\\\s]+"
)


class Secret:
    """A token; its repr, and whatever is made of it by accident, is `[secret]`."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The token itself, for the moment in which it is sent."""
        return self._text

    def __repr__(self) -> str:
        return SHOWN

    def __reduce__(self) -> str:
        raise TypeError("a secret is not written anywhere")


def base64url(text: str) -> str:
    """Base64 with the alphabet of URLs, without padding."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class _Read:
    """A text as it is read: letters for their escapes, small, and without white space. Knows where
    each letter stood.
    """

    def __init__(self, text: str) -> None:
        parts: list[str] = []
        self._at: list[int] = []  # from which letter on ...
        self._raw: list[
            tuple[int, int]
        ] = []  # ... it is the text from here on, or one unit to there
        length = end = 0
        for unit in _UNIT.finditer(text):
            letter = _letter(unit)
            length = self._mark(length, end, unit.start() - end)
            if letter:
                length = self._mark(length, unit.start(), len(letter), unit.end())
            parts += [text[end : unit.start()], letter]
            end = unit.end()
        self._mark(length, end, len(text) - end)
        self.text = _small("".join([*parts, text[end:]]))

    def _mark(self, at: int, raw: int, length: int, end: int = 0) -> int:
        if length:
            self._at.append(at)
            self._raw.append((raw, end))
        return at + length

    def place(self, at: int) -> tuple[int, int]:
        """Where the letter at `at` stands in the text, from and to."""
        mark = bisect_right(self._at, at) - 1
        raw, end = self._raw[mark]
        begin = raw if end else raw + at - self._at[mark]
        return begin, end or begin + 1


def _letter(unit: re.Match[str]) -> str:
    short, byte, percent, hexadecimal, decimal, name = unit.groups()
    digits = short or byte or percent or hexadecimal
    if digits or decimal:
        code = int(digits, 16) if digits else int(decimal)
        return chr(code) if code <= 0x10FFFF else unit[0]
    return html5.get(name, unit[0]) if name else ""


def _small(text: str) -> str:
    small = text.lower()
    if len(small) == len(text):
        return small
    return "".join(letter.lower() if letter.isascii() else letter for letter in text)


class Scrub:
    """Replaces tokens in a text, in every form; linear in its length."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        self._short: set[str] = set()
        self._grams: dict[str, set[tuple[str, int]]] = {}
        for token in {secret.reveal() for secret in secrets}:
            for form in _forms(token):
                read = _Read(form).text
                if len(read) < GIVEAWAY:
                    self._short |= {form, json.dumps(form)[1:-1], quote(form, safe="")}
                    continue
                for at in range(len(read) - _GRAM + 1):
                    self._grams.setdefault(read[at : at + _GRAM], set()).add((read, at))

    def __repr__(self) -> str:
        return "Scrub()"

    def __call__(self, text: str) -> str:
        """The text without tokens, or parts of tokens of 16 letters and more."""
        for form in sorted(self._short, key=len, reverse=True):
            text = text.replace(form, SHOWN)
        if len(text) < GIVEAWAY or not self._grams:
            return text
        read, parts, done = _Read(text), [], 0
        for begin, end in self._found(read.text):
            parts += [text[done : read.place(begin)[0]], SHOWN]
            done = read.place(end - 1)[1]
        return "".join([*parts, text[done:]]) if parts else text

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """Where parts of tokens stand, in order and apart from each other."""
        begin = end = 0
        for at in range(0, len(text) - _GRAM + 1, _GRAM):
            known = self._grams.get(text[at : at + _GRAM], ()) if at + _GRAM > end else ()
            spans = [_common(text, at, form, place) for form, place in known]
            for first, last in spans:
                if last - first < GIVEAWAY:
                    continue
                if first >= end:
                    if end:
                        yield begin, end
                    begin = first
                begin, end = min(begin, first), max(end, last)
        if end:
            yield begin, end

    def data(self, raw: bytes) -> bytes:
        """The same for bytes that are no text."""
        return self(raw.decode("latin-1")).encode("latin-1")


def _common(text: str, at: int, form: str, place: int) -> tuple[int, int]:
    """From where to where the text around `at` is the form around `place`."""
    begin, first = at, place
    while begin > 0 and first > 0 and text[begin - 1] == form[first - 1]:
        begin, first = begin - 1, first - 1
    end, last = at + _GRAM, place + _GRAM
    while end < len(text) and last < len(form) and text[end] == form[last]:
        end, last = end + 1, last + 1
    return begin, end


def _forms(token: str) -> Iterator[str]:
    """Every way in which the token may be written, but for what is read through."""
    yield from (token, token[::-1], token.encode().hex())
    for form in {*_in_base64(token)}:
        yield from (form, form.replace("-", "+").replace("_", "/"))


def _in_base64(token: str) -> Iterator[str]:
    """Alone, or in the middle of something longer: then only whole groups of it can be known."""
    yield base64url(token)
    for before in range(3):
        whole = (before + len(token)) * 8 // 6
        part = base64url("\0" * before + token)[(0, 2, 3)[before] : whole]
        if len(part) >= 8:
            yield part
