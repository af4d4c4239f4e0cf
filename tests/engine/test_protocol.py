"""What crosses between engine and student process, what is measured of it, and that nothing outlives the engine."""

import contextlib
import json
import os
import select
import subprocess
import sys
import time

import numpy as np
import pytest

from autograder.sandbox import Interrupted, Killed, Limits, Sandbox
from autograder.sandbox.inside import frames
from autograder.sandbox.inside import student as inside
from seqlib.exercises import calls

from .test_box import told

OWN = """
import struct, sys
from seqlib.exercises import codec

def send(kind, nonce, value):
    frame = sys._getframe()
    while "channel" not in frame.f_locals: frame = frame.f_back
    body = codec.encode({"value": value, "arguments": []})
    frame.f_locals["channel"].sendall(struct.pack(">4s16sI", kind, nonce or frame.f_locals["nonce"], len(body)) + body)
"""


@pytest.mark.parametrize(
    "forgery",
    [
        "send(b'okay', bytes(16), 42)",  # a whole and valid answer, to nothing that was asked
        "send(b'call', None, 42)",  # the right nonce on a message that is no answer
    ],
)
def test_an_answer_to_another_question_does_not_count(sandbox, forgery):
    with sandbox.student(1) as student:
        student.run_cell(f"{OWN}\ndef f():\n    {forgery}\n    return 1")
        with pytest.raises(Killed, match="answers no request"):
            calls.call(student, "f", ())
        assert not student.alive


def test_a_second_answer_ends_the_process_and_counts_for_nothing(sandbox):
    with sandbox.student(1) as student:
        student.run_cell(f"{OWN}\ndef f():\n    send(b'okay', None, 42)\n    return 1")
        assert calls.call(student, "f", ()).value == 42
        # it stands still until it is asked again, and only then can say more
        with pytest.raises(Killed, match=r"answers no request|without being asked"):
            calls.call(student, "f", ())
        assert not student.alive


@pytest.mark.parametrize("count", ["Infinity", "-5", "true", '"1"', "1.5", "null", "[]"])
def test_a_cells_number_that_is_none_is_refused(sandbox, count):
    told_instead = json.dumps(f'{{"count": {count}, "messages": []}}')
    with sandbox.student(1) as student, pytest.raises(Killed, match="could not be read"):
        student.run_cell(
            f"from autograder.sandbox.inside import student\nimport types\nstudent.json = types.SimpleNamespace(dumps=lambda *a, **k: {told_instead})"
        )


def test_what_a_student_process_says_of_its_failure_stays_with_it(sandbox):
    with sandbox.student(1) as student:
        student.run_cell(
            "from seqlib.exercises import calls\nf = len\ndef calls_fail(*a): raise MemoryError('\\x1b[2J [/x] secret')\ncalls.perform = calls_fail"
        )
        with pytest.raises(Interrupted) as caught:
            calls.call(student, "f", ())
        assert str(caught.value) == "the call could not be answered: MemoryError"
        student.run_cell("class Secret(Exception): pass\ndef calls_fail(*a): raise Secret\ncalls.perform = calls_fail")
        with pytest.raises(Interrupted, match=r"answered: Exception$"):
            calls.call(student, "f", ())


BURN = "import time\ndef burn(seconds):\n    start = time.process_time()\n    while time.process_time() - start < seconds: pass\n"


def test_cpu_time_of_children_counts_while_they_live_and_after(sandbox):
    with sandbox.student(1) as student:
        student.run_cell(BURN)
        with pytest.raises(Interrupted, match="CPU time"):
            student.run_cell(
                "import os\nfor i in range(6):\n    if os.fork() == 0:\n        burn(0.4)\n        os._exit(0)\n    os.wait()"
            )
        assert student.cpu > 0.9
        with pytest.raises(Interrupted, match="CPU time"):
            student.run_cell("if (child := os.fork()) == 0:\n    burn(5)\n    os._exit(0)\nos.waitpid(child, 0)")


def test_shared_memory_counts(library):
    limits = Limits(memory=128 * 2**20)
    touch = (
        "import mmap, time\nx = mmap.mmap(-1, 200 * 2**20)\nfor i in range(0, len(x), 4096): x[i] = 1\ntime.sleep(99)"
    )
    with Sandbox(library, limits, preload=()) as box, box.student(1) as student:
        with pytest.raises(Killed, match="MiB of memory"):
            student.run_cell(touch)


def test_memory_that_processes_share_counts_once(library):
    """Six processes with the same 100 MiB: more than 600 MiB by their own count."""
    source = "import os, time\nx = b'x' * 100 * 2**20\nchildren = []\nfor i in range(5):\n    if (child := os.fork()) == 0:\n        time.sleep(0.5)\n        os._exit(0)\n    children.append(child)\nfound = [os.waitpid(child, 0)[1] for child in children]"
    with Sandbox(library, Limits(memory=400 * 2**20), preload=()) as box, box.student(1) as student:
        assert told(student, source) == [0] * 5
        assert student.spent.peak_memory > box.limits.memory


