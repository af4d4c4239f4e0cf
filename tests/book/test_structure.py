"""What stands around the text: head, contents, numbers, search entries, reference, files for machines."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup

from seqlib.book.address import site_address

ROOT = Path(__file__).parents[2]
SITE = ROOT / "book" / "_build" / "html"
PAGES = sorted(SITE.glob("*.html"))
REFERENCE = sorted((SITE / "reference").glob("*.html"))
LESSONS = [page for page in PAGES if re.match(r"\d\d-", page.name)]

pytestmark = pytest.mark.skipif(not PAGES, reason="book/_build/html is made by `make book`")


def extension(name: str) -> ModuleType:
    folder = ROOT / "book" / "_ext"
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location(f"book_{name}", folder / f"{name}.py")
        assert spec and spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(folder))
    return module


@pytest.fixture(scope="module")
def soups() -> dict[str, BeautifulSoup]:
    return {page.name: BeautifulSoup(page.read_text("utf-8"), "lxml") for page in PAGES}


def test_a_page_has_one_title(soups: dict[str, BeautifulSoup]) -> None:
    for name, soup in soups.items():
        assert len(soup.find_all("h1")) == 1, name
        parts = soup.title.text.split(" — ")
        assert len(set(parts)) == len(parts), (name, parts)


def test_a_page_says_what_it_is_about(soups: dict[str, BeautifulSoup]) -> None:
    descriptions = {}
    for name, soup in soups.items():
        if name in ("404.html", "search.html"):
            assert soup.find("meta", attrs={"name": "robots", "content": "noindex"}), name
            continue
        tag = soup.find("meta", attrs={"name": "description"})
        assert tag and 40 <= len(tag["content"]) <= 260 and ",," not in tag["content"], name
        descriptions[name] = tag["content"]
        card = soup.find("meta", property="og:image")
        assert card and (SITE / ("_images" + card["content"].partition("_images")[2])).stat().st_size > 5_000, name
    assert len(set(descriptions.values())) == len(descriptions)


def test_version_and_day_stand_at_the_foot(soups: dict[str, BeautifulSoup]) -> None:
    for name, soup in soups.items():
        assert re.search(r"Version \d+\.\d+\.\d+(, \d{4}-\d\d-\d\d)?\.", soup.select_one(".extra_footer").text), name


def test_next_leads_from_the_first_page_to_lesson_1(soups: dict[str, BeautifulSoup]) -> None:
    assert soups["index.html"].select_one(".right-next")["href"].startswith("01-why-sequences.html")
    names = [link["href"] for link in soups["index.html"].select(".bd-links a.internal")]
    last_lesson = max(i for i, name in enumerate(names) if name[0].isdigit())
    assert last_lesson < names.index("exercises.html") and last_lesson < names.index("conventions.html")


def test_the_credits_are_a_page_of_their_own_behind_the_lessons(soups: dict[str, BeautifulSoup]) -> None:
    page = soups["credits.html"].select_one("article")
    assert "credits" in page.h1.text and {"CC BY 4.0", "BSD 3-Clause", "OFL"} <= set(
        re.findall(r"CC BY 4\.0|BSD 3-Clause|OFL", page.text)
    )
    first = soups["index.html"]
    assert not re.search("OFL|Font Awesome|MathJax", first.select_one("article").text)
    names = [link["href"] for link in first.select(".bd-links a.internal")]
    assert names.index("credits.html") > max(i for i, name in enumerate(names) if name[0].isdigit())


def test_a_wrong_address_leads_to_a_page_with_a_search(soups: dict[str, BeautifulSoup]) -> None:
    page = soups["404.html"].select_one("article")
    assert page.select('form[action*="search"] input[name="q"]') and "no such page" in page.h1.text


def test_the_page_on_gpus_shows_what_was_measured_on_one(soups: dict[str, BeautifulSoup]) -> None:
    measured = json.loads((ROOT / "benchmarks/results/torch_speed_gpu.json").read_text("utf-8"))
    page = soups["on-the-gpu.html"].select_one("article")
    assert measured["machine"]["device"] in page.select_one("caption").text
    assert f"commit {measured['machine']['commit']}" in page.select_one("caption").text
    assert len(page.select("details tbody tr")) >= len(measured["rows"])


def test_every_published_loss_and_source_stands_on_the_page_that_reproduces_others(
    soups: dict[str, BeautifulSoup],
) -> None:
    published = json.loads((ROOT / "benchmarks/published.json").read_text("utf-8"))
    page = soups["reproducing-others.html"].select_one("article")
    links, cells = {link["href"] for link in page.select("a[href]")}, {cell.text for cell in page.select("td")}
    for source in published["sources"].values():
        assert source["address"] in links and source["text"] in cells
    for name in ("nats per letter of a text", "nats per letter of names"):
        assert {f"{row['value']:g}" for row in published[name]} <= cells
    for row in published["tokens per second"]:
        assert any(cell.startswith(f"{1e6 / row['value']:.1f}") for cell in cells)


def test_the_first_page_has_the_figure_the_lessons_and_results(soups: dict[str, BeautifulSoup]) -> None:
    page = soups["index.html"]
    assert page.select_one("#live-characters")
    lessons = page.select(".lessons > li")
    assert len(lessons) == 16
    assert [lesson.a["href"] for lesson in lessons] == [path.name for path in LESSONS]
    assert all(re.search(r"\d+ minutes", lesson.text) for lesson in lessons)
    titles = {lesson.a["href"]: lesson.select_one(".lesson-title").text for lesson in lessons}
    for name, title in titles.items():
        assert re.sub(r"^Lesson \d+\. |#$", "", soups[name].h1.text) == title
    tasks = {task["task"]: task for task in json.loads((ROOT / "benchmarks/results/gallery.json").read_text())["tasks"]}
    results = page.select(".results > li")
    assert len(results) == 3
    for result in results:
        scores = sorted(tasks[result.select_one(".result-task").text]["model"])
        assert result.select_one(".result-score").text == f"{scores[len(scores) // 2]:.2f}"


def test_the_index_has_every_term_with_the_sections_that_explain_or_mark_it(soups: dict[str, BeautifulSoup]) -> None:
    lines = [line.select("a") for line in soups["index-of-terms.html"].select("ul.terms > li")]
    terms = [
        term for term in soups["glossary.html"].select("dl.glossary dt") if not term.find(["mjx-container", "code"])
    ]
    words = [term.text.removesuffix("#") for term in terms]
    first = [
        word
        for word, term in zip(words, terms, strict=True)
        if getattr(term.find_previous_sibling(), "name", "dd") == "dd"
    ]
    assert first == sorted(first, key=str.lower), "the glossary is in alphabetical order"
    assert [line[0].text for line in lines] == sorted(words, key=str.lower)
    assert {line[0]["href"] for line in lines} == {f"glossary.html#{term['id']}" for term in terms}
    places = {line[0].text: [place.text for place in line[1:]] for line in lines}
    assert all(places.values())
    assert places["corpus"] == ["2.2", "6.2"]  # the glossary names the one, the other marks it
    for line in lines:
        for place in line[1:]:
            page, _, at = place["href"].partition("#")
            inner = soups[page].find(id=at)
            titles = [part.find(["h1", "h2"], recursive=False) for part in (inner, *inner.parents)]
            nearest = next(title.text for title in titles if title)
            assert nearest.startswith(f"{place.text} ") or not place.text[0].isdigit(), (line[0].text, place["href"])


def test_figures_and_equations_are_numbered_by_lesson(soups: dict[str, BeautifulSoup]) -> None:
    for page in LESSONS:
        lesson = int(page.name[:2])
        for selector, before in ((".caption-number", "Fig. "), (".eqno", "(")):
            said = [tag.text.strip() for tag in soups[page.name].select(selector) if tag.text.startswith(before)]
            assert said == [f"{before}{lesson}.{i}" + (")" if before == "(" else "") for i in range(1, len(said) + 1)]
    assert soups["03-rnn.html"].select(".caption-number")


def test_folded_code_stands_below_what_it_draws(soups: dict[str, BeautifulSoup]) -> None:
    cells = [cell for soup in soups.values() for cell in soup.select(".cell.tag_hide-input")]
    assert cells
    for cell in cells:
        parts = [part.name for part in cell.find_all(recursive=False)]
        assert parts[-1] == "details" and len(parts) > 1
        assert cell.select_one("summary .collapsed").text == "Show code"


def test_every_lesson_is_offered_as_a_notebook(soups: dict[str, BeautifulSoup]) -> None:
    for page in LESSONS:
        (link,) = soups[page.name].select('a[href$=".ipynb"].btn-download-notebook-button')
        notebook = nbformat.read(SITE / link["href"], as_version=4)
        nbformat.validate(notebook)
        source = (ROOT / "book" / f"{page.stem}.md").read_text("utf-8")
        assert sum(cell.cell_type == "code" for cell in notebook.cells) == source.count("```{code-cell}")


def test_the_reference_has_a_page_for_each_module_with_its_docstrings_rendered() -> None:
    api = extension("api")
    modules = {name for group in api.GROUPS for name, _ in api.modules_of(group)}
    pages = {api.page_of(name): name for name in modules}
    lists = {"data-common_words", "data-ner_words", "support-types"}  # words and types alone: nothing has a docstring
    assert {page.stem for page in REFERENCE} == set(pages) - lists and lists < set(pages)
    rnn = BeautifulSoup((SITE / "reference/rnn.html").read_text("utf-8"), "lxml")
    entry = rnn.find("section", id="seqlib.rnn.rnn_cell_forward")
    assert [term.text for term in entry.select(".api-arguments dt")] == ["x_t", "a_prev", "params"]
    assert entry.select(".api-example .gp")
    arguments = [part.text for part in rnn.select("article dl")]
    assert arguments and not any("lesson 3" in text for text in arguments)  # a line "Source: ..." is no argument
    shown = api.words('for reset="after" a bias')  # no quotes for prose within code
    assert [(node.tagname, node.astext()) for node in shown][1] == ("literal", 'reset="after"')
    for page in REFERENCE:
        soup = BeautifulSoup(page.read_text("utf-8"), "lxml")
        assert len(soup.find_all("h1")) == 1 and soup.select(".api-signature"), page.name
        for link in soup.select("article a.internal"):
            path, _, anchor = link["href"].partition("#")
            target = (page.parent / path).resolve() if path else page
            assert target.is_file(), (page.name, link["href"])
            if target == page and anchor:
                assert soup.find(id=anchor), (page.name, anchor)


def test_the_files_for_machines() -> None:
    head = extension("head")
    assert "User-agent: *" in (SITE / "robots.txt").read_text()
    assert site_address({"GITHUB_REPOSITORY": "Some/Book"}, "") == "https://some.github.io/Book/"
    assert site_address({"GITHUB_REPOSITORY": "some/some.github.io"}, "") == "https://some.github.io/"
    assert site_address({"GITHUB_REPOSITORY": "some/book"}, "https://example.org") == "https://example.org/"
    assert site_address({}, "") == ""
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert cited["version"] == head.version().partition(",")[0]
    assert (
        cited["title"] in BeautifulSoup((SITE / "cite.html").read_text("utf-8"), "lxml").select_one("article pre").text
    )


def test_a_site_with_an_address_has_a_sitemap_and_canonical_addresses(tmp_path: Path) -> None:
    """A site of two pages, built with book/_ext/head.py and a known address."""
    (tmp_path / "conf.py").write_text(
        f"""import sys
