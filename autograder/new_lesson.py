"""Fill the templates of a new lesson: hidden side, notebook, chapter, quiz, items, and its line in the contents.

What only a person can write says "To be written" (in code: raises), so that an unfinished lesson fails its tests.
"""

from __future__ import annotations

import inspect
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

import seqlib
from autograder.contract import BEGIN_SOLUTION, END_SOLUTION, IMPORT

ROOT = Path(__file__).parents[1]
TEMPLATES = Path(__file__).parent / "templates"
CONTENTS = "_toc.yml"
SUBMIT = (
    "## Before you submit\n\nRestart the kernel and run all cells from the top: what works only in the order in which you "
    "happened to run it does not work after you submit. Then submit.\n\n**Where to go from here.** To be written."
)


@dataclass(frozen=True)
class Lesson:
    """A lesson's number and title, how many items the curriculum numbers in it, and the functions that it grades."""

    number: int
    title: str
    items: int
    functions: tuple[str, ...]

    @property
    def assignment(self) -> str:
        return f"lesson-{self.number:02}"

    @property
    def module(self) -> str:
        return self.assignment.replace("-", "_")

    @property
    def chapter(self) -> str:
        return f"{self.number:02}-" + "-".join(re.findall(r"[a-z0-9]+", self.title.lower()))

    def fill(self, template: str, **words: str) -> str:
        """The text of a template, each `@word@` in it replaced."""
        words = {
            "lesson": str(self.number),
            "before": str(self.number - 1),
            "title": self.title,
            "chapter": self.chapter,
            "assignment": self.assignment,
            "items": str(self.items),
            "imports": ", ".join(sorted(self.functions)),
            "quoted": ", ".join(f'"{name}"' for name in self.functions),
            "listed": ", ".join(f"`{name}`" for name in self.functions),
            **words,
        }
        return re.sub(r"@(\w+)@", lambda found: words[found[1]], (TEMPLATES / template).read_text("utf-8"))


def create(lesson: Lesson, root: Path = ROOT) -> list[Path]:
    """Write the files of a new lesson and its line in the contents; returns all files written or changed.

    Raises ValueError where seqlib has no such function, FileExistsError where the lesson is there already.
    """
    missing = [name for name in lesson.functions if not inspect.isfunction(getattr(seqlib, name, None))]
    if missing:
        raise ValueError(f"seqlib has no function {', '.join(missing)}: the reference is written first, with its tests")
    texts = {
        f"autograder/lessons/{lesson.module}/__init__.py": lesson.fill("lesson_init.py.txt"),
        **{
            f"autograder/lessons/{lesson.module}/{name}.py": lesson.fill("exercise.py.txt", name=name)
            for name in lesson.functions
        },
        f"solutions/{lesson.assignment}/{lesson.assignment}.ipynb": _notebook(lesson),
        f"book/{lesson.chapter}.md": _chapter(lesson),
        f"book/quizzes/{lesson.chapter}.json": _quiz(),
        f"book/items/{lesson.chapter}.json": _items(lesson),
    }
    there = [name for name in texts if (root / name).exists()]
    if there or any((root / "book").glob(f"{lesson.number:02}-*.md")):
        raise FileExistsError(f"lesson {lesson.number} is there already: {', '.join(there) or 'its chapter'}")
    # read before anything is written, so that contents which are not as expected stop all of it
    texts[CONTENTS] = _add_to_contents((root / CONTENTS).read_text("utf-8"), lesson)
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, "utf-8")
    return [root / name for name in texts]


def _chapter(lesson: Lesson) -> str:
    sections = [lesson.fill("section.md", item=str(item)) for item in range(1, lesson.items + 1)]
    return lesson.fill("chapter.md", sections="\n".join(sections))


def _quiz() -> str:
    """Three questions with four answers each, the first of them right: the page shows them in another order."""
    explained = "To be written: why this answer is right or wrong."
    answers = [{"answer": f"answer {i}", "correct": i == 1, "feedback": explained} for i in range(1, 5)]
    question = {"question": "To be written", "type": "multiple_choice", "answers": answers}
    return json.dumps([question] * 3, indent=2) + "\n"


