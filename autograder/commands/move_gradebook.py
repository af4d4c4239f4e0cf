"""`autograder move-gradebook`: the gradebook into another database."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    to: Annotated[
        str, typer.Option(help="Such as postgresql+psycopg://user@host/class; sqlite takes it back into the class.")
    ],
    course: console.Course = Path("."),
) -> None:
    """Copy the gradebook into another database, compare every row, and use it from then on. PGPASSWORD holds the password."""
    from autograder.classroom import move
    from autograder.classroom.room import enter

    with console.refusals():
        room = enter(course)
        with room.moving():
            moved = move.move(room, to, console.tracked)
    console.table(
        f"moved to {moved.address}", ("table", "rows, equal in both"), ((n, c) for n, c in moved.rows.items() if c)
    )
    console.say("The old gradebook is still there, unchanged and no longer used.")
    if not moved.own:
        console.say(
            "class.json now names this database, and so would a copy of the class: to try something out, restore a backup, "
            "which has a gradebook of its own."
        )
    console.next_command("status")
