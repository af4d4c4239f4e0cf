"""The whole command on small classes."""

import json
import shutil
from dataclasses import replace

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder.engine.folder import ClassFolder
from autograder.engine.ledger import Ledger
from autograder.sandbox import doctor

from .conftest import LESSON, autograder, cell_of, hand_in


def scores(folder) -> dict[str, dict[str, float | None]]:
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        return {
            submission.student_id: {
                grade.cell.name: grade.auto_score for notebook in submission.notebooks for grade in notebook.grades
            }
            for submission in book.assignment_submissions(LESSON)
        }


def total(cells) -> float:
    return sum(score or 0 for score in cells.values())


def events(folder) -> list[dict]:
    return [json.loads(line) for line in (folder / ".autograder" / f"{LESSON}.jsonl").read_text().splitlines()]


def test_a_class_is_graded_and_the_next_call_has_nothing_to_do(new_class):
    folder = new_class("ada", "chen", "dana", "eli")
    done = autograder("grade", LESSON, "--course", folder, "--workers", 2)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {name: total(cells) for name, cells in scores(folder).items()} == {
        "ada": 15,
        "chen": 10,
        "dana": 13,
        "eli": 0,
    }
    cells = nbformat.read(folder / "autograded" / "dana" / LESSON / f"{LESSON}.ipynb", as_version=4)
    assert cell_of(cells, "stack_weights").outputs[0].ename == "SyntaxError"
    shown = next(cell for cell in cells.cells if "find_names" in cell.source)
    assert shown.outputs == [] and "skip-execution" in shown.metadata.tags  # though a learner may change it
    before = events(folder)
    again = autograder("grade", LESSON, "--course", folder)
    assert again.returncode == 0 and "4 unchanged" in again.stdout
    assert events(folder) == before


def test_a_log_line_tells_seed_time_memory_and_no_code(new_class):
    folder = new_class("ada")
    autograder("grade", LESSON, "--course", folder, "--workers", 1)
    line = events(folder)[-1]
    assert line["event"] == "graded" and line["student"] == "ada" and line["wall"] > 0
    (report,) = line["reports"]
    assert (
        report["notebook"] == LESSON
        and report["seed"] > 0
        and report["peak_memory"] > 10**6
        and report["refused"] == []
    )
    assert "def " not in json.dumps(events(folder))


def test_regrade_uses_the_recorded_seed_and_keeps_manual_marks(new_class):
    folder = new_class("ada", "chen")
    autograder("grade", LESSON, "--course", folder, "--workers", 1)
    seeds = {line["student"]: line["seed"] for line in events(folder) if line["event"] == "start"}
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        grade = book.find_grade("written", LESSON, LESSON, "ada")
        grade.manual_score, grade.needs_manual_grade = 2.5, False
        book.find_comment("written", LESSON, LESSON, "ada").manual_comment = "well put"
        book.db.commit()
    before = scores(folder)
    done = autograder("grade", LESSON, "--course", folder, "--regrade", "--student", "a*")
    assert done.returncode == 0
    assert [line["seed"] for line in events(folder) if line["event"] == "start"][-1] == seeds["ada"]
    assert scores(folder) == before
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        assert book.find_grade("written", LESSON, LESSON, "ada").manual_score == 2.5
        assert book.find_comment("written", LESSON, LESSON, "ada").manual_comment == "well put"


