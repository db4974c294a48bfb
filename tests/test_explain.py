"""What is said of rules: the tables of the contract, the list, and where each comes from."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from goldenpath import rulebook, spec
from goldenpath.catalogue import OURS
from goldenpath.checkers import Check, Fold
from goldenpath.explain import explain, families, in_order, listed
from goldenpath.extend import Extension
from goldenpath.model import Level, Rule

DOCS = Path(__file__).parents[1] / "docs"
OWN = OURS.extended(
    {
        "here": Extension(
            rules=[Rule("SHOP-10", Level.MUST, "Ten.", "s"), Rule("SHOP-2", Level.MUST, "2.", "s")],
            checks=[Check("SHOP-10", fold=Fold), Check("SHOP-2", fold=Fold)],
        )
    }
)


def text(rule: str) -> str:
    return "\n".join(line for _, line in explain(rule))


def test_every_source_says_what_it_is_about() -> None:
    """R6 alone means nothing to whoever has not the requirements."""
    assert {rule.source for rule in rulebook.RULES.values()} <= set(rulebook.SOURCES)
    assert "source: requirement R6, about isolation" in text("ISOLATION-1")


def test_the_fields_of_events_are_explained_from_their_tables() -> None:
    """Whatever is asked for is written there, and of which type."""
    lines = {line.strip().partition(":")[0]: line for line in text("CONTENT-2").splitlines()}

    assert lines["tool_executing"] == (
        "  tool_executing: must have tool; if there: tool (text), parameters (object)"
    )
    assert "must have tool or call and status or error or result" in lines["tool_completed"]
    assert "must have nothing" in lines["agent_started"]
    assert all(f"{name} (text or number)" in text("CONTENT-2") for name in spec.FIELD_TYPES)
    assert set(spec.FIVE) <= set(lines)


def test_the_members_are_explained_from_their_table() -> None:
    assert all(f"  {name}: {kind}\n" in text("API-1") for name, kind in spec.MEMBERS.items())
    for part, members in spec.ROUTER_MEMBERS.items():
        assert all(f"  {name}: {kind} ({part})" in text("API-1") for name, kind in members.items())


def test_the_table_of_families_is_what_the_command_writes() -> None:
    """Every rule is for some family, and some miniature was made to break it."""
    written = (DOCS / "families.md").read_text("utf-8").partition("<!-- families -->\n\n")[2]
    lines = list(families())

    assert written.splitlines() == lines
    for line in lines[2:]:
        rule, _, *kinds, miniatures = (cell.strip() for cell in line.strip("|").split("|"))
        assert rule in rulebook.RULES
        assert "yes" in kinds
        assert int(miniatures) > 0


def test_rules_are_listed_by_family_and_number() -> None:
    """Ours first, RECOVERY-8a beside RECOVERY-8; what is not checked yet in one last line."""
    ids = [rule.id for rule in in_order(OWN)]
    lines = [line for _, line in listed(OWN)]
    families = [name.rpartition("-")[0] for name in ids]

    assert sorted(ids) == sorted(OWN.rules)
    assert len(set(families)) == 1 + sum(a != b for a, b in pairwise(families))
    assert ids.index("RECOVERY-8a") == ids.index("RECOVERY-8") + 1
    assert ids.index("TOOL-10") == ids.index("TOOL-9") + 1
    assert ids[-2:] == ["SHOP-2", "SHOP-10"]
    assert lines[0].split() == ["rule", "level", "from", "what", "it", "asks", "for"]
    assert [line.split()[0] for line in lines[1:-1]] == ids
    assert lines[-1] == f"not checked yet: {', '.join(rulebook.PLANNED)}"


@pytest.mark.parametrize("rule", [*rulebook.RULES])
def test_every_rule_can_be_explained(rule: str) -> None:
    assert text(rule).startswith(f"{rule} (")
