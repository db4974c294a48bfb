"""The command line. Each command is a few lines over the modules that do the work."""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from goldenpath import ci, known
from goldenpath import explain as explaining
from goldenpath.adapters.targets import (
    BUILTIN,
    FRAMEWORKS,
    Target,
    configured_targets,
    recorded,
    resolve,
)
from goldenpath.conduct import versions
from goldenpath.demo import demonstrate
from goldenpath.doctor import examine
from goldenpath.errors import Exit, GoldenpathError, OutputProblem, UsageProblem
from goldenpath.extensions import load
from goldenpath.miniatures import MINIATURES
from goldenpath.offline import judge_files, read_script
from goldenpath.order import order_of
from goldenpath.performance import keeping, shaping
from goldenpath.performance.baseline import BASELINES
from goldenpath.plant.transport import MAX_FRAME
from goldenpath.replay import perform_again
from goldenpath.report.text import render
from goldenpath.results import Report
from goldenpath.store import claim, keep_reports, read_witnesses
from goldenpath.supervise import STALL, Order, supervise
from goldenpath.terminal import Bar, complain, echo, prepare, say
from goldenpath.workloads import TIERS

REPORTS = Path("reports/latest")


class Group(click.Group):
    """Turns what goldenpath raises on purpose into its exit code, and a bug of ours into 4."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            prepare()
            return super().invoke(ctx)
        except GoldenpathError as error:
            _refuse(str(error))
            sys.exit(int(error.exit))
        except KeyboardInterrupt:
            complain("goldenpath: interrupted")
            sys.exit(int(Exit.INTERRUPTED))
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception:
            traceback.print_exc()
            _refuse("this is a bug of goldenpath; please report it")
            sys.exit(int(Exit.BUG))


def _complain(problem: str) -> None:
    for _, line in ci.quoted([("", f"goldenpath: {problem}")]):
        complain(line)


def _refuse(problem: str) -> None:
    _complain(problem)
    for line in ci.refused(problem):
        echo(line)


_SETTINGS = {"help_option_names": ["-h", "--help"], "show_default": True}


@click.group(cls=Group, context_settings=_SETTINGS)
@click.version_option(versions()["goldenpath"], prog_name="goldenpath")
def main() -> None:
    """Tell the truth about agent tool dispatchers, agents, message routers, transports, tool
    registries, user contexts and live chat endpoints.

    Exit codes: 0 conforms, 1 violations, 2 usage or configuration error, 3 inconclusive,
    4 a bug of goldenpath, 130 interrupted.
    """


_FILE = click.Path(path_type=Path)


def _run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(
        (
            click.option(
                "--tier", type=click.Choice(TIERS), default="quick", help="How much, and how long."
            ),
            click.option("--seed", type=int, default=0, help="Seed of ids and choices."),
            click.option(
                "--workload",
                "workloads",
                multiple=True,
                help="Only this workload; may be repeated.",
            ),
            click.option(
                "--rule",
                "rules",
                multiple=True,
                help="Only this rule, in the workloads made to prove it; may be repeated.",
            ),
            click.option("--known-failing", type=_FILE, help="Rules that are known to fail."),
            click.option("--known-flaky", type=_FILE, help="Rules that may fail."),
            click.option(
                "--baseline",
                type=_FILE,
                help="Compare costs and events with the baselines in here.",
            ),
            click.option("--report-dir", type=_FILE, default=REPORTS, help="Where reports go."),
            click.option("--strict", is_flag=True, help="A SHOULD that fails is a failure."),
            click.option(
                "--time-scale", type=float, default=1.0, help="Make every deadline X times as long."
            ),
            click.option(
                "--stall",
                type=float,
                help=f"Seconds without progress to give up; {STALL:.0f},"
                " times a time scale over 1.",
            ),
            click.option(
                "--max-frame",
                type=int,
                default=MAX_FRAME,
                help="Letters of a frame that are read; what a longer one may decide is UNKNOWN.",
            ),
            click.option("--allure", type=_FILE, help="Also write Allure results to this folder."),
        )
    ):
        command = option(command)
    return command


def _show(report: Report, folder: Path | None) -> None:
    """Print the result. That it cannot be printed makes no violation less."""
    witnesses = read_witnesses(report, folder or Path())
    try:
        say(render(report, where=str(folder) if folder else "", witnesses=witnesses))
    except OutputProblem as problem:
        if report.exit in (Exit.CONFORMS, Exit.INCONCLUSIVE):
            raise
        _complain(str(problem))


def _found(target: str, profile: Path | None = None) -> Target:
    """The target, which may name a dialect of the user's own."""
    return resolve(target, profile, dialects=load(Path.cwd()).dialects)


