"""The scratch gradebook on which nbgrader's own pipeline grades a submission: in memory, one transaction, undone at the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from typing import Any

import nbgrader.api as api
from nbgrader.api import Base, Gradebook, MissingEntry
from sqlalchemy import create_engine, insert, select, update
from sqlalchemy.orm import Session, with_polymorphic
from sqlalchemy.pool import StaticPool

from autograder import patches
from autograder.engine.gradebook import CachedGradebook
from autograder.engine.records import Marks, NotebookRows, Rows
from autograder.engine.writer import make_missing

# Sums that the database works out when they are asked for; each of nbgrader's steps asks again.
_COMPUTED = {
    mapper.class_: {prop.key for prop in mapper.column_attrs if prop.deferred or prop.key == "score"}
    for mapper in Base.registry.mappers
}
_CELLS = with_polymorphic(api.BaseCell, "*")
NOBODY = "nobody"
_current: dict[str, ScratchGradebook] = {}


class _Session(Session):
    """Everything in one transaction, which is never committed."""

    def commit(self) -> None:
        """Nothing: what is asked next sees it anyway."""


class ScratchGradebook(Gradebook):  # type: ignore[misc]
    """One submission's gradebook: nbgrader opens it many times, and it is this one object each time.

    What has been read stays in memory, and what nbgrader looks up by a cell's name is found there.
    """

    def __init__(self, engine: Any, address: str, course_id: str, student: str) -> None:
        self.engine, self.course_id, self.authenticator = engine, course_id, None
        self.db = _Session(engine, expire_on_commit=False, future=True)
        for model, name in ((api.Student, "id"), (api.SubmittedAssignment, "student_id")):
            self.db.execute(update(model.__table__).values({name: student}))
        # Held here, or each cell would be asked for on its own.
        self._cells = self.db.scalars(select(_CELLS)).all()
        self._address = address
        self._known: dict[tuple[Any, ...], Any] = {}
        _current[address] = self

    def __enter__(self) -> ScratchGradebook:
        """Let sums be worked out again."""
        self.db.flush()
        for row in self.db:
            if stale := _COMPUTED[type(row)] & row.__dict__.keys():
                self.db.expire(row, stale)
        return self

    def close(self) -> None:
        """Nothing: nbgrader's next step opens it again."""

    def end(self) -> None:
        """Undo everything, for the next submission."""
        del _current[self._address]
        self.db.rollback()
        self.db.close()

    def _once(self, read: Callable[..., Any], *names: str) -> Any:
        key = (read.__name__, *names)
        if key not in self._known:
            self._known[key] = read(*names)
        return self._known[key]

    def find_assignment(self, name: str) -> Any:
        """The assignment of this name."""
        return self._once(super().find_assignment, name)

    def find_notebook(self, name: str, assignment: str) -> Any:
        """The instructor's notebook of this name."""
        return self._once(super().find_notebook, name, assignment)

    def find_submission(self, assignment: str, student: str) -> Any:
        """What a student has handed in."""
        return self._once(super().find_submission, assignment, student)

    def find_submission_notebook(self, notebook: str, assignment: str, student: str) -> Any:
        """One of its notebooks."""
        return self._once(super().find_submission_notebook, notebook, assignment, student)

    def find_source_cell(self, name: str, notebook: str, assignment: str) -> Any:
        """The instructor's cell of this name."""
        return _named(self.find_notebook(notebook, assignment).source_cells, name)

    def find_graded_cell(self, name: str, notebook: str, assignment: str) -> Any:
        """The grade or task cell of this name."""
        cells = self.find_notebook(notebook, assignment)
        return _named([*cells.grade_cells, *cells.task_cells], name)

    def find_grade(self, cell: str, notebook: str, assignment: str, student: str) -> Any:
        """A student's grade for one cell."""
        return _named(self.find_submission_notebook(notebook, assignment, student).grades, cell)

    def find_comment(self, cell: str, notebook: str, assignment: str, student: str) -> Any:
        """The comment on one cell of a student's."""
        return _named(self.find_submission_notebook(notebook, assignment, student).comments, cell)


def _named(rows: Iterable[Any], name: str) -> Any:
    for row in rows:
        if row.name == name:
            return row
    raise MissingEntry(f"no cell {name}")


def open_gradebook(db_url: str, course_id: str = "default_course", authenticator: Any = None) -> Gradebook:
    """What nbgrader opens in this process: the scratch gradebook of the submission that is being graded."""
    found = _current.get(db_url)
    return CachedGradebook(db_url, course_id, authenticator) if found is None else found


def engine_of(content: bytes) -> Any:
    """A database engine on a gradebook in memory that starts as the SQLite file `content`."""
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    connection.deserialize(content)
    return create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool, future=True)


def content_of(rows: dict[str, list[dict[str, Any]]]) -> bytes:
    """A gradebook as a SQLite file: these rows, by table, and one submission, which is everybody's in turn."""
    connection = sqlite3.connect(":memory:")
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool, future=True)
    Base.metadata.create_all(engine)
    with engine.begin() as writer:
        for name, values in rows.items():
            if values:
                writer.execute(insert(Base.metadata.tables[name]), values)
        make_missing(writer, rows["assignment"][0]["id"], [NOBODY])
    return connection.serialize()


def quicken_nbgrader() -> None:
    """Let nbgrader's pipeline use the scratch gradebook in this process, which is the engine's."""
    patches.quicken_nbgrader(open_gradebook)


def apply_marks(gradebook: Gradebook, assignment: str, student: str, found: Marks) -> None:
    """Give the scratch submission what `marks` found, since lateness and reviews depend on it."""
    if found == Marks():
        return
    submission = gradebook.update_or_create_submission(assignment, student)
    submission.extension = found.extension
    for mark in found.given:
        grade = gradebook.find_grade(mark.cell, mark.notebook, assignment, student)
        grade.manual_score, grade.extra_credit = mark.score, mark.extra_credit
    gradebook.db.commit()


def read_rows(gradebook: Gradebook, assignment: str, student: str) -> Rows:
    """A graded submission's rows."""
    submission = gradebook.find_submission(assignment, student)
    return Rows(
        submission.timestamp,
        {
            notebook.name: NotebookRows(
                notebook.late_submission_penalty,
                {
                    grade.cell.name: grade.auto_score
                    for grade in notebook.grades
                    if isinstance(grade.cell, api.GradeCell)
                },
                {comment.cell.name: comment.auto_comment for comment in notebook.comments},
            )
            for notebook in submission.notebooks
        },
    )
