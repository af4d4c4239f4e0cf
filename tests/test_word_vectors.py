"""The experiments of lesson 13 are what the chapter says, and its data are what they should be."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest

import seqlib
from benchmarks import embeddings as bench
from seqlib.data import people, people_sentences


@pytest.fixture(scope="module")
def stored():
    return bench.MEASURED.load()


@pytest.fixture(scope="module")
def sentences():
    return people_sentences(train=1500, valid=150, test=150)


def test_what_is_said_of_a_noun_in_one_split_is_said_of_it_in_no_other(sentences):
    said = {split: {(e.y, e.source) for e in getattr(sentences, split)} for split in bench.SPLITS}
    assert not said["train"] & said["valid"] and not said["train"] & said["test"] and not said["valid"] & said["test"]
    known = {noun for noun, _ in said["train"]}
    assert {noun for noun, _ in said["test"]} <= known


def test_number_gender_and_time_agree(sentences):
    forms = {noun: i for *nouns, _ in people.ROLES.values() for i, noun in enumerate(nouns)}
    pronouns = [{"he", "his"}, {"she", "her"}, {"they", "their"}, {"they", "their"}]
    address = defaultdict(set)
    for example in sentences.train:
        if example.y in forms:
            i = forms[example.y]
            others = set().union(*pronouns) - pronouns[i]
            assert not others & set(example.x), example
            address[i] |= set(people.ADDRESS) & set(example.x)
            assert {"will"} <= set(example.x) or not {"tomorrow", "soon"} & set(example.x), example
    assert dict(address) == {i: {word} for i, word in enumerate(people.ADDRESS)}


def test_the_forms_of_a_verb():
    verbs = ["walk", "wash", "carry", "play", "serve", "mix", "pray", "copy"]
    assert [people.third_person(v) for v in verbs] == "walks washes carries plays serves mixes prays copies".split()
    assert [people.past_tense(v) for v in verbs] == "walked washed carried played served mixed prayed copied".split()


def test_a_plural_person_and_the_right_one_are_counted_apart():
    roles = list(people.ROLES.values())[:2]
    nouns = [noun for *some, _ in roles for noun in some]
    words = seqlib.Vocabulary(nouns, unknown=False)
    E = np.zeros((3, len(words)))
    for place, (*some, _) in enumerate(roles):  # number, gender, role
        for noun, column in zip(some, [(0, 0), (0, 1), (5, 0), (5, 1)], strict=True):
            E[:, words[noun]] = (*column, 2 * place + 1)
    pairs = [(some[i], some[i + 2]) for some in roles for i in (0, 1)]
    assert bench.plurals(E, words, pairs)["analogy"] == {"plural": 1, "right": 1}
    E[1:] = E[1:].max()  # all persons alike: the number is found, the person by chance
    found = bench.plurals(E, words, pairs)
    assert found["analogy"]["plural"] == 1 and 0 < found["analogy"]["right"] < 1 and found["only c"]["plural"] < 0.5


def test_an_analogy_is_counted_right_and_a_tie_by_its_share():
    words = seqlib.Vocabulary(["a", "b", "c", "d"], unknown=False)
    E = np.zeros((2, len(words)))
    E[:, [words[w] for w in "abcd"]] = [[1, 1, 4, 4], [0, 1, 0, 1]]
    assert bench.answered(E, words, [("a", "b"), ("c", "d")]) == 1
    assert bench.answered(np.eye(len(words)), words, [("a", "b"), ("c", "d")]) == pytest.approx(1 / (len(words) - 3))
    E[:, words["<EOS>"]] = [4.0, 0.1]  # nearer to c than d is, and nearer to a than b
    asked = [("a", "b"), ("c", "d")]
    assert bench.answered(E, words, asked) == 1 and bench.answered(E, words, asked, "only c") == 0
    E[:, words["<EOS>"]] = [5.0, 1.0]  # b + c, which lies in another direction than c alone and than b - a + c
    assert bench.answered(E, words, asked, "b and c") < bench.answered(E, words, asked)


def test_the_words_that_are_asked_decided_nothing():
    pairs = bench.question_pairs()
    for kind in pairs["test"]:
        of = {split: {word for pair in pairs[split][kind] for word in pair} for split in ("valid", "test")}
        assert of["valid"] and not of["valid"] & of["test"]
        assert len(of["test"]) > len(of["valid"])


def test_every_model_is_stored_with_all_seeds(stored):
    assert {kind: len(rows) for kind, rows in stored["analogies"]["rows"].items()} == {
        "one-hot": 1, "counts": 1, "window": len(bench.SEEDS), "gru": len(bench.SEEDS)
    }  # fmt: skip
    for name in ("people", "documentation"):
        assert {model: len(rows) for model, rows in stored[name]["rows"].items()} == {
            "n-gram": 1, "window of 2": len(bench.SEEDS), "window of 5": len(bench.SEEDS), "gru": len(bench.SEEDS)
        }  # fmt: skip
    assert {(row["n_e"], row["seed"]) for row in stored["sizes"]["rows"]} == {
        (n, s) for n in bench.SIZES for s in bench.SEEDS
    }


def test_the_pronouns_are_asked_by_their_distance():
    places = bench.pronoun_places()
    test = bench.corpus("people").test
    for i, t, which, distance in places[::20]:
        low, high = bench.DISTANCES[distance]
        assert test[i].x[t] in bench.PRONOUNS[which] and low <= t - test[i].x.index(test[i].y) <= high
    assert {distance for *_, distance in places} == set(bench.DISTANCES)
