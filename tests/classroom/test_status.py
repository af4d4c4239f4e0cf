"""Where a class stands, and what leaves it: nothing that was not graded is a number."""

from __future__ import annotations

import codecs
import contextlib
import csv
import dataclasses
import datetime
import html
import io
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from autograder import tables
from autograder.classroom import export, status
from autograder.classroom.lms import table
from autograder.classroom.room import Room, enter
from autograder.release import ROOT

from .conftest import LESSON, mark, notebook, refused, run, write_csv


def state(room: Room) -> dict[str, str]:
    return {standing.student: standing.state for standing in status.read(room, LESSON).standings}


def test_every_student_is_in_one_state(graded: Room) -> None:
    assert state(graded) == {
        "ada": "graded",
        "ben": "graded",
        "chen": "graded",
        "dana": "set aside",
        "eli": "graded",
        "fay": "not handed in",
    }
    one = status.read(graded, LESSON)
    standing = {s.student: s for s in one.standings}
    assert standing["ben"].to_mark == ["written"] and not standing["eli"].to_mark
    assert one.counts() == {
        "students": 6,
        "handed in": 5,
        "late": 4,
        "graded": 4,
        "stale": 0,
        "set aside": 1,
        "to mark": 3,
        "returned": 0,
    }
    assert standing["ada"].sheet is not None and standing["ada"].sheet.penalty == pytest.approx(15 * 0.2)
    output = run("status", LESSON, "--course", graded.root)
    assert "written to mark" in output and "autograder mark" in output


def test_the_overview_and_the_page(graded: Room, tmp_path: Path) -> None:
    output = run("status", "--html", tmp_path / "status.html", "--course", graded.root)
    assert LESSON in output
    page = (tmp_path / "status.html").read_text()
    assert (
        "default-src 'none'" in html.unescape(page)
        and "Dana Müller-Lüdenscheid" in page
        and "dana" in page
        and "<script" not in page
    )


def grid(output: str) -> list[list[str]]:
    """The cells of the lines of a table, however it is drawn."""
    lines = [line for line in output.splitlines() if line[:1] in "│┃" and line.strip()]
    return [[part.strip() for part in re.split("[│┃]", line)[1:-1]] for line in lines]


def test_tables_of_students_have_names_and_two_of_one_name_stay_apart(graded: Room, tmp_path: Path) -> None:
    header = ["id", "first_name", "last_name", "section"]
    write_csv(tmp_path / "r.csv", header, [["ada", "Anna", "Müller", "A"], ["ben", "Anna", "Müller", "B"]])
    run("roster", tmp_path / "r.csv", "--partial", "--course", graded.root)
    for command in (["status"], ["grade", "--regrade", "--dry-run", "--student", "[ab]*"]):
        rows = grid(run(command[0], LESSON, *command[1:], "--course", graded.root))
        assert rows[0][:2] == ["student", "name"]
        assert ["ada", "Anna Müller"] in [row[:2] for row in rows] and ["ben", "Anna Müller"] in [
            row[:2] for row in rows
        ]
    (tmp_path / "none").mkdir()
    rows = grid(run("collect", LESSON, tmp_path / "none", "--course", graded.root))
    assert ["fay", "Fay Absent", "not handed in"] in [row[:3] for row in rows]
    for student in ("ada", "ben", "chen"):
        mark(graded, student, 1)
    run("feedback", LESSON, "--course", graded.root)
    pages = {s: (graded.root / "feedback" / s / LESSON / f"{LESSON}.html").read_text() for s in ("ada", "ben")}
    assert "Anna Müller (ada, A)" in pages["ada"] and "Anna Müller (ben, B)" in pages["ben"]


def test_who_has_left_the_class_is_marked(graded: Room, tmp_path: Path) -> None:
    write_csv(tmp_path / "r.csv", ["id"], [[student] for student in ("ada", "chen", "dana", "eli")])
    run("roster", tmp_path / "r.csv", "--course", graded.root)
    output = run("status", LESSON, "--course", graded.root)
    assert "Of these, no longer in the class: 1 (ben)" in output
    assert [row[0] for row in grid(output) if "no longer in the class" in row[-1]] == ["ben"]


