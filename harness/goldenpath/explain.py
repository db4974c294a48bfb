"""What `explain` and `list` say of rules, workloads and miniatures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from goldenpath import rulebook, spec
from goldenpath.capabilities import CAPABILITIES
from goldenpath.catalogue import OURS, Catalogue
from goldenpath.errors import UsageProblem
from goldenpath.meant import RULES, meant
from goldenpath.miniatures import MINIATURES
from goldenpath.model import Rule


def explain(name: str, catalogue: Catalogue = OURS) -> Iterator[tuple[str, str]]:
    """Styled lines about one rule; raises UsageProblem where there is no such rule."""
    id_ = rulebook.spelt(name, catalogue.rules)
    rule = catalogue.rules.get(id_)
    if rule is None and id_ in rulebook.PLANNED:
        yield "title", f"{id_} is in the catalogue and is not checked yet."
        return
    if rule is None:
        there = (*catalogue.rules, *rulebook.PLANNED)
        hint = meant(name, there, "see `goldenpath list rules`", alike=RULES)
        raise UsageProblem(f"there is no rule {name!r}", hint=hint)
    yield "title", f"{rule.id} ({rule.level}) {rule.text}"
    yield "", _source(rule)
    yield from (("", line) for line in _TABLES.get(rule.id, list)())
    needs = "; ".join(map(_need, rule.needs))
    yield "", f"to be testable: {needs or 'nothing'}"
    if rule.id in rulebook.ON_REQUEST:
        yield "", "only on request: run TARGET --baseline DIR (see goldenpath baseline --help)"
    core = [kind for kind, rules in rulebook.CORE_RULES.items() if rule.id in rules]
    if core:
        yield "", f"core rule of: {', '.join(core)}"
    for workload in catalogue.workloads.values():
        kinds = [kind for kind, rules in workload.proves.items() if rule.id in rules]
        if kinds:
            yield "", f"proved by {workload.name} ({', '.join(kinds)}): {workload.about}"
    for name_, miniature in MINIATURES.items():
        if rule.id in miniature.breaks:
            yield "", f"caught in miniature:{name_}: {miniature.about}"


def _need(need: str) -> str:
    """A capability in words, or several of which one is enough."""
    return ", or ".join(CAPABILITIES[name][0] for name in need.split("|"))


def _source(rule: Rule) -> str:
    if rule.id not in rulebook.RULES:
        return f"source, of your own: {rule.source}"
    return f"source: requirement {rule.source}, about {rulebook.SOURCES[rule.source]}"


def _fields() -> Iterator[str]:
    """What each event must have, and of what type what it has must be."""
    yield "of its fields, wherever the dialect has them:"
    every = ", ".join(f"{name} ({_either(types)})" for name, types in spec.FIELD_TYPES.items())
    for event in spec.FIVE:
        groups = (_either(group) for group in spec.REQUIRED.get(event, ()))
        own = spec.EVENT_FIELD_TYPES.get(event, {})
        right = ", ".join(f"{name} ({_either(types)})" for name, types in own.items())
        must = " and ".join(groups) or "nothing"
        yield f"  {event}: must have {must}" + (f"; if there: {right}" if right else "")
    yield f"  each of them, if there: {every}"


def _either(words: Iterable[str]) -> str:
    return " or ".join(words)


def _members() -> Iterator[str]:
    yield "the members of a dispatcher:"
    yield from (f"  {name}: {kind}" for name, kind in spec.MEMBERS.items())
    yield "the members of a router, those of the parts that it has:"
    for part, members in spec.ROUTER_MEMBERS.items():
        yield from (f"  {name}: {kind} ({part})" for name, kind in members.items())


#: Rules that ask for what stands in a table of the contract, and its lines.
_TABLES: dict[str, Callable[[], Iterable[str]]] = {"CONTENT-2": _fields, "API-1": _members}


def in_order(catalogue: Catalogue = OURS) -> list[Rule]:
    """The rules by family, as the families come in the catalogue, and within each by number."""
    families = list(dict.fromkeys(rule.family for rule in catalogue.rules.values()))
    return sorted(catalogue.rules.values(), key=lambda r: (families.index(r.family), *_number(r)))


def _number(rule: Rule) -> tuple[int, str]:
    """8 and `a` of RECOVERY-8a."""
    last = rule.id.rpartition("-")[2]
    digits = "".join(filter(str.isdigit, last))
    return int(digits or 0), last


def listed(catalogue: Catalogue = OURS) -> Iterator[tuple[str, str]]:
    """Styled lines: each rule that is checked, and in one line those that are not yet."""
    every = in_order(catalogue)
    width = max(len(rule.id) for rule in every)
    yield "title", f"{'rule':<{width}}  level   from  what it asks for"
    for rule in every:
        source = rule.source if rule.id in rulebook.RULES else "own"
        yield "", f"{rule.id:<{width}}  {rule.level:<6}  {source:<4}  {rule.text}"
    yield "dim", f"not checked yet: {', '.join(rulebook.PLANNED)}"


def rules(catalogue: Catalogue = OURS) -> list[dict[str, Any]]:
    """Every rule of the catalogue; those that are not checked yet say so."""
    rows = [
        {"id": r.id, "level": str(r.level), "source": r.source, "text": r.text, "checked": "yes"}
        for r in catalogue.rules.values()
    ]
    planned = [
        {"id": name, "level": "", "source": "", "text": "", "checked": "not yet"}
        for name in rulebook.PLANNED
    ]
    return rows + planned


def families(catalogue: Catalogue = OURS) -> Iterator[str]:
    """A Markdown table: each rule, for which kinds of target a workload proves it, and how many
    miniatures were made to break it.
    """
    kinds = (*rulebook.CORE_RULES,)
    yield f"| rule | from | {' | '.join(kinds)} | miniatures |"
    yield f"|---|---|{'---|' * len(kinds)}---|"
    for rule in in_order(catalogue):
        proved = {
            kind
            for workload in catalogue.workloads.values()
            for kind, rules in workload.proves.items()
            if rule.id in rules
        }
        cells = ["yes" if kind in proved else "" for kind in kinds]
        broken = sum(rule.id in miniature.breaks for miniature in MINIATURES.values())
        yield f"| {rule.id} | {rule.source} | {' | '.join(cells)} | {broken} |"


def workloads(catalogue: Catalogue = OURS) -> list[dict[str, Any]]:
    """Every workload, with the rules that it proves by kind of target."""
    return [
        {
            "name": w.name,
            "about": w.about,
            "proves": [f"{kind}: {' '.join(rules)}" for kind, rules in w.proves.items()],
        }
        for w in catalogue.workloads.values()
    ]


def miniatures(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Every miniature, with what it breaks."""
    return [
        {"name": f"miniature:{name}", "breaks": list(m.breaks), "about": m.about}
        for name, m in found.items()
    ]


def dialects(catalogue: Catalogue = OURS) -> list[dict[str, Any]]:
    """Every dialect: where the type of an event stands, how it looks, and what it requires."""
    return [
        {
            "name": dialect.name,
            "type_at": list(dialect.type_at),
            "about": dialect.about or "of your own",
            "requires": [f"{event}: {' '.join(fields)}" for event, fields in required.items()],
        }
        for dialect in catalogue.dialects.values()
        for required in (dialect.required,)
    ]
