"""The book's own structure: figures and equations numbered by lesson, code below its figure, the strip of lessons, notebooks.

Figures and equations of lesson 3 are 3.1, 3.2 and so on; on other pages they are counted from 1. A cell whose code is folded
away shows it under its output. `{lessons}` lists the lessons, `{results}` what was measured. Every lesson can be
downloaded as a notebook.
"""

from __future__ import annotations

import copy
import json
import re
from html import escape
from pathlib import Path
from statistics import median
from typing import Any

import jupytext
from docutils import nodes
from myst_nb.sphinx_ import HideCodeCellNode
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx_exercise.nodes import solution_node

BOOK = Path(__file__).parents[1]
LESSON = re.compile(r"0*(\d+)-")
WORDS_A_MINUTE = 180
TITLE = re.compile(r"^# Lesson \d+\. (.+)$", re.MULTILINE)


def plain_numbers(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Put Sphinx's own numbers back, so that it sees what has changed since the last build."""
    env.toc_fignumbers = getattr(env, "plain_fignumbers", env.toc_fignumbers)
    return []


def number_by_lesson(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Count figures and equations anew on every page, with the lesson's number before them."""
    env.plain_fignumbers = copy.deepcopy(env.toc_fignumbers)  # type: ignore[attr-defined]
    for page, kinds in env.toc_fignumbers.items():
        lesson = LESSON.match(page)
        before = (int(lesson[1]),) if lesson else ()
        for kind, numbers in kinds.items():
            in_order = sorted(numbers, key=lambda name: numbers[name])
            kinds[kind] = {name: (*before, place) for place, name in enumerate(in_order, 1)}
    return []


class CodeBelow(SphinxPostTransform):
    """Move code that is folded away below the output of its cell."""

    default_priority = 200  # after myst_nb has folded it
    formats = ("html",)

    def run(self, **options: Any) -> None:
        for folded in list(self.document.findall(HideCodeCellNode)):
            cell = folded.parent
            if "tag_hide-input" in cell["classes"] and len(cell) > 1 and cell.index(folded) == 0:
                cell.remove(folded)
                cell.append(folded)


class FoldSolutions(SphinxPostTransform):
    """Fold a solution away as the browser does it: closed from the first moment, without a script that moves what stands below."""

    default_priority = 900  # when titles have their numbers
    formats = ("html",)

    def run(self, **options: Any) -> None:
        for solution in list(self.document.findall(solution_node)):
            title, *content = solution.children
            name = f'<details class="solution admonition" id="{escape(solution["ids"][0])}">'
            head = f'{name}<summary class="admonition-title">{escape(title.astext())}</summary>'
            parts = [nodes.raw("", head, format="html"), *content, nodes.raw("", "</details>", format="html")]
            at = solution.parent.index(solution)
            solution.parent[at : at + 1] = parts  # replace_self would give its name to the first part as well


def chapters() -> dict[int, Path]:
    """The files of the lessons that are written, by number."""
    files = {LESSON.match(path.name): path for path in sorted(BOOK.glob("[0-9]*.md"))}
    return {int(number[1]): path for number, path in files.items() if number}


def minutes(text: str) -> int:
    """How long a lesson takes: its words read, and the exercise for as long as the chapter says."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    exercise = re.search(r"takes about (\d+) minutes", text)
    reading = len(prose.split()) / WORDS_A_MINUTE
    return round((reading + (int(exercise[1]) if exercise else 0)) / 5) * 5


class Lessons(SphinxDirective):
    """`{lessons}`: all lessons of the table of contents as links, with their time."""

    def run(self) -> list[nodes.Node]:
        listed = (BOOK.parent / "_toc.yml").read_text("utf-8")
        self.env.note_dependency(str(BOOK.parent / "_toc.yml"))
        items = []
        for number, path in sorted(chapters().items()):
            if f"file: {path.stem}\n" not in f"{listed}\n":
                continue
            self.env.note_dependency(str(path))
            text = path.read_text("utf-8")
            title = TITLE.search(text)
            if title is None:
                raise self.error(f"{path.name} has no title such as '# Lesson {number}. A name'")
            items.append(
                f'<li><a href="{path.stem}.html"><span class="lesson-number">{number}</span> '
                f'<span class="lesson-title">{escape(title[1])}</span> '
                f'<span class="lesson-time">{minutes(text)} minutes</span></a></li>'
            )
        return [nodes.raw("", f'<ol class="lessons">{"".join(items)}</ol>', format="html")]


class Results(SphinxDirective):
    """`{results} TASK TASK ...`: what the gallery measured: the book's model, the strongest simple rule and the trivial answer."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        path = BOOK.parent / "benchmarks/results/gallery.json"
        self.env.note_dependency(str(path))
        tasks = {task["task"]: task for task in json.loads(path.read_text("utf-8"))["tasks"]}
        items = []
        for name in self.arguments[0].split():
            task = tasks[name]
            model, rule, trivial = (f"{median(task[who]):.2f}" for who in ("model", "rule", "baseline"))
            items.append(
                f'<li><span class="result-task">{escape(name)}</span> <span class="result-score">{model}</span> '
                f'<span class="result-what">{escape(task["score"])}, {escape(task["model_name"])}</span> '
                f'<span class="result-what">{rule}: {escape(task["rule_name"])}</span> '
                f'<span class="result-what">{trivial}: {escape(task["baseline_name"])}</span></li>'
            )
        return [nodes.raw("", f'<ul class="results">{"".join(items)}</ul>', format="html")]


def offer_notebook(app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.Node) -> None:
    """Have the theme offer the notebook of a lesson."""
    if LESSON.match(page):
        context["ipynb_source"] = f"{page}.ipynb"


def write_notebooks(app: Sphinx, failure: Exception | None) -> None:
    """Write every lesson as a notebook, without outputs, beside its source."""
    if failure or app.builder.format != "html":
        return
    for path in chapters().values():
        if path.stem in app.env.found_docs:
            target = Path(app.outdir) / "_sources" / f"{path.stem}.ipynb"
            target.parent.mkdir(exist_ok=True)
            jupytext.write(jupytext.read(path, fmt="md:myst"), target, fmt="ipynb")


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_directive("lessons", Lessons)
    app.add_directive("results", Results)
    app.add_post_transform(CodeBelow)
    app.add_post_transform(FoldSolutions)
    app.connect("env-get-updated", plain_numbers, priority=400)
    app.connect("env-get-updated", number_by_lesson, priority=600)
    app.connect("html-page-context", offer_notebook, priority=400)  # before the theme's buttons
    app.connect("build-finished", write_notebooks)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
