"""The suites as pytest items: one per rule that a workload is built to prove, one for the rest.

Items are made from static declarations, whatever the user's own settings say about files, functions
and fixtures; the target is opened when the first item runs. Under xdist the items of a workload
stay on one worker, and the controller writes the reports.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest

from goldenpath import ci, extensions, interrupts, known
from goldenpath.adapters.base import Facts
from goldenpath.adapters.targets import resolve
from goldenpath.campaign import REST, Campaign, check_options
from goldenpath.catalogue import Catalogue
from goldenpath.choice import Choice, choose
from goldenpath.conduct import Conducted, Options
from goldenpath.errors import Exit, GoldenpathError
from goldenpath.model import NEUTRAL, Outcome, Rule, Verdict
from goldenpath.offline import salvage
from goldenpath.paths import SUITES
from goldenpath.performance import stored
from goldenpath.report.text import render
from goldenpath.results import Report, decides, interrupted
from goldenpath.store import (
    claim,
    clear_reports,
    keep_reports,
    make_folder,
    read_witnesses,
    with_replays,
)


class Broken(Exception):
    """What an item raises where its rule is broken or could not be tested; the text says it all."""


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None


def _choice(config: pytest.Config, catalogue: Catalogue) -> Choice:
    option = config.getoption
    return choose(
        catalogue,
        workloads=option("goldenpath_workload"),
        rules=option("goldenpath_rule"),
        failing=_path(option("goldenpath_known_failing")),
        flaky=_path(option("goldenpath_known_flaky")),
        strict=bool(option("goldenpath_strict")),
    )


class ProgressFile:
    """Lines of JSON for whoever supervises: what is planned, what began, what ended."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path).resolve() if path else None

    def tell(self, **what: Any) -> None:
        """Write one line at once. Where that cannot be, on a full disk, the run goes on: whoever
        supervises it finds out why.
        """
        if self._path:
            with suppress(OSError), self._path.open("ab") as file:
                file.write(msgspec.json.encode(what) + b"\n")


class Beat:
    """Tells now and then that the loop still turns, so that waiting is not taken for hanging."""

    def __init__(self, progress: ProgressFile) -> None:
        self._progress, self._last = progress, 0.0

    def __call__(self) -> None:
        """Tell it, at most once a second."""
        now = time.monotonic()
        if now - self._last >= 1.0:
            self._last = now
            self._progress.tell(turns=True)


