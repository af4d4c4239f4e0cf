"""Notebooks as they really come: renamed, pasted, stripped, retyped, half broken. Right answers score, the rest says what it is.

The kinds are those of public reports about nbgrader, otter, CoCalc, PrairieLearn and grader-service. One class, graded once.
"""

import copy
import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.engine import intake
from autograder.engine.bindings import Reader

from .conftest import LESSON, ROOT, autograder

FULL = 15
NOTEBOOK = f"{LESSON}.ipynb"
WORDS = "The weights are shared over time, so what is learnt at one place holds at every other."
Files = dict[str, bytes | str]


@dataclass(frozen=True)
class Kind:
    """What is handed in, made from a right notebook and the release; what should come of it.

    score: of the checks, None where it is set aside; look: a person is asked to look at the written answer
    """

    make: Callable[[dict[str, Any], dict[str, Any]], Files]
    score: float | None
    note: str = ""
    look: bool | None = None


def cell(notebook: dict[str, Any], name: str) -> dict[str, Any]:
    return next(cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def one(notebook: dict[str, Any], name: str = NOTEBOOK) -> Files:
    return {name: json.dumps(notebook)}


def changed(
    change: Callable[[dict[str, Any]], None], name: str = NOTEBOOK
) -> Callable[[dict[str, Any], dict[str, Any]], Files]:
    def make(solved: dict[str, Any], release: dict[str, Any]) -> Files:
        change(solved)
        return one(solved, name)

    return make


def own(kind: str, source: str) -> dict[str, Any]:
    made = {"cell_type": kind, "id": f"own{len(source)}", "metadata": {}, "source": source}
    return {**made, "outputs": [], "execution_count": None} if kind == "code" else made


def untouched_written(notebook: dict[str, Any], extra: dict[str, Any] | None = None) -> None:
    answer = cell(notebook, "written")
    answer["source"] = "*Your answer here.*"
    if extra is not None:
        notebook["cells"].insert(notebook["cells"].index(answer) + 1, extra)


def retyped(notebook: dict[str, Any]) -> None:
    cell(notebook, "written").update(source=WORDS, metadata={})


def duplicated(notebook: dict[str, Any]) -> None:
    untouched_written(notebook)
    answer = cell(notebook, "written")
    notebook["cells"].insert(
        notebook["cells"].index(answer), {**copy.deepcopy(answer), "source": WORDS, "id": "copied"}
    )


def over_the_question(notebook: dict[str, Any]) -> None:
    untouched_written(notebook)
    cell(notebook, "text-written")["source"] += f"\n\n{WORDS}"


def deleted(notebook: dict[str, Any]) -> None:
    notebook["cells"].remove(cell(notebook, "written"))


def stripped(notebook: dict[str, Any]) -> None:
    for one_cell in notebook["cells"]:
        one_cell["metadata"] = {}


def functions(notebook: dict[str, Any]) -> list[str]:
    return [
        c["source"]
        for c in notebook["cells"]
        if c["metadata"].get("nbgrader", {}).get("solution") and c["cell_type"] == "code"
    ]


IMPORTS = "import numpy as np\nfrom seqlib import softmax"


def one_own_cell(solved: dict[str, Any], release: dict[str, Any]) -> Files:
    cells = [own("code", "\n\n\n".join([IMPORTS, *functions(solved)]))]
    return one({**solved, "cells": cells})


def own_cells_and_written(solved: dict[str, Any], release: dict[str, Any]) -> Files:
    sources = [IMPORTS, *functions(solved)]
    return one({**solved, "cells": [*(own("code", source) for source in sources), cell(solved, "written")]})


def pasted_below_the_checks(notebook: dict[str, Any]) -> None:
    for name in ("stack_weights", "rnn_forward"):
        source = cell(notebook, name)["source"]
        notebook["cells"].remove(cell(notebook, name))
        notebook["cells"].append(own("code", source))


def without_checks(notebook: dict[str, Any]) -> None:
    kept = [c for c in notebook["cells"] if not (c["metadata"]["nbgrader"]["grade"] and c["cell_type"] == "code")]
    notebook["cells"] = kept


def defined_by_other_means(notebook: dict[str, Any]) -> None:
    sources = functions(notebook)
    notebook["cells"] = [
        own("code", f"{IMPORTS}\nfor source in {sources!r}:\n    exec(source)"),
        cell(notebook, "written"),
        cell(notebook, "end"),
    ]


def of_lesson_two() -> dict[str, Any]:
    notebook: dict[str, Any] = json.loads((ROOT / "exercises" / "lesson-02" / "lesson-02.ipynb").read_text())
    return notebook


def null_ids(notebook: dict[str, Any]) -> None:
    for number, one_cell in enumerate(notebook["cells"]):
        one_cell["id"] = (None, 7, "", "a b", "x" * 65, "same", ["x"])[number % 7]


def no_ids(notebook: dict[str, Any]) -> None:
    notebook["nbformat_minor"] = 4
    for one_cell in notebook["cells"]:
        one_cell.pop("id", None)


def nulls(notebook: dict[str, Any]) -> None:
    notebook["metadata"] = None
    notebook["cells"].insert(0, None)
    for one_cell in notebook["cells"][1:]:
        one_cell.pop("outputs", None)
        one_cell["attachments"] = None
        one_cell["metadata"]["collapsed"] = None
    cell_one = cell({"cells": notebook["cells"][1:]}, "end")
    cell_one["source"] = None


def tomorrows_format(notebook: dict[str, Any]) -> None:
    notebook["nbformat_minor"] = 99
    notebook["cells"][0]["cell_type"] = "heading"
    cell(notebook, "setup")["outputs"] = [{"output_type": "hologram"}]
    cell(notebook, "stack_weights")["source"] = cell(notebook, "stack_weights")["source"].splitlines(keepends=True)


def in_version_3(solved: dict[str, Any], release: dict[str, Any]) -> Files:
    cells = []
    for one_cell in solved["cells"]:
        code = {"input": one_cell["source"], "language": "python", "prompt_number": 1, "outputs": []}
        body = code if one_cell["cell_type"] == "code" else {"source": one_cell["source"]}
        cells.append({"cell_type": one_cell["cell_type"], "metadata": one_cell["metadata"], **body})
    return one({"metadata": {}, "nbformat": 3, "nbformat_minor": 0, "worksheets": [{"cells": cells, "metadata": {}}]})


def with_import(notebook: dict[str, Any]) -> None:
    cell(notebook, "rnn_cell_forward")["source"] = (
        "import pandas_of_another_kind\n" + cell(notebook, "rnn_cell_forward")["source"]
    )


def with_import_inside(notebook: dict[str, Any]) -> None:
    source = cell(notebook, "rnn_cell_forward")["source"]
    head, body = source.split(":\n", 1)
    cell(notebook, "rnn_cell_forward")["source"] = f"{head}:\n    import pandas_of_another_kind\n{body}"


def nothing(notebook: dict[str, Any]) -> None:
    """The right notebook as it is."""


KINDS = {
    "right": Kind(changed(nothing), FULL, look=True),
    "released": Kind(lambda solved, release: one(release), 0, look=False),
    # written answers
    "written-below": Kind(changed(lambda n: untouched_written(n, own("markdown", WORDS))), FULL, "have a look", True),
    "written-retyped": Kind(changed(retyped), FULL, "have a look", True),
    "written-doubled": Kind(changed(duplicated), FULL, "have a look", True),
    "written-over-the-question": Kind(changed(over_the_question), FULL, "have a look", True),
    "written-raw": Kind(changed(lambda n: untouched_written(n, own("raw", WORDS))), FULL, "have a look", True),
    "written-as-code": Kind(changed(lambda n: untouched_written(n, own("code", WORDS))), FULL, "have a look", True),
    "written-as-comment": Kind(
        changed(lambda n: untouched_written(n, own("code", f"# {WORDS}"))), FULL, "have a look", True
    ),
    "written-as-string": Kind(
        changed(lambda n: untouched_written(n, own("code", f'"""{WORDS}"""'))), FULL, "have a look", True
    ),
    "written-not-at-all": Kind(changed(untouched_written), FULL, look=False),
    "written-only-tried": Kind(
        changed(lambda n: untouched_written(n, own("code", "# shapes\nnp.ones(3)"))), FULL, look=False
    ),
    "written-deleted": Kind(changed(deleted), FULL, look=False),
    # metadata that got lost
    "stripped": Kind(changed(stripped), FULL, "have a look", True),
    "one-own-cell": Kind(one_own_cell, FULL, look=False),
    "own-cells-and-written": Kind(own_cells_and_written, FULL, look=True),
    "pasted-below": Kind(changed(pasted_below_the_checks), FULL, look=True),
    "checks-deleted": Kind(changed(without_checks), FULL, look=True),
    "by-other-means": Kind(changed(defined_by_other_means), FULL, look=True),
    # names
    "doubled-name": Kind(
        changed(nothing, f"{LESSON} (1).ipynb"), FULL, f'{NOTEBOOK} was not handed in; graded was "{LESSON} (1).ipynb"'
    ),
    "canvas": Kind(changed(nothing, f"{LESSON}-1.ipynb"), FULL, f'graded was "{LESSON}-1.ipynb"'),
    "nested": Kind(changed(nothing, f"{LESSON}/{NOTEBOOK}"), FULL, f'graded was "{LESSON}/{NOTEBOOK}"'),
    "upper-case": Kind(changed(nothing, "LESSON-03.IPYNB"), FULL, 'graded was "LESSON-03.IPYNB"'),
    "markup-name": Kind(changed(nothing, "[red]x[/] *.ipynb"), FULL, 'graded was "[red]x[/] *.ipynb"'),
    "bidirectional-name": Kind(changed(nothing, "lesson\u202e30.ipynb"), FULL, r"graded was 'lesson\u202e30.ipynb'"),
    "untouched-beside-done": Kind(
        lambda solved, release: {NOTEBOOK: json.dumps(release), f"{LESSON}-done.ipynb": json.dumps(solved)},
        FULL,
        f'{NOTEBOOK} is as it was handed out; graded was "{LESSON}-done.ipynb"',
    ),
    "done-beside-another": Kind(
        lambda solved, release: {
            NOTEBOOK: json.dumps(solved),
            "old.ipynb": json.dumps({**release, "cells": [*release["cells"], own("code", "1")]}),
        },
        FULL,
        'also handed in, and not graded: "old.ipynb"',
    ),
    "which-one": Kind(
        lambda solved, release: {
            "a.ipynb": json.dumps(solved),
            "b.ipynb": json.dumps({**release, "cells": [*release["cells"], own("code", "1")]}),
        },
        None,
        f'{NOTEBOOK} was not handed in; it is not certain which of "a.ipynb", "b.ipynb" is meant',
    ),
    "broken-beside-done": Kind(
        lambda solved, release: {NOTEBOOK: "{", "copy.ipynb": json.dumps(solved)},
        FULL,
        f"{NOTEBOOK} is broken: line 1, column 2",
    ),
    "another-lesson": Kind(
        lambda solved, release: one(of_lesson_two()),
        None,
        f'{NOTEBOOK} has no check of {LESSON}, but cells named "text-vocabulary", "build_vocabulary"',
    ),
    "empty-notebook": Kind(
        lambda solved, release: one({**release, "cells": []}), None, f"{NOTEBOOK} has no check of {LESSON}"
    ),
    # files
    "pdf": Kind(lambda solved, release: {f"{LESSON}.pdf": b"%PDF-1.7"}, None, f'no {NOTEBOOK}; found "{LESSON}.pdf"'),
    "no-file": Kind(lambda solved, release: {}, None, f"no {NOTEBOOK}; the folder is empty"),
    "broken-json": Kind(
        lambda solved, release: {NOTEBOOK: '{\n "cells": [\n  {]\n}'}, None, f"{NOTEBOOK} is broken: line 3, column 4"
    ),
    "web-page": Kind(
        lambda solved, release: {NOTEBOOK: "<!DOCTYPE html><html>Sign in</html>"}, None, "is a web page and no notebook"
    ),
    "empty-file": Kind(lambda solved, release: {NOTEBOOK: b"\n"}, None, f"{NOTEBOOK} is empty"),
    "latin": Kind(
        lambda solved, release: {NOTEBOOK: b'{\n"cells": [], "x": "\xe9"}'}, None, "is no text: line 2 is not in UTF-8"
    ),
    "no-cells": Kind(lambda solved, release: {NOTEBOOK: '{"nbformat": 4}'}, None, "is no notebook: it has no cells"),
    "no-text": Kind(changed(lambda n: cell(n, "setup").update(source=7)), None, "cell 2 has a source that is no text"),
    "null-ids": Kind(changed(null_ids), FULL, look=True),
    "no-ids": Kind(changed(no_ids), FULL, look=True),
    "nulls": Kind(changed(nulls), FULL, look=True),
    "tomorrow": Kind(changed(tomorrows_format), FULL, look=True),
    "version-3": Kind(in_version_3, FULL, look=True),
    "byte-order-mark": Kind(lambda solved, release: {NOTEBOOK: b"\xef\xbb\xbf" + json.dumps(solved).encode()}, FULL),
    "utf-16": Kind(lambda solved, release: {NOTEBOOK: json.dumps(solved).encode("utf-16")}, FULL),
    "missing-module": Kind(
        changed(with_import), FULL - 5, "pandas_of_another_kind cannot be imported while a notebook is graded"
    ),
    "missing-module-in-a-function": Kind(
        changed(with_import_inside), FULL - 5, "pandas_of_another_kind cannot be imported while a notebook is graded"
    ),
}


@dataclass(frozen=True)
class Graded:
    """What came of the class."""

    scores: dict[str, float]
    look: dict[str, bool]
    reasons: dict[str, str]
    notes: dict[str, str]
    folder: Path
    status: int
    said: str


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, whole_class: Path) -> Graded:
    folder = tmp_path_factory.mktemp("as-they-come") / "class"
    shutil.copytree(whole_class, folder)
    solved = json.loads((folder / "submitted" / "ada" / LESSON / NOTEBOOK).read_text())
    solved["cells"] = [{**c, "source": "".join(c["source"])} for c in solved["cells"]]
    release = json.loads((folder / "release" / LESSON / NOTEBOOK).read_text())
    release["cells"] = [{**c, "source": "".join(c["source"])} for c in release["cells"]]
    shutil.rmtree(folder / "submitted")
    for student, kind in KINDS.items():
        place = folder / "submitted" / student / LESSON
        place.mkdir(parents=True)
        for name, content in kind.make(copy.deepcopy(solved), copy.deepcopy(release)).items():
            (place / name).parent.mkdir(exist_ok=True)
            (place / name).write_bytes(content.encode() if isinstance(content, str) else content)
    done = autograder("grade", LESSON, "--course", folder, "--workers", 2)
    lines = [json.loads(line) for line in (folder / ".autograder" / f"{LESSON}.jsonl").read_text().splitlines()]
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        submissions = book.assignment_submissions(LESSON)
        scores = {s.student_id: sum(g.auto_score or 0 for n in s.notebooks for g in n.grades) for s in submissions}
        look = {s.student_id: any(g.needs_manual_grade for n in s.notebooks for g in n.grades) for s in submissions}
    return Graded(
        scores,
        look,
        {line["student"]: line["reason"] for line in lines if line["event"] == "set-aside"},
        {
            line["student"]: "; ".join([*line["notes"], *(n for r in line["reports"] for n in r["notes"])])
            for line in lines
            if line["event"] == "graded"
        },
        folder,
        done.returncode,
        done.stdout + done.stderr,
    )


