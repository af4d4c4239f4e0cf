"""Lesson 13: what word vectors know, and what a fixed window costs: `python -m benchmarks.embeddings [PART ...]`.

The book's own sentences about people and fruit, and the documentation of lesson 6. Vectors of the fixed-window model and of a GRU, of
counts (PPMI and SVD), one-hot vectors: neighbours and analogies of words that decided no setting. Perplexity of the fixed window beside
the GRU and n-grams, and of embeddings of several sizes. About eight minutes of one core; all scores are on held-out text, five seeds.
"""

from __future__ import annotations

import os

# the matrices are small: a second BLAS thread costs more than it brings
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import itertools
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np

import seqlib
from benchmarks.language_models import SEEDS, SPLITS, Sentences, known_words, log_p, mean_loss
from benchmarks.measured import Measured, Part
from seqlib import NGram, Vocabulary, data, fast
from seqlib.batches import pad_batch, shuffled_batches
from seqlib.book import word_map
from seqlib.book.live import digest
from seqlib.data import people
from seqlib.language_model import language_model_loss
from seqlib.support.types import Array, Params
from seqlib.training import example_batches
from seqlib.window_model import window_examples, window_log_probabilities, window_loss, window_parameters

HOW: dict[str, dict[str, Any]] = {
    # the sizes and the training of the network of the live figure
    "people": {name: word_map.HOW[name] for name in ("n_e", "n_h", "epochs", "size", "rate")} | {"k": (2, 5)},
    "documentation": {"n_e": 64, "n_h": 128, "epochs": 8, "size": 64, "rate": 0.002, "k": (2, 5)},
}
SIZES = (2, 8, 32, 64)
COUNTED = tuple(itertools.product((2, 3, 5), (16, 32, 64)))  # width of the count, n_e
ORDERS, DISCOUNTS = (2, 3, 4, 5), (0.5, 0.6, 0.7, 0.8, 0.9)
Pairs = dict[str, list[tuple[str, str]]]

# ------------------------------------------------------------------------------------------------ the text


@cache
def corpus(name: str) -> data.Dataset:
    """The sentences about people and fruit, or those of the documentation."""
    return data.people_sentences() if name == "people" else data.python_corpus()


@cache
def words_of(name: str) -> Vocabulary:
    """The words that occur in training, of the documentation those that occur twice."""
    return Vocabulary(known_words(corpus(name).train, least=1 if name == "people" else 2))


@cache
def text(name: str, split: str) -> Sentences:
    """The sentences of a split as indices, each with its end."""
    return [words_of(name).encode(e.x, end=True) for e in getattr(corpus(name), split)]


# ------------------------------------------------------------------------------------------------ models


def window_scores(params: Params, sentences: Sentences) -> list[Array]:
    """log P of each word of each sentence, by the fixed-window model."""
    return [window_log_probabilities(params, sentence) for sentence in sentences]


def gru_scores(params: Params, sentences: Sentences) -> list[Array]:
    """log P of each word of each sentence, by the recurrent model."""
    return log_p(params, "gru", sentences)


def mean_perplexity(scores: Sequence[Array]) -> float:
    """exp of minus the mean log P of a word."""
    return float(np.exp(mean_loss(scores)))


def best_epoch(
    name: str, params: Params, loss: Any, batches: Any, scores: Callable[[Params, Sentences], list[Array]], seed: int
) -> Params:
    """Train, and keep the parameters of the epoch after which the development part is most probable."""
    best: tuple[float, Params] = (np.inf, params)

    def evaluate(now: Params) -> float:
        nonlocal best
        value = mean_perplexity(scores(now, text(name, "valid")))
        if value < best[0]:
            best = value, {key: array.copy() for key, array in now.items()}
        return value

    how = HOW[name]
    optimiser = seqlib.Adam(how["rate"])
    seqlib.train(
        params, loss, batches, epochs=how["epochs"], optimiser=optimiser, evaluate=evaluate, seed=seed, progress=False
    )
    return best[1]


