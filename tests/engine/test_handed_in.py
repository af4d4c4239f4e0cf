"""What may lie beside a notebook or be its time: nothing of it holds up the class or costs another student something."""

import json
import os
import shutil
from pathlib import Path

import pytest
from nbgrader.api import Gradebook

from autograder.engine import submissions, times
from autograder.engine.errors import GradingError
from autograder.engine.execute import submitted_files
from autograder.engine.folder import ClassFolder
from autograder.engine.run import Options, Run

from .conftest import LESSON, autograder, hand_in

original = submissions._read


def odd_name(place: Path) -> None:
    """A name in another encoding, which is no text here."""
    (place / os.fsdecode(b"r\xe9sum\xe9.txt")).write_text("x")


def line_in_a_name(place: Path) -> None:
    (place / "a\nb.txt").write_text("x")


def no_time(place: Path) -> None:
    (place / "timestamp.txt").write_text("not a time")


def many_files(place: Path) -> None:
    (place / "data").mkdir()
    for number in range(submissions.MAX_COUNT + 1):
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
    no_time: f"its timestamp.txt holds no time that can be read; such as {times.EXAMPLES}",
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
    """A file's size is known before it is read: one of 60 GB can take up no room on the disk."""
    for name in "abc":
        (tmp_path / name).write_bytes(bytes(6))
    with open(tmp_path / "b", "r+b") as sparse:
        sparse.truncate(60 * 2**30)
    read = []
    monkeypatch.setattr(submissions, "_read", lambda path, room: read.append(path.name) or original(path, room))
    with pytest.raises(GradingError, match="more than 64 MiB were handed in"):
        submissions.read_files(tmp_path)
    assert read == ["a", "b"]


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(bytes(11))
    real = os.fstat
    monkeypatch.setattr(os, "fstat", lambda descriptor: os.stat_result([*real(descriptor)[:6], 1, 0, 0, 0]))
    monkeypatch.setattr(submissions, "MAX_BYTES", 10)
    with pytest.raises(GradingError, match="handed in"):
        submissions.read_files(tmp_path)


def test_a_file_that_cannot_be_read_is_told(tmp_path, monkeypatch):
    (tmp_path / "locked").touch()

    def refuse(*arguments: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(GradingError, match="cannot be read: Permission denied"):
        submissions.read_files(tmp_path)


def test_the_fingerprint_is_that_of_what_is_graded(whole_class, tmp_path, monkeypatch):
    """A file that is replaced after it was read counts as handed in again."""
    folder = tmp_path / "class"
    shutil.copytree(whole_class, folder)
    path = folder / "submitted" / "ada" / LESSON / f"{LESSON}.ipynb"
    wrong = (folder / "submitted" / "eli" / LESSON / path.name).read_bytes()
    right = path.read_bytes()
    with Run(ClassFolder(folder), Options(LESSON, "ada")) as run:
        path.write_bytes(wrong)
        (submission,) = run.plan.todo
        assert submission.files == {path.name: right} and submission.digest == submissions.digest({path.name: right})
        jobs = [run._job(submission)]
    assert jobs[0].files == {path.name: right}
    line = json.loads((folder / ".autograder" / f"{LESSON}.jsonl").read_text().splitlines()[-1])
    assert line["digest"] == submission.digest


def test_what_waits_comes_back_as_it_was_also_from_the_disk(monkeypatch):
    monkeypatch.setattr(submissions, "IN_MEMORY", 100)
    waiting = submissions.Waiting()
    sent = [submissions.Submission(f"s{i}", {"a": bytes(50)}, None, str(i)) for i in range(5)]
    for submission in sent:
        waiting.add(submission)
    assert list(waiting) == list(waiting) == sent and len(waiting) == 5
    waiting.close()


def test_hidden_files_belong_to_nobody(tmp_path):
    """On both sides: what is fingerprinted is what a student's process gets."""
    for name in ("a.txt", ".b.txt", "data/c.txt", ".ipynb_checkpoints/d.txt", "data/.e"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    assert set(submissions.read_files(tmp_path)) == {"a.txt", "data/c.txt"}
    assert set(submitted_files({"metadata": {"path": str(tmp_path)}})) == {"a.txt", "data/c.txt"}
