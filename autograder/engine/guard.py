"""The first of the sanitizing preprocessors: what nbgrader itself would pass over in silence stops the grading here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder import settings
from autograder.engine.errors import GradingError


class Guard(NbGraderPreprocessor):  # type: ignore[misc]
    """Refuses a class whose configuration was not read as a whole: traitlets then goes on with what it has, without isolation."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Nothing, or GradingError."""
        try:
            settings.check(Path.cwd())  # nbgrader works in the class's folder
        except settings.SettingsError as error:
            raise GradingError(str(error)) from None
        return nb, resources
