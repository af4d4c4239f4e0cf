"""The quizzes: each asks what code prints and where a bug is, and what it says is printed is printed."""

from __future__ import annotations

import contextlib
import io
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqlib
from tests.book.test_structure import extension

BOOK = Path(__file__).parents[2] / "book"
QUIZZES = sorted((BOOK / "quizzes").glob("*.json"))


def questions(path: Path) -> list[dict[str, Any]]:
    asked: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return asked


@pytest.mark.parametrize("path", QUIZZES, ids=lambda path: path.stem)
def test_a_quiz_asks_what_is_printed_and_where_a_bug_is(path: Path) -> None:
    asked = questions(path)
    assert len(asked) >= 5
    with_code = [question["question"] for question in asked if "code" in question]
    assert any("does this print" in text for text in with_code)
    assert any("Where is the bug?" in text for text in with_code)


@pytest.mark.parametrize("path", QUIZZES, ids=lambda path: path.stem)
def test_the_right_answer_is_what_the_code_prints(path: Path) -> None:
    rng = np.random.default_rng(0)
    params = seqlib.initialise_rnn(6, 4, rng, n_y=3)
    names = {"np": np, "params": params} | {name: getattr(seqlib, name) for name in seqlib.__all__}
    for question in questions(path):
        if "code" in question and "does this print" in question["question"]:
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(question["code"], dict(names))
            right = [answer["answer"] for answer in question["answers"] if answer["correct"]]
            assert right == [printed.getvalue().strip()]


@pytest.mark.parametrize("path", QUIZZES, ids=lambda path: path.stem)
def test_no_mark_of_the_source_is_left_on_the_page(path: Path) -> None:
    rich = extension("quiz").rich
    texts = [
        text
        for asked in questions(path)
        for text in (asked["question"], *(a[k] for a in asked["answers"] for k in ("answer", "feedback")))
    ]
    for text in texts:
        shown = re.sub(r"<code>.*?</code>|<mjx-container.*?</mjx-container>", "", rich(text), flags=re.S)
        assert not re.search(r"&amp;\w+;|\*\w|\w\*|`", shown), text


def test_special_tokens_and_emphasis_are_shown() -> None:
    rich = extension("quiz").rich
    assert rich("*a <EOS>* and &lt;UNK&gt;") == "<em>a &lt;EOS&gt;</em> and &lt;UNK&gt;"
    assert rich("<i>x</i> `a * b` 2 * 3 * 4") == "<i>x</i> <code>a * b</code> 2 * 3 * 4"


def test_answers_that_a_browser_kept_over_a_reload_are_forgotten(browser: Any, tmp_path: Path) -> None:
    asked = extension("quiz").render_quiz(questions(QUIZZES[0]), "quiz")
    script = (BOOK / "_static" / "quiz.js").as_uri()
    restored = "document.querySelectorAll('input[value=\"0\"]').forEach((one) => { one.checked = true; });"
    page_of = f'<!doctype html><script defer src="{script}"></script><body>{asked}<script>{restored}</script></body>'
    (tmp_path / "quiz.html").write_text(page_of, "utf-8")
    page = browser.new_page()
    page.goto((tmp_path / "quiz.html").as_uri())
    assert page.locator("input").count() > 8 and page.locator("input:checked").count() == 0
    page.locator("input").first.click()
    assert "of 1 right at the first try" in page.locator("output").inner_text()
    page.close()
