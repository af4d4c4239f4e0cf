"""Make the case files of the visible checks from the lessons, and tell whether those in the tree are in step."""

from __future__ import annotations

from pathlib import Path

from autograder.lessons import VISIBLE_SEED, check_of, lessons
from seqlib.exercises import cases
from seqlib.exercises.checks import Case, Check
from seqlib.exercises.compare import difference

Table = dict[str, tuple[Check, tuple[Case, ...]]]


def table(lesson: str) -> Table:
    """The visible checks of one lesson."""
    return {exercise.name: (check_of(exercise, False), exercise.cases(VISIBLE_SEED)) for exercise in lessons()[lesson]}


def write(folder: Path = cases.FOLDER) -> list[Path]:
    """Write the case file of every lesson that is missing or out of step; returns the files written."""
    written = []
    for lesson in lessons():
        path = folder / f"{lesson}.npz"
        if not in_step(lesson, path):
            cases.save(path, table(lesson))
            written.append(path)
    return written


def in_step(lesson: str, path: Path) -> bool:
    """Whether a case file holds what the lesson would give now (up to rounding on another processor)."""
    if not path.exists():
        return False
    try:
        stored, fresh = cases.load(path), table(lesson)
    except (KeyError, TypeError):  # written when a case had other fields
        return False
    return stored.keys() == fresh.keys() and all(
        stored[name][0] == check
        and len(stored[name][1]) == len(drawn)
        and not any(
            difference(cases.fields(new), cases.fields(old), rtol=1e-9, atol=1e-12)
            for new, old in zip(drawn, stored[name][1], strict=True)
        )
        for name, (check, drawn) in fresh.items()
    )
