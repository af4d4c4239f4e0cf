"""From text to tokens: words with or without punctuation, or characters."""

from __future__ import annotations

import re
import unicodedata

EOS, PAD, UNK = "<EOS>", "<PAD>", "<UNK>"

# what is written on a letter and is none of its own: accents, the vowel signs and viramas of India's scripts, their joiners
_PLACES = (*range(0x300, 0x370), *range(0x900, 0xE00))
MARKS = "".join(chr(i) for i in _PLACES if unicodedata.category(chr(i)).startswith("M")) + "\u200c\u200d"
# a special token, a word (with apostrophes, hyphens or a decimal point inside it), or one sign
_LETTERS = rf"\w[\w{MARKS}]*"
_WORD = rf"<[A-Z]+>|{_LETTERS}(?:['’.\-]{_LETTERS})*"
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
