"""A reader at work in a browser: stepping by keyboard, answering the quiz, both themes, a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).parents[2] / "book" / "_build" / "html"
BOXES = "(lines) => lines.map((line) => [...line.children].map((one) => one.getBoundingClientRect()))"


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """Lesson 3 in a fresh window; errors in the page's scripts and requests elsewhere fail the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: request.url.startswith(address) or trouble.append(request.url))
    page.on("response", lambda answer: answer.ok or answer.status == 304 or trouble.append(answer.url))
    page.goto(address + "03-rnn.html")
    yield page
    context.close()
    assert not trouble


def test_the_unrolled_network_is_stepped_by_keyboard(page: Any) -> None:
    stepper = page.locator(".stepper").first
    assert stepper.get_by_role("button", name="Back").is_disabled()
    stepper.get_by_role("button", name="Next").focus()
    for _ in range(2):
        page.keyboard.press("Enter")
    assert "(-0.97, 0.72)" in stepper.locator(".stepper-said").inner_text()
    page.keyboard.press("ArrowRight")
    assert "(0.00, 0.97, 0.03)" in stepper.locator(".stepper-said").inner_text()
    page.keyboard.press("ArrowLeft")
    assert stepper.locator("[data-at='3'].future").count() > 0
    assert stepper.locator("[data-at='2'].now").count() > 0


def test_a_reader_who_wants_no_motion_gets_no_play_button(page: Any) -> None:
    play = page.locator(".stepper button", has_text="Play")
    assert play.count() and all(button.is_hidden() for button in play.all())


def test_two_sentences_stand_below_each_other_word_by_word(page: Any) -> None:
    lines = page.locator(".aligned > ol")
    words = [[box["x"] for box in line] for line in lines.evaluate_all(BOXES)]
    said = [line.locator("li > span").all_inner_texts() for line in lines.all()]
    assert [line[:4] for line in said] == [["He", "said", ",", "Teddy"]] * 2 and said[0][4:] != said[1][4:]
    assert len(words) == 2 and words[0][: len(words[1])] == pytest.approx(words[1][: len(words[0])], abs=1)
    shades = lines.first.locator("li").evaluate_all("(all) => all.map((one) => getComputedStyle(one).backgroundColor)")
    assert len(set(shades)) > 1


def test_the_quiz_explains_every_answer_and_keeps_the_score(page: Any) -> None:
    quiz = page.locator(".quiz")
    questions = quiz.locator("fieldset").all()
    for number, question in enumerate(questions):
        for label in question.locator("label").all():
            label.click()
            right = label.locator("input").get_attribute("data-right") is not None
            said = question.locator("[aria-live]")
            assert len(said.inner_text()) > 20
            assert said.get_attribute("class") == f"quiz-said {'right' if right else 'wrong'}"
        assert f"of {number + 1} right at the first try" in quiz.locator("output").inner_text()
    # the four answers were clicked from above: right at the first try is a question whose first answer is right
    firsts = [question.locator("input").first.get_attribute("data-right") is not None for question in questions]
    assert quiz.locator("output").inner_text().startswith(f"{sum(firsts)} of {len(firsts)} ")
    quiz.get_by_role("button", name="Try again").click()
    assert quiz.locator("output").inner_text() == "" and quiz.locator("input:checked").count() == 0
    assert all(question.locator("[aria-live]").inner_text() == "" for question in questions)


def test_the_quiz_takes_the_keyboard(page: Any) -> None:
    question = page.locator(".quiz fieldset").first
    question.locator("input").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    assert question.locator("input").nth(1).is_checked()
    assert len(question.locator("[aria-live]").inner_text()) > 20


def test_questions_are_numbered_and_their_answers_shown_without_scripts(browser: Any, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "03-rnn.html")
    assert page.locator(".quiz > ol > li").count() >= 3 and page.locator(".quiz ol > li").first.bounding_box()["x"] > 0
    assert page.locator(".quiz label mjx-container").count() or page.locator(".quiz mjx-container").count()
    assert page.locator("article mjx-container").count() > 20
    answers = page.locator(".quiz-answer")
    assert answers.count() == 4 * page.locator(".quiz > ol > li").count()
    assert all(answer.is_visible() and answer.locator("span").first.text_content() for answer in answers.all())
    context.close()
