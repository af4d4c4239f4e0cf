"""Whole commands side by side: stock `nbgrader autograde` and `autograder grade` on a class's notebooks of lesson 3.

`python -m benchmarks.grading` writes benchmarks/results/grading.json and prints a table. A class is a mixture of right and wrong
answers (tests/right_answers, tests/wrong_answers), the same in both. Stock works on one notebook after the other, so a
small and a larger sample tell what it needs for the class; every score of the sample is compared, cell by cell.
CPU seconds are those of everything that a command starts (a control group of its own, so Linux and root only).
"""

from __future__ import annotations

import argparse
import atexit
import contextlib
import functools
import itertools
import json
import os
import platform
import random
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from autograder import sample_class
from autograder.engine.folder import ClassFolder
from autograder.sandbox import meter

ROOT = Path(__file__).parents[1]
RESULT = Path(__file__).parent / "results" / "grading.json"
LESSON = "lesson-03"
ACCOUNT = Path("/sys/fs/cgroup/cpuacct")
KINDS = ("numpy", "torch")
SAMPLES = {"numpy": (2, 20), "torch": (2, 20)}  # submissions that stock grades
ROUNDS = 3
STOCK = """\
from pathlib import Path
from nbgrader.converters import Autograde
c = get_config()
here = Path(__file__).parent
c.CourseDirectory.root = str(here)
c.CourseDirectory.db_url = f"sqlite:///{here}/gradebook.db"
c.CourseDirectory.course_id = "sequence-models"
for name in ("sanitize_preprocessors", "autograde_preprocessors"):  # else this environment's: the sandbox
    c.Autograde[name] = Autograde.class_traits()[name].default()
"""


@dataclass(frozen=True)
class Cost:
    """What one whole command needed, in seconds."""

    wall: float
    cpu: float | None


def answers() -> dict[str, list[str]]:
    """For each graded function, first right and then wrong cells that students might hand in."""
    right, wrong = (
        tomllib.loads((ROOT / "tests" / f"{kind}_answers" / f"{LESSON}.toml").read_text())[kind]
        for kind in ("right", "wrong")
    )
    table: dict[str, list[str]] = {}
    for answer in right:
        table.setdefault(answer["function"], []).append(answer["code"].strip())
    changed = {name: cells[0] for name, cells in table.items()}
    for answer in wrong:
        code = answer["code"] if "code" in answer else changed[answer["function"]].replace(answer["old"], answer["new"])
        table[answer["function"]].append(code.strip())
    return table


@functools.cache
def empty_class() -> Path:
    """A class folder whose gradebook knows the lesson, and one right notebook in it; copied for each measurement."""
    folder = Path(tempfile.mkdtemp()) / "class"
    atexit.register(shutil.rmtree, folder.parent)
    sample_class.new_class(folder)
    sample_class.release(folder, LESSON)
    sample_class.submit(folder, LESSON)
    shutil.copy(folder / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb", folder / "right.ipynb")
    shutil.rmtree(folder / "submitted")
    ClassFolder(folder).release_into_gradebook(LESSON)
    return folder


def new_class(folder: Path, students: int, kind: str) -> None:
    """A class of this size: for each student, every function's cell is drawn from the right and wrong ones."""
    shutil.copytree(empty_class(), folder)
    solved = nbformat.read(folder / "right.ipynb", as_version=4)
    table, draw = answers(), random.Random(3)
    for i in range(students):
        notebook = nbformat.from_dict(solved)
        for cell in notebook.cells:
            name = cell.metadata.get("nbgrader", {}).get("grade_id")
            if name in table and draw.random() < 0.4:
                cell.source = draw.choice(table[name])
        if kind == "torch":
            notebook.cells.insert(1, nbformat.v4.new_code_cell("import torch\ntorch.ones(3).sum()"))
        place = folder / "submitted" / f"s{i:04d}" / LESSON
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{LESSON}.ipynb")


def timed(command: list[str], folder: Path) -> Cost:
    """Run a whole command in a folder. Raises CalledProcessError where it fails."""
    account = ACCOUNT / f"grading-{os.getpid()}"
    with contextlib.suppress(OSError):
        account.mkdir()
    enter: Callable[[], Any] = lambda: (account / "tasks").write_text(str(os.getpid()))  # noqa: E731
    started = time.perf_counter()
    environment = {**os.environ, "AUTOGRADER_SEED": "7", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        preexec_fn=enter if account.is_dir() else None,
        check=False,
    )
    wall = time.perf_counter() - started
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:], file=sys.stderr)
        done.check_returncode()
    cpu = None
    if account.is_dir():
        while (account / "tasks").read_text():  # processes that the command left to end by themselves
            time.sleep(0.01)
        cpu = int((account / "cpuacct.usage").read_text()) / 1e9
        account.rmdir()
    return Cost(wall, cpu)


