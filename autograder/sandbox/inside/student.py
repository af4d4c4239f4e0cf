"""The student process: runs cells and answers requests, and knows neither tests nor solutions."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sys
from types import FrameType
from typing import Any

from autograder.sandbox.inside import frames

_busy = False


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _busy:
        raise KeyboardInterrupt


def serve(channel: socket.socket, shell: Any, session: Any) -> None:
    """Answer every request with one reply of the same nonce, until the engine hangs up."""
    global _busy
    from seqlib.exercises import calls

    sys.path.insert(0, "")
    signal.signal(signal.SIGINT, _interrupt)
    while True:
        try:
            kind, nonce, body = frames.receive(channel)
        except EOFError:
            return
        answer = frames.REPLY
        try:
            _busy = True
            if kind == frames.CALL:
                reply = calls.perform(shell.user_ns, body)
            elif kind == frames.CELL:
                reply = _run_cell(shell, session, body.decode())
            elif kind == frames.SEED:
                reply = _seed_generators(int(body))
            else:
                reply = _write_file(body)
            _busy = False
        except KeyboardInterrupt:
            _busy, answer, reply = False, frames.INTERRUPTED, b""
        except BaseException as error:
            _busy, answer, reply = (
                False,
                frames.FAILED,
                f"{type(error).__name__}: {error}"[:500].encode(errors="replace"),
            )
        channel.sendall(frames.pack(answer, nonce, reply))


def _seed_generators(seed: int) -> bytes:
    import numpy as np

    random.seed(seed)
    np.random.seed(seed % 2**32)
    if (torch := sys.modules.get("torch")) is not None:
        torch.default_generator.manual_seed(seed)
    return b""


def _run_cell(shell: Any, session: Any, source: str) -> bytes:
    session.start_cell()
    count = shell.execution_count
    shell.run_cell(source, store_history=True)
    messages = session.messages
    session.start_cell()
    told = {"count": count, "messages": messages}
    return json.dumps(told, default=str, ensure_ascii=False).encode(errors="replace")


def _write_file(body: bytes) -> bytes:
    name, _, content = body.partition(b"\0")
    path = os.path.normpath(name.decode())
    if path.startswith(("/", "..")):
        raise ValueError("a file outside the home folder")
    if folder := os.path.dirname(path):
        os.makedirs(folder, exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    return b""
