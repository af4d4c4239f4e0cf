"""Named-entity recognition (L1, L2, L3, L11): the words of a sentence -> 1 for a person's name, else 0.

Capitals alone do not decide: places, companies, days and first words have them too, and "Paris", "May" or
"Teddy" may be a person or not. In "She met Ashby, Norton and Welby" the verb, several words before, says that
the three are people; in "She visited Ashby, Norton and Welby" they are towns.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib.resources import files
from typing import Any

import numpy as np

import seqlib
from seqlib.support.types import Array
from seqlib.words import MARKS

from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, pick, three_ways, with_articles, zeros_or_ones
from .ner_words import (
    AMBIGUOUS,
    CLAUSES,
    COMPANIES,
    FILLERS,
    FIRST_NAMES,
    OPENINGS,
    PLACE_ENDS,
    STEMS,
    SURNAME_ENDS,
    TEDDY,
)

UNKNOWN = "<UNK>"
_LETTERS = rf"[^\W_](?:[^\W_]|[{MARKS}])*"
LECTURE = "Yesterday, Harry Potter met Hermione Granger."
LECTURE_NAMES = {"Harry", "Potter", "Hermione", "Granger"}


def split_words(text: str) -> list[str]:
    """The words and punctuation marks of a sentence, capitals kept."""
    return re.findall(rf"{_LETTERS}(?:['’-]{_LETTERS})*|[^\w\s]", text)


def _name_pools(rng: np.random.Generator) -> dict[str, dict[str, list[str]]]:
    """First names, surnames, places and companies of each split: no name is in two splits."""
    first, company = three_ways(FIRST_NAMES, rng), three_ways(COMPANIES, rng)
    made = three_ways(sorted({stem + end for stem in STEMS for end in (*SURNAME_ENDS, *PLACE_ENDS)}), rng)
    pools = {}
    for split in SPLITS:
        last = [word for word in made[split] if word.endswith(tuple(SURNAME_ENDS))]
        place = [word for word in made[split] if word.endswith(tuple(PLACE_ENDS))]
        pools[split] = {"first": first[split], "last": last, "place": place, "company": company[split]}
    return pools


def _person(pools: dict[str, list[str]], rng: np.random.Generator) -> list[tuple[str, int]]:
    """A name with its labels: "Ada Norton", "Ada", "Dr Norton" or, ambiguous at first, "Paris Norton"."""
    last = (pick(rng, pools["last"]), 1)
    form = rng.random()
    if form < 0.12:
        return [(pick(rng, ["Mr", "Mrs", "Dr", "Professor"]), 0), last]
    first = (pick(rng, AMBIGUOUS if form < 0.24 else pools["first"]), 1)
    return [first] if form > 0.85 else [first, last]


def _list(items: list[str], label: int, rng: np.random.Generator) -> list[tuple[str, int]]:
    """Two to four capitalised words, "A, B and C", that all have the same label."""
    chosen = rng.choice(len(items), size=int(rng.integers(2, 5)), replace=False)
    words: list[tuple[str, int]] = []
    for position, i in enumerate(chosen):
        if position:
            words.append(("and", 0) if position == len(chosen) - 1 else (",", 0))
        words.append((items[int(i)], label))
    return words


def _fill(template: str, pools: dict[str, list[str]], rng: np.random.Generator) -> Example:
    """A sentence from a template: {person}, {people}, {place}, {places}, {company}, fillers are slots."""
    tagged: list[tuple[str, int]] = []
    for part in re.findall(r"\{\w+\}|[^\s{},.?!]+|[,.?!]", template):
        slot = part.strip("{}")
        if part == slot:
            tagged.append((part, 0))
        elif slot == "person":
            tagged.extend(_person(pools, rng))
        elif slot in ("people", "places"):
            # the same words stand in both lists: only the verb before them tells people from places
            items = pools["last"] if rng.random() < 0.5 else pools["place"]
            tagged.extend(_list(items, int(slot == "people"), rng))
        elif slot == "ambiguous":
            tagged.append((pick(rng, AMBIGUOUS), 0))
        elif slot in pools:
            tagged.append((pick(rng, pools[slot]), 0))
        else:
            tagged.append((pick(rng, FILLERS[slot]), 0))
    words = with_articles(" ".join(word for word, _ in tagged)).split()
    words[0] = words[0][0].upper() + words[0][1:]
    return Example(words, [label for _, label in tagged], template)


def lecture_sample() -> Example:
    """The sentence "Yesterday, Harry Potter met Hermione Granger." with its labels."""
    words = split_words(LECTURE)
    return Example(words, [int(word in LECTURE_NAMES) for word in words], "lecture")


def name_sentences(seed: int = 1, train: int = 2400, valid: int = 300, test: int = 400) -> Dataset:
    """Sentences and the words of persons' names in them.

    Held out: first names, surnames, places, companies and templates of valid and test do not occur in train.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    pools = _name_pools(rng)
    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, split: str = split) -> Example:
            opening = pick(rng, OPENINGS[split])
            # a first word such as Will or Rose, which only the words after it explain
            kind = "first_word" if rng.random() < 0.15 else "clause"
            template = pick(rng, CLAUSES[kind][split])
            joined = template if kind == "first_word" else f"{opening} {template}".strip()
            return _fill(joined, pools[split], rng)

        splits[split] = distinct(make, count, rng, taken)
    sample = lecture_sample()
    splits["test"][0] = sample
    return Dataset(
        name="ner",
        description="words of a sentence -> which of them belong to a person's name",
        inputs="words and punctuation marks of one sentence",
        outputs="0 or 1 for each of them",
        score="F1 of the name words",
        baseline=0.0,
        baseline_name="no word is a name",
        sample=sample,
        **splits,
    )