@pytest.mark.parametrize(
    ("limits", "cell", "reason"),
    [
        ({"notebook_cpu": 1}, "burn(0.4)", "the notebook used more than 1 s"),
        ({"notebook_wall": 2, "cell_wall": 1000}, "time.sleep(1000)", "the cell ran out of time"),
        ({"notebook_wall": 2}, "time.sleep(0.01)", "the notebook ran out of time"),  # each too short to be looked at
    ],
)
def test_a_notebooks_limits_hold_over_many_cells(library, limits, cell, reason):
    with Sandbox(library, Limits(**limits), preload=()) as box, box.student(1) as student:
        student.run_cell(BURN)
        with pytest.raises(calls.StudentGone, match=reason):
            for _ in range(1000):
                student.run_cell(cell)


DRIVER = """
import sys, threading
from pathlib import Path
from autograder.sandbox import Sandbox, meter
box = Sandbox(Path(sys.argv[1]), preload=())
with box.student(1) as student:
    student.run_cell("1")
    print(*meter.tree(box._process.pid), flush=True)
    student.run_cell("while True: pass")
"""


def test_nothing_outlives_the_engine_or_has_its_input_and_output(library):
    pipe = subprocess.PIPE
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, library], stdin=pipe, stdout=pipe, stderr=pipe, text=True)
    pids = driver.stdout.readline().split()
    for pid in pids:  # nothing of the engine's input and output is handed on
        assert not any(os.readlink(f"/proc/{pid}/fd/{number}").startswith("pipe") for number in range(3))
    members = [os.pidfd_open(int(pid)) for pid in pids]
    assert len(members) >= 3
    driver.kill()
    driver.communicate()
    with contextlib.ExitStack() as stack:
        for member in members:
            stack.callback(os.close, member)
        deadline = time.monotonic() + 20
        while living := [member for member in members if is_alive(member)]:
            assert time.monotonic() < deadline, f"{len(living)} processes are left"
            time.sleep(0.05)


def is_alive(member: int) -> bool:
    """Whether a process still runs. One that has ended but was not collected yet, as where process 1 collects
    nothing, takes a signal as before; its descriptor is ready to be read."""
    return not select.select([member], [], [], 0)[0]


def questions(*numbers):
    return [calls.Question((number,)) for number in numbers]


def test_calls_that_are_asked_at_once_are_answered_in_order_and_many_take_several_turns(sandbox):
    with sandbox.student(1) as student:
        student.run_cell("def f(x): return x.sum()")
        large = [calls.Question((np.full(2**16, float(i)),)) for i in range(7)]  # half a MiB each
        assert [reply.value for reply in calls.call_all(student, "f", large)] == [i * 2.0**16 for i in range(7)]
        assert list(calls.call_all(student, "f", [])) == []


def test_of_calls_at_once_one_without_an_answer_is_the_last(sandbox):
    with sandbox.student(1) as student:
        student.run_cell("seen = []\ndef f(x):\n    seen.append(x)\n    while x == 2: pass\n    return -x")
        told = calls.call_all(student, "f", questions(1, 2, 3))
        assert next(told).value == -1
        with pytest.raises(Interrupted, match="endless loop"):
            next(told)
        assert calls.call(student, "f", (4,)).value == -4
        student.run_cell("def g(): return seen")
        assert calls.call(student, "g", ()).value == [1, 2, 4]


def test_answers_that_nobody_hears_are_in_nobodys_way(sandbox):
    with sandbox.student(1) as student:
        student.run_cell("def f(x): return x")
        told = calls.call_all(student, "f", questions(1, 2))
        assert next(told).value == 1
        told.close()
        assert calls.call(student, "f", (3,)).value == 3


@pytest.mark.parametrize("more", ["", "    send(b'okay', None, 43)\n"])
def test_an_answer_ahead_is_one_of_the_process_itself_and_one_too_many_ends_it(sandbox, more):
    with sandbox.student(1) as student:
        student.run_cell(f"{OWN}\ndef f(x):\n    if x == 1: send(b'okay', None, 42)\n{more}    return x")
        first, _ = calls.call_all(student, "f", questions(1, 2))
        assert first.value == 42
        with pytest.raises(Killed, match=r"answers no request|without being asked"):
            calls.call(student, "f", (3,))


def test_an_interruption_between_two_calls_is_not_forgotten(monkeypatch):
    monkeypatch.setattr(inside, "_interrupted", True)
    assert inside._answer(lambda: b"the next call") == (frames.INTERRUPTED, b"")
    monkeypatch.setattr(inside, "_interrupted", False)
    assert inside._answer(lambda: b"the next call") == (frames.REPLY, b"the next call")
