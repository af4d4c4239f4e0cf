"""A class is made, its roster read, its lessons released: every way in, and what is refused."""

from __future__ import annotations

import datetime
import re
import shutil
import stat
import subprocess
import zipfile
from pathlib import Path

import nbformat
import pytest

from autograder.classroom import dates, export, late, new_class, roster, times
from autograder.classroom.lms import canvas, moodle, table
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room, enter
from autograder.release import ROOT

from .conftest import LESSON, needs_a_name, refused, run, write_csv

BERLIN = times.zone("Europe/Berlin")
CANVAS_HEADER = [
    "Student",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Section",
    "Lesson 3: forward (4711)",
    "Current Score",
    "Final Score",
]
CANVAS_ROWS = [
    ["", "", "", "", "", "Manual Posting", "", ""],
    ["    Points Possible", "", "", "", "", "18,00", "(read only)", "(read only)"],
    ["Lovelace, Ada", "101", "S1", "ada", "A and B", "", "", ""],
    ["Müller-Lüdenscheid, Dana", "104", "S4", "dana", "B", "12,50", "", ""],
    ["Student, Test", "999", "", "deadbeef", "A", "", "", ""],
]


def test_a_class_is_private_complete_and_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "class"
    output = run("new-class", folder, "--lesson", LESSON, "--timezone", "Europe/Berlin")
    assert "autograder roster FILE" in output.splitlines()[-1]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {path.name for path in (folder / "source").iterdir()} == {LESSON}
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert "not empty" in refused("new-class", folder)
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


OF_STUDENTS = [
    *(export.name_for([LESSON], to) for to in ("csv", "canvas", "moodle")),
    *("tables/lesson-03-students.csv", "pages/status.html"),
    *("grades.csv", "roster.csv", "gradebook.db", "backups/2026-03-02.tar.gz", "returned/a.zip"),
    *(
        f"{folder}/ada/a.txt"
        for folder in ("submitted", "autograded", "feedback", "exchange", "received", "downloaded")
    ),
    ".autograder/lesson-03.jsonl",
]


def test_nothing_of_students_gets_into_a_repository(tmp_path: Path) -> None:
    """Not what commands write where the guide runs them, in the class, either."""
    folder = tmp_path / "class"
    run("new-class", folder, "--lesson", LESSON)
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    pages = re.findall(r"--html (\S+)", (ROOT / "book" / "first-term.md").read_text("utf-8"))
    assert len(pages) >= 2
    for name in (*OF_STUDENTS, *pages):
        assert not subprocess.run([*git, "check-ignore", "-q", name]).returncode, name
    of_lessons = [
        f"{kind}/{LESSON}/{file}" for kind in ("source", "release") for file in (f"{LESSON}.ipynb", "data.csv")
    ]
    for name in ("nbgrader_config.py", *of_lessons):
        assert subprocess.run([*git, "check-ignore", "-q", name]).returncode == 1, name


def test_what_cannot_be_a_class_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    for arguments in (
        ["--lesson", "lesson-99"],
        ["--name", "a b"],
        ["--timezone", "CEST"],
        ["--timezone", "Mars/Base"],
    ):
        refused("new-class", tmp_path / "class", *arguments)
        assert not list(tmp_path.iterdir())


def test_a_class_is_made_with_its_roster_or_not_at_all(tmp_path: Path) -> None:
    people = write_csv(tmp_path / "people.csv", ["id", "first_name"], [["ada", "Ada"], ["ben", "Ben"]])
    write_csv(tmp_path / "wrong.csv", ["name"], [["Ada"]])
    make = ["new-class", tmp_path / "a class", "--lesson", LESSON, "--timezone", "UTC", "--roster"]
    assert "no column 'id'" in refused(*make, tmp_path / "wrong.csv") and not (tmp_path / "a class").exists()
    output = run(*make, people)
    assert "2 students in the class" in output and "autograder release LESSON --due DATE" in output
    assert [student.id for student in roster.load(enter(tmp_path / "a class"))] == ["ada", "ben"]


