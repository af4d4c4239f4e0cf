"""The gradebook's version of an assignment and the source's: what differs, and how the gradebook takes the source over."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbgrader.api as api
from nbgrader.api import Base, Gradebook
from sqlalchemy import Connection, create_engine, delete, insert, or_, select, update
from traitlets.config import Config

from autograder.engine.errors import GradingError
from autograder.engine.gradebook import assignment_rows
from autograder.engine.writer import COMMENT, COMMENTED, GRADE, GRADED, NOTEBOOK

KINDS = {"GradeCell": "grade_cells", "SolutionCell": "solution_cells", "TaskCell": "task_cells"}
BASE, SOURCE = Base.metadata.tables["base_cell"], Base.metadata.tables["source_cell"]
Key = tuple[str, str, str]  # notebook, cell, kind


@dataclass(frozen=True)
class _Cell:
    """One row about a cell: its place in the gradebook, and what it says."""

    id: str
    notebook: str
    fields: dict[str, Any]


@contextmanager
def learnt(config: Config, assignment: str, course_id: str) -> Iterator[Gradebook]:
    """A gradebook that knows the assignment as its source is now, as `nbgrader generate_assignment` tells it."""
    from nbgrader.apps import NbGraderAPI  # all of nbgrader's commands; most runs need none

    with TemporaryDirectory() as folder:
        config = copy.deepcopy(config)  # Config(config) would share its sections
        config.CourseDirectory.release_directory = folder
        config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
        # With its tables there, nbgrader does not start alembic to ask for a version that nobody reads.
        Base.metadata.create_all(create_engine(config.CourseDirectory.db_url))
        result = NbGraderAPI(config=config).generate_assignment(assignment, force=True, create=True)
        if not result["success"]:
            why = (result.get("log") or result.get("error") or "").strip().splitlines()
            raise GradingError(
                f"nbgrader could not learn {assignment} from its source: {why[-1] if why else 'no reason given'}"
            )
        with Gradebook(config.CourseDirectory.db_url, course_id) as book:
            yield book


def differences(gradebook: Gradebook, source: Gradebook, assignment: str) -> list[str]:
    """What a grade depends on and what the gradebook has otherwise than the source, a few words a cell."""
    old, new = (_cells(assignment_rows(book, assignment)) for book in (gradebook, source))
    told: dict[str, str] = {}
    for key in sorted(old.keys() | new.keys()):
        _, name, _ = key
        if key not in old:
            told.setdefault(name, "is new" if not any(name == n for _, n, _ in old) else "is graded in another way")
        elif key not in new:
            told.setdefault(name, "is gone" if not any(name == n for _, n, _ in new) else "is graded in another way")
        elif (before := old[key].fields) != (after := new[key].fields):
            points = before.get("max_score"), after.get("max_score")
            told[name] = (
                f"has {points[1]:g} points, not {points[0]:g}"
                if points[0] != points[1]
                else told.get(name, "has another text")
            )
    return [f"{name} {what}" for name, what in told.items()]


def take_over(gradebook: Gradebook, source: Gradebook, assignment: str) -> None:
    """Give the gradebook the source's version, whole or not at all; scores and marks of cells that stay are kept.

    Raises GradingError where marks of a person would be lost, or the assignment has other notebooks than before.
    """
    old, new = assignment_rows(gradebook, assignment), assignment_rows(source, assignment)
    places = {row["name"]: row["id"] for row in old["notebook"]}
    if places.keys() != {row["name"] for row in new["notebook"]}:
        raise GradingError(f"the source of {assignment} has other notebooks than the gradebook knows")
    before, after = _cells(old), _cells(new)
    gradebook.db.rollback()
    with gradebook.engine.begin() as connection:
        for key in before.keys() - after.keys():
            _remove(connection, key, before[key].id)
        for key in before.keys() & after.keys():
            table = SOURCE if key[2] == "SourceCell" else Base.metadata.tables[KINDS[key[2]]]
            if after[key].fields and before[key].fields != after[key].fields:
                connection.execute(update(table).where(table.c.id == before[key].id).values(after[key].fields))
        for key in after.keys() - before.keys():
            _add(connection, key, after[key], places[key[0]])


def _cells(rows: dict[str, list[dict[str, Any]]]) -> dict[Key, _Cell]:
    """An assignment's cells by what they are; what only the database decides is left out."""
    notebooks = {row["id"]: row["name"] for row in rows["notebook"]}
    details = {row["id"]: row for table in KINDS.values() for row in rows[table]}
    cells = {
        (notebooks[row["notebook_id"]], row["name"], row["type"]): _Cell(
            row["id"], row["notebook_id"], _fields(details[row["id"]])
        )
        for row in rows["base_cell"]
    }
    for row in rows["source_cell"]:
        cells[notebooks[row["notebook_id"]], row["name"], "SourceCell"] = _Cell(
            row["id"], row["notebook_id"], _fields(row)
        )
    return cells


def _fields(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("id", "name", "notebook_id", "type")}


def _remove(connection: Connection, key: Key, cell: str) -> None:
    if key[2] == "SourceCell":
        connection.execute(delete(SOURCE).where(SOURCE.c.id == cell))
        return
    marked = or_(GRADE.c.manual_score.is_not(None), GRADE.c.extra_credit.is_not(None))
    if connection.execute(select(GRADE.c.id).where(GRADE.c.cell_id == cell, marked)).first():
        raise GradingError(f"the source has no {key[1]} any more, for which people have given marks: put the cell back")
    for table in (GRADE, COMMENT):
        connection.execute(delete(table).where(table.c.cell_id == cell))
    detail = Base.metadata.tables[KINDS[key[2]]]
    connection.execute(delete(detail).where(detail.c.id == cell))
    connection.execute(delete(BASE).where(BASE.c.id == cell))


def _add(connection: Connection, key: Key, cell: _Cell, notebook: str) -> None:
    """Add a cell, and its row for everybody who has handed in."""
    _, name, kind = key
    number = api.new_uuid()
    if kind == "SourceCell":
        connection.execute(insert(SOURCE).values(id=number, name=name, notebook_id=notebook, **cell.fields))
        return
    connection.execute(insert(BASE).values(id=number, name=name, type=kind, notebook_id=notebook))
    connection.execute(insert(Base.metadata.tables[KINDS[kind]]).values(id=number, **cell.fields))
    submitted = connection.scalars(select(NOTEBOOK.c.id).where(NOTEBOOK.c.notebook_id == notebook)).all()
    for table, kinds in ((GRADE, GRADED), (COMMENT, COMMENTED)):
        if kind in kinds and submitted:
            connection.execute(insert(table), [{"notebook_id": place, "cell_id": number} for place in submitted])


class Noted:
    """Which source a class's gradebooks have learnt, so that they need not be compared each time."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def knows(self, db_url: str, fingerprint: str) -> bool:
        """Whether this gradebook has learnt exactly this source."""
        return self._line(db_url, fingerprint) in (self._path.read_text().splitlines() if self._path.is_file() else ())

    def note(self, db_url: str, fingerprint: str) -> None:
        """Remember that it has."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        others = self._path.read_text().splitlines() if self._path.is_file() else []
        gradebook = self._line(db_url, "")
        kept = [line for line in others if not line.startswith(gradebook)]
        self._path.write_text("".join(f"{line}\n" for line in [*kept, self._line(db_url, fingerprint)]))

    def _line(self, db_url: str, fingerprint: str) -> str:
        from autograder.engine.submissions import digest

        place = db_url.replace(str(self._path.parents[1]), "")  # the class may be moved
        return f"{digest({'gradebook': place.encode()})[:16]} {fingerprint}"
