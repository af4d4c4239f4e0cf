"""The one writer: submissions' rows enter the class's gradebook in one transaction, many at once."""

from __future__ import annotations

from typing import Any

import nbgrader.api as api
from nbgrader.api import Gradebook
from sqlalchemy import Connection, bindparam, insert, select, update

from autograder.engine.gradebook import begin_writing
from autograder.engine.records import Rows

STUDENT, SUBMISSION, NOTEBOOK = (
    model.__table__ for model in (api.Student, api.SubmittedAssignment, api.SubmittedNotebook)
)
GRADE, COMMENT, SOURCE, CELL = (model.__table__ for model in (api.Grade, api.Comment, api.Notebook, api.BaseCell))
GRADED, COMMENTED = ("GradeCell", "TaskCell"), ("SolutionCell", "TaskCell")

Changes = dict[str, tuple[float | None, float | None]]


def write_rows(gradebook: Gradebook, assignment: str, found: dict[str, Rows]) -> dict[str, Changes]:
    """Copy submissions' rows into the class's gradebook, all or none; what people wrote there stays.

    found: by student
    Returns for each student the automatic scores that changed: from the cell's name to the old and the new one.
    """
    known = gradebook.find_assignment(assignment).id
    gradebook.db.rollback()  # one connection reads and writes
    with gradebook.engine.begin() as connection:
        begin_writing(connection)
        make_missing(connection, known, list(found))
        _write_submissions(connection, known, found)
        changed = _write_grades(connection, known, found)
        _write_comments(connection, known, found)
    return changed


def make_missing(connection: Connection, assignment: str, students: list[str]) -> None:
    """Rows for who has none yet, as nbgrader makes them: with the assignment's whole structure and no score."""
    there = set(connection.scalars(select(STUDENT.c.id).where(STUDENT.c.id.in_(students))))
    _insert(connection, STUDENT, [{"id": student} for student in students if student not in there])
    there = set(connection.scalars(select(SUBMISSION.c.student_id).where(SUBMISSION.c.assignment_id == assignment)))
    made = [
        {"id": api.new_uuid(), "assignment_id": assignment, "student_id": student}
        for student in students
        if student not in there
    ]
    if not made:
        return
    sources = connection.scalars(select(SOURCE.c.id).where(SOURCE.c.assignment_id == assignment)).all()
    cells = connection.execute(
        select(CELL.c.id, CELL.c.notebook_id, CELL.c.type).where(CELL.c.notebook_id.in_(sources))
    ).all()
    notebooks = [
        {"id": api.new_uuid(), "assignment_id": submission["id"], "notebook_id": source}
        for submission in made
        for source in sources
    ]
    _insert(connection, SUBMISSION, made)
    _insert(connection, NOTEBOOK, notebooks)
    for table, kinds in ((GRADE, GRADED), (COMMENT, COMMENTED)):
        rows = [
            {"notebook_id": notebook["id"], "cell_id": cell.id}
            for notebook in notebooks
            for cell in cells
            if cell.notebook_id == notebook["notebook_id"] and cell.type in kinds
        ]
        _insert(connection, table, rows)


def _insert(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _update(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        names = [name for name in rows[0] if name != "key"]
        changes: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
        values = [{"key": row["key"], **{f"new_{name}": row[name] for name in names}} for row in rows]
        connection.execute(update(table).where(table.c.id == bindparam("key")).values(changes), values)


def _write_submissions(connection: Connection, assignment: str, found: dict[str, Rows]) -> None:
    mine = (SUBMISSION.c.assignment_id == assignment) & SUBMISSION.c.student_id.in_(list(found))
    times = [
        {"key": row.id, "timestamp": when}
        for row in connection.execute(select(SUBMISSION.c.id, SUBMISSION.c.student_id).where(mine))
        if (when := found[row.student_id].timestamp)
    ]
    _update(connection, SUBMISSION, times)
    rows = connection.execute(
        select(NOTEBOOK.c.id, SUBMISSION.c.student_id, SOURCE.c.name)
        .where(mine)
        .join_from(NOTEBOOK, SUBMISSION, SUBMISSION.c.id == NOTEBOOK.c.assignment_id)
        .join(SOURCE, SOURCE.c.id == NOTEBOOK.c.notebook_id)
    )
    _update(
        connection,
        NOTEBOOK,
        [{"key": row.id, "late_submission_penalty": found[row.student_id].notebooks[row.name].penalty} for row in rows],
    )


def _rows_of(connection: Connection, table: Any, columns: list[Any], assignment: str, found: dict[str, Rows]) -> Any:
    """The rows of a table of cells that belong to these submissions, with student, notebook and the cell's name."""
    return connection.execute(
        select(
            table.c.id,
            SUBMISSION.c.student_id,
            SOURCE.c.name.label("notebook"),
            CELL.c.name.label("cell"),
            CELL.c.type,
            *columns,
        )
        .join_from(table, NOTEBOOK, NOTEBOOK.c.id == table.c.notebook_id)
        .join(SUBMISSION, SUBMISSION.c.id == NOTEBOOK.c.assignment_id)
        .join(SOURCE, SOURCE.c.id == NOTEBOOK.c.notebook_id)
        .join(CELL, CELL.c.id == table.c.cell_id)
        .where(SUBMISSION.c.assignment_id == assignment, SUBMISSION.c.student_id.in_(list(found)))
    ).all()


def _write_grades(connection: Connection, assignment: str, found: dict[str, Rows]) -> dict[str, Changes]:
    changed: dict[str, Changes] = {student: {} for student in found}
    new = []
    for row in _rows_of(connection, GRADE, [GRADE.c.auto_score, GRADE.c.manual_score], assignment, found):
        grades = found[row.student_id].notebooks[row.notebook].grades
        if row.type == "GradeCell" and row.cell in grades:
            score = grades[row.cell]
            if score != row.auto_score:
                changed[row.student_id][row.cell] = row.auto_score, score
            needed = row.manual_score is not None or score is None
            new.append({"key": row.id, "auto_score": score, "needs_manual_grade": needed})
    _update(connection, GRADE, new)
    return changed


def _write_comments(connection: Connection, assignment: str, found: dict[str, Rows]) -> None:
    new = [
        {"key": row.id, "auto_comment": found[row.student_id].notebooks[row.notebook].comments.get(row.cell)}
        for row in _rows_of(connection, COMMENT, [], assignment, found)
    ]
    _update(connection, COMMENT, new)
