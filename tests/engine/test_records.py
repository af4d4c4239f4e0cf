"""Grades that can be trusted after a change: lateness, source, checks and pages; and one line for whatever goes wrong."""

import contextlib
import datetime
import io
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from rich.console import Console
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from autograder.__main__ import app
from autograder.engine.errors import GradingError
from autograder.engine.folder import ClassFolder
from autograder.engine.pool import LocalPool
from autograder.engine.run import Options, Outcome, Run
from autograder.engine.summary import Summary, number

from .conftest import LESSON, ROOT, autograder, cell_of, hand_in, nbgrader

NOTEBOOK = f"{LESSON}.ipynb"


def graded(folder: Path, **options: object) -> tuple[dict[str, Outcome], Summary, str]:
    """One run in this process: the outcomes, the summary and what it says."""
    with Run(ClassFolder(folder), Options(LESSON, **options)) as run:
        outcomes = list(run.outcomes(lambda course: LocalPool(course, 1)))
        summary = Summary(run, outcomes, LESSON)
    text = io.StringIO()
    summary.show(Console(file=text, width=200))
    return {outcome.student: outcome for outcome in outcomes}, summary, text.getvalue()


@contextlib.contextmanager
def gradebook(folder: Path):
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        yield book
        book.db.commit()


def penalties(folder: Path) -> dict[str, float | None]:
    with gradebook(folder) as book:
        return {s.student_id: s.notebooks[0].late_submission_penalty for s in book.assignment_submissions(LESSON)}


def edit_source(folder: Path, change: Callable[[nbformat.NotebookNode], None]) -> None:
    path = folder / "source" / LESSON / NOTEBOOK
    notebook = nbformat.read(path, as_version=4)
    change(notebook)
    nbformat.write(notebook, path)


def test_due_date_extension_and_policy_count_as_changed(new_class):
    """The score column shows the penalty; who is in time all along is left alone."""
    folder = new_class("ada", "chen")
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    for student, day in (("ada", 3), ("chen", 1)):
        (folder / "submitted" / student / LESSON / "timestamp.txt").write_text(f"2026-03-0{day} 12:00:00 UTC")
    with gradebook(folder) as book:
        book.update_or_create_assignment(LESSON, duedate="2026-03-02 00:00:00 UTC")
    outcomes, _, said = graded(folder)
    assert (outcomes["ada"].checks, outcomes["ada"].penalty) == (15, 15)
    assert "15 / 15" in said and "(late: -15)" in said
    with gradebook(folder) as book:
        book.grant_extension(LESSON, "ada", days=5)
    outcomes, _, said = graded(folder)
    assert list(outcomes) == ["ada"] and penalties(folder) == {"ada": None, "chen": None} and "late" not in said
    assert graded(folder)[0] == {}
    with gradebook(folder) as book:  # ada's five days count from then; chen is in time with either date
        book.update_or_create_assignment(LESSON, duedate="2026-02-25 00:00:00 UTC")
    outcomes, _, _ = graded(folder, students="ada")
    assert penalties(folder)["ada"] == 15
    config.write_text(config.read_text().replace('"zero"', '"none"'))
    assert list(graded(folder, students="ada")[0]) == ["ada"] and penalties(folder)["ada"] is None


def test_grades_by_other_checks_are_counted_and_are_no_success(new_class):
    folder = new_class("ada", "chen", "eli")
    graded(folder)
    log = folder / ".autograder" / f"{LESSON}.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for line in lines:
        if line["event"] == "graded" and line["student"] != "eli":
            line["versions"]["engine" if line["student"] == "ada" else "source"] = "an older one"
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    outcomes, summary, said = graded(folder)
    assert outcomes == {} and summary.status == 1 and "3 unchanged since they were graded" in said
    assert "1 of those that are unchanged were graded by other checks than today's." in said
    assert "1 of those that are unchanged were graded by another version of the source than today's." in said
    assert f"`autograder grade {LESSON} --regrade`" in said
    assert graded(folder, regrade=True)[1].status == 0
    assert graded(folder)[1].status == 0


