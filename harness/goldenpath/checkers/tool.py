"""TOOL: what really ran, against what was asked and what the caller was told."""

from __future__ import annotations

from goldenpath.checkers.base import ANSWERED, ASKED, UNTRACED, Check, Fold
from goldenpath.checkers.held import of_another, sayable
from goldenpath.checkers.same import same, shown
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Kind
from goldenpath.runs import Call, Run
from goldenpath.spec import ACCIDENTS


def _once(call: Call, tally: Tally) -> None:
    """TOOL-1: an accepted call starts the tool once; nothing starts it twice."""
    if not (call.asked or call.planned):
        return
    tally.chance()
    asked = call.first
    again = sum(end.what == "failed" for end in call.ends) if call.planned else 0
    if len(call.starts) > 1 + again:  # a model may ask again for what has failed
        starts = [entry.index for entry in call.starts]
        tally.fail(f"one call of {call.tool} ran it {len(starts)} times", asked, *starts)
    elif call.untraced:
        tally.doubt(UNTRACED)
    elif _ran_though_refused(call):
        tally.fail(
            f"{call.tool} was refused and ran afterwards",
            asked,
            call.starts[0].index,
        )
    elif not call.starts and _accepted(call):
        answered = call.answered or call.run.answered
        witness = [answered.index] if answered else []
        tally.fail(f"{call.tool} was called with success and never ran", asked, *witness)


def _ran_though_refused(call: Call) -> bool:
    """Whether it started only after its caller had been told that it failed."""
    told = call.answered
    if told is None or told.kind is not Kind.FAIL or not call.starts:
        return False
    return call.starts[0].index > told.index


def _nothing_more(run: Run, tally: Tally) -> None:
    """TOOL-1: an execution that fits no single call may be one too many."""
    for entry in run.unplaced:
        if entry.what == "started":
            tally.doubt(f"an execution of {entry.value['tool']} fits no single call")


def _accepted(call: Call) -> bool:
    if call.asked is not None:
        return call.answered is not None and call.answered.kind is Kind.OK
    run = call.run
    if run.cleaning is not None and run.answered and run.cleaning.index < run.answered.index:
        return False  # its session was being ended
    failed = any(end.what != "ended" for other in run.calls for end in other.ends)
    return run.answered is not None and run.answered.kind is Kind.OK and not failed


def _parameters(call: Call, tally: Tally) -> None:
    """TOOL-2: the tool started with exactly the parameters of the call, whatever these are.

    A tool that ran before in this session and now is refused is refused for its parameters.
    """
    if not (call.asked or call.planned):
        return
    _accepted_parameters(call, tally)
    for start in call.starts:
        tally.chance()
        got, expected = start.value["parameters"], call.parameters
        if not same(got, expected):
            tally.fail(
                f"{call.tool} was asked with {shown(expected)} and started with {shown(got)}",
                call.first,
                start.index,
            )


def _accepted_parameters(call: Call, tally: Tally) -> None:
    asked, answered = call.asked, call.answered
    if asked is None or answered is None or not call.plain or call.run.transport != "working":
        return
    if call.unheard:  # it may be refused because nobody listens
        return
    if not (call.refused and call.proven) or call.run.beside:
        return  # another session of the same user may be in its way (ISOLATION-8a)
    tally.chance()
    tally.fail(
        f"{call.tool} had run before, was asked with {shown(call.parameters)} and never started:"
        f" {shown(answered.value['text'])}",
        asked.index,
        answered.index,
    )


def _result(call: Call, tally: Tally) -> None:
    """TOOL-3: what the tool returned is what the caller got, from any run where there were more. A
    caller who was told of a failure before, or because the session was ended, may be right.
    """
    answered = call.answered
    if answered is None or answered.kind is Kind.LOST or call.run.transport != "working":
        return
    good = [end for end in call.ends if end.what == "ended"]
    told_failed = answered.kind is Kind.FAIL
    if not good or (told_failed and len(good) < len(call.ends)):
        return
    if told_failed and (good[0].index > answered.index or _ended_by_cleanup(call, answered)):
        return
    if not sayable([end.value["result"] for end in good]):  # no promise is about such results
        return
    tally.chance()
    end, results = good[-1], [end.value["result"] for end in good]
    if told_failed:
        tally.fail(
            f"{call.tool} returned {shown(results[-1])} and its caller was told that it failed:"
            f" {answered.value['text']}",
            end.index,
            answered.index,
        )
    elif "misfit" in answered.value:
        tally.fail(
            f"what came back from {call.tool} is not of the declared shape"
            f" {answered.value['misfit']}: {shown(answered.value['value'])}",
            end.index,
            answered.index,
        )
    elif not any(same(answered.value["value"], result) for result in results):
        tally.fail(
            f"{call.tool} returned {shown(results[-1])} and its caller got"
            f" {shown(answered.value['value'])}",
            end.index,
            answered.index,
        )


