"""`autograder new-class`: an empty folder becomes a class."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    lesson: Annotated[list[str] | None, typer.Option(help="A lesson of this class; else all.")] = None,
    name: Annotated[str, typer.Option(help="The course's name, as students fetch it.")] = "sequence-models",
    timezone: Annotated[
        str, typer.Option(help="The zone of due dates, such as Europe/Berlin; else this machine's.")
    ] = "",
    roster: Annotated[
        Path | None, typer.Option(help="Who is in the class: what `autograder roster` takes. It can be given later.")
    ] = None,
    exchange: Annotated[
        Path | None,
        typer.Option(help="Where students' accounts fetch and submit, as on a JupyterHub; else inside the class."),
    ] = None,
) -> None:
    """Make a class: settings for nbgrader, lessons, exchange, roster. Nothing that exists is ever overwritten."""
    from autograder.classroom import new_class
    from autograder.classroom import roster as people
    from autograder.classroom.room import enter

    with console.refusals():
        listed = people.read(roster) if roster is not None else None
        new_class.create(folder, lesson or [], name, timezone or new_class.local_timezone(), exchange)
        if listed is not None:
            people.save(enter(folder), people.compare([], *listed))
    console.say(
        f"{folder}: a class with {', '.join(lesson or new_class.available())}; it may be moved and copied as a whole."
    )
    if listed is not None:
        console.say(f"{roster} ({listed[0]}): {console.count(len(listed[1]), 'student')} in the class.")
    following = "release LESSON --due DATE" if listed is not None else "roster FILE"
    console.say(f"Next: cd {shlex.quote(str(folder))} && autograder {following}")
