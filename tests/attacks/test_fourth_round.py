"""What a fourth reading of the source found: each was tried and succeeded once. All ideas are in fourth-round.md."""

import json
import time

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader import utils

from autograder import strangers
from autograder.classroom import identify
from autograder.contract import graded_call
from autograder.engine import intake, weigh
from autograder.engine.bindings import MAX_CODE, Reader
from autograder.engine.errors import GradingError
from autograder.engine.execute import Silent, graded_outputs
from autograder.engine.session import Session
from autograder.lessons import find_check
from autograder.sample_class import ROOT
from autograder.sandbox import Killed, Limits, Spent, meter
from seqlib.exercises import calls

from .test_processes import states_of
from .test_second_round import CONTRACT

MIB = 2**20
# Thirty processes hold the same pages: a second's work for whoever counts which of them belong to whom.
SHARED = """
import mmap, os, time
n = 100 * 2**20
x = mmap.mmap(-1, n, flags=mmap.MAP_PRIVATE | 0x20)
x.madvise(15)
for i in range(0, n, 4096): x[i] = 1
for i in range(8):
    if os.fork() == 0: time.sleep(999)
time.sleep(999)
"""


def test_processes_that_are_dear_to_measure_use_up_their_notebook(open_box):
    """It slept and used no time of its own; measuring it used up the grader's, and the submission was set aside, at will."""
    box = open_box(memory=300 * MIB, reading_cpu=0.5, cell_wall=600, notebook_wall=600)
    session = Session(box, 1, {})
    with pytest.raises(Killed, match=r"the grader needed more than 0.5 s"):
        session.run_cell(SHARED)
    with pytest.raises(Killed, match=r"the grader needed more than 0.5 s"):
        session.run_cell("1")
    session.close()
    with box.student(1) as student:  # the next submission has its own
        assert student.run_cell("1").count == 1


def test_answers_that_are_dear_to_read_use_up_their_notebook(open_box):
    """Each was within its limits; a lesson's answers together took longer than a worker may for a submission."""
    session = Session(open_box(reading_cpu=0.2), 1, {})
    session.run_cell("from fractions import Fraction\nf = lambda: {Fraction(i, i + 1) for i in range(20_000)}")
    with pytest.raises(Killed, match=r"the grader needed more than 0.2 s"):
        for _ in range(99):
            assert len(calls.call(session, "f", ()).value) == 20_000
    session.close()


def test_answers_that_came_together_are_read_as_far_as_there_is_time(open_box):
    session = Session(open_box(reading_cpu=0.2), 1, {})
    session.run_cell("f = lambda x: x")
    heard = []
    with pytest.raises(Killed, match=r"the grader needed more than 0.2 s"):
        for reply in calls.call_all(session, "f", [calls.Question((i,)) for i in range(9)]):
            heard.append(reply.value)
            start = time.process_time()
            while time.process_time() - start < 0.15:
                pass
    assert heard == list(range(len(heard))) and 0 < len(heard) < 9
    session.close()


def test_what_the_grader_did_before_a_submission_is_not_its():
    limits, spent = Limits(reading_cpu=0.2), Spent()
    assert spent.used_up(limits) is None
    start = time.process_time()
    while time.process_time() - start < 0.3:
        pass
    assert "the grader needed more" in (spent.used_up(limits) or "")
    assert Spent().used_up(limits) is None


def test_the_time_for_drawing_inputs_is_not_the_submissions(open_box):
    def slowly(name, hidden, seed):
        start = time.process_time()
        while time.process_time() - start < 0.6:
            pass
        return find_check(name, hidden, seed)

    solved = nbformat.read(ROOT / "solutions" / "lesson-01" / "lesson-01.ipynb", as_version=4)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in solved.cells if "nbgrader" in cell.metadata}
    session = Session(open_box(reading_cpu=0.5), 1, {})
    session.run_cell("import numpy as np\n" + cells["token_accuracy"].source)
    for cell in (cells["token_accuracy-visible"], cells["token_accuracy-hidden"]):
        made = graded_outputs(cell, session, 1, slowly, Silent())
        assert utils.determine_grade(NotebookNode(cell, outputs=made))[0] == cell.metadata.nbgrader.points
    session.close()


