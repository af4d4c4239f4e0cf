"""The contract of an exercise notebook, proved on the instructor's version (design: "Exercises and checks")."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder import lessons

IMPORT = "from seqlib.exercises import check"
DEMONSTRATION_TAG = "skip-execution"


@dataclass(frozen=True)
class GradedCall:
    """The one thing that a graded cell says: which function, and whether on fresh inputs."""

    name: str
    hidden: bool


@functools.lru_cache(256)
def graded_call(source: str) -> GradedCall:
    """Read a graded cell. Raises ValueError that says what in it breaks the contract."""
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise ValueError(f"is not Python: {error}") from None
    if len(body) != 2 or ast.unparse(body[0]) != IMPORT:
        raise ValueError(f"must hold two statements, `{IMPORT}` and check(...)")
    if source.rstrip().endswith(";"):
        raise ValueError("ends with `;`, which hides the score from nbgrader")
    match body[1]:
        case ast.Expr(ast.Call(func=ast.Name("check"), args=[ast.Constant(str(name))], keywords=[])):
            return GradedCall(name, hidden=False)
        case ast.Expr(
            ast.Call(
                func=ast.Name("check"),
                args=[ast.Constant(str(name))],
                keywords=[ast.keyword("hidden", ast.Constant(True))],
            )
        ):
            return GradedCall(name, hidden=True)
    raise ValueError('must end in the bare expression check("name") or check("name", hidden=True)')


def is_check(cell: Any) -> bool:
    """Whether a cell is graded by a check (and not an answer that a person marks)."""
    meta = cell.metadata.get("nbgrader", {})
    return bool(meta.get("grade")) and not meta.get("solution") and cell.cell_type == "code"


def _only_imports(source: str) -> bool:
    return all(isinstance(statement, (ast.Import, ast.ImportFrom)) for statement in ast.parse(source).body)


def lint(path: Path) -> list[str]:
    """Everything in one solution notebook that breaks the contract, a sentence each."""
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
            points = exercises[call.name].check(call.hidden).points
            if meta["points"] != points:
                yield f"{label} has {meta['points']} points in its metadata, its check {points}"
            if DEMONSTRATION_TAG in tags:
                yield f"{label} is graded and tagged {DEMONSTRATION_TAG}: nbgrader would give it full marks unseen"
        elif meta.get("solution") and not meta.get("grade"):
            if "### BEGIN SOLUTION" not in cell.source or "### END SOLUTION" not in cell.source:
                yield f"{label} has no region between ### BEGIN SOLUTION and ### END SOLUTION"
        elif (
            meta.get("locked")
            and cell.cell_type == "code"
            and DEMONSTRATION_TAG not in tags
            and not _only_imports(cell.source)
        ):
            yield f"{label} does more than import, so it is a demonstration, and lacks the tag {DEMONSTRATION_TAG}"
    for name in exercises:
        for hidden in (False, True):
            count = seen.count(GradedCall(name, hidden))
            if count != 1:
                yield f"{count} cells hold the {'hidden' if hidden else 'visible'} check of {name}; expected 1"
    yield from (f"grade_id {name!r} occurs more than once" for name in {name for name in ids if ids.count(name) > 1})
