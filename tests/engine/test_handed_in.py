"""What may lie beside a notebook or be its time: nothing of it holds up the class or costs another student something."""

import json
import os
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

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


# Points, or the reason why it is set aside.
HANDED_IN = {
    odd_name: 15,
    line_in_a_name: 15,
    links: 15,
    no_time: "its timestamp.txt holds no time that can be read",
    many_files: "more than 1000 files were handed in",
}


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory, whole_class: Path) -> dict[str, float | str]:
    """Each student's points, or the log's reason where the submission was set aside."""
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
    log = (folder / ".autograder" / f"{LESSON}.jsonl").read_text().splitlines()
    found: dict[str, float | str] = {
        line["student"]: line["reason"] for line in map(json.loads, log) if line["event"] == "set-aside"
    }
    with Gradebook(f"sqlite:///{folder}/gradebook.db") as book:
        for submission in book.assignment_submissions(LESSON):
            assert submission.student_id not in found
            found[submission.student_id] = submission.score
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


def test_a_file_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    place = tmp_path / "submitted" / "mallory" / LESSON
    place.mkdir(parents=True)
    (place / "locked").touch()

    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(GradingError, match="cannot be read: Permission denied"):
        ClassFolder(tmp_path).submission("mallory", LESSON)
