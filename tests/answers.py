"""The answers of tests/right_answers and tests/wrong_answers as data."""

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

import nbformat

from autograder.lessons import lessons
from autograder.release import ROOT

TESTS = Path(__file__).parent
LESSONS = sorted(lessons())


@dataclass(frozen=True)
class Answer:
    """One cell as a student leaves it. `names`: what the message says, one of them; none where the mistake is not recognised."""

    lesson: str
    function: str
    what: str
    code: str
    names: tuple[str, ...] = ()
    blind: bool = False

    @property
    def mistake(self) -> str:
        return self.what

    def __str__(self) -> str:
        return f"{self.function}: {self.what}"


def setup_cell(lesson: str) -> str:
    """The set-up cell of an exercise."""
    return _cells(lesson)["setup"]


def setup(lesson: str) -> dict:
    """What the set-up cell of an exercise leaves in the namespace."""
    scope: dict = {}
    exec(setup_cell(lesson), scope)
    return scope


@functools.cache
def _cells(lesson: str) -> dict[str, str]:
    notebook = nbformat.read(ROOT / "exercises" / lesson / f"{lesson}.ipynb", as_version=4)
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in notebook.cells if "nbgrader" in cell.metadata}


@functools.cache
def right_answers(lesson: str) -> tuple[Answer, ...]:
    """The right answers of a lesson; the first of each function is the one that patches start from."""
    rows = tomllib.loads((TESTS / "right_answers" / f"{lesson}.toml").read_text())["right"]
    return tuple(Answer(lesson, row["function"], row["style"], row["code"]) for row in rows)


@functools.cache
def wrong_answers(lesson: str) -> tuple[Answer, ...]:
    """The wrong answers of a lesson: whole cells, or the first right answer with one piece replaced."""
    rows = tomllib.loads((TESTS / "wrong_answers" / f"{lesson}.toml").read_text())["wrong"]
    return tuple(
        Answer(
            lesson,
            row["function"],
            row["mistake"],
            row.get("code") or _patched(lesson, row),
            tuple(row["names"]),
            row["blind"],
        )
        for row in rows
    )


def _patched(lesson: str, row: dict) -> str:
    code = next(answer.code for answer in right_answers(lesson) if answer.function == row["function"])
    if code.count(row["old"]) != 1:
        raise ValueError(f"{row['function']}: {row['old']!r} is not there once")
    return code.replace(row["old"], row["new"])
