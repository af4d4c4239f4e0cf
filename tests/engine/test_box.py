"""The rules of the sandbox one by one: what the kernel says of a student process, of the warm process and of bubblewrap.

Many rules stand behind another one, so that no attack shows when one is lost: here each is read where it holds.
"""

import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograder.sandbox import Limits, Sandbox, StudentChannel, bubblewrap, meter, seccomp
from autograder.sandbox.sandbox import _Options

NO_RIGHTS = "0000000000000000"
WARM_RIGHTS = f"{1 << 21 | 1 << 8:016x}"  # CAP_SYS_ADMIN and CAP_SETPCAP, in its own user namespace
CAPABILITIES = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
REFUSED = """
acct add_key adjtimex bpf chroot clock_adjtime clock_settime delete_module fanotify_init finit_module fsconfig fsmount fsopen fspick
init_module io_uring_enter io_uring_register io_uring_setup ioperm iopl kcmp kexec_file_load kexec_load keyctl lookup_dcookie
memfd_create memfd_secret mknod mknodat modify_ldt mount mount_setattr move_mount mq_open msgget name_to_handle_at nfsservctl
open_by_handle_at open_tree perf_event_open personality pidfd_getfd pivot_root process_madvise process_vm_readv process_vm_writev
ptrace quotactl reboot request_key semget sethostname setdomainname setns settimeofday shmget swapoff swapon syslog umount2 unshare
userfaultfd vhangup setpriority sched_setscheduler sched_setparam sched_setattr sched_setaffinity ioprio_set
fsetxattr io_setup io_submit landlock_add_rule landlock_create_ruleset landlock_restrict_self lsetxattr setxattr setxattrat sync syncfs
""".split()
NEW_NAMESPACES = {"time": 0x80, "mnt": 0x20000, "cgroup": 0x2000000, "uts": 0x4000000} | {
    "ipc": 0x8000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}


def told(student: StudentChannel, source: str) -> object:
    """What a cell says of itself: the value of the variable `found`."""
    messages = student.run_cell(f"import json, os\n{source}\nprint(json.dumps(found))").messages
    return json.loads("".join(message["content"].get("text", "") for message in messages))


def status(pid: int) -> dict[str, list[str]]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: values.split() for name, _, values in (line.partition(":") for line in lines)}


def namespaces(pid: int | str, names: str) -> dict[str, str]:
    return {name: os.readlink(f"/proc/{pid}/ns/{name}") for name in names.split()}


@pytest.fixture(scope="module")
def box(library: Path) -> Iterator[Sandbox]:
    with Sandbox(library, Limits(disk=8 * 2**20), preload=()) as opened:
        yield opened


@pytest.fixture(scope="module")
def student(box: Sandbox) -> Iterator[StudentChannel]:
    with box.student(1) as opened:
        yield opened


@pytest.fixture
def chain(box: Sandbox, student: StudentChannel) -> list[int]:
    """The host's numbers of bubblewrap's first process, the warm process, and the student process."""
    members = meter.tree(box._process.pid)
    parent = int(status(student._pid)["PPid"][0])
    assert {parent, student._pid} < set(members)
    return [box._process.pid, parent, student._pid]


@pytest.mark.parametrize("name", CAPABILITIES)
def test_a_student_process_has_no_capability(student, name):
    assert status(student._pid)[name] == [NO_RIGHTS]


def test_a_student_process_can_get_no_rights_and_is_filtered(student):
    found = status(student._pid)
    assert (found["NoNewPrivs"], found["Seccomp"]) == (["1"], ["2"])
    assert found["NSpid"][-1] == "1"
    assert told(student, "found = [os.getuid(), os.getgid(), os.getgroups(), os.getsid(0), os.getpgid(0)]") == [
        0,
        0,
        [],
        1,
        1,
    ]
    assert status(student._pid)["Uid"][0] != "0" or os.geteuid() != 0


