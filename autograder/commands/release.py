"""`autograder release`: make exercises/ from solutions/."""

from __future__ import annotations

import typer


def run(
    lessons: list[str] = typer.Argument(..., help="Assignments, such as lesson-03."),  # noqa: B008
    check: bool = typer.Option(False, help="Only tell whether exercises/ is in step; exit 1 where it is not."),
) -> None:
    """Make the releases of lessons from their solutions."""
    from autograder import release

    late = False
    for lesson in lessons:
        names = release.out_of_step(lesson)
        late = late or bool(names)
        if names and check:
            print(
                f"exercises/{lesson}: out of step with solutions/ ({', '.join(names)}); run `make exercises`, never edit exercises/ by hand"
            )
        elif names:
            release.generate(lesson, release.ROOT / "exercises")
            print(f"released: exercises/{lesson}")
    raise typer.Exit(late and check)
