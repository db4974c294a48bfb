"""The public names that rules, workloads and dialects of your own are written with.

A user hands over an Extension, by the entry point group `goldenpath` or from the hook
`pytest_goldenpath_extend` in a conftest.py; examples/own_rules shows both.
"""

from goldenpath.catalogue import Extension
from goldenpath.checkers import Check, Fold, Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Event, Kind, Level, Rule, Status, Step
from goldenpath.runs import Call, Run, Seen
from goldenpath.spec import OUR_ENVELOPE
from goldenpath.workloads import Ask, Script, Workload
from goldenpath.workloads.base import tiers
from goldenpath.workloads.script import Lane

__all__ = [
    "OUR_ENVELOPE",
    "Ask",
    "Call",
    "Check",
    "Entry",
    "Event",
    "Extension",
    "Fold",
    "Header",
    "Kind",
    "Lane",
    "Level",
    "Rule",
    "Run",
    "Script",
    "Seen",
    "Status",
    "Step",
    "Tally",
    "Workload",
    "tiers",
]