@pytest.mark.parametrize("name", ["CapPrm", "CapEff", "CapBnd"])
def test_the_warm_process_has_two_capabilities_in_its_own_namespace(chain, name):
    assert status(chain[1])[name] == [WARM_RIGHTS]


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user has nothing to give up")
@pytest.mark.parametrize("name", [*CAPABILITIES, "Uid", "Gid", "Groups"])
def test_root_has_given_itself_up_before_bubblewrap_starts(chain, name):
    expected = {"Uid": ["65534"] * 4, "Gid": ["65534"] * 4, "Groups": []}
    assert status(chain[0])[name] == expected.get(name, [NO_RIGHTS])


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user has nothing to give up")
def test_root_gives_up_groups_and_rights_that_it_would_hand_on():
    given = ["setpriv", "--groups=4", "--inh-caps=+chown", "--"]
    command, _ = bubblewrap.as_nobody(["cat", "/proc/self/status"], {})
    text = subprocess.run([*given, *command], capture_output=True, text=True, check=True).stdout
    found = {name: values.split() for name, _, values in (line.partition(":") for line in text.splitlines())}
    assert found["Groups"] == [] and found["Uid"] == found["Gid"] == ["65534"] * 4
    assert {name: found[name] for name in CAPABILITIES} == {name: [NO_RIGHTS] for name in CAPABILITIES}


@pytest.mark.parametrize("name", ["user", "mnt", "pid", "net", "ipc", "uts", "cgroup"])
def test_no_namespace_is_the_hosts(chain, name):
    host, warm, student = (namespaces(pid, name)[name] for pid in ("self", *chain[1:]))
    assert host not in (warm, student)
    assert (warm != student) == (name in ("mnt", "pid", "net", "ipc", "uts"))


def test_a_session_of_its_own_at_every_step(chain):
    outer, warm, student = map(os.getsid, chain)
    assert len({os.getsid(0), outer, warm, student}) == 4 and student == chain[2] and outer == chain[0]


def test_the_environment_is_the_list_and_nothing_else(chain):
    expected = {*bubblewrap.ENVIRONMENT, "PYTHONPATH", "LD_LIBRARY_PATH", "PWD"}
    for pid in chain[1:]:
        found = Path(f"/proc/{pid}/environ").read_text().split("\0")
        assert {entry.partition("=")[0] for entry in found if entry} == expected
    outer = Path(f"/proc/{chain[0]}/environ").read_text().split("\0")
    assert {entry.partition("=")[0] for entry in outer if entry} <= {"PATH", "PWD"}


def test_bubblewrap_hands_on_nothing_that_it_is_given(library):
    done = in_box(bubblewrap.Sources(library), ["/usr/bin/env"], {"SECRET": "x", "PATH": os.environ["PATH"]})
    assert "HOME=/home/student" in done.stdout and "SECRET" not in done.stdout


def test_no_command_line_shows_a_path_of_the_host(chain, library):
    for pid in chain:
        text = Path(f"/proc/{pid}/cmdline").read_text()
        assert "--args" in text or "zygote" in text
        for path in {library, Path.cwd(), Path(sys.prefix), Path(sys.base_prefix)} - {Path("/usr")}:
            assert str(path) not in text


def test_one_socket_is_all_that_is_open(student):
    found = told(
        student,
        "found = {}\nfor name in os.listdir('/proc/self/fd'):\n    try: found[name] = os.readlink('/proc/self/fd/' + name)\n    except OSError: pass",
    )
    others = [target for target in found.values() if target != "/dev/null"]
    assert len(others) == 1 and others[0].startswith("socket:")
    assert {found[name] for name in "012"} == {"/dev/null"}


MOUNTS = "found = [line.split(' - ')[0].split()[4:] + line.split(' - ')[1].split()[:1] for line in open('/proc/self/mountinfo')]"
WRITABLE = {"/tmp", "/home/student", "/dev/shm"}


def test_every_mount_is_read_only_private_and_gives_no_rights(student):
    mounts = told(student, MOUNTS)
    places = {place for place, *_ in mounts}
    assert {"/", "/usr", "/proc", "/dev", "/opt/site", "/opt/course", *WRITABLE} <= places
    for place, options, *fields, kind in mounts:
        assert fields == [], f"{place} is shared with another namespace"
        flags = options.split(",")
        assert "nosuid" in flags, place
        if kind not in ("devtmpfs", "devpts") and not place.startswith("/dev/"):
            assert "nodev" in flags, place
        if place not in WRITABLE and not place.startswith("/dev/"):
            assert "ro" in flags, place
        assert kind != "proc" or "noexec" in flags


