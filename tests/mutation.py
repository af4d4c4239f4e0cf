"""Mechanical mutants of the library, made from its syntax trees, and whether the tests catch them.

`python -m tests.mutation` runs all of them, `python -m tests.mutation seqlib.rnn seqlib.lstm` those of some modules. A mutant
that no test can catch stands in equivalent_mutants.toml with the reason; any other survivor is a hole in the tests.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import functools
import gc
import importlib
import inspect
import multiprocessing
import os
import signal
import sys
import tomllib
import types
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
RECURRENT = ("test_fast.py", "test_gradients.py", "test_sequences.py", "test_errors.py")
NETWORKS = ("test_models.py", "test_errors.py")
TESTS = {
    **dict.fromkeys(
        (f"seqlib.{name}" for name in ("rnn", "gru", "lstm", "bidirectional", "cells", "output")),
        RECURRENT,
    ),
    "seqlib.deep": (*RECURRENT, "test_models.py", "test_deep.py"),
    **dict.fromkeys((f"seqlib.fast.{name}" for name in ("rnn", "gru", "lstm", "output", "layout")), RECURRENT),
    **dict.fromkeys((f"seqlib.fast.{name}" for name in ("losses", "embeddings")), ("test_fast.py",)),
    "seqlib.support.returned": ("test_sequences.py",),
    "seqlib.support.steps": RECURRENT,
    "seqlib.activations": RECURRENT,
    "seqlib.parameters": ("test_errors.py", "test_initialise.py", "test_sequences.py"),
    "seqlib.initialise": ("test_initialise.py",),
    "seqlib.jacobians": ("test_jacobians.py",),
    **dict.fromkeys(
        (f"seqlib.{name}" for name in ("models", "language_model", "encoder_decoder", "captioning")),
        NETWORKS,
    ),
    "seqlib.embeddings": (*NETWORKS, "test_embeddings.py"),
    **dict.fromkeys((f"seqlib.{name}" for name in ("window_model", "counts")), ("test_embeddings.py",)),
    **dict.fromkeys(
        (f"seqlib.{name}" for name in ("losses", "clipping", "optimisers", "training")),
        ("test_training.py", "test_models.py"),
    ),
    **dict.fromkeys((f"seqlib.{name}" for name in ("forms", "pooling")), ("test_forms.py",)),
    "seqlib.convolution": ("test_captions.py",),
    "seqlib.ctc": ("test_ctc.py",),
    "seqlib.ngrams": ("test_ngrams.py",),
    "seqlib.bleu": ("test_bleu.py",),
    "seqlib.sampling": ("test_sampling.py",),
    "seqlib.data.date_lists": ("test_translation_lesson.py",),
    "seqlib.beam": ("test_bleu_search.py", "test_models.py"),
    "seqlib.gradients": ("test_training.py", "test_gradients.py"),
    **dict.fromkeys((f"seqlib.{name}" for name in ("words", "vocabulary", "batches", "metrics")), ("test_words.py",)),
    "seqlib.fast.memory": ("test_memory.py",),
    "seqlib.notation": ("test_notation.py",),
    "seqlib.review": ("test_review.py",),
}
LIMIT = 120  # seconds: a mutant that makes a loop endless is caught by its test run not ending


@dataclass(frozen=True)
class Mutant:
    """One change of one function."""

    module: str
    function: str
    line: int
    before: str
    after: str
    occurrence: int
    tree: ast.Module

    @property
    def key(self) -> str:
        """What names this mutant in the list of equivalent ones; it does not depend on line numbers."""
        which = f" ({self.occurrence})" if self.occurrence > 1 else ""
        return f"{self.module}.{self.function}: {self.before} -> {self.after}{which}"


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
        case ast.Attribute(value, "T") | ast.Call(ast.Attribute(value, "transpose")):
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
    seen: Counter[tuple[str, str, str]] = Counter()
    for name, function in _functions(tree.body):
        places = [node for statement in function.body for node in _nodes(statement)]
        for index, place in enumerate(places):
            for variant in variants(place):
                changed = copy.deepcopy(function)
                changed.decorator_list = []
                target = [node for statement in changed.body for node in _nodes(statement)][index]
                changed = _Replace(target, variant).visit(changed)
                # a method is compiled inside a class, so that super() finds its own
                whole = ast.ClassDef("C", [], [], [changed], [], type_params=[]) if "." in name else changed
                new = ast.fix_missing_locations(ast.Module([*_imports(tree), whole], []))
                before, after = ast.unparse(place), ast.unparse(variant)
                seen[name, before, after] += 1
                yield Mutant(module, name, place.lineno, before, after, seen[name, before, after], new)


def _functions(body: list[ast.stmt], before: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a module and the methods of its classes, with their names."""
    for node in body:
        if isinstance(node, ast.FunctionDef):
            yield before + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node.body, f"{node.name}.")


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
    """Whether the tests of its module pass with the mutant in place. It stays in place: to be called in a process of its own."""
    place = functools.reduce(getattr, mutant.function.split("."), importlib.import_module(mutant.module))
    function = inspect.unwrap(place.fget if isinstance(place, property) else place)
    code = compile(mutant.tree, function.__code__.co_filename, "exec")
    if "." in mutant.function:
        code = _find(code, "C")
    function.__code__ = _find(code, mutant.function.rpartition(".")[2])
    files = [str(HERE / name) for name in TESTS[mutant.module]]
    with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = "-x -q --tb=no -p no:cacheprovider -p no:xdist -p no:randomly -W ignore"
        return pytest.main([*options.split(), *files]) == pytest.ExitCode.OK


