"""`autograder lint`: prove that the solution notebooks keep the contract."""

from __future__ import annotations

from pathlib import Path

import typer


def run(notebooks: list[Path] = typer.Argument(..., help="Solution notebooks.")) -> None:  # noqa: B008
    """Tell everything in solution notebooks that breaks the contract of exercises; exit 1 where something does."""
    from autograder.lessons import why_left_out
    from autograder.lint import lint

    if missing := [str(path) for path in notebooks if not path.is_file()]:
        print(f"no file {', '.join(missing)}; expected solution notebooks, such as solutions/lesson-03/lesson-03.ipynb")
        raise typer.Exit(2)
    left_out = [text for path in notebooks if (text := why_left_out(path.stem))]
    problems = [problem for path in notebooks for problem in lint(path)]
    print("\n".join([*left_out, *(problems or [f"{len(notebooks) - len(left_out)} notebooks keep the contract"])]))
    raise typer.Exit(bool(problems))
