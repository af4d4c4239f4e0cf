"""The shape of the code: what may import what, how long a function may be, and that the examples in docstrings are true."""

import ast
import doctest
import importlib
import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import seqlib
from autograder.lessons import lessons
from autograder.lessons.exercise import Exercise

ROOT = Path(seqlib.__file__).parents[1]
# by the lint: what readers wrote, and what is made
LEFT_OUT = {("tests", "trials"), ("book", "_build"), ("book", "_vendor")}
LIMIT = 40  # lines of code in a function
# of the folders that hold code, each may import those before it
FOLDERS = ("seqlib", "autograder", "benchmarks", "tests")
# inside seqlib likewise; the lessons' modules and seqlib.fast look at one another, in no circle of modules
PARTS = ({"support"}, {"", "fast"}, {"data"}, {"exercises", "torch", "book"})


def modules(folder: str) -> dict[str, Path]:
    """The modules of a top-level folder, by name; a package has the name of its folder."""
    found = {}
    for path in (ROOT / folder).rglob("*.py"):
        parts = path.relative_to(ROOT).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(name: str, path: Path, known: set[str]) -> Iterator[str]:
    """The modules that a module imports anywhere but for type checking and in its command; of a package's names, those that are modules."""
    package = name if path.stem == "__init__" else name.rpartition(".")[0]

    def walk(node: ast.AST) -> Iterator[ast.AST]:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        if isinstance(node, ast.FunctionDef) and node.name == "main":  # a command may import what it runs
            return
        yield node
        for child in ast.iter_child_nodes(node):
            yield from walk(child)

    for node in walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            home = ".".join([*above, *([node.module] if node.module else [])])
            names = [f"{home}.{alias.name}" for alias in node.names]
            yield from (full if full in known else home for full in names)


def test_every_python_file_is_linted():
    """A folder's name left out of the lint goes for every folder of that name."""
    shown = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    linted = {Path(line).relative_to(ROOT) for line in shown.stdout.splitlines()}
    files = {path for folder in (*FOLDERS, "book", ".ci") for path in (ROOT / folder).rglob("*") if is_python(path)}
    left_out = {path.relative_to(ROOT) for path in files} - linted
    assert len(linted) > 300
    assert {path for path in left_out if path.parts[:2] not in LEFT_OUT} == set()


def is_python(path: Path) -> bool:
    """Whether a file is a module, or a program without a suffix."""
    if not path.is_file() or "__pycache__" in path.parts:
        return False
    with path.open("rb") as file:
        return path.suffix == ".py" or (not path.suffix and file.readline().endswith(b"python3\n"))


def part(name: str) -> str:
    """The folder of seqlib that a module is in; "" for the lessons' modules."""
    pieces = name.split(".")
    return pieces[1] if len(pieces) > 1 and (ROOT / "seqlib" / pieces[1]).is_dir() else ""


def test_no_folder_imports_one_that_comes_after_it():
    for i, folder in enumerate(FOLDERS):
        for name, path in modules(folder).items():
            found = {target.partition(".")[0] for target in imports(name, path, set())}
            assert not found & set(FOLDERS[i + 1 :]), f"{name} imports {found & set(FOLDERS[i + 1 :])}"


def test_the_library_does_not_name_the_grader():
    named = [path for path in (ROOT / "seqlib").rglob("*.py") if "autograder" in path.read_text("utf-8")]
    assert not named


def test_inside_the_library_no_folder_imports_one_that_comes_after_it():
    found = modules("seqlib")
    rank = {folder: i for i, folders in enumerate(PARTS) for folder in folders}
    for name, path in found.items():
        for target in imports(name, path, set(found)):
            if target.partition(".")[0] == "seqlib":
                assert rank[part(target)] <= rank[part(name)], f"{name} imports {target}"
                if rank[part(name)] == len(PARTS) - 1:
                    assert part(target) == part(name) or rank[part(target)] < rank[part(name)], (
                        f"{name} imports {target}"
                    )


def test_no_module_imports_itself_through_others():
    found = modules("seqlib")
    graph = {
        name: {target for target in imports(name, path, set(found)) if target in found and target != name}
        for name, path in found.items()
        if path.stem != "__init__"  # a package lists what it holds
    }
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name in done:
            return
        for target in sorted(graph.get(name, ())):
            visit(target, (*way, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def code_lines(function: ast.FunctionDef, lines: list[str]) -> int:
    """Lines from `def` to the end that are neither blank, comment nor docstring."""
    first = function.body[0]
    documented = ast.get_docstring(function) is not None
    doc = set(range(first.lineno, (first.end_lineno or 0) + 1)) if documented else set()
    inside = (n for n in range(function.lineno, (function.end_lineno or 0) + 1) if n not in doc)
    return sum(1 for n in inside if lines[n - 1].strip() and not lines[n - 1].strip().startswith("#"))


@pytest.mark.parametrize("folder", ["seqlib", "autograder", "benchmarks"])
def test_no_function_is_longer_than_a_screen(folder):
    long = []
    for name, path in modules(folder).items():
        text = path.read_text("utf-8")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and code_lines(node, text.splitlines()) > LIMIT:
                long.append(f"{name}.{node.name}: {code_lines(node, text.splitlines())}")
    assert not long, long


def graded() -> list[Exercise]:
    """The functions that the lessons ask for."""
    return [exercise for exercises in lessons().values() for exercise in exercises]


@pytest.mark.parametrize("name", sorted(modules("seqlib")))
def test_the_examples_in_docstrings_are_true(name):
    if "\n    >>> " in modules("seqlib")[name].read_text("utf-8"):
        assert not doctest.testmod(importlib.import_module(name), extraglobs={"np": np}).failed


@pytest.mark.parametrize("exercise", graded(), ids=lambda exercise: exercise.name)
def test_a_graded_function_has_an_example_and_a_line_for_each_argument(exercise):
    function = exercise.library
    assert doctest.DocTestFinder(recurse=False).find(function)[0].examples
    named = set()
    for line in inspect.getdoc(function).splitlines():
        named |= {word.strip() for word in line.partition(":")[0].split(",")}
    assert not set(inspect.signature(function).parameters) - named
