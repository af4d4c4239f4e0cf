"""What a sixth reading found at the desk: two commands at once, marks, decisions and tables. Each was tried and succeeded once."""

from __future__ import annotations

import csv
import json
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from sqlalchemy import insert

from autograder.classroom import grades, journal, spreadsheet, statistics, status
from autograder.classroom.marking import server
from autograder.classroom.marking.aliases import Aliases
from autograder.classroom.marking.desk import Conflict, Desk
from autograder.classroom.room import Room, enter
from autograder.engine import gradebook, ledger
from autograder.engine.errors import GradingError
from autograder.engine.ledger import Ledger
from autograder.engine.records import NotebookRows, Rows
from autograder.engine.run import Options, Run
from autograder.engine.writer import STUDENT, write_rows
from tests.classroom.conftest import DUE, LESSON, cell, marking, populate, refused, release_in, run

CHECK = "rnn_forward-hidden"


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    room = release_in(tmp_path_factory.mktemp("sixth") / "class")
    populate(room, 3)
    return room.root


@pytest.fixture
def room(tmp_path: Path, released: Path) -> Room:
    """A class in which three students' checks of lesson 3 are graded, and their answers are not marked."""
    shutil.copytree(released, tmp_path / "class")
    return enter(tmp_path / "class")


def graded_as(room: Room, student: str, check: str, score: float) -> None:
    """A grade as nbgrader's own autograde writes it, which knows of no decision."""
    with room.folder.gradebook() as book:
        grade = book.find_grade(check, LESSON, LESSON, student)
        grade.auto_score, grade.manual_score, grade.needs_manual_grade = score, None, False
        book.db.commit()


def marks(room: Room, student: str) -> dict[str, grades.Mark]:
    with enter(room.root).folder.gradebook() as book:
        return grades.read(book, LESSON).sheets[student].marks


