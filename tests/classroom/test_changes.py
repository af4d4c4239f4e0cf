"""Decisions after release: listed before they are made, written down, and kept for whoever is graded later."""

from __future__ import annotations

import json

import pytest

from autograder.classroom import changes, grades, journal, status
from autograder.classroom.room import Room, enter

from .conftest import LESSON, cell, mark, refused, run


def totals(room: Room) -> dict[str, float]:
    with enter(room.root).folder.gradebook() as book:
        return {student: sheet.total for student, sheet in grades.read(book, LESSON).sheets.items()}


def test_a_voided_check_is_full_credit_after_it_was_shown(graded: Room) -> None:
    before = totals(graded)
    shown = run("void", LESSON, "rnn_cell_forward", "--full-credit", "--course", graded.root)
    assert "2 totals would change" in shown and "--yes" in shown and totals(graded) == before
    run(
        "void",
        LESSON,
        "rnn_cell_forward",
        "--full-credit",
        "--reason",
        "unclear text",
        "--yes",
        "--course",
        graded.root,
    )
    after = totals(graded)
    assert {s for s in after if after[s] != before[s]} == {"ben", "eli"}
    assert after["eli"] == pytest.approx(5 * 0.8) and after["ben"] == pytest.approx(15 * 0.8)
    (line,) = journal.lines(graded, "void", LESSON)
    assert line["reason"] == "unclear text" and line["students"] == ["ben", "eli"]
    again = run("void", LESSON, "rnn_cell_forward", "--full-credit", "--yes", "--course", graded.root)
    assert "0 totals changed" in again and len(journal.lines(graded, "void", LESSON)) == 1


def test_a_decision_holds_after_grading_again_and_marks_stay(graded: Room) -> None:
    mark(graded, "ben", 2, "kept")
    run("void", LESSON, "rnn_cell_forward-hidden", "--full-credit", "--yes", "--course", graded.root)
    before = totals(graded)
    said = run("grade", LESSON, "--student", "[be]*", "--regrade", "--workers", 2, "--course", graded.root)
    assert totals(graded) == pytest.approx(before)
    assert "Voided: rnn_cell_forward-hidden." in said and "Written answers to mark: of 2 students." in said
    dry = run("grade", LESSON, "--student", "eli", "--regrade", "--dry-run", "--course", graded.root)
    assert "Nothing was written" in dry
    with graded.folder.gradebook() as book:
        sheet = grades.read(book, LESSON).sheets["ben"]
    assert sheet.marks["written"].manual == 2 and sheet.marks["written"].comment == "kept"
    assert changes.apply(graded, LESSON) == []


def test_other_points_keep_each_share_and_grading_agrees(graded: Room) -> None:
    before = totals(graded)
    shown = run("points", LESSON, "rnn_cell_forward-hidden=6", "--course", graded.root)
    assert "would change" in shown and totals(graded) == before
    run("points", LESSON, "rnn_cell_forward-hidden=6", "--reason", "harder", "--yes", "--course", graded.root)
    after = totals(graded)
    assert after["ada"] == pytest.approx(18 * 0.8) and after["ben"] == pytest.approx(before["ben"] + 2 * 0.8, abs=1e-4)
    for kind in ("source", "release"):
        content = json.loads((graded.root / kind / LESSON / f"{LESSON}.ipynb").read_bytes())
        assert cell(content, "rnn_cell_forward-hidden")["metadata"]["nbgrader"]["points"] == 6
    run("grade", LESSON, "--student", "[abe]*", "--regrade", "--workers", 2, "--course", graded.root)
    assert totals(graded) == pytest.approx(after, abs=1e-4)
    assert status.read(enter(graded.root), LESSON).lesson.points == 21
    run("release", LESSON, "--course", graded.root)


def test_wrong_decisions_are_refused(graded: Room) -> None:
    root = graded.root
    assert "no check" in refused("void", LESSON, "nothing", "--full-credit", "--course", root)
    assert "--full-credit" in refused("void", LESSON, "rnn_forward", "--course", root)
    assert "a written answer and no check" in refused("points", LESSON, "written=5", "--course", root)
    assert "a written answer and no check" in refused("void", LESSON, "written", "--full-credit", "--course", root)
    assert "two checks" in refused("points", LESSON, "rnn_forward=5", "--course", root)
    for text in ("rnn_forward-hidden", "rnn_forward-hidden=x", "rnn_forward-hidden=0", "rnn_forward-hidden=nan"):
        refused("points", LESSON, text, "--yes", "--course", root)
    assert not journal.lines(graded)
