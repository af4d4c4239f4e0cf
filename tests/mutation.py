"""Mechanical mutants of the library, made from its syntax trees, and whether the tests catch them.

`python -m tests.mutation` runs all of them, `python -m tests.mutation seqlib.rnn seqlib.lstm` those of some modules. A mutant
that no test can catch stands in equivalent_mutants.toml with the reason; any other survivor is a hole in the tests.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import importlib
import io
import sys
import tomllib
import types
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
RECURRENT = ("test_gradients.py", "test_sequences.py", "test_errors.py")
TESTS = {
    "seqlib.rnn": RECURRENT,
    "seqlib.gru": RECURRENT,
    "seqlib.lstm": RECURRENT,
    "seqlib.bidirectional": RECURRENT,
    "seqlib.deep": RECURRENT,
    "seqlib.cells": RECURRENT,
    "seqlib.output": RECURRENT,
    "seqlib.layout": RECURRENT,
    "seqlib.activations": RECURRENT,
}


@dataclass(frozen=True)
class Mutant:
    """One change of one function."""

    module: str
    function: str
    line: int
    before: str
    after: str
    tree: ast.Module

    @property
    def key(self) -> str:
        """What names this mutant in the list of equivalent ones; it does not depend on line numbers."""
        return f"{self.module}.{self.function}: {self.before} -> {self.after}"


def variants(node: ast.AST) -> Iterator[ast.AST]:
    """Everything that is done to one place: other signs, no transpose, a term left out, operands in another order."""
    match node:
        case ast.BinOp(left, ast.Add(), right):
            yield ast.BinOp(left, ast.Sub(), right)
            yield from (left, right)
        case ast.BinOp(left, ast.Sub(), right):
            yield ast.BinOp(left, ast.Add(), right)
            yield ast.BinOp(right, ast.Sub(), left)
            yield from (left, right)
        case ast.BinOp(left, ast.MatMult() | ast.Div() | ast.Pow() as operator, right):
            yield ast.BinOp(right, operator, left)
        case ast.UnaryOp(ast.USub(), operand):
            yield operand
        case ast.Attribute(value, "T"):
            yield value
        case ast.AugAssign(target, ast.Add(), value):
            yield ast.AugAssign(target, ast.Sub(), value)
            yield ast.Pass()
        case ast.AugAssign(target, ast.Sub(), value):
            yield ast.AugAssign(target, ast.Add(), value)
            yield ast.Pass()
        case ast.AugAssign(target, ast.Mult(), value):
            yield ast.Pass()
        case ast.Call(ast.Attribute(ast.Name("np"), "subtract" | "matmul" as name) as function, [one, other], keywords):
            yield ast.Call(function, [other, one], keywords)
            if name == "subtract":
                yield ast.Call(ast.Attribute(function.value, "add", ast.Load()), [one, other], keywords)
        case ast.Call(
            ast.Attribute(ast.Name("np"), "concatenate") as function, [ast.List([_, _, *_] as items)], keywords
        ):
            yield ast.Call(function, [ast.List(items[::-1], ast.Load())], keywords)


def mutants(module: str) -> Iterator[Mutant]:
    """All mutants of a module's functions, in the order of the text. Errors' texts and annotations are left alone."""
    source = Path(importlib.import_module(module).__file__ or "").read_text()
    tree = ast.parse(source)
    for function in tree.body:
        if not isinstance(function, ast.FunctionDef):
            continue
        places = [node for statement in function.body for node in _nodes(statement)]
        for index, place in enumerate(places):
            for variant in variants(place):
                changed = copy.deepcopy(function)
                target = [node for statement in changed.body for node in _nodes(statement)][index]
                changed = _Replace(target, variant).visit(changed)
                new = ast.fix_missing_locations(ast.Module([*_imports(tree), changed], []))
                yield Mutant(module, function.name, place.lineno, ast.unparse(place), ast.unparse(variant), new)


def _imports(tree: ast.Module) -> list[ast.stmt]:
    return [node for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__"]


def _nodes(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement, but for what is raised and how it is annotated."""
    if isinstance(statement, ast.Raise):
        return
    yield statement
    for name, field in ast.iter_fields(statement):
        if name in ("annotation", "returns"):
            continue
        for child in field if isinstance(field, list) else [field]:
            if isinstance(child, ast.AST):
                yield from _nodes(child)


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, by: ast.AST) -> None:
        self.target, self.by = target, by

    def visit(self, node: ast.AST) -> ast.AST:
        return copy.deepcopy(self.by) if node is self.target else self.generic_visit(node)


def survives(mutant: Mutant) -> bool:
    """Whether the tests of its module pass with the mutant in place."""
    function = getattr(importlib.import_module(mutant.module), mutant.function)
    original = function.__code__
    code = compile(mutant.tree, function.__code__.co_filename, "exec")
    function.__code__ = next(
        const for const in code.co_consts if isinstance(const, types.CodeType) and const.co_name == mutant.function
    )
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            files = [str(HERE / name) for name in TESTS[mutant.module]]
            return (
                pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-W", "ignore", *files])
                == pytest.ExitCode.OK
            )
    finally:
        function.__code__ = original


def equivalent() -> dict[str, str]:
    """The mutants that no test can catch, with the reason."""
    return {
        row["mutant"]: row["reason"]
        for row in tomllib.loads((HERE / "equivalent_mutants.toml").read_text())["equivalent"]
    }


def main(modules: list[str]) -> int:
    """Try every mutant; print the survivors that are not listed and return their number."""
    known = equivalent()
    chosen = [mutant for module in modules or TESTS for mutant in mutants(module)]
    survivors = []
    for number, mutant in enumerate(chosen, 1):
        if mutant.key not in known and survives(mutant):
            survivors.append(mutant)
            print(f"SURVIVED {mutant.key} (line {mutant.line})", flush=True)
        if number % 50 == 0:
            print(f"{number} of {len(chosen)} tried, {len(survivors)} survived", flush=True)
    print(
        f"{len(chosen)} mutants: {len(chosen) - len(survivors) - sum(m.key in known for m in chosen)} caught, "
        f"{sum(m.key in known for m in chosen)} listed as equivalent, {len(survivors)} survived"
    )
    return len(survivors)


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
