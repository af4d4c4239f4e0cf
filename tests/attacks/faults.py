"""Faults of the trusted side, as preprocessors that strike when a certain student's notebook comes."""

from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor


class Fault(NbGraderPreprocessor):
    """Does what the first cell of a notebook asks for: "fault: burn", "fault: hoard" or "fault: die"."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        kind = nb.cells[0].source.removeprefix("fault: ")
        if kind == "burn":
            while True:
                pass
        if kind == "hoard":
            hoard = []
            while True:
                hoard.append(bytearray(2**28))
        if kind == "die":
            raise KeyboardInterrupt
        return nb, resources
