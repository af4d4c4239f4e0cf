"""`autograder cases`: make the case files of the visible checks."""

from __future__ import annotations

import typer


def run(
    check: bool = typer.Option(False, help="Only tell whether the files are in step; exit 1 where they are not."),
) -> None:
    """Make the case files of the visible checks from the lessons."""
    from autograder import cases
    from autograder.lessons import left_out, lessons
    from seqlib.exercises.cases import FOLDER

    for text in left_out().values():
        print(text)
    if not check:
        for path in cases.write():
            print(f"written: {path}")
        return
    late = [lesson for lesson in lessons() if not cases.in_step(lesson, FOLDER / f"{lesson}.npz")]
    for lesson in late:
        print(f"{lesson}: the case file is out of step with autograder/lessons; run `autograder cases`")
    raise typer.Exit(bool(late))
