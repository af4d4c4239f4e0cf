"""What people decided about a class, one JSON line each: extensions, voided checks, changed points. Nothing is ever removed."""

from __future__ import annotations

import datetime
import getpass
import json
import os
from typing import Any

from autograder.classroom.room import Room

NAME = "decisions.jsonl"


def note(room: Room, verb: str, **fields: Any) -> None:
    """Add a line: when, who, what."""
    try:
        who = getpass.getuser()
    except (KeyError, OSError):  # an account without a name
        who = str(os.getuid())
    line = {"time": datetime.datetime.now(datetime.UTC).isoformat(), "by": who, "verb": verb, **fields}
    room.notes.mkdir(exist_ok=True)
    with open(room.notes / NAME, "ab+") as file:
        if file.tell() and os.pread(file.fileno(), 1, file.tell() - 1) != b"\n":
            file.write(b"\n")  # a line that was cut off ends here
        # Half a character, as a terminal may pass one on, is written as JSON writes it.
        file.write(json.dumps(line, ensure_ascii=False).encode(errors="backslashreplace") + b"\n")
        file.flush()
        os.fsync(file.fileno())


def lines(room: Room, verb: str = "", lesson: str = "") -> list[dict[str, Any]]:
    """The lines, of one verb or lesson where that is asked for; one that was cut off is left out."""
    path = room.notes / NAME
    found = []
    # A line ends at a line feed only: a reason may hold other signs at which Python would end it.
    for text in path.read_text(encoding="utf-8", errors="replace").split("\n") if path.is_file() else ():
        try:
            line = json.loads(text)
        except ValueError:
            continue
        if not isinstance(line, dict):
            continue
        if (not verb or line.get("verb") == verb) and (not lesson or line.get("lesson") == lesson):
            found.append(line)
    return found
