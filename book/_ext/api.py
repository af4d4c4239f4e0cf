"""The reference: a page for each module with its functions and classes, read from the source.

`{api} seqlib.rnn` shows a module, and `{modules} lessons` lists the modules of a group of GROUPS with what is in them.
`{asked}` lists the functions that the exercises ask for, and {seqlib}`rnn_forward` is a link to an entry.

Nothing is imported, so that the pages are complete also where PyTorch is not installed. Of a docstring, lines such as
`x_t: (n_x, m), the input` become a list of arguments, examples become code, and the rest paragraphs.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Set
from functools import cache
from pathlib import Path
from typing import NamedTuple

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

ROOT = Path(__file__).parents[2]
FOLDER = "reference"


class Group(NamedTuple):
    """A package; what is left out of it; whether its modules name a lesson, do not, or either (None)."""

    package: str
    left_out: frozenset[str] = frozenset()
    lessons: bool | None = None


APART = frozenset({"exercises", "data", "torch", "fast", "support", "book"})
GROUPS = {
    "lessons": Group("seqlib", APART, True),
    "shared": Group("seqlib", APART, False),
    "fast": Group("seqlib.fast"),
    "support": Group("seqlib.support"),
    "book": Group("seqlib.book"),
    "data": Group("seqlib.data"),
    "torch": Group("seqlib.torch"),
}
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


def modules(package: str, left_out: Set[str] = frozenset()) -> list[tuple[str, Path]]:
    """The modules of a package and of the packages in it, by name."""
    base = ROOT / package.replace(".", "/")
    found = []
    for path in sorted(base.rglob("*.py")):
        parts = path.relative_to(base).with_suffix("").parts
        if any(part.startswith("_") for part in parts) or left_out & set(parts):
            continue
        found.append((".".join([package, *parts]), path))
    return found


def modules_of(group: str) -> list[tuple[str, Path]]:
    """The modules of a group; those of the lessons in the order of the lessons that need them first."""
    package, left_out, lessons = GROUPS[group]
    found = modules(package, left_out)
    if lessons is None:
        return found
    first = {name: first_lesson(path.read_text("utf-8")) for name, path in found}
    kept = [(name, path) for name, path in found if (first[name] is not None) == lessons]
    return sorted(kept, key=lambda module: first[module[0]] or 0)


def page_of(module: str) -> str:
    """The name of a module's page: fast-rnn for seqlib.fast.rnn."""
    return module.removeprefix("seqlib.").replace(".", "-")


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
    for module, path in modules("seqlib", frozenset({"exercises"})):
        for node in public(ast.parse(path.read_text("utf-8"))):
            found.setdefault(node.name, []).append(f"{module}.{node.name}")
    return found


def find(name: str) -> str | None:
    """The id of the one entry that `name` means: rnn_forward, words.tokenize or data.Dataset. Of several the least deep one."""
    home, _, last = f"seqlib.{name}".rpartition(".")
    found = [entry for entry in entries_by_name().get(last, []) if entry.startswith(f"{home}.")]
    depths = [entry.count(".") for entry in found]
    return found[depths.index(min(depths))] if depths and depths.count(min(depths)) == 1 else None


def module_of(entry: str) -> str:
    """The module that an entry stands in."""
    return max((name for name, _ in modules("seqlib") if entry.startswith(f"{name}.")), key=len)


def link(text: str, module: str, entry: str, page: str) -> nodes.reference:
    """A link from a page of the book to a module's page or to an entry there, as code."""
    folder = "" if page.startswith(f"{FOLDER}/") else f"{FOLDER}/"
    address = f"{folder}{page_of(module)}.html" + (f"#{entry}" if entry else "")
    return nodes.reference("", "", nodes.literal(text, text), internal=True, refuri=address)


def reference(name: str, page: str) -> nodes.reference:
    """A link to an entry. Raises LookupError for a name that the reference does not have."""
    entry = find(name)
    if entry is None:
        raise LookupError(f"the reference has no entry, or several, for {name}")
    return link(name, module_of(entry), entry, page)


