"""Grades one submission with nbgrader's own pipeline, on a scratch gradebook in a scratch folder."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import resource
import shutil
import sys
import time
import urllib.parse
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4.rwbase import strip_transient
from nbformat.validator import normalize
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from traitlets import List
from traitlets.config import Config

from autograder.engine import intake, sandboxes, scratch, scratch_folder, weigh
from autograder.engine.errors import GradingError
from autograder.engine.execute import SandboxExecute
from autograder.engine.guard import Guard
from autograder.engine.job import Course, Job, Result
from autograder.engine.order import Contract
from autograder.engine.records import Report
from autograder.engine.restore import RestoreContract, contract
from autograder.engine.submissions import TIME
from autograder.sandbox import SandboxError
from autograder.sandbox.limits import EVERYWHERE

LONGEST_NAME = 200  # a letter of another script is six signs of it, and a file system takes 255


class Grader:
    """Grades the submissions of one course's assignment, one after the other, in this process."""

    def __init__(self, course: Course) -> None:
        scratch.quicken_nbgrader()
        self._course = course
        self._folder = scratch_folder.make()
        self._engine = scratch.engine_of(course.scratch)
        self._address = f"sqlite:///{self._folder}/gradebook.db"  # a name; there is no such file
        self._contracts: dict[str, Contract] = {}
        self._config = Config(course.config)
        self._config.CourseDirectory.update(
            root=str(self._folder),
            db_url=self._address,
            course_id=course.course_id,
            assignment_id=course.assignment,
            submitted_directory="submitted",
            autograded_directory="autograded",
            source_directory="source",
            student_id="*",
            notebook_id="*",
        )
        self._config.CourseDirectory.pop("directory_structure", None)
        source = self._folder / "source" / course.assignment
        source.mkdir(parents=True)
        _write(source, course.shared_files)

    def grade(self, job: Job) -> Result:
        """Grade one submission; whatever goes wrong sets it aside with the reason.

        Raises MemoryError where this process has no room left: it is to be given up.
        After an error that nobody foresaw, and after one of the sandbox, it is tried once more in a fresh one.
        """
        result, foreseen = self._try(job)
        if foreseen:
            return result
        sandboxes.discard()
        result, foreseen = self._try(job)
        if not foreseen:
            sandboxes.discard()
        return result

    def _try(self, job: Job) -> tuple[Result, bool]:
        """One submission's result, and whether what went wrong, if anything, is one of the reasons for setting aside."""
        started, cpu = time.perf_counter(), _cpu()
        alias = scratch_name(job.student)
        log, reports = _Log(), list[Report]()
        book = scratch.ScratchGradebook(self._engine, self._address, self._course.course_id, alias)
        try:
            result, foreseen = self._graded(job, alias, book, log, reports), True
        except (Exception, SystemExit) as raised:
            error = log.error or raised
            if isinstance(error, MemoryError):
                raise error from None
            result, foreseen = Result(job.student, error=_told(error)), isinstance(error, GradingError)
        finally:
            book.end()
            for name in ("submitted", "autograded"):
                _remove(self._folder / name / alias)
        wall, cpu = time.perf_counter() - started, _cpu() - cpu
        return replace(result, reports=tuple(reports), wall=wall, cpu=cpu), foreseen

    def _graded(self, job: Job, alias: str, book: scratch.ScratchGradebook, log: _Log, reports: list[Report]) -> Result:
        """One submission through nbgrader's pipeline, under the name `alias`. reports: grows, also where that fails."""
        limits = self._course.limits
        given, notes = intake.prepare(job.files, self._lesson(book), limits)
        submitted = self._folder / "submitted" / alias / self._course.assignment
        submitted.mkdir(parents=True)
        light = {name: weigh.lighten(given[name], limits.cells) for name in given if name.endswith(".ipynb")}
        _write(submitted, {**given, **light})
        if job.timestamp:
            (submitted / TIME).write_text(job.timestamp)
        scratch.apply_marks(book, self._course.assignment, alias, job.marks)
        converter = self._converter(job, log, reports)
        converter.start()
        rows = scratch.read_rows(book, self._course.assignment, alias)
        files = _read(self._folder / "autograded" / alias / self._course.assignment)
        return Result(job.student, rows, files, notes=tuple(notes))

    def _lesson(self, book: scratch.ScratchGradebook) -> dict[str, Contract]:
        """The contract of each of the lesson's notebooks, read once."""
        if not self._contracts:
            for notebook in book.find_assignment(self._course.assignment).notebooks:
                self._contracts[notebook.name] = contract(book, notebook.name, self._course.assignment)
        return self._contracts

    def _converter(self, job: Job, log: _Log, reports: list[Report]) -> Autograde:
        converter = Autograde(coursedir=CourseDirectory(config=self._config), config=self._config, log=log.logger)
        converter.exporter_class = _Exporter
        executor = SandboxExecute(
            seed=job.seed,
            reports=reports,
            torch=self._course.torch,
            config=self._config,
            sandbox=self._course.sandbox,
            limits={EVERYWHERE: asdict(self._course.limits)},
            log=log.logger,
        )
        demonstrations = frozenset().union(*self._course.demonstrations.values())
        restore = RestoreContract(
            demonstrations=demonstrations, contracts=self._contracts, config=self._config, log=log.logger
        )
        converter.sanitize_preprocessors = [
            restore,
            *(
                step
                for step in converter.sanitize_preprocessors
                if not _is(step, RestoreContract) and not _is(step, Guard)
            ),
        ]
        converter.autograde_preprocessors = [
            executor if _is(step, Execute) or _is(step, SandboxExecute) else step
            for step in converter.autograde_preprocessors
        ]
        return converter

    def close(self) -> None:
        """Remove the scratch folder."""
        self._engine.dispose()
        scratch_folder.remove(self._folder)


