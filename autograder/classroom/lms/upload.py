"""Where an upload has a student's page: by the names of the archive that the LMS gave, so that it goes to that student alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autograder.classroom.lms import canvas, moodle
from autograder.classroom.people import People

ABSENT = "not in the LMS's archive"
SEVERAL = "two accounts in the LMS's archive lead to one student"
TEXT = "handed in a text or a link, under which Canvas takes no file"


@dataclass
class Upload:
    """Who has which place in an upload, and why others have none."""

    prefixes: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)

    def reason(self, student: str) -> str:
        """Why a student has no place in it."""
        return self.reasons.get(student, ABSENT)


class _Accounts:
    """The accounts of an archive that lead to a student, each with the place of its first file."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, str]] = defaultdict(dict)

    def add(self, student: str, account: str, prefix: str) -> None:
        """Note a file. prefix: "" where nothing can be uploaded beside it"""
        if student:
            there = self._of[student]
            there[account] = there.get(account) or prefix

    def upload(self) -> Upload:
        """Nobody gets a page of whom two accounts say that it is theirs."""
        made = Upload()
        for student, accounts in self._of.items():
            prefix = next(iter(accounts.values()))
            if len(accounts) > 1:
                made.reasons[student] = SEVERAL
            elif not prefix:
                made.reasons[student] = TEXT
            else:
                made.prefixes[student] = prefix
        return made


def in_canvas(names: Iterable[str], people: People) -> Upload:
    """By the number, where the roster has it; by the name only for who has none there."""
    accounts = _Accounts()
    numbers = {student.id: student.lms_id for student in people.students}
    for name in names:
        if (file := canvas.parse_name(name)) is None:
            continue
        student = people.by_number(file.user)
        if not student and numbers.get(named := people.by_name(name.partition("_")[0])) == "":
            student = named
        if file.file and not _leads_to(name, file):
            continue
        # An upload is matched by everything up to the file's number; the type of the file may differ.
        accounts.add(student, file.user, name[: len(name) - len(file.name)] if file.file else "")
    return accounts.upload()


def _leads_to(name: str, file: canvas.CanvasFile) -> bool:
    """Whether Canvas takes a name for this account's: the first two pieces that are numbers say whose it is (its assignment.rb)."""
    pieces = [piece for piece in name.split("_") if piece.isascii() and piece.isdigit()][:2]
    return pieces[:1] == [file.user] and [int(piece) for piece in pieces[1:]] == [file.file]


def in_moodle(names: Iterable[str], people: People, collected: Mapping[str, str]) -> Upload:
    """By the participant's number, as it was collected or by the name. collected: whose hand-in came from where"""
    accounts = _Accounts()
    for name in names:
        there = moodle.parse_name(name)
        # Moodle writes no "_" into a name, and reads the number behind the first one.
        if there is None or not there.number or "_" in there.full_name:
            continue
        student = collected.get(f"moodle {there.folder}") or people.by_name(there.full_name)
        accounts.add(student, there.number, f"{there.full_name}_{there.number}_assignfeedback_file/")
    return accounts.upload()
