"""The other ways of starting: `nbgrader autograde` and formgrader's button give hostile notebooks no more than `autograder grade` does.

Each as this account, root in a container, and as an ordinary user. One attack of each kind in CI, all of them in the long run.
"""

import contextlib
import json
import os
import re
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import sample_class
from autograder.engine.folder import ClassFolder
from tests.servers import formgrader

from .attack import last
from .attacks import ATTACKS
from .test_attacks import CANARY, LESSON, ORDINARY_USER, ROOT, as_ordinary_user, hand_in, name_of
from .test_points import BACKWARD
from .white_box import WHITE_BOX

# One of each kind: what happens afterwards is the same code for all ways.
FEW = [
    ("forged reply", "wrong"),
    ("points raised", "wrong"),
    ("script in Markdown", "right"),
    ("process name that is no text, and an end", "right"),
    ("number of 400 digits", "wrong"),
    ("cell that replays what was made up", "wrong"),
    ("script in cell ids", "right"),
    ("tags of another type", "right"),
]
BOUNDED = ("prlimit", f"--fsize={256 * 2**20}")  # a copy of a file without end does not fill the disk of whoever tests
USERS = ("root", "ordinary user")
LINKS = ("file", "folder", "notebook", "sparse")
STEERING = "\x1b[2J\x1b]0;x\x07\r"


@dataclass(frozen=True)
class Done:
    """What was graded, and what the program that graded it said."""

    folder: Path
    scores: dict[str, float]
    said: str


def lay_files(folder: Path) -> None:
    """More students: links to a file, to a folder and to zoe's notebook, a file of 60 GB that takes no room, names that steer a terminal."""
    solved = folder / "submitted" / "zoe" / LESSON / f"{LESSON}.ipynb"
    for name in LINKS:
        place = folder / "submitted" / f"link-{name}" / LESSON
        place.mkdir(parents=True)
        if name == "notebook":
            (place / solved.name).symlink_to(solved)
            continue
        (place / solved.name).write_bytes(solved.read_bytes())
        if name == "sparse":
            with (place / "data.bin").open("wb") as file:
                file.truncate(60 * 2**30)
        else:
            (place / "data").symlink_to(folder / ("canary.txt" if name == "file" else "source"))
    place = folder / "submitted" / "steering" / LESSON
    place.mkdir(parents=True)
    for name in (solved.name, f"{STEERING}.ipynb", f"{STEERING}.txt"):
        (place / name).write_bytes(solved.read_bytes())


def said_by(*command: str, folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, errors="replace", timeout=3000, check=False
    )
    return done.stdout + done.stderr


def by_ours(folder: Path, prefix: tuple[str, ...], lesson: str) -> str:
    command = (*prefix, sys.executable, "-m", "autograder", "grade", lesson, "--course", str(folder))
    return said_by(*command, folder=ROOT)


def by_nbgrader(folder: Path, prefix: tuple[str, ...], lesson: str) -> str:
    return said_by(*prefix, *BOUNDED, sys.executable, "-m", "nbgrader", "autograde", lesson, folder=folder)


def by_button(folder: Path, prefix: tuple[str, ...], lesson: str) -> str:
    said = []
    # the token alone keeps others out
    by_prefix = {"prefix": (*prefix, *BOUNDED), "disable_check_xsrf": True}
    with formgrader(folder, folder.parent / "server", **by_prefix) as address:
        page = urllib.request.urlopen(f"{address}/formgrader/manage_assignments", timeout=120).read().decode()
        token = re.search(r'"X-Formgrader-Token": "([^"]+)"', page)
        assert token
        for student in sorted(path.name for path in (folder / "submitted").iterdir()):
            request = urllib.request.Request(
                f"{address}/formgrader/api/submission/{lesson}/{student}/autograde", method="POST", data=b""
            )
            with pytest.raises(urllib.error.HTTPError, match="403"):
                urllib.request.urlopen(request, timeout=120)
            request.add_header("X-Formgrader-Token", token[1])
            answer = json.loads(urllib.request.urlopen(request, timeout=600).read())
            said.append(f"{student}: {answer['log']} {answer.get('error', '')}")
    return "\n".join([*said, (folder.parent / "server" / "log").read_text(errors="replace")])


BY_OURS = "autograder grade"
WAYS = {"nbgrader autograde": by_nbgrader, "formgrader's button": by_button}
EVERY_WAY = {BY_OURS: by_ours, **WAYS}


