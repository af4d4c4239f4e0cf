"""The built site: links, figures, outputs, labels, and that nothing comes from another host.

The pages are read from book/_build/html, which `make book` leaves; without it these tests are skipped.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from bs4 import BeautifulSoup
from jupyter_cache import get_cache
from jupyter_cache.readers import get_reader

from seqlib.book import figures

ROOT = Path(__file__).parents[2]
SITE = ROOT / "book" / "_build" / "html"
PAGES = sorted(path for path in SITE.glob("*.html") if path.name not in ("search.html", "404.html"))

spec = importlib.util.spec_from_file_location("pages", ROOT / "book" / "_ext" / "pages.py")
assert spec and spec.loader
pages = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pages)

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
    soups = soups | {path: BeautifulSoup(path.read_text("utf-8"), "lxml") for path in SITE.glob("reference/*.html")}
    assert len(soups) > len(PAGES)
    names = {
        page: {element[name] for name in ("id", "name") for element in soup.find_all(attrs={name: True})}
        for page, soup in soups.items()
    }
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
            elif parts.fragment and file in names and unquote(parts.fragment) not in names[file]:
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


def test_formulas_are_typeset_when_the_book_is_built(soups: dict[Path, BeautifulSoup]) -> None:
    assert list((SITE / "_static/formulas").glob("*.woff2")) and not list(SITE.rglob("*chtml*"))
    for page, soup in soups.items():
        formulas = soup.select("mjx-container")
        assert all(formula.select_one("mjx-assistive-mml math") for formula in formulas), page.name
        assert not soup.select("mjx-merror"), page.name
        assert bool(formulas) == bool(soup.select('link[href*="formulas.css"]')), page.name
        prose = BeautifulSoup(str(soup.find("article")), "lxml")
        for code in prose(["script", "style", "pre", "code", "mjx-container"]):
            code.extract()
        assert not re.search(r"\\\(|\$[^$ ]+\$|\\frac", prose.text), page.name


def test_every_page_or_none_asks_for_mistakes_and_chapters_are_downloaded(soups: dict[Path, BeautifulSoup]) -> None:
    asked = set()
    for page, soup in soups.items():
        assert soup.select("a.btn-download-source-button"), page.name
        reports = soup.select(".article-header-buttons a.btn-report")
        asked.add(reports[0]["href"].partition("/issues/new?")[0] if reports else "")
        if reports:
            assert [link["title"] for link in reports] == ["Report a mistake on this page"], page.name
            address = urlsplit(reports[0]["href"])
            assert address.scheme == "https" and address.path.endswith("/issues/new"), page.name
            assert parse_qs(address.query)["title"] == [f"Mistake on {page.name}"]
    assert len(asked) == 1 and "your-account" not in asked.pop()


def test_a_number_and_its_per_cent_sign_stand_on_one_line() -> None:
    html = '<p title="9 %">keeps 93 % or\n<b>94</b>, (31 to 98) %,\n95% of 6 × 6 places</p><pre>50 %, 3 × 4</pre><code>x%2</code>'
    whole = pages.with_whole_numbers(html)
    assert "93\u00a0% or" in whole and "98)\u00a0%" in whole and "95\u00a0% of 6\u00a0×\u00a06 places" in whole
    assert '<p title="9 %">' in whole and whole.endswith("<pre>50 %, 3 × 4</pre><code>x%2</code>")


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://github.com/someone/a.book.git", "https://github.com/someone/a.book"),
        ("https://someone:secret@example.org/group/part/book/", "https://example.org/group/part/book"),
        ("git@github.com:someone/book.git", "https://github.com/someone/book"),
        ("ssh://git@example.org:2222/someone/book", "https://example.org/someone/book"),
        ("../book.git", ""),
        ("/home/someone/book", ""),
        ("file:///home/someone/book", ""),
        ("", ""),
    ],
)
def test_the_address_of_a_remote(remote: str, address: str) -> None:
    assert pages.web_address(remote) == address


def test_mistakes_are_reported_to_whoever_publishes(tmp_path: Path) -> None:
    workflow = {"GITHUB_REPOSITORY": "someone/book"}
    assert pages.sources(workflow, "https://example.org/other", tmp_path) == "https://github.com/someone/book"
    hosted = workflow | {"GITHUB_SERVER_URL": "https://git.example.org"}
    assert pages.sources(hosted, "", tmp_path) == "https://git.example.org/someone/book"
    assert pages.sources({}, "https://example.org/other/", tmp_path) == "https://example.org/other"
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    assert pages.sources({}, "", tmp_path) == ""
    subprocess.run(["git", "-C", tmp_path, "remote", "add", "origin", "git@github.com:someone/book.git"], check=True)
    assert pages.sources({}, "", tmp_path) == "https://github.com/someone/book"


def test_a_page_has_no_button_that_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(pages, "sources", lambda *known: "")
    config = SimpleNamespace(html_context={"report_to": None})
    pages.find_sources(None, config)
    assert "no button to report a mistake" in capsys.readouterr().err
    context = config.html_context | {"header_buttons": []}
    pages.offer_report(None, "index", "", context, None)
    assert context["header_buttons"] == []
    pages.offer_report(None, "index", "", context | {"report_to": "https://example.org/book"}, None)
    assert [button["label"] for button in context["header_buttons"]] == ["report"]


def test_figures_have_a_text(soups: dict[Path, BeautifulSoup]) -> None:
    dumb = []
    for page, soup in soups.items():
        article = soup.find("article")
        for image in article.find_all("img"):
            if len(image.get("alt", "")) < 20 or image["alt"].startswith("_images"):
                dumb.append(f"{page.name}: {image.get('src')}")
        for picture in article.select(".picture > *"):
            if picture.get("role") != "img" or len(picture.get("aria-label", "")) < 20:
                dumb.append(f"{page.name}: a picture without a text")
    assert not dumb


def test_text_in_a_picture_has_the_pages_colour_or_that_of_its_curve(soups: dict[Path, BeautifulSoup]) -> None:
    fills = {f"fill: {colour}" for colour in ("currentColor", *figures.COLOURS)}
    for page, soup in soups.items():
        for svg in soup.select(".picture svg"):
            glyphs, texts = svg.select('g[transform*="scale("]'), svg.find_all("text")
            assert glyphs or texts, page.name
            assert {group["style"] for group in glyphs} <= fills, page.name
            assert not any(text.has_attr("fill") or text.has_attr("style") for text in texts), page.name


def test_reviews_are_wrapped(soups: dict[Path, BeautifulSoup]) -> None:
    outputs = [output.text for output in soups[SITE / "01-why-sequences.html"].select(".cell_output pre")]
    reviews = [text for text in outputs if re.match(r"\*{1,5} +\w", text)]
    assert reviews and max(len(line) for text in reviews for line in text.splitlines()) <= 80


def test_a_term_that_does_not_exist_is_a_blank(soups: dict[Path, BeautifulSoup]) -> None:
    """Lesson 4's table of the terms of a gradient: six rows of one to six shaded cells, and none above the diagonal."""
    (table,) = soups[SITE / "04-backpropagation-through-time.html"].select('[aria-label^="A lower triangular table"]')
    assert len(table.select('path[style*="opacity"]')) == 6 * 7 / 2


