"""`autograder release`: in the project, exercises/ from solutions/; in a class, a lesson goes out to its students."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from autograder.classroom import console

if TYPE_CHECKING:
    from autograder.classroom.room import Room

CLASS_SETTINGS = "class.json"


def run(
    lessons: Annotated[list[str], typer.Argument(help="Lessons, such as lesson-03.")],
    due: Annotated[
        list[str] | None,
        typer.Option(
            help="When it is due, such as '2026-03-02 23:59', in the class's time zone. Once for all, or once for each lesson."
        ),
    ] = None,
    late: Annotated[str, typer.Option(help="What lateness costs: none, zero, or such as '20% a day'.")] = "",
    to: Annotated[str, typer.Option(help="zip or folder, to put on an LMS, or exchange, nbgrader's.")] = "zip",
    out: Annotated[Path | None, typer.Option(help="Where the zip or folder goes; else handout/ in the class.")] = None,
    check: Annotated[
        bool, typer.Option(help="In the project: only tell whether exercises/ is in step; exit 1 if not.")
    ] = False,
    course: console.Course = Path("."),
    db: console.Database = "",
) -> None:
    """Release lessons: to a class's students, or, in the project's folder, exercises/ from solutions/."""
    is_project = (course.resolve() / "solutions").is_dir() and not (course / CLASS_SETTINGS).is_file()
    if is_project and not (due or late or out or db or to != "zip"):
        raise typer.Exit(_project(lessons, check))
    with console.refusals():
        _to_class(lessons, due or [], late, to, out, course, db)


def _to_class(lessons: list[str], due: list[str], late: str, to: str, out: Path | None, course: Path, db: str) -> None:
    from autograder.classroom import dates, files, hand_out, times
    from autograder.classroom.late import share
    from autograder.classroom.refusal import Refusal
    from autograder.classroom.room import enter
    from autograder.lessons import why_left_out

    room = enter(course, db)
    if to not in hand_out.TARGETS:
        raise Refusal(f"--to {to}: one of {', '.join(hand_out.TARGETS)}")
    if len(due) > 1 and len(due) != len(lessons):
        raise Refusal(
            f"{len(due)} due dates for {len(lessons)} lessons: give --due once for all, or once for each lesson"
        )
    if late:
        share(late, 0.0)
    for lesson in lessons:
        hand_out.require_known(room, lesson)
    moments = [times.parse(text, room.zone, end_of_day=True) for text in due]
    due_of = dict(zip(lessons, moments * len(lessons) if len(moments) == 1 else moments, strict=False))
    default = room.root / "handout"
    for lesson in lessons if to == "folder" else ():
        files.check_replaceable((out or default) / lesson, "release", default / lesson)
    with room.writing(*lessons):
        for lesson in console.tracked(lessons, len(lessons), "release"):
            changed = hand_out.prepare(room, lesson)
            if text := why_left_out(lesson):
                console.say(f"{text}: released without a run of its solution, and grading will need it")
            penalties = dates.set_due(room, lesson, due_of.get(lesson), late or None)
            where = _hand_out(room, lesson, to, out or default)
            told = times.show(dates.due(room, lesson), room.zone) or "no due date"
            console.say(
                f"{lesson}: {'released anew' if changed else 'released'}, {_points(room, lesson):g} points, due: {told}; {where}"
            )
            for student, (old, new) in penalties.items():
                console.say(f"  penalty of {student}: {old:.2f} -> {new:.2f}")
    console.next_command("collect", lessons[0], "FROM")


def _points(room: Room, lesson: str) -> float:
    from autograder.classroom import grades

    with room.folder.gradebook() as book:
        return grades.read(book, lesson).points


def _hand_out(room: Room, lesson: str, to: str, out: Path) -> str:
    from autograder.classroom import files, hand_out

    if to == "exchange":
        hand_out.into_exchange(room, lesson)
        return "students fetch it from the exchange"
    if to == "folder":
        content = files.contents(room.place("release", ".", lesson))
        files.lay_out(out / lesson, content, "release", room.root / "handout" / lesson)
        return f"{out / lesson}"
    hand_out.archive(room, lesson, out / f"{lesson}.zip")
    return f"{out / f'{lesson}.zip'}"


def _project(lessons: list[str], check: bool) -> bool:
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
    return late and check
