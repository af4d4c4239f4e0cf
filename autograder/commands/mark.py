"""`autograder mark`: written answers, marked in a page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    lesson: console.Lesson,
    anonymous: Annotated[bool, typer.Option(help="Show no names, and answers in an order that says nothing.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The page's port on this machine; else a free one.")] = 0,
    browser: Annotated[bool, typer.Option(help="Open the page in a browser.")] = True,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Mark written answers in a page on this machine; every mark is in the gradebook at once, where formgrader sees it."""
    import webbrowser
    from contextlib import ExitStack

    from autograder.classroom import sources, status
    from autograder.classroom.marking.desk import Desk
    from autograder.classroom.marking.doorway import doorway
    from autograder.classroom.marking.server import serve
    from autograder.classroom.room import enter

    def opened(address: str) -> None:
        console.say(f"Marking {lesson}: {address}")
        console.say("Ctrl-C ends it; every mark is written when it is given. Whoever has the address can mark.")
        if browser:
            webbrowser.open(stack.enter_context(doorway(room.notes, address)).as_uri())

    with console.refusals(), ExitStack() as stack:
        room = enter(course, db)
        serve(Desk(room, room.lesson(lesson), anonymous=anonymous), port, opened)
        room.refresh()
        standings = status.read(room, lesson).standings
    open_, again = sum(bool(s.to_mark) for s in standings), sum(bool(s.again) for s in standings)
    left = [f"answers of {console.count(open_, 'student')} are not marked"] * bool(open_)
    left += [f"marks of {console.count(again, 'student')} are to be looked at again"] * bool(again)
    console.say(f"{lesson}: {'; '.join(left) or 'all is marked'}")
    following = ("mark", lesson) if left else ("return", lesson, "--to", sources.system_of(room, lesson))
    console.next_command(*following)
