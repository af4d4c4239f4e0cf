"""What a page writes in Devanagari is drawn by a font that comes with the site, whatever the reader's system has."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

BOOK = Path(__file__).parents[2] / "book"
FONT = BOOK / "_static" / "devanagari.woff"
DEVANAGARI = re.compile("[\u0900-\u097f]")


def test_the_font_has_every_letter_that_a_page_writes() -> None:
    pages = list((BOOK / "_build" / "html").glob("*.html"))
    if not pages:
        pytest.skip("book/_build/html is made by `make book`")
    written = {letter for page in pages for letter in DEVANAGARI.findall(html.unescape(page.read_text("utf-8")))}
    assert len(written) > 10
    assert written <= {chr(code) for code in TTFont(FONT).getBestCmap()}


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
