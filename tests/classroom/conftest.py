"""Small classes of lesson 3, and notebooks as students hand them in."""

from __future__ import annotations

import csv
import json
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from autograder.__main__ import app
from autograder.classroom import dates, hand_out, new_class, times
from autograder.classroom.console import console
from autograder.classroom.room import Room, enter

ROOT = Path(__file__).parents[2]
LESSON = "lesson-03"
DUE = "2026-03-02 23:59"


def _has_account() -> bool:
    """Whether the user who runs this has a name."""
    with suppress(KeyError):
        return bool(pwd.getpwuid(os.getuid()).pw_name)
    return False


needs_a_name = pytest.mark.skipif(
    not _has_account(), reason="nbgrader's exchange asks for the owner's name, and this user has none"
)


def run(*arguments: object, status: int = 0, width: int = 200) -> str:
    """Run the command in this process; returns what it printed. width: the terminal's, whatever the tests run in"""
    console.width = width
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], env={"COLUMNS": str(width)})
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.output


def refused(*arguments: object) -> str:
    """Run a command that must refuse; returns its one line."""
    output = run(*arguments, status=2)
    lines = [line for line in output.splitlines() if line.strip()]
    assert len(lines) == 1, output
    assert lines[0].startswith("Nothing was written: ")
    return lines[0].removeprefix("Nothing was written: ")


def release_in(folder: Path) -> Room:
    """A class in which lesson 3 is released and nobody is enrolled."""
    new_class.create(folder, [LESSON], "sequence-models", "Europe/Berlin")
    room = enter(folder)
    hand_out.prepare(room, LESSON)
    dates.set_due(room, LESSON, times.parse(DUE, room.zone), "20% a day")
    return room


@pytest.fixture(scope="session")
def _released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release_in(tmp_path_factory.mktemp("classroom") / "class").root


@pytest.fixture
def room(tmp_path: Path, _released: Path) -> Room:
    """A class in which lesson 3 is released and nobody is enrolled."""
    shutil.copytree(_released, tmp_path / "class")
    return enter(tmp_path / "class")


@pytest.fixture
def enrolled(room: Room, tmp_path: Path) -> Room:
    """The same with four students."""
    write_csv(
        tmp_path / "roster.csv",
        ["id", "first_name", "last_name", "email", "section", "lms_id"],
        [
            ["ada", "Ada", "Lovelace", "ada@example.org", "A", "101"],
            ["ben", "Ben", "Bitdiddle", "ben@example.org", "A", "102"],
            ["chen", "Chen", "Li", "chen@example.org", "B", "103"],
            ["dana", "Dana", "Müller-Lüdenscheid", "dana@example.org", "B", "104"],
        ],
    )
    run("roster", tmp_path / "roster.csv", "--course", room.root)
    return room


