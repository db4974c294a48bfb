"""Several sessions of one user at once: each in a thread of its own, over one connection."""

from __future__ import annotations

from typing import NamedTuple

from goldenpath.model import Step
from goldenpath.workloads.base import ONE, Workload, tiers
from goldenpath.workloads.script import Ask, Lane, Script

_PROMPT = ("lookup", "echo")
_TOOLS = (*_PROMPT, "hold")

_FIRST, _SECOND, _THIRD = "first", "second", "third"


def _two_sessions(script: Script, size: int) -> tuple[Lane, ...]:
    """A user works in two sessions, by turns and at once; one is ended while the other is at work,
    and a third is made.
    """
    if not script.can("sessions"):
        return (script.session("alice", [Ask("lookup")]),)
    if script.kind == "agent":
        return (_of_an_agent(script, "alice", size),)
    return (tuple(_of_a_dispatcher(script, "alice", size)),)


# --- a dispatcher -----------------------------------------------------------------------------


def _of_a_dispatcher(script: Script, name: str, size: int) -> list[Step]:
    lane = [_make(script, name, _FIRST), *_works(script, name, _FIRST)]
    lane += [_make(script, name, _SECOND), *_works(script, name, _SECOND)]
    for _ in range(size):
        lane += _by_turns(script, name, _FIRST, _SECOND)
        lane.append(_at_once(script, name, _FIRST, _SECOND))
    lane.append(_while_it_works(script, name, _FIRST, script.cleanup(name, _SECOND)))
    lane += _works(script, name, _FIRST)
    lane.append(script.execute(name, Ask("lookup"), _SECOND))
    made = [_make(script, name, _THIRD), *_works(script, name, _THIRD)]
    lane.append(_while_it_works(script, name, _FIRST, *made))
    lane += _by_turns(script, name, _THIRD, _FIRST)
    lane.append(_at_once(script, name, _THIRD, _FIRST))
    lane.append(_while_it_works(script, name, _THIRD, script.cleanup(name, _FIRST)))
    return [*lane, *_works(script, name, _THIRD), script.cleanup(name, _THIRD)]


def _make(script: Script, name: str, session: str) -> Step:
    return script.create(name, _TOOLS, session=session)


def _works(script: Script, name: str, session: str) -> list[Step]:
    """Each tool is called that answers at once, as it is before anything is done in another."""
    return [script.execute(name, Ask(tool), session) for tool in _PROMPT]


def _by_turns(script: Script, name: str, *sessions: str) -> list[Step]:
    """The sessions make the same calls, one after the other."""
    return [script.execute(name, Ask(tool), session) for tool in _PROMPT for session in sessions]


def _at_once(script: Script, name: str, *sessions: str) -> Step:
    """Each session makes a call that is held; the first that was begun ends last."""
    calls = [script.execute(name, Ask("hold"), session) for session in sessions]
    tokens = script.tokens(calls)
    begun = [script.step(name, "wait_for", token=token, what="started") for token in tokens]
    freed = [script.step(name, "release", token=token) for token in reversed(tokens)]
    return script.together(*([call] for call in calls), [*begun, *freed])


def _while_it_works(script: Script, name: str, session: str, *steps: Step) -> Step:
    """A call of this session is held while the steps are taken."""
    held = script.execute(name, Ask("hold"), session)
    (token,) = script.tokens([held])
    begun = script.step(name, "wait_for", token=token, what="started")
    return script.together([held], [begun, *steps, script.step(name, "release", token=token)])


# --- an agent ---------------------------------------------------------------------------------


def _of_an_agent(script: Script, name: str, size: int) -> Lane:
    """Runs that are held in the middle: the second comes and goes while the first is at work, which
    ends while the third is.
    """
    first, second, third = (
        _held_run(script, name, session, size) for session in (_FIRST, _SECOND, _THIRD)
    )
    ended = (first.release, first.join, script.cleanup(name, _FIRST), third.release)
    meanwhile = (
        first.begun,
        second.made,
        script.together([second.run], [second.begun, second.release]),
        script.cleanup(name, _SECOND),
        third.made,
        script.together([third.run], [third.begun, *ended]),
    )
    lane = [first.made, script.together([first.run], meanwhile), script.cleanup(name, _THIRD)]
    return tuple(lane)


class _Held(NamedTuple):
    """A session with a run whose middle is held, and the steps around it."""

    made: Step
    run: Step
    begun: Step
    release: Step
    join: Step


def _held_run(script: Script, name: str, session: str, size: int) -> _Held:
    made = script.create(name, _TOOLS, session=session)
    rounds = [*[[Ask("lookup")]] * 2 * size, [Ask("hold")], *[[Ask("lookup")]] * 2 * size]
    (run,) = script.ask(name, *rounds, session=session)
    token = script.tokens([run])[2 * size]
    return _Held(
        made,
        run,
        script.step(name, "wait_for", token=token, what="started"),
        script.step(name, "release", token=token),
        script.step(name, "join", step=run.id),
    )


WORKLOADS = (
    Workload(
        name="two_sessions",
        about="a user works in two sessions at once, ends one, and makes a third",
        suite="isolation",
        proves={
            "dispatcher": (
                *("ISOLATION-8a", "TOOL-1", "TOOL-3", "DELIVERY-2", "DELIVERY-5", "ORDER-3"),
                *("CONTENT-3", "API-9"),
            ),
            "agent": (
                *("ISOLATION-8a", "TOOL-1", "ORDER-1", "ORDER-2", "DELIVERY-1", "DELIVERY-4"),
                *("DELIVERY-5", "CONTENT-3"),
            ),
        },
        lanes=_two_sessions,
        users=ONE,
        size=tiers(1, 3, 10),
    ),
)
