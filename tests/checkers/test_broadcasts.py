"""ROUTING-8, -9, ISOLATION-7, -9 and DELIVERY-6a: whom a broadcast reaches, and what is claimed."""

from __future__ import annotations

from typing import Any

import pytest
from tests.build import ALICE, BOB, Line
from tests.rooms import (
    ROUTER,
    broken,
    claims,
    closed,
    comes,
    findings,
    goes,
    hears,
    outcome,
    passed,
    red,
    refuses,
    tells,
    told,
    turns,
    untold,
    verdicts,
)

from goldenpath.model import Outcome

#: Alice has two sockets (entries 0 to 5), bob has one (6 to 8).
ROOM = [*comes(ALICE), *comes(ALICE, 2), *comes(BOB)]

#: What the card of a router says that sends to the newest socket only.
NEWEST = {**ROUTER["card"], "fan_out": "UNSUPPORTED: fan_out=False is declared"}

# --- ROUTING-8: each socket of the user, once, and nobody else ------------------------------------


def test_a_broadcast_reaches_all_sockets_of_its_user() -> None:
    """Each of them is an opportunity, and each socket of others, whom it must not reach."""
    lines = [*ROOM, *told(ALICE, 1, 2), *told(BOB, 1, number=17)]

    assert red(lines) == set()
    assert passed("ROUTING-8", lines) == 2 + 1 + 1 + 2


def test_it_may_arrive_late() -> None:
    """From a queue, after the router has answered, or in one frame with another."""
    both = (*hears(ALICE)[:4], f"{hears(ALICE)[4]} {hears(ALICE, 17)[4]}")
    late = [*ROOM, tells(ALICE), claims(ALICE), hears(ALICE), hears(ALICE, link=2)]
    packed = [
        *(*comes(ALICE), tells(ALICE), tells(ALICE, 17), both),
        *(claims(ALICE), claims(ALICE, None, 17)),
    ]

    assert red(late) == red(packed) == set()


def test_a_frame_that_quotes_itself_arrives_once() -> None:
    """It is the frame that counts, not how often the text stands in it."""
    twice = (*hears(ALICE)[:4], hears(ALICE)[4] * 2)

    assert red([*comes(ALICE), tells(ALICE), twice, claims(ALICE, 1)]) == set()


MISSED: dict[str, tuple[list[Line], str, tuple[int, ...]]] = {
    "one": (told(ALICE, 1), "never reached alice/2", (9, 10)),
    "another": (told(ALICE, 2), "never reached alice/1", (9, 10)),
    "one that gets it twice": (told(ALICE, 1, 2, 2), "2 times reached alice/2", (9, 10, 11)),
    "a stranger": (
        [tells(ALICE), hears(ALICE), hears(ALICE, link=2), hears(ALICE, at=BOB), claims(ALICE)],
        "reached bob/1",
        (9, 10, 11, 12),
    ),
}


@pytest.mark.parametrize(("lines", "what", "where"), MISSED.values(), ids=MISSED)
def test_a_broadcast_that_misses(lines: list[Line], what: str, where: tuple[int, ...]) -> None:
    """Once for each socket."""
    assert broken("ROUTING-8", [*ROOM, *lines]) == (f"a broadcast to alice {what}", where)


def test_a_broadcast_that_reaches_none() -> None:
    """Whatever the router says of it: an exception excuses nothing."""
    for answer in (claims(ALICE), claims(ALICE, 0), refuses(ALICE)):
        assert len(findings("ROUTING-8", [*ROOM, tells(ALICE), answer])) == 2


NOT_OWED = {
    "who is not there": [*comes(BOB), tells(ALICE), claims(ALICE)],
    "one that has gone": [*comes(ALICE), *goes(ALICE), tells(ALICE), claims(ALICE)],
    "one that goes meanwhile": [*comes(ALICE), tells(ALICE), *goes(ALICE), claims(ALICE)],
    "one that comes meanwhile": [tells(ALICE), *comes(ALICE), claims(ALICE)],
    "one that the router did not take": [*comes(ALICE)[:2], tells(ALICE), claims(ALICE)],
    "one that the router closed": [*comes(ALICE), closed(ALICE, 4001), *told(ALICE)],
    "one that is broken": [*comes(ALICE), turns(ALICE, "broken"), *told(ALICE)],
    "one that stalls": [*comes(ALICE), turns(ALICE, "stalled"), *told(ALICE)],
    "what cannot be broadcast": [*comes(ALICE), tells(ALICE), refuses(ALICE, by="missing")],
}


