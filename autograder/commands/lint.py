"""`autograder lint`: prove that the solution notebooks keep the contract."""

from __future__ import annotations

from pathlib import Path

import typer


def run(notebooks: list[Path] = typer.Argument(..., help="Solution notebooks.")) -> None:  # noqa: B008
    """Tell everything in solution notebooks that breaks the contract of exercises; exit 1 where something does."""
    from autograder.lint import lint

    problems = [problem for path in notebooks for problem in lint(path)]
    print("\n".join(problems) or f"{len(notebooks)} notebooks keep the contract")
    raise typer.Exit(bool(problems))