@pytest.fixture
def learnt_class(new_class) -> Path:
    """A class whose gradebook knows ada's written answer as marked."""
    folder = new_class("ada")
    with gradebook(folder) as book:
        book.update_or_create_student("ada")
        book.update_or_create_submission(LESSON, "ada")
        book.find_grade("written", LESSON, LESSON, "ada").manual_score = 2.5
    return folder


def new_cell(notebook: nbformat.NotebookNode) -> None:
    cell = nbformat.from_dict(cell_of(notebook, "written"))
    cell.metadata["nbgrader"] = {**cell.metadata.nbgrader, "grade_id": "written-2", "points": 2}
    cell.id = "written-2"
    notebook.cells.append(cell)


CHANGES = {
    "text-cell has another text": lambda n: cell_of(n, "text-cell").update(source="CHANGED"),
    "written has 5 points, not 3": lambda n: cell_of(n, "written").metadata.nbgrader.update(points=5),
    "written-2 is new": new_cell,
    "stack_weights-hidden is gone": lambda n: n.cells.remove(cell_of(n, "stack_weights-hidden")),
}


def test_a_changed_source_is_named_and_taken_over_by_regrade(learnt_class):
    folder = ClassFolder(learnt_class)
    for told, change in CHANGES.items():
        edit_source(learnt_class, change)
        with pytest.raises(GradingError) as error:
            folder.course_for(LESSON, "bubblewrap")
        assert told in str(error.value) and "--regrade" in str(error.value)
        folder.course_for(LESSON, "bubblewrap", take_over=True)
        folder.course_for(LESSON, "bubblewrap")
    with gradebook(learnt_class) as book:
        assert book.find_source_cell("text-cell", LESSON, LESSON).source == "CHANGED"
        assert book.find_graded_cell("written", LESSON, LESSON).max_score == 5
        notebook = book.find_submission_notebook(LESSON, LESSON, "ada")
        scores = {grade.name: grade.manual_score for grade in notebook.grades}
        assert scores["written"] == 2.5 and scores["written-2"] is None and "stack_weights-hidden" not in scores
        assert notebook.max_score == 15 - 1 + 5 + 2


def test_a_cell_that_people_have_marked_does_not_go_away(learnt_class):
    edit_source(learnt_class, lambda notebook: notebook.cells.remove(cell_of(notebook, "written")))
    with pytest.raises(GradingError, match="no written any more, for which people have given marks"):
        ClassFolder(learnt_class).course_for(LESSON, "bubblewrap", take_over=True)
    with gradebook(learnt_class) as book:
        assert book.find_grade("written", LESSON, LESSON, "ada").manual_score == 2.5


def test_other_points_of_a_check_hold_after_regrade(new_class):
    folder = new_class("ada")
    assert graded(folder)[0]["ada"].checks == 15
    edit_source(folder, lambda n: cell_of(n, "stack_weights-visible").metadata.nbgrader.update(points=2))
    with pytest.raises(GradingError, match="stack_weights-visible has 2 points, not 1"):
        graded(folder)
    outcomes, _, said = graded(folder, regrade=True)
    assert outcomes["ada"].checks == 16 and "16 / 16" in said and "the assignment's source has changed" in said


def test_a_page_of_feedback_is_todays(new_class):
    """nbgrader keeps a page that is there: it goes when the graded copy changes, and the class's settings renew it always."""
    folder = new_class("ada")
    room = ClassFolder(folder)
    room.put_graded("ada", LESSON, {NOTEBOOK: b"1"})
    page = folder / "feedback" / "ada" / LESSON / f"{LESSON}.html"
    page.parent.mkdir(parents=True)
    page.write_text("page")
    room.put_graded("ada", LESSON, {NOTEBOOK: b"1"})
    assert page.exists()
    room.put_graded("ada", LESSON, {NOTEBOOK: b"2"})
    assert not page.exists()
    assert room.config.GenerateFeedback.force is True