def test_a_resubmission_gets_a_fresh_seed_and_a_changed_score_is_told(new_class):
    folder = new_class("ada", "chen")
    autograder("grade", LESSON, "--course", folder, "--workers", 1)
    shutil.copy(folder / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb", folder / "submitted" / "chen" / LESSON)
    done = autograder("grade", LESSON, "--course", folder, "--workers", 1)
    assert total(scores(folder)["chen"]) == 15
    said = "".join(done.stdout.replace("│", "").split())
    assert "anothersubmission:rnn_forward-hidden:0->3,rnn_forward-visible:0->2" in said
    seeds = [line["seed"] for line in events(folder) if line["event"] == "start" and line["student"] == "chen"]
    assert len(set(seeds)) == 2


def test_regrade_says_why_a_score_changed(new_class):
    folder = new_class("ada", "ben", "chen")

    def random_answer(notebook):
        cell_of(notebook, "stack_weights").source = "import os\ndef stack_weights(Waa, Wax): return os.urandom(1)[0]"

    hand_in(folder, "rob", random_answer)
    log = folder / ".autograder" / f"{LESSON}.jsonl"
    autograder("grade", LESSON, "--course", folder)
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        book.find_grade("rnn_forward-visible", LESSON, LESSON, "ben").auto_score = 0.5
        book.db.commit()
        book.find_grade("stack_weights-visible", LESSON, LESSON, "rob").auto_score = 1.0
        book.db.commit()
    # The log says what the gradebook says: as if the answer had been right the last time.
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    for line in lines:
        if line["event"] == "graded" and line["student"] == "rob":
            line["scores"][LESSON]["stack_weights-visible"] = 1.0
        if line["event"] == "graded" and line["student"] == "chen":
            line["versions"] = {"engine": "another", "source": line["versions"]["source"]}
            line["scores"][LESSON]["rnn_forward-visible"] = 1.5
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        book.find_grade("rnn_forward-visible", LESSON, LESSON, "chen").auto_score = 1.5
        book.db.commit()
    done = autograder("grade", LESSON, "--course", folder, "--regrade")
    said = "".join(done.stdout.replace("│", "").split())
    assert (
        "scoreofrnn_forward-visiblewasnomorethe2.0ofthelog:changedbyhand,orwithitspoints:rnn_forward-visible:0.5->2"
        in said
    )
    assert "thesamesubmission,inputsandchecks:theanswerisnotdeterministic:stack_weights-visible:1->0" in said
    assert "thegraderoritscheckshavechanged:rnn_forward-visible:1.5->0" in said
    assert said.count("->") == 3


def test_the_full_log_shows_what_every_cell_gave(new_class):
    folder = new_class("ada", "chen")
    done = autograder("grade", LESSON, "--course", folder, "--student", "chen", "--dry-run", "--log", "full")
    assert "rnn_forward-visible" in done.stdout and "Likely mistake" in done.stdout
    assert f"chen: seed {events(folder)[0]['seed']}" in done.stdout
    assert not {"\x1b", "\x07"} & set(done.stdout)


def test_a_late_submission_loses_what_it_has_just_earned(new_class):
    folder = new_class("ada", "chen")
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + '\nc.LateSubmissionPlugin.penalty_method = "zero"\n')
    for student, day in (("ada", 3), ("chen", 1)):
        (folder / "submitted" / student / LESSON / "timestamp.txt").write_text(f"2026-03-0{day} 12:00:00 UTC")
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        book.update_or_create_assignment(LESSON, duedate="2026-03-02 00:00:00 UTC")
    autograder("grade", LESSON, "--course", folder)
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        lost = {s.student_id: s.notebooks[0].late_submission_penalty for s in book.assignment_submissions(LESSON)}
    assert lost == {"ada": 15, "chen": None}


def test_dry_run_writes_nothing_but_the_log(new_class):
    folder = new_class("ada")

    def files():
        return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    before = files()
    done = autograder("grade", LESSON, "--course", folder, "--dry-run")
    assert done.returncode == 0 and "15 / 15" in done.stdout
    after = files()
    assert {path for path in after if after[path] != before.get(path)} == {folder / ".autograder" / f"{LESSON}.jsonl"}
    assert before.keys() <= after.keys()


def test_a_dry_run_sets_nobody_aside_and_takes_no_points_over(new_class):
    folder = new_class("ada")
    autograder("grade", LESSON, "--course", folder, "--workers", 1)
    handed_in = folder / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb"
    handed_in.write_text("{ this is no notebook")
    done = autograder("grade", LESSON, "--course", folder, "--dry-run", "--workers", 1)
    assert done.returncode == 1 and "set aside" in done.stdout
    assert [line["event"] for line in events(folder) if "reason" in line] == ["tried"]
    source = folder / "source" / LESSON / f"{LESSON}.ipynb"
    source.write_text(source.read_text().replace('"points": 3', '"points": 7'))
    before = (folder / "gradebook.db").read_bytes()
    done = autograder("grade", LESSON, "--course", folder, "--regrade", "--dry-run", "--workers", 1)
    assert done.returncode == 2 and "another version" in done.stdout + done.stderr
    assert (folder / "gradebook.db").read_bytes() == before


def test_what_the_engine_cannot_grade_is_set_aside_and_never_zero(new_class):
    folder = new_class("ada")
    broken = folder / "submitted" / "bob" / LESSON / f"{LESSON}.ipynb"
    broken.parent.mkdir(parents=True)
    broken.write_text("{ this is no notebook")
    done = autograder("grade", LESSON, "--course", folder, "--workers", 1)
    assert done.returncode == 1 and "set aside" in done.stdout
    reasons = [line["reason"] for line in events(folder) if line["event"] == "set-aside"]
    place = "line 1, column 3: Expecting property name enclosed in double quotes"
    assert reasons == [f"{LESSON}.ipynb is broken: {place}"]  # and nothing of what it says
    assert set(scores(folder)) == {"ada"}
    assert [line["student"] for line in events(folder) if line["event"] == "set-aside"] == ["bob"]


