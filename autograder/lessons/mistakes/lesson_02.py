"""Known mistakes of lesson 2: `build_vocabulary` and `encode`."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from autograder.lessons.exercise import Mistake
from seqlib import build_vocabulary, encode

Corpus = list[list[str]]
Index = dict[str, int]
SPECIAL = ("<PAD>", "<EOS>", "<UNK>")


# ---------------------------------------------------------------------------------------------------------------
# build_vocabulary


def _rarest_last(counts: Counter[str]) -> list[str]:
    return sorted(counts, key=lambda word: (-counts[word], word))


def _first_seen(counts: Counter[str]) -> list[str]:
    return [word for word, _ in counts.most_common()]


def _as_they_occur(kept: list[str], counts: Counter[str]) -> list[str]:
    return [word for word in counts if word in kept]


def _vocabulary(
    *,
    words: Callable[[Corpus], Iterable[str]] = itertools.chain.from_iterable,
    keep_special: bool = False,
    drop_late: bool = False,
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
        kept = [word for word in kept if not (drop_late and word in SPECIAL)]
        return {word: index for index, word in enumerate(listed(order(kept, counts)), first)}

    return build


def _without_limits(**changes: Any) -> Callable[..., Any]:
    return _vocabulary(size=lambda max_size: None, enough=lambda count, min_count: True, **changes)


def _overwritten(corpus_tokens: Corpus, max_size: int | None = None, min_count: int = 1) -> Index:
    counts = Counter(word for tokens in corpus_tokens for word in tokens)
    kept = [word for word in _rarest_last(counts) if counts[word] >= min_count][:max_size]
    vocabulary = {word: index for index, word in enumerate(SPECIAL)}
    for word in sorted(kept):
        vocabulary[word] = len(vocabulary)
    return vocabulary


OCCUR = "the words are in the order in which they occur: sort them"
BY_COUNT = "the words stand in the order of their counts: counts decide which words are kept; those are then sorted"
SEEN_FIRST = (
    "of equally frequent words those seen first are kept (as Counter.most_common does): the first in sorted order are"
)
TAKES_A_PLACE = "an <EOS> in the corpus takes one of the max_size places: these are for words"

VOCABULARY = {
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
    "as_they_occur": Mistake(f"{OCCUR}.", _vocabulary(order=_as_they_occur)),
    "as_they_occur_and_seen_first": Mistake(
        f"{OCCUR}; and {SEEN_FIRST}.", _vocabulary(rank=_first_seen, order=_as_they_occur)
    ),
    "as_they_occur_and_takes_a_place": Mistake(
        f"{OCCUR}; and {TAKES_A_PLACE}; and {SEEN_FIRST}.",
        _vocabulary(rank=_first_seen, order=_as_they_occur, keep_special=True, drop_late=True),
    ),
    "as_they_occur_without_limits": Mistake(
        f"{OCCUR}; and `max_size` and `min_count` are ignored.", _without_limits(order=_as_they_occur)
    ),
    "by_count": Mistake(f"{BY_COUNT}.", _vocabulary(order=lambda kept, counts: kept)),
    "by_count_and_seen_first": Mistake(
        f"{BY_COUNT}; and {SEEN_FIRST}.", _vocabulary(rank=_first_seen, order=lambda kept, counts: kept)
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
    "lists_counted": Mistake(
        "the sentences are counted in place of their words, and a list cannot be counted: go through the words of each sentence.",
        lambda corpus_tokens, max_size=None, min_count=1: Counter(corpus_tokens),
    ),
    "limits_ignored": Mistake("`max_size` and `min_count` are ignored.", _without_limits()),
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
    "seen_first": Mistake(f"{SEEN_FIRST}.", _vocabulary(rank=_first_seen)),
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
    "takes_a_place": Mistake(f"{TAKES_A_PLACE}.", _vocabulary(keep_special=True, drop_late=True)),
    "takes_a_place_and_seen_first": Mistake(
        f"{TAKES_A_PLACE}; and {SEEN_FIRST}.", _vocabulary(rank=_first_seen, keep_special=True, drop_late=True)
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


# ---------------------------------------------------------------------------------------------------------------
# encode


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


ENCODE = {
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
    "list_method": Mistake(
        "a dict has no index(...), as a list has: vocabulary[token] is the word's index.",
        lambda tokens, vocabulary: [vocabulary.index(token) for token in tokens],
    ),
    "as_dict": Mistake(
        "this is a dict, in which a word that occurs twice stands once: a list is asked for, with one index for each token.",
        lambda tokens, vocabulary: {token: vocabulary.get(token, vocabulary["<UNK>"]) for token in tokens},
    ),
    "through_the_vocabulary": Mistake(
        "the indices come in the order of the vocabulary, each once: go through the tokens, not through the vocabulary.",
        lambda tokens, vocabulary: [index for word, index in vocabulary.items() if word in tokens],
    ),
    "tokens_sorted": Mistake(
        "the tokens are sorted before they are looked up: they stay in the order of the sentence.",
        lambda tokens, vocabulary: encode(sorted(tokens), vocabulary),
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
