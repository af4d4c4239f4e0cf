"""A class of forty with ten kinds of trouble, graded, marked, exported and given back as a teacher would.

`python -m tests.engine.forty DIR` makes it in a new folder and prints what each step says of each kind, as a table.
"""

from __future__ import annotations

import copy
import csv
import json
import os
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder import contract, sample_class
from autograder.classroom import late as late_policy
from autograder.classroom.room import enter
from autograder.engine.folder import ClassFolder
from tests.engine.conftest import LESSON, ROOT, autograder
from tests.engine.test_as_they_come import KINDS, NOTEBOOK, Files, cell, changed, nothing

Notebook = dict[str, Any]
WIDTH = "240"  # of the terminal: no line of a table is folded
Make = Callable[[Notebook, Notebook], Files | None]


def endless(notebook: Notebook) -> None:
    cell(notebook, "rnn_cell_forward")["source"] = "def rnn_cell_forward(x_t, a_prev, params):\n    while True: pass"


def late(solved: Notebook, release: Notebook) -> Files:
    return {NOTEBOOK: json.dumps(solved), "timestamp.txt": "2026-03-03 18:00:00 UTC"}


TROUBLE: dict[str, Make] = {
    "renamed": KINDS["doubled-name"].make,
    "pdf": KINDS["pdf"].make,
    "broken": KINDS["broken-json"].make,
    "stripped": KINDS["stripped"].make,
    "own-cell-words": KINDS["written-below"].make,
    "endless": changed(endless),
    "module": KINDS["missing-module"].make,
    "late": late,
    "absent": lambda solved, release: None,
    "untouched": KINDS["released"].make,
}
RIGHT, EACH = 10, 3
SEEN = ("stripped", "own-cell-words")  # nobody has marked these yet


@dataclass(frozen=True)
class Said:
    """What each step said. rows and notes: of the export; summary: of `grade`; pages: of the feedback, as text; all by student."""

    commands: dict[str, tuple[int, str]]
    summary: dict[str, tuple[str, str, str]]
    rows: dict[str, dict[str, str]]
    pages: dict[str, str]


def students() -> dict[str, Make]:
    """Everybody, by an id that begins with the kind."""
    made: dict[str, Make] = {f"right-{i}": changed(nothing) for i in range(1, RIGHT + 1)}
    return made | {f"{kind}-{i}": make for kind, make in TROUBLE.items() for i in range(1, EACH + 1)}


def hand_in(folder: Path) -> None:
    """Make the class, with a due date, a policy for late ones, and what everybody handed in."""
    sample_class.new_class(folder)
    sample_class.release(folder, LESSON)
    ClassFolder(folder).release_into_gradebook(LESSON)
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.SandboxExecute.limits = {"*": {"cell_cpu": 1, "interrupt_grace": 5}}\n')
    enter(folder).save(late={LESSON: "20% a day"})
    with enter(folder).folder.gradebook() as book:
        book.update_or_create_assignment(LESSON, duedate="2026-03-02 12:00:00 UTC")
        for student in students():  # as `autograder roster` does
            book.update_or_create_student(student)
    names = "".join(f"{student},{student.title()}\n" for student in students())
    (folder / "roster.csv").write_text(f"id,first_name\n{names}")
    solved, release = (_notebook(ROOT / where / LESSON / NOTEBOOK) for where in ("solutions", "exercises"))
    cell(solved, "written")["source"] = "The weights are shared over time."
    for student, make in students().items():
        for name, content in (make(copy.deepcopy(solved), copy.deepcopy(release)) or {}).items():
            place = folder / "submitted" / student / LESSON / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content.encode() if isinstance(content, str) else content)


def _notebook(path: Path) -> Notebook:
    notebook: Notebook = json.loads(path.read_text())
    notebook["cells"] = [{**c, "source": contract.without_markers("".join(c["source"]))} for c in notebook["cells"]]
    return notebook


def mark(folder: Path) -> None:
    """Two points for every written answer that waits for a person, but for the kinds that nobody has seen yet."""
    room = enter(folder)
    with room.folder.gradebook() as book:
        for submission in book.assignment_submissions(LESSON):
            for grade in (g for n in submission.notebooks for g in n.grades if g.needs_manual_grade):
                if not submission.student_id.startswith(SEEN):
                    grade.manual_score, grade.needs_manual_grade = 2, False
        late_policy.settle(book, LESSON, late_policy.policy_of(room.settings, LESSON))  # as `autograder mark` does
        book.db.commit()


def term(folder: Path) -> Said:
    """Hand in, grade, mark, export, give back."""
    hand_in(folder)
    steps = {"grade": ("grade", LESSON, "--workers", 2), "status": ("status", LESSON)}
    steps |= {"feedback": ("feedback", LESSON), "export": ("export", LESSON, "--out", folder / "grades.csv")}
    commands = {}
    for step, command in steps.items():
        if step == "status":
            mark(folder)
        done = autograder(*command, "--course", folder)
        commands[step] = done.returncode, done.stdout + done.stderr
    with (folder / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    pages = {
        path.parts[-3]: re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", path.read_text().partition("<body")[2]))
        for path in (folder / "feedback").glob("*/*/*.html")
    }
    return Said(commands, _summary(commands["grade"][1]), rows, pages)


def _summary(said: str) -> dict[str, tuple[str, str, str]]:
    """Checks, whole and note of each student in the table that `grade` prints, behind the names."""
    rows = [[field.strip() for field in line.split("│")[1:-1]] for line in said.splitlines()]
    return {row[0]: (row[2], row[3], row[5]) for row in rows if len(row) == 6}


def _page(text: str) -> str:
    total = re.search(r"[\d.]+ of [\d.]+ points( so far)?", text)
    told = [total[0]] if total else []
    told += re.findall(
        r"\d+ written answer\w* (?:is|are) not marked yet|[\d.]+ \w+ late: [\d.]+ points were taken off|was not called again",
        text,
    )[:2]
    return "; ".join(told)


def table(said: Said) -> str:
    """What each step says of the first student of each kind."""
    lines = [
        "| kind | students | `grade`: checks | whole | note | `export` | note | page |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for kind in ("right", *TROUBLE):
        student, many = f"{kind}-1", RIGHT if kind == "right" else EACH
        checks, whole, note = said.summary.get(student, ("", "", ""))
        row = said.rows[student]
        page = _page(said.pages[student]) if student in said.pages else "none"
        cells = (kind, many, checks, whole, note, row[LESSON] or "blank", row[f"{LESSON} note"], page)
        lines.append("| " + " | ".join(str(one).replace("|", r"\|") for one in cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ["COLUMNS"] = WIDTH
    print(table(term(Path(sys.argv[1]))))
