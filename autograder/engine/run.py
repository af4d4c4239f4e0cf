"""One run over a class: what is to be graded, who grades it, and the one writer that enters results."""

from __future__ import annotations

import errno
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Protocol

from autograder.engine import gradebook, ledger
from autograder.engine.errors import GradingError
from autograder.engine.folder import ClassFolder, points
from autograder.engine.job import Course, Job, Result
from autograder.engine.ledger import Ledger
from autograder.engine.plan import Plan
from autograder.engine.records import Entry, Marks
from autograder.engine.submissions import Submission
from autograder.engine.why import engine_version, reasons
from autograder.engine.writer import Changes, write_rows

SOLUTION, RELEASE = "__solution__", "__release__"
NO_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO}  # the next submission cannot be written either
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
    """One submission as the summary shows it.

    checks: what the checks gave; penalty: what lateness took; whole: with marks and penalty, None while an answer is unmarked
    unmarked: how many answers wait for a person
    """

    student: str
    checks: float | None = None
    penalty: float = 0.0
    whole: float | None = None
    unmarked: int = 0
    seconds: float = 0.0
    note: str = ""
    set_aside: bool = False
    seed: int | None = None
    files: dict[str, bytes] = field(default_factory=dict)


class Run:
    """A run that can be killed at any moment: the next one goes on where it stopped."""

    def __init__(self, folder: ClassFolder, options: Options) -> None:
        """Plan the run. Raises GradingError where nothing can be graded, and where another run grades the same assignment."""
        self._options = options
        self._assignment = options.assignment
        students = folder.students(options.assignment, options.students)
        if options.students != "*" and not students:
            raise GradingError(f"no student who fits {options.students!r} has handed in {options.assignment}")
        folder.source(options.assignment)
        folder.gradebook().close()  # where it cannot be reached, nothing is written
        with ExitStack() as stack:
            self._ledger = stack.enter_context(closing(Ledger(ledger.log_of(folder.root, options.assignment))))
            # Until here another command may have changed the lesson, or moved the gradebook.
            self._folder = folder.again()
            self._prepare(students)
            self._open = stack.pop_all()

    def _prepare(self, students: list[str]) -> None:
        folder, options = self._folder, self._options
        self._course = folder.course_for(
            options.assignment, options.sandbox, take_over=options.regrade and not options.dry_run
        )
        self._versions = {"engine": engine_version(), "source": folder.source_digest(options.assignment)}
        sources = folder.notebooks("source", options.assignment).values()
        self.max_checks = sum(points(source, written=False) for source in sources)
        self.max_whole = sum(points(source, written=True) for source in sources)
        self.plan = Plan(folder, options.assignment, self._versions, self._ledger)
        self.plan.read(students, options.regrade)
        self._course = replace(self._course, torch=self.plan.torch)
        self._marks: dict[str, Marks] = {}
        self._way_back: dict[str, dict[str, bytes]] = {}
        self._handed_in = set(students)

    @property
    def total(self) -> int:
        """How many submissions are to be graded."""
        return len(self.plan.todo) + len(self.plan.refused)

    @property
    def absent(self) -> set[str]:
        """Who is in the gradebook and has handed in nothing; nobody where the run looks at some students only."""
        return self.plan.students - self._handed_in if self._options.students == "*" else set()

    @property
    def strangers(self) -> set[str]:
        """Who has handed in and is not in the roster, where the gradebook has one: students with a name or an address."""
        return self._handed_in - self.plan.roster if self.plan.roster else set()

    def outcomes(self, make_pool: MakePool) -> Iterator[Outcome]:
        """Grade. Raises GradingError where the solution does not score full, or the release more than nothing."""
        yield from self._enter(self.plan.refused)
        if not len(self.plan.todo):
            return
        with make_pool(self._course) as pool:
            self._check_course(pool)
            ready: list[Result] = []
            written = time.monotonic()
            for result in pool.results(map(self._job, self.plan.todo)):
                ready.append(result)
                if time.monotonic() - written >= WRITE_EVERY:
                    yield from self._enter(ready)
                    ready, written = [], time.monotonic()
            yield from self._enter(ready)

    def _check_course(self, pool: Pool) -> None:
        """The solution must score full and the release nothing, before any student's work is looked at."""
        expected = {SOLUTION: self.max_checks}
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
        if student in self.plan.known:
            with self._folder.gradebook() as book:
                marks = gradebook.marks(book, self._assignment, student)
        self._marks[student], self._way_back[student] = marks, submission.way_back(seed)
        timestamp = submission.timestamp.isoformat(" ") + " UTC" if submission.timestamp else None
        return Job(student, submission.files, seed, timestamp, marks)

    def _enter(self, results: list[Result]) -> Iterator[Outcome]:
        """Write results that are ready, all in one transaction, and then note them in the log."""
        if not self._options.dry_run:
            results = [result if result.rows is None else self._put(result) for result in results]
        found = {result.student: result.rows for result in results if result.rows is not None}
        changes: dict[str, Changes] = {}
        if found and not self._options.dry_run:
            with self._folder.gradebook() as book:
                changes = write_rows(book, self._assignment, found)
        for result in results:
            yield self._note(result, changes.get(result.student, {}))

    def _put(self, result: Result) -> Result:
        """Show the graded copy; the result, or the same set aside where the copy cannot be written."""
        way_back = self._way_back.pop(result.student, {})
        try:
            self._folder.put_graded(result.student, self._assignment, {**way_back, **result.files})
        except OSError as error:
            if error.errno in NO_DISK:
                raise
            why = f"its graded copy cannot be written: {error.strerror or error}"
            return replace(result, rows=None, files={}, error=f"{why} (likely the name of a file beside the notebook)")
        return result

    def _note(self, result: Result, changes: Changes) -> Outcome:
        student, rows = result.student, result.rows
        digest, late = self.plan.digests.get(student, "not read"), self.plan.late.get(student)
        times = {"wall": round(result.wall, 4), "cpu": round(result.cpu, 4)}
        entry = Entry(student, digest, self._versions, result.reports, rows.scores if rows else {}, late)
        if rows is None:
            event = "tried" if self._options.dry_run else "set-aside"
            self._ledger.write(event, **entry.fields(), **times, reason=result.error)
            return Outcome(student, seconds=result.wall, note=result.error or "", set_aside=True)
        why = reasons(self._ledger.last(student), entry, changes)
        event = "tried" if self._options.dry_run else "graded"
        self._ledger.write(event, **entry.fields(), **times, notes=result.notes)
        marks = self._marks.pop(student, Marks())
        unmarked, penalty = rows.unmarked(marks), rows.penalty
        return Outcome(
            student,
            checks=rows.total,
            penalty=penalty,
            whole=None if unmarked else max(0.0, rows.whole(marks) - penalty),
            unmarked=unmarked,
            seconds=result.wall,
            note="; ".join(filter(None, (why, *result.notes, *entry.notes, *entry.refused))),
            seed=entry.seeds[0] if entry.seeds else None,
            files=result.files if self._options.full_log else {},
        )

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *error: object) -> None:
        self.plan.todo.close()
        self._open.close()


def new_seed() -> int:
    """A fresh seed from the system's entropy, unless AUTOGRADER_SEED fixes it."""
    return int(os.environ.get("AUTOGRADER_SEED") or secrets.randbits(63))
