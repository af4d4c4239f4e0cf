"""`autograder statistics`: how a lesson went."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    lesson: console.Lesson,
    html: Annotated[Path | None, typer.Option(help="Write a page with plots: one file.")] = None,
    tables: Annotated[Path | None, typer.Option(help="Write the tables as CSV into this folder.")] = None,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Show scores, each function's difficulty and discrimination, known mistakes, and what to teach again."""
    from autograder.classroom import statistics
    from autograder.classroom.room import enter

    with console.refusals():
        room = enter(course, db)
        report = statistics.read(room, room.lesson(lesson), console.tracked)
        if html is not None:
            statistics.write_html(html, report)
        written = statistics.write_csv(tables, report) if tables is not None else []
    console.table(
        f"{lesson}: {report.handed_in} of {report.students} handed in", statistics.HEADER, statistics.table(report)
    )
    for function, text, share in report.again:
        console.say(f"To teach again ({share:.0%} of the class), {function}: {text}")
    for path in [*([html] if html else []), *written]:
        console.say(f"{path}: written")
    console.next_command("similar", lesson)
