"""Archives that strangers made: nothing in them decides where anything is written, and what was handed in is read in another process."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from autograder.classroom.refusal import Refusal
from autograder.unpacking import containers
from autograder.unpacking.entry import MAX_ENTRY, MAX_NAME, Broken, Budget, Entry, normal, unsafe

WALL = 120  # seconds that an archive which was handed in may take, on a machine that is busy
_LINE = 32 * MAX_NAME  # bytes of an answer's line: two texts, each sign of which may be escaped
# Without anything of the environment: Python's library, and behind it this project's own modules.
_READER = "import sys; sys.path.append(sys.argv[1]); from autograder.unpacking.containers import main; main()"
_HANDED_IN = "the archive that was handed in"


class Dear(Refusal):
    """An archive that took all the time or memory that it may."""


def entries(path: Path, budget: Budget | None = None) -> Iterator[Entry]:
    """The files in an archive that a person downloaded. Raises Refusal where it cannot be read at all."""
    with _opened(path) as file:
        try:
            yield from containers.read(file, budget or Budget())
        except Broken as error:
            raise Refusal(f"{path} is broken: {error}") from None


def of_one(path: Path) -> Iterator[Entry]:
    """The files in an archive that one person handed in and another one downloaded, read as those of `inner` are."""
    with _opened(path) as file:
        yield from _apart(file)


def inner(data: bytes) -> Iterator[Entry]:
    """The files in an archive that was handed in. Raises Refusal where it cannot be read at all."""
    with tempfile.TemporaryFile() as given:
        given.write(data)
        given.seek(0)
        yield from _apart(given)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if not path.is_file():
        raise Refusal(f"no file {path}")
    with open(path, "rb") as file:
        start = file.read(512)
        if not start:
            raise Refusal(f"{path} is empty")
        if not containers.is_archive(start):
            what = (
                "a web page: you may have been logged out when it was downloaded"
                if b"<html" in start.lower()
                else "no archive that is read: a zip, a tar or a tar.gz was expected"
            )
            raise Refusal(f"{path} is {what}")
        file.seek(0)
        yield file


def _apart(given: IO[bytes]) -> Iterator[Entry]:
    """A process with little memory and time reads it, and only plain values come back; what ends that process ends nothing else."""
    with tempfile.TemporaryFile() as answer:
        command = [sys.executable, "-I", "-S", "-c", _READER, str(Path(containers.__file__).parents[2])]
        try:
            done = subprocess.run(command, stdin=given, stdout=answer, stderr=subprocess.DEVNULL, timeout=WALL)
            code = done.returncode
        except subprocess.TimeoutExpired:
            code = 1
        if code:
            raise Dear(f"{_HANDED_IN} cannot be read: it takes more time or memory than an honest one")
        answer.seek(0)
        yield from _answered(answer)


def _answered(answer: IO[bytes]) -> Iterator[Entry]:
    """What the process answered, believed only as far as it is what an answer may be."""
    while True:
        try:
            name, size, reason = json.loads(answer.readline(_LINE))
            if not (isinstance(name, str) and isinstance(reason, str) and type(size) is int):
                raise ValueError
        except (ValueError, TypeError, RecursionError):
            raise Refusal(f"{_HANDED_IN} cannot be read: its reader gave no answer") from None
        if size < 0:
            break
        if size > MAX_ENTRY:
            raise Refusal(f"{_HANDED_IN} cannot be read: its reader gave no answer")
        content = answer.read(size)
        reason = reason or unsafe(name)
        yield Entry(normal(name), b"" if reason else content, reason)
    if reason:
        raise Refusal(f"{_HANDED_IN} is broken: {reason}")