def test_a_class_may_be_moved(room: Room, tmp_path: Path) -> None:
    shutil.move(room.root, tmp_path / "elsewhere")
    moved = enter(tmp_path / "elsewhere")
    assert dates.due(moved, LESSON) == times.parse("2026-03-02 23:59", BERLIN)
    assert moved.folder.course.db_url.endswith("elsewhere/gradebook.db")


def test_a_folder_that_is_no_class_is_left_alone(tmp_path: Path) -> None:
    write_csv(tmp_path / "r.csv", ["id"], [["ada"]])
    (tmp_path / "empty").mkdir()
    assert "is no class" in refused("roster", tmp_path / "r.csv", "--course", tmp_path / "empty")
    assert not list((tmp_path / "empty").iterdir())


def canvas_file(path: Path, separator: str = ",", encoding: str = "utf-8") -> Path:
    return write_csv(path, CANVAS_HEADER, CANVAS_ROWS, delimiter=separator, encoding=encoding)


@pytest.mark.parametrize("separator", [",", ";"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_export_of_canvas_is_read_as_it_is(tmp_path: Path, separator: str, encoding: str) -> None:
    kind, students = roster.read(canvas_file(tmp_path / "c.csv", separator, encoding))
    assert kind == "Canvas gradebook"
    assert [student.id for student in students] == ["ada", "dana"]
    assert students[1] == roster.Student("dana", "Dana", "Müller-Lüdenscheid", "", "B", "104")


def test_canvas_with_first_and_last_names_in_columns(tmp_path: Path) -> None:
    write_csv(
        tmp_path / "c.csv",
        ["LastName", "FirstName", "ID", "SIS Login ID", "Section"],
        [
            ["    Points Possible", "", "", "", ""],
            ["Lovelace", "Ada", "101", "ada", "A"],
        ],
    )
    assert roster.read(tmp_path / "c.csv")[1] == [roster.Student("ada", "Ada", "Lovelace", "", "A", "101")]


def test_the_export_of_moodle_is_read_as_it_is(tmp_path: Path) -> None:
    header = [
        "First name",
        "Last name",
        "ID number",
        "Institution",
        "Department",
        "Email address",
        "Assignment: Lesson 3 (Real)",
    ]
    write_csv(
        tmp_path / "m.csv",
        header,
        [["Ada", "Lovelace", "m1", "", "", "ada@x.org", "-"], ["Ben", "B", "m2", "", "", "b@x.org", "3.00"]],
    )
    assert [student.id for student in roster.read(tmp_path / "m.csv")[1]] == ["m1", "m2"]
    german = ["Vorname", "Nachname", "ID-Nummer", "Institution", "Abteilung", "E-Mail-Adresse"]
    write_csv(
        tmp_path / "g.csv",
        german,
        [["Ada", "L", "", "", "", "ada@x.org"], ["Ben", "B", "m2", "", "", "b@x.org"]],
        delimiter=";",
    )
    assert [student.id for student in roster.read(tmp_path / "g.csv")[1]] == ["ada@x.org", "b@x.org"]


def test_the_worksheet_of_moodle_is_a_roster_too(tmp_path: Path) -> None:
    header = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"]
    write_csv(tmp_path / "w.csv", header, [["Participant 77", "Ada King Lovelace", "ada@x.org", "", "", "18.00"]])
    assert roster.read(tmp_path / "w.csv")[1] == [roster.Student("ada@x.org", "Ada King", "Lovelace", "ada@x.org")]


def test_a_changed_roster_adds_updates_and_deletes_nobody(enrolled: Room, tmp_path: Path) -> None:
    write_csv(tmp_path / "r.csv", ["id", "first_name", "section"], [["ada", "Augusta", ""], ["eli", "Eli", "B"]])
    assert "would be 1 added, 1 changed" in run("roster", tmp_path / "r.csv", "--dry-run", "--course", enrolled.root)
    assert len(roster.load(enrolled)) == 4
    output = run("roster", tmp_path / "r.csv", "--course", enrolled.root)
    assert "1 added, 1 changed; 2 students" in output
    assert all(f"gone, kept with what they have: {name}" in output for name in ("ben", "chen", "dana"))
    known = {student.id: student for student in roster.load(enrolled)}
    assert known["ada"].first_name == "Augusta" and known["ada"].last_name == "Lovelace" and known["ada"].section == "A"
    assert known["ben"].enrolled == "no"
    with enrolled.folder.gradebook() as book:
        assert {student.id for student in book.students} == {"ada", "ben", "chen", "dana", "eli"}
        assert book.find_student("ada").first_name == "Augusta"
    again = run("roster", tmp_path / "r.csv", "--course", enrolled.root)
    assert "0 added, 0 changed" in again and "gone" not in again


def test_a_login_that_changed_in_canvas_is_the_same_student(enrolled: Room, tmp_path: Path) -> None:
    """It made two rows of one number: neither's hand-in was taken any more, and no score went back to Canvas."""
    rows = [["ada", "Ada", "101"], ["ben", "Ben", "102"]]
    run("roster", write_csv(tmp_path / "r.csv", ["id", "first_name", "lms_id"], rows), "--course", enrolled.root)
    rows[1] = ["bbitdiddle", "Benjamin", "102"]
    output = run(
        "roster", write_csv(tmp_path / "r.csv", ["id", "first_name", "lms_id"], rows), "--course", enrolled.root
    )
    assert "0 added, 1 changed; 2 students" in output and "gone" not in output
    assert "bbitdiddle in the file is ben here, by the number in the LMS" in output
    known = {student.id: student for student in roster.load(enrolled)}
    assert known["ben"].first_name == "Benjamin" and "bbitdiddle" not in known


@pytest.mark.parametrize("start", [b"", b"sep=;\r\n", b"\r\n", b"\xef\xbb\xbfSEP=;\n;\n"])
def test_a_roster_begins_with_its_first_line_that_holds_anything(room: Room, tmp_path: Path, start: bytes) -> None:
    (tmp_path / "r.csv").write_bytes(start + b"id;first_name\r\nada;Ada\r\n")
    assert "1 added" in run("roster", tmp_path / "r.csv", "--dry-run", "--course", room.root)
    assert table.parse(start + b"id;first_name\r\n", tmp_path).content() == start + b"id;first_name\r\n"


def test_a_column_of_whole_names_is_kept(room: Room, tmp_path: Path) -> None:
    rows = [["ada", "Lovelace, Ada"], ["ben", "Ben Bitdiddle"]]
    run("roster", write_csv(tmp_path / "r.csv", ["Student ID", "Name"], rows), "--course", room.root)
    assert [student.name for student in roster.load(room)] == ["Ada Lovelace", "Ben Bitdiddle"]


def test_a_part_of_the_class_leaves_the_others(enrolled: Room, tmp_path: Path) -> None:
    write_csv(tmp_path / "r.csv", ["id"], [["eli"]])
    run("roster", tmp_path / "r.csv", "--partial", "--course", enrolled.root)
    assert all(student.enrolled == "yes" for student in roster.load(enrolled))


WRONG = {
    "no header that is known": (b"name,age\nada,3\n", "no column 'id'"),
    "a web page": (b"<html><body>Log in</body></html>", "web page"),
    "a spreadsheet": (b"PK\x03\x04" + b"0" * 50, "spreadsheet"),
    "a pdf": (b"%PDF-1.7 ...", "PDF"),
    "nothing": (b"", "empty"),
    "nobody": (b"id,name\n", "lists no students"),
    "an id that leaves the folder": (b"id\n../ada\n", "line 2"),
    "a hidden id": (b"id\n.ada\n", "line 2"),
    "the same id twice": (b"id\nada\nADA\n", "the same id"),
    "no id": (b"id,first_name\nada,Ada\n,Ben\n", "line 3: no id"),
    "an open quotation": (b'id,first_name\nada,"Ada\n', "line 2"),
    "a control character": (b"id,first_name\nada,A\x1b[2Jda\n", "control character"),
    "a null": (b"id\na\0da\n", "no text"),
    "direction marks": ("id\nada\u202egpj\n".encode(), "cannot be printed"),
}


@pytest.mark.parametrize("content,reason", WRONG.values(), ids=WRONG)
def test_wrong_rosters_are_refused_with_the_reason(room: Room, tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "r.csv").write_bytes(content)
    before = (room.root / roster.ROSTER).read_bytes()
    assert reason in refused("roster", tmp_path / "r.csv", "--course", room.root)
    assert (room.root / roster.ROSTER).read_bytes() == before


def test_a_table_is_written_back_byte_for_byte() -> None:
    for content in (
        b'\xef\xbb\xbfStudent;ID\r\n"a ""b"" c";1\r\n;\r\n  " x;y " ;2',
        b'a,b\n\n\n1,"2\n3"\n',
        "Prénom,Nom\nÉva,Ö\n".encode("cp1252"),
        b"\xff\xfe" + "a\tb\r1\t2\r".encode("utf-16-le"),
    ):
        found = table.parse(content, Path("x.csv"))
        assert found.content() == content


def test_changing_one_cell_changes_that_cell_alone() -> None:
    found = table.parse(b'a;b;c\r\n"x";"1,5";"z"\r\ny;;w\r\n', Path("x.csv"))
    found.set(found.rows[1], 1, "2,5")
    found.set(found.rows[2], 1, "7")
    assert found.content() == b'a;b;c\r\n"x";"2,5";"z"\r\ny;7;w\r\n'


def test_names_in_canvas_archives() -> None:
    assert canvas.parse_name("lovelaceada_LATE_101_77_lesson-03-1.ipynb") == canvas.CanvasFile(
        "101", True, 77, "lesson-03-1.ipynb", "lovelaceada"
    )
    assert canvas.parse_name("lovelaceada_101_77_my_2_3_x.ipynb") == canvas.CanvasFile(
        "101", False, 77, "my_2_3_x.ipynb", "lovelaceada"
    )
    assert canvas.parse_name("anon_x8Kd2_77_a.ipynb") == canvas.CanvasFile("x8Kd2", False, 77, "a.ipynb")
    assert canvas.parse_name("ada/lesson-03.ipynb") is None


def test_names_in_moodle_archives() -> None:
    for folder in ("Ada King_77_assignsubmission_file_/", "Ada King_77_assignsubmission_file/"):
        found = moodle.parse_name(folder + "sub/a_b.ipynb")
        assert found == moodle.MoodleFile("Ada King", "77", "file", "sub/a_b.ipynb", folder)
    flat = moodle.parse_name("Ada King_77_assignsubmission_file_a_b.ipynb")
    assert flat is not None and (flat.number, flat.name) == ("77", "a_b.ipynb")


def test_times_of_moodle() -> None:
    def read(text: str) -> datetime.datetime | None:
        return moodle.time_of(text, BERLIN)

    assert read("Monday, 2 March 2026, 11:59 PM") == datetime.datetime(2026, 3, 2, 22, 59, tzinfo=datetime.UTC)
    assert read("2 March 2026, 12:05 AM") == datetime.datetime(2026, 3, 1, 23, 5, tzinfo=datetime.UTC)
    assert read("Montag, 2. März 2026, 23:59") is None and read("-") is None and read("31 June 2026, 1:00 PM") is None


GOOD_TIMES = {
    "2026-03-02 23:59": "2026-03-02T22:59:00+00:00",
    "2026-03-02": "2026-03-02T22:59:59+00:00",
    "2026-03-02T23:59:30": "2026-03-02T22:59:30+00:00",
    "2026-03-02 23:59+0100": "2026-03-02T22:59:00+00:00",
    "2026-03-02 23:59 -08:00": "2026-03-03T07:59:00+00:00",
    "2026-03-02 23:59 America/New_York": "2026-03-03T04:59:00+00:00",
    "2026-03-02 23:59Z": "2026-03-02T23:59:00+00:00",
}
BAD_TIMES = (
    "01.03.2026",
    "3/1/2026",
    "2026-03-02 11:59 PM",
    "2026-03-02 23:59 PDT",
    "2026-02-30",
    "tomorrow",
    "2026-03-29 02:30",
    "2026-10-25 02:30",
    "",
)


@pytest.mark.parametrize("text,instant", GOOD_TIMES.items())
def test_a_time_is_read_in_one_way(text: str, instant: str) -> None:
    assert times.parse(text, BERLIN, end_of_day=True).isoformat() == instant


@pytest.mark.parametrize("text", BAD_TIMES)
def test_a_time_that_could_mean_two_is_refused(text: str) -> None:
    with pytest.raises(Refusal):
        times.parse(text, BERLIN)


def test_nothing_is_released_where_one_lesson_or_the_policy_is_wrong(room: Room) -> None:
    before = {path: path.read_bytes() for path in room.root.rglob("*") if path.is_file()}
    assert "is no policy" in refused("release", LESSON, "--late", "bogus", "--course", room.root)
    assert "no lesson 'lesson-99'" in refused("release", LESSON, "lesson-99", "--course", room.root)
    after = {path: path.read_bytes() for path in room.root.rglob("*") if path.is_file()}
    assert {p.name for p in before.keys() ^ after.keys()} <= {"lock"}
    assert all(after[path] == content for path, content in before.items() if path.name != "lock")


def test_options_of_a_class_are_refused_where_there_is_none(tmp_path: Path) -> None:
    """They were passed over in silence, with exit status 0."""
    for given in (["--to", "exchange"], ["--out", "x"], ["--due", "2036-03-02"]):
        assert "is no class" in refused("release", LESSON, *given, "--course", tmp_path)
    assert "is no class" in refused("release", LESSON, "--course", tmp_path)


def test_an_extension_alone_makes_nobody_graded(enrolled: Room) -> None:
    """A mended text could not be released any more, and `grade --regrade`, which grades everybody again, was advised."""
    run("extension", "ada", LESSON, "2036-03-09", "--course", enrolled.root)
    notebook = enrolled.place("source", ".", LESSON) / f"{LESSON}.ipynb"
    cells = nbformat.read(notebook, as_version=4)
    written = next(cell for cell in cells.cells if cell.metadata.get("nbgrader", {}).get("grade_id") == "written")
    written.metadata.nbgrader.points += 1
    nbformat.write(cells, notebook)
    assert "released anew" in run("release", LESSON, "--course", enrolled.root)


def test_policies() -> None:
    assert late.share("none", 1e6) == 0 and late.share("zero", 1) == 1 and late.share("zero", 0) == 0
    assert [late.share("20% a day", seconds) for seconds in (0, 1, 86_400, 86_401, 1e9)] == pytest.approx(
        [0, 0.2, 0.2, 0.4, 1]
    )
    assert (
        late.share(" None ", 1) == 0 and late.share("ZERO", 1) == 1 and late.share("20% A Day", 1) == pytest.approx(0.2)
    )
    for text in ("20%", "-3% a day", "0% a day", "120% a day", "half"):
        with pytest.raises(Refusal):
            late.share(text, 1)


def test_a_release_knows_its_date_and_fits_an_lms(room: Room) -> None:
    output = run("release", LESSON, "--due", "2026-04-01 12:00", "--late", "zero", "--course", room.root)
    assert "due: 2026-04-01 12:00 CEST" in output
    with zipfile.ZipFile(room.root / "handout" / f"{LESSON}.zip") as archive:
        assert archive.namelist() == [f"{LESSON}/{LESSON}.ipynb"]
        assert b"BEGIN SOLUTION" not in archive.read(f"{LESSON}/{LESSON}.ipynb")
    stamp = (room.root / "handout" / f"{LESSON}.zip").stat().st_mtime_ns
    run("release", LESSON, "--course", room.root)
    assert (room.root / "handout" / f"{LESSON}.zip").stat().st_mtime_ns == stamp
    assert dates.due(enter(room.root), LESSON) == times.parse("2026-04-01 12:00", BERLIN)


def correct_a_text(room: Room) -> None:
    path = room.place("source", ".", LESSON) / f"{LESSON}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    next(cell for cell in notebook.cells if cell.cell_type == "markdown").source += " CORRECTED"
    nbformat.write(notebook, path)


def is_corrected(room: Room) -> bool:
    return "CORRECTED" in (room.place("release", ".", LESSON) / f"{LESSON}.ipynb").read_text()


def test_a_corrected_text_is_released_as_long_as_nobody_is_graded(room: Room) -> None:
    correct_a_text(room)
    assert "released anew" in run("release", LESSON, "--course", room.root)
    assert is_corrected(room)
    room.folder.course_for(LESSON, "bubblewrap")  # the gradebook knows it


def test_a_corrected_text_waits_where_work_is_graded(graded: Room) -> None:
    correct_a_text(graded)
    assert "--regrade" in refused("release", LESSON, "--course", graded.root)
    assert not is_corrected(graded)
    run("grade", LESSON, "--regrade", "--course", graded.root, status=1)  # one is set aside, as before
    assert "released anew" in run("release", LESSON, "--course", graded.root) and is_corrected(graded)


@needs_a_name
def test_the_first_release_reaches_the_exchange(tmp_path: Path) -> None:
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    run("new-class", tmp_path / "class", f"--lesson={LESSON}", "--timezone=UTC", "--exchange", exchange)
    room = enter(tmp_path / "class")
    assert "fetch it from the exchange" in run("release", LESSON, "--to", "exchange", "--course", room.root)
    released = exchange / "sequence-models" / "outbound" / LESSON / f"{LESSON}.ipynb"
    assert released.read_bytes() == (room.place("release", ".", LESSON) / f"{LESSON}.ipynb").read_bytes()


def test_each_lesson_has_its_date(tmp_path: Path) -> None:
    lessons = ("lesson-01", LESSON)
    run("new-class", tmp_path / "class", *(f"--lesson={lesson}" for lesson in lessons), "--timezone", "Europe/Berlin")
    course = ("--course", tmp_path / "class")
    days = ("2026-03-02", "2026-03-09")
    assert "3 due dates for 2 lessons" in refused("release", *lessons, *["--due=2026-03-02"] * 3, *course)
    run("release", *lessons, *(f"--due={day}" for day in days), *course)
    room = enter(tmp_path / "class")
    assert [dates.due(room, lesson) for lesson in lessons] == [times.parse(f"{day} 23:59:59", BERLIN) for day in days]
    run("release", *lessons, "--due=2026-04-01", *course)
    assert {dates.due(room, lesson) for lesson in lessons} == {times.parse("2026-04-01 23:59:59", BERLIN)}


def test_wrong_releases_are_refused(room: Room) -> None:
    for arguments in (
        [LESSON, "--due", "1.4.2026"],
        [LESSON, "--late", "a bit"],
        ["lesson-99"],
        [LESSON, "--to", "moon"],
    ):
        refused("release", *arguments, "--course", room.root)
    assert dates.due(room, LESSON) == times.parse("2026-03-02 23:59", BERLIN)


def test_an_extension_is_a_day_and_stays_that_day(enrolled: Room) -> None:
    run("extension", "ada", LESSON, "2026-03-09 23:59", "--reason", "ill", "--course", enrolled.root)
    run("release", LESSON, "--due", "2026-03-04 23:59", "--course", enrolled.root)
    with enrolled.folder.gradebook() as book:
        submission = book.find_submission(LESSON, "ada")
        assert times.from_gradebook(submission.duedate) == times.parse("2026-03-09 23:59", BERLIN)
    run("extension", "ada", LESSON, "none", "--course", enrolled.root)
    with enrolled.folder.gradebook() as book:
        assert book.find_submission(LESSON, "ada").extension is None


def test_wrong_extensions_are_refused(enrolled: Room) -> None:
    assert "no student" in refused("extension", "nobody", LESSON, "2026-03-09", "--course", enrolled.root)
    assert "not before" in refused("extension", "ada", LESSON, "2026-03-01", "--course", enrolled.root)
    assert "no lesson" in refused("extension", "ada", "lesson-99", "2026-03-09", "--course", enrolled.root)


def test_this_machines_time_zone_has_a_name() -> None:
    times.zone(new_class.local_timezone())
