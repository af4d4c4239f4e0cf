"""Where PyTorch is missing, the lesson that needs it is left out, and that is said; all else works. Each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder import sample_class
from autograder.engine.folder import ClassFolder
from autograder.release import ROOT
from tests.folders import opened

LESSON = "lesson-torch"


@pytest.fixture
def run(tmp_path):
    """Runs Python in processes, and processes of these, that find no PyTorch; what it prints."""
    (tmp_path / "without").mkdir()
    (tmp_path / "without" / "sitecustomize.py").write_text("import sys\nsys.modules['torch'] = None\n")
    environment = {**os.environ, "PYTHONPATH": f"{tmp_path / 'without'}{os.pathsep}{ROOT}"}

    def run(*command, cwd: Path = ROOT, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, *command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == code, done.stdout + done.stderr[-4000:]
        return " ".join((done.stdout + done.stderr).split())

    return run


def test_the_list_of_lessons_leaves_it_out_and_says_why(run):
    said = run("-m", "autograder.lessons")
    assert said.startswith("lesson-01 lesson-02") and "lesson-08" in said
    assert said.endswith(f"{LESSON} is left out: it needs torch, which is not installed here")


def test_lint_leaves_it_out_and_looks_at_the_others(run):
    paths = [str(ROOT / "solutions" / name / f"{name}.ipynb") for name in ("lesson-08", LESSON)]
    said = run("-m", "autograder", "lint", *paths)
    assert f"{LESSON} is left out" in said and "1 notebooks keep the contract" in said


def test_case_files_are_in_step_without_it(run):
    assert f"{LESSON} is left out" in run("-m", "autograder", "cases", "--check")


@pytest.mark.parametrize("hidden", ["", ", hidden=True"])
def test_a_check_at_home_says_what_is_missing_and_how_to_get_it(run, hidden):
    source = f"""
from seqlib.exercises import CheckFailed, check
def to_columns(a):
    return a
try:
    check("to_columns"{hidden})
except CheckFailed as problem:
    print(problem)
"""
    said = run("-c", source)
    assert said.startswith("to_columns is left out here: it needs torch") and "pip install torch" in said


def test_it_is_released_all_the_same(run):
    code = f"from autograder.release import out_of_step; print(out_of_step({LESSON!r}))"
    assert run("-c", code) == "[]"


def test_grading_says_what_is_missing_and_enters_nothing(run, tmp_path):
    folder = opened(tmp_path) / "class"
    sample_class.new_class(folder)
    sample_class.release(folder, LESSON)
    place = folder / "submitted" / "ada" / LESSON
    place.mkdir(parents=True)
    released = (ROOT / "exercises" / LESSON / f"{LESSON}.ipynb").read_bytes()
    (place / f"{LESSON}.ipynb").write_bytes(released)
    ClassFolder(folder).release_into_gradebook(LESSON)
    said = run("-m", "autograder", "grade", LESSON, cwd=folder, code=2)
    assert "Nothing was graded" in said and f"{LESSON} is left out: it needs torch" in said
    assert not list((folder / "autograded").iterdir())


def test_the_tests_know_the_lessons_that_can_be_run(run):
    said = run("-c", "from tests.answers import LESSONS; from tests.course import test_answers; print(LESSONS)")
    assert "lesson-08" in said and LESSON not in said
