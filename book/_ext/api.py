"""The directive `{api}`: functions and classes of a package with their docstrings, read from the source.

    ```{api} seqlib
    :leave-out: exercises
    ```

Nothing is imported, so that the page is complete also where PyTorch is not installed. Docstrings are shown as they
are written: formulas in them are plain text.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ROOT = Path(__file__).parents[2]
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


class Api(SphinxDirective):
    """`{api} PACKAGE`, with `:leave-out:` a list of modules or packages."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {"leave-out": directives.unchanged}

    def entry(self, module: str, node: Documented, kind: str = "") -> list[nodes.Node]:
        """The nodes for one function, class or method."""
        text = signature(node)
        head = nodes.literal_block(text, text, language="python", classes=["api-signature"])
        doc = ast.get_docstring(node) or ""
        body = nodes.literal_block(doc, doc, language="none", classes=["api-doc"])
        target = nodes.target("", "", ids=[f"{module}.{kind}{node.name}"])
        self.state.document.note_explicit_target(target, target)
        entries: list[nodes.Node] = [target, head, body]
        if isinstance(node, ast.ClassDef):
            for method in public(node):
                entries += self.entry(module, method, f"{kind}{node.name}.")
        return entries

    def run(self) -> list[nodes.Node]:
        left_out = set(self.options.get("leave-out", "").replace(",", " ").split())
        sections: list[nodes.Node] = []
        for name, path in modules(self.arguments[0], left_out):
            self.env.note_dependency(str(path))
            tree = ast.parse(path.read_text("utf-8"))
            documented = public(tree)
            if not documented:
                continue
            section = nodes.section(ids=[name.replace(".", "-")], names=[name])
            section += nodes.title(name, name)
            purpose = " ".join((ast.get_docstring(tree) or "").split("\n\n")[0].split())
            section += nodes.paragraph(purpose, purpose)
            for node in documented:
                section.extend(self.entry(name, node))
            sections.append(section)
        return sections


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("api", Api)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
