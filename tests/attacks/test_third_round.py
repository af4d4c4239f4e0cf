"""What a third reading found, after all calls of a check went into one request. All ideas are in third-round.md."""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autograder.engine.session import Session
from autograder.lessons import conditions, find_check, lessons
from autograder.sandbox import Interrupted, Killed, Sandbox, channel
from seqlib.exercises import calls, codec
from seqlib.exercises.checks import Case, Check
from seqlib.exercises.facts import facts_of, raised
from seqlib.exercises.home import HomeRunner
from seqlib.exercises.verdict import judge

from .test_processes import BURN, states_of

EXERCISES = [exercise for lesson in sorted(lessons()) for exercise in lessons()[lesson]]
GRACE = {"cell_wall": 120, "interrupt_grace": 20}


@pytest.fixture(scope="module")
def box(open_box: Callable[..., Sandbox]) -> Sandbox:
    return open_box(cell_cpu=1, **GRACE)


@pytest.fixture(scope="module")
def tight(open_box: Callable[..., Sandbox]) -> Sandbox:
    return open_box(cell_wall=1, cell_cpu=1, interrupt_grace=0.2, memory=300 * 2**20)


def questions(count: int) -> list[calls.Question]:
    return [calls.Question((number,)) for number in range(count)]


# While the judge looks at an answer


def test_nothing_runs_while_the_judge_looks_at_an_answer(box):
    """Who went on with the next call then was watched by nobody: 32 processes could fill the machine's memory."""
    source = BURN + "for i in range(3):\n    if os.fork() == 0: burn(60)\nf = lambda x: x"
    with box.student(1) as student:
        student.run_cell(source)
        for number, reply in enumerate(calls.call_all(student, "f", questions(5))):
            assert reply.value == number
            deadline = time.monotonic() + 60
            while set(states := states_of(student)) != {b"T"}:
                assert time.monotonic() < deadline, f"running behind answer {number}: {states}"
                time.sleep(0.01)


def test_answers_that_came_before_the_end_are_told_before_it(box):
    for end, said in (("os._exit(0)", Killed), ("raise KeyboardInterrupt", Interrupted)):
        with box.student(1) as student:
            student.run_cell(f"import os\ndef f(x):\n    if x == 2: {end}\n    return -x")
            told = calls.call_all(student, "f", questions(4))
            assert [next(told).value for _ in range(2)] == [0, -1]
            with pytest.raises(said):
                next(told)


def test_the_time_in_which_nobody_looked_is_not_the_students(tight, monkeypatch):
    """Ctrl-Z stops the grader and not the student's process: a minute later its call had run out of time."""
    plain, away = channel._readable, iter((0.0, 2.5))

    def late(link: Any, timeout: float) -> bool:
        time.sleep(next(away, 0.0))
        return plain(link, timeout)

    with tight.student(1) as student:
        with monkeypatch.context() as patch:
            patch.setattr(channel, "_readable", late)
            student.run_cell("import time\ntime.sleep(0.1)")
        assert student.spent.wall < 0.9
        with pytest.raises(Interrupted, match="ran out of time"):
            student.run_cell("time.sleep(99)")


# Frames that are more, fewer, longer, shorter or others than what was asked

FORGED = """
import random, socket, stat, os
from autograder.sandbox.inside import frames
plain, draw, last = frames.pack, random.Random({seed}), []
def pack(kind, nonce, body):
    data = plain(kind, nonce, body)
    last.append(data)
    return draw.choice([
        lambda: data + data,
        lambda: data + last[0],
        lambda: b"",
        lambda: data[:draw.randrange(len(data))],
        lambda: data[draw.randrange(len(data)):],
        lambda: plain(kind, bytes(16), body),
        lambda: plain(draw.choice([b"okay", b"intr", b"fail", b"call", bytes(4)]), nonce, body),
        lambda: frames.HEADER.pack(kind, nonce, draw.choice([0, 1, len(body) - 1, len(body) + 1, 2**32 - 1])) + body,
        lambda: plain(kind, nonce, frames.join([body, body])),
        lambda: data,
        lambda: data,
    ])()
frames.pack = pack
f = lambda x: x
"""


