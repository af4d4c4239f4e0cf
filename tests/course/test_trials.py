"""Notebooks that were solved from the chapter and the exercise alone, without the library's sources, earn full points.

tests/trials has each with a report: what was hard to understand. A trial that fails after a change of its exercise has to be done anew.
"""

import nbformat
import pytest

from autograder.lessons import find_check, lessons
from autograder.release import ROOT
from seqlib.exercises.calls import LocalRunner
from seqlib.exercises.verdict import judge

TRIALS = [path for path in sorted((ROOT / "tests" / "trials").glob("*/*.ipynb")) if path.stem in lessons()]


def solved(path):
    """The namespace of a solved notebook: its set-up cell and its answers."""
    scope = {}
    for cell in nbformat.read(path, as_version=4).cells:
        own = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and (own.get("solution") or own.get("grade_id") == "setup"):
            exec(cell.source, scope)
    return scope


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_a_blind_trial_earns_full_points(path):
    scope = solved(path)
    for exercise in lessons()[path.stem]:
        for seed in (None, 1, 2):
            result = judge(*find_check(exercise.name, seed is not None, seed), LocalRunner(scope))
            assert result.passed, result.message


def test_every_lesson_was_tried():
    assert {path.stem for path in TRIALS} == set(lessons())
