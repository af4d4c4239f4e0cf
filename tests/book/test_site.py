"""The built site: links, figures, outputs, labels, and that nothing comes from another host.

The pages are read from book/_build/html, which `make book` leaves; without it these tests are skipped.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).parents[2]
SITE = ROOT / "book" / "_build" / "html"
PAGES = sorted(path for path in SITE.glob("*.html") if path.name not in ("search.html", "genindex.html"))

pytestmark = pytest.mark.skipif(not PAGES, reason="book/_build/html is made by `make book`")


@pytest.fixture(scope="module")
def soups() -> dict[Path, BeautifulSoup]:
    return {path: BeautifulSoup(path.read_text("utf-8"), "lxml") for path in PAGES}


def targets(soup: BeautifulSoup) -> list[tuple[str, str]]:
    """Every address that a page names, with the kind of element that names it."""
    found = []
    for attribute in ("href", "src"):
        for element in soup.find_all(attrs={attribute: True}):
            found.append((element.name, element[attribute]))
    return found


def test_every_listed_chapter_has_a_page() -> None:
    listed = re.findall(r"file: (\S+)", (ROOT / "_toc.yml").read_text())
    assert {f"{name}.html" for name in [*listed, "index"]} <= {page.name for page in PAGES}


def test_links_lead_somewhere(soups: dict[Path, BeautifulSoup]) -> None:
    broken = []
    for page, soup in soups.items():
        for kind, target in targets(soup):
            parts = urlsplit(target)
            if parts.scheme or (kind == "a" and target in ("#", "")):
                continue
            if parts.path.startswith("javascript") or (kind == "a" and target.startswith("#pst")):
                continue
            file = (page.parent / unquote(parts.path)).resolve() if parts.path else page
            if not file.is_file():
                broken.append(f"{page.name}: {target}")
            elif parts.fragment and file in soups:
                name = unquote(parts.fragment)
                if not soups[file].find(id=name) and not soups[file].find(attrs={"name": name}):
                    broken.append(f"{page.name}: {target}")
    assert not broken


def test_nothing_is_loaded_from_another_host(soups: dict[Path, BeautifulSoup]) -> None:
    elsewhere = []
    for page, soup in soups.items():
        for kind, target in targets(soup):
            if kind != "a" and (urlsplit(target).scheme in ("http", "https") or target.startswith("//")):
                elsewhere.append(f"{page.name}: <{kind}> {target}")
        for script in soup.find_all("script"):
            for host in ("cdn.jsdelivr.net", "unpkg.com", "cdnjs.cloudflare.com", "googleapis.com"):
                if host in script.text:
                    elsewhere.append(f"{page.name}: a script names {host}")
    for sheet in SITE.rglob("*.css"):
        if re.search(r"(@import|url\()\s*['\"(]*\s*(https?:)?//", sheet.read_text("utf-8")):
            elsewhere.append(sheet.name)
    assert not elsewhere


def test_mathjax_and_its_fonts_are_there() -> None:
    mathjax = SITE / "_static" / "mathjax"
    assert (mathjax / "startup.js").is_file()
    assert list((mathjax / "output/chtml/fonts/woff-v2").glob("*.woff"))


def test_every_page_asks_for_mistakes_and_chapters_are_downloaded(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        reports = soup.select(".article-header-buttons a.btn-report")
        assert [link["title"] for link in reports] == ["Report a mistake on this page"], page.name
        address = urlsplit(reports[0]["href"])
        assert address.scheme == "https" and address.path.endswith("/issues/new"), page.name
        assert parse_qs(address.query)["title"] == [f"Mistake on {page.name}"]
        assert soup.select("a.btn-download-source-button"), page.name


def test_figures_have_a_text(soups: dict[Path, BeautifulSoup]) -> None:
    dumb = []
    for page, soup in soups.items():
        article = soup.find("article")
        for image in article.find_all("img"):
            if len(image.get("alt", "")) < 20 or image["alt"].startswith("_images"):
                dumb.append(f"{page.name}: {image.get('src')}")
        for svg in article.select(".picture svg"):
            if svg.get("role") != "img" or len(svg.get("aria-label", "")) < 20:
                dumb.append(f"{page.name}: an SVG without a text")
    assert not dumb


def test_pictures_carry_no_colour_of_their_own_for_text(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        for svg in soup.select(".picture svg"):
            text = str(svg)
            assert "currentColor" in text or 'class="part' in text, page.name


def test_outputs_show_no_error_and_no_warning(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        assert not soup.select(".output.stderr"), page.name
        assert not soup.select(".output.traceback"), page.name
        for output in soup.select(".cell_output"):
            assert not re.search(r"Traceback \(most|Error:|Warning:", output.text), page.name


def test_every_code_cell_was_run(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        source = ROOT / "book" / f"{page.stem}.md"
        text = source.read_text("utf-8") if source.is_file() else ""
        pictures = len(re.findall(r"(?<![\w.])(?:figures\.)?show\(", text))
        drawn = len([svg for svg in soup.select(".picture svg") if not svg.find_parent(class_="stepper")])
        assert drawn == pictures, page.name


def test_pages_are_light() -> None:
    heavy = {page.name: page.stat().st_size for page in PAGES if page.stat().st_size > 1_500_000}
    assert not heavy


def test_ids_are_unique(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        names = [element["id"] for element in soup.find("article").find_all(id=True)]
        doubled = {name for name in names if names.count(name) > 1}
        assert not doubled, page.name


QUIZZES = sorted((ROOT / "book" / "quizzes").glob("*.json"))


@pytest.mark.parametrize("quiz", QUIZZES, ids=lambda path: path.stem)
def test_quizzes(quiz: Path) -> None:
    questions = json.loads(quiz.read_text("utf-8"))
    assert len(questions) >= 3
    for question in questions:
        assert len(question["answers"]) == 4
        assert sum(answer["correct"] for answer in question["answers"]) == 1
        assert all(len(answer["feedback"]) >= 20 for answer in question["answers"])
    page = SITE / f"{quiz.stem}.html"
    plain = [answer["feedback"] for answer in questions[0]["answers"] if "$" not in answer["feedback"]]
    assert not page.exists() or all(json.dumps(text) in page.read_text("utf-8") for text in plain)
