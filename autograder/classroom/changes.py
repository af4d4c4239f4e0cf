"""Decisions after a release: a check that counts in full for everybody, a check that is worth other points.

What a decision would change is listed before anything changes. It is written down with its reason, and it holds for whoever is
graded later, too: `apply` puts it on their grades.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import nbgrader.api as api
from nbgrader.api import Gradebook

from autograder.classroom import files, grades, hand_out, journal, late, voids
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room

MAX_POINTS = 1000.0


@dataclass(frozen=True)
class Change:
    """One student's total before and after."""

    student: str
    old: float
    new: float


def checks(room: Room, lesson: str, name: str) -> list[str]:
    """The graded code cells that a name means: one cell, or both of a function's. Raises Refusal for none."""
    with room.folder.gradebook() as book:
        cells = grades.read(book, lesson).cells
    known = [cell.name for cell in cells.values() if not cell.written]
    found = [cell for cell in known if cell == name] or [
        cell for cell in known if cell in (f"{name}-visible", f"{name}-hidden")
    ]
    if not found and name in cells:
        raise Refusal(
            f"{name!r} in {lesson} is a written answer and no check: give everybody its points in autograder mark {lesson}, or "
            f"change what it is worth in source/{lesson} and run autograder grade {lesson} --regrade"
        )
    if not found:
        raise Refusal(f"no check {name!r} in {lesson}; there are: {', '.join(known) or 'none, it is not released yet'}")
    return found


def void(room: Room, lesson: str, name: str, reason: str, *, write: bool) -> list[Change]:
    """Give everybody who is graded the full points of a check; returns whose totals change.

    write: else nothing is written
    """
    found = checks(room, lesson, name)
    with room.folder.gradebook() as book:
        changes = _totals(book, room, lesson, lambda: voids.give_full(book, lesson, found))
        if write:
            book.db.commit()
        else:
            book.db.rollback()
    if write and set(found) - voids.voided(room, lesson).keys():
        journal.note(room, "void", lesson=lesson, checks=found, reason=reason, students=[c.student for c in changes])
    return changes


def apply(room: Room, lesson: str) -> list[Change]:
    """Put the decisions on grades that were given since; penalties follow. Returns whose totals change."""
    found = voids.voided(room, lesson)
    if not found:
        return []
    with room.folder.gradebook() as book:
        changes = _totals(book, room, lesson, lambda: voids.give_full(book, lesson, found))
        book.db.commit()
    return changes


def points(room: Room, lesson: str, wanted: dict[str, float], reason: str, *, write: bool) -> list[Change]:
    """Change what checks are worth: in the class's source, its release and its gradebook; scores keep their share.

    wanted: the new points of each cell
    Returns whose totals change. write: else nothing is written
    """
    for name, value in wanted.items():
        if checks(room, lesson, name) != [name]:
            raise Refusal(f"{name!r} has two checks; say which: {', '.join(checks(room, lesson, name))}")
        if not 0 < value <= MAX_POINTS:
            raise Refusal(f"{name}={value:g}: more than 0 points, and at most {MAX_POINTS:g}; `void` takes a check out")
    with room.folder.gradebook() as book:
        changes = _totals(book, room, lesson, lambda: _reweigh(book, lesson, wanted))
        if not write:
            book.db.rollback()
            return changes
        # The notebooks first: a run that ends between the two is repeated, and finds only the gradebook to change.
        _rewrite_source(room, lesson, wanted)
        hand_out.regenerate(room, lesson)
        _follow_release(book, room, lesson)
        journal.note(room, "points", lesson=lesson, points=wanted, reason=reason, students=[c.student for c in changes])
        book.db.commit()
    return changes


def _totals(book: Gradebook, room: Room, lesson: str, change: Any) -> list[Change]:
    """Make a change inside the open transaction; returns whose totals it moves, lateness counted."""
    before = {student: sheet.total for student, sheet in grades.read(book, lesson).sheets.items()}
    change()
    book.db.flush()
    book.db.expire_all()
    late.settle(book, lesson, late.policy_of(room.settings, lesson))
    book.db.flush()
    after = {student: sheet.total for student, sheet in grades.read(book, lesson).sheets.items()}
    return [Change(s, before[s], after[s]) for s in sorted(after) if abs(before[s] - after[s]) > 1e-9]


def _reweigh(book: Gradebook, lesson: str, wanted: dict[str, float]) -> None:
    for notebook in book.find_assignment(lesson).notebooks:
        for cell in notebook.grade_cells:
            if cell.name in wanted and cell.max_score != wanted[cell.name]:
                factor = wanted[cell.name] / cell.max_score
                for grade in cell.grades:
                    grade.auto_score = None if grade.auto_score is None else round(grade.auto_score * factor, 6)
                    grade.manual_score = None if grade.manual_score is None else round(grade.manual_score * factor, 6)
                cell.max_score = wanted[cell.name]


def _rewrite_source(room: Room, lesson: str, wanted: dict[str, float]) -> None:
    for path in sorted(room.place("source", ".", lesson).glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            given = cell["metadata"].get("nbgrader", {})
            if given.get("grade_id") in wanted:
                value = wanted[given["grade_id"]]
                given["points"] = int(value) if value == int(value) else value
        files.put(path, (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode())


def _follow_release(book: Gradebook, room: Room, lesson: str) -> None:
    """Give the gradebook's cells the checksums of the new release, with which submissions are compared."""
    for path in sorted(room.place("release", ".", lesson).glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        sums = {
            c["metadata"]["nbgrader"]["grade_id"]: c["metadata"]["nbgrader"].get("checksum")
            for c in cells
            if "nbgrader" in c["metadata"]
        }
        row = book.find_notebook(path.stem, lesson)
        for source in book.db.query(api.SourceCell).filter(api.SourceCell.notebook_id == row.id):
            if sums.get(source.name) and source.checksum != sums[source.name]:
                source.checksum = sums[source.name]
