"""`nbgrader export` with the rules of `autograder export`: what is no grade is blank, and says why."""

from __future__ import annotations

from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin

from autograder.classroom.export import to_csv
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import enter


class GradesExport(ExportPlugin):  # type: ignore[misc]
    """nbgrader's options --to and --assignment; nbgrader runs in the class's folder."""

    def export(self, gradebook: Gradebook) -> None:
        """Write the table. Raises Refusal where single students are asked for, which this table does not leave out."""
        if self.student:
            raise Refusal("this class exports everybody: leave --student away, or use `autograder export`")
        known = [assignment.name for assignment in gradebook.assignments]
        wanted = [str(name) for name in self.assignment] or known
        if unknown := sorted(set(wanted) - set(known)):
            raise Refusal(f"the gradebook does not know {', '.join(unknown)}; it has {', '.join(known) or 'nothing'}")
        target = Path(self.to or "grades.csv")
        to_csv(enter(Path.cwd(), gradebook.engine.url.render_as_string(hide_password=False)), wanted, target)
        self.log.info("Exported to %s", target)
