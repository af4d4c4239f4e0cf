"""The `autograder` command: one module a verb, in autograder/commands."""

from __future__ import annotations

import typer

from autograder.commands import (
    backup,
    cases,
    collect,
    doctor,
    export,
    extension,
    feedback,
    give_back,
    grade,
    home,
    lint,
    mark,
    move_gradebook,
    new_class,
    new_lesson,
    points,
    release,
    restore,
    roster,
    sample_class,
    similar,
    statistics,
    status,
    void,
)

HELP = "Run a class: hand out its notebooks, collect, grade, mark and return them. The instructor's guide walks through a term."
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
app.command("backup")(backup.run)
app.command("cases")(cases.run)
app.command("collect")(collect.run)
app.command("doctor")(doctor.run)
app.command("export")(export.run)
app.command("extension")(extension.run)
app.command("feedback")(feedback.run)
app.command("return")(give_back.run)
app.command("grade")(grade.run)
app.command("home")(home.run)
app.command("lint")(lint.run)
app.command("mark")(mark.run)
app.command("move-gradebook")(move_gradebook.run)
app.command("new-class")(new_class.run)
app.command("new-lesson")(new_lesson.run)
app.command("points")(points.run)
app.command("release")(release.run)
app.command("restore")(restore.run)
app.command("roster")(roster.run)
app.command("sample-class")(sample_class.run)
app.command("similar")(similar.run)
app.command("statistics")(statistics.run)
app.command("status")(status.run)
app.command("void")(void.run)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
