"""An honest notebook beside many other programs: what the machine lacks is never taken for the student's fault."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from autograder.engine.folder import ClassFolder
from autograder.engine.grader import Grader
from autograder.engine.job import Job

LESSON = "lesson-03"
BURNERS = 55  # on two processors
BURN = "import time\nstart = time.process_time()\nwhile time.process_time() - start < 2.5: pass"


@pytest.fixture
def burners() -> Iterator[None]:
    count = round(BURNERS * len(os.sched_getaffinity(0)) / 2)
    programs = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    yield
    for program in programs:
        program.kill()
    for program in programs:
        program.wait()


@pytest.mark.soak
def test_an_honest_notebook_beside_many_programs_loses_no_points(whole_class: Path, burners: None) -> None:
    """It fell from 15 points to 13, as its cell of 2.5 s ran out of time on the wall."""
    notebook = json.loads((whole_class / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb").read_text())
    notebook["cells"].insert(1, nbformat.v4.new_code_cell(BURN))
    grader = Grader(ClassFolder(whole_class).course_for(LESSON, "bubblewrap"))
    try:
        result = grader.grade(Job("ada", {f"{LESSON}.ipynb": json.dumps(notebook).encode()}, 5))
    finally:
        grader.close()
    print(f"{result.wall:.0f} s: {result.error or result.rows.total}")
    if result.rows is None:
        assert "no processor time" in result.error
    else:
        assert result.rows.total == 15
