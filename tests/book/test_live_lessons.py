"""One map of the lessons, the live figure of lesson 16: worked by pointer and keyboard, said to a screen reader, and a test that leads to sections."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from seqlib.book import lesson_map, live
from tests.book.live_page import said

BOOK = lesson_map.BOOK
STORED = live.load("lessons")["lessons"]


def test_every_question_leads_to_a_section_that_is_there() -> None:
    for lesson in STORED:
        for question in lesson["questions"]:
            page, _, label = question["section"]["href"].partition(".html#")
            assert f"({label})=\n" in (BOOK / f"{page}.md").read_text("utf-8")
            assert page.startswith(f"{lesson['number']:02}-")


def test_the_questions_are_those_of_the_chapters_quizzes() -> None:
    assert list(lesson_map.ASKED) == list(range(1, 16))
    for number, places in lesson_map.ASKED.items():
        quiz = json.loads(next((BOOK / "quizzes").glob(f"{number:02}-*.json")).read_text("utf-8"))
        own = STORED[number - 1]["questions"]
        assert len(own) == len(places) >= 2
        for place, question in zip(places, own, strict=True):
            assert [one["correct"] for one in question["answers"]] == [one["correct"] for one in quiz[place]["answers"]]
            assert not re.search(r"[$`\\]", json.dumps(question, ensure_ascii=False).replace('\\"', ""))


def test_every_lesson_builds_on_earlier_ones_and_leads_somewhere() -> None:
    for number, lesson in lesson_map.LESSONS.items():
        assert all(before < number for before in lesson.builds_on)
        assert number == 1 or lesson.builds_on
    assert {before for lesson in list(lesson_map.LESSONS.values())[:-1] for before in lesson.builds_on} >= set(
        range(1, 9)
    )
    assert list(lesson_map.LESSONS) == list(range(1, 17))
    assert all(lesson["sections"] for lesson in STORED[:-1])


def test_a_lesson_builds_on_what_its_chapter_says_that_you_need() -> None:
    for number, lesson in list(lesson_map.LESSONS.items())[:-1]:
        page = lesson_map.chapter(number)
        assert page is not None
        paragraph = re.search(r"^\*\*You need\*\*.*?\n\n", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
        assert paragraph is not None
        needed = {int(one) for one in re.findall(r"\(l(\d+)(?:-[\w-]+)?\)", paragraph[0])}
        assert set(lesson.builds_on) <= needed, page.name


@pytest.mark.parametrize(
    ("marked", "plain"),
    [
        (r"$\Gamma_u = -1$", "Γ_u = −1"),
        (r"$\hat y^{<3>}$ of *Teddy*", "ŷ<3> of Teddy"),
        (r"$a^{[2]<5>}$, $n_a^2$", "a[2]<5>, n_a²"),
        ("`encode` &lt;UNK&gt;", "encode <UNK>"),
    ],
)
def test_formulas_are_said_in_plain_letters(marked: str, plain: str) -> None:
    assert lesson_map.as_text(marked) == plain


def test_a_formula_that_is_too_much_is_refused() -> None:
    with pytest.raises(ValueError, match="ask another question"):
        lesson_map.as_text(r"$\frac{1}{2}$")


def test_a_lesson_says_its_problem_and_leads_to_its_neighbours(open_figure: Any) -> None:
    figure = open_figure("lessons")
    assert said(figure).startswith("Lesson 8, Vanishing gradients. Problem:") and "Builds on 4." in said(figure)
    figure.get_by_role("group", name="Lessons").get_by_role("button", name="11. Both directions").press("Enter")
    assert said(figure).startswith("Lesson 11, Both directions.") and "Builds on 3, 4." in said(figure)
    assert figure.locator(".live-lessons-lines .live-from").count() == 2
    figure.locator(".live-about").get_by_role("button", name="3. The RNN").click()
    assert said(figure).startswith("Lesson 3, The RNN.")
    assert figure.evaluate("() => document.activeElement.textContent") == "3. The RNN"
    figure.locator("summary").click()
    assert figure.get_by_role("link", name="3.4").get_attribute("href") == "03-rnn.html#l3-4"


def answer(figure: Any, right: bool) -> None:
    """Choose the right answer of the question that is asked, or a wrong one."""
    asked = figure.locator(".live-asked").text_content()
    answers = next(q["answers"] for lesson in STORED for q in lesson["questions"] if q["question"] == asked)
    text = next(one["answer"] for one in answers if one["correct"] == right)
    figure.locator(".live-answers").get_by_role("button", name=text, exact=True).click()


def test_the_test_marks_the_map_and_names_the_sections_to_read_again(open_figure: Any) -> None:
    figure = open_figure("lessons")
    figure.get_by_role("button", name="Test yourself").click()
    lessons = [lesson for lesson in STORED if lesson["questions"]]
    for i, _ in enumerate(lessons):
        answer(figure, right=i not in (3, 7))
        assert said(figure).startswith("Not right." if i in (3, 7) else "Right.")
        figure.locator(".live-test .live-main").press("Enter")
    assert said(figure).startswith(f"{len(lessons) - 2} of {len(lessons)} right. Read again:")
    links = figure.locator(".live-test a")
    assert [links.nth(i).get_attribute("href").partition("#")[2].partition("-")[0] for i in range(links.count())] == [
        "l4",
        "l8",
    ]
    assert figure.get_by_role("button", name="4. Backpropagation, to read again").count() == 1
    assert figure.locator('.live-lessons [data-mark="right"]').count() == len(lessons) - 2
    figure.get_by_role("button", name="Test again, with other questions").click()
    assert figure.locator(".live-lessons [data-mark='wrong']").count() == 0


def test_only_the_first_answer_counts(open_figure: Any) -> None:
    figure = open_figure("lessons")
    figure.get_by_role("button", name="Test yourself").click()
    answer(figure, right=False)
    figure.locator(".live-answers .live-button:not([data-mark])").first.dispatch_event("click")
    assert said(figure).startswith("Not right.")
    assert figure.locator(".live-lessons [data-mark='right']").count() == 0


@pytest.mark.parametrize("width", [1280, 390, 320])
def test_the_map_fits(open_figure: Any, width: int) -> None:
    figure = open_figure("lessons", width=width)
    figure.get_by_role("button", name="Test yourself").click()
    assert figure.evaluate("() => document.documentElement.scrollWidth") <= width