sys.path.insert(0, {str(ROOT / "book" / "_ext")!r})
extensions = ["myst_parser", "sphinxext.opengraph", "head"]
html_theme, ogp_social_cards = "basic", {{"enable": False}}
html_context = {{"site_address": "https://example.org/book"}}
html_theme_options = {{}}
"""
    )
    text = " is a page with a sentence that is long enough to describe what stands on it."
    (tmp_path / "index.md").write_text(f"# First\n\nThis{text}\n\n```{{toctree}}\nlesson\n```\n")
    (tmp_path / "lesson.md").write_text(f"# Lesson\n\nThat{text}\n")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-b", "html", tmp_path, tmp_path / "out"], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    pages = {
        name: BeautifulSoup((tmp_path / "out" / name).read_text(), "lxml")
        for name in ("index.html", "lesson.html", "404.html")
    }
    for name in ("index.html", "lesson.html"):
        address = f"https://example.org/book/{name}"
        assert [link["href"] for link in pages[name].select('link[rel="canonical"]')] == [address]
        assert pages[name].find("meta", property="og:url")["content"] == address
    assert pages["404.html"].base["href"] == "https://example.org/book/"
    assert pages["404.html"].find("meta", attrs={"name": "robots", "content": "noindex"})
    sitemap = BeautifulSoup((tmp_path / "out" / "sitemap.xml").read_text(), "xml")
    assert [place.text for place in sitemap.find_all("loc")] == [
        "https://example.org/book/",
        "https://example.org/book/lesson.html",
    ]
    assert "Sitemap: https://example.org/book/sitemap.xml" in (tmp_path / "out" / "robots.txt").read_text()


@pytest.fixture(scope="module")
def entries() -> dict[str, Any]:
    text = (SITE / "_static/search-data.js").read_text("utf-8")
    return dict(json.loads(text.removeprefix("window.bookSearch=").rstrip(";")))


def test_the_search_has_one_entry_for_each_section_with_its_anchor(
    entries: dict[str, Any], soups: dict[str, BeautifulSoup]
) -> None:
    addresses = [entry[0] for entry in entries["entries"]]
    assert len(set(addresses)) == len(addresses)
    for name in (page.name for page in LESSONS):
        sections = [s["id"] for s in soups[name].select("article section[id]") if s.find(["h2", "h3"], recursive=False)]
        titled = {a.partition("#")[2] for a in addresses if a.startswith(f"{name}#")}
        assert titled == {s for s in sections if not s.startswith("references")}, name
    for address, page, title, text in entries["entries"]:
        said = f"{page} {title} {text}"
        assert title and not re.search(
            r"\\(frac|partial|hat|langle|mathcal|begin|tanh)|Show code|Copy to clipboard|Toggle|#$|\$[^$ ]+\$", said
        ), (
            address,
            said[:200],
        )


def test_what_readers_call_it_is_found_under_the_name_of_the_book(
    browser: Any, address: str, entries: dict[str, Any]
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(address + "index.html")
    page.keyboard.press("Control+k")
    for asked in sorted({"vanishing gradients", "hidden units", *entries["synonyms"]}):
        page.locator("#pst-search-dialog input").fill(asked)
        page.wait_for_function(
            "/found|first/i.test(document.querySelector('#pst-search-dialog .search-status').textContent)"
        )
        assert page.locator("#pst-search-dialog .search-found li").count(), asked
        page.locator("#pst-search-dialog input").fill("")
        page.wait_for_function("document.querySelector('#pst-search-dialog .search-status').textContent === ''")
    page.locator("#pst-search-dialog input").fill("bptt")
    page.wait_for_selector("#pst-search-dialog .search-found a")
    assert "backpropagation through time" in page.locator(".search-found a").first.inner_text().lower()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("!location.pathname.endsWith('index.html')")
    page.goto(address + "search.html?q=truncated")
    page.wait_for_selector("#search-results ~ .search-found a[href*='#']")
    page.close()


def test_the_page_about_exercises_shows_a_right_answer_that_passes(soups: dict[str, BeautifulSoup]) -> None:
    (said,) = (output.text for output in soups["exercises.html"].select(".cell_output"))
    assert re.search(r"A right one:\s+majority_baseline: [^\n]*right", said) and "ImportError" not in said
