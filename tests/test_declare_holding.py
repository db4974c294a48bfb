"""What registries and contexts say of themselves, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from goldenpath import context, registry, rulebook, spec
from goldenpath.capabilities import CAPABILITIES
from goldenpath.cards import card_of
from goldenpath.declare import Declaration
from goldenpath.errors import UsageProblem

DECORATORS: dict[str, Callable[..., Any]] = {"registry": registry, "context": context}
REGISTRY = {"members", "returns", "registers", "other_users", "removes", "freezes", "apart"}
CONTEXT = {"members", "returns", "contexts", "other_users"}


def declared(kind: str, **more: Any) -> Declaration:
    def make(*_: Any, **__: Any) -> None: ...

    assert DECORATORS[kind](**more)(make) is make
    found: Declaration = vars(make)["__goldenpath__"]
    return found


@pytest.mark.parametrize("kind", DECORATORS)
def test_neither_has_events_of_its_own(kind: str) -> None:
    declaration = declared(kind)

    assert declaration.kind == kind
    assert set(declaration.events.values()) == {"absent"}
    assert (declaration.members, declaration.options) == ({}, {})


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("registry", name) for part in spec.REGISTRY_MEMBERS.values() for name in part),
        *(("context", name) for name in (*spec.CONTEXT_IDS, "metadata")),
    ],
)
def test_every_member_can_be_mapped(kind: str, name: str) -> None:
    declaration = declared(kind, **{name: "theirs"})

    assert declaration.members == {name: "theirs"}
    assert declaration.options == {}


@pytest.mark.parametrize(
    ("declaration", "yes"),
    [
        (declared("registry"), REGISTRY),
        (declared("registry", removes=False, freezes=False), REGISTRY - {"removes", "freezes"}),
        (declared("registry", shared=True), REGISTRY - {"apart"}),
        (declared("registry", shared=False, keyed=True, threads=True), REGISTRY),
        (declared("context"), CONTEXT),
        (declared("context", refuses_placeholders=True), CONTEXT | {"placeholders"}),
        (declared("context", refuses_placeholders=False), CONTEXT),
    ],
)
def test_the_card_follows_from_the_declaration(declaration: Declaration, yes: set[str]) -> None:
    """What is there is "yes"; for all else a reason stands there, of an outcome that is neutral."""
    card = card_of(declaration)

    assert {name for name, said in card.items() if said == "yes"} == yes
    assert set(card) <= {*CAPABILITIES, *rulebook.RULES}
    assert all(
        said == "yes" or said.startswith(("UNOBSERVABLE: ", "UNSUPPORTED: "))
        for said in card.values()
    )


@pytest.mark.parametrize(
    ("kind", "option", "capability"),
    [
        ("registry", "removes", "removes"),
        ("registry", "freezes", "freezes"),
    ],
)
def test_what_it_says_it_has_not_is_unsupported(kind: str, option: str, capability: str) -> None:
    card = card_of(declared(kind, **{option: False}))

    assert card[capability] == f"UNSUPPORTED: {option}=False is declared"


def test_a_shared_registry_cannot_be_kept_apart() -> None:
    assert card_of(declared("registry", shared=True))["apart"] == (
        "UNSUPPORTED: shared=True is declared"
    )


@pytest.mark.parametrize(
    ("declare", "said"),
    [
        (lambda: registry(lst="names"), "do you mean list?"),
        (lambda: registry(list=3), "list: expected the name of a member, got 3"),
        (lambda: registry(threads="yes"), "threads: expected True or False, got 'yes'"),
        (lambda: registry(lambda user: None), "@registry is used without brackets"),
        (lambda: registry(user_id="uid"), "user_id: no such keyword"),
        (lambda: context(uid="user_id"), "uid: no such keyword"),
        (lambda: context(user_id=None), "user_id: expected the name of a member, got None"),
        (lambda: context(refuses_placeholders=1), "refuses_placeholders: expected True or False"),
        (lambda: context(object), "@context is used without brackets"),
        (lambda: context(shared=True), "shared: no such keyword"),
    ],
)
def test_a_wrong_declaration_is_the_users_mistake(declare: Callable[[], Any], said: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        declare()

    assert said in str(refused.value)


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(UsageProblem) as refused:
        registry(remove=1, frezes=False, keyed=None)

    said = str(refused.value)
    assert "remove: expected the name of a member, got 1" in said
    assert "do you mean freezes?" in said
    assert "keyed: expected True or False, got None" in said
