"""Tokens that are never shown, and the scrubber that keeps them out of every text of a stranger.

A peer may send a token back as it is, in base64, percent-encoded, escaped or cut short: all of
these become `[secret]` before anything is recorded, reported or raised.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote

SHOWN = "[secret]"

#: A beginning of this many letters gives a token away; shorter ones are ordinary text.
GIVEAWAY = 16


#: What goes on after the beginning of a token that was spelled out in escapes.
_MORE = r"(?:\\u[0-9a-fA-F]{4}|%[0-9a-fA-F]{2}|[\w.~+/=-])*"


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


class Scrub:
    """Replaces tokens in a text, in every form; linear in its length."""

    def __init__(self, secrets: Iterable[Secret]) -> None:
        secrets = list(secrets)
        self._forms: dict[str, list[str]] = {}
        for form in {form for secret in secrets for form in _forms(secret.reveal())}:
            self._forms.setdefault(form[:GIVEAWAY], []).append(form)
        heads = sorted(self._forms, key=len, reverse=True)
        self._heads = re.compile("|".join(map(re.escape, heads)))
        spelled = [_spelled(secret.reveal()) for secret in secrets]
        self._spelled = re.compile("|".join(spelled), re.ASCII) if spelled else None

    def __repr__(self) -> str:
        return "Scrub()"

    def __call__(self, text: str) -> str:
        """The text without tokens, or beginnings of tokens of 16 letters and more."""
        if any(head in text for head in self._forms):
            text = self._cut(text)
        if self._spelled is not None and ("\\u" in text or "%" in text):
            text = self._spelled.sub(SHOWN, text)
        return text

    def _cut(self, text: str) -> str:
        parts, at = [], 0
        while found := self._heads.search(text, at):
            begin = found.start()
            parts += [text[at:begin], SHOWN]
            at = begin + max(_common(text, begin, form) for form in self._forms[found[0]])
        return "".join([*parts, text[at:]])

    def data(self, raw: bytes) -> bytes:
        """The same for bytes that are no text."""
        return self(raw.decode("latin-1")).encode("latin-1")


def _common(text: str, begin: int, form: str) -> int:
    """How many letters of `form` stand at `begin`."""
    stands = text[begin : begin + len(form)]
    pairs = zip(stands, form, strict=False)
    return next((n for n, (left, right) in enumerate(pairs) if left != right), len(stands))


def _spelled(token: str) -> str:
    """A pattern of its first 16 letters, any of them escaped for JSON or URLs, and what follows."""
    letters = "".join(
        rf"(?:{re.escape(letter)}|\\u(?i:{ord(letter):04x})|%(?i:{ord(letter):02x}))"
        for letter in token[:GIVEAWAY]
    )
    return letters + (_MORE if len(token) > GIVEAWAY else "")


def _forms(token: str) -> Iterator[str]:
    """Every way in which the token may be written."""
    escaped = json.dumps(token)[1:-1]
    percent = quote(token, safe="")
    yield from (token, escaped, escaped.replace("/", r"\/"), percent, percent.lower())
    yield token.encode().hex()
    for form in {*_in_base64(token)}:
        standard = form.replace("-", "+").replace("_", "/")
        yield from (form, standard, standard.replace("/", r"\/"), quote(standard, safe=""))


def _in_base64(token: str) -> Iterator[str]:
    """Alone, or in the middle of something longer: then only whole groups of it can be known."""
    yield base64url(token)
    for before in range(3):
        whole = (before + len(token)) * 8 // 6
        part = base64url("\0" * before + token)[(0, 2, 3)[before] : whole]
        if len(part) >= 8:
            yield part
