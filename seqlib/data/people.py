"""Sentences about people and fruit (L13): "yesterday the queen greeted the guards because she was happy ."

The words of the lecture's feature table are among the nouns. What a sentence says of a person depends on the role (a king rules, a waiter
serves), on the gender (he or she; in the plural, where *they* does not say it, only gentlemen or ladies), on the number and on the time.
A model can learn of a noun what stands around it, and nothing else.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np

from .dataset import SPLITS, Dataset, Example, check_sizes, distinct, pick, unigram_perplexity

# masculine, feminine, their plurals, and what this person does besides what everybody does
ROLES = {
    "adult": ("man", "woman", "men", "women", ["adult"]),
    "child": ("boy", "girl", "boys", "girls", ["child"]),
    "ruler": ("king", "queen", "kings", "queens", ["royal", "rule", "adult"]),
    "heir": ("prince", "princess", "princes", "princesses", ["royal", "child"]),
    "peer": ("duke", "duchess", "dukes", "duchesses", ["royal", "old"]),
    "parent": ("father", "mother", "fathers", "mothers", ["family", "adult"]),
    "descendant": ("son", "daughter", "sons", "daughters", ["family", "child"]),
    "grandparent": ("grandfather", "grandmother", "grandfathers", "grandmothers", ["family", "old"]),
    "player": ("actor", "actress", "actors", "actresses", ["stage", "adult"]),
    "server": ("waiter", "waitress", "waiters", "waitresses", ["restaurant", "adult"]),
    "religious": ("monk", "nun", "monks", "nuns", ["abbey", "adult"]),
    "magician": ("wizard", "witch", "wizards", "witches", ["magic", "old"]),
    "entertainer": ("host", "hostess", "hosts", "hostesses", ["party", "adult"]),
    "letter": ("landlord", "landlady", "landlords", "landladies", ["house", "adult"]),
    "spouse": ("bridegroom", "bride", "bridegrooms", "brides", ["wedding", "adult"]),
}
# a verb and what follows it; {his} is his, her or their
DEEDS = {
    "everybody": """walk to the market|open the window|cook the dinner|wash {his} hands|call {his} friends|talk about the weather|
        laugh at the joke|ask for a cup of tea|clean {his} room|look at the sky""",
    "adult": "work in the office|park {his} car|sign the contract|earn {his} money",
    "child": "play with {his} toys|finish {his} homework|climb the tree|learn to read at school",
    "old": "lean on a stick|search for {his} glasses|remember the war|rest in the armchair",
    "royal": "live in the palace|greet the guards|polish {his} crown|travel in a golden coach",
    "rule": "rule the country|defend the throne|pardon the thief",
    "family": "visit {his} cousins|help the family|miss {his} relatives",
    "stage": "act in a film|rehearse {his} part|appear on the stage",
    "restaurant": "serve the soup|carry the plates|clear the table",
    "abbey": "pray in the chapel|copy the old books|enter the abbey",
    "magic": "mix the potion|wave {his} wand|enchant the frog",
    "party": "welcome the guests|pour the wine|decorate the hall",
    "house": "collect the rent|repair the roof|lock the cellar",
    "wedding": "dance at the wedding|exchange the rings|wait at the altar",
}
# singular, plural, what it is made into, its colour
FRUIT = {
    "apple": ("apple", "apples", ["pie", "cider"], "red"),
    "orange": ("orange", "oranges", ["juice", "marmalade"], "bright"),
    "lemon": ("lemon", "lemons", ["ice", "squash"], "yellow"),
    "plum": ("plum", "plums", ["jam", "brandy"], "blue"),
    "pear": ("pear", "pears", ["compote", "crumble"], "green"),
    "cherry": ("cherry", "cherries", ["cake", "syrup"], "dark"),
}
TASTES = "ripe sweet sour juicy fresh".split()
MOODS = "tired happy hungry late ill proud".split()
GAPS = ["from the village", "with the little brown dog", "from the house at the end of the road", "who lives next door"]
DAYS = {
    "present": ["every morning", "every evening", "on mondays"],
    "past": ["yesterday", "last week", "in the summer"],
    "future": ["tomorrow", "next week", "soon"],
}
TIMES = tuple(DAYS)
GREETINGS = "good morning|thank you|welcome|goodbye|please sit down|good luck|good evening|come in".split("|")
ADDRESS = ["sir", "madam", "gentlemen", "ladies"]


def third_person(verb: str) -> str:
    """walks, washes, carries."""
    if verb.endswith(("s", "sh", "ch", "x", "o")):
        return verb + "es"
    return verb[:-1] + "ies" if _consonant_y(verb) else verb + "s"


def past_tense(verb: str) -> str:
    """walked, served, carried: the verbs here are regular."""
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if _consonant_y(verb) else verb + "ed"


def _consonant_y(verb: str) -> bool:
    return verb.endswith("y") and verb[-2] not in "aeiou"


def deeds_of(kinds: list[str]) -> list[str]:
    """What a person of these kinds may do: verbs with what follows them."""
    return [" ".join(deed.split()) for kind in kinds for deed in DEEDS[kind].split("|")]


def verbs() -> list[str]:
    """What people do: the verbs in their plain form."""
    return sorted({deed.split()[0] for deed in deeds_of(list(DEEDS))})


def split_of(noun: str, deed: str) -> str:
    """The one split in which a noun may stand with a deed: chance decides, but always in the same way."""
    return SPLITS[int(np.searchsorted([84, 92], crc32(f"{noun} {deed}".encode()) % 100, side="right"))]


def verb_phrase(deed: str, time: str, plural: bool, his: str) -> list[str]:
    """A deed in its form: "rules the country", "ruled the country", "will rule the country"."""
    verb, *rest = deed.format(his=his).split()
    if time == "future":
        return ["will", verb, *rest]
    if time == "past":
        return [past_tense(verb), *rest]
    return [verb if plural else third_person(verb), *rest]


def be(time: str, plural: bool) -> list[str]:
    """is, are, was, were, will be."""
    return {"present": ["are" if plural else "is"], "past": ["were" if plural else "was"], "future": ["will", "be"]}[
        time
    ]


def _person(rng: np.random.Generator, split: str) -> Example | None:
    """A sentence about a person, of what the split may say; None where it may say nothing of the drawn noun."""
    *nouns, kinds = ROLES[pick(rng, list(ROLES))]
    i = int(rng.integers(4))
    gap = pick(rng, GAPS).split() if rng.random() < 0.4 else []
    gap = ["live" if word == "lives" and i > 1 else word for word in gap]
    if rng.random() < 0.25:
        return _greeted(nouns[i], ADDRESS[i], gap, rng, split)
    return _deed(nouns[i], i, kinds, gap, rng, split)


def _greeted(noun: str, address: str, gap: list[str], rng: np.random.Generator, split: str) -> Example | None:
    allowed = [greeting for greeting in GREETINGS if split_of(noun, greeting) == split]
    if not allowed:
        return None
    greeting = pick(rng, allowed)
    return Example(["we", "said", "to", "the", noun, *gap, ":", *greeting.split(), ",", address, "."], noun, greeting)


def _deed(noun: str, i: int, kinds: list[str], gap: list[str], rng: np.random.Generator, split: str) -> Example | None:
    own, common = ([deed for deed in deeds_of(k) if split_of(noun, deed) == split] for k in (kinds, ["everybody"]))
    if not own or not common:
        return None
    plural, time = i > 1, pick(rng, TIMES)
    he, his = ("they", "their") if plural else [("he", "his"), ("she", "her")][i]
    first = pick(rng, own if rng.random() < 0.8 else common)
    then = pick(rng, [deed for deed in (*own, *common) if deed != first])
    words = ["the", noun, *gap, *verb_phrase(first, time, plural, his)]
    day = pick(rng, DAYS[time]).split()
    words = [*day, *words] if rng.random() < 0.5 else [*words, *day]
    ending = int(rng.integers(3))
    if ending == 0:
        words += ["because", he, *be(time, plural), pick(rng, MOODS)]
    elif ending == 1:
        words += ["and", "then", he, *verb_phrase(then, time, plural, his)]
    return Example([*words, "."], noun, first)


def _fruit(rng: np.random.Generator, split: str) -> Example | None:
    """A sentence about fruit; what is made of it and how it tastes is held out as the deeds are."""
    singular, plural, dishes, colour = FRUIT[pick(rng, list(FRUIT))]
    many, time = bool(rng.integers(2)), pick(rng, TIMES)
    noun = plural if many else singular
    options = [*dishes, *TASTES]
    allowed = [word for word in options if split_of(noun, word) == split]
    if not allowed:
        return None
    word = pick(rng, allowed)
    if word in TASTES:
        adjective = [colour] if rng.random() < 0.5 else []
        words = ["the", *adjective, noun, *be(time, many), word, *pick(rng, DAYS[time]).split()]
    else:
        words = ["the", noun, "for", "the", word, *be(time, many), "on", "the", pick(rng, ["table", "tree", "shelf"])]
    return Example([*words, "."], noun, word)


def people_sentences(seed: int = 1, train: int = 8000, valid: int = 500, test: int = 500) -> Dataset:
    """Sentences about people and fruit: x are the words, y is the noun that the sentence is about, source what is said of it.

    Held out: what a sentence of valid or test says of a noun, no sentence of another split says of that noun.
    Raises ValueError or TypeError: a size that is not a whole number of at least 1.
    """
    check_sizes(train=train, valid=valid, test=test)
    rng = np.random.default_rng(seed)
    taken: set[str] = set()
    splits: dict[str, Any] = {}
    for split, count in zip(SPLITS, (train, valid, test), strict=True):

        def make(rng: np.random.Generator, split: str = split) -> Example:
            while True:
                example = (_fruit if rng.random() < 0.12 else _person)(rng, split)
                if example is not None:
                    return example

        splits[split] = distinct(make, count, rng, taken)
    words = ([[*example.x, "<EOS>"] for example in splits[split]] for split in ("train", "test"))
    return Dataset(
        name="people",
        description="sentences about people and fruit, one word after the other",
        inputs="the words so far",
        outputs="the next word, or <EOS>; y is the noun that the sentence is about",
        score="perplexity per word (lower is better)",
        baseline=unigram_perplexity(*words),
        baseline_name="how often each word occurs",
        **splits,
    )
