"""What the commands of a term need for a class of 500: `python -m benchmarks.class_commands` writes its result and prints a table.

The class is real: Canvas's gradebook and archive with a different mixture of right and wrong answers for each student, collected,
graded in the sandbox, marked. Each command is a whole process; CPU seconds are its own, without the workers of `grade`.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any

import nbformat

from autograder.classroom import grades
from autograder.classroom.room import enter
from benchmarks import grading

LESSON = grading.LESSON
RESULT = Path(__file__).parent / "results" / "class_commands.json"
TARGETS = {"collect": 30.0, "status": 5.0, "statistics": 5.0, "export": 5.0}  # seconds


def hand_ins(place: Path, students: int) -> None:
    """Canvas's gradebook and archive: who is in the class, and what they handed in."""
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lesson 3 (4711)"]
    with open(place / "gradebook.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([header, ["    Points Possible", "", "", "", "", "18.00"]])
        writer.writerows([f"Last{i}, First{i}", 10_000 + i, "", f"s{i:04d}", "AB"[i % 2], ""] for i in range(students))
    grading.new_class(place / "answers", students, "numpy")
    with zipfile.ZipFile(place / "submissions.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(students):
            path = place / "answers" / "submitted" / f"s{i:04d}" / LESSON / f"{LESSON}.ipynb"
            notebook = nbformat.read(path, as_version=4)
            cell = next(c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "written")
            cell.source = f"The weights are shared over time, for example in sentence {i}."
            late = "LATE_" if i % 10 == 0 else ""
            name = f"last{i}first{i}_{late}{10_000 + i}_{90_000 + i}_{LESSON}.ipynb"
            archive.writestr(name, nbformat.writes(notebook))


def timed(*words: object, folder: Path, status: int = 0) -> dict[str, float]:
    """Run a whole command; returns its wall and CPU seconds. Raises RuntimeError for another exit status."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "autograder", *map(str, words)],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != status:
        raise RuntimeError(f"{words}: status {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall": round(wall, 2), "cpu": round(cpu, 2)}


def mark_all(folder: Path) -> None:
    """Give every written answer two points, as formgrader does."""
    room = enter(folder)
    with room.folder.gradebook() as book:
        written = {cell.name for cell in grades.read(book, LESSON).written}
        for submission in book.assignment_submissions(LESSON):
            for grade in submission.notebooks[0].grades:
                if grade.name in written and grade.needs_manual_grade:
                    grade.manual_score, grade.needs_manual_grade = 2.0, False
        book.db.commit()


def measure(students: int) -> dict[str, dict[str, float]]:
    """The seconds of each command, in the order of a term."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        hand_ins(place, students)
        new = ["new-class", "class", f"--lesson={LESSON}", "--timezone=Europe/Berlin", "--roster=gradebook.csv"]
        found = {"new-class": timed(*new, folder=place)}
        folder = place / "class"
        found["release"] = timed("release", LESSON, "--due=2026-03-02", "--late=20% a day", folder=folder)
        found["collect"] = timed("collect", LESSON, "../submissions.zip", folder=folder)
        found["collect again"] = timed("collect", LESSON, "../submissions.zip", folder=folder)
        found["grade"] = timed("grade", LESSON, folder=folder)
        mark_all(folder)
        found["status"] = timed("status", LESSON, folder=folder)
        found["statistics"] = timed("statistics", LESSON, "--html=s.html", "--tables=tables", folder=folder)
        found["similar"] = timed("similar", LESSON, "--html=p.html", folder=folder)
        found["export"] = timed("export", LESSON, folder=folder)
        canvas = ["--to=canvas", "--template=../gradebook.csv"]
        found["export to Canvas"] = timed("export", LESSON, *canvas, folder=folder)
        found["feedback"] = timed("feedback", LESSON, folder=folder)
        found["return"] = timed("return", LESSON, *canvas, "--submissions=../submissions.zip", folder=folder)
        found["backup"] = timed("backup", folder=folder)
    return found


def main() -> None:
    """Measure, print and store."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--students", type=int, default=500)
    given = parser.parse_args()
    load = os.getloadavg()[0]
    found = measure(given.students)
    result: dict[str, Any] = {
        "students": given.students,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}",
        "load when it began and ended": [round(load, 1), round(os.getloadavg()[0], 1)],
        "seconds": found,
    }
    for name, cost in found.items():
        asked = f"asked: {TARGETS[name]:g} s" if name in TARGETS else ""
        print(f"{name:18} wall {cost['wall']:7.2f} s   CPU {cost['cpu']:7.2f} s   {asked}")
    if given.students == 500:
        RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
