"""Where a class stands: for each student and lesson what is there, what is missing, and what is to be done."""

from __future__ import annotations

import datetime
import json
from dataclasses import dataclass, field
from typing import Any

from autograder.classroom import grades, late, marked, received, roster, times, voids, went_back
from autograder.classroom.grades import Sheet
from autograder.classroom.room import Room
from autograder.engine import times as engine_times
from autograder.engine.errors import GradingError
from autograder.engine.ledger import log_of
from autograder.engine.submissions import TIME, digest, read_files

AGAIN = "handed in again"


@dataclass
class Standing:
    """One student in one lesson.

    not_taken: why a hand-in could not be collected; aside: why one was set aside
    timeless: whether the LMS says that it came late, and nobody says when
    stale: why its grade is not today's; to_mark: written answers without a mark;
    again: written answers whose mark was given for another text, question or points; returned: "", "yes" or "changed since"
    """

    student: str
    name: str = ""
    section: str = ""
    enrolled: bool = True
    handed_in: bool = False
    not_taken: str = ""
    late: datetime.timedelta = datetime.timedelta(0)
    timeless: bool = False
    graded: bool = False
    aside: str = ""
    stale: str = ""
    to_mark: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    returned: str = ""
    sheet: Sheet | None = None

    @property
    def final(self) -> bool:
        """Whether its score is a number that may leave the class."""
        return self.handed_in and self.graded and not self.aside and not self.to_mark and not self.again

    @property
    def shown(self) -> bool:
        """Whether there is a page of it for the student."""
        return self.graded and not self.aside and self.sheet is not None

    @property
    def blank(self) -> str:
        """Why it has no score; "" where it has one."""
        if not self.handed_in:
            return "not taken" if self.not_taken else "not handed in"
        if self.aside:
            return "set aside"
        if not self.graded:
            return "not graded"
        if self.to_mark:
            return "not marked"
        return "marked for another answer" if self.again else ""

    @property
    def state(self) -> str:
        """One word for the table."""
        if not self.handed_in or self.aside or not self.graded:
            return self.blank
        return "stale" if self.stale else "graded"


@dataclass(frozen=True)
class Status:
    """A whole lesson."""

    lesson: grades.Lesson
    standings: list[Standing]

    def counts(self) -> dict[str, int]:
        """How many are in each state."""
        enrolled = [s for s in self.standings if s.enrolled or s.handed_in]
        return {
            "students": len(enrolled),
            "handed in": sum(s.handed_in for s in enrolled),
            "late": sum(bool(s.late) or s.timeless for s in enrolled),
            "graded": sum(s.graded and not s.aside for s in enrolled),
            "stale": sum(bool(s.stale) for s in enrolled),
            "set aside": sum(bool(s.aside) for s in enrolled),
            "to mark": sum(bool(s.to_mark or s.again) for s in enrolled),
            "returned": sum(s.returned == "yes" for s in enrolled),
        }


def read(room: Room, lesson: str) -> Status:
    """Where a lesson stands, with voided checks and penalties as they were decided, whoever gave the grades and marks of today."""
    policy, void = late.policy_of(room.settings, lesson), voids.voided(room, lesson)
    with room.folder.gradebook() as book:
        found = grades.read(book, lesson)
        if not (voids.hold(found, void) and (policy is None or _settled(found, policy))):
            voids.give_full(book, lesson, void)
            book.db.flush()
            book.db.expire_all()  # sums that the database makes
            late.settle(book, lesson, policy)
            book.db.commit()
            found = grades.read(book, lesson)
        if marked.follow(room, book, found):
            book.db.commit()
    students = {student.id: student for student in roster.load(room)}
    present = room.folder.students(lesson, "*")
    log = log_lines(room, lesson)
    now = _versions(room, lesson)
    returned = went_back.read(room, lesson)
    hand_ins = room.root / "received" / lesson
    refused = received.reasons(hand_ins)
    standings = []
    for student in sorted(students.keys() | set(present), key=str.casefold):
        known = students.get(student)
        standing = Standing(student)
        if known is not None:
            standing.name, standing.section, standing.enrolled = known.name, known.section, known.enrolled == "yes"
        standing.sheet = found.sheets.get(student)
        if student not in present:
            standing.not_taken = refused.get(student, "")
        else:
            _judge(standing, found, log.get(student, {}), room, now)
        if (line := returned.get(student)) is not None and standing.sheet is not None:
            standing.returned = (
                "yes" if went_back.is_same(line, went_back.today(room, found, standing.sheet)) else "changed since"
            )
        standings.append(standing)
    return Status(found, standings)