class Link(SphinxRole):
    """{seqlib}`name`: a link to the entry of the reference."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        try:
            return [reference(self.text, self.env.docname)], []
        except LookupError as problem:
            message = self.inliner.reporter.warning(str(problem), line=self.lineno)
            return [nodes.literal(self.text, self.text)], [message]


class Notebook(NamedTuple):
    """An exercise notebook: its file, what its title begins with ("Lesson 3"), the label of its section in the book, its functions."""

    path: Path
    title: str
    label: str
    names: tuple[str, ...]


def notebooks() -> list[Notebook]:
    """The exercise notebooks. The first cell of each names its chapter, which has the section."""
    found = []
    for path in sorted((ROOT / "exercises").glob("lesson-*/lesson-*.ipynb")):
        sources = ["".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"]]
        title, chapter = re.match(r"# ([^:\n]+)", sources[0]), re.search(r"\(([\w-]+)\.html\)", sources[0])
        assert title and chapter, path
        text = (ROOT / "book" / f"{chapter[1]}.md").read_text("utf-8")
        label = re.search(r"^\(([\w-]+-exercise)\)=$", text, re.MULTILINE)
        assert label, chapter[1]
        names = dict.fromkeys(re.findall(r"check\(\"(\w+)\"", "\n".join(sources)))
        found.append(Notebook(path, title[1], label[1], tuple(names)))
    return found


class Asked(SphinxDirective):
    """`{asked}`: the functions that the exercises ask for, a line for each lesson."""

    def run(self) -> list[nodes.Node]:
        lines = nodes.bullet_list()
        for notebook in notebooks():
            self.env.note_dependency(str(notebook.path))
            line = nodes.paragraph("", "", section(notebook.label, notebook.title), nodes.Text(": "))
            for i, name in enumerate(notebook.names):
                own = name not in entries_by_name()  # the learner's alone, such as the answers to questions
                line += [
                    nodes.Text(", " if i else ""),
                    nodes.literal(name, name) if own else reference(name, self.env.docname),
                ]
            lines += nodes.list_item("", line)
        return [lines]


class Notebooks(SphinxDirective):
    """`{notebooks}`: every exercise notebook, to download."""

    def run(self) -> list[nodes.Node]:
        listed = notebooks()
        for notebook in listed:
            self.env.note_dependency(str(notebook.path))
        links = (f"{{download}}`{n.title} <../{n.path.relative_to(ROOT).as_posix()}>`" for n in listed)
        place = nodes.container()
        self.state.nested_parse(StringList([", ".join(links) + "."]), self.content_offset, place)
        return place.children


def section(label: str, text: str = "") -> pending_xref:
    """A link to a section of a chapter, with its title or another text."""
    options = {"refdomain": "std", "reftype": "ref", "refexplicit": bool(text), "refwarn": True, "reftarget": label}
    return pending_xref("", nodes.inline("", text or label), **options)


ARGUMENT = re.compile(r"^(\*{0,2}\w+(?:, \*{0,2}\w+)*): +(.*)")


def words(text: str) -> list[nodes.Node]:
    """A text with what stands between backquotes as code, and arguments such as reset="after"."""
    pieces = re.split(r'`+([^`]+)`+|(\w+="[^"]*")', text)
    return [nodes.literal(piece, piece) if i % 3 else nodes.Text(piece) for i, piece in enumerate(pieces) if piece]


def arguments(block: str) -> nodes.definition_list:
    """Lines `name: meaning`, with continuation lines indented, as a list."""
    listed = nodes.definition_list(classes=["api-arguments"])
    for line in re.sub(r"\n[ \t]+", " ", block).splitlines():
        argument = ARGUMENT.match(line)
        assert argument
        term = nodes.term("", "", nodes.literal(argument[1], argument[1]))
        listed += nodes.definition_list_item(
            "", term, nodes.definition("", nodes.paragraph("", "", *words(argument[2])))
        )
    return listed


def rendered(doc: str) -> list[nodes.Node]:
    """The nodes of a docstring."""
    found: list[nodes.Node] = []
    for block in re.split(r"\n[ \t]*\n", doc):
        lines = block.splitlines()
        if block.startswith(">>>"):
            found.append(nodes.literal_block(block, block, language="pycon", classes=["api-example"]))
        elif all(ARGUMENT.match(line) or line.startswith(" ") for line in lines) and ARGUMENT.match(lines[0]):
            found.append(arguments(block))
        elif all(line.startswith("    ") for line in lines):
            found.append(nodes.literal_block(block, block, language="none", classes=["api-example"]))
        else:
            sentences = re.split(r"\n(?=Returns?\b|Raises?\b|Source:)", block)
            found += [nodes.paragraph("", "", *words(" ".join(sentence.split()))) for sentence in sentences]
    return found


class Api(SphinxDirective):
    """`{api} MODULE`: what the module is for, and each of its entries as a section."""

    required_arguments = 1

    def entry(self, module: str, node: Documented, kind: str = "") -> nodes.section:
        """The section of one function, class or method."""
        name = f"{kind}{node.name}"
        part = nodes.section(ids=[f"{module}.{name}"], names=[f"{module}.{name}"], classes=["api-entry"])
        part += nodes.title("", "", nodes.literal(name, name))
        text = signature(node)
        part += nodes.literal_block(text, text, language="python", classes=["api-signature"])
        doc = ast.get_docstring(node) or ""
        part += rendered(doc)
        where = explained(doc)
        if where:
            line = nodes.paragraph("", "Explained in ", classes=["api-explained"])
            for i, label in enumerate(where):
                line += [nodes.Text(", " if i else ""), section(label)]
            part += line
        if isinstance(node, ast.ClassDef):
            part += [self.entry(module, method, f"{name}.") for method in public(node)]
        return part

    def run(self) -> list[nodes.Node]:
        module = self.arguments[0]
        path = dict(modules("seqlib"))[module]
        self.env.note_dependency(str(path))
        self.env.note_dependency(__file__)
        tree = ast.parse(path.read_text("utf-8"))
        purpose = rendered(ast.get_docstring(tree) or "")
        return [*purpose, *(self.entry(module, node) for node in public(tree))]


class Modules(SphinxDirective):
    """`{modules} GROUP`: its modules, what each is for, and links to its entries."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        listed = nodes.definition_list(classes=["api-modules"])
        for name, path in modules_of(self.arguments[0]):
            self.env.note_dependency(str(path))
            tree = ast.parse(path.read_text("utf-8"))
            entries = public(tree)
            if not entries:
                continue
            term = nodes.term("", "", link(name, name, "", self.env.docname))
            purpose = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
            line = nodes.paragraph("", "", classes=["api-names"])
            for i, node in enumerate(entries):
                line += [nodes.Text(", " if i else ""), link(node.name, name, f"{name}.{node.name}", self.env.docname)]
            meaning = nodes.definition("", nodes.paragraph("", "", *words(purpose)), line)
            listed += nodes.definition_list_item("", term, meaning)
        return [listed]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("api", Api)
    app.add_directive("modules", Modules)
    app.add_directive("asked", Asked)
    app.add_directive("notebooks", Notebooks)
    app.add_role("seqlib", Link())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
