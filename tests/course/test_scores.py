"""Stock nbgrader and the grading engine give the same score for every cell: on solutions, releases and wrong answers.

A notebook holds one wrong answer to each function of its lesson, so that few notebooks hold them all.
"""

import itertools
import os
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import sample_class
from autograder.environment import put_programs_on_path
from tests.answers import LESSONS, right_answers, wrong_answers
from tests.course.test_class import STOCK

SEED = "7"


def solutions(lesson: str) -> dict[str, str]:
    notebook = nbformat.read(sample_class.ROOT / "solutions" / lesson / f"{lesson}.ipynb", as_version=4)
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in notebook.cells if "nbgrader" in cell.metadata}


def handed_in(lesson: str) -> dict[str, dict[str, str]]:
    """What students write into the cells: the solution, nothing, and every wrong answer in one of the notebooks."""
    functions = list(dict.fromkeys(answer.function for answer in right_answers(lesson)))
    solved = {name: solutions(lesson)[name] for name in functions}
    columns = [[answer.code for answer in wrong_answers(lesson) if answer.function == name] for name in functions]
    wrong = {
        f"wrong-{i:02}": {**solved, **{name: code for name, code in zip(functions, row, strict=True) if code}}
        for i, row in enumerate(itertools.zip_longest(*columns))
    }
    return {"solution": solved, "release": {}, **wrong}


def new_class(folder, lesson: str, students: dict[str, dict[str, str]]) -> None:
    """A class folder with the assignment in its gradebook, and what the students handed in."""
    sample_class.new_class(folder)
    sample_class.release(folder, lesson)
    for student, cells in students.items():
        notebook = nbformat.read(sample_class.ROOT / "exercises" / lesson / f"{lesson}.ipynb", as_version=4)
        for cell in notebook.cells:
            cell.source = cells.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
        place = folder / "submitted" / student / lesson
        place.mkdir(parents=True)
        nbformat.write(notebook, place / f"{lesson}.ipynb")
    nbgrader(folder, "generate_assignment", lesson)


def nbgrader(folder, *command: str) -> None:
    environment = {**os.environ, "AUTOGRADER_SEED": SEED}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *command, "--force"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]


def scores(folder, lesson: str) -> dict[tuple[str, str], float]:
    """Grade a class; every cell's score in the gradebook, by student and cell."""
    nbgrader(folder, "autograde", lesson)
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as gradebook:
        return {
            (submission.student.id, grade.cell.name): grade.auto_score
            for submission in gradebook.assignment_submissions(lesson)
            for notebook in submission.notebooks
            for grade in notebook.grades
        }


def compare(lesson: str, students: dict[str, dict[str, str]], tmp_path) -> None:
    put_programs_on_path()
    new_class(tmp_path / "ours", lesson, students)
    shutil.copytree(tmp_path / "ours", tmp_path / "stock")
    with (tmp_path / "stock" / "nbgrader_config.py").open("a") as config:
        config.write(STOCK)
    ours, stock = scores(tmp_path / "ours", lesson), scores(tmp_path / "stock", lesson)
    assert {student for student, _ in ours} == set(students)
    assert ours == pytest.approx(stock, abs=1e-9, nan_ok=True)
    graded = {cell for _, cell in ours if cell.endswith(("-visible", "-hidden"))}
    maximum = {cell: ours["solution", cell] for cell in graded}
    assert min(maximum.values()) > 0
    assert {ours["release", cell] for cell in graded} == {0}
    for student, cells in students.items():
        for name in cells:
            for cell in (f"{name}-visible", f"{name}-hidden"):
                if cells[name] != students["solution"][name]:
                    assert ours[student, cell] < maximum[cell], f"{student}: {cell}"


def test_both_give_the_same_scores_for_a_handful_of_notebooks(tmp_path):
    students = handed_in("lesson-02")
    compare("lesson-02", {name: students[name] for name in ("solution", "release", "wrong-00", "wrong-07")}, tmp_path)


def test_a_lesson_that_needs_torch_is_graded_in_the_sandbox(tmp_path):
    pytest.importorskip("torch")
    put_programs_on_path()
    students = handed_in("lesson-torch")
    new_class(tmp_path, "lesson-torch", {name: students[name] for name in ("solution", "wrong-00")})
    given = scores(tmp_path, "lesson-torch")
    for name in students["solution"]:
        for cell in (f"{name}-visible", f"{name}-hidden"):
            assert given["wrong-00", cell] < given["solution", cell], cell
    assert sum(given["solution", cell] for who, cell in given if who == "solution") >= 24


@pytest.mark.soak
@pytest.mark.parametrize("lesson", LESSONS)
def test_both_give_the_same_scores_for_every_wrong_answer(lesson, tmp_path):
    compare(lesson, handed_in(lesson), tmp_path)
