"""The warm process: imports once what every notebook needs, then forks a student process for each submission.

It runs inside bubblewrap, holds no secret and never runs a student's code itself. The engine sends a JSON line with a
socket; the fork talks to the engine over that socket, the warm process does not listen in.
"""

from __future__ import annotations

import base64
import ctypes
import gc
import json
import os
import resource
import socket
import sys
import traceback
from typing import Any

from autograder.sandbox.inside import capture, confine, student

_LARGE_PAGE, _MADV_COLLAPSE = 2 * 2**20, 25


def main() -> None:
    """Warm up, say so, and fork on request until the engine hangs up."""
    control = socket.socket(fileno=int(sys.argv[1]))
    settings = json.loads(sys.argv[2])
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (most, most))  # the engine's own bound is not for what is imported here
    if settings["isolated"]:
        confine.own_processes()
    os.environ.setdefault("MPLCONFIGDIR", "/tmp")
    gc.disable()  # what is imported stays
    shell, session = capture.make_shell(settings["limits"]["output"])
    try:
        capture.warm(shell, session, shown=_import(settings["preload"]))
    except Exception:
        traceback.print_exc(file=sys.__stderr__)  # sys.stderr is a student's by now
        sys.exit(1)
    gc.freeze()  # a fork's collector would otherwise touch, and so copy, every page of the warm process
    gc.enable()
    _gather_pages()
    control.sendall(b"ready\n")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 2**16, 1)
        if not message:
            os._exit(0)  # an orderly end would take apart all modules, one by one
        channel = socket.socket(fileno=descriptors[0])
        child = confine.fork_apart() if settings["isolated"] else os.fork()
        if child == 0:
            control.close()
            _become_student(channel, shell, session, json.loads(message), settings)
        channel.close()
        # One submission at a time: the next one starts when nothing of this one is left.
        os.waitpid(child, 0)
        control.sendall(b"ended\n")


def _import(modules: list[str]) -> list[Any]:
    """Import what notebooks need; returns a value of each library that they may show."""
    for name in ("numpy", "seqlib", "seqlib.exercises.calls", *modules):
        try:
            __import__(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
    if (pyplot := sys.modules.get("matplotlib.pyplot")) is not None:
        capture.accept_backends(pyplot)
    shown = [sys.modules["numpy"].ones(2)]
    if (torch := sys.modules.get("torch")) is not None:
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
        torch.manual_seed(0)
        shown.append(torch.ones(2).sum())
    return shown


def _gather_pages() -> None:
    """Let the kernel keep this process's memory in few large pages, of which a fork copies no long tables.

    Linux 6.1 and later can; where it cannot, forks take longer and nothing else changes.
    """
    advise = ctypes.CDLL(None).madvise
    advise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    with open("/proc/self/maps") as maps:
        fields = [line.split() for line in maps]
    for place, rights, *_, name in ((*field, "") if len(field) == 5 else field for field in fields):
        if rights == "rw-p" and name in ("", "[heap]"):
            start, end = (int(edge, 16) for edge in place.split("-"))
            start = -(-start // _LARGE_PAGE) * _LARGE_PAGE
            if end - start >= _LARGE_PAGE:
                advise(start, (end - start) // _LARGE_PAGE * _LARGE_PAGE, _MADV_COLLAPSE)


def _become_student(
    channel: socket.socket, shell: Any, session: Any, job: dict[str, Any], settings: dict[str, Any]
) -> None:
    status = 1
    try:
        limits, seccomp = settings["limits"], base64.b64decode(settings["seccomp"])
        if settings["isolated"]:
            confine.leave_namespaces(limits)
        else:
            os.chdir(job["home"])
        # Signals to its own process group must not reach the warm process.
        os.setsid()
        confine.limit_resources(limits)
        if settings["isolated"]:
            confine.drop_rights(seccomp)
        else:
            confine.install_filter(seccomp)
        channel.sendall(b"hello\n")
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        student.serve(channel, shell, session)
        status = 0
    except BaseException as error:
        os.write(2, f"student process: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
