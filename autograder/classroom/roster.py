"""Who is in the class: `roster.csv` in the class folder, and the same people in nbgrader's gradebook."""

from __future__ import annotations

import csv
import difflib
import io
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from autograder.classroom import files
from autograder.classroom.lms import canvas, moodle, table
from autograder.classroom.received import NOT_TAKEN
from autograder.classroom.refusal import Refusal
from autograder.classroom.room import Room

ROSTER = "roster.csv"
_JOINERS = "\u200c\u200d"
IDS = ("id", "student_id", "student id", "username", "login")


@dataclass(frozen=True)
class Student:
    """One person. id: the name of the folder; lms_id: the number in Canvas; enrolled: "no" for who has left"""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    section: str = ""
    lms_id: str = ""
    enrolled: str = "yes"

    @property
    def name(self) -> str:
        """First and last name, or the id where there are none."""
        return f"{self.first_name} {self.last_name}".strip() or self.id


FIELDS = tuple(field.name for field in fields(Student))


@dataclass(frozen=True)
class Change:
    """What a file changed in the roster. renamed: from the id that somebody has in the file to the one known here"""

    kind: str
    added: list[Student]
    changed: list[Student]
    gone: list[Student]
    students: list[Student]
    renamed: dict[str, str]


def nobody(student: str, ids: Iterable[str]) -> Refusal:
    """The refusal of an id that the roster lacks, with those that it may have been meant to be."""
    known = {id_.casefold(): id_ for id_ in ids}
    near = [known[found] for found in difflib.get_close_matches(student.casefold(), sorted(known))]
    return Refusal(f"no student {student!r} in the roster" + (f"; did you mean {' or '.join(near)}?" if near else ""))


def load(room: Room) -> list[Student]:
    """The roster as it stands. Raises Refusal where the file is broken."""
    path = room.root / ROSTER
    if not path.is_file():
        return []
    found = table.read(path) if path.read_text(encoding="utf-8", errors="replace").strip() else None
    return [] if found is None else _plain(found)


def read(path: Path) -> tuple[str, list[Student]]:
    """A file of any known kind: its kind and its students. Raises Refusal with the line that does not fit."""
    found = table.read(path)
    if canvas.is_gradebook(found):
        kind, rows = "Canvas gradebook", canvas.students(found)
    elif moodle.is_worksheet(found):
        kind, rows = "Moodle grading worksheet", moodle.students(found)
    elif moodle.is_gradebook(found):
        kind, rows = "Moodle gradebook", moodle.students(found)
    else:
        kind, rows = "plain CSV", []
    students = [_student(path, {name: row.get(name, "") for name in FIELDS}, row["line"]) for row in rows]
    if kind == "plain CSV":
        students = _plain(found)
    if not students:
        raise Refusal(f"{path} lists no students ({kind})")
    _distinct(path, students)
    return kind, students


def _plain(found: table.Table) -> list[Student]:
    at = found.column(*IDS)
    if at is None:
        raise Refusal(
            f"{found.path}: no column 'id' in its header ({', '.join(found.header)[:120]}); a roster has id, and if wanted "
            "first_name, last_name, email, section; or take the gradebook export of Canvas or Moodle as it is"
        )
    places = {"id": at}
    for name in FIELDS[1:]:
        place = found.column(name, name.replace("_", " "))
        if place is not None:
            places[name] = place
    whole = found.column("name", "full name")
    students = []
    for row in found.rows[1:]:
        if not row.is_blank():
            values = {name: row[place].strip() for name, place in places.items()}
            if whole is not None and not {"first_name", "last_name"} & places.keys():
                # Without a comma nothing says which part is the last name.
                values["last_name"], _, values["first_name"] = map(str.strip, row[whole].partition(","))
            values["enrolled"] = "no" if values.get("enrolled", "").casefold() == "no" else "yes"
            students.append(_student(found.path, values, str(row.line)))
    _distinct(found.path, students)
    return students


