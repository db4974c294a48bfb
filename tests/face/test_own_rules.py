"""examples/own_rules, by both ways: the hook of a conftest.py, and the entry point of a package."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from tests.face.commands import goldenpath, verdicts
from tests.face.test_inside_pytest import items, run
from tests.face.test_own_tests import SETTINGS

from goldenpath.dialects import DIALECTS
from goldenpath.report.data import schema

EXAMPLE = Path(__file__).parents[2] / "examples" / "own_rules"

#: Where commands are given, and the environment in which they are.
Place = tuple[Path, dict[str, str]]
CHOSEN = ("--goldenpath-workload", "full_basket", "--goldenpath-workload", "failing_tool")
RULE, REST = "full_basket/SHOP-1", "failing_tool/nothing-else-broken"


def beside(folder: Path) -> Place:
    """The example as it is: its conftest.py stands in the current folder."""
    shutil.copytree(EXAMPLE, folder / "here")
    return folder / "here", {**os.environ}


def installed(folder: Path) -> Place:
    """A package with an entry point, as an installer leaves it; the current folder is empty."""
    site, here = folder / "site", folder / "elsewhere"
    info = site / "shop_rules-1.0.dist-info"
    info.mkdir(parents=True)
    here.mkdir()
    for name in ("shop_rules.py", "shop.py"):
        shutil.copy(EXAMPLE / name, site)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shop-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[goldenpath]\nshop = shop_rules:EXTENSION\n")
    path = os.pathsep.join(filter(None, (str(site), os.environ.get("PYTHONPATH", ""))))
    return here, {**os.environ, "PYTHONPATH": path}


WAYS: dict[str, Callable[[Path], Place]] = {"conftest": beside, "entry point": installed}


@pytest.fixture(params=WAYS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return WAYS[request.param](tmp_path)


def valid(folder: Path) -> dict[str, Any]:
    """The verdicts.json of the reports in this folder, which keeps its schema."""
    found = verdicts(folder)
    jsonschema.validate(found, schema())
    return found


def of(report: dict[str, Any], rule: str) -> dict[str, str]:
    """Workload to outcome."""
    return {v["workload"]: v["outcome"] for v in report["verdicts"] if v["rule"] == rule}


def test_the_one_that_keeps_the_rule_conforms(place: Place) -> None:
    """All of our rules pass in the shop's own dialect, and its own rule does."""
    here, env = place
    done = goldenpath(here, "run", "shop:good", env=env)
    report = valid(here / "reports/latest")

    assert done.returncode == 0, done.stdout + done.stderr
    assert of(report, "SHOP-1")["full_basket"] == "PASS"
    assert of(report, "DELIVERY-5")["full_basket"] == "PASS"
    assert [rule["id"] for rule in report["own"]] == ["SHOP-1"]
    assert "SHOP       1 rule    PASS 1" in done.stdout


def test_the_one_that_breaks_the_rule_is_caught(place: Place) -> None:
    """In the shop's own workload and in ours, by this rule alone; check and replay say the same."""
    here, env = place
    done = goldenpath(here, "run", "shop:forgetful", "--allure", "allure", env=env)
    report = valid(here / "reports/latest")

    assert done.returncode == 1, done.stdout + done.stderr
    assert {v["rule"] for v in report["verdicts"] if v["outcome"] == "FAIL"} == {"SHOP-1"}
    assert {"full_basket", "failing_tool"} <= {w for w, o in of(report, "SHOP-1").items()
                                               if o == "FAIL"}  # fmt: skip
    assert "Each tool_completed says in body.took_ms how long" in done.stdout
    labels = [label for path in (here / "allure").glob("*-result.json")
              for label in json.loads(path.read_text())["labels"]]  # fmt: skip
    assert {"name": "feature", "value": "SHOP"} in labels

    history = str(here / "reports/latest/histories/full_basket.jsonl")
    for command in ("check", "replay"):
        again = goldenpath(here, command, history, "--report-dir", command, env=env)
        assert again.returncode == 1, again.stdout + again.stderr
        assert of(valid(here / command), "SHOP-1") == {"full_basket": "FAIL"}


