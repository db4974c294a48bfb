"""Allure: labels and the history for each item, written after its workload has run.

Called only where allure-pytest writes results, and never inside concurrent code, because Allure
nests steps by thread. A history is attached once, to the first item that shows it.
"""

from __future__ import annotations

import allure

from goldenpath.conduct import Conducted
from goldenpath.model import Rule

_attached: set[str] = set()


def attach(rule: str, known: Rule | None, result: Conducted, target: str) -> None:
    """Label the current item; attach the workload's history to the first item that shows it.

    known: the rule that the item is about, or None where it is about all others.
    """
    allure.dynamic.epic(target)
    allure.dynamic.feature(known.family if known else "all other rules")
    allure.dynamic.story(rule)
    allure.dynamic.parent_suite("goldenpath")
    allure.dynamic.suite(result.workload)
    if known:
        allure.dynamic.description(known.text)
        allure.dynamic.tag(known.level.value)
    if result.history is not None and str(result.history) not in _attached:
        _attached.add(str(result.history))
        allure.attach.file(
            str(result.history), name=f"history of {result.workload}", extension="jsonl"
        )
