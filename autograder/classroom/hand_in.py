"""What one person handed in once, before anybody has looked at what it is."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field

from autograder.unpacking.entry import MAX_ENTRY, Entry, unsafe

MAX_HAND_IN = MAX_ENTRY
MAX_PROBLEMS = 20  # that are told of one


@dataclass
class HandIn:
    """What one person handed in once.

    student: "" where nobody is certain; when: None where nobody says; failed: why it could not be read at all
    upload: the greatest number of an upload that Canvas gave to a file in it, which grows with time; 0 where none did
    """

    label: str
    student: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    when: datetime.datetime | None = None
    late: bool = False
    unknown: str = ""
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    folder: str = ""
    failed: str = ""
    upload: int = 0

    def __post_init__(self) -> None:
        self._size = sum(map(len, self.files.values()))
        self._folders = {folder for name in self.files for folder in _above(name)}
        self._untold = 0

    def add(self, name: str, entry: Entry) -> None:
        """Take a file into it, or note why not."""
        size = self._size - len(self.files.get(name, b"")) + len(entry.data)
        reason = entry.refused or unsafe(name)
        if not reason and size > MAX_HAND_IN:
            reason = f"more than {MAX_HAND_IN // 2**20} MiB were handed in"
        above = _above(name)
        if not reason and (name in self._folders or any(folder in self.files for folder in above)):
            reason = "a file has the name of another one's folder"
        if reason:
            self.problem(f"{entry.name!r} was not taken: {reason}")
            return
        self.files[name], self._size = entry.data, size
        self._folders.update(above)

    def problem(self, text: str) -> None:
        """Note what went wrong, or count it where enough is noted."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(text)
        else:
            self._untold += 1

    def told(self) -> list[str]:
        """What went wrong, in so many lines as a person reads."""
        return [*self.problems, *([f"and {self._untold:,} more"] if self._untold else [])]


def _above(name: str) -> list[str]:
    """The folders that a name lies in."""
    parts = name.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]
