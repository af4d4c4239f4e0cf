"""`encode`: the index of each token, that of <UNK> for unknown ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part, different, shuffled
from autograder.lessons.lesson_02.build_vocabulary import SPECIAL, WORDS

Index = dict[str, int]


def draw(rng: Generator) -> list[Inputs]:
    def indices(words: Sequence[str], special: Sequence[str] = SPECIAL) -> Index:
        """The words' indices, listed in an order of its own."""
        return {word: index for index, word in shuffled(list(enumerate([*special, *sorted(words)])), rng)}

    words = different(WORDS, 12, rng)
    known, unknown = words[:8], words[8:]
    vocabulary = indices(known)
    lecture = indices(known, ()) | {"<UNK>": len(known), "<EOS>": len(known) + 1, "<PAD>": len(known) + 2}
    repeated = [*known[:4], known[1]]
    special = [*known[2:5], "<EOS>", "<PAD>", "<PAD>"]
    mixed = [known[5], *unknown[:2], known[6], unknown[0]]
    signs = indices([*known[:3], *different([".", "7", "Dr.", "Dr", "<NUM>"], 5, rng)])
    return [
        Inputs("known words, one of them twice", (repeated, vocabulary), aspect="known words"),
        Inputs("known words and special tokens", (special, vocabulary), aspect="known words"),
        Inputs("no word", ([], vocabulary), aspect="known words"),
        Inputs("signs", (["Dr.", "<NUM>", "7", ".", f"{known[0]}."], signs), aspect="known words", unusual=True),
        Inputs("unknown words", (mixed, vocabulary), aspect="unknown words"),
        Inputs(
            "a word in other letters", ([known[0].swapcase(), known[0], "<EOS>"], vocabulary), aspect="unknown words"
        ),
        Inputs("<UNK> with another index", ([*unknown[1:3], *known[1:4]], lecture), aspect="unknown words"),
    ]


def encode(tokens: list[str], vocabulary: Index) -> Any:
    return [vocabulary.get(token, vocabulary["<UNK>"]) for token in tokens]


INDEX, UNKNOWN = 'vocabulary.get(token, vocabulary["<UNK>"])', 'vocabulary["<UNK>"]'
RESULT = f"[{INDEX} for token in tokens]"

# fmt: off
MISTAKES = {
    "raises": Mistake("vocabulary[token] raises KeyError for a word that is not in it: such a word gets the index of <UNK>.", (INDEX, "vocabulary[token]")),
    "left_out": Mistake("unknown words are left out: each gets the index of <UNK>, so that every label keeps its word.",
        ("in tokens]", "in tokens if token in vocabulary]")),
    "padding": Mistake("unknown words get 0: that is padding; they get the index of <UNK>.", (UNKNOWN, "0")),
    "minus_one": Mistake("unknown words get -1, which in Python is the last element: they get the index of <UNK>.", (UNKNOWN, "-1")),
    "none": Mistake("unknown words get None (vocabulary.get without a second argument): they get the index of <UNK>.", (f", {UNKNOWN}", "")),
    "one_more": Mistake("unknown words get len(vocabulary), which no network has a column for: they get the index of <UNK>.", (UNKNOWN, "len(vocabulary)")),
    "new_indices": Mistake("unknown words get new indices: the vocabulary is closed; they get that of <UNK>.",
        ("    return", "    vocabulary = dict(vocabulary)\n    return"), (INDEX, "vocabulary.setdefault(token, len(vocabulary))")),
    "always_two": Mistake("unknown words always get 2: look up <UNK> in the vocabulary that is given.", (UNKNOWN, "2")),
    "token_unk": Mistake('unknown words become the text "<UNK>": its index is asked for.', (UNKNOWN, '"<UNK>"')),
    "end_for_unknown": Mistake("unknown words get the index of <EOS>: they get that of <UNK>.", ("<UNK>", "<EOS>")),
    "zero_is_false": Mistake("index 0 is taken for not found (0 is false in Python): ask `token in vocabulary`, or use vocabulary.get(token, ...).",
        (INDEX, f"vocabulary.get(token) or {UNKNOWN}")),
    "special_unknown": Mistake("special tokens are taken for unknown words: they are in the vocabulary like others.",
        (INDEX, f"{UNKNOWN} if token in SPECIAL else {INDEX}")),
    "place_in_dict": Mistake("this is the word's place in the dict: its index is the dict's value, vocabulary[token].",
        (INDEX, 'list(vocabulary).index(token if token in vocabulary else "<UNK>")')),
    "identity": Mistake("tokens are compared by `is`, which asks whether two are one and the same object in memory: compare them by ==, or use `in`.",
        (INDEX, f"{UNKNOWN} if len(token) > 1 else {INDEX}")),  # Python keeps one object for each character
    "case": Mistake("capital and small letters are taken for the same: they are different words.",
        ("    return", "    folded = {word.lower(): index for word, index in vocabulary.items()}\n    return"), ("vocabulary.get(token", "folded.get(token.lower()")),
    "lower_case": Mistake("the tokens are written in small letters before they are looked up: they are looked up as they are.",
        ("get(token", "get(token if token in SPECIAL else token.lower()")),
    "all_lower_case": Mistake("the tokens, <EOS> and <PAD> among them, are written in small letters before they are looked up: they are looked up as they are.",
        ("get(token", "get(token.lower()")),
    "with_end": Mistake("the index of <EOS> is appended: only the tokens that are given are encoded.", ("in tokens]", 'in tokens] + [vocabulary["<EOS>"]]')),
    "from_one": Mistake("every index is 1 too large: take it as the vocabulary has it.", (INDEX, f"1 + {INDEX}")),
    "list_method": Mistake("a dict has no index(...), as a list has: vocabulary[token] is the word's index.", (INDEX, "vocabulary.index(token)")),
    "as_dict": Mistake("this is a dict, in which a word that occurs twice stands once: a list is asked for, with one index for each token.",
        (RESULT, f"{{token: {INDEX} for token in tokens}}")),
    "through_the_vocabulary": Mistake("the indices come in the order of the vocabulary, each once: go through the tokens, not through the vocabulary.",
        (RESULT, "[index for word, index in vocabulary.items() if word in tokens]")),
    "tokens_sorted": Mistake("the tokens are sorted before they are looked up: they stay in the order of the sentence.", ("in tokens]", "in sorted(tokens)]")),
    "sorted": Mistake("the indices are sorted: they stay in the order of the sentence.", (RESULT, f"sorted({RESULT})")),
    "once": Mistake("a word that occurs twice is encoded once: a sentence is not a set.", ("in tokens]", "in dict.fromkeys(tokens)]")),
    "until_unknown": Mistake("everything after the first unknown word is missing.",
        ("    return", "    known = [token in vocabulary for token in tokens] + [False]\n    tokens = tokens[: known.index(False) + 1]\n    return")),
    "first_word": Mistake("only the first word is encoded: is the return inside the loop?", ("in tokens]", "in tokens[:1]]")),
    "last_word_left_out": Mistake("the last token is left out: range(len(tokens) - 1) stops too early.", ("in tokens]", "in tokens[:-1]]")),
}
# fmt: on

EXERCISE = Exercise(
    right=encode, draw=draw, again=True, visible=1, hidden=2, mistakes=MISTAKES, parts=(Part("the indices"),)
)
