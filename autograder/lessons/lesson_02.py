"""Lesson 2, from words to arrays: the vocabulary, the indices of tokens, one-hot columns, a batch with its mask."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from autograder.lessons.exercise import Exercise, Inputs, Mistake, telling
from seqlib import build_vocabulary, encode, one_hot, pad_batch
from seqlib.exercises.verdict import Part

Corpus = list[list[str]]
Index = dict[str, int]
SPECIAL = ("<PAD>", "<EOS>", "<UNK>")
WORDS = (
    "a",
    "bear",
    "book",
    "cat",
    "dog",
    "door",
    "down",
    "Harry",
    "house",
    "I",
    "is",
    "Mohan",
    "new",
    "on",
    "sat",
    "the",
)


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

    yield from telling(corpora, build_vocabulary, VOCABULARY_MISTAKES)


def _rarest_last(counts: Counter[str]) -> list[str]:
    return sorted(counts, key=lambda word: (-counts[word], word))


def _vocabulary(
    *,
    words: Callable[[Corpus], Iterable[str]] = itertools.chain.from_iterable,
    keep_special: bool = False,
    rank: Callable[[Counter[str]], list[str]] = _rarest_last,
    enough: Callable[[int, int], bool] = lambda count, min_count: count >= min_count,
    size: Callable[[int], int | None] = lambda max_size: max_size,
    order: Callable[[list[str], Counter[str]], list[str]] = lambda kept, counts: sorted(kept),
    listed: Callable[[list[str]], list[str]] = lambda kept: [*SPECIAL, *kept],
    first: int = 0,
) -> Callable[..., Any]:
    """A wrong `build_vocabulary`: the right one with one of its ingredients replaced."""

    def build(corpus_tokens: Corpus, max_size: int | None = None, min_count: int = 1) -> Any:
        counts = Counter(word for word in words(corpus_tokens) if keep_special or word not in SPECIAL)
        kept = [word for word in rank(counts) if enough(counts[word], min_count)]
        kept = kept[: None if max_size is None else size(max_size)]
        return {word: index for index, word in enumerate(listed(order(kept, counts)), first)}

    return build


def _special_in_the_way(corpus_tokens: Corpus, max_size: int | None = None, min_count: int = 1) -> Index:
    """<EOS> is one of the words that are counted, and it takes a place among the max_size."""
    return build_vocabulary(
        [[word if word != "<EOS>" else "<eos>" for word in tokens] for tokens in corpus_tokens], max_size, min_count
    )


def _overwritten(corpus_tokens: Corpus, max_size: int | None = None, min_count: int = 1) -> Index:
    counts = Counter(word for tokens in corpus_tokens for word in tokens)
    kept = [word for word in _rarest_last(counts) if counts[word] >= min_count][:max_size]
    vocabulary = {word: index for index, word in enumerate(SPECIAL)}
    for word in sorted(kept):
        vocabulary[word] = len(vocabulary)
    return vocabulary


VOCABULARY_MISTAKES = {
    "no_special": Mistake(
        "the special tokens are missing: <PAD>, <EOS> and <UNK> are 0, 1 and 2, and the words come after them.",
        _vocabulary(listed=lambda kept: kept),
    ),
    "special_last": Mistake(
        "the special tokens stand at the end, as in the lecture: here they are 0, 1 and 2.",
        _vocabulary(listed=lambda kept: [*kept, *SPECIAL]),
    ),
    "special_order": Mistake(
        "the special tokens are in another order: <PAD> is 0, <EOS> 1 and <UNK> 2.",
        _vocabulary(listed=lambda kept: ["<PAD>", "<UNK>", "<EOS>", *kept]),
    ),
    "special_sorted": Mistake(
        "the special tokens are sorted together with the words: <PAD> is 0, <EOS> 1 and <UNK> 2, whatever the words are.",
        _vocabulary(listed=lambda kept: sorted([*SPECIAL, *kept])),
    ),
    "only_padding": Mistake(
        "<EOS> and <UNK> are missing: every vocabulary has all three special tokens.",
        _vocabulary(listed=lambda kept: ["<PAD>", *kept]),
    ),
    "from_one": Mistake("the indices start at 1: <PAD> is 0.", _vocabulary(first=1)),
    "first_seen": Mistake(
        "the words are in the order in which they occur: sort them.",
        _vocabulary(
            rank=lambda counts: [word for word, _ in counts.most_common()],
            order=lambda kept, counts: [word for word in counts if word in kept],
        ),
    ),
    "by_count": Mistake(
        "the words stand in the order of their counts: counts decide which words are kept; those are then sorted.",
        _vocabulary(order=lambda kept, counts: kept),
    ),
    "lower_case": Mistake(
        "the words are written in small letters: words are taken as they are.",
        _vocabulary(words=lambda corpus: (w if w in SPECIAL else w.lower() for tokens in corpus for w in tokens)),
    ),
    "case_in_order": Mistake(
        "the words are sorted as if all were in small letters: sorted(...) as it is puts capitals first.",
        _vocabulary(order=lambda kept, counts: sorted(kept, key=lambda word: (word.lower(), word))),
    ),
    "letters": Mistake(
        "the words are taken apart into letters: corpus_tokens is a list of sentences, each a list of words.",
        _vocabulary(
            words=lambda corpus: (letter for tokens in corpus for w in tokens if w not in SPECIAL for letter in w)
        ),
    ),
    "first_sentence": Mistake(
        "only the first sentence is used: is the return inside the loop?", _vocabulary(words=lambda corpus: corpus[0])
    ),
    "last_sentence": Mistake(
        "only the last sentence is used: are the counts made anew for each sentence?",
        _vocabulary(words=lambda corpus: corpus[-1]),
    ),
    "size_ignored": Mistake("`max_size` is ignored.", _vocabulary(size=lambda max_size: None)),
    "size_with_special": Mistake(
        "max_size counts the special tokens too: it is the number of words besides them.",
        _vocabulary(size=lambda max_size: max_size - 3),
    ),
    "size_by_alphabet": Mistake(
        "max_size keeps the first words in sorted order: keep the most frequent ones.",
        _vocabulary(rank=lambda counts: sorted(counts)),
    ),
    "size_rarest": Mistake(
        "max_size keeps the least frequent words: keep the most frequent ones.",
        _vocabulary(rank=lambda counts: sorted(counts, key=lambda word: (counts[word], word))),
    ),
    "tie_first_seen": Mistake(
        "of equally frequent words those seen first are kept (as Counter.most_common does): the first in sorted order are.",
        _vocabulary(rank=lambda counts: [word for word, _ in counts.most_common()]),
    ),
    "tie_last_in_order": Mistake(
        "of equally frequent words the last in sorted order are kept: the first ones are.",
        _vocabulary(rank=lambda counts: sorted(counts, key=lambda word: (counts[word], word), reverse=True)),
    ),
    "count_ignored": Mistake("`min_count` is ignored.", _vocabulary(enough=lambda count, min_count: True)),
    "count_strict": Mistake(
        "words that occur exactly min_count times are left out: only those that occur less often are.",
        _vocabulary(enough=lambda count, min_count: count > max(min_count, 1) or min_count == 1),
    ),
    "count_strict_always": Mistake(
        "words that occur exactly min_count times are left out, so that with min_count=1 the rare ones are missing: compare with >=.",
        _vocabulary(enough=lambda count, min_count: count > min_count),
    ),
    "count_sentences": Mistake(
        "a word is counted once a sentence: every occurrence counts.",
        _vocabulary(words=lambda corpus: (word for tokens in corpus for word in dict.fromkeys(tokens))),
    ),
    "special_counted": Mistake(
        "an <EOS> in the corpus is counted as a word and gets a second index: special tokens have theirs already.",
        _vocabulary(keep_special=True),
    ),
    "special_takes_a_place": Mistake(
        "an <EOS> in the corpus takes one of the max_size places: these are for words.",
        lambda corpus_tokens, max_size=None, min_count=1: {
            word: index
            for index, word in enumerate(
                [
                    *SPECIAL,
                    *(
                        w
                        for w in _special_in_the_way(corpus_tokens, max_size, min_count)
                        if w not in (*SPECIAL, "<eos>")
                    ),
                ]
            )
        },
    ),
    "special_overwritten": Mistake(
        "an <EOS> in the corpus is counted as a word, and its index is overwritten: special tokens have theirs already.",
        _overwritten,
    ),
    "word_of_index": Mistake(
        "this goes from an index to its word: the keys are the words.",
        lambda corpus_tokens, max_size=None, min_count=1: {
            index: word for word, index in build_vocabulary(corpus_tokens, max_size, min_count).items()
        },
    ),
    "counts": Mistake(
        "the values are the counts: they are the indices 0, 1, 2, ...",
        lambda corpus_tokens, max_size=None, min_count=1: {
            word: sum(tokens.count(word) for tokens in corpus_tokens)
            for word in build_vocabulary(corpus_tokens, max_size, min_count)
        },
    ),
}

VOCABULARY = Exercise(
    name="build_vocabulary",
    reference=build_vocabulary,
    draw=_draw_corpora,
    visible=2,
    hidden=3,
    mistakes=VOCABULARY_MISTAKES,
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

    yield from telling(sentences, encode, ENCODE_MISTAKES)


def _each(index: Callable[[str, Index], Any]) -> Callable[..., Any]:
    return lambda tokens, vocabulary: [index(token, vocabulary) for token in tokens]


def _new_indices(tokens: list[str], vocabulary: Index) -> list[int]:
    grown = dict(vocabulary)
    return [grown.setdefault(token, len(grown)) for token in tokens]


def _until_unknown(tokens: list[str], vocabulary: Index) -> list[int]:
    found = []
    for token in tokens:
        found.append(vocabulary.get(token, vocabulary["<UNK>"]))
        if token not in vocabulary:
            break
    return found


def _folded(token: str, vocabulary: Index) -> int:
    folded = {word.lower(): index for word, index in vocabulary.items()}
    return folded.get(token.lower(), vocabulary["<UNK>"])


ENCODE_MISTAKES = {
    "raises": Mistake(
        "vocabulary[token] raises KeyError for a word that is not in it: such a word gets the index of <UNK>.",
        _each(lambda token, vocabulary: vocabulary[token]),
    ),
    "left_out": Mistake(
        "unknown words are left out: each gets the index of <UNK>, so that every label keeps its word.",
        lambda tokens, vocabulary: [vocabulary[token] for token in tokens if token in vocabulary],
    ),
    "padding": Mistake(
        "unknown words get 0: that is filling; they get the index of <UNK>.",
        _each(lambda token, vocabulary: vocabulary.get(token, 0)),
    ),
    "minus_one": Mistake(
        "unknown words get -1, which in Python is the last element: they get the index of <UNK>.",
        _each(lambda token, vocabulary: vocabulary.get(token, -1)),
    ),
    "none": Mistake(
        "unknown words get None (vocabulary.get without a second argument): they get the index of <UNK>.",
        _each(lambda token, vocabulary: vocabulary.get(token)),
    ),
    "one_more": Mistake(
        "unknown words get len(vocabulary), which no network has a column for: they get the index of <UNK>.",
        _each(lambda token, vocabulary: vocabulary.get(token, len(vocabulary))),
    ),
    "new_indices": Mistake(
        "unknown words get new indices: the vocabulary is closed; they get that of <UNK>.", _new_indices
    ),
    "always_two": Mistake(
        "unknown words always get 2: look up <UNK> in the vocabulary that is given.",
        _each(lambda token, vocabulary: vocabulary.get(token, 2)),
    ),
    "token_unk": Mistake(
        'unknown words become the text "<UNK>": its index is asked for.',
        _each(lambda token, vocabulary: vocabulary.get(token, "<UNK>")),
    ),
    "end_for_unknown": Mistake(
        "unknown words get the index of <EOS>: they get that of <UNK>.",
        _each(lambda token, vocabulary: vocabulary.get(token, vocabulary["<EOS>"])),
    ),
    "zero_is_false": Mistake(
        "index 0 is taken for not found (0 is false in Python): ask `token in vocabulary`, or use vocabulary.get(token, ...).",
        _each(lambda token, vocabulary: vocabulary.get(token) or vocabulary["<UNK>"]),
    ),
    "special_unknown": Mistake(
        "special tokens are taken for unknown words: they are in the vocabulary like others.",
        _each(
            lambda token, vocabulary: (
                vocabulary["<UNK>"] if token in SPECIAL else vocabulary.get(token, vocabulary["<UNK>"])
            )
        ),
    ),
    "place_in_dict": Mistake(
        "this is the word's place in the dict: its index is the dict's value, vocabulary[token].",
        _each(lambda token, vocabulary: list(vocabulary).index(token if token in vocabulary else "<UNK>")),
    ),
    "case": Mistake("capital and small letters are taken for the same: they are different words.", _each(_folded)),
    "lower_case": Mistake(
        "the tokens are written in small letters before they are looked up: they are looked up as they are.",
        _each(
            lambda token, vocabulary: vocabulary.get(token if token in SPECIAL else token.lower(), vocabulary["<UNK>"])
        ),
    ),
    "all_lower_case": Mistake(
        "the tokens, <EOS> and <PAD> among them, are written in small letters before they are looked up: they are looked up as they are.",
        _each(lambda token, vocabulary: vocabulary.get(token.lower(), vocabulary["<UNK>"])),
    ),
    "with_end": Mistake(
        "the index of <EOS> is appended: only the tokens that are given are encoded.",
        lambda tokens, vocabulary: [*encode(tokens, vocabulary), vocabulary["<EOS>"]],
    ),
    "from_one": Mistake(
        "every index is 1 too large: take it as the vocabulary has it.",
        lambda tokens, vocabulary: [index + 1 for index in encode(tokens, vocabulary)],
    ),
    "sorted": Mistake(
        "the indices are sorted: they stay in the order of the sentence.",
        lambda tokens, vocabulary: sorted(encode(tokens, vocabulary)),
    ),
    "once": Mistake(
        "a word that occurs twice is encoded once: a sentence is not a set.",
        lambda tokens, vocabulary: encode(list(dict.fromkeys(tokens)), vocabulary),
    ),
    "until_unknown": Mistake("everything after the first unknown word is missing.", _until_unknown),
    "first_word": Mistake(
        "only the first word is encoded: is the return inside the loop?",
        lambda tokens, vocabulary: encode(tokens[:1], vocabulary),
    ),
    "last_word_left_out": Mistake(
        "the last token is left out: range(len(tokens) - 1) stops too early.",
        lambda tokens, vocabulary: encode(tokens[:-1], vocabulary),
    ),
}

ENCODE = Exercise(
    name="encode",
    reference=encode,
    draw=_draw_sentences,
    visible=1,
    hidden=2,
    mistakes=ENCODE_MISTAKES,
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

    yield from telling(inputs, one_hot, ONE_HOT_MISTAKES)


def _columns(
    change: Callable[[np.ndarray, np.ndarray], Any] = lambda columns, indices: columns,
    index: Callable[[np.ndarray, int], np.ndarray] = lambda indices, n: indices,
    size: Callable[[np.ndarray, int], int] = lambda indices, n: n,
) -> Callable[..., Any]:
    """A wrong `one_hot`: other indices, another number of rows, or the right columns changed."""

    def wrong(indices: Any, n: int) -> Any:
        given = np.asarray(indices)
        return change(one_hot(index(given, n), size(given, n)), given)

    return wrong


def _last_only(columns: np.ndarray, indices: np.ndarray) -> np.ndarray:
    only = np.zeros_like(columns)
    only[..., -1] = columns[..., -1]
    return only


def _one_sentence(indices: Any, n: int) -> np.ndarray:
    columns = np.zeros((n, len(indices)))
    for t in range(len(indices)):
        columns[indices[t], t] = 1
    return columns


def _whole_rows(columns: np.ndarray, indices: np.ndarray) -> np.ndarray:
    columns[indices] = 1
    return columns


ONE_HOT_MISTAKES = {
    "one_sentence": Mistake(
        "this is written for one sentence, (T_x): the indices of a batch, (m, T_x), make an array (n, m, T_x).",
        _one_sentence,
    ),
    "whole_rows": Mistake(
        "the whole row of an index is set to 1: word t has its 1 in column t only.", _columns(_whole_rows)
    ),
    "rows": Mistake(
        "the vectors are rows, (T_x, n) or (m, T_x, n): each word is a column, and n is the first axis.",
        _columns(lambda columns, indices: np.moveaxis(columns, 0, -1)),
    ),
    "reversed": Mistake(
        "the axes of a batch are reversed, (n, T_x, m): .T turns all of them around; np.moveaxis moves one.",
        _columns(lambda columns, indices: np.moveaxis(columns, 0, -1).T),
    ),
    "n_in_the_middle": Mistake(
        "for a batch n is the second axis, (m, n, T_x): it is the first, (n, m, T_x).",
        _columns(lambda columns, indices: np.swapaxes(columns, 0, 1) if indices.ndim == 2 else columns),
    ),
    "flat": Mistake(
        "the columns of a batch stand in one row, (n, m * T_x): keep the shape of the indices, (n, m, T_x).",
        _columns(lambda columns, indices: columns.reshape(len(columns), -1)),
    ),
    "first_sentence": Mistake(
        "only the first sentence of a batch is used.",
        _columns(lambda columns, indices: columns[:, 0] if indices.ndim == 2 else columns),
    ),
    "added": Mistake(
        "the columns are added to one vector, in which the order of the words is lost.",
        _columns(lambda columns, indices: columns.sum(axis=tuple(range(1, columns.ndim)))),
    ),
    "from_one": Mistake(
        "the 1 stands one place too early: index 0 is the first row.", _columns(index=lambda i, n: (i - 1) % n)
    ),
    "one_too_late": Mistake(
        "the 1 stands one place too late: index 0 is the first row.", _columns(index=lambda i, n: (i + 1) % n)
    ),
    "largest_index": Mistake(
        "`n` is ignored: there are n rows, also when the last words of the vocabulary do not occur.",
        _columns(size=lambda i, n: int(i.max()) + 1),
    ),
    "one_row_more": Mistake(
        "there is one row too many: n rows, for the indices 0 to n - 1.", _columns(size=lambda i, n: n + 1)
    ),
    "index_for_one": Mistake(
        "the index stands where 1 should stand: an index is a name, not a quantity.",
        _columns(lambda columns, indices: columns * indices),
    ),
    "inverted": Mistake(
        "0 and 1 are exchanged: 1 at the index, 0 elsewhere.", _columns(lambda columns, indices: 1 - columns)
    ),
    "minus_one": Mistake("-1 stands where 0 should stand.", _columns(lambda columns, indices: 2 * columns - 1)),
    "no_column_for_zero": Mistake(
        "index 0 has no 1 in its column: 0 is an index like any other; the mask says what is filling.",
        _columns(lambda columns, indices: columns * (indices != 0)),
    ),
    "last_only": Mistake("only the last column has a 1: is the array made anew inside the loop?", _columns(_last_only)),
    "counted_down": Mistake(
        "the rows are counted from the end: index 0 is the first row.", _columns(index=lambda i, n: n - 1 - i)
    ),
    "words_backwards": Mistake(
        "the columns are in reverse order: column t belongs to word t.",
        _columns(lambda columns, indices: columns[..., ::-1]),
    ),
    "up_to_the_index": Mistake(
        "all rows up to the index are 1: only the row of the index is.",
        _columns(lambda columns, indices: columns[::-1].cumsum(axis=0)[::-1]),
    ),
}

ONE_HOT = Exercise(
    name="one_hot",
    reference=one_hot,
    draw=_draw_indices,
    visible=1,
    hidden=2,
    mistakes=ONE_HOT_MISTAKES,
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

    yield from telling(batches, pad_batch, PAD_MISTAKES)


Pair = tuple[np.ndarray, np.ndarray]


def _padded(
    change: Callable[[np.ndarray, np.ndarray, int], tuple[Any, Any]],
    prepare: Callable[[list[list[int]]], list[list[int]]] = lambda sequences: sequences,
) -> Callable[..., Any]:
    """A wrong `pad_batch`: the sequences prepared wrongly, or (indices, mask, pad_index) changed afterwards."""

    def wrong(sequences: list[list[int]], pad_index: int = 0) -> tuple[Any, Any]:
        return change(*pad_batch(prepare(sequences), pad_index), pad_index)

    return wrong


def _same(indices: np.ndarray, mask: np.ndarray, pad_index: int) -> Pair:
    return indices, mask


def _filled(row: Callable[[list[int], int], list[int]]) -> Callable[..., Pair]:
    """A wrong `pad_batch`: row(sequence, how many to fill) makes each row."""

    def wrong(sequences: list[list[int]], pad_index: int = 0) -> Pair:
        _, mask = pad_batch(sequences, pad_index)
        return np.array([row(sequence, mask.shape[1] - len(sequence)) for sequence in sequences]), mask

    return wrong


def _at_the_start(sequences: list[list[int]], pad_index: int = 0) -> Pair:
    indices, mask = pad_batch([sequence[::-1] for sequence in sequences], pad_index)
    return indices[:, ::-1], mask[:, ::-1]


def _moved(mask: np.ndarray, steps: int) -> np.ndarray:
    lengths = mask.sum(axis=1, keepdims=True)
    return np.asarray(np.arange(mask.shape[1]) < lengths + steps).astype(float)


def _first_is_longest(sequences: list[list[int]], pad_index: int = 0) -> Pair:
    indices = np.full((len(sequences), len(sequences[0])), pad_index)
    mask = np.zeros(indices.shape)
    for i, sequence in enumerate(sequences):
        indices[i, : len(sequence)] = sequence
        mask[i, : len(sequence)] = 1
    return indices, mask


PAD_MISTAKES = {
    "first_is_longest": Mistake(
        "T_x is taken to be the length of the first sentence: it is that of the longest, max(len(...)).",
        _first_is_longest,
    ),
    "at_the_start": Mistake(
        "the filling stands at the start of the rows: it comes after the last word.", _at_the_start
    ),
    "indices_at_the_start": Mistake(
        "the words stand at the end of their rows, while the mask has its ones at the start: fill after the last word.",
        lambda sequences, pad_index=0: (_at_the_start(sequences, pad_index)[0], pad_batch(sequences, pad_index)[1]),
    ),
    "steps_first": Mistake(
        "time is the first axis, (T_x, m): each sentence is a row, (m, T_x).",
        _padded(lambda indices, mask, pad: (indices.T, mask.T)),
    ),
    "mask_steps_first": Mistake(
        "the mask is (T_x, m): it has the shape of the indices, (m, T_x).",
        _padded(lambda indices, mask, pad: (indices, mask.T)),
    ),
    "pad_index_ignored": Mistake(
        "`pad_index` is ignored: the filling is 0.",
        _padded(lambda indices, mask, pad: (np.where(mask > 0, indices, 0), mask)),
    ),
    "filled_with_minus_one": Mistake(
        "the filling is -1: it is pad_index.",
        _padded(lambda indices, mask, pad: (np.where(mask > 0, indices, -1), mask)),
    ),
    "filled_with_last": Mistake(
        "the filling repeats the last word: it is pad_index.",
        _filled(lambda sequence, more: sequence + sequence[-1:] * more),
    ),
    "filled_with_itself": Mistake(
        "the filling starts the sentence again (as np.resize does): it is pad_index.",
        _filled(lambda sequence, more: np.resize(sequence, len(sequence) + more).tolist()),
    ),
    "mask_of_pad_index": Mistake(
        "the mask is made by comparing with pad_index, which may be the index of a word: make it from the lengths.",
        _padded(lambda indices, mask, pad: (indices, (indices != pad).astype(float))),
    ),
    "mask_of_zero": Mistake(
        "the mask is made by comparing with 0, whatever the filling is: make it from the lengths.",
        _padded(lambda indices, mask, pad: (indices, (indices != 0).astype(float))),
    ),
    "mask_inverted": Mistake(
        "the mask is 1 at the filling: it is 1 at words.", _padded(lambda indices, mask, pad: (indices, 1 - mask))
    ),
    "mask_of_ones": Mistake(
        "the mask is 1 everywhere: it is 0 at the filling.",
        _padded(lambda indices, mask, pad: (indices, np.ones_like(mask))),
    ),
    "mask_of_zeros": Mistake(
        "the mask is 0 everywhere: it is 1 at words.",
        _padded(lambda indices, mask, pad: (indices, np.zeros_like(mask))),
    ),
    "mask_one_short": Mistake(
        "the mask is 0 at each sentence's last word: a slice [:length] holds the places 0 to length - 1.",
        _padded(lambda indices, mask, pad: (indices, _moved(mask, -1))),
    ),
    "mask_one_long": Mistake(
        "the mask is 1 at the first place of the filling: a sentence of length 3 fills the places 0, 1 and 2.",
        _padded(lambda indices, mask, pad: (indices, _moved(mask, 1))),
    ),
    "lengths": Mistake(
        "the lengths are returned in place of the mask, which is (m, T_x): 1 at words, 0 at filling.",
        _padded(lambda indices, mask, pad: (indices, mask.sum(axis=1))),
    ),
    "order_of_results": Mistake(
        "the results are in another order: return indices, mask.", _padded(lambda indices, mask, pad: (mask, indices))
    ),
    "floats": Mistake(
        "the indices are floating-point numbers: make the array with dtype=int (np.zeros and np.full(..., 0.0) give floats).",
        _padded(lambda indices, mask, pad: (indices.astype(float), mask)),
    ),
    "cut": Mistake(
        "the sentences are cut to the length of the shortest: T_x is the length of the longest.",
        lambda sequences, pad_index=0: pad_batch([s[: min(map(len, sequences))] for s in sequences], pad_index),
    ),
    "one_step_more": Mistake(
        "the rows are one place too long: T_x is the length of the longest sentence.",
        _padded(
            lambda indices, mask, pad: (
                np.pad(indices, ((0, 0), (0, 1)), constant_values=pad),
                np.pad(mask, ((0, 0), (0, 1))),
            )
        ),
    ),
    "sorted": Mistake(
        "the sentences are sorted by length: row i is sentence i.",
        _padded(_same, prepare=lambda sequences: sorted(sequences, key=len)),
    ),
    "longest_first": Mistake(
        "the sentences are sorted by length, longest first: row i is sentence i.",
        _padded(_same, prepare=lambda sequences: sorted(sequences, key=len, reverse=True)),
    ),
}

PAD = Exercise(
    name="pad_batch",
    reference=pad_batch,
    draw=_draw_sequences,
    visible=2,
    hidden=3,
    mistakes=PAD_MISTAKES,
    parts=(Part("indices", 0, 1, ("m", "T_x")), Part("mask", 1, 1, ("m", "T_x"))),
)

EXERCISES = (VOCABULARY, ENCODE, ONE_HOT, PAD)
