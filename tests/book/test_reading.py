"""A reader at work in a browser: stepping by keyboard, answering the quiz, both themes, a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

SITE = Path(__file__).parents[2] / "book" / "_build" / "html"


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
    page.wait_for_selector("mjx-container")
    page.wait_for_selector(".Quiz label")
    yield page
    context.close()
    assert not trouble


def test_the_unrolled_network_is_stepped_by_keyboard(page: Any) -> None:
    stepper = page.locator(".stepper").first
    assert stepper.get_by_role("button", name="Back").is_disabled()
    stepper.get_by_role("button", name="Next").focus()
    for _ in range(2):
        page.keyboard.press("Enter")
    assert "(0.76, 0.00)" in stepper.locator(".stepper-said").inner_text()
    page.keyboard.press("ArrowRight")
    assert "(0.82, 0.18)" in stepper.locator(".stepper-said").inner_text()
    page.keyboard.press("ArrowLeft")
    assert stepper.locator("[data-at='3'].future").count() > 0
    assert stepper.locator("[data-at='2'].now").count() > 0


def test_a_reader_who_wants_no_motion_gets_no_play_button(page: Any) -> None:
    assert page.locator(".stepper button", has_text="Play").first.is_hidden()


def test_the_quiz_explains_every_answer(page: Any) -> None:
    question = page.locator(".Quiz").first
    for label in question.locator("label").all():
        label.click()
        right = label.get_attribute("data-correct") == "true"
        feedback = question.locator(".Feedback")
        assert len(feedback.inner_text()) > 20
        assert ("incorrect" not in feedback.get_attribute("class").split()) == right


def test_the_quiz_takes_the_keyboard(page: Any) -> None:
    question = page.locator(".Quiz").first
    question.locator("input").first.focus()
    page.keyboard.press("Space")
    assert len(question.locator(".Feedback").inner_text()) > 20


@pytest.mark.parametrize("chapter", sorted(path.name for path in SITE.glob("0*.html")))
def test_every_formula_is_set_in_the_quiz_too(page: Any, address: str, chapter: str) -> None:
    page.goto(address + chapter)
    page.wait_for_selector(".Quiz label")
    page.wait_for_selector(".Quiz mjx-container")
    page.wait_for_timeout(700)  # jupyterquiz sets its formulas once more after half a second
    for label in page.locator(".Quiz label").all():
        label.click()
    assert page.locator("mjx-container").count() > 20
    assert page.locator("mjx-merror").count() == 0
    assert "\\(" not in page.locator("article").inner_text()