@pytest.mark.parametrize("lines", NOT_OWED.values(), ids=NOT_OWED)
def test_a_socket_that_is_owed_nothing(lines: list[Line]) -> None:
    """It was not there all the time, or was in trouble."""
    assert "ROUTING-8" not in red(lines)
    assert red(lines) & {"ROUTING-9", "ISOLATION-9"} == set()


def test_a_socket_that_flows_again_is_owed_the_next() -> None:
    """What came before is another rule's."""
    room = [*comes(ALICE), turns(ALICE, "stalled"), *told(ALICE), turns(ALICE, "working")]

    assert red([*room, *told(ALICE, 1, number=17)]) == set()
    assert broken("ROUTING-8", [*room, *told(ALICE, number=17)])[0] == (
        "a broadcast to alice never reached alice/1"
    )


def test_the_newest_socket_only_where_that_is_declared() -> None:
    """Others may get it too."""
    for links in ((2,), (1, 2)):
        assert red([*ROOM, *told(ALICE, *links)], card=NEWEST) == set()
    assert broken("ROUTING-8", [*ROOM, *told(ALICE, 1)], card=NEWEST)[0] == (
        "a broadcast to alice never reached alice/2"
    )


# --- ROUTING-9: peers in trouble ------------------------------------------------------------------

WHILE = "while another socket of theirs came, went, broke or had stalled a broadcast to alice "


def beside(*lines: Line, broke: str = "broken") -> list[Line]:
    """Alice's first socket is in a bad way (9) when something is told (10); this comes of it."""
    return [*ROOM, turns(ALICE, broke), tells(ALICE), *lines]


FREE, LATE = turns(ALICE, "working"), hears(ALICE)

UNTROUBLED = {
    "broken": beside(hears(ALICE, link=2), claims(ALICE, 1)),
    "stalled": beside(hears(ALICE, link=2), FREE, LATE, claims(ALICE, 2), broke="stalled"),
    "stalled for ever": beside(hears(ALICE, link=2), claims(ALICE), broke="stalled"),
    "gone meanwhile": [*ROOM, tells(ALICE), *goes(ALICE), hears(ALICE, link=2), claims(ALICE, 1)],
    "come meanwhile": [
        *(*comes(ALICE, 2), tells(ALICE), *comes(ALICE, 3), hears(ALICE, link=2), claims(ALICE)),
    ],
    "broken meanwhile": [
        *(*ROOM, tells(ALICE), turns(ALICE, "broken"), hears(ALICE, link=2), claims(ALICE, 1)),
    ],
    "an answer before": beside(claims(ALICE, 2), hears(ALICE, link=2), broke="stalled"),
}


@pytest.mark.parametrize("lines", UNTROUBLED.values(), ids=UNTROUBLED)
def test_a_peer_in_trouble_keeps_nothing_from_the_others(lines: list[Line]) -> None:
    """What itself gets is its own affair."""
    assert red(lines) == set()
    assert passed("ROUTING-9", lines) == 1


TROUBLED: dict[str, tuple[list[Line], str]] = {
    "broken": (beside(claims(ALICE, 0)), "never reached alice/2"),
    "stalled": (beside(claims(ALICE, 0), broke="stalled"), "never reached alice/2"),
    "it waits": (
        beside(FREE, LATE, hears(ALICE, link=2), claims(ALICE, 2), broke="stalled"),
        "reached alice/2 only after the trouble of alice/1 was over",
    ),
    "it raises": (beside(refuses(ALICE)), "never reached alice/2"),
    "twice": (
        beside(hears(ALICE, link=2), hears(ALICE, link=2), claims(ALICE)),
        "2 times reached alice/2",
    ),
    "gone meanwhile": ([*ROOM, tells(ALICE), *goes(ALICE), claims(ALICE)], "never reached"),
}


@pytest.mark.parametrize(("lines", "what"), TROUBLED.values(), ids=TROUBLED)
def test_a_peer_in_trouble_keeps_it_from_the_others(lines: list[Line], what: str) -> None:
    """It is this rule's alone."""
    assert broken("ROUTING-9", lines)[0].startswith(WHILE + what)
    assert red(lines) == {"ROUTING-9"}


