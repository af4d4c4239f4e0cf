"""A verdict as the outputs of a notebook cell: what `check` would have shown there, made without running the cell."""

from __future__ import annotations

from typing import Any

from seqlib.exercises import failure, score
from seqlib.exercises.verdict import Verdict


def cell_outputs(verdict: Verdict) -> list[dict[str, Any]]:
    """nbformat outputs of a graded cell: an error for a verdict of zero, otherwise the message and the points."""
    if verdict.points == 0:
        error = failure(verdict)
        return [
            {
                "output_type": "error",
                "ename": type(error).__name__,
                "evalue": str(error),
                "traceback": str(error).splitlines(),
            }
        ]
    return [
        {"output_type": "stream", "name": "stdout", "text": verdict.message + "\n"},
        {
            "output_type": "execute_result",
            "data": {"text/plain": repr(score(verdict))},
            "metadata": {},
            "execution_count": None,
        },
    ]
