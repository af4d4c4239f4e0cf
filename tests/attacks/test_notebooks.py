"""Notebooks that are dear to read, and what lies beside them: measured before they are read, and set aside alone."""

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook
from nbgrader.server_extensions.formgrader import handlers
from traitlets.config import Config

from autograder import settings
from autograder.engine import weigh
from autograder.engine.errors import GradingError
from autograder.engine.folder import ClassFolder
from autograder.engine.grader import Grader
from autograder.engine.job import Job
from autograder.engine.pages import FeedbackExporter, PageExporter
from autograder.formgrader import TrustedTemplates
from autograder.sandbox import Limits

ROOT = Path(__file__).parents[2]
LESSON = "lesson-03"
MIB = 2**20
UNFORESEEN = ("nbgrader's pipeline raised", "SandboxError", "OSError")


@pytest.fixture(scope="module")
def solved(whole_class: Path) -> str:
    return (whole_class / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb").read_text()


def as_bytes(notebook: Any) -> bytes:
    return json.dumps(notebook).encode()


def heavy_metadata(notebook: Any) -> None:
    notebook["metadata"]["x"] = {str(i): [{}] * 5 for i in range(100_000)}


def heavy_cell_metadata(notebook: Any) -> None:
    for cell in notebook["cells"]:
        cell["metadata"]["x"] = {str(i): {} for i in range(10_000)}
        cell["metadata"].setdefault("nbgrader", {})["y"] = "x" * 100_000


def heavy_outputs(notebook: Any) -> None:
    notebook["cells"][2] = {
        "cell_type": "code",
        "source": "1",
        "metadata": {},
        "execution_count": None,
        "outputs": [{"output_type": "stream", "name": "stdout", "text": "x" * 10_000}] * 300,
    }


LIGHTENED = [heavy_metadata, heavy_cell_metadata, heavy_outputs]


@pytest.mark.parametrize("change", LIGHTENED)
def test_what_grading_does_not_need_is_not_read(solved, change):
    notebook = json.loads(solved)
    change(notebook)
    heavy = as_bytes(notebook)
    light = weigh.lighten(heavy, 100)
    assert len(light) < 100_000 < len(heavy)
    assert [cell["source"] for cell in json.loads(light)["cells"]] == [cell["source"] for cell in notebook["cells"]]


def test_what_is_no_notebook_stays_what_it_is():
    for content in (b"", b"[]", b"{}", b'{"cells": 1}', b'{"cells": [1], "metadata": {}}', b"[" * 100_000, b"\xff"):
        assert weigh.lighten(content, 1) == content


def test_size_and_cells_are_bounded_before_anything_is_parsed():
    limits = Limits(notebook_size=99, cells=7)
    weigh.check("x", b"x" * 99, limits)
    weigh.check("x", b'"cell_type"' * 7, limits)
    for content in (b"x" * 100, b'"cell_type"' * 8):
        with pytest.raises(GradingError, match="at most"):
            weigh.check("x", content, limits)


def test_cells_are_counted_however_they_are_written_down():
    """A million cells that do not say what they are fit into a notebook's bytes."""
    content = b'{"cells": [' + b"{}," * 1_000_000 + b'{}], "metadata": {}}'
    weigh.check("x", content, Limits())
    with pytest.raises(GradingError, match="1000001 cells; at most 1000"):
        weigh.lighten(content, Limits.cells)


def test_a_cell_keeps_its_id_where_that_is_one_and_its_own():
    given = ["a", "a", "<b>", None, "cell-0", 7, ["c"], "x" * 65]
    names = weigh.ids([{"id": one} for one in given] + [{}, 1])
    assert (names[0], names[4]) == ("a", "cell-0")
    assert len(set(names)) == len(given) + 2 and not {"<b>", "x" * 65} & set(names)


@pytest.fixture(scope="module")
def grader(whole_class: Path) -> Any:
    made = Grader(ClassFolder(whole_class).course_for(LESSON, "bubblewrap"))
    yield made
    made.close()


@pytest.mark.parametrize("change", LIGHTENED)
def test_a_heavy_notebook_is_graded_for_what_is_in_it(grader, solved, change):
    notebook = json.loads(solved)
    change(notebook)
    result = grader.grade(Job("heavy", {f"{LESSON}.ipynb": as_bytes(notebook)}, 5))
    assert result.rows is not None, result.error
    scores = [score or 0 for rows in result.rows.notebooks.values() for score in rows.grades.values()]
    assert sum(scores) == 15


@pytest.mark.parametrize("attached", [{"grade": True}, {"x.png": {"image/png": [1]}}, {"x.png": []}, [], "x"])
def test_what_is_attached_and_no_picture_is_left_out(grader, solved, attached):
    """nbformat would fail on it before anybody's preprocessor, with an error that nobody had foreseen."""
    notebook = json.loads(solved)
    notebook["cells"][0]["attachments"] = attached
    result = grader.grade(Job("attached", {f"{LESSON}.ipynb": as_bytes(notebook)}, 5))
    assert result.rows is not None, result.error
    assert result.rows.total == 15


def test_too_large_a_notebook_sets_aside_itself(grader, solved):
    result = grader.grade(Job("large", {f"{LESSON}.ipynb": b" " * (Limits.notebook_size + 1)}, 5))
    assert result.rows is None and "at most 8 MiB" in result.error
    cells = json.loads(solved)
    cells["cells"] *= 60
    result = grader.grade(Job("many", {f"{LESSON}.ipynb": as_bytes(cells)}, 5))
    assert result.rows is None and "cells" in result.error


@pytest.fixture
def nbgrader_autograde(new_class: Callable[..., Path]) -> Callable[..., tuple[Path, str]]:
    def run(prepare: Callable[[Path], None]) -> tuple[Path, str]:
        folder = new_class("ada", "chen")
        prepare(folder / "submitted" / "chen" / LESSON)
        # Where the look at a folder is missing, a copy of a file without end ends here and not with the disk.
        command = ["prlimit", f"--fsize={256 * MIB}", sys.executable, "-m", "nbgrader", "autograde", LESSON]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
        return folder, done.stderr

    return run


SECRET = "SECRET-OF-THE-HOST"


@pytest.mark.parametrize("kind", ["file", "folder", "notebook"])
def test_nbgraders_own_autograde_follows_no_link(nbgrader_autograde, tmp_path, kind):
    """Whatever a link leads to is not read, not copied, and its student is not graded; others are."""
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "file").write_text(SECRET)

    def prepare(place: Path) -> None:
        if kind == "notebook":
            (place / f"{LESSON}.ipynb").unlink()
            os.symlink(place.parents[1] / "ada" / LESSON / f"{LESSON}.ipynb", place / f"{LESSON}.ipynb")
        else:
            os.symlink(secret if kind == "folder" else secret / "file", place / "data")

    folder, said = nbgrader_autograde(prepare)
    assert "a link lies in what was handed in" in said
    assert not any(SECRET in path.read_text() for path in folder.glob("autograded/**/*") if path.is_file())
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        scores = {s.student_id: s.score for s in book.assignment_submissions(LESSON)}
    assert scores["ada"] == 15 and not scores.get("chen")


