"""The files of an LMS as forms to fill: which column is the lesson's, which rows are students', and whose each is."""

from __future__ import annotations

import unicodedata

from autograder.classroom import roster
from autograder.classroom.lms import canvas, moodle, table
from autograder.classroom.lms.table import Row, Table
from autograder.classroom.refusal import Refusal


class Index:
    """Students by what a file says of them."""

    def __init__(self, students: list[roster.Student]) -> None:
        self.by: dict[tuple[str, str], str | None] = {}
        for student in students:
            for kind, value in (
                ("id", student.id),
                ("lms_id", student.lms_id),
                ("email", student.email),
                ("name", student.name),
            ):
                if value:
                    key = kind, value.casefold()
                    self.by[key] = None if key in self.by and self.by[key] != student.id else student.id

    def find(self, *keys: tuple[str, str]) -> str | None:
        """The first of the keys that is one student's."""
        texts = ((kind, unicodedata.normalize("NFC", value.strip()).casefold()) for kind, value in keys)
        return next((found for key in texts if key[1] and (found := self.by.get(key))), None)


class CanvasForm:
    """Canvas's gradebook as a form to fill."""

    decided: tuple[str, ...] = ("ex", "n/a")  # somebody has excused the student, or not given them the assignment

    def __init__(self, found: Table, lesson: str, column: str) -> None:
        if not canvas.is_gradebook(found):
            raise Refusal(f"{found.path} is no gradebook of Canvas: its header does not start with Student and ID")
        self.table = found
        self.points = canvas.points_row(found)
        self.at = canvas.assignment_column(found, column or lesson)
        self.comma = "," in self.points[self.at]

    def check(self, points: float) -> None:
        """Raises Refusal where the assignment is worth something else."""
        if "read only" in self.points[self.at]:
            raise Refusal(f"{self.table.path}: the column {self.table.header[self.at]!r} is read only in Canvas")
        worth = table.number(self.points[self.at])
        if worth is None or abs(worth - points) > 0.005:
            raise Refusal(
                f"{self.table.path}, line {self.points.line}: {self.table.header[self.at]!r} is worth "
                f"{self.points[self.at].strip() or 'nothing'} in Canvas, {points:g} here"
            )

    def rows(self) -> list[Row]:
        """The students' rows."""
        return [row for row in self.table.rows[1:] if canvas.is_student(self.table, row)]

    def who(self, row: Row, index: Index) -> str | None:
        """Whose row it is."""
        places = {kind: self.table.column(kind) for kind in ("ID", "SIS Login ID", "SIS User ID")}
        cells = {kind: row[at].strip() if at is not None else "" for kind, at in places.items()}
        return index.find(
            ("lms_id", cells["ID"]), ("id", cells["SIS Login ID"]), ("id", cells["SIS User ID"]), ("id", cells["ID"])
        )

    def told(self, row: Row) -> str:
        """The row for people."""
        return row[0].strip()


class MoodleForm:
    """Moodle's grading worksheet or gradebook as a form to fill."""

    decided: tuple[str, ...] = ()

    def __init__(self, found: Table, lesson: str, column: str) -> None:
        self.table = found
        self.worksheet = moodle.is_worksheet(found)
        if self.worksheet:
            at = found.column(moodle.GRADE)
            self.at = -1 if at is None else at
        elif moodle.is_gradebook(found):
            self.at = moodle.grade_column(found, column or lesson)
        else:
            raise Refusal(
                f"{found.path} is neither a grading worksheet nor a gradebook of Moodle, by its header; if it is a worksheet "
                "in another language, set Moodle to English, download it again, and upload it with Moodle in English"
            )
        self.comma = any("," in row[self.at] and table.number(row[self.at]) is not None for row in found.rows[1:])

    def check(self, points: float) -> None:
        """Raises Refusal where the assignment is worth something else, or a grade cannot be changed."""
        worth, open_ = self.table.column(moodle.MAXIMUM), self.table.column("Grade can be changed")
        for row in self.rows():
            value = table.number(row[worth]) if self.worksheet and worth is not None else None
            if value is not None and abs(value - points) > 0.005:
                raise Refusal(
                    f"{self.table.path}, line {row.line}: the assignment is worth {value:g} in Moodle, {points:g} here"
                )
            if open_ is not None and self.worksheet and row[open_].strip() == "No":
                raise Refusal(f"{self.table.path}, line {row.line}: Moodle says that this grade cannot be changed")

    def rows(self) -> list[Row]:
        """The students' rows."""
        return [row for row in self.table.rows[1:] if not row.is_blank()]

    def who(self, row: Row, index: Index) -> str | None:
        """Whose row it is."""
        cell = {
            kind: self._cell(row, *names)
            for kind, names in {
                "mail": moodle.MAIL,
                "number": moodle.NUMBER,
                "user": moodle.USER,
                "name": (moodle.FULL_NAME,),
            }.items()
        }
        full = cell["name"] or f"{self._cell(row, *moodle.FIRST)} {self._cell(row, *moodle.LAST)}"
        keys = (
            ("id", cell["user"]),
            ("id", cell["number"]),
            ("id", cell["mail"]),
            ("email", cell["mail"]),
            ("name", full),
        )
        return index.find(*keys)

    def _cell(self, row: Row, *names: str) -> str:
        at = self.table.column(*names)
        return row[at] if at is not None else ""

    def told(self, row: Row) -> str:
        """The row for people."""
        return " ".join(value for value in row.values()[:3] if value)
