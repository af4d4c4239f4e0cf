"""`autograder void`: a check counts in full for everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    lesson: console.Lesson,
    check: Annotated[
        str, typer.Argument(help="The check's cell, such as rnn_forward-hidden, or a function for both of its checks.")
    ],
    full_credit: Annotated[
        bool, typer.Option("--full-credit", help="Everybody who is graded has its full points.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why; noted, and shown on the students' pages.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Write it; else only show who would change.")] = False,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Void a check: everybody has its full points, also who is graded later. Without --yes nothing is written.

    It is final: there is no command that takes it back.
    """
    from autograder.classroom import changes
    from autograder.classroom.refusal import Refusal
    from autograder.classroom.room import enter

    with console.refusals():
        if not full_credit:
            raise Refusal(
                "say what becomes of the points: --full-credit gives them to everybody; `autograder points` changes them"
            )
        room = enter(course, db)
        with room.writing():
            found = changes.void(room, room.lesson(lesson), check, reason, write=yes)
    console.told_changes(found, written=yes)
    console.next_command(
        *(("feedback", lesson) if yes else ("void", lesson, check, "--full-credit", "--reason", "WHY", "--yes"))
    )
