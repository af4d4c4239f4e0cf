"""Student processes: what crosses, what is stopped, and what cannot be reached."""

import contextlib
import json
import os
import signal
import time
from pathlib import Path

import pytest

from autograder.sandbox import Interrupted, Killed, Limits, Sandbox, SandboxError, meter, probe, seccomp, tree
from autograder.sandbox.bubblewrap import Sources
from seqlib.exercises import calls


def printed(student, source: str) -> str:
    return "".join(message["content"].get("text", "") for message in student.run_cell(source).messages)


def test_the_probes_find_nothing_to_complain_of(sandbox):
    assert probe.findings(sandbox) == []


def test_the_probes_fail_closed(sandbox, monkeypatch):
    monkeypatch.setattr(probe, "_SOURCE", "print('{\"reads everything\": true}')")
    with pytest.raises(SandboxError, match="reads everything"):
        probe.check(sandbox, "bubblewrap")
    monkeypatch.setattr(probe, "_SOURCE", "1/0")
    with pytest.raises(SandboxError, match="could not be probed"):
        probe.check(sandbox, "bubblewrap")


def test_cells_share_a_namespace_and_submissions_do_not(sandbox):
    with sandbox.student(1) as student:
        student.run_cell("kept = 41")
        assert printed(student, "print(kept + 1)") == "42\n"
        student.run_cell("open('/tmp/left', 'w').write('secret')")
    with sandbox.student(1) as student:
        assert (
            printed(student, "import os\nprint('kept' in globals(), os.listdir('/tmp'), os.listdir())")
            == "False [] []\n"
        )


def test_the_first_cell_finds_a_fresh_shell(sandbox):
    """Nothing is left of the cells that warmed it up."""
    with sandbox.student(1) as student:
        source = "import gc, sys\nprint(hasattr(sys, 'last_value'), gc.isenabled(), [k for k in dir() if k not in dir(type(sys)) and k[0] != '_'])"
        assert (
            printed(student, source) == "False True ['In', 'Out', 'exit', 'gc', 'get_ipython', 'open', 'quit', 'sys']\n"
        )
        assert [message["content"].get("execution_count") for message in student.run_cell("41 + 1").messages] == [2]


def test_a_request_is_answered_by_the_students_function(sandbox):
    with sandbox.student(1) as student:
        student.run_cell("def double(x): return 2 * x")
        assert calls.call(student, "double", (21,)).value == 42
        assert calls.call(student, "triple", (1,)).missing


def test_generators_start_from_the_seed(sandbox):
    source = "import random\nimport numpy as np\nprint(random.random(), np.random.rand())"
    texts = []
    for seed in (5, 5, 6):
        with sandbox.student(seed) as student:
            texts.append(printed(student, source))
    assert texts[0] == texts[1] != texts[2]


def test_an_endless_loop_is_interrupted_and_the_process_lives_on(sandbox):
    with sandbox.student(1) as student:
        student.run_cell("kept = 1")
        with pytest.raises(Interrupted, match="CPU time"):
            student.run_cell("while True: pass")
        assert printed(student, "print(kept)") == "1\n"


@pytest.mark.parametrize("source", ["import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n", ""])
def test_what_ignores_interrupts_is_killed(library, source):
    loop = "while True:\n    try:\n        while True: sum(range(9))\n    except KeyboardInterrupt: pass"
    limits = Limits(cell_cpu=0.5, interrupt_grace=0.3)
    with Sandbox(library, limits, preload=()) as sandbox, sandbox.student(1) as student:
        with pytest.raises(Killed, match="did not stop"):
            student.run_cell(source + loop)
        assert not student.alive
        with pytest.raises(Killed, match="before"):
            student.run_cell("1")


def test_sleep_ends_at_the_wall_clock(library):
    limits = Limits(cell_wall=1, interrupt_grace=20)
    with (
        Sandbox(library, limits, preload=()) as sandbox,
        sandbox.student(1) as student,
        pytest.raises(Interrupted, match="ran out of time"),
    ):
        student.run_cell("import time\ntime.sleep(1000)")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import os\nos._exit(0)", "ended"),
        ("import ctypes\nctypes.string_at(0)", "ended"),
        ("import sys\nsys.setrecursionlimit(10**8)\nf = lambda: f()\nf()", "ended|CPU time|memory"),
        ("import os, time\nos.fork()\nhoard = b'x' * 400 * 2**20\ntime.sleep(99)", "MiB of memory"),
    ],
)
def test_what_ends_the_process_is_told(sandbox, source, reason):
    with sandbox.student(1) as student, pytest.raises((Killed, Interrupted), match=reason):
        student.run_cell(source)


def test_nothing_is_left_of_a_daemon(sandbox):
    source = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(99)\n    os._exit(0)\nprint('started')"
    with sandbox.student(1) as student:
        assert printed(student, source) == "started\n"
        members = meter.tree(student._pid)
        assert len(members) > 1
    sandbox.settle()
    assert not any(Path(f"/proc/{pid}/status").exists() for pid in members)


