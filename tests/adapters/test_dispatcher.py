"""The dispatcher adapter: what a member is, however it is spelled, and what is asked of it."""

from __future__ import annotations

import asyncio
import functools
import inspect
from types import SimpleNamespace
from typing import Any

import pytest

from goldenpath import spec
from goldenpath.adapters.base import Reply
from goldenpath.adapters.dispatcher import DispatcherAdapter, _kind
from goldenpath.declare import Declaration
from goldenpath.model import Step
from goldenpath.plant import Plant, plant_user
from goldenpath.recorder import Recorder


async def plain(name: str) -> None: ...


class Callable:
    def __call__(self) -> None: ...


class AsyncCallable:
    async def __call__(self) -> None: ...


class Spellings:
    __slots__ = ("__dict__", "slotted")

    async def execute(self) -> None: ...

    def has(self) -> None: ...

    @classmethod
    async def of_class(cls) -> None: ...

    @staticmethod
    async def static() -> None: ...

    partial = functools.partialmethod(has)

    @property
    def prop(self) -> Any:
        return None

    @property
    def broken(self) -> Any:
        raise RuntimeError("not here")

    @property
    def lost(self) -> Any:
        return self.no_such_thing

    @functools.cached_property
    def cached(self) -> Any:
        return Callable()

    def __getattr__(self, name: str) -> Any:
        if name == "delegated":
            return plain
        if name == "raises":
            raise OSError(name)
        raise AttributeError(name)


def target() -> Spellings:
    made = Spellings()
    made.slotted = plain
    made.closure = plain  # type: ignore[attr-defined]
    made.bridge = Callable()  # type: ignore[attr-defined]
    made.value = 5  # type: ignore[attr-defined]
    return made


@pytest.mark.parametrize(
    ("name", "expected", "kind"),
    [
        ("execute", spec.ASYNC_METHOD, "async method"),
        ("has", spec.METHOD, "method"),
        ("of_class", spec.ASYNC_METHOD, "async method"),
        ("static", spec.ASYNC_METHOD, "async method"),
        ("partial", spec.METHOD, "method"),
        ("slotted", spec.ASYNC_METHOD, "async method"),
        ("closure", spec.ASYNC_METHOD, "async method"),
        ("delegated", spec.ASYNC_METHOD, "async method"),
        ("prop", spec.PROPERTY, "property"),
        ("broken", spec.PROPERTY, "a member that raises RuntimeError"),
        ("lost", spec.PROPERTY, "a member that raises AttributeError"),
        ("cached", spec.PROPERTY, "attribute"),
        ("bridge", spec.PROPERTY, "attribute"),
        ("closure", spec.PROPERTY, "attribute"),
        ("value", spec.PROPERTY, "attribute"),
        ("has", spec.PROPERTY, "method"),
        ("value", spec.METHOD, "attribute"),
        ("absent", spec.METHOD, "missing"),
        ("raises", spec.METHOD, "a member that raises OSError"),
    ],
)
def test_a_member_is_told_apart_however_it_is_spelled(name: str, expected: str, kind: str) -> None:
    """Methods, closures, slots, delegates and properties are each seen for what they are."""
    assert _kind(target(), name, expected) == kind


@pytest.mark.parametrize(
    ("made", "kind"), [(AsyncCallable(), "async method"), (Callable(), "method")]
)
def test_an_object_that_can_be_called_is_a_method(made: object, kind: str) -> None:
    """An instance with `__call__` under a method's name counts as what its call is."""
    assert _kind(SimpleNamespace(execute=made), "execute", spec.METHOD) == kind


# --- what is asked of it --------------------------------------------------------------------------

CREATE = Step("s0", "alice", "create", {"run_id": "r1", "tools": ["lookup"]})