def test_nothing_lies_beside_what_is_shown(student):
    found = told(
        student, "found = [sorted(os.listdir(p)) for p in ('/', '/etc', '/opt', '/opt/course', '/opt/inside')]"
    )
    system = {"usr", "lib", "lib64", "lib32", "bin", "sbin"}
    assert set(found[0]) - system == {"opt", "home", "tmp", "dev", "proc", "etc"}
    assert set(found[1]) <= {"alternatives", "fonts", "ld.so.cache"}
    assert set(found[2]) - {"python"} == {"course", "inside", "site"}
    assert found[3:] == [["seqlib"], ["autograder"]]


@pytest.mark.parametrize("place", sorted(WRITABLE))
def test_the_warm_process_has_small_folders_too(box, chain, place):
    """A student process mounts its own over them."""
    found = os.statvfs(f"/proc/{chain[1]}/root{place}")
    assert found.f_blocks * found.f_frsize == box.limits.disk


def test_python_looks_for_nothing_of_a_users_and_writes_no_bytecode(student, chain):
    assert Path(f"/proc/{chain[1]}/cmdline").read_text().split("\0")[1:3] == ["-s", "-B"]
    assert told(student, "import sys\nfound = [sys.flags.no_user_site, sys.flags.dont_write_bytecode]") == [1, 1]


def test_the_home_folder_is_the_working_folder(student, chain):
    assert os.readlink(f"/proc/{chain[1]}/cwd") == "/home/student"
    assert told(student, "found = [os.getcwd(), os.path.expanduser('~')]") == ["/home/student", "/home/student"]


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone mounts")
def test_nothing_is_mounted_on_the_host(library):
    before = Path("/proc/self/mounts").read_text()
    with Sandbox(library, Limits(disk=8 * 2**20), preload=()):
        assert Path("/proc/self/mounts").read_text() == before


def in_box(
    sources: bubblewrap.Sources, inner: list[str], environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command where the warm process would run, without the inner step."""
    folders = sources.folders()
    with _Options() as options:
        outer = bubblewrap.command(inner, options.fileno())
        if os.geteuid() == 0:
            outer, folders = bubblewrap.as_nobody(outer, folders)
        options.fill(bubblewrap.arguments(sources, folders, Limits()))
        return subprocess.run(
            outer,
            pass_fds=[options.fileno()],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd="/",
        )


def test_the_box_alone_forbids_new_user_namespaces(library):
    sources = bubblewrap.Sources(library)
    assert in_box(sources, ["/usr/bin/true"]).returncode == 0
    assert in_box(sources, ["/usr/bin/unshare", "--user", "/usr/bin/true"]).returncode != 0


def test_the_courses_own_packages_are_hidden_where_they_are_installed(library, tmp_path):
    for name in ("seqlib/rnn.py", "autograder/lessons.py", "other/module.py"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("")
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(folder.stat().st_mode | 0o055)
    sources = bubblewrap.Sources(library, packages=tmp_path)
    done = in_box(sources, ["/usr/bin/find", "/opt/site", "-type", "f"])
    assert done.stdout.split() == ["/opt/site/other/module.py"]
    assert in_box(sources, ["/usr/bin/touch", "/opt/site/seqlib/x"]).returncode != 0


def test_the_list_of_refused_calls_is_whole():
    """The other half, that every call of the list is refused, is tried in test_sandbox.py."""
    assert set(seccomp.REFUSED) == set(REFUSED)
    assert set(seccomp.NEW_NAMESPACES) == set(NEW_NAMESPACES.values())


def test_sockets_are_local_or_of_the_internet(student):
    source = """
import errno, socket
found = {}
for call in ("socket", "socketpair"):
    for family in range(64):
        try:
            for end in [socket.socket(family, socket.SOCK_STREAM)] if call == "socket" else socket.socketpair(family):
                end.close()
            found[f"{call} {family}"] = 0
        except OSError as error:
            found[f"{call} {family}"] = error.errno
"""
    found = told(student, source)
    for name, number in found.items():
        if name.split()[1] not in ("1", "2", "10"):
            assert number == errno.EAFNOSUPPORT, name
    assert [found[f"socket {family}"] for family in (1, 2, 10)] == [0, 0, 0] and found["socketpair 1"] == 0


def test_a_terminal_is_out_of_reach(student):
    assert (
        told(student, "try:\n    os.open('/dev/tty', os.O_RDWR)\n    found = 0\nexcept OSError as e: found = e.errno")
        == errno.ENXIO
    )
    assert socket.AF_VSOCK not in seccomp.SOCKETS
