"""The directive `{index-of-terms}`: every term of the glossary, with the sections that the glossary names for it and those that mark it.

A section marks a term by the role `{term}`. Symbols have a page of their own and are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

GLOSSARY, PAGE = "glossary", "index-of-terms"
Place = tuple[str, str]  # page and id


class TermIndex(nodes.General, nodes.Element):
    """Stands where the index goes, until all pages have been read."""


class IndexOfTerms(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        return [TermIndex()]


def store(env: BuildEnvironment) -> dict[str, dict[str, Any]]:
    """What was read, by page: `names` of places by id, `marks` of terms with their ids, and the glossary's `terms`."""
    if not hasattr(env, "index_of_terms"):
        env.index_of_terms = {}  # type: ignore[attr-defined]
    pages: dict[str, dict[str, Any]] = env.index_of_terms  # type: ignore[attr-defined]
    return pages


def sections_around(node: nodes.Node | None) -> Iterator[nodes.section]:
    """The section with a title that a node is in (or is), and those around it, from the inside."""
    while node is not None:
        if isinstance(node, nodes.section) and isinstance(node.next_node(nodes.Titular), nodes.title):
            yield node
        node = node.parent


def name_of(node: nodes.Node) -> str:
    """What a reader calls the place of a node: the number of its section, or the name of its page."""
    titles = [section.next_node(nodes.title).astext() for section in sections_around(node)]
    numbers = [found[0] for title in titles if (found := re.match(r"\d+\.\d+", title))]
    return numbers[0] if numbers else re.split("[.:]", titles[-1])[0] if titles else ""


def read(app: Sphinx, document: nodes.document) -> None:
    """Note the names of a page's places, the terms that it marks and, on the glossary's page, the terms themselves."""
    names = {i: name_of(node) for node in document.findall(nodes.Element) for i in node.get("ids", ()) if node.parent}
    marks = []
    for mark in document.findall(addnodes.pending_xref):
        if mark["reftype"] == "term":
            marks.append((mark["reftarget"].lower(), next(sections_around(mark))["ids"][0]))
    page = store(app.env)[app.env.docname] = {"names": names, "marks": marks, "terms": []}
    for entry in document.findall(nodes.definition_list_item) if app.env.docname == GLOSSARY else ():
        named = [link["reftarget"] for link in entry.findall(addnodes.pending_xref)]
        for term in entry.findall(nodes.term):
            if not list(term.findall(nodes.math)) and not list(term.findall(nodes.literal)):
                page["terms"].append((term.astext(), term["ids"][0], named))


def forget(app: Sphinx, env: BuildEnvironment, page: str) -> None:
    store(env).pop(page, None)


def merge(app: Sphinx, env: BuildEnvironment, pages: list[str], other: BuildEnvironment) -> None:
    store(env).update({page: store(other)[page] for page in pages if page in store(other)})


def to_write(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The index is written again whatever has changed."""
    return [PAGE] if PAGE in env.found_docs else []


def in_order(name: str) -> tuple[float, ...]:
    """Sections by number, then pages."""
    numbers = re.findall(r"\d+", name)
    return tuple(map(float, numbers)) if numbers else (float("inf"),)


def places(env: BuildEnvironment) -> Iterator[tuple[str, str, dict[str, Place]]]:
    """Each term in alphabetical order, its id in the glossary, and its places by name."""
    pages, labels = store(env), env.get_domain("std").data["anonlabels"]
    for term, own, named in sorted(pages[GLOSSARY]["terms"], key=lambda entry: str(entry[0]).lower()):
        found = [labels[label] for label in named if label in labels]
        for page in sorted(pages):
            found += [(page, place) for target, place in pages[page]["marks"] if target == term.lower()]
        by_name: dict[str, Place] = {}
        for page, place in found:
            by_name.setdefault(pages[page]["names"].get(place, ""), (page, place))
        yield term, own, {name: by_name[name] for name in sorted(by_name, key=in_order) if name}


def fill(app: Sphinx, document: nodes.document, page: str) -> None:
    """Put the index where the directive stands."""
    for mark in list(document.findall(TermIndex)):
        listed = nodes.bullet_list(classes=["terms"])
        for term, own, where in places(app.env):
            line = nodes.paragraph("", "", link(app, page, GLOSSARY, own, term), classes=["term"])
            for number, (name, place) in enumerate(where.items()):
                line += [nodes.Text(", " if number else "\N{NO-BREAK SPACE} "), link(app, page, *place, name)]
            listed += nodes.list_item("", line)
        mark.replace_self(listed)


def link(app: Sphinx, page: str, target: str, place: str, text: str) -> nodes.reference:
    return make_refnode(app.builder, page, target, place, nodes.Text(text))


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_node(TermIndex)
    app.add_directive("index-of-terms", IndexOfTerms)
    app.connect("doctree-read", read)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", to_write)
    app.connect("doctree-resolved", fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
