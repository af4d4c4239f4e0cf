"""What a second reading of the source found: each was tried and succeeded once. All ideas are in second-round.md."""

import asyncio
import json
import os
import subprocess
import zipfile
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from tornado import web

from autograder import formgrader
from autograder.classroom import archives, folders, identify
from autograder.classroom.hand_in import HandIn
from autograder.engine import intake, markup, outputs, restore, weigh
from autograder.engine.bindings import MAX_CODE, Reader
from autograder.engine.errors import GradingError
from autograder.engine.submissions import read_files
from autograder.sandbox import CellReply, Limits
from seqlib.exercises import codec
from seqlib.exercises.checks import Case, Check, Part
from seqlib.exercises.verdict import judge

CONTRACT = {
    "a": ({"grade": True, "solution": False, "cell_type": "code"}, "from seqlib.exercises import check\ncheck('f')")
}
MINE = {"cell_type": "code", "source": "def f(): return 1", "metadata": {"nbgrader": {"grade_id": "a"}}}


def packed(*cells: object) -> bytes:
    return json.dumps({"cells": cells}).encode()


class Denies:
    """A student's side that has no function as soon as it is asked with stand-ins."""

    def request(self, data: bytes) -> bytes:
        asked = codec.decode(data)
        return codec.encode(
            {"missing": True} if asked["kind"] == "probe" else {"value": None, "arguments": asked["args"]}
        )


@pytest.mark.parametrize("parts", [(Part("y"),), (Part("a", 0), Part("y", 1))])
def test_no_function_is_no_right_answer_to_a_question_with_stand_ins(parts):
    case = Case("one", (1,), (2, 3), follow={"probe": "def probe(f, *a): return f(*a)", "expected": (4, 5)})
    verdict = judge(Check("f", 2.0, parts=parts, follow=("g",)), (case,), Denies())
    assert verdict.points == 0 and not verdict.passed


def test_an_escaped_name_of_a_field_hides_no_cells():
    cells = b",".join([b'{"cell\\u005ftype":"code","source":"a"}'] * 1_001)
    with pytest.raises(GradingError, match="1001 cells"):
        intake.prepare({"one.ipynb": b'{"cells":[' + cells + b"]}"}, {"one": CONTRACT}, Limits())


@pytest.mark.parametrize("level", [10**11, -1, 2.5, "x", None])
def test_a_heading_of_an_old_format_does_not_grow(level):
    """Its level is the number of signs before it: 100 GB, in whichever process reads the notebook first."""
    sheet = {"cells": [{"cell_type": "heading", "level": level, "source": "x", "metadata": {}}], "metadata": {}}
    old = json.dumps({"worksheets": [sheet], "metadata": {}, "nbformat": 3, "nbformat_minor": 0}).encode()
    with pytest.raises(GradingError, match="format"):
        intake.prepare({"one.ipynb": old}, {"one": CONTRACT}, Limits())
    found = identify.look("one.ipynb", old, [], Limits())
    assert found is not None and "in a format that cannot be read" in found.problem


@pytest.mark.parametrize(
    "beside", [{"one.ipynb/x": b""}, {"x/one.ipynb/y": b""}, {"x/b": b"", "b/c": b""}, {"x/b/c": b"", "b": b""}]
)
def test_no_file_has_another_ones_name_for_a_folder(beside):
    files, _ = intake.prepare({"x/other.ipynb": packed(MINE), **beside}, {"one": CONTRACT}, Limits())
    assert "one.ipynb" in files
    assert not any(name.startswith(f"{other}/") for name in files for other in files)


@pytest.mark.parametrize("names", [("a", "a/b"), ("a/b", "a"), ("a/b/c", "a/b", "a")])
def test_an_archive_whose_files_are_folders_is_collected(tmp_path: Path, names: tuple[str, ...]) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in names:
            archive.writestr(name, name)
    hand_in = HandIn("ada", "a.zip")
    for entry in archives.entries(tmp_path / "a.zip"):
        hand_in.add(entry.name, entry)
    assert hand_in.files == {names[0]: names[0].encode()} and len(hand_in.problems) == len(names) - 1