def test_tables_cut_nothing_in_a_narrow_terminal(graded: Room, tmp_path: Path) -> None:
    long = "anna.mueller2@university.example"
    write_csv(tmp_path / "r.csv", ["id", "first_name", "last_name"], [[long, "Anna", "Müller"]])
    run("roster", tmp_path / "r.csv", "--partial", "--course", graded.root)
    (tmp_path / "in" / long).mkdir(parents=True)
    (tmp_path / "in" / long / f"{LESSON}.ipynb").write_bytes(b"<html>")
    at = ("--course", graded.root)
    shown = [run("collect", LESSON, tmp_path / "in", *at, status=1, width=80)]
    shown += [run(*command, *at, width=80) for command in (("status",), ("status", LESSON), ("statistics", LESSON))]
    assert not any("…" in output for output in shown)
    assert f"  {long}: 'lesson-03.ipynb' is a web page and no notebook" in shown[2].splitlines()  # below the table
    for output in (shown[0], shown[2]):
        assert long in [row[0] for row in grid(output)] or any(line.startswith(long) for line in output.splitlines())
    assert LESSON in shown[1] and "rnn_cell_forward" in shown[3] and "discrimination" in shown[3]


@pytest.mark.parametrize("width", range(20, 130, 7))
def test_a_table_of_any_width_has_every_sign_of_its_cells(width: int) -> None:
    rows = [
        ["anna.mueller@uni.example", "Anna Müller-Lüdenscheid", "0", "12.50 / 18", "", "a web page and no notebook"],
        ["ben", "Ben", "0", "", "", "x" * 50],
    ]
    text = io.StringIO()
    header = ["student", "name", "stale", "score", "returned", "notes"]
    tables.show(Console(file=text, width=width), header, rows, "A title")
    shown = text.getvalue()
    assert "…" not in shown
    for row in rows:
        for cell in row:
            assert not Counter(cell.replace(" ", "").replace("0", "")) - Counter(shown)
    table = shown.partition("  ben: ")[0].partition("  anna.mueller@uni.example: ")[0]
    assert all(cell_len(line) <= width for line in table.splitlines())


def test_when_all_is_returned_nothing_is_left_to_do(graded: Room) -> None:
    for student in ("ada", "ben", "chen"):
        mark(graded, student, 1)
    assert f"Next: autograder return {LESSON}" in run("status", "--course", graded.root)
    run("return", LESSON, "--course", graded.root)
    assert "Next:" not in run("status", "--course", graded.root)
    with graded.folder.gradebook() as book:
        book.find_assignment(LESSON).duedate = datetime.datetime(2999, 1, 1)
        book.db.commit()
    run("return", LESSON, "--course", graded.root)  # without the penalties
    assert "Next: autograder collect" in run("status", "--course", graded.root)


def test_a_new_hand_in_makes_the_grade_stale(graded: Room, tmp_path: Path) -> None:
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "x.ipynb").write_bytes(notebook(lambda nb: nb["cells"].pop()))
    run("collect", LESSON, tmp_path / "in", "--course", graded.root)
    assert state(graded)["ada"] == "stale"


def test_an_extension_takes_the_penalty_back_at_once(graded: Room) -> None:
    assert "penalty of ada: 3.00 -> 0.00" in run("extension", "ada", LESSON, "2026-03-04", "--course", graded.root)
    assert "penalty of ada: 0.00 -> 3.00" in run("extension", "ada", LESSON, "none", "--course", graded.root)


def test_who_has_an_extension_is_in_the_table_before_handing_in(graded: Room, tmp_path: Path) -> None:
    run("extension", "fay", LESSON, "2026-03-04", "--course", graded.root)
    for said in (
        run("status", LESSON, "--html", tmp_path / "s.html", "--course", graded.root),
        (tmp_path / "s.html").read_text(),
    ):
        assert said.count("extended to 2026-03-04") == 1
    assert "extended to 2026-03-04 23:59" in run("status", LESSON, "--course", graded.root)


def test_a_misspelt_id_gets_the_nearest(graded: Room) -> None:
    said = refused("extension", "Adda", LESSON, "2026-03-04", "--course", graded.root)
    assert said == "no student 'Adda' in the roster; did you mean ada?"
    assert refused("extension", "zzz", LESSON, "none", "--course", graded.root) == "no student 'zzz' in the roster"


