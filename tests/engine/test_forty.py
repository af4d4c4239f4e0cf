"""A class of forty with ten kinds of trouble: what each step says of whom. No traceback, no false zero."""

import pytest

from tests.engine import forty
from tests.engine.conftest import LESSON, ROOT

RECORD = ROOT / "tests" / "trials" / "class-of-40.md"
# checks and note of `grade`, score and note of `export`, and what the page says; None: there is no page
EXPECTED = {
    "right": ("15 / 15", "", "17.00", "", "17 of 18 points"),
    "renamed": ("15 / 15", 'graded was "lesson-03 (1).ipynb"', "17.00", "", "17 of 18 points"),
    "pdf": ("set aside", 'found "lesson-03.pdf"', "", "set aside", None),
    "broken": ("set aside", "is broken: line 3, column 4", "", "set aside", None),
    "stripped": ("15 / 15", "have a look", "", "not marked", "15 of 18 points so far"),
    "own-cell-words": ("15 / 15", "have a look", "", "not marked", "1 written answer is not marked yet"),
    "endless": ("10 / 15", "(an endless loop?)", "12.00", "", "was not called again"),
    "module": ("10 / 15", "cannot be imported while a notebook is graded", "12.00", "", "12 of 18 points"),
    "late": ("15 / 15", "", "10.20", "", "late: 6.8 points were taken off"),
    "absent": ("", "", "", "not handed in", None),
    "untouched": ("0 / 15", "", "0.00", "", "0 of 18 points"),
}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", forty.WIDTH)
        return forty.term(tmp_path_factory.mktemp("forty") / "class")


def test_there_are_forty_and_ten_kinds_of_trouble():
    assert len(forty.students()) == 40 and len(forty.TROUBLE) == 10
    assert set(EXPECTED) == {"right", *forty.TROUBLE}


def test_no_step_ends_with_a_traceback(said):
    assert not any("Traceback" in text for _, text in said.commands.values())
    assert {step: status for step, (status, _) in said.commands.items()} == {
        "grade": 1,  # some have no grade
        "status": 0,
        "feedback": 0,
        "export": 0,
    }
    assert "31 graded, 6 set aside ungraded" in said.commands["grade"][1]
    assert "Nothing to grade: 3 (absent-1, absent-2, absent-3)" in said.commands["grade"][1]


@pytest.mark.parametrize("kind", EXPECTED)
def test_each_step_says_what_is_true_of_it(said, kind):
    checks, note, score, blank, page = EXPECTED[kind]
    for student in (name for name in forty.students() if name.rpartition("-")[0] == kind):
        told = said.summary.get(student, ("", "", ""))
        assert told[0] == checks
        assert note in told[2] if note else told[2] == ""
        row = said.rows[student]
        assert (row[LESSON], row[f"{LESSON} note"]) == (score, blank)
        assert (student in said.pages) == (page is not None)
        if page is not None:
            assert page in said.pages[student]


def test_a_zero_is_one_that_was_earned(said):
    zeros = {student for student, row in said.rows.items() if row[LESSON] and float(row[LESSON]) == 0}
    zeros |= {student for student, (checks, whole, _) in said.summary.items() if "0 /" in (checks[:3], whole[:3])}
    zeros |= {student for student, text in said.pages.items() if " 0 of 18 points" in text}
    assert zeros == {f"untouched-{i}" for i in (1, 2, 3)}


def test_the_record_is_what_the_steps_say_today(said):
    assert forty.table(said) in RECORD.read_text(), "python -m tests.engine.forty DIR prints the table"
