"""`autograder status`: where the class stands."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.classroom import console

if TYPE_CHECKING:
    from autograder.classroom.room import Room
    from autograder.classroom.status import Status


def run(
    lesson: Annotated[str, typer.Argument(help="The lesson; else all, one line each.")] = "",
    html: Annotated[Path | None, typer.Option(help="Write a page as well.")] = None,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Show what is handed in, late, graded, stale, set aside, to mark and returned."""
    from autograder.classroom import page, status
    from autograder.classroom.room import enter

    with console.refusals():
        room = enter(course, db)
        names = [room.lesson(lesson)] if lesson else room.lessons()
        found = {name: status.read(room, name) for name in names}
        if html is not None:
            page.write_status(html, room, found)
    if lesson:
        one = found[lesson]
        counts = ", ".join(f"{number} {what}" for what, number in one.counts().items())
        header: tuple[str, ...] = ("student", "section", "state", "late", "score", "returned", "notes")
        rows = (status.show(s, one, room.zone) for s in one.standings if s.enrolled or s.handed_in)
        console.table(f"{lesson}, due: {status.due_of(one, room)}", *console.with_names(room, header, rows))
        console.say(counts)
        if gone := [s.student for s in one.standings if not s.enrolled and s.handed_in]:
            console.some("Of these, no longer in the class", gone)
    else:
        counts_of = {name: one.counts() for name, one in found.items()}
        header = "lesson", "due", *next(iter(counts_of.values()), {})
        console.table(
            str(room.root), header, ((n, status.due_of(found[n], room), *c.values()) for n, c in counts_of.items())
        )
    if html is not None:
        console.say(f"{html}: written")
    next_step(room, found, lesson)


def next_of_class(room: Room) -> None:
    """Name the command that the class waits for: the first release, or what a lesson that has gone out needs."""
    from autograder.classroom import status

    found = {name: status.read(room, name) for name in room.lessons()}
    released = {name: one for name, one in found.items() if one.lesson.cells}
    if released:
        next_step(room, released)
    else:
        console.next_command("release", "LESSON", "--due", "DATE")


def next_step(room: Room, found: dict[str, Status], lesson: str = "") -> None:
    """Name the command that the first of these lessons waits for; with all of them done, `collect` for one that is open."""
    from autograder.classroom import sources, status

    for name, one in found.items():
        counts = one.counts()
        if reasons := {s.stale for s in one.standings if s.stale}:
            # Who only handed in again is graded by the plain command, and nobody else is graded anew.
            console.next_command("grade", name, *([] if reasons == {status.AGAIN} else ["--regrade"]))
        elif counts["handed in"] > counts["graded"] + counts["set aside"]:
            console.next_command("grade", name)
        elif counts["to mark"]:
            console.next_command("mark", name)
        elif counts["graded"] > counts["returned"]:
            console.next_command("return", name, "--to", sources.system_of(room, name))
        else:
            continue
        return
    now = datetime.datetime.now(datetime.UTC)
    if not found or any(not one.counts()["handed in"] or (one.lesson.due or now) > now for one in found.values()):
        console.next_command("collect", lesson or "LESSON", "FROM")
