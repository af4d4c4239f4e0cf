"""What may lie beside a notebook or be its time: nothing of it holds up the class or costs another student something."""

import os
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook, MissingEntry

from autograder.engine import folder as class_folder
from autograder.engine.errors import GradingError
from autograder.engine.folder import ClassFolder

from .conftest import LESSON, autograder, hand_in


def odd_name(place: Path) -> None:
    """A name in another encoding, which is no text here."""
    (place / os.fsdecode(b"r\xe9sum\xe9.txt")).write_text("x")


def line_in_a_name(place: Path) -> None:
    (place / "a\nb.txt").write_text("x")


def no_time(place: Path) -> None:
    (place / "timestamp.txt").write_text("not a time")


def many_files(place: Path) -> None:
    (place / "data").mkdir()
    for number in range(class_folder.MAX_FILES + 1):
        (place / "data" / str(number)).touch()


def links(place: Path) -> None:
    (place / "loop").symlink_to("loop")
    (place / "host").symlink_to("/etc")
    os.mkfifo(place / "pipe")


HANDED_IN = {odd_name: 15, line_in_a_name: 15, links: 15, no_time: None, many_files: None}


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory, whole_class: Path) -> dict[str, float | None]:
    """Each student's points, None where the submission was set aside."""
    folder = tmp_path_factory.mktemp("handed-in") / "class"
    shutil.copytree(whole_class, folder)
    names = ("first", *(add.__name__ for add in HANDED_IN), "last")
    for name in names:
        hand_in(folder, name, lambda notebook: None)
    for add in HANDED_IN:
        add(folder / "submitted" / add.__name__ / LESSON)
    for place in (folder / "submitted").iterdir():
        if place.name not in names:
            shutil.rmtree(place)
    done = autograder("grade", LESSON, "--course", folder, "--workers", 1)
    assert "Traceback" not in done.stderr and done.returncode == 1, done.stderr
    found: dict[str, float | None] = {}
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        for name in names:
            try:
                found[name] = book.find_submission(LESSON, name).score
            except MissingEntry:
                found[name] = None
    return found


@pytest.mark.parametrize("add", HANDED_IN)
def test_it_costs_nothing_or_sets_aside_itself(scores, add):
    assert scores[add.__name__] == HANDED_IN[add]


def test_everybody_else_is_graded(scores):
    assert scores["first"] == scores["last"] == 15


def test_no_more_is_read_than_may_be_handed_in(tmp_path, monkeypatch):
    monkeypatch.setattr(class_folder, "MAX_SUBMISSION", 10)
    place = tmp_path / "submitted" / "mallory" / LESSON
    place.mkdir(parents=True)
    for name in "abc":
        (place / name).write_bytes(bytes(6))
    read = []
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or bytes(6))
    with pytest.raises(GradingError, match="handed in"):
        ClassFolder(tmp_path).submission("mallory", LESSON)
    assert read == ["a", "b"]
