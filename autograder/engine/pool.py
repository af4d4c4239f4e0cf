"""A pool of worker processes on this machine. A worker that dies costs its submission a new try, three times at most."""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import signal
from collections import Counter, deque
from collections.abc import Iterator
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from typing import Any

from autograder.engine.job import Course, Job, Result

MAX_DEATHS = 3


def warm_up() -> None:
    """Start the process of which workers are forks: it imports what they need while this one does something else."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    multiprocessing.set_forkserver_preload(["autograder.engine.nursery"])
    forkserver.ensure_running()


def _work(connection: Connection, course: Course) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from autograder.engine import sandboxes
    from autograder.engine.grader import Grader

    grader = Grader(course)
    gc.freeze()  # what is loaded now stays, and need not be looked through again
    try:
        while (job := connection.recv()) is not None:
            connection.send(grader.grade(job))
    except (EOFError, OSError):
        pass
    finally:
        grader.close()
        sandboxes.discard()


class _Worker:
    def __init__(self, course: Course) -> None:
        context = multiprocessing.get_context("forkserver")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, course), daemon=True)
        self.process.start()
        theirs.close()
        self.job: Job | None = None

    def give(self, job: Job) -> None:
        self.job = job
        self.connection.send(job)

    def result(self) -> Result | None:
        """What the worker has made; None where it has died."""
        try:
            made: Result = self.connection.recv()
            return made
        except (EOFError, OSError):
            return None

    def dismiss(self) -> None:
        """Let the worker end when it has nothing to do."""
        with contextlib.suppress(OSError):
            self.connection.send(None)

    def close(self) -> None:
        """End the worker."""
        self.process.join(10)
        if self.process.is_alive():
            self.process.kill()
        self.connection.close()


class LocalPool:
    """Workers on this machine; `results` yields in the order in which submissions are ready."""

    def __init__(self, course: Course, workers: int) -> None:
        warm_up()
        self._course = course
        self._workers = [_Worker(course) for _ in range(workers)]

    def results(self, jobs: Iterator[Job]) -> Iterator[Result]:
        """Grade every job; one that killed MAX_DEATHS workers comes back set aside."""
        again: deque[Job] = deque()
        deaths: Counter[str] = Counter()
        idle = list(self._workers)
        coming = next(jobs, None)  # made ready while the workers are busy
        while True:
            while idle and coming is not None:
                self._give(idle.pop(), coming)
                coming = next(jobs, None)
            busy = {worker.connection: worker for worker in self._workers if worker.job is not None}
            if not busy:
                return
            for connection in wait(list(busy)):
                worker: Any = busy[connection]  # type: ignore[index]
                job, worker.job = worker.job, None
                if (result := worker.result()) is None:
                    worker = self._replace(worker)
                    deaths[job.student] += 1
                    if deaths[job.student] < MAX_DEATHS:
                        again.append(job)
                    else:
                        result = Result(job.student, error=f"{MAX_DEATHS} workers died while grading this submission")
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

    def _give(self, worker: _Worker, job: Job) -> None:
        try:
            worker.give(job)
        except OSError:
            worker.job = job  # it has died; the wait tells

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
