"""Live WebSocket endpoints as targets: what is known of them, and the adapter that performs steps.

The planted users are the profile's users, in their order. A step `connect` ends when the endpoint
has accepted the user, `run` as soon as the message is sent; what comes of it is in the frames.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote

from goldenpath import spec
from goldenpath.adapters.base import Adapter, Facts, Reply, done, missing, raised
from goldenpath.adapters.profile import Account, Profile, fill, matches
from goldenpath.adapters.secret import base64url
from goldenpath.adapters.websocket import Call, Link, closed, dial, hang_up
from goldenpath.dialects import COMMON, as_data
from goldenpath.errors import TargetProblem
from goldenpath.model import Step
from goldenpath.plant import Plant
from goldenpath.plant.transport import MAX_FRAME
from goldenpath.plant.users import name_of
from goldenpath.recorder import Recorder

_ONE_USER = "UNOBSERVABLE: the profile has only one user"


@dataclass(frozen=True)
class EndpointTarget:
    """A live endpoint, in the words of its profile.

    fresh: whether each probe makes up thread ids of its own, because a thread of an earlier run
    belongs to whoever used it then.
    """

    name: str
    profile: Profile
    fresh: bool = True
    kind: str = "endpoint"

    async def probe(self, time_scale: float = 1.0) -> Facts:
        """Connect once, as the first user. Raises TargetProblem where that user is not accepted."""
        account = self.profile.accounts[0]
        desk = Desk(self.profile, Recorder(), MAX_FRAME)
        link = await desk.connect(f"{name_of(0)}/1", account)
        try:
            shown = await self._look(link, account)
        finally:
            await link.close()
        return Facts(
            target=self.name,
            kind=self.kind,
            events=self._events(),
            card=self._card(),
            declared=self._declared(),
            dialect={} if self.profile.dialect is COMMON else as_data(self.profile.dialect),
            shown=shown,
        )

    def adapter(self, facts: Facts) -> Adapter:
        """A fresh adapter for one workload."""
        return EndpointAdapter(self.profile)

    async def _look(self, link: Link, account: Account) -> dict[str, str]:
        profile = self.profile
        shown = {
            "address": profile.place,
            "login": f"{profile.login} as {account.name}",
            "users": ", ".join(account.name for account in profile.accounts),
            "first frame": link.first or "none",
        }
        if link.subprotocol:
            shown["subprotocol"] = link.subprotocol
        if profile.ping is not None:
            answered = await link.answers(json.dumps(profile.ping), profile.patience.connect)
            shown["ping"] = "answered" if answered else "not answered"
        return shown

    def _events(self) -> dict[str, str]:
        native, absent = str(spec.Origin.NATIVE), str(spec.Origin.ABSENT)
        return {name: native if name in self.profile.events else absent for name in spec.FIVE}

    def _card(self) -> dict[str, str]:
        """What the profile claims; what no endpoint shows is left out (CAPABILITIES)."""
        claimed = set(self.profile.events)
        has = {
            "tool_events": claimed >= spec.TOOL_EVENTS,
            "run_events": claimed >= {spec.STARTED, spec.FINISHED},
            "all_events": claimed >= set(spec.FIVE),
            "events": bool(claimed),
        }
        card = {name: "yes" for name, claims in has.items() if claims}
        card["other_users"] = "yes" if len(self.profile.accounts) > 1 else _ONE_USER
        return card

    def _declared(self) -> dict[str, Any]:
        """user_ids: by position, None where not known. threads: the end of every thread id, or None
        where the endpoint is not told any. plan: whether it takes one. profile: as it was written,
        so that a replay needs no file; tokens never stand in it.
        """
        profile = self.profile
        seconds = asdict(profile.patience)
        mark = f"_{secrets.token_hex(4)}" if self.fresh else ""
        return {
            "user_ids": [account.user_id for account in profile.accounts],
            "threads": mark if profile.sends("thread_id") else None,
            "plan": profile.sends("plan"),
            "profile": dict(profile.table),
            "deadlines": {name: seconds[name] for name in ("call", "delivery", "settle")},
        }


class Desk:
    """Makes links for the accounts of a profile."""

    def __init__(self, profile: Profile, recorder: Recorder, max_frame: int) -> None:
        self.profile, self.scrub = profile, profile.scrub()
        self._recorder, self._max_frame = recorder, max_frame

    async def connect(self, name: str, account: Account) -> Link:
        """Connect this account under the link's name, up to its welcome. Raises TargetProblem."""
        call = self._call(account)
        seconds = self.profile.patience.connect
        connection = await dial(call, seconds, self._max_frame, self.scrub)
        link = Link(
            name,
            connection,
            self._recorder,
            self.scrub,
            max_frame=self._max_frame,
            welcome=self._is_welcome,
        )
        try:
            await self._accepted(link, call)
        except BaseException:
            await link.close()
            raise
        return link

    async def _accepted(self, link: Link, call: Call) -> None:
        """A finished handshake is not enough: a welcome, or at least no good-bye."""
        patience = self.profile.patience
        if self.profile.ready:
            if await link.welcomed(patience.connect):
                return
        elif await link.stays(patience.settle):
            return
        if link.end is not None:
            raise closed(call, *link.end)
        raise TargetProblem(
            f"{call.place} does not welcome {call.user}",
            expected=f"a frame with {json.dumps([dict(p) for p in self.profile.ready])[1:-1]}",
            got=f"in {patience.connect:g} seconds, at first: {link.first or 'nothing'}",
            hint="[ready] of the profile says what a welcome looks like",
        )

    def _is_welcome(self, text: str) -> bool:
        try:
            frame = json.loads(text)
        except (ValueError, RecursionError):
            return False
        return matches(frame, self.profile.ready)

    def _call(self, account: Account) -> Call:
        """How this account logs in."""
        profile, url = self.profile, self.profile.url
        headers: dict[str, str] = {}
        subprotocols: tuple[str, ...] = ()
        if account.token is not None:
            token = account.token.reveal()
            if profile.login == "bearer":
                headers["Authorization"] = f"Bearer {token}"
            elif profile.login == "subprotocol":
                subprotocols = ("jwt-auth", f"jwt.{base64url(token)}")
            elif profile.login == "query":
                join = "&" if "?" in url else "?"
                url += f"{join}{quote(profile.parameter, safe='')}={quote(token, safe='')}"
        return Call(profile.place, account.name, url, headers, subprotocols)