def test_json_is_read_without_the_collector_and_leaves_it_as_it_was():
    """Nested lists of 8 MiB took 3 s, seven times as long as without it."""
    import gc

    seen: list[bool] = []

    class Text(str):
        def startswith(self, *given: object) -> bool:
            seen.append(gc.isenabled())
            return super().startswith(*given)  # type: ignore[arg-type]

    assert strangers.loads(Text("[[]]")) == [[]]
    assert seen == [False] and gc.isenabled()
    with pytest.raises(ValueError):
        strangers.loads("[")
    assert gc.isenabled()


def test_a_notebooks_code_is_parsed_up_to_a_length_that_people_write():
    """Forty cells, each as long as one may be, took the parser half a minute."""
    reader, cell = Reader(), "a = 1\n" * 20_000
    assert reader.parse(cell) is not None
    assert reader.parse(cell) is None and reader.binds(cell + "def f(): pass") == {"a", "f"}
    assert len(cell) < MAX_CODE < 2 * len(cell)
    assert reader.parse("b = 2") is not None


def test_many_notebooks_beside_each_other_are_bounded_together():
    """Each was read and parsed to see whether it is the one that is meant: eight of 8 MiB took a worker's whole time."""
    limits = Limits(notebook_size=1_000)
    given = {f"{number}.ipynb": b" " * 900 for number in range(4)}
    with pytest.raises(GradingError, match="together"):
        intake.prepare(given, {"one": CONTRACT}, limits)
    with pytest.raises(GradingError, match=r"is empty|no one.ipynb"):
        intake.prepare(dict(list(given.items())[:3]), {"one": CONTRACT}, limits)
    with pytest.raises(GradingError, match=r"0.ipynb has .* at most"):
        intake.prepare({"0.ipynb": b" " * 1_001}, {"one": CONTRACT}, limits)


def old(*cells: object, **fields: object) -> bytes:
    sheet = {"cells": cells, "metadata": {}}
    return json.dumps({"worksheets": [sheet], "metadata": {}, "nbformat": 3, "nbformat_minor": 0, **fields}).encode()


def test_a_notebook_of_the_old_format_is_weighed_before_it_is_converted():
    """Millions of cells, outputs and nested metadata went through the converter first."""
    many = old(*[{}] * 1_001)
    with pytest.raises(GradingError, match="1001 cells"):
        intake.prepare({"one.ipynb": many}, {"one": CONTRACT}, Limits())
    with pytest.raises(GradingError, match="1001 cells"):
        weigh.lighten(many, Limits.cells)
    code = {"cell_type": "code", "input": ["def f():\n", "    return 1"], "language": "python", "outputs": [[[[]]]]}
    heading = {"cell_type": "heading", "level": 2, "source": ["A ", "title"], "metadata": {"x": {"y": "z" * 99}}}
    cells = weigh.upgraded(json.loads(old(code, heading, metadata={"x": [[]]})))["cells"]
    assert [cell["source"] for cell in cells] == ["def f():\n    return 1", "## A title"]
    assert cells[0]["outputs"] == [] and not cells[1]["metadata"]


@pytest.mark.parametrize(
    "source", ["-" * 100_000 + "1", "x." * 20_000 + "x", "(" * 1_000, "\x00", "\ud800", "f" * 10**6]
)
def test_no_cell_ends_the_collection(source):
    """A line of minus signs was too much for Python's parser: `autograder collect` ended for the whole class."""
    content = json.dumps({"cells": [{"cell_type": "code", "source": source, "metadata": {}}], "metadata": {}}).encode()
    found = identify.look("x.ipynb", content, [], Limits())
    assert found is not None and found.problem == "has no cell of any lesson"
    with pytest.raises(ValueError, match=r"is not Python|must hold two statements"):
        graded_call(source)


def test_a_file_that_is_collected_is_weighed_before_it_is_parsed():
    found = identify.look("x.ipynb", b"[" * 101, [], Limits(notebook_size=100))
    assert found is not None and "at most" in found.problem


def test_a_process_that_was_being_made_is_stopped_as_well(open_box, monkeypatch):
    """It was in no list yet when everything was stopped, and ran on while nothing was asked."""
    with open_box().student(1) as student:
        student.run_cell(
            "import os, time\nfor i in range(2):\n    if os.fork() == 0:\n        while True: time.sleep(0.01)"
        )
        tree = meter.tree(student._pid)
        student._handle.go_on()
        late = iter([tree[:2]])  # the second one is seen from the second look on
        monkeypatch.setattr(meter, "tree", lambda pid: next(late, tree))
        student._handle.stop()
        deadline = time.monotonic() + 60
        while set(states_of(student)) != {b"T"}:
            assert time.monotonic() < deadline
            time.sleep(0.01)
