"""`autograder collect`: what students handed in comes into the class."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.classroom import console

if TYPE_CHECKING:
    from autograder.classroom import collect
    from autograder.classroom.room import Room


def run(
    lesson: console.Lesson,
    origin: Annotated[
        str,
        typer.Argument(
            metavar="FROM", help="exchange, a folder, a notebook, or an archive of Canvas, Moodle or your own."
        ),
    ],
    worksheet: Annotated[
        Path | None, typer.Option(help="Moodle's grading worksheet: who is who, and when it came.")
    ] = None,
    received: Annotated[
        str,
        typer.Option(
            help="When those arrived that came late by an unknown time (Canvas's LATE) or, of plain files, without a time."
        ),
    ] = "",
    student: Annotated[str, typer.Option(help="Whose all of it is.")] = "",
    grade: Annotated[
        bool, typer.Option("--grade", help="Grade afterwards, as `autograder grade LESSON` does.")
    ] = False,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Take hand-ins into the class; all are kept, the latest of each student counts. Exit status 1: some were not taken."""
    from autograder.classroom import collect, times
    from autograder.classroom.room import enter
    from autograder.classroom.sources import Options

    with console.refusals():
        room = enter(course, db)
        moment = times.parse(received, room.zone) if received else None
        with room.writing():
            options = Options(moment, worksheet, student)
            report = collect.collect(room, room.lesson(lesson), origin, options, console.tracked)
    _show(report, lesson, room)
    code = _graded(lesson, course, db) if grade else _next(lesson, room)
    raise typer.Exit(max(int(report.aside is not None), code))


def _show(report: collect.Report, lesson: str, room: Room) -> None:
    """What became of whose hand-in."""
    from autograder.classroom import collect

    order = ("not taken", "unknown", "collected", "unchanged", "not handed in")
    rows = sorted(report.rows, key=lambda row: (order.index(row.state), row.student.casefold()))
    counts = ", ".join(f"{report.count(state)} {state}" for state in order if report.count(state))
    header = ("student", "state", "handed in", "late", "notes")
    shown = console.with_names(room, header, (collect.show(row, room.zone) for row in rows))
    console.table(f"{lesson}: {counts or 'nothing there'}", *shown)
    if report.aside is not None:
        console.say(f"What was not taken lies in {report.aside}, each with its reason.")
    timeless = [row.student for row in rows if row.late == collect.TIMELESS]
    if timeless:
        console.some("Late by an unknown time, so without a penalty until --received gives one", timeless)


def _next(lesson: str, room: Room) -> int:
    """Name the command that the lesson waits for."""
    from autograder.classroom import status
    from autograder.commands.status import next_step

    with console.refusals():
        next_step(room, {lesson: status.read(room, lesson)}, lesson)
    return 0


def _graded(lesson: str, course: Path, db: str) -> int:
    """Grade what is new; returns the exit status of that."""
    from autograder.commands import grade

    code = 0
    try:
        grade.run(
            lesson,
            course,
            student="*",
            workers=os.cpu_count() or 1,
            engine="local",
            scheduler="",
            sandbox="bubblewrap",
            regrade=False,
            dry_run=False,
            log="",
            db=db,
        )
    except typer.Exit as done:
        code = done.exit_code
    if code < 2:
        console.next_command("status", lesson)
    return code