def test_figures_have_no_legend_and_no_turned_text(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        assert not soup.select(".picture svg.keyed"), page.name
        turned = [
            tag
            for tag in soup.select(".picture svg g[transform]")
            if re.search(r"rotate\(-?(45|60|90)\)", tag["transform"])
        ]
        assert not turned, page.name


def test_captions_have_formulas_for_symbols(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        for caption in soup.select("figcaption .caption-text"):
            for formula in caption.select("mjx-container, code, .headerlink"):
                formula.extract()
            assert not re.search(
                r"\b[A-Za-z]_\w|\^|<\w>|\b(step|output|input|row|column) [b-z]\b", caption.text, re.IGNORECASE
            ), (page.name, caption.text)


def test_punctuation_after_a_formula_stays_on_its_line(soups: dict[Path, BeautifulSoup]) -> None:
    kept = 0
    for page, soup in soups.items():
        for formula in soup.select("article mjx-container:not([display])"):
            after = formula.next_sibling
            if isinstance(after, str) and re.match(r"[.,;:!?)]", after):
                kept += 1
                assert "unbroken" in formula.parent.get("class", []), (page.name, str(formula.parent)[-80:])
    assert kept > 50


def test_no_page_speaks_of_what_this_machine_lacks(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        assert "not installed" not in " ".join(output.text for output in soup.select(".cell_output")), page.name


def test_a_solution_is_folded_away_without_a_script(soups: dict[Path, BeautifulSoup]) -> None:
    solutions = [solution for soup in soups.values() for solution in soup.select(".solution")]
    assert len(solutions) > 8
    for solution in solutions:
        assert solution.name == "details" and not solution.has_attr("open")
        assert solution.summary.text.startswith("Solution to Exercise ") and len(solution.text) > 100
    assert not [page.name for page, soup in soups.items() if soup.select(".dropdown.admonition, .toggle")]


def test_outputs_show_no_error_and_no_warning(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        assert not soup.select(".output.stderr"), page.name
        assert not soup.select(".output.traceback"), page.name
        for output in soup.select(".cell_output"):
            said = re.sub(r"NotImplementedError: \w+ is not written yet[.;]", "", output.text)  # shown on purpose
            assert not re.search(r"Traceback \(most|Error:|Warning:", said), page.name


def test_every_code_cell_was_run() -> None:
    """As the cache has it from which the site was built."""
    cache, read = get_cache(str(SITE.parent / ".jupyter_cache")), get_reader({"type": "plugin", "name": "myst_nb_md"})
    for source in (ROOT / "book").glob("*.md"):
        if count := source.read_text("utf-8").count("```{code-cell}"):
            run = cache.get_cache_bundle(cache.match_cache_notebook(read(str(source))).pk)
            cells = [cell for cell in run.nb["cells"] if cell["cell_type"] == "code"]
            assert len(cells) == count, source.name
            for cell in cells:
                skipped = "skip-execution" in cell["metadata"].get("tags", [])
                assert skipped == (cell["execution_count"] is None), (source.name, cell["source"])


def test_every_figure_that_is_shown_is_drawn(soups: dict[Path, BeautifulSoup]) -> None:
    for page, soup in soups.items():
        source = ROOT / "book" / f"{page.stem}.md"
        text = source.read_text("utf-8") if source.is_file() else ""
        pictures = len(re.findall(r"(?<![\w.])(?:figures\.)?show\(", text))
        drawn = len([picture for picture in soup.select(".picture") if not picture.find_parent(class_="stepper")])
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
    feedbacks = [answer["feedback"] for question in questions for answer in question["answers"]]
    plain = [feedback for feedback in feedbacks if not re.search("[$`<&*]", feedback)]
    assert plain
    text = BeautifulSoup(page.read_text("utf-8"), "lxml").text.replace("\u00a0", " ") if page.exists() else ""
    assert not page.exists() or all(feedback in text for feedback in plain)


def test_the_right_answer_stands_at_every_place(soups: dict[Path, BeautifulSoup]) -> None:
    groups = [group for soup in soups.values() for group in soup.select(".quiz fieldset")]
    places = [[answer.has_attr("data-right") for answer in group.select("input")].index(True) for group in groups]
    assert set(places) == {0, 1, 2, 3}
