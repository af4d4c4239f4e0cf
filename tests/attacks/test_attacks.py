"""Every attack on a wrong and on a right answer, in one class: what it gains, reads, breaks and leaves behind."""

import ctypes
import json
import os
import shlex
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbgrader.api import Gradebook
from nbgrader.converters import GenerateFeedback
from nbgrader.coursedir import CourseDirectory

from autograder import sample_class, settings
from autograder.lessons import VISIBLE_SEED, lessons
from seqlib.exercises.compare import difference

from .attacks import ATTACKS
from .pages import dangers
from .white_box import table_of

ROOT = Path(__file__).parents[2]
LESSON = "lesson-03"
LIMITS = '\nc.SandboxExecute.limits = {"*": {"cell_cpu": 1, "cell_wall": 8, "interrupt_grace": 0.3, "notebook_cpu": 20, "memory": 512 * 2**20}}\n'
CANARY = "CANARY-4711"
ORDINARY_USER = 12345
PAGES = [
    name
    for name in ATTACKS
    if any(
        word in name
        for word in ("script", "handler", "links that", "tags within", "forms", "formula", "picture", "attachments")
    )
]


@dataclass(frozen=True)
class Graded:
    """A class after grading: its folder, each submission's score, what the command said, and which processes were there before."""

    folder: Path
    scores: dict[str, float]
    log: str
    before: list[psutil.Process]


def name_of(attack: str, kind: str) -> str:
    return f"{kind}-{attack.replace(' ', '_').replace('.', '_').replace(',', '')}"


def hand_in(folder: Path, sent: list[tuple[str, str]]) -> None:
    """A class in which the named attacks are handed in on a right or a wrong answer, and by zoe an honest one."""
    sample_class.new_class(folder)
    sample_class.release(folder, LESSON)
    sample_class.submit(folder, LESSON)
    (folder / "canary.txt").write_text(CANARY)
    config = folder / "nbgrader_config.py"
    config.write_text(config.read_text() + LIMITS)
    texts = {
        kind: (folder / "submitted" / student / LESSON / f"{LESSON}.ipynb").read_text()
        for kind, student in (("right", "ada"), ("wrong", "eli"))
    }
    shutil.rmtree(folder / "submitted")
    for name, text in [("zoe", texts["right"]), *((name_of(*pair), hostile(texts, *pair)) for pair in sent)]:
        target = folder / "submitted" / name / LESSON / f"{LESSON}.ipynb"
        target.parent.mkdir(parents=True)
        target.write_text(text)


def hostile(texts: dict[str, str], attack: str, kind: str) -> str:
    notebook = nbformat.reads(texts[kind], as_version=4)
    ATTACKS[attack].change(notebook)
    return json.dumps(notebook)


