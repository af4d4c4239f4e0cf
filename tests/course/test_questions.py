"""The questions of lesson 16: the chapter, the notebook and the bank agree, a letter is worth nothing, and the key stays on the hidden side."""

from __future__ import annotations

import json
import re
import statistics
from pathlib import Path

import nbformat
import numpy as np
import pytest

from autograder import home, lessons
from autograder.lessons import find, find_check
from autograder.lessons.lesson_16.bank import IDEAS
from autograder.release import ROOT
from autograder.sandbox import tree
from seqlib.exercises.calls import LocalRunner
from seqlib.exercises.cases import FOLDER
from seqlib.exercises.verdict import judge

QUESTIONS = [question for idea in IDEAS.values() for question in (idea.chapter, idea.exam)]
EXAM = [idea.exam for idea in IDEAS.values()]
NAME = "right_answers"


def released() -> str:
    notebook = nbformat.read(ROOT / "exercises" / "lesson-16" / "lesson-16.ipynb", as_version=4)
    return "\n".join(cell.source for cell in notebook.cells)


def points(answer, seed: int, hidden: bool) -> float:
    return judge(*find_check(NAME, hidden, seed), LocalRunner({NAME: answer})).points


def test_there_are_four_different_answers_to_every_question():
    assert len(IDEAS) == lessons.items_of("lesson-16") == 12
    texts = [text for question in QUESTIONS for text in question.answers]
    assert len(set(texts)) == len(texts) == 24 * 4
    for idea in IDEAS.values():
        assert idea.chapter.wrong.keys() == idea.exam.wrong.keys() == idea.explained.keys()


def test_the_right_answer_is_not_known_by_its_length():
    longest = sum(len(q.right) > max(map(len, q.wrong.values())) for q in QUESTIONS)
    assert longest <= len(QUESTIONS) / 2
    assert statistics.mean(sorted(q.answers, key=len).index(q.right) for q in EXAM) == pytest.approx(1.5, abs=0.75)


def test_the_chapters_quiz_asks_the_same_and_explains_every_answer():
    quiz = json.loads((ROOT / "book" / "quizzes" / "16-review.json").read_text("utf-8"))
    for idea, asked in zip(IDEAS.values(), quiz, strict=False):
        assert asked["question"] == idea.chapter.text
        assert sorted(one["answer"] for one in asked["answers"]) == idea.chapter.answers
        assert [one["answer"] for one in asked["answers"] if one["correct"]] == [idea.chapter.right]
        for name, wrong in idea.chapter.wrong.items():
            said = next(one["feedback"] for one in asked["answers"] if one["answer"] == wrong)
            assert said.lower() == idea.explained[name].lower()


def test_every_other_chapter_asks_at_least_three_questions_of_its_own():
    for path in sorted((ROOT / "book" / "quizzes").glob("[01]*.json")):
        assert len(json.loads(path.read_text("utf-8"))) >= (3 if not path.stem.startswith("16") else 15), path.name


def test_the_notebook_prints_every_question_in_an_order_that_says_nothing():
    text = released()
    for number, idea in IDEAS.items():
        for question in (idea.chapter, idea.exam):
            assert f"**{number}.** {question.text}\n\n" + "\n".join(f"- {a}" for a in question.answers) in text


@pytest.mark.parametrize("hidden", [False, True])
@pytest.mark.parametrize("letter", range(4))
def test_a_letter_earns_nothing(hidden, letter):
    for seed in range(1, 6):
        assert points(lambda sheet: {number: [letter] * 3 for number in sheet}, seed, hidden) == 0


@pytest.mark.parametrize("hidden", [False, True])
def test_the_places_of_another_draw_earn_next_to_nothing(hidden):
    """What a friend's sheet said, place by place."""
    theirs = find_check(NAME, hidden, 1)[1][0].expected
    for seed in range(2, 12):
        assert points(lambda sheet: theirs, seed, hidden) <= 3 / 12 * find(NAME).points(hidden)


