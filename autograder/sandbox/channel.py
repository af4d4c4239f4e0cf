"""The trusted end of one student process, whose untrusted end is inside/student.py.

Requests go in, replies of the same nonce come back, one to each thing that was asked, and nothing else counts.
"""

from __future__ import annotations

import builtins
import secrets
import select
import signal
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from autograder import strangers
from autograder.sandbox import cgroup, meter
from autograder.sandbox.errors import Interrupted, Killed, SandboxError
from autograder.sandbox.handle import Handle
from autograder.sandbox.inside import frames
from autograder.sandbox.limits import Limits, Spent
from seqlib.exercises.calls import StudentGone

POLL = 0.05
PORTION = 2**20  # bytes of calls that are sent at once
GREETING_TIMEOUT = 150  # the student before may take most of it to end
HELLO = b"hello\n"
CREDENTIALS = struct.Struct("3i")  # process, user, group


@dataclass(frozen=True)
class CellReply:
    """What running a cell gave: the kernel messages as the student process tells them."""

    messages: list[dict[str, Any]]
    count: int


class StudentChannel:
    """One student process. `requests` makes it a runner for the judge.

    warm: the number of a process that must be among its forebears

    `spent` is what the processes of the same submission have used; this one's use is added to it.
    """

    def __init__(self, channel: socket.socket, limits: Limits, *, namespaced: bool, warm: int) -> None:
        self._channel, self._limits, self._namespaced = channel, limits, namespaced
        self.spent = Spent()
        self.alive = True
        self.cpu = 0.0
        self._pid = self._greeting(warm)
        self._handle = Handle(self._pid, namespaced)
        self.group = cgroup.enter(self._pid, limits)
        channel.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 0)
        channel.setblocking(False)

    def _greeting(self, warm: int) -> int:
        """The host's number of the process: the kernel vouches for it, and no student's code runs before."""
        self._channel.settimeout(GREETING_TIMEOUT)
        try:
            data, ancillary, flags, _ = self._channel.recvmsg(len(HELLO), socket.CMSG_SPACE(CREDENTIALS.size))
        except OSError as error:
            raise SandboxError(f"no student process: {error}") from None
        if data != HELLO or len(ancillary) != 1 or flags & socket.MSG_CTRUNC:
            raise SandboxError("no student process: its namespaces or limits could not be set up")
        level, kind, content = ancillary[0]
        if (level, kind, len(content)) != (socket.SOL_SOCKET, socket.SCM_CREDENTIALS, CREDENTIALS.size):
            raise SandboxError("no student process: the first message is not vouched for")
        pid: int = CREDENTIALS.unpack(content)[0]
        if pid not in meter.tree(warm)[1:]:
            raise SandboxError("no student process: the first message is from outside the sandbox")
        return pid

    def requests(self, data: Sequence[bytes]) -> Iterator[bytes]:
        """Pass requests of a check to the student's code, which works on one after the other, and yield the answers in order.

        Raises StudentGone where one does not come; those after it are not passed.
        """
        for some in _portions(data):
            yield from self._answers(frames.CALLS, frames.join(some), "the call", count=len(some))

    def seed(self, seed: int) -> None:
        """Let the student's global random generators start from `seed`."""
        self._exchange(frames.SEED, str(seed).encode(), "the seed", own=True)

    def put_file(self, name: str, content: bytes) -> None:
        """Write a file of the submission into the student's home folder."""
        self._exchange(frames.FILE, name.encode() + b"\0" + content, "a submitted file")

    def run_cell(self, source: str) -> CellReply:
        """Run one cell. Raises StudentGone where it does not end well."""
        body = self._exchange(frames.CELL, source.encode(errors="replace"), "the cell")
        try:
            answer = strangers.loads(body)
            messages = [message for message in answer["messages"] if isinstance(message, dict)]
            if type(count := answer["count"]) is not int or count < 0:
                raise ValueError
            return CellReply(messages, count)
        except (ValueError, KeyError, TypeError, RecursionError):
            self.kill()
            raise Killed("the student process sent outputs that could not be read") from None

    def has_ended(self) -> bool:
        """Whether the process is no more; one that ended by itself behind its last answer is taken down now."""
        if self.alive and _readable(self._channel, 0) and self._hung_up():
            self.kill()
        return not self.alive

    def _hung_up(self) -> bool:
        try:
            return not self._channel.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def close(self) -> None:
        """End the process and everything that it started."""
        try:
            self.kill()
        finally:
            self._handle.close()

    def kill(self) -> None:
        """Kill the process; with it goes its whole namespace.

        It is stopped at once, and killed when what it used is noted, where that can be read: with the process the kernel forgets it.
        """
        if not self.alive:
            return
        self.alive = False
        try:
            self._handle.signal(signal.SIGSTOP)
            self._measure()
        except (OSError, ValueError, IndexError):
            pass  # a process can make a mess of what is told about it, and must end all the same
        finally:
            try:
                self._handle.kill()
                if self.group is not None:
                    self.group.kill()
            finally:
                self._channel.close()
                self.spent.cpu += self.cpu

    def _exchange(self, kind: bytes, body: bytes, what: str, *, own: bool = False) -> bytes:
        """Send a request and wait for its answer. own: it is the engine's, to which the notebook's limits do not apply"""
        (answer,) = self._answers(kind, body, what, own=own)
        return answer

    def _answers(self, kind: bytes, body: bytes, what: str, *, own: bool = False, count: int = 1) -> Iterator[bytes]:
        """Send a request and yield its answers, for each of which the limits of one hold.

        All have come before the first is yielded: while a judge looks at one, nothing of the student's runs unwatched. Raises
        StudentGone behind the last answer that came.
        """
        if not self.alive:
            raise Killed("the student process had ended before")
        if _readable(self._channel, 0):
            self._lose("the student process wrote to the engine without being asked, or had ended")
        if not own and (reason := self.spent.used_up(self._limits)):
            self._lose(reason)
        nonce = secrets.token_bytes(16)
        data, grace = frames.pack(kind, nonce, body), self._limits.cell_wall if own else None
        answers: list[bytes] = []
        gone: StudentGone | None = None
        self._handle.go_on()
        try:
            for left in range(count, 0, -1):
                answers.append(self._answer(nonce, data, _Watch(self, what, grace), left))
                data = b""
        except StudentGone as error:
            gone = error
        except BaseException:
            self.kill()
            raise
        if self.alive:
            self._handle.stop()
        for answer in answers:
            if not own and (reason := self.spent.too_dear(self._limits)):
                self._lose(reason)
            yield answer
        if gone is not None:
            raise gone

    def _answer(self, nonce: bytes, data: bytes, watch: _Watch, count: int) -> bytes:
        """Send what there is to send, and return the next one of so many answers."""
        try:
            self._send(data, watch)
            kind, reply = self._reply(nonce, watch)
        except _OutOfTime as late:
            self._interrupt(nonce, str(late), count)
            raise Interrupted(str(late)) from None
        finally:
            self.spent.wall += watch.own_time()
        if kind == frames.FAILED:
            raise Interrupted(f"{watch.what} could not be answered: {_error_name(reply)}")
        if kind == frames.INTERRUPTED:
            raise Interrupted(f"{watch.what} raised KeyboardInterrupt")
        return reply

    def _interrupt(self, nonce: bytes, reason: str, count: int) -> None:
        """Let a process stop what it does for a request of which so many answers have not come."""
        self._handle.signal(signal.SIGINT)
        watch = _Watch(self, "", grace=self._limits.interrupt_grace)
        try:
            for _ in range(count):
                if self._reply(nonce, watch)[0] != frames.REPLY:
                    break
        except _OutOfTime:
            self._lose(f"{reason}, and did not stop when interrupted")

    def _send(self, data: bytes, watch: _Watch) -> None:
        view = memoryview(data)
        while view:
            try:
                view = view[self._channel.send(view) :]
            except BlockingIOError:
                watch.wait_writable()
            except OSError:
                self._lose(self._ended("the student process ended"))

    def _reply(self, nonce: bytes, watch: _Watch) -> tuple[bytes, bytes]:
        kind, answered, size = frames.HEADER.unpack(self._read(frames.HEADER.size, watch))
        if answered != nonce or kind not in (frames.REPLY, frames.INTERRUPTED, frames.FAILED):
            self._lose("the student process sent a message that answers no request")
        self.spent.replies += size
        if self.spent.replies > self._limits.replies:
            self._lose(f"the notebook's answers have more than {self._limits.replies / 2**20:.0f} MiB together")
        if size > self._limits.reply:
            self._lose(
                f"the student process sent an answer of {size / 2**20:.0f} MiB; at most {self._limits.reply / 2**20:.0f} MiB may cross"
            )
        return kind, self._read(size, watch)

    def _read(self, size: int, watch: _Watch) -> bytes:
        parts = []
        while size:
            watch.wait_readable()
            try:
                part = self._channel.recv(min(size, 2**20))
            except BlockingIOError:
                continue
            except OSError:
                part = b""
            if not part:
                self._lose(self._ended("the student process ended (os._exit, a crash, or a signal)"))
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _lose(self, reason: str) -> NoReturn:
        self.kill()
        raise Killed(reason)

    def _ended(self, reason: str) -> str:
        """Why a process ended that was not ended here."""
        return self._too_much if self.group is not None and self.group.out_of_memory() else reason

    @property
    def _too_much(self) -> str:
        return f"the student process used more than {self._limits.memory / 2**20:.0f} MiB of memory"

    def _measure(self) -> float:
        """Note what the whole tree uses; returns its CPU seconds so far."""
        now = meter.usage(self._pid, own_network=self._namespaced)
        cpu = max(now.cpu, self.group.cpu() if self.group is not None else 0.0)
        self.cpu = max(self.cpu, cpu)
        self.spent.peak_memory = max(self.spent.peak_memory, now.memory)
        return cpu

    def _check_memory(self) -> None:
        if meter.usage(self._pid, own_network=self._namespaced).memory <= self._limits.memory:
            return
        self._handle.stand_still()  # processes that fork without end hold their memory maps, and each measurement waits for them
        exact = meter.shared_out(self._pid, own_network=self._namespaced)
        if exact is None or exact > self._limits.memory:
            self._lose(self._too_much)
        self._handle.go_on()


