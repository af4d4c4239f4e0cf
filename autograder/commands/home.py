"""`autograder home`: the exercises as one zip."""

from __future__ import annotations

from pathlib import Path

import typer


def run(target: Path = typer.Argument(Path("build/exercises.zip"), help="Where the zip goes.")) -> None:  # noqa: B008
    """Write one zip with all exercises, what they need, and a start line for each system."""
    from autograder.home import write

    count = write(target)
    print(f"{target}: {count} files, {target.stat().st_size / 1e6:.1f} MB")
