"""The directive `{quiz}`: questions with four answers each, of which one is right; every answer is explained.

    ```{quiz} quizzes/03-rnn.json
    ```

The file is a list of questions as jupyterquiz reads them; `code` holds lines of Python that stand below a question. Formulas
stand between dollars. Answers are shown in an order that does not follow from the file's, the same at every build. The page
holds everything; book/_static/quiz.js keeps the score and begins anew.
"""

from __future__ import annotations

import hashlib
import json
import re
from html import escape, unescape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from formulas import CLOSING, with_formulas
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

ELEMENT = re.compile(r"&lt;(/?(?:i|b|em|strong|code|sub|sup|br))&gt;")

CLOSED = re.compile(r"<mjx-container(?:(?!<mjx-container).)*?</mjx-container>(?:" + CLOSING.pattern + ")", re.DOTALL)
EMPHASIS = re.compile(r"(?<![\w*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\w*])")


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


def rich(text: str) -> str:
    """The HTML of a text with formulas between dollars, code between backquotes, *emphasis*, and plain elements such as <i>."""
    pieces = []
    for piece in re.split(r"(\$[^$]+\$|`[^`]+`)", text):
        if piece.startswith("$") and len(piece) > 1:
            pieces.append(with_formulas(piece))
        elif piece.startswith("`") and len(piece) > 1:
            pieces.append(f"<code>{escape(piece[1:-1], quote=False)}</code>")
        else:
            marked = ELEMENT.sub(r"<\1>", escape(unescape(piece), quote=False))
            pieces.append(EMPHASIS.sub(r"<em>\1</em>", marked))
    return CLOSED.sub(r'<span class="unbroken">\g<0></span>', "".join(pieces))


def spoken(html: str) -> str:
    """The attribute with the words of an answer, for one with formulas: what is drawn of them holds no text."""
    words = " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())
    return f' aria-label="{escape(words)}"' if "<mjx-container" in html else ""


def shuffled(question: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of a question, in the order of the digests of their texts."""

    def digest(answer: dict[str, Any]) -> str:
        return hashlib.sha256(f"{question['question']}\n{answer['answer']}".encode()).hexdigest()

    return sorted(question["answers"], key=digest)


def render_question(question: dict[str, Any], name: str) -> str:
    """A question as a list item; `name` is the name of its group of buttons."""
    code = highlight(question["code"], PythonLexer(), HtmlFormatter(cssclass="highlight")) if "code" in question else ""
    options = []
    for i, answer in enumerate(shuffled(question)):
        right = " data-right" if answer["correct"] else ""
        text = rich(answer["answer"])
        options.append(
            f'<label class="quiz-answer"><input type="radio" name="{name}" value="{i}"{right}{spoken(text)}>'
            f"<span>{text}</span></label>"
            f'<p class="quiz-feedback {"right" if answer["correct"] else "wrong"}" hidden>{rich(answer["feedback"])}</p>'
        )
    legend = f'<legend class="quiz-question">{rich(question["question"])}</legend>'
    return f'<li><fieldset role="radiogroup">{legend}{code}{"".join(options)}<div aria-live="polite"></div></fieldset></li>'


def render_quiz(questions: list[dict[str, Any]], name: str) -> str:
    """The HTML of a quiz; `name` is the beginning of the names in it."""
    items = "".join(render_question(question, f"{name}-{i}") for i, question in enumerate(questions, 1))
    foot = (
        '<p class="quiz-foot"><output class="quiz-score"></output> <button type="button" hidden>Try again</button></p>'
    )
    return (
        f'<div class="quiz"><ol>{items}</ol>{foot}'
        "<noscript><p>The answers are checked by JavaScript, which is off.</p></noscript></div>"
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
