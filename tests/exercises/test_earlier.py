"""The functions of earlier notebooks: found beside this one, and left out where they are not written or do not run."""

from __future__ import annotations

import json

import pytest

from seqlib.exercises.earlier import own_functions


def cell(name, source, *, solution=True, grade=False):
    about = {"grade_id": name, "solution": solution, "grade": grade}
    return {"cell_type": "code", "metadata": {"nbgrader": about}, "source": source.splitlines(keepends=True)}


def notebook(path, *cells):
    path.parent.mkdir(parents=True, exist_ok=True)
    setup = cell("setup", "import math\nFACTOR = 2", solution=False)
    path.write_text(json.dumps({"cells": [setup, *cells]}))


TWICE = cell("twice", "def twice(x):\n    return FACTOR * x")
EMPTY = cell("later", 'def later(x):\n    """Not written."""\n    raise NotImplementedError')


@pytest.mark.parametrize(
    "place", ["lesson-03.ipynb", "lesson-03/lesson-03.ipynb", "../lesson-03.ipynb", "../lesson-03/lesson-03.ipynb"]
)
def test_notebooks_beside_this_one_are_found(tmp_path, place):
    here = tmp_path / "course" / "lesson-16"
    here.mkdir(parents=True)
    notebook(here / place, TWICE, EMPTY)
    found = own_functions(["twice", "later", "other"], here)
    assert list(found) == ["twice"] and found["twice"](3) == 6


@pytest.mark.parametrize(
    "more", ["\n\ntwice(4)", "\n\ndef helper():\n    raise NotImplementedError", "\n\ntwice = abs"]
)
def test_a_cell_may_go_on_behind_its_function(tmp_path, more):
    notebook(tmp_path / "lesson-03.ipynb", cell("twice", "".join(TWICE["source"]) + more))
    notebook(tmp_path / "lesson-04.ipynb", cell("later", "".join(EMPTY["source"]) + "\n\nprint(later)"))
    assert list(own_functions(["twice", "later"], tmp_path)) == ["twice"]


def test_what_is_not_asked_for_is_not_run(tmp_path):
    notebook(tmp_path / "lesson-03.ipynb", cell("loud", "raise SystemExit"))
    assert own_functions(["twice"], tmp_path) == {}


@pytest.mark.parametrize("end", ["1 / 0", "raise SystemExit"])
def test_a_cell_that_raises_leaves_the_others(tmp_path, end):
    broken = cell("broken", "def broken(:")
    stopped = cell("stopped", f"stopped = lambda: 0\n{end}")
    notebook(tmp_path / "lesson-04.ipynb", broken, stopped, TWICE)
    assert list(own_functions(["broken", "stopped", "twice"], tmp_path)) == ["twice"]


def test_a_file_that_is_no_notebook_is_passed_over(tmp_path):
    (tmp_path / "lesson-02.ipynb").write_text("not json")
    (tmp_path / "lesson-04.ipynb").write_text('{"cells": [{"metadata": []}]}')
    notebook(tmp_path / "lesson-03.ipynb", TWICE)
    assert list(own_functions(["twice"], tmp_path)) == ["twice"]


def test_of_equal_names_the_first_lesson_counts(tmp_path):
    notebook(tmp_path / "lesson-03.ipynb", TWICE)
    notebook(tmp_path / "lesson-05.ipynb", cell("twice", "def twice(x):\n    return 0"))
    assert own_functions(["twice"], tmp_path)["twice"](1) == 2
