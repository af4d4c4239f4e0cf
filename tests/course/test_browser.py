"""A student in JupyterLab, in a real browser: a wrong answer, its message, a right answer, nbgrader's Validate."""

import re

import nbformat
import pytest

from autograder.release import ROOT
from tests.chromium import CHROMIUM
from tests.servers import jupyter

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the extra `test`")

LESSON = "lesson-03"
ANSWERED = "stack_weights"
WRONG = "def stack_weights(Waa, Wax):\n    return np.concatenate([Wax, Waa], axis=1)"
RIGHT = "def stack_weights(Waa, Wax):\n    return np.concatenate([Waa, Wax], axis=1)"


def grade_id(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def almost_solved(folder):
    """The release with all functions solved but one: what Validate passes only when that one is right too."""
    released = nbformat.read(ROOT / "exercises" / LESSON / f"{LESSON}.ipynb", as_version=4)
    solved = nbformat.read(ROOT / "solutions" / LESSON / f"{LESSON}.ipynb", as_version=4)
    answers = {grade_id(cell): cell.source for cell in solved.cells}
    for cell in released.cells:
        if cell.metadata.get("nbgrader", {}).get("solution") and grade_id(cell) != ANSWERED:
            cell.source = answers[grade_id(cell)]
    nbformat.write(released, folder / f"{LESSON}.ipynb")


@pytest.fixture
def lab(tmp_path):
    """JupyterLab on a folder with the exercise, with settings of its own: the notebook's address."""
    work = tmp_path / "work"
    work.mkdir()
    almost_solved(work)
    own = tmp_path / "own"
    own.mkdir()
    with jupyter(work, own, module="jupyterlab", disable_check_xsrf=True) as address:
        yield f"{address}/lab/tree/{LESSON}.ipynb?reset"


@pytest.fixture
def page(lab):
    if not CHROMIUM:
        pytest.skip("needs chromium")
    with playwright.sync_playwright() as control:
        browser = control.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 1600})
        page.set_default_timeout(60_000)
        page.goto(lab)
        page.wait_for_selector(".jp-Notebook .jp-CodeCell")
        page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]')  # the kernel is there
        yield page
        browser.close()


def run(page, cell):
    """Put the cursor into a cell and run it, until it has a number: what is typed too early is lost, and JupyterLab may ask something."""
    asked = []
    for _ in range(10):
        dialog = page.locator(".jp-Dialog")
        if dialog.count():
            asked.append(dialog.first.inner_text())
            dialog.first.locator("button.jp-mod-accept").click()
        try:
            cell.locator(".cm-content").click(timeout=6_000)
            page.keyboard.press("Control+Enter")
            cell.locator(".jp-InputPrompt", has_text=re.compile(r"\[\d+\]")).wait_for(timeout=6_000)
        except playwright.TimeoutError:
            continue
        return
    raise AssertionError(f"the cell does not run; JupyterLab asked: {asked}")


def answer(page, text):
    cell = page.locator(".jp-CodeCell", has_text=f"def {ANSWERED}")
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(text)
    run(page, cell)
    run(page, page.locator(".jp-CodeCell", has_text=f'check("{ANSWERED}")'))
    return page.locator(".jp-CodeCell", has_text=f'check("{ANSWERED}")').locator(".jp-OutputArea-output")


def test_a_wrong_answer_is_named_a_right_one_passes_and_validates(page):
    run(page, page.locator(".jp-CodeCell", has_text="import seqlib").first)
    message = answer(page, WRONG).first
    message.get_by_text("expected").wait_for()
    assert "here W_ax stands first" in message.inner_text() and "Traceback" not in message.inner_text()
    passed = answer(page, RIGHT)
    passed.get_by_text("right in all").wait_for()
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog")
    dialog.wait_for()
    assert "Success! Your notebook passes all the tests." in dialog.inner_text()