@pytest.mark.parametrize("kind", ["data.bin", ".hidden", "pipe", "many"])
def test_nbgraders_own_autograde_copies_no_more_than_may_be_handed_in(nbgrader_autograde, kind):
    """It copies what lies beside a notebook before anything of ours reads that: a file of 60 GB that took no room filled the disk."""

    def prepare(place: Path) -> None:
        if kind == "pipe":
            os.mkfifo(place / kind)
        elif kind == "many":
            for number in range(1_001):
                (place / f"{number}").touch()
        else:
            with (place / kind).open("wb") as file:
                file.truncate(60 * 2**30)

    folder, said = nbgrader_autograde(prepare)
    assert re.search("more than (64 MiB|1000 files) were handed in|not all files", said)
    assert not (folder / "autograded" / "chen").exists()
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        scores = {s.student_id: s.score for s in book.assignment_submissions(LESSON)}
    assert scores["ada"] == 15 and not scores.get("chen")


def exporter(kind: type[PageExporter], template: str) -> PageExporter:
    config = Config()
    config.HTMLExporter.filters = settings.read(ROOT / "autograder" / "templates" / "jupyter").HTMLExporter.filters
    config.HTMLExporter.template_name = template
    config.HTMLExporter.extra_template_basedirs = [handlers.template_path]
    return kind(config=config)


def feedback_page(notebook: Any) -> str:
    return exporter(FeedbackExporter, "classic").from_notebook_node(notebook)[0]


def formgraders_page(notebook: Any) -> str:
    made = exporter(PageExporter, "formgrade")
    made.environment.loader = TrustedTemplates(made.environment.loader)
    names = ("assignment_id", "notebook_id", "submission_id", "base_url", "student", "last_name", "first_name")
    about = {**dict.fromkeys((*names, "notebook_path"), "x"), "index": 0, "total": 1, "nonce": "NONCE"}
    return made.from_notebook_node(notebook, resources=about)[0]


@pytest.fixture(scope="module")
def heaviest(grader: Any, solved: str) -> Any:
    """The graded copy of a notebook in which every text is as long as one may be."""
    notebook = json.loads(solved)
    cells = [nbformat.v4.new_markdown_cell("*a [x](y) `b` $x$ " * 3_000) for _ in range(30)]
    cells += [nbformat.v4.new_code_cell("x = '" + "y" * 150_000 + "'") for _ in range(8)]
    cells += [nbformat.v4.new_code_cell("print('\\x1b[31mx\\n' * 50_000)") for _ in range(4)]
    for cell in cells:
        cell.pop("id", None)
    notebook["cells"] += cells
    result = grader.grade(Job("heavy", {f"{LESSON}.ipynb": as_bytes(notebook)}, 5))
    assert result.rows is not None, result.error
    assert len(result.files[f"{LESSON}.ipynb"]) < 6 * 2**20
    return nbformat.reads(result.files[f"{LESSON}.ipynb"].decode(), as_version=4)


