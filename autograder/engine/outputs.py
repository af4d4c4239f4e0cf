"""Outputs of a student's cell: what the student process tells, reduced to what is safe to show to an instructor."""

from __future__ import annotations

from typing import Any

from nbclient import NotebookClient
from nbformat import NotebookNode
from nbformat.v4 import new_notebook, new_output

from autograder.engine import markup
from autograder.sandbox import CellReply
from seqlib.exercises.calls import StudentGone


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
            "traceback": [_text(line) for line in lines] if isinstance(lines, list) else [],
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
            shown["execution_count"] = count if type(count) is int else None
        return {"msg_type": kind, "content": shown}
    return None


def _text(value: Any) -> str:
    return value.encode(errors="replace").decode() if isinstance(value, str) else ""


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
            safe[kind] = markup.html(_text(value))
    return safe


class Recorder:
    """Folds the messages of one notebook's cells into their outputs, as a notebook client does."""

    def __init__(self) -> None:
        self._client = NotebookClient(new_notebook(), record_timing=False)
        self._client.reset_execution_trackers()

    def record(self, cell: NotebookNode, index: int, reply: CellReply) -> None:
        """Give a cell its outputs."""
        cell.outputs, cell.execution_count = [], reply.count
        self._client.clear_before_next_output = False
        for message in filter(None, map(clean, reply.messages)):
            full = {**message, "header": {"msg_type": message["msg_type"]}, "parent_header": {}}
            self._client.process_message(full, cell, index)
        cell.execution_count = reply.count


def gone(reason: StudentGone) -> list[NotebookNode]:
    """What a cell shows that did not end well."""
    text = str(reason)
    return [new_output("error", ename="NotRun", evalue=text, traceback=[text])]