def write_csv(path: Path, header: list[str], rows: list[list[str]], **dialect: Any) -> Path:
    with open(path, "w", newline="", encoding=dialect.pop("encoding", "utf-8")) as file:
        writer = csv.writer(file, **dialect)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def notebook(change: Callable[[dict[str, Any]], None] | None = None, lesson: str = LESSON) -> bytes:
    """The release of a lesson with every function solved, changed as asked for."""
    released = json.loads((ROOT / "exercises" / lesson / f"{lesson}.ipynb").read_text())
    solved = json.loads((ROOT / "solutions" / lesson / f"{lesson}.ipynb").read_text())
    answers = {
        cell["metadata"]["nbgrader"]["grade_id"]: cell["source"]
        for cell in solved["cells"]
        if cell["metadata"].get("nbgrader", {}).get("solution")
    }
    for cell in released["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if name in answers:
            lines = "".join(answers[name]).splitlines(keepends=True)
            cell["source"] = [line for line in lines if line.strip() not in ("### BEGIN SOLUTION", "### END SOLUTION")]
    if change is not None:
        change(released)
    return json.dumps(released).encode()


def untouched(lesson: str = LESSON) -> bytes:
    """The release as it is."""
    return (ROOT / "exercises" / lesson / f"{lesson}.ipynb").read_bytes()


def cell(notebook: dict[str, Any], name: str) -> dict[str, Any]:
    """The cell with this grade_id."""
    return next(c for c in notebook["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == name)


ROSTER = [
    ["ada", "Ada", "Lovelace", "ada@example.org", "A", "101"],
    ["ben", "Ben", "Bitdiddle", "ben@example.org", "A", "102"],
    ["chen", "Chen", "Li", "chen@example.org", "B", "103"],
    ["dana", "Dana", "Müller-Lüdenscheid", "dana@example.org", "B", "104"],
    ["eli", "Eli", "Empty", "eli@example.org", "B", "105"],
    ["fay", "Fay", "Absent", "fay@example.org", "B", "106"],
]
HOSTILE = (
    "<script>window.canary = 1</script><img src=x onerror='window.canary=1'>\n\n[go](javascript:window.canary=1) "
    "$\\href{javascript:window.canary=1}{x}$ and $W_{aa} a^{<t-1>}$\n\n<svg onload=window.canary=1></svg>"
)


def wrong_axis(nb: dict[str, Any]) -> None:
    """A known mistake: softmax over the examples; and an answer that attacks whoever reads it."""
    source = "".join(cell(nb, "rnn_cell_forward")["source"])
    assert "softmax(" in source
    cell(nb, "rnn_cell_forward")["source"] = source.replace("softmax(", "(lambda z: softmax(z.T).T)(")
    cell(nb, "written")["source"] = HOSTILE
    cell(nb, "stack_weights")["source"] += "\n# </code></pre><script>window.canary=1</script>\u202e"


@pytest.fixture(scope="session")
def _graded(tmp_path_factory: pytest.TempPathFactory, _released: Path) -> Path:
    folder = tmp_path_factory.mktemp("graded")
    shutil.copytree(_released, folder / "class")
    write_csv(folder / "roster.csv", ["id", "first_name", "last_name", "email", "section", "lms_id"], ROSTER)
    run("roster", folder / "roster.csv", "--course", folder / "class")
    content = {
        "ada": notebook(),
        "ben": notebook(wrong_axis),
        "chen": notebook(
            lambda nb: cell(nb, "written").update(source="Weights are shared; length is free: $T_x$ varies.")
        ),
        "dana": b"{",
        "eli": untouched(),
    }
    for student, data in content.items():
        (folder / "in" / student).mkdir(parents=True)
        (folder / "in" / student / f"{LESSON}.ipynb").write_bytes(data)
    run("collect", LESSON, folder / "in", "--received", "2026-03-03 12:00", "--course", folder / "class", status=1)
    # A hand-in that the engine sets aside, put where it lies by hand.
    aside = folder / "class" / "submitted" / "dana" / LESSON
    aside.mkdir(parents=True)
    (aside / f"{LESSON}.ipynb").write_bytes(b"{")
    run("grade", LESSON, "--workers", 2, "--course", folder / "class", status=1)
    return folder / "class"


@pytest.fixture
def graded(tmp_path: Path, _graded: Path) -> Room:
    """Five hand-ins, half a day late: right with an answer, wrong and hostile, right, broken, untouched; and nobody's."""
    shutil.copytree(_graded, tmp_path / "graded")
    return enter(tmp_path / "graded")


def mark(room: Room, student: str, score: float, comment: str = "", name: str = "written") -> None:
    """A mark as formgrader gives it."""
    with room.folder.gradebook() as book:
        grade = book.find_grade(name, LESSON, LESSON, student)
        grade.manual_score, grade.needs_manual_grade = score, False
        book.find_comment(name, LESSON, LESSON, student).manual_comment = comment or None
        book.db.commit()


def populate(
    room: Room, count: int, answer: Callable[[int], str] = "The weights are shared, answer {}.".format
) -> None:
    """A class whose checks are graded, without running them: student s000 and on, each with an answer of their own."""
    from autograder.engine.writer import make_missing

    students = [f"s{i:03}" for i in range(count)]
    header = ["id", "first_name", "last_name", "email", "section", "lms_id"]
    rows = [[s, "Student", str(i), f"{s}@example.org", "AB"[i % 2], str(1000 + i)] for i, s in enumerate(students)]
    run("roster", write_csv(room.root.parent / "many.csv", header, rows), "--course", room.root)
    released = json.loads(notebook())
    for i, student in enumerate(students):
        cell(released, "written")["source"] = answer(i)
        content = json.dumps(released).encode()
        for kind in ("submitted", "autograded"):
            place = room.place(kind, student, LESSON)
            place.mkdir(parents=True)
            (place / f"{LESSON}.ipynb").write_bytes(content)
    with room.folder.gradebook() as book:
        row = book.find_assignment(LESSON)
        make_missing(book.db.connection(), row.id, students)
        book.db.flush()
        for submission in row.submissions:
            for grade in submission.notebooks[0].grades:
                if grade.cell.cell_type == "code":
                    grade.auto_score = grade.cell.max_score * ((hash_of(submission.student_id + grade.name) % 5) > 0)
                    grade.needs_manual_grade = False
        book.db.commit()


def hash_of(text: str) -> int:
    """The same number for the same text in every process."""
    import zlib

    return zlib.crc32(text.encode())


def ask(address: str, path: str, headers: dict[str, str], body: object = None) -> tuple[int, Any, dict[str, str]]:
    """A request to the page of `mark`: the status, the body and the headers of the reply."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address.split("?")[0].rstrip("/") + path, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return reply.status, reply.read(), dict(reply.headers)
    except urllib.error.HTTPError as error:
        return error.code, error.read(), dict(error.headers)


@contextmanager
def marking(room: Room, *options: str) -> Iterator[str]:
    """The page's address while the command runs."""
    command = [
        sys.executable,
        "-u",
        "-m",
        "autograder",
        "mark",
        LESSON,
        "--no-browser",
        "--course",
        str(room.root),
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield re.sub(r"^.*?(http\S+).*$", r"\1", line.strip())
    finally:
        process.send_signal(signal.SIGINT)
        output = process.communicate(timeout=60)[0]
    assert process.returncode == 0 and "Next: autograder" in output
