"""`autograder restore`: a class from its backup."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    source: Annotated[Path, typer.Argument(help="An archive that `autograder backup` wrote.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
) -> None:
    """Make a class from a backup in a new folder; every file is compared with the backup's list."""
    from autograder.classroom import backup

    with console.refusals():
        count = backup.restore(source, folder)
        hints = backup.hints(folder)
    console.say(f"{folder}: {count} files, all as they were.")
    for hint in hints:
        console.say(hint)
    console.say(f"Next: cd {folder} && autograder status")