def _find(code: types.CodeType, name: str) -> types.CodeType:
    return next(const for const in code.co_consts if isinstance(const, types.CodeType) and const.co_name == name)


def _try(job: tuple[str, int]) -> tuple[str, int, bool]:
    """Try one mutant in this process, which does nothing else."""
    module, number = job
    signal.signal(signal.SIGALRM, lambda *_: os._exit(1))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.alarm(LIMIT)
        os.write(writer, b"1" if survives(_mutants(module)[number]) else b"0")
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as said:
        alive = said.read() == b"1"
    os.waitpid(child, 0)
    return module, number, alive


@functools.cache
def _mutants(module: str) -> list[Mutant]:
    return list(mutants(module))


def equivalent() -> dict[str, str]:
    """The mutants that no test can catch, with the reason."""
    return {
        row["mutant"]: row["reason"]
        for row in tomllib.loads((HERE / "equivalent_mutants.toml").read_text())["equivalent"]
    }


def main(arguments: list[str]) -> int:
    """Try every mutant; print the survivors that are not listed and return their number."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("modules", nargs="*", default=list(TESTS))
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    options = parser.parse_args(arguments)
    known = equivalent()
    for files in {name for module in options.modules for name in TESTS[module]}:
        importlib.import_module(f"tests.{files.removesuffix('.py')}")  # once, before the processes part
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    jobs = [(module, i) for module in options.modules for i, m in enumerate(_mutants(module)) if m.key not in known]
    total = sum(len(_mutants(module)) for module in options.modules)
    survivors = 0
    gc.freeze()  # the collector of a child would touch, and so copy, every page
    with multiprocessing.get_context("fork").Pool(options.workers) as pool:
        for number, (module, index, alive) in enumerate(pool.imap_unordered(_try, jobs), 1):
            if alive:
                survivors += 1
                mutant = _mutants(module)[index]
                print(f"SURVIVED {mutant.key} (line {mutant.line})", flush=True)
            if number % 100 == 0:
                print(f"{number} of {len(jobs)} tried, {survivors} survived", flush=True)
    print(
        f"{total} mutants: {len(jobs) - survivors} caught, {total - len(jobs)} listed as equivalent, {survivors} survived"
    )
    return survivors


if __name__ == "__main__":
    sys.exit(bool(main(sys.argv[1:])))
