"""Steps on registries of every form: what was found, listed, refused, and what cannot be told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.planted import TOKEN, USERS, step

from goldenpath import registry
from goldenpath.adapters.base import Reply
from goldenpath.adapters.holding import HoldingTarget
from goldenpath.adapters.registry import RegistryAdapter
from goldenpath.adapters.targets import of_factory
from goldenpath.errors import TargetProblem, UsageProblem
from goldenpath.plant import Plant
from goldenpath.recorder import Recorder


class ByItem:
    """`register(item)`, and names in a list."""

    def __init__(self, user: Any = None) -> None:
        self.items: dict[str, Any] = {}

    def register(self, item: Any) -> Any:
        self.items[item.name] = item

    def get(self, name: str) -> Any:
        return self.items[name]

    def has(self, name: str) -> Any:
        return name in self.items

    def list(self) -> Any:
        return [*self.items]

    def remove(self, name: str) -> Any:
        del self.items[name]

    def freeze(self) -> None: ...


class ByName(ByItem):
    """`register(name, item)`, None where there is nothing, items in a listing."""

    def register(self, name: str, item: Any) -> Any:  # type: ignore[override]  # another form
        self.items[name] = item

    def get(self, name: str) -> Any:
        return self.items.get(name)

    def list(self) -> Any:
        return self.items.values()


class WithKey(ByName):
    """A name whose item may be left out."""

    def register(self, key: str, item: Any = None) -> Any:  # type: ignore[override]  # another form
        self.items[key] = item


class Awaited(ByItem):
    """Asynchronous; pairs of a name and an item in a listing; a false value refuses."""

    async def register(self, item: Any) -> Any:
        await asyncio.sleep(0)
        if item.name in self.items:
            return False
        self.items[item.name] = item
        return True

    async def list(self) -> Any:
        return [*self.items.items()]


class Records(ByItem):
    """It keeps records of items; a mapping in a listing."""

    def register(self, item: Any) -> Any:
        self.items[item.name] = {"tool": item, "since": 0}

    def list(self) -> Any:
        return self.items


FORMS = [ByItem, ByName, WithKey, Awaited, Records]


def performed(factory: Callable[..., Any], *steps: Any) -> list[Reply]:
    """The replies of one adapter to these steps, of which the first makes a registry."""

    async def run() -> list[Reply]:
        adapter = RegistryAdapter(factory, vars(factory)["__goldenpath__"])
        await adapter.open(Plant(Recorder(), USERS))
        return [await adapter.perform(each) for each in (step("create"), *steps)][1:]

    return asyncio.run(run())


PUT = step("register_item", name="a", token=TOKEN)
GET, HAS = step("look_up", name="a"), step("has_item", name="a")
LIST, REMOVE = step("list_items"), step("remove_item", name="a")


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_the_field_is_understood(form: type) -> None:
    """What is registered is found by its canary, and listed by its name, until it is removed."""
    factory = registry()(form)
    put, got, has, listed, removed, gone, hasnt = performed(
        factory, PUT, GET, HAS, LIST, REMOVE, GET, HAS
    )

    assert (put.ok, removed.ok, gone.ok) == (True, True, False)
    assert got.result == {"token": TOKEN}
    assert [has.result, hasnt.result] == [{"has": True}, {"has": False}]
    assert listed.result == {"names": ["a"]}


def test_what_returns_false_has_refused() -> None:
    """In whatever way it says no."""
    again = step("register_item", name="a", token=TOKEN)

    assert [each.ok for each in performed(registry()(Awaited), PUT, again)] == [True, False]


def test_what_cannot_be_recognised_is_shown_as_it_is() -> None:
    """And is neither found nor not."""

    class Odd(ByItem):
        def get(self, name: str) -> Any:
            return object()

        def has(self, name: str) -> Any:
            return "perhaps"

        def list(self) -> Any:
            return 3

    for reply in performed(registry()(Odd), GET, HAS, LIST):
        assert reply.ok
        assert set(reply.result) == {"odd"}


def test_a_listing_may_be_generated_and_have_no_end() -> None:
    """One that comes piece by piece is read, and one without an end up to a bound."""

    def endless() -> Any:
        while True:
            yield "a"

    async def pieces() -> Any:
        for name in ("a", "b"):
            yield name

    async def endless_pieces() -> Any:
        while True:
            yield "a"

    async def broken_pieces() -> Any:
        yield "a"
        raise RuntimeError("no more")

    def listed(made: Callable[[], Any]) -> Reply:
        listing = type("Listing", (ByItem,), {"list": lambda self: made()})
        *_, reply = performed(registry()(lambda user: listing()), LIST)
        return reply

    assert listed(pieces).result == {"names": ["a", "b"]}
    assert set(listed(endless).result) == set(listed(endless_pieces).result) == {"odd"}
    assert listed(broken_pieces).error == "no more"


def test_a_member_that_is_not_there_is_missing_and_the_others_work() -> None:
    """Each by itself."""

    class Half:
        def __init__(self, user: Any) -> None: ...

        def register(self, item: Any) -> None: ...

    inspected, put, got = performed(registry()(Half), step("inspect"), PUT, GET)

    assert {n for n, k in inspected.result.items() if k == "missing"} == {
        *("get", "has", "list", "remove", "freeze")
    }
    assert (put.ok, got.ok, got.value["by"]) == (True, False, "missing")


def test_members_have_the_names_that_are_declared() -> None:
    """Also those of operators."""

    class Named(ByItem):
        def __contains__(self, name: str) -> bool:
            return name in self.items

        def names(self) -> list[str]:
            return [*self.items]

        has = list = None

    factory = registry(has="__contains__", list="names")(Named)

    assert performed(factory, PUT, HAS)[1].result == {"has": True}
    assert performed(factory, PUT, LIST)[1].result == {"names": ["a"]}


def test_users_have_registries_of_their_own_unless_they_share_one() -> None:
    """`make(user)` is called for each, `make()` once."""
    of_bob = [step("create", "bob"), step("has_item", "bob", name="a")]

    assert performed(registry()(ByItem), PUT, *of_bob)[2].result == {"has": False}
    assert performed(registry(shared=True)(ByItem), PUT, *of_bob)[2].result == {"has": True}


def test_threads_are_used_where_they_are_declared() -> None:
    """Of synchronous members only: others are in the loop."""
    seen: list[bool] = []

    class Noting(ByItem):
        def has(self, name: str) -> bool:
            seen.append(threading.current_thread() is threading.main_thread())
            return False

    performed(registry()(Noting), HAS)
    performed(registry(threads=True)(Noting), HAS)

    assert seen == [True, False]


def test_what_a_registry_raises_or_makes_of_itself_ends_nothing() -> None:
    """It is a failed answer."""

    class Hostile(ByItem):
        def get(self, name: str) -> Any:
            raise SystemExit(name)

        def list(self) -> Iterator[str]:
            yield "a"
            raise RuntimeError("no more")

    got, listed = performed(registry()(Hostile), GET, LIST)

    assert (got.ok, got.value["type"]) == (False, "SystemExit")
    assert set(listed.result) == {"odd"}


# --- the target -----------------------------------------------------------------------------------


def of(form: type, **declared: Any) -> Callable[..., Any]:
    """A factory of its own, so that no declaration hangs on the class."""

    def make(user: Any = None) -> Any:
        return form()

    return registry(**declared)(make)


def probed(factory: Callable[..., Any], time_scale: float = 1.0) -> Any:
    target = of_factory(factory)
    assert isinstance(target, HoldingTarget)
    return asyncio.run(target.probe(time_scale))


@pytest.mark.parametrize(
    ("factory", "card"),
    [
        (of(ByItem), {"removes": "yes", "freezes": "yes", "apart": "yes"}),
        (of(Awaited), {"overlaps": "yes"}),
        (of(ByItem, threads=True), {"overlaps": "yes"}),
        (
            of(ByItem, removes=False, freezes=False, shared=True),
            {
                "removes": "UNSUPPORTED: removes=False is declared",
                "freezes": "UNSUPPORTED: freezes=False is declared",
                "apart": "UNSUPPORTED: shared=True is declared",
            },
        ),
    ],
    ids=["usual", "async", "threads", "less"],
)
def test_the_card_follows_from_what_is_declared_and_found(
    factory: Any, card: dict[str, str]
) -> None:
    found = probed(factory).card

    assert {name: found.get(name) for name in card} == card


def test_calls_of_what_is_synchronous_do_not_overlap() -> None:
    assert probed(of(ByItem)).card["overlaps"].startswith("UNSUPPORTED: its methods are synchr")


def test_a_factory_that_makes_nothing_is_a_problem_of_the_target() -> None:
    """It raises, returns nothing, hangs, or makes something else."""

    async def hangs(user: Any) -> None:
        await asyncio.Event().wait()

    def raises(user: Any) -> None:
        raise OSError("no disk")

    for factory, said in (
        (hangs, "took longer than 0 seconds"),
        (raises, "OSError: no disk"),
        (lambda user: None, "made nothing"),
        (lambda user: 42, "it is no registry"),
    ):
        with pytest.raises(TargetProblem, match=said):
            probed(registry()(factory), 0.002)


def test_a_mapped_member_must_be_there() -> None:
    with pytest.raises(TargetProblem, match="get='find'"):
        probed(registry(get="find")(ByItem))


def test_a_factory_with_other_arguments_is_told_what_is_expected() -> None:
    """With the word that makes it right, where there is one."""

    def alone() -> ByItem:
        return ByItem()

    with pytest.raises(UsageProblem, match=r"make\(user\)[\s\S]*shared=True"):
        of_factory(registry()(alone))
    with pytest.raises(UsageProblem, match=r"expected: a factory make\(\)"):
        of_factory(registry(shared=True)(lambda user: None))
