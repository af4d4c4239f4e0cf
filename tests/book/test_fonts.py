"""Fonts come with the site, whatever the reader's system has, and those that move lines are asked for at once."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

BOOK = Path(__file__).parents[2] / "book"
SITE = BOOK / "_build" / "html"
FONT = SITE / "_static" / "fonts" / "devanagari.woff2"
DEVANAGARI = re.compile("[\u0900-\u097f]")


@pytest.fixture(scope="module")
def font() -> TTFont:
    if not FONT.exists():
        pytest.skip("book/_build/html is made by `make book`")
    return TTFont(FONT)


def test_the_font_has_every_letter_that_a_page_or_a_network_writes(font: TTFont) -> None:
    texts = [*SITE.glob("*.html"), *SITE.glob("_static/live/weights/*.json")]
    written = {letter for path in texts for letter in DEVANAGARI.findall(html.unescape(path.read_text("utf-8")))}
    assert len(written) > 40
    assert written <= {chr(code) for code in font.getBestCmap()}


def test_the_font_joins_letters(font: TTFont) -> None:
    """The half letter of \u0938\u094d\u0924 and the raised r of \u0930\u094d\u0938, for example."""
    rules = {record.FeatureTag for record in font["GSUB"].table.FeatureList.FeatureRecord}
    assert {"half", "rphf", "pres"} <= rules


def test_a_browser_loads_it_where_it_is_needed(browser: Any, address: str) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address + "02-notation.html")
    assert not any(FONT.name in url for url in asked)
    page.goto(address + "01-why-sequences.html")
    page.evaluate("document.fonts.ready")
    assert any(FONT.name in url for url in asked)
    page.close()


@pytest.mark.parametrize("name", ["03-rnn.html", "05-types.html", "instructors.html", "404.html"])
def test_the_fonts_that_a_page_draws_its_text_with_are_asked_for_at_once(browser: Any, address: str, name: str) -> None:
    """One that the browser finds out about when it draws comes after the first lines are seen, and moves them."""
    page = browser.new_page()
    page.goto(address + name)
    page.evaluate("document.fonts.ready")
    at_once = page.evaluate("[...document.querySelectorAll('link[rel=preload][as=font]')].map((link) => link.href)")
    drawn = page.evaluate(
        """performance.getEntriesByType("resource").map((one) => one.name)
        .filter((name) => /(text|text-italic|code|Zero|Main-Regular|Math-Italic)[.]woff2$/.test(name))"""
    )
    page.close()
    assert at_once and set(drawn) == set(at_once)
    assert all((SITE / url.removeprefix(address)).is_file() for url in at_once)