@pytest.mark.parametrize("arguments", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_inside_a_pytest_of_ones_own(
    place: Place, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The items of the shop's workload are there, with and without workers."""
    here, env = place
    monkeypatch.setenv("PYTHONPATH", env.get("PYTHONPATH", ""))
    (here / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n"
                                     "asyncio_default_fixture_loop_scope = function\n")  # fmt: skip
    code, output = run(here, *arguments, *CHOSEN, target="shop:forgetful")
    found = items(output)

    assert code == 1, output
    assert {item for item, outcome in found.items() if outcome == "FAILED"} == {RULE, REST}
    assert found["full_basket/DELIVERY-5"] == "PASSED"
    assert "Each tool_completed says in body.took_ms" in output


def test_commands_know_what_was_added(place: Place) -> None:
    """list, explain, a choice, and lists of known failures."""
    here, env = place
    rows = {
        what: json.loads(goldenpath(here, "list", what, "--json", env=env).stdout)
        for what in ("rules", "workloads", "dialects")
    }
    explained = goldenpath(here, "explain", "shop-1", env=env)
    (here / "known.txt").write_text("SHOP-1 full_basket the screen does not show it yet\n")
    chosen = goldenpath(here, "run", "shop:forgetful", "--rule", "shop-1", "--workload",
                        "full_basket", "--known-failing", "known.txt", env=env)  # fmt: skip

    assert "SHOP-1" in {row["id"] for row in rows["rules"]}
    assert "full_basket" in {row["name"] for row in rows["workloads"]}
    assert {*DIALECTS, "shop"} == {row["name"] for row in rows["dialects"]}
    assert "source, of your own: the shop's handbook, section 4" in explained.stdout
    assert "proved by full_basket (dispatcher)" in explained.stdout
    assert chosen.returncode == 0, chosen.stdout + chosen.stderr
    assert of(valid(here / "reports/latest"), "SHOP-1") == {"full_basket": "KNOWN"}


def test_where_the_rule_is_not_known_it_is_missed(tmp_path: Path) -> None:
    """A history judged elsewhere: the rule is UNKNOWN and says what to do, ours are judged. The
    dialect of a target that is not known is a usage error.
    """
    here, env = beside(tmp_path)
    chosen = ("--workload", "full_basket")
    assert goldenpath(here, "run", "./shop.py:good", *chosen, env=env).returncode == 0
    history = str(here / "reports/latest/histories/full_basket.jsonl")
    checked = goldenpath(tmp_path, "check", history, "--report-dir", "again")
    replayed = goldenpath(tmp_path, "replay", history, "--target", f"{here}/shop.py:good")

    assert checked.returncode == 3
    assert "its check is not known here: judge it beside the conftest.py" in checked.stdout
    report = valid(tmp_path / "again")
    assert of(report, "SHOP-1") == {"full_basket": "UNKNOWN"}
    assert of(report, "DELIVERY-5") == {"full_basket": "PASS"}
    assert replayed.returncode == 2
    assert "the name of a dialect that is known: common, a, b, c, d; got 'shop'" in replayed.stderr


def test_what_a_dispatch_costs_is_counted_in_a_dialect_of_ones_own(place: Place) -> None:
    """Kept, shown and held against, in processes that know nothing of the extension."""
    here, env = place
    kept = goldenpath(here, "baseline", "update", "shop:good", "--reason", "first", env=env)
    shown = goldenpath(here, "baseline", "show", "shop:good", env=env)
    asked = ("--workload", "counters", "--baseline", "reports/baselines")
    done = goldenpath(here, "run", "shop:good", *asked, env=env)

    assert (kept.returncode, shown.returncode) == (0, 0), kept.stderr + shown.stderr
    assert "first" in shown.stdout
    assert of(valid(here / "reports/latest"), "PERF-1")["counters"] == "PASS", done.stdout


def test_a_target_that_dies_takes_no_verdict_of_the_rule_along(tmp_path: Path) -> None:
    """What was recorded before is judged by the shop's rule as well."""
    here, env = beside(tmp_path)
    (here / "dying.py").write_text(
        "import os\nfrom goldenpath import dispatcher\nfrom shop import forgetful\n"
        "@dispatcher(dialect='shop')\nasync def make(user, tap, tools):\n"
        "    if tap.manager is None: os._exit(0)\n"
        "    return await forgetful(user, tap, tools)\n"
    )
    chosen = ("--workload", "full_basket", "--workload", "no_transport")
    done = goldenpath(here, "run", "./dying.py:make", *chosen, env=env)
    outcomes = of(valid(here / "reports/latest"), "SHOP-1")

    assert done.returncode == 1, done.stdout
    assert "ended the interpreter" in done.stdout
    assert outcomes["full_basket"] == "FAIL"


def test_a_broken_extension_is_a_usage_error(tmp_path: Path) -> None:
    """Exit 2 of every command that needs it, with all that is wrong and where it came from; in a
    pytest of one's own it is pytest's exit code for that, 4.
    """
    here, env = beside(tmp_path)
    path = here / "shop_rules.py"
    text = path.read_text()
    text = text.replace('suite="events"', 'suite="event"').replace(
        '"SHOP-1", fold', '"SHOP-2", fold'
    )
    path.write_text(text.replace('"type": "kind"', '"typ": "kind"'))
    said = [
        f"{here / 'conftest.py'}: rule SHOP-1: expected one check, got none",
        f"{here / 'conftest.py'}: check of SHOP-2: no such rule comes with it",
        f"{here / 'conftest.py'}: dialect shop: dialect.typ: expected one of",
        f"{here / 'conftest.py'}: workload full_basket: there is no suite 'event'",
    ]
    commands = (("run", "shop:good"), ("list", "rules"), ("explain", "TOOL-1"))
    for command in commands:
        done = goldenpath(here, *command, env=env)
        assert done.returncode == 2
        assert [part for part in said if part not in done.stderr] == []
    code, output = run(here, target="shop:good")

    assert code == 4
    assert [part for part in said if part not in output] == []
    assert goldenpath(here, "list", "targets", env=env).returncode == 0


def test_the_demo_is_ours_alone(tmp_path: Path) -> None:
    """Whatever the rules of one's own say of the reference."""
    here, env = beside(tmp_path)
    path = here / "shop_rules.py"
    path.write_text(path.read_text().replace('!= "tool_completed"', '!= "agent_started"'))
    done = goldenpath(here, "demo", env=env)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "SHOP" not in done.stdout


OWN_TEST = """
import pytest

@pytest.mark.asyncio
@pytest.mark.parametrize("target", ["shop:good", "shop:forgetful"])
async def test_a_call(goldenpath_session, target):
    session = await goldenpath_session(target, proves=["SHOP-1"])
    alice = session.user("alice")
    await alice.create()
    await alice.execute("explode")
    await alice.cleanup()
"""


def test_the_rules_and_the_dialect_hold_in_a_test_of_ones_own(place: Place) -> None:
    """`proves` knows the rule, the target speaks the shop's words, and the rule is broken."""
    here, environment = place
    (here / "test_mine.py").write_text(OWN_TEST)
    (here / "pytest.ini").write_text(SETTINGS)
    environment["PYTHONPATH"] = os.pathsep.join([environment.get("PYTHONPATH", ""), str(here)])
    command = [sys.executable, "-m", "pytest", "-q", "--basetemp", str(here / "tmp")]
    done = subprocess.run(
        command, cwd=here, env=environment, capture_output=True, text=True, timeout=120
    )
    told, _, summary = done.stdout.partition("short test summary")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 failed, 1 passed" in summary
    assert "FAIL SHOP-1" in told
    assert "expected took_ms, 0 or more, when explode has ended, got None" in told
