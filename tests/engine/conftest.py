"""A sandbox for the tests, and small classes of lesson 3."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from autograder import sample_class
from autograder.engine.folder import ClassFolder
from autograder.sandbox import Limits, Sandbox, tree
from tests.folders import opened

ROOT = Path(__file__).parents[2]
LESSON = "lesson-03"


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = opened(tmp_path_factory.mktemp("library"))
    return tree.build(folder / "tree", LESSON)


@pytest.fixture(scope="session")
def sandbox(library: Path) -> Iterator[Sandbox]:
    # Generous where time on the wall counts: on a busy machine that says little about the code.
    limits = Limits(cell_cpu=1, cell_wall=120, interrupt_grace=20, memory=512 * 2**20, disk=8 * 2**20)
    with Sandbox(library, limits, preload=()) as opened:
        yield opened


@pytest.fixture(scope="session")
def whole_class(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A class folder whose gradebook knows the lesson and nobody's grades."""
    folder = tmp_path_factory.mktemp("whole") / "class"
    sample_class.new_class(folder)
    sample_class.release(folder, LESSON)
    sample_class.submit(folder, LESSON)
    ClassFolder(folder).release_into_gradebook(LESSON)
    return folder


@pytest.fixture
def new_class(tmp_path: Path, whole_class: Path) -> Callable[..., Path]:
    """Makes a class folder in which the named sample students have handed in."""

    def make(*students: str) -> Path:
        folder = tmp_path / "class"
        shutil.copytree(whole_class, folder)
        for place in (folder / "submitted").iterdir():
            if place.name not in students:
                shutil.rmtree(place)
        return folder

    return make


def nbgrader(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run one of nbgrader's own commands in a class folder."""
    return subprocess.run(
        [sys.executable, "-m", "nbgrader", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def autograder(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the command as a user would."""
    command = [sys.executable, "-m", "autograder", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT, check=False)


def hand_in(folder: Path, student: str, change: Callable[[nbformat.NotebookNode], None]) -> None:
    """Hand in a changed copy of a sample student's notebook under another name."""
    source = folder / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb"
    notebook = nbformat.read(source, as_version=4)
    change(notebook)
    target = folder / "submitted" / student / LESSON / source.name
    target.parent.mkdir(parents=True)
    nbformat.write(notebook, target)


def cell_of(notebook: nbformat.NotebookNode, name: str) -> nbformat.NotebookNode:
    """The cell with this grade_id."""
    return next(cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == name)
