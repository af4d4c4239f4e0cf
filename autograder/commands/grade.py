"""`autograder grade`: grade a class's submissions of one assignment."""

from __future__ import annotations

import gc
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from autograder.engine.run import MakePool, Outcome, Run

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def run(
    assignment: str = typer.Argument(..., help="The assignment, such as lesson-03."),
    course: Path = typer.Option(Path("."), help="The class folder, where nbgrader_config.py lies."),  # noqa: B008
    student: str = typer.Option("*", help="Only students whose id fits this pattern."),
    workers: int = typer.Option(os.cpu_count() or 1, min=1, help="Worker processes on this machine."),
    engine: str = typer.Option("local", help="local, or dask with --scheduler."),
    scheduler: str = typer.Option("", help="The address of a Dask scheduler, such as tcp://host:8786."),
    sandbox: str = typer.Option(
        "bubblewrap", help="bubblewrap; none isolates nothing and is for tests of your own code."
    ),
    regrade: bool = typer.Option(False, help="Grade again what has been graded, with the recorded seed."),
    dry_run: bool = typer.Option(False, help="Grade, but write nothing except the log."),
    log: str = typer.Option("", help="full: also show what every cell of every submission gave, and with which seed."),
    db: str = typer.Option("", help="The gradebook's address, such as postgresql://...; else the class's own."),
) -> None:
    """Grade submissions in isolation. Exit status 1: some were set aside ungraded; 2: nothing could be graded."""
    if engine == "local":
        from autograder.engine.pool import warm_up

        warm_up()
    from autograder.engine.errors import GradingError
    from autograder.engine.folder import ClassFolder
    from autograder.engine.run import Options, Run
    from autograder.sandbox import SandboxError

    gc.freeze()  # what is imported stays: no collection, the last one neither, need look through it again
    console = Console()
    if sandbox == "none":
        console.print("[bold red]No sandbox: students' code can read and change whatever this account can.[/]")
    outcomes: list[Outcome] = []
    options = Options(assignment, student, sandbox, regrade, dry_run, log == "full")
    try:
        with Run(ClassFolder(course, db or None), options) as graded:
            skipped = graded.skipped
            for outcome in _shown(graded, graded.outcomes(_pool(engine, scheduler, workers)), console, assignment):
                outcomes.append(outcome)
    except (GradingError, SandboxError) as error:
        console.print(f"[bold red]Nothing was graded:[/] {escape(str(error))}", highlight=False)
        raise typer.Exit(2) from None
    if log == "full":
        for outcome in outcomes:
            console.print(f"{outcome.student}: seed {outcome.seed}", style="bold", markup=False, highlight=False)
            for name, content in outcome.files.items():
                if name.endswith(".ipynb"):
                    console.print(_cells(json.loads(content)), markup=False, highlight=False)
    console.print(_table(assignment, outcomes, skipped))
    if not dry_run:
        _put_decisions(course, db, assignment)
    raise typer.Exit(any(outcome.set_aside for outcome in outcomes))


def _put_decisions(course: Path, db: str, assignment: str) -> None:
    """Let what was decided about the lesson (`autograder void`) hold for what has just been graded, and penalties follow."""
    from autograder.classroom import changes, console, room

    with console.refusals():
        for change in changes.apply(room.enter(course, db), assignment):
            console.say(f"  by a decision of the class: {change.student} {change.old:.2f} -> {change.new:.2f}")


def _shown(run: Run, outcomes: Iterator[Outcome], console: Console, assignment: str) -> Iterator[Outcome]:
    """The outcomes, with a bar that says how far the run is."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failures]} set aside"),
    )
    failures = 0
    with Progress(*columns, console=console) as progress:
        task = progress.add_task(assignment, total=run.total, rate="", failures=0)
        for count, outcome in enumerate(outcomes, 1):
            failures += outcome.set_aside
            # results arrive many at once, so the rate is that since the start
            speed = count / max(progress.tasks[0].elapsed or 0.0, 0.01)
            progress.update(task, advance=1, rate=f"{speed:.1f}/s", failures=failures)
            yield outcome


def _pool(engine: str, scheduler: str, workers: int) -> MakePool:
    if engine == "dask":
        from autograder.engine.dask_pool import DaskPool

        return lambda course: DaskPool(course, scheduler)
    from autograder.engine.pool import LocalPool

    return lambda course: LocalPool(course, workers)


def _cells(notebook: dict[str, Any]) -> str:
    """What a graded notebook's cells gave, as text in which nothing can steer a terminal."""
    lines = []
    for i, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] == "code":
            lines.append(f"-- cell {i} {cell['metadata'].get('nbgrader', {}).get('grade_id', '')}".rstrip())
            for output in cell["outputs"]:
                kind = output["output_type"]
                text = output.get("text") or output.get("traceback") or output.get("data", {}).get("text/plain", kind)
                lines.append("\n".join(text) if kind == "error" else "".join(text))
    return _printable(_COLOUR.sub("", "\n".join(lines)))


def _printable(text: str) -> str:
    """A text that cannot steer a terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)


def _table(assignment: str, outcomes: list[Outcome], skipped: int) -> Table:
    aside = sum(outcome.set_aside for outcome in outcomes)
    title = (
        f"{assignment}: {len(outcomes) - aside} graded"
        + (f", {aside} set aside ungraded" if aside else "")
        + (f", {skipped} unchanged since they were graded" if skipped else "")
    )
    table = Table("student", "score", "seconds", "note", title=title, title_justify="left")
    for outcome in sorted(outcomes, key=lambda o: o.student):
        score = "set aside" if outcome.set_aside else f"{outcome.score:g} / {outcome.max_score:g}"
        table.add_row(
            outcome.student,
            score,
            f"{outcome.seconds:.2f}",
            Text(_printable(outcome.note[:200])),
            style="bold red" if outcome.set_aside else "",
        )
    return table
