"""The directive `{item-map}`: the table of the curriculum's items, from book/items: one file for each chapter, one for the gallery.

A file is a list of items in the order of their numbers: the section's title, the names of seqlib, the graded function and the test;
in the gallery's, also the lesson that has the function.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

HEADER = ("| item | section | `seqlib` | exercise | test |", "|---|---|---|---|---|")


def rows(path: Path) -> list[str]:
    """The table's rows for one page. Raises KeyError where an item lacks a field."""
    items = enumerate(json.loads(path.read_text("utf-8")), 1)
    if path.stem == "gallery":
        return [row(f"Gallery, {number}", f"gallery-{number}", item["lesson"], item) for number, item in items]
    lesson = int(path.name[:2])
    return [row(f"{lesson}.{number}", f"l{lesson}-{number}", lesson, item) for number, item in items]


def row(name: str, label: str, lesson: int, item: dict[str, Any]) -> str:
    """One item as a row of the table: its name, its section's label, and the lesson whose exercise belongs to it."""
    names = ", ".join(f"{{seqlib}}`{name}`" for name in item["seqlib"])
    return (
        f"| {name} | [{item['section']}]({label}) | {names} "
        f"| [`{item['exercise']}`](l{lesson}-exercise) | `{item['test']}` |"
    )


class ItemMap(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        folder = Path(self.env.srcdir, "items")
        lines = list(HEADER)
        for path in [*sorted(folder.glob("[0-9][0-9]-*.json")), folder / "gallery.json"]:
            self.env.note_dependency(str(path))
            lines += rows(path)
        table = nodes.container()
        self.state.nested_parse(StringList(lines), self.content_offset, table)
        for found in table.findall(nodes.table):
            found["classes"].append("items")
        return table.children


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("item-map", ItemMap)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
