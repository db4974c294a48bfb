"""Reading results: a closed table of shapes, in dicts and objects, never guessed from a value."""

from __future__ import annotations

import dataclasses
import enum
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from goldenpath.adapters import outcome
from goldenpath.adapters.outcome import read, recognise
from goldenpath.declare import OUTCOMES
from goldenpath.model import NOT_JSON


class Word(enum.StrEnum):
    OK = "ok"
    FAILED = "failed"


class Plain(enum.Enum):
    DONE = "Done"
    BROKEN = "broken"
    NUMBER = 1


class Model:
    """Like a pydantic model: fields as attributes, some of them computed, a dump of its own."""

    def __init__(self, **fields: Any) -> None:
        self.__dict__["fields"] = fields

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["fields"][name]
        except KeyError:
            raise AttributeError(name) from None

    def model_dump(self) -> dict[str, Any]:
        return dict(self.fields)


@dataclasses.dataclass(frozen=True)
class Data:
    success: bool
    result: Any = None
    error: Any = None


class Slots:
    __slots__ = ("error", "result", "success")

    def __init__(self, success: bool, result: Any) -> None:
        self.success, self.result, self.error = success, result, None


class Tuple(NamedTuple):
    success: bool
    result: Any
    error: Any = None


class Raising:
    @property
    def success(self) -> bool:
        raise RuntimeError("read too late")

    @property
    def status(self) -> str:
        raise RuntimeError("read too late")

    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no equality")

    __hash__ = None  # type: ignore[assignment]


class Ambiguous:
    """As an array is: comparing it gives no truth value."""

    def __eq__(self, other: object) -> Any:
        return [True, False]

    __hash__ = None  # type: ignore[assignment]


GOOD = [
    ("success", {"success": True, "result": 5}),
    ("success", {"success": True, "result": 5, "error": None, "metadata": {}}),
    ("success", {"success": "ok", "result": 5}),
    ("success", SimpleNamespace(success=True, result=5)),
    ("success", Model(success=True, result=5, error=None, execution_time_ms=3)),
    ("success", Data(True, 5)),
    ("success", Slots(True, 5)),
    ("success", Tuple(True, 5)),
    *(("status", {"status": word, "payload": 5}) for word in ("success", "ok", "OK", "Completed")),
    *(("status", {"status": word, "payload": 5}) for word in ("complete", "done", "finished")),
    ("status", {"status": Word.OK, "payload": 5, "message": "fine"}),
    ("status", Model(status=Word.OK, payload=5, message=None)),
    ("status", Model(status=Plain.DONE, payload=5)),
]
BAD = [
    ("success", {"success": False, "result": None, "error": "no"}),
    ("success", {"success": None, "error": "no"}),
    ("success", {"success": "error", "error": "no"}),
    ("success", Model(success=False, result=5, error="no")),
    ("success", Data(False, None, "no")),
    ("success", Tuple(False, None, "no")),
    *(("status", {"status": word, "message": "no"}) for word in ("error", "failed", "", None, 0)),
    ("status", {"status": Word.FAILED, "message": "no"}),
    ("status", Model(status=Plain.BROKEN, message="no")),
    ("status", Model(status=Plain.NUMBER, message="no")),
    ("status", SimpleNamespace(status="timeout", payload=None, message="no")),
]


@pytest.mark.parametrize(("shape", "returned"), GOOD)
def test_success_gives_the_value(shape: str, returned: Any) -> None:
    """The envelope is taken off; dicts, models, tuples and enums alike."""
    reply = read(shape, returned)

    assert reply.ok
    assert reply.value == {"value": 5}


@pytest.mark.parametrize(("shape", "returned"), BAD)
def test_failure_gives_the_error(shape: str, returned: Any) -> None:
    """Whatever does not clearly say success is a failure, in the target's own words."""
    reply = read(shape, returned)

    assert not reply.ok
    assert reply.value["by"] == "result"
    assert reply.value["text"] == "no"


@pytest.mark.parametrize(
    "value",
    [
        {"success": False},
        {"success": False, "result": 1, "error": "looks like one"},
        {"status": "error", "payload": 1},
        {"error": "looks like one"},
        None,
        False,
    ],
    ids=str,
)
def test_a_value_that_looks_like_an_envelope_is_a_value(value: Any) -> None:
    """Where the bare value is returned; and within an envelope only the outer one is taken off."""
    assert read("value", value).value == {"value": value}
    assert read("value", value).ok
    assert read("success", {"success": True, "result": value}).value == {"value": value}
    assert read("status", {"status": "ok", "payload": value}).value == {"value": value}


