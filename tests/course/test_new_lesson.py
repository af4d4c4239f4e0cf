"""`autograder new-lesson`: what it writes keeps the contract, and what is not written yet does not pass for finished."""

import importlib.util
import json
import shutil

import nbformat
import pytest
import yaml
from typer.testing import CliRunner

import autograder.lint
from autograder import release
from autograder.__main__ import app
from autograder.new_lesson import LISTS, ROOT, Lesson, create

# two functions of the library that no exercise asks for
LESSON = Lesson(98, "Words as points: a try", 3, ("cosine_similarity", "perplexity"))


@pytest.fixture
def root(tmp_path):
    for name in [*LISTS, "nbgrader_config.py"]:
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


def test_the_notebook_keeps_the_contract_and_can_be_released(root, monkeypatch):
    create(LESSON, root)
    exercises = hidden_side(root)
    assert [exercise.name for exercise in exercises] == list(LESSON.functions)
    monkeypatch.setattr(autograder.lint.lessons, "lessons", lambda: {"lesson-98": exercises})
    assert autograder.lint.lint(root / "solutions/lesson-98/lesson-98.ipynb") == []
    release.generate("lesson-98", root / "exercises", root)
    released = nbformat.read(root / "exercises/lesson-98/lesson-98.ipynb", as_version=4)
    nbformat.validate(released)
    text = "\n".join(cell.source for cell in released.cells)
    assert text.count("raise NotImplementedError") >= 2 and "BEGIN SOLUTION" not in text and "def perplexity(" in text


def test_the_chapter_has_all_its_parts_and_stands_in_the_lists(root):
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
    assert files.index("98-words-as-points-a-try") == files.index("04-backpropagation-through-time") + 1
    assert (root / "book/item-map.md").read_text().count("| 98.") == 3
    assert ", 98: 3}" in (root / "tests/book/test_item_map.py").read_text()


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
