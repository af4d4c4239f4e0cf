"""What an instructor's browser gets from formgrader itself: the real server, on a class in which hostile notebooks were handed in."""

import contextlib
import re
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import handlers

from autograder.formgrader import HANDLERS
from tests.chromium import CHROMIUM
from tests.servers import formgrader

from .pages import dangers
from .test_attacks import LESSON, PAGES, Graded, grade, hand_in, name_of

KINDS = ("right", "wrong")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    folder = tmp_path_factory.mktemp("formgrader") / "class"
    hand_in(folder, [(attack, kind) for attack in PAGES for kind in KINDS])
    return grade(folder)


@pytest.fixture(scope="module")
def server(hostile: Graded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Formgrader on the class, with settings of its own: the server's address."""
    with formgrader(hostile.folder, tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture(scope="module")
def shown(server: str, hostile: Graded) -> Callable[[str], list[str]]:
    """What could run of the page on which a student's notebook is graded by hand."""

    def get(student: str) -> list[str]:
        with Gradebook(f"sqlite:///{hostile.folder}/gradebook.db") as book:
            number = book.find_submission_notebook(LESSON, LESSON, student).id
        page = urllib.request.urlopen(f"{server}/formgrader/submissions/{number}/", timeout=60).read().decode()
        assert "save_score" in page or "nbgrader_cell" in page, page[:500]
        found = [danger.replace(number, "NUMBER").replace(student, "STUDENT") for danger in dangers(page)]
        found = [re.sub("'nonce': '[^']+'", "'nonce': 'NONCE'", danger) for danger in found]
        return sorted(found)

    return get


@pytest.fixture(scope="module")
def honest(shown: Callable[[str], list[str]]) -> list[str]:
    return shown("zoe")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("attack", PAGES)
def test_nothing_of_a_students_runs_in_formgrader(shown, honest, attack, kind):
    """Whatever runs on the page is formgrader's own, as on an honest student's page."""
    assert shown(name_of(attack, kind)) == honest


def test_the_page_has_what_formgrader_needs(honest):
    assert any(found.startswith("<script>") for found in honest)


CANARY = "<img src=x onerror='window.canary = 1'><script>window.canary = 1</script><b onclick='window.canary=1'>x</b>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_playwright = pytest.importorskip("playwright.sync_api").sync_playwright
    if CHROMIUM is None:
        pytest.skip("needs chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def address_of(server: str, hostile: Graded, student: str) -> str:
    with Gradebook(f"sqlite:///{hostile.folder}/gradebook.db") as book:
        return f"{server}/formgrader/submissions/{book.find_submission_notebook(LESSON, LESSON, student).id}/"


@contextlib.contextmanager
def unclean(hostile: Graded, student: str) -> Iterator[None]:
    """A graded notebook in which cleaning has failed: an output holds what a student meant to run."""
    path = hostile.folder / "autograded" / student / LESSON / f"{LESSON}.ipynb"
    kept = path.read_bytes()
    path.chmod(0o644)
    notebook = nbformat.reads(kept.decode(), as_version=4)
    cell = nbformat.v4.new_code_cell("1")
    cell.outputs = [nbformat.v4.new_output("display_data", {"text/html": CANARY})]
    other = nbformat.v4.new_code_cell("2")
    other.outputs = [nbformat.v4.new_output("display_data", {"application/javascript": "window.canary = 1"})]
    notebook.cells[1:1] = [cell, other]
    if notebook.nbformat_minor < 5:
        for c in notebook.cells:
            c.pop("id", None)
    path.write_text(nbformat.writes(notebook))
    try:
        yield
    finally:
        path.write_bytes(kept)


def test_where_cleaning_fails_the_page_itself_runs_nothing_but_formgraders_own(server, hostile, browser):
    page = browser.new_page()
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text))
    with unclean(hostile, "zoe"):
        page.goto(address_of(server, hostile, "zoe"))
        page.wait_for_function("typeof Backbone !== 'undefined' && document.querySelectorAll('input.score').length > 0")
        page.locator("b", has_text="x").first.click()
        page.wait_for_timeout(200)
        assert page.evaluate("window.canary") is None
    assert any("Content Security Policy" in text for text in blocked)
    page.close()


def test_marks_can_be_given_and_only_by_the_page(server, hostile, browser):
    """Formgrader's own script saves a mark; the same request without the token, as another page could send it, does not."""
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(address_of(server, hostile, "zoe"))
    box = page.locator("input.score").last
    page.wait_for_function("document.querySelectorAll('input.score').length > 0")
    page.wait_for_load_state("networkidle")
    with page.expect_response(lambda answer: answer.request.method in ("PUT", "POST")) as saved:
        box.fill("1")
        box.blur()
    assert saved.value.ok, saved.value.text()
    identity = saved.value.url.rpartition("/")[2]
    refused = page.evaluate(
        """async ([address, id]) => {
            const xsrf = document.cookie.match('_xsrf=([^;]*)');
            const headers = {'X-CSRFToken': xsrf ? xsrf[1] : '', 'Content-Type': 'application/json'};
            return (await fetch(address, {method: 'PUT', headers, body: JSON.stringify({id, manual_score: 63})})).status;
        }""",
        [saved.value.url, identity],
    )
    assert refused == 403 and errors == []
    page.close()


def test_a_page_that_was_handed_in_has_no_rights(server, hostile, browser):
    """A file beside the notebook, on formgrader's own address: no script of it runs, and it could read nothing if one did."""
    place = hostile.folder / "autograded" / "zoe" / LESSON
    place.chmod(0o755)
    (place / "page.html").write_text("<script>window.canary = document.cookie</script><p>x</p>")
    page = browser.new_page()
    answer = page.goto(address_of(server, hostile, "zoe") + "page.html")
    assert answer is not None and answer.ok and "sandbox" in answer.headers["content-security-policy"]
    assert page.evaluate("window.canary") is None
    page.close()


def listened(browser: Any) -> tuple[Any, list[str]]:
    """A page, and the errors that its console tells."""
    page, errors = browser.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    return page, errors


def test_every_page_of_formgrader_has_the_policy_and_works(server, browser):
    page, errors = listened(browser)
    for path in (
        "manage_assignments",
        f"manage_submissions/{LESSON}",
        "gradebook",
        f"gradebook/{LESSON}",
        f"gradebook/{LESSON}/{LESSON}",
        "manage_students",
        "manage_students/zoe",
        f"manage_students/zoe/{LESSON}",
    ):
        answer = page.goto(f"{server}/formgrader/{path}")
        assert answer.ok and "script-src 'nonce-" in answer.headers["content-security-policy"], path
        page.wait_for_load_state("networkidle")
        assert errors == [], path
    page.close()


@pytest.mark.parametrize("path", ["manage_assignments", "manage_students"])
def test_what_is_added_by_a_handler_in_an_attribute_can_be_added(server, browser, path):
    page, errors = listened(browser)
    page.goto(f"{server}/formgrader/{path}")
    page.wait_for_load_state("networkidle")
    page.locator("a[onclick]").click()
    page.locator(".modal.in").wait_for()
    assert errors == []
    page.close()


def test_the_policy_allows_the_handlers_of_formgraders_templates_and_no_other():
    folder = Path(handlers.__file__).with_name("templates")
    texts = [path.read_text() for path in folder.rglob("*") if path.suffix in (".tpl", ".j2")]
    found = {handler for text in texts for handler in re.findall(r"<[^>]*\son[a-z]+\s*=\s*\"([^\"]*)\"", text, re.I)}
    assert found == set(HANDLERS)


def test_a_notebook_that_was_not_made_harmless_runs_nothing_either(hostile, shown, honest):
    """The same page on the notebook as it was handed in: what grading cleans, the page cleans again."""
    student = name_of("script in Markdown", "wrong")
    path = hostile.folder / "autograded" / student / LESSON / f"{LESSON}.ipynb"
    kept = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes((hostile.folder / "submitted" / student / LESSON / path.name).read_bytes())
    try:
        assert dangers("<p>text <script>document.title = 'found'</script></p>")
        assert shown(student) == honest
    finally:
        path.write_bytes(kept)
