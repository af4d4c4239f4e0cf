"""The class folder as nbgrader sees it: its settings, the submissions in it, and the graded copies."""

from __future__ import annotations

import os
import shutil
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import MissingEntry
from nbgrader.coursedir import CourseDirectory
from traitlets.config import Config

from autograder import settings
from autograder.engine import learn, times
from autograder.engine.errors import GradingError
from autograder.engine.execute import SandboxExecute
from autograder.engine.gradebook import CachedGradebook, assignment_rows, complete, register
from autograder.engine.job import Course
from autograder.engine.restore import source_demonstrations
from autograder.engine.scratch import content_of
from autograder.engine.submissions import Submission, digest, read_files
from autograder.environment import put_programs_on_path
from autograder.sandbox import BUBBLEWRAP, Limits, bubblewrap


class ClassFolder:
    """One class: where `nbgrader_config.py` lies."""

    def __init__(self, root: Path, db_url: str | None = None) -> None:
        """Read the settings. Raises GradingError where they are missing or broken."""
        put_programs_on_path()
        self.root, self._given = root.resolve(), db_url
        try:
            self.config = settings.read(self.root)
        except settings.SettingsError as error:
            raise GradingError(str(error)) from None
        if "root" not in self.config.CourseDirectory:
            self.config.CourseDirectory.root = str(self.root)
        if db_url:
            self.config.CourseDirectory.db_url = db_url
        self.course = CourseDirectory(config=self.config)

    def again(self) -> ClassFolder:
        """The same folder with its settings as they are by now. Raises GradingError as the first time."""
        return ClassFolder(self.root, self._given)

    def gradebook(self) -> CachedGradebook:
        """The class's gradebook."""
        return CachedGradebook(self.course.db_url, self.course.course_id)

    def place(self, kind: str, student: str, assignment: str) -> Path:
        """A folder of nbgrader's: kind is "source", "release", "submitted" or "autograded"."""
        return Path(self.course.format_path(getattr(self.course, f"{kind}_directory"), student, assignment))

    def students(self, assignment: str, pattern: str) -> list[str]:
        """Everybody who has handed something in, by name."""
        marker = "\0"
        before, after = str(self.place("submitted", marker, assignment)).split(marker)
        folder = Path(before)
        names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
        return [
            name
            for name in names
            if (name == pattern or fnmatch(name, pattern))
            and Path(before + name + after).is_dir()
            and not name.startswith(".")
        ]

    def submission(self, student: str, assignment: str) -> Submission:
        """Read what a student has handed in. Raises GradingError: too large, not to be read, or handed in at no moment that can be told."""
        place = self.place("submitted", student, assignment)
        if place.is_symlink():
            raise GradingError("what was handed in is a link")
        files = read_files(place)
        changed = max(filter(None, (times.written(place / name) for name in files)), default=None)
        return Submission(student, files, times.hand_in_time(files), digest(files), changed)

    def notebooks(self, kind: str, assignment: str) -> dict[str, bytes]:
        """The notebooks of an assignment; kind is "source" or "release"."""
        place = self.place(kind, ".", assignment)
        return {path.name: path.read_bytes() for path in sorted(place.glob("*.ipynb"))} if place.is_dir() else {}

    def source(self, assignment: str) -> Path:
        """The folder of the instructor's version. Raises GradingError where the class has none."""
        source = self.place("source", ".", assignment)
        if not source.is_dir():
            there = (
                sorted(path.name for path in source.parent.iterdir() if path.is_dir()) if source.parent.is_dir() else []
            )
            raise GradingError(f"no {source}; the class has {', '.join(there) or 'no assignment'}")
        return source

    def source_digest(self, assignment: str) -> str:
        """A fingerprint of the instructor's version."""
        place = self.place("source", ".", assignment)
        return digest(read_files(place)) if place.is_dir() else ""

    def release_into_gradebook(self, assignment: str, *, take_over: bool = False) -> None:
        """Let the gradebook know an assignment as its source is now, as `nbgrader generate_assignment` does.

        Raises GradingError where the gradebook knows another version, unless it is to take the source's over.
        """
        source, noted = self.source_digest(assignment), learn.Noted(self.root / ".autograder" / f"{assignment}.learnt")
        with self.gradebook() as book:
            complete(book)
            try:
                known = bool(book.find_assignment(assignment).notebooks)
            except MissingEntry:
                known = False
            if known and noted.knows(self.course.db_url, source):
                return
            with learn.learnt(self.config, assignment, self.course.course_id) as learnt:
                if not known:
                    register(book, learnt, assignment)
                elif others := learn.differences(book, learnt, assignment):
                    if not take_over:
                        raise GradingError(
                            f"the gradebook holds another version of {assignment} than source/{assignment}: {', '.join(others)}. "
                            f"`autograder grade {assignment} --regrade` takes the source over and grades everybody again"
                        )
                    learn.take_over(book, learnt, assignment)
        noted.note(self.course.db_url, source)

    def course_for(self, assignment: str, sandbox: str, *, take_over: bool = False) -> Course:
        """What the jobs of one run share. Raises GradingError where the source or the gradebook lacks the assignment."""
        source = self.source(assignment)
        if sandbox == BUBBLEWRAP:
            bubblewrap.require_unseen(self.root)
        self.release_into_gradebook(assignment, take_over=take_over)
        with self.gradebook() as book:
            content = content_of(assignment_rows(book, assignment))
            notebooks = [notebook.name for notebook in book.find_assignment(assignment).notebooks]
        missing = [name for name in notebooks if not (source / f"{name}.ipynb").is_file()]
        if missing:
            raise GradingError(f"no source notebook {', '.join(missing)} in {source}")
        demonstrations = {name: source_demonstrations(source / f"{name}.ipynb") for name in notebooks}
        return Course(
            assignment,
            self.course.course_id,
            content,
            demonstrations,
            _plain(self.config),
            sandbox,
            self.limits(assignment),
            {name: data for name, data in read_files(source).items() if not name.endswith(".ipynb")},
        )

    def limits(self, assignment: str) -> Limits:
        """The limits of an assignment. Raises GradingError for what cannot be one."""
        return SandboxExecute(config=self.config).limits_of(assignment)

    def put_graded(self, student: str, assignment: str, files: dict[str, bytes]) -> None:
        """Show the graded copy of a submission, whole or not at all. Raises OSError where it cannot be written."""
        target = self.place("autograded", student, assignment)
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
        for path in (fresh, old):
            _remove(path)
        try:
            _write(fresh, files)
        except OSError:
            _remove(fresh)
            raise
        if target.exists():
            if any(
                not (target / name).is_file() or (target / name).read_bytes() != content
                for name, content in files.items()
            ):
                _remove(self.place("feedback", student, assignment))  # nbgrader takes a page that is there for today's
            os.rename(target, old)
        os.rename(fresh, target)
        _remove(old)


def points(notebook: bytes, *, written: bool) -> float:
    """What the checks of a notebook are worth together, or with `written` all its cells."""
    cells = nbformat.reads(notebook.decode(), as_version=4).cells
    return sum(
        float(metadata["points"])
        for cell in cells
        if "points" in (metadata := cell.metadata.get("nbgrader", {}))
        and (written or (metadata.get("grade") and not metadata.get("solution")))
    )


def _plain(config: Config) -> dict[str, Any]:
    return {section: dict(values) for section, values in config.items()}


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(0o444)


def _remove(path: Path) -> None:
    if path.exists():
        for inner in path.rglob("*"):
            if inner.is_dir():
                inner.chmod(0o755)
        shutil.rmtree(path)
