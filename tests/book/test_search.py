"""The search as a reader meets it, on pages of its own: no build of the book is asked for."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

SCRIPT = (Path(__file__).parents[2] / "book" / "_static" / "search.js").read_text("utf-8")
SITE = "http://book.test/"
BOX = (
    """<dialog id="pst-search-dialog"><div><form class="bd-search"><input aria-label="Search"></form></div></dialog>"""
)
ALL = """<form class="bd-search"><input aria-label="Query"></form><div><div id="search-results"></div></div>"""
PAGE = """<!doctype html><html data-content_root="./"><script defer src="search.js"></script><body>{body}<h2 id="loss">Loss</h2></body></html>"""
ENTRIES = [
    ["a.html", "Gates", "Gates", "A gate lets through what the memory cell keeps."],
    [
        "a.html#loss",
        "Gates",
        "The loss of a sequence",
        "Losses of all steps are added, and the loss is a sum of gated losses.",
    ],
]


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """open_page(body, entries): the page a.html with the search, and what the site has to find; entries None: it cannot be loaded."""
    contexts = []

    def open_it(body: str = BOX, entries: list[list[str]] | None = ENTRIES, query: str = "") -> Any:
        data = f"window.bookSearch = {json.dumps({'entries': entries, 'synonyms': {}})};"

        def answer(route: Any) -> None:
            name = route.request.url.removeprefix(SITE).split("?")[0]
            if name == "_static/search-data.js":
                route.abort() if entries is None else route.fulfill(content_type="text/javascript", body=data)
            elif name == "search.js":
                route.fulfill(content_type="text/javascript; charset=utf-8", body=SCRIPT)
            else:
                route.fulfill(content_type="text/html", body=PAGE.format(body=body))

        contexts.append(browser.new_context())
        page = contexts[-1].new_page()
        page.route(f"{SITE}**", answer)
        page.goto(f"{SITE}a.html{query}")
        if body == BOX:
            page.evaluate("document.querySelector('dialog').showModal()")
        return page

    yield open_it
    for context in contexts:
        context.close()


def found(page: Any) -> list[str]:
    page.wait_for_function("document.querySelector('.search-status').textContent")
    titles: list[str] = page.locator(".search-found strong").all_inner_texts()
    return titles


def test_a_result_on_the_page_that_is_open_closes_the_box(open_page: Any) -> None:
    page = open_page()
    page.get_by_label("Search").fill("loss")
    assert found(page)[0] == "The loss of a sequence"
    page.locator(".search-found a").first.click()
    assert page.url.endswith("a.html#loss") and page.get_by_label("Search").is_hidden()


def test_what_is_shown_is_what_the_field_holds(open_page: Any) -> None:
    page = open_page()
    page.evaluate("""() => {
      const field = document.querySelector("input");
      for (const text of ["loss", ""]) { field.value = text; field.dispatchEvent(new Event("input")); }
    }""")
    page.wait_for_function("window.bookSearch")
    page.wait_for_timeout(100)
    assert page.locator(".search-found li").count() == 0 and page.locator(".search-status").inner_text() == ""


def test_a_search_that_cannot_be_loaded_says_so_and_tries_again(open_page: Any) -> None:
    page = open_page(entries=None)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for text in ("gate", "gates"):
        page.get_by_label("Search").fill(text)
        assert found(page) == []
        page.wait_for_timeout(100)
    assert "could not be loaded" in page.locator(".search-status").inner_text()
    assert len(asked) == 2


def test_an_exact_title_comes_first_and_what_was_asked_for_is_marked(open_page: Any) -> None:
    often = ["b.html#sum", "Gradients and time", "Gradients of a sum", "Gradient, gradient, gradient and gradient."]
    page = open_page(
        entries=[often, ["a.html#gradients", "Gates", "Gradients", "Why one fades: a gradient is a product."]]
    )
    page.get_by_label("Search").fill("gradients")
    assert found(page) == ["Gradients", "Gradients of a sum"]
    assert page.locator(".search-found mark").first.inner_text() == "gradient"


def test_the_page_of_all_results_promises_no_more_and_keeps_the_query_in_its_address(open_page: Any) -> None:
    many = [[f"a.html#s{i}", "Gates", f"Gate {i}", "A gate."] for i in range(230)]
    page = open_page(ALL, many, "?q=gate")
    assert len(found(page)) == 200
    assert page.locator(".search-status").inner_text() == "The first 200 of 230 sections."
    page.get_by_label("Query").fill("gate 7")
    page.get_by_label("Query").press("Enter")
    assert page.url.endswith("?q=gate+7")
    box = open_page(BOX, many)
    box.get_by_label("Search").fill("gate")
    assert len(found(box)) == 8 and "Enter shows all" in box.locator(".search-status").inner_text()
