"""`autograder extension`: more time for one student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    student: Annotated[str, typer.Argument(help="The student's id.")],
    lesson: console.Lesson,
    date: Annotated[str, typer.Argument(help="The new due date, such as '2026-03-09 23:59'; 'none' takes it back.")],
    reason: Annotated[str, typer.Option(help="Why; noted with the decision.")] = "",
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Give a student until another day; penalties that are there follow at once."""
    from autograder.classroom import dates, times
    from autograder.classroom.room import enter

    with console.refusals():
        room = enter(course, db)
        until = None if date == "none" else times.parse(date, room.zone, end_of_day=True)
        with room.writing():
            given = dates.extend(room, student, room.lesson(lesson), until, reason)
    if given.until is None:
        console.say(f"{student}: no extension for {lesson}.")
    else:
        console.say(f"{student}: {lesson} is due {times.show(given.until, room.zone)}.")
    for who, (old, new) in given.penalties.items():
        console.say(f"  penalty of {who}: {old:.2f} -> {new:.2f}")
    console.next_command("status", lesson)