@pytest.mark.parametrize("hidden", [False, True])
def test_each_question_earns_its_own_points(hidden):
    most = find(NAME).points(hidden)

    def only(some):
        def answer(sheet):
            right = find(NAME).right(sheet)
            return {number: right[number] if number in some else [0, 0, 0] for number in sheet}

        return answer

    for count in (0, 1, 7, 12):
        assert points(only(list(IDEAS)[:count]), 3, hidden) == pytest.approx(most * count / 12)


def test_who_knows_the_first_questions_alone_passes_at_home_and_earns_nothing_after():
    key = {idea.chapter.right for idea in IDEAS.values()}

    def answer(sheet):
        return {
            number: [next((i for i, text in enumerate(order) if text in key), 0) for order in orders]
            for number, orders in sheet.items()
        }

    assert points(answer, 4, False) == find(NAME).points(False) and points(answer, 4, True) == 0


@pytest.mark.parametrize("hidden", [False, True])
def test_who_takes_two_answers_for_right_gets_through_with_neither_place(hidden):
    for seed in range(1, 21):
        _, cases = find_check(NAME, hidden, seed)
        for orders in (orders for case in cases for orders in case.args[0].values()):
            first = [{(a, b) for i, a in enumerate(order) for b in order[i + 1 :]} for order in orders]
            assert len(set.union(*first)) == 4 * 3  # either of two stands first somewhere
            assert all(len(set(places)) == 3 for places in zip(*map(np.argsort, orders), strict=True))


def test_one_wrong_answer_beside_another_is_explained_for_both():
    def answer(sheet):
        mine = {q.right for q in QUESTIONS}
        for number, name in (("4", "explodes"), ("9", "start")):
            mine -= {IDEAS[number].chapter.right}
            mine |= {IDEAS[number].chapter.wrong[name]}
        return {
            number: [next(i for i, text in enumerate(a) if text in mine) for a in orders]
            for number, orders in sheet.items()
        }

    verdict = judge(*find_check(NAME, False, 5), LocalRunner({NAME: answer}))
    assert set(verdict.diagnoses) == {"4_explodes", "9_start"}


def every_text(folder: Path) -> str:
    return "\n".join(path.read_text("utf-8", errors="ignore") for path in folder.rglob("*") if path.is_file())


def test_the_second_questions_are_in_nothing_that_students_get_but_the_notebook(tmp_path):
    """Neither the home download, whose case file is read whole, nor the folder of a student's process, nor the book holds one of them."""
    got = home.files()
    texts = "\n".join(
        text.decode("utf-8", errors="ignore") for name, text in got.items() if not name.endswith(".ipynb")
    )
    with np.load(FOLDER / "lesson-16.npz") as stored:
        texts += str(stored["pieces"])
    texts += every_text(tree.build(tmp_path / "tree", "lesson-16"))
    texts += "\n".join(path.read_text("utf-8") for path in (ROOT / "book").glob("*.md"))
    texts += "\n".join(path.read_text("utf-8") for path in (ROOT / "book" / "quizzes").glob("*.json"))
    asked = [text for question in EXAM for text in [question.text, *question.answers]]
    assert not [text for text in asked if text in texts or json.dumps(text)[1:-1] in texts]


def test_what_is_asked_of_a_student_holds_no_key():
    """The arguments are four texts in three orders each; beside them go a name and a seed of the student's own generators."""
    case = find_check(NAME, True, 9)[1][0]
    assert case.kwargs == {} and case.follow is None and case.probe is None
    (sheet,) = case.args
    for number, orders in sheet.items():
        assert [sorted(order) for order in orders] == [IDEAS[number].exam.answers] * 3
        assert len({order.index(IDEAS[number].exam.right) for order in orders}) == 3


def test_messages_of_the_home_check_do_not_name_an_answer_of_the_second_questions():
    for message in (mistake.message for mistake in find(NAME).mistakes.values()):
        for question in EXAM:
            assert not [text for text in question.answers if re.search(re.escape(text), message, re.IGNORECASE)]