def test_another_users_trouble_is_not_theirs() -> None:
    """ROUTING-8 speaks of who has no peer in trouble."""
    lines = [*ROOM, turns(BOB, "broken"), *told(ALICE, 1)]

    assert broken("ROUTING-8", lines)[0] == "a broadcast to alice never reached alice/2"


def test_peers_that_there_can_be_none_of() -> None:
    """A router that keeps one socket for each user says so, and closes the older."""
    one = [*comes(ALICE), closed(ALICE, 4001), *comes(ALICE, 2), *told(ALICE, 2)]

    found = verdicts(one, card=NEWEST)["ROUTING-9"]
    assert (found.outcome, found.reason) == (
        Outcome.UNOBSERVABLE,
        "no user has two sockets at a time",
    )
    assert untold("ROUTING-9", one)


# --- ISOLATION-9: who comes back ------------------------------------------------------------------

#: Alice comes back (3 to 5) before her old socket has gone (6 to 8).
BACK = [*comes(ALICE), *comes(ALICE, 2), *goes(ALICE)]


def test_the_new_socket_gets_it() -> None:
    """Also where the router itself closed the old one."""
    kicked = [*comes(ALICE), *comes(ALICE, 2)[:2], closed(ALICE, 4001), comes(ALICE, 2)[2]]

    for room in (BACK, kicked):
        assert passed("ISOLATION-9", [*room, *told(ALICE, 2)]) == 1
        assert broken("ISOLATION-9", [*room, *told(ALICE)])[0] == (
            "after an older socket of theirs had gone a broadcast to alice never reached alice/2"
        )
        assert red([*room, *told(ALICE)]) == {"ISOLATION-9"}


def test_an_old_socket_that_stays_is_no_concern_of_this_rule() -> None:
    """And one whose elder had gone before it came."""
    after = [*comes(ALICE), *goes(ALICE), *comes(ALICE, 2)]

    assert red([*ROOM, *told(ALICE, 1)]) == red([*after, *told(ALICE)]) == {"ROUTING-8"}
    assert untold("ISOLATION-9", [*after, *told(ALICE)])


# --- ISOLATION-7: nobody --------------------------------------------------------------------------


def nobody(*lines: Line, who: str = "an empty list") -> list[Line]:
    """Something is told to nobody (9), and this comes of it."""
    return [*ROOM, tells(BOB, nobody=who), *lines]


@pytest.mark.parametrize("answer", [claims(BOB), claims(BOB, 0), claims(BOB, False), refuses(BOB)])
def test_nobody_is_reached(answer: Line) -> None:
    """It may be refused."""
    assert red(nobody(answer)) == set()
    assert passed("ISOLATION-7", nobody(answer)) == 1


def test_nobody_means_somebody() -> None:
    """All, or the last, or him whom it was made for: it is this rule's alone."""
    lines = nobody(hears(BOB), hears(BOB, at=ALICE), claims(BOB))

    assert broken("ISOLATION-7", lines) == (
        "a broadcast to an empty list reached alice/1, bob/1",
        (9, 10, 11),
    )
    assert "ISOLATION-7" in red(nobody(hears(BOB), claims(BOB), who="None"))
    assert red(nobody(hears(BOB), claims(BOB))) == {"ISOLATION-7"}


def test_nobody_to_be_reached() -> None:
    """While nobody is connected nothing can go wrong."""
    assert untold("ISOLATION-7", [tells(BOB, nobody="None"), claims(BOB)])
    assert untold("ISOLATION-7", [*ROOM, *told(ALICE, 1, 2)])


# --- DELIVERY-6a: what is claimed -----------------------------------------------------------------

TRUE: dict[str, list[Line]] = {
    "a number": told(ALICE, 1, 2, value=2),
    "yes": told(ALICE, 1, 2, value=True),
    "1": told(BOB, 1, value=1),
    "none": [*goes(BOB), *told(BOB, value=0)],
    "no": [*goes(BOB), *told(BOB, value=False)],
    "nobody": [tells(BOB, nobody="None"), claims(BOB, 0)],
    "beside a broken one": [turns(ALICE, "broken"), *told(ALICE, 2, value=1)],
    "late": [tells(ALICE), claims(ALICE, 2), hears(ALICE), hears(ALICE, link=2)],
}


