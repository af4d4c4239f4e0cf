"""Lesson 2, from words to arrays: the vocabulary, the indices of tokens, one-hot columns, a batch with its mask."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from autograder.lessons.exercise import Exercise, Inputs, telling
from autograder.lessons.mistakes import lesson_02, lesson_02_arrays
from autograder.lessons.mistakes.lesson_02 import SPECIAL, Corpus, Index
from seqlib import build_vocabulary, encode, one_hot, pad_batch
from seqlib.exercises.verdict import Part

WORDS = "a bear book cat dog door down Harry house I is Mohan new on sat the".split()


def _some(words: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    return [str(word) for word in rng.choice(words, count, replace=False)]


# ---------------------------------------------------------------------------------------------------------------
# build_vocabulary


def _draw_corpora(rng: np.random.Generator) -> Iterator[Inputs]:
    def corpus(counts: Sequence[int], sentences: int) -> Corpus:
        """Different words, each as often as its count, dealt to sentences that end with <EOS>; none is empty."""
        words = _some(WORDS, len(counts), rng)
        listed = [word for word, count in zip(words, counts, strict=True) for _ in range(count)]
        mixed = [listed[int(i)] for i in rng.permutation(len(listed))]
        mixed.append(mixed[0].swapcase())  # one word in capital and in small letters
        return [[*mixed[i::sentences], "<EOS>"] for i in range(sentences)]

    def corpora() -> list[Inputs]:
        small, large = corpus([1, 2, 1, 2], 2), corpus([4, 1, 3, 3, 2, 2, 2, 1], 4)
        return [
            Inputs("two sentences", (small,), aspect="all words"),
            Inputs("four sentences", (large,), aspect="all words"),
            Inputs("max_size larger than needed", (small, 50), aspect="all words"),
            Inputs("max_size = 4", (large, 4), aspect="max_size"),
            Inputs("max_size = 6", (large,), {"max_size": 6}, aspect="max_size"),
            Inputs("min_count = 2", (large,), {"min_count": 2}, aspect="min_count"),
            Inputs("min_count = 3", (large,), {"min_count": 3}, aspect="min_count"),
            Inputs("min_count = 2 and max_size = 5", (large, 5, 2), aspect="min_count"),
        ]

    yield from telling(corpora, build_vocabulary, lesson_02.VOCABULARY)


VOCABULARY = Exercise(
    name="build_vocabulary",
    reference=build_vocabulary,
    draw=_draw_corpora,
    visible=2,
    hidden=3,
    mistakes=lesson_02.VOCABULARY,
    parts=(Part("the vocabulary"),),
)


# ---------------------------------------------------------------------------------------------------------------
# encode


def _draw_sentences(rng: np.random.Generator) -> Iterator[Inputs]:
    def indices(words: Sequence[str], special: Sequence[str] = SPECIAL) -> Index:
        """The words' indices, listed in an order of its own."""
        pairs = list(enumerate([*special, *sorted(words)]))
        return {word: index for index, word in (pairs[int(i)] for i in rng.permutation(len(pairs)))}

    def sentences() -> list[Inputs]:
        words = _some(WORDS, 12, rng)
        known, unknown = words[:8], words[8:]
        vocabulary = indices(known)
        lecture = indices(known, ())
        lecture |= {"<UNK>": len(known), "<EOS>": len(known) + 1, "<PAD>": len(known) + 2}
        repeated = [*known[:4], known[1]]
        return [
            Inputs("known words, one of them twice", (repeated, vocabulary), aspect="known words"),
            Inputs(
                "known words and special tokens",
                ([*known[2:5], "<EOS>", "<PAD>", "<PAD>"], vocabulary),
                aspect="known words",
            ),
            Inputs("no word", ([], vocabulary), aspect="known words"),
            Inputs(
                "unknown words", ([known[5], *unknown[:2], known[6], unknown[0]], vocabulary), aspect="unknown words"
            ),
            Inputs(
                "a word in other letters",
                ([known[0].swapcase(), known[0], "<EOS>"], vocabulary),
                aspect="unknown words",
            ),
            Inputs("<UNK> with another index", ([*unknown[1:3], *known[1:4]], lecture), aspect="unknown words"),
        ]

    yield from telling(sentences, encode, lesson_02.ENCODE)


ENCODE = Exercise(
    name="encode",
    reference=encode,
    draw=_draw_sentences,
    visible=1,
    hidden=2,
    mistakes=lesson_02.ENCODE,
    parts=(Part("the indices"),),
)


# ---------------------------------------------------------------------------------------------------------------
# one_hot


def _draw_indices(rng: np.random.Generator) -> Iterator[Inputs]:
    def some(n: int, *shape: int) -> np.ndarray:
        """Indices below n, with a 0 among them and not the largest, in random order."""
        indices = rng.integers(0, n - 1, size=shape)
        indices.flat[0] = int(rng.integers(1, n - 1))
        indices.flat[1] = 0
        return indices

    def inputs() -> list[Inputs]:
        return [
            Inputs("5 indices of a vocabulary of 7", (some(7, 5), 7), aspect="one sentence"),
            Inputs("a list of 4 indices, n = 4", (some(4, 4).tolist(), 4), aspect="one sentence"),
            Inputs("2 sentences of 3 words, n = 5", (some(5, 2, 3), 5), aspect="a batch"),
            Inputs("m = T_x = n = 3", (some(3, 3, 3), 3), aspect="a batch"),
        ]

    yield from telling(inputs, one_hot, lesson_02_arrays.ONE_HOT)


ONE_HOT = Exercise(
    name="one_hot",
    reference=one_hot,
    draw=_draw_indices,
    visible=1,
    hidden=2,
    mistakes=lesson_02_arrays.ONE_HOT,
    parts=(Part("the columns", axes=("n", "...")),),
)


# ---------------------------------------------------------------------------------------------------------------
# pad_batch


def _draw_sequences(rng: np.random.Generator) -> Iterator[Inputs]:
    def some(lengths: Iterable[int], low: int = 1) -> list[list[int]]:
        return [[int(index) for index in rng.integers(low, 20, size=length)] for length in lengths]

    def batches() -> list[Inputs]:
        with_zero = some(rng.permutation([2, 3, 5]))
        for sequence in with_zero:
            sequence[int(rng.integers(1, len(sequence)))] = 0
        other = some([2, 4, 1, 3], low=0)
        filling = int(rng.integers(21, 30))
        with_filling = some(rng.permutation([1, 2, 4, 4]))
        with_filling[0][0] = with_filling[2][-1] = 7
        return [
            Inputs("3 sentences of 2 to 5 words", (some([3, 5, 2]),), aspect="filling with 0"),
            Inputs("a 0 inside a sentence", (with_zero,), aspect="filling with 0"),
            Inputs("sentences of one length", (some([3, 3, 3]),), aspect="filling with 0"),
            Inputs("one sentence", (some([4]),), aspect="filling with 0"),
            Inputs(f"pad_index = {filling}", (other, filling), aspect="pad_index"),
            Inputs("pad_index = 7, which occurs as a word", (with_filling,), {"pad_index": 7}, aspect="pad_index"),
        ]

    yield from telling(batches, pad_batch, lesson_02_arrays.PAD)


PAD = Exercise(
    name="pad_batch",
    reference=pad_batch,
    draw=_draw_sequences,
    visible=2,
    hidden=3,
    mistakes=lesson_02_arrays.PAD,
    parts=(Part("indices", 0, 1, ("m", "T_x")), Part("mask", 1, 1, ("m", "T_x"))),
)

EXERCISES = (VOCABULARY, ENCODE, ONE_HOT, PAD)