def test_whatever_the_parts_of_a_reply_are_each_is_an_answer_or_the_end(open_box):
    box = open_box(cell_wall=0.2, interrupt_grace=0.1, notebook_wall=2)
    for seed in range(25):
        with box.student(1) as student, contextlib.suppress(calls.StudentGone):
            student.run_cell("1")
            student.run_cell(FORGED.format(seed=seed))
            for _ in range(3):
                got = list(calls.call_all(student, "f", questions(4)))
                assert len(got) == 4 and all(reply.error or reply.value in range(4) for reply in got)
    with box.student(1) as student:
        student.run_cell("f = lambda x: x")
        assert [reply.value for reply in calls.call_all(student, "f", questions(4))] == [0, 1, 2, 3]


ENDS = {
    "no more is sent": "link.shutdown(socket.SHUT_WR)",
    "nothing more is read": "link.shutdown(socket.SHUT_RD)",
    "both": "link.shutdown(socket.SHUT_RDWR)",
    "closed": "os.close(fd)",
    "another file": "os.dup2(os.open(os.devnull, os.O_RDWR), fd)",
    "half an answer": "link.send(b'okay'); os._exit(0)",
    "an end": "os._exit(0)",
    "a crash": "import ctypes; ctypes.string_at(0)",
    "all descriptors": "kept = []\ntry:\n    while True: kept.append(os.open(os.devnull, os.O_RDONLY))\nexcept OSError: pass",
    "no memory": "kept = []\ntry:\n    while True: kept.append(bytearray(2**26))\nexcept MemoryError: pass",
    "an alarm": "import signal; signal.alarm(1); signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)",
    "a handler": "import signal; signal.signal(signal.SIGINT, signal.SIG_DFL); signal.signal(signal.SIGSEGV, signal.SIG_IGN)",
    "a tracer": "import sys; sys.settrace(lambda *a: 1 / 0); sys.setprofile(lambda *a: None)",
    "no recursion": "import sys; sys.setrecursionlimit(80)",
    "a finaliser": "type('X', (), {'__del__': lambda self: os._exit(0)})()",
    "a thread": "import threading; threading.Thread(target=lambda: os._exit(0)).start()",
    "modules gone": "import sys; sys.modules.clear()",
}
LINK = """
import os, socket, stat
fd = next(n for n in range(3, 99) if stat.S_ISSOCK(os.fstat(n).st_mode))
link = socket.socket(fileno=os.dup(fd))
"""


@pytest.mark.parametrize("end", ENDS)
def test_a_call_that_spoils_the_next_is_never_the_machines_fault(tight, end):
    """A SandboxError would set the submission aside, at will."""
    body = "\n        ".join(ENDS[end].replace("\n", "\n        ").splitlines())
    session = Session(tight, 1, {})
    session.run_cell(f"{LINK}\ndef f(x):\n    global kept\n    if x == 1:\n        {body}\n    return x")
    with contextlib.suppress(calls.StudentGone):
        list(calls.call_all(session, "f", questions(4)))
    with contextlib.suppress(calls.StudentGone):
        session.run_cell("g = lambda x: x")
        calls.call(session, "g", (1,))
    session.close()
    with tight.student(1) as student:
        student.run_cell("f = lambda x: x")
        assert calls.call(student, "f", (1,)).value == 1