@cache
def window_model(name: str, k: int, n_e: int, seed: int) -> Params:
    """A trained fixed-window model."""
    n_y, how = len(words_of(name)), HOW[name]
    windows, words = window_examples(text(name, "train"), k, n_y)
    params = window_parameters(np.random.default_rng(seed), n_y, n_e, k, how["n_h"], dtype=np.float32)

    def batches(rng: np.random.Generator) -> Iterator[Any]:
        for chosen in shuffled_batches(len(words), how["size"], rng):
            yield windows[chosen], words[chosen]

    with seqlib.using(embedding_backward=fast.embedding_backward):
        return best_epoch(name, params, lambda p, batch: window_loss(p, *batch), batches, window_scores, seed)


@cache
def gru_model(name: str, seed: int) -> Params:
    """A trained recurrent model of as many units, whose first vectors are as small as the other's."""
    n_y, how = len(words_of(name)), HOW[name]
    sizes: dict[str, Any] = {"n_x": how["n_e"], "n_a": how["n_h"], "n_y": n_y, "n_words": n_y}
    params = seqlib.network_parameters(np.random.default_rng(seed), cell="gru", dtype=np.float32, **sizes)
    params["E"] *= np.float32(0.01 / params["E"].std())
    train = text(name, "train")

    def loss(params: Params, batch: tuple[Array, Array]) -> tuple[float, dict[str, Array]]:
        return language_model_loss(params, *batch, cell="gru", reduction="token")

    batches = example_batches(train, 16, pad_batch, list(map(len, train)))
    return best_epoch(name, params, loss, batches, gru_scores, seed)


@cache
def n_gram(name: str) -> NGram:
    """Kneser-Ney with the order and the discount that the development part picks."""

    def model(order: int, discount: float) -> NGram:
        return NGram(text(name, "train"), len(words_of(name)), order, discount=discount)

    def loss(model: NGram) -> float:
        return mean_perplexity([model.log_probabilities(sentence) for sentence in text(name, "valid")])

    return min((model(*option) for option in itertools.product(ORDERS, DISCOUNTS)), key=loss)


# ------------------------------------------------------------------------------------------------ questions


def question_pairs() -> dict[str, Pairs]:
    """Pairs of words that differ in one thing, of the roles, fruit and verbs that decide settings ("valid") and of all others ("test")."""
    pairs: dict[str, Pairs] = {split: {"gender": [], "number": [], "past": []} for split in ("valid", "test")}
    for i, (he, she, men, women, _) in enumerate(people.ROLES.values()):
        chosen = pairs["valid" if i % 3 == 2 else "test"]
        chosen["gender"].append((he, she))
        chosen["number"] += [(he, men), (she, women)]
    for i, (one, many, _, _) in enumerate(people.FRUIT.values()):
        pairs["valid" if i % 3 == 2 else "test"]["number"].append((one, many))
    for i, verb in enumerate(people.verbs()):
        pairs["valid" if i % 3 == 2 else "test"]["past"].append((verb, people.past_tense(verb)))
    return pairs


def documentation_pairs() -> Pairs:
    """Singular and plural, or verb and third person, of the documentation's words that occur at least ten times."""
    counts = Counter(word for example in corpus("documentation").train for word in example.x)
    often = {word for word, count in counts.items() if count >= 10 and word.isalpha() and len(word) > 2}
    return {"s": [(word, word + "s") for word in sorted(often) if word + "s" in often]}


def unit_columns(E: Array) -> Array:
    """The columns of E with length 1; zeros stay zeros."""
    norms = np.linalg.norm(E, axis=0)
    return np.asarray(E / np.where(norms > 0, norms, 1))


