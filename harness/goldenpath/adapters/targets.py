"""From the one string that names a target to the target (DESIGN section 5)."""

from __future__ import annotations

import importlib
import importlib.util
import shlex
import sys
import tomllib
import traceback
from collections.abc import Callable, Mapping
from contextlib import chdir
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from goldenpath.adapters.base import Adapter, Facts
from goldenpath.adapters.holding import HoldingTarget, check_holding_factory
from goldenpath.adapters.lines import PREFIX
from goldenpath.adapters.python import PythonTarget
from goldenpath.adapters.router_target import RouterTarget, check_shared_factory
from goldenpath.adapters.session import check_factory
from goldenpath.adapters.transport_target import TransportTarget
from goldenpath.declare import Declaration
from goldenpath.dialects import DIALECTS, Dialect
from goldenpath.errors import UsageProblem
from goldenpath.jsonable import safe_repr
from goldenpath.meant import meant


class Target(Protocol):
    """Something that the suite can be pointed at."""

    @property
    def name(self) -> str:
        """The string by which it was named."""

    @property
    def kind(self) -> str:
        """dispatcher, agent, router, transport, registry, context or endpoint; known without
        opening it.
        """

    async def probe(self, time_scale: float = 1.0) -> Facts:
        """Find out what it is; raise TargetProblem where it cannot be reached in time."""

    def adapter(self, facts: Facts) -> Adapter:
        """A fresh adapter for one workload."""


def _builtin(attribute: str) -> Callable[[str], Target]:
    def load(name: str) -> Target:
        return _decorated(name, importlib.import_module("goldenpath.builtin"), attribute)

    return load


def _reference_ws(name: str) -> Target:
    from goldenpath.adapters.reference_ws import ReferenceServerTarget

    return ReferenceServerTarget(name)


#: Built-in targets by name. The last line is loaded late because it needs `websockets`.
BUILTIN: dict[str, Callable[[str], Target]] = {
    "reference": _builtin("reference_dispatcher"),
    "reference-unified": _builtin("reference_unified"),
    "reference-agent": _builtin("reference_agent"),
    "reference-router": _builtin("reference_router"),
    "reference-registry": _builtin("reference_registry"),
    "reference-context": _builtin("reference_context"),
    "reference-ws": _reference_ws,
}

#: Frameworks with a ready target, by prefix: `pydantic-ai` or `pydantic-ai:module:object`.
FRAMEWORKS = {
    "pydantic-ai": "goldenpath.adapters.frameworks.pydantic_ai",
    "fastapi": "goldenpath.adapters.frameworks.fastapi",
    "websockets": "goldenpath.adapters.frameworks.websockets",
}


#: The dialects that a target may name, a user's own among them.
Dialects = Mapping[str, Dialect]


def resolve(
    text: str,
    profile: Path | None = None,
    here: Path | None = None,
    dialects: Dialects = DIALECTS,
) -> Target:
    """Return the target that `text` names. Raises UsageProblem with what to do."""
    here = here or Path.cwd()
    if text in BUILTIN and profile is None:
        return BUILTIN[text](text)
    configured = configured_targets(here)
    if text in configured:
        return _configured(text, configured, here, dialects)
    if text.startswith(("ws://", "wss://")):
        return _endpoint(text, _read_profile(profile) if profile else {}, dialects, url=text)
    if text.startswith(PREFIX) and profile is None:
        return _process(text, dialects)
    if profile is not None:
        raise UsageProblem(
            f"a profile is for a live endpoint, and {text} is none",
            expected="ws://... or wss://...",
        )
    framework, _, rest = text.partition(":")
    if framework in FRAMEWORKS:
        return _framework(text, framework, rest)
    if framework == "miniature":
        return _miniature(text, rest)
    return _python(text, configured, dialects)


def of_factory(factory: Any, dialects: Dialects = DIALECTS) -> Target:
    """The target that a decorated factory is, named by where it was written."""
    where = getattr(factory, "__module__", type(factory).__module__)
    name = getattr(factory, "__qualname__", type(factory).__qualname__)
    return _as_target(f"{where}:{name}", factory, dialects)


def recorded(text: str, declared: Mapping[str, Any], dialects: Dialects = DIALECTS) -> Target:
    """The target of a recorded history; an endpoint's profile was recorded with it. A command that
    stands in a file is not run because it stands there: a history may be a stranger's.
    """
    if "profile" in declared and text not in BUILTIN:
        return _endpoint(text, declared["profile"], dialects)
    if text.startswith(PREFIX):
        raise UsageProblem(
            f"the history names a program, which is not run unasked: {safe_repr(text)}",
            expected="--target, with the program to run",
            hint=f"if that is the one: --target {shlex.quote(text)}" if text.isprintable() else "",
        )
    try:
        return resolve(text, dialects=dialects)
    except UsageProblem as error:
        raise UsageProblem(
            error.problem,
            expected=error.expected,
            got=error.got,
            hint=f"run it where it was recorded, or name the target: --target TARGET. {error.hint}",
        ) from None


