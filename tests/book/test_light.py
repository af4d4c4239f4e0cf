"""What book/_ext/light.py cuts away from the theme's pages, and that nothing is missed there."""

from __future__ import annotations

import base64
import importlib.util
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont

ROOT = Path(__file__).parents[2]
SITE = ROOT / "book" / "_build" / "html"
PAGES = sorted(path.name for path in SITE.glob("*.html"))
SETTLED = "document.fonts.ready"
spec = importlib.util.spec_from_file_location("light", ROOT / "book" / "_ext" / "light.py")
assert spec and spec.loader
light = importlib.util.module_from_spec(spec)
spec.loader.exec_module(light)


def test_rules_for_what_no_page_has_are_left_out() -> None:
    sheet = """a{b:c}.x{d:e}.y>p,.x .y{f:g}@media print{.x{h:i}.y:not(.x){j:k}}@media screen{.x{l:m}}@keyframes n{to{o:p}}"""
    assert light.lighten_sheet(sheet, {"y"}).split("\n") == [
        "a{b:c}",
        ".y>p{f:g}",
        "@media print{.y:not(.x){j:k}}",
        "@keyframes n{to{o:p}}",
    ]
    assert light.lighten_sheet(sheet, {"x", "y"}).replace("\n", "") == sheet
    assert light.lighten_sheet(r".sm\:y{a:b}.z\:y{c:d}", {"sm", "y"}) == r".sm\:y{a:b}"
    with pytest.raises(ValueError, match="cannot be read"):
        light.lighten_sheet("a{b:c} }", set())


def test_a_class_of_the_live_figures_is_written_out_somewhere() -> None:
    """A class that a script puts together from pieces is one that nobody sees, and the site is left without its rules."""
    live = ROOT / "book" / "_static" / "live"
    named = set(re.findall(r"\.(live-[\w-]+)", (live / "live.css").read_text("utf-8")))
    writers = [*live.glob("*.js"), *ROOT.glob("book/_ext/*.py"), *ROOT.glob("seqlib/book/*.py")]
    assert len(named) > 100
    assert named - {word for path in writers for word in light.WORD.findall(path.read_text("utf-8"))} == set()


def test_fonts_have_the_letters_that_occur_and_what_a_reader_may_type(tmp_path: Path) -> None:
    for folder, name in (
        ("fonts", "text.woff2"),
        ("formulas", "MathJax_Main-Regular.woff"),
        ("vendor/fontawesome/webfonts", ""),
    ):
        (tmp_path / folder).mkdir(parents=True)
        if name:
            shutil.copy(ROOT / "book/_vendor/site" / folder / name, tmp_path / folder)
    light.lighten_fonts(tmp_path, set("ab+"), set("a\u0142"))
    text = set(TTFont(tmp_path / "fonts/text.woff2").getBestCmap())
    assert ord("\u0142") in text and ord("z") in text and ord("\u0143") not in text
    formulas = tmp_path / "formulas/MathJax_Main-Regular.woff2"
    assert set(TTFont(formulas).getBestCmap()) == set(map(ord, "ab+")) and formulas.stat().st_size < 3000
    shutil.copy(ROOT / "book/_vendor/site/formulas/MathJax_Zero.woff", tmp_path / "formulas")
    light.lighten_fonts(tmp_path, set("ab+"), set())
    measures = TTFont(tmp_path / "formulas/MathJax_Zero.woff2")["cmap"]
    assert all(table.cmap for table in measures.tables) and measures.tables  # a browser refuses a font without letters
    sheet = '@font-face{src:url("formulas/MathJax_Main-Regular.woff") format("woff")}'
    assert "MathJax_Main-Regular.woff2" in light.lighten_sheet(
        sheet, set()
    ) and 'format("woff2")' in light.lighten_sheet(sheet, set())


def test_a_figure_stays_the_same_drawing() -> None:
    svg = """<svg aria-label="3.14159">
 <!-- 12 --><g id="p01234567-text_1" clip-path="url(#p01234567-axes_2)"><path d="M 1.23456 -0.00049 L 3 4.5"/></g>
<g id="p01234567-axes_2"><use x="1.005" transform="translate(2.34567 3) scale(0.015625 0.015625)"/></g></svg>"""
    assert (
        light.lighten_figure(svg)
        == """<svg aria-label="3.14159">
 <g clip-path="url(#p01234567-axes_2)"><path d="M 1.23 -0 L 3 4.5"/></g>
<g id="p01234567-axes_2"><use x="1" transform="translate(2.35 3) scale(0.015625 0.015625)"/></g></svg>"""
    )


