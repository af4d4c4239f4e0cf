"""How the verbs speak: one line for a refusal, progress for what takes long, the next command at the end."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from autograder import tables

if TYPE_CHECKING:
    from autograder.classroom.room import Room

T = TypeVar("T")
console = Console(highlight=False)

Course = Annotated[Path, typer.Option("--course", help="The class folder, where nbgrader_config.py lies.")]
Database = Annotated[str, typer.Option("--db", help="The gradebook's address; else the class's own.")]
Lesson = Annotated[str, typer.Argument(help="The lesson, such as lesson-03.")]


def printable(text: str) -> str:
    """A text that cannot steer a terminal."""
    return "".join(sign if sign.isprintable() or sign == "\n" else "?" for sign in text)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn what cannot be done into one line and exit status 2."""
    from sqlalchemy.exc import SQLAlchemyError

    from autograder.classroom.refusal import Refusal
    from autograder.engine.errors import GradingError

    try:
        yield
    except (Refusal, GradingError) as error:
        refuse(str(error))
    except SQLAlchemyError as error:
        refuse(f"the gradebook: {getattr(error, 'orig', None) or error}")
    except OSError as error:
        refuse(f"{error.filename or 'a file'}: {error.strerror or error}")


def refuse(text: str) -> None:
    """Say why nothing was done, and end with status 2."""
    line = " ".join(printable(text).split())
    console.print(Text(f"Nothing was written: {line}", style="bold red"), soft_wrap=True)
    raise typer.Exit(2)


def say(text: str) -> None:
    """One line in which nothing is markup."""
    console.print(Text(printable(text)), soft_wrap=True)


def count(number: int, what: str) -> str:
    """A number of things, with the plural where it is not one."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def some(text: str, students: list[str], most: int = 8) -> None:
    """How many students a line is about, and the first of them."""
    say(f"{text}: {len(students)} ({', '.join(students[:most])}{', ...' if len(students) > most else ''})")


def next_command(*words: str | Path) -> None:
    """Name the command that usually follows."""
    say(f"Next: autograder {shlex.join(map(str, words))}")


def tracked(items: Iterable[T], total: int, what: str) -> Iterator[T]:
    """The items, with a bar while they pass."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=total)
        for item in items:
            yield item
            progress.advance(task)


def table(title: str, header: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table in which nothing of a student's is markup."""
    cells = [[printable("" if cell is None else str(cell)) for cell in row] for row in rows]
    tables.show(console, list(header), cells, title)


def with_names(
    room: Room, header: Sequence[str], rows: Iterable[Sequence[str]]
) -> tuple[Sequence[str], list[Sequence[str]]]:
    """A table of students with a column of their names behind that of their ids, if the roster has names."""
    from autograder.classroom import roster

    names = {student.id: student.name for student in roster.load(room) if student.name != student.id}
    if not names:
        return header, list(rows)
    return (header[0], "name", *header[1:]), [(row[0], names.get(row[0], ""), *row[1:]) for row in rows]


def told_changes(changes: Iterable[object], *, written: bool) -> None:
    """Whose totals a decision changes, or would change; then how to make it."""
    rows = [(c.student, f"{c.old:.2f}", f"{c.new:.2f}") for c in changes]  # type: ignore[attr-defined]
    table(
        f"{count(len(rows), 'total')} {'changed' if written else 'would change'}", ("student", "before", "after"), rows
    )
    if not written:
        say("Nothing was written; the same command with --yes writes it.")
