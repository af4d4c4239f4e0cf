"""The directive `{quiz}`: a jupyterquiz from a JSON file, in the page, without a kernel or another host.

    ```{quiz} quizzes/03-rnn.json
    ```

The file is a list of questions as jupyterquiz reads them. Every answer needs a feedback; one answer is right.
"""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from jupyterquiz.dynamic.loader import load_questions_script
from jupyterquiz.dynamic.renderer import build_script, build_styles, render_div
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

# jupyterquiz asks this host for MathJax when it finds none; the page brings its own.
ELSEWHERE = "https://cdn.jsdelivr.net/npm/mathjax@3/es5/tex-svg.js"
# The script typesets its formulas, so it starts when MathJax is there.
AFTER_MATHJAX = """window.addEventListener("load", () => {
const show = () => {%s
document.querySelectorAll(".quiz-box .MCButton").forEach((label) => {  // formulas are no names for an input
label.querySelector("input").setAttribute("aria-label", label.textContent.trim());
});};
const ready = window.MathJax && MathJax.startup && MathJax.startup.promise;
ready ? ready.then(show) : show();
});"""
COLOURS = {
    "--jq-multiple-choice-bg": "#1f4e79",
    "--jq-mc-button-bg": "#f6f6f6",
    "--jq-mc-button-border": "#767676",
    "--jq-incorrect-color": "#b02a00",
    "--jq-correct-color": "#00664d",
    "--jq-text-color": "#ffffff",
}


def check_questions(questions: Any, where: str) -> None:
    """Raises ValueError: not a list of at least three questions, or an answer without an explanation."""
    if not isinstance(questions, list) or len(questions) < 3:
        raise ValueError(f"{where}: a quiz is a list of at least three questions")
    for question in questions:
        answers = question["answers"]
        if sum(answer["correct"] for answer in answers) != 1:
            raise ValueError(f"{where}: {question['question']!r} needs exactly one right answer")
        for answer in answers:
            if len(answer.get("feedback", "")) < 20:
                raise ValueError(f"{where}: the answer {answer['answer']!r} has no explanation")


def escape_formulas(text: str) -> str:
    """The `<t>` of a formula is no element of HTML."""
    return re.sub(r"\$[^$]+\$", lambda formula: escape(formula.group(), quote=False), text)


def escape_texts(fields: dict[str, Any]) -> dict[str, Any]:
    return {key: escape_formulas(value) if isinstance(value, str) else value for key, value in fields.items()}


def render_quiz(questions: list[dict[str, Any]], name: str) -> str:
    """The HTML of a quiz; `name` becomes the id of its element."""
    questions = json.loads(json.dumps(questions), object_hook=escape_texts)
    prefix, static, url = load_questions_script(questions, name)
    script = build_script(prefix, static, url, name, load_js=True)
    script = script.replace(ELSEWHERE, "").replace("console.log(", "void (")
    box = render_div(name, False, True, False, 1_000_000, 700, 8, "left")
    without_js = "".join(f"<li>{escape(question['question'])}</li>" for question in questions)
    return (
        f'<div class="quiz-box">{box}</div>{build_styles(name, COLOURS)}'
        f"<noscript><p>The quiz needs JavaScript. Its questions:</p><ol>{without_js}</ol></noscript>"
        f"<script>{AFTER_MATHJAX % script}</script></div>"
    )


class Quiz(SphinxDirective):
    """`{quiz} FILE`, FILE relative to the book's folder."""

    required_arguments = 1
    option_spec: ClassVar[dict[str, Any]] = {}

    def run(self) -> list[nodes.Node]:
        relative, path = self.env.relfn2path("/" + self.arguments[0])
        self.env.note_dependency(relative)
        questions = json.loads(Path(path).read_text("utf-8"))
        check_questions(questions, relative)
        name = "quiz" + "".join(c for c in Path(path).stem if c.isalnum())
        return [nodes.raw("", render_quiz(questions, name), format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("quiz", Quiz)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