SOCKET = "import os, stat\nprint(next(n for n in range(3, 99) if stat.S_ISSOCK(os.fstat(n).st_mode)))"
FORGERIES = {
    "an answer that no one asked for": "import os\nos.write({fd}, b'x' * 100)",
    "a second answer": "import os, threading, time\nthreading.Thread(target=lambda: (time.sleep(0.2), os.write({fd}, b'okay' + bytes(20)))).start()",
    "a huge answer": "import os, struct\nos.write({fd}, struct.pack('>4s16sI', b'okay', bytes(16), 2**31))",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forged_messages_are_rejected(sandbox, name):
    with sandbox.student(1) as student:
        student.run_cell("def f(): return 1")
        descriptor = printed(student, SOCKET).strip()
        with pytest.raises(calls.StudentGone):
            student.run_cell(FORGERIES[name].format(fd=descriptor))
            deadline = time.monotonic() + 60  # the second answer comes when the thread gets its turn
            while time.monotonic() < deadline:
                calls.call(student, "f", ())
                time.sleep(0.02)
        assert not student.alive


def test_an_oversized_answer_does_not_cross(sandbox):
    with sandbox.student(1) as student:
        student.run_cell("import numpy as np\nbig = lambda: np.zeros(3 * 10**6)")
        reply = calls.call(student, "big", ())
        assert reply.error and "MiB" in reply.message
        student.run_cell("from seqlib.exercises import calls\ncalls.perform = lambda *a: bytes(30 * 2**20)")
        with pytest.raises(Killed, match="30 MiB"):
            calls.call(student, "big", ())


def test_endless_output_is_cut(sandbox):
    with sandbox.student(1) as student:
        messages = student.run_cell("for i in range(300):\n    print('x' * 10_000)").messages
        assert sum(len(message["content"]["text"]) for message in messages) < 1.1 * sandbox.limits.output
        assert "left out" in messages[-1]["content"]["text"]


def test_limits_hold(sandbox):
    with sandbox.student(1) as student:
        assert "No space" in printed(
            student, "try:\n    open('/tmp/x', 'wb').write(bytes(20 * 2**20))\nexcept OSError as e: print(e)"
        )
        assert "MemoryError" in printed(
            student, "try: bytearray(10**11)\nexcept MemoryError as e: print('MemoryError')"
        )
        source = "import os, time\nn = 0\ntry:\n    while True:\n        if os.fork() == 0: time.sleep(99)\n        n += 1\nexcept OSError: print(n)"
        assert int(printed(student, source)) < sandbox.limits.processes


def test_system_calls_are_refused(sandbox):
    source = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
tried = {"unshare": lambda: libc.unshare(0x10000000), "mount": lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None),
         "ptrace": lambda: libc.ptrace(16, 1, None, None), "memfd": lambda: libc.memfd_create(b"x", 0), "setns": lambda: libc.setns(0, 0),
         "chroot": lambda: libc.chroot(b"/tmp"), "keyctl": lambda: libc.syscall(250, 0, 0, 0, 0, 0)}
print([name for name, call in tried.items() if call() >= 0])
"""
    with sandbox.student(1) as student:
        assert printed(student, source) == "[]\n"


def test_every_limit_is_set_and_none_can_be_raised(sandbox):
    source = """
import json, resource
found = {name: resource.getrlimit(getattr(resource, "RLIMIT_" + name)) for name in NAMES}
for name in NAMES:
    try:
        resource.setrlimit(getattr(resource, "RLIMIT_" + name), (found[name][0], found[name][1] + 1))
        found[name] = "raised"
    except (ValueError, OSError):
        pass
print(json.dumps(found))
"""
    limits = sandbox.limits
    expected = {
        "NPROC": limits.processes,
        "DATA": limits.memory,
        "AS": limits.address_space,
        "FSIZE": limits.file_size,
        "NOFILE": limits.open_files,
        "CORE": 0,
        "CPU": limits.notebook_cpu + 5,
        "MSGQUEUE": 0,
        "MEMLOCK": 0,
    }
    with sandbox.student(1) as student:
        found = json.loads(printed(student, f"NAMES = {list(expected)}" + source))
    assert found == {name: [value, value] for name, value in expected.items()}


def test_every_folder_that_can_be_written_is_small_and_holds_few_files(sandbox):
    source = """
import json, os
found = {}
for line in open("/proc/mounts"):
    place, kind, options = line.split()[1:4]
    if "rw" in options.split(",") and kind not in ("proc", "devpts", "mqueue"):
        status = os.statvfs(place)
        found[place] = [status.f_blocks * status.f_frsize, status.f_files, "nosuid" in options and "nodev" in options]
