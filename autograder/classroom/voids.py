"""Checks that a class has voided: everybody who is graded has their full points, whatever has graded them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nbgrader.api import Gradebook

from autograder.classroom import grades, journal
from autograder.classroom.room import Room


def voided(room: Room, lesson: str) -> dict[str, str]:
    """The checks that count in full for everybody, with the reason."""
    return {cell: line["reason"] for line in journal.lines(room, "void", lesson) for cell in line["checks"]}


def hold(lesson: grades.Lesson, names: Iterable[str]) -> bool:
    """Whether everybody who is graded has the full points of these checks. A grader of nbgrader's own knows of no decision."""
    full = {name: lesson.cells[name].points for name in names if name in lesson.cells}
    return all(
        mark.score is None or (mark.manual == full[name] and not mark.needs)
        for sheet in lesson.sheets.values()
        for name, mark in sheet.marks.items()
        if name in full
    )


def give_full(book: Gradebook, lesson: str, names: Iterable[str]) -> None:
    """Give everybody who is graded the full points of these checks; the caller commits."""
    for grade in _rows(book, lesson, names):
        if grade.auto_score is not None or grade.manual_score is not None:
            grade.manual_score, grade.needs_manual_grade = float(grade.cell.max_score), False


def _rows(book: Gradebook, lesson: str, names: Iterable[str]) -> list[Any]:
    wanted = set(names)
    return [g for s in book.assignment_submissions(lesson) for n in s.notebooks for g in n.grades if g.name in wanted]
