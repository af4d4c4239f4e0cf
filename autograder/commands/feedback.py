"""`autograder feedback`: a page for each student."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.classroom import console

if TYPE_CHECKING:
    from autograder.classroom.status import Status


def run(
    lesson: console.Lesson,
    student: Annotated[str, typer.Option(help="Only students whose id fits this pattern.")] = "*",
    distribution: Annotated[
        bool | None, typer.Option(help="Show the class's distribution of scores on each page; else as last asked for.")
    ] = None,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Write each student's page: code, checks, marks and comments. Pages follow every change of marks and grades."""
    from autograder.classroom import feedback, sources, status
    from autograder.classroom.room import enter

    with console.refusals():
        room = enter(course, db)
        with room.writing():
            one = status.read(room, room.lesson(lesson))
            changed = feedback.write(room, one, student, distribution, console.tracked)
    shown = [s for s in one.standings if s.shown]
    console.say(
        f"{lesson}: {console.count(len(shown), 'page')} in {room.root / 'feedback'}, {changed} of them new or changed."
    )
    tell_stale(one)
    waiting, again = sum(bool(s.to_mark) for s in shown), sum(bool(s.again) for s in shown)
    if waiting:
        console.say(f"  not marked yet: {waiting}")
    if again:
        console.say(f"  marked for another answer, question or points: {again}")
    if waiting or again:
        console.next_command("mark", lesson)
    else:
        console.next_command("return", lesson, "--to", sources.system_of(room, lesson))


def tell_stale(one: Status) -> None:
    """Say whose grade is not today's, with the command that makes it so."""
    from autograder.classroom import status

    lesson = one.lesson.name
    again = [s.student for s in one.standings if s.stale == status.AGAIN]
    changed_since = [s.student for s in one.standings if s.stale not in ("", status.AGAIN)]
    if again:
        console.some(f"  handed in again, so first autograder grade {lesson}", again)
    if changed_since:
        console.some(
            f"  graded by other checks or another text, so first autograder grade {lesson} --regrade", changed_since
        )
