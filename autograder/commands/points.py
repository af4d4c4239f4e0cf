"""`autograder points`: a check is worth other points in this class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    lesson: console.Lesson,
    wanted: Annotated[list[str], typer.Argument(metavar="CHECK=POINTS...", help="Such as rnn_forward-hidden=5.")],
    reason: Annotated[str, typer.Option(help="Why; noted with the decision.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Write it; else only show who would change.")] = False,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Change what checks are worth after release; scores keep their share. Without --yes nothing is written."""
    from autograder.classroom import changes
    from autograder.classroom.refusal import Refusal
    from autograder.classroom.room import enter

    with console.refusals():
        room = enter(course, db)
        new = {}
        for text in wanted:
            name, _, value = text.rpartition("=")
            try:
                new[name] = float(value)
            except ValueError:
                raise Refusal(f"{text!r} is not such as rnn_forward-hidden=5") from None
        with room.writing(room.lesson(lesson)):
            found = changes.points(room, lesson, new, reason, write=yes)
    console.told_changes(found, written=yes)
    console.next_command(
        *(("grade", lesson, "--regrade") if yes else ("points", lesson, *wanted, "--reason", "WHY", "--yes"))
    )