def stock(folder: Path, pattern: str = "*") -> Cost:
    """Stock nbgrader with its own settings."""
    (folder / "nbgrader_config.py").write_text(STOCK)
    return timed([sys.executable, "-m", "nbgrader", "autograde", LESSON, "--student", pattern], folder)


def ours(folder: Path, workers: int = 2) -> Cost:
    """Our engine, isolated, with two workers."""
    command = [sys.executable, "-m", "autograder", "grade", LESSON, "--course", ".", "--workers", str(workers)]
    return timed(command, folder)


def scores(folder: Path) -> dict[str, dict[str, float | None]]:
    """Every cell's automatic score, by student."""
    with ClassFolder(folder).gradebook() as book:
        return {
            submission.student_id: {
                grade.cell.name: grade.auto_score for notebook in submission.notebooks for grade in notebook.grades
            }
            for submission in book.assignment_submissions(LESSON)
        }


def own_cells(kind: str) -> float:
    """CPU seconds that one notebook's own cells need in a warm kernel: the same cells again in one process, demonstrations aside."""
    program = """
import time, nbformat
from pathlib import Path
nb = nbformat.read("s.ipynb", as_version=4)
cells = [c.source for c in nb.cells if c.cell_type == "code" and "skip-execution" not in c.metadata.get("tags", []) and "hidden=True" not in c.source]
def once():
    space = {"__name__": "__main__"}
    for cell in cells:
        try: exec(compile(cell, "cell", "exec"), space)
        except Exception: pass
once(); started = time.process_time()
for _ in range(10): once()
open("cpu", "w").write(str((time.process_time() - started) / 10))
"""
    with class_folder(1, kind) as folder:
        shutil.copy(folder / "submitted" / "s0000" / LESSON / f"{LESSON}.ipynb", folder / "s.ipynb")
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, capture_output=True, check=True)
        return float((folder / "cpu").read_text())


