"""What a fifth reading of the source found in the engine: each was tried and succeeded once. All ideas are in fifth-round.md."""

import ast
import functools
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.classroom import room, similar, statistics
from autograder.contract import graded_call
from autograder.engine import bindings, intake, markup, times
from autograder.engine.errors import GradingError
from autograder.engine.grader import scratch_name
from autograder.sandbox import Limits, Sandbox, bubblewrap, probe
from tests.engine.conftest import LESSON, autograder, cell_of, hand_in

from .test_attacks import ROOT, as_ordinary_user
from .test_second_round import CONTRACT, MINE, packed

MISSING = """
session = get_ipython().display_pub.session
for number in range(600):
    told = f"No module named 'module_{number // 2}'"
    session.send(None, "error", {"ename": "ModuleNotFoundError", "evalue": told, "traceback": [told]})
"""
NAME_MAX, PATH_MAX = 255, 4096
FULL = 15


def secret_is_a_folder(place: Path) -> None:
    (place / "submission_secret.txt").mkdir()
    (place / "submission_secret.txt" / "x").write_text("x")


def time_is_a_folder(place: Path) -> None:
    (place / "timestamp.txt").mkdir()
    (place / "timestamp.txt" / "x").write_text("x")


def secret_moves_up(place: Path) -> None:
    """With the notebook, out of a folder."""
    (place / "work" / "submission_secret.txt").mkdir(parents=True)
    (place / "work" / "submission_secret.txt" / "x").write_text("x")
    (place / f"{LESSON}.ipynb").rename(place / "work" / f"{LESSON}.ipynb")