def test_nothing_of_a_first_try_is_there_at_the_next(box):
    source = """
import glob, os, socket
def f(x):
    found = [name for place in ("/tmp/*", "/dev/shm/*", "/home/student/*", "/dev/mqueue/*") for name in glob.glob(place)]
    for place in ("/tmp", "/dev/shm", "/home/student"):
        with open(f"{place}/seen-{x}", "w") as file: file.write(str(x))
    try: socket.socket(socket.AF_UNIX).connect("\\0seen"); found.append("a process")
    except OSError: pass
    if x == 1 and os.fork() == 0:
        kept = socket.socket(socket.AF_UNIX); kept.bind("\\0seen"); kept.listen()
        while True: kept.accept()
    if x == 2: os._exit(0)
    return [name for name in found if "seen" in name or "process" in name]
"""
    session = Session(box, 1, {})
    session.run_cell(source)
    with pytest.raises(Killed):
        list(calls.call_all(session, "f", questions(3)))
    assert calls.call(session, "f", (0,)).value == []
    session.close()


def test_an_end_behind_the_last_answer_is_not_the_next_checks(box):
    """It paid for it with all its points, and the check that left the end behind kept its own."""
    session = Session(box, 1, {})
    session.run_cell("import os, threading, time\ng = lambda x: x\ndef end():\n    time.sleep(0.05)\n    os._exit(0)")
    session.run_cell("def f(x):\n    if x == 3: threading.Thread(target=end).start()\n    return x")
    assert [reply.value for reply in calls.call_all(session, "f", questions(4))] == [0, 1, 2, 3]
    session._student._handle.go_on()  # what stands still cannot end
    deadline = time.monotonic() + 60
    while not channel._readable(session._student._channel, 0):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert [reply.value for reply in calls.call_all(session, "g", questions(2))] == [0, 1]
    session.notice()
    assert session.ended == ["the student process ended after its last answer"]
    session.close()


def test_what_an_earlier_call_left_running_uses_up_the_time_of_the_next(box):
    source = BURN + "def f(x):\n    if x == 0 and os.fork() == 0: burn(60)\n    if x: time.sleep(99)\n    return x"
    with box.student(1) as student:
        student.run_cell(source)
        told = calls.call_all(student, "f", questions(2))
        assert next(told).value == 0
        with pytest.raises(calls.StudentGone, match="CPU time"):
            next(told)


def test_a_swap_that_is_never_left_changes_no_judge(box):
    source = "import seqlib\nfrom seqlib.support import swap\nswap._swapped.update(dict.fromkeys(swap._replaceable, lambda *a, **k: 0))\nfrom numpy import zeros\nrnn_cell_forward = lambda *a, **k: (0, 0, 0)"
    session = Session(box, 1, {})
    session.run_cell(source)
    assert judge(*find_check("rnn_cell_forward", True, 3), session, seed=3).points == 0
    session.close()


# What a batch tells


@pytest.mark.parametrize("lesson", sorted(lessons()))
def test_no_arguments_hold_what_another_case_expects(lesson):
    """All arguments of a check lie in the student's process before the first answer is given."""
    for exercise in lessons()[lesson]:
        for hidden in (False, True):
            _, cases = find_check(exercise.name, hidden, 11)
            given = [set(contents((case.args, case.kwargs))) for case in cases]
            for place, case in enumerate(cases):
                others = set().union(*(one for i, one in enumerate(given) if i != place)) - given[place]
                assert not others & set(contents(case.expected)), (exercise.name, case.label)


def contents(value: Any) -> Iterator[tuple[Any, bytes]]:
    """Every array of fractions in a value, as something that can be compared."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind == "f" and len(np.unique(value)) > 2:
            yield value.shape, value.tobytes()
    elif isinstance(value, dict):
        yield from (found for item in value.values() for found in contents(item))
    elif isinstance(value, (tuple, list)):
        yield from (found for item in value for found in contents(item))


LOGGED = """
import random
import numpy as np
log, again = [], []
def rnn_cell_forward(x_t, a_prev, params): raise ValueError
def rnn_forward(x, a0, params, seen=[]):
    seen.append(x.shape)
    log.append((len(seen), rnn_cell_forward.__name__, x.shape))
    if len(seen) % 3 == 0: raise ValueError(len(seen))
    a, y, _ = rnn_cell_forward(x[:, :, 0], a0, params)
    return np.stack([a] * x.shape[2], -1), np.stack([y] * x.shape[2], -1), None
