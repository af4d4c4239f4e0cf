"""`autograder export`: scores for the LMS or a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.classroom import console

if TYPE_CHECKING:
    from autograder.classroom.export import Filled


def run(
    lessons: Annotated[list[str], typer.Argument(metavar="LESSON...", help="Lessons, such as lesson-03.")],
    to: Annotated[str, typer.Option(help="csv, canvas or moodle.")] = "csv",
    template: Annotated[
        Path | None, typer.Option(help="The file that Canvas or Moodle exported; it is filled in a copy.")
    ] = None,
    column: Annotated[str, typer.Option(help="The column's title, where the lesson's name does not tell.")] = "",
    out: Annotated[Path | None, typer.Option(help="Where the file goes; else grades-LESSON.csv.")] = None,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Write scores: a cell is blank for what was not handed in, was set aside, is not marked, or is marked for another answer."""
    from autograder.classroom import export, status
    from autograder.classroom.refusal import Refusal
    from autograder.classroom.room import enter
    from autograder.commands.status import next_step

    with console.refusals():
        room = enter(course, db)
        for lesson in lessons:
            room.lesson(lesson)
        target = out or export.name_for(lessons, to)
        if to not in export.TARGETS:
            raise Refusal(f"--to {to}: one of {', '.join(export.TARGETS)}")
        if to == "csv":
            filled = export.to_csv(room, lessons, target)
        elif template is None:
            raise Refusal(f"--template: the file that {to.capitalize()} exported; its other cells stay as they are")
        elif len(lessons) > 1:
            raise Refusal(
                "one lesson at a time goes into a file of an LMS; take the file just written as the next template"
            )
        else:
            filled = export.to_lms(room, status.read(room, lessons[0]), to, template, target, column)
        found = {lesson: status.read(room, lesson) for lesson in lessons}
    tell(filled)
    next_step(room, found)


def tell(filled: Filled) -> None:
    """Say what was filled in, what of the LMS's file was replaced or stays, and what is blank for which reason."""
    console.say(f"{filled.path}: {console.count(filled.written, 'score')}")
    for line in filled.replaced:
        console.say(f"  replaced in the file: {line}")
    for line in filled.kept:
        console.say(f"  stays as it is in the file: {line}")
    for reason, students in filled.blank.items():
        console.some(f"  blank, {reason}", students)
    for reason, students in filled.stale.items():
        console.some(f"  old score of {reason}", students)
    for student in filled.rowless:
        console.say(f"  no row in the file: {student}")
