"""What goes back to students: complete, without anything that runs, and never unmarked by accident."""

from __future__ import annotations

import contextlib
import html
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from nbgrader.utils import notebook_hash

from autograder.classroom import rendering, status
from autograder.classroom.room import Room

from .conftest import HOSTILE, LESSON, mark, needs_a_name, refused, run, untouched, write_csv


def page(room: Room, student: str) -> str:
    return (room.root / "feedback" / student / LESSON / f"{LESSON}.html").read_text()


def test_a_page_tells_what_failed_and_what_a_person_wrote(graded: Room) -> None:
    mark(graded, "ben", 1, "One of <two> reasons.")
    output = run("feedback", LESSON, "--distribution", "--course", graded.root)
    assert "4 pages" in output and "not marked yet: 2" in output
    found = page(graded, "ben")
    assert "One of &lt;two&gt; reasons." in found and "def stack_weights" not in found and "stack_weights" in found
    assert "&lt;script&gt;window.canary" in found and "&lt; script" not in found  # an answer as it was written
    assert 'id="rnn_cell_forward"' in found and "partly passed" in found and "were taken off" in found
    assert "<svg" in found and "triangle" in found
    assert "is not marked yet" in page(graded, "ada")
    assert (graded.root / "feedback" / "ben" / LESSON / "timestamp.txt").is_file()


def test_grades_that_are_not_todays_are_named_with_their_command(graded: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook = graded.root / "submitted" / "ben" / LESSON / f"{LESSON}.ipynb"
    notebook.write_bytes(notebook.read_bytes() + b"\n")
    output = run("feedback", LESSON, "--course", graded.root)
    assert f"autograder grade {LESSON}: 1 (ben)" in output and "--regrade" not in output
    monkeypatch.setattr("autograder.engine.why.engine_version", lambda: "another")
    output = run("feedback", LESSON, "--course", graded.root)
    assert (
        f"autograder grade {LESSON}: 1 (ben)" in output
        and f"autograder grade {LESSON} --regrade: 3 (ada, chen, eli)" in output
    )


def test_nbgrader_writes_the_same_pages(graded: Room) -> None:
    mark(graded, "ben", 2, "One of two reasons.")
    run("feedback", LESSON, "--distribution", "--course", graded.root)
    ours = {student: page(graded, student) for student in ("ada", "ben")}
    shutil.rmtree(graded.root / "feedback")
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "generate_feedback", LESSON],
        cwd=graded.root,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert {student: page(graded, student) for student in ours} == ours
    contents = ours["ben"].partition("<ol>")[2].partition("</ol>")[0]
    assert re.findall(r"#(\w+)", contents)[:2] == ["count_parameters", "stack_weights"]
    assert "Test cell" not in ours["ben"] and "is not marked yet" in ours["ada"] and "<math" in ours["ben"]
    assert not re.search(r"(?m)^\s*1\.0\s*$", ours["ben"]) and "//" not in re.sub(
        r"http://www.w3.org\S+", "", ours["ben"]
    )


def test_pages_follow_marks_and_are_else_left_alone(graded: Room) -> None:
    assert "4 of them new" in run("feedback", LESSON, "--course", graded.root)
    assert ", 0 of them new" in run("feedback", LESSON, "--course", graded.root)
    mark(graded, "ada", 3)
    assert ", 1 of them new" in run("feedback", LESSON, "--course", graded.root)
    assert "not marked yet" not in page(graded, "ada")


def test_nothing_of_a_students_runs_or_loads(graded: Room) -> None:
    run("feedback", LESSON, "--course", graded.root)
    found = page(graded, "ben")
    assert "default-src 'none'" in html.unescape(found)
    for pattern in (r"<script", r"<img", r"<svg on", r"<[^>]*\son\w+=", r"href=\"(?!#)", "\u202e"):
        assert not re.search(pattern, found), pattern


def test_unmarked_answers_do_not_go_back_unless_asked(graded: Room) -> None:
    assert "3 students have answers that nobody has marked" in refused("return", LESSON, "--course", graded.root)
    assert not (graded.root / "returned").exists() and not list((graded.root / "feedback").iterdir())
    output = run("return", LESSON, "--unmarked", "--course", graded.root)
    assert "the pages of 4 students" in output and "none, set aside: 1 (dana)" in output
    assert {path.name for path in (graded.root / "returned" / LESSON).iterdir()} == {"ada", "ben", "chen", "eli"}
    assert "</a>: not marked (3 points)</li>" in page(graded, "ada") and "0 of 3</li>" not in page(graded, "ada")
    mark(graded, "ada", 2)
    standing = {s.student: s.returned for s in status.read(graded, LESSON).standings}
    assert standing == {"ada": "changed since", "ben": "yes", "chen": "yes", "eli": "yes", "dana": "", "fay": ""}


