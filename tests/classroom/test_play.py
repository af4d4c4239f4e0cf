"""A term: three lessons, every kind of trouble, and what is decided afterwards; gradebook, exports and pages agree at each step."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.classroom import files, grades, status
from autograder.classroom.lms import table
from autograder.classroom.room import Room, enter
from autograder.engine import run as running
from autograder.engine import why

from .conftest import notebook, run, untouched, write_csv

LESSONS = ("lesson-01", "lesson-02", "lesson-03")
Hand = Callable[[str], dict[str, bytes]]


def right(lesson: str) -> dict[str, bytes]:
    return {f"{lesson}.ipynb": notebook(lambda nb: _write(nb, lesson), lesson)}


def _write(nb: dict[str, Any], lesson: str, text: str = "An answer in words of my own.") -> None:
    for c in nb["cells"]:
        if _is_written(c):
            c["source"] = text


def _is_written(c: dict[str, Any]) -> bool:
    given = c["metadata"].get("nbgrader", {})
    return bool(given.get("grade") and given.get("solution"))


def broken_first(lesson: str) -> dict[str, bytes]:
    """The first function raises."""

    def change(nb: dict[str, Any]) -> None:
        _write(nb, lesson)
        first = next(
            c for c in nb["cells"] if c["cell_type"] == "code" and c["metadata"].get("nbgrader", {}).get("solution")
        )
        name = first["metadata"]["nbgrader"]["grade_id"]
        first["source"] = f"def {name}(*args, **kwargs):\n    raise ValueError('no')"

    return {f"{lesson}.ipynb": notebook(change, lesson)}


def plain_metadata(lesson: str) -> dict[str, bytes]:
    def change(nb: dict[str, Any]) -> None:
        for c in nb["cells"]:
            c["metadata"] = {}

    return {"my solution.ipynb": notebook(change, lesson)}


def null_ids(lesson: str) -> dict[str, bytes]:
    return {
        f"{lesson}.ipynb": notebook(lambda nb: [c.update(id=None) for c in nb["cells"]] and _write(nb, lesson), lesson)
    }


def magic(lesson: str) -> dict[str, bytes]:
    def change(nb: dict[str, Any]) -> None:
        _write(nb, lesson)
        first = next(
            c for c in nb["cells"] if c["cell_type"] == "code" and c["metadata"].get("nbgrader", {}).get("solution")
        )
        first["source"] = "%matplotlib inline\n" + "".join(first["source"])

    return {f"{lesson}.ipynb": notebook(change, lesson)}


def answer_elsewhere(lesson: str) -> dict[str, bytes]:
    """The cell for the written answer is untouched; the answer stands in a cell of the student's own."""

    def change(nb: dict[str, Any]) -> None:
        own = {"cell_type": "markdown", "metadata": {}, "source": "An answer in words of my own, in a cell of my own."}
        at = next(i for i, c in enumerate(nb["cells"]) if _is_written(c))
        nb["cells"].insert(at + 1, own)

    return {f"{lesson}.ipynb": notebook(change, lesson)}


def in_an_archive(lesson: str) -> dict[str, bytes]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in right(lesson).items():
            archive.writestr(f"homework/{name}", data)
    return {"homework.zip": packed.getvalue()}


KINDS: dict[str, Hand] = {
    "right": right,
    "renamed": lambda lesson: {f"{lesson} (1).ipynb": right(lesson)[f"{lesson}.ipynb"]},
    "nested": lambda lesson: {f"folder/deep/{lesson}.ipynb": right(lesson)[f"{lesson}.ipynb"]},
    "done beside the untouched one": lambda lesson: {
        f"{lesson}.ipynb": untouched(lesson),
        f"{lesson}-done.ipynb": right(lesson)[f"{lesson}.ipynb"],
    },
    "one function raises": broken_first,
    "magic": magic,
    "null ids": null_ids,
    "no metadata": plain_metadata,
    "untouched": lambda lesson: {f"{lesson}.ipynb": untouched(lesson)},
    "web page": lambda lesson: {f"{lesson}.ipynb": b"<html>"},
    "another lesson": lambda lesson: right("lesson-04"),
    "cut off": lambda lesson: {f"{lesson}.ipynb": right(lesson)[f"{lesson}.ipynb"][:4000]},
    "two that differ": lambda lesson: {
        f"{lesson}.ipynb": right(lesson)[f"{lesson}.ipynb"],
        "b.ipynb": broken_first(lesson)[f"{lesson}.ipynb"],
    },
    "in an archive": in_an_archive,
    "answer elsewhere": answer_elsewhere,
    "nothing": lambda lesson: {},
}
NOT_TAKEN = {"web page", "another lesson", "cut off", "two that differ"}
FULL = {
    "right",
    "renamed",
    "nested",
    "done beside the untouched one",
    "magic",
    "null ids",
    "in an archive",
    "answer elsewhere",
}