def _items(lesson: Lesson) -> str:
    name = lesson.functions[0]
    row = {"section": "to be written", "seqlib": [name], "exercise": name, "test": "to_be_written.py"}
    return json.dumps([row] * lesson.items, indent=2) + "\n"


def _notebook(lesson: Lesson) -> str:
    functions = "\n".join(f"{i}. `{name}`: to be written," for i, name in enumerate(lesson.functions, 1))
    cells = [
        _text(
            "introduction",
            f"# Lesson {lesson.number}: {lesson.title}\n\n"
            f'*About 60 minutes. You need: to be written, and the chapter "{lesson.title}" of the book ({lesson.chapter}.html).*\n\n'
            f"In this notebook you write functions of `seqlib`, the library of the book:\n\n{functions}\n\n"
            "**How it works.** Replace each `raise NotImplementedError` by your code, then run the cell below it. "
            "`check(...)` calls your function and says what is wrong, if anything is. The checks marked `hidden=True` "
            "run after you submit, with other inputs. Functions must not change their arguments.\n\n"
            "While your functions are checked, here as after you submit, of `seqlib` there is only: to be written.\n\n"
            f"Broken a cell? In the folder of the home download, `.venv/bin/python restore.py {lesson.assignment}` "
            f"(Windows: `.venv\\Scripts\\python restore.py {lesson.assignment}`) brings back every cell that is not yours and "
            "keeps your answers.",
        ),
        _code("setup", "import numpy as np\n\nimport seqlib", locked=True),
    ]
    for number, name in enumerate(lesson.functions, 1):
        cells.append(_text(f"text-{name.replace('_', '-')}", f"## {number}. To be written"))
        cells.append(_code(name, _solution(name), solution=True))
        cells.append(_code(f"{name}-visible", f'{IMPORT}\ncheck("{name}")', locked=True, points=2))
        cells.append(_code(f"{name}-hidden", f'{IMPORT}\ncheck("{name}", hidden=True)', locked=True, points=3))
    asked = "In your own words\n\nTo be written.\n\n*Marked by hand, 3 points: to be written, one line for each point.*"
    cells.append(_text("text-written", f"## {len(lesson.functions) + 1}. {asked}"))
    answer = new_markdown_cell(f"{BEGIN_SOLUTION}\nTo be written.\n{END_SOLUTION}", id="written")
    answer.metadata = {"nbgrader": _meta("written", solution=True, points=3)}
    cells.append(answer)
    swapped = ", ".join(f"{name}={name}" for name in lesson.functions)
    demonstration = _code("demonstration", f"with seqlib.using({swapped}):\n    pass  # to be written")
    demonstration.metadata["tags"] = ["skip-execution"]
    cells += [demonstration, _text("end", SUBMIT)]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return str(nbformat.writes(new_notebook(cells=cells, metadata={"kernelspec": kernel}))) + "\n"


def _solution(name: str) -> str:
    function = getattr(seqlib, name)
    plain = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in inspect.signature(function).parameters.values()
    ]
    purpose = (inspect.getdoc(function) or "To be written.").splitlines()[0]
    return (
        f'def {name}{inspect.Signature(plain)}:\n    """{purpose}\n\n    To be written: each argument and the result, with shapes.\n'
        f'    """\n    {BEGIN_SOLUTION}\n    raise NotImplementedError("to be written")\n    {END_SOLUTION}'
    )


def _meta(name: str, solution: bool = False, locked: bool = False, points: int = 0) -> dict[str, object]:
    graded = {"points": points} if points else {}
    return {
        "grade": bool(points),
        "grade_id": name,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
        **graded,
    }


def _text(name: str, source: str) -> Any:
    meta = {"deletable": False, "editable": False, "nbgrader": _meta(name, locked=True)}
    return new_markdown_cell(source, id=name, metadata=meta)


def _code(name: str, source: str, solution: bool = False, locked: bool = False, points: int = 0) -> Any:
    return new_code_cell(source, id=name[:64], metadata={"nbgrader": _meta(name, solution, locked, points)})


def _add_to_contents(text: str, lesson: Lesson) -> str:
    chapters = list(re.finditer(r"^( *)- file: \d\d-\S+\n", text, re.MULTILINE))
    last = chapters[-1]
    return f"{text[: last.end()]}{last[1]}- file: {lesson.chapter}\n{text[last.end() :]}"
