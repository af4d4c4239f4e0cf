"""One run over a class: what is to be graded, who grades it, and the one writer that enters results."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from autograder.engine import gradebook
from autograder.engine.errors import GradingError
from autograder.engine.execute import imports_torch
from autograder.engine.folder import ClassFolder, points
from autograder.engine.grader import digest
from autograder.engine.job import Course, Job, Result
from autograder.engine.ledger import Ledger
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
        self._ledger = Ledger(folder.root / ".autograder" / f"{options.assignment}.jsonl")
        self._digests: dict[str, str] = {}
        self._import_torch: set[str] = set()
        self._versions = {
            "engine": engine_version(),
            "source": digest({**self._notebooks("source"), **course.shared_files}),
        }
        self.max_score = sum(points(path) for path in folder.place("source", ".", options.assignment).glob("*.ipynb"))
        self.todo, self.skipped = self._plan()
        self._course = replace(course, torch=not self._import_torch.isdisjoint(self.todo))

    def _plan(self) -> tuple[list[str], int]:
        """Who is to be graded; what has been graded as it lies there is left alone."""
        todo, skipped = [], 0
        with self._folder.gradebook() as book:
            self._known = {submission.student_id for submission in book.assignment_submissions(self._assignment)}
        for student in self._folder.students(self._assignment, self._options.students):
            done = (
                self._ledger.is_graded(student, self._digest(student))
                and student in self._known
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
                files = self._folder.submission(student, self._assignment)
                self._digests[student] = digest(files)
                if any(map(imports_torch, files.values())):
                    self._import_torch.add(student)
            except GradingError:
                self._digests[student] = "not read"
        return self._digests[student]

    def outcomes(self, make_pool: MakePool) -> Iterator[Outcome]:
        """Grade. Raises GradingError where the solution does not score full, or the release more than nothing."""
        if not self.todo:
            return
        with make_pool(self._course) as pool:
            self._check_course(pool)
            ready: list[Result] = []
            written = time.monotonic()
            for result in pool.results(self._jobs(ready)):
                ready.append(result)
                if time.monotonic() - written >= WRITE_EVERY:
                    yield from self._enter(ready)
                    ready.clear()
                    written = time.monotonic()
            yield from self._enter(ready)

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

    def _jobs(self, refused: list[Result]) -> Iterator[Job]:
        """What workers are to do; a submission that is not even given to one is added to `refused`."""
        for student in self.todo:
            try:
                yield self._job(student)
            except GradingError as error:
                refused.append(Result(student, error=str(error)))

    def _job(self, student: str) -> Job:
        files = self._folder.submission(student, self._assignment)
        timestamp = self._timestamp(student)
        fingerprint = self._digest(student)
        known = self._ledger.seed(student, fingerprint)
        seed = new_seed() if known is None else known
        self._ledger.write("start", student=student, digest=fingerprint, seed=seed)
        found = {}
        if student in self._known:
            with self._folder.gradebook() as book:
                found = gradebook.marks(book, self._assignment, student)
        return Job(student, files, seed, timestamp, found)

    def _timestamp(self, student: str) -> str | None:
        """When it was handed in, where a file says so. Raises GradingError where that cannot be read."""
        try:
            found = self._folder.course.get_existing_timestamp(
                str(self._folder.place("submitted", student, self._assignment))
            )
        except (Exception, SystemExit):
            raise GradingError("its timestamp.txt holds no time that can be read") from None
        return found.isoformat(" ") + " UTC" if found else None

    def _enter(self, results: list[Result]) -> Iterator[Outcome]:
        """Write results that are ready, all in one transaction, and then note them in the log."""
        found = {result.student: result.rows for result in results if not result.error}
        changes: dict[str, Changes] = {}
        if found and not self._options.dry_run:
            for result in results:
                if not result.error:
                    self._folder.put_graded(result.student, self._assignment, result.files)
            with self._folder.gradebook() as book:
                changes = write_rows(book, self._assignment, found)
        for result in results:
            yield self._note(result, changes.get(result.student, {}))

    def _note(self, result: Result, changes: Changes) -> Outcome:
        student = result.student
        about: dict[str, Any] = {
            "student": student,
            "digest": self._digests[student],
            "versions": self._versions,
            "reports": result.reports,
            "wall": round(result.wall, 4),
            "cpu": round(result.cpu, 4),
        }
        if result.error:
            self._ledger.write("set-aside", **about, reason=result.error)
            return Outcome(student, None, self.max_score, result.wall, result.error, set_aside=True)
        about["scores"] = scores(result.rows)
        why = reasons(self._ledger.last(student), about, changes)
        self._ledger.write("tried" if self._options.dry_run else "graded", **about)
        refused = "; ".join(dict.fromkeys(text for report in result.reports for text in report["refused"]))
        note = "; ".join(filter(None, (why, refused)))
        seed = result.reports[0]["seed"] if result.reports else None
        files = result.files if self._options.full_log else {}
        return Outcome(student, total(result.rows), self.max_score, result.wall, note, seed=seed, files=files)

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
