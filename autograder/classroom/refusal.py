"""What a person asked for and cannot have, in one line."""

from __future__ import annotations


class Refusal(Exception):
    """Nothing was written; the text says what is wrong and what to do."""
