"""Attacks on what stands between a student process and the engine: its names, its messages, and what is counted of its use."""

import array
import contextlib
import os
import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autograder.engine.session import Session
from autograder.sandbox import (
    Interrupted,
    Killed,
    Limits,
    Sandbox,
    SandboxError,
    Spent,
    StudentChannel,
    bubblewrap,
    meter,
)
from autograder.sandbox.channel import HELLO
from seqlib.exercises import calls

MIB = 2**20
BURN = "import os, time\ndef burn(seconds):\n    start = time.process_time()\n    while time.process_time() - start < seconds: pass\n"


@pytest.fixture(scope="module")
def box(open_box: Callable[..., Sandbox]) -> Sandbox:
    return open_box(cell_cpu=1, interrupt_grace=5, memory=256 * MIB, disk=8 * MIB)


HOARD = "if os.fork() == 0:\n    x = b'x' * 150 * 2**20\n    time.sleep(99)\nx = b'x' * 150 * 2**20\ntime.sleep(99)"


def test_memory_is_measured_while_nothing_of_the_process_runs(open_box, monkeypatch):
    """Processes that fork without end hold their memory maps: measuring took minutes, and the notebook was set aside at will."""
    stopped, shared_out = [], meter.shared_out

    def measure(pid: int, **options: Any) -> int | None:
        deadline = time.monotonic() + 10  # a signal takes its time
        while (states := states_of(student)) and set(states) != {b"T"} and time.monotonic() < deadline:
            time.sleep(0.01)
        stopped.append(set(states) == {b"T"})
        return shared_out(pid, **options)

    monkeypatch.setattr(meter, "shared_out", measure)
    box = open_box(cell_cpu=30, memory=300 * MIB, reading_cpu=600)  # the test itself looks often
    with box.student(1) as student:  # counted once for each of the four: too much
        student.run_cell(
            "import os, time\nx = b'x' * 100 * 2**20\nfor i in range(3):\n    if os.fork() == 0: time.sleep(99)\n"
            + BURN
            + "burn(0.5)"
        )
        student.run_cell("f = lambda: 42")
        assert calls.call(student, "f", ()).value == 42
    assert stopped and all(stopped)


