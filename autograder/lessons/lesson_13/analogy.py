"""`analogy`: a is to b as c is to which word?"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, different, shuffled
from autograder.lessons.lesson_13.cosine_similarity import cosine_similarity

WORDS = """
    apple boat cake desk eagle flute glove hat island jacket kite lamp mango nail owl pear quill rose spoon tent
    urn vase wheel yacht zebra anchor bread candle drum engine fence guitar hammer inkpot jar key lemon mirror
""".split()
MEASURES = ("cosine", "euclidean", "manhattan")
LENGTH = {"cosine": "cosine", "euclidean": "Euclidean distance", "manhattan": "Manhattan distance"}

# The answer is one of a few words, so a stand-in's numbers could make a wrong one right by chance. Here, a slip in the learner's
# cosine costs nothing: while analogy is asked, a function stands in its place that is the larger, the larger the cosine is. It is not
# the cosine itself, which would be an answer to section 1 in the learner's own process.
PROBE = """
import inspect
import numpy as np

def cosine_similarity(u, v):
    lengths = np.linalg.norm(u) * np.linalg.norm(v)
    if lengths == 0:
        raise ValueError("the cosine of a vector of zeros is not defined")
    return float(np.tanh(3 * (u @ v) / lengths))

def probe(function, *args, **kwargs):
    namespace = getattr(inspect.unwrap(function), "__globals__", {})
    before = {name: namespace[name] for name in ("cosine_similarity",) if name in namespace}
    namespace["cosine_similarity"] = cosine_similarity
    try:
        return function(*args, **kwargs)
    finally:
        namespace.pop("cosine_similarity", None)
        namespace.update(before)
