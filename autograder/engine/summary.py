"""What a run says in the end: everybody's scores, what was set aside and why, who is missing, what is to be done."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

from rich.console import Console
from rich.text import Text

from autograder import tables
from autograder.engine.run import Outcome, Run

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


class Summary:
    """The end of one run."""

    def __init__(self, run: Run, outcomes: list[Outcome], assignment: str) -> None:
        self._outcomes, self._assignment = sorted(outcomes, key=lambda outcome: outcome.student.casefold()), assignment
        self._points, self._whole = run.max_checks, run.max_whole
        self._skipped, self._stale = run.plan.skipped, run.plan.stale
        self._absent, self._strangers = run.absent, run.strangers
        self._aside = sum(outcome.set_aside for outcome in outcomes)

    @property
    def status(self) -> int:
        """The command's exit status: 1 where somebody has no grade, or one by other checks than today's."""
        return int(bool(self._aside or self._stale))

    def show(self, console: Console, names: dict[str, str] | None = None) -> None:
        """Print it. names: of students, by id"""
        console.print(Text(self._counts(), style="italic"), soft_wrap=True)
        if self._outcomes:
            self._show_table(console, names or {})
        for line in self._lines():
            console.print(Text(printable(line)), soft_wrap=True)

    def _counts(self) -> str:
        return (
            f"{self._assignment}: {len(self._outcomes) - self._aside} graded"
            + (f", {self._aside} set aside ungraded" if self._aside else "")
            + (f", {self._skipped} unchanged since they were graded" if self._skipped else "")
        )

    def _show_table(self, console: Console, names: dict[str, str]) -> None:
        rows, styles = [], []
        for outcome in self._outcomes:
            name = [names.get(outcome.student, "")] if names else []
            cells = [outcome.student, *name, *self._scores(outcome), f"{outcome.seconds:.2f}", outcome.note]
            rows.append([printable(cell) for cell in cells])
            styles.append("bold red" if outcome.set_aside else "")
        header = ("student", *(["name"] if names else []), "checks", "whole", "seconds", "note")
        tables.show(console, header, rows, styles=styles)

    def _scores(self, outcome: Outcome) -> tuple[str, str]:
        """The scores of the checks and of the whole, which is one only when every answer is marked."""
        if outcome.checks is None:
            return "set aside", ""
        late = f" (late: -{number(outcome.penalty)})" if outcome.penalty else ""
        whole = (
            f"{outcome.unmarked} to mark"
            if outcome.whole is None
            else f"{number(outcome.whole)} / {number(self._whole)}"
        )
        return f"{number(outcome.checks)} / {number(self._points)}", whole + late

    def _lines(self) -> list[str]:
        lines = []
        for why, count in sorted(Counter(self._stale.values()).items()):
            lines.append(f"{count} of those that are unchanged were graded by {why} than today's.")
        if self._stale:
            lines.append(
                f"`autograder grade {self._assignment} --regrade` grades them again, with the recorded inputs."
            )
        for what, students in (("Nothing to grade", self._absent), ("Not in the roster", self._strangers)):
            if students:
                lines.append(f"{what}: {len(students)} ({', '.join(sorted(students, key=str.casefold))})")
        return lines

    def show_cells(self, console: Console) -> None:
        """Print what every cell of every submission gave."""
        for outcome in self._outcomes:
            console.print(Text(f"{printable(outcome.student)}: seed {outcome.seed}", style="bold"))
            for name, content in outcome.files.items():
                if name.endswith(".ipynb"):
                    console.print(cells(json.loads(content)), markup=False, highlight=False)


def number(value: float) -> str:
    """A score, with two decimals where it has any."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def cells(notebook: dict[str, Any]) -> str:
    """What a graded notebook's cells gave, as text in which nothing can steer a terminal."""
    lines = []
    for i, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            lines.append(f"-- cell {i} {cell['metadata'].get('nbgrader', {}).get('grade_id', '')}".rstrip())
            for output in cell["outputs"]:
                kind = output["output_type"]
                text = output.get("text") or output.get("traceback") or output.get("data", {}).get("text/plain", kind)
                lines.append("\n".join(text) if kind == "error" else "".join(text))
    return printable(_COLOUR.sub("", "\n".join(lines)))


def printable(text: str) -> str:
    """A text that cannot steer a terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)
