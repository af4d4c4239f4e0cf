"""The inner step: a forked child leaves the warm process behind for namespaces, limits and a filter of its own."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_NEW_PROCESSES = 0x20000000
_NAMESPACES = 0x00020000 | 0x08000000 | 0x04000000 | 0x40000000  # mount, ipc, uts, net
_READONLY, _NOSUID, _NODEV, _NOEXEC, _PRIVATE_TREE = 1, 2, 4, 8, 0x4000 | 0x40000
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _FILTER = 24, 38, 22, 2
HOME = "/home/student"


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def _must(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


def _mount(source: str, target: str, kind: str, flags: int, data: str = "") -> None:
    _must(_libc.mount(source.encode(), target.encode(), kind.encode(), flags, data.encode()), f"mount {target}")


def own_processes() -> None:
    """Go on as process 1 of a namespace that belongs to this process's own user namespace, as fork_apart needs."""
    _must(_libc.unshare(_NEW_PROCESSES), "unshare")
    if child := os.fork():
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 0xFF)


def fork_apart() -> int:
    """os.fork, but the child is process 1 of a process namespace of its own: with it ends all that it starts."""
    own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _must(_libc.unshare(_NEW_PROCESSES), "unshare")
        if child := os.fork():
            # The parent's next fork needs a new one again, and that can be asked for from its own only.
            _must(_libc.setns(own, _NEW_PROCESSES), "setns")
        return child
    finally:
        os.close(own)


def leave_namespaces(limits: dict[str, Any]) -> None:
    """Leave the warm process's other namespaces; mount a fresh /proc and private, sized temporary folders.

    /proc is read-only: /proc/self/autogroup sets how much of the CPU a group of processes gets, and with the least of it
    what a notebook uses counts as its waiting for a busy machine. There are no pseudo-terminals: the kernel works for them in
    threads of its own, whose time is nobody's.
    """
    _must(_libc.unshare(_NAMESPACES), "unshare")
    _mount("none", "/", "none", _PRIVATE_TREE)
    _mount("proc", "/proc", "proc", _READONLY | _NOSUID | _NODEV | _NOEXEC)
    options = f"size={limits['disk']},nr_inodes={limits['inodes']},mode=0777"
    for target in ("/tmp", HOME, "/dev/shm"):
        _mount("tmpfs", target, "tmpfs", _NOSUID | _NODEV, options)
    _mount("tmpfs", "/dev/pts", "tmpfs", _READONLY | _NOSUID | _NODEV, "size=4096")
    os.chdir(HOME)


def limit_resources(limits: dict[str, Any]) -> None:
    """Set the limits that the kernel keeps for each process; none of them can be raised again.

    Students' processes stand back for the engine's. Children that nobody waits for stay, so that their time is counted.
    """
    os.nice(5)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    for name, value in (
        ("NPROC", limits["processes"]),
        ("DATA", limits["memory"]),
        ("AS", limits["address_space"]),
        ("FSIZE", limits["file_size"]),
        ("NOFILE", limits["open_files"]),
        ("CORE", 0),
        ("CPU", limits["notebook_cpu"] + 5),
        ("MSGQUEUE", 0),
        ("MEMLOCK", 0),
    ):
        if value is not None:
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (int(value), int(value)))


def drop_rights(seccomp: bytes) -> None:
    """Give up every capability for good and install the system-call filter."""
    capability = 0
    while _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) == 0:
        capability += 1
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _must(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    install_filter(seccomp)


def install_filter(seccomp: bytes) -> None:
    """Refuse new rights and the system calls of the filter, in this process and all that it starts."""
    _must(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    if seccomp:
        buffer = ctypes.create_string_buffer(seccomp, len(seccomp))
        program = _Program(len(seccomp) // 8, ctypes.addressof(buffer))
        _must(_libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0), "seccomp")
