"""`autograder roster`: who is in the class."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from autograder.classroom import console


def run(
    file: Annotated[Path, typer.Argument(help="A CSV file: id and names, or an export of Canvas or Moodle as it is.")],
    partial: Annotated[bool, typer.Option(help="The file lists a part of the class, such as one section.")] = False,
    dry_run: Annotated[bool, typer.Option(help="Only tell what would change.")] = False,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Take the roster from a file: new students are added, changed ones updated, nobody is deleted."""
    from autograder.classroom import roster
    from autograder.classroom.room import enter
    from autograder.commands.status import next_of_class

    with console.refusals():
        room = enter(course, db)
        kind, students = roster.read(file)
        with room.writing():
            change = roster.compare(roster.load(room), kind, students, partial=partial)
            if not dry_run:
                roster.save(room, change)
    enrolled = sum(student.enrolled == "yes" for student in change.students)
    changes = f"{len(change.added)} added, {len(change.changed)} changed"
    console.say(
        f"{file} ({kind}): {'would be ' if dry_run else ''}{changes}; {console.count(enrolled, 'student')} in the class."
    )
    for there, here in change.renamed.items():
        console.say(f"  {there} in the file is {here} here, by the number in the LMS; the known id stays")
    for student in change.gone:
        console.say(f"  gone, kept with what they have: {student.id} ({student.name})")
    if dry_run:
        console.say("Nothing was written; the same command without --dry-run writes it.")
        return
    with console.refusals():
        next_of_class(room)