def _ended_by_cleanup(call: Call, answered: Entry) -> bool:
    cleaning = call.run.cleaning
    return cleaning is not None and call.first < cleaning.index < answered.index


_BAD = {"failed": "failed", "cancelled": "was cancelled"}


def _failure(call: Call, tally: Tally) -> None:
    """TOOL-4: a tool that failed, or was cancelled, is not reported to its caller as a success,
    unless another execution of the same call went well and that is what the caller got; nor with
    the error of another call.
    """
    bad = [end for end in call.ends if end.what != "ended"]
    if call.answered is None or not bad:
        return
    if call.answered.kind is Kind.LOST:
        return
    tally.chance()
    good = [end.value["result"] for end in call.ends if end.what == "ended"]
    if call.answered.kind is Kind.OK and not any(
        same(call.answered.value["value"], result) for result in good
    ):
        tally.fail(
            f"{call.tool} {_BAD[bad[-1].what]} and its caller was told that it succeeded, with"
            f" {shown(call.answered.value['value'])}",
            bad[-1].index,
            call.answered.index,
        )
        return
    told = f"{call.answered.value.get('text', '')} {call.answered.value.get('value', '')}"
    if call.answered.kind is Kind.FAIL and not good and _all_of_another(told, bad):
        tally.fail(
            f"{call.tool} failed with {shown(bad[-1].value['error'])} and its caller was told the"
            f" error of another call: {shown(call.answered.value['text'])}",
            bad[-1].index,
            call.answered.index,
        )


def _all_of_another(told: str, bad: list[Entry]) -> bool:
    return all(of_another(told, end.value.get("error", "")) for end in bad)


class _UnknownTool(Fold):
    """TOOL-5: beside a call that works, through the same member, one of an unknown tool fails and
    says which.
    """

    kinds = ASKED | ANSWERED

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._known: dict[str, set[str]] = {}
        self._asked: dict[str | None, Entry] = {}
        self._via: dict[str | None, str] = {}
        self._works: set[tuple[str, str]] = set()
        self._cleaned: set[str] = set()

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.INVOKE:
            self._invoked(entry)
        elif entry.kind in (Kind.OK, Kind.FAIL):
            asked = self._asked.pop(entry.step or "", None)
            if asked is not None and entry.who not in self._cleaned:
                self._judge(asked, entry)
            elif entry.what == "execute" and entry.kind is Kind.OK:
                self._works.add((entry.who, self._via.pop(entry.step or "", "")))

    def _invoked(self, entry: Entry) -> None:
        if entry.what == "create":
            self._known[entry.who] = set(entry.value["tools"])
            self._cleaned.discard(entry.who)
        elif entry.what == "register":
            self._known.setdefault(entry.who, set()).add(entry.value["tool"])
        elif entry.what == "cleanup":
            self._cleaned.add(entry.who)
        elif entry.what != "execute":
            return
        elif entry.value["tool"] not in self._known.get(entry.who, ()):
            self._asked[entry.step or ""] = entry
        else:
            self._via[entry.step] = entry.value.get("via", "")

    def _could(self, asked: Entry) -> bool:
        """Whether a call of a known tool has gone well in the same way: the control."""
        return (asked.who, asked.value.get("via", "")) in self._works

    def _judge(self, asked: Entry, answer: Entry) -> None:
        name = asked.value["tool"]
        if answer.kind is Kind.OK:
            self.tally.chance()
            self.tally.fail(
                f"the unknown tool {name} was called with success", asked.index, answer.index
            )
            return
        if answer.missing or not self._could(asked):
            return
        self.tally.chance()
        text = f"{answer.value['text']} {answer.value.get('value', '')}"
        if name.strip().casefold() not in text.casefold():
            self.tally.fail(
                f"the unknown tool {name} was refused without naming it: {shown(text)}",
                asked.index,
                answer.index,
            )
        elif answer.value["type"] in ACCIDENTS:
            self.tally.fail(
                f"the unknown tool {name} was not refused but ran into {answer.value['type']}",
                asked.index,
                answer.index,
            )


CHECKS = (
    Check("TOOL-1", call=_once, run=_nothing_more),
    Check("TOOL-2", call=_parameters),
    Check("TOOL-3", call=_result),
    Check("TOOL-4", call=_failure),
    Check("TOOL-5", fold=_UnknownTool),
)