def test_what_goes_back_is_as_the_class_is_today(graded: Room) -> None:
    run("feedback", LESSON, "--distribution", "--course", graded.root)
    assert "triangle" in page(graded, "ada")
    mark(graded, "ada", 2.25)
    assert "the pages of 4 students" in run("return", LESSON, "--unmarked", "--course", graded.root)
    found = (graded.root / "returned" / LESSON / "ada" / f"{LESSON}.html").read_text()
    assert "2.25" in found and "triangle" in found  # pages keep the distribution that was asked for
    run("return", LESSON, "--unmarked", "--no-distribution", "--course", graded.root)
    assert "triangle" not in page(graded, "ada") and ", 0 of them" in run("feedback", LESSON, "--course", graded.root)


def test_a_returned_page_is_older_when_points_or_the_page_change(graded: Room) -> None:
    def returned(student: str) -> str:
        return next(s.returned for s in status.read(graded, LESSON).standings if s.student == student)

    for student in ("ada", "ben", "chen"):
        mark(graded, student, 3)
    assert ", 0 of them new" not in run("feedback", LESSON, "--course", graded.root)
    assert "4 of them new" in run("return", LESSON, "--course", graded.root)  # nothing has gone back before
    assert "0 of them new" in run("return", LESSON, "--distribution", "--course", graded.root)
    assert returned("eli") == "yes"
    run("points", LESSON, "rnn_forward-hidden=6", "--yes", "--course", graded.root)  # eli's score stays 0
    assert returned("eli") == "changed since"
    run("return", LESSON, "--course", graded.root)
    assert returned("eli") == "yes"
    void(graded, "rnn_forward-visible")
    run("feedback", LESSON, "--course", graded.root)
    assert returned("ada") == "changed since"  # the same score, and a page that says why everybody has it


def void(room: Room, check: str) -> None:
    reason = ("--full-credit", "--reason", "unclear <b>", "--yes")
    run("void", LESSON, check, *reason, "--course", room.root)


def test_a_voided_check_is_called_so_with_its_reason(graded: Room) -> None:
    void(graded, "rnn_forward-hidden")
    run("feedback", LESSON, "--course", graded.root)
    for student in ("ada", "eli"):
        assert page(graded, student).count(">voided</b>, hidden check") == 1
        assert "it counts in full for everybody. Reason: unclear &lt;b&gt;" in page(graded, student)
    assert page(graded, "eli").count("rnn_forward is not written yet.") == 2  # and what the check said stays


def test_return_and_export_say_which_scores_are_old(graded: Room, tmp_path: Path) -> None:
    for student in ("ada", "ben", "chen"):
        mark(graded, student, 3)
    notebook = graded.root / "submitted" / "ben" / LESSON / f"{LESSON}.ipynb"
    notebook.write_bytes(notebook.read_bytes() + b"\n")
    assert f"handed in again, so first autograder grade {LESSON}: 1 (ben)" in run(
        "return", LESSON, "--course", graded.root
    )
    out = run("export", LESSON, "--out", tmp_path / "g.csv", "--course", graded.root)
    assert f"old score of {LESSON}, handed in again: 1 (ben)" in out
    assert run("status", "--course", graded.root).rstrip().endswith(f"Next: autograder grade {LESSON}")


def test_return_fills_in_the_grades_or_writes_nothing(graded: Room, tmp_path: Path) -> None:
    for student in ("ada", "ben", "chen"):
        mark(graded, student, 3)
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("lovelaceada_101_9001_lesson-03.ipynb", "x")
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lesson 3 (4711)"]
    for name, points in (("wrong", "20"), ("right", "18")):
        rows = [["Points Possible", "", "", "", "", points], ["Lovelace, Ada", "101", "", "ada", "A", ""]]
        write_csv(tmp_path / f"{name}.csv", header, rows)
    way = ["return", LESSON, "--to", "canvas", "--submissions", tmp_path / "c.zip", "--course", graded.root]
    assert "is worth 20 in Canvas" in refused(*way, "--template", tmp_path / "wrong.csv")
    assert "--template" in refused("return", LESSON, "--template", tmp_path / "right.csv", "--course", graded.root)
    assert not (graded.root / "returned").exists() and not list((graded.root / "feedback").iterdir())
    with contextlib.chdir(tmp_path):
        assert "grades-lesson-03-canvas.csv: 1 score" in run(*way, "--template", tmp_path / "right.csv")
    assert (tmp_path / "grades-lesson-03-canvas.csv").read_text().splitlines()[2].endswith(",14.4")


