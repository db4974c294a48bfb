"""The adapter for dispatchers: the ten members, in every call form of the contract.

Differing shapes seen in the field are accepted here and reported; the rules judge them.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Awaitable, Callable, Mapping
from types import FunctionType
from typing import Any

from goldenpath import spec
from goldenpath.adapters import outcome
from goldenpath.adapters.base import MOST_LISTED, Reply, done, guarded, heard, missing, takes
from goldenpath.adapters.growth import grow
from goldenpath.adapters.session import Sessions
from goldenpath.declare import REGISTERED, Declaration
from goldenpath.jsonable import name_shown, safe_repr
from goldenpath.model import Step
from goldenpath.plant import Plant
from goldenpath.plant.forms import FORMS
from goldenpath.plant.shapes import SHAPES

#: How each call form passes (name, parameters) to execute_tool and dispatch_tool.
_FORMS: dict[str, Callable[[str, Any], tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "positional": lambda name, given: ((name, given), {}),
    "keyword": lambda name, given: ((), {"tool_name": name, "parameters": given}),
    "mixed": lambda name, given: ((name,), {"parameters": given}),
    "omitted": lambda name, _: ((name,), {}),
}


#: Under which name a bridge or emitter sends a thought.
_THOUGHTS = ("notify_agent_thinking", "emit_agent_thinking", "agent_thinking")

#: What a class holds under the name of a method.
_METHODS = (FunctionType, classmethod, staticmethod, functools.partialmethod)


class DispatcherAdapter:
    """Performs steps on the dispatchers that a factory makes."""

    def __init__(
        self,
        factory: Callable[..., Any],
        declaration: Declaration,
        shape: str = "value",
        awaited: set[str] | None = None,
    ) -> None:
        self._factory, self._declaration, self._shape = factory, declaration, shape
        self._awaited = set() if awaited is None else awaited
        self._actions: Mapping[str, Callable[[Step], Awaitable[Reply]]] = {
            "inspect": self._inspect,
            "register": self._register,
            "look": self._look,
            "ask_support": self._ask_support,
            "claim": self._claim,
            "grow": self._grow,
            "execute": self._execute,
        }

    async def open(self, plant: Plant) -> None:
        """Nothing is made before the first step."""
        self.sessions = Sessions(self._factory, self._declaration, plant, self._awaited)

    async def perform(self, step: Step) -> Reply:
        """Do what the step asks of its session's dispatcher."""
        if (make := self.sessions.makes.get(step.action)) is not None:
            return await make(step)
        if step.who not in self.sessions and step.action != "grow":
            return missing(f"session of {step.who}")
        act = self._actions.get(step.action) or self.sessions.uses[step.action]
        return await act(step)

    async def close(self) -> None:
        """Sessions are cleaned up by steps."""

    async def _inspect(self, step: Step) -> Reply:
        names = self._declaration.members
        target = self.sessions[step.who]
        kinds = {
            name: _kind(target, names.get(name, name), kind) for name, kind in spec.MEMBERS.items()
        }
        for name in self._awaited:
            if kinds[name] == spec.METHOD:
                kinds[name] = spec.ASYNC_METHOD
        return done(kinds)

    async def _look(self, step: Step) -> Reply:
        """All three look-ups without a turn of the loop between, where they are synchronous."""
        wrong: dict[str, str] = {}
        has = self.sessions.member(step.who, "has_tool")
        seen = {}
        for name in step.args["tools"] if callable(has) else ():
            answer = await guarded(lambda name=name: has(name))
            if isinstance(answer, bool):
                seen[name] = answer
            else:
                wrong["has_tool"] = _odd(answer, "true or false")
        looks: dict[str, Any] = {"has_tool": seen}
        for member in ("get_available_tools", "tools"):
            found = self.sessions.member(step.who, member)
            if found is None:
                looks[member] = None  # API-1 speaks of members that are missing
                continue
            answer = await guarded(found) if callable(found) else found
            looks[member] = _names(answer)
            if looks[member] is None or not _only_names(answer):
                wrong[member] = _odd(answer, "the names of tools")
        return done({**looks, "wrong": wrong})

    async def _register(self, step: Step) -> Reply:
        member = self.sessions.member(step.who, "register_tool")
        if not callable(member):
            return missing("register_tool")
        twin = bool(step.args.get("again"))
        (tool,) = self.sessions.plant.tools(
            step.actor, [step.args["tool"]], twin=twin, session=step.session
        )
        form = step.args.get("form") or self._usual_form()
        if form != "tool":
            return await self._register_as(form, member, tool)
        reply = await guarded(lambda: member(tool))
        if not isinstance(reply, Reply):
            return heard(done({"form": "tool", "returned": reply}), reply)
        if reply.value["type"] != "TypeError":
            return reply
        again = await guarded(lambda: member(tool.name, getattr(tool, "arun", tool)))
        if not isinstance(again, Reply):
            return heard(done({"form": "name, func", "returned": again}), again)
        return reply if again.value["type"] == "TypeError" else again

    def _usual_form(self) -> str:
        """The form of tools that the target takes, if it does not take ours."""
        taken = self._declaration.options.get("accepts", ())
        return next((form for form in REGISTERED if form in taken), "tool")

    async def _register_as(self, form: str, member: Callable[..., Any], tool: Any) -> Reply:
        """Register a tool in a declared form; a function may need its name beside it."""
        make = FORMS[form]
        reply = await guarded(lambda: member(make(tool)))
        if form == "function" and isinstance(reply, Reply) and reply.value["type"] == "TypeError":
            reply = await guarded(lambda: member(tool.name, make(tool)))
        if isinstance(reply, Reply):
            return reply
        return heard(done({"form": "tool", "as": form, "returned": reply}), reply)

    async def _ask_support(self, step: Step) -> Reply:
        """What the two properties about the way to the user say, without a turn between them."""
        said: dict[str, Any] = {}
        target, names = self.sessions[step.who], self._declaration.members
        for name in ("has_websocket_support", "websocket_bridge"):
            read = functools.partial(_value, target, names.get(name, name))
            said[name] = await guarded(read)
        has, bridge = said["has_websocket_support"], said["websocket_bridge"]
        wrong = next((reply for reply in said.values() if isinstance(reply, Reply)), None)
        there = self.sessions.has(step.who, "websocket_bridge")
        return wrong or done({"has": has, "bridge": bridge is not None if there else None})

    async def _claim(self, step: Step) -> Reply:
        """Have the session's own way to the user send a thought, and hear what it claims."""
        bridge = self.sessions.member(step.who, "websocket_bridge")
        if bridge is None:
            return missing("websocket_bridge")
        if isinstance(bridge, SHAPES):
            return done({"ours": True})
        send = next(filter(None, (getattr(bridge, name, None) for name in _THOUGHTS)), None)
        if not callable(send):
            return missing(f"{_THOUGHTS[0]} of its websocket_bridge")
        given: tuple[Any, ...] = (step.args["text"],)
        if takes(send, "run_id"):
            given = (self.sessions.run_ids[step.who], "an_agent", *given)
        claimed = await guarded(lambda: send(*given))
        return claimed if isinstance(claimed, Reply) else done({"claims": claimed})

    async def _grow(self, step: Step) -> Reply:
        return await grow(self._another, step)

    def _another(self) -> DispatcherAdapter:
        return DispatcherAdapter(self._factory, self._declaration, self._shape)

    async def _execute(self, step: Step) -> Reply:
        args = step.args
        via, name, given = args.get("via", "execute_tool"), args["tool"], args.get("parameters")
        member = self.sessions.member(step.who, via)
        if not callable(member):
            return missing(via)
        if via == "dispatch":
            returned = await self.sessions.call(via, member, name, **(given or {}))
        else:
            positional, keywords = _FORMS[args.get("form", "positional")](name, given)
            keywords = {**keywords, **args.get("context", {})}
            returned = await self.sessions.call(via, member, *positional, **keywords)
        if isinstance(returned, Reply):
            return returned
        return heard(outcome.read(self._shape, returned), returned)


