"""The class folder as nbgrader sees it: its settings, the submissions in it, and the graded copies."""

from __future__ import annotations

import os
import shutil
import tempfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Base, Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import create_engine
from traitlets.config import Config

from autograder import settings
from autograder.engine import times
from autograder.engine.errors import GradingError
from autograder.engine.execute import SandboxExecute
from autograder.engine.gradebook import CachedGradebook, assignment_rows, complete, register
from autograder.engine.job import Course
from autograder.engine.restore import source_demonstrations
from autograder.engine.scratch import content_of
from autograder.engine.submissions import Submission, digest, read_files
from autograder.environment import put_programs_on_path


class ClassFolder:
    """One class: where `nbgrader_config.py` lies."""

    def __init__(self, root: Path, db_url: str | None = None) -> None:
        """Read the settings. Raises GradingError where they are missing or broken."""
        put_programs_on_path()
        self.root = root.resolve()
        try:
            self.config = settings.read(self.root)
        except settings.SettingsError as error:
            raise GradingError(str(error)) from None
        if "root" not in self.config.CourseDirectory:
            self.config.CourseDirectory.root = str(self.root)
        if db_url:
            self.config.CourseDirectory.db_url = db_url
        self.course = CourseDirectory(config=self.config)

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
            if fnmatch(name, pattern) and Path(before + name + after).is_dir() and not name.startswith(".")
        ]

    def submission(self, student: str, assignment: str) -> Submission:
        """Read what a student has handed in. Raises GradingError: too large, not to be read, or handed in at no moment that can be told."""
        place = self.place("submitted", student, assignment)
        if place.is_symlink():
            raise GradingError("what was handed in is a link")
        files = read_files(place)
        return Submission(student, files, _timestamp(files), digest(files))

    def notebooks(self, kind: str, assignment: str) -> dict[str, bytes]:
        """The notebooks of an assignment; kind is "source" or "release"."""
        place = self.place(kind, ".", assignment)
        return {path.name: path.read_bytes() for path in sorted(place.glob("*.ipynb"))} if place.is_dir() else {}

    def release_into_gradebook(self, assignment: str) -> None:
        """Tell the gradebook of an assignment that it does not know yet, as `nbgrader generate_assignment` does."""
        with self.gradebook() as book:
            complete(book)
            try:
                if book.find_assignment(assignment).notebooks:
                    return
            except MissingEntry:
                pass
            from nbgrader.apps import NbGraderAPI  # all of nbgrader's commands; most runs need none

            with tempfile.TemporaryDirectory() as folder:
                config = Config(self.config)
                config.CourseDirectory.release_directory = folder
                config.CourseDirectory.db_url = f"sqlite:///{folder}/gradebook.db"
                # With its tables there, nbgrader does not start alembic to ask for a version that nobody reads.
                Base.metadata.create_all(create_engine(config.CourseDirectory.db_url))
                result = NbGraderAPI(config=config).generate_assignment(assignment, force=True, create=True)
                if not result["success"]:
                    why = result.get("log") or result.get("error")
                    raise GradingError(f"nbgrader could not learn {assignment} from its source:\n{why}")
                with Gradebook(config.CourseDirectory.db_url, self.course.course_id) as learnt:
                    register(book, learnt, assignment)

    def course_for(self, assignment: str, sandbox: str) -> Course:
        """What the jobs of one run share. Raises GradingError where the source or the gradebook lacks the assignment."""
        self.release_into_gradebook(assignment)
        source = self.place("source", ".", assignment)
        with self.gradebook() as book:
            content = content_of(assignment_rows(book, assignment))
            notebooks = [notebook.name for notebook in book.find_assignment(assignment).notebooks]
        missing = [name for name in notebooks if not (source / f"{name}.ipynb").is_file()]
        if missing:
            raise GradingError(f"no source notebook {', '.join(missing)} in {source}")
        demonstrations = {name: source_demonstrations(source / f"{name}.ipynb") for name in notebooks}
        limits = SandboxExecute(config=self.config).limits
        return Course(
            assignment,
            self.course.course_id,
            content,
            demonstrations,
            _plain(self.config),
            sandbox,
            {**limits.get("*", {}), **limits.get(assignment, {})},
            {name: data for name, data in read_files(source).items() if not name.endswith(".ipynb")},
        )

    def put_graded(self, student: str, assignment: str, files: dict[str, bytes]) -> None:
        """Show the graded copy of a submission, whole or not at all."""
        target = self.place("autograded", student, assignment)
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh, old = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
        for path in (fresh, old):
            _remove(path)
        for name, content in files.items():
            path = fresh / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o444)
        if target.exists():
            os.rename(target, old)
        os.rename(fresh, target)
        _remove(old)


def points(notebook: bytes) -> float:
    """What the checks of a notebook are worth together."""
    cells = nbformat.reads(notebook.decode(), as_version=4).cells
    return sum(
        float(cell.metadata.nbgrader.points)
        for cell in cells
        if "nbgrader" in cell.metadata
        and cell.metadata.nbgrader.get("grade")
        and not cell.metadata.nbgrader.get("solution")
    )


def _timestamp(files: dict[str, bytes]) -> str | None:
    """When it was handed in, where a file says so. Raises GradingError where that cannot be read."""
    if (content := files.get("timestamp.txt")) is None:
        return None
    try:
        return times.moment(content.decode()).isoformat(" ") + " UTC"
    except ValueError:
        raise GradingError(f"its timestamp.txt holds no time that can be read; such as {times.EXAMPLES}") from None


def _plain(config: Config) -> dict[str, Any]:
    return {section: dict(values) for section, values in config.items()}


def _remove(path: Path) -> None:
    if path.exists():
        for inner in path.rglob("*"):
            if inner.is_dir():
                inner.chmod(0o755)
        shutil.rmtree(path)
