"""A rule, a workload and a dialect of one's own: what the shop asks for beside goldenpath's rules.

The shop's screen shows how long each tool took, so each event that a tool has ended must say it.
"""

from __future__ import annotations

import json

from goldenpath.extend import (
    OUR_ENVELOPE,
    Ask,
    Check,
    Extension,
    Fold,
    Lane,
    Level,
    Rule,
    Script,
    Seen,
    Workload,
    tiers,
)

TOOK = Rule(
    id="SHOP-1",  # any family but goldenpath's own
    level=Level.MUST,
    text="Each tool_completed says in body.took_ms how long the tool took, in milliseconds.",
    source="the shop's handbook, section 4",
    needs=("tool_events",),  # where a target declares none, the rule is UNSUPPORTED and not broken
)


class Took(Fold):
    """Looks at each frame that reached a link. `chance` counts what could have broken the rule: a
    rule without any opportunity is UNKNOWN and never green.
    """

    def frame(self, seen: Seen) -> None:
        event = seen.event
        if event is None or event.type != "tool_completed":
            return
        if seen.entry.what in OUR_ENVELOPE:  # built by goldenpath: says nothing about the target
            return
        self.tally.chance()
        body = json.loads(seen.entry.value).get("body")  # what has an event is a JSON object
        took = body.get("took_ms") if isinstance(body, dict) else None
        if not isinstance(took, int | float) or isinstance(took, bool) or took < 0:
            self.tally.fail(
                f"expected took_ms, 0 or more, when {event.tool} has ended, got {took!r:.40}",
                seen.entry.index,  # the witness: the entries of the history that show it
            )


def _full_basket(script: Script, size: int) -> tuple[Lane, ...]:
    """One lane: alice opens a session, asks for tools one after the other, and leaves."""
    rounds = [[Ask("lookup")], [Ask("explode")], [Ask("echo", {"page": 1})]]
    return (script.session("alice", *rounds * size, golden=False),)


FULL_BASKET = Workload(
    name="full_basket",
    about="one user asks for many tools in a row, and some of them fail",
    suite="events",  # the file of the suites that shows it
    proves={"dispatcher": ("SHOP-1", "DELIVERY-5")},  # rules whose verdict it owes, ours as well
    lanes=_full_basket,
    users=tiers(1, 1, 1),  # in the tiers quick, full and soak
    size=tiers(3, 10, 100),
)

EXTENSION = Extension(
    rules=(TOOK,),
    checks=(Check("SHOP-1", fold=Took),),
    workloads=(FULL_BASKET,),
    dialects={
        "shop": {
            "type": "kind",
            "types": {"tool.begin": "tool_executing", "tool.end": "tool_completed"},
            "fields": {
                "run": "body.run",
                "user": "body.user",
                "thread": "body.thread",
                "call": "body.call",
                "tool": "body.tool",
                "status": "body.how",
                "parameters": "body.parameters",
                "result": "body.result",
                "error": "body.error",
            },
            "statuses": {"fine": "success", "broken": "error", "stopped": "cancelled"},
        }
    },
)
