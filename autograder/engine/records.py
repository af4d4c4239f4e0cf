"""What travels between worker, writer and log: a submission's rows, what people gave it, and how it ran."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Scores = dict[str, dict[str, float | None]]  # automatic scores by notebook and cell


@dataclass
class Report:
    """How one notebook ran."""

    notebook: str
    seed: int
    wall: float = 0.0
    cpu: float = 0.0
    peak_memory: int = 0
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class NotebookRows:
    """One notebook's rows in the gradebook: automatic scores and comments by the cell's name."""

    penalty: float | None
    grades: dict[str, float | None]
    comments: dict[str, str | None]


@dataclass(frozen=True)
class Rows:
    """A graded submission's rows in the gradebook."""

    timestamp: datetime.datetime | None
    notebooks: dict[str, NotebookRows]

    @property
    def scores(self) -> Scores:
        """The automatic scores."""
        return {name: notebook.grades for name, notebook in self.notebooks.items()}

    @property
    def total(self) -> float:
        """The sum of the automatic scores."""
        return sum(score or 0.0 for notebook in self.notebooks.values() for score in notebook.grades.values())

    @property
    def penalty(self) -> float:
        """What lateness takes."""
        return sum(notebook.penalty or 0.0 for notebook in self.notebooks.values())

    def unmarked(self, marks: Marks) -> int:
        """How many cells have no automatic score and no mark of a person's."""
        return sum(
            score is None and marks.of(name, cell).score is None
            for name, notebook in self.notebooks.items()
            for cell, score in notebook.grades.items()
        )

    def whole(self, marks: Marks) -> float:
        """The sum of all scores, where a person's mark counts before the automatic one, and of extra credit."""
        return sum(
            (score or 0.0 if (mark := marks.of(name, cell)).score is None else mark.score) + (mark.extra_credit or 0.0)
            for name, notebook in self.notebooks.items()
            for cell, score in notebook.grades.items()
        )


@dataclass(frozen=True)
class Mark:
    """What a person gave one cell."""

    notebook: str
    cell: str
    score: float | None
    extra_credit: float | None


@dataclass(frozen=True)
class Marks:
    """What people gave one submission before it is graded: marks, extra credit, an extension."""

    given: tuple[Mark, ...] = ()
    extension: datetime.timedelta | None = None

    def of(self, notebook: str, cell: str) -> Mark:
        """The mark of one cell; an empty one where nobody gave any."""
        return next(
            (m for m in self.given if (m.notebook, m.cell) == (notebook, cell)), Mark(notebook, cell, None, None)
        )


@dataclass(frozen=True)
class Entry:
    """A line of the log about a submission that was graded; `late` is what its penalty depends on."""

    student: str
    digest: str
    versions: dict[str, str]
    reports: tuple[Report, ...]
    scores: Scores
    late: str | None = None

    @property
    def seeds(self) -> list[int]:
        """The seed of each notebook."""
        return [report.seed for report in self.reports]

    @property
    def refused(self) -> list[str]:
        """What the notebooks were refused."""
        return list(dict.fromkeys(text for report in self.reports for text in report.refused))

    @property
    def notes(self) -> list[str]:
        """What a person should know of the notebooks."""
        return list(dict.fromkeys(text for report in self.reports for text in report.notes))

    def fields(self) -> dict[str, Any]:
        """The entry as plain values."""
        return asdict(self)

    @classmethod
    def read(cls, line: Mapping[str, Any]) -> Entry:
        """The entry of a line of the log. Raises KeyError or TypeError where it is none."""
        reports = tuple(Report(**report) for report in line.get("reports", ()))
        return cls(line["student"], line["digest"], line.get("versions", {}), reports, line["scores"], line.get("late"))
