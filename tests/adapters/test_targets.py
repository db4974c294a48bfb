"""From one string to a target: built-ins, files, modules, configured names, and every mistake."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from goldenpath.adapters.endpoint import EndpointTarget
from goldenpath.adapters.python import PythonTarget
from goldenpath.adapters.reference_ws import ReferenceServerTarget
from goldenpath.adapters.targets import BUILTIN, configured_targets, resolve
from goldenpath.errors import UsageProblem
from goldenpath.miniatures import MINIATURES

SOURCE = """
from __future__ import annotations
from dataclasses import dataclass, field
from typing import Any, ClassVar
from goldenpath import agent, dispatcher


@dataclass
class Made:
    user: Any
    kept: ClassVar[int] = 0
    names: list[str] = field(default_factory=list)


@dispatcher()
def make(user: Any, tap: Any, tools: Any) -> Made:
    return Made(user)


@agent()
class Factory:
    def __init__(self, user: Any, tap: Any, tools: Any) -> None: ...


class Holder:
    make = make


def undecorated(user, tap, tools): ...


value = 42
"""
ENDPOINT = """
[targets.live]
url = "wss://example.org/chat"
[targets.live.login]
kind = "none"
[targets.live.users.a]
[targets.live.start]
message = { type = "{message}" }
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty working directory; what is imported from it is forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if getattr(sys.modules[name], "__file__", None) is None or str(tmp_path) in str(
            sys.modules[name].__file__
        ):
            del sys.modules[name]


def problem(text: str, profile: Path | None = None) -> str:
    """What is said of a target that is none."""
    with pytest.raises(UsageProblem) as raised:
        resolve(text, profile)
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "made", "kind"),
    [
        ("reference", PythonTarget, "dispatcher"),
        ("reference-agent", PythonTarget, "agent"),
        ("reference-ws", ReferenceServerTarget, "endpoint"),
        ("pydantic-ai", PythonTarget, "agent"),
        ("miniature:last-user-wins", PythonTarget, None),
    ],
)
def test_ready_targets_are_there_by_name(text: str, made: type, kind: str | None) -> None:
    """What they are is known without opening them."""
    target = resolve(text)

    assert isinstance(target, made)
    assert target.name == text
    assert kind in (None, target.kind)