def test_the_reason_of_a_change_comes_first_and_whole(new_class):
    folder = new_class("eli")
    graded(folder)
    shutil.copy(folder / "source" / LESSON / NOTEBOOK, folder / "submitted" / "eli" / LESSON)
    done = autograder("grade", LESSON, "--course", folder, "--workers", 1)
    said = "".join(done.stdout.replace("│", "").split())
    cells = [
        f"{name}-{kind}"
        for name in ("count_parameters", "stack_weights", "rnn_cell_forward", "rnn_forward")
        for kind in ("visible", "hidden")
    ]
    assert "anothersubmission:" in said and all(f"{cell}:0->" in said for cell in cells)
    assert said.index("anothersubmission") < min(said.index(f"{cell}:0->") for cell in cells)


def test_the_summary_names_who_is_missing_unknown_late_and_unmarked(new_class):
    folder = new_class("ada", "eli")
    with gradebook(folder) as book:
        for student in ("ada", "zoe"):
            book.update_or_create_student(student, first_name=student.title())
    outcomes, summary, said = graded(folder)
    assert "Nothing to grade: 1 (zoe)" in said and "Not in the roster: 1 (eli)" in said
    assert "1 to mark" in said and "0 / 18" in said
    assert (outcomes["ada"].whole, outcomes["ada"].unmarked, outcomes["eli"].whole) == (None, 1, 0)
    assert "Nothing to grade" not in graded(folder, students="ada", regrade=True)[2]


def test_scores_have_two_decimals_where_they_have_any():
    assert [number(value) for value in (15.0, 4 / 3, 0.5, 0.0, 100.0)] == ["15", "1.33", "0.5", "0", "100"]


ODD = [
    "a*",
    "[ab]",
    "ab",
    "a",
    "{student_id}",
    "%s",
    "<b>x",
    "[red]x",
    "new\nline",
    "\u202ertl",
    "\x1b[2J",
    "$HOME `id`",
    "日本",
    "-rf",
]


def test_ids_hold_any_character_and_take_nobody_along(new_class):
    folder = new_class("ada")
    source = folder / "submitted" / "ada"
    for student in ODD:
        shutil.copytree(source, source.with_name(student))
    shutil.copytree(source, source.parent / os.fsdecode(b"caf\xe9"))
    shutil.rmtree(source)
    outcomes, summary, said = graded(folder, students="a*")
    assert sorted(outcomes) == ["a", "a*", "ab"]
    outcomes, summary, said = graded(folder)
    assert {name for name, outcome in outcomes.items() if outcome.set_aside} == {os.fsdecode(b"caf\xe9")}
    assert outcomes[os.fsdecode(b"caf\xe9")].note.startswith("the folder's name is no text")
    with gradebook(folder) as book:
        assert {s.student_id: s.score for s in book.assignment_submissions(LESSON)} == dict.fromkeys(ODD, 15)
    assert all((folder / "autograded" / student / LESSON / NOTEBOOK).is_file() for student in ODD)
    assert all(sign.isprintable() or sign == "\n" for sign in said) and "[red]x" in said and "<b>x" in said
    assert graded(folder)[0].keys() == {os.fsdecode(b"caf\xe9")}


def test_an_endless_loop_costs_its_limit_once_a_function_and_once_more_over_stand_ins(new_class):
    folder = new_class("ada")
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.SandboxExecute.limits = {"*": {"cell_cpu": 2, "interrupt_grace": 5}}\n')

    def endless(notebook):
        cell_of(notebook, "rnn_forward").source = "def rnn_forward(x, a0, params):\n    while True: pass"

    hand_in(folder, "bob", endless)
    outcomes, _, _ = graded(folder, students="bob", full_log=True)
    assert outcomes["bob"].checks == 10
    (line,) = [
        line
        for line in map(json.loads, (folder / ".autograder" / f"{LESSON}.jsonl").read_text().splitlines())
        if line["event"] == "graded"
    ]
    assert 3.9 < line["reports"][0]["cpu"] < 6  # the kernel may end a process some ticks before its limit of 2 s
    notebook = nbformat.reads(outcomes["bob"].files[NOTEBOOK], as_version=4)
    assert "was not called again" in cell_of(notebook, "rnn_forward-hidden").outputs[0].evalue


