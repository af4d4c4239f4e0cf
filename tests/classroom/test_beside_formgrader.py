"""`mark` and nbgrader's formgrader open in one browser, on one class: both see the same marks, and neither overwrites the other's."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from autograder.classroom.room import Room
from tests.chromium import CHROMIUM
from tests.servers import formgrader

from .conftest import HOSTILE, LESSON, marking, populate


def score(room: Room, student: str) -> float | None:
    with room.folder.gradebook() as book:
        found: float | None = book.find_grade("written", LESSON, LESSON, student).manual_score
        return found


def soon(true: Callable[[], bool]) -> None:
    """Wait until something is true."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
def test_both_see_the_same_marks_and_neither_overwrites(room: Room, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    populate(room, 3, lambda i: HOSTILE)
    with room.folder.gradebook() as book:
        number = {s: book.find_submission_notebook(LESSON, LESSON, s).id for s in ("s000", "s001")}
    (tmp_path / "own").mkdir()
    with formgrader(room.root, tmp_path / "own") as server, marking(room) as address, sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        context = browser.new_context()
        desk, grader = context.new_page(), context.new_page()
        for page in (desk, grader):
            page.set_default_timeout(120_000)

        def in_formgrader(student: str) -> Any:
            grader.goto(f"{server}/formgrader/submissions/{number[student]}/")
            field = grader.locator("input.score#written")
            field.wait_for()
            grader.wait_for_load_state("networkidle")
            return field

        desk.goto(address)
        desk.wait_for_selector("body[data-loaded=written]")
        desk.keyboard.press("2")
        desk.keyboard.press("Enter")
        soon(lambda: score(room, "s000") == 2)
        assert in_formgrader("s000").input_value() == "2"
        field = in_formgrader("s001")
        field.fill("1")
        field.press("Tab")
        soon(lambda: score(room, "s001") == 1)
        # The page of `mark` was loaded before: what it shows of this answer is older than the mark.
        desk.bring_to_front()
        desk.keyboard.press("3")
        desk.get_by_text("somebody else has marked").wait_for()
        assert score(room, "s001") == 1 and "1 / 3" in desk.locator("article").nth(1).inner_text()
        desk.keyboard.press("3")
        soon(lambda: score(room, "s001") == 3)
        assert in_formgrader("s001").input_value() == "3"
        assert desk.evaluate("window.canary") is None and grader.evaluate("window.canary") is None
        browser.close()