"""


def test_calls_come_in_the_same_order_at_home_and_in_the_sandbox(box):
    """A function that keeps something from call to call meets the same at home."""
    what, cases = find_check("rnn_forward", False, 3)
    scope: dict[str, Any] = {}
    exec(LOGGED, scope)
    home = judge(what, cases, HomeRunner(scope, conditions("lesson-03")))
    session = Session(box, 1, {})
    session.run_cell(LOGGED)
    graded = judge(what, cases, session, seed=3, silent=set())
    session.run_cell("def told(): return log")
    assert calls.call(session, "told", ()).value == scope["log"] and len(scope["log"]) > len(cases)
    assert (graded.points, graded.case) == (home.points, home.case)
    session.close()


# Stand-ins


class Ends(calls.LocalRunner):
    """A runner that gets no answer where the learner's code does not come to an end; at home and graded alike."""

    def request(self, data: bytes) -> bytes:
        try:
            return super().request(data)
        except KeyboardInterrupt:
            raise calls.StudentGone("used more than 6 s of CPU time (an endless loop?)") from None


STAND_IN = "def probe(f, *a):\n    scope = f.__globals__\n    before, scope['g'] = scope['g'], lambda x: -x\n    try: return f(*a)\n    finally: scope['g'] = before"
FOLLOWING = [Case(str(x), (x,), 10 * x, aspect=str(x), follow={"probe": STAND_IN, "expected": -x}) for x in (1, 2, 3)]
WAITING = """
def g(x): return 10 * x
def f(x):
    if g(x) < 0: raise KeyboardInterrupt  # a loop that waits for a number above 0
    return 5 if x == 3 else g(x)
"""
SLIPPING = """
def g(x):
    if x == 2: raise KeyboardInterrupt
    return 10 * x
def f(x): return g(x)
"""


@pytest.mark.parametrize(
    ("source", "silent", "points"),
    [
        (WAITING, None, 2),  # no answer over stand-ins takes nothing from the answers without them
        (WAITING, set(), 2),
        (WAITING, {"g"}, 2),
        (SLIPPING, None, 3),  # an earlier function that gives no answer here alone costs nothing here
        (SLIPPING, set(), 3),
        (SLIPPING, {"g"}, 3),
        (SLIPPING.replace("x == 2", "True"), {"g"}, 3),
        (WAITING.replace("g(x) < 0", "True"), set(), 0),
    ],
)
def test_what_gives_no_answer_costs_the_same_at_home_and_graded(source, silent, points):
    scope: dict[str, Any] = {}
    exec(source, scope)
    verdict = judge(Check("f", 3.0, follow=("g",)), tuple(FOLLOWING), Ends(scope), silent=silent)
    assert verdict.points == points and verdict.silent == (points == 0)


# Points for what was not written

SEES_THE_PROBE = """
import sys
def {name}(*args, **options):
    frame = sys._getframe(1)
    for name in frame.f_code.co_names:
        kind = getattr(__builtins__, name, None) or (isinstance(__builtins__, dict) and __builtins__.get(name))
        if isinstance(kind, type) and issubclass(kind, Exception): raise kind
    return "raised ValueError"
"""


def test_what_is_called_does_not_tell_that_an_exception_is_right():
    found = 0
    for exercise in EXERCISES:
        check, cases = find_check(exercise.name, True, 5)
        raising = tuple(case for case in cases if case.raises)
        found += len(raising)
        if raising:
            scope: dict[str, Any] = {}
            exec(SEES_THE_PROBE.format(name=exercise.name), scope)
            assert judge(check, raising, calls.LocalRunner(scope), seed=1).points == 0
            assert {case.probe for case in cases} == {cases[0].probe}
    assert found >= 10


