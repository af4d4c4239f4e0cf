"""A lesson goes out: released from the class's source, known to the gradebook, as a zip for the LMS or in the exchange."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path

from nbgrader.api import MissingEntry

from autograder.classroom import exchange, files, journal
from autograder.classroom.new_class import available, put_lesson
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room
from autograder.lint import lint

TARGETS = ("zip", "folder", "exchange")


def prepare(room: Room, lesson: str) -> list[str]:
    """Make a lesson's release what its source says; returns the files that changed.

    Raises Refusal for a lesson that is neither in the class nor in the project, and for a source that breaks the contract;
    GradingError, before anything is written, where work is graded by another version of the lesson.
    """
    require_known(room, lesson)
    source = room.place("source", ".", lesson)
    if not source.is_dir():
        put_lesson(room.root, lesson)
    problems = [problem for path in sorted(source.glob("*.ipynb")) for problem in lint(path)]
    # A class may have decided on other points than the project's.
    decided = {cell for line in journal.lines(room, "points", lesson) for cell in line["points"]}
    problems = [text for text in problems if not ("points" in text and any(cell in text for cell in decided))]
    if problems:
        raise Refusal(f"the source of {lesson} breaks the contract of exercises: {problems[0]}")
    room.folder.release_into_gradebook(lesson, take_over=not _is_graded(room, lesson))
    return regenerate(room, lesson)


def require_known(room: Room, lesson: str) -> None:
    """Raise Refusal for a lesson that is neither in the class nor in the project."""
    source = room.place("source", ".", lesson)
    if not source.is_dir() and lesson not in available():
        raise Refusal(f"no lesson {lesson!r} in {source.parent}; the project has {', '.join(available())}")


def _is_graded(room: Room, lesson: str) -> bool:
    with room.folder.gradebook() as book:
        try:
            submissions = book.assignment_submissions(
                lesson
            )  # an extension makes one as well, in which there is nothing
            cells = (grade for each in submissions for notebook in each.notebooks for grade in notebook.grades)
            return any(cell.auto_score is not None or cell.manual_score is not None for cell in cells)
        except MissingEntry:
            return False


def regenerate(room: Room, lesson: str) -> list[str]:
    """Make the release from the source; returns the files that changed."""
    fresh = _generated(room, lesson)
    place = room.place("release", ".", lesson)
    old = files.contents(place)
    changed = sorted(name for name in fresh.keys() | old.keys() if fresh.get(name) != old.get(name))
    if changed:
        files.put_folder(place, fresh)
    return changed


def _generated(room: Room, lesson: str) -> dict[str, bytes]:
    from autograder.release import generate

    with tempfile.TemporaryDirectory() as scratch:
        generate(lesson, Path(scratch), sources=room.place("source", ".", lesson).parent)
        return files.contents(Path(scratch) / lesson)


def archive(room: Room, lesson: str, target: Path) -> bool:
    """Write a lesson's release as a zip; returns whether it changed."""
    content = files.contents(room.place("release", ".", lesson))
    if target.is_file() and zipfile.is_zipfile(target):
        with zipfile.ZipFile(target) as old:
            if {info.filename: old.read(info) for info in old.infolist()} == {
                f"{lesson}/{k}": v for k, v in content.items()
            }:
                return False
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as fresh:
        for name, data in content.items():
            fresh.writestr(f"{lesson}/{name}", data)
    return files.put(target, buffer.getvalue())


def into_exchange(room: Room, lesson: str) -> None:
    """Put a release where nbgrader's students fetch it. Raises Refusal with nbgrader's reason."""
    api = exchange.commands(room, {"ExchangeReleaseAssignment": {"force": True}})
    exchange.root(room).mkdir(parents=True, exist_ok=True)
    result = api.release_assignment(lesson)
    if not result["success"]:
        raise Refusal(f"nbgrader could not release {lesson}: {exchange.reason(result)}")
