"""The reference: functions and classes of a package with their docstrings, read from the source.

    ```{api} seqlib
    :leave-out: exercises
    :lessons: yes
    ```

shows the modules in the order of the lessons that need them; `:lessons: no` those that no lesson names, by name; without it
all are shown. `{asked}` lists the functions that the exercises ask for, and {seqlib}`rnn_forward` is a link to an entry.

Nothing is imported, so that the page is complete also where PyTorch is not installed. Docstrings are shown as they
are written: formulas in them are plain text.
"""

from __future__ import annotations

import ast
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).parents[2]
PAGE = "api.html"
Documented = ast.FunctionDef | ast.ClassDef


def public(tree: ast.Module | ast.ClassDef) -> list[Documented]:
    """The functions and classes of a module or class that have a name and a docstring for others."""
    kinds = (ast.FunctionDef, ast.ClassDef)
    found = [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]
    return [node for node in found if ast.get_docstring(node)]


def signature(node: Documented) -> str:
    """`name(arguments) -> result`, on one line."""
    if isinstance(node, ast.ClassDef):
        makers = [n for n in node.body if isinstance(n, ast.FunctionDef) and n.name == "__init__"]
        arguments = ast.unparse(makers[0].args).removeprefix("self").lstrip(", ") if makers else ""
        return f"class {node.name}({arguments})" if arguments else f"class {node.name}"
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    return f"{node.name}({ast.unparse(node.args)}){result}"


def modules(package: str, left_out: set[str]) -> list[tuple[str, Path]]:
    """The modules of a package and of the packages in it, by name."""
    base = ROOT / package.replace(".", "/")
    found = []
    for path in sorted(base.rglob("*.py")):
        parts = path.relative_to(base).with_suffix("").parts
        if any(part.startswith("_") for part in parts) or left_out & set(parts):
            continue
        found.append((".".join([package, *parts]), path))
    return found


@cache
def labels() -> frozenset[str]:
    """The labels of the chapters: l3 is lesson 3, l3-1 its first section."""
    texts = [path.read_text("utf-8") for path in (ROOT / "book").glob("[0-9]*.md")]
    return frozenset(label for text in texts for label in re.findall(r"^\((l\d+(?:-\d+)?)\)=$", text, re.MULTILINE))


def explained(doc: str) -> list[str]:
    """The labels of the sections that a docstring names as its source, or of the whole lesson where it names no section."""
    source = doc.rpartition("Source:")[2] if "Source:" in doc else ""
    sections = [f"l{lesson}-{item}" for lesson, item in re.findall(r"\b(\d+)\.(\d+)\b", source)]
    return [
        label
        for label in dict.fromkeys(sections or [f"l{n}" for n in re.findall(r"\bL(\d+)", source)])
        if label in labels()
    ]


def first_lesson(source: str) -> int | None:
    """The first lesson that a module's text names, such as L3."""
    return min((int(number) for number in re.findall(r"\b(?:L|lesson )(\d+)\b", source)), default=None)


@cache
def entries_by_name() -> dict[str, list[str]]:
    """A function's or class's last name, and the ids of all entries of the reference that have it."""
    found: dict[str, list[str]] = {}
    for module, path in modules("seqlib", {"exercises"}):
        for node in public(ast.parse(path.read_text("utf-8"))):
            found.setdefault(node.name, []).append(f"{module}.{node.name}")
    return found


def find(name: str) -> str | None:
    """The id of the one entry that `name` means: rnn_forward, words.tokenize or data.Dataset. Of several the least deep one."""
    home, _, last = f"seqlib.{name}".rpartition(".")
    found = [entry for entry in entries_by_name().get(last, []) if entry.startswith(f"{home}.")]
    depths = [entry.count(".") for entry in found]
    return found[depths.index(min(depths))] if depths and depths.count(min(depths)) == 1 else None


