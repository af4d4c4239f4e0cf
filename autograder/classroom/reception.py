"""Where hand-ins are taken in, one by one: what goes wrong with one, and what of one is too much, is nobody else's."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.classroom import files, identify
from autograder.classroom.received import ABOUT, NOT_TAKEN
from autograder.classroom.refusal import words
from autograder.classroom.room import Room

REASON = "reason.txt"
SHARE = 2**20  # bytes that a hand-in counts beside its files


@dataclass
class Row:
    """One line of the table at the end. state: collected, unchanged, not taken, unknown, not handed in"""

    student: str
    state: str
    when: datetime.datetime | None = None
    late: str = ""
    notes: list[str] = field(default_factory=list)


class Reception:
    """Where hand-ins are taken: what is known of the lesson, how much is kept of whom, and who has used up more than one may."""

    def __init__(self, room: Room, lesson: str, known: list[identify.Contract]) -> None:
        self.room, self.lesson, self.known = room, lesson, known
        self.received = room.root / "received" / lesson
        self.aside = self.received / NOT_TAKEN
        self.dear: set[str] = set()
        self._kept: dict[Path, int] = {}

    def attempt(self, student: str, label: str, work: Callable[[], Row]) -> Row:
        """Do a step with what one person handed in; what goes wrong is a reason not to take it, and the others go on."""
        failed = self.aside / f"{plain_label(label)}-failed"
        try:
            row = work()
            files.remove(failed)
            return row
        except Exception as error:
            reason = f"it cannot be taken: {words(error)}"
        with contextlib.suppress(OSError):  # where nothing can be written, the table says it
            files.put_folder(failed, reason_files(student, reason, []))
        return Row(student or label, "not taken", notes=[reason])

    def has_room(self, folder: Path, content: dict[str, bytes], most: int) -> bool:
        """Whether something may be kept below a folder, and count it: nobody fills the disk by handing in again and again."""
        if folder not in self._kept:
            sizes = [path.lstat().st_size for path in folder.rglob("*") if path.is_file()]
            self._kept[folder] = sum(sizes) + SHARE * sum(1 for _ in folder.glob("*"))
        size = SHARE + sum(map(len, content.values()))
        if self._kept[folder] + size > most:
            return False
        self._kept[folder] += size
        return True


def reason_files(student: str, reason: str, more: list[str]) -> dict[str, bytes]:
    """The files that say why something was not taken."""
    text = "\n".join([reason, *more]) + "\n"
    about = json.dumps({"student": student, "reason": reason})
    return {REASON: text.encode(errors="replace"), ABOUT: about.encode()}


def plain_label(label: str) -> str:
    """A name for a folder that tells where something came from."""
    return re.sub(r"[^\w.@-]+", "_", label).strip("._")[:40] or "unnamed"