def _carry_out(order: Order) -> Report:
    with Bar() as bar:
        report = supervise(order, bar.show)
    if report.exit == Exit.USAGE:
        _complain(report.problems[0])
    else:
        _show(report, order.folder)
    for line in ci.tell(report, order.folder):
        echo(line)
    return report


@main.command()
@click.argument("target")
@click.option("--profile", type=_FILE, help="Profile of a live endpoint, in TOML.")
@_run_options
def run(target: str, profile: Path | None, **given: Any) -> None:
    """Run the conformance suites against TARGET.

    TARGET is package.module:factory, ./file.py:factory, ws://... or wss://..., "cmd:program args",
    a name from goldenpath.toml or pyproject.toml, or a built-in (see `goldenpath list targets`).
    """
    sys.exit(_carry_out(order_of(target, profile, given)).exit)


@main.command()
@click.argument("url")
@click.option("--profile", type=_FILE, help="Login, start message and dialect, in TOML.")
@_run_options
def smoke(url: str, profile: Path | None, **given: Any) -> None:
    """Run the golden path, parallel calls and isolation against the live endpoint URL.

    URL may also be the name of a configured endpoint. Tokens come from the environment.
    """
    live = url.startswith(("ws://", "wss://")) or url == "reference-ws"
    if not live and not isinstance(configured_targets(Path.cwd()).get(url), dict):
        raise UsageProblem(
            f"{url} is no live endpoint",
            expected="ws://... or wss://..., or the name of a configured endpoint",
            hint=f"for any other target: goldenpath run {url}",
        )
    sys.exit(_carry_out(order_of(url, profile, given)).exit)


@main.command()
@click.option("--report-dir", type=_FILE, default=Path("reports/demo"), help="Where reports go.")
def demo(report_dir: Path) -> None:
    """Show the whole path: the reference over a real socket, then a broken one being caught."""
    sys.exit(demonstrate(report_dir, say))


@main.command()
@click.argument("target")
@click.option("--profile", type=_FILE, help="Profile of a live endpoint, in TOML.")
def doctor(target: str, profile: Path | None) -> None:
    """Say whether the adapter of TARGET is right: what was found, and one run with its events."""
    found = _found(target, profile)
    again = f"goldenpath {'smoke' if found.kind == 'endpoint' else 'run'} {target}"
    again = f"{again} --profile {profile}" if profile else again
    lines, code = examine(found, again, load(Path.cwd()).dialects)
    say(lines)
    sys.exit(int(code))


@main.command()
@click.argument("histories", nargs=-1, required=True, type=_FILE)
@click.option("--known-failing", type=_FILE, help="Rules that are known to fail.")
@click.option("--known-flaky", type=_FILE, help="Rules that may fail.")
@click.option("--report-dir", type=_FILE, help="Write reports there.")
@click.option("--strict", is_flag=True, help="A SHOULD that fails is a failure.")
def check(
    histories: tuple[Path, ...],
    known_failing: Path | None,
    known_flaky: Path | None,
    report_dir: Path | None,
    strict: bool,
) -> None:
    """Judge recorded HISTORIES again, without the target."""
    catalogue = load(Path.cwd())
    lines = known.read_both(known_failing, known_flaky, catalogue.workloads, catalogue.rules)
    _claimed = claim(report_dir) if report_dir else None
    report = judge_files(histories, lines, catalogue, strict=strict)
    if report_dir:
        report = keep_reports(report, report_dir)
    _show(report, report_dir)
    sys.exit(report.exit)