class EndpointAdapter:
    """Performs steps on one endpoint for one workload."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._links: dict[str, list[Link]] = {}
        self._opened: dict[str, int] = {}

    async def open(self, plant: Plant) -> None:
        """Nothing is connected before the first step."""
        self._desk = Desk(self._profile, plant.recorder, plant.max_frame)
        self._accounts = dict(zip(plant.users, self._profile.accounts, strict=False))

    async def perform(self, step: Step) -> Reply:
        """Do what the step asks. Raises TargetProblem where a user is not let in at all."""
        actions = {"connect": self._connect, "run": self._run, "disconnect": self._disconnect}
        action = actions.get(step.action)
        if action is None:
            return missing(f"way to {step.action} at an endpoint")
        return await action(step)

    async def close(self) -> None:
        """Close whatever is still open."""
        await hang_up([link for links in self._links.values() for link in links])

    async def _connect(self, step: Step) -> Reply:
        account = self._accounts.get(step.actor)
        if account is None:
            return missing(f"user of the profile for {step.actor}")
        number = self._opened[step.actor] = self._opened.get(step.actor, 0) + 1
        link = await self._desk.connect(f"{step.actor}/{number}", account)
        self._links.setdefault(step.actor, []).append(link)
        return done(link.name)

    async def _run(self, step: Step) -> Reply:
        links = self._links.get(step.actor)
        if not links:
            return missing(f"link of {step.actor}")
        try:
            await links[-1].send(self._message(step))
        except ConnectionError as error:
            return raised(error)
        return done()

    def _message(self, step: Step) -> str:
        """The start message of the profile, for this step."""
        plan = step.args.get("plan", {})
        values = {
            "message": step.args["message"],
            "thread_id": step.args.get("thread_id") or "",
            "plan": {"rounds": _rounds(plan), "answer": plan.get("answer", "")},
        }
        return json.dumps(fill(self._profile.start, values))

    async def _disconnect(self, step: Step) -> Reply:
        links = self._links.get(step.actor)
        if not links:
            return missing(f"link of {step.actor}")
        await links.pop().close()
        return done()


def _rounds(plan: Any) -> list[list[dict[str, Any]]]:
    """The calls of a plan, without what is ours alone."""
    keys = ("id", "tool", "arguments")
    return [[{key: c[key] for key in keys} for c in calls] for calls in plan.get("rounds", ())]
