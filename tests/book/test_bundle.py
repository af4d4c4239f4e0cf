"""Few requests: shared sheets and scripts come in one file each, in the same order, with the same addresses."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SITE = ROOT / "book" / "_build" / "html"
PAGES = sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts)
spec = importlib.util.spec_from_file_location("bundle", ROOT / "book" / "_ext" / "bundle.py")
assert spec and spec.loader
bundle = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bundle)


def link(name: str, up: str = "") -> str:
    return f'<link rel="stylesheet" href="{up}_static/{name}?v=1" />\n'


def script(name: str, up: str = "", how: str = "") -> str:
    return f'<script {how}src="{up}_static/{name}?v=1"></script>\n'


def run(site: Path) -> None:
    bundle.bundle(SimpleNamespace(outdir=site, doctreedir=site, builder=SimpleNamespace(format="html")), None)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Two pages: one with a sheet and a script of its own, one in a folder."""
    static = tmp_path / "_static"
    (static / "styles").mkdir(parents=True)
    (static / "basic.css").write_text("basic{src:url(d.svg)}\n")
    (static / "styles" / "a.css").write_text(
        '@import "../basic.css";a{src:url(../fonts/a.woff2)} i{src:url("data:x")} u{src:url(#y)}'
    )
    (static / "b.css").write_text('b{src:url("fonts/b.woff2")}')
    (static / "c.css").write_text("c{}")
    for name in ("documentation_options", "one", "two", "own"):
        (static / f"{name}.js").write_text(f'"use strict"; const {name} = 1')
    head = script("documentation_options.js") + '<link rel="preload" as="script" href="_static/two.js?v=1" />\n'
    foot = script("two.js", how="defer ")
    (tmp_path / "index.html").write_text(
        link("styles/a.css")
        + link("own.css")
        + link("b.css")
        + link("c.css")
        + head
        + script("one.js")
        + script("own.js")
        + foot
    )
    (tmp_path / "reference").mkdir()
    up = "../"
    other = link("styles/a.css", up) + link("b.css", up) + link("c.css", up)
    scripts = script("documentation_options.js", up) + script("one.js", up) + script("two.js", up, "defer ")
    (tmp_path / "reference" / "x.html").write_text(other + scripts)
    run(tmp_path)
    return tmp_path


def test_sheets_keep_their_order_and_what_one_page_has_stays_a_file(site: Path) -> None:
    page, other = (site / "index.html").read_text(), (site / "reference" / "x.html").read_text()
    first, own, rest = re.findall(r'href="([^"]+\.css[^"]*)"', page)
    assert own == "_static/own.css?v=1"
    assert "\na{" in (site / first).read_text() and (site / rest).read_text() == 'b{src:url("fonts/b.woff2")}\nc{}'
    (together,) = re.findall(r'href="\.\./([^"]+\.css)"', other)
    assert [line[0] for line in (site / together).read_text().split("\n")] == ["b", "a", "b", "c"]


def test_addresses_in_a_sheet_lead_to_the_same_files(site: Path) -> None:
    first = re.search(r'href="([^"]+\.css)"', (site / "index.html").read_text())
    assert (
        first
        and (site / first[1]).read_text()
        == 'basic{src:url("d.svg")}\na{src:url("fonts/a.woff2")} i{src:url("data:x")} u{src:url(#y)}'
    )


def test_scripts_are_one_that_waits_and_a_page_keeps_its_own(site: Path) -> None:
    page, other = (site / "index.html").read_text(), (site / "reference" / "x.html").read_text()
    shared = re.search(
        r'<script defer src="(_static/book-\w+\.js)"></script>\n<script defer src="_static/own\.js\?v=1">', page
    )
    assert shared and f'<script defer src="../{shared[1]}"></script>' in other
    assert (site / shared[1]).read_text() == ';"use strict"; const one = 1\n;"use strict"; const two = 1'
    assert "<script>" in page and "const documentation_options = 1</script>" in page and "preload" not in page


def test_a_page_that_was_not_written_again_gets_what_has_changed(site: Path) -> None:
    before = (site / "index.html").read_text()
    run(site)
    assert (site / "index.html").read_text() == before  # nothing changed
    (site / "_static" / "c.css").write_text("c{d:e}")
    (site / "_static" / "two.js").write_text("two()")
    run(site)
    page = (site / "index.html").read_text()
    names = re.findall(r'(?:href|src)="(_static/(?:look|book)-[^"]+)"', page)
    assert len(names) == 3 and all((site / name).is_file() for name in names)
    assert "c{d:e}" in (site / names[1]).read_text() and "two()" in (site / names[2]).read_text()
    assert (
        len(list((site / "_static").glob("look-*.css"))) == 3 and len(list((site / "_static").glob("book-*.js"))) == 1
    )


@pytest.mark.skipif(not PAGES, reason="book/_build/html is made by `make book`")
def test_a_page_of_the_book_asks_for_few_files() -> None:
    for page in PAGES:
        html = page.read_text("utf-8")
        named = [path for path in (*bundle.SHEET.findall(html), *bundle.SCRIPT.findall(html))]
        assert len(named) <= 8, (page.name, named)
        assert all((SITE / path).is_file() for path in named), page.name


def test_scripts_of_the_bundle_all_run(browser: Any, address: str) -> None:
    page = browser.new_page()
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.goto(address + "03-rnn.html")
    assert page.evaluate("typeof bootstrap") == "object"
    assert page.locator("button.copybtn").count() > 5  # copybutton.js
    page.keyboard.press("Control+k")
    assert page.locator("#pst-search-dialog").is_visible()  # the theme's and search.js
    assert not trouble
    page.close()
