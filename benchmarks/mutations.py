"""The small faults that benchmarks/mutants.py tries: how a module is mutated.

mutmut makes most of them. Left out of its own are those that tell no more (three other texts for
each text, an argument shifted to another's place), added are the faults that a check is most likely
to have unnoticed: half of a condition, a branch that is never or always taken, a filter that lets
everything through, a call that is not made.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper
from mutmut.mutation.file_mutation import MutationVisitor, combine_mutations_to_source
from mutmut.mutation.mutators import mutation_operators, operator_arg_removal, operator_string
from mutmut.mutation.pragma_handling import IgnoredCode


def forced(test: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """A condition that never and that always holds."""
    inner = test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield cst.BooleanOperation(inner, cst.And(), cst.Name("False"))
    yield cst.BooleanOperation(inner, cst.Or(), cst.Name("True"))


def forced_if(node: cst.If) -> Iterator[cst.If]:
    """A branch that is never taken, and one that always is."""
    return (node.with_changes(test=test) for test in forced(node.test))


def forced_filter(node: cst.CompIf) -> Iterator[cst.CompIf]:
    """A filter of a comprehension that lets nothing, and everything, through."""
    return (node.with_changes(test=test) for test in forced(node.test))


def one_side(node: cst.BooleanOperation) -> Iterator[cst.BaseExpression]:
    """Half of a condition."""
    yield node.left.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.right.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def other_text(node: cst.BaseString) -> Iterator[cst.CSTNode]:
    """One other text of the three that mutmut makes."""
    yield from list(operator_string(node))[:1]


def other_argument(node: cst.Call) -> Iterator[cst.Call]:
    """None for an argument, or one left out that has a name or is a spread."""
    for other in operator_arg_removal(node):
        if sum(map(_positional, other.args)) == sum(map(_positional, node.args)):
            yield other


def _positional(argument: cst.Arg) -> bool:
    return argument.keyword is None and not argument.star


def left_out(node: cst.Expr) -> Iterator[cst.Expr]:
    """A call that is not made."""
    if isinstance(node.value, cst.Call):
        yield node.with_changes(value=cst.Ellipsis())


OPERATORS = [
    *(
        pair
        for pair in mutation_operators
        if pair[1] not in (operator_string, operator_arg_removal)
    ),
    (cst.BaseString, other_text),
    (cst.Call, other_argument),
    (cst.If, forced_if),
    (cst.CompIf, forced_filter),
    (cst.BooleanOperation, one_side),
    (cst.Expr, left_out),
]


@dataclass(frozen=True)
class Mutant:
    """One fault: `name` selects it in the instrumented module; else `code` is the whole module."""

    difference: str
    name: str = ""
    code: str = ""

    @property
    def key(self) -> str:
        return hashlib.sha256(self.difference.encode()).hexdigest()[:16]


def difference(before: str, after: str) -> str:
    """The lines that differ, with their neighbours, and without their numbers."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=4)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def mutants_of(source: str) -> tuple[list[Mutant], str]:
    """All mutants of a module's text, and the code that holds those of its functions."""
    visitor = MutationVisitor(OPERATORS, IgnoredCode(set(), set(), set()))
    tree = MetadataWrapper(cst.parse_module(source)).visit(visitor)
    inside = [m for m in visitor.mutations if _in_function(m)]
    file = combine_mutations_to_source(tree, inside)
    texts = _functions(file.code)
    found: dict[str, Mutant] = {}
    for name in file.mutant_names:
        original = name.partition("__mutmut_")[0]
        said = f"{original.replace('ǁ', '.')}\n" + difference(
            texts[f"{original}__mutmut_orig"], texts[name]
        )
        found.setdefault(said, Mutant(said, name=name))
    for mutation in visitor.mutations:
        if not _in_function(mutation):
            code = tree.deep_replace(mutation.original_node, mutation.mutated_node).code
            said = difference(source, code)
            found.setdefault(said, Mutant(said, code=code))
    return list(found.values()), file.code


def _in_function(mutation: Any) -> bool:
    return isinstance(mutation.contained_by_top_level_function, cst.FunctionDef)


def _functions(code: str) -> dict[str, str]:
    """The bodies of all functions and methods, by name."""
    tree = cst.parse_module(code)
    found: dict[str, str] = {}
    blocks = [tree, *(part.body for part in tree.body if isinstance(part, cst.ClassDef))]
    for block in blocks:
        for part in block.body:
            if isinstance(part, cst.FunctionDef):
                found[part.name.value] = tree.code_for_node(part.with_changes(name=cst.Name("f")))
    return found
