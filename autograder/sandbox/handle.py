"""A process by its file descriptor: unlike its number, it cannot come to mean another process."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator

from autograder.sandbox import meter

STILL = 2.0  # seconds at most; a signal takes its time on a busy machine


class Handle:
    """A student process that can be signalled, and what it has started."""

    def __init__(self, pid: int, namespaced: bool) -> None:
        self._pid, self._namespaced = pid, namespaced
        self._descriptor = os.pidfd_open(pid)
        self._alone = False

    def signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, number)

    def stop(self) -> None:
        """Let the process and what it has started stand still: nothing of it runs while nothing is asked of it."""
        self.signal(signal.SIGSTOP)
        self._alone = not self._signal_all(signal.SIGSTOP)

    def stand_still(self) -> None:
        """`stop`, and wait a moment until all of it stands still, also what was about to be started."""
        deadline = time.monotonic() + STILL
        self.stop()
        while not meter.stopped(self._pid) and time.monotonic() < deadline:
            time.sleep(0.002)
            self.stop()

    def go_on(self) -> None:
        """Let everything go on that `stop` stopped."""
        if not self._alone:
            self._signal_others(signal.SIGCONT)
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill the process. With it ends its namespace; where it has none, what it started is killed one by one."""
        if not self._namespaced:
            self.signal(signal.SIGSTOP)  # it starts no more of them
            self._signal_all(signal.SIGKILL)
        self.signal(signal.SIGKILL)

    def close(self) -> None:
        """Let go of the descriptor."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _signal_all(self, number: int) -> bool:
        """Signal what the process has started, and what that has started meanwhile: a fork under way knows of no signal.

        Returns whether there is any.
        """
        known: set[int] = set()
        while not (found := self._signal_others(number)) <= known:
            known |= found
        return bool(known)

    def _signal_others(self, number: int) -> set[int]:
        """Signal what the process has started; returns their numbers."""
        found = set()
        for member, descriptor in self._others():
            found.add(member)
            with contextlib.suppress(ProcessLookupError, PermissionError):
                signal.pidfd_send_signal(descriptor, number)
        return found

    def _others(self) -> Iterator[tuple[int, int]]:
        """Number and descriptor of each descendant, opened before it is seen to be one: its number may mean another by then."""
        for member in meter.tree(self._pid)[1:]:
            try:
                descriptor = os.pidfd_open(member)
            except OSError:
                continue
            try:
                if self._is_mine(member):
                    yield member, descriptor
            finally:
                os.close(descriptor)

    def _is_mine(self, member: int) -> bool:
        if not self._namespaced:
            return member in meter.tree(self._pid)
        try:
            return os.readlink(f"/proc/{member}/ns/pid") == os.readlink(f"/proc/{self._pid}/ns/pid")
        except OSError:
            return False
