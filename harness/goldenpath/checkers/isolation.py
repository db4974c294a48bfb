"""ISOLATION: what one user's links and callers may never see of another user.

Only what could have gone wrong counts: a frame is an opportunity where, at that moment, another
user's link was open to receive it by mistake (rule of truth 6).
"""

from __future__ import annotations

from collections import Counter, OrderedDict

from goldenpath.canary import LENGTH, Token, find, find_ids, request_ids
from goldenpath.checkers.base import Check, Fold
from goldenpath.checkers.tally import Tally
from goldenpath.history import Header
from goldenpath.model import Entry, Event, Kind, Outcome
from goldenpath.runs import Seen


class Exposure(Fold):
    """Knows which users have a link open, and which have planted something so far.

    A user whose session could not be made is not there: nothing could have leaked to or from them.
    """

    kinds = frozenset({Kind.LINK, Kind.INVOKE, Kind.FAIL})

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self.names = {user.owner: user.name for user in header.users}
        self.marks = {user.name: user.owner for user in header.users}
        self._links: dict[str, str] = {}
        self._listening: set[str] = set()
        self._active: set[str] = set()

    def entry(self, entry: Entry) -> None:
        if entry.kind is Kind.LINK:
            self._link(entry)
        elif entry.kind is Kind.INVOKE and entry.actor in self.marks:
            self._active.add(entry.actor)
        elif entry.kind is Kind.FAIL and entry.what == "create" and not entry.session:
            self._active.discard(entry.actor)
            self._links = {k: user for k, user in self._links.items() if user != entry.actor}
            self._listening.discard(entry.actor)

    def _link(self, entry: Entry) -> None:
        if entry.what == "up":
            self._links[entry.actor] = entry.value["user"]
        else:
            self._links.pop(entry.actor, None)
        self._listening = set(self._links.values())

    def others_listen(self, user: str) -> bool:
        """Whether another user's link is open now."""
        return len(self._listening) > (user in self._listening)

    def others_act(self, user: str) -> bool:
        """Whether another user has asked for something, so that there is something to leak."""
        return len(self._active) > (user in self._active)

    def foreign(self, user: str, tokens: tuple[Token, ...]) -> list[str]:
        """Whose canaries, other than the user's own, are among the tokens.

        Of a canary that was planted in another run of the harness nobody can tell whose it is: an
        account of a live endpoint may well remember what it was asked itself.
        """
        owners = {token.owner for token in tokens}
        owners.discard(self.marks.get(user, ""))
        if not owners:
            return []
        strange = owners - self.names.keys()
        if strange and self.header.kind == "endpoint":
            self.tally.doubt(f"{user} got data that was planted in another run of goldenpath")
            owners -= strange
        return sorted({self.names.get(o, "a user of another run") for o in owners})


class _OwnLinksOnly(Exposure):
    """ISOLATION-1."""

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._users = {user.name: user for user in header.users}

    def frame(self, seen: Seen) -> None:
        if seen.event is None:
            return
        if self.others_listen(seen.user):
            self.tally.excuse = (Outcome.UNOBSERVABLE, "no event says whose it is")
            self.tally.chance(_names_somebody(seen, seen.event))
        if seen.owner != seen.user:
            witness = [seen.entry.index]
            if seen.run is not None:
                witness.append(seen.run.asked.index)
            self.tally.fail(
                f"{seen.event.type} of a run of {seen.owner} reached {seen.user}", *witness
            )
        elif self._unasked(seen, seen.event):
            self.tally.doubt(f"{seen.event.type} reached {seen.user}, who had asked for nothing")

    def _unasked(self, seen: Seen, event: Event) -> bool:
        """Whether it belongs to no run that is known, and does not claim to be this user's."""
        if seen.run is not None or seen.late or not self.others_act(seen.user):
            return False
        return not self._claims_own(seen.user, event)

    def _claims_own(self, name: str, event: Event) -> bool:
        """Whether it names the user of its link, their thread or their run. That proves nothing
        where they have asked (rule of truth 1), but what nobody asked for names whom it is about.
        """
        user = self._users.get(name)
        if user is None:
            return False
        claims = ((event.user, user.user_id), (event.thread, user.thread_id))
        return any(said and said == known for said, known in (*claims, (event.run, user.run_id)))


