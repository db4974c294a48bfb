"""CONTENT: what an event must carry: its fields, the call's parameters, the result, the answer."""

from __future__ import annotations

from typing import Any

from goldenpath import spec
from goldenpath.canary import find
from goldenpath.checkers.base import MIXED, Check, Fold
from goldenpath.checkers.held import holds, of_another, parsed_text, sayable, telling, worded
from goldenpath.checkers.same import same, shown
from goldenpath.checkers.tally import LISTED, Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Event, Kind, Outcome, Status
from goldenpath.runs import Call, Run, Seen

_UNPAIRED = "events of overlapping calls cannot be paired"
_FAILED = (Status.ERROR, Status.TIMEOUT, Status.CANCELLED)
_UNASKED = (Outcome.UNOBSERVABLE, "it is not known what its tools were asked")
_UNPLANNED = (Outcome.UNOBSERVABLE, "it is not known what it should answer")
_IN_RESULT = (
    "a tool_completed of a failure has words in its result that are not the tool's: whether they"
    " tell the error is not known; dialect.fields.error declares where it stands"
)
_UNHEARD = (
    "no tool_completed has a field for a result: it is left out, or has a name of its own, which"
    " dialect.fields.result declares"
)

#: The message of a finding, and its witness.
_Missed = tuple[str, tuple[int, ...]]


class _Fields(Fold):
    """CONTENT-2. It counts by whatever shape an event came: the names of the fields may be ours
    there, what stands in them is the target's own, so a missing tool name is its fault.
    """

    def frame(self, seen: Seen) -> None:
        if seen.event is None:
            return
        self.tally.chance()
        for wrong in seen.wrong:
            self.tally.fail(f"{seen.event.type} to {seen.user}: {wrong}", seen.entry.index)


