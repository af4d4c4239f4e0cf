"""`autograder new-lesson`: what it writes keeps the contract, and what is not written yet does not pass for finished."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml
from typer.testing import CliRunner

from autograder import release
from autograder.__main__ import app
from autograder.new_lesson import CONTENTS, ROOT, Lesson, create

# two functions of the library that no exercise asks for
LESSON = Lesson(98, "Words as points: a try", 3, ("cosine_similarity", "perplexity"))


@pytest.fixture
def root(tmp_path):
    for name in (CONTENTS, "nbgrader_config.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def hidden_side(root):
    """The exercises of the lesson that was made, in its order."""
    folder = root / "autograder/lessons/lesson_98"
    modules = {path.stem: _module(path) for path in folder.glob("*.py")}
    return [modules[name].EXERCISE for name in modules["__init__"].EXERCISES]


def _module(path):
    spec = importlib.util.spec_from_file_location(f"lesson_98.{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_notebook_can_be_released(root):
    create(LESSON, root)
    exercises = hidden_side(root)
    assert [exercise.name for exercise in exercises] == list(LESSON.functions)
    release.generate("lesson-98", root / "exercises", root)
    released = nbformat.read(root / "exercises/lesson-98/lesson-98.ipynb", as_version=4)
    nbformat.validate(released)
    text = "\n".join(cell.source for cell in released.cells)
    assert text.count("raise NotImplementedError") >= 2 and "BEGIN SOLUTION" not in text and "def perplexity(" in text


def test_the_chapter_has_all_its_parts_and_stands_in_the_contents(root):
    written = create(LESSON, root)
    assert all(path.is_file() for path in written)
    chapter = (root / "book/98-words-as-points-a-try.md").read_text()
    for part in (
        "(l98)=",
        "(l98-3)=\n## 98.3 ",
        "**After this chapter you can**",
        "{admonition} Common mistakes",
        "## Summary",
    ):
        assert part in chapter
    assert "quizzes/98-words-as-points-a-try.json" in chapter and "@" not in chapter
    assert len(json.loads((root / "book/quizzes/98-words-as-points-a-try.json").read_text())) == 3
    contents = yaml.safe_load((root / "_toc.yml").read_text())
    files = [entry["file"] for part in contents["parts"] for entry in part["chapters"]]
    chapters = [file for file in files if file[:2].isdigit()]
    assert chapters == sorted(chapters) and chapters[-1] == "98-words-as-points-a-try"
    assert len(json.loads((root / "book/items/98-words-as-points-a-try.json").read_text())) == 3


def test_what_is_to_be_written_raises(root):
    create(LESSON, root)
    exercise = hidden_side(root)[0]
    assert exercise.mistakes == {}
    with pytest.raises(NotImplementedError, match="to be written"):
        exercise.cases(seed=1)
    notebook = nbformat.read(root / "solutions/lesson-98/lesson-98.ipynb", as_version=4)
    scope = {}
    exec(next(cell.source for cell in notebook.cells if "def perplexity(" in cell.source), scope)
    with pytest.raises(NotImplementedError):
        scope["perplexity"](*[1.0] * scope["perplexity"].__code__.co_argcount)


def test_nothing_is_overwritten(root):
    create(LESSON, root)
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    with pytest.raises(FileExistsError, match="lesson 98 is there already"):
        create(Lesson(98, "Another title", 2, ("perplexity",)), root)
    assert before == {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_command_names_a_function_that_the_library_lacks():
    result = CliRunner().invoke(app, ["new-lesson", "98", "A try", "--function", "not_there"])
    assert result.exit_code == 2 and "not_there" in result.output
    assert not list((ROOT / "book").glob("98-*"))


def test_nothing_that_is_committed_is_still_to_be_written():
    places = [
        *(ROOT / "book").glob("*.md"),
        *(ROOT / "book/quizzes").glob("*"),
        *(ROOT / "solutions").glob("*/*.ipynb"),
    ]
    places += (ROOT / "autograder/lessons").rglob("*.py")
    assert [path.name for path in places if "to be written" in path.read_text("utf-8").lower()] == []


# ---------------------------------------------------------------------------------------------------------------
# Lesson 99, in a copy of the project, made as CONTRIBUTING says

INIT = """\"\"\"Lesson 99, how sure a model is.\"\"\"

EXERCISES = ("perplexity", "bits_per_character")
USES: tuple[str, ...] = {uses}
SWAPS = ()
ITEMS = 2
"""
HIDDEN_SIDE = """
from collections.abc import Iterator

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part
import numpy as np


