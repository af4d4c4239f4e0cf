"""The directive `{item-map}`: the table of the curriculum's items, from book/items, which has one file for each chapter.

A file is a list of items in the order of their numbers: the section's title, the names of seqlib, the graded function and the test.
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
    """The table's rows for one chapter. Raises KeyError where an item lacks a field."""
    lesson = int(path.name[:2])
    return [row(lesson, number, item) for number, item in enumerate(json.loads(path.read_text("utf-8")), 1)]


def row(lesson: int, number: int, item: dict[str, Any]) -> str:
    """One item as a row of the table."""
    names = ", ".join(f"{{seqlib}}`{name}`" for name in item["seqlib"])
    return (
        f"| {lesson}.{number} | [{item['section']}](l{lesson}-{number}) | {names} "
        f"| [`{item['exercise']}`](l{lesson}-exercise) | `{item['test']}` |"
    )


class ItemMap(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        folder = Path(self.env.srcdir, "items")
        lines = list(HEADER)
        for path in sorted(folder.glob("[0-9][0-9]-*.json")):
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
