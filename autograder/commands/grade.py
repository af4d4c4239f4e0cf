"""`autograder grade`: grade a class's submissions of one assignment."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from autograder.engine.run import MakePool, Options, Outcome, Run
    from autograder.engine.summary import Summary

ENGINES, SANDBOXES, LOGS = ("local", "dask"), ("bubblewrap", "none"), ("", "full")
EXTRAS = {"distributed": "dask", "psycopg": "postgres", "psycopg2": "postgres"}
INTERRUPTED = 130


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
    regrade: bool = typer.Option(
        False, help="Grade again what has been graded, with the recorded seed, by today's checks and today's source."
    ),
    dry_run: bool = typer.Option(False, help="Grade, but write nothing except the log."),
    log: str = typer.Option("", help="full: also show what every cell of every submission gave, and with which seed."),
    db: str = typer.Option("", help="The gradebook's address, such as postgresql://...; else the class's own."),
) -> None:
    """Grade submissions in isolation.

    Exit status 1: some were set aside ungraded, or were graded by other checks than today's; 2: nothing could be graded;
    130: interrupted, and the next call goes on.
    """
    _check_options(engine, scheduler, sandbox, log)
    console = Console()
    outcomes: list[Outcome] = []
    with _one_line(console, outcomes):
        if engine == "local":
            from autograder.engine.pool import warm_up

            warm_up()
        from autograder.engine.run import Options

        if sandbox == "none":
            console.print("[bold red]No sandbox: students' code can read and change whatever this account can.[/]")
        if not dry_run:
            _note_marks(course, db, assignment)
        options = Options(assignment, student, sandbox, regrade, dry_run, log == "full")
        summary = _graded(course, db, options, _pool(engine, scheduler, workers), console, outcomes)
    if log == "full":
        summary.show_cells(console)
    summary.show(console, _names(course, db))
    if dry_run:
        console.print("Nothing was written: a dry run only shows what grading would give.")
    else:
        _follow_up(course, db, assignment)
    raise typer.Exit(summary.status)


def _graded(
    course: Path, db: str, options: Options, make_pool: MakePool, console: Console, outcomes: list[Outcome]
) -> Summary:
    """The whole run. outcomes: grows, so that who interrupts it can tell how far it was."""
    from autograder.engine.folder import ClassFolder
    from autograder.engine.run import Run
    from autograder.engine.summary import Summary

    gc.freeze()  # what is imported stays: no collection, the last one neither, need look through it again
    with Run(ClassFolder(course, db or None), options) as run:
        for outcome in _shown(run, run.outcomes(make_pool), console, options.assignment):
            outcomes.append(outcome)
        return Summary(run, outcomes, options.assignment)


def _check_options(engine: str, scheduler: str, sandbox: str, log: str) -> None:
    for name, value, known in (("--engine", engine, ENGINES), ("--sandbox", sandbox, SANDBOXES), ("--log", log, LOGS)):
        if value not in known:
            raise typer.BadParameter(f"{name} is one of {', '.join(filter(None, known))}, not {value!r}")
    if engine == "dask" and not scheduler:
        raise typer.BadParameter("--engine dask needs --scheduler, such as tcp://host:8786")


@contextmanager
def _one_line(console: Console, outcomes: list[Outcome]) -> Iterator[None]:
    """Whatever keeps a run from its end is said in one line, with a true exit status."""
    from autograder.engine.errors import GradingError
    from autograder.patches import UnknownVersion
    from autograder.sandbox import SandboxError

    try:
        yield
    except KeyboardInterrupt:
        _refuse(console, "Interrupted", "", outcomes, INTERRUPTED)
    except (GradingError, SandboxError, UnknownVersion) as error:
        _refuse(console, "Nothing was graded", str(error), outcomes)
    except ModuleNotFoundError as error:
        if (extra := EXTRAS.get(str(error.name))) is None:
            raise
        _refuse(
            console,
            "Nothing was graded",
            f"{error.name} is not installed; this project's extra {extra} brings it",
            outcomes,
        )
    except OSError as error:
        _refuse(console, "Stopped", f"{error.filename or 'a file'}: {error.strerror or error}", outcomes)
    except Exception as error:
        from sqlalchemy.exc import SQLAlchemyError

        if not isinstance(error, SQLAlchemyError):
            raise
        _refuse(console, "Stopped", f"the gradebook: {getattr(error, 'orig', None) or error}", outcomes)


def _refuse(console: Console, what: str, why: str, outcomes: list[Outcome], status: int = 2) -> None:
    from autograder.engine.summary import printable

    done = sum(not outcome.set_aside for outcome in outcomes)
    if done:
        why += f"{'; ' if why else ''}{done} are graded, and the same command goes on from there"
    line = " ".join(printable(why).split())
    console.print(Text(f"{what}: {line}" if line else f"{what}.", style="bold red"), soft_wrap=True)
    raise typer.Exit(status) from None


def _names(course: Path, db: str) -> dict[str, str]:
    """The names that the class's roster has, by id; none where it cannot be read, which keeps nobody from a grade."""
    from autograder.classroom import refusal, room, roster

    try:
        return {
            student.id: student.name for student in roster.load(room.enter(course, db)) if student.name != student.id
        }
    except refusal.Refusal:
        return {}


def _note_marks(course: Path, db: str, assignment: str) -> None:
    """Note what people's marks were given for, before the answers change."""
    from autograder.classroom import grades, marked, room
    from autograder.classroom.refusal import Refusal

    with suppress(Refusal):  # no class: grading says so itself
        here = room.enter(course, db)
        with here.folder.gradebook() as book:
            if marked.follow(here, book, grades.read(book, assignment)):
                book.db.commit()


def _follow_up(course: Path, db: str, assignment: str) -> None:
    """Let what was decided about the lesson (`autograder void`) hold for what has just been graded, and say what is to be marked."""
    from autograder.classroom import changes, console, room, status, voids

    with console.refusals():
        here = room.enter(course, db)
        if voided := voids.voided(here, assignment):
            console.say(
                f"Voided: {', '.join(voided)}. The column 'checks' has what they gave; a score counts them in full."
            )
        for change in changes.apply(here, assignment):
            console.say(f"  by a decision of the class: {change.student} {change.old:.2f} -> {change.new:.2f}")
        standings = status.read(here, assignment).standings
    if to_mark := sum(bool(standing.to_mark) for standing in standings):
        console.say(f"Written answers to mark: of {console.count(to_mark, 'student')}.")
    if again := [standing.student for standing in standings if standing.again]:
        console.some("Marks that were given for another answer, question or points, to look at again", again)


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
        from autograder.engine.dask_pool import DaskPool, connect

        client = connect(scheduler)
        return lambda course: DaskPool(course, client)
    from autograder.engine.pool import LocalPool

    return lambda course: LocalPool(course, workers)
