"""Scores leave the class: a table of its own, or the LMS's own file with these cells filled and nothing else changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom import files, roster, spreadsheet, status
from autograder.classroom.forms import CanvasForm, Index, MoodleForm
from autograder.classroom.lms import table
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
    fill = CanvasForm(found, lesson, column) if system == "canvas" else MoodleForm(found, lesson, column)
    fill.check(one.lesson.points)
    students = {student.id: student for student in roster.load(room)}
    filled = Filled(target)
    index = Index(list(students.values()))
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


def _fill_cell(found: Table, row: Row, fill: CanvasForm | MoodleForm, standing: Standing, filled: Filled) -> None:
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