class Suite:
    """The plugin that is registered where a target is given."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.folder = Path(config.getoption("goldenpath_report_dir"))
        self.progress = ProgressFile(config.getoption("goldenpath_progress"))
        self.supervised = bool(config.getoption("goldenpath_progress"))
        self.report: Report | None = None
        self._results: dict[str, Conducted] = {}
        self._interrupted = False
        if self.supervised:
            interrupts.watch()
            interrupts.end_with_supervisor()
        try:
            self.campaign = self._prepare()
        except GoldenpathError as error:
            self.progress.tell(stopped=str(error), exit=int(error.exit))
            raise pytest.UsageError(str(error)) from None
        self.plan = self.campaign.plan()
        if self._writes and not config.getoption("collectonly"):
            clear_reports(self.folder)
            for old in (self.folder / "histories").glob("*.jsonl"):
                old.unlink()
        if self._writes:
            self.progress.tell(plan=self.plan, kind=self.campaign.target.kind)

    def _prepare(self) -> Campaign:
        option = self.config.getoption
        histories = (self.folder / "histories").absolute()  # a target may go elsewhere
        make_folder(histories)
        if self._writes and not self.supervised:  # the supervisor holds it for us
            self._claimed = claim(self.folder)
        beat = Beat(self.progress)
        catalogue = extensions.of_pytest(self.config)
        options = Options(
            beat=beat,
            seed=option("goldenpath_seed"),
            tier=option("goldenpath_tier"),
            time_scale=option("goldenpath_time_scale"),
            max_frame=option("goldenpath_max_frame"),
            histories=histories,
            baseline=_path(option("goldenpath_baseline")),
            catalogue=catalogue,
        )
        check_options(options)
        profile = _path(option("goldenpath_profile"))
        target = resolve(option("goldenpath_target"), profile, dialects=catalogue.dialects)
        stored.check(options.baseline, target.name)
        return Campaign(
            target,
            options,
            _choice(self.config, catalogue),
            began=lambda name: self.progress.tell(began=name),
            ended=self._ended,
        )

    def _ended(self, result: Conducted) -> None:
        bad = sorted({v.rule for v in result.verdicts if v.outcome is Outcome.FAIL})
        self.progress.tell(ended=result.workload, broken=bad)

    @property
    def _writes(self) -> bool:
        """False in a worker of xdist: the controller writes the reports."""
        return not hasattr(self.config, "workerinput")

    # --- collecting -----------------------------------------------------------------------------

    def pytest_collect_directory(self, path: Path, parent: pytest.Collector) -> Any:
        """The suites are a plain folder, never a package to be imported by the user's settings."""
        return pytest.Dir.from_parent(parent, path=path) if path == SUITES else None

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Any:
        """Collect our files, whatever `python_files` says."""
        if file_path.parent == SUITES and file_path.match("test_*.py"):
            return SuiteFile.from_parent(parent, path=file_path, suite=self)
        return None

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> Any:
        """Keep the items of a workload on one worker, so that it runs once; those of an endpoint
        all on one, because two workers would log in as the same users and disturb each other.
        """
        from xdist.scheduler import LoadScopeScheduling  # there only where xdist is

        alone = self.campaign.target.kind == "endpoint"
        workloads = self.campaign.catalogue.workloads

        class ByWorkload(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
            def _split_scope(self, nodeid: str) -> str:
                workload = nodeid.rpartition("::")[2].partition("/")[0]
                if workload not in workloads:
                    return nodeid
                return "endpoint" if alone else workload

        return ByWorkload(config, log)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """What was deselected by -k, -m or a node id is not owed."""
        if not session.config.getoption("collectonly") and not _has_workers(session.config):
            self._narrow(item.nodeid for item in session.items if isinstance(item, RuleItem))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        """The same, where workers collect."""
        self._narrow(ids)

    def _narrow(self, ids: Iterable[str]) -> None:
        chosen: dict[str, list[str]] = {}
        for nodeid in ids:
            workload, _, rule = nodeid.rpartition("::")[2].partition("/")
            if rule in self.plan.get(workload, ()):
                chosen.setdefault(workload, []).append(rule)
        narrowed = {name: tuple(rules) for name, rules in chosen.items()}
        if narrowed != self.plan:
            self.campaign.narrow(narrowed)

    # --- the end --------------------------------------------------------------------------------

    def pytest_keyboard_interrupt(self) -> None:
        """Remember that the run was cut."""
        self._interrupted = True

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: Any) -> None:
        """Take over what a worker of xdist has found."""
        output = getattr(node, "workeroutput", {}).get("goldenpath", {})
        for data in output.get("results", ()):
            result = msgspec.convert(data, Conducted, dec_hook=lambda kind, value: kind(value))
            self._results[result.workload] = result
        self.campaign.bugs += tuple(output.get("bugs", ()))
        if output.get("facts"):
            self.campaign.take_facts(msgspec.convert(output["facts"], Facts))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports; a worker hands its results to the controller."""
        results = {**self._results, **self.campaign.results}
        if not self._writes:
            output = session.config.workeroutput  # type: ignore[attr-defined]  # of xdist
            output["goldenpath"] = {
                "results": [_plain(result) for result in results.values()],
                "bugs": self.campaign.bugs,
                "facts": _plain(self.campaign.known_facts) if self.campaign.known_facts else None,
            }
            return
        if session.config.getoption("collectonly"):
            return
        self.report = keep_reports(self._conclude(results), self.folder)
        self.progress.tell(finished=True)
        if self.report.exit and not session.exitstatus:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _conclude(self, results: dict[str, Conducted]) -> Report:
        self.campaign.results.update(
            salvage(
                self.folder / "histories",
                self.campaign.plan(),
                results,
                self.campaign.choice.known,
            )
        )
        if self.campaign.bugs:
            return with_replays(interrupted(self.campaign.report(), Exit.BUG), self.folder)
        if not self._interrupted:
            return with_replays(self.campaign.report(), self.folder)
        report = interrupted(self.campaign.report(("interrupted",)), Exit.INTERRUPTED)
        return with_replays(report, self.folder)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what came of it; under `goldenpath run` the supervisor says it."""
        if self.report is None or self.supervised:
            return
        terminalreporter.section("goldenpath")
        witnesses = read_witnesses(self.report, self.folder)
        lines = render(self.report, where=str(self.folder), witnesses=witnesses)
        for _, line in ci.quoted(lines):
            terminalreporter.write_line(line)
        for line in ci.tell(self.report, self.folder):
            terminalreporter.write_line(line)


