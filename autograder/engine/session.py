"""One notebook's run in student processes: where one is killed, a fresh one takes over without what killed it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from autograder.sandbox import CellReply, Killed, Sandbox, Spent, StudentChannel
from seqlib.exercises.calls import StudentGone


class Session:
    """Runs cells and answers requests; a runner for the judge.

    files: what was submitted beside the notebook, by name
    """

    def __init__(self, sandbox: Sandbox, seed: int, files: dict[str, bytes]) -> None:
        self._sandbox, self._seed, self._files = sandbox, seed, files
        self._done: list[str] = []
        self._restarts = 0
        self.ended: list[str] = []
        self.spent = Spent()
        self._open()

    def run_cell(self, source: str) -> CellReply:
        """Run one cell. Raises StudentGone where it used up its limits or ended its process."""
        with self._guard() as student:
            reply = student.run_cell(source)
        self._done.append(source)
        return reply

    def requests(self, data: Sequence[bytes]) -> Iterator[bytes]:
        """Pass requests of a check and yield the answers. Raises StudentGone where one does not come; the rest is not passed."""
        with self._guard() as student:
            yield from student.requests(data)

    def notice(self) -> None:
        """Note where the process has ended by itself behind its last answer, for which nothing that is asked later is to blame."""
        if self._student.alive and self._student.has_ended():
            self.ended.append("the student process ended after its last answer")

    def close(self) -> None:
        """End the student process."""
        self._context.__exit__(None, None, None)

    def _open(self) -> None:
        self._context = self._sandbox.student(self._seed, self.spent)
        self._student = self._context.__enter__()
        for name, content in self._files.items():
            try:
                self._student.put_file(name, content)
            except StudentGone as gone:  # too many or too large for the student's disk: the cells run without the rest
                self.ended.append(str(gone))
                break

    @contextmanager
    def _guard(self) -> Iterator[StudentChannel]:
        self.notice()
        self._revive()
        try:
            yield self._student
        except StudentGone as gone:
            self.ended.append(str(gone))
            raise

    def _revive(self) -> None:
        """Replay the cells so far in a fresh process, without the one that ended the last."""
        while not self._student.alive:
            # Without a fresh process there is nothing that could fail and be taken for the machine's fault.
            if reason := self.spent.used_up(self._sandbox.limits):
                raise Killed(reason)
            if self._restarts == self._sandbox.limits.restarts:
                raise Killed(f"not run, since this notebook ended its process {self._restarts + 1} times")
            self._restarts += 1
            self._replay()

    def _replay(self) -> None:
        self.close()
        self._open()
        done, self._done = self._done, []
        for number, source in enumerate(done):
            try:
                self._student.run_cell(source)
                self._done.append(source)
            except Killed:
                # A cell that ends the process only now is left out, like the first one.
                self._done += done[number + 1 :]
                break
            except StudentGone:
                continue
