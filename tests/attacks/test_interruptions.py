"""Every line of the trusted side that touches a student raises once: that costs the submission a second try, and nobody else anything."""

import contextlib
import random
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

import nbformat
import psutil
import pytest

from autograder.engine import execute, intake, markup, outputs, restore, sandboxes, session, weigh
from autograder.engine.folder import ClassFolder
from autograder.engine.grader import Grader
from autograder.engine.job import Job, Result
from autograder.sandbox import Limits, Sandbox, cgroup, channel, handle, meter, sandbox
from seqlib.exercises import calls, codec, compare, diagnosis, facts, follow, interview, parts, verdict, wording

LESSON = "lesson-03"
ENGINE = (cgroup, channel, sandbox, meter, handle, session, execute, outputs, intake, weigh, restore, markup)
JUDGE = (calls, codec, compare, diagnosis, facts, follow, interview, parts, verdict, wording)
READING = {module.__file__ for module in (codec, compare, facts)}
FILES = {module.__file__ for module in ENGINE + JUDGE}
Place = tuple[str, int]
# Prints, draws, loops, ends its process, and leaves its loop over the cells to stand-ins.
TROUBLE = (
    "print('x'); open('note.txt').read()",
    "from IPython.display import HTML, display; display(HTML('<b>x</b>'))",
    "1 / 0",
    "while True: pass",
    "import os; os._exit(1)",
)
WRONG_CELL = """
right = rnn_cell_forward
def rnn_cell_forward(x_t, a_prev, params):
    a, y, cache = right(x_t, a_prev, params)
    return 2 * a, y, cache
"""


class Unforeseen(Exception):
    """What nobody handles."""


class Striker:
    """A tracer of the trusted side's lines: notes them all, or raises at one of them, once in each try."""

    def __init__(self, place: Place | None = None, times: int = 0) -> None:
        self.seen: set[Place] = set()
        self._place, self._left = place, times
        self.struck = 0

    def __call__(self, frame: FrameType, event: str, argument: Any) -> Any:
        if frame.f_code.co_filename not in FILES:
            return None
        place = frame.f_code.co_filename, frame.f_lineno
        if event == "line":
            self.seen.add(place)
            if place == self._place and self._left > 0:
                self._left -= 1
                self.struck += 1
                raise Unforeseen
        return self


@pytest.fixture(scope="module")
def notebooks(whole_class: Path) -> dict[str, bytes]:
    solved = (whole_class / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb").read_text()
    hostile = nbformat.reads(solved, as_version=4)
    for source in TROUBLE:
        hostile.cells.insert(0, nbformat.v4.new_code_cell(source))
    last = max(i for i, cell in enumerate(hostile.cells) if "def rnn_cell_forward" in cell.source)
    hostile.cells.insert(last + 1, nbformat.v4.new_code_cell(WRONG_CELL))
    return {"honest": solved.encode(), "hostile": nbformat.writes(hostile).encode()}


@pytest.fixture(scope="module")
def grade(whole_class: Path, notebooks: dict[str, bytes]) -> Iterator[Callable[..., Result]]:
    course = ClassFolder(whole_class).course_for(LESSON, "bubblewrap")
    made = Grader(replace(course, limits=Limits(cell_cpu=0.2, cell_wall=120, notebook_wall=600)))
    patch = pytest.MonkeyPatch()
    patch.setattr(sandboxes, "Sandbox", lambda *given, **options: Sandbox(*given, **{**options, "preload": ()}))
    once = made._try

    def graded(name: str, striker: Striker | None = None) -> Result:
        def traced(job: Job) -> tuple[Result, bool]:
            sys.settrace(striker)  # a tracer that has raised is taken off
            threading.settrace(striker)  # type: ignore[arg-type]
            try:
                return once(job)
            finally:
                sys.settrace(None)
                threading.settrace(None)  # type: ignore[arg-type]

        made._try = traced  # type: ignore[method-assign]
        return made.grade(Job(name, {f"{LESSON}.ipynb": notebooks[name], "note.txt": b"x"}, 5))

    before = running()
    yield graded
    made.close()
    sandboxes.discard()
    patch.undo()
    assert running() <= before, "something of a sandbox is left"


def running() -> set[int]:
    """The descendants of this process, but for those that have ended and that it, their reaper since test_attacks.py, does not collect."""
    found = set()
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= {child.pid} if child.status() != psutil.STATUS_ZOMBIE else set()
    return found


def points(result: Result) -> float:
    assert result.rows, result.error
    return result.rows.total


@pytest.fixture(scope="module")
def places(grade: Callable[..., Result]) -> list[Place]:
    """Every line that runs while a troublesome submission is graded in a fresh sandbox."""
    sandboxes.discard()
    striker = Striker()
    grade("hostile", striker)
    return sorted(striker.seen)


def strike(grade: Callable[..., Result], place: Place, times: int, whole: float) -> int:
    """Raise at a line: the submission is graded at the second try or set aside, and the next is graded as ever.

    Whatever goes wrong in reading or comparing an answer is a wrong answer, at the first try, and a fault of the course in its own values.
    Returns how often the line was reached; one that depends on the machine's pace may not be.
    """
    if place[0] == sandbox.__file__:
        sandboxes.discard()
    striker = Striker(place, times)
    result = grade("hostile", striker)
    told = f"{Path(place[0]).name}:{place[1]}"
    reading = place[0] in READING
    if result.rows is not None:
        assert points(result) == whole or (reading and points(result) < whole), told
    else:
        assert striker.struck == 2 or reading, f"{told}: set aside after {striker.struck}: {result.error}"
    assert points(grade("honest")) == 15, told
    return striker.struck


@pytest.mark.parametrize(
    ("module", "text", "times"),
    [
        (channel, "nonce = secrets", 1),
        (meter, "cpu += sum", 1),
        (handle, "self.signal(signal.SIGKILL)", 1),
        (calls, "if not isinstance(reply, dict)", 1),
        (outputs, "cell.execution_count = reply.count", 2),
        (interview, "if found and not reply.missing", 1),
        (intake, "if problem := weigh.too_many(len(cells)", 2),
        (wording, 'lines += [f"  warning', 1),
    ],
)
def test_a_line_that_raises_costs_nobody_anything(grade, places, module, text, times):
    lines = Path(module.__file__).read_text().splitlines()
    place = next(p for p in places if p[0] == module.__file__ and text in lines[p[1] - 1])
    assert strike(grade, place, times, points(grade("hostile"))) == times


@pytest.mark.soak
def test_every_line_that_raises_costs_nobody_anything(grade, places):
    whole = points(grade("hostile"))
    wrong = []
    draw = random.Random(1)
    for place in draw.sample(places, len(places)):
        try:
            strike(grade, place, draw.choice((1, 1, 2)), whole)
        except Exception as error:
            wrong.append(f"{Path(place[0]).name}:{place[1]}: {type(error).__name__}: {error}"[:300])
            sandboxes.discard()
    assert not wrong, "\n".join(wrong)
