"""What the gradebook holds of one lesson, read in a few queries: scores, marks, penalties, comments."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import nbgrader.api as api
from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy import select

from autograder.classroom import times

STUDENT, SUBMISSION, NOTEBOOK = (m.__table__ for m in (api.Student, api.SubmittedAssignment, api.SubmittedNotebook))
GRADE, COMMENT, SOURCE, CELL = (m.__table__ for m in (api.Grade, api.Comment, api.Notebook, api.BaseCell))
GRADE_CELL, TASK_CELL = api.GradeCell.__table__, api.TaskCell.__table__


@dataclass(frozen=True)
class Cell:
    """A cell that has points. written: a person marks it"""

    name: str
    points: float
    written: bool


@dataclass
class Mark:
    """What one cell of one student has. needs: a person is to look; manual: what a person gave, without extra credit"""

    auto: float | None = None
    manual: float | None = None
    extra: float | None = None
    needs: bool = False
    auto_comment: str = ""
    comment: str = ""

    @property
    def score(self) -> float | None:
        """The points; None where neither an engine nor a person has given any."""
        given = self.manual if self.manual is not None else self.auto
        return None if given is None else given + (self.extra or 0.0)


@dataclass
class Sheet:
    """One student's rows."""

    student: str
    when: datetime.datetime | None = None
    extension: datetime.timedelta | None = None
    penalty: float = 0.0
    marks: dict[str, Mark] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """All points, lateness taken off."""
        return sum(mark.score or 0.0 for mark in self.marks.values()) - self.penalty

    def fingerprint(self, cells: Mapping[str, Cell]) -> str:
        """The same as long as nothing that a student sees of it has changed. cells: what the marks are out of"""
        seen = [(name, m.score, m.comment, m.auto_comment) for name, m in sorted(self.marks.items())]
        points = [(name, cell.points) for name, cell in sorted(cells.items())]
        return hashlib.sha256(repr((seen, points, round(self.penalty, 9), self.when)).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Lesson:
    """One lesson's part of the gradebook."""

    name: str
    due: datetime.datetime | None
    cells: dict[str, Cell]
    sheets: dict[str, Sheet]

    @property
    def points(self) -> float:
        """What can be reached."""
        return sum(cell.points for cell in self.cells.values())

    @property
    def written(self) -> list[Cell]:
        """The cells that a person marks."""
        return [cell for cell in self.cells.values() if cell.written]

    def late(self, sheet: Sheet) -> datetime.timedelta:
        """How late a hand-in is, the extension counted."""
        if sheet.when is None or self.due is None:
            return datetime.timedelta(0)
        return max(datetime.timedelta(0), sheet.when - self.due - (sheet.extension or datetime.timedelta(0)))


def read(book: Gradebook, lesson: str) -> Lesson:
    """A lesson's rows; without any where the gradebook does not know the lesson."""
    try:
        row = book.find_assignment(lesson)
    except MissingEntry:
        return Lesson(lesson, None, {}, {})
    cells = _cells(book, row.id)
    found = book.db.execute(
        select(SUBMISSION.c.id, SUBMISSION.c.student_id, SUBMISSION.c.timestamp, SUBMISSION.c.extension).where(
            SUBMISSION.c.assignment_id == row.id
        )
    ).all()
    sheets = {r.student_id: Sheet(r.student_id, times.from_gradebook(r.timestamp), r.extension) for r in found}
    penalties = book.db.execute(
        select(SUBMISSION.c.student_id, NOTEBOOK.c.late_submission_penalty)
        .join_from(NOTEBOOK, SUBMISSION, SUBMISSION.c.id == NOTEBOOK.c.assignment_id)
        .where(SUBMISSION.c.assignment_id == row.id)
    )
    for student, penalty in penalties:
        sheets[student].penalty += penalty or 0.0
    _fill(book, row.id, cells, sheets)
    return Lesson(lesson, times.from_gradebook(row.duedate), cells, sheets)


def _cells(book: Gradebook, assignment: str) -> dict[str, Cell]:
    found = {}
    for table in (GRADE_CELL, TASK_CELL):
        rows = book.db.execute(
            select(CELL.c.name, table.c.max_score, table.c.cell_type)
            .join_from(table, CELL, CELL.c.id == table.c.id)
            .join(SOURCE, SOURCE.c.id == CELL.c.notebook_id)
            .where(SOURCE.c.assignment_id == assignment)
        )
        for name, points, kind in rows:
            found[name] = Cell(name, points, table is TASK_CELL or kind == "markdown")
    return dict(sorted(found.items()))


def _fill(book: Gradebook, assignment: str, cells: dict[str, Cell], sheets: dict[str, Sheet]) -> None:
    def joined(table: Any, *columns: Any) -> Any:
        return (
            select(SUBMISSION.c.student_id, CELL.c.name, *columns)
            .join_from(table, NOTEBOOK, NOTEBOOK.c.id == table.c.notebook_id)
            .join(SUBMISSION, SUBMISSION.c.id == NOTEBOOK.c.assignment_id)
            .join(CELL, CELL.c.id == table.c.cell_id)
            .where(SUBMISSION.c.assignment_id == assignment)
        )

    columns = (GRADE.c.auto_score, GRADE.c.manual_score, GRADE.c.extra_credit, GRADE.c.needs_manual_grade)
    for student, name, auto, manual, extra, needs in book.db.execute(joined(GRADE, *columns)):
        if name in cells:
            sheets[student].marks[name] = Mark(auto, manual, extra, bool(needs))
    for student, name, auto, manual in book.db.execute(
        joined(COMMENT, COMMENT.c.auto_comment, COMMENT.c.manual_comment)
    ):
        if name in sheets[student].marks:
            sheets[student].marks[name].auto_comment = auto or ""
            sheets[student].marks[name].comment = manual or ""