def nearest(target: Array, unit: Array, without: list[int]) -> Array:
    """The columns with the largest cosine to a vector, but for some: more than one where they tie."""
    cosines = target @ unit / np.linalg.norm(target)
    cosines[without] = -np.inf
    return np.flatnonzero(cosines > cosines.max() - 1e-9)


TARGETS = {"analogy": (-1, 1, 1), "b and c": (0, 1, 1), "only c": (0, 0, 1)}  # multiples of the vectors of a, b and c


def answered(E: Array, words: Vocabulary, pairs: list[tuple[str, str]], how: str = "analogy") -> float:
    """The share of all questions a : b :: c : ? of two pairs that cosine answers right; a tie of n words counts 1 / n.

    how: a key of TARGETS; the candidates are the same for each
    """
    unit, right = unit_columns(E), []
    for (a, b), (c, d) in itertools.permutations(pairs, 2):
        given = [words[word] for word in (a, b, c)]
        best = nearest(E[:, given] @ TARGETS[how], unit, given)
        right.append((words[d] in best) / len(best))
    return float(np.mean(right))


def neighbours(E: Array, words: Vocabulary) -> dict[str, float]:
    """Of the nouns of the test roles: how often the nearest word is a person, and one of the same role; ties count their share."""
    roles = {noun: role for role, (*nouns, _) in people.ROLES.items() for noun in nouns}
    asked = {word for pair in question_pairs()["test"]["number"] for word in pair} & set(roles)
    unit, person, same = unit_columns(E), [], []
    for noun in sorted(asked):
        best = [words.words[i] for i in nearest(E[:, words[noun]], unit, [words[noun]])]
        person.append(np.mean([word in roles for word in best]))
        same.append(np.mean([roles.get(word) == roles[noun] for word in best]))
    return {"person": round(float(np.mean(person)), 4), "role": round(float(np.mean(same)), 4)}


def plurals(E: Array, words: Vocabulary, pairs: list[tuple[str, str]]) -> dict[str, dict[str, float]]:
    """Of one : several persons :: another one : ?, by how the answer is looked for: the share that is a plural person, and the right one.

    pairs: those that differ in number; a tie of n words counts 1 / n
    """
    several = {noun for persons in people.ROLES.values() for noun in persons[2:4]}
    persons, unit = [pair for pair in pairs if pair[1] in several], unit_columns(E)
    found: dict[str, dict[str, float]] = {}
    for how, multiples in TARGETS.items():
        plural, right = [], []
        for (a, b), (c, d) in itertools.permutations(persons, 2):
            given = [words[word] for word in (a, b, c)]
            best = [words.words[i] for i in nearest(E[:, given] @ multiples, unit, given)]
            plural.append(np.mean([word in several for word in best]))
            right.append((d in best) / len(best))
        found[how] = {"plural": round(float(np.mean(plural)), 4), "right": round(float(np.mean(right)), 4)}
    return found


def ppmi_vectors(name: str, width: int, n_e: int) -> Array:
    """Vectors of counts."""
    counts = seqlib.cooccurrence_counts(text(name, "train"), len(words_of(name)), width)
    return seqlib.svd_embeddings(seqlib.ppmi(counts), n_e)


def row(E: Array, words: Vocabulary, pairs: Pairs) -> dict[str, Any]:
    """Shares of right answers, by kind of question: of the analogy, and of the same without a, and without a and b."""
    return {kind: {how: round(answered(E, words, some, how), 4) for how in TARGETS} for kind, some in pairs.items()}