@main.command()
@click.argument("history", type=_FILE)
@click.option("--target", help="Replay against this target instead of the recorded one.")
@click.option("--profile", type=_FILE, help="Profile of a live endpoint, in TOML.")
@click.option("--report-dir", type=_FILE, default=Path("reports/replay"), help="Where reports go.")
def replay(history: Path, target: str | None, profile: Path | None, report_dir: Path) -> None:
    """Perform the steps of a recorded HISTORY again, and judge what comes of it."""
    header, catalogue = read_script(history), load(Path.cwd())
    if target or profile:
        found = resolve(target or header.target, profile, dialects=catalogue.dialects)
    else:
        found = recorded(header.target, header.declared, catalogue.dialects)
    _claimed = claim(report_dir)
    report = perform_again(history, header, found, report_dir, catalogue)
    _show(report, report_dir)
    sys.exit(report.exit)


@main.group()
def baseline() -> None:
    """Show or change what `run --baseline DIR` compares with. Nothing else ever changes it."""


_BASELINE_FOLDER = click.option(
    "--baseline", "folder", type=_FILE, default=BASELINES, help="The folder of baselines."
)


@baseline.command()
@click.argument("target")
@_BASELINE_FOLDER
def show(target: str, folder: Path) -> None:
    """Show what is stored of TARGET: costs by interpreter, and shapes, with their histories."""
    say(keeping.show(_found(target), folder))


@baseline.command()
@click.argument("target")
@click.option("--reason", required=True, help="Why; it is kept in the baseline's history.")
@click.option("--shapes", is_flag=True, help="Instead the fields that its events have.")
@_BASELINE_FOLDER
def update(target: str, reason: str, shapes: bool, folder: Path) -> None:
    """Count what a dispatch of TARGET costs now, and take that in."""
    take = shaping.update if shapes else keeping.update
    say(take(_found(target), folder, reason))


@main.command()
@click.argument("rule")
def explain(rule: str) -> None:
    """Say what RULE asks for, where it comes from, and what proves it."""
    say(explaining.explain(rule, load(Path.cwd())))


@main.command(name="list")
@click.argument(
    "what",
    type=click.Choice(("rules", "families", "workloads", "miniatures", "targets", "dialects")),
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_(what: str, as_json: bool) -> None:
    """List rules, workloads, miniatures, targets or dialects; or families: in Markdown, which rule
    is for which kind of target.
    """
    here = Path.cwd()
    tables: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "rules": lambda: explaining.rules(load(here)),
        "workloads": lambda: explaining.workloads(load(here)),
        "miniatures": lambda: explaining.miniatures(MINIATURES),
        "targets": lambda: [
            {"name": name} for name in (*BUILTIN, *FRAMEWORKS, *configured_targets(here))
        ],
        "dialects": lambda: explaining.dialects(load(here)),
    }
    if what == "rules" and not as_json:
        say(explaining.listed(load(here)))
        return
    if what == "families":
        echo("\n".join(explaining.families(load(here))))
        return
    rows = tables[what]()
    if as_json:
        echo(json.dumps(rows, indent=2))
        return
    for row in rows:
        cells = (", ".join(v) if isinstance(v, list) else str(v) for v in row.values())
        echo("  ".join(cells).rstrip())


@main.command()
@click.option("--host", default="127.0.0.1", help="Where to listen.")
@click.option("--port", type=int, default=8765, help="0 for any.")
def serve(host: str, port: int) -> None:
    """Serve the reference chat endpoint; tokens come from GOLDENPATH_REFERENCE_TOKENS."""
    from goldenpath.reference.command import main as serve_reference  # needs websockets

    sys.exit(serve_reference(["--host", host, "--port", str(port)]))
