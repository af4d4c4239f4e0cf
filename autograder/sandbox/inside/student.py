"""The student process: runs cells and answers requests, and knows neither tests nor solutions."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType, ModuleType
from typing import Any

from autograder.sandbox.inside import frames

_busy = _interrupted = False


def _interrupt(number: int, frame: FrameType | None) -> None:
    global _interrupted
    _interrupted = True
    if _busy:
        raise KeyboardInterrupt


def serve(channel: socket.socket, shell: Any, session: Any) -> None:
    """Answer every request with replies of the same nonce, one or, to several calls, one each, until the engine hangs up.

    A call that was interrupted or could not be answered is the last one of its request.
    """
    global _interrupted
    from seqlib.exercises import calls

    sys.path.insert(0, "")
    signal.signal(signal.SIGINT, _interrupt)
    while True:
        try:
            kind, nonce, body = frames.receive(channel)
        except EOFError:
            return
        _interrupted = False
        for work in _work(kind, body, shell, session, calls):
            answer, reply = _answer(work)
            channel.sendall(frames.pack(answer, nonce, reply))
            if answer != frames.REPLY:
                break


def _work(kind: bytes, body: bytes, shell: Any, session: Any, calls: ModuleType) -> Iterator[Callable[[], bytes]]:
    """What is to be done for each reply to a request."""
    if kind == frames.CALLS:
        for data in frames.split(body):
            yield partial(calls.perform, shell.user_ns, data)
    elif kind == frames.CELL:
        yield lambda: _run_cell(shell, session, body.decode())
    elif kind == frames.SEED:
        yield lambda: _seed_generators(int(body))
    else:
        yield lambda: _write_file(body)


def _answer(work: Callable[[], bytes]) -> tuple[bytes, bytes]:
    """A reply's kind and body."""
    global _busy
    try:
        _busy = True
        if _interrupted:  # between two calls
            raise KeyboardInterrupt
        reply = work()
        _busy = False
        return frames.REPLY, reply
    except KeyboardInterrupt:
        _busy = False
        return frames.INTERRUPTED, b""
    except BaseException as error:
        _busy = False
        return frames.FAILED, f"{type(error).__name__}: {error}"[:500].encode(errors="replace")


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