def _student(path: Path, values: dict[str, str], line: str) -> Student:
    if not values.get("id"):
        raise Refusal(f"{path}, line {line}: no id")
    plain = {name: value if name == "id" else _shown(value) for name, value in values.items()}
    student = Student(**{name: unicodedata.normalize("NFC", value) for name, value in plain.items() if value})
    if reason := unusable(student.id):
        raise Refusal(f"{path}, line {line}: the id {student.id!r} {reason}")
    if any(unicodedata.category(sign) == "Cc" for value in asdict(student).values() for sign in value):
        raise Refusal(f"{path}, line {line}: a control character stands in the entry of {student.id}")
    return student


def _shown(value: str) -> str:
    """A name without signs that nobody sees, but for the two that join letters or keep them apart, as Persian names need them."""
    signs = []
    for sign in value:
        kind = unicodedata.category(sign)
        if kind.startswith("Z"):
            signs.append(" ")
        elif sign.isprintable() or kind == "Cc" or sign in _JOINERS:
            signs.append(sign)
    return "".join(signs).strip()


def unusable(name: str) -> str:
    """Why an id cannot be a folder's name in a class; "" where it can."""
    if name.casefold() == NOT_TAKEN:
        return "is the name of the folder of what was not taken; give this student another one in the file"
    if "/" in name or "\\" in name or name.startswith(".") or name != name.strip():
        return "cannot be the name of a folder"
    if len(name.encode(errors="replace")) > 120:
        return "is longer than 120 bytes"
    return "" if name.isprintable() else "holds a character that cannot be printed"


def _distinct(path: Path, students: list[Student]) -> None:
    seen: dict[str, str] = {}
    for student in students:
        key = student.id.casefold()
        if key in seen:
            raise Refusal(f"{path}: {seen[key]!r} and {student.id!r} are the same id; each student stands there once")
        seen[key] = student.id


def compare(old: list[Student], kind: str, new: list[Student], *, partial: bool = False) -> Change:
    """What a file changes. partial: the file lists a part of the class, so nobody is gone who is not in it."""
    known = {student.id.casefold() for student in old}
    listed = {student.id.casefold(): student for student in new}
    # A login can change, a number does not; the known id stays, as folders and grades have it.
    numbered = {student.lms_id: student for student in new if student.lms_id and student.id.casefold() not in known}
    merged, changed, gone = list[Student](), list[Student](), list[Student]()
    renamed: dict[str, str] = {}
    for student in old:
        fresh = listed.get(student.id.casefold())
        if fresh is None and (fresh := numbered.pop(student.lms_id, None)) is not None:
            renamed[fresh.id] = student.id
        if fresh is None:
            left = student if partial else Student(**{**asdict(student), "enrolled": "no"})
            if left != student:
                gone.append(student)
            merged.append(left)
            continue
        # An id that is written in another case is the same one; the folders have it as it was first.
        said = {name: value for name, value in asdict(fresh).items() if value and name != "id"}
        merged.append(Student(**{**asdict(student), **said}))
        if merged[-1] != student:
            changed.append(merged[-1])
    added = [student for student in new if student.id.casefold() not in known and student.id not in renamed]
    return Change(kind, added, changed, gone, [*merged, *added], renamed)


def save(room: Room, change: Change) -> None:
    """Write the roster, and tell the gradebook of everybody."""
    text = io.StringIO()
    writer = csv.DictWriter(text, FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(student) for student in change.students)
    with room.folder.gradebook() as book:
        known = {student.id: student for student in book.students}
        for student in change.students:
            names = {name: getattr(student, name) or None for name in ("first_name", "last_name", "email")}
            names["lms_user_id"] = student.lms_id or None
            row = known.get(student.id)
            if row is None:
                book.add_student(student.id, **names)
            elif any(getattr(row, name) != value for name, value in names.items() if value):
                book.update_or_create_student(student.id, **{k: v for k, v in names.items() if v})
    files.put(room.root / ROSTER, text.getvalue().encode())
