"""`build_vocabulary`: which words there are, and each word's index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, different, listed

Corpus = list[list[str]]
SPECIAL = ("<PAD>", "<EOS>", "<UNK>")
WORDS = "a bear book cat dog door down Harry house I is Mohan new on sat the".split()


def draw(rng: Generator) -> list[Inputs]:
    def corpus(counts: Sequence[int], sentences: int) -> Corpus:
        """Different words, each as often as its count, dealt to sentences that end with <EOS>; none is empty."""
        mixed = listed(different(WORDS, len(counts), rng), counts, rng)
        mixed.append(mixed[0].swapcase())  # one word in capital and in small letters
        return [[*mixed[i::sentences], "<EOS>"] for i in range(sentences)]

    small, large = corpus([1, 2, 1, 2], 2), corpus([4, 1, 3, 3, 2, 2, 2, 1], 4)
    for sentence in large[:2]:
        sentence[-1:-1] = ["<UNK>", "<PAD>"]
    signs = different([".", "7", "o'clock", "<NUM>"], 4, rng)
    word = different(WORDS, 4, rng)
    others: Corpus = [
        [word[0], *signs[:2], word[2]],
        [],
        [word[0], signs[2], "<EOS>"],
        [signs[3], *word[1::2], signs[2]],
    ]
    return [
        Inputs("two sentences", (small,), aspect="all words"),
        Inputs("four sentences", (large,), aspect="all words"),
        Inputs("max_size larger than needed", (small, 50), aspect="all words"),
        Inputs("an empty sentence, sentences without <EOS>, signs", (others,), aspect="other tokens", unusual=True),
        Inputs("max_size = 4", (large, 4), aspect="max_size"),
        Inputs("max_size = 6", (large,), {"max_size": 6}, aspect="max_size"),
        Inputs("min_count = 2", (large,), {"min_count": 2}, aspect="min_count"),
        Inputs("min_count = 3", (large,), {"min_count": 3}, aspect="min_count"),
        Inputs("min_count = 2 and max_size = 5", (large, 5, 2), aspect="min_count"),
        Inputs("min_count = 9, which no word has", (large, None, 9), aspect="min_count", unusual=True),
    ]


def build_vocabulary(corpus_tokens: Corpus, max_size: int | None = None, min_count: int = 1) -> Any:
    counts = Counter(word for tokens in corpus_tokens for word in tokens if word not in SPECIAL)
    ranked = sorted(counts, key=lambda word: (-counts[word], word))
    kept = [word for word in ranked if counts[word] >= min_count][:max_size]
    return {word: index for index, word in enumerate([*SPECIAL, *sorted(kept)])}


WORDS_COUNTED = "word for tokens in corpus_tokens for word in tokens if word not in SPECIAL"
NO_LIMITS = ("[word for word in ranked if counts[word] >= min_count][:max_size]", "ranked")
LISTED = "[*SPECIAL, *sorted(kept)]"
INDEX = f"{{word: index for index, word in enumerate({LISTED})}}"
FIRST_SEEN = ("sorted(counts, key=lambda word: (-counts[word], word))", "[word for word, _ in counts.most_common()]")
AS_THEY_OCCUR = ("sorted(kept)", "(word for word in counts if word in kept)")
COUNTED = (" if word not in SPECIAL", "")
DROPPED_LATE = ("[:max_size]\n", "[:max_size]\n    kept = [word for word in kept if word not in SPECIAL]\n")

SMALL_LETTERS = "the words are sorted as if all were in small letters: sorted(...) as it is puts capitals first"
OCCUR = "the words are in the order in which they occur: sort them"
BY_COUNT = "the words stand in the order of their counts: counts decide which words are kept; those are then sorted"
SEEN_FIRST = (
    "of equally frequent words those seen first are kept (as Counter.most_common does): the first in sorted order are"
)
TAKES_A_PLACE = "an <EOS> in the corpus takes one of the max_size places: these are for words"

# fmt: off
MISTAKES = {
    "no_special": Mistake("the special tokens are missing: <PAD>, <EOS> and <UNK> are 0, 1 and 2, and the words come after them.", (LISTED, "sorted(kept)")),
    "special_last": Mistake("the special tokens stand at the end, as in the lecture: here they are 0, 1 and 2.", (LISTED, "[*sorted(kept), *SPECIAL]")),
    "special_order": Mistake("the special tokens are in another order: <PAD> is 0, <EOS> 1 and <UNK> 2.", ("*SPECIAL,", '"<PAD>", "<UNK>", "<EOS>",')),
    "special_sorted": Mistake("the special tokens are sorted together with the words: <PAD> is 0, <EOS> 1 and <UNK> 2, whatever the words are.",
        (LISTED, "sorted([*SPECIAL, *kept])")),
    "only_padding": Mistake("<EOS> and <UNK> are missing: every vocabulary has all three special tokens.", ("*SPECIAL,", '"<PAD>",')),
    "from_one": Mistake("the indices start at 1: <PAD> is 0.", (LISTED, f"{LISTED}, 1")),
    "as_they_occur": Mistake(f"{OCCUR}.", AS_THEY_OCCUR),
    "as_they_occur_and_seen_first": Mistake(f"{OCCUR}; and {SEEN_FIRST}.", AS_THEY_OCCUR, FIRST_SEEN),
    "as_they_occur_and_takes_a_place": Mistake(f"{OCCUR}; and {TAKES_A_PLACE}; and {SEEN_FIRST}.", AS_THEY_OCCUR, FIRST_SEEN, COUNTED, DROPPED_LATE),
    "as_they_occur_without_limits": Mistake(f"{OCCUR}; and `max_size` and `min_count` are ignored.", AS_THEY_OCCUR, NO_LIMITS),
    "by_count": Mistake(f"{BY_COUNT}.", ("sorted(kept)", "kept")),
    "by_count_and_seen_first": Mistake(f"{BY_COUNT}; and {SEEN_FIRST}.", ("sorted(kept)", "kept"), FIRST_SEEN),
    "lower_case": Mistake("the words are written in small letters: words are taken as they are.", ("Counter(word", "Counter(word.lower()")),
    "case_in_order": Mistake(f"{SMALL_LETTERS}.", ("sorted(kept)", "sorted(kept, key=lambda word: (word.lower(), word))")),
    "case_in_order_of_counts": Mistake(f"{SMALL_LETTERS}.", ("sorted(kept)", "sorted(kept, key=str.lower)")),
    "case_in_order_of_words": Mistake(f"{SMALL_LETTERS}.", ("sorted(kept)", "sorted((word for word in counts if word in kept), key=str.lower)")),
    "last_token": Mistake("the last token of each sentence is left out: a sentence need not end with <EOS>.", ("in tokens if", "in tokens[:-1] if")),
    "letters_only": Mistake("tokens with other signs than letters are left out: only <PAD>, <EOS> and <UNK> are not counted, everything else is a word.",
        ("not in SPECIAL", "not in SPECIAL and word.isalpha()")),
    "brackets": Mistake("every token in angle brackets is taken for a special one: there are three, <PAD>, <EOS> and <UNK>.",
        ("if word not in SPECIAL", 'if not word.startswith("<")')),
    "letters": Mistake("the words are taken apart into letters: corpus_tokens is a list of sentences, each a list of words.",
        ("Counter(word", "Counter(letter"), ("not in SPECIAL", "not in SPECIAL for letter in word")),
    "first_sentence": Mistake("only the first sentence is used: is the return inside the loop?", ("in corpus_tokens", "in corpus_tokens[:1]")),
    "last_sentence": Mistake("only the last sentence is used: are the counts made anew for each sentence?", ("in corpus_tokens", "in corpus_tokens[-1:]")),
    "lists_counted": Mistake("the sentences are counted in place of their words, and a list cannot be counted: go through the words of each sentence.",
        (WORDS_COUNTED, "corpus_tokens")),
    "limits_ignored": Mistake("`max_size` and `min_count` are ignored.", NO_LIMITS),
    "size_ignored": Mistake("`max_size` is ignored.", ("[:max_size]", "")),
    "size_with_special": Mistake("max_size counts the special tokens too: it is the number of words besides them.",
        ("[:max_size]", "[: None if max_size is None else max_size - 3]")),
    "size_by_alphabet": Mistake("max_size keeps the first words in sorted order: keep the most frequent ones.", ("(-counts[word], word)", "word")),
    "size_rarest": Mistake("max_size keeps the least frequent words: keep the most frequent ones.", ("-counts[word]", "counts[word]")),
    "seen_first": Mistake(f"{SEEN_FIRST}.", FIRST_SEEN),
    "tie_last_in_order": Mistake("of equally frequent words the last in sorted order are kept: the first ones are.",
        ("(-counts[word], word)", "(counts[word], word), reverse=True")),
    "count_ignored": Mistake("`min_count` is ignored.", (" if counts[word] >= min_count", "")),
    "count_strict": Mistake("words that occur exactly min_count times are left out: only those that occur less often are.",
        (">= min_count", "> min_count or min_count == 1")),
    "count_strict_always": Mistake("words that occur exactly min_count times are left out, so that with min_count=1 the rare ones are missing: compare with >=.",
        (">= min_count", "> min_count")),
    "count_sentences": Mistake("a word is counted once a sentence: every occurrence counts.", ("for word in tokens", "for word in dict.fromkeys(tokens)")),
    "special_counted": Mistake("an <EOS> in the corpus is counted as a word and gets a second index: special tokens have theirs already.", COUNTED),
    "takes_a_place": Mistake(f"{TAKES_A_PLACE}.", COUNTED, DROPPED_LATE),
    "takes_a_place_and_seen_first": Mistake(f"{TAKES_A_PLACE}; and {SEEN_FIRST}.", FIRST_SEEN, COUNTED, DROPPED_LATE),
    "special_overwritten": Mistake("an <EOS> in the corpus is counted as a word, and its index is overwritten: special tokens have theirs already.",
        COUNTED, (f"    return {INDEX}", "    vocabulary = {word: index for index, word in enumerate(SPECIAL)}\n    for word in sorted(kept):\n        vocabulary[word] = len(vocabulary)\n    return vocabulary")),
    "word_of_index": Mistake("this goes from an index to its word: the keys are the words.", ("{word: index for", "{index: word for")),
    "counts": Mistake("the values are the counts: they are the indices 0, 1, 2, ...",
        ("{word: index for", "{word: sum(tokens.count(word) for tokens in corpus_tokens) for")),
}
# fmt: on

EXERCISE = Exercise(
    right=build_vocabulary,
    draw=draw,
    again=True,
    visible=2,
    hidden=3,
    mistakes=MISTAKES,
    parts=(Part("the vocabulary"),),
)