def rows(path: Path) -> dict[str, list[str]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
        return {row[0]: row for row in csv.reader(file)}


def test_a_table_has_blanks_with_reasons(graded: Room, tmp_path: Path) -> None:
    mark(graded, "ada", 3)
    output = run("export", LESSON, "--out", tmp_path / "g.csv", "--course", graded.root)
    found = rows(tmp_path / "g.csv")
    assert found["ada"][4:8] == ["14.40", "18", "3.60", ""]
    assert found["eli"][4:6] == ["0.00", "18"]
    assert [found[s][4::3] for s in ("ben", "dana", "fay")] == [
        ["", "not marked"],
        ["", "set aside"],
        ["", "not handed in"],
    ]
    assert "blank, not handed in: 1 (fay)" in output


def test_tables_for_a_spreadsheet_say_that_they_are_in_utf_8(graded: Room, tmp_path: Path) -> None:
    run("export", LESSON, "--out", tmp_path / "g.csv", "--course", graded.root)
    run("statistics", LESSON, "--tables", tmp_path / "tables", "--course", graded.root)
    for path in (tmp_path / "g.csv", *sorted((tmp_path / "tables").iterdir())):
        assert path.read_bytes().startswith(codecs.BOM_UTF8), path
    assert rows(tmp_path / "g.csv")["dana"][2] == "Müller-Lüdenscheid"
    assert table.read(tmp_path / "g.csv").header[0] == "id"


def test_names_become_no_formulas(graded: Room, tmp_path: Path) -> None:
    write_csv(tmp_path / "r.csv", ["id", "first_name"], [["ada", '=HYPERLINK("http://x","y")']])
    run("roster", tmp_path / "r.csv", "--partial", "--course", graded.root)
    run("export", LESSON, "--out", tmp_path / "g.csv", "--course", graded.root)
    assert rows(tmp_path / "g.csv")["ada"][1].startswith("'=")


HEADER = [
    "Student",
    "ID",
    "SIS User ID",
    "SIS Login ID",
    "Section",
    "Lesson 3: the forward pass (4711)",
    "Essay (4712)",
    "Current Score",
    "Final Score",
]


def canvas(
    path: Path,
    points: str = "18,00",
    separator: str = ";",
    encoding: str = "utf-8-sig",
    extra: list[list[str]] | None = None,
) -> Path:
    return write_csv(
        path,
        HEADER,
        [
            ["", "", "", "", "", "Manual Posting", "", "", ""],
            ["    Points Possible", "", "", "", "", points, "10,00", "(read only)", "(read only)"],
            ["Lovelace, Ada", "101", "", "ada@uni", "A", "1,00", "9,50", "50,00", "50,00"],
            ["Bitdiddle, Ben", "102", "", "ben@uni", "A", "", "EX", "", ""],
            ["Absent, Fay", "106", "", "fay@uni", "B", "7,00", "", "", ""],
            *(extra or []),
            ["Student, Test", "900", "", "0123abc", "A", "", "", "", ""],
        ],
        delimiter=separator,
        encoding=encoding,
    )


def test_canvas_gets_its_own_file_back(graded: Room, tmp_path: Path) -> None:
    mark(graded, "ada", 2.5)
    template = canvas(tmp_path / "c.csv")
    output = run(
        "export", LESSON, "--to", "canvas", "--template", template, "--out", tmp_path / "o.csv", "--course", graded.root
    )
    before, after = table.read(template), table.read(tmp_path / "o.csv")
    differing = {
        (row.line, at)
        for row, old in zip(after.rows, before.rows, strict=True)
        for at in range(len(HEADER))
        if row[at] != old[at]
    }
    assert differing == {(4, 5)}
    assert after.rows[3][5] == "14" and after.rows[5][5] == "7,00"
    assert (tmp_path / "o.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert "no row in the file: chen" in output
    after.rows[3].raw[5] = "1,00"
    assert after.content() == template.read_bytes()


def filled(room: Room, tmp_path: Path, cells: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    """What becomes of values in the lesson's column of Canvas's file, and what `export` says about them."""
    for student in ("ada", "ben", "chen"):
        mark(room, student, 2)
    logins = {"ada": "101", "ben": "102", "chen": "103", "dana": "104", "eli": "105", "fay": "106"}
    people = [[student, logins[student], "", student, "A", value, *[""] * 3] for student, value in cells.items()]
    points = ["    Points Possible", "", "", "", "", "18.00", "10.00", "(read only)", "(read only)"]
    template = write_csv(tmp_path / "c.csv", HEADER, [points, *people])
    form = ("--to", "canvas", "--template", template, "--out", tmp_path / "o.csv", "--course", room.root)
    output = run("export", LESSON, *form)
    return {row[0]: row[5] for row in table.read(tmp_path / "o.csv").rows[2:]}, output.splitlines()


def test_a_grade_that_somebody_gave_in_canvas_stays_where_there_is_none_here(graded: Room, tmp_path: Path) -> None:
    """On Canvas's import a blank cell deletes the grade."""
    cells = {"dana": "12.00", "fay": "EX"}
    found, said = filled(graded, tmp_path, cells)
    assert found == cells
    assert "  stays as it is in the file: dana 12.00, set aside" in said
    assert "  stays as it is in the file: fay EX, not handed in" in said
    assert not any("blank" in line for line in said)


def test_who_is_excused_in_canvas_stays_excused_with_a_score_here(graded: Room, tmp_path: Path) -> None:
    found, said = filled(graded, tmp_path, {"ada": "ex", "chen": "N/A", "eli": "EX"})
    assert found == {"ada": "ex", "chen": "N/A", "eli": "EX"}
    assert {"  stays as it is in the file: ada ex, 13.6 here", "  stays as it is in the file: eli EX, 0 here"} <= set(
        said
    )
    assert any(line.endswith("o.csv: 0 scores") for line in said)


def test_every_value_that_a_score_replaces_is_told(graded: Room, tmp_path: Path) -> None:
    found, said = filled(graded, tmp_path, {"ada": "11.00", "chen": "", "eli": "0.00", "fay": "-"})
    assert found == {"ada": "13.6", "chen": "13.6", "eli": "0.00", "fay": "-"}
    assert [line for line in said if "replaced" in line] == ["  replaced in the file: ada 11.00 -> 13.6"]
    assert any(line.endswith("o.csv: 3 scores") for line in said) and "  blank, not handed in: 1 (fay)" in said


def test_a_return_tells_what_it_replaces_too(graded: Room, tmp_path: Path) -> None:
    filled(graded, tmp_path, {"ada": "11.00", "dana": "3.00"})
    with zipfile.ZipFile(tmp_path / "s.zip", "w") as archive:
        archive.writestr(f"lovelaceada_101_9_{LESSON}.ipynb", notebook())
    way = ("--to", "canvas", "--submissions", tmp_path / "s.zip", "--template", tmp_path / "c.csv")
    out = ("--out", tmp_path / "r.zip", "--course", graded.root)
    with contextlib.chdir(tmp_path):
        output = run("return", LESSON, *way, *out)
    assert "replaced in the file: ada 11.00 -> 13.6" in output and "stays as it is in the file: dana 3.00" in output


def test_a_grade_in_moodle_stays_where_there_is_none_here(graded: Room, tmp_path: Path) -> None:
    header = ["First name", "Last name", "Email address", "Assignment: Lesson 3 (Real)"]
    rows = [["Fay", "Absent", "fay@example.org", "7.00"], ["Dana", "M", "dana@example.org", "-"]]
    template = write_csv(tmp_path / "m.csv", header, rows)
    form = ("--to", "moodle", "--template", template, "--out", tmp_path / "o.csv", "--course", graded.root)
    assert "stays as it is in the file: fay 7.00, not handed in" in run("export", LESSON, *form)
    assert (tmp_path / "o.csv").read_bytes() == template.read_bytes()


def test_moodle_gets_its_own_file_back(graded: Room, tmp_path: Path) -> None:
    mark(graded, "ada", 3)
    header = [
        "Identifier",
        "Full name",
        "Email address",
        "Status",
        "Grade",
        "Maximum Grade",
        "Grade can be changed",
        "Last modified (submission)",
        "Online text",
        "Last modified (grade)",
        "Feedback comments",
    ]
    rest = ["Yes", "Monday, 2 March 2026, 11:58 PM", "", "-", ""]
    write_csv(
        tmp_path / "w.csv",
        header,
        [
            ["Participant 71", "Ada Lovelace", "ada@example.org", "Submitted", "", "18.00", *rest],
            ["Participant 76", "Fay Absent", "fay@example.org", "No submission", "", "18.00", *rest],
        ],
    )
    run(
        "export",
        LESSON,
        "--to",
        "moodle",
        "--template",
        tmp_path / "w.csv",
        "--out",
        tmp_path / "o.csv",
        "--course",
        graded.root,
    )
    assert (tmp_path / "o.csv").read_bytes() == (tmp_path / "w.csv").read_bytes().replace(
        b"Submitted,,", b"Submitted,14.4,"
    )
    gradebook = [
        "First name",
        "Last name",
        "ID number",
        "Email address",
        "Assignment: Lesson 3 (Real)",
        "Last downloaded from this course",
    ]
    write_csv(tmp_path / "m.csv", gradebook, [["Ada", "Lovelace", "", "ada@example.org", "-", "1770000000"]])
    run(
        "export",
        LESSON,
        "--to",
        "moodle",
        "--template",
        tmp_path / "m.csv",
        "--out",
        tmp_path / "p.csv",
        "--course",
        graded.root,
    )
    assert table.read(tmp_path / "p.csv").rows[1][4] == "14.4"


def test_files_that_do_not_fit_are_refused_with_the_row(graded: Room, tmp_path: Path) -> None:
    stranger = ["Nobody, N", "999", "", "n@uni", "A", "", "", "", ""]
    wrong = {
        "points": (
            canvas(tmp_path / "1.csv", points="20,00"),
            [],
            "line 3: 'Lesson 3: the forward pass (4711)' is worth 20,00 in Canvas, 18 here",
        ),
        "stranger": (canvas(tmp_path / "2.csv", extra=[stranger]), [], "line 7: 'Nobody, N' is nobody in the roster"),
        "twice": (
            canvas(tmp_path / "3.csv", extra=[["Lovelace, Ada", "101", "", "", "A", "", "", "", ""]]),
            [],
            "lines 4 and 7 are both ada",
        ),
        "column": (canvas(tmp_path / "4.csv"), ["--column", "Midterm"], "no column fits 'Midterm'"),
        "no assignment": (
            write_csv(tmp_path / "10.csv", HEADER[:5], [["Points Possible"]]),
            [],
            "--column finds none: no assignment is among 'Student', 'ID'",
        ),
        "read only": (canvas(tmp_path / "5.csv", points="(read only)"), [], "is read only"),
        "worthless": (canvas(tmp_path / "6.csv", points=""), [], "is worth nothing"),
        "plain": (write_csv(tmp_path / "7.csv", ["id", "score"], [["ada", "1"]]), [], "no gradebook of Canvas"),
        "no points": (
            write_csv(tmp_path / "8.csv", HEADER, [["Lovelace, Ada", "101", *[""] * 7]]),
            [],
            "no row 'Points Possible'",
        ),
        "two columns": (
            write_csv(tmp_path / "9.csv", [*HEADER[:5], "Lesson 3 (1)", "Lesson 03: again (2)"], [["Points Possible"]]),
            [],
            "several columns fit",
        ),
    }
    for name, (template, options, reason) in wrong.items():
        assert reason in refused(
            "export",
            LESSON,
            "--to",
            "canvas",
            "--template",
            template,
            *options,
            "--out",
            tmp_path / "o.csv",
            "--course",
            graded.root,
        ), name
    for content, reason in ((b"<html>", "web page"), (b"", "empty"), (b"PK\x03\x04zip", "spreadsheet")):
        (tmp_path / "x.csv").write_bytes(content)
        assert reason in refused(
            "export",
            LESSON,
            "--to",
            "canvas",
            "--template",
            tmp_path / "x.csv",
            "--out",
            tmp_path / "o.csv",
            "--course",
            graded.root,
        )
    assert not (tmp_path / "o.csv").exists()
    assert "neither" in refused(
        "export", LESSON, "--to", "moodle", "--template", canvas(tmp_path / "m.csv"), "--course", graded.root
    )
    assert export.TARGETS == ("csv", "canvas", "moodle")
    assert "--template" in refused("export", LESSON, "--to", "canvas", "--course", graded.root)
    assert "one of" in refused("export", LESSON, "--to", "ilias", "--course", graded.root)


def last(output: str) -> str:
    """What is named as the next command; nothing where there is none."""
    line = output.splitlines()[-1]
    return line.removeprefix("Next: autograder ") if line.startswith("Next: ") else ""


def test_the_next_command_is_what_the_class_waits_for(graded: Room, tmp_path: Path) -> None:
    at = ("--course", graded.root)
    (tmp_path / "none").mkdir()
    assert last(run("collect", LESSON, tmp_path / "none", *at)) == f"mark {LESSON}"
    assert last(run("export", LESSON, "--out", tmp_path / "g.csv", *at)) == f"mark {LESSON}"
    for student in ("ada", "ben", "chen"):
        mark(graded, student, 1)
    assert last(run("export", LESSON, "--out", tmp_path / "g.csv", *at)) == f"return {LESSON} --to folder"
    assert last(run("return", LESSON, *at)) == f"export {LESSON}"
    assert last(run("export", LESSON, "--out", tmp_path / "g.csv", *at)) == ""
    people = write_csv(tmp_path / "r.csv", ["id"], [["ada"], ["gus"]])
    assert "Nothing was written" in run("roster", people, "--partial", "--dry-run", *at)
    assert last(run("roster", people, "--partial", *at)) == ""
    (tmp_path / "in" / "ada").mkdir(parents=True)
    (tmp_path / "in" / "ada" / "x.ipynb").write_bytes(notebook(lambda nb: nb["cells"].pop()))
    assert last(run("collect", LESSON, tmp_path / "in", *at)) == last(run("status", *at)) == f"grade {LESSON}"


def test_counts_of_one_and_ids_that_begin_with_a_capital(graded: Room, tmp_path: Path) -> None:
    at = ("--course", graded.root)
    people = write_csv(tmp_path / "r.csv", ["id"], [["Zoe"], ["zoe2"], ["Bea"]])
    run("roster", people, "--partial", *at)
    ids = [row[0] for row in grid(run("status", LESSON, *at))[1:]]
    assert ids == sorted(ids, key=str.casefold) and ids.index("Bea") == 1
    run("export", LESSON, "--out", tmp_path / "g.csv", *at)
    assert [name for name in rows(tmp_path / "g.csv") if name in ids] == ids
    assert "; 1 student in the class" in run("roster", write_csv(tmp_path / "one.csv", ["id"], [["ada"]]), *at)
    mark(graded, "ada", 1)
    for student in ("ben", "chen", "eli"):
        shutil.rmtree(graded.root / "submitted" / student)
    assert ": 1 score\n" in run("export", LESSON, "--out", tmp_path / "g.csv", *at)


def test_help_speaks_to_instructors() -> None:
    assert "Run a class" in run("--help") and "module" not in run("--help")


def by_hand(room: Room, place: int, **ids: str) -> None:
    """Run one of the guide's blocks about a student, with another id."""
    page = (ROOT / "book" / "instructors.md").read_text(encoding="utf-8").partition("(instructors-students)=")[2]
    script = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)[place]
    for old, new in ids.items():
        script = re.sub(rf"\b{old}\b", new, script)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = ["bash", "-euc", script]
    done = subprocess.run(command, cwd=room.root, env={**os.environ, "PATH": path}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_students_data_can_be_removed_as_the_guide_says(graded: Room) -> None:
    run("extension", "ben", LESSON, "2026-03-09", "--course", graded.root)
    by_hand(graded, 0, ada="ben")
    shutil.rmtree(graded.root / "backups")
    left = [path for path in graded.root.rglob("*") if "ben" in path.name]
    left += [path for path in graded.root.rglob("*") if path.is_file() and b"Bitdiddle" in path.read_bytes()]
    assert not left
    room = enter(graded.root)
    assert "ben" not in {standing.student for standing in status.read(room, LESSON).standings}
    assert {s.student for s in status.read(room, LESSON).standings if s.graded} == {"ada", "chen", "eli"}


def test_a_student_gets_another_id_as_the_guide_says(graded: Room) -> None:
    mark(graded, "ben", 2, "Well said.")
    run("return", LESSON, "--unmarked", "--course", graded.root)
    before = {standing.student: standing for standing in status.read(graded, LESSON).standings}
    by_hand(graded, 1, ada="ben", ada2="bob")
    after = {standing.student: standing for standing in status.read(enter(graded.root), LESSON).standings}
    assert before.keys() - after.keys() == {"ben"} and after.keys() - before.keys() == {"bob"}
    old, new = before["ben"], after["bob"]
    assert old.sheet is not None and new.sheet is not None and old.sheet.marks == new.sheet.marks
    assert dataclasses.replace(new, student="ben", sheet=old.sheet) == old
    assert f"{LESSON}: 0 graded" in run("grade", LESSON, "--student", "bob", "--course", graded.root)