def teddy_samples() -> list[Example]:
    """The lecture's two sentences about Teddy: a president, and bears."""
    person, thing = TEDDY["test_person"][0], TEDDY["test_thing"][0]
    president, bears = (
        split_words(f"He said, Teddy Roosevelt {person}"),
        split_words(f"He said, Teddy {thing}"),
    )
    return [
        Example(president, [int(word in ("Teddy", "Roosevelt")) for word in president], person),
        Example(bears, [0] * len(bears), thing),
    ]


def teddy_sentences(seed: int = 1, train: int = 1200, valid: int = 200, test: int = 400) -> Dataset:
    """L11: "He said, Teddy Roosevelt was ..." against "He said, Teddy bears are ...": later words decide.

    y is 1 for a name's words. Held out: no continuation and no surname of valid and test occurs in train.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    surnames = sorted({stem + end for stem in STEMS for end in SURNAME_ENDS})
    last = three_ways(surnames, rng)
    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, split: str = split) -> Example:
            opening, word = pick(rng, TEDDY["opening"]), pick(rng, TEDDY["word"])
            if rng.random() < 0.5:
                end = pick(rng, TEDDY[f"{split}_person"])
                # the surname is often left out: then the verb after the word has to tell
                name = [word, pick(rng, last[split])] if rng.random() < 0.5 else [word]
                words = split_words(opening) + name + split_words(end)
            else:
                end = pick(rng, TEDDY[f"{split}_thing"])
                name, words = [], [*split_words(opening), word, *split_words(end)]
            start = len(split_words(opening))
            y = [int(start <= t < start + len(name)) for t in range(len(words))]
            return Example(words, y, end)

        splits[split] = distinct(make, count, rng, taken)
    splits["test"][:2] = teddy_samples()[:test]
    people = {split: [int(1 in example.y) for example in splits[split]] for split in ("train", "test")}
    return Dataset(
        name="teddy",
        description="one ambiguous word: the start of a name or not? Only the words after it say so",
        inputs="words and punctuation marks of one sentence",
        outputs="0 or 1 for each of them",
        score="accuracy at the ambiguous word",
        baseline=zeros_or_ones(people["train"], people["test"]),
        baseline_name="always the more frequent label",
        sample=splits["test"][0],
        **splits,
    )


def build_words(examples: list[Example], min_count: int = 25) -> list[str]:
    """The lower-cased words that occur at least `min_count` times, sorted, after "<UNK>".

    Rarer words, most names among them, become <UNK>: so the model learns what an unknown capital means.
    """
    counts = Counter(word.lower() for example in examples for word in example.x)
    return [UNKNOWN, *sorted(word for word, count in counts.items() if count >= min_count)]


def encode_words(sentence: list[str], words: list[str]) -> Array:
    """One-hot columns with one more row, which is 1 where the word has a capital: (len(words) + 1, T_x).

    Raises ValueError: an empty sentence.
    """
    if not sentence:
        raise ValueError("sentence has no words; a sequence needs at least one step")
    index = {word: i for i, word in enumerate(words)}
    x = np.zeros((len(words) + 1, len(sentence)))
    for t, word in enumerate(sentence):
        x[index.get(word.lower(), 0), t] = 1.0
        x[-1, t] = float(word[0].isupper())
    return x


def load_tagger() -> tuple[dict[str, Array], list[str]]:
    """The bundled one-directional RNN: its parameters Wax Waa Wya ba by (float64) and its word list.

    Made by `python -m seqlib.data.train_ner`.
    """
    with files("seqlib.data").joinpath("files/ner_rnn.npz").open("rb") as file, np.load(file) as stored:
        params = {key: stored[key].astype(np.float64) for key in ("Wax", "Waa", "Wya", "ba", "by")}
        return params, [str(word) for word in stored["words"]]


def name_probabilities(text: str, tagger: tuple[dict[str, Array], list[str]] | None = None) -> list[tuple[str, float]]:
    """Each word of `text` with the probability, from `seqlib.rnn_forward`, that it is a name's."""
    params, words = load_tagger() if tagger is None else tagger
    sentence = split_words(text)
    x = encode_words(sentence, words)[:, None, :]  # (n_x, 1, T_x)
    a0 = np.zeros((params["Waa"].shape[0], 1))
    _, y_hat, _ = seqlib.rnn_forward(x, a0, params)  # (2, 1, T_x)
    assert y_hat is not None  # params have an output layer
    return [(word, float(p)) for word, p in zip(sentence, y_hat[1, 0], strict=True)]


def find_names(text: str, tagger: tuple[dict[str, Array], list[str]] | None = None) -> list[str]:
    """The names in `text`: neighbouring words whose probability is above one half, joined."""
    names: list[list[str]] = []
    inside = False
    for word, probability in name_probabilities(text, tagger):
        if probability > 0.5:
            if not inside:
                names.append([])
            names[-1].append(word)
        inside = probability > 0.5
    return [" ".join(name) for name in names]
