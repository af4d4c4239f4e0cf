"""One warm process behind bubblewrap, from which student processes are forked."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import json
import os
import socket
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from autograder.sandbox import bubblewrap, seccomp
from autograder.sandbox.cgroup import Group
from autograder.sandbox.channel import StudentChannel
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.limits import Limits, Spent
from seqlib.exercises.calls import StudentGone

START_TIMEOUT = 120
BUBBLEWRAP, NONE = "bubblewrap", "none"


class Sandbox:
    """A warm process that shows submissions the read-only folder `tree` and nothing else of the host.

    kind: "bubblewrap", or "none" for no isolation from the host (limits still hold)
    preload: modules to import once, where they are installed
    """

    def __init__(
        self,
        tree: Path,
        limits: Limits | None = None,
        *,
        kind: str = BUBBLEWRAP,
        preload: tuple[str, ...] = ("matplotlib.pyplot",),
    ) -> None:
        if kind not in (BUBBLEWRAP, NONE):
            raise ValueError(f"sandbox must be {BUBBLEWRAP!r} or {NONE!r}, got {kind!r}")
        self.limits = limits or Limits()
        self._isolated = kind == BUBBLEWRAP
        if not self._isolated:
            warnings.warn("no sandbox: students' code can read and change what this account can", stacklevel=2)
        self._control, inner = socket.socketpair()
        self._errors = tempfile.TemporaryFile()
        settings = {
            "limits": dataclasses.asdict(self.limits),
            "isolated": self._isolated,
            "preload": preload,
            "seccomp": base64.b64encode(_filter(self._isolated)).decode(),
        }
        with inner:
            self._process = self._start(bubblewrap.Sources(tree.resolve()), inner, json.dumps(settings))
        self._control.settimeout(START_TIMEOUT)
        self._expect(b"ready\n")
        self._leaving = contextlib.ExitStack()
        self._groups: list[Group] = []
        self._door = ThreadPoolExecutor(1, "door")  # the kernel takes its time to put a process into a group
        self._broken = False
        self._next = self._ask()

    def _start(self, sources: bubblewrap.Sources, inner: socket.socket, settings: str) -> subprocess.Popen[bytes]:
        zygote = ["-m", "autograder.sandbox.inside.zygote", str(inner.fileno()), settings]
        passed = [inner.fileno()]
        environment: dict[str, str] | None = {"PATH": os.environ.get("PATH", os.defpath)}
        with contextlib.ExitStack() as stack:
            if self._isolated:
                folders = sources.folders()
                options = stack.enter_context(_Options())
                passed.append(options.fileno())
                outer = bubblewrap.command([*bubblewrap.python_command(sources), *zygote], options.fileno())
                if os.geteuid() == 0:
                    outer, folders = bubblewrap.as_nobody(outer, folders)
                options.fill(bubblewrap.arguments(sources, folders, self.limits))
            else:
                outer = [sys.executable, "-s", "-B", *zygote]
                environment = {
                    **bubblewrap.ENVIRONMENT,
                    "PYTHONPATH": f"{sources.tree}:{sources.inside.parents[2]}:{sources.packages}",
                }
            try:
                return subprocess.Popen(
                    outer,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=self._errors,
                    pass_fds=passed,
                    env=environment,
                    cwd="/",
                    start_new_session=True,
                )
            except OSError as error:
                raise SandboxError(f"the sandbox could not be started: {error}") from None

    def _expect(self, word: bytes) -> None:
        try:
            answer = self._control.recv(len(word))
        except OSError:
            answer = b""
        if answer != word:
            self._process.kill()
            self._process.wait()
            self._errors.seek(0)
            detail = self._errors.read()[-2000:].decode(errors="replace").strip()
            raise SandboxError(f"the sandbox ended or fell silent: {detail or 'no message'}")

    @contextlib.contextmanager
    def student(self, seed: int, spent: Spent | None = None) -> Iterator[StudentChannel]:
        """A fresh student process, whose global generators start from `seed`; it ends with the block.

        spent: what earlier processes of the same submission have used
        The next one is made ready as soon as nothing of this one is left, while the caller does something else. After any
        error that is not the student's doing this sandbox admits nobody any more.
        """
        self.settle()
        place = self._next
        with contextlib.ExitStack() as leaving:
            leaving.callback(self._prepare, place.home)
            leaving.callback(place.channel.close)
            with self._broken_by_errors():
                student = place.arrival.result()
                leaving.callback(student.close)
                student.spent = spent or Spent()
                self._groups += [student.group] if student.group else []
                try:
                    student.seed(seed)
                except StudentGone as gone:  # no student's code has run yet
                    raise SandboxError(f"the sandbox ended: {gone}") from None
                yield student
                student.close()

    @contextlib.contextmanager
    def _broken_by_errors(self) -> Iterator[None]:
        try:
            yield
        except StudentGone:
            raise
        except OSError as error:
            self._broken = True
            raise SandboxError(f"the sandbox ended: {error}") from None
        except BaseException:
            self._broken = True
            raise

    def _prepare(self, home: contextlib.ExitStack) -> None:
        """Note what is to be waited for before the next student process may start, and ask for that one."""
        self._leaving.push(home)
        self._leaving.callback(self._expect, b"ended\n")
        if not self._broken:
            self._broken = True
            self._next = self._ask()
            self._broken = False

    def settle(self) -> None:
        """Wait until nothing is left of the last student process. Raises SandboxError where that does not come about."""
        if self._broken:
            raise SandboxError("the sandbox is given up after an error with the last submission")
        self._leaving.close()
        self._remove_groups()

    def _remove_groups(self) -> None:
        self._groups = [group for group in self._groups if not group.remove()]

    def _ask(self) -> _Place:
        """Ask for the next student process; it answers when it is ready."""
        job, home = {}, contextlib.ExitStack()
        if not self._isolated:
            job["home"] = home.enter_context(tempfile.TemporaryDirectory())
        ours, theirs = socket.socketpair()
        # Before the other end exists inside: the kernel then vouches for who sends the first message.
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        try:
            with theirs:
                socket.send_fds(self._control, [json.dumps(job).encode()], [theirs.fileno()])
        except OSError as error:
            ours.close()
            home.close()
            raise SandboxError(f"the sandbox ended: {error}") from None
        arrival = self._door.submit(
            StudentChannel, ours, self.limits, namespaced=self._isolated, warm=self._process.pid
        )
        return _Place(ours, home, arrival)

    def close(self) -> None:
        """End the warm process and everything in it."""
        self._turn_away(self._next)
        self._door.shutdown()
        self._control.close()
        try:
            self._process.wait(0.5 if self._broken else 5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._remove_groups()
        self._next.home.close()
        self._errors.close()

    def _turn_away(self, place: _Place) -> None:
        """End a student process that nobody waits for any more, also one that is still on its way."""
        with contextlib.suppress(OSError):
            place.channel.shutdown(socket.SHUT_RDWR)  # it wakes who waits there
        if place.arrival.exception() is None:
            student = place.arrival.result()
            student.close()
            self._groups += [student.group] if student.group else []
        place.channel.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@dataclasses.dataclass(frozen=True)
class _Place:
    """Where a student process is awaited: our end of its socket, its home folder where it has none of its own, and it when it has come."""

    channel: socket.socket
    home: contextlib.ExitStack
    arrival: Future[StudentChannel]


def _filter(required: bool) -> bytes:
    try:
        return seccomp.program()
    except ImportError as error:
        if required:
            raise SandboxError(str(error)) from None
        return b""


class _Options:
    """A file in memory that hands bubblewrap its options."""

    def __init__(self) -> None:
        self._descriptor = os.memfd_create("options", 0)

    def fileno(self) -> int:
        return self._descriptor

    def fill(self, options: list[str]) -> None:
        os.write(self._descriptor, b"".join(option.encode() + b"\0" for option in options))
        os.lseek(self._descriptor, 0, os.SEEK_SET)

    def __enter__(self) -> _Options:
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._descriptor)
