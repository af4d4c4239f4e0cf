"""Jupyter servers for tests: on loopback, with settings, a home and a log of their own."""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nothing listens at."""
    with contextlib.ExitStack() as held:
        found = []
        for _ in range(count):
            one = held.enter_context(socket.socket())
            one.bind(("127.0.0.1", 0))
            found.append(one.getsockname()[1])
        return found


@contextlib.contextmanager
def jupyter(
    root: Path, own: Path, *, module: str = "jupyter_server", prefix: Sequence[str] = (), **options: Any
) -> Iterator[str]:
    """A server of the folder `root` without a token: its address.

    own: an empty folder for its settings and its log; prefix: what the command is run by; options: further ones of ServerApp
    """
    (port,) = free_ports(1)
    options = {"port": port, "port_retries": 0, "root_dir": root, "open_browser": False, "allow_root": True} | options
    places = [f"HOME={own}", f"JUPYTER_CONFIG_DIR={own / 'config'}", f"IPYTHONDIR={own / 'ipython'}"]
    command = [*prefix, "env", *places, sys.executable, "-m", module, "--IdentityProvider.token="]
    command += [f"--ServerApp.{name}={value}" for name, value in options.items()]
    log = own / "log"
    with log.open("w") as told:
        process = subprocess.Popen(command, cwd=root, stdout=told, stderr=told)
    address = f"http://127.0.0.1:{port}"
    try:
        _answering(f"{address}/api", process, log)
        yield address
    finally:
        process.terminate()
        process.wait(60)


def formgrader(root: Path, own: Path, **options: Any) -> contextlib.AbstractContextManager[str]:
    """nbgrader's formgrader and ours on a class: the server's address."""
    extensions = "{'nbgrader.server_extensions.formgrader': True, 'autograder.formgrader': True}"
    return jupyter(root, own, jpserver_extensions=extensions, **options)


def _answering(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(900):
        try:
            urllib.request.urlopen(address, timeout=2)
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
    raise AssertionError(f"no answer in three minutes: {log.read_text()}")


def skip_without_a_name() -> None:
    """Skip a test of PostgreSQL where this account is but a number: its server would not start."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        pytest.skip("PostgreSQL starts only under an account that has a name")