class _OutOfTime(Exception):
    """Limits of time are used up."""


class _Watch:
    """Waits on the channel and looks at the limits every POLL seconds; costs nothing where the answer comes at once.

    The time in which other programs had the processors is not the student's: `own_time` leaves it out, and so it does where this
    process itself was late, since it was stopped (Ctrl-Z, a machine that is paused) or had to wait.
    """

    def __init__(self, student: StudentChannel, what: str, grace: float | None = None) -> None:
        self._student, self.what = student, what
        limits = student._limits
        self._started = time.monotonic()
        self._waited_before: float | None = None  # until it takes long enough to be looked at
        self._waited = self._late = 0.0
        self._start_cpu: float | None = None
        endless, self._own = float("inf"), grace is not None
        self._cpu = limits.cell_cpu if grace is None else endless
        self._notebook_cpu = limits.notebook_cpu if grace is None else endless
        self._wall = limits.cell_wall if grace is None else grace
        self._notebook_wall = limits.notebook_wall - student.spent.wall if grace is None else endless
        self._next = self._started + POLL

    def own_time(self) -> float:
        """Seconds since the start in which the student's code ran, slept or waited for something of its own."""
        return max(0.0, time.monotonic() - self._started - self._waited - self._late)

    def wait_readable(self) -> None:
        """Return when there is something to read."""
        while not _readable(self._student._channel, max(0.0, self._next - time.monotonic())):
            self._look()
        self._look()

    def wait_writable(self) -> None:
        """Return when something may be written, or after a look at the limits."""
        select.select([], [self._student._channel], [], POLL)
        self._look()

    def _look(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._late += now - self._next
        self._next = now + POLL
        waited = meter.waited(self._student._pid)
        if self._waited_before is None:
            self._waited_before = waited
        self._waited = waited - self._waited_before
        if self.own_time() > min(self._wall, self._notebook_wall):
            raise _OutOfTime(f"{self.what} ran out of time")
        if now - self._started > self._student._limits.stalled + self._wall:
            raise SandboxError("this machine gave the student process no processor time: too much else runs on it")
        cpu = self._student._measure()
        if self._start_cpu is None:
            self._start_cpu = max(0.0, cpu - POLL)
        if cpu - self._start_cpu > self._cpu:
            raise _OutOfTime(f"{self.what} used more than {self._cpu:g} s of CPU time (an endless loop?)")
        if self._student.spent.cpu + cpu > self._notebook_cpu:
            raise _OutOfTime(f"the notebook used more than {self._notebook_cpu:g} s of CPU time")
        self._student._check_memory()
        if not self._own and (reason := self._student.spent.too_dear(self._student._limits)):
            self._student._lose(reason)


def _portions(data: Sequence[bytes]) -> Iterator[list[bytes]]:
    """The requests in groups, each of which may be sent at once."""
    some: list[bytes] = []
    for body in data:
        if some and sum(map(len, some)) + len(body) > PORTION:
            yield some
            some = []
        some.append(body)
    if some:
        yield some


def _error_name(reply: bytes) -> str:
    """The exception that a student process tells of; its text is the student's own, and this goes into logs."""
    name = reply.partition(b":")[0].decode(errors="replace")
    kind = getattr(builtins, name, None)
    return name if isinstance(kind, type) and issubclass(kind, BaseException) else "Exception"


def _readable(channel: socket.socket, timeout: float) -> bool:
    poll = select.poll()
    poll.register(channel, select.POLLIN)
    return bool(poll.poll(timeout * 1000))