def test_an_endless_loop_in_an_earlier_function_costs_its_limit_and_its_points_once(new_class):
    folder = new_class("ada")
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.SandboxExecute.limits = {"*": {"cell_cpu": 2, "interrupt_grace": 5}}\n')

    def endless(notebook):
        cell_of(
            notebook, "rnn_cell_forward"
        ).source = "def rnn_cell_forward(x_t, a_prev, params):\n    while True: pass"

    hand_in(folder, "bob", endless)
    outcomes, _, _ = graded(folder, students="bob", full_log=True)
    assert outcomes["bob"].checks == 10  # 15 without the 5 of the cell
    lines = map(json.loads, (folder / ".autograder" / f"{LESSON}.jsonl").read_text().splitlines())
    (line,) = [line for line in lines if line["event"] == "graded"]
    assert 2 <= line["reports"][0]["cpu"] < 4
    notebook = nbformat.reads(outcomes["bob"].files[NOTEBOOK], as_version=4)
    said = cell_of(notebook, "rnn_forward-hidden").outputs[0].text
    assert "right in all" in said and "Your own rnn_cell_forward has a mistake" in said


REFUSED = {
    "--engine foo": "--engine is one of local, dask",
    "--engine dask": "--engine dask needs --scheduler",
    "--engine dask --scheduler tcp://127.0.0.1:1": "no Dask scheduler answers at tcp://127.0.0.1:1",
    "--sandbox chroot": "--sandbox is one of bubblewrap, none",
    "--log some": "--log is one of full",
    "--student nobody": "no student who fits 'nobody' has handed in",
    "--db postgresql+psycopg://nobody@127.0.0.1:1/class": "the gradebook:",
    "--db sqlite:////nowhere/at/all/gradebook.db": "the gradebook: unable to open database file",
    "--db nonsense://x": "the gradebook:",
    "lesson-77": "the class has lesson-03",
}


@pytest.mark.parametrize("options", REFUSED)
def test_what_cannot_be_done_is_said_in_one_line_and_nothing_is_written(new_class, options):
    folder = new_class("ada")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}
    arguments = options.split() if options.startswith("-") else []
    lesson = LESSON if arguments else options
    done = autograder("grade", lesson, "--course", folder, *arguments)
    assert done.returncode == 2 and "Traceback" not in done.stdout + done.stderr
    said = " ".join((done.stdout + done.stderr).replace("│", " ").split())
    assert REFUSED[options] in said
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()} == before


WITHOUT_EXTRAS = """
import sys

class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("dask", "distributed", "psycopg", "psycopg2"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Gone())
"""
EXTRAS = {
    "grade lesson-03 --engine dask --scheduler tcp://127.0.0.1:1": "distributed is not installed; this project's extra dask brings it",
    "grade lesson-03 --db postgresql+psycopg://a@127.0.0.1:1/x": "psycopg is not installed; this project's extra postgres brings it",
    "move-gradebook --to postgresql+psycopg://a@127.0.0.1:1/x": "the package for PostgreSQL is not installed: pip install",
}