def _settled(lesson: grades.Lesson, policy: str) -> bool:
    """Whether every penalty is the policy's; formgrader writes a mark and leaves the penalty as it was."""
    return all(
        abs(sheet.penalty - (sheet.total + sheet.penalty) * late.share(policy, lesson.late(sheet).total_seconds()))
        < 1e-9
        for sheet in lesson.sheets.values()
    )


def _judge(standing: Standing, lesson: grades.Lesson, line: dict[str, Any], room: Room, now: dict[str, Any]) -> None:
    standing.handed_in = True
    sheet = standing.sheet
    handed, standing.aside = _handed_in(room, lesson.name, standing.student)
    if lesson.due is not None and handed is not None:
        over = handed - lesson.due - ((sheet and sheet.extension) or datetime.timedelta(0))
        standing.late = max(over, datetime.timedelta(0))
    hand_ins = room.root / "received" / lesson.name / standing.student
    standing.timeless = handed is None and received.is_timeless(hand_ins)
    if line.get("event") == "set-aside":
        standing.aside = str(line.get("reason", "no reason is noted"))
    standing.graded = line.get("event") == "graded" or (
        # By nbgrader's own commands, which keep no log.
        not line and room.place("autograded", standing.student, lesson.name).is_dir()
    )
    if sheet is None or not standing.graded:
        standing.graded = False
        return
    for name in (cell.name for cell in lesson.written):
        mark = sheet.marks.get(name, grades.Mark(needs=True))
        if mark.needs and mark.manual is None:
            standing.to_mark.append(name)
        elif mark.needs:
            standing.again.append(name)
    standing.stale = _stale(standing.student, lesson.name, line, room, now)


def _handed_in(room: Room, lesson: str, student: str) -> tuple[datetime.datetime | None, str]:
    """When a hand-in came, as grading reads it, and why grading will set it aside where that cannot be read."""
    path = room.place("submitted", student, lesson) / TIME
    try:
        content = {} if path.is_symlink() or not path.is_file() else {TIME: path.read_bytes()}
        return times.from_gradebook(engine_times.hand_in_time(content)), ""
    except OSError as error:
        return None, f"its {TIME} cannot be read: {error.strerror}"
    except GradingError as error:
        return None, str(error)


def _stale(student: str, lesson: str, line: dict[str, Any], room: Room, now: dict[str, Any]) -> str:
    if not line:
        return ""
    try:
        if digest(read_files(room.place("submitted", student, lesson))) != line.get("digest"):
            return AGAIN
    except GradingError:
        return AGAIN
    before = line.get("versions", {})
    if before.get("source") not in (None, now["source"]):
        return "the lesson has changed"
    return "the checks have changed" if before.get("engine") not in (None, now["engine"]) else ""


def _versions(room: Room, lesson: str) -> dict[str, Any]:
    from autograder.engine.why import engine_version

    return {"engine": engine_version(), "source": room.folder.source_digest(lesson)}


def log_lines(room: Room, lesson: str) -> dict[str, dict[str, Any]]:
    """The last line of each student that says how grading ended."""
    path = log_of(room.root, lesson)
    found = {}
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else ():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if isinstance(line, dict) and line.get("event") in ("graded", "set-aside"):
            found[str(line.get("student"))] = line
    return found


def extended(standing: Standing, status: Status, zone: datetime.tzinfo) -> str:
    """Until when a student may hand in who has an extension; "" without one."""
    extension = standing.sheet and standing.sheet.extension
    return times.show(status.lesson.due + extension, zone) if status.lesson.due is not None and extension else ""


def show(standing: Standing, status: Status, zone: datetime.tzinfo) -> tuple[str, ...]:
    """A row for the table."""
    sheet = standing.sheet
    score = f"{sheet.total:.2f} / {status.lesson.points:g}" if sheet is not None and standing.final else ""
    until = extended(standing, status, zone)
    notes = ["" if standing.enrolled else "no longer in the class", until and f"extended to {until}"]
    notes += [standing.not_taken, standing.aside, standing.stale and f"stale: {standing.stale}"]
    notes += [f"{name} to mark" for name in standing.to_mark] + [f"{name} to look at again" for name in standing.again]
    if sheet is not None and sheet.penalty and standing.final:
        notes.append(f"{sheet.penalty:.2f} off for lateness")
    late = span(standing.late) if standing.late else "unknown" if standing.timeless else ""
    return (
        standing.student,
        standing.section,
        standing.state,
        late,
        score,
        standing.returned,
        "; ".join(filter(None, notes)),
    )


def span(over: datetime.timedelta) -> str:
    """A duration for people."""
    hours = over.total_seconds() / 3600
    return f"{hours / 24:.1f} d" if hours >= 24 else f"{hours:.1f} h"


def due_of(status: Status, room: Room) -> str:
    """The due date for people."""
    return times.show(status.lesson.due, room.zone) or "no due date"
