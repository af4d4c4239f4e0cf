"""`autograder new-lesson`: fill the templates of a lesson."""

from __future__ import annotations

import typer

NEXT = """Next: everything that says "to be written" (grep -ri 'to be written' autograder/lessons solutions book), then
  autograder cases && make outputs exercises book && python -m pytest tests/course tests/book
Wrong and right answers, as tests/wrong_answers/lesson-03.toml and tests/right_answers/lesson-03.toml have them, come with it."""


def run(
    number: int = typer.Argument(..., min=1, max=99, help="The lesson's number."),
    title: str = typer.Argument(..., help="Its title."),
    function: list[str] = typer.Option(..., help="A graded function; seqlib has it already. Once for each."),  # noqa: B008
    items: int = typer.Option(4, min=1, help="How many items the curriculum numbers in it."),
) -> None:
    """Write a new lesson's hidden side, notebook, chapter, quiz and items from templates, and its line in the contents."""
    from autograder.new_lesson import ROOT, Lesson, create

    try:
        for path in create(Lesson(number, title, items, tuple(function))):
            print(f"written: {path.relative_to(ROOT)}")
    except (ValueError, FileExistsError) as error:
        raise typer.BadParameter(str(error)) from None
    print(NEXT)
