"""Reading what lies in a folder that somebody handed in: once, in one place, measured before it is read."""

from __future__ import annotations

import datetime
import hashlib
import os
import pickle
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.engine.errors import GradingError

MIB = 2**20
MAX_BYTES, MAX_COUNT = 64 * MIB, 1_000  # of one submission; nbgrader's time grows with the square of the count
TIME, SECRET = OWN = ("timestamp.txt", "submission_secret.txt")  # what the exchange puts beside a notebook, at the top
UNKNOWN = datetime.datetime(1970, 1, 1)  # where neither a time nor a file's says when: the exchange stops without one
IN_MEMORY = 64 * MIB  # of all submissions that wait; the others wait on the disk


@dataclass(frozen=True)
class Submission:
    """One submission as it was read.

    timestamp: when it was handed in, in UTC, where that is known
    changed: when the newest of its files was written, in UTC; nothing depends on it
    digest: the fingerprint of these very files
    """

    student: str
    files: dict[str, bytes]
    timestamp: datetime.datetime | None
    digest: str
    changed: datetime.datetime | None = None

    def way_back(self, seed: int) -> dict[str, bytes]:
        """What `nbgrader release_feedback` needs beside a page and only its exchange writes: a time, and a secret name for the page."""
        when = self.timestamp or self.changed or UNKNOWN
        secret = digest({"submission": f"{seed} {self.student} {self.digest}".encode(errors="surrogateescape")})
        made = {SECRET: secret.encode(), TIME: f"{when:%Y-%m-%d %H:%M:%S} UTC".encode()}
        return {name: content for name, content in made.items() if name not in self.files}


class Waiting:
    """Submissions that have been read and wait to be graded, in the order in which they came."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)
        self._places: dict[str, int] = {}

    def add(self, submission: Submission) -> None:
        """Let one wait."""
        self._places[submission.student] = self._file.seek(0, os.SEEK_END)
        pickle.dump(submission, self._file, pickle.HIGHEST_PROTOCOL)

    def __iter__(self) -> Iterator[Submission]:
        for place in self._places.values():
            self._file.seek(place)
            submission: Submission = pickle.load(self._file)  # what `add` wrote
            yield submission

    def __len__(self) -> int:
        return len(self._places)

    def close(self) -> None:
        """Forget them."""
        self._file.close()


def digest(files: dict[str, bytes]) -> str:
    """A fingerprint of files."""
    whole = hashlib.sha256()
    for name, content in sorted(files.items()):
        whole.update(os.fsencode(f"{name}\0{len(content)}\0") + content)
    return whole.hexdigest()


def read_files(folder: Path) -> dict[str, bytes]:
    """The files in a folder, by name. Raises GradingError: too many, too large, or not to be read.

    Left out are links, whatever is no regular file, hidden files and folders, and names that are no text.
    """
    files: dict[str, bytes] = {}
    room = MAX_BYTES
    try:
        for name, path in _walk(folder):
            if (content := _read(path, room)) is None:
                continue
            files[name] = content
            room -= len(content)
            if len(files) > MAX_COUNT:
                raise GradingError(f"more than {MAX_COUNT} files were handed in")
    except OSError as error:
        raise GradingError(f"what was handed in cannot be read: {error.strerror}") from None
    except RecursionError:
        raise GradingError("what was handed in cannot be read: its folders are nested too deeply") from None
    return files


def _walk(folder: Path) -> Iterator[tuple[str, Path]]:
    """Names and places of the files in a folder, in order."""

    def fail(error: OSError) -> None:
        raise error

    for place, folders, names in os.walk(folder, onerror=fail):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            relative = str(path.relative_to(folder))
            if not name.startswith(".") and is_text(relative):
                yield relative, path


def is_text(name: str) -> bool:
    """Whether a name is text; one in bytes of another encoding fits into no message and no gradebook."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read(path: Path, room: int) -> bytes | None:
    """A file's bytes, None where it is no regular file. Raises GradingError where it has more than `room`."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        if stat.S_ISREG(path.lstat().st_mode):
            raise
        return None
    with open(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return None
        content = file.read(room + 1) if found.st_size <= room else None
        if content is None or len(content) > room:
            raise GradingError(f"more than {MAX_BYTES / MIB:g} MiB were handed in")
        return content
