"""Each workload counts its canaries for itself: state that a target kept is no answer to it."""

from __future__ import annotations

from goldenpath.plant import plant_user
from goldenpath.workloads import TIERS, WORKLOADS, Script


def test_workloads_share_no_canary_of_a_call() -> None:
    for tier in TIERS[:2]:
        owners: dict[str, str] = {}
        for workload in WORKLOADS.values():
            for kind in workload.proves:
                users = [plant_user(1, n) for n in range(workload.users[tier])]
                script = Script(kind, 1, users)
                lanes = workload.build(script, workload.size[tier])
                for lane in lanes:
                    for token in script.tokens(lane):
                        assert owners.setdefault(token, workload.name) == workload.name
