"""To whose share of a class's archive or folder a file counts, so that what one person handed in leaves room for everybody's."""

from __future__ import annotations

import functools
from pathlib import PurePosixPath

from autograder.classroom.lms import canvas, moodle
from autograder.classroom.people import People
from autograder.unpacking.entry import Budget


def budget(people: People, what: str) -> Budget:
    """What may be read of something that holds the hand-ins of many."""
    return Budget(what=what, owner=functools.partial(_owner, people))


def _owner(people: People, name: str) -> str:
    """The same for all that one person handed in. Nothing that its writer may call freely makes a share of its own."""
    if (in_moodle := moodle.parse_name(name)) is not None:
        if in_moodle.number:
            return f"moodle {in_moodle.folder}"
        return f"moodle, two numbers: {name.partition('_assignsubmission_')[0]}"
    if (in_canvas := canvas.parse_name(name)) is not None:
        return f"canvas {name.partition(f'_{in_canvas.user}_')[0]} {in_canvas.user}"
    student, depth = people.by_path(name)
    # With the depth: a folder in somebody's hand-in may have anybody's name.
    return f"path {depth} {student}" if student else f"path of nobody {(*PurePosixPath(name).parts, '')[0]}"
