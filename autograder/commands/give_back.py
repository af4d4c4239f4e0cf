"""`autograder return`: pages go back to the students, and grades into the LMS's file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.classroom import console

if TYPE_CHECKING:
    from autograder.classroom.export import Filled
    from autograder.classroom.returned import Returned
    from autograder.classroom.status import Status


def run(
    lesson: console.Lesson,
    to: Annotated[str, typer.Option(help="exchange, canvas, moodle or folder.")] = "folder",
    submissions: Annotated[
        Path | None, typer.Option(help="The archive of Canvas or Moodle; an upload has its names.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the folder or zip goes; else returned/ in the class.")] = None,
    template: Annotated[
        Path | None,
        typer.Option(
            help="Fill the scores into a copy of Canvas's or Moodle's file as well, as `autograder export` does."
        ),
    ] = None,
    column: Annotated[str, typer.Option(help="With --template: the column, where the name does not tell.")] = "",
    distribution: Annotated[
        bool | None, typer.Option(help="Show the class's distribution of scores on each page; else as last asked for.")
    ] = None,
    unmarked: Annotated[
        bool, typer.Option(help="Return although written answers are not marked, or marked for another answer.")
    ] = False,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Return the feedback, with every page as it is today: through nbgrader's exchange, or as an upload for the LMS."""
    from autograder.classroom import export, files, returned, status
    from autograder.classroom.room import enter

    with console.refusals():
        room = enter(course, db)
        _check(to, template)
        default = room.root / "returned" / (lesson if to == "folder" else f"{lesson}-{to}.zip")
        way = returned.Way(to, out or default, submissions)
        with room.writing():
            one = status.read(room, room.lesson(lesson))
            # Filled before anything is written, so that a file that does not fit leaves everything as it is.
            form = export.fill_in(room, one, to, template, export.name_for([lesson], to), column) if template else None
            done = returned.give_back(room, one, way, console.tracked, unmarked=unmarked, distribution=distribution)
            if form is not None:
                files.put(form[0].path, form[1])
    _tell(done, None if form is None else form[0], one, to)


def _check(to: str, template: Path | None) -> None:
    """Raise Refusal for a way back that there is not."""
    from autograder.classroom import export, returned
    from autograder.classroom.refusal import Refusal

    if to not in returned.TARGETS:
        raise Refusal(f"--to {to}: one of {', '.join(returned.TARGETS)}")
    if template is not None and to not in export.TARGETS:
        raise Refusal("--template is a file of Canvas or Moodle: use it with --to canvas or --to moodle")


def _tell(done: Returned, filled: Filled | None, one: Status, to: str) -> None:
    """What went back to whom, what was filled in, and the next command."""
    from autograder.commands.export import tell
    from autograder.commands.feedback import tell_stale

    console.say(
        f"{done.place}: the pages of {console.count(len(done.students), 'student')}, {done.changed} of them new or changed"
    )
    tell_stale(one)
    for reason, students in done.left.items():
        console.some(f"  none, {reason}", students)
    if filled is not None:
        tell(filled)
        console.next_command("status")
    else:
        form = ("--to", to, "--template", "FILE") if to in ("canvas", "moodle") else ()
        console.next_command("export", one.lesson.name, *form)