@pytest.mark.parametrize("student", [name for name, kind in KINDS.items() if kind.score is not None])
def test_it_is_graded_as_it_is_meant(graded, student):
    kind = KINDS[student]
    assert graded.scores.get(student) == kind.score, graded.reasons.get(student)
    assert kind.note in graded.notes[student] and (kind.note or not graded.notes[student])
    assert kind.look is None or graded.look[student] is kind.look


@pytest.mark.parametrize("student", [name for name, kind in KINDS.items() if kind.score is None])
def test_it_is_set_aside_with_a_reason_that_a_person_can_act_on(graded, student):
    assert student not in graded.scores
    assert KINDS[student].note in graded.reasons[student] and "\n" not in graded.reasons[student]


def test_the_command_says_that_some_were_set_aside_and_never_shows_a_traceback(graded):
    assert graded.status == 1 and "Traceback" not in graded.said


def test_what_leaves_the_class_tells_a_zero_from_no_grade(graded):
    """One table of everybody: a number for what was graded and marked, a blank with its reason for the rest."""
    (graded.folder / "roster.csv").write_text("id\n" + "".join(f"{student}\n" for student in (*KINDS, "absent")))
    done = autograder("export", LESSON, "--course", graded.folder, "--out", graded.folder / "grades.csv")
    assert done.returncode == 0 and "Traceback" not in done.stdout + done.stderr
    with (graded.folder / "grades.csv").open(encoding="utf-8-sig") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    for student, kind in KINDS.items():
        score, note = rows[student][LESSON], rows[student][f"{LESSON} note"]
        if kind.score is None:
            assert (score, note) == ("", "set aside"), student
        elif graded.look[student]:
            assert (score, note) == ("", "not marked"), student
        else:
            assert (float(score), note) == (kind.score, ""), student
    assert (rows["absent"][LESSON], rows["absent"][f"{LESSON} note"]) == ("", "not handed in")