def test_lines_are_not_indented_where_that_is_not_seen() -> None:
    pre = "<pre>\n  a\n\n    b</pre>"
    assert light.strip_lines(f"<p>\n  a\n\n\t b{pre}  c\n   d\n{pre}\n  e") == f"<p>\na\nb{pre}  c\nd\n{pre}\ne"


def test_a_letter_is_drawn_once_for_all_figures() -> None:
    one, other = (
        f'<path id="p{n}-DejaVuSans-Oblique-44" d="M 1"/><path id="p{n}-m1a2" d="M 2"/>'
        f'<use xlink:href="#p{n}-DejaVuSans-Oblique-44"/><use xlink:href="#p{n}-m1a2"/>'
        for n in ("01234567", "89abcdef")
    )
    shared = light.share_letters(one + other)
    assert shared.count('id="DejaVuSans-Oblique-44"') == 1 and shared.count('"#DejaVuSans-Oblique-44"') == 2
    assert shared.count('d="M 2"') == 2  # markers differ from figure to figure


def test_a_page_keeps_the_scripts_that_it_uses_and_its_sounds(tmp_path: Path) -> None:
    scripts = '<script src="_static/searchtools.js"></script>\n<script src="searchindex.js"></script>\n'
    book = '<script src="_static/copybutton.js?v=1"></script>'
    scripts += '<script src="_static/doctools.js?v=1"></script>\n<script>let toggleHintShow = 1;</script>\n'
    icons = '<script defer src="_static/scripts/fontawesome.js?digest=1"></script>\n'
    assert light.lighten_page(icons + scripts + book + "no page", tmp_path) == book + "no page"
    spied = '<body class="a" data-bs-spy="scroll" data-bs-target=".b"><p data-bs-spy="c">'
    assert light.lighten_page(spied, tmp_path) == '<body class="a"><p data-bs-spy="c">'
    sound = light.lighten_page(f'<audio src="data:audio/wav;base64,{base64.b64encode(b"RIFF").decode()}">', tmp_path)
    (file,) = tmp_path.iterdir()
    assert file.read_bytes() == b"RIFF" and sound == f'<audio src="_static/{file.name}">'
    icon = light.lighten_page('<i class="fas fa-bug"></i>', tmp_path)
    assert icon == '<i aria-hidden="true" class="fas fa-bug"></i>' == light.lighten_page(icon, tmp_path)


def test_the_book_draws_each_letter_that_a_figure_uses_and_has_its_sounds() -> None:
    for name in PAGES:
        html = (SITE / name).read_text("utf-8")
        names = set(re.findall(r' id="([^"]+)"', html))
        assert set(re.findall(r'xlink:href="#([^"]+)"', html)) <= names, name
        assert all((SITE / sound).is_file() for sound in re.findall(r'src="(_static/[^"]+\.wav)"', html)), name


def test_the_icon_of_the_search_stands_before_its_field(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address + "index.html")
    page.evaluate(SETTLED)
    page.keyboard.press("Control+k")
    icon, field = (page.locator(f"#pst-search-dialog {name}").bounding_box() for name in ("form > i", "form > input"))
    assert icon["width"] > 20 and icon["x"] + icon["width"] <= field["x"]
    page.keyboard.type("gradient")
    page.keyboard.press("Enter")
    page.wait_for_selector(".search-found li")
    assert "search.html" in page.url
    page.close()


def test_a_solution_says_at_the_end_of_its_line_that_it_can_be_opened(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 390, "height": 900})
    page.goto(address + "03-rnn.html")
    style = "(summary) => (({ position, fontFamily }) => [position, fontFamily])(getComputedStyle(summary, '::after'))"
    position, font = page.locator("details.solution > summary").first.evaluate(style)
    assert position == "static" and "Book Text" in font


def test_every_font_of_formulas_is_asked_for_in_the_form_it_has() -> None:
    for name in ("MathJax_Main-Regular", "MathJax_Zero"):
        sheet = f'@font-face{{src:url("formulas/{name}.woff") format("woff")}}'
        assert f'{name}.woff2") format("woff2")' in light.lighten_sheet(sheet, set())