def _value(target: Any, name: str) -> Any:
    """What a property says, which may be a method; None where it is not there."""
    method = isinstance(inspect.getattr_static(type(target), name, None), _METHODS)
    member = getattr(target, name, None)
    return member() if method and callable(member) else member


def _kind(target: Any, name: str, expected: str) -> str:
    """What a member is. What an object holds under the name of a property is an attribute, even
    where it can be called.
    """
    on_class = inspect.getattr_static(type(target), name, None)
    described = inspect.isdatadescriptor(on_class) and not inspect.ismemberdescriptor(on_class)
    try:
        member = getattr(target, name)
    except AttributeError:
        return "a member that raises AttributeError" if described else "missing"
    except Exception as error:
        return f"a member that raises {type(error).__name__}"
    if described:
        return spec.PROPERTY
    if not callable(member) or (expected == spec.PROPERTY and not isinstance(on_class, _METHODS)):
        return "attribute"
    plain = inspect.isroutine(member) or isinstance(member, functools.partial)
    function = member if plain else type(member).__call__
    return spec.ASYNC_METHOD if inspect.iscoroutinefunction(function) else spec.METHOD


def _only_names(answer: Any) -> bool:
    """Whether it is a listing of names, or a mapping from them to something."""
    if isinstance(answer, Mapping) and any(tool is None for tool in answer.values()):
        return False
    return all(isinstance(item, str) for item in answer)


def _odd(answer: Any, expected: str) -> str:
    if isinstance(answer, Reply):
        return f"expected {expected}, got {answer.value['type']}: {answer.value['text']}"
    return f"expected {expected}, got {safe_repr(answer)}"


def _names(value: Any) -> Any:
    """The names in a listing or a mapping of tools; None where it is neither."""
    if isinstance(value, Reply) or value is None or isinstance(value, str):
        return None
    try:
        items = list(itertools.islice(value, MOST_LISTED + 1))
    except Exception:
        return None
    if len(items) > MOST_LISTED:
        return None
    named = [item if isinstance(item, str) else getattr(item, "name", None) for item in items]
    return [
        name_shown(n) if isinstance(n, str) else safe_repr(i)
        for n, i in zip(named, items, strict=True)
    ]
