"""`autograder sample-class`: a class folder with sample submissions, and the table of what they scored."""

from __future__ import annotations

import sys
from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table


def run(
    folder: Path = typer.Argument(..., help="The class folder, made where it is missing."),  # noqa: B008
    lesson: str = typer.Option("lesson-03", help="The assignment that is handed in."),
    table: bool = typer.Option(False, help="Only show the grades that the class has."),
    html: Path | None = typer.Option(None, help="With --table: write the table into this page as well."),  # noqa: B008
) -> None:
    """Make a class folder, let the sample students hand in, and grade them; or show what they scored beside what is expected."""
    from autograder import sample_class

    if problem := _problem(folder, lesson, table):
        print(f"Nothing was written: {problem}", file=sys.stderr)
        raise typer.Exit(2)
    if not table:
        try:
            sample_class.claim(folder)
            sample_class.new_class(folder)
            sample_class.release(folder, lesson)
            students = sample_class.submit(folder, lesson)
        except sample_class.NotASample as error:
            print(f"Nothing was written: {error}", file=sys.stderr)
            raise typer.Exit(2) from None
        print(
            f"Grading {len(students)} sample submissions of {lesson} in {folder}/ (an endless loop is among them) ..."
        )
        sample_class.grade(folder, lesson)
        return
    raise typer.Exit(not show(folder, lesson, html))


def _problem(folder: Path, lesson: str, table: bool) -> str:
    """Why the class cannot be made or shown; "" where nothing is in the way."""
    from autograder import sample_class

    if not (there := sample_class.SAMPLES / f"{lesson}.toml").is_file():
        names = ", ".join(sorted(path.stem for path in there.parent.glob("*.toml")))
        return f"{lesson} has no sample students; there are some of {names}"
    if table and not (folder / "gradebook.db").is_file():
        return f"{folder} has no grades: run `autograder sample-class {folder}` first"
    return ""


def show(folder: Path, lesson: str, html: Path | None = None) -> bool:
    """Print the grade table; returns whether every score is the expected one."""
    from autograder import sample_class

    scores = sample_class.scores(folder, lesson)
    students = sample_class.samples(lesson)
    right = {s.student: s.student in scores and abs(scores[s.student] - s.expected) < 1e-6 for s in students}
    grid = Table(title=f"{lesson}: the sample class", title_justify="left")
    for column in ("student", "what was handed in"):
        grid.add_column(column)
    for column in ("score", "expected"):
        grid.add_column(column, justify="right")
    for sample in students:
        score = f"{scores[sample.student]:g}" if sample.student in scores else "not graded"
        style = "" if right[sample.student] else "bold red"
        grid.add_row(sample.student, sample.note, score, f"{sample.expected:g}", style=style)
    console = Console(record=html is not None)
    console.print(grid)
    if html is not None:
        console.save_html(str(html))
    return all(right.values())
