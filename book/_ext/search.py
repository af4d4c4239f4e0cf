"""The search: one entry for each section, each term of the glossary and each entry of the reference, with its anchor.

The entries are read from the finished pages, without what belongs to no text: buttons, code that is folded away, figures,
formulas on lines of their own. They stand in _static/search-data.js, which book/_static/search.js loads when somebody
searches. Sphinx's own index is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx

# what a reader may call it, and what the book calls it
SYNONYMS = {
    "bptt": "backpropagation through time",
    "tbptt": "truncated backpropagation",
    "truncated bptt": "truncated backpropagation",
    "backprop": "backpropagation",
    "vanishing gradient": "gradient zero",
    "vanishing gradients": "gradient zero",
    "exploding gradient": "gradient grows",
    "exploding gradients": "gradient grows",
    "hidden unit": "hidden state",
    "hidden units": "hidden size",
    "hidden layer": "hidden state",
    "neuron": "unit",
    "rnn": "recurrent",
    "brnn": "bidirectional",
    "seq2seq": "encoder decoder",
    "ner": "names words",
    "oov": "unknown word",
    "unk": "unknown word",
    "eos": "end sentence",
    "timestep": "step",
    "time step": "step",
    "minibatch": "batch",
    "ragged": "padding",
    "sentiment analysis": "sentiment",
    "machine translation": "translation",
    "speech recognition": "speech",
    "error function": "loss",
    "objective": "loss",
    "elman": "recurrent network",
    "cuda": "gpu",
    "homework": "exercise",
    "assignment": "exercise",
    "marking": "grade",
}
NO_TEXT = (
    "script, style, nav, button, noscript, svg, audio, .headerlink, .cell_input, details, .math-block, "
    "mjx-container[display=true], .quiz, .admonition-title, .eqno, .caption-number, form, .no-search"
)
LONGEST = 6  # letters of a formula within a line; longer ones are left out of a text


def plain(element: Tag) -> str:
    """The words of an element, with short formulas as they are read and nothing where a long one stands."""
    copy = BeautifulSoup(str(element), "lxml")
    for formula in copy.select("mjx-container:not([display=true])"):
        words = formula.select_one("mjx-assistive-mml")
        text = "".join(words.text.split()) if words else ""
        formula.replace_with(text if len(text) <= LONGEST else "…")
    for unread in copy.select(NO_TEXT):
        unread.decompose()
    return re.sub(r"\s+([.,;:!?)])(?=\s|$)", r"\1", " ".join(copy.text.split()))


def parts(article: Tag) -> list[tuple[str, str, str]]:
    """Anchor, title and text of each section of a page, and of each term that a glossary explains."""
    found = []
    for term in article.select("dl.glossary dt[id]"):
        meaning = term.find_next_sibling("dd")
        found.append((str(term["id"]), plain(term), plain(meaning) if meaning else ""))
    for section in article.select("section[id]"):
        heading = section.find(re.compile("^h[1-6]$"), recursive=False)
        if heading is None:
            continue
        if heading.text.startswith("References"):
            continue
        own = [child for child in section.find_all(recursive=False) if child.name != "section" and child is not heading]
        body = "".join(str(child) for child in own if not (child.name == "dl" and "glossary" in child.get("class", [])))
        found.append((str(section["id"]), plain(heading), plain(BeautifulSoup(body, "lxml"))))
    return found


def collect(site: Path, pages: list[str]) -> list[list[str]]:
    """[address, title of the page, title of the section, text] for every section of the pages."""
    entries = []
    for page in pages:
        article = BeautifulSoup((site / f"{page}.html").read_text("utf-8"), "lxml").find("article")
        found = parts(article) if isinstance(article, Tag) else []
        heads = [title for anchor, title, _ in found if article.select_one(f'section[id="{anchor}"] > h1')]
        name = heads[0] if heads else page
        for anchor, title, text in found:
            entries.append([f"{page}.html#{anchor}" if title != name else f"{page}.html", name, title, text])
    return entries


def write_entries(app: Sphinx, failure: Exception | None) -> None:
    """Write _static/search-data.js when the site is complete, and take Sphinx's index away."""
    site = Path(app.outdir)
    if failure or app.builder.format != "html":
        return
    pages = sorted(page for page in app.env.found_docs if "orphan" not in app.env.metadata[page])
    data = {"entries": collect(site, pages), "synonyms": SYNONYMS}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    (site / "_static/search-data.js").write_text(f"window.bookSearch={text};", "utf-8")


def leave_out_index(app: Sphinx) -> None:
    """Sphinx makes no index of its own."""
    if app.builder.format == "html":
        app.builder.search = False


def search_page(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """The page that shows all results."""
    yield "search", {}, "search.html"


def setup(app: Sphinx) -> dict[str, bool]:
    app.connect("builder-inited", leave_out_index)
    app.connect("html-collect-pages", search_page)
    app.connect("build-finished", write_entries, priority=900)  # after book/_ext/light.py
    return {"parallel_read_safe": True, "parallel_write_safe": True}
