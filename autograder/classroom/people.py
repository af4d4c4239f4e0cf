"""Whose something is: the roster, by everything under which somebody can be found."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import PurePosixPath

from autograder.classroom.roster import Student

_ACCENTS = re.compile("[\u0300-\u036f\ufe00-\ufe0f]")  # of Latin, Greek and Cyrillic letters; variants of a picture

# What browsers and systems put behind a name, one behind the other.
_ENDINGS = re.compile(r"(?:\.(?:ipynb|json|txt|html|pdf|zip|tar|tgz|gz))+$", re.IGNORECASE)


class People:
    """The roster, by everything under which somebody can be found."""

    def __init__(self, students: Iterable[Student]) -> None:
        self.students = list(students)
        self._ids: dict[str, set[str]] = {}
        self._addresses: dict[str, set[str]] = {}
        self._names: dict[str, set[str]] = {}
        self._numbers: dict[str, set[str]] = {}
        self._called: dict[str, set[str]] = {}
        for student in self.students:
            self._add(self._ids, _key(student.id), student.id)
            self._add(self._addresses, _key(student.email), student.id)
            self._add(self._numbers, student.lms_id, student.id)
            for name in (student.first_name + student.last_name, student.last_name + student.first_name):
                self._add(self._names, plain(name), student.id)
                self._add(self._called, student.id, plain(name))
        self._numbered = {student.id for student in self.students if student.lms_id}

    @staticmethod
    def _add(table: dict[str, set[str]], key: str, value: str) -> None:
        if key and value:
            table.setdefault(key, set()).add(value)

    @staticmethod
    def _only(found: set[str]) -> str:
        return next(iter(found)) if len(found) == 1 else ""

    def by_key(self, key: str) -> str:
        """Whose id this is, or where it is nobody's, whose address."""
        ids = self._ids.get(_key(key), set())
        return self._only(ids or self._addresses.get(_key(key), set()))

    def by_address(self, address: str) -> str:
        """Whose address this is, as an address or as an id, where only one has it."""
        return self._only(self._ids.get(_key(address), set()) | self._addresses.get(_key(address), set()))

    def by_number(self, number: str) -> str:
        """Whose number in the LMS this is."""
        return self._only(self._numbers.get(number, set()))

    def by_name(self, name: str) -> str:
        """Whose name this is, where only one has it."""
        return self._only(self._names.get(plain(name), set()))

    def has_number(self, student: str) -> bool:
        """Whether the roster has a student's number in the LMS."""
        return student in self._numbered

    def is_called(self, student: str, name: str, *, or_nameless: bool = False) -> bool:
        """Whether this is a student's name. or_nameless: or the roster has none to compare it with"""
        names = self._called.get(student, set())
        return plain(name) in names or (or_nameless and not names)

    def by_path(self, path: str) -> tuple[str, int]:
        """Whom a path names, and with which part: the outermost folder that names somebody, else the file's name or a piece of it."""
        parts = PurePosixPath(path).parts
        for depth, part in enumerate(parts[:-1]):
            if student := self.by_key(part) or self.by_name(part):
                return student, depth
        stem = _ENDINGS.sub("", parts[-1]) if parts else ""
        pieces = (stem, *re.split(r"[\s_()]+", stem), *re.split(r"[^\w.@-]+", stem))
        return self._only({student for piece in pieces if (student := self.by_key(piece))}), len(parts) - 1

    def near(self, parts: Iterable[str]) -> str:
        """Who may be meant by the parts of a path that name nobody, for the end of a message; "" where nobody is near."""
        for part in parts:
            name = _ENDINGS.sub("", part)
            if len(called := self._names.get(plain(name), set())) > 1:
                return f"; {' and '.join(sorted(called))} are both called {name!r}"
            if close := difflib.get_close_matches(_key(name), self._ids):
                return f"; did you mean {' or '.join(sorted(id_ for key in close for id_ in self._ids[key]))}?"
        return ""


def _key(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def plain(name: str) -> str:
    """A name without what systems change in it: case, accents, spaces and signs; the vowel signs of other scripts stay."""
    letters = _ACCENTS.sub("", unicodedata.normalize("NFKD", name).casefold())
    return "".join(sign for sign in letters if sign.isalnum() or unicodedata.category(sign).startswith("M"))
