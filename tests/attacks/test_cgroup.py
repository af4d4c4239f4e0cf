"""A control group for each student process: made where one can be made, on a stand-in for the kernel where none can."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox import Killed, Limits, Sandbox, cgroup
from autograder.sandbox.channel import StudentChannel

MIB = 2**20
BURN = "import time\nstart = time.process_time()\nwhile time.process_time() - start < 0.3: pass"
V2 = "31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n"
OF_A_USER = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope\n"


@contextlib.contextmanager
def admitted(library: Path) -> Iterator[StudentChannel]:
    """A student process in a sandbox of its own: one is put into its group as soon as the sandbox is open, before it is asked for."""
    limits = Limits(cell_cpu=5, memory=512 * MIB, disk=8 * MIB)
    with Sandbox(library, limits, preload=()) as opened, opened.student(1) as student:
        yield student


@pytest.mark.parametrize(
    ("mounts", "groups", "first", "count"),
    [
        (V2, OF_A_USER, "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/app.slice/a.scope", 6),
        (V2, "0::/\n", "/sys/fs/cgroup", 1),
        (
            "22 1 0:20 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
            "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n",
            "4:memory:/a\n0::/b\n",
            "/sys/fs/cgroup/unified/b",
            2,
        ),
        ("31 24 0:27 /a/b /c rw - cgroup2 cgroup2 rw\n", "0::/a/b/d\n", "/c/d", 2),
        ("31 24 0:27 /a/b /c rw - cgroup2 cgroup2 rw\n", "0::/e\n", None, 0),
        (V2, "0::/../x\n", None, 0),  # outside this process's namespace of groups
        (V2, "4:memory:/a\n", None, 0),
        ("22 1 0:20 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n", "4:memory:/a\n", None, 0),
    ],
)
def test_the_groups_above_a_process_are_read_from_what_the_kernel_says(mounts, groups, first, count):
    around = cgroup._around(mounts, groups)
    assert len(around) == count and (not around or around[0] == Path(first))


@pytest.fixture
def kernel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which a new folder has the files of a group, as the kernel makes them; and in which it can be removed with them."""
    make = Path.mkdir

    def mkdir(path: Path, *arguments: object, **options: object) -> None:
        make(path, *arguments, **options)  # type: ignore[arg-type]
        if path.parent == tmp_path:
            for name in (
                "memory.max",
                "memory.swap.max",
                "memory.oom.group",
                "pids.max",
                "cgroup.procs",
                "cgroup.kill",
            ):
                (path / name).touch()

    def rmdir(path: Path) -> None:
        for file in path.iterdir():
            file.unlink()
        os.rmdir(path)

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(Path, "rmdir", rmdir)
    monkeypatch.setattr(cgroup, "parent", lambda: tmp_path)
    return tmp_path


def test_a_group_is_given_its_limits_before_its_process(kernel, monkeypatch):
    written = []
    write = Path.write_text
    monkeypatch.setattr(Path, "write_text", lambda path, text: (written.append(path.name), write(path, text))[1])
    group = cgroup.enter(4711, Limits(memory=100 * MIB, disk=MIB, processes=7))
    (folder,) = kernel.iterdir()
    found = {file.name: file.read_text() for file in folder.iterdir()}
    assert found == {
        "memory.max": str(103 * MIB),
        "memory.swap.max": "0",
        "memory.oom.group": "1",
        "pids.max": "7",
        "cgroup.procs": "4711",
        "cgroup.kill": "",
    }
    assert written[-1] == "cgroup.procs"
    assert (group.cpu(), group.out_of_memory()) == (0.0, False)
    (folder / "cpu.stat").write_text("usage_usec 2500000\nuser_usec 9\n")
    (folder / "memory.events").write_text("oom 3\noom_kill 1\noom_group_kill 1\n")
    assert (group.cpu(), group.out_of_memory()) == (2.5, True)
    group.kill()
    assert (folder / "cgroup.kill").read_text() == "1"
    assert group.remove() and not list(kernel.iterdir())


def test_where_a_group_cannot_be_entered_nothing_of_it_is_left(kernel, monkeypatch):
    def refuse(path: Path, text: str) -> None:
        raise PermissionError(f"{path} {text}")

    monkeypatch.setattr(Path, "write_text", refuse)
    assert cgroup.enter(4711, Limits()) is None and not list(kernel.iterdir())


def test_the_groups_of_engines_that_have_ended_are_removed(kernel):
    for pid in (os.getpid(), 2**22 + 1):
        os.mkdir(kernel / f"{cgroup.PREFIX}{pid}-abcd")
    cgroup.sweep(kernel)
    assert [path.name for path in kernel.iterdir()] == [f"{cgroup.PREFIX}{os.getpid()}-abcd"]


@pytest.mark.parametrize("folder", [None, Path("/nowhere"), Path("/proc/self")])
def test_without_a_group_everything_else_holds(library, monkeypatch, folder):
    monkeypatch.setattr(cgroup, "parent", lambda: folder)
    with admitted(library) as student:
        assert student.run_cell("1").count == 1 and student.group is None


class Full(cgroup.Group):
    """A group whose memory is used up."""

    def __init__(self) -> None:
        self._folder = Path("/nowhere")

    def cpu(self) -> float:
        return 3.0

    def out_of_memory(self) -> bool:
        return True

    def remove(self) -> bool:
        return True


def test_what_the_kernel_says_of_a_group_is_told_and_counted(library, monkeypatch):
    monkeypatch.setattr(cgroup, "enter", lambda pid, limits: Full())
    with admitted(library) as student:
        with pytest.raises(Killed, match="512 MiB of memory"):
            student.run_cell("import os\nos._exit(0)")
        assert student.cpu == 3.0


@pytest.fixture
def real() -> Path:
    if (found := cgroup.parent()) is None:
        pytest.skip("no control group of version 2 can be made by this account on this machine")
    return found


def members(student: object) -> list[str]:
    return (student.group._folder / "cgroup.procs").read_text().split()  # type: ignore[attr-defined]


def test_the_kernel_counts_and_ends_what_a_student_starts(library, real):
    mine = f"{cgroup.PREFIX}{os.getpid()}-*"
    before = set(real.glob(mine))
    with admitted(library) as student:
        student.run_cell("import os, time\nif os.fork() == 0:\n    os.setsid()\n    os.fork()\n    time.sleep(99)")
        student.run_cell(BURN)
        assert str(student._pid) in members(student) and len(members(student)) == 3
        assert 0.25 < student.group.cpu() < 5
        folder = student.group._folder
        student.kill()
    assert not folder.exists() and set(real.glob(mine)) <= before


def test_the_kernel_bounds_a_students_memory(library, real):
    """More than one process may have, in many: each look of the engine's own is far apart from the next."""
    if not cgroup.handed_down(real) >= cgroup.CONTROLLERS:
        pytest.skip(f"{real} does not hand down the controllers of memory and of processes")
    hoard = "import os, time\nfor i in range(8):\n    if os.fork() == 0:\n        x = b'x' * 50 * 2**20\n        time.sleep(99)\ntime.sleep(99)"
    with Sandbox(library, Limits(memory=128 * MIB, disk=MIB), preload=()) as tight, tight.student(1) as student:
        with pytest.raises(Killed, match="128 MiB of memory"):
            student.run_cell(hoard)
