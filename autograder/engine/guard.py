"""The first of the sanitizing preprocessors: what nbgrader itself would pass over in silence stops the grading here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder import settings
from autograder.engine import intake
from autograder.engine.errors import GradingError
from autograder.engine.execute import SandboxExecute
from autograder.engine.gradebook import CachedGradebook
from autograder.engine.restore import contract
from autograder.engine.submissions import read_files
from autograder.engine.times import hand_in_time


class Guard(NbGraderPreprocessor):  # type: ignore[misc]
    """Keeps nbgrader's own commands from grading what `autograder grade` would not.

    That is a class whose configuration was not read as a whole (traitlets then goes on with what it has, without isolation),
    a time that nbgrader reads as another one, and a notebook that is not the one that was meant.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Nothing but a right hand-in time. Raises GradingError."""
        try:
            settings.check(Path.cwd())  # nbgrader works in the class's folder
        except settings.SettingsError as error:
            raise GradingError(str(error)) from None
        names = resources["nbgrader"]
        course = CourseDirectory(config=self.config)
        place = Path(course.format_path(course.submitted_directory, names["student"], names["assignment"]))
        files = read_files(place)
        limits = SandboxExecute(config=self.config).limits_of(names["assignment"])
        with CachedGradebook(names["db_url"], course.course_id) as book:
            book.find_submission(names["assignment"], names["student"]).timestamp = hand_in_time(files)
            book.db.commit()
            known = contract(book, names["notebook"], names["assignment"])
        chosen, notes = intake.prepare(files, {names["notebook"]: known}, limits)
        meant = json.loads(chosen[f"{names['notebook']}.ipynb"])
        if [cell["source"] for cell in meant["cells"]] != [cell.source for cell in nb.cells]:
            raise GradingError(f"{'; '.join(notes)}: `autograder grade {names['assignment']}` grades it")
        return nb, resources
