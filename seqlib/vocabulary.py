"""The vocabulary: which words there are, and each word's index."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqlib.support.swap import replaceable
from seqlib.words import EOS, PAD, UNK

SPECIAL = (PAD, EOS, UNK)


@replaceable
def build_vocabulary(
    corpus_tokens: Iterable[Sequence[str]], max_size: int | None = None, min_count: int = 1
) -> dict[str, int]:
    """Each word's index: <PAD> 0, <EOS> 1, <UNK> 2, then the words in sorted order.

    corpus_tokens: a list of tokens for each sentence
    max_size: how many words to keep besides the three special tokens, the most frequent first; of equally frequent
        words, the first in sorted order. None: all
    min_count: words that occur less often are left out

    Returns a dict. Raises TypeError (a sentence is a text, not tokens) and ValueError (no sentence, max_size or min_count below 1).
    Source: L2, item 2.2.

    >>> build_vocabulary([["the", "cat", "sat"], ["the", "dog"]], max_size=2)
    {'<PAD>': 0, '<EOS>': 1, '<UNK>': 2, 'cat': 3, 'the': 4}
    """
    if max_size is not None and max_size < 1:
        raise ValueError(f"max_size must be at least 1 or None, got {max_size}")
    if min_count < 1:
        raise ValueError(f"min_count must be at least 1, got {min_count}")
    counts: Counter[str] = Counter()
    for tokens in corpus_tokens:
        counts.update(_tokens("corpus_tokens", tokens))
    if not counts:
        raise ValueError("corpus_tokens has no token: expected a list of tokens for each sentence")
    frequent = [word for word, count in counts.items() if count >= min_count and word not in SPECIAL]
    frequent.sort(key=lambda word: (-counts[word], word))
    return {word: index for index, word in enumerate([*SPECIAL, *sorted(frequent[:max_size])])}


@replaceable
def encode(tokens: Sequence[str], vocabulary: Mapping[str, int]) -> list[int]:
    """The index of each token, that of <UNK> for a token that the vocabulary does not have.

    tokens: a list of words or characters
    vocabulary: each word's index, as build_vocabulary makes it

    Returns a list as long as tokens. Raises TypeError (a text instead of tokens) and ValueError (an unknown token where there
    is no <UNK>). Source: L2, item 2.3.

    >>> encode(["the", "dog"], {"<UNK>": 2, "cat": 3, "the": 4})
    [4, 2]
    """
    tokens = _tokens("tokens", tokens)
    unknown = vocabulary.get(UNK)
    indices = [vocabulary.get(token, unknown) for token in tokens]
    if None in indices:
        token = tokens[indices.index(None)]
        raise ValueError(
            f"tokens has {token!r}, which is not in the vocabulary of {len(vocabulary)}, and there is no {UNK}"
        )
    return [index for index in indices if index is not None]


class Vocabulary(Mapping[str, int]):
    """The words and their indices, both ways: vocabulary["cat"] is an index, vocabulary.words[index] a word.

    words: the words in the order of their indices, such as the dict of build_vocabulary; the special tokens <PAD>, <EOS>
    and <UNK> are put in front where they are missing. unknown=False leaves <UNK> out (characters, labels).
    Raises TypeError, ValueError on a text, on what is no str, and on a word that occurs twice.
    """

    def __init__(self, words: Iterable[str], *, unknown: bool = True):
        tokens = [str(word) for word in _tokens("words", words)]
        special = SPECIAL if unknown else (PAD, EOS)
        self.words = [*(token for token in special if token not in tokens), *tokens]
        self._index = {word: index for index, word in enumerate(self.words)}
        if len(self._index) != len(self.words):
            twice = next(word for word, count in Counter(self.words).items() if count > 1)
            raise ValueError(
                f"words must not repeat a word, got {twice!r} more than once; build_vocabulary counts tokens"
            )

    def __getitem__(self, word: str) -> int:
        return self._index[word]

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __len__(self) -> int:
        return len(self.words)

    def __repr__(self) -> str:
        return f"Vocabulary of {len(self)}: {', '.join(self.words[:6])}{', ...' if len(self) > 6 else ''}"

    @property
    def pad(self) -> int:
        """The index of <PAD>."""
        return self._index[PAD]

    @property
    def end(self) -> int:
        """The index of <EOS>."""
        return self._index[EOS]

    def encode(self, tokens: Sequence[str], *, end: bool = False) -> list[int]:
        """The index of each token, and of <EOS> after them with end=True. Raises TypeError, ValueError as `encode` does."""
        tokens = _tokens("tokens", tokens)
        return encode([*tokens, EOS] if end else tokens, self)

    def decode(self, indices: Iterable[int], *, special: bool = False) -> list[str]:
        """The words of some indices; special: keep <PAD>, and <EOS> with what follows it. Raises TypeError, ValueError."""
        words = []
        for index in indices:
            if not isinstance(index, int | np.integer):
                raise TypeError(f"indices must be integers, got {index!r} of type {type(index).__name__}")
            if not 0 <= index < len(self):
                raise ValueError(
                    f"indices has {index}, outside the vocabulary of {len(self)} words (0 to {len(self) - 1})"
                )
            word = self.words[index]
            if word == EOS and not special:
                break
            if special or word != PAD:
                words.append(word)
        return words

    def save(self, path: str | Path) -> None:
        """Write the words as JSON."""
        Path(path).write_text(json.dumps(self.words, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Vocabulary:
        """Read what `save` wrote. Raises ValueError where the file is no list of words."""
        words = json.loads(Path(path).read_text(encoding="utf-8"))
        if not isinstance(words, list):
            raise ValueError(f"{path} must hold a list of words, got {type(words).__name__}")
        others = [word for word in words if not isinstance(word, str)]
        if others:
            raise ValueError(f"{path} must hold a list of words, got {others[0]!r} among them")
        return cls(words, unknown=UNK in words)


def _tokens(name: str, tokens: Any) -> list[str]:
    """Tokens, which may come from an iterator, as a list. Raises TypeError where they are one text, or no words."""
    if isinstance(tokens, str):
        raise TypeError(
            f"{name} must be a list of tokens, got the text {tokens[:30]!r}: use tokenize or characters first"
        )
    words = list(tokens)
    for token in words:
        if not isinstance(token, str):
            raise TypeError(f"{name} must hold words (str), got {token!r} of type {type(token).__name__}")
    return words
