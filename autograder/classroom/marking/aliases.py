"""What stands for a student on the marking page: a token, and a place in an order that says nothing."""

from __future__ import annotations

import hmac
import secrets

from autograder.classroom.room import PATIENCE, Room
from autograder.engine import locks

LENGTH = 32


class Aliases:
    """A lesson's, which only who holds the class's secret can compute of an id; the same whenever the page is opened."""

    def __init__(self, room: Room, lesson: str) -> None:
        self._secret, self._lesson = _secret_of(room), lesson

    def token(self, student: str) -> str:
        """A name for the page's data."""
        return self._keyed("token", student)[:20]

    def order(self, student: str) -> str:
        """What to sort by."""
        return self._keyed("order", student)

    def _keyed(self, use: str, student: str) -> str:
        return hmac.digest(self._secret, f"{use}\0{self._lesson}\0{student}".encode(), "sha256").hex()


def _secret_of(room: Room) -> bytes:
    """The class's secret, made when it is first asked for, and readable by its owner only."""
    path = room.notes / "secret"
    with locks.held(room.notes / "lock-secret", patience=PATIENCE):
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_bytes(secrets.token_bytes(LENGTH))
            fresh.replace(path)
    return path.read_bytes()
