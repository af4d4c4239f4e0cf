"""The book on paper: one PDF of all pages, with every line of code, every solution and every figure on it."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup

from tests.chromium import CHROMIUM

ROOT = Path(__file__).parents[2]
SITE = ROOT / "book" / "_build" / "html"
pypdf = pytest.importorskip("pypdf")
pytest.importorskip("playwright")
loader = SourceFileLoader("build_pdf", str(ROOT / ".ci" / "build-pdf"))
spec = importlib.util.spec_from_loader("build_pdf", loader)
assert spec
build_pdf: Any = importlib.util.module_from_spec(spec)
loader.exec_module(build_pdf)

pytestmark = pytest.mark.skipif(
    not (SITE / "index.html").is_file() or CHROMIUM is None, reason="needs `make book` and chromium"
)
A4 = (595, 842)  # points
DEVANAGARI = re.compile("[\u0900-\u097f]")  # is printed, but its signs are read in another order


def squeezed(text: str) -> str:
    """The letters of a text, without spaces and hyphens: a line that is broken on paper has others than on the page."""
    return re.sub(r"[\s\u00ad\u2010-]+", "", text)


def missing(soup: BeautifulSoup, printed: str) -> Iterator[str]:
    """Lines of code and output, captions, answers of the quiz and solutions that are not on paper."""
    for formula in soup.select("mjx-container, .headerlink, .copybtn, audio, noscript"):
        formula.extract()
    for folded in soup.select("details.hide"):
        folded.extract()  # code that a figure is drawn with stays folded away
    for part in soup.select("article pre"):
        lines = (line for line in part.text.splitlines() if not DEVANAGARI.search(line))
        yield from (line for line in lines if squeezed(line) not in printed)
    for part in soup.select(
        "article figcaption, .quiz-question, .quiz-answer, details.solution summary, details.solution p, article td"
    ):
        pieces = [squeezed(piece) for piece in part.find_all(string=True)]
        yield from (piece for piece in pieces if piece not in printed and not DEVANAGARI.search(piece))


def check(names: list[str], target: Path) -> Any:
    build_pdf.print_pages(names, target)
    return pypdf.PdfReader(target)


def printed(reader: Any) -> str:
    return squeezed("".join(page.extract_text() for page in reader.pages))


def lost(name: str, text: str) -> list[str]:
    return list(missing(BeautifulSoup((SITE / f"{name}.html").read_text("utf-8"), "lxml"), text))


def test_a_lesson_is_whole_on_paper(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as apart:  # another test's browser may run in this thread
        reader = apart.submit(check, ["02-notation"], tmp_path / "lesson.pdf").result()
    assert not lost("02-notation", printed(reader))
    assert {tuple(map(round, page.mediabox[2:])) for page in reader.pages} <= {(A4[0], A4[1]), (A4[0] + 1, A4[1])}
    assert not build_pdf.fonts(reader)
    soup = BeautifulSoup("<article><pre>a line that nobody printed</pre></article>", "lxml")
    assert list(missing(soup, "anotherline")) == ["a line that nobody printed"]


@pytest.mark.soak
def test_the_whole_book_is_one_pdf(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = build_pdf.listed()
    reader = check(names, tmp_path / "book.pdf")
    sheets = dict(re.findall(r"^([\w-]+): (\d+) sheets$", capsys.readouterr().out, flags=re.MULTILINE))
    assert list(sheets) == names and sum(map(int, sheets.values())) == len(reader.pages)
    assert [entry.title for entry in reader.outline if not isinstance(entry, list)][1].startswith("Lesson 1")
    assert not build_pdf.fonts(reader)
    text = printed(reader)
    assert not {name: found for name in names if (found := lost(name, text))}
