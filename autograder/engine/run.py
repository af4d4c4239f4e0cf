"""One run over a class: what is to be graded, who grades it, and the one writer that enters results."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Protocol

from autograder.engine import gradebook
from autograder.engine.errors import GradingError
from autograder.engine.execute import imports_torch
from autograder.engine.folder import ClassFolder, points
from autograder.engine.job import Course, Job, Result
from autograder.engine.ledger import Ledger
from autograder.engine.records import Entry, Marks
from autograder.engine.submissions import Submission, Waiting, digest
from autograder.engine.why import engine_version, reasons
from autograder.engine.writer import Changes, write_rows

SOLUTION, RELEASE = "__solution__", "__release__"
WRITE_EVERY = 0.5  # seconds: results that are ready enter the gradebook together


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
    full_log: bool = False


@dataclass(frozen=True)
class Outcome:
    """One submission as the summary shows it."""

    student: str
    score: float | None
    max_score: float
    seconds: float
    note: str = ""
    set_aside: bool = False
    seed: int | None = None
    files: dict[str, bytes] = field(default_factory=dict)


class Run:
    """A run that can be killed at any moment: the next one goes on where it stopped."""

    def __init__(self, folder: ClassFolder, options: Options) -> None:
        self._folder, self._options = folder, options
        self._assignment = options.assignment
        course = folder.course_for(options.assignment, options.sandbox)
        sources = folder.notebooks("source", options.assignment)
        self._versions = {"engine": engine_version(), "source": digest({**sources, **course.shared_files})}
        self.max_score = sum(map(points, sources.values()))
        self._ledger = Ledger(folder.root / ".autograder" / f"{options.assignment}.jsonl")
        self._todo, self._refused, self._digests = Waiting(), list[Result](), dict[str, str]()
        self.skipped = 0
        self._course = replace(course, torch=self._plan())

    @property
    def total(self) -> int:
        """How many submissions are to be graded."""
        return len(self._todo) + len(self._refused)

    def _plan(self) -> bool:
        """Read every submission once, and let those wait that are to be graded; returns whether one may import PyTorch."""
        torch = False
        with self._folder.gradebook() as book:
            self._known = {submission.student_id for submission in book.assignment_submissions(self._assignment)}
        for student in self._folder.students(self._assignment, self._options.students):
            try:
                submission = self._folder.submission(student, self._assignment)
            except GradingError as error:
                self._refused.append(Result(student, error=str(error)))
                continue
            if self._is_done(submission) and not self._options.regrade:
                self.skipped += 1
                continue
            self._todo.add(submission)
            self._digests[student] = submission.digest
            torch = torch or any(map(imports_torch, submission.files.values()))
        return torch

    def _is_done(self, submission: Submission) -> bool:
        """Whether exactly these files have been graded, and the grade and the graded copy are there."""
        return (
            self._ledger.is_graded(submission.student, submission.digest)
            and submission.student in self._known
            and self._folder.place("autograded", submission.student, self._assignment).is_dir()
        )

    def outcomes(self, make_pool: MakePool) -> Iterator[Outcome]:
        """Grade. Raises GradingError where the solution does not score full, or the release more than nothing."""
        yield from self._enter(self._refused)
        if not self._todo:
            return
        with make_pool(self._course) as pool:
            self._check_course(pool)
            ready: list[Result] = []
            written = time.monotonic()
            for result in pool.results(map(self._job, self._todo)):
                ready.append(result)
                if time.monotonic() - written >= WRITE_EVERY:
                    yield from self._enter(ready)
                    ready, written = [], time.monotonic()
            yield from self._enter(ready)

    def _check_course(self, pool: Pool) -> None:
        """The solution must score full and the release nothing, before any student's work is looked at."""
        expected = {SOLUTION: self.max_score}
        files = {SOLUTION: self._folder.notebooks("source", self._assignment)}
        if release := self._folder.notebooks("release", self._assignment):
            expected[RELEASE], files[RELEASE] = 0.0, release
        jobs = (Job(name, notebooks, new_seed()) for name, notebooks in files.items())
        for result in pool.results(jobs):
            what = "solution" if result.student == SOLUTION else "release"
            if result.rows is None:
                raise GradingError(f"the {what} of {self._assignment} could not be graded: {result.error}")
            if abs(result.rows.total - expected[result.student]) > 1e-6:
                raise GradingError(
                    f"the {what} of {self._assignment} scores {result.rows.total:g}, not {expected[result.student]:g}: "
                    "nobody is graded before that is mended"
                )

    def _job(self, submission: Submission) -> Job:
        student = submission.student
        known = self._ledger.seed(student, submission.digest)
        seed = new_seed() if known is None else known
        self._ledger.write("start", student=student, digest=submission.digest, seed=seed)
        marks = Marks()
        if student in self._known:
            with self._folder.gradebook() as book:
                marks = gradebook.marks(book, self._assignment, student)
        return Job(student, submission.files, seed, submission.timestamp, marks)

    def _enter(self, results: list[Result]) -> Iterator[Outcome]:
        """Write results that are ready, all in one transaction, and then note them in the log."""
        found = {result.student: result.rows for result in results if result.rows is not None}
        changes: dict[str, Changes] = {}
        if found and not self._options.dry_run:
            for result in results:
                if result.rows is not None:
                    self._folder.put_graded(result.student, self._assignment, result.files)
            with self._folder.gradebook() as book:
                changes = write_rows(book, self._assignment, found)
        for result in results:
            yield self._note(result, changes.get(result.student, {}))

    def _note(self, result: Result, changes: Changes) -> Outcome:
        student = result.student
        digest = self._digests.get(student, "not read")
        times = {"wall": round(result.wall, 4), "cpu": round(result.cpu, 4)}
        entry = Entry(student, digest, self._versions, result.reports, result.rows.scores if result.rows else {})
        if result.rows is None:
            self._ledger.write("set-aside", **entry.fields(), **times, reason=result.error)
            return Outcome(student, None, self.max_score, result.wall, result.error or "", set_aside=True)
        why = reasons(self._ledger.last(student), entry, changes)
        self._ledger.write(
            "tried" if self._options.dry_run else "graded", **entry.fields(), **times, notes=result.notes
        )
        note = "; ".join(filter(None, (why, *result.notes, *entry.notes, *entry.refused)))
        seed = entry.seeds[0] if entry.seeds else None
        files = result.files if self._options.full_log else {}
        return Outcome(student, result.rows.total, self.max_score, result.wall, note, seed=seed, files=files)

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *error: object) -> None:
        self._todo.close()
        self._ledger.close()


def new_seed() -> int:
    """A fresh seed from the system's entropy, unless AUTOGRADER_SEED fixes it."""
    return int(os.environ.get("AUTOGRADER_SEED") or secrets.randbits(63))
