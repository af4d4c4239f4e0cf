"""Every attack on a wrong and on a right answer, in one class: what it gains, reads, breaks and leaves behind."""

import ctypes
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook

from autograder import sample_class

from .attacks import ATTACKS

ROOT = Path(__file__).parents[2]
LESSON = "lesson-03"
LIMITS = '\nc.SandboxExecute.limits = {"*": {"cell_cpu": 1, "cell_wall": 5, "interrupt_grace": 0.3, "notebook_cpu": 20, "memory": 512 * 2**20}}\n'
CANARY = "CANARY-4711"


def name_of(attack: str, kind: str) -> str:
    return f"{kind}-{attack.replace(' ', '_').replace('.', '_')}"


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, float | None], str]:
    """A class in which every attack has been handed in twice, graded once."""
    folder = tmp_path_factory.mktemp("attacks") / "class"
    sample_class.new_class(folder)
    sample_class.release(folder, LESSON)
    sample_class.submit(folder, LESSON)
    (folder / "canary.txt").write_text(CANARY)
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + LIMITS)
    bases = {
        kind: folder / "submitted" / student / LESSON / f"{LESSON}.ipynb"
        for kind, student in (("right", "ada"), ("wrong", "eli"))
    }
    texts = {kind: path.read_text() for kind, path in bases.items()}
    for place in (folder / "submitted").iterdir():
        place.rename(folder / place.name)
    for attack, parts in ATTACKS.items():
        for kind, text in texts.items():
            notebook = nbformat.reads(text, as_version=4)
            parts.change(notebook)
            target = folder / "submitted" / name_of(attack, kind) / LESSON / f"{LESSON}.ipynb"
            target.parent.mkdir(parents=True)
            target.write_text(json.dumps(notebook))
    (folder / "ada").rename(folder / "submitted" / "zoe")
    ctypes.CDLL(None).prctl(
        36, 1, 0, 0, 0
    )  # PR_SET_CHILD_SUBREAPER: what the command leaves behind comes to this process
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "grade", LESSON, "--course", folder, "--workers", "2"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=580,
        check=False,
    )
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        scores = {
            submission.student_id: sum(
                grade.auto_score or 0 for notebook in submission.notebooks for grade in notebook.grades
            )
            for submission in book.assignment_submissions(LESSON)
        }
    return folder, scores, done.stdout + done.stderr


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gains_nothing(graded, attack):
    _, scores, log = graded
    assert scores.get(name_of(attack, "wrong"), "set aside: " + log) == 0


@pytest.mark.parametrize("attack", [name for name, parts in ATTACKS.items() if parts.harmless])
def test_a_right_answer_beside_it_scores_full(graded, attack):
    _, scores, log = graded
    assert scores.get(name_of(attack, "right"), "set aside: " + log) == 15


@pytest.mark.parametrize("attack", [name for name, parts in ATTACKS.items() if not parts.harmless])
def test_a_right_answer_that_is_spoilt_is_still_graded(graded, attack):
    _, scores, log = graded
    assert 0 <= scores.get(name_of(attack, "right"), -1) <= 15, log


def test_nobody_else_is_harmed(graded):
    assert graded[1]["zoe"] == 15


def test_nothing_of_the_host_is_in_any_output(graded):
    folder = graded[0]
    for path in folder.glob("autograded/*/*/*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        text = "".join(str(cell.get("outputs", "")) for cell in notebook.cells)
        for secret in (CANARY, str(folder), "root:x:0", "'expected':", "<script", "onerror", "<svg"):
            assert secret not in text, f"{path.parts[-3]} shows {secret}"
        assert path.stat().st_size < 3 * 2**20, path


def test_what_scripts_print_is_valid(graded):
    for path in graded[0].glob("autograded/*/*/*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))


def test_no_process_is_left(graded):
    """Orphans of the command would have become children of this process."""
    living = [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
    assert [child.name() for child in living if child.name() in ("bwrap", Path(sys.executable).resolve().name)] == []


def test_the_gradebook_has_no_trigger(graded):
    import sqlite3

    with sqlite3.connect(graded[0] / "gradebook.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall() == []