class _Exporter(NotebookExporter):
    """nbconvert's, which copies a notebook before each step and validates it after each: here it is ours, and valid in the end."""

    default_preprocessors: List[Any] = List([], help="nbconvert's own eleven, which do nothing unless enabled.").tag(
        config=True
    )

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kwargs: Any) -> tuple[Any, dict[str, Any]]:
        resources = self._init_resources(resources)  # type: ignore[no-untyped-call]
        last = any(isinstance(step, SandboxExecute) for step in self._preprocessors)
        if not last:
            _, nb = normalize(nb)
        for step in self._preprocessors:
            nb, resources = step(nb, resources)
        if not last:  # nbgrader reads it again at once
            return json.dumps(nb), resources
        nbformat.validate(nb, relax_add_props=True)
        return _written(nb), resources


def _written(nb: NotebookNode) -> str:
    """A notebook's file, a cell a line: in nbformat's own layout Python's encoder takes ten times as long."""
    nb = strip_transient(nb)
    rest = json.dumps({key: value for key, value in nb.items() if key != "cells"}, ensure_ascii=False, sort_keys=True)
    cells = ",\n".join(json.dumps(cell, ensure_ascii=False, sort_keys=True) for cell in nb.cells)
    return f'{{"cells": [\n{cells}\n], {rest[1:]}\n'


class _Log:
    """Keeps the first exception that nbgrader logs about one submission."""

    def __init__(self) -> None:
        self.logger = logging.Logger("autograder", logging.ERROR)
        self.error: BaseException | None = None
        handler = logging.Handler()
        handler.emit = self._keep  # type: ignore[method-assign]
        self.logger.addHandler(handler)

    def _keep(self, record: logging.LogRecord) -> None:
        self.error = self.error or sys.exc_info()[1]


def _told(error: BaseException) -> str:
    """What went wrong, in one line. The texts of other exceptions quote what a student wrote, and this goes into the log."""
    if isinstance(error, GradingError):
        return str(error)[:500]
    if isinstance(error, (SandboxError, OSError)):
        return f"{type(error).__name__}: {error}"[:500]
    return f"nbgrader's pipeline raised {type(error).__module__}.{type(error).__qualname__}"


def _is(step: Any, kind: type) -> bool:
    return step is kind or (isinstance(step, str) and step.rpartition(".")[2] == kind.__name__)


def _cpu() -> float:
    return sum(resource.getrusage(resource.RUSAGE_SELF)[:2])


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _read(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _remove(folder: Path) -> None:
    if folder.exists():
        for path in folder.rglob("*"):
            path.chmod(0o700)
        shutil.rmtree(folder)


def scratch_name(student: str) -> str:
    """A student's name in the scratch folder: nbgrader would read signs of patterns in it. One too long becomes its digest."""
    name = urllib.parse.quote(os.fsencode(student), safe="@+ ")
    return name if len(name) <= LONGEST_NAME else hashlib.sha256(os.fsencode(student)).hexdigest()