def attacks(sent: list[tuple[str, str]]) -> Callable[[Path], None]:
    """What fills a class with these attacks and with files that are not to be read."""

    def fill(folder: Path) -> None:
        hand_in(folder, sent)
        lay_files(folder)

    return fill


@contextlib.contextmanager
def graded_by(way: str, user: str, fill: Callable[[Path], None], lesson: str = LESSON) -> Iterator[Done]:
    """A class that `fill` makes, graded in a way by a user."""
    if user == "root" and os.geteuid() != 0:
        pytest.skip("this account is the ordinary user")
    with tempfile.TemporaryDirectory() as place:
        base = Path(place)
        base.chmod(0o755)
        folder = base / "class"
        fill(folder)
        ClassFolder(folder).release_into_gradebook(lesson)
        (base / "server").mkdir()
        prefix: tuple[str, ...] = ()
        if user != "root" and os.geteuid() == 0:
            for path in (base, *base.rglob("*")):
                os.chown(path, ORDINARY_USER, ORDINARY_USER, follow_symlinks=False)
            prefix = as_ordinary_user(folder)
        said = EVERY_WAY[way](folder, prefix, lesson)
        with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
            scores = {
                submission.student_id: sum(
                    grade.auto_score or 0 for notebook in submission.notebooks for grade in notebook.grades
                )
                for submission in book.assignment_submissions(lesson)
            }
        yield Done(folder, scores, said)


@pytest.fixture(scope="module", params=[(way, user) for way in WAYS for user in USERS], ids=" as ".join)
def few(request: pytest.FixtureRequest) -> Iterator[Done]:
    way, user = request.param
    with graded_by(way, user, attacks(FEW)) as done:
        yield done


def graded_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.glob("autograded/**/*") if path.is_file())


def check(done: Done, sent: list[tuple[str, str]]) -> None:
    """Nobody gains or loses anything, nothing of the host is shown, and nothing behind a link is read."""
    assert done.scores.get("zoe") == 15, done.said[-3000:]
    gained = {f"{kind}: {name}" for name, kind in sent if kind == "wrong" and done.scores.get(name_of(name, kind), 0)}
    lost = {
        f"{name}: {done.scores.get(name_of(name, kind))}"
        for name, kind in sent
        if kind == "right"
        and ATTACKS[name].harmless
        and not ATTACKS[name].aside
        and done.scores.get(name_of(name, kind)) != 15
    }
    assert not gained and not lost, done.said[-3000:]
    for name in LINKS:
        assert not done.scores.get(f"link-{name}"), name
    assert "a link lies in what was handed in" in done.said
    for path in graded_files(done.folder):
        assert CANARY.encode() not in path.read_bytes(), path
    assert done.scores.get("steering") == 15 and "?[2J" in done.said
    assert "\x1b[2J" not in done.said and "\x1b]0;" not in done.said and CANARY not in done.said


def test_an_attack_of_each_kind_gains_nothing(few):
    check(few, FEW)


@pytest.mark.soak
@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("readers", [True, False], ids=["readers of the source", "others"])
def test_no_attack_gains_anything(readers, way, user):
    names = WHITE_BOX if readers else ATTACKS.keys() - WHITE_BOX.keys()
    sent = [(name, "right" if attack.harmless else "wrong") for name, attack in ATTACKS.items() if name in names]
    with graded_by(way, user, attacks(sent)) as done:
        check(done, sent)


def replay_backward(folder: Path) -> None:
    """A class of lesson 4 in which mallory's backward pass through time is made up, and the cell's gives it back."""
    sample_class.new_class(folder)
    sample_class.release(folder, "lesson-04")
    released = nbformat.read(folder / "release" / "lesson-04" / "lesson-04.ipynb", as_version=4)
    last(BACKWARD)(released)
    target = folder / "submitted" / "mallory" / "lesson-04" / "lesson-04.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(released, target)


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("way", [pytest.param(way, marks=[pytest.mark.soak] * (way != BY_OURS)) for way in EVERY_WAY])
def test_lesson_4s_backward_pass_cannot_be_replayed(way, user):
    """It had 6 of 19 points: the cell was asked in the process that had made up the sequence."""
    with graded_by(way, user, replay_backward, "lesson-04") as done:
        assert done.scores == {"mallory": 0}, done.said
