"""Limits as a class configures them: what they are made of, what is refused, and how large a notebook may be by both ways of grading."""

import json
import re
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.classroom import identify
from autograder.sandbox import Limits

from .conftest import LESSON, autograder, nbgrader

MIB = 2**20


def test_an_assignments_own_limits_come_before_those_of_all():
    table = {"*": {"cells": 9, "cell_cpu": 2}, "lesson-04": {"cells": 7.0}, "lesson-05": {"restarts": 0}}
    assert Limits.of(table, "lesson-04") == Limits(cells=7, cell_cpu=2)
    assert isinstance(Limits.of(table, "lesson-04").cells, int)
    assert Limits.of(table, "lesson-05") == Limits(cells=9, cell_cpu=2, restarts=0)
    assert Limits.of({}, "lesson-04") == Limits()


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"*": {"cell": 9}}, r"\*: there is no limit 'cell'; there are .*cells"),
        ({"*": {"cells": 0}}, r"\*: cells has to be a whole number above 0, not '0'"),
        ({"lesson-03": {"cells": 2.5}}, "lesson-03: cells has to be a whole number above 0, not '2.5'"),
        ({"*": {"cells": True}}, "not 'True'"),
        ({"*": {"notebook_size": "8 MiB"}}, "not '8 MiB'"),
        ({"*": {"notebook_size": float("inf")}}, "not 'inf'"),
        ({"*": {"cell_cpu": float("nan")}}, "a number above 0, not 'nan'"),
        ({"*": {"cell_cpu": -1}}, "a number above 0, not '-1'"),
        ({"*": {"restarts": -1}}, "a whole number of at least 0"),
        ({"*": {"memory": 10**400}}, "a whole number above 0"),
        ({"*": {"memory": None}}, "not 'None'"),
        ({"*": 9}, "by assignment"),
        ({"cells": 9}, "by assignment"),
        ([], "by assignment"),
    ],
)
def test_what_cannot_be_a_limit_is_named(table, reason):
    with pytest.raises(ValueError, match=reason) as refused:
        Limits.of(table, "lesson-04")
    assert str(refused.value).isprintable() and len(str(refused.value)) < 400


def sized(folder: Path) -> None:
    """Beside ada two notebooks that are within the usual limits, and two that are not."""
    solved = (folder / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb").read_text()
    for student, cells, size in (("some", 200, 0), ("many", 1_100, 0), ("heavy", 0, 400_000), ("huge", 0, 9 * MIB)):
        notebook = json.loads(solved)
        notebook["cells"] += [{"cell_type": "markdown", "source": "x", "metadata": {}} for _ in range(cells)]
        notebook["metadata"]["x"] = "x" * size
        for cell in notebook["cells"]:
            cell.pop("id", None)
        target = folder / "submitted" / student / LESSON / f"{LESSON}.ipynb"
        target.parent.mkdir(parents=True)
        target.write_text(json.dumps({**notebook, "nbformat_minor": 4}))


def graded(folder: Path, way: str) -> str:
    if way == "nbgrader autograde":
        return nbgrader(folder, "autograde", LESSON).stderr
    return autograder("grade", LESSON, "--course", folder).stdout


LOW = {"notebook_size": 200_000, "cells": 100}
HIGH = {"notebook_size": 12 * MIB, "cells": 1_500}


@pytest.mark.parametrize("way", ["autograder grade", "nbgrader autograde"])
@pytest.mark.parametrize(
    ("limits", "within"), [(LOW, set()), ({}, {"some", "heavy"}), (HIGH, {"some", "heavy", "many", "huge"})]
)
def test_a_class_says_how_large_a_notebook_may_be(new_class, way, limits, within):
    folder = new_class("ada")
    sized(folder)
    config = folder / "nbgrader_config.py"
    config.write_text(f"{config.read_text()}\nc.SandboxExecute.limits = {{'{LESSON}': {limits}}}\n")
    said = re.sub(r"[\s│]", "", graded(folder, way))  # a table breaks its lines
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        found = {s.student_id for s in book.assignment_submissions(LESSON) if s.score == 15}
    assert found == {"ada", *within}, said
    most = {**{"notebook_size": Limits.notebook_size, "cells": Limits.cells}, **limits}
    for student, reason in (
        ("many", f"at most {most['cells']}"),
        ("huge", f"at most {most['notebook_size'] / MIB:.3g} MiB"),
    ):
        assert (reason.replace(" ", "") in said) == (student not in within), said


def test_a_file_that_is_collected_may_have_as_many_cells_as_it_may_when_it_is_graded():
    content = json.dumps({"cells": [{"cell_type": "markdown", "source": "x"}] * 9, "metadata": {}}).encode()
    told = [identify.look("x.ipynb", content, [], Limits(cells=most)) for most in (8, 9)]
    assert [found.problem if found else "" for found in told] == [
        "has 9 cells; at most 8 can be graded",
        "has no cell of any lesson",
    ]
