"""`autograder similar`: answers that are nearly the same."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console

SHOWN = 30


def run(
    lesson: console.Lesson,
    html: Annotated[Path | None, typer.Option(help="Write a page with each pair side by side.")] = None,
    threshold: Annotated[float | None, typer.Option(min=0, max=1, help="In the place of each function's own.")] = None,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Show pairs of answers that are nearly the same after names, comments and layout are normalised."""
    from autograder.classroom import similar, sources
    from autograder.classroom.room import enter

    with console.refusals():
        room = enter(course, db)
        report = similar.read(room, room.lesson(lesson), threshold, console.tracked)
        if html is not None:
            similar.write_html(html, room, report)
    header = ("function", "students", "alike", "as written")
    rows = [
        (p.function, f"{p.one.student}, {p.two.student}", f"{p.share:.0%}", f"{p.written:.0%}") for p in report.pairs
    ]
    console.table(f"{lesson}: {console.count(len(rows), 'pair')}", header, rows[:SHOWN])
    if len(rows) > SHOWN:
        console.say(f"  and {len(rows) - SHOWN} more: --html FILE shows them")
    for name, found in report.calibrations.items():
        base = f"from {found.answers} independent ones, the most alike {found.highest:.2f}, {found.false} of {found.pairs} pairs over it"
        console.say(f"  {name}: {found.told} ({base}); too short to tell: {report.short[name]}")
    if html is not None:
        console.say(f"{html}: written")
    console.next_command("return", lesson, "--to", sources.system_of(room, lesson))
