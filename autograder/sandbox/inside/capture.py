"""An IPython shell whose outputs are collected as messages instead of being sent over sockets."""

from __future__ import annotations

import builtins
import io
import subprocess
import sys
from typing import Any

from ipykernel.zmqshell import ZMQInteractiveShell
from jupyter_client.session import Session
from traitlets.config import Config

INLINE = "module://matplotlib_inline.backend_inline"


class CapturingSession(Session):
    """Collects what a kernel would publish, up to `limit` characters a cell."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self._limit = limit
        self.start_cell()

    def start_cell(self) -> None:
        """Forget the messages of the last cell."""
        self.messages: list[dict[str, Any]] = []
        self._room = self._limit

    def send(self, stream: Any, msg_or_type: Any, content: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Keep one message; what goes beyond the limit is left out, and one line says so."""
        if isinstance(msg_or_type, dict):
            msg_or_type, content = msg_or_type["msg_type"], msg_or_type["content"]
        last = self.messages[-1] if self.messages else None
        size = sum(len(str(part)) for part in _texts(content))
        if size > self._room:
            if self._room > 0:
                self._room = 0
                self.messages.append(
                    {"msg_type": "stream", "content": {"name": "stdout", "text": "\n[more output left out]\n"}}
                )
            return None
        self._room -= size + 10
        if (
            msg_or_type == "stream"
            and last
            and last["msg_type"] == "stream"
            and last["content"]["name"] == content["name"]
        ):
            last["content"]["text"] += content["text"]
        else:
            self.messages.append({"msg_type": msg_or_type, "content": content})
        return None


def _texts(content: dict[str, Any]) -> list[Any]:
    return [
        content.get("text", ""),
        content.get("evalue", ""),
        content.get("traceback", ""),
        *content.get("data", {}).values(),
    ]


class Stream(io.TextIOBase):
    """Standard output or error of the student's cells."""

    def __init__(self, session: CapturingSession, name: str) -> None:
        self._session, self._name = session, name

    name = property(lambda self: f"<{self._name}>")
    encoding = "utf-8"

    def fileno(self) -> int:
        """The descriptor behind it, as a kernel's streams have one (faulthandler asks); here it leads nowhere."""
        return 1 if self._name == "stdout" else 2

    def writable(self) -> bool:
        """It can be written to."""
        return True

    def write(self, text: str) -> int:
        """Publish some text."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        if text:
            self._session.send(None, "stream", {"name": self._name, "text": text})
        return len(text)


class Kernel:
    """What notebooks ask of `get_ipython().kernel`; there is no kernel."""

    implementation, language_info = "ipython", {"name": "python"}

    def __init__(self, shell: Shell) -> None:
        self.shell, self.eventloop = shell, None


class Shell(ZMQInteractiveShell):
    """A kernel's shell without a kernel."""

    def enable_gui(self, gui: Any = None) -> None:
        """Accept every window system, as `%matplotlib` and `%gui` name them: nothing is shown."""

    def system_piped(self, cmd: str) -> None:
        """Run a command of a cell, such as `!ls`; a kernel would open a pseudo-terminal for it, and here there is none."""
        command = self.var_expand(cmd, depth=1)  # type: ignore[no-untyped-call]
        done = subprocess.run(
            command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        sys.stdout.write(done.stdout.decode(errors="replace"))
        self.user_ns["_exit_code"] = done.returncode

    system = system_piped

    def ask_exit(self) -> None:
        """A cell that exits ends nothing but itself."""

    def _update_exit_now(self, change: Any) -> None:
        pass


def no_input(prompt: object = "") -> str:
    """Stand for `input`, which nobody can answer."""
    raise RuntimeError("input() does not work while a notebook is graded: nobody is there to answer")


def make_shell(output_limit: int) -> tuple[Shell, CapturingSession]:
    """The shell, with standard output and error turned to its session."""
    session = CapturingSession(output_limit)
    config = Config()
    config.HistoryManager.enabled = False
    shell = Shell.instance(config=config)
    shell.kernel = Kernel(shell)
    hook: Any = shell.displayhook
    publisher: Any = shell.display_pub
    hook.session = publisher.session = session
    hook.topic = b"execute_result"
    publisher.pub_socket = hook.pub_socket = None
    sys.stdout, sys.stderr = Stream(session, "stdout"), Stream(session, "stderr")
    builtins.input = no_input
    return shell, session


def accept_backends(pyplot: Any) -> None:
    """Let figures go into the notebook where a backend is asked for that needs a screen, or that is not installed.

    A kernel in which pyplot was not imported before would only note the wish.
    """
    switch = pyplot.switch_backend

    def switch_backend(newbackend: str) -> None:
        try:
            switch(newbackend)
        except ImportError:
            switch(INLINE)

    pyplot.switch_backend = switch_backend


def warm(shell: Shell, session: CapturingSession, shown: list[Any]) -> None:
    """Let a shell fill its caches, which the first value that is shown and the first error would do for each student anew."""
    show: Any = shell.display_formatter
    for value in shown:
        show.format(value)
    shell.run_cell("raise NotImplementedError")  # type: ignore[no-untyped-call]
    session.start_cell()
    for name in ("last_type", "last_value", "last_traceback"):
        delattr(sys, name)
    shell.last_execution_result = None
