"""From text to tokens: words with or without punctuation, or characters."""

from __future__ import annotations

import re

EOS, PAD, UNK = "<EOS>", "<PAD>", "<UNK>"

# a special token, a word (with apostrophes, hyphens or a decimal point inside it), or one sign
_WORD = r"<[A-Z]+>|\w+(?:['’.\-]\w+)*"
_SIGN = r"[^\w\s]"


def tokenize(text: str, *, punctuation: bool = True, lower: bool = False, end: bool = False) -> list[str]:
    """Split a text into words.

    punctuation: keep each sign as a token of its own, or drop it
    lower: lower-case all but special tokens
    end: append <EOS>
    Returns a list of tokens, empty for an empty text. Raises TypeError. Source: L2, item 2.4.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {type(text).__name__}; tokenize one sentence at a time")
    tokens = re.findall(f"{_WORD}|{_SIGN}" if punctuation else _WORD, text)
    if lower:
        tokens = [token if token in (EOS, PAD, UNK) else token.lower() for token in tokens]
    return [*tokens, EOS] if end else tokens


def characters(text: str, *, end: bool = False) -> list[str]:
    """Split a text into characters, spaces included; end: append <EOS>. Raises TypeError. Source: L7, item 7.3."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a str, got {type(text).__name__}")
    return [*text, EOS] if end else list(text)