def test_only_what_was_graded_has_a_page(graded):
    done = autograder("feedback", LESSON, "--course", graded.folder)
    assert "Traceback" not in done.stdout + done.stderr and done.returncode == 0, done.stdout + done.stderr
    pages = {path.parent.parent.name for path in (graded.folder / "feedback").glob(f"*/{LESSON}/*.html")}
    assert pages == {student for student, kind in KINDS.items() if kind.score is not None}


def test_words_over_the_instructors_are_kept(graded):
    notebook = nbformat.read(
        graded.folder / "autograded" / "written-over-the-question" / LESSON / NOTEBOOK, as_version=4
    )
    assert any(WORDS in c.source for c in notebook.cells if "nbgrader" not in c.metadata)
    assert not any(WORDS in c.source for c in notebook.cells if "nbgrader" in c.metadata)


@pytest.mark.parametrize("name", ["a[b].ipynb", "a\nb.ipynb", "a\x1b[2Jb.ipynb", "\u202eb.ipynb", "<b>.ipynb"])
def test_nothing_in_a_name_steers_a_terminal(name):
    assert all(sign.isprintable() for sign in intake.names([name]))


BINDS = {
    "def f(): pass": {"f"},
    "f = g = lambda: 0": {"f", "g"},
    "a, (b, *c) = 1, (2, 3)": {"a", "b", "c"},
    "if True:\n    def f(): pass\nelse:\n    f = 1": {"f"},
    "try:\n    f = 1\nexcept Exception:\n    g = 1\nfinally:\n    h = 1": {"f", "g", "h"},
    "with open('x') as f:\n    g = 1": {"f", "g"},
    "for i in []:\n    f = 1": {"i", "f"},
    "from mine import f as g\nimport a.b": {"g", "a"},
    "from seqlib import rnn_forward": set(),
    "%matplotlib inline\ndef f(): pass": {"f"},
    "!ls\nf = 1": {"f"},
    "def f(:\n    pass\ng = 1": {"f", "g"},
    "f(x) == 1": set(),
    "def f():\n    g = 1": {"f"},
    "(f := 1)": {"f"},
}


@pytest.mark.parametrize("source", BINDS)
def test_the_names_that_a_cell_binds(source):
    assert Reader().binds(source) == BINDS[source]