@pytest.mark.parametrize("command", EXTRAS)
def test_a_missing_extra_is_one_line_and_what_needs_none_works(new_class, tmp_path, monkeypatch, command):
    (tmp_path / "sitecustomize.py").write_text(WITHOUT_EXTRAS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    folder = new_class("ada")
    done = autograder(*command.split(), "--course", folder)
    said = (done.stdout + done.stderr).strip()
    assert done.returncode == 2 and len(said.splitlines()) <= 2 and EXTRAS[command] in " ".join(said.split())
    if "dask" in command:
        assert autograder("grade", LESSON, "--course", folder).returncode == 0


TROUBLE = {
    "a full disk": (
        OSError(28, "No space left on device", "/class/autograded"),
        2,
        "Stopped: /class/autograded: No space left on device",
    ),
    "a full gradebook": (
        OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")),
        2,
        "Stopped: the gradebook: database or disk is full",
    ),
    "a missing driver": (
        ModuleNotFoundError("No module named 'psycopg'", name="psycopg"),
        2,
        "this project's extra postgres brings it",
    ),
    "an interrupted run": (KeyboardInterrupt(), 130, "Interrupted"),
}


@pytest.mark.parametrize("kind", TROUBLE)
def test_trouble_in_the_middle_says_how_to_go_on(new_class, monkeypatch, kind):
    error, status, line = TROUBLE[kind]

    def outcomes(run, make_pool):
        yield Outcome("ada", checks=15.0)
        raise error

    monkeypatch.setattr(Run, "outcomes", outcomes)
    done = CliRunner().invoke(app, ["grade", LESSON, "--course", str(new_class("ada")), "--engine", "local"])
    assert done.exit_code == status
    said = done.output.strip().splitlines()[-1]
    assert line in said and "1 are graded, and the same command goes on from there" in said


def test_a_locked_gradebook_is_said_and_the_next_run_goes_on(new_class):
    folder = new_class("ada")
    with contextlib.closing(sqlite3.connect(folder / "gradebook.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        done = autograder("grade", LESSON, "--course", folder, "--workers", 1)
        other.execute("ROLLBACK")
    assert done.returncode == 2 and "database is locked" in done.stdout and "Traceback" not in done.stdout + done.stderr
    assert autograder("grade", LESSON, "--course", folder, "--workers", 1).returncode == 0


def test_an_interrupt_ends_the_run_in_one_line_and_the_next_goes_on(new_class):
    folder = new_class("ada", "fay")  # fay's loop takes a while
    command = [sys.executable, "-m", "autograder", "grade", LESSON, "--course", str(folder), "--workers", "1"]
    restore = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731  (a job of a shell ignores it)
    process = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, preexec_fn=restore
    )
    log = folder / ".autograder" / f"{LESSON}.jsonl"
    while not (log.exists() and '"start"' in log.read_text()):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 130 and "Interrupted" in said and "Traceback" not in said
    assert autograder("grade", LESSON, "--course", folder, "--workers", 1).returncode == 0
    assert penalties(folder).keys() == {"ada", "fay"}


def test_what_is_no_grade_is_no_number_in_nbgraders_export(new_class):
    """An honest zero is one; not handed in, set aside and not marked are blank and say so."""
    folder = new_class("ada", "eli")
    hand_in(folder, "bob", lambda notebook: None)
    (folder / "submitted" / "bob" / LESSON / NOTEBOOK).write_text("{")
    with gradebook(folder) as book:
        book.update_or_create_student("zoe")
    (folder / "roster.csv").write_text("id,first_name\nada,Ada\neli,Eli\nbob,Bob\nzoe,Zoe\n")
    graded(folder)
    done = nbgrader(folder, "export", "--to", "out.csv")
    assert done.returncode == 0, done.stderr
    rows = {row[0]: row[4:] for row in map(lambda line: line.split(","), (folder / "out.csv").read_text().splitlines())}
    assert (rows["eli"][0], rows["ada"][0], rows["bob"][0], rows["zoe"][0]) == ("0.00", "", "", "")
    assert [rows[name][3] for name in ("ada", "bob", "zoe")] == ["not marked", "set aside", "not handed in"]


def test_feedback_can_be_released_for_what_was_put_there_by_hand(new_class):
    folder = new_class("ada")
    graded(folder)
    copy = folder / "autograded" / "ada" / LESSON
    secret = (copy / "submission_secret.txt").read_text()
    assert len(secret) == 64 and (copy / "timestamp.txt").read_text().endswith(" UTC")
    for command in ("generate_feedback", "release_feedback"):
        done = nbgrader(folder, command, LESSON)
        assert done.returncode == 0, done.stderr
    assert list((folder / "exchange").rglob("*.html"))
    assert not (folder / "submitted" / "ada" / LESSON / "timestamp.txt").exists()
    graded(folder, regrade=True)
    assert (copy / "submission_secret.txt").read_text() == secret
    with gradebook(folder) as book:
        assert book.find_submission(LESSON, "ada").timestamp is None  # when it was written is not when it was handed in


ZIPPED = (
    "hw_anna_attempt_2026-03-01-12-00-00_lesson-03",
    "hw_ben_attempt_2026-03-01-12-00-00_lesson-03",
    "hw_ben_attempt_2026-03-02-12-00-00_lesson-03",
)


def test_zip_collect_keeps_the_notebooks_name(new_class):
    folder = new_class("ada")
    archive = folder / "downloaded" / LESSON / "archive" / "subs.zip"
    archive.parent.mkdir(parents=True)
    with zipfile.ZipFile(archive, "w") as packed:
        for name in ZIPPED:
            packed.write(folder / "submitted" / "ada" / LESSON / NOTEBOOK, f"{name}.ipynb")
    done = nbgrader(folder, "zip_collect", LESSON)
    assert done.returncode == 0, done.stderr
    for student, day in (("anna", 1), ("ben", 2)):
        submission = ClassFolder(folder).submission(student, LESSON)
        assert set(submission.files) == {NOTEBOOK, "timestamp.txt"}
        assert submission.timestamp == datetime.datetime(2026, 3, day, 12)


NAMES = {
    "hw_anna_attempt_2026-03-01-12-00-00_lesson-03.ipynb": ("anna", "lesson-03"),
    "/a_b/c/hw_x_y_anna_attempt_2026-03-01-12-00-00_lesson-03.ipynb": ("anna", "lesson-03"),
    "hw_a.b-c_attempt_2026-03-01_my_file (1).ipynb": ("a.b-c", "my_file (1)"),
    "notes.txt": None,
}


@pytest.mark.parametrize("name", NAMES)
def test_the_pattern_of_collected_names(whole_class, name):
    pattern = ClassFolder(whole_class).config.FileNameCollectorPlugin.named_regexp
    match = re.match(pattern, name)
    assert (match and (match["student_id"], match["file_id"])) == NAMES[name]


GUARDED = {
    "ambiguous": ({"timestamp.txt": "2026-03-01 20:00:00 PDT"}, "holds no time that can be read"),
    "done-beside": ({"lesson-03-done.ipynb": None}, "is as it was handed out; graded was"),
    "of-another-lesson": ({NOTEBOOK: "lesson-02"}, "has no check of lesson-03"),
}


def test_nbgraders_own_command_grades_nothing_that_ours_would_not(new_class):
    folder = new_class("ada")
    right = (folder / "submitted" / "ada" / LESSON / NOTEBOOK).read_bytes()
    for student, (files, _) in GUARDED.items():
        place = folder / "submitted" / student / LESSON
        place.mkdir(parents=True)
        (place / NOTEBOOK).write_bytes((folder / "release" / LESSON / NOTEBOOK).read_bytes())
        for name, content in files.items():
            other = (ROOT / "exercises" / "lesson-02" / "lesson-02.ipynb").read_bytes()
            (place / name).write_bytes(
                right if content is None else other if content == "lesson-02" else content.encode()
            )
    place = folder / "submitted" / "offset" / LESSON
    place.mkdir(parents=True)
    (place / NOTEBOOK).write_bytes(right)
    (place / "timestamp.txt").write_text("2026-03-02 00:30:00 +0100")
    done = nbgrader(folder, "autograde", LESSON)
    assert done.returncode != 0
    said = " ".join(done.stderr.split())
    for student, (_, reason) in GUARDED.items():
        assert reason in said
        assert not (folder / "autograded" / student / LESSON).exists()
    with gradebook(folder) as book:
        offset = book.find_submission(LESSON, "offset")
        assert offset.timestamp == datetime.datetime(2026, 3, 1, 23, 30) and offset.notebooks[0].score == 15
        assert book.find_submission(LESSON, "ada").notebooks[0].score == 15