def test_an_account_without_a_name_is_told_that_the_exchange_needs_one(
    enrolled: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nobody(uid: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr("pwd.getpwuid", nobody)
    assert "has no name on this machine" in refused("release", LESSON, "--to", "exchange", "--course", enrolled.root)


@needs_a_name
def test_through_the_exchange_each_fetches_the_page_of_what_was_graded(enrolled: Room, tmp_path: Path) -> None:
    inbound = enrolled.root / "exchange" / "sequence-models" / "inbound"
    first, secret = f"ada+{LESSON}+2026-03-01 10:00:00.000000 UTC+x", notebook_hash(secret="first", notebook_id=LESSON)
    for place, content in (
        (inbound / first, {"submission_secret.txt": b"first", "timestamp.txt": b"2026-03-01 10:00:00.000000 UTC"}),
        (tmp_path / "in" / "ben", {}),
    ):
        place.mkdir(parents=True)
        for name, data in {f"{LESSON}.ipynb": untouched(), **content}.items():
            (place / name).write_bytes(data)
    run("collect", LESSON, tmp_path / "in", "--course", enrolled.root)
    assert "graded" in run("collect", LESSON, "exchange", "--grade", "--course", enrolled.root)
    # Who hands in again after grading gets the page of what was graded, under that hand-in's secret.
    shutil.copytree(inbound / first, again := inbound / first.replace("-01 10", "-02 10"))
    (again / "submission_secret.txt").write_bytes(b"second")
    run("collect", LESSON, "exchange", "--course", enrolled.root)
    output = run("return", LESSON, "--to", "exchange", "--course", enrolled.root)
    assert "the pages of 1 student," in output and "did not hand in through the exchange" in output and "ben" in output
    released = list((enrolled.root / "exchange" / "sequence-models" / "feedback").iterdir())
    assert [path.name for path in released] == [f"{secret}.html"]
    assert released[0].read_text() == page(enrolled, "ada")
    assert "0 of them new" in run("return", LESSON, "--to", "exchange", "--course", enrolled.root)
    standing = {s.student: s.returned for s in status.read(enrolled, LESSON).standings}
    assert standing["ada"] == "yes" and standing["ben"] == ""


def test_an_upload_has_the_names_of_the_download(graded: Room, tmp_path: Path) -> None:
    run("feedback", LESSON, "--course", graded.root)
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("lovelaceada_LATE_101_9001_lesson-03-1.ipynb", "x")
        archive.writestr("bitdiddleben_102_9002_a.ipynb", "x")
    output = run(
        "return", LESSON, "--to", "canvas", "--submissions", tmp_path / "c.zip", "--unmarked", "--course", graded.root
    )
    with zipfile.ZipFile(graded.root / "returned" / f"{LESSON}-canvas.zip") as archive:
        assert archive.namelist() == [
            f"bitdiddleben_102_9002_{LESSON}.html",
            f"lovelaceada_LATE_101_9001_{LESSON}.html",
        ]
    assert "not in the LMS's archive: 2 (chen, eli)" in output
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr("Ada Lovelace_71_assignsubmission_file_/a.ipynb", "x")
    run("return", LESSON, "--to", "moodle", "--submissions", tmp_path / "m.zip", "--unmarked", "--course", graded.root)
    with zipfile.ZipFile(graded.root / "returned" / f"{LESSON}-moodle.zip") as archive:
        assert archive.namelist() == [f"Ada Lovelace_71_assignfeedback_file/{LESSON}.html"]


def test_wrong_ways_back_are_refused(graded: Room, tmp_path: Path) -> None:
    run("feedback", LESSON, "--course", graded.root)
    assert "one of" in refused("return", LESSON, "--to", "pigeon", "--course", graded.root)
    assert "--submissions" in refused("return", LESSON, "--to", "canvas", "--unmarked", "--course", graded.root)
    with zipfile.ZipFile(tmp_path / "e.zip", "w") as archive:
        archive.writestr("else.txt", "x")
    assert "holds no hand-in" in refused(
        "return", LESSON, "--to", "canvas", "--submissions", tmp_path / "e.zip", "--unmarked", "--course", graded.root
    )


def test_formulas_are_shown_without_another_host() -> None:
    shown = rendering.text("so $W_{aa} a^{<t-1>}$ and $$\\frac{1}{2}$$ cost $5 or `$x$`")
    assert shown.count("<math") == 2 and "<mfrac>" in shown and "<code>$x$</code>" in shown and "$5" in shown


TRICKS = [
    HOSTILE,
    "![x](https://example.org/p.png) [y](data:text/html,x) <a href='https://example.org'>z</a>",
    "$\\unicode{60}script\\unicode{62}$ $\\href{javascript:x}{y}$ $\\class{a}{b}$ $\\style{color:red}{x}$",
    '$\\text{<script>x</script>}$ $$\\text{"><img src=x onerror=y>}$$',
    "```<script>\nx\n```\n<!-- --><math><mi//xlink:href='data:x,<script>'>",
    "&lt;script&gt; &#60;script&#62; \\<script>",
    "<style>*{}</style><iframe srcdoc='x'></iframe><form action=x><input></form><details open ontoggle=x>",
    "formula000000000000000000000000end",
]


@pytest.mark.parametrize("text", TRICKS)
def test_texts_become_nothing_but_text(text: str) -> None:
    shown = str(rendering.text(text))
    assert not re.search(r"<(script|img|a|style|iframe|form|input|svg|details|mtext(?! ?/?>))", shown, re.IGNORECASE)
    assert not re.search(r"<[^>]*\s(on\w+|href|src|style|xlink)", shown, re.IGNORECASE)
