"""One run over a class: what is to be graded, who grades it, and the one writer that enters results."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from autograder.engine import gradebook
from autograder.engine.errors import GradingError
from autograder.engine.folder import ClassFolder, points
from autograder.engine.grader import digest
from autograder.engine.job import Course, Job, Result
from autograder.engine.ledger import Ledger

SOLUTION, RELEASE = "__solution__", "__release__"


class Pool(Protocol):
    """Whatever grades jobs and yields results as they are ready."""

    def results(self, jobs: Iterator[Job]) -> Iterator[Result]: ...


MakePool = Callable[[Course], AbstractContextManager[Pool]]


@dataclass(frozen=True)
class Options:
    """What the command was asked for."""

    assignment: str
    students: str = "*"
    sandbox: str = "bubblewrap"
    regrade: bool = False
    dry_run: bool = False


@dataclass(frozen=True)
class Outcome:
    """One submission as the summary shows it."""

    student: str
    score: float | None
    max_score: float
    seconds: float
    note: str = ""
    set_aside: bool = False


class Run:
    """A run that can be killed at any moment: the next one goes on where it stopped."""

    def __init__(self, folder: ClassFolder, options: Options) -> None:
        self._folder, self._options = folder, options
        self._assignment = options.assignment
        self._course = folder.course_for(options.assignment, options.sandbox)
        self._ledger = Ledger(folder.root / ".autograder" / f"{options.assignment}.jsonl")
        self._digests: dict[str, str] = {}
        self.max_score = sum(points(path) for path in folder.place("source", ".", options.assignment).glob("*.ipynb"))
        self.todo, self.skipped = self._plan()

    def _plan(self) -> tuple[list[str], int]:
        """Who is to be graded; what has been graded as it lies there is left alone."""
        todo, skipped = [], 0
        with self._folder.gradebook() as book:
            known = {submission.student_id for submission in book.assignment_submissions(self._assignment)}
        for student in self._folder.students(self._assignment, self._options.students):
            done = (
                self._ledger.is_graded(student, self._digest(student))
                and student in known
                and self._folder.place("autograded", student, self._assignment).is_dir()
            )
            if done and not self._options.regrade:
                skipped += 1
            else:
                todo.append(student)
        return todo, skipped

    def _digest(self, student: str) -> str:
        if student not in self._digests:
            try:
                self._digests[student] = digest(self._folder.submission(student, self._assignment))
            except GradingError:
                self._digests[student] = "too large"
        return self._digests[student]

    def outcomes(self, make_pool: MakePool) -> Iterator[Outcome]:
        """Grade. Raises GradingError where the solution does not score full, or the release more than nothing."""
        if not self.todo:
            return
        with make_pool(self._course) as pool:
            self._check_course(pool)
            for result in pool.results(map(self._job, self.todo)):
                yield self._enter(result)

    def _check_course(self, pool: Pool) -> None:
        """The solution must score full and the release nothing, before any student's work is looked at."""
        expected = {SOLUTION: self.max_score}
        files = {SOLUTION: self._notebooks("source")}
        if release := self._notebooks("release"):
            expected[RELEASE], files[RELEASE] = 0.0, release
        jobs = (Job(name, found, new_seed()) for name, found in files.items())
        for result in pool.results(jobs):
            what = "solution" if result.student == SOLUTION else "release"
            if result.error:
                raise GradingError(f"the {what} of {self._assignment} could not be graded: {result.error}")
            got = total(result.rows)
            if abs(got - expected[result.student]) > 1e-6:
                raise GradingError(
                    f"the {what} of {self._assignment} scores {got:g}, not {expected[result.student]:g}: "
                    "nobody is graded before that is mended"
                )

    def _notebooks(self, kind: str) -> dict[str, bytes]:
        folder = self._folder.place(kind, ".", self._assignment)
        return {path.name: path.read_bytes() for path in folder.glob("*.ipynb")} if folder.is_dir() else {}

    def _job(self, student: str) -> Job:
        fingerprint = self._digest(student)
        known = self._ledger.seed(student, fingerprint)
        seed = new_seed() if known is None else known
        self._ledger.write("start", student=student, digest=fingerprint, seed=seed)
        try:
            files = self._folder.submission(student, self._assignment)
        except GradingError:
            files = {}
        with self._folder.gradebook() as book:
            found = gradebook.marks(book, self._assignment, student)
        timestamp = self._folder.course.get_existing_timestamp(
            str(self._folder.place("submitted", student, self._assignment))
        )
        return Job(student, files, seed, timestamp.isoformat(" ") + " UTC" if timestamp else None, found)

    def _enter(self, result: Result) -> Outcome:
        student = result.student
        about: dict[str, Any] = {
            "student": student,
            "digest": self._digests[student],
            "reports": result.reports,
            "wall": round(result.wall, 4),
            "cpu": round(result.cpu, 4),
        }
        if result.error:
            self._ledger.write("set-aside", **about, reason=result.error)
            return Outcome(student, None, self.max_score, result.wall, result.error, set_aside=True)
        changed: dict[str, Any] = {}
        if not self._options.dry_run:
            self._folder.put_graded(student, self._assignment, result.files)
            with self._folder.gradebook() as book:
                changed = gradebook.write_rows(book, self._assignment, student, result.rows)
        event = "tried" if self._options.dry_run else "graded"
        self._ledger.write(event, **about, scores=scores(result.rows))
        refused = "; ".join(dict.fromkeys(text for report in result.reports for text in report["refused"]))
        moved = ", ".join(f"{cell}: {old} -> {new}" for cell, (old, new) in changed.items() if old is not None)
        return Outcome(
            student, total(result.rows), self.max_score, result.wall, "; ".join(filter(None, (moved, refused)))
        )

    def close(self) -> None:
        """Close the log."""
        self._ledger.close()


def new_seed() -> int:
    """A fresh seed from the system's entropy, unless AUTOGRADER_SEED fixes it."""
    return int(os.environ.get("AUTOGRADER_SEED") or secrets.randbits(63))


def scores(rows: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """The automatic scores by notebook and cell."""
    return {name: notebook["grades"] for name, notebook in rows["notebooks"].items()}


def total(rows: dict[str, Any]) -> float:
    """The sum of the automatic scores."""
    return sum(score or 0.0 for notebook in scores(rows).values() for score in notebook.values())