def path_without_room(place: Path) -> None:
    """As long as a path may be where it was handed in, and so too long where the graded copy lies."""
    room = PATH_MAX - 3 - len(str(place))
    back = os.open(".", os.O_RDONLY)
    try:
        os.chdir(place)
        while room > NAME_MAX:
            os.mkdir("d" * (step := min(NAME_MAX - 1, room // 2)))
            os.chdir("d" * step)
            room -= step + 1
        Path("f" * room).touch()
    finally:
        os.fchdir(back)
        os.close(back)


def modules_without_end(place: Path) -> None:
    notebook = nbformat.read(place / f"{LESSON}.ipynb", as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("import one_of_mine"))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(MISSING))
    nbformat.write(notebook, place / f"{LESSON}.ipynb")


TIMES = {
    "before_the_first_year": "0001-01-01 00:00:00 Europe/Berlin",
    "zone_that_is_a_folder": "2026-03-02 23:59:00 America/Argentina",
    "zone_without_room": "2026-03-02 23:59:00 Europe/" + "B" * 300,
    "zone_without_end": "2026-03-02 23:59:00 " + "B/" * 3_000 + "B",
}


def written_in_a_far_year(place: Path) -> None:
    for path in place.iterdir():
        os.utime(path, (10**12, 10**12))


LONG_NAME = "я" * 60  # 120 bytes, and 360 signs as part of an address


# Points, or the reason why it is set aside.
HANDED_IN: dict[Callable[[Path], None], float | str] = {
    secret_is_a_folder: FULL,
    time_is_a_folder: FULL,
    secret_moves_up: FULL,
    written_in_a_far_year: FULL,
    modules_without_end: FULL,
    path_without_room: "its graded copy cannot be written: File name too long (likely the name of a file beside the notebook)",
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory, whole_class: Path) -> Path:
    """A class in which each of them has handed in between two others, after `autograder grade`."""
    folder = tmp_path_factory.mktemp("fifth") / "class"
    shutil.copytree(whole_class, folder)
    kept = ("first", LONG_NAME, *(change.__name__ for change in HANDED_IN), *TIMES, "zoe")
    for name in kept:
        hand_in(folder, name, lambda notebook: None)
    for name, text in TIMES.items():
        (folder / "submitted" / name / LESSON / "timestamp.txt").write_text(text)
    for change in HANDED_IN:
        change(folder / "submitted" / change.__name__ / LESSON)
    for place in (folder / "submitted").iterdir():
        if place.name not in kept:
            shutil.rmtree(place)
    done = autograder("grade", LESSON, "--course", folder, "--workers", 1)
    assert "Traceback" not in done.stderr and done.returncode == 1, done.stdout + done.stderr
    return folder


def lines(folder: Path) -> list[dict]:
    """The log of grading."""
    return [json.loads(line) for line in (folder / ".autograder" / f"{LESSON}.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def scores(graded: Path) -> dict[str, float | str]:
    """Each student's points, or the log's reason where the submission was set aside."""
    found: dict[str, float | str] = {
        line["student"]: line["reason"] for line in lines(graded) if line["event"] == "set-aside"
    }
    with Gradebook(f"sqlite:///{graded}/gradebook.db") as book:
        for submission in book.assignment_submissions(LESSON):
            assert submission.student_id not in found
            found[submission.student_id] = submission.score
    return found


@pytest.mark.parametrize("change", HANDED_IN)
def test_it_costs_nothing_or_sets_aside_itself(scores, change):
    """Each of them ended the run for the whole class."""
    assert scores[change.__name__] == HANDED_IN[change]


@pytest.mark.parametrize("name", TIMES)
def test_a_time_that_no_calendar_or_clock_has_is_one_that_cannot_be_read(scores, name):
    """None of them was a ValueError, and so they ended the run for the whole class."""
    assert scores[name] == f"its timestamp.txt holds no time that can be read; such as {times.EXAMPLES}"


def test_everybody_else_is_graded(scores):
    assert scores["first"] == scores["zoe"] == FULL


@pytest.mark.parametrize("change", [secret_is_a_folder, time_is_a_folder, secret_moves_up, written_in_a_far_year])
def test_what_goes_back_has_the_exchanges_own_files(graded, change):
    copy = graded / "autograded" / change.__name__ / LESSON
    assert len((copy / "submission_secret.txt").read_text()) == 64
    assert times.moment((copy / "timestamp.txt").read_text())


@pytest.mark.parametrize("seconds", [1e12, -1e12, 1e20, float("nan"), float("inf"), -1.0])
def test_a_file_may_have_been_written_at_no_time(seconds):
    """Not every file system keeps such a time; where one does, reading it ended the run for the whole class."""
    file = SimpleNamespace(stat=lambda: SimpleNamespace(st_mtime=seconds))
    assert times.written(file) is None  # type: ignore[arg-type]
    assert times.written(Path("/nowhere")) is None
    file = SimpleNamespace(stat=lambda: SimpleNamespace(st_mtime=86_400.5))
    assert f"{times.written(file):%Y-%m-%d}" == "1970-01-02"  # type: ignore[arg-type]


def test_a_name_in_another_script_is_graded(scores):
    """It was in the roster, and whatever it handed in was set aside: the scratch folder's name was too long."""
    assert scores[LONG_NAME] == FULL
    names = {scratch_name(letter * count) for letter in "яab" for count in (33, 34, 60, 127, 200, 201, 255)}
    assert len(names) == 21 and max(map(len, names)) <= 200


def test_modules_that_were_not_there_are_told_once_and_few_of_many(graded):
    """Each made a note in the table and in the log, and one cell can forge a thousand."""
    found = next(
        line for line in lines(graded) if line["student"] == modules_without_end.__name__ and line["event"] == "graded"
    )
    (report,) = found["reports"]
    first = [f"module_{number} cannot be imported while a notebook is graded" for number in range(10)]
    assert report["notes"] == [*first, "and 291 more modules"]


def test_of_a_copy_that_cannot_be_written_nothing_is_left(graded):
    assert list((graded / "autograded" / path_without_room.__name__).iterdir()) == []


def test_the_exchanges_names_are_its_own():
    """From a folder with the notebook in it, a file would come to lie where the exchange's own does."""
    own = {"timestamp.txt": b"2026-03-02 12:00:00 UTC", "submission_secret.txt": b"s"}
    taken = {f"{folder}{name}{end}": b"x" for name in own for folder in ("", "x/") for end in ("", "/y")}
    given = {**taken, "x/other.ipynb": packed(MINE), "x/data.txt": b"x"}
    files, _ = intake.prepare({**given, **own}, {"one": CONTRACT}, Limits())
    assert {name: files[name] for name in own} == own and set(files) == {*own, "one.ipynb", "data.txt"}
    files, _ = intake.prepare({k: v for k, v in given.items() if k not in own}, {"one": CONTRACT}, Limits())
    assert set(files) == {"one.ipynb", "data.txt"}


# What a student process may write to of its own /proc and of the kernel's settings, and what the probe finds.
WRITABLE = """
import os, sys
from pathlib import Path
from autograder.sandbox import Sandbox, probe, tree

LOOK = '''
import os
found = []
for top in ("/proc/self", "/proc/sys"):
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in ("task", "fd", "fdinfo", "cwd", "root", "map_files", "ns", "net")]
        found += [f"{folder}/{name}" for name in names if os.access(f"{folder}/{name}", os.W_OK)]
for name in ("autogroup", "oom_score_adj", "comm"):
    try:
        open(f"/proc/self/{name}", "r+b").close()
        found.append(name)
    except OSError:
        pass
print(found)
'''
with Sandbox(tree.build(Path(sys.argv[1]) / "tree", "lesson-03"), preload=()) as sandbox:
    with sandbox.student(1) as student:
        text = "".join(message["content"].get("text", "") for message in student.run_cell(LOOK).messages)
    print(os.geteuid() == 0, text.strip(), probe.findings(sandbox))
"""


@pytest.mark.parametrize("user", ["root", "ordinary user"])
def test_nothing_of_proc_can_be_written_to(user):
    """With /proc/self/autogroup at its lowest a notebook's own time was waiting for the machine, and it was set aside, at will."""
    if user == "root" and os.geteuid() != 0:
        pytest.skip("this account is the ordinary user")
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o777)
        prefix = as_ordinary_user(Path(place)) if user != "root" and os.geteuid() == 0 else ()
        command = [*prefix, sys.executable, "-c", WRITABLE, place]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, cwd=ROOT, check=False)
    assert done.stdout.split() == [str(user == "root"), "[]", "[]"], done.stdout + done.stderr


def test_the_probe_finds_a_proc_that_can_be_written_to(library, tmp_path, monkeypatch):
    inside = tmp_path / "inside"
    shutil.copytree(bubblewrap.INSIDE, inside)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o055)
    confine = inside / "confine.py"
    confine.write_text(confine.read_text().replace("_READONLY | _NOSUID", "_NOSUID"))
    monkeypatch.setattr(bubblewrap, "Sources", functools.partial(bubblewrap.Sources, inside=inside))
    arguments = bubblewrap.arguments
    monkeypatch.setattr(bubblewrap, "arguments", lambda *given: _without(arguments(*given), ["--remount-ro", "/proc"]))
    with Sandbox(library, preload=()) as sandbox:
        assert probe.findings(sandbox) == ["writes to /proc"]


def _without(arguments: list[str], pair: list[str]) -> list[str]:
    at = next(i for i in range(len(arguments)) if arguments[i : i + 2] == pair)
    return arguments[:at] + arguments[at + 2 :]


FAR = [
    r"\hspace{-60em}x",
    r"\hspace{999em}x",
    r"\hspace{99999pt}x",
    r"\hspace{99cm}x",
    r"\kern-5em x",
    r"\mkern-999mu x",
    r"\moveleft 50em{x}",
    r"\rule{9999em}{9999em}",
    r"a\above99em b",
    r"\raise999em{x}",
]
NEAR = {
    r"a\,b": '<mspace width="0.167em">',
    r"a\quad b": '<mspace width="1em">',
    r"a\hspace{1.5cm}b": '<mspace width="1.5cm">',
    r"\binom{n}{k}": '<mfrac linethickness="0">',
    r"\bigl(x\bigr)": 'minsize="1.2em"',
}


@pytest.mark.parametrize("tex", FAR)
def test_no_formula_lies_over_other_text_or_far_away(tex):
    """What a student wrote could stand anywhere on the page, over what somebody else had written there."""
    shown = markup.rendered(f"${tex}$")
    assert "<math" in shown and not re.search(
        r"(?:width|height|depth|[lr]space|thickness)=\"[^\"]*(?:-|[0-9]{3}|99)", shown
    )


@pytest.mark.parametrize("tex", NEAR)
def test_a_formulas_own_lengths_stay(tex):
    assert NEAR[tex] in markup.rendered(f"${tex}$")


def notebooks_of(code: str, count: int, cells: int) -> dict[str, bytes]:
    """Notebooks that are no lesson's by their cells' names, so that their code tells."""
    cell = {"cell_type": "code", "source": code, "metadata": {}}
    content = json.dumps({"cells": [cell] * cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()
    return {f"{number}.ipynb": content for number in range(count)}


def test_the_code_of_many_notebooks_is_parsed_as_far_as_that_of_one(monkeypatch):
    """A hundred times 200,000 signs, each twice, took a worker more than it has for a submission, and the second try as well."""
    parsed = []
    real = ast.parse
    bindings.graded_call.cache_clear()
    given = notebooks_of("%magic\n" + "a = 1\n" * 4_000 + ")", 30, 8)
    with monkeypatch.context() as patched, pytest.raises(GradingError, match=r"no one\.ipynb"):
        patched.setattr(bindings.ast, "parse", lambda text: parsed.append(len(text)) or real(text))
        intake.prepare(given, {"one": CONTRACT}, Limits())
    assert sum(parsed) <= bindings.MAX_CODE + sum(len(source) for _, source in CONTRACT.values())
    assert len(parsed) > 2


def test_what_is_beyond_is_read_by_its_lines():
    """A notebook that is the lesson's by its code alone is found, however much code lies before it."""
    (mine,) = notebooks_of("x = 1\ndef f(): return 1", 1, 1).values()
    given = {**notebooks_of("a = 1\n" * 20_000, 3, 2), "z.ipynb": mine}
    files, _ = intake.prepare(given, {"one": CONTRACT}, Limits())
    assert [cell["source"] for cell in json.loads(files["one.ipynb"])["cells"]] == ["x = 1\ndef f(): return 1"]


def test_cells_that_say_what_is_checked_are_parsed_up_to_a_length(monkeypatch):
    read = []
    monkeypatch.setattr(bindings, "graded_call", lambda source: read.append(len(source)) or graded_call(source))
    cells = [f"from seqlib.exercises import check  # {number}\ncheck('f')" + " " * 1_900 for number in range(1_000)]
    assert bindings.checked_functions(cells) == {"f"}
    assert bindings.MAX_CODE - 2_000 < sum(read) <= bindings.MAX_CODE


def pair_of(one: str, two: str) -> similar.Pair:
    return similar.Pair(
        "f",
        *(similar.Answer(who, text, frozenset(), frozenset()) for who, text in zip("ab", (one, two), strict=True)),
        1.0,
        1.0,
    )


LONG_PAIRS = {
    "lines of two kinds": "\n".join("ab"[i % 2] for i in range(999)),
    "many lines": "\n".join(f"line {i}" for i in range(1_001)),
    "empty lines": "\n" * 50_000,
}


@pytest.mark.parametrize("kind", LONG_PAIRS)
def test_two_answers_are_aligned_up_to_a_length(kind, tmp_path, monkeypatch):
    """Two accounts' answers of 2,000 lines took half a minute of `autograder similar`, and the time grows with the cube."""

    def refuse(*given: object, **named: object) -> None:
        raise AssertionError

    monkeypatch.setattr(similar.difflib, "SequenceMatcher", refuse)
    monkeypatch.setattr(similar.roster, "load", lambda room: [])
    pair = pair_of(LONG_PAIRS[kind], LONG_PAIRS[kind] + "\nreturn 1")
    report = similar.Report(LESSON, {}, [pair])
    similar.write_html(tmp_path / "page.html", None, report)  # type: ignore[arg-type]
    page = (tmp_path / "page.html").read_text()
    assert page.count("Lines are not aligned") == 1 and page.count("<tr") <= similar.MAX_LINES + 3
    assert similar.sides(pair)[0] == (*[LONG_PAIRS[kind].split("\n")[0]] * 2, False)


def test_ordinary_answers_are_aligned():
    code = "".join(f"    x{i} = {i}\n\n" for i in range(140))
    pair = pair_of(code, "def f():\n" + code)
    assert similar.not_aligned(pair) == "" and [differs for *_, differs in similar.sides(pair)] == [True] + 280 * [
        False
    ]


def test_what_a_student_prints_is_in_no_statistics(new_class):
    """A known mistake's sentence, printed, was counted as one made; so were words about time and about nothing written."""
    folder = new_class("ada")
    (sentence, *_) = statistics._messages(LESSON)["stack_weights"]
    lie = f"\nLikely mistake: {sentence}\nan endless loop; it is not written yet"

    def tell(notebook: nbformat.NotebookNode) -> None:
        cell_of(
            notebook, "stack_weights"
        ).source = f"def stack_weights(*given, **named):\n    print({lie!r})\n    return 0"

    hand_in(folder, "bob", tell)
    done = autograder("grade", LESSON, "--course", folder, "--workers", 1)
    assert done.returncode == 0, done.stdout + done.stderr
    notebook = nbformat.read(folder / "autograded" / "bob" / LESSON / f"{LESSON}.ipynb", as_version=4)
    said = "\n".join(cell_of(notebook, "stack_weights-visible").outputs[0].traceback)
    assert "It printed: " in said and lie in said  # it is told to the student as before
    report = statistics.read(room.enter(folder, ""), LESSON, lambda items, *_: items)
    found = next(function for function in report.functions if function.name == "stack_weights")
    assert sentence not in found.mistakes and (found.timeouts, found.unwritten) == (0, 0) and found.shares["bob"] == 0