def test_nobody_earns_anything_by_raising_in_every_call():
    """The calls in which that is right earn their points together with others."""
    found = 0
    for exercise in EXERCISES:
        check, cases = find_check(exercise.name, True, 5)
        right = {str(case.expected) for case in cases if str(case.expected).startswith(raised(""))}
        for name in right:
            scope: dict[str, Any] = {}
            exec(f"def {exercise.name}(*args, **options): raise {name.removeprefix(raised(''))}", scope)
            assert judge(check, cases, calls.LocalRunner(scope), seed=1).points == 0, exercise.name
        found += len(right)
    assert found >= 8


def test_an_unreadable_answer_is_no_exception_that_is_right():
    class Noise:
        def request(self, data: bytes) -> bytes:
            return b"noise"

    for name in ("ValueError", "TypeError", "OSError"):
        case = Case("x", (1,), raised(name), raises=name)
        assert judge(Check("f", 1.0), (case,), Noise()).points == 0


class Claims:
    """A student's side that says what the judge wants to find, whatever the function does."""

    def __init__(self, cases: tuple[Case, ...]) -> None:
        self.coming = iter(cases)

    def request(self, data: bytes) -> bytes:
        return codec.encode({"value": next(self.coming).expected, "arguments": codec.decode(data)["args"]})


LOOKED_AT = [exercise for exercise in EXERCISES if exercise.facts]


@pytest.mark.parametrize("exercise", LOOKED_AT, ids=lambda exercise: exercise.name)
def test_what_is_true_of_a_result_is_seen_by_the_judge(exercise):
    check, cases = find_check(exercise.name, True, 5)
    cases = tuple(case for case in cases if not case.raises)
    assert judge(check, cases, calls.LocalRunner({exercise.name: exercise.right}), seed=1).passed
    told = tuple(replace(case, expected=limits_met(case.expected)) for case in cases)
    assert judge(check, cases, Claims(told), seed=1).points == 0


def limits_met(expected: Any) -> Any:
    """Counts between their limits; anything else as it is."""
    return expected[0] if isinstance(expected, np.ndarray) else expected


@pytest.mark.parametrize("exercise", LOOKED_AT, ids=lambda exercise: exercise.name)
def test_facts_are_found_of_whatever_is_sent(exercise):
    """In no time, and without an exception."""
    draw = np.random.default_rng(1)
    for case in (case for case in exercise.cases(3, True) if not case.raises):
        counts = tuple(given for given in case.args[1:2] if isinstance(given, int))
        shape = case.expected.get("the shape", ()) if isinstance(case.expected, dict) else counts
        odd: list[Any] = [
            np.full(shape, value) for value in (np.nan, np.inf, 1, True, 1j, "a", np.uint64(2**63), 1e308)
        ]
        odd += [
            None,
            "x",
            1.5,
            {},
            [],
            np.zeros(0),
            np.zeros((0, 3)),
            [[1], [1, 2]],
            codec.Opaque("x"),
            np.zeros(500_000),
        ]
        for _ in range(30):
            values = [odd[i] for i in draw.integers(len(odd), size=draw.integers(7))]
            for value in (values, values[:1] * 5, (*values[:2], values, values, values), values[:1]):
                started = time.process_time()
                found = facts_of(exercise.facts, value, case.args, case.kwargs)
                assert time.process_time() - started < 0.5
                assert isinstance(found, dict | str | list | np.ndarray)


def test_what_stands_in_for_the_cosine_is_none():
    """It would be an answer to the check before, for a notebook in which that comes later."""
    scope: dict[str, Any] = {"stolen": []}
    exec("def analogy(*a, **k):\n    stolen.append(cosine_similarity)\n    return 'x'", scope)
    judge(*find_check("analogy", True, 5), calls.LocalRunner(scope), seed=1)
    check, cases = find_check("cosine_similarity", True, 5)
    runner = calls.LocalRunner({"cosine_similarity": scope["stolen"][0]})
    assert scope["stolen"] and judge(check, cases, runner, seed=1).points == 0
