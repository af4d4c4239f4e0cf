"""What went back to whom, and whether it is what the student would be shown today."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from autograder.classroom import files
from autograder.classroom.grades import Lesson, Sheet
from autograder.classroom.room import Room

RETURNED = "returned.json"
_DISTRIBUTION = re.compile(rb'<details id="distribution">.*?</details>\s*', re.DOTALL)


def read(room: Room, lesson: str) -> dict[str, dict[str, Any]]:
    """What went back, by student."""
    path = room.notes / RETURNED
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return dict(found.get(lesson, {}))


def note(room: Room, lesson: str, lines: dict[str, dict[str, Any]]) -> None:
    """Remember what went back, by student."""
    path = room.notes / RETURNED
    found = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    found.setdefault(lesson, {}).update(lines)
    files.put(path, json.dumps(found, indent=1, sort_keys=True).encode())


def today(room: Room, lesson: Lesson, sheet: Sheet) -> dict[str, str]:
    """What a student would be shown: the numbers, and the page as it was last written.

    Of the page neither its style nor the others' scores are looked at: they are no news of one's own work. Grading removes a page
    whose notebook has changed, so that no page is none that went back.
    """
    found = files.contents(room.place("feedback", sheet.student, lesson.name))
    pages = [
        (name, _DISTRIBUTION.sub(b"", data.partition(b"<main>")[2]))
        for name, data in found.items()
        if name.endswith(".html")
    ]
    page = hashlib.sha256(repr(pages).encode()).hexdigest()[:16]
    return {"fingerprint": sheet.fingerprint(lesson.cells), "page": page}


def is_same(before: dict[str, Any] | None, now: dict[str, str]) -> bool:
    """Whether what went back before is what a student would be shown now."""
    return before is not None and all(before.get(key) == value for key, value in now.items())
