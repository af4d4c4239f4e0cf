"""The log of grading: JSON lines that a person can read, and from which an interrupted run goes on."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from autograder.engine import locks
from autograder.engine.records import Entry

RETENTION_DAYS = 400


def log_of(root: Path, assignment: str) -> Path:
    """Where the log of an assignment lies in a class's folder."""
    return root / ".autograder" / f"{assignment}.jsonl"


def lock_of(root: Path, assignment: str) -> Path:
    """The lock of who grades an assignment, and of who changes what grading depends on."""
    return log_of(root, assignment).with_suffix(".lock")


class Ledger:
    """One assignment's log, which one run at a time has open. Raises GradingError where another one has.

    Lines: "start" (student, digest, seed), "graded", "set-aside", "tried"; no code, no names beyond the id.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seeds: dict[tuple[str, str], int] = {}
        self._graded: dict[str, Entry] = {}
        self._aside: set[str] = set()
        with ExitStack() as stack:
            stack.enter_context(locks.held(path.with_suffix(".lock")))
            self._prune()
            for line in self._lines():
                with contextlib.suppress(KeyError, TypeError):  # written by another version
                    self._remember(line)
            self._file = stack.enter_context(open(path, "a", encoding="utf-8"))
            self._open = stack.pop_all()

    def _remember(self, line: dict[str, Any]) -> None:
        student = str(line.get("student"))
        if line["event"] == "start":
            self._seeds[student, line["digest"]] = line["seed"]
        elif line["event"] == "graded":
            self._graded[student] = Entry.read(line)
            self._aside.discard(student)
        elif line["event"] == "set-aside":
            self._aside.add(student)

    def _lines(self) -> list[dict[str, Any]]:
        if not self.path.exists():
            return []
        lines = []
        for text in self.path.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                line = json.loads(text)
            except ValueError:
                continue  # cut off when the last run was killed
            if isinstance(line, dict) and "event" in line:
                lines.append(line)
        return lines

    def _prune(self) -> None:
        """Forget what is older than the retention time, and a line that was cut off."""
        oldest = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=RETENTION_DAYS)).isoformat()
        if self.path.exists():
            kept = [json.dumps(line) + "\n" for line in self._lines() if line.get("time", "") >= oldest]
            fresh = self.path.with_suffix(".new")
            with open(fresh, "w", encoding="utf-8") as file:
                file.write("".join(kept))
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self.path)

    def seed(self, student: str, digest: str) -> int | None:
        """The seed with which exactly this submission was or was to be graded."""
        return self._seeds.get((student, digest))

    def is_graded(self, student: str, digest: str) -> bool:
        """Whether exactly this submission has been graded."""
        entry = self.last(student)
        return student not in self._aside and entry is not None and entry.digest == digest

    def last(self, student: str) -> Entry | None:
        """What the log has about the last time that a student was graded."""
        return self._graded.get(student)

    def write(self, event: str, **fields: Any) -> None:
        """Add one line."""
        line = {"event": event, "time": datetime.datetime.now(datetime.UTC).isoformat(), **fields}
        if event == "start":
            self._seeds[fields["student"], fields["digest"]] = fields["seed"]
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file, and let another run have it."""
        self._open.close()