def analogies() -> dict[str, Any]:
    """Neighbours and analogies of every kind of vector, on words that decided no setting."""
    words, pairs, how = words_of("people"), question_pairs(), HOW["people"]

    def valid(option: tuple[int, int]) -> float:
        E = ppmi_vectors("people", *option)
        return float(np.mean([answered(E, words, some) for some in pairs["valid"].values()]))

    width, n_e = max(COUNTED, key=valid)
    vectors: dict[str, list[Array]] = {
        "one-hot": [np.eye(len(words))],
        "counts": [ppmi_vectors("people", width, n_e)],
        "window": [window_model("people", 5, how["n_e"], seed)["E"][:, : len(words)].astype(float) for seed in SEEDS],
        "gru": [gru_model("people", seed)["E"].astype(float) for seed in SEEDS],
    }

    def asked(E: Array) -> dict[str, Any]:
        of_number = plurals(E, words, pairs["test"]["number"])
        return row(E, words, pairs["test"]) | {"neighbours": neighbours(E, words), "plurals": of_number}

    rows = {kind: [asked(E) for E in some] for kind, some in vectors.items()}
    sizes = {split: {kind: len(some) for kind, some in of.items()} for split, of in pairs.items()}
    return {"rows": rows, "pairs": sizes, "counts": {"width": width, "n_e": n_e}, "words": len(words)}


def real_text() -> dict[str, Any]:
    """Plurals and third persons of the documentation: 22,000 words of real prose."""
    words, how, pairs = words_of("documentation"), HOW["documentation"], documentation_pairs()
    vectors = {
        "counts": [ppmi_vectors("documentation", width, n_e) for width, n_e in COUNTED],
        "window": [
            window_model("documentation", 5, how["n_e"], seed)["E"][:, : len(words)].astype(float) for seed in SEEDS
        ],
    }
    rows = {kind: [row(E, words, pairs) for E in some] for kind, some in vectors.items()}
    return {"rows": rows, "pairs": len(pairs["s"]), "counts": [list(option) for option in COUNTED]}


# ------------------------------------------------------------------------------------------------ perplexity

DISTANCES = {"1 to 5": (1, 5), "6 to 10": (6, 10), "over 10": (11, 99)}
PRONOUNS = (("he", "his"), ("she", "her"), ("they", "their"))


def pronoun_places() -> list[tuple[int, int, int, str]]:
    """(sentence, step, which of the three, distance) of each pronoun of the test, by how many words it comes after the noun."""
    places = []
    for i, example in enumerate(corpus("people").test):
        noun = example.x.index(example.y)
        for t, word in enumerate(example.x):
            for which, forms in enumerate(PRONOUNS):
                if word in forms:
                    distance = next(name for name, (low, high) in DISTANCES.items() if low <= t - noun <= high)
                    places.append((i, t, which, distance))
    return places


def right_pronouns(log_p: Callable[[list[Sentences]], list[list[Array]]]) -> dict[str, float]:
    """How often the right one of he, she and they (or of his, her and their) is the most probable of the three.

    log_p: the three variants of all sentences to their scores
    """
    words, places = words_of("people"), pronoun_places()
    variants: list[Sentences] = [[], [], []]
    for i, t, which, _ in places:
        sentence = text("people", "test")[i]
        form = PRONOUNS[which].index(words.words[sentence[t]])
        for other in range(3):
            variants[other].append([*sentence[:t], words[PRONOUNS[other][form]]])
    scores = log_p(variants)
    right: dict[str, list[bool]] = {name: [] for name in DISTANCES}
    for n, (_, _, which, distance) in enumerate(places):
        right[distance].append(int(np.argmax([scores[other][n][-1] for other in range(3)])) == which)
    return {name: round(float(np.mean(some)), 4) for name, some in right.items()}


def scored(scores: Callable[[Sentences], list[Array]], name: str) -> dict[str, Any]:
    """Perplexity of valid and test and, of the sentences about people, the share of right pronouns."""
    values: dict[str, Any] = {
        split: round(mean_perplexity(scores(text(name, split))), 3) for split in ("valid", "test")
    }
    if name == "people":
        values["pronouns"] = right_pronouns(lambda variants: [scores(some) for some in variants])
    return values


