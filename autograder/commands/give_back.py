"""`autograder return`: pages go back to the students."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    lesson: console.Lesson,
    to: Annotated[str, typer.Option(help="exchange, canvas, moodle or folder.")] = "folder",
    submissions: Annotated[
        Path | None, typer.Option(help="The archive of Canvas or Moodle; an upload has its names.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the folder or zip goes; else returned/ in the class.")] = None,
    unmarked: Annotated[bool, typer.Option(help="Return although written answers are not marked.")] = False,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Return the feedback: through nbgrader's exchange, or as an upload for the LMS."""
    from autograder.classroom import feedback
    from autograder.classroom.refusal import Refusal
    from autograder.classroom.room import enter

    with console.refusals():
        room = enter(course, db)
        if to not in feedback.TARGETS:
            raise Refusal(f"--to {to}: one of {', '.join(feedback.TARGETS)}")
        default = room.root / "returned" / (lesson if to == "folder" else f"{lesson}-{to}.zip")
        with room.writing():
            done = feedback.give_back(
                room, room.lesson(lesson), to, out or default, unmarked=unmarked, submissions=submissions
            )
    console.say(f"{done.place}: the pages of {len(done.students)} students")
    for reason, students in done.left.items():
        console.say(
            f"  none, {reason}: {len(students)} ({', '.join(students[:8])}{', ...' if len(students) > 8 else ''})"
        )
    console.next_command("export", lesson, "--to", to if to in ("canvas", "moodle") else "csv")
