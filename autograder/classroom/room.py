"""One class: its folder, its settings, its gradebook and the lessons that are released in it."""

from __future__ import annotations

import datetime
import functools
import json
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.classroom import files, times
from autograder.classroom.refusal import Refusal
from autograder.engine import gradebook, ledger, locks
from autograder.engine.folder import ClassFolder

SETTINGS = "class.json"
GRADEBOOK = "gradebook"
PATIENCE = 10.0  # seconds: whoever writes a mark has done so by then


@dataclass
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
    def writing(self, *lessons: str) -> Iterator[None]:
        """Hold the class, as it is by now, for one command that changes it. Raises GradingError where another one does.

        lessons: those that nobody may be grading meanwhile
        """
        with ExitStack() as stack:
            stack.enter_context(locks.held(self.notes / "lock"))
            self._keep_from_grading(stack, lessons)
            self.refresh()
            yield

    def _keep_from_grading(self, stack: ExitStack, lessons: Iterable[str]) -> None:
        for lesson in sorted({*lessons} & {*self.lessons()}):
            stack.enter_context(locks.held(ledger.lock_of(self.root, lesson)))

    @contextmanager
    def marking(self) -> Iterator[None]:
        """Keep the gradebook in its place, which may be another one by now, while one mark is written."""
        with locks.held(self._place_of_gradebook, shared=True, patience=PATIENCE):
            self.refresh()
            yield

    @contextmanager
    def moving(self) -> Iterator[None]:
        """Hold the class for a move of its gradebook: nobody grades, and no mark is written, meanwhile."""
        with self.writing(), ExitStack() as stack:
            self._keep_from_grading(stack, self.lessons())
            stack.enter_context(locks.held(self._place_of_gradebook, patience=PATIENCE))
            yield

    @property
    def _place_of_gradebook(self) -> Path:
        return self.notes / "lock-gradebook"

    def refresh(self) -> None:
        """See what other commands have changed since: settings, and where the gradebook is."""
        self.__dict__.pop("settings", None)
        before, self.folder = self.folder.course.db_url, self.folder.again()
        if self.folder.course.db_url != before:
            gradebook.forget(before)


def enter(course: Path, db: str = "") -> Room:
    """The class in a folder. Raises Refusal where there is none."""
    root = course.resolve()
    if not (root / "nbgrader_config.py").is_file():
        raise Refusal(f"{root} is no class: no nbgrader_config.py; `autograder new-class DIR` makes one")
    return Room(root, ClassFolder(root, db or None))
