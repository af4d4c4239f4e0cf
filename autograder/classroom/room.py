"""One class: its folder, its settings, its gradebook and the lessons that are released in it."""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.classroom import files, times
from autograder.classroom.refusal import Refusal
from autograder.engine.folder import ClassFolder

SETTINGS = "class.json"
LATE = "late"
GRADEBOOK = "gradebook"


@dataclass(frozen=True)
class Room:
    """A class that exists. Make one with `enter`."""

    root: Path
    folder: ClassFolder

    @functools.cached_property
    def settings(self) -> dict[str, Any]:
        """What `new-class` and `release` have noted: time zone, course, late policies."""
        path = self.root / SETTINGS
        if not path.is_file():
            return {}
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise Refusal(f"{path} is broken: {error}") from None
        if not isinstance(found, dict):
            raise Refusal(f"{path} is broken: it holds no table")
        return found

    def save(self, **changes: Any) -> None:
        """Change the settings in one step."""
        self.settings.update(changes)
        files.put(self.root / SETTINGS, (json.dumps(self.settings, indent=2, sort_keys=True) + "\n").encode())

    @property
    def zone(self) -> datetime.tzinfo:
        """The class's time zone."""
        return times.zone(self.settings.get("timezone", "UTC"))

    @property
    def notes(self) -> Path:
        """The folder of what the class remembers beside the gradebook."""
        return self.root / ".autograder"

    def place(self, kind: str, student: str, lesson: str) -> Path:
        """One of nbgrader's folders."""
        return self.folder.place(kind, student, lesson)

    def lessons(self) -> list[str]:
        """What is released in this class."""
        source = self.place("source", ".", "lesson").parent
        return sorted(path.name for path in source.iterdir() if path.is_dir()) if source.is_dir() else []

    def lesson(self, name: str) -> str:
        """The lesson of this name. Raises Refusal, with those that there are."""
        if name not in self.lessons():
            raise Refusal(f"no lesson {name!r} in {self.root}; there are: {', '.join(self.lessons()) or 'none'}")
        return name

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the class for one command that changes it. Raises Refusal where its gradebook has moved meanwhile."""
        before = self.__dict__.pop("settings", None)  # another command may have changed them until now
        with files.only_one(self.notes / "lock"):
            if before is not None and before.get(GRADEBOOK) != self.settings.get(GRADEBOOK):
                raise Refusal(f"the gradebook of {self.root} has moved since this command began; run it again")
            yield


def enter(course: Path, db: str = "") -> Room:
    """The class in a folder. Raises Refusal where there is none."""
    root = course.resolve()
    if not (root / "nbgrader_config.py").is_file():
        raise Refusal(f"{root} is no class: no nbgrader_config.py; `autograder new-class DIR` makes one")
    return Room(root, ClassFolder(root, db or None))
