"""A process by its file descriptor: unlike its number, it cannot come to mean another process."""

from __future__ import annotations

import contextlib
import os
import signal

from autograder.sandbox import meter


class Handle:
    """A student process that can be signalled."""

    def __init__(self, pid: int, namespaced: bool) -> None:
        self._pid, self._namespaced = pid, namespaced
        self._descriptor = os.pidfd_open(pid)

    def signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._descriptor, number)

    def kill(self) -> None:
        """Kill the process. With it ends its namespace; where it has none, what it started is killed one by one."""
        members = [] if self._namespaced else meter.tree(self._pid)[1:]
        self.signal(signal.SIGKILL)
        for member in members:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(member, signal.SIGKILL)

    def close(self) -> None:
        """Let go of the descriptor."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