def _plain(record: Conducted | Facts) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.to_builtins(record, enc_hook=str)
    return data


def _has_workers(config: pytest.Config) -> bool:
    """Whether this is the controller of xdist, which collects nothing itself."""
    return config.pluginmanager.has_plugin("dsession")


class SuiteFile(pytest.File):
    """One file of suites/: makes the items of the workloads that name it."""

    def __init__(self, *, suite: Suite, **more: Any) -> None:
        super().__init__(**more)
        self.suite = suite

    def collect(self) -> Iterator[pytest.Item]:
        """Yield `workload/RULE` for each planned rule, `workload/nothing-else-broken` last."""
        name = self.path.stem.removeprefix("test_")
        for workload, rules in self.suite.plan.items():
            if self.suite.campaign.catalogue.workloads[workload].suite == name:
                for rule in rules:
                    yield RuleItem.from_parent(
                        self, name=f"{workload}/{rule}", workload=workload, rule=rule
                    )


class RuleItem(pytest.Item):
    """One rule over one workload."""

    def __init__(self, *, workload: str, rule: str, **more: Any) -> None:
        super().__init__(**more)
        self.workload, self.rule = workload, rule
        self.user_properties.append(("goldenpath_rule", rule))
        self.user_properties.append(("goldenpath_workload", workload))

    def runtest(self) -> None:
        """Run the workload if it has not run yet, and show what it says of the rule."""
        campaign = self._suite().campaign
        result = campaign.result(self.workload)
        rules = campaign.catalogue.rules
        if self.config.pluginmanager.has_plugin("allure_listener"):
            from goldenpath.allure_results import attach  # heavy, and only where it is used

            attach(self.rule, rules.get(self.rule), result, campaign.target.name)
        proved = campaign.plan()[self.workload]
        if self.rule == REST:
            verdicts = [v for v in result.verdicts if v.rule not in proved]
            _show_rest(verdicts, rules, strict=campaign.choice.strict)
            return
        verdict = next((v for v in result.verdicts if v.rule == self.rule), None)
        if verdict is None:
            raise Broken(f"UNKNOWN {self.rule}: no verdict was reached")
        _show(verdict, rules, campaign.choice)

    def _suite(self) -> Suite:
        parent = self.parent
        assert isinstance(parent, SuiteFile)
        return parent.suite

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show a broken rule in words, and only a bug of ours with its traceback."""
        if isinstance(excinfo.value, Broken):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where and what."""
        return self.path, None, f"{self.workload}/{self.rule}"


Rules = Mapping[str, Rule]


def _text(verdict: Verdict, rules: Rules) -> str:
    rule = rules[verdict.rule]
    lines = [
        f"{verdict.outcome} {verdict.rule} ({verdict.level}) {rule.text}",
        f"  {verdict.reason}",
    ]
    lines += [
        f"  {f.message}  [entries {', '.join(map(str, f.witness))}]" for f in verdict.findings
    ]
    if verdict.more:
        lines.append(f"  and {verdict.more} more")
    return "\n".join(lines)


def _breaks(verdict: Verdict, *, strict: bool) -> bool:
    """Whether an item that shows this verdict is red."""
    return verdict.outcome in (Outcome.FAIL, Outcome.UNKNOWN) and decides(verdict, strict=strict)


def _show(verdict: Verdict, rules: Rules, choice: Choice) -> None:
    if _breaks(verdict, strict=choice.strict):
        raise Broken(_text(verdict, rules))
    if verdict.outcome in NEUTRAL:
        pytest.skip(f"{verdict.outcome}: {verdict.reason}")
    if verdict.outcome is Outcome.KNOWN:
        pytest.xfail(verdict.reason)
    exact = [line for line in choice.known if line.matches(verdict) and line.workload != "*"]
    stale = known.stale(exact, [verdict])
    if stale:
        raise Broken("\n".join(stale))


def _show_rest(verdicts: list[Verdict], rules: Rules, *, strict: bool) -> None:
    bad = [verdict for verdict in verdicts if _breaks(verdict, strict=strict)]
    if bad:
        raise Broken("\n".join(_text(verdict, rules) for verdict in bad))
