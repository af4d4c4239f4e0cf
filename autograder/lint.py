"""The contract of an exercise notebook, proved on the instructor's version (design: "Exercises and checks")."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat

from autograder import lessons, rehearsal
from autograder.contract import DEMONSTRATION_TAG, GradedCall, graded_call, is_check
from seqlib.support.swap import is_replaceable


def _only_imports(source: str) -> bool:
    return all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in ast.parse(source).body)


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
    seen: list[GradedCall] = []
    ids: list[str] = []
    for number, cell in enumerate(notebook.cells, 1):
        meta = cell.metadata.get("nbgrader")
        tags = cell.metadata.get("tags", [])
        if not meta:
            continue
        label = f"cell {number} ({meta['grade_id']})"
        ids.append(meta["grade_id"])
        if is_check(cell):
            try:
                call = graded_call(cell.source)
            except ValueError as error:
                yield f"{label} {error}"
                continue
            seen.append(call)
            if call.name not in exercises:
                yield f"{label} checks {call.name!r}, which {lesson} does not have"
                continue
            points = exercises[call.name].points(call.hidden)
            if meta["points"] != points:
                yield f"{label} has {meta['points']} points in its metadata, its check {points}"
            if DEMONSTRATION_TAG in tags:
                yield f"{label} is graded and tagged {DEMONSTRATION_TAG}: nbgrader would give it full marks unseen"
        elif meta.get("solution") and not meta.get("grade"):
            if "### BEGIN SOLUTION" not in cell.source or "### END SOLUTION" not in cell.source:
                yield f"{label} has no region between ### BEGIN SOLUTION and ### END SOLUTION"
        elif (
            not meta.get("solution")
            and cell.cell_type == "code"
            and DEMONSTRATION_TAG not in tags
            and not _only_imports(cell.source)
        ):
            yield f"{label} does more than import, so it is a demonstration, and lacks the tag {DEMONSTRATION_TAG}"
        elif DEMONSTRATION_TAG in tags and meta.get("locked"):
            yield f"{label} is a demonstration and locked: learners are asked to change it"
    for name in exercises:
        for hidden in (False, True):
            count = seen.count(GradedCall(name, hidden))
            if count != 1:
                yield f"{count} cells hold the {'hidden' if hidden else 'visible'} check of {name}; expected 1"
    if exercises:
        yield from rehearsal.problems(lesson, _solved(notebook))
        yield from _swaps(notebook, lesson)
    yield from (f"grade_id {name!r} occurs more than once" for name in {name for name in ids if ids.count(name) > 1})


def _solved(notebook: Any) -> list[tuple[str, str]]:
    """The cells that run before checks, name and source: not the checks themselves, and no demonstrations."""
    return [
        (cell.metadata.get("nbgrader", {}).get("grade_id", cell.get("id", "")), cell.source)
        for cell in notebook.cells
        if cell.cell_type == "code" and not is_check(cell) and DEMONSTRATION_TAG not in cell.metadata.get("tags", [])
    ]


def _swaps(notebook: Any, lesson: str) -> Iterator[str]:
    shown = "\n".join(cell.source for cell in notebook.cells if DEMONSTRATION_TAG in cell.metadata.get("tags", []))
    for name in lessons.swaps(lesson):
        if name not in shown:
            yield f"SWAPS names {name}, which no demonstration puts into the library"
        if not is_replaceable(name):
            yield f"SWAPS names {name}, which seqlib cannot replace: decorate it with seqlib.support.swap.replaceable"
