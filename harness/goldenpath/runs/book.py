"""The book: every run and call of a history that may still be added to, and how to find it."""

from __future__ import annotations

from collections import OrderedDict

from goldenpath.history import Header
from goldenpath.runs.gathered import Call, Run

#: Names of what was handed over that are kept, to know what comes late; the oldest go first.
REMEMBERED = 100_000


class Book:
    """Runs by owner, by the id they were given and by those they show; calls by canary; links.

    learnt: run id on the wire, to user, to run. done: canaries and run ids of what was handed over.
    last: of each user, by session, the run that came last; it is the session itself where each is
    one run. tools: what each of a user's sessions holds, or ever held.
    """

    def __init__(self, header: Header) -> None:
        self.marks = {user.owner: user.name for user in header.users}
        self.truth = header.card.get("truth") == "yes"
        self._sessions = header.kind == "dispatcher"
        self.links: dict[str, str] = {}
        self.up: set[str] = set()
        self.tools: dict[str, dict[str, set[str]]] = {}
        self.runs: dict[str, list[Run]] = {}
        self.last: dict[str, dict[str, Run]] = {}
        self.by_run_id: dict[str, Run] = {}
        self.learnt: dict[str, dict[str, Run]] = {}
        self.by_step: dict[str, Call | Run] = {}
        self.by_token: dict[str, Call] = {}
        self.open_calls: dict[Call, None] = {}
        self.open_runs: dict[Run, None] = {}
        self.done: OrderedDict[str, None] = OrderedDict()

    def add(self, call: Call) -> None:
        """Enter a new call of a run."""
        call.run.calls.append(call)
        self.open_calls[call] = None
        if call.token:
            self.by_token[call.token] = call

    def open(self, run: Run) -> None:
        """Enter a new run, the last one of its owner, and of its session."""
        self.runs.setdefault(run.owner, []).append(run)
        last = self.last.setdefault(run.owner, {})
        last.pop(run.which, None)
        last[run.which] = run
        self.open_runs[run] = None
        if run.run_id:
            self.by_run_id[run.run_id] = run
        if run.asked.step:
            self.by_step[run.asked.step] = run

    def latest(self, owner: str, which: str = "") -> Run | None:
        """The last run of this session of the user, if it has any."""
        return self.last.get(owner, {}).get(which)

    def current(self, owner: str) -> list[Run]:
        """The last run of each of the user's sessions, the latest last."""
        return list(self.last.get(owner, {}).values())

    def live(self, owner: str) -> list[Run]:
        """The runs to which something of this user's may belong, the latest last: of sessions that
        are runs themselves the current ones, else those that are not settled.
        """
        if self._sessions:
            return self.current(owner)
        kept = self.runs.get(owner, [])
        return [run for run in kept if not run.settled] or kept[-1:]

    def planted(self, owner: str, tool: str | None) -> bool:
        """Whether it is a planted tool that a session of this user holds, or ever held."""
        return any(tool in held for held in self.tools.get(owner, {}).values())

    def reachable(self, run: Run) -> bool:
        """Whether its owner has a link open that should show it."""
        return run.transport == "working" and any(self.links[link] == run.owner for link in self.up)

    def strike_call(self, call: Call) -> None:
        """Take out a call that was handed over."""
        if call.token:
            self.by_token.pop(call.token, None)
            self._remember(call.token)
        if call.run.session:
            call.run.calls.remove(call)
            call.run.by_wire_id = {k: c for k, c in call.run.by_wire_id.items() if c is not call}
            call.forget()

    def strike_run(self, run: Run) -> None:
        """Take out a run that was handed over, calls and all."""
        self.by_step.pop(run.asked.step or "", None)
        for run_id in {*run.wire_ids, run.run_id or ""}:
            self.by_run_id.pop(run_id, None)
            self.learnt.pop(run_id, None)
            self._remember(run_id)
        self.runs[run.owner].remove(run)
        if self.latest(run.owner, run.which) is run:
            del self.last[run.owner][run.which]
        run.forget()

    def _remember(self, name: str) -> None:
        self.done[name] = None
        if len(self.done) > REMEMBERED:
            self.done.popitem(last=False)