def _names_somebody(seen: Seen, event: Event) -> bool:
    """Whether it says, by an id, a canary or the call that it tells of, whose it is: of what says
    nothing nobody could tell that it went astray.
    """
    ids = event.run or event.thread or event.user
    return bool(ids or seen.tokens or seen.call is not None)


#: Ids of runs, requests and sessions that are kept, to know them again; the oldest go first.
REMEMBERED = 100_000


class _NoForeignCanary(Exposure):
    """ISOLATION-2: in each raw frame, and in the texts of a link joined across frames. The ids of a
    user and of their runs, requests and sessions mark them as well; where an event says whose it is
    they are for CONTENT-3.
    """

    def __init__(self, header: Header, tally: Tally) -> None:
        super().__init__(header, tally)
        self._tails: dict[str, str] = {}
        own = Counter(user.user_id for user in header.users)  # of one account nobody can be told
        self._ids = {u.user_id: u.name for u in header.users if u.user_id and own[u.user_id] == 1}
        self._of_runs: OrderedDict[str, str] = OrderedDict()

    def entry(self, entry: Entry) -> None:
        super().entry(entry)
        run_id = (entry.value or {}).get("run_id")
        if isinstance(run_id, str) and entry.actor in self.marks:
            for planted in (run_id, *request_ids(run_id)):
                self._of_runs[planted] = entry.actor
            while len(self._of_runs) > REMEMBERED:
                self._of_runs.popitem(last=False)

    def frame(self, seen: Seen) -> None:
        if self.others_act(seen.user):
            self.tally.chance()
            self._named(seen)
        for name in self.foreign(seen.user, seen.tokens):
            self.tally.fail(f"a frame to {seen.user} holds data of {name}", seen.entry.index)
        text = seen.event.text if seen.event is not None else seen.text
        if text:
            self._joined(seen, text)

    def _named(self, seen: Seen) -> None:
        text = seen.entry.value
        found = find_ids(text) if isinstance(text, str) else frozenset()
        theirs = {self._owner_of(planted) or seen.user for planted in found - _claimed(seen)}
        for name in sorted(theirs - {seen.user}):
            self.tally.fail(f"a frame to {seen.user} holds an id of {name}", seen.entry.index)

    def _owner_of(self, planted: str) -> str | None:
        return self._of_runs.get(planted) or self._ids.get(planted)

    def _joined(self, seen: Seen, text: str) -> None:
        joined = self._tails.get(seen.link, "") + text
        self._tails[seen.link] = joined[-(LENGTH - 1) :]
        split = tuple(token for token in find(joined) if token not in seen.tokens)
        for name in self.foreign(seen.user, split):
            self.tally.fail(f"frames to {seen.user}, joined, hold data of {name}", seen.entry.index)


def _claimed(seen: Seen) -> set[object]:
    """The ids by which an event says whose it is."""
    event = seen.event
    own = (event.user, event.run, event.thread, event.call) if event is not None else ()
    return {*own, *(said for what, said in seen.also if what != "time")}


class _NoForeignReturn(Exposure):
    """ISOLATION-3: in results and errors given back to a caller."""

    kinds = Exposure.kinds | {Kind.OK}

    def entry(self, entry: Entry) -> None:
        super().entry(entry)
        if entry.kind not in (Kind.OK, Kind.FAIL):
            return
        if entry.what in ("execute", "run") and self.others_act(entry.actor):
            self.tally.chance()
        for name in self.foreign(entry.actor, find(str(entry.value))):
            self.tally.fail(f"what was returned to {entry.actor} holds data of {name}", entry.index)


CHECKS = (
    Check("ISOLATION-1", fold=_OwnLinksOnly),
    Check("ISOLATION-2", fold=_NoForeignCanary),
    Check("ISOLATION-3", fold=_NoForeignReturn),
)
