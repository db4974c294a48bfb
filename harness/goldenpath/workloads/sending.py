"""What comes while an event is being sent: a caller who gives up, or the end of the session.

The user's link is clogged: an event reaches it, and whoever sent it waits, as for a socket that is
not drained, until it flows again. So what comes then comes in the middle of a send, on any machine.
"""

from __future__ import annotations

from goldenpath.model import Step
from goldenpath.workloads.script import Ask, Lane, Script


def given_up_midway(script: Script, name: str) -> Lane:
    """Two sessions, of which a call or run is given up: while its beginning is being told, and
    while the end of its first tool is.
    """
    steps: list[Step] = []
    for early in (True, False):
        created, asked, begin, then = _clogged(script, name, early=early)
        given_up = (
            *begin,
            script.step(name, "cancel", step=asked.id),
            script.step(name, "unclog", given_up=asked.id),
            script.step(name, "join", step=asked.id, briefly=True),
            *then,
        )
        steps += [created, script.together([asked], given_up), script.cleanup(name)]
    return tuple(steps)


def cleaned_up_midway(script: Script, name: str) -> Lane:
    """The same, with the session being cleaned up where it was given up."""
    steps: list[Step] = []
    for early in (True, False):
        created, asked, begin, then = _clogged(script, name, early=early)
        cleanup = script.cleanup(name)
        goes_on = (
            script.step(name, "unclog"),
            script.step(name, "join", step=cleanup.id, briefly=True),
            *then,
        )
        closing = (*begin, script.together([cleanup], goes_on))
        steps += [created, script.together([asked], closing)]
    return tuple(steps)


def _clogged(
    script: Script, name: str, *, early: bool
) -> tuple[Step, Step, list[Step], list[Step]]:
    """A session; what is asked of it; steps until its first event is being sent, or that of its
    first tool's end; and those that let its tool go on.
    """
    created = script.create(name, ["hold", "lookup"])
    rounds = [[Ask("hold")], [Ask("lookup")]][: 1 if script.kind == "dispatcher" else 2]
    (asked,) = script.ask(name, *rounds, golden=False)
    token, *_ = script.tokens([asked])
    clog = script.step(name, "clog")
    held = script.step(name, "wait_for", token=clog.id, what="held", briefly=True)
    release = script.step(name, "release", token=token)
    if early:
        return _after(script, created, clog), asked, [held], [release]
    started = script.step(name, "wait_for", token=token, what="started", briefly=True)
    return created, asked, [started, clog, release, held], []


def _after(script: Script, *steps: Step) -> Step:
    """Steps one after the other, as one."""
    return script.together(steps)