def test_every_builtin_and_miniature_resolves() -> None:
    """Whatever is listed can be named."""
    names = [*BUILTIN, *(f"miniature:{name}" for name in MINIATURES)]

    assert [resolve(name).name for name in names] == names


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("./mine.py:make", "dispatcher"),
        ("mine.py:make", "dispatcher"),
        ("py:./mine.py:make", "dispatcher"),
        ("./mine.py:Factory", "agent"),
        ("./mine.py:Holder.make", "dispatcher"),
        ("mine:make", "dispatcher"),
        ("py:mine:make", "dispatcher"),
        ("package.inner:make", "dispatcher"),
    ],
)
def test_a_decorated_factory_is_found_in_a_file_or_a_module(
    text: str, kind: str, here: Path
) -> None:
    """With dataclasses, late annotations and class variables: its module can be looked up."""
    (here / "mine.py").write_text(SOURCE)
    (here / "package").mkdir()
    (here / "package" / "__init__.py").touch()
    (here / "package" / "inner.py").write_text(SOURCE)
    target = resolve(text)

    assert isinstance(target, PythonTarget)
    assert (target.name, target.kind) == (text, kind)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("import no_such_module_here\n", "./mine.py:make"),
        ("import no_such_module_here\n", "mine:make"),
        ("raise ValueError from KeyError()\n", "./mine.py:make"),
        ("", "no_such_module_here:make"),
    ],
)
def test_an_error_of_an_import_shows_the_users_own_lines(
    source: str, text: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And none of the machinery of importing."""
    (here / "mine.py").write_text(source)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    with pytest.raises(UsageProblem, match="cannot be imported") as caught:
        resolve(text)

    assert "frozen" not in str(caught.value)
    assert "importlib" not in str(caught.value)
    assert source.strip() in str(caught.value)
    assert "Error" in str(caught.value)


def test_a_module_that_goes_elsewhere_leaves_us_here(here: Path) -> None:
    (here / "mine.py").write_text(f"{SOURCE}\nimport os\nos.chdir('/')\n")
    resolve("./mine.py:make")

    assert Path.cwd() == here


def test_a_file_is_found_by_its_whole_path_and_may_import_its_neighbours(
    here: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Wherever the command runs."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "beside_target.py").write_text(SOURCE)
    (elsewhere / "mine.py").write_text("from beside_target import make\n")
    target = resolve(f"{elsewhere}/mine.py:make")

    assert target.kind == "dispatcher"
    del sys.modules["beside_target"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("refrence", "do you mean reference"),
        ("", "there is no target ''"),
        (":make", "there is no target"),
        ("mine:", "there is no target"),
        ("miniature:last-user-win", "do you mean last-user-wins"),
        ("miniature:", "there is no miniature"),
        ("http://example.org", "ws://"),
        ("./none.py:make", "there is no file"),
        ("./mine.py", "names no factory"),
        ("./mine.py:mak", "do you mean make"),
        ("./mine.py:mak", "a module with make, Factory"),
        ("./mine.py:Holder.none", "has no Holder.none"),
        ("./mine.py:undecorated", "decorated with @dispatcher()"),
        ("./mine.py:value", "int without that"),
        ("no.such.module:make", "No module named 'no'"),
        ("./wrong.py:make", "SyntaxError"),
        ("./raises.py:make", "ZeroDivisionError"),
        ("./exits.py:make", "SystemExit"),
        ("./declares.py:make", "do you mean events"),
        ("./proxies.py:mak", "a module with make"),
        ("./proxies.py:proxy", "is not a target"),
    ],
)
def test_a_string_that_names_nothing_is_explained(text: str, said: str, here: Path) -> None:
    """UsageProblem, exit 2, with what was expected and what is there."""
    (here / "mine.py").write_text(SOURCE)
    (here / "wrong.py").write_text("def make(:\n")
    (here / "raises.py").write_text("1 / 0\n")
    (here / "exits.py").write_text("import sys; sys.exit(3)\n")
    (here / "declares.py").write_text(
        "from goldenpath import dispatcher\n@dispatcher(evnts=())\ndef make(u, t, s): ...\n"
    )
    (here / "proxies.py").write_text(
        SOURCE + "class Proxy:\n    def __getattr__(self, name): raise RuntimeError('no context')\n"
        "proxy = Proxy()\n"
    )

    assert said in problem(text)


@pytest.mark.parametrize("file", ["goldenpath.toml", "pyproject.toml"])
def test_a_name_may_be_configured(file: str, here: Path) -> None:
    """As the string of a target, by a name for another, or as the table of an endpoint."""
    head = "" if file == "goldenpath.toml" else "tool.goldenpath."
    text = '[targets]\nmine = "reference-agent"\nalias = "mine"\nours = "alias"\n' + ENDPOINT
    (here / file).write_text(text.replace("[targets", f"[{head}targets"))

    assert set(configured_targets(here)) == {"mine", "alias", "ours", "live"}
    assert [resolve(name).kind for name in ("mine", "alias", "ours")] == ["agent"] * 3
    assert isinstance(resolve("live"), EndpointTarget)


def test_goldenpath_toml_comes_before_pyproject_toml(here: Path) -> None:
    """Unless it names no targets."""
    (here / "pyproject.toml").write_text('[tool.goldenpath.targets]\nmine = "reference"\n')
    (here / "goldenpath.toml").write_text('[targets]\nmine = "reference-agent"\n')
    both = resolve("mine").kind
    (here / "goldenpath.toml").write_text("")

    assert both == "agent"
    assert resolve("mine").kind == "dispatcher"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("targets = 5", "expected: a table of targets by name"),
        ('targets = ["mine"]', "expected: a table of targets by name"),
        ("[targets]\nmine = 5", "target 'mine' is configured wrongly"),
        ('[targets]\nmine = "mine"', "target 'mine' is configured wrongly"),
        ('[targets]\nmine = "other"\nother = "mine"', "target 'mine' is configured wrongly"),
        ('[targets]\nmine = "nowhere"', "there is no target 'nowhere'"),
        ("[targets]\nmine = {}", "url"),
        ("[targets\n", "cannot be read"),
    ],
)
def test_a_wrong_configuration_is_the_users_mistake(config: str, said: str, here: Path) -> None:
    """It is said where it stands, and nothing is tested."""
    (here / "goldenpath.toml").write_text(config)

    assert said in problem("mine")


def test_a_broken_file_does_not_hide_the_builtins(here: Path) -> None:
    """Their names need no configuration."""
    (here / "goldenpath.toml").write_text("[targets\n")

    assert resolve("reference").kind == "dispatcher"


def test_a_live_endpoint_takes_its_profile(here: Path) -> None:
    """By its address; the profile says all that differs, and one that is not there is named."""
    (here / "p.toml").write_text(
        '[login]\nkind = "none"\n[users.a]\n[start]\nmessage = {type = "{message}"}\n'
    )

    assert isinstance(resolve("ws://127.0.0.1:9/x", Path("p.toml")), EndpointTarget)
    assert "there is no profile" in problem("ws://127.0.0.1:9/x", Path("none.toml"))


def test_a_profile_is_for_a_live_endpoint_only(here: Path) -> None:
    """It would be ignored, so it is refused."""
    assert "a profile is for a live endpoint" in problem("./mine.py:make", Path("p.toml"))


def test_a_framework_wraps_an_object_of_the_users(here: Path) -> None:
    """`FRAMEWORK:module:object`; what is missing is named like in any other module."""
    (here / "mine.py").write_text(SOURCE)

    assert "has no none" in problem("pydantic-ai:./mine.py:none")
