"""What goes back to students: complete, without anything that runs, and never unmarked by accident."""

from __future__ import annotations

import html
import re
import zipfile
from pathlib import Path

import pytest

from autograder.classroom import rendering, status
from autograder.classroom.room import Room

from .conftest import HOSTILE, LESSON, mark, refused, run


def page(room: Room, student: str) -> str:
    return (room.root / "feedback" / student / LESSON / f"{LESSON}.html").read_text()


def test_a_page_tells_what_failed_and_what_a_person_wrote(graded: Room) -> None:
    mark(graded, "ben", 1, "One of <two> reasons.")
    output = run("feedback", LESSON, "--distribution", "--course", graded.root)
    assert "4 pages" in output and "not marked yet: 2" in output
    found = page(graded, "ben")
    assert "One of &lt;two&gt; reasons." in found and "def stack_weights" not in found and "stack_weights" in found
    assert 'id="rnn_cell_forward"' in found and "partly passed" in found and "were taken off" in found
    assert "<svg" in found and "triangle" in found
    assert "is not marked yet" in page(graded, "ada")
    assert (graded.root / "feedback" / "ben" / LESSON / "timestamp.txt").is_file()


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
    assert "no feedback yet" in refused("return", LESSON, "--unmarked", "--course", graded.root)
    run("feedback", LESSON, "--course", graded.root)
    assert "3 students have answers that nobody has marked" in refused("return", LESSON, "--course", graded.root)
    assert not (graded.root / "returned").exists()
    output = run("return", LESSON, "--unmarked", "--course", graded.root)
    assert "the pages of 4 students" in output and "none, set aside: 1 (dana)" in output
    assert {path.name for path in (graded.root / "returned" / LESSON).iterdir()} == {"ada", "ben", "chen", "eli"}
    mark(graded, "ada", 2)
    standing = {s.student: s.returned for s in status.read(graded, LESSON).standings}
    assert standing == {"ada": "changed since", "ben": "yes", "chen": "yes", "eli": "yes", "dana": "", "fay": ""}


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