@pytest.mark.parametrize("make", [feedback_page, formgraders_page])
def test_a_page_of_a_notebook_that_is_as_heavy_as_may_be(heaviest, make):
    """The page is bounded, whatever was handed in."""
    before = time.process_time()
    page = make(heaviest)
    print(f"{make.__name__} took {time.process_time() - before:.2f} s of CPU")
    assert len(page) < 12 * 2**20
    scripts = re.findall(r"<script\b[^>]*", page, re.IGNORECASE)
    assert all('nonce="NONCE"' in script for script in scripts)
    assert bool(scripts) == (make is formgraders_page)
    assert ("Content-Security-Policy" in page) == (make is feedback_page)  # formgrader's comes in a header


LINES = (
    "%%bash",
    "!true",
    "%reset -f",
    "import os; os._exit(0)",
    "raise SystemExit",
    "1 / 0",
    "```&Tab;",
    "del rnn_cell_forward",
    "def rnn_cell_forward(*a): return a",
    "print = 1",
    "display(*[[]] * 99)",
    "await 1",
    "get_ipython().user_ns.clear()",
    "import torch",
    "### BEGIN SOLUTION",
    "\\",
    "    x",
    "\t",
)
SIGNS = ("\x00", "\ud800", "(", "`", "$x$", "<b>", "\x1b[31m", "\r", "\u2028")


def rewrite(draw: random.Random, notebook: Any) -> None:
    """Put lines and signs into a cell's source, and cut some of it out."""
    cell = draw.choice(notebook["cells"])
    text = "".join(cell["source"])
    at = draw.randrange(len(text) + 1)
    put = [f"\n{draw.choice(LINES)}\n" if draw.random() < 0.7 else draw.choice(SIGNS) for _ in range(draw.randrange(4))]
    cell["source"] = text[:at] + "".join(put) + text[at + draw.choice((0, 0, 3, 40)) :]


def change(draw: random.Random, notebook: Any, odd: list[Any]) -> None:
    if draw.random() < 0.5:
        rewrite(draw, notebook)
        return
    cell = draw.choice(notebook["cells"])
    place = draw.choice([notebook, notebook["metadata"], cell, cell["metadata"], cell["metadata"].get("nbgrader", {})])
    if isinstance(place, dict) and place and draw.random() < 0.8:
        place[draw.choice([*place, "attachments", "outputs", "id", "x"])] = draw.choice(odd)
    else:
        notebook["cells"].insert(draw.randrange(5), draw.choice([*odd, dict(cell)]))


def mutated(draw: random.Random, notebook: Any) -> bytes:
    """A notebook with values of any kind in any place, or broken bytes."""
    odd = [None, True, -1, 1e400, "", "\ud800", [], {}, [[]], {"a": {}}, "x" * 5_000, {"grade": True}, ["x"]]
    for _ in range(draw.randint(1, 4)):
        try:
            change(draw, notebook, odd)
        except (TypeError, AttributeError, KeyError, IndexError):  # so odd by now that it holds no cells
            break
    content = bytearray(json.dumps(notebook).encode())
    if draw.random() < 0.2:
        at = draw.randrange(len(content))
        content[at : at + draw.randrange(9)] = draw.randbytes(draw.randrange(9))
    return bytes(content)


def hold(grader: Any, solved: str, seed: int, count: int) -> None:
    """Grade `count` notebooks, each of which has a result or a reason; the growth of this process is bounded."""
    draw, process, start = random.Random(seed), psutil.Process(), 0
    for number in range(count):
        if number == count // 10:
            start = process.memory_info().rss
        content = mutated(draw, json.loads(solved))
        result = grader.grade(Job(f"s{number}", {f"{LESSON}.ipynb": content}, 5))
        told = f"seed {seed}, notebook {number}: {result.error}"
        assert (result.rows is None) != (result.error is None), told
        assert not (result.error or "").startswith(UNFORESEEN), told
        if result.rows is not None:
            total = sum(s or 0 for rows in result.rows.notebooks.values() for s in rows.grades.values())
            assert 0 <= total <= 15
    assert process.memory_info().rss < start + 64 * MIB
    last = grader.grade(Job("last", {f"{LESSON}.ipynb": solved.encode()}, 5))
    assert last.rows is not None, last.error


def test_whatever_notebook_comes_is_graded_or_set_aside(grader, solved):
    hold(grader, solved, seed=1, count=15)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(2, 12))
def test_ten_thousand_notebooks_are_graded_or_set_aside(grader, solved, seed):
    hold(grader, solved, seed, count=1_000)
