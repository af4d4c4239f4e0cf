"""Formulas are typeset when the book is built: a page brings no MathJax, and nothing moves when its fonts arrive.

MathJax itself does it, in V8 (the package mini-racer), with the same fonts and with the same text for screen readers as in a
browser. A formula that TeX does not understand stops the build. What follows a formula without a space, such as a full stop,
stays on its line.
"""

from __future__ import annotations

import json
import re
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any

from docutils import nodes
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.application import Sphinx
from sphinx.errors import SphinxError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

MATHJAX = Path(__file__).parents[1] / "_vendor" / "mathjax"
SHEET = "formulas.css"
# in the order in which they need each other
PARTS = ("startup", "core", "liteDOM", "tex-base", "ams", "chtml", "tex-font", "assistive-mml")
BEFORE = "var global = this, window = undefined, MathJax = { loader: { load: [] }, startup: { typeset: false } };"
AFTER = """
const adaptor = MathJax._.adaptors.liteAdaptor.liteAdaptor();
MathJax._.a11y["assistive-mml"].AssistiveMmlHandler(MathJax._.handlers.html_ts.RegisterHTMLHandler(adaptor));
const font = new MathJax._.output.chtml.fonts.tex_ts.TeXFont({ fontURL: "formulas" });
const output = new MathJax._.output.chtml_ts.CHTML({ font, adaptiveCSS: false, matchFontHeight: false });
const input = new MathJax._.input.tex_ts.TeX({
  packages: ["base", "ams"], tags: "none", formatError: (jax, error) => { throw new Error(error.message); } });
const page = MathJax._.mathjax.mathjax.document("", { InputJax: input, OutputJax: output });
const typeset = (tex, display) => adaptor.outerHTML(page.convert(tex, { display, em: 16, ex: 8, containerWidth: 16000 }));
"""
WIDEST = 24  # letters of a formula within a line that fits on every telephone; a wider one is scrolled there
CLOSING = re.compile(r"[.,;:!?)\]”’…]+")


@cache
def engine() -> MiniRacer:
    """V8 with MathJax in it, started once for a build."""
    racer = MiniRacer()
    racer.eval(BEFORE)
    for part in PARTS:
        racer.eval((MATHJAX / f"{part}.js").read_text("utf-8"))
    racer.eval(AFTER)
    return racer


@cache
def typeset(tex: str, display: bool = False) -> str:
    """The HTML of a formula in TeX. Raises SphinxError, with the formula, for one that MathJax does not understand."""
    try:
        return str(engine().eval(f"typeset({json.dumps(tex)}, {json.dumps(display)})"))
    except JSEvalException as problem:
        reason = re.search(r"Error: (.*)", str(problem))
        raise SphinxError(f"a formula cannot be typeset ({reason[1] if reason else problem}): {tex}") from problem


def with_formulas(text: str) -> str:
    """HTML in which every $formula$ of a text is typeset."""
    return re.sub(r"\$([^$]+)\$", lambda formula: typeset(formula[1]), text)


def visit_math(translator: HTML5Translator, node: nodes.math) -> None:
    html = typeset(node.astext())
    letters = re.sub("<[^>]+>|\\s", "", html[html.index("<mjx-assistive-mml") :])
    wide = len(unescape(letters)) > WIDEST
    translator.body.append(html.replace('class="MathJax"', 'class="MathJax wide"') if wide else html)
    raise nodes.SkipNode


def visit_math_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """A formula on lines of its own, with its number and the link to it."""
    tex = node.astext()
    if "\\\\" in tex and not node.get("nowrap"):
        tex = rf"\begin{{split}}{tex}\end{{split}}"
    label = f' id="{escape(node["ids"][0])}"' if node["ids"] else ""
    translator.body.append(f'<div class="math-block"{label}>')
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})</span>')
    translator.body.append(typeset(tex, display=True) + "</div>")
    raise nodes.SkipNode


class KeepTogether(SphinxPostTransform):
    """Put a formula and the punctuation that follows it into one piece that is not broken."""

    default_priority = 800
    formats = ("html",)

    def run(self, **options: Any) -> None:
        for formula in list(self.document.findall(nodes.math)):
            parent = formula.parent
            at = parent.index(formula)
            after = parent[at + 1] if at + 1 < len(parent) else None
            closing = CLOSING.match(after.astext()) if isinstance(after, nodes.Text) else None
            if closing:
                text = after.astext()
                piece = nodes.inline("", "", formula.deepcopy(), nodes.Text(closing[0]), classes=["unbroken"])
                parent[at : at + 2] = [piece, nodes.Text(text[closing.end() :])]


def write_sheet(app: Sphinx) -> None:
    """The rules of all formulas that there may be; book/_ext/light.py keeps those that a page needs."""
    if app.builder.format == "html":
        sheet = Path(app.outdir) / "_static" / SHEET
        sheet.parent.mkdir(parents=True, exist_ok=True)
        sheet.write_text(engine().eval("adaptor.textContent(output.styleSheet(page))"), "utf-8")


def link_sheet(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None) -> None:
    """Only a page with formulas asks for their rules."""
    if "<mjx-container" in context.get("body", ""):
        app.add_css_file(SHEET)


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("typeset", inline_renderers=(visit_math, None), block_renderers=(visit_math_block, None))
    app.add_post_transform(KeepTogether)
    app.connect("builder-inited", write_sheet)
    app.connect("html-page-context", link_sheet)
    return {"parallel_read_safe": True, "parallel_write_safe": False}
