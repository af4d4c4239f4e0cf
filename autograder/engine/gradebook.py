"""nbgrader's gradebook, opened once a process; the rows of one assignment; what people gave a submission."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbgrader.api as api
from nbgrader.api import Base, Gradebook, MissingEntry
from sqlalchemy import Connection, insert, inspect, select, text
from sqlalchemy.orm import scoped_session, sessionmaker

from autograder import patches
from autograder.engine.records import Mark, Marks

ASSIGNMENT_TABLES = (
    "course",
    "assignment",
    "notebook",
    "base_cell",
    "grade_cells",
    "solution_cells",
    "task_cells",
    "source_cell",
)
patches.silence_nbgraders_order()
_engines: dict[str, Any] = {}


class CachedGradebook(Gradebook):  # type: ignore[misc]
    """nbgrader's Gradebook on one database engine a process: opening it again costs nothing."""

    engine: Any

    def __init__(self, db_url: str, course_id: str = "default_course", authenticator: Any = None) -> None:
        if (known := _engines.get(db_url)) is None:
            super().__init__(db_url, course_id, authenticator)
            _engines[db_url] = self.engine
            return
        self.engine = known
        self.db = scoped_session(sessionmaker(autoflush=True, bind=known, future=True))
        self.course_id, self.authenticator = course_id, authenticator
        if db_url.startswith("sqlite:///") and not Path(db_url.removeprefix("sqlite:///")).exists():
            forget(db_url)
            self.__init__(db_url, course_id, authenticator)  # type: ignore[misc]

    def close(self) -> None:
        """Give the session back; the engine stays."""
        self.db.remove()


def forget(db_url: str) -> None:
    """Close the engine of a database."""
    if (engine := _engines.pop(db_url, None)) is not None:
        engine.dispose()


def begin_writing(connection: Connection) -> None:
    """Let nobody else write between what this transaction reads and what it writes, in however many processes."""
    if connection.dialect.name == "sqlite":
        # Else SQLite would let another one write until the first change.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.execute(text("LOCK TABLE student IN SHARE ROW EXCLUSIVE MODE"))


def assignment_rows(gradebook: Gradebook, assignment: str) -> dict[str, list[dict[str, Any]]]:
    """All rows of one assignment but its submissions, by table. Raises MissingEntry without the assignment."""
    row = gradebook.find_assignment(assignment)
    notebooks = [notebook.id for notebook in row.notebooks]
    base = api.BaseCell.__table__.c
    cells = list(gradebook.db.execute(select(base.id).where(base.notebook_id.in_(notebooks))).scalars())
    keys = {"course": [row.course_id], "assignment": [row.id], "notebook": notebooks, "source_cell": notebooks}
    rows = {}
    for name in ASSIGNMENT_TABLES:
        table = Base.metadata.tables[name]
        column = table.c.notebook_id if name == "source_cell" else table.c.id
        found = gradebook.db.execute(select(table).where(column.in_(keys.get(name, cells)))).mappings()
        rows[name] = [dict(values) for values in found]
    return rows


def register(gradebook: Gradebook, source: Gradebook, assignment: str) -> None:
    """Copy an assignment that `source` knows into a gradebook that does not, whole or not at all."""
    rows = assignment_rows(source, assignment)
    del rows["course"]
    try:
        # Somebody has made the assignment without its notebooks, to give it a date.
        known = gradebook.find_assignment(assignment)
        del rows["assignment"]
        for notebook in rows["notebook"]:
            notebook["assignment_id"] = known.id
    except MissingEntry:
        rows["assignment"][0]["course_id"] = gradebook.course_id
    for name, values in rows.items():
        if values:
            gradebook.db.execute(insert(Base.metadata.tables[name]), values)
    gradebook.db.commit()


def complete(gradebook: Gradebook) -> None:
    """Note the version in a gradebook whose making was interrupted before that."""
    if "alembic_version" not in inspect(gradebook.engine).get_table_names():
        gradebook.db.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        gradebook.db.execute(
            text("INSERT INTO alembic_version VALUES (:version)"), {"version": api.get_alembic_version()}
        )
        gradebook.db.commit()


def marks(gradebook: Gradebook, assignment: str, student: str) -> Marks:
    """What people have given this submission so far."""
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return Marks()
    given = (
        Mark(notebook.name, grade.name, grade.manual_score, grade.extra_credit)
        for notebook in submission.notebooks
        for grade in notebook.grades
        if grade.manual_score is not None or grade.extra_credit is not None
    )
    return Marks(tuple(given), submission.extension)