def configured_targets(here: Path) -> Mapping[str, Any]:
    """The targets named in goldenpath.toml or pyproject.toml of this folder."""
    own, shared = here / "goldenpath.toml", here / "pyproject.toml"
    for path, keys in ((own, ("targets",)), (shared, ("tool", "goldenpath", "targets"))):
        if path.is_file():
            table: Any = _toml(path)
            for key in keys:
                table = table.get(key, {}) if isinstance(table, dict) else {}
            if not isinstance(table, dict):
                raise UsageProblem(
                    f"{path}: {'.'.join(keys)} is configured wrongly",
                    expected="a table of targets by name",
                    got=repr(table),
                )
            if table:
                return dict(table)
    return {}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageProblem(f"{path} cannot be read: {error}", expected="TOML") from None


def _configured(name: str, configured: Mapping[str, Any], here: Path, dialects: Dialects) -> Target:
    """One name may stand for another, but not in a circle."""
    passed, entry = [name], configured[name]
    while isinstance(entry, str) and entry in configured and entry not in (*passed, *BUILTIN):
        passed.append(entry)
        entry = configured[entry]
    if isinstance(entry, str) and entry not in passed:
        return resolve(entry, here=here, dialects=dialects)
    if isinstance(entry, dict):
        return _endpoint(passed[-1], entry, dialects)
    raise UsageProblem(
        f"target {name!r} is configured wrongly",
        expected="the string of a target, or the table of an endpoint",
        got=repr(entry),
    )