@contextlib.contextmanager
def class_folder(students: int, kind: str) -> Iterator[Path]:
    """A class that is removed in the end."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "class"
        new_class(folder, students, kind)
        yield folder


def compare(kind: str, students: int, whole_class: bool = False) -> dict[str, Any]:
    """Stock and ours on the class, one after the other in ROUNDS rounds, of which the middle ratio counts; are all scores equal?

    Stock grades a sample, of which the larger part tells what one more submission costs, or the whole class.
    """
    few, many = SAMPLES[kind]
    rounds = [
        _round(kind, students, few, students if whole_class else many) for _ in range(1 if whole_class else ROUNDS)
    ]
    middle = sorted(rounds, key=lambda found: found["times_as_fast"])[len(rounds) // 2]
    different = sorted({student for found in rounds for student in found.pop("students_with_another_score")})
    return {
        "submissions": students,
        **middle,
        "times_as_fast_by_round": [found["times_as_fast"] for found in rounds],
        "students_with_another_score": different,
        "own_cells_cpu": own_cells(kind),
    }


def _round(kind: str, students: int, few: int, many: int) -> dict[str, Any]:
    found, read = {}, []
    for count in (few, many):
        with class_folder(count, kind) as folder:
            found[count] = stock(folder)
            read.append(scores(folder))
    with class_folder(students, kind) as folder:
        engine = ours(folder)
        graded = scores(folder)
    each = (found[many].wall - found[few].wall) / (many - few)
    whole = found[many].wall + each * (students - many)
    return {
        "stock_sample": {str(count): vars(cost) for count, cost in found.items()},
        "stock_seconds_for_the_class": whole,
        "engine": vars(engine),
        "times_as_fast": whole / engine.wall,
        "scores_compared": sum(len(cells) for cells in read[1].values()),
        "students_with_another_score": [student for student, cells in read[1].items() if graded[student] != cells],
        "points": sorted({round(sum(score or 0 for score in cells.values()), 2) for cells in graded.values()}),
    }


def sizes(counts: list[int]) -> dict[str, Any]:
    """What one more submission costs our engine: each class beside the next smaller one."""
    found = {}
    for count in counts:
        with class_folder(count, "numpy") as folder:
            found[count] = ours(folder)
    own = own_cells("numpy")
    table = {}
    for smaller, larger in itertools.pairwise(counts):
        a, b = found[smaller], found[larger]
        cpu = None if a.cpu is None or b.cpu is None else (b.cpu - a.cpu) / (larger - smaller)
        table[f"{smaller} to {larger}"] = {
            "wall_each": (b.wall - a.wall) / (larger - smaller),
            "cpu_each": cpu,
            "overhead_cpu_each": None if cpu is None else cpu - own,
        }
    return {"commands": {str(count): vars(cost) for count, cost in found.items()}, "own_cells_cpu": own, "each": table}


def memory(students: int) -> dict[str, Any]:
    """Resident MiB of the largest process of ours (command, workers, warm processes) in each quarter of a class."""
    with class_folder(students, "numpy") as folder:
        command = [sys.executable, "-m", "autograder", "grade", LESSON, "--course", ".", "--workers", "2"]
        started = time.perf_counter()
        run = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
        seen: list[list[int]] = [[0], [0], [0], [0]]
        while run.poll() is None:
            done = sum(1 for _ in (folder / "autograded").iterdir())
            seen[min(3, 4 * done // students)] += map(resident, meter.tree(run.pid))
            time.sleep(0.5)
        wall = time.perf_counter() - started
        graded = len(scores(folder))
    return {
        "submissions": graded,
        "wall": wall,
        "largest_process_mib_by_quarter": [max(sizes) // 2**20 for sizes in seen],
    }


def resident(pid: int) -> int:
    """Resident bytes of a process; 0 where it has ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def report(results: dict[str, Any]) -> str:
    """The results as a table."""
    lines = []
    for kind in (*KINDS, *(f"{kind}, whole class" for kind in KINDS)):
        if found := results.get(kind):
            few, many = found["stock_sample"]
            lines += [
                f"{kind}: {found['submissions']} submissions",
                f"  stock nbgrader autograde   {found['stock_seconds_for_the_class']:8.1f} s"
                f"   (from whole commands on {few} and {many} submissions)",
                f"  autograder grade           {found['engine']['wall']:8.1f} s   {found['times_as_fast']:.1f} times as fast"
                f" (rounds: {', '.join(f'{ratio:.1f}' for ratio in found['times_as_fast_by_round'])})",
                f"  {found['scores_compared']} scores compared, {len(found['students_with_another_score'])} students differ",
            ]
    for step, cost in results.get("sizes", {}).get("each", {}).items():
        cpu = (
            ""
            if cost["cpu_each"] is None
            else f", {cost['cpu_each']:.3f} CPU s ({cost['overhead_cpu_each']:.3f} beside the student's own cells)"
        )
        lines.append(f"from {step} submissions: {cost['wall_each']:.3f} s each{cpu}")
    if found := results.get("memory"):
        parts = " / ".join(map(str, found["largest_process_mib_by_quarter"]))
        lines.append(
            f"{found['submissions']} submissions in {found['wall']:.0f} s; largest process, MiB by quarter: {parts}"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure what was asked for and keep the other results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", choices=(*KINDS, "sizes", "memory"), help="one part; the results of the others stay")
    parser.add_argument("--students", type=int, default=200)
    parser.add_argument(
        "--whole", action="store_true", help="stock grades the whole class, not a sample: a quarter of an hour"
    )
    parser.add_argument("--long", action="store_true", help="a class of 2,000 too")
    asked = parser.parse_args()
    results = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for kind in KINDS:
        if asked.only in (None, kind):
            results[f"{kind}, whole class" if asked.whole else kind] = compare(kind, asked.students, asked.whole)
    if asked.only in (None, "sizes"):
        results["sizes"] = sizes([20, asked.students, *([2000] if asked.long else [])])
    if asked.only == "memory" or asked.long:
        results["memory"] = memory(2000)
    results["machine"] = {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()}
    RESULT.write_text(json.dumps(results, indent=1) + "\n")
    print(report(results))


if __name__ == "__main__":
    main()