NAMES = {
    "no UTF-8": r"b'\xff\xfe\x80'",
    "a bracket": "b'x) R 1 1 1'",
    "a line": r"b'x\nRssAnon: 0'",
    "nothing": "b''",
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("end", ["", "os._exit(0)", HOARD])
def test_a_process_may_call_itself_anything(box, name, end):
    source = f"import ctypes, os, time\nctypes.CDLL(None).prctl(15, {NAMES[name]}, 0, 0, 0)\nif os.fork() == 0: time.sleep(99)\n{end}"
    with box.student(1) as student:
        with contextlib.suppress(Killed):
            student.run_cell(source)
        pid = student._pid
        assert not end or not student.alive
    with box.student(1) as student:
        student.run_cell("f = lambda: 42")
        assert calls.call(student, "f", ()).value == 42
        assert not Path(f"/proc/{pid}").exists()


@contextlib.contextmanager
def greeted(messages: list[tuple[bytes, list[Any]]]) -> Iterator[Callable[..., StudentChannel]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        for data, ancillary in messages:
            theirs.sendmsg([data], ancillary)
        yield lambda warm: StudentChannel(ours, Limits(), namespaced=True, warm=warm)


def test_the_first_message_is_vouched_for_by_the_kernel_or_nobody_is_graded(box):
    """A number in a descriptor's place would be that of a process to be killed, in the end."""
    descriptors = array.array("i", [os.open(os.devnull, os.O_RDONLY)] * 3).tobytes()
    for ancillary in ([(socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptors)], []):
        with greeted([(HELLO, ancillary)]) as greet, pytest.raises(SandboxError):
            greet(box._process.pid)
    with greeted([(b"hullo\n", [])]) as greet, pytest.raises(SandboxError):
        greet(box._process.pid)


def test_the_first_message_comes_from_within_the_sandbox():
    with greeted([(HELLO, [])]) as greet:
        with pytest.raises(SandboxError, match="outside"):
            greet(meter.tree(os.getpid())[0])


def test_descriptors_that_are_sent_along_arrive_nowhere(box):
    source = """
import os, socket, stat
fd = next(n for n in range(3, 99) if stat.S_ISSOCK(os.fstat(n).st_mode))
link = socket.socket(fileno=os.dup(fd))
from autograder.sandbox.inside import frames
plain = frames.pack
def pack(kind, nonce, body):
    data = plain(kind, nonce, body)
    socket.send_fds(link, [data[:1]], [os.open(os.devnull, os.O_RDONLY)] * 9)
    return data[1:]
frames.pack = pack
"""
    before = len(os.listdir("/proc/self/fd"))
    with box.student(1) as student:
        student.run_cell(source)
        for _ in range(5):
            student.run_cell("1")
        assert len(os.listdir("/proc/self/fd")) <= before + 2
        assert student.alive


@pytest.mark.parametrize("place", ["usage", "tree"])
def test_an_error_of_the_meter_never_leaves_a_process_alive(open_box, monkeypatch, place):
    def fail(*args: object, **kwargs: object) -> None:
        raise ValueError("what the kernel says cannot be read")

    box = open_box()
    with monkeypatch.context() as patch, pytest.raises(ValueError), box.student(1) as student:
        pid = student._pid
        patch.setattr(meter, place, fail)
        student.run_cell("import time\ntime.sleep(0.2)")
    deadline = time.monotonic() + 60
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    with pytest.raises(SandboxError, match="given up"), box.student(1):
        pass


def test_page_tables_are_memory(open_box):
    """Each table of 4 KiB holds one page that all share: the process has next to nothing of its own."""
    touch = """
import mmap
x = mmap.mmap(-1, 2**41, flags=mmap.MAP_PRIVATE | 0x4000, prot=mmap.PROT_READ)
x.madvise(15)  # no large pages
for i in range(0, len(x), 2**21): x[i]
"""
    tight, wide = open_box(memory=256 * MIB), open_box(memory=256 * MIB, address_space=2**43)
    with tight.student(1) as student:
        assert "Cannot allocate memory" in str(student.run_cell(touch).messages)
    with wide.student(1) as student, pytest.raises(Killed, match="256 MiB of memory"):
        student.run_cell(touch)


def test_unread_sockets_are_memory(open_box):
    fill = """
import os, socket, time
def fill():
    kept = []
    try:
        while True:
            pair = socket.socketpair()
            kept.append(pair)
            pair[0].setblocking(False)
            while True: pair[0].send(bytes(2**16))
    except BlockingIOError: return kept, True
    except OSError: return kept, False
for i in range(20):
    if os.fork() == 0:
        hoard = []
        while True:
            more, room = fill()
            hoard += more
            if not room: time.sleep(99)
time.sleep(99)
"""
    with open_box(memory=256 * MIB).student(1) as student, pytest.raises(Killed, match="256 MiB of memory"):
        student.run_cell(fill)


def test_children_that_nobody_waits_for_are_counted(box):
    source = "import signal\nfor act in (signal.SIG_IGN, lambda *a: 0):\n    try: signal.signal(signal.SIGCHLD, act); print('ignored')\n    except OSError: print('refused')"
    many = "try:\n    for i in range(200):\n        if os.fork() == 0:\n            burn(0.02)\n            os._exit(0)\n        time.sleep(0.03)\nexcept OSError: print('no more than', i)"
    with box.student(1) as student:
        assert str(student.run_cell(source).messages).count("refused") == 2
        student.run_cell(BURN)
        said = str(student.run_cell(many).messages)
        count = int(said.partition("no more than ")[2].partition("\\")[0])
        assert count <= box.limits.processes
    assert student.cpu > 0.01 * count  # counted in ticks of 0.01 s


def test_programs_that_wait_for_children_work_all_the_same(box):
    source = (
        "import subprocess\nprint(subprocess.run(['/bin/bash', '-c', 'sleep 0.05 & wait; echo a b | wc -w'],"
        " capture_output=True, text=True, timeout=60).stdout, subprocess.getoutput('echo x | cat'))"
    )
    with box.student(1) as student:
        assert "2\\n x" in str(student.run_cell(source).messages)


def states_of(student: StudentChannel) -> list[bytes]:
    stats = [Path(f"/proc/{pid}/stat").read_bytes() for pid in meter.tree(student._pid)]
    return [stat.rpartition(b")")[2].split()[0] for stat in stats]


def test_nothing_runs_while_nothing_is_asked(box):
    source = BURN + (
        "import threading\nthreading.Thread(target=burn, args=(60,), daemon=True).start()\n"
        "if os.fork() == 0:\n    os.setsid()\n    burn(60)\n    os._exit(0)"
    )
    with box.student(1) as student:
        student.run_cell(source)
        deadline = time.monotonic() + 60
        while set(states := states_of(student)) != {b"T"}:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert len(states) == 2
        before = meter.usage(student._pid).cpu
        time.sleep(0.5)
        assert meter.usage(student._pid).cpu == before
        student.run_cell("f = lambda: 42")
        assert calls.call(student, "f", ()).value == 42


def test_a_restart_begins_no_new_clock(open_box):
    box = open_box(notebook_wall=2, restarts=9)
    session = Session(box, 1, {})
    texts = []
    for _ in range(4):
        with pytest.raises(calls.StudentGone) as gone:
            session.run_cell("import os, time\ntime.sleep(0.9)\nos._exit(0)")
        texts.append(str(gone.value))
    session.close()
    assert "ran out of time" in texts[-1] and "ended" in texts[0]


def test_a_restart_begins_no_new_count_of_cpu_time(open_box):
    box = open_box(notebook_cpu=1, cell_cpu=9, restarts=9)
    session = Session(box, 1, {})
    with pytest.raises(calls.StudentGone, match="notebook used more than 1 s"):
        for _ in range(9):
            with contextlib.suppress(Killed):
                session.run_cell(BURN + "burn(0.4)\nos._exit(0)")
    session.close()


def test_the_time_of_others_is_not_the_students(open_box, monkeypatch):
    """As beside many other programs: the process is ready to run and gets no processor."""
    box = open_box(cell_wall=1, stalled=3)
    begun = time.monotonic()
    with monkeypatch.context() as patch:
        patch.setattr(meter, "waited", lambda pid: time.monotonic() - begun)
        with box.student(1) as student:
            student.run_cell("import time\ntime.sleep(2)")  # no more than 1 s by its own clock
            assert student.spent.wall < 0.5
        with pytest.raises(SandboxError, match="no processor time"), box.student(1) as student:
            student.run_cell("import time\ntime.sleep(60)")


def test_the_answers_of_a_whole_notebook_are_bounded(open_box):
    box = open_box(replies=3 * MIB)
    with box.student(1) as student:
        student.run_cell("import numpy as np\nf = lambda: np.zeros(10**5)")
        with pytest.raises(Killed, match="3 MiB together"):
            for _ in range(9):
                assert calls.call(student, "f", ()).value.shape == (10**5,)
        assert student.spent.replies > 3 * MIB


def test_what_is_spent_is_kept_by_the_submission(box):
    spent = Spent()
    for _ in range(2):
        with box.student(1, spent) as student:
            student.run_cell(BURN + "burn(0.2)")
    assert spent.cpu > 0.35 and spent.peak_memory > MIB and spent.replies > 0


def test_a_process_cannot_stand_back_so_that_the_machine_looks_busy(box):
    """Behind other programs it would wait until nothing but setting the submission aside is left."""
    source = """
import os
for name, call in {
    "idle": lambda: os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)),
    "nice": lambda: os.nice(1),
    "one processor": lambda: os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}),
}.items():
    try: call(); print("did:", name)
    except PermissionError: print("refused")
"""
    with box.student(1) as student:
        before = Path(f"/proc/{student._pid}/stat").read_bytes().rpartition(b")")[2].split()[16]
        assert str(student.run_cell(source).messages).count("refused") == 3
        assert Path(f"/proc/{student._pid}/stat").read_bytes().rpartition(b")")[2].split()[16] == before
        assert os.sched_getscheduler(student._pid) == os.SCHED_OTHER


def test_waiting_that_a_submission_makes_itself_is_bounded_by_its_cpu_time(open_box):
    """Its own processes take the processors from its main thread, and use up the time that it has."""
    box = open_box(cell_cpu=1, cell_wall=600, stalled=600)
    crowd = BURN + "for i in range(24):\n    if os.fork() == 0: burn(99)\nwhile True: time.sleep(0.001)"
    with box.student(1) as student, pytest.raises((Interrupted, Killed), match="1 s of CPU time"):
        student.run_cell(crowd)


def test_the_list_of_mounts_names_what_is_shown_and_nothing_else(box, library):
    """It cannot be hidden, as each process has its own: no path of the class, of a student or of anything that is not inside is in it."""
    with box.student(1) as student:
        told = student.run_cell("print(open('/proc/self/mountinfo').read(), open('/proc/self/cgroup').read())").messages
    lines = told[0]["content"]["text"].splitlines()
    mounts = [line.split(" - ") for line in lines if " - " in line]
    shown = [str(folder) for folder in bubblewrap.Sources(library).folders().values()]
    shown += [str(Path(path).resolve()) for path in ("/usr", *bubblewrap.SYSTEM)]
    for mount, kind in mounts:
        root, place = (
            re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), field) for field in mount.split()[3:5]
        )
        if kind.split()[0] in ("tmpfs", "proc", "devpts", "mqueue"):
            assert root in ("/", "/newroot") or place.startswith("/dev"), mount
        else:
            found = any(folder.endswith(root) for folder in shown) or Path(f"/dev{root}").exists()
            assert found and place.startswith(("/usr", "/opt", "/etc", "/dev")), mount
    assert len(mounts) > 5


USED_UP = {
    "replies": ("import numpy as np\nf = lambda: np.zeros(10**5)", "MiB together"),
    "cpu": (
        BURN + "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ndef f():\n    while True: burn(9)",
        "CPU time",
    ),
    "wall": (
        "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nf = lambda: time.sleep(99)",
        "of time",
    ),
}


@pytest.mark.parametrize("what", USED_UP)
def test_what_is_used_up_is_never_the_machines_fault(open_box, what):
    """A fresh process for a notebook that had nothing left failed at once: the submission was set aside, at will."""
    source, reason = USED_UP[what]
    box = open_box(
        replies=2 * MIB, notebook_cpu=1, notebook_wall=4 if what == "wall" else 120, interrupt_grace=0.1, restarts=9
    )
    session = Session(box, 1, {})
    session.run_cell(source)
    for _ in range(6):
        with contextlib.suppress(calls.StudentGone):
            calls.call(session, "f", ())
    session.close()
    assert reason in session.ended[-1]
    with box.student(1) as student:
        assert student.run_cell("1").count == 1
