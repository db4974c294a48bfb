"""Small reports for the tests of every format."""

from __future__ import annotations

from typing import Any

from goldenpath.model import Entry, Finding, Kind, Level, Outcome, Rule, Verdict
from goldenpath.report.evidence import Line, line_of
from goldenpath.results import Report, conclude

HOSTILE = (
    "<script>alert(1)</script> | `x` ]]> \0 \x1b[31mred\x1b[0m \x9b2J \u202eevil \ud800"
    " [a](http://x.y) @team #1 \n::error::no\r\n ${{ 1 }} {{ 7*7 }} 100% *b* _i_ <!-- -->\u2028"
)
#: What must not come out of any format as it is.
ACTING = ("\0", "\x1b", "\x9b", "\u202e", "\u2028", "\ud800", "\r")


def verdict(rule: str, outcome: Outcome = Outcome.PASS, **more: Any) -> Verdict:
    """A verdict of the workload two_users, with an opportunity unless it is grey."""
    more = {"level": Level.MUST, "workload": "two_users", "opportunities": 3, **more}
    return Verdict(rule=rule, outcome=outcome, **more)


def failing(rule: str, message: str = "expected one, got two", **more: Any) -> Verdict:
    """A verdict that fails once."""
    found = Finding(rule, message, (1, 3))
    return verdict(rule, Outcome.FAIL, reason=message, findings=(found,), **more)


def untested(rule: str, outcome: Outcome = Outcome.NOT_RUN, **more: Any) -> Verdict:
    """What a campaign says of a rule that no workload of the run tested."""
    return verdict(rule, outcome, workload="", opportunities=0, **more)


def shown(index: int, what: str, value: Any = None) -> Line:
    """A line of a history, as the reports get it."""
    entry = Entry(index, 1, Kind.INVOKE, "alice", "s1", what, value)
    return line_of(entry, "", f'{{"index":{index},"what":"{what}"}}')


def report(*verdicts: Verdict, **more: Any) -> Report:
    """A concluded report of a part of a run."""
    made = Report(target=more.pop("target", "mine"), seed=7, verdicts=verdicts, **more)
    return conclude(made, partial=True)


def everything() -> Report:
    """A report with every outcome in it, and something of everything else."""
    return report(
        verdict("API-1", opportunities=1_000),
        failing("ISOLATION-1", more=4),
        verdict("TOOL-1", Outcome.UNKNOWN, reason="nobody could tell", opportunities=0),
        verdict("TOOL-3", Outcome.KNOWN, reason="known: bug 12"),
        failing("TOOL-5", "too slow", level=Level.SHOULD),
        verdict("ORDER-1", Outcome.UNSUPPORTED, reason="not declared", opportunities=0),
        verdict("RECOVERY-1", Outcome.UNOBSERVABLE, reason="out of reach", opportunities=0),
        untested("RECOVERY-2", reason="not asked for"),
        problems=("not run: crowd",),
        stale=("known-failing line 3 passes",),
        notes={"two_users": ("a slow machine",)},
        unread={"ping": 3, "pong": 10},
        card={"calls": "yes", "truth": "UNOBSERVABLE: far away"},
        events={"tool_executing": "native"},
        shown={"made": "Dispatcher", "data": {"a": [1]}},
        versions={"python": "3.11"},
    )


def hostile() -> Report:
    """A report in which every text that a target may have said is hostile."""
    h = HOSTILE
    return report(
        failing("ISOLATION-1", h, workload=h),
        failing(h, h, level=Level.SHOULD),
        *(verdict("TOOL-1", outcome, reason=h, workload=h) for outcome in Outcome),
        target=h,
        kind=h,
        tier=h,
        problems=(h,),
        stale=(h,),
        notes={h: (h,)},
        unread={h: 3},
        card={h: h, "truth": h},
        events={h: h},
        shown={h: h, "data": {h: [h]}},
        versions={h: h},
        histories={h: h},
        own=(Rule(h, Level.SHOULD, h, h, (h,)), Rule(f"{h}-2", Level.MUST, h, h)),
    )


def all_green() -> Report:
    """A report that conforms."""
    return report(verdict("API-1"), verdict("TOOL-1", opportunities=1_231))
