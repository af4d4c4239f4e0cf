"""What a person asked for and cannot have, in one line."""

from __future__ import annotations


class Refusal(Exception):
    """Nothing was written; the text says what is wrong and what to do."""


def words(error: Exception) -> str:
    """What an error of somebody else's says, for the end of a line."""
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or type(error).__name__