def test_folders_in_folders_set_aside_one_submission(tmp_path: Path) -> None:
    """Walking through them would take more frames than there are, in the process that reads everybody's."""
    there = os.getcwd()
    os.chdir(tmp_path)
    try:
        for _ in range(1_200):
            os.mkdir("a")
            os.chdir("a")
    finally:
        os.chdir(there)
    try:
        with pytest.raises(GradingError, match="nested too deeply"):
            read_files(tmp_path)
        with pytest.raises(GradingError, match="nested too deeply"):
            weigh.look(tmp_path / "a")
        assert [entry.refused for entry in folders.in_folder(tmp_path)] == ["its folders are nested too deeply"]
    finally:
        subprocess.run(["rm", "-rf", tmp_path / "a"], check=True)


def test_a_reason_does_not_steer_a_terminal():
    with pytest.raises(GradingError) as raised:
        weigh.check("\x1b]0;x\x07\n.ipynb", b" " * (Limits.notebook_size + 1), Limits())
    assert str(raised.value).isprintable()


@pytest.mark.parametrize("tag", ["x' onmouseover='alert(1)", "x' style='position: fixed", "x btn", 'x"', "<b>"])
def test_a_tag_adds_nothing_to_its_cell_but_itself(tag):
    """nbconvert makes classes of tags: a space would begin one of the page's own."""
    cell = new_code_cell("1", metadata={"tags": [tag, "plain-tag"]})
    restore._tag(cell, False, False)
    assert cell.metadata.tags == ["plain-tag"]


def test_empty_texts_are_charged():
    """A reply of 8 MiB holds 2,000,000 of them."""
    error = {"msg_type": "error", "content": {"ename": "a", "evalue": "b", "traceback": [""] * 1_000_000}}
    notebook = new_notebook(cells=[new_code_cell("1")])
    outputs.Recorder(notebook).record(notebook.cells[0], 0, CellReply([error] * 3, 1))
    assert len(nbformat.writes(notebook)) < 20_000


@pytest.mark.parametrize("text", ["\x1b[31mx\x1b[0m" * 200, "<b>x</b>" * 500])
def test_what_is_dear_to_show_counts_for_more_than_its_length(text):
    message = {"msg_type": "display_data", "content": {"data": {"text/plain": text, "text/html": text}}}
    notebook = new_notebook(cells=[new_code_cell("1")])
    outputs.Recorder(notebook).record(notebook.cells[0], 0, CellReply([message] * 900, 1))
    shown = nbformat.writes(notebook)
    assert shown.count("\\u001b") + shown.count("<b>") < 90_000 and "is left out" in shown


@pytest.mark.parametrize("text", ["```&Tab;\n```", "~~~ &#9;\nx", "> ```&Tab;"])
def test_a_text_on_which_the_parser_fails_is_shown_as_it_is(text):
    """A page that cannot be made keeps a whole class from its feedback."""
    assert "&amp;" in markup.rendered(text)


def test_a_formula_that_is_nested_too_deeply_is_shown_as_it_is():
    source = "{a\\over " * 200 + "b" + "}" * 200
    assert "\\over" in markup.rendered(f"${source}$")


@pytest.mark.parametrize("text", ["\ud83d", "[a]: \ud83d", "<b>\udc00</b>"])
def test_half_a_character_is_shown_as_something_else(text):
    for shown in (markup.rendered(text + "\n\n[a]"), markup.html(text)):
        assert shown and shown.isascii()


def test_a_run_of_backticks_is_read_once():
    assert markup.rendered("x" + "`" * 25_000 + "a" * 24_000).count("`") == 25_000


def test_code_longer_than_anybody_writes_is_not_parsed():
    assert Reader().binds("f = (1,\n" + "1,\n" * MAX_CODE + ")") == {"f"}


@pytest.mark.parametrize("given", ["", "x", "\xe9" * 43, "\u2028"])
def test_formgraders_token_in_any_signs_is_no_token(given):
    """Signs outside ASCII raised in the comparison: an answer 500 in place of 403."""

    def prepare(self: object) -> None:
        raise AssertionError("let in")

    request = SimpleNamespace(method="PUT", headers={formgrader.HEADER: given})
    with pytest.raises(web.HTTPError) as refused:
        asyncio.run(formgrader._checked(prepare)(SimpleNamespace(request=request)))
    assert refused.value.status_code == 403


def test_formgraders_own_token_is_let_in():
    request = SimpleNamespace(method="PUT", headers={formgrader.HEADER: formgrader._TOKEN})
    came = []
    asyncio.run(formgrader._checked(came.append)(SimpleNamespace(request=request)))
    assert len(came) == 1
