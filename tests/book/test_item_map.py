"""The table of the curriculum's items: every item of the sixteen lessons, and nothing that points nowhere."""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from autograder.lessons import chapter, items_of, lessons
from seqlib.book import samples
from seqlib.book.stills import STILLS

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
LESSONS = sorted(lessons())
ROWS = [
    (int(path.name[:2]), number, item)
    for path in sorted((BOOK / "items").glob("[0-9][0-9]-*.json"))
    for number, item in enumerate(json.loads(path.read_text("utf-8")), 1)
]

CURRICULUM = (3, 5, 6, 5, 2, 4, 4, 5, 4, 4, 3, 2, 4, 2, 4, 12)  # how many items each lesson has

GALLERY = json.loads((BOOK / "items" / "gallery.json").read_text("utf-8"))


def found(name: str) -> bool:
    """Whether `seqlib` has this name, in itself or in one of its modules."""
    *modules, last = name.split(".")
    home = importlib.import_module(".".join(["seqlib", *modules]))
    return hasattr(home, last)


def test_the_map_goes_from_1_1_to_16_12() -> None:
    items = [(lesson, number) for lesson, count in enumerate(CURRICULUM, 1) for number in range(1, count + 1)]
    assert [(lesson, number) for lesson, number, _ in ROWS] == items
    assert [items_of(f"lesson-{lesson:02}") for lesson in range(1, 17)] == list(CURRICULUM)


def test_every_item_has_a_row() -> None:
    listed = Counter(f"lesson-{lesson:02}" for lesson, _, _ in ROWS)
    assert listed == Counter({lesson: items_of(lesson) for lesson in LESSONS})
    pages = {path.stem for path in BOOK.glob("[0-9][0-9]-*.md")} | {"gallery"}
    assert {path.stem for path in (BOOK / "items").glob("*")} == pages


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_a_row_points_to_what_is_there(row: tuple[int, int, dict[str, Any]]) -> None:
    lesson, number, item = row
    chapters = list(BOOK.glob(f"{lesson:02}-*.md"))
    assert len(chapters) == 1
    assert f"(l{lesson}-{number})=\n## {lesson}.{number} " in chapters[0].read_text("utf-8")
    assert item["section"] and item["seqlib"]
    for name in item["seqlib"]:
        assert found(name), name
    assert item["exercise"] in {graded.name for graded in lessons()[f"lesson-{lesson:02}"]}, item["exercise"]
    assert (ROOT / "tests" / item["test"]).is_file(), item["test"]


def test_the_gallery_has_the_seven_tasks_of_lesson_1() -> None:
    text = (BOOK / "gallery.md").read_text("utf-8")
    parts = re.split(r"^\(gallery-\d\)=\n", text, flags=re.MULTILINE)[1:]
    assert len(parts) == len(GALLERY) == len(samples.TASKS) == 7
    assert re.findall(r"^\(gallery-(\d)\)=\n## ", text, re.MULTILINE) == [str(number) for number in range(1, 8)]
    for name, section, item in zip(samples.TASKS, parts, GALLERY, strict=True):
        figures = re.findall(r"^```\{live\} (\w+)", section, re.MULTILINE)
        assert [STILLS[figure].network for figure in figures] == [samples.TASKS[name].network], name
        for cell in (f'samples.card("{name}")', f'samples.panel("{name}")'):
            assert cell in section, cell
        (explained,) = re.findall(r"^\*Explained in\* .*$", section, re.MULTILINE)
        assert f"[lesson {item['lesson']}](" in explained, name
        assert all(found(one) for one in item["seqlib"]) and (ROOT / "tests" / item["test"]).is_file()
        assert item["exercise"] in {graded.name for graded in lessons()[f"lesson-{item['lesson']:02}"]}


def test_the_gallery_is_found_and_leads_back() -> None:
    for page in ("index.md", "01-why-sequences.md"):
        assert "](the-gallery)" in (BOOK / page).read_text("utf-8"), page
    assert "](l1-" in (BOOK / "gallery.md").read_text("utf-8")


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_chapter_has_all_its_parts(lesson: str) -> None:
    text = chapter(lesson).read_text("utf-8")
    parts = ["**After this chapter you can**", "**You need**", "{admonition} Common mistakes", "here it breaks"]
    parts += ["## Summary", "## Quiz", "## Exercise", "## References", "```{footbibliography}"]
    for part in parts:
        assert part in text, part
    assert re.search(r"^\(([\w-]+)\)=\n# .*^\(\1-exercise\)=\n## Exercise$", text, re.MULTILINE | re.DOTALL)
    notebook = f"exercises/{lesson}/{lesson}.ipynb"
    assert f"<../{notebook}>" in text and (ROOT / notebook).is_file()


def lines_of(text: str) -> list[str]:
    """The lines as they stand in any cell: without indentation and remark, and none that are brackets alone."""
    lines = (line.partition("  #")[0].strip() for line in text.splitlines())
    return [line for line in lines if re.search(r"\w", line)]


def graded_functions() -> dict[str, list[str]]:
    """The functions that exercises ask for, by name: the lines of their bodies in seqlib, without docstrings."""
    bodies = {}
    for asked in (asked for exercises in lessons().values() for asked in exercises):
        source = inspect.getsource(asked.library)
        tree = ast.parse(source).body[0]
        assert isinstance(tree, ast.FunctionDef)
        first = tree.body[1 if ast.get_docstring(tree) else 0]
        bodies[asked.name] = lines_of("\n".join(source.splitlines()[first.lineno - 1 :]))
    return bodies


@pytest.mark.parametrize(("name", "body"), graded_functions().items())
def test_no_page_prints_a_graded_function(name: str, body: list[str]) -> None:
    for page in sorted(BOOK.glob("*.md")):
        text = page.read_text("utf-8")
        assert f"def {name}(" not in text, page.name
        code = set(lines_of(text))
        assert sum(line in code for line in body) < max(2, len(body) // 2), page.name
