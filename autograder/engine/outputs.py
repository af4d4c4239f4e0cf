"""Outputs of a student's cell: what the student process tells, reduced to what is safe to show to an instructor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.engine import markup
from autograder.sandbox import CellReply
from seqlib.exercises.calls import StudentGone

MAX_MESSAGES = 1_000  # of one notebook
MAX_TEXT = 4 * 2**20  # pictures included
MAX_LINES, MAX_COLOURS = 2_000, 500  # of one text
MAX_TRACEBACK = 500  # lines of one error
TAG, COLOUR = 50, 400  # signs for which one counts: what it costs a page
MAX_CODE = 100_000  # signs of code on a notebook's pages
LEFT_OUT = "[more output of this notebook is left out]\n"


def clean(message: dict[str, Any]) -> dict[str, Any] | None:
    """One kernel message with the fields that a notebook needs, each of its own type; None for anything else."""
    kind, content = message.get("msg_type"), message.get("content")
    if not isinstance(content, dict):
        return None
    if kind == "stream" and content.get("name") in ("stdout", "stderr"):
        return {"msg_type": kind, "content": {"name": content["name"], "text": _text(content.get("text"))}}
    if kind == "error":
        lines = content.get("traceback")
        fields = {
            "ename": _text(content.get("ename")),
            "evalue": _text(content.get("evalue")),
            "traceback": [_text(line) for line in lines[:MAX_TRACEBACK]] if isinstance(lines, list) else [],
        }
        return {"msg_type": kind, "content": fields}
    if kind == "clear_output":
        return {"msg_type": kind, "content": {"wait": content.get("wait") is True}}
    if kind in ("display_data", "update_display_data", "execute_result"):
        transient = content.get("transient")
        name = transient.get("display_id") if isinstance(transient, dict) else None
        shown: dict[str, Any] = {
            "data": _bundle(content.get("data")),
            "metadata": {},
            "transient": {"display_id": name} if isinstance(name, str) else {},
        }
        if kind == "execute_result":
            count = content.get("execution_count")
            shown["execution_count"] = count if type(count) is int and count >= 0 else None
        return {"msg_type": kind, "content": shown}
    return None


def _text(value: Any) -> str:
    """A text that pages can show at once: colouring takes time for each line and each change of colour."""
    if not isinstance(value, str):
        return ""
    if value.count("\n") > MAX_LINES:
        value = "\n".join(value.split("\n", MAX_LINES)[:MAX_LINES]) + "\n" + LEFT_OUT
    if value.count("\x1b") > MAX_COLOURS:
        value = value.replace("\x1b", "")
    return writable(value)


def shorten(notebook: NotebookNode) -> None:
    """Cut the code of a notebook that has run to what its pages can show at once."""
    room = MAX_CODE
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        length = len(cell.source)
        if length > room:
            cell.source = cell.source[:room] + "\n# the rest of this code is left out: it is too long for a page"
        room = max(0, room - length)


def writable(text: str) -> str:
    """A text that can be written: halves of characters are none, and cannot be encoded."""
    return text.encode(errors="replace").decode()


def _bundle(data: Any) -> dict[str, str]:
    if not isinstance(data, dict):
        return {}
    safe = {}
    for kind, value in data.items():
        if not isinstance(value, str):
            continue
        if kind == "text/plain":
            safe[kind] = _text(value)
        elif kind in markup.PICTURES and markup.is_base64(value):
            safe[kind] = value
        elif kind == "text/html":
            if (html := markup.html(_text(value))) is not None:
                safe[kind] = html
    return safe


class Recorder:
    """Folds the messages of one notebook's cells into their outputs, as a notebook client does.

    What goes beyond a notebook's limits is left out: the sandbox's limit of output is one cell's.
    """

    def __init__(self, notebook: NotebookNode) -> None:
        self._client = NotebookClient(notebook, record_timing=False)
        self._client.reset_execution_trackers()
        self._messages, self._room = MAX_MESSAGES, MAX_TEXT
        self._shown = Counter[str]()  # how often each display was shown; an update goes to all of them

    def record(self, cell: NotebookNode, index: int, reply: CellReply) -> None:
        """Give a cell its outputs."""
        cell.outputs, cell.execution_count = [], reply.count
        self._client.clear_before_next_output = False
        for message in self._within_limits(reply.messages):
            full = {**message, "header": {"msg_type": message["msg_type"]}, "parent_header": {}}
            self._client.process_message(full, cell, index)
        cell.execution_count = reply.count

    def _within_limits(self, messages: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for told in messages:
            if self._messages == 0 or self._room == 0:
                return
            # What came counts, not what is left of it: reading it takes its time.
            self._room = max(0, self._room - _size(told))
            if (message := clean(told)) is None:
                continue
            self._room = max(0, self._room - self._again(message))
            self._messages -= 1
            if self._messages == 0 or self._room == 0:
                message = {"msg_type": "stream", "content": {"name": "stdout", "text": LEFT_OUT}}
            yield message

    def _again(self, message: dict[str, Any]) -> int:
        """What a message takes beyond its own size, as an update does of a display that was shown several times."""
        name = message["content"].get("transient", {}).get("display_id")
        if name is None:
            return 0
        if message["msg_type"] != "update_display_data":
            self._shown[name] += 1
            return 0
        return _size(message) * max(0, self._shown[name] - 1)


def _size(value: Any) -> int:
    """The length of all texts in a message, keys too, and a few signs for each value, as even an empty one takes its time."""
    total, todo = 0, [value]
    while todo:
        item = todo.pop()
        total += 8
        if isinstance(item, str):
            total += len(item) + TAG * item.count("<") + COLOUR * item.count("\x1b")
        elif isinstance(item, dict):
            todo += [*item, *item.values()]
        elif isinstance(item, list):
            todo += item
    return total


def gone(reason: StudentGone) -> list[NotebookNode]:
    """What a cell shows that did not end well."""
    text = str(reason)
    return [new_output("error", ename="NotRun", evalue=text, traceback=[text])]
