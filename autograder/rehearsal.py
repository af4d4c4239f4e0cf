"""A solution run as a student's is graded, beside nothing but its lesson's part of the library: what it lacks there."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from autograder import lessons, library
from autograder.sandbox import tree
from seqlib.exercises import calls
from seqlib.exercises.verdict import judge

TIMEOUT = 600  # seconds for all of it; the slowest lesson's takes about 20

# Runs in a process of its own: the cells, then one reply for each request. The cells read and write other streams than these.
_SCRIPT = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
from seqlib.exercises import calls
take, give = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
nothing = os.open(os.devnull, os.O_RDWR)
os.dup2(nothing, 0)
os.dup2(nothing, 1)
scope, errors = {"__name__": "__main__"}, []
for source in json.loads(take.readline()):
    try:
        exec(source, scope)
        errors.append(None)
    except BaseException as error:
        errors.append(f"{type(error).__name__}: {error}")
give.write(json.dumps(errors).encode() + b"\\n")
give.flush()
while size := take.read(8):
    reply = calls.perform(scope, take.read(int.from_bytes(size, "big")))
    give.write(len(reply).to_bytes(8, "big") + reply)
    give.flush()
"""


def problems(lesson: str, cells: list[tuple[str, str]]) -> Iterator[str]:
    """Everything that is wrong with a solution's cells (name, source) where the library is as it is for students, a sentence each."""
    try:
        lessons.conditions(lesson)
    except ValueError as error:
        yield f"{lesson}: {error}"
        return
    with tempfile.TemporaryDirectory() as folder:
        place = tree.build(Path(folder) / "tree", lesson)
        with _Process(place, [source for _, source in cells]) as process:
            for (name, _), raised in zip(cells, process.errors, strict=True):
                if raised:
                    yield f"cell {name} raises while it is graded: {raised}{_advice(raised)}"
            for exercise in lessons.lessons()[lesson]:
                verdict = judge(*lessons.find_check(exercise.name, False, 0), process)
                if not verdict.passed:
                    yield f"the solution of {exercise.name} fails while it is graded: {verdict.message}{_advice(verdict.message)}"


def _advice(text: str) -> str:
    """What to add to `USES`, where a text tells of a part of the library that is missing."""
    found = re.search(
        r"seqlib\.(\w+) is not there|cannot import name '(\w+)' from 'seqlib'|No module named 'seqlib\.([\w.]+)'", text
    )
    if found is None:
        return ""
    name = found[1] or found[2] or found[3]
    return f' (seqlib.{name} comes with USES = ("{library.public().get(name, name)}",) in the lesson\'s __init__.py)'


class _Process:
    """A Python process beside the tree, as a runner for the judge."""

    def __init__(self, place: Path, sources: list[str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, str(place)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._clock = threading.Timer(TIMEOUT, self._process.kill)
        self._clock.start()
        self.errors = self._run(sources)

    def _run(self, sources: list[str]) -> list[str | None]:
        """What each cell raised; the last of these may be that the process was gone."""
        assert self._process.stdout is not None
        try:
            self._send(json.dumps(sources).encode() + b"\n")
            errors: list[str | None] = json.loads(self._process.stdout.readline())
            return errors
        except (calls.StudentGone, ValueError):
            gone = f"one of the cells ended the process, or they took more than {TIMEOUT} s"
            return [*[None] * (len(sources) - 1), gone][: len(sources)]

    def request(self, data: bytes) -> bytes:
        """Pass one request of a check. Raises StudentGone where the process has ended."""
        self._send(len(data).to_bytes(8, "big") + data)
        assert self._process.stdout is not None
        size = self._process.stdout.read(8)
        if not size:
            raise calls.StudentGone("the process ended")
        return self._process.stdout.read(int.from_bytes(size, "big"))

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            raise calls.StudentGone("the process ended") from None

    def __enter__(self) -> _Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clock.cancel()
        self._process.kill()
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()
