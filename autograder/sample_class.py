"""A class folder for nbgrader, and the sample class that `make course` grades in it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from autograder.environment import put_programs_on_path

ROOT = Path(__file__).parents[1]
SAMPLES = Path(__file__).parent / "sample"

CLASS_CONFIG = """\
# Written by `autograder new-class`. The course's settings come from the project; below is what belongs to this class.
from pathlib import Path

c = get_config()  # noqa: F821
load_subconfig({config!r})  # noqa: F821

here = Path(__file__).parent
c.CourseDirectory.root = str(here)
c.CourseDirectory.source_directory = "source"
c.CourseDirectory.release_directory = "release"
c.CourseDirectory.db_url = f"sqlite:///{{here}}/gradebook.db"
c.Exchange.root = str(here / "exchange")
"""


@dataclass(frozen=True)
class Sample:
    """One student of the sample class; `expected` is the score without the answers that are marked by hand."""

    student: str
    note: str
    expected: float
    base: str = "solution"
    cells: dict[str, str] = field(default_factory=dict)


def samples(lesson: str) -> list[Sample]:
    """The sample students of a lesson. Raises FileNotFoundError where a lesson has none."""
    table = tomllib.loads((SAMPLES / f"{lesson}.toml").read_text())
    return [Sample(student, **fields) for student, fields in table.items()]


def new_class(folder: Path) -> None:
    """Make a class folder with the settings for nbgrader, or bring its settings up to date; grades in it are kept."""
    for name in ("source", "release", "submitted", "autograded", "feedback", "exchange"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    text = CLASS_CONFIG.format(config=str(ROOT / "nbgrader_config.py"))
    path = folder / "nbgrader_config.py"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def release(folder: Path, lesson: str) -> None:
    """Copy a lesson's source and release into a class folder."""
    for source, target in ((ROOT / "solutions", "source"), (ROOT / "exercises", "release")):
        place = folder / target / lesson
        place.mkdir(parents=True, exist_ok=True)
        for path in (source / lesson).iterdir():
            if path.is_file():
                shutil.copy2(path, place)


def submission(sample: Sample, solved: Any, released: Any) -> Any:
    """The notebook that a sample student hands in."""
    notebook = nbformat.from_dict(released if sample.base == "release" else solved)
    unused = set(sample.cells)
    for cell in notebook.cells:
        grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
        if grade_id in sample.cells:
            cell.source = sample.cells[grade_id].strip("\n")
            unused.discard(grade_id)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    if unused:
        raise ValueError(f"{sample.student}: no cells {sorted(unused)} in the notebook")
    return notebook


def submit(folder: Path, lesson: str) -> list[Sample]:
    """Write every sample student's submission into a class folder; returns the students."""
    solved = nbformat.read(ROOT / "solutions" / lesson / f"{lesson}.ipynb", as_version=4)
    released = nbformat.read(ROOT / "exercises" / lesson / f"{lesson}.ipynb", as_version=4)
    students = samples(lesson)
    # A student starts from the release: its metadata, with the solution's text in the open cells.
    answers = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in solved.cells
        if cell.metadata.get("nbgrader", {}).get("solution")
    }
    for student in students:
        notebook = nbformat.from_dict(released)
        if student.base == "solution":
            for cell in notebook.cells:
                if (grade_id := cell.metadata.get("nbgrader", {}).get("grade_id")) in answers:
                    cell.source = _without_markers(answers[grade_id])
        notebook = submission(student, notebook, released)
        place = folder / "submitted" / student.student / lesson
        place.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, place / f"{lesson}.ipynb")
    return students


def _without_markers(source: str) -> str:
    return "\n".join(
        line for line in source.splitlines() if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION")
    )


def grade(folder: Path, lesson: str) -> None:
    """Grade what was handed in and write the feedback, by nbgrader's own commands. Raises CalledProcessError with their log shown."""
    put_programs_on_path()
    for command in (
        ["generate_assignment", lesson, "--force"],
        ["autograde", lesson, "--force"],
        ["generate_feedback", lesson, "--force"],
    ):
        done = subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            print(done.stderr[-4000:], file=sys.stderr)
            done.check_returncode()


def scores(folder: Path, lesson: str) -> dict[str, float]:
    """What the checks gave each student, read from the class's gradebook; answers marked by hand are left out."""
    from nbgrader.api import Gradebook  # slow to import

    with Gradebook(f"sqlite:///{folder.resolve()}/gradebook.db") as gradebook:
        return {
            submission.student.id: sum(
                grade.auto_score or 0.0 for notebook in submission.notebooks for grade in notebook.grades
            )
            for submission in gradebook.assignment_submissions(lesson)
        }
