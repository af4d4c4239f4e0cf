"""Who is to be graded: what is new or has changed, what stands, and what stands by other checks than today's."""

from __future__ import annotations

import datetime
from typing import Any

from autograder.engine.errors import GradingError
from autograder.engine.execute import imports_torch
from autograder.engine.folder import ClassFolder
from autograder.engine.job import Result
from autograder.engine.ledger import Ledger
from autograder.engine.submissions import Submission, Waiting, digest, is_text


class Plan:
    """What a run has to do.

    todo: submissions as they were read; refused: those that cannot be; stale: from who stands to why that is not today's grade
    students: everybody in the gradebook; roster: those of them with a name or an address
    known: who has a row for the assignment in the gradebook, be it of a grade or an extension
    digests: of everything that was read; late: what lateness depends on, by student
    """

    def __init__(self, folder: ClassFolder, assignment: str, versions: dict[str, str], ledger: Ledger) -> None:
        self._folder, self._assignment, self._versions, self._ledger = folder, assignment, versions, ledger
        self.todo, self.refused = Waiting(), list[Result]()
        self.digests, self.late, self.stale = dict[str, str](), dict[str, str](), dict[str, str]()
        self.skipped, self.torch = 0, False
        with folder.gradebook() as book:
            row = book.find_assignment(assignment)
            self._due: datetime.datetime | None = row.duedate
            self._extensions = {submission.student_id: submission.extension for submission in row.submissions}
            people = book.students
            self.students = {person.id for person in people}
            self.roster = {person.id for person in people if person.first_name or person.last_name or person.email}
        self._policy = _policy(folder.config)
        self.known = set(self._extensions)

    def read(self, students: list[str], regrade: bool) -> None:
        """Read every submission once, and let those wait that are to be graded."""
        for student in students:
            try:
                if not is_text(student):
                    raise GradingError("the folder's name is no text, so it can stand in no gradebook: rename it")
                submission = self._folder.submission(student, self._assignment)
            except GradingError as error:
                self.refused.append(Result(student, error=str(error)))
                continue
            self.digests[student] = submission.digest
            self.late[student] = self._lateness(submission)
            if not regrade and self._stands(submission):
                self.skipped += 1
                continue
            self.todo.add(submission)
            self.torch = self.torch or any(map(imports_torch, submission.files.values()))

    def _stands(self, submission: Submission) -> bool:
        """Whether these files have been graded, as late as they are, and the grade and the graded copy are there."""
        student, entry = submission.student, self._ledger.last(submission.student)
        if (
            entry is None
            or not self._ledger.is_graded(student, submission.digest)
            or student not in self.known
            or not self._folder.place("autograded", student, self._assignment).is_dir()
            or entry.late not in (None, self.late[student])
        ):
            return False
        if entry.versions.get("source") != self._versions["source"]:
            self.stale[student] = "another version of the source"
        elif entry.versions.get("engine") != self._versions["engine"]:
            self.stale[student] = "other checks"
        return True

    def _lateness(self, submission: Submission) -> str:
        """What a penalty depends on; the empty text in time."""
        if self._due is None or submission.timestamp is None:
            return ""
        due = self._due + (self._extensions.get(submission.student) or datetime.timedelta(0))
        late = max(0.0, (submission.timestamp - due).total_seconds())
        return f"{late:.0f} s, policy {self._policy}" if late else ""


def _policy(config: Any) -> str:
    """A fingerprint of all settings about lateness."""
    settings = {name: dict(values) for name, values in sorted(config.items()) if "Late" in name}
    return digest({"settings": repr(settings).encode()})[:8]
