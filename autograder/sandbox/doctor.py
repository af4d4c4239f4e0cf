"""What isolation this machine gives, and what is missing, in one line each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from autograder.sandbox import cgroup, probe, tree
from autograder.sandbox.errors import SandboxError
from autograder.sandbox.sandbox import Sandbox


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    good: bool
    text: str


def examine() -> list[Finding]:
    """Look at this machine, and try a student process on it."""
    if sys.platform != "linux":
        return [
            Finding(
                False,
                "student code is isolated on Linux only: run the engine in a Linux machine, virtual or in a container",
            )
        ]
    found = [_program("bwrap", "bubblewrap", "--version")]
    if os.geteuid() == 0:
        found += [
            _program("setpriv", "util-linux", "--version"),
            _program("unshare", "util-linux", "--version"),
            Finding(True, "runs as root: student code runs as the unprivileged user 65534 instead"),
        ]
    else:
        found.append(Finding(True, f"runs as the ordinary user {os.geteuid()}"))
    for path, wanted, advice in (
        ("/proc/sys/kernel/unprivileged_userns_clone", "1", "sysctl kernel.unprivileged_userns_clone=1"),
        ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "0", "an AppArmor profile for bwrap with `userns,`"),
    ):
        if Path(path).exists() and (value := Path(path).read_text().strip()) != wanted:
            found.append(Finding(False, f"{path} is {value}: user namespaces may be forbidden; needed: {advice}"))
    return [*found, _group(), *_try()]


def _group() -> Finding:
    found = cgroup.parent()
    if found is None:
        return Finding(True, "no control group can be made: memory and processes are counted by the engine itself")
    bounded = cgroup.handed_down(found) >= cgroup.CONTROLLERS
    what = "CPU time, memory and number of processes" if bounded else "CPU time"
    return Finding(True, f"the kernel counts students' {what} in control groups below {found}")


def _program(name: str, package: str, option: str) -> Finding:
    path = shutil.which(name)
    if path is None:
        return Finding(False, f"{name} is missing: apt-get install {package}")
    version = subprocess.run([path, option], capture_output=True, text=True, check=False).stdout.strip()
    return Finding(True, f"{version or name} in {path}")


def _try() -> list[Finding]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        try:
            with Sandbox(tree.build(Path(folder) / "tree", "")) as sandbox:
                wrong = probe.findings(sandbox)
        except SandboxError as error:
            return [Finding(False, f"a student process could not be started: {error}")]
    if wrong:
        return [Finding(False, f"code in the sandbox {text}") for text in wrong]
    return [
        Finding(
            True,
            "student code has no network, no host files, no capabilities, no other processes, a system-call filter and limits",
        )
    ]