def grade(folder: Path, prefix: tuple[str, ...] = (), timeout: int = 580) -> Graded:
    ctypes.CDLL(None).prctl(
        36, 1, 0, 0, 0
    )  # PR_SET_CHILD_SUBREAPER: what the command leaves behind comes to this process
    before = psutil.Process().children(recursive=True)
    command = [*prefix, sys.executable, "-m", "autograder", "grade", LESSON, "--course", str(folder), "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=timeout, check=False)
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        scores = {
            submission.student_id: sum(
                grade.auto_score or 0 for notebook in submission.notebooks for grade in notebook.grades
            )
            for submission in book.assignment_submissions(LESSON)
        }
    return Graded(folder, scores, done.stdout + done.stderr, before)


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Graded:
    """Every attack twice, graded by this account: root in a container."""
    folder = tmp_path_factory.mktemp("attacks") / "class"
    hand_in(folder, [(attack, kind) for attack in ATTACKS for kind in ("right", "wrong")])
    return grade(folder)


def as_ordinary_user(folder: Path) -> tuple[str, ...]:
    """A command prefix that gives root up, where folders that only root may enter are opened in a private view of the file system."""
    needed = [ROOT, Path(sys.base_prefix).resolve(), Path(sys.prefix).resolve()]
    closed = {parent for path in needed for parent in (path, *path.parents) if not parent.stat().st_mode & 0o001}
    script = ["set -e"]
    if closed:
        script.append("stage=$(mktemp -d); chmod 755 $stage; mount -t tmpfs -o mode=755 none $stage")
        for number, path in enumerate(needed):
            script.append(f"mkdir $stage/{number}; mount --bind {shlex.quote(str(path))} $stage/{number}")
        outermost = [path for path in closed if not any(parent in closed for parent in path.parents)]
        script += [f"mount -t tmpfs -o mode=755 none {shlex.quote(str(path))}" for path in outermost]
        for number, path in enumerate(needed):
            place = shlex.quote(str(path))
            script.append(f"mkdir -p {place}; mount --bind $stage/{number} {place}")
    # nbgrader's exchange asks for the account's name
    named = f"ordinary:x:{ORDINARY_USER}:{ORDINARY_USER}::/nonexistent:/bin/sh"
    script.append(f"accounts=$(mktemp); {{ cat /etc/passwd; echo {named}; }} > $accounts; chmod 644 $accounts")
    script.append("mount --bind $accounts /etc/passwd; rm $accounts")
    script.append(
        f'exec setpriv --reuid={ORDINARY_USER} --regid={ORDINARY_USER} --clear-groups env HOME={shlex.quote(str(folder))} "$@"'
    )
    return ("unshare", "--mount", "--propagation", "private", "--", "sh", "-c", "\n".join(script), "sh")


@pytest.fixture(scope="module")
def graded_as_ordinary_user() -> Iterator[Graded]:
    """Every attack once more: where its right answer scores full on a right one, otherwise on a wrong one."""
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        folder = Path(place) / "class"
        hand_in(folder, [(attack, "right" if parts.harmless else "wrong") for attack, parts in ATTACKS.items()])
        if os.geteuid() != 0:
            yield grade(folder)
            return
        for path in (folder, *folder.rglob("*")):
            os.chown(path, ORDINARY_USER, ORDINARY_USER)
        yield grade(folder, as_ordinary_user(folder))


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_gains_nothing(graded, attack):
    otherwise = 0 if ATTACKS[attack].aside else "set aside: " + graded.log
    assert graded.scores.get(name_of(attack, "wrong"), otherwise) == 0


def test_the_table_of_answers_at_home_is_one():
    """An attack that fails by a slip of its own would prove nothing."""
    scope: dict[str, Any] = {}
    exec(table_of(LESSON), scope)
    for exercise in lessons()[LESSON]:
        for case in exercise.cases(VISIBLE_SEED):
            assert difference(case.expected, scope["table"][exercise.name][repr((case.args, case.kwargs))]) is None


@pytest.mark.parametrize("attack", [name for name, parts in ATTACKS.items() if parts.harmless])
def test_a_right_answer_beside_it_scores_full(graded, attack):
    otherwise = 15 if ATTACKS[attack].aside else "set aside: " + graded.log
    assert graded.scores.get(name_of(attack, "right"), otherwise) == 15


@pytest.mark.parametrize("attack", [name for name, parts in ATTACKS.items() if not parts.harmless])
def test_a_right_answer_that_is_spoilt_is_still_graded(graded, attack):
    assert 0 <= graded.scores.get(name_of(attack, "right"), -1) <= 15, graded.log


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_ordinary_user_grades_it_the_same(graded_as_ordinary_user, attack):
    kind, score = ("right", 15) if ATTACKS[attack].harmless else ("wrong", 0)
    found = graded_as_ordinary_user
    otherwise = score if ATTACKS[attack].aside else "set aside: " + found.log
    assert found.scores.get(name_of(attack, kind), otherwise) == score


@pytest.fixture(params=["graded", "graded_as_ordinary_user"])
def either(request: pytest.FixtureRequest) -> Graded:
    found: Graded = request.getfixturevalue(request.param)
    return found


def test_nobody_else_is_harmed(either):
    assert either.scores["zoe"] == 15


def test_the_ordinary_user_was_one(graded_as_ordinary_user):
    assert (graded_as_ordinary_user.folder / "gradebook.db").stat().st_uid != 0


def test_nothing_of_the_host_is_in_any_output(either):
    for path in either.folder.glob("autograded/*/*/*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        text = "".join(str(cell.get("outputs", "")) for cell in notebook.cells)
        for secret in (CANARY, str(either.folder), "root:x:0", "'expected':", "<script", "onerror", "<svg"):
            assert secret not in text, f"{path.parts[-3]} shows {secret}"
        assert path.stat().st_size < 5 * 2**20, path


def test_what_scripts_print_is_valid(either):
    for path in either.folder.glob("autograded/*/*/*.ipynb"):
        nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))


def test_no_process_is_left(either):
    """Orphans of the command would have become children of this process, under whatever name."""
    living = [child for child in psutil.Process().children(recursive=True) if child.status() != psutil.STATUS_ZOMBIE]
    assert [child.name() for child in living if child not in either.before] == []


def test_the_gradebook_has_no_trigger(either):
    with sqlite3.connect(either.folder / "gradebook.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall() == []


def feedback(folder: Path, student: str) -> str:
    """The page that nbgrader makes of a graded submission."""
    config = settings.read(folder)
    config.CourseDirectory.update(
        root=str(folder), db_url=f"sqlite:///{folder}/gradebook.db", student_id=student, assignment_id=LESSON
    )
    config.GenerateFeedback.force = True
    GenerateFeedback(coursedir=CourseDirectory(config=config), config=config).start()
    return (folder / "feedback" / student / LESSON / f"{LESSON}.html").read_text()


@pytest.fixture(scope="module")
def honest_page(graded) -> list[str]:
    return sorted(dangers(feedback(graded.folder, "zoe")))


@pytest.mark.parametrize("kind", ["right", "wrong"])
@pytest.mark.parametrize("attack", PAGES)
def test_nothing_of_a_students_runs_in_the_feedback(graded, honest_page, attack, kind):
    """Whatever runs on the page is nbgrader's own, as on an honest student's page."""
    student = name_of(attack, kind)
    notebook = nbformat.read(graded.folder / "autograded" / student / LESSON / f"{LESSON}.ipynb", as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            assert dangers(cell.source) == []
        assert cell.metadata.keys() <= {"nbgrader", "tags"}
    assert notebook.metadata.keys() <= {"kernelspec", "language_info"}
    page = feedback(graded.folder, student)
    assert sorted(dangers(page)) == honest_page
