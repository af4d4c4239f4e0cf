"""Whose something is: the roster, by everything under which somebody can be found."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from autograder.classroom.roster import Student


class People:
    """The roster, by everything under which somebody can be found."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = list(students)
        self._keys: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        self._numbers: dict[str, set[str]] = {}
        for student in self.students:
            for key in (student.id, student.email):
                self._add(self._keys, key.casefold(), student.id)
            self._add(self._numbers, student.lms_id, student.id)
            for name in (student.first_name + student.last_name, student.last_name + student.first_name):
                self._add(self._names, plain(name), student.id)

    @staticmethod
    def _add(table: dict[str, set[str]], key: str, student: str) -> None:
        if key:
            table.setdefault(key, set()).add(student)

    @staticmethod
    def _only(found: set[str]) -> str:
        return next(iter(found)) if len(found) == 1 else ""

    def by_key(self, key: str) -> str:
        """Whose id or address this is."""
        return self._only(self._keys.get(unicodedata.normalize("NFC", key).casefold(), set()))

    def by_number(self, number: str) -> str:
        """Whose number in the LMS this is."""
        return self._only(self._numbers.get(number, set()))

    def by_name(self, name: str) -> str:
        """Whose name this is, where only one has it."""
        return self._only(self._names.get(plain(name), set()))

    def by_path(self, path: str) -> tuple[str, int]:
        """Whom a path names, and with which part: the outermost folder that names somebody, else the file's name or a piece of it."""
        parts = PurePosixPath(path).parts
        for depth, part in enumerate(parts[:-1]):
            if student := self.by_key(part) or self.by_name(part):
                return student, depth
        stem = PurePosixPath(parts[-1]).stem if parts else ""
        pieces = (stem, *re.split(r"[\s_()]+", stem), *re.split(r"[^\w.@-]+", stem))
        return self._only({student for piece in pieces if (student := self.by_key(piece))}), len(parts) - 1


def plain(name: str) -> str:
    """A name without what systems change in it: case, accents, spaces and signs."""
    letters = unicodedata.normalize("NFKD", name).casefold()
    return "".join(sign for sign in letters if sign.isalnum())
