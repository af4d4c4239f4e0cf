"""Due dates, late policies and extensions, in nbgrader's gradebook."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

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
            for submission in row.submissions:
                if submission.extension is not None and row.duedate is not None:
                    until = row.duedate + submission.extension
                    submission.extension = max(until - new, datetime.timedelta(0)) or None
            row.duedate = new
            book.db.flush()
        changed = late.settle(book, lesson, late.policy_of(room.settings, lesson))
        book.db.commit()
    return changed


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
    if old != longer:
        text = until.isoformat() if until else None
        journal.note(room, "extension", lesson=lesson, student=student, until=text, reason=reason)
    return Extension(until, changed)