def draw(rng: Generator) -> Iterator[Inputs]:
    for aspect, low, high in (("few tokens", 2, 9), ("many tokens", 20, 99)):
        tokens = int(rng.integers(low, high))
        yield Inputs(f"{tokens} tokens", (float(tokens * rng.uniform(0.5, 2)), tokens), aspect=aspect)


def NAME(total_loss: float, tokens: int) -> float:
    return RIGHT


MISTAKES = {
    "not_divided": Mistake("the loss is the sum over all tokens: divide by how many there are.", (" / tokens", "")),
    "inverted": Mistake("tokens and loss have changed places.", ("total_loss / tokens", "tokens / total_loss")),
}
EXERCISE = Exercise(right=NAME, draw=draw, visible=2, hidden=3, mistakes=MISTAKES, parts=(Part("the number"),))
"""
RIGHT = {"perplexity": "np.exp(total_loss / tokens)", "bits_per_character": "total_loss / tokens / np.log(2)"}
GRADE = """
import sys
from pathlib import Path
from tests.course.test_scores import compare, solutions
assert Path(sys.modules["autograder"].__file__).is_relative_to(Path.cwd())
solved = {name: solutions("lesson-99")[name] for name in ("perplexity", "bits_per_character")}
wrong = {**solved, "perplexity": solved["perplexity"].replace(" / tokens", "")}
compare("lesson-99", {"solution": solved, "release": {}, "wrong": wrong}, Path(sys.argv[1]))
"""


@pytest.fixture
def project(tmp_path):
    """A copy of what a lesson touches, and of what reads it, in which `python -m autograder` is the copy's."""
    copy = tmp_path / "project"
    for name in ("autograder", "seqlib", "solutions", "exercises", "tests", CONTENTS, "nbgrader_config.py"):
        source = ROOT / name
        if source.is_dir():
            # The functions of the new lesson are those of a later one, which is not there yet.
            left_out = ("__pycache__", "attacks", "book", "trials", "lesson?0[5-9]*", "lesson?1*")
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns(*left_out))
        else:
            shutil.copy(source, copy / name)
    (copy / "book").mkdir()
    return copy


def run(project, *command, code=0):
    environment = {**os.environ, "PYTHONPATH": str(project)}
    done = subprocess.run(
        [sys.executable, *command], cwd=project, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == code, done.stdout + done.stderr[-4000:]
    return done.stdout


def fill(project):
    """What a person writes into a new lesson: the hidden side, the solution, the last cell."""
    folder = project / "autograder/lessons/lesson_99"
    (folder / "__init__.py").write_text(INIT.format(uses="()"))
    for name, right in RIGHT.items():
        (folder / f"{name}.py").write_text(HIDDEN_SIDE.replace("NAME", name).replace("RIGHT", right))
    path = project / "solutions/lesson-99/lesson-99.ipynb"
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.nbgrader.grade_id
        if name in RIGHT:
            code = f"tokens = len(seqlib.tokenize('word ' * tokens))\n    return {RIGHT[name]}"
            cell.source = cell.source.replace('raise NotImplementedError("to be written")', code)
        elif name == "demonstration":
            cell.source = "print(perplexity(10.0, 5))"
        cell.source = cell.source.replace("To be written", "Written").replace("to be written", "written")
    nbformat.write(notebook, path)
    return path


def test_a_lesson_made_as_contributing_says_is_released_and_graded_by_the_engine_and_by_stock(project, tmp_path):
    before = {path: path.read_bytes() for path in project.rglob("*") if path.is_file()}
    functions = [word for name in RIGHT for word in ("--function", name)]
    run(project, "-m", "autograder", "new-lesson", "99", "How sure a model is", "--items", "2", *functions)
    changed = [path for path in before if path.read_bytes() != before[path]]
    assert changed == [project / CONTENTS], "no other list is edited"
    notebook = fill(project)
    said = run(project, "-m", "autograder", "lint", str(notebook), code=1)
    assert 'seqlib.tokenize comes with USES = ("words",)' in said
    (project / "autograder/lessons/lesson_99/__init__.py").write_text(INIT.format(uses='("words",)'))
    assert "1 notebooks keep the contract" in run(project, "-m", "autograder", "lint", str(notebook))
    run(project, "-m", "autograder", "cases")
    run(project, "-m", "autograder", "release", "lesson-99")
    run(project, "-c", GRADE, str(tmp_path))