"""


def best(measure: str, vectors: np.ndarray, target: np.ndarray) -> int:
    """Which of the vectors (n_e, n) is nearest."""
    if measure == "cosine":
        return int(np.argmax(target @ vectors / np.linalg.norm(vectors, axis=0)))
    return int(np.argmin(np.linalg.norm(vectors - target[:, None], ord=2 if measure == "euclidean" else 1, axis=0)))


def wrong_targets(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> list[np.ndarray]:
    """What learners aim at, or take for near."""
    right, unit = b - a + c, [v / np.linalg.norm(v) for v in (a, b, c)]
    aside = np.roll(right, 1) - right * (right @ np.roll(right, 1)) / (right @ right)
    return [
        a - b + c,
        a + b - c,
        a + b + c,
        b - a,
        1.02 * c,
        1.02 * b,
        -right,
        6 * (right + 0.8 * aside * np.linalg.norm(right) / np.linalg.norm(aside)),
        1.7 * (unit[1] - unit[0] + unit[2]),
        right + 3 * np.linalg.norm(right) * np.eye(len(right))[0] - 3 * np.linalg.norm(right) * np.eye(len(right))[1],
    ]


def open_field(rng: Generator, n_e: int, measure: str) -> np.ndarray:
    """a, b, c, the nearest word by each measure and words where mistakes lead, (n_e, 16); the given words are not the nearest."""
    while True:
        a, b, c = (scale * rng.normal(size=n_e) for scale in (1.0, 2.5, 1.6))
        target = b - a + c
        apart, axis = 0.3 * np.linalg.norm(target), np.zeros(n_e)
        axis[int(rng.integers(n_e))] = apart
        signs = rng.choice([-1, 1], n_e)
        spread = 0.9 * apart * signs / np.sqrt(n_e)
        near = [2.2 * target + 0.01 * rng.normal(size=n_e), target + spread, target + axis]
        vectors = np.stack([a, b, c, *near, *wrong_targets(a, b, c)], axis=1)
        chosen = [best(each, vectors, target) for each in MEASURES]
        unit = vectors / np.linalg.norm(vectors, axis=0)
        lengths = unit[:, 1] - unit[:, 0] + unit[:, 2]
        aimed = [best(measure, others[:, 3:], lengths) + 3 for others in (vectors, unit)]  # one or all made of length 1
        right = MEASURES.index(measure) + 3
        # where signs cancel, the absolute value of the summed differences would be smallest for the Euclidean answer, too
        told_apart = signs.sum() and (measure == "cosine" or aimed[0] != aimed[1])
        if chosen == [3, 4, 5] and right not in aimed and told_apart:
            return vectors


def close_by(rng: Generator, n_e: int, nearest: str) -> np.ndarray:
    """Vectors (n_e, 8) of a, b, c and others, so that one of the three given words is nearest to the target by every measure."""
    while True:
        a, b, c = rng.normal(size=(3, n_e))
        step = 0.2 * rng.normal(size=n_e)
        a, b, c = {"a": (a, a + step, a - 1.2 * step), "b": (a, b, a + step), "c": (a, a + step, c)}[nearest]
        target = b - a + c
        others = [2 * target + rng.normal(size=n_e) * 0.7, *(2 * rng.normal(size=(4, n_e)))]
        vectors = np.stack([a, b, c, *others], axis=1)
        if all(best(each, vectors, target) == "abc".index(nearest) for each in MEASURES):
            return vectors


def named(
    rng: Generator, vectors: np.ndarray, first: int | None = None
) -> tuple[str, str, str, np.ndarray, dict[str, int]]:
    """The arguments: words in any order, their columns in another one, and a column of no word that is the target itself.

    first: which of the vectors is column 0; any where it is None
    """
    a, b, c = vectors[:, :3].T
    words = different(WORDS, vectors.shape[1], rng)
    E = np.column_stack([vectors, b - a + c])
    places = rng.permutation(E.shape[1])
    if first is not None:
        places[places == first], places[0] = places[0], first
    columns = {word: int(np.flatnonzero(places == i)[0]) for i, word in enumerate(words)}
    return words[0], words[1], words[2], E[:, places], {word: columns[word] for word in shuffled(words, rng)}


def zeros_nearest(a: str, b: str, c: str, E: Any, columns: dict[str, int]) -> tuple[Any, ...]:
    """The question with a word whose vector is all zeros, and a row in which all others that may be the answer are far away.

    Numbers are large, so that the nearest word is far away, too.
    """
    nothing = next(word for word in columns if word not in (a, b, c))
    E = 1e9 * np.vstack([E, np.zeros(E.shape[1])])
    E[:, columns[nothing]] = 0
    far = 3 * np.abs(E).sum()
    for word in columns:
        if word not in (a, b, c, nothing):
            E[-1, columns[word]] += far
    return a, b, c, E, columns


def draw(rng: Generator) -> Iterator[Inputs]:
    for n_e, measure in ((4, "cosine"), (5, "euclidean"), (6, "manhattan")):
        how = {} if measure == "cosine" else {"measure": measure}
        label = f"n_e = {n_e}, {LENGTH[measure]}"
        yield Inputs(label, named(rng, open_field(rng, n_e, measure)), how, aspect=measure)
    for measure in MEASURES[1:]:  # one word of a few is soon guessed, two are not
        label = f"other words, {LENGTH[measure]}"
        yield Inputs(label, named(rng, open_field(rng, 4, measure)), {"measure": measure}, aspect=measure)
    given = named(rng, open_field(rng, 3, "cosine"), first=3)  # the answer is word 0, whose index is no "nothing"
    yield Inputs("cosine by name", given, {"measure": "cosine"}, aspect="cosine")
    for measure, nearest in itertools.product(MEASURES, "cba"):
        label = f"the word {nearest} itself lies nearest to the target, {LENGTH[measure]}"
        given = named(rng, close_by(rng, int(rng.integers(3, 6)), nearest))
        yield Inputs(label, given, {"measure": measure}, aspect="the given words are left out")
    a, b, c, E, columns = named(rng, open_field(rng, 4, "cosine"))
    other = next(word for word in columns if word not in (a, b, c, analogy(a, b, c, E, columns)))
    E[:, columns[other]] = 0
    label = "a word whose vector is all zeros"
    yield Inputs(label, (a, b, c, E, columns), aspect="rare", unusual=True)
    label = "a word whose vector is all zeros is the nearest, Euclidean distance"
    given = named(rng, open_field(rng, 4, "manhattan"))
    yield Inputs(label, zeros_nearest(*given), {"measure": "euclidean"}, aspect="rare", unusual=True)
    a, b, c = rng.normal(size=(3, 4))
    target = b - a + c
    away = [-scale * (target + 0.2 * np.linalg.norm(target) * rng.normal(size=4) / 4) for scale in (0.4, 1, 2, 3)]
    label = "every word points away from the target"
    yield Inputs(label, named(rng, np.stack([a, b, c, *away], axis=1)), aspect="rare", unusual=True)
    a, b, c, E, columns = named(rng, close_by(rng, 4, "c"))
    twin = next(word for word in columns if word not in (a, b, c))
    E[:, columns[twin]] = E[:, columns[c]]
    label = "another word has the vector of c"
    yield Inputs(label, (a, b, c, E, columns), aspect="the given words are left out", unusual=True)
    given = named(rng, open_field(rng, 3, "cosine"))  # each measure has another answer
    label = "a measure that there is not (ValueError)"
    yield Inputs(label, given, {"measure": "Cosine"}, aspect="rare", raises="ValueError", unusual=True)


def analogy(a: str, b: str, c: str, E: np.ndarray, vocabulary: dict[str, int], *, measure: str = "cosine") -> Any:
    if measure not in ("cosine", "euclidean", "manhattan"):
        raise ValueError("measure must be cosine, euclidean or manhattan")
    target = E[:, vocabulary[b]] - E[:, vocabulary[a]] + E[:, vocabulary[c]]
    nearness = {}
    for word in vocabulary:
        v = E[:, vocabulary[word]]
        if word in (a, b, c):
            continue
        if measure == "cosine":
            if v.any():
                nearness[word] = cosine_similarity(v, target)
        elif measure == "euclidean":
            nearness[word] = -np.sqrt(((v - target) ** 2).sum())
        else:
            nearness[word] = -np.abs(v - target).sum()
    return max(nearness, key=nearness.get)  # type: ignore[arg-type]


TARGET, OUT = "E[:, vocabulary[b]] - E[:, vocabulary[a]] + E[:, vocabulary[c]]", "word in (a, b, c)"
COSINE, EUCLID, MANHATTAN = (
    "cosine_similarity(v, target)",
    "-np.sqrt(((v - target) ** 2).sum())",
    "-np.abs(v - target).sum()",
)
RESULT, COLUMN = "return max(nearness, key=nearness.get)", "v = E[:, vocabulary[word]]"
WHERE = 'if measure not in ("cosine", "euclidean", "manhattan"):'

# fmt: off
MISTAKES = {
    "difference_reversed": Mistake("the difference has the wrong sign: the target is e_b - e_a + e_c, and here it is e_a - e_b + e_c.", (TARGET, "E[:, vocabulary[a]] - E[:, vocabulary[b]] + E[:, vocabulary[c]]")),
    "c_subtracted": Mistake("e_c is subtracted: the target is e_b - e_a + e_c, and here it is e_a + e_b - e_c.", (TARGET, "E[:, vocabulary[a]] + E[:, vocabulary[b]] - E[:, vocabulary[c]]")),
    "all_added": Mistake("all three vectors are added: e_a is subtracted, e_b - e_a + e_c.", (TARGET, "E[:, vocabulary[b]] + E[:, vocabulary[a]] + E[:, vocabulary[c]]")),
    "c_forgotten": Mistake("e_c is missing in the target: it is e_b - e_a + e_c.", (TARGET, "E[:, vocabulary[b]] - E[:, vocabulary[a]]")),
    "only_c": Mistake("this is the word nearest to c: the target is e_b - e_a + e_c.", (TARGET, "E[:, vocabulary[c]]")),
    "only_b": Mistake("this is the word nearest to b: the target is e_b - e_a + e_c.", (TARGET, "E[:, vocabulary[b]]")),
    "given_words_stay": Mistake("one of the three given words is returned: a, b and c are left out of the search.", (OUT, "False")),
    "only_c_left_out": Mistake("c is left out of the search, but a and b are not: all three given words are.", (OUT, "word == c")),
    "a_stays": Mistake("a is not left out of the search: all three given words are.", (OUT, "word in (b, c)")),
    "b_stays": Mistake("b is not left out of the search: all three given words are.", (OUT, "word in (a, c)")),
    "c_stays": Mistake("c is not left out of the search: all three given words are.", (OUT, "word in (a, b)")),
    "vectors_left_out": Mistake("a word with the same vector as one of the given ones is left out, too: only the three words themselves are.",
        (OUT, "any(np.allclose(v, E[:, vocabulary[one]]) for one in (a, b, c))")),
    "left_out_by_cosine_alone": Mistake("with the distances, the given words are not left out: they are left out by every measure.", (OUT, 'measure == "cosine" and word in (a, b, c)')),
    "left_out_by_distance_alone": Mistake("with cosine, the given words are not left out: they are left out by every measure.", (OUT, 'measure != "cosine" and word in (a, b, c)')),
    "farthest_by_distance": Mistake("the word at the largest distance is returned: near is the largest cosine, but the smallest distance (argmin).",
        (EUCLID, "np.sqrt(((v - target) ** 2).sum())"), (MANHATTAN, "np.abs(v - target).sum()")),
    "farthest_euclidean": Mistake("with the Euclidean distance, the farthest word is returned: a distance is smallest where words are near (argmin).", (EUCLID, "np.sqrt(((v - target) ** 2).sum())")),
    "farthest_manhattan": Mistake("with the Manhattan distance, the farthest word is returned: a distance is smallest where words are near (argmin).", (MANHATTAN, "np.abs(v - target).sum()")),
    "smallest_cosine": Mistake("with cosine, the word at the largest angle is returned: near is the largest cosine (argmax).", (COSINE, "-cosine_similarity(v, target)")),
    "absolute_cosine": Mistake("the cosine's sign is lost: the opposite direction is not near.", (COSINE, "abs(cosine_similarity(v, target))")),
    "inner_product": Mistake("words are compared by the inner product, so long vectors win: the cosine divides by the lengths.", (COSINE, "float(v @ target)")),
    "measure_ignored": Mistake("`measure` is ignored, and cosine decides always.", ('measure == "cosine":', "True:")),
    "euclidean_always": Mistake("`measure` is ignored, and the Euclidean distance decides always.", ('measure == "cosine":', "False:"), ('measure == "euclidean":', "True:")),
    "distances_swapped": Mistake("the two distances have changed places: euclidean is the root of the summed squares, manhattan the sum of absolute differences.", ('measure == "euclidean":', 'measure == "manhattan":')),
    "manhattan_is_euclidean": Mistake("manhattan gives the Euclidean distance: it is the sum of absolute differences.", (MANHATTAN, "-np.sqrt(((v - target) ** 2).sum()) ")),
    "euclidean_is_manhattan": Mistake("euclidean gives the Manhattan distance: it is the root of the summed squares.", (EUCLID, "-np.abs(v - target).sum() ")),
    "manhattan_of_sum": Mistake("the Manhattan distance is the absolute value of the summed differences: take the absolute value of each difference, then the sum.", (MANHATTAN, "-abs((v - target).sum())")),
    "lengths_made_one": Mistake("the three vectors were given length 1 before they were added and subtracted: take them as they are.",
        ("    target =", "    F = E / np.where(np.linalg.norm(E, axis=0) > 0, np.linalg.norm(E, axis=0), 1)\n    target ="), (TARGET, "F[:, vocabulary[b]] - F[:, vocabulary[a]] + F[:, vocabulary[c]]")),
    "all_lengths_made_one": Mistake("all vectors were given length 1 before they were added and subtracted: take them as they are.", ("    target =", "    E = E / np.where(np.linalg.norm(E, axis=0) > 0, np.linalg.norm(E, axis=0), 1)\n    target =")),
    "lengths_made_one_for_cosine": Mistake("with cosine, all vectors were given length 1 before they were added and subtracted: take them as they are.",
        ("    target =", '    if measure == "cosine":\n        E = E / np.where(np.linalg.norm(E, axis=0) > 0, np.linalg.norm(E, axis=0), 1)\n    target =')),
    "starts_at_zero": Mistake("the best cosine starts at 0, so nothing is found where all words point away from the target: start below -1, or with the first word.",
        (RESULT, 'best = max(nearness, key=nearness.get)\n    return best if measure != "cosine" or nearness[best] > 0 else None')),
    "starts_at_a_distance": Mistake("the smallest distance starts at some number, so nothing is found where every word is farther away: start at infinity, or with the first word.",
        (RESULT, 'best = max(nearness, key=nearness.get)\n    return best if measure == "cosine" or nearness[best] > -1e6 else None')),
    "column_0_left_out": Mistake("the word in column 0 is passed over: 0 is an index like any other, and a test such as `if index` takes it for none.", (OUT, "word in (a, b, c) or not vocabulary[word]")),
    "place_in_the_dict": Mistake("a word's place in the dict is taken for its column: its column is vocabulary[word].", (COLUMN, "v = E[:, list(vocabulary).index(word)]")),
    "struck_out_by_column": Mistake("the values stand in the order of the dict, and the given words are struck out at their columns of E: these are two different orders.",
        (OUT, "False"), (RESULT, "values = np.array([nearness.get(word, -np.inf) for word in vocabulary])\n    values[[vocabulary[one] for one in (a, b, c)]] = -np.inf\n    return list(vocabulary)[int(values.argmax())]")),
    "every_column": Mistake("a column of E that belongs to no word was chosen: search among the words of the vocabulary.",
        (RESULT, "names = {column: word for word, column in vocabulary.items()}\n    given = [vocabulary[a], vocabulary[b], vocabulary[c]]\n    values = [np.inf if j in given else np.abs(E[:, j] - target).sum() for j in range(E.shape[1])]\n    return names.get(int(np.argmin(values)))")),
    "index_returned": Mistake("a column is returned: the answer is the word.", (RESULT, "return vocabulary[max(nearness, key=nearness.get)]")),
    "pair_returned": Mistake("a word and its value are returned: the answer is the word alone.", (RESULT, "return max(nearness.items(), key=lambda item: item[1])")),
    "value_returned": Mistake("the largest value is returned: the answer is the word that has it.", (RESULT, "return max(nearness.values())")),
    "zeros_not_left_out": Mistake("a word whose vector is all zeros has no cosine: with cosine it is left out.", ("if v.any():", "if True:")),
    "zeros_always_left_out": Mistake("a word whose vector is all zeros is left out by the distances, too: it has a distance like any other, and lacks only a cosine.",
        (OUT, "word in (a, b, c) or not v.any()")),
    "measure_in_small_letters": Mistake("\"Cosine\" is taken for \"cosine\": every measure but the three, as they are written, raises ValueError.",
        (WHERE, f"measure = measure.lower()\n    {WHERE}")),
    "no_such_measure": Mistake("a measure that is none of the three must raise ValueError: here it is taken for one of them.", (WHERE, "if False:")),
}
# fmt: on

EXERCISE = Exercise(
    right=analogy,
    draw=draw,
    visible=2,
    hidden=4,
    mistakes=MISTAKES,
    probe=PROBE,
)