def test_nobody_is_graded_where_the_solution_is_wrong(new_class):
    folder = new_class("ada")
    path = folder / "source" / LESSON / f"{LESSON}.ipynb"
    notebook = nbformat.read(path, as_version=4)
    cell = cell_of(notebook, "rnn_forward")
    cell.source = cell.source.replace("    ### END SOLUTION", "    return None\n    ### END SOLUTION").replace(
        "return a, ", "a, "
    )
    nbformat.write(notebook, path)
    done = autograder("grade", LESSON, "--course", folder)
    assert done.returncode == 2 and "solution" in done.stdout and "scores 10" in done.stdout
    assert scores(folder) == {}


def test_cells_that_end_the_process_cost_themselves_only(new_class):
    folder = new_class("ada")

    def with_killers(notebook):
        at = notebook.cells.index(cell_of(notebook, "stack_weights"))
        notebook.cells.insert(at, nbformat.v4.new_code_cell("import os\nos._exit(1)"))
        cell_of(notebook, "rnn_forward").source = "import os\ndef rnn_forward(*a): os._exit(1)"

    hand_in(folder, "bob", with_killers)
    autograder("grade", LESSON, "--course", folder, "--workers", 1)
    graded = scores(folder)["bob"]
    assert graded["rnn_forward-visible"] == graded["rnn_forward-hidden"] == 0
    assert total(graded) == 10


def test_tags_and_metadata_come_from_the_instructor(new_class):
    folder = new_class("ada", "eli")

    def tagged(notebook):
        for cell in notebook.cells:
            cell.metadata["tags"] = ["skip-execution"]
            if "points" in cell.metadata.get("nbgrader", {}):
                cell.metadata.nbgrader.points = 100

    hand_in(folder, "bob", tagged)
    autograder("grade", LESSON, "--course", folder, "--workers", 1)
    assert total(scores(folder)["bob"]) == 15
    assert total(scores(folder)["eli"]) == 0


def test_nbgraders_own_autograde_takes_the_same_path(new_class, monkeypatch):
    import subprocess
    import sys
    from pathlib import Path

    folder = new_class("chen")
    autograder("grade", LESSON, "--course", folder, "--workers", 1)
    before = scores(folder)["chen"]
    program = Path(sys.executable).parent / "nbgrader"
    monkeypatch.setenv("PATH", str(program.parent), prepend=":")
    done = subprocess.run(
        [program, "autograde", LESSON, "--force"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert scores(folder)["chen"] == before
    cells = nbformat.read(folder / "autograded" / "chen" / LESSON / f"{LESSON}.ipynb", as_version=4)
    assert "Likely mistake" in str(cell_of(cells, "rnn_forward-visible").outputs)


def test_a_line_that_was_cut_off_does_not_stop_the_ledger(tmp_path):
    path = tmp_path / "log.jsonl"
    ledger = Ledger(path)
    ledger.write("start", student="a", digest="d", seed=5)
    ledger.write("graded", student="a", digest="d", scores={})
    ledger.close()
    path.write_text(path.read_text() + '{"event": "gra')
    again = Ledger(path)
    again.write("start", student="b", digest="e", seed=6)
    again.close()
    last = Ledger(path)
    assert (
        last.seed("a", "d") == 5
        and last.is_graded("a", "d")
        and not last.is_graded("a", "other")
        and last.seed("b", "e") == 6
    )


def test_rows_enter_the_gradebook_all_or_none(new_class):
    from autograder.engine import scratch, writer

    folder = new_class("ada")
    autograder("grade", LESSON, "--course", folder, "--workers", 1)
    before = scores(folder)
    with ClassFolder(folder).gradebook() as book:
        rows = scratch.read_rows(book, LESSON, "ada")
        notebook = rows.notebooks[LESSON]
        nothing = replace(notebook, grades=dict.fromkeys(notebook.grades, 0.0))
        zero = replace(rows, notebooks={LESSON: nothing})
        broken = replace(rows, notebooks={LESSON: replace(nothing, comments=None)})
        with pytest.raises(AttributeError):
            writer.write_rows(book, LESSON, {"ada": zero, "zoe": broken})
    assert scores(folder) == before


def test_doctor_names_what_is_missing(monkeypatch):
    assert all(finding.good for finding in doctor.examine())
    monkeypatch.setenv("PATH", "/nowhere")
    assert any("bubblewrap" in finding.text for finding in doctor.examine() if not finding.good)
