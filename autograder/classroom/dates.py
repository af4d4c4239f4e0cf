"""Due dates, late policies and extensions, in nbgrader's gradebook."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from nbgrader.api import Assignment, Gradebook, MissingEntry

from autograder.classroom import journal, late, roster, times
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.engine.writer import make_missing

Penalties = dict[str, tuple[float, float]]


@dataclass(frozen=True)
class Extension:
    """What a student was given, and what that changes of grades that are there."""

    until: datetime.datetime | None
    penalties: Penalties


def find(book: Gradebook, lesson: str) -> Assignment:
    """A lesson's row. Raises Refusal where it is not released."""
    try:
        return book.find_assignment(lesson)
    except MissingEntry:
        raise Refusal(f"{lesson} is not released yet: autograder release {lesson} --due DATE") from None


def due(room: Room, lesson: str) -> datetime.datetime | None:
    """When a lesson is due; None where nothing was said."""
    with room.folder.gradebook() as book:
        try:
            return times.from_gradebook(book.find_assignment(lesson).duedate)
        except MissingEntry:
            return None


def set_due(room: Room, lesson: str, moment: datetime.datetime | None, policy: str | None) -> Penalties:
    """Set when a lesson is due and what lateness costs; penalties that are there follow. None changes nothing.

    Returns for each student whose penalty changed the old and the new one. Extensions keep the day that was promised.
    """
    if policy is not None:
        late.share(policy, 0)
        room.save(late={**room.settings.get("late", {}), lesson: policy})
    with room.folder.gradebook() as book:
        row = find(book, lesson)
        if moment is not None and row.duedate != (new := times.naive_utc(moment)):
            given = promised(room, lesson)
            for submission in row.submissions:
                if row.duedate is not None and (until := _until(submission, row.duedate, given)) is not None:
                    submission.extension = _beyond(new, until)
            row.duedate = new
            book.db.flush()
        changed = late.settle(book, lesson, late.policy_of(room.settings, lesson))
        book.db.commit()
    return changed


def promised(room: Room, lesson: str) -> dict[str, datetime.datetime | None]:
    """Until when `extend` has given each student time, in UTC; None where that was taken back."""
    lines = journal.lines(room, "extension", lesson)
    days = {str(line["student"]): line["until"] for line in lines}
    return {who: day and times.naive_utc(datetime.datetime.fromisoformat(day)) for who, day in days.items()}


def _until(
    submission: Any, due: datetime.datetime, given: dict[str, datetime.datetime | None]
) -> datetime.datetime | None:
    """Until when a student has time: the day that was promised, also where a later due date has overtaken it.

    Where the gradebook says otherwise, nbgrader or formgrader has changed it since, and that counts.
    """
    day = given.get(submission.student_id)
    if day is not None and submission.extension == _beyond(due, day):
        return day
    return None if submission.extension is None else due + submission.extension


def _beyond(due: datetime.datetime, until: datetime.datetime) -> datetime.timedelta | None:
    """How much longer than the due date a day is; None where it is not."""
    return max(until - due, datetime.timedelta(0)) or None


def extend(room: Room, student: str, lesson: str, until: datetime.datetime | None, reason: str = "") -> Extension:
    """Give a student until a day, in the place of an earlier extension; None takes it back.

    Raises Refusal for an unknown student, for a lesson without due date, and for a day before it.
    """
    with room.folder.gradebook() as book:
        row = find(book, lesson)
        if student not in (ids := {known.id for known in book.students}):
            raise roster.nobody(student, ids)
        if row.duedate is None:
            raise Refusal(f"{lesson} has no due date: autograder release {lesson} --due DATE")
        longer = None if until is None else times.naive_utc(until) - row.duedate
        if longer is not None and longer <= datetime.timedelta(0):
            raise Refusal(
                f"{lesson} is due {times.show(times.from_gradebook(row.duedate), room.zone)}, which is not before that"
            )
        make_missing(book.db.connection(), row.id, [student])
        submission = book.find_submission(lesson, student)
        old = submission.extension
        submission.extension = longer
        book.db.flush()
        changed = late.settle(book, lesson, late.policy_of(room.settings, lesson))
        book.db.commit()
    if old != longer or promised(room, lesson).get(student) != (until and times.naive_utc(until)):
        text = until.isoformat() if until else None
        journal.note(room, "extension", lesson=lesson, student=student, until=text, reason=reason)
    return Extension(until, changed)