@pytest.mark.parametrize("value", [None, 5, "ok", [], {}, {"result": 5}, SimpleNamespace(result=5)])
@pytest.mark.parametrize("shape", ["success", "status"])
def test_what_does_not_fit_the_shape_is_passed_on_and_marked(shape: str, value: Any) -> None:
    """It is a finding for the rules, not another shape."""
    reply = read(shape, value)

    assert reply.ok
    assert reply.value["misfit"] == shape
    assert reply.value["value"] == value or NOT_JSON in reply.value["value"]


@pytest.mark.parametrize("returned", [Raising(), Ambiguous()], ids=["raising", "ambiguous"])
@pytest.mark.parametrize("shape", OUTCOMES)
def test_a_hostile_result_is_a_value_that_is_no_json(shape: str, returned: Any) -> None:
    """Fields that raise, and objects that cannot be compared, stop nobody."""
    reply = read(shape, returned)

    assert reply.ok
    assert NOT_JSON in reply.value["value"]
    assert recognise(returned, "expected") is None


@pytest.mark.parametrize(
    ("returned", "shape"),
    [
        ("the value", "value"),
        ({"success": True, "result": "the value"}, "success"),
        (Model(success=True, result="the value"), "success"),
        ({"status": "ok", "payload": "the value"}, "status"),
        (Model(status=Word.OK, payload="the value"), "status"),
        ({"success": False, "result": "the value"}, None),
        ({"success": True, "result": "another"}, None),
        ({"success": True, "data": "the value"}, None),
        ({"status": "pending", "payload": "the value"}, None),
        ({"result": "the value"}, None),
        (["the value"], None),
        (None, None),
    ],
)
def test_a_probe_recognises_the_shape(returned: Any, shape: str | None) -> None:
    """The one in which the result says what the tool gave; none where no shape does."""
    assert recognise(returned, "the value") == shape


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_what_is_put_into_an_envelope_comes_out_of_it(value: Any) -> None:
    """Any JSON value survives each shape."""
    assert read("value", value).value["value"] == value
    assert read("success", {"success": True, "result": value}).value["value"] == value
    assert read("status", {"status": "done", "payload": value}).value["value"] == value


@pytest.mark.parametrize("shape", ["ok,out,err", " ok, out ,err"])
def test_an_envelope_may_have_names_of_its_own(shape: str) -> None:
    """Its three fields are declared: the flag, the value, the error."""
    well = read(shape, {"ok": True, "out": 5})
    ill = read(shape, {"ok": False, "err": "no such tool"})

    assert (well.ok, well.value) == (True, {"value": 5})
    assert (ill.ok, ill.error) == (False, "no such tool")
    assert read(shape, {"success": True}).value["misfit"] == shape


SHAPES: dict[str, tuple[str | None, Any, str, dict[str, str]]] = {
    "declared": ("status", {"success": True, "result": 5}, "", {"outcome": "status"}),
    "declared, and it failed": ("status", None, "no", {"outcome": "status"}),
    "found": (None, {"success": True, "result": 5}, "", {"outcome": "success"}),
    "the bare value": (None, 5, "", {"outcome": "value"}),
    "none that is known": (
        None,
        6,
        "",
        {"outcome": "value", "probe": "no known shape of result: 6"},
    ),
    "an envelope of its own": (
        None,
        {"ok": True, "out": 5},
        "",
        {
            "outcome": "value",
            "probe": "no known shape of result: {'ok': True, 'out': 5}; declare the names of its"
            ' fields: outcome="ok,value,error"',
        },
    ),
    "it failed": (None, None, "no", {"outcome": "value", "probe": "no"}),
}


@pytest.mark.parametrize(("declared", "returned", "failed", "shown"), SHAPES.values(), ids=SHAPES)
def test_what_a_probe_shows_of_the_shape(
    declared: str | None, returned: Any, failed: str, shown: dict[str, str]
) -> None:
    """What is declared goes before what is found."""
    assert outcome.found(declared, returned, 5, failed) == shown
