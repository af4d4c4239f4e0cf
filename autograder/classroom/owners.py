"""Whose a hand-in is in an archive of Canvas or Moodle.

What the system wrote decides, and of that its own numbers before names: a name is chosen by whoever has it. Where what the system
wrote can be read in two ways that lead to different students, or that differ in lateness, the hand-in is nobody's.
"""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from autograder.classroom.lms import canvas, moodle, table
from autograder.classroom.lms.canvas import CanvasFile
from autograder.classroom.lms.moodle import MoodleFile
from autograder.classroom.people import People
from autograder.classroom.refusal import Refusal

MAX_DEPTH = 5  # of the folders around an archive that was packed again


@dataclass(frozen=True)
class Owner:
    """Whom a name in an archive leads to. student: "" where nobody is certain, for the reason `why`; by_name: by a name alone"""

    student: str = ""
    why: str = ""
    by_name: bool = False


def written(path: str, people: People) -> str:
    """A name as Canvas or Moodle wrote it, without folders around it that name nobody, as where an archive was packed again."""
    parts = path.split("/")[:MAX_DEPTH]
    for depth, part in enumerate(parts):
        inside = path.split("/", depth)[-1]
        if moodle.parse_name(inside) or canvas.readings(inside):
            return inside
        if people.by_key(part) or people.by_name(part):
            break
    return path


def in_canvas(path: str, readings: list[CanvasFile], people: People) -> tuple[CanvasFile, Owner]:
    """Whose a file in Canvas's archive is, and by which of its readings; there is at least one."""
    known = [(file, student) for file in readings if (student := _numbered(file, people))]
    if not known:
        return _by_name(path, readings, people)
    file, student = known[0]
    if any(other != student for _, other in known) or _hides_late([reading for reading, _ in known]):
        return readings[0], Owner(why=_unclear(path))
    # Canvas's own number stands before everything that the file is called; only a name can hold one before it.
    if file != readings[0] and not people.is_called(student, file.called):
        why = (
            f"{path!r} has a number in Canvas that is nobody's in the roster, {readings[0].user}, and further on that of {student!r}, "
            f"who is not called {file.called!r}; look, and collect it alone with --student ID"
        )
        return readings[0], Owner(why=why)
    return file, Owner(student)


def _numbered(file: CanvasFile, people: People) -> str:
    """Whose number a reading has: as the number in Canvas, or as the id of somebody without one whose name is no other."""
    if student := people.by_number(file.user):
        return student
    student = people.by_key(file.user)
    fits = student and not people.has_number(student) and people.is_called(student, file.called, or_nameless=True)
    return student if fits else ""


def _by_name(path: str, readings: list[CanvasFile], people: People) -> tuple[CanvasFile, Owner]:
    """Whose name a file has that has nobody's number: of those only whose number the roster does not know."""
    named = [(file, student) for file in readings if (student := _called(file, people))]
    unnumbered = [(file, student) for file, student in named if not people.has_number(student)]
    if unnumbered:
        file, student = unnumbered[0]
        if any(other != student for _, other in unnumbered) or _hides_late(readings):
            return readings[0], Owner(why=_unclear(path))
        return file, Owner(student, by_name=True)
    other = f", and {named[0][1]!r}, who is called so, has another one" if named else ""
    why = f"nobody in the roster has the number {readings[0].user} in Canvas ({path!r}){other}; take Canvas's gradebook as the roster"
    return readings[0], Owner(why=why)


def _called(file: CanvasFile, people: People) -> str:
    return people.by_name(file.called) or people.by_key(file.called)


def _hides_late(readings: list[CanvasFile]) -> bool:
    """Whether a later reading is late and the first is not: Canvas leaves no capitals in a name, so that no name can hold LATE."""
    return not readings[0].late and any(reading.late for reading in readings)


def _unclear(path: str) -> str:
    return (
        f"{path!r} can be read in two ways, since names of people and of files may hold numbers, and they differ in whose it is or "
        "whether it is late; look, and collect it alone with --student ID"
    )


class Worksheet:
    """Moodle's grading worksheet: who a participant's number is, when the hand-in came, and what is uncertain about that."""

    def __init__(self, path: Path, zone: datetime.tzinfo, people: People) -> None:
        found = table.read(path)
        if not moodle.is_worksheet(found):
            raise Refusal(
                f"{path} is no grading worksheet of Moodle: no columns 'Identifier' and 'Grade'; if it is one in another "
                "language, set Moodle to English, download it again, and upload the filled one with Moodle in English"
            )
        mail, name, when = (found.column(n) for n in ("Email address", moodle.FULL_NAME, moodle.SUBMITTED))
        by_mail: dict[str, str] = {}
        by_name: dict[str, str] = {}
        self.when: dict[str, datetime.datetime] = {}
        self.doubts: dict[str, str] = {}
        for row in found.rows[1:]:
            number = moodle.number_of(row, found)
            by_mail[number] = people.by_address(row[mail].strip()) if mail is not None else ""
            by_name[number] = people.by_name(row[name]) if name is not None and not by_mail[number] else ""
            if when is not None and (moment := moodle.time_of(row[when], zone)) is not None:
                self.when[number] = moment
            if when is not None and (doubt := moodle.doubt_of(row[when], zone)):
                self.doubts[number] = doubt
        # An address is one person's; a name is anybody's who takes it.
        rows = Counter([*by_mail.values(), *by_name.values()])
        certain = Counter(by_mail.values())
        self.student = {
            number: student if certain[student] == 1 else "" for number, student in by_mail.items() if student
        } | {number: student if rows[student] == 1 else "" for number, student in by_name.items() if student}


def in_moodle(file: MoodleFile, people: People, worksheet: Worksheet | None) -> Owner:
    """Whose a file in Moodle's archive is: by the worksheet, else by the name alone."""
    if not file.number:
        return Owner(
            why=f"{file.name!r} has two numbers of participants, and one may be part of a name; download it with folders"
        )
    student = worksheet.student.get(file.number, "") if worksheet else people.by_name(file.full_name)
    if student:
        return Owner(student, by_name=worksheet is None)
    why = f"nobody, or more than one, in the roster is called {file.full_name!r} (participant {file.number})"
    if worksheet and file.number in worksheet.student:
        why = f"{file.full_name!r} (participant {file.number}) leads to a student to whom another row of the worksheet leads as well"
    return Owner(why=why + ("" if worksheet else "; the grading worksheet says who it is: --worksheet FILE"))