class _Asked(Fold):
    """CONTENT-4: a call is announced with its tool and its parameters, but those that the target
    says it redacts, and reported as no other tool's. At an endpoint that takes no plan nobody knows
    what is called.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._redacted = frozenset(header.declared.get("redacts", ()))

    def call(self, call: Call) -> None:
        if not (call.executing or call.ambiguous):
            return
        if not (call.asked or call.planned):
            if self.header.kind == "endpoint":
                self.tally.excuse = _UNASKED
            return
        if call.ambiguous:
            self.tally.doubt(_UNPAIRED)
            return
        for seen in (*call.executing, *call.completed):
            if seen.event is not None:
                self.tally.chance()
                self._named(call, seen, seen.event)
        for seen in call.executing:
            if seen.event is not None:
                self._compare(call, seen, seen.event)

    def _named(self, call: Call, seen: Seen, event: Event) -> None:
        """A report that holds the id of its call need not name the tool again."""
        if event.tool == call.tool or (event.tool is None and event.type == spec.COMPLETED):
            return
        said = f"names {event.tool}" if event.tool else "names no tool"
        self.tally.fail(
            f"{event.type} of a call of {call.tool} {said}", call.first, seen.entry.index
        )

    def _compare(self, call: Call, seen: Seen, event: Event) -> None:
        if not self._carried(event.parameters, call.parameters, seen):
            self.tally.fail(
                f"{call.tool} was called with {shown(call.parameters)} and announced with"
                f" {shown(event.parameters)}",
                call.first,
                seen.entry.index,
            )

    def _carried(self, got: Any, expected: Any, seen: Seen) -> bool:
        """Parameters that are JSON text are there; that they are text is for CONTENT-2."""
        got = parsed_text(got) if isinstance(got, str) else got
        if self._redacted and isinstance(expected, dict):
            expected = self._open(expected)
            got = self._open(got) if isinstance(got, dict) else got
        if same({} if got is None else got, expected):
            return True
        return got is None and telling(expected) and holds(_whole(seen), expected)

    def _open(self, parameters: dict[str, Any]) -> dict[str, Any]:
        return {name: v for name, v in parameters.items() if name not in self._redacted}


class _Outcomes(Fold):
    """CONTENT-6: what a tool returned, or that it failed and how, is in its tool_completed; the
    answer is in agent_completed.

    How it failed may be told in other words than the tool's, as platforms do that keep the errors
    of their tools to themselves, but not in those that stand there when a tool worked.

    A small value such as False is only looked for where results stand. Where no event ever has such
    a field, the target may have a word of its own for it, and nothing is told of small values.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        native = {name for name, whose in header.events.items() if whose == spec.Origin.NATIVE}
        self._tools, self._answers = spec.COMPLETED in native, spec.FINISHED in native
        self._small: list[_Missed] = []
        self._heard = False
        self._well: set[str] = set()
        self._texts: dict[str, _Missed] = {}

    # --- of a tool ---------------------------------------------------------------------------

    def call(self, call: Call) -> None:
        if not self._tools or not (call.asked or call.planned) or not call.ends:
            return
        if call.ambiguous:
            self.tally.doubt(_UNPAIRED)
            return
        for seen in call.completed:
            if seen.event is not None:
                self._report(call, seen, seen.event)

    def _report(self, call: Call, seen: Seen, event: Event) -> None:
        """Of a tool that ran more than once it may be any execution that is reported. A report of a
        failure owes no result: whether it may be one is for CONTENT-5.
        """
        self._heard = self._heard or event.result is not None
        good = [end for end in call.ends if end.what == "ended"]
        bad = [end for end in call.ends if end.what == "failed"]
        if bad and (event.status in _FAILED or not good):
            self._failure(call, seen, event, bad[-1])
        elif good:
            self._result(call, seen, event, good)

    def _failure(self, call: Call, seen: Seen, event: Event, end: Entry) -> None:
        self.tally.chance()
        text = end.value.get("error", "")
        told = event.error or event.text or event.result
        missed = f"{call.tool} failed with {shown(text)}; its tool_completed tells"
        witness = (end.index, seen.entry.index)
        if of_another(str(told), text):
            self.tally.fail(f"{missed} the error of another call: {shown(told)}", *witness)
        elif not text and event.status in _FAILED:
            return  # there is no more to tell
        elif _says(event.error) or (telling(text) and holds(_whole(seen), text)):
            return
        elif event.text:
            if len(self._texts) < LISTED:
                message = f"{missed} no error, but {shown(event.text)}, as where a tool worked"
                self._texts.setdefault(event.text, (message, witness))
        elif not worded(event.result):
            self.tally.fail(f"{missed} no error", *witness)
        elif not isinstance(event.result, str):
            self.tally.doubt(_IN_RESULT)

    def _result(self, call: Call, seen: Seen, event: Event, good: list[Entry]) -> None:
        results = [end.value["result"] for end in good]
        found = any(holds(event.result, result) for result in results)
        if not found and (event.status in _FAILED or not sayable(results)):
            return
        self.tally.chance()
        if event.text and event.status not in _FAILED and len(self._well) < LISTED:
            self._well.add(event.text)
        small = not any(map(telling, results))
        if found or (not small and any(holds(_whole(seen), result) for result in results)):
            return
        message = (
            f"{call.tool} returned {shown(results[-1])}; its tool_completed has"
            f" {'no result' if event.result is None else shown(event.result)}"
        )
        witness = (good[-1].index, seen.entry.index)
        if not small or self._heard:
            self.tally.fail(message, *witness)
        elif len(self._small) < LISTED:
            self._small.append((message, witness))

    def finish(self) -> None:
        for message, witness in self._small:
            if self._heard:
                self.tally.fail(message, *witness)
            else:
                self.tally.doubt(_UNHEARD)
        for text in self._texts.keys() & self._well:
            message, witness = self._texts[text]
            self.tally.fail(message, *witness)

    # --- of a run ----------------------------------------------------------------------------

    def run(self, run: Run) -> None:
        answer = (run.asked.value or {}).get("plan", {}).get("answer")
        if not self._answers or run.session:
            return
        if not answer:
            self.tally.excuse = _UNPLANNED
            return
        if run.answered is not None and run.answered.kind is not Kind.OK:
            return
        ends = [s for s in run.events if s.event and s.event.type == spec.FINISHED]
        ends = [s for s in ends if s.event and s.event.status not in _FAILED]
        if run.mixed and ends:
            self.tally.doubt(MIXED)
        elif ends:
            self.tally.chance()
            if not any(_answered(run, seen, answer) for seen in ends):
                self.tally.fail(
                    f"agent_completed of {run.owner} does not hold the answer {shown(answer)}",
                    run.asked.index,
                    ends[-1].entry.index,
                )


def _answered(run: Run, seen: Seen, answer: str) -> bool:
    """Whether the planned answer is there, in words or by its canary (an echo of the message does
    not count), or what the run returned to its caller.
    """
    returned = (run.answered.value or {}).get("value") if run.answered else None
    if returned is not None and seen.event and holds(seen.event.result, returned):
        return True
    whole = str(_whole(seen))
    bare = whole.replace(str(run.asked.value.get("message") or "\0"), "")
    return answer in whole or any(token.text in bare for token in find(answer))


def _says(error: Any) -> bool:
    """Whether it tells more than that there is one."""
    return bool(error.strip() if isinstance(error, str) else error) and error is not True


def _whole(seen: Seen) -> Any:
    """Everything that the frame says, for values in fields that the dialect does not know."""
    return parsed_text(seen.entry.value)


CHECKS = (
    Check("CONTENT-2", fold=_Fields),
    Check("CONTENT-4", fold=_Asked),
    Check("CONTENT-6", fold=_Outcomes),
)
