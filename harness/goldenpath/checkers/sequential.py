"""What a registry is when asked one thing at a time: its states, and which answers lead to which.

And what operations that overlap may have answered: as some order of them would, one by one
(linearizability: Herlihy and Wing, 1990; searched as by Wing and Gong, 1993, each state once).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

#: What is held under a name of which nothing is known for certain.
UNSURE = "?"

#: So many operations at once are searched; beyond that nothing is said.
MOST = 8


@dataclass(frozen=True, slots=True)
class Operation:
    """What was asked and answered. began, ended: indexes of the entries. refused: it failed, or
    said no. found: of a look-up the canary of what was found, of a listing the names, of `has` the
    answer; None where that is not known.
    """

    what: str
    name: str
    began: int
    ended: int
    refused: bool = False
    token: str = ""
    found: Any = None


@dataclass(frozen=True, slots=True)
class State:
    """What a registry holds: by name the canary of the item. again: what it is known to do with a
    name that is taken, "refuse" or "replace".
    """

    held: Mapping[str, str]
    frozen: bool = False
    again: str = ""

    def __hash__(self) -> int:
        return hash((frozenset(self.held.items()), self.frozen))

    def keeping(self, name: str, token: str) -> State:
        """With this under the name."""
        return replace(self, held={**self.held, name: token})

    def without(self, name: str) -> State:
        """With nothing under the name."""
        return replace(self, held={key: at for key, at in self.held.items() if key != name})


def after(state: State, done: Operation) -> State | None:
    """The state that follows from this operation with this answer; None where it cannot be."""
    return _AFTER[done.what](state, done)


def _register(state: State, done: Operation) -> State | None:
    there = state.held.get(done.name)
    if state.frozen:
        return state if done.refused else None
    if there == UNSURE:
        return state if done.refused else state.keeping(done.name, done.token)
    if there is None:
        return None if done.refused else state.keeping(done.name, done.token)
    if done.refused:
        return None if state.again == "replace" else state
    return None if state.again == "refuse" else state.keeping(done.name, done.token)


def _remove(state: State, done: Operation) -> State | None:
    """What is not there may be removed with any answer."""
    there = state.held.get(done.name)
    if state.frozen and there is not None:
        return state if done.refused else None
    if there is None:
        return state
    if done.refused:
        return state if there == UNSURE else None
    return state.without(done.name)


def _freeze(state: State, done: Operation) -> State | None:
    """Once more it may be refused, because it is frozen already."""
    if done.refused:
        return state if state.frozen else None
    return replace(state, frozen=True)


def _look_up(state: State, done: Operation) -> State | None:
    there = state.held.get(done.name)
    if there == UNSURE:
        return state.without(done.name) if done.refused else state.keeping(done.name, done.found)
    return state if (None if done.refused else done.found) == there else None


def _has(state: State, done: Operation) -> State | None:
    there = state.held.get(done.name)
    if there == UNSURE:
        return state if done.found else state.without(done.name)
    return state if done.found is (there is not None) else None


def _list(state: State, done: Operation) -> State | None:
    return None if differing(state, done) else state


def differing(state: State, listed: Operation) -> list[str]:
    """The names that a listing should hold and does not, or the other way round, or twice."""
    names: list[str] = listed.found
    twice = {name for name in names if names.count(name) > 1}
    known = {name for name, token in state.held.items() if token != UNSURE}
    unsure = state.held.keys() - known
    return sorted((known ^ set(names)) - unsure | twice)


_AFTER = {
    "register_item": _register,
    "remove_item": _remove,
    "freeze": _freeze,
    "look_up": _look_up,
    "has_item": _has,
    "list_items": _list,
}


def linearized(states: Iterable[State], at_once: tuple[Operation, ...]) -> frozenset[State]:
    """The states that some order of the operations leads to, in which none comes before one that
    had ended when it began. None: their answers are those of no order.
    """
    seen: set[tuple[State, frozenset[int]]] = set()
    ends: set[State] = set()
    todo = [(state, frozenset(range(len(at_once)))) for state in states]
    while todo:
        state, left = todo.pop()
        if (state, left) in seen:
            continue
        seen.add((state, left))
        if not left:
            ends.add(state)
        first_end = min((at_once[i].ended for i in left), default=0)
        for i in left:
            if at_once[i].began < first_end:
                following = after(state, at_once[i])
                if following is not None:
                    todo.append((following, left - {i}))
    return frozenset(ends)
