"""The table of the curriculum's items: every item of the finished lessons, and nothing that points nowhere."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import seqlib
from autograder.lessons import lessons

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
ITEMS = {1: 3, 2: 5, 3: 6, 4: 5}  # lesson: how many items the curriculum numbers
ROWS = re.findall(
    r"^\| (\d+)\.(\d+) \| \[[^]]+\]\(([\w-]+)\) \| (.+) \| \[`(\w+)`\]\(l\1-exercise\) \| `(.+)` \|$",
    (BOOK / "item-map.md").read_text("utf-8"),
    re.MULTILINE,
)


def found(name: str) -> bool:
    """Whether `seqlib` has this name, in itself or in one of its modules."""
    *modules, last = name.split(".")
    home = importlib.import_module(".".join(["seqlib", *modules]))
    return hasattr(home, last)


def test_every_item_has_a_row() -> None:
    listed = [(int(lesson), int(item)) for lesson, item, *_ in ROWS]
    assert listed == [(lesson, item) for lesson, count in ITEMS.items() for item in range(1, count + 1)]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]}.{row[1]}")
def test_a_row_points_to_what_is_there(row: tuple[str, ...]) -> None:
    lesson, item, label, names, exercise, test = row
    assert label == f"l{lesson}-{item}"
    chapters = [path for path in BOOK.glob(f"{int(lesson):02}-*.md")]
    assert len(chapters) == 1
    assert f"({label})=\n## {lesson}.{item} " in chapters[0].read_text("utf-8")
    asked = re.findall(r"\{seqlib\}`([\w.]+)`", names)
    assert names == ", ".join(f"{{seqlib}}`{name}`" for name in asked)
    for name in asked:
        assert found(name), name
    assert exercise in {graded.name for graded in lessons()[f"lesson-{int(lesson):02}"]}, exercise
    assert (ROOT / "tests" / test).is_file(), test


@pytest.mark.parametrize("lesson", ITEMS)
def test_a_chapter_has_all_its_parts(lesson: int) -> None:
    text = next(BOOK.glob(f"{lesson:02}-*.md")).read_text("utf-8")
    parts = ["**After this chapter you can**", "**You need**", "{admonition} Common mistakes", "here it breaks"]
    parts += ["## Summary", "## Quiz", "## Exercise", "## References", "```{footbibliography}"]
    for part in parts:
        assert part in text, part
    assert f"(l{lesson})=" in text and f"(l{lesson}-exercise)=" in text
    notebook = f"exercises/lesson-{lesson:02}/lesson-{lesson:02}.ipynb"
    assert f"<../{notebook}>" in text and (ROOT / notebook).is_file()


def graded_functions() -> dict[str, list[str]]:
    """The functions that exercises ask for, by name: the lines of their bodies in seqlib, without docstrings."""
    import ast
    import inspect

    bodies = {}
    for name in sorted(asked.name for exercises in lessons().values() for asked in exercises):
        tree = ast.parse(inspect.getsource(getattr(seqlib, name))).body[0]
        assert isinstance(tree, ast.FunctionDef)
        lines = [ast.unparse(node) for node in tree.body if not isinstance(node, ast.Expr)]
        bodies[name] = [line for line in "\n".join(lines).splitlines() if line.strip()]
    return bodies


@pytest.mark.parametrize(("name", "body"), graded_functions().items())
def test_no_page_prints_a_graded_function(name: str, body: list[str]) -> None:
    for page in sorted(BOOK.glob("*.md")):
        text = page.read_text("utf-8")
        assert f"def {name}(" not in text, page.name
        code = {line.strip() for line in text.splitlines()}
        assert sum(line.strip() in code for line in body) < max(2, len(body) // 2), page.name
