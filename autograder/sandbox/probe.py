"""What a student process can see and do, tried from inside before anybody's code is let in."""

from __future__ import annotations

import json

from autograder.sandbox.errors import SandboxError
from autograder.sandbox.sandbox import BUBBLEWRAP, Sandbox

_SOURCE = """
import ctypes, glob, json, os, resource, socket

def opens(path, mode):
    try:
        open(path, mode).close()
        return True
    except OSError:
        return False

def status(name):
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith(name + ":"))

def connects():
    try:
        socket.create_connection(("1.1.1.1", 53), timeout=0.2).close()
        return True
    except OSError:
        return False

def terminals():
    try:
        os.openpty()
        return True
    except OSError:
        return False

print(json.dumps({
    "reads the host's accounts": os.path.exists("/etc/passwd") or os.path.exists("/root"),
    "writes kernel settings": opens("/proc/sys/kernel/core_pattern", "r+b"),
    "writes to /proc": any(opens(f"/proc/self/{name}", "r+b") for name in ("autogroup", "oom_score_adj", "comm")),
    "opens pseudo-terminals": terminals(),
    "reads the checks": any(
        glob.glob(f"{place}/autograder/lessons")
        for place in ("/opt/site", *(f"{root}/lib/python3*/*-packages" for root in ("/usr", "/usr/local", "/opt/python")))
    ),
    "writes to the system": opens("/usr/probe", "wb") or opens("/opt/site/probe", "wb") or opens("/probe", "wb"),
    "holds capabilities": int(status("CapEff"), 16) != 0 or int(status("CapBnd"), 16) != 0,
    "may gain rights": status("NoNewPrivs") != "1",
    "has no system-call filter": status("Seccomp") != "2",
    "sees other processes": sorted(filter(str.isdigit, os.listdir("/proc"))) != [str(os.getpid())],
    "has a network": len(os.listdir("/sys/class/net")) > 1 if os.path.isdir("/sys/class/net") else connects(),
    "mounts": ctypes.CDLL(None).unshare(0x00020000) == 0,
    "starts processes without limit": resource.getrlimit(resource.RLIMIT_NPROC)[0] > 10000,
}))
"""


def findings(sandbox: Sandbox) -> list[str]:
    """What a student process can do that it should not."""
    with sandbox.student(0) as student:
        text = "".join(message["content"].get("text", "") for message in student.run_cell(_SOURCE).messages)
    try:
        return [name for name, found in json.loads(text).items() if found]
    except ValueError:
        raise SandboxError(f"the sandbox could not be probed: {text[:500] or 'no output'}") from None


def check(sandbox: Sandbox, kind: str) -> None:
    """Raise SandboxError where student code is not isolated as it should be; without a sandbox nothing is promised."""
    if kind == BUBBLEWRAP and (found := findings(sandbox)):
        raise SandboxError(f"the sandbox does not isolate; code inside: {', '.join(found)}")
