"""`nbgrader generate_feedback` and formgrader's button: the page that `autograder feedback` writes, so that there is one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat

from autograder.classroom import feedback, status
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import enter
from autograder.engine.pages import FeedbackExporter


class FeedbackPage(FeedbackExporter):
    """The class's page of a graded notebook; nbgrader's, with nothing that runs, where there is no class.

    nbgrader makes one for a run, so the class is read once.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self._read: dict[tuple[str, str], tuple[Any, ...] | None] = {}

    def from_notebook_node(self, nb: Any, resources: Any = None, **kwargs: Any) -> Any:
        """The page of the student that `resources` name, and the resources as nbconvert wants them."""
        names = (resources or {}).get("nbgrader", {})
        page = self._of_class(nb, names) if {"student", "assignment", "db_url"} <= set(names) else None
        if page is None:
            return super().from_notebook_node(nb, resources, **kwargs)
        return page, {**resources, "output_extension": self.file_extension}

    def _of_class(self, nb: Any, names: Any) -> str | None:
        key = str(names["db_url"]), str(names["assignment"])
        if key not in self._read:
            self._read[key] = self._lesson(*key)
        if (known := self._read[key]) is None:
            return None
        room, one, lesson = known
        standing = next((s for s in one.standings if s.student == names["student"]), None)
        if standing is None or not standing.shown:
            return None
        notebook = json.loads(nbformat.writes(nb))
        return feedback.render(room, one, standing, notebook, lesson).decode()

    def _lesson(self, database: str, lesson: str) -> tuple[Any, ...] | None:
        """The class, where a lesson stands in it, and what its pages have in common; None: no class."""
        try:
            room = enter(Path(self.config.CourseDirectory.get("root", "") or Path.cwd()), database)
        except Refusal:
            return None
        one = status.read(room, lesson)
        return room, one, feedback.shared(room, one)