def asked(made: Any, action: str, members: Any = None, **args: Any) -> Reply:
    """What the adapter replies to one step with a session that is `made`."""

    async def main() -> Reply:
        adapter = DispatcherAdapter(lambda *_: made, Declaration("dispatcher", {}, members or {}))
        await adapter.open(Plant(Recorder(), [plant_user(0, 0)]))
        await adapter.perform(CREATE)
        return await adapter.perform(Step("s1", "alice", action, args))

    return asyncio.run(main())


class Registry:
    """Keeps what is registered; `gives` is what it returns, or raises."""

    def __init__(self, gives: Any = None) -> None:
        self.tools: list[Any] = []
        self.gives = gives

    def register_tool(self, tool: Any) -> Any:
        self.tools.append(tool)
        if isinstance(self.gives, Exception):
            raise self.gives
        return self.gives


class Functions(Registry):
    """Takes a name and a function only."""

    def register_tool(self, name: str, func: Any) -> Any:  # type: ignore[override]
        self.tools.append((name, func))
        return self.gives


@pytest.mark.parametrize(("again", "twin"), [({}, False), ({"again": True}, True)])
def test_a_tool_for_a_name_that_is_taken_is_a_twin(again: Any, twin: bool) -> None:
    """It has the same name, and what it does says that it is the second."""
    made = Registry()
    entries: list[Any] = []

    async def main() -> None:
        recorder = Recorder()
        recorder.listen(entries.append)
        adapter = DispatcherAdapter(lambda *_: made, Declaration("dispatcher", {}, {}))
        await adapter.open(Plant(recorder, [plant_user(0, 0)]))
        await adapter.perform(CREATE)
        await adapter.perform(Step("s1", "alice", "register", {"tool": "lookup", **again}))
        await made.tools[0].arun()

    asyncio.run(main())

    assert made.tools[0].name == "lookup"
    assert [entry.value.get("twin", False) for entry in entries if entry.kind == "TOOL"] == (
        [twin, twin]
    )


@pytest.mark.parametrize(
    ("made", "value"),
    [
        (Registry(), {"form": "tool", "returned": None}),
        (Registry(False), {"form": "tool", "returned": False}),
        (Registry(True), {"form": "tool", "returned": True}),
        (Functions(), {"form": "name, func", "returned": None}),
        (Functions(False), {"form": "name, func", "returned": False}),
    ],
)
@pytest.mark.parametrize("tool", ["lookup", "block"])
def test_what_registering_gave_is_told(made: Registry, value: Any, tool: str) -> None:
    """In either form: one that gives False has refused. A synchronous tool is its own function."""
    reply = asked(made, "register", tool=tool, again=True)

    assert reply == Reply(True, {"value": value})
    if isinstance(made, Functions):
        name, func = made.tools.pop()
        assert name == tool
        assert asyncio.iscoroutinefunction(func) is (tool == "lookup")


@pytest.mark.parametrize("error", [KeyError("taken"), TypeError("no tool")])
def test_a_registration_that_raises_is_a_failure(error: Exception) -> None:
    """Where another form is refused as well, the first word counts."""
    reply = asked(Registry(error), "register", tool="lookup", again=True)

    assert (reply.ok, reply.value["type"]) == (False, type(error).__name__)
    assert str(error) == reply.value["text"]


class Property:
    def __init__(self, has: Any = True, bridge: Any = None) -> None:
        self._has, self._bridge = has, bridge

    @property
    def has_websocket_support(self) -> Any:
        return self._value(self._has)

    @property
    def websocket_bridge(self) -> Any:
        return self._value(self._bridge)

    @staticmethod
    def _value(value: Any) -> Any:
        if isinstance(value, Exception):
            raise value
        return value


class Method(Property):
    """The same by methods, of which one is async."""

    async def has_websocket_support(self) -> Any:  # type: ignore[override]
        return self._has

    def websocket_bridge(self) -> Any:  # type: ignore[override]
        return self._bridge