def test_a_browser_is_started_without_the_secret(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every account of the machine read it in the browser's command line."""
    address, seen = "http://127.0.0.1:1/?secret=hush", SimpleNamespace()

    def opened(url: str) -> None:
        seen.path, seen.url = Path(unquote(urlsplit(url).path)), url
        seen.mode, seen.text = seen.path.stat().st_mode & 0o777, seen.path.read_text()

    monkeypatch.setattr(server, "serve", lambda desk, port, told: told(address))
    monkeypatch.setattr(webbrowser, "open", opened)
    run("mark", LESSON, "--course", room.root)
    assert "hush" not in seen.url and seen.mode == 0o600 and f"url={address}" in seen.text
    assert not seen.path.exists()


def test_a_mark_is_not_given_to_an_answer_that_was_replaced(room: Room) -> None:
    desk = Desk(room, LESSON)
    answer = desk.question("written")["answers"][0]
    path = room.place("autograded", "s000", LESSON) / f"{LESSON}.ipynb"
    notebook = json.loads(path.read_text())
    cell(notebook, "written")["source"] = "Another answer."
    path.write_text(json.dumps(notebook))
    with pytest.raises(Conflict) as conflict:
        desk.save("written", answer["token"], answer["mark"]["version"], 3, "")
    assert "Another answer." in conflict.value.html and marks(room, "s000")["written"].manual is None
    desk.save("written", answer["token"], conflict.value.mark["version"], 1, "")
    assert marks(room, "s000")["written"].manual == 1


def moved(room: Room, target: str) -> None:
    """Move the gradebook in a process of its own."""
    command = [sys.executable, "-m", "autograder", "move-gradebook", "--to", target, "--course", str(room.root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def test_a_mark_follows_a_gradebook_that_was_moved(room: Room, tmp_path: Path) -> None:
    """The page said "saved", and the mark stood in the database that nobody used any more."""
    desk = Desk(room, LESSON)
    answer = desk.question("written")["answers"][0]
    moved(room, f"sqlite:///{tmp_path}/new.db")
    saved = desk.save("written", answer["token"], answer["mark"]["version"], 2, "")
    assert marks(room, "s000")["written"].manual == 2
    moved(room, "sqlite")  # the file of before lies aside by now
    desk.save("written", answer["token"], saved["version"], 3, "")
    found = sqlite3.connect(room.root / "gradebook.db").execute("SELECT max(manual_score) FROM grade").fetchone()
    assert found == (3,)


def test_a_mark_is_refused_while_the_gradebook_moves(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("autograder.classroom.room.PATIENCE", 0.0)
    desk = Desk(room, LESSON)
    answer = desk.question("written")["answers"][0]
    given = "written", answer["token"], answer["mark"]["version"], 2.0, ""
    with enter(room.root).moving(), pytest.raises(GradingError, match="another run holds"):
        desk.save(*given)
    with enter(room.root).marking():
        assert desk.save(*given)["score"] == 2  # two people mark at once
        assert "another run holds" in refused("move-gradebook", "--to", "sqlite:////x.db", "--course", room.root)


COMMANDS = {
    "move-gradebook": ["--to", "sqlite:////nowhere/new.db"],
    "points": [LESSON, f"{CHECK}=10", "--yes"],
    "release": [LESSON, "--due", "2026-03-12"],
}


@pytest.mark.parametrize("verb", COMMANDS)
def test_what_grading_depends_on_does_not_change_meanwhile(room: Room, verb: str) -> None:
    """`points` between grading and writing left one student with 2 of 10 points where the others had 10."""
    before = (room.root / "class.json").read_bytes()
    with Run(room.folder, Options(LESSON)):
        said = refused(verb, *COMMANDS[verb], "--course", room.root)
    assert f"another run holds {room.notes / LESSON}.lock" in said and re.search(r"process \d+ on .*since 20", said)
    assert (room.root / "class.json").read_bytes() == before and not journal.lines(room)


def test_a_log_is_open_once(room: Room) -> None:
    """A second run replaced the log, and the lines of the first were lost, seeds with them."""
    path = ledger.log_of(room.root, LESSON)
    first = Ledger(path)
    first.write("start", student="ada", digest="x", seed=7)
    with pytest.raises(GradingError, match="another run holds"):
        Ledger(path)
    first.write("set-aside", student="chen", digest="y")
    first.close()
    Ledger(path).close()
    assert [json.loads(line)["student"] for line in path.read_text().splitlines()] == ["ada", "chen"]


def test_a_second_run_of_a_lesson_says_what_runs_and_grades_nothing(room: Room) -> None:
    with Run(room.folder, Options(LESSON)):
        said = run("grade", LESSON, "--workers", 1, "--course", room.root, status=2)
    assert said.startswith("Nothing was graded: another run holds") and "wait until it has ended" in said


HOLDER = """
import sys, time
from pathlib import Path
from autograder.engine.ledger import Ledger
held = Ledger(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_a_killed_run_holds_nothing(room: Room) -> None:
    path = ledger.log_of(room.root, LESSON)
    with subprocess.Popen([sys.executable, "-c", HOLDER, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        try:
            with pytest.raises(GradingError, match=f"process {process.pid} "):
                Ledger(path)
        finally:
            process.kill()
    Ledger(path).close()


def test_runs_of_two_lessons_enter_the_same_student_one_after_the_other(room: Room) -> None:
    """Between looking who is there and adding who is not, the other one had added them: the run stopped."""
    rows = Rows(None, {LESSON: NotebookRows(None, {}, {})})
    failed: list[BaseException] = []

    def second() -> None:
        try:
            with room.folder.gradebook() as book:
                write_rows(book, LESSON, {"new": rows})
        except BaseException as error:
            failed.append(error)

    with room.folder.gradebook() as book, book.engine.begin() as connection:
        gradebook.begin_writing(connection)
        connection.execute(insert(STUDENT), [{"id": "new"}])
        other = threading.Thread(target=second)
        other.start()
        other.join(1)
    other.join()
    assert not failed and "new" in status.read(room, LESSON).lesson.sheets


def test_a_voided_check_counts_whatever_has_graded(room: Room, tmp_path: Path) -> None:
    run("void", LESSON, CHECK, "--full-credit", "--yes", "--course", room.root)
    full = marks(room, "s000")[CHECK].manual
    for student in ("s000", "s001"):
        graded_as(room, student, CHECK, 0)
        Desk(room, LESSON).save("written", *_seen(room, student), 3, "")
    run("export", LESSON, "--out", tmp_path / "g.csv", "--course", room.root)
    with open(tmp_path / "g.csv", newline="", encoding="utf-8-sig") as file:
        scores = {row["id"]: float(row[LESSON] or "nan") for row in csv.DictReader(file)}
    for student in ("s000", "s001"):
        found = marks(room, student)
        assert found[CHECK].manual == full and not found[CHECK].needs
        assert scores[student] == pytest.approx(sum(mark.score or 0.0 for mark in found.values()))


def _seen(room: Room, student: str) -> tuple[str, str]:
    answers = Desk(room, LESSON).question("written")["answers"]
    answer = next(a for a in answers if f"({student})" in a["who"])
    return answer["token"], answer["mark"]["version"]


def test_a_decision_behind_a_line_that_was_cut_off_holds(room: Room) -> None:
    (room.notes / journal.NAME).write_bytes('{"time": "2026-01-01T00:00", "reason": "ü'.encode()[:-1])
    run("void", LESSON, CHECK, "--full-credit", "--yes", "--course", room.root)
    assert [line["checks"] for line in journal.lines(room, "void", LESSON)] == [[CHECK]]


@pytest.mark.parametrize("sign", ["\u2028", "\x85"])
def test_a_reason_ends_no_line(room: Room, sign: str) -> None:
    run("void", LESSON, CHECK, "--full-credit", "--reason", f"two{sign}lines", "--yes", "--course", room.root)
    assert [line["reason"] for line in journal.lines(room, "void", LESSON)] == [f"two{sign}lines"]


def extension(room: Room, student: str) -> Any:
    with enter(room.root).folder.gradebook() as book:
        return book.find_submission(LESSON, student).extension


def test_a_promised_day_outlives_a_later_due_date(room: Room) -> None:
    run("extension", "s000", LESSON, "2026-03-09 23:59", "--course", room.root)
    run("extension", "s001", LESSON, "2026-03-09 23:59", "--course", room.root)
    before = extension(room, "s000")
    run("release", LESSON, "--due", "2026-03-12 23:59", "--course", room.root)
    assert extension(room, "s000") is None
    run("extension", "s001", LESSON, "none", "--course", room.root)
    run("release", LESSON, "--due", DUE, "--course", room.root)
    assert before is not None and extension(room, "s000") == before and extension(room, "s001") is None


def test_an_extension_of_formgraders_counts_before_the_promised_day(room: Room) -> None:
    run("extension", "s000", LESSON, "2026-03-09 23:59", "--course", room.root)
    with room.folder.gradebook() as book:
        book.find_submission(LESSON, "s000").extension = None
        book.db.commit()
    run("release", LESSON, "--due", "2026-03-01 23:59", "--course", room.root)
    assert extension(room, "s000") is None


def test_a_command_sees_what_another_one_has_changed_before_it(room: Room, tmp_path: Path) -> None:
    """It wrote the settings that it had read before it held the class: the gradebook went back, a policy was lost."""
    assert room.settings["late"] == {LESSON: "20% a day"}
    url = room.folder.course.db_url
    run("move-gradebook", "--to", f"sqlite:///{tmp_path}/new.db", "--course", room.root)
    with room.writing():
        assert room.folder.course.db_url == f"sqlite:///{tmp_path}/new.db" != url
        room.save(distribution=[LESSON])
    settings = enter(room.root).settings
    assert settings["gradebook"] == f"sqlite:///{tmp_path}/new.db" and settings["distribution"] == [LESSON]


FORMULAS = [
    'Bob;=HYPERLINK("http://x")',
    "＝1+1",
    "Bob\t=1+1",
    'Bob;"=1+1',
    "Bob; ＠sum",
    "=1+cmd",
    "@sum",
    "-1+1",
    "a|+1+1",
    "b\n=1",
]
SIGNS = tuple("=+-@＝＋－＠")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_cell_is_a_formula_whatever_separates_cells(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(spreadsheet.as_csv([["id", text, "x", "-0.25"] for text in FORMULAS]))
    with open(path, newline="", encoding="utf-8") as file:
        cells = [value for row in csv.reader(file, delimiter=separator) for value in row]
    bad = [value for value in cells if value.strip().startswith(SIGNS) and value != "-0.25"]
    assert not bad and (separator != "," or "-0.25" in cells)


def test_ids_become_no_formulas_in_the_tables_of_statistics(tmp_path: Path) -> None:
    function = statistics.Function("rnn", "rnn", 2.0, {"=1+cmd": 1.0, "ada": 0.5}, discrimination=-0.25)
    report = statistics.Report(LESSON, 2.0, 2, 2, {}, [function], {}, {})
    written = {path.name: path.read_text() for path in statistics.write_csv(tmp_path, report)}
    assert "\n'=1+cmd,2\n" in written[f"{LESSON}-students.csv"]
    assert ",-0.25," in written[f"{LESSON}-functions.csv"]


def test_a_pattern_that_fits_nobody_is_refused(room: Room) -> None:
    for pattern in ("", "zzz", "/"):
        assert "no student's id fits" in refused("feedback", LESSON, "--student", pattern, "--course", room.root)
    run("feedback", LESSON, "--student", "s00[01]", "--course", room.root)
    assert sorted(path.name for path in (room.root / "feedback").iterdir()) == ["s000", "s001"]


def test_what_is_nested_too_deeply_is_answered(room: Room) -> None:
    with marking(room) as address:
        given = {"X-Secret": address.partition("secret=")[2]}
        assert raw(address, given, b"[" * 50_000) == 400


def raw(address: str, headers: dict[str, str], body: bytes) -> int:
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(address).port or 0, timeout=60)
    connection.request("POST", "/questions/written", body, headers)
    return connection.getresponse().status


def test_without_the_class_nobody_finds_the_place_of_an_id(room: Room, released: Path, tmp_path: Path) -> None:
    """Tokens and order were plain hashes of the ids, the same order in every lesson of every class."""
    shutil.copytree(released, tmp_path / "other")
    other = enter(tmp_path / "other")
    students = [f"s{i:03}" for i in range(40)]

    def ordered(aliases: Aliases) -> list[str]:
        return sorted(students, key=aliases.order)

    one, again = Aliases(room, LESSON), Aliases(room, LESSON)
    assert ordered(one) == ordered(again) and one.token("s000") == again.token("s000")
    differing: list[Callable[[Aliases], Any]] = [ordered, lambda aliases: aliases.token("s000")]
    for value in differing:
        assert len({str(value(a)) for a in (one, Aliases(room, "lesson-04"), Aliases(other, LESSON))}) == 3
    assert (room.notes / "secret").stat().st_mode & 0o777 == 0o600
    assert Desk(room, LESSON, anonymous=True).question("written")["answers"][0]["token"] == one.token(
        ordered_first(one, students[:3])
    )


def ordered_first(aliases: Aliases, students: list[str]) -> str:
    return min(students, key=aliases.order)