def _read_profile(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise UsageProblem(f"there is no profile {path}", expected="a TOML file")
    return _toml(path)


def _endpoint(name: str, table: Mapping[str, Any], dialects: Dialects, url: str = "") -> Target:
    from goldenpath.adapters.endpoint import EndpointTarget
    from goldenpath.adapters.profile import read_profile

    return EndpointTarget(name, read_profile(table, url, dialects=dialects))


def _process(text: str, dialects: Dialects) -> Target:
    from goldenpath.adapters.process import process_target

    return process_target(text, text.removeprefix(PREFIX), dialects)


def _miniature(name: str, which: str) -> Target:
    from goldenpath.miniatures import MINIATURES

    if which not in MINIATURES:
        raise UsageProblem(
            f"there is no miniature {which!r}",
            expected=f"one of {', '.join(sorted(MINIATURES))}",
            hint=meant(which, MINIATURES),
        )
    return MINIATURES[which].target(name)


def _framework(name: str, framework: str, rest: str) -> Target:
    try:
        module = importlib.import_module(FRAMEWORKS[framework])
    except ImportError as error:
        raise UsageProblem(
            f"{framework} cannot be loaded: {error}",
            hint=f"pip install 'goldenpath[{framework}]'",
        ) from None
    if rest:
        user_module, _, attribute = rest.rpartition(":")
        wrapped = _attribute(name, _load(name, user_module), attribute)
        return _as_target(name, module.wrap(wrapped))
    return _decorated(name, module, "embedded")


def _python(text: str, configured: Mapping[str, Any], dialects: Dialects) -> Target:
    path = text.removeprefix("py:")
    module_name, colon, attribute = path.rpartition(":")
    names = [*BUILTIN, *FRAMEWORKS, *configured]
    if "://" in text:
        raise UsageProblem(f"{text} is no live endpoint", expected="ws://... or wss://...")
    if path.endswith(".py") or ("/" in path and not module_name.endswith(".py")):
        raise UsageProblem(
            f"{text} names no factory in a file",
            expected="./file.py:factory",
            hint=f"do you mean {path.partition(':')[0].removesuffix('.py')}.py:make?",
        )
    if not colon or not module_name or not attribute:
        raise UsageProblem(
            f"there is no target {text!r}",
            expected="package.module:factory, ./file.py:factory, ws://..., cmd:program args, or "
            + ", ".join(names),
            hint=meant(text, names),
        )
    return _decorated(text, _load(text, module_name), attribute, dialects)


def _load(name: str, module: str) -> ModuleType:
    if module.endswith(".py"):
        return load_file(name, Path(module))
    if str(Path.cwd()) not in sys.path:
        sys.path.insert(0, str(Path.cwd()))
    loaded: ModuleType = _import(name, lambda: importlib.import_module(module))
    return loaded


def load_file(name: str, path: Path) -> ModuleType:
    """Import a Python file; raises UsageProblem, about what is called `name`, where that fails."""
    path = path.expanduser().resolve()
    if not path.is_file():
        raise UsageProblem(f"{name}: there is no file {path}", expected="a Python file")
    spec = importlib.util.spec_from_file_location(f"goldenpath_target_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    loader, module = spec.loader, importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their own module up
    if str(path.parent) not in sys.path:
        sys.path.insert(0, str(path.parent))
    _import(name, lambda: loader.exec_module(module))
    return module


def _import(name: str, load: Callable[[], Any]) -> Any:
    try:
        with chdir("."):  # what is imported may go elsewhere
            return load()
    except (KeyboardInterrupt, UsageProblem):
        raise
    except BaseException as error:
        got = told(error).replace("\n", "\n    ")
        raise UsageProblem(f"{name} cannot be imported", got=got, hint=_shadows()) from None


def told(error: BaseException, frames: int = 2) -> str:
    """An exception with the last frames that led to it, those of importing left out."""
    found = traceback.TracebackException.from_exception(error)
    part: traceback.TracebackException | None = found
    while part is not None:
        users = [frame for frame in part.stack if not _of_importing(frame.filename)]
        part.stack = traceback.StackSummary.from_list(users[-frames:])
        part = part.__cause__ or part.__context__
    return "".join(found.format()).strip()


def _of_importing(file: str) -> bool:
    return file.startswith("<frozen importlib") or file in (__file__, importlib.__file__)


def _shadows() -> str:
    """Which files on the path hide modules of the standard library: a frequent cause."""
    folders = {Path(entry or ".") for entry in sys.path[:2]}
    hidden = [
        str(path)
        for folder in folders
        for path in folder.glob("*.py")
        if path.stem in sys.stdlib_module_names and "site-packages" not in str(path)
    ]
    return f"rename {', '.join(hidden)}: hides a module of the standard library" if hidden else ""


def _attribute(name: str, module: ModuleType, attribute: str) -> Any:
    value: Any = module
    for part in attribute.split("."):
        if not hasattr(value, part):
            marked = [k for k, v in vars(module).items() if _declaration(v)]
            raise UsageProblem(
                f"{name}: the module has no {attribute}",
                expected="the name of a decorated factory",
                got=f"a module with {', '.join(marked) or 'no decorated factory'}",
                hint=meant(attribute, [k for k in vars(module) if not k.startswith("_")]),
            )
        value = getattr(value, part)
    return value


def _declaration(value: Any) -> Declaration | None:
    """What a value declares; many things can stand in a module, and some raise when asked."""
    try:
        declared = getattr(value, "__goldenpath__", None)
    except Exception:
        return None
    return declared if isinstance(declared, Declaration) else None


def _decorated(
    name: str, module: ModuleType, attribute: str, dialects: Dialects = DIALECTS
) -> Target:
    return _as_target(name, _attribute(name, module, attribute), dialects)


def _as_target(name: str, factory: Any, dialects: Dialects = DIALECTS) -> Target:
    declaration = _declaration(factory)
    if declaration is None or not callable(factory):
        raise UsageProblem(
            f"{name} is not a target",
            expected="a factory decorated with @dispatcher(), @agent(), @router(), @transport(),"
            " @registry() or @context()",
            got=f"a {type(factory).__name__} without that",
            hint="from goldenpath import dispatcher; @dispatcher() def make(user, tap, tools): ...;"
            " a router or a transport is made by a factory without arguments",
        )
    _CHECKED.get(declaration.kind, check_factory)(factory, name)
    return target_of(name, factory, declaration, dialects)


#: By kind, what sees whether a factory can be called as it will be.
_CHECKED: dict[str, Callable[[Callable[..., Any], str], None]] = {
    **dict.fromkeys(("router", "transport"), check_shared_factory),
    **dict.fromkeys(("registry", "context"), check_holding_factory),
}


def target_of(
    name: str,
    factory: Callable[..., Any],
    declaration: Declaration,
    dialects: Dialects = DIALECTS,
) -> Target:
    """The target that a factory with this declaration is."""
    if declaration.kind == "router":
        return RouterTarget(name, factory, declaration)
    if declaration.kind in ("registry", "context"):
        return HoldingTarget(name, factory, declaration)
    if declaration.kind == "transport":
        return TransportTarget(name, factory, declaration, dialects)
    return PythonTarget(name, factory, declaration, dialects)
