"""`autograder backup`: a class in one file."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    target: Annotated[Path | None, typer.Argument(help="The archive; else backups/DATE.tar.gz in the class.")] = None,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Write the whole class into one archive, while it is in use; the gradebook as it was at one moment."""
    from autograder.classroom import backup
    from autograder.classroom.room import enter

    with console.refusals():
        room = enter(course, db)
        name = f"{datetime.datetime.now(room.zone):%Y-%m-%d-%H%M%S}.tar.gz"
        path = target or room.root / "backups" / name
        backup.require_free(room, path)
        with room.writing():
            count = backup.write(room, path, console.tracked)
    console.say(
        f"{path}: {count} files, {path.stat().st_size / 1e6:.1f} MB. It holds students' work and grades: keep it as private as the class."
    )
    console.next_command("restore", path, "NEW-FOLDER")