@pytest.mark.parametrize("lines", TRUE.values(), ids=TRUE)
def test_a_claim_that_is_true(lines: list[Line]) -> None:
    """A number is that of sockets, a yes that there was one."""
    assert passed("DELIVERY-6a", [*ROOM, *lines]) == 1


FALSE: dict[str, tuple[list[Line], str]] = {
    "too many": (told(ALICE, 1, value=2), "alice claims 2, and 1 arrived"),
    "too few": (told(ALICE, 1, 2, value=1), "alice claims 1, and 2 arrived"),
    "yes": ([*goes(BOB), *told(BOB, value=True)], "bob claims True, and 0 arrived"),
    "no": (told(ALICE, 1, 2, value=False), "alice claims False, and 2 arrived"),
    "a broken one, too": (
        [turns(ALICE, "broken"), *told(ALICE, 2, value=2)],
        "alice claims 2, and 1 arrived",
    ),
    "1 for nobody": ([tells(BOB, nobody="0"), claims(BOB, 1)], "0 claims 1, and 0 arrived"),
}


@pytest.mark.parametrize(("lines", "what"), FALSE.values(), ids=FALSE)
def test_a_claim_that_is_false(lines: list[Line], what: str) -> None:
    """The finding says what arrived."""
    assert broken("DELIVERY-6a", [*ROOM, *lines])[0] == f"a broadcast to {what}"


@pytest.mark.parametrize("value", [None, "2", [True, True], {"sent": 2}, 2.0])
def test_what_claims_nothing(value: Any) -> None:
    """It is grey, and said so, and not green."""
    found = verdicts([*ROOM, *told(ALICE, 1, value=value)])["DELIVERY-6a"]

    assert (found.outcome, found.reason) == (
        Outcome.UNOBSERVABLE,
        "its broadcasts claim nothing by a number, nor by yes or no",
    )


NOT_CLAIMED = {
    "a socket went": [*ROOM, tells(ALICE), *goes(ALICE), hears(ALICE, link=2), claims(ALICE, 2)],
    "a socket came": [*comes(ALICE), tells(ALICE), *comes(ALICE, 2), claims(ALICE, 7)],
    "a socket breaks": [*ROOM, tells(ALICE), turns(ALICE, "broken"), *told(ALICE, 2, value=2)[1:]],
    "a socket stalls": beside(hears(ALICE, link=2), claims(ALICE, 2), broke="stalled"),
    "it raised": [*ROOM, tells(ALICE), refuses(ALICE)],
    "it was never answered": [*ROOM, tells(ALICE)],
}


@pytest.mark.parametrize("lines", NOT_CLAIMED.values(), ids=NOT_CLAIMED)
def test_where_either_claim_may_be_right(lines: list[Line]) -> None:
    """Or none was made."""
    assert untold("DELIVERY-6a", lines)


# --- all of them ----------------------------------------------------------------------------------


def test_a_cut_history_accuses_nobody_of_what_never_came() -> None:
    """It may stand in the part that is gone; what reached a stranger did."""
    cut = verdicts([*ROOM, tells(ALICE), claims(ALICE, 2)], whole=False).values()
    twisted = verdicts(nobody(hears(BOB)), whole=False)

    assert [v.rule for v in cut if v.outcome in (Outcome.FAIL, Outcome.PASS)] == []
    assert twisted["ISOLATION-7"].outcome is Outcome.FAIL


def test_strange_entries_break_no_check() -> None:
    """A socket that was never opened, an answer that nobody asked for."""
    strange = [goes(ALICE)[1], turns(ALICE, "broken"), comes(ALICE)[2], hears(BOB), claims(BOB, 1)]

    for lines in ([], strange):
        assert red(lines) == set()


def test_who_does_not_broadcast_is_not_judged() -> None:
    """It says so."""
    card = {**ROUTER["card"], "broadcasts": "UNSUPPORTED: broadcasts=False is declared"}

    for rule in ("ROUTING-8", "ROUTING-9", "ISOLATION-7", "ISOLATION-9", "DELIVERY-6a"):
        assert outcome(rule, [*ROOM, *told(ALICE, 1)], card=card) is Outcome.UNSUPPORTED
