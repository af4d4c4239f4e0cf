"""The trusted side's own limits: a submission that makes it loop, hoard or die costs itself, and the class goes on."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from autograder.engine import pool
from autograder.engine.folder import ClassFolder
from autograder.engine.job import Course, Job, Result
from autograder.engine.pool import LocalPool

LESSON = "lesson-03"
STEPS = "sanitize_preprocessors"


@pytest.fixture(scope="module")
def course(whole_class: Path) -> Course:
    found = ClassFolder(whole_class).course_for(LESSON, "bubblewrap")
    config = json.loads(json.dumps(found.config))
    config["Autograde"][STEPS] = ["tests.attacks.faults.Fault", *config["Autograde"][STEPS]]
    return dataclasses.replace(found, config=config)


@pytest.fixture
def grade(course: Course, whole_class: Path) -> Callable[..., dict[str, Result]]:
    """Grade ada's notebook for each of these names; a name that is a fault's strikes."""
    text = (whole_class / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb").read_text()

    def files(name: str) -> dict[str, bytes]:
        notebook = nbformat.reads(text, as_version=4)
        notebook.cells.insert(0, nbformat.v4.new_markdown_cell(f"fault: {name}"))
        return {f"{LESSON}.ipynb": nbformat.writes(notebook).encode()}

    def graded(*names: str, workers: int = 1) -> dict[str, Result]:
        with LocalPool(course, workers) as opened:
            jobs = (Job(name, files(name), 5) for name in names)
            return {result.student: result for result in opened.results(jobs)}

    return graded


def points(result: Result) -> float:
    assert result.rows, result.error
    return sum(score or 0 for notebook in result.rows.notebooks.values() for score in notebook.grades.values())


@pytest.mark.parametrize(
    ("fault", "reason"), [("burn", "CPU time outside"), ("hoard", "GiB of memory"), ("die", "workers died")]
)
def test_a_fault_sets_aside_one_submission(grade, monkeypatch, fault, reason):
    if fault == "burn":
        monkeypatch.setattr(pool, "MAX_CPU", 3.0)
    results = grade("first", fault, "last")
    assert reason in results[fault].error
    assert points(results["first"]) == points(results["last"]) == 15


def test_a_worker_that_has_run_out_of_memory_is_replaced(grade, monkeypatch):
    replaced, replace = [], LocalPool._replace
    monkeypatch.setattr(LocalPool, "_replace", lambda *given: replaced.append(given) or replace(*given))
    results = grade("hoard", "last")
    assert len(replaced) == 2 and points(results["last"]) == 15


def test_a_worker_that_waits_for_ever_is_ended(grade, monkeypatch):
    monkeypatch.setattr(pool, "MAX_WALL", 0.0)
    monkeypatch.setattr(pool, "LOOK", 0.01)
    assert "minutes" in grade("first")["first"].error


def test_a_dask_worker_ends_itself():
    import subprocess
    import sys

    source = "from autograder.engine import pool\npool.MAX_CPU = pool.LOOK = 0.1\nwith pool.deadline():\n    "
    for work, status in (("while True: pass", -9), ("raise MemoryError", -9), ("pass", 0)):
        command = [sys.executable, "-c", source + work]
        assert subprocess.run(command, timeout=300, check=False).returncode == status
