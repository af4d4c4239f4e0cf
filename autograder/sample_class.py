"""A class folder for nbgrader, and the sample class that `make course` grades in it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from autograder.classroom.new_class import FOLDERS, texts
from autograder.classroom.roster import ROSTER
from autograder.contract import without_markers
from autograder.environment import put_programs_on_path

ROOT = Path(__file__).parents[1]
SAMPLES = Path(__file__).parent / "sample"
SETTINGS = {"course": "sequence-models", "timezone": "UTC"}
# in a class that this module made: what it wrote, by name, with fingerprints
MARKER = Path(".autograder") / "sample.json"


class NotASample(Exception):
    """A folder, or a file in it, that this module did not make, and that it therefore leaves alone."""


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


def claim(folder: Path) -> None:
    """Make a folder the sample class. Raises NotASample where it holds anything that this command did not make."""
    if folder.exists() and not (folder / MARKER).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotASample(
            f"{folder} was not made by `autograder sample-class` as it is today, and a class is never overwritten: "
            "remove it, or name another folder"
        )
    if not (folder / MARKER).is_file():
        (folder / MARKER).parent.mkdir(parents=True, exist_ok=True)
        (folder / MARKER).write_text("{}\n")
    for name, content in texts(SETTINGS).items():
        if name != ROSTER or not (folder / name).exists():
            _put(folder, name, content)


def _put(folder: Path, name: str, content: bytes) -> None:
    """Write a file of the sample class. Raises NotASample where somebody else has written or changed it."""
    path, marker = folder / name, folder / MARKER
    made: dict[str, str] = json.loads(marker.read_text()) if marker.is_file() else {}
    if path.exists() and _fingerprint(path.read_bytes()) not in (made.get(name), _fingerprint(content)):
        raise NotASample(
            f"{path} was changed since it was made, and is not replaced: remove it, or name another folder"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    if marker.is_file():
        marker.write_text(json.dumps({**made, name: _fingerprint(content)}, indent=1) + "\n")
    path.write_bytes(content)


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def new_class(folder: Path) -> None:
    """Make a class folder as `autograder new-class` does, without lessons; what is there stays."""
    for name in FOLDERS:
        (folder / name).mkdir(parents=True, exist_ok=True)
    for name, content in texts(SETTINGS).items():
        if not (path := folder / name).exists():
            path.write_bytes(content)


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
    roster, empty = folder / ROSTER, texts(SETTINGS)[ROSTER]
    if roster.is_file() and roster.read_bytes() == empty:
        roster.write_bytes(empty + "".join(f"{s.student},{s.student.title()},,,,,yes\n" for s in students).encode())
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
                    cell.source = without_markers(answers[grade_id])
        notebook = submission(student, notebook, released)
        _put(
            folder, f"submitted/{student.student}/{lesson}/{lesson}.ipynb", (nbformat.writes(notebook) + "\n").encode()
        )
    return students


def grade(folder: Path, lesson: str) -> None:
    """Grade what was handed in, again where it was graded before, and write nbgrader's feedback.

    Raises CalledProcessError with the log of the command that failed shown.
    """
    put_programs_on_path()
    for command in (
        ["nbgrader", "generate_assignment", lesson, "--force"],
        ["autograder", "grade", lesson, "--regrade"],
        ["nbgrader", "generate_feedback", lesson],
    ):
        done = subprocess.run([sys.executable, "-m", *command], cwd=folder, capture_output=True, text=True)
        if done.returncode:
            print((done.stdout + done.stderr)[-4000:], file=sys.stderr)
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