def hand_in(place: Path, lesson: str, count: int) -> Path:
    """Moodle's archive of a lesson, and its worksheet; who does what goes round from lesson to lesson."""
    header = [
        "Identifier",
        "Full name",
        "Email address",
        "Status",
        "Grade",
        "Maximum Grade",
        "Last modified (submission)",
        "Last modified (grade)",
    ]
    rows = []
    with zipfile.ZipFile(place / f"{lesson}.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for i in range(count):
            number = 500 + i
            for name, data in KINDS[kind_of(i, lesson)](lesson).items():
                archive.writestr(f"Student {i}_{number}_assignsubmission_file_/{name}", data)
            day = 4 if i == 1 else 2
            worth = f"{points_of(lesson):.2f}"
            rows.append(
                [
                    f"Participant {number}",
                    f"Student {i}",
                    f"s{i}@example.org",
                    "",
                    "",
                    worth,
                    f"Monday, {day} March 2026, 10:00 PM",
                    "-",
                ]
            )
        archive.writestr(f"Stranger_999_assignsubmission_file_/{lesson}.ipynb", right(lesson)[f"{lesson}.ipynb"])
        archive.writestr("../../escape.ipynb", b"x")
    write_csv(place / f"{lesson}.csv", header, rows)
    return place / f"{lesson}.zip"


def kind_of(i: int, lesson: str) -> str:
    return list(KINDS)[(i + 5 * LESSONS.index(lesson)) % len(KINDS)]


def points_of(lesson: str) -> float:
    cells = json.loads(untouched(lesson))["cells"]
    return sum(float(c["metadata"].get("nbgrader", {}).get("points", 0)) for c in cells)


def agree(room: Room, lesson: str, place: Path) -> dict[str, float]:
    """The totals, which the gradebook, the exports and the pages must say alike."""
    one = status.read(enter(room.root), lesson)
    totals = {s.student: round(s.sheet.total, 2) for s in one.standings if s.final and s.sheet}
    run("export", lesson, "--out", place / "plain.csv", "--course", room.root)
    with open(place / "plain.csv", newline="", encoding="utf-8-sig") as file:
        plain = {row["id"]: row[lesson] for row in csv.DictReader(file)}
    assert {s: float(v) for s, v in plain.items() if v} == pytest.approx(totals, abs=0.006)
    run(
        "export",
        lesson,
        "--to",
        "moodle",
        "--template",
        place / f"{lesson}.csv",
        "--out",
        place / "moodle.csv",
        "--course",
        room.root,
    )
    filled = table.read(place / "moodle.csv")
    scores = {row[2].partition("@")[0]: float(row[4]) for row in filled.rows[1:] if row[4]}
    assert scores == pytest.approx(totals, abs=0.006)
    run("feedback", lesson, "--course", room.root)
    for student, total in totals.items():
        page = (room.root / "feedback" / student / lesson / f"{lesson}.html").read_text()
        shown = re.search(r"<b>([\d.]+)</b> of", page)
        assert shown is not None and float(shown[1]) == pytest.approx(total, abs=0.006)
    return totals


def give_marks(room: Room, lesson: str) -> dict[tuple[str, str], float]:
    given = {}
    with room.folder.gradebook() as book:
        written = [cell.name for cell in grades.read(book, lesson).written]
        for submission in book.assignment_submissions(lesson):
            for grade in submission.notebooks[0].grades:
                if (
                    grade.name in written
                    and grade.needs_manual_grade
                    and grade.auto_score is None
                    and submission.timestamp is not None
                ):
                    grade.manual_score, grade.needs_manual_grade = 1.5, False
                    given[submission.student_id, grade.name] = 1.5
        book.db.commit()
    return given


@pytest.mark.parametrize("count", [12, pytest.param(60, marks=pytest.mark.soak)])
def test_a_term(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    run("new-class", tmp_path / "class", *(f"--lesson={lesson}" for lesson in LESSONS), "--timezone", "Europe/Berlin")
    course = ("--course", tmp_path / "class")
    header = ["First name", "Last name", "ID number", "Email address"]
    write_csv(
        tmp_path / "moodle.csv", header, [["Student", str(i), f"s{i}", f"s{i}@example.org"] for i in range(count)]
    )
    run("roster", tmp_path / "moodle.csv", *course)
    run("release", *LESSONS, "--due", "2026-03-02 23:59", "--late", "20% a day", *course)
    room = enter(tmp_path / "class")
    for lesson in LESSONS:
        archive = hand_in(tmp_path, lesson, count)
        output = run("collect", lesson, archive, "--worksheet", tmp_path / f"{lesson}.csv", *course, status=1)
        kinds = [kind_of(i, lesson) for i in range(count)]
        absent = kinds.count("nothing")
        assert (f"{absent} not handed in" in output) == bool(absent)
        assert not [*tmp_path.rglob("escape.ipynb"), *tmp_path.parent.glob("escape.ipynb")]
        run("grade", lesson, "--workers", 2, *course)
        marks = give_marks(room, lesson)
        run("status", lesson, *course)
        totals = agree(room, lesson, tmp_path)
        one = status.read(enter(room.root), lesson)
        for i, standing in ((int(s.student[1:]), s) for s in one.standings):
            kind = kinds[i]
            assert standing.handed_in == (kind not in NOT_TAKEN | {"nothing"}), (lesson, kind)
            assert standing.state == {"nothing": "not handed in"}.get(
                kind, "not taken" if kind in NOT_TAKEN else "graded"
            ), (lesson, kind)
            if kind in FULL and i != 1:
                wanted = one.lesson.points - sum(c.points - 1.5 for c in one.lesson.written)
                assert totals[standing.student] == pytest.approx(wanted), (lesson, kind)
            if kind == "untouched":
                assert totals[standing.student] == 0
        run("return", lesson, "--to", "moodle", "--submissions", archive, *course)
        assert status.read(enter(room.root), lesson).counts()["returned"] == sum(s.graded for s in one.standings)
        assert marks
    _afterwards(room, tmp_path, course, monkeypatch)


def _corrected(room: Room, lesson: str, course: tuple[object, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A check is corrected: the class says so, shows what would change, and grades again when it is asked to."""
    counts = status.read(enter(room.root), lesson).counts()
    for module in (why, running):
        monkeypatch.setattr(module, "engine_version", lambda: "corrected")
    assert status.read(enter(room.root), lesson).counts()["stale"] == counts["graded"]
    assert "graded by other checks" in run("grade", lesson, *course, status=1)
    before = files.contents(room.root / "autograded")
    run("grade", lesson, "--regrade", "--dry-run", "--workers", 2, *course)
    assert files.contents(room.root / "autograded") == before
    run("grade", lesson, "--regrade", "--workers", 2, *course)
    assert status.read(enter(room.root), lesson).counts() == counts


def _afterwards(room: Room, place: Path, course: tuple[object, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """A voided check, an extension, a late hand-in, a corrected check: marks survive everything."""
    lesson = LESSONS[0]
    before = agree(room, lesson, place)
    with room.folder.gradebook() as book:
        marks = {
            (s, n): m.manual
            for s, sheet in grades.read(book, lesson).sheets.items()
            for n, m in sheet.marks.items()
            if m.manual is not None
        }
        check = next(c.name for c in grades.read(book, lesson).cells.values() if not c.written)
    run("void", lesson, check, "--full-credit", "--reason", "unclear", "--yes", *course)
    run("extension", "s1", lesson, "2026-03-10", *course)
    after = agree(room, lesson, place)
    assert all(after[s] >= before[s] - 1e-9 for s in before) and after["s1"] > before["s1"]
    late = place / "late" / "s0"
    late.mkdir(parents=True)
    (late / "again.ipynb").write_bytes(notebook(lambda nb: _write(nb, lesson, "Late words."), lesson))
    run("collect", lesson, place / "late", "--received", "2026-03-04 12:00", *course)
    run("grade", lesson, "--workers", 2, *course)
    _corrected(room, lesson, course, monkeypatch)
    with enter(room.root).folder.gradebook() as book:
        found = grades.read(book, lesson)
        assert all(found.sheets[s].marks[n].manual == value for (s, n), value in marks.items())
        assert found.sheets["s0"].penalty > 0 and found.sheets["s1"].penalty == 0
        assert found.sheets["s0"].marks[check].score == found.cells[check].points
    agree(room, lesson, place)
    assert len(list((room.root / "received" / lesson / "s0").iterdir())) == 2
