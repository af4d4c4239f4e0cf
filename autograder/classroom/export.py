"""Scores leave the class: a table of its own, or the LMS's own file with these cells filled and nothing else changed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom import files, roster, spreadsheet, status
from autograder.classroom.lms import canvas, moodle, table
from autograder.classroom.lms.table import Row, Table
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.classroom.status import Standing, Status

TARGETS = ("csv", "canvas", "moodle")
NO_SCORE = ("", "-")


def name_for(lessons: list[str], to: str) -> Path:
    """The name of the file where none was asked for."""
    return Path(f"grades-{'-'.join(lessons)}{'' if to == 'csv' else f'-{to}'}.csv")


@dataclass
class Filled:
    """What an export did: cells filled, cells left blank by reason, students without a row, old scores by lesson and reason.

    kept: values of the LMS's file that stay, with the reason; replaced: values of it that this class's scores replace
    """

    path: Path
    written: int = 0
    blank: dict[str, list[str]] = field(default_factory=dict)
    rowless: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    stale: dict[str, list[str]] = field(default_factory=dict)

    def leave(self, reason: str, student: str) -> None:
        """Note a blank."""
        self.blank.setdefault(reason, []).append(student)

    def note(self, one: Status, standing: Standing | None) -> None:
        """Note a score that is not today's."""
        if standing is not None and standing.final and standing.stale:
            self.stale.setdefault(f"{one.lesson.name}, {standing.stale}", []).append(standing.student)


def to_csv(room: Room, lessons: list[str], path: Path) -> Filled:
    """A table of the class: a row a student, a column a lesson; blanks say why in a column of their own."""
    found = {lesson: status.read(room, lesson) for lesson in lessons}
    filled = Filled(path)
    header = ["id", "first_name", "last_name", "section"]
    for lesson in lessons:
        header += [lesson, f"{lesson} of", f"{lesson} late penalty", f"{lesson} note"]
    rows = [header]
    people = {student.id: student for student in roster.load(room)}
    everybody = sorted({s.student for one in found.values() for s in one.standings}, key=str.casefold)
    for student in everybody:
        known = people.get(student, roster.Student(student))
        row: list[str] = [student, known.first_name, known.last_name, known.section]
        for lesson in lessons:
            row += _cells(found[lesson], student, filled)
        rows.append(row)
    files.put(path, spreadsheet.as_csv(rows))
    return filled


def _cells(one: Status, student: str, filled: Filled) -> list[str]:
    standing = next((s for s in one.standings if s.student == student), None)
    filled.note(one, standing)
    if standing is None or standing.sheet is None or not standing.final:
        reason = standing.blank if standing else "not handed in"
        filled.leave(reason, student)
        return ["", f"{one.lesson.points:g}", "", reason]
    filled.written += 1
    penalty = f"{standing.sheet.penalty:.2f}" if standing.sheet.penalty else ""
    return [
        f"{standing.sheet.total:.2f}",
        f"{one.lesson.points:g}",
        penalty,
        standing.stale and f"stale: {standing.stale}",
    ]


def to_lms(room: Room, one: Status, system: str, template: Path, target: Path, column: str = "") -> Filled:
    """Fill the scores of a lesson into a copy of the file that Canvas or Moodle wrote.

    Raises Refusal where the file does not fit: another system's, no such column, other points, an unknown row.
    """
    filled, content = fill_in(room, one, system, template, target, column)
    files.put(target, content)
    return filled


def fill_in(
    room: Room, one: Status, system: str, template: Path, target: Path, column: str = ""
) -> tuple[Filled, bytes]:
    """What `to_lms` would write, without writing it."""
    found = table.read(template)
    lesson = one.lesson.name
    fill = _Canvas(found, lesson, column) if system == "canvas" else _Moodle(found, lesson, column)
    fill.check(one.lesson.points)
    students = {student.id: student for student in roster.load(room)}
    filled = Filled(target)
    index = _Index(list(students.values()))
    standings = {standing.student: standing for standing in one.standings}
    seen: dict[str, int] = {}
    for row in fill.rows():
        student = fill.who(row, index)
        if student is None:
            raise Refusal(
                f"{template}, line {row.line}: {fill.told(row)!r} is nobody in the roster; take the file as roster first"
            )
        if student in seen:
            raise Refusal(f"{template}, lines {seen[student]} and {row.line} are both {student}")
        seen[student] = row.line
        filled.note(one, standings[student])
        _fill_cell(found, row, fill, standings[student], filled)
    filled.rowless = [s.student for s in one.standings if s.student not in seen and s.handed_in]
    return filled, found.content()


def _fill_cell(found: Table, row: Row, fill: _Canvas | _Moodle, standing: Standing, filled: Filled) -> None:
    """Put a student's score into the file. A value that nothing here replaces stays: an import deletes what is blank."""
    there = row[fill.at].strip()
    value = "" if there in NO_SCORE else there
    if not (standing.final and standing.sheet is not None):
        if value:
            filled.kept.append(f"{standing.student} {value}, {standing.blank}")
        else:
            filled.leave(standing.blank, standing.student)
        return
    score = table.with_decimals(standing.sheet.total, fill.comma)
    if there.casefold() in fill.decided:
        filled.kept.append(f"{standing.student} {there}, {score} here")
        return
    filled.written += 1
    if value and table.number(value) == table.number(score):
        return
    if value:
        filled.replaced.append(f"{standing.student} {value} -> {score}")
    found.set(row, fill.at, score)


class _Index:
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


class _Canvas:
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

    def who(self, row: Row, index: _Index) -> str | None:
        """Whose row it is."""
        places = {kind: self.table.column(kind) for kind in ("ID", "SIS Login ID", "SIS User ID")}
        cells = {kind: row[at].strip() if at is not None else "" for kind, at in places.items()}
        return index.find(
            ("lms_id", cells["ID"]), ("id", cells["SIS Login ID"]), ("id", cells["SIS User ID"]), ("id", cells["ID"])
        )

    def told(self, row: Row) -> str:
        """The row for people."""
        return row[0].strip()


class _Moodle:
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

    def who(self, row: Row, index: _Index) -> str | None:
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
