"""What is planted to be seen if a target shows its insides, marked by canaries of its own kind."""

from __future__ import annotations

from typing import Any, NoReturn

from goldenpath.canary import find, mint
from goldenpath.jsonable import Unsayable

_CODE = """\
def work_{mark}(failure):
    raise failure
"""


def internal(mark: str, number: int) -> str:
    """The canary with this number of the user whom `mark`, another canary, belongs to."""
    (token,) = find(mark)
    return mint(token.owner, number)


class Opaque(Unsayable):
    """An object of some library, as a tool may return one: only its repr holds the marker."""

    __slots__ = ("_marker",)

    def __init__(self, marker: str) -> None:
        self._marker = marker

    def __repr__(self) -> str:
        return f"<Opaque {self._marker}>"


def crash(failure: Exception, marker: str) -> NoReturn:
    """Raise `failure` out of code whose file and function are marked, as a traceback of it shows.

    The failure's own text is not: that is content.
    """
    names: dict[str, Any] = {}
    code = compile(_CODE.format(mark=marker), f"/platform/{marker}/engine.py", "exec")
    exec(code, names)  # noqa: S102 - our own two lines
    names[f"work_{marker}"](failure)
    raise AssertionError("the planted code did not raise")
