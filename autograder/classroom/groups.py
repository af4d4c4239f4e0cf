"""The files of a folder or an archive by whoever handed them in; their names say which system wrote them."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from autograder.classroom import owners
from autograder.classroom.hand_in import HandIn
from autograder.classroom.lms import canvas, moodle
from autograder.classroom.lms.canvas import CanvasFile
from autograder.classroom.lms.moodle import MoodleFile
from autograder.classroom.owners import Owner, Worksheet
from autograder.classroom.people import People
from autograder.unpacking.entry import Entry

_SURE = {
    "canvas": "take Canvas's gradebook, which has the numbers, as the roster",
    "moodle": "the grading worksheet says who it is: --worksheet FILE",
}


class Groups:
    """Hand-ins that come together from entries, one by one. whose: the student whose all of it is"""

    def __init__(self, people: People, worksheet: Worksheet | None = None, whose: str = "") -> None:
        self.people, self.worksheet, self.whose = people, worksheet, whose
        self._hand_ins: dict[str, HandIn] = {}
        self._depths: dict[str, tuple[int, str]] = {}  # of what a path names: with which part, and the outermost one
        self._named: set[str] = set()  # that a name alone leads to somebody

    def add(self, entry: Entry) -> None:
        """Add a file to the hand-in whose it is."""
        if entry.ends:
            told = f"{entry.refused}: collect the rest apart. Who is 'not handed in' here may be in it"
            self._hand_ins["the rest"] = HandIn(f"{entry.name} and what follows", failed=told)
            return
        path = owners.written(entry.name, self.people)
        around = entry.name[: len(entry.name) - len(path)]
        if (in_moodle := moodle.parse_name(path)) is not None:
            key = self._add_moodle(in_moodle, around, path, entry)
        elif readings := canvas.readings(path):
            key = self._add_canvas(readings, path, entry)
        else:
            self._add_by_path(entry)
            return
        if around and self._hand_ins[key].student and not self.whose:
            self._depths.setdefault(key, (around.count("/"), around.partition("/")[0]))

    def hand_ins(self) -> list[HandIn]:
        """All of them, when everything is added; what leads to a student less surely than others is nobody's."""
        self._only_outermost()
        self._none_of_a_name()
        return list(self._hand_ins.values())

    def _add_moodle(self, file: MoodleFile, around: str, path: str, entry: Entry) -> str:
        owner = Owner(self.whose) if self.whose else owners.in_moodle(file, self.people, self.worksheet)
        label = f"{file.full_name}_{file.number}" if file.number else file.name
        folder = f"moodle {file.folder}" if file.number else ""
        hand_in = HandIn(label, owner.student, unknown=owner.why, folder=folder)
        if self.worksheet:
            hand_in.when = self.worksheet.when.get(file.number)
            hand_in.notes += [doubt] if (doubt := self.worksheet.doubts.get(file.number)) else []
        # A participant's number is another one in every assignment.
        key = f"moodle {around}{file.number or path}"
        self._hand_ins.setdefault(key, hand_in).add(file.name, entry)
        self._named |= {key} if owner.by_name else set()
        return key

    def _add_canvas(self, readings: list[CanvasFile], path: str, entry: Entry) -> str:
        """What the student called the file says nothing about whose it is."""
        file, owner = owners.in_canvas(path, readings, self.people)
        student = self.whose or owner.student
        late = file.late if owner.student else any(reading.late for reading in readings)
        folder = "" if self.whose and not owner.student else f"canvas {file.user}"
        why = "" if self.whose else owner.why
        key = f"canvas {file.user} {student}"
        hand_in = HandIn(file.called or path, student, late=late, unknown=why, folder=folder)
        hand_in = self._hand_ins.setdefault(key, hand_in)
        hand_in.add(file.name, entry)
        hand_in.upload = max(hand_in.upload, file.file)
        self._named |= {key} if owner.by_name and not self.whose else set()
        return key

    def _add_by_path(self, entry: Entry) -> None:
        named, depth = self.people.by_path(entry.name)
        parts = PurePosixPath(entry.name).parts or (entry.name,)
        student = self.whose or named
        label = student or (parts[0] if len(parts) > 1 else entry.name)
        why = (
            "" if student else f"no part of {entry.name!r} is the id or address of one student{self.people.near(parts)}"
        )
        key = f"path {depth if student else ''} {label}"
        hand_in = self._hand_ins.setdefault(key, HandIn(label, student, unknown=why))
        is_folder = student == named and depth < len(parts) - 1
        name = "/".join(parts[depth + 1 :]) if student and is_folder else entry.name
        # Two folders may name the same student; neither's file stands for the other's.
        hand_in.add(entry.name if name in hand_in.files else name, entry)
        if student and not self.whose:
            self._depths.setdefault(key, (depth, parts[0]))

    def _only_outermost(self) -> None:
        """Give to nobody what names its student further in than others: a folder inside somebody's hand-in may have any name."""
        outermost = min((depth for depth, _ in self._depths.values()), default=0)
        for key, (depth, outer) in self._depths.items():
            if depth > outermost:
                found = self._hand_ins[key]
                found.unknown = (
                    f"{found.student!r} stands only inside {outer!r}, which names nobody, and other hand-ins here are named "
                    "further out: whoever handed it in may have chosen that name; --student says whose it is"
                )
                found.student, found.label = "", outer

    def _none_of_a_name(self) -> None:
        """Give to nobody what a name alone leads to a student to whom something else of the same system leads as well."""
        count = Counter(found.student for found in self._hand_ins.values() if found.folder)
        for found in (self._hand_ins[key] for key in self._named):
            if found.student and count[found.student] > 1:
                found.unknown = (
                    f"{found.label!r} leads to {found.student!r} by a name alone, and so does another hand-in here, whose number "
                    f"is another one: a name is chosen by whoever has it; {_SURE[found.folder.partition(' ')[0]]}"
                )
                found.student = ""
