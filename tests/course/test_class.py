"""The sample class, and one wrong notebook, through nbgrader itself."""

import os
import subprocess
import sys

import nbformat
import pytest
from nbgrader.validator import Validator

from autograder import sample_class
from autograder.environment import put_programs_on_path

FOLDER = sample_class.ROOT / os.environ.get("CLASS", "class")
LESSON = "lesson-03"


@pytest.fixture(scope="module")
def scores():
    assert (FOLDER / "gradebook.db").exists(), "`make class` makes the sample class first"
    return sample_class.scores(FOLDER, LESSON)


@pytest.mark.parametrize("sample", sample_class.samples(LESSON), ids=lambda sample: sample.student)
def test_the_gradebook_holds_the_expected_score(scores, sample):
    assert scores[sample.student] == pytest.approx(sample.expected, abs=1e-6)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            ["sample-class", "x", "--lesson", "lesson-99"],
            "lesson-99 has no sample students; there are some of lesson-03",
        ),
        (["sample-class", "x", "--table"], "x has no grades: run `autograder sample-class x` first"),
        (["lint", "x.ipynb"], "no file x.ipynb; expected solution notebooks"),
    ],
)
def test_what_is_not_there_is_told_before_anything_is_written(tmp_path, given, said):
    done = subprocess.run(
        [sys.executable, "-m", "autograder", *given], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2 and said in done.stdout + done.stderr and not list(tmp_path.iterdir())


@pytest.mark.parametrize("sample", sample_class.samples(LESSON), ids=lambda sample: sample.student)
def test_every_student_has_feedback(sample):
    page = (FOLDER / "feedback" / sample.student / LESSON / f"{LESSON}.html").read_text()
    if sample.student == "ben":
        assert "The softmax runs over the examples" in page or "the softmax runs over the examples" in page


def test_the_written_answer_waits_for_a_person():
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{FOLDER}/gradebook.db") as gradebook:
        for student in ("ada", "ben"):
            submission = gradebook.find_submission(LESSON, student)
            assert submission.needs_manual_grade


def test_the_written_answer_has_its_points_and_no_score_yet():
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{FOLDER}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("written", LESSON, LESSON, "ada")
        assert (grade.max_score, grade.auto_score) == (3.0, None)


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    """The release with one wrong answer and one right one."""
    notebook = nbformat.read(sample_class.ROOT / "exercises" / LESSON / f"{LESSON}.ipynb", as_version=4)
    answers = {
        "stack_weights": "def stack_weights(Waa, Wax):\n    return np.concatenate([Wax, Waa], axis=1)",
        "rnn_cell_forward": "def rnn_cell_forward(x_t, a_prev, params):\n"
        "    a = np.tanh(params['Waa'] @ a_prev + params['Wax'] @ x_t + params['ba'])\n"
        "    return a, params['Wya'] @ a + params['by'], None",
    }
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), cell.source)
    path = tmp_path_factory.mktemp("wrong") / f"{LESSON}.ipynb"
    nbformat.write(notebook, path)
    return path


def test_validate_shows_the_message_and_nothing_else(wrong):
    put_programs_on_path()
    result = Validator().validate(str(wrong))
    failed = {cell["source"].split('"')[1]: cell for cell in result["failed"] if "check(" in cell["source"]}
    assert "Likely mistake: the order is [W_aa | W_ax]" in failed["stack_weights"]["error"]
    assert "the softmax is missing" in failed["rnn_cell_forward"]["error"]
    assert "is not written yet" in failed["rnn_forward"]["error"]
    for cell in failed.values():
        assert "Traceback" not in cell["error"]
        assert "File" not in cell["error"]


STOCK = """
from nbgrader.converters import Autograde

c.Autograde.sanitize_preprocessors = Autograde.class_traits()["sanitize_preprocessors"].default()
c.Autograde.autograde_preprocessors = Autograde.class_traits()["autograde_preprocessors"].default()
"""


@pytest.mark.parametrize("engine", ["stock", "ours"])
def test_autograde_gives_the_partial_score_that_the_contract_says(wrong, tmp_path, engine):
    put_programs_on_path()
    sample_class.new_class(tmp_path)
    if engine == "stock":
        with (tmp_path / "nbgrader_config.py").open("a") as config:
            config.write(STOCK)
    sample_class.release(tmp_path, LESSON)
    place = tmp_path / "submitted" / "gil" / LESSON
    place.mkdir(parents=True)
    (place / wrong.name).write_bytes(wrong.read_bytes())
    for command in (["generate_assignment", LESSON, "--force"], ["autograde", LESSON, "--force"]):
        subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=tmp_path, capture_output=True, check=True)
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as gradebook:
        grades = {
            grade.cell.name: grade.auto_score
            for notebook in gradebook.find_submission(LESSON, "gil").notebooks
            for grade in notebook.grades
        }
    assert grades == {
        "count_parameters-visible": 0,
        "count_parameters-hidden": 0,
        "stack_weights-visible": 0,
        "stack_weights-hidden": 0,
        "rnn_cell_forward-visible": pytest.approx(4 / 3, abs=1e-6),
        "rnn_cell_forward-hidden": pytest.approx(2, abs=1e-6),
        "rnn_forward-visible": 0,
        "rnn_forward-hidden": 0,
        "written": 0,
    }