print(json.dumps(found))
"""
    with sandbox.student(1) as student:
        found = json.loads(printed(student, source))
    writable = {
        place: values for place, values in found.items() if not place.startswith("/dev/") or place == "/dev/shm"
    }
    assert set(writable) == {"/tmp", "/home/student", "/dev/shm"}
    for size, files, safe in writable.values():
        assert (size, files, safe) == (sandbox.limits.disk, sandbox.limits.inodes, True)


def test_every_call_of_the_filter_is_refused(sandbox):
    """Refused by the filter and not for its arguments: EPERM, also where the kernel would say something else."""
    import pyseccomp

    numbers = {}
    for name in seccomp.REFUSED:
        with contextlib.suppress(ValueError, OSError, RuntimeError):
            numbers[name] = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    numbers = {name: number for name, number in numbers.items() if number >= 0}
    assert len(numbers) > 50
    source = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)

def refused(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(a) for a in arguments or (-1,) * 6))
    return ctypes.get_errno() if result < 0 else 0

print([name for name, number in NUMBERS.items() if refused(number) != errno.EPERM])
print([flag for flag in FLAGS if refused(CLONE, flag) != errno.EPERM])
print(refused(CLONE3, 0, 0) == errno.ENOSYS, [r for r in REQUESTS if refused(IOCTL, 0, r, 0) != errno.EPERM])
"""
    calls_of = {
        name.upper(): pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name) for name in ("clone", "clone3", "ioctl")
    }
    given = {
        "NUMBERS": numbers,
        "FLAGS": seccomp.NEW_NAMESPACES,
        "REQUESTS": (seccomp.TIOCSTI, seccomp.TIOCLINUX),
        **calls_of,
    }
    with sandbox.student(1) as student:
        text = printed(student, "".join(f"{name} = {value!r}\n" for name, value in given.items()) + source)
    assert text == "[]\n[]\nTrue []\n"


def test_no_path_and_no_secret_of_the_host_is_seen(sandbox, library):
    source = "import os\nprint(os.uname().nodename == 'sandbox', open('/proc/1/cmdline').read(), dict(os.environ), open('/proc/mounts').read(), os.listdir('/'), os.getcwd())"
    with sandbox.student(1) as student:
        text = printed(student, source)
    assert text.startswith("True ")
    for secret in (str(library), str(Path.cwd()), str(Path.home()) + "/"):
        assert secret not in text.replace("/home/student", "")


def test_the_graded_functions_are_missing_and_say_so(sandbox):
    with sandbox.student(1) as student:
        assert printed(student, "from seqlib import softmax\nprint(softmax.__name__)") == "softmax\n"
        error = student.run_cell("from seqlib import rnn_forward").messages[-1]["content"]
        assert error["ename"] == "ImportError" and "call the one that you wrote" in error["evalue"]
        assert "ModuleNotFoundError" in student.run_cell("import autograder.lessons").messages[-1]["content"]["ename"]


def test_a_submitted_file_lies_beside_the_notebook(sandbox):
    with sandbox.student(1) as student:
        student.put_file("data/helper.py", b"value = 7")
        assert printed(student, "import sys\nsys.path.insert(0, 'data')\nimport helper\nprint(helper.value)") == "7\n"
        with pytest.raises(Interrupted, match="ValueError"):
            student.put_file("../x", b"")


def test_a_sandbox_that_cannot_start_says_why(library, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SandboxError, match="bubblewrap"):
        Sandbox(library, preload=())


def test_a_dead_sandbox_is_no_fault_of_a_student(library):
    opened = Sandbox(library, preload=())
    members = meter.tree(opened._process.pid)
    for member in members:
        with contextlib.suppress(ProcessLookupError):
            os.kill(member, signal.SIGKILL)
    opened._process.wait()
    while any(Path(f"/proc/{member}/exe").exists() for member in members):
        time.sleep(0.01)
    with pytest.raises(SandboxError), opened.student(1):
        pass
    opened.close()


def test_without_isolation_limits_still_hold_and_a_warning_is_given(library):
    with pytest.warns(UserWarning, match="no sandbox"):
        opened = Sandbox(library, kind="none", preload=())
    with opened, opened.student(1) as student:
        assert printed(student, "import os\nprint(os.path.exists('/etc/passwd'))") == "True\n"
        assert "NoNewPrivs:\t1\n" in Path(f"/proc/{student._pid}/status").read_text()
        assert "MemoryError" in printed(
            student, "try: bytearray(10**11)\nexcept MemoryError as e: print('MemoryError')"
        )


def test_the_tree_holds_only_what_is_allowed(tmp_path):
    built = tree.build(tmp_path / "tree", "lesson-03")
    found = {str(path.relative_to(built)) for path in built.rglob("*.py")}
    assert found == {
        "seqlib/__init__.py",
        "seqlib/activations.py",
        "seqlib/support/__init__.py",
        "seqlib/support/types.py",
        "seqlib/support/validate.py",
        "seqlib/exercises/__init__.py",
        "seqlib/exercises/codec.py",
        "seqlib/exercises/calls.py",
        "seqlib/exercises/missing.py",
    }


def test_the_interpreter_of_the_system_is_not_shown_twice(tmp_path):
    assert "python" not in Sources(tmp_path, base=Path("/usr")).folders()
    assert os.fspath(Sources(tmp_path, base=Path("/opt/x")).folders()["python"]) == "/opt/x"
