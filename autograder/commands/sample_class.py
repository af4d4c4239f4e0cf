"""`autograder sample-class`: a class folder with sample submissions, and the table of what they scored."""

from __future__ import annotations

from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from autograder import sample_class


def run(
    folder: Path = typer.Argument(..., help="The class folder, made where it is missing."),  # noqa: B008
    lesson: str = typer.Option("lesson-03", help="The assignment that is handed in."),
    table: bool = typer.Option(False, help="Only show the grades that the class has."),
) -> None:
    """Make a class folder, let the sample students hand in, and grade them; with --table, show their grades beside the expected ones."""
    if not table:
        sample_class.new_class(folder)
        sample_class.release(folder, lesson)
        students = sample_class.submit(folder, lesson)
        print(
            f"Grading {len(students)} sample submissions of {lesson} in {folder}/ (an endless loop is among them) ..."
        )
        sample_class.grade(folder, lesson)
        return
    raise typer.Exit(not show(folder, lesson))


def show(folder: Path, lesson: str) -> bool:
    """Print the grade table; returns whether every score is the expected one."""
    scores = sample_class.scores(folder, lesson)
    grid = Table(
        "student", "what was handed in", "score", "expected", title=f"{lesson}: the sample class", title_justify="left"
    )
    for sample in sample_class.samples(lesson):
        got = scores.get(sample.student)
        grid.add_row(
            sample.student,
            sample.note,
            "not graded" if got is None else f"{got:g}",
            f"{sample.expected:g}",
            style="" if got is not None and abs(got - sample.expected) < 1e-6 else "bold red",
        )
    Console().print(grid)
    return all(abs(scores.get(s.student, -1) - s.expected) < 1e-6 for s in sample_class.samples(lesson))
