"""The contract of an exercise notebook, proved on the instructor's version."""

from __future__ import annotations

import ast
import contextlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import nbformat

from autograder import lessons, rehearsal
from autograder.contract import BEGIN_SOLUTION, DEMONSTRATION_TAG, END_SOLUTION, GradedCall, graded_call, is_check
from autograder.lessons.exercise import Exercise
from seqlib.support.swap import is_replaceable


def _only_imports(source: str) -> bool:
    try:
        return all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in ast.parse(source).body)
    except SyntaxError:  # a magic, such as %matplotlib inline
        return False


def lint(path: Path) -> list[str]:
    """Everything in one solution notebook that breaks the contract, a sentence each; nothing of a lesson that is left out here."""
    if lessons.why_left_out(path.stem):
        return []
    notebook = nbformat.read(path, as_version=4)
    return [f"{path}: {text}" for text in _problems(notebook, path.stem)]


def _problems(notebook: Any, lesson: str) -> Iterator[str]:
    exercises = {exercise.name: exercise for exercise in lessons.lessons().get(lesson, ())}
    if not exercises:
        yield f"autograder/lessons has no {lesson}"
    named = [(number, cell) for number, cell in enumerate(notebook.cells, 1) if cell.metadata.get("nbgrader")]
    for number, cell in named:
        found = _check(cell, lesson, exercises) if is_check(cell) else _other(cell)
        yield from (f"cell {number} ({cell.metadata.nbgrader['grade_id']}) {text}" for text in found)
    calls = Counter(_calls(cell for _, cell in named if is_check(cell)))
    for name in exercises:
        for hidden in (False, True):
            if (count := calls[GradedCall(name, hidden)]) != 1:
                yield f"{count} cells hold the {'hidden' if hidden else 'visible'} check of {name}; expected 1"
    if exercises:
        yield from rehearsal.problems(lesson, _solved(notebook))
        yield from _swaps(notebook, lesson)
    ids = Counter(cell.metadata.nbgrader["grade_id"] for _, cell in named)
    yield from (f"grade_id {name!r} occurs more than once" for name, count in ids.items() if count > 1)


def _check(cell: Any, lesson: str, exercises: Mapping[str, Exercise]) -> Iterator[str]:
    """What is wrong with a graded cell."""
    try:
        call = graded_call(cell.source)
    except ValueError as error:
        yield str(error)
        return
    if call.name not in exercises:
        yield f"checks {call.name!r}, which {lesson} does not have"
        return
    given, points = cell.metadata.nbgrader["points"], exercises[call.name].points(call.hidden)
    if given != points:
        yield f"has {given} points in its metadata, its check {points}"
    if _demonstrates(cell):
        yield f"is graded and tagged {DEMONSTRATION_TAG}: nbgrader would give it full marks unseen"


def _other(cell: Any) -> Iterator[str]:
    """What is wrong with a cell that no check grades: an answer, a demonstration or what a learner is given."""
    meta = cell.metadata.nbgrader
    if meta.get("solution") and not meta.get("grade"):
        if BEGIN_SOLUTION not in cell.source or END_SOLUTION not in cell.source:
            yield f"has no region between {BEGIN_SOLUTION} and {END_SOLUTION}"
    elif not (meta.get("solution") or cell.cell_type != "code" or _demonstrates(cell) or _only_imports(cell.source)):
        yield f"does more than import, so it is a demonstration, and lacks the tag {DEMONSTRATION_TAG}"
    elif _demonstrates(cell) and meta.get("locked"):
        yield "is a demonstration and locked: learners are asked to change it"


def _calls(checks: Iterable[Any]) -> Iterator[GradedCall]:
    for cell in checks:
        with contextlib.suppress(ValueError):
            yield graded_call(cell.source)


def _demonstrates(cell: Any) -> bool:
    return DEMONSTRATION_TAG in cell.metadata.get("tags", [])


def _solved(notebook: Any) -> list[tuple[str, str]]:
    """The cells that run before checks, name and source: not the checks themselves, and no demonstrations."""
    return [
        (cell.metadata.get("nbgrader", {}).get("grade_id", cell.get("id", "")), cell.source)
        for cell in notebook.cells
        if cell.cell_type == "code" and not is_check(cell) and not _demonstrates(cell)
    ]


def _swaps(notebook: Any, lesson: str) -> Iterator[str]:
    shown = "\n".join(cell.source for cell in notebook.cells if _demonstrates(cell))
    for name in lessons.swaps(lesson):
        if name not in shown:
            yield f"SWAPS names {name}, which no demonstration puts into the library"
        if not is_replaceable(name):
            yield f"SWAPS names {name}, which seqlib cannot replace: decorate it with seqlib.support.swap.replaceable"