def reference(name: str) -> nodes.reference:
    """A link to an entry, as code. Raises LookupError for a name that the reference does not have."""
    entry = find(name)
    if entry is None:
        raise LookupError(f"the reference has no entry, or several, for {name}")
    return nodes.reference("", "", nodes.literal(name, name), internal=True, refuri=f"{PAGE}#{entry}")


class Link(SphinxRole):
    """{seqlib}`name`: a link to the entry of the reference."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return [reference(self.text)], []
        except LookupError as problem:
            message = self.inliner.reporter.warning(str(problem), line=self.lineno)
            return [nodes.literal(self.text, self.text)], [message]


class Asked(SphinxDirective):
    """`{asked}`: the functions that the exercises ask for, a line for each lesson."""

    def run(self) -> list[nodes.Node]:
        lines = nodes.bullet_list()
        for path in sorted((ROOT / "exercises").glob("lesson-*/lesson-*.ipynb")):
            self.env.note_dependency(str(path))
            sources = ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]]
            names = dict.fromkeys(re.findall(r"check\(\"(\w+)\"", "\n".join(sources)))
            lesson = int(path.stem.rpartition("-")[2])
            line = nodes.paragraph("", "", section(f"l{lesson}-exercise", f"Lesson {lesson}"), nodes.Text(": "))
            for i, name in enumerate(names):
                line += [nodes.Text(", " if i else ""), reference(name)]
            lines += nodes.list_item("", line)
        return [lines]


def section(label: str, text: str = "") -> pending_xref:
    """A link to a section of a chapter, with its title or another text."""
    options = {"refdomain": "std", "reftype": "ref", "refexplicit": bool(text), "refwarn": True, "reftarget": label}
    return pending_xref("", nodes.inline("", text or label), **options)


class Api(SphinxDirective):
    """`{api} PACKAGE`, with `:leave-out:` a list of modules or packages, and `:lessons:` yes or no."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {
        "leave-out": directives.unchanged,
        "lessons": lambda given: directives.choice(given, ("yes", "no")),
    }

    def entry(self, module: str, node: Documented, kind: str = "") -> list[nodes.Node]:
        """The nodes for one function, class or method."""
        text = signature(node)
        head = nodes.literal_block(text, text, language="python", classes=["api-signature"])
        doc = ast.get_docstring(node) or ""
        body = nodes.literal_block(doc, doc, language="none", classes=["api-doc"])
        target = nodes.target("", "", ids=[f"{module}.{kind}{node.name}"])
        self.state.document.note_explicit_target(target, target)
        entries: list[nodes.Node] = [target, head, body]
        where = explained(doc)
        if where:
            line = nodes.paragraph("", "Explained in ", classes=["api-explained"])
            for i, label in enumerate(where):
                line += [nodes.Text(", " if i else ""), section(label)]
            entries.append(line)
        if isinstance(node, ast.ClassDef):
            for method in public(node):
                entries += self.entry(module, method, f"{kind}{node.name}.")
        return entries

    def run(self) -> list[nodes.Node]:
        left_out = set(self.options.get("leave-out", "").replace(",", " ").split())
        wanted = self.options.get("lessons")
        sections: list[tuple[int, nodes.Node]] = []
        for name, path in modules(self.arguments[0], left_out):
            self.env.note_dependency(str(path))
            text = path.read_text("utf-8")
            tree = ast.parse(text)
            documented = public(tree)
            lesson = first_lesson(text)
            if not documented or (wanted and (wanted == "yes") != (lesson is not None)):
                continue
            module = nodes.section(ids=[name.replace(".", "-")], names=[name])
            module += nodes.title(name, name)
            purpose = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
            module += nodes.paragraph(purpose, purpose)
            for node in documented:
                module.extend(self.entry(name, node))
            sections.append((lesson or 0 if wanted else 0, module))
        return [module for _, module in sorted(sections, key=lambda found: found[0])]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("api", Api)
    app.add_directive("asked", Asked)
    app.add_role("seqlib", Link())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