def perplexities(name: str) -> dict[str, Any]:
    """Fixed windows of several lengths, the recurrent model and the best n-gram."""
    how, model = HOW[name], n_gram(name)
    n_e = how["n_e"]

    def by_count(some: Sentences) -> list[Array]:
        return [model.log_probabilities(sentence) for sentence in some]

    rows: dict[str, list[dict[str, Any]]] = {"n-gram": [scored(by_count, name)]}
    for k in how["k"]:
        models = [window_model(name, k, n_e, seed) for seed in SEEDS]
        rows[f"window of {k}"] = [scored(lambda some, p=p: window_scores(p, some), name) for p in models]
    grus = [gru_model(name, seed) for seed in SEEDS]
    rows["gru"] = [scored(lambda some, p=p: gru_scores(p, some), name) for p in grus]
    last = window_model(name, how["k"][-1], n_e, SEEDS[0])
    sizes = {f"window of {how['k'][-1]}": last, "gru": grus[0]}
    return {
        "rows": rows,
        "n_gram": {"order": model.order},
        "how": {**how, "k": list(how["k"])},
        "parameters": {key: sum(value.size for value in params.values()) for key, params in sizes.items()},
        "tokens": {split: sum(map(len, text(name, split))) for split in SPLITS},
        "words": len(words_of(name)),
    }


def sizes() -> dict[str, Any]:
    """The fixed-window model with embeddings of several sizes: held-out perplexity and the analogies of the test words."""
    words, pairs = words_of("people"), question_pairs()["test"]
    rows = []
    for n_e, seed in itertools.product(SIZES, SEEDS):
        params = window_model("people", 5, n_e, seed)
        E = params["E"][:, : len(words)].astype(float)
        found = {kind: round(answered(E, words, some), 4) for kind, some in pairs.items()}
        valid, test = (round(mean_perplexity(window_scores(params, text("people", s))), 3) for s in ("valid", "test"))
        rows.append({"n_e": n_e, "seed": seed, "valid": valid, "test": test, **found})
    weights = {
        str(n_e): sum(value.size for value in window_model("people", 5, n_e, SEEDS[0]).values()) for n_e in SIZES
    }
    return {"rows": rows, "parameters": weights}


# ------------------------------------------------------------------------------------------------ the stored result

TRAINED = (
    *(corpus, words_of, known_words, text, window_scores, mean_loss, mean_perplexity, best_epoch, window_model),
    *(window_examples, window_parameters, window_log_probabilities, window_loss),
    *(seqlib.window_forward, seqlib.window_backward),
)
RECURRENT = (log_p, gru_model, language_model_loss)
ASKED = (
    question_pairs,
    people.verbs,
    unit_columns,
    nearest,
    answered,
    neighbours,
    row,
    ppmi_vectors,
    seqlib.cooccurrence_counts,
    seqlib.ppmi,
)


def _rest(name: str, *settings: Any) -> str:
    text = repr((SEEDS, HOW[name], settings))
    return text + "".join(digest(getattr(corpus(name), split)) for split in SPLITS)


def _perplexity_part(name: str) -> Part:
    code = (*TRAINED, *RECURRENT, perplexities, scored, right_pronouns, pronoun_places, n_gram)
    return Part(lambda: perplexities(name), code, lambda: _rest(name, ORDERS, DISCOUNTS, DISTANCES, PRONOUNS))


MEASURED = Measured(
    "embeddings",
    {
        "analogies": Part(
            analogies, (*TRAINED, *RECURRENT, *ASKED, plurals, analogies), lambda: _rest("people", COUNTED, TARGETS)
        ),
        "sizes": Part(sizes, (*TRAINED, *ASKED, sizes), lambda: _rest("people", SIZES, TARGETS)),
        "people": _perplexity_part("people"),
        "documentation": _perplexity_part("documentation"),
        "real text": Part(
            real_text,
            (*TRAINED, *ASKED, real_text, documentation_pairs),
            lambda: _rest("documentation", COUNTED, TARGETS),
        ),
    },
)

if __name__ == "__main__":
    MEASURED.main(sys.argv[1:])
