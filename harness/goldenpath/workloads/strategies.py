"""Parameters and values that Hypothesis draws: the only place where it is named.

This file is run as a program, in a process of its own (`drawn.py` does that): Hypothesis draws from
what stands in the source of any local module that happens to be loaded, and keeps notes in a folder
`.hypothesis`. In a process where nothing of the user's is loaded the same seed draws the same, and
nothing is left behind.

What is drawn is JSON that every dispatcher has to carry (TOOL-2, TOOL-3): text without halves of
surrogate pairs, whole numbers of 64 bits with a sign, finite floats, boxes within boxes up to a few
levels. Names of parameters are those that a model's API lets a tool have: letters, digits and
`_ . -`. Keys within values may be any text.
"""

from __future__ import annotations

import json
import string
import sys
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st

#: Names that are taken, by Python or by many a framework, and that a tool may have all the same.
_TAKEN = (
    *("self", "cls", "args", "kwargs", "kw", "name", "tool", "context", "parameters", "params"),
    *("config", "callbacks", "run_manager", "tool_input", "tool_call_id", "state", "metadata"),
    *("None", "True", "class", "def", "lambda", "await", "result", "error", "status", "success"),
    *("items", "keys", "get", "json", "copy", "schema", "constructor", "length", "timeout"),
)

#: Ours: where the canary of a call stands; and the first argument of `dispatch`, which is exempt.
_OURS = ("query", "tool_name")

_FIRST = string.ascii_letters + "_"
_REST = _FIRST + string.digits + "_.-"

#: Letters that have broken something somewhere: controls, spaces, quotes, marks, both ends of what
#: UTF-8 writes in one, two, three and four bytes.
_AWKWARD = (
    *"\x00\x01\t\n\r\x1b \"'\\/`$%&<>{}[]:;,.#=+-~\x7f\x80\x85\xa0\xad\xdf\xe9\xff\u0130\u0131",
    *"\u0301\u07ff\u0800\u200b\u200d\u202e\u2028\u2029\ud7ff\ue000\ufb01\ufeff\ufffd\uffff",
    *"\U00010000\U0001f600\U0010ffff",
    *(string.ascii_letters + string.digits),
)

_texts = st.lists(st.sampled_from(_AWKWARD) | st.integers(0xA0, 0x3FFF).map(chr), max_size=8).map(
    "".join
)
_numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
_values = st.recursive(
    st.none() | st.booleans() | _numbers | _texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, min_size=1, max_size=4)
    ),
    max_leaves=8,
)
_made_up = st.builds(
    lambda first, rest: first + "".join(rest),
    st.sampled_from(_FIRST),
    st.lists(st.sampled_from(_REST), max_size=10),
)
_names = (st.sampled_from(_TAKEN) | _made_up).filter(lambda name: name not in _OURS)
_parameters = st.dictionaries(_names, _values, min_size=1, max_size=3)


def draw(seed: int, count: int) -> list[tuple[dict[str, Any], Any]]:
    """So many pairs of the parameters of one call and a value for another."""
    found: list[tuple[dict[str, Any], Any]] = []

    def take(parameters: dict[str, Any], value: Any) -> None:
        found.append((parameters, value))

    _as_a_test(take, seed, count)()
    return found[:count]


def _as_a_test(take: Callable[..., None], seed: int, count: int) -> Callable[[], None]:
    """The one way in which Hypothesis draws: as a test, which here fails of nothing."""
    only_drawn = settings(
        max_examples=count,
        phases=(Phase.generate,),
        database=None,
        deadline=None,
        suppress_health_check=tuple(HealthCheck),
    )
    return seeded(seed)(only_drawn(given(_parameters, _values)(take)))


if __name__ == "__main__":
    print(json.dumps(draw(*map(int, sys.argv[1:3]))))
