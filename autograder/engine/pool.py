"""A pool of worker processes on this machine. A worker that dies costs its submission a new try, three times at most.

The trusted side is watched, too: a worker that works on one submission for too long is ended, and its memory is bounded. The
submission is tried once more, then set aside; everybody else's grading goes on.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path

from autograder.engine.job import Course, Job, Result

MAX_DEATHS = 3
MAX_TRIES = 2  # of one that made a worker go over a limit
MAX_CPU, MAX_WALL = 20.0, 900.0  # seconds of a worker's own for one submission; a usual one needs 0.1
MAX_MEMORY = 3 * 2**30  # beyond what a worker has when it starts
LOOK, ENDING = 1.0, 10.0
OUT_OF_MEMORY = 77  # a worker's exit status
_TICK, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def warm_up() -> None:
    """Start the process of which workers are forks: it imports what they need while this one does something else."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    multiprocessing.set_forkserver_preload(["autograder.engine.nursery"])
    forkserver.ensure_running()


def limit_memory() -> None:
    """Bound this process's address space; what it starts may lift the bound again."""
    size = int(Path("/proc/self/statm").read_bytes().split()[0]) * _PAGE
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (size + MAX_MEMORY, hard))


def _cpu_of(pid: int | None) -> float:
    """CPU seconds of a process without its children."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return sum(map(int, fields[11:13])) / _TICK
    except OSError:
        return 0.0


@contextlib.contextmanager
def deadline() -> Iterator[None]:
    """End this process where the block takes too long or runs out of memory, for workers that nobody of ours looks after."""
    started, done = time.monotonic(), threading.Event()

    def look() -> None:
        while not done.wait(LOOK):
            if time.monotonic() - started > MAX_WALL or time.process_time() - cpu > MAX_CPU:
                os.kill(os.getpid(), signal.SIGKILL)

    cpu = time.process_time()
    watch = threading.Thread(target=look, daemon=True)
    watch.start()
    try:
        yield
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)
    finally:
        done.set()
        watch.join()


def _work(connection: Connection, course: Course) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from autograder.engine import sandboxes
    from autograder.engine.grader import Grader

    grader, has_room = Grader(course), True
    gc.freeze()  # what is loaded now stays, and need not be looked through again
    limit_memory()
    try:
        while (job := connection.recv()) is not None:
            connection.send(grader.grade(job))
    except (EOFError, OSError):
        pass
    except MemoryError:
        has_room = False
    finally:
        grader.close()
        sandboxes.discard()
    if not has_room:
        sys.exit(OUT_OF_MEMORY)


class _Worker:
    def __init__(self, course: Course) -> None:
        context = multiprocessing.get_context("forkserver")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, course), daemon=True)
        self.process.start()
        theirs.close()
        self.job: Job | None = None
        self.excess: str | None = None  # the limit that it went over
        self._started = self._cpu = 0.0

    def give(self, job: Job) -> None:
        self.job, self.excess = job, None
        self._started, self._cpu = time.monotonic(), _cpu_of(self.process.pid)
        self.connection.send(job)

    def result(self) -> Result | None:
        """What the worker has made; None where it has died."""
        try:
            made: Result = self.connection.recv()
            return made
        except (EOFError, OSError):
            self.process.join(ENDING)
            if self.process.exitcode == OUT_OF_MEMORY:
                self.excess = (
                    f"grading it took more than {MAX_MEMORY / 2**30:g} GiB of memory outside the student's code"
                )
            return None

    def look(self) -> None:
        """End the process where it has worked for too long on its submission."""
        if self.job is None or self.excess:
            return
        if _cpu_of(self.process.pid) - self._cpu > MAX_CPU:
            self.excess = f"grading it took more than {MAX_CPU:g} s of CPU time outside the student's code"
        elif time.monotonic() - self._started > MAX_WALL:
            self.excess = f"grading it took more than {MAX_WALL / 60:g} minutes"
        if self.excess:
            self.process.kill()

    def dismiss(self) -> None:
        """Let the worker end when it has nothing to do."""
        with contextlib.suppress(OSError):
            self.connection.send(None)

    def close(self) -> None:
        """End the worker."""
        self.process.join(ENDING)
        if self.process.is_alive():
            self.process.kill()
        self.connection.close()


class LocalPool:
    """Workers on this machine; `results` yields in the order in which submissions are ready."""

    def __init__(self, course: Course, workers: int) -> None:
        warm_up()
        self._course = course
        self._workers = [_Worker(course) for _ in range(workers)]
        self._deaths: Counter[str] = Counter()
        self._excesses: Counter[str] = Counter()

    def results(self, jobs: Iterator[Job]) -> Iterator[Result]:
        """Grade every job; one that killed MAX_DEATHS workers comes back set aside."""
        again: deque[Job] = deque()
        idle = list(self._workers)
        coming = next(jobs, None)  # made ready while the workers are busy
        while True:
            while idle and coming is not None:
                self._give(idle.pop(), coming)
                coming = next(jobs, None)
            busy = [worker for worker in self._workers if worker.job is not None]
            if not busy:
                return
            for done in self._wait(busy):
                worker, job, result = self._take(done)
                if result is None:
                    again.append(job)
                # The worker goes on while whoever asked enters the result.
                if coming is None and again:
                    coming = again.popleft()
                if coming is None:
                    idle.append(worker)
                else:
                    self._give(worker, coming)
                    coming = next(jobs, None)
                if result is not None:
                    yield result

    def _wait(self, busy: list[_Worker]) -> list[_Worker]:
        """Those of the workers that have made something or died, if any have by now; who takes too long is ended."""
        ready = wait([worker.connection for worker in busy], LOOK)
        for worker in busy:
            worker.look()
        return [worker for worker in busy if worker.connection in ready]

    def _take(self, worker: _Worker) -> tuple[_Worker, Job, Result | None]:
        """A worker that is free again, what was its job, and the result; None where that is tried again."""
        job, worker.job = worker.job, None
        assert job is not None
        if (result := worker.result()) is not None:
            return worker, job, result
        reason = self._reason(job.student, worker.excess)
        return self._replace(worker), job, None if reason is None else Result(job.student, error=reason)

    def _reason(self, student: str, excess: str | None) -> str | None:
        """Why a submission whose worker has ended is set aside; None where it is tried again."""
        self._deaths[student] += 1
        self._excesses[student] += excess is not None
        if excess and self._excesses[student] == MAX_TRIES:
            return excess
        return (
            f"{MAX_DEATHS} workers died while grading this submission" if self._deaths[student] == MAX_DEATHS else None
        )

    def _give(self, worker: _Worker, job: Job) -> None:
        with contextlib.suppress(OSError):  # it has died; the wait tells
            worker.give(job)

    def _replace(self, worker: _Worker) -> _Worker:
        worker.process.join(1)
        worker.connection.close()
        fresh = _Worker(self._course)
        self._workers[self._workers.index(worker)] = fresh
        return fresh

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.dismiss()
        for worker in self._workers:
            worker.close()

    def __enter__(self) -> LocalPool:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