@pytest.mark.parametrize("kind", [Property, Method])
@pytest.mark.parametrize(
    ("has", "bridge", "said"),
    [
        (True, object(), {"has": True, "bridge": True}),
        (True, Callable(), {"has": True, "bridge": True}),
        (False, None, {"has": False, "bridge": False}),
        (True, None, {"has": True, "bridge": False}),
        (1, 0, {"has": 1, "bridge": True}),
    ],
)
def test_a_way_to_the_user_is_asked_for(kind: Any, has: Any, bridge: Any, said: Any) -> None:
    """What the two members say, by property or method; a bridge that can be called is not."""
    assert asked(kind(has, bridge), "ask_support") == Reply(True, {"value": said})


class Renamed:
    def supports(self) -> bool:
        return True

    @property
    def way(self) -> Any:
        return self


def test_a_way_to_the_user_may_have_other_names() -> None:
    """Methods and properties alike, by their declared names."""
    names = {"has_websocket_support": "supports", "websocket_bridge": "way"}

    assert asked(Renamed(), "ask_support", names).value == {"value": {"has": True, "bridge": True}}


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (SimpleNamespace(has_websocket_support=True), {"has": True, "bridge": None}),
        (SimpleNamespace(websocket_bridge=None), {"has": None, "bridge": False}),
        (SimpleNamespace(), {"has": None, "bridge": None}),
    ],
)
def test_a_member_that_is_not_there_is_none(made: Any, said: Any) -> None:
    """A bridge that is there and None is False; API-1 speaks of what is not there."""
    assert asked(made, "ask_support") == Reply(True, {"value": said})


@pytest.mark.parametrize("wrong", ["has", "bridge"])
def test_a_way_to_the_user_that_raises(wrong: str) -> None:
    """Either of the two is a failure."""
    reply = asked(Property(**{wrong: RuntimeError("not connected")}), "ask_support")

    assert (reply.ok, reply.value["text"]) == (False, "not connected")


@pytest.mark.parametrize("action", ["ask_support", "register", "enter", "leave", "cleanup", "look"])
def test_without_a_session_nothing_can_be_asked(action: str) -> None:
    """A factory that failed leaves none."""
    reply = asked(None, action, tool="lookup", tools=[])

    assert reply.value == {"by": "missing", "type": "", "text": "there is no session of alice"}


# --- in which form a tool is registered ----------------------------------------------------------


def registered(made: Registry, accepts: list[str], **form: Any) -> Reply:
    options = {"accepts": accepts} if accepts else {}

    async def main() -> Reply:
        adapter = DispatcherAdapter(
            lambda *_: made, Declaration("dispatcher", {}, {}, options=options)
        )
        await adapter.open(Plant(Recorder(), [plant_user(0, 0)]))
        await adapter.perform(CREATE)
        return await adapter.perform(Step("s1", "alice", "register", {"tool": "lookup", **form}))

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("accepts", "form", "function"),
    [
        ([], {}, False),
        (["sync"], {}, False),
        (["function", "tool"], {}, False),
        (["function", "tool"], {"form": "function"}, True),
        (["function"], {}, True),
        (["function"], {"form": "tool"}, False),
    ],
)
def test_a_tool_is_registered_in_the_form_that_is_asked_for_or_declared(
    accepts: list[str], form: dict[str, str], function: bool
) -> None:
    """Ours, unless the target declares others and not it."""
    made = Registry()

    assert registered(made, accepts, **form).ok
    assert inspect.isfunction(made.tools[0]) is function
    assert (made.tools[0].__name__ if function else made.tools[0].name) == "lookup"


def test_a_function_may_be_registered_with_its_name_beside_it() -> None:
    """That is no other form of registering: a function has to be called something."""
    made = Functions()
    reply = registered(made, ["function"])

    ((name, function),) = made.tools
    assert name == function.__name__ == "lookup"
    assert reply.value["value"] == {"form": "tool", "as": "function", "returned": None}


def test_a_form_that_is_refused_is_told_as_it_was() -> None:
    """Nothing else is tried in its place."""
    made = Registry(ValueError("no functions"))
    reply = registered(made, ["function"])

    assert (reply.ok, reply.value["text"], len(made.tools)) == (False, "no functions", 1)
