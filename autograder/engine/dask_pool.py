"""Workers on any number of machines, by a Dask scheduler: bytes go in, bytes come out, no folder is shared."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from autograder.engine.errors import GradingError
from autograder.engine.job import Course, Job, Result

WAIT = 10  # seconds for a scheduler to answer
AHEAD = 4  # submissions under way for each worker thread
_graders: dict[bytes, Any] = {}
# bubblewrap ends with the thread that started it, and nbgrader changes the process's folder: one thread does it all.
_thread = ThreadPoolExecutor(1)


def grade(course: bytes, job: Job) -> Result:
    """Grade one submission in a Dask worker. Both sides trust each other: pickle holds what the engine itself has made."""
    return _thread.submit(_grade, course, job).result()


def _grade(course: bytes, job: Job) -> Result:
    from autograder.engine import sandboxes
    from autograder.engine.grader import Grader
    from autograder.engine.pool import deadline

    if course not in _graders:
        sandboxes.discard()
        while _graders:
            _graders.popitem()[1].close()
        _graders[course] = Grader(pickle.loads(course))
    with deadline():
        result: Result = _graders[course].grade(job)
    return result


def connect(scheduler: str) -> Any:
    """A client of the scheduler. Raises GradingError where none answers, or it has no worker."""
    from distributed import Client

    try:
        client = Client(scheduler, set_as_default=False, timeout=WAIT)
    except (OSError, ValueError, TypeError) as error:
        raise GradingError(f"no Dask scheduler answers at {scheduler}: {type(error).__name__}") from None
    try:
        client.wait_for_workers(1, timeout=WAIT)
    except TimeoutError:
        client.close()
        raise GradingError(
            f"the Dask scheduler at {scheduler} has no worker: start one with `dask worker {scheduler}`"
        ) from None
    return client


class DaskPool:
    """The workers of a scheduler; `results` yields in the order in which submissions are ready."""

    def __init__(self, course: Course, client: Any) -> None:
        self._client = client
        self._course = pickle.dumps(course)

    def results(self, jobs: Iterator[Job]) -> Iterator[Result]:
        """Grade every job; Dask runs one again whose worker dies, and gives up where it kills too many."""
        from distributed import as_completed

        ahead = AHEAD * max(1, sum(self._client.nthreads().values()))
        students: dict[Any, str] = {}
        done = as_completed(loop=self._client.loop)
        while True:
            while len(students) < ahead and (job := next(jobs, None)) is not None:
                future = self._client.submit(grade, self._course, job, pure=False)
                students[future] = job.student
                done.add(future)
            if not students:
                return
            future = next(done)
            student = students.pop(future)
            try:
                yield future.result()
            except Exception as error:
                yield Result(student, error=f"{type(error).__name__}: {error}"[:500])

    def __enter__(self) -> DaskPool:
        return self

    def __exit__(self, *error: object) -> None:
        self._client.close()
