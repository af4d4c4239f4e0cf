"""Names, reviews, homophones, agreement: labels follow from the words, and held-out parts are held out."""

from __future__ import annotations

import itertools
import re
import sys
import types
from collections import Counter

import numpy as np
import pytest

import seqlib
from seqlib.data import (
    agreement_sentences,
    first_names,
    flowers,
    homophone_sentences,
    name_or_flower,
    name_sentences,
    python_corpus,
    python_sources,
    reviews,
    teddy_sentences,
    train_ner,
)
from seqlib.data import ner as ner_module
from seqlib.data.agreement import gap_words
from seqlib.data.homophones import SOUNDS_LIKE
from seqlib.data.names import plain_letters
from seqlib.data.ner_words import AMBIGUOUS, TEDDY
from seqlib.data.sentiment import ADJECTIVES, VERBS, stars
from seqlib.data.sources import STRANGE
from seqlib.data.take_corpus import sentences


@pytest.fixture(scope="module")
def names():
    return name_sentences(seed=2, train=800, valid=100, test=150)


def tagged(examples):
    return {word for example in examples for word, label in zip(example.x, example.y, strict=True) if label}


def test_every_word_has_a_label(names):
    for example in names.train + names.valid + names.test:
        assert len(example.x) == len(example.y) and set(example.y) <= {0, 1}
        assert all(word[0].isupper() for word, label in zip(example.x, example.y, strict=True) if label)


def test_held_out_names_and_templates_are_not_in_train(names):
    known = tagged(names.train)
    for held_out in (names.valid, names.test):
        assert not (tagged(held_out) - set(AMBIGUOUS)) & known
        assert not {example.source for example in held_out} & {example.source for example in names.train}


def test_the_words_of_a_name_occur_as_no_name_too(names):
    everything = names.train
    others = {w for e in everything for w, label in zip(e.x, e.y, strict=True) if not label}
    assert len(tagged(everything) & others) > 20  # surnames that are towns elsewhere, and April or Paris


def test_rare_words_are_unknown(names):
    words = ner_module.build_words(names.train, min_count=10)
    assert words[0] == ner_module.UNKNOWN and words[1:] == sorted(words[1:])
    x = ner_module.encode_words(["Xyz", "met", "xyz", "Met"], words)
    assert x.shape == (len(words) + 1, 4)
    np.testing.assert_array_equal(x[0], [1, 0, 1, 0])
    np.testing.assert_array_equal(x[words.index("met")], [0, 1, 0, 1])
    np.testing.assert_array_equal(x[-1], [1, 0, 0, 1])
    np.testing.assert_array_equal(x[:-1].sum(axis=0), np.ones(4))


def test_an_empty_sentence_is_refused():
    with pytest.raises(ValueError, match="no words"):
        ner_module.encode_words([], ["<UNK>"])


def test_words_keep_apostrophes_and_hyphens():
    assert ner_module.split_words("Ann-Kate's 2 cats, he said.") == [
        "Ann-Kate's",
        "2",
        "cats",
        ",",
        "he",
        "said",
        ".",
    ]


def test_the_bundled_tagger_marks_the_lectures_sentence_and_fresh_ones():
    lecture = "Yesterday, Harry Potter met Hermione Granger."
    assert ner_module.find_names(lecture) == ["Harry Potter", "Hermione Granger"]
    assert ner_module.find_names("On Friday, Marie Curie met Albert Einstein in Brussels.") == [
        "Marie Curie",
        "Albert Einstein",
    ]
    # the verb, several words before, tells people from towns
    assert ner_module.find_names("She visited London, Rome and Berlin.") == []
    assert ner_module.find_names("She met London, Rome and Berlin.") == ["London", "Rome", "Berlin"]


def test_the_bundled_tagger_scores_well_on_unseen_names():
    dataset = name_sentences()
    hits = wrong = missed = 0
    for example in dataset.test:
        params, words = ner_module.load_tagger()
        x = ner_module.encode_words(example.x, words)[:, None, :]
        _, y_hat, _ = seqlib.rnn_forward(x, np.zeros((params["Waa"].shape[0], 1)), params)
        guess, truth = y_hat[1, 0] > 0.5, np.array(example.y, dtype=bool)
        hits += (guess & truth).sum()
        wrong += (guess & ~truth).sum()
        missed += (~guess & truth).sum()
    assert 2 * hits / (2 * hits + wrong + missed) > 0.9


def test_training_again_gives_such_a_tagger(tmp_path):
    train_ner.main(["--seed", "1", "--out", str(tmp_path / "new" / "tagger.npz")])
    stored, words = ner_module.load_tagger()
    with np.load(tmp_path / "new" / "tagger.npz") as made:
        assert list(made["words"]) == words
        params = {name: made[name].astype(float) for name in stored}
    assert {name: value.shape for name, value in params.items()} == {k: v.shape for k, v in stored.items()}
    lecture = "Yesterday, Harry Potter met Hermione Granger."
    assert ner_module.find_names(lecture, (params, words)) == ["Harry Potter", "Hermione Granger"]


def test_a_swapped_cell_drives_the_tagger():
    calls = []

    def cell(x_t, a_prev, params):
        calls.append(x_t.shape)
        return seqlib.rnn_cell_forward(x_t, a_prev, params)

    sentence = "Yesterday, Harry Potter met Hermione Granger."
    with seqlib.using(rnn_cell_forward=cell):
        assert ner_module.find_names(sentence) == ["Harry Potter", "Hermione Granger"]
    assert len(calls) == 8

    def silent(x_t, a_prev, params):
        a_next, y_hat_t, cache = seqlib.rnn_cell_forward(x_t, a_prev, params)
        return 0 * a_next, y_hat_t, cache

    with seqlib.using(rnn_cell_forward=silent):
        assert ner_module.find_names("She visited London, Rome and Berlin.") != []


def test_teddy_sentences_have_the_same_words_before_the_ambiguous_one():
    dataset = teddy_sentences(seed=4, train=300, valid=40, test=100)
    assert dataset.test[0].x[:4] == dataset.test[1].x[:4] == ["He", "said", ",", "Teddy"]
    assert (dataset.test[0].y[3], dataset.test[1].y[3]) == (1, 0)
    known = {example.source for example in dataset.train}
    assert not known & {example.source for example in dataset.valid + dataset.test}
    # with the word before the ambiguous one, and the word itself, both labels occur
    labels: dict[tuple[str, str], set[int]] = {}
    for example in dataset.train:
        t = next(t for t, word in enumerate(example.x) if word in TEDDY["word"])
        labels.setdefault((example.x[t - 1], example.x[t]), set()).add(example.y[t])
    assert np.mean([len(both) == 2 for both in labels.values()]) > 0.8


def test_stars_average_with_weights():
    assert [stars([value], [1]) for value in (-2, -1, 1, 2)] == [1, 2, 4, 5]
    assert stars([2, -2], [1, 1]) == 3
    assert stars([2, -2], [1, 3]) == 2
    assert stars([2, -2], [3, 1]) == 4
    with pytest.raises(ValueError, match="needs a weight"):
        stars([1], [1, 2])
    with pytest.raises(ValueError, match="needs a weight"):
        stars([], [])


def test_negation_turns_the_stars():
    dataset = reviews(seed=1, train=2500, valid=100, test=200)
    value_of = {word: value for value, words in ADJECTIVES.items() for word in words}
    turned = kept = 0
    for example in dataset.train:
        words = [word for word in example.x if word in value_of]
        if len(words) == 1 and "|" not in example.source:
            sign = np.sign(example.y - 3)
            turned += sign == -np.sign(value_of[words[0]])
            kept += sign == np.sign(value_of[words[0]])
    assert turned > 200 and kept > 200
    assert dataset.test[0].y == 1 and " ".join(dataset.test[0].x) == "there is nothing to like in this movie ."
    assert {example.y for example in dataset.test} == {1, 2, 3, 4, 5}


def test_held_out_review_templates_are_not_in_train():
    dataset = reviews(seed=1, train=1500, valid=100, test=200)
    parts = [
        {part for example in split for part in example.source.split(" | ")}
        for split in (dataset.train, dataset.valid, dataset.test)
    ]
    assert not parts[0] & parts[1] and not parts[0] & parts[2] and not parts[1] & parts[2]
    known = {word for example in dataset.train for word in example.x}
    assert {word for words in VERBS.values() for word in words} <= known


@pytest.mark.parametrize("make", [homophone_sentences, name_sentences, reviews, teddy_sentences, agreement_sentences])
def test_the_article_suits_the_next_word(make):
    dataset = make()
    for example in dataset.train + dataset.valid + dataset.test:
        for article, word in itertools.pairwise(example.x):
            if article in ("a", "an"):
                assert (article == "an") == (word[0] in "aeiouAEIOU" or word == "hour"), example.x


def test_a_misheard_sentence_differs_in_one_word_that_sounds_alike():
    dataset = homophone_sentences(seed=1, train=400, valid=50, test=100)
    assert dataset.test[1].x == ["Todd", "met", "Pete"] and dataset.test[1].y == ["toad", "met", "pit"]
    for example in dataset.valid + dataset.test[2:]:
        changed = [(a, b) for a, b in zip(example.x, example.y, strict=True) if a != b]
        assert len(changed) == 1 and SOUNDS_LIKE[changed[0][0]] == changed[0][1]
    assert all(example.y is None for example in dataset.train)


def test_every_homophone_and_its_twin_occur_in_training():
    dataset = homophone_sentences()
    known = {word for example in dataset.train for word in example.x}
    assert set(SOUNDS_LIKE) <= known
    assert set(SOUNDS_LIKE.values()) <= known
    written = {" ".join(example.x) for example in dataset.train}
    misheard = {" ".join(example.y) for example in dataset.valid + dataset.test}
    assert not written & misheard  # a misheard sentence is never in training
    assert not written & {" ".join(example.x) for example in dataset.test[:2]}


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 5, 6, 7, 8, 11, 30])
def test_the_gap_has_n_words(n):
    rng = np.random.default_rng(n)
    assert {len(gap_words(n, rng)) for _ in range(50)} == {n}


@pytest.mark.parametrize(("gap", "error"), [(-1, ValueError), (2.5, TypeError), (True, TypeError)])
def test_a_gap_that_is_none_is_refused(gap, error):
    with pytest.raises(error, match="the gap is a"):
        agreement_sentences(gap=gap)


@pytest.mark.parametrize("gap", [2, 4, 8, 25])
def test_agreement_needs_the_subject_and_no_gap_is_in_two_splits(gap):
    dataset = agreement_sentences(gap=gap, seed=1, train=300, valid=40, test=80)
    for example in dataset.train:
        assert len(example.x) == gap + 2
        assert example.x[1].endswith("s") == bool(example.y)
    if gap >= 4:
        known = {example.source for example in dataset.train}
        assert not known & {example.source for example in dataset.valid + dataset.test}
    assert abs(dataset.baseline - 0.5) < 0.15


def test_the_nearest_noun_does_not_tell_the_verb():
    dataset = agreement_sentences(gap=9, seed=1, train=600, valid=10, test=10)
    agree = [example.x[-1].endswith("s") == bool(example.y) for example in dataset.train]
    assert abs(np.mean(agree) - 0.5) < 0.08


def test_more_sentences_than_a_short_gap_has_are_refused():
    with pytest.raises(ValueError, match="distinct"):
        agreement_sentences(gap=0)


def test_names_are_plain_letters():
    assert plain_letters("Zoë") == "zoe" and plain_letters("Łucja") == "lucja"
    dataset = first_names()
    names = {"".join(example.x) for example in dataset.train + dataset.valid + dataset.test}
    assert len(names) == sum(dataset.sizes.values()) > 1500
    assert all(name.isascii() and name.islower() for name in names)


@pytest.mark.parametrize(
    ("locales", "error", "said"),
    [
        (("xx_XX",), ValueError, "'xx_XX'"),
        ((), ValueError, "locales is empty"),
        ("en_US", TypeError, r"got the text 'en_US': write \('en_US',\)"),
    ],
)
def test_an_unknown_locale_of_names_is_refused(locales, error, said):
    with pytest.raises(error, match=said):
        first_names(locales=locales)


def test_only_prose_is_kept():
    text = "Heading\n*******\n\nThis is one. And here is another one.\n\n    code = 1\n\n>>> This is no prose.\n"
    assert sentences(text) == ["And here is another one."]


def test_the_corpus_holds_out_topics():
    dataset = python_corpus()
    topics = [{example.source for example in split} for split in (dataset.train, dataset.valid, dataset.test)]
    assert not topics[0] & topics[1] and not topics[0] & topics[2] and not topics[1] & topics[2]
    assert dataset.sizes["train"] > 500


def test_the_corpus_does_not_depend_on_the_python_that_runs(monkeypatch):
    """What was measured on it would be of another text."""
    before = python_corpus().train
    monkeypatch.setitem(
        sys.modules, "pydoc_data.topics", types.SimpleNamespace(topics={"only": "This is another text altogether."})
    )
    assert python_corpus().train == before


def test_the_sources_are_a_few_megabytes_of_ascii_and_one_sign():
    dataset = python_sources()
    texts = [example.x for split in ("train", "valid", "test") for example in getattr(dataset, split)]
    assert 2e6 < sum(map(len, texts)) < 2e7
    assert all(c.isascii() or c == STRANGE for c in set("".join(texts)))
    assert 4 < dataset.baseline < 5


def test_a_python_without_its_sources_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("sysconfig.get_paths", lambda: {"stdlib": str(tmp_path)})
    with pytest.raises(FileNotFoundError, match="standard library"):
        python_sources()


def test_an_stands_before_a_vowel(names):
    everything = names.train + names.test + reviews(seed=1, train=1500, valid=100, test=200).train
    pairs = [(a.lower(), b[0].lower()) for e in everything for a, b in itertools.pairwise(e.x)]
    assert ("an", "o") in pairs
    assert not [pair for pair in pairs if pair[0] == "a" and pair[1] in "aeiou"]
    assert not [pair for pair in pairs if pair[0] == "an" and pair[1] not in "aeiou"]


def test_at_most_one_part_of_a_clause_turns_it():
    turning = {"not", "nobody", "doubt", "nothing", "far"}
    for example in reviews(seed=1, train=1500, valid=100, test=200).train:
        clauses = re.split(r" , | and | but | although ", " ".join(example.x))
        assert all(sum(word in turning for word in clause.split()) <= 1 for clause in clauses), example.x


@pytest.mark.parametrize("n", range(20))
def test_so_many_words_stand_between_a_flower_and_its_verb(n):
    rng = np.random.default_rng(n)
    assert {len(flowers.between(n, rng)) for _ in range(50)} == {n}


def test_a_flowers_verb_decides_and_comes_at_its_distance():
    dataset = name_or_flower((1, 3, 7), seed=2, train=600, valid=60, test=90)
    pairs: dict[str, set[tuple[str, str]]] = {}
    for split, examples in (("train", dataset.train), ("valid", dataset.valid), ("test", dataset.test)):
        assert Counter(e.source for e in examples) == dict.fromkeys(("1", "3", "7"), len(examples) // 3)
        for e in examples:
            verb, ending = e.x[int(e.source)], " ".join(e.x[int(e.source) + 1 : -1])
            assert e.x[0] in flowers.WORDS and e.y == [int(verb in flowers.PERSON), *[0] * (len(e.x) - 1)]
            assert not {*flowers.PERSON, *flowers.PLANT} & {*e.x[1 : int(e.source)]}
            pairs.setdefault(split, set()).add((verb, ending))
    assert (
        not pairs["train"] & pairs["test"]
        and not pairs["train"] & pairs["valid"]
        and not pairs["valid"] & pairs["test"]
    )
    assert {ending for _, ending in pairs["test"]} <= {ending for _, ending in pairs["train"]}
    # no ending and nothing in between tells a person from a plant
    for verbs in (flowers.PERSON, flowers.PLANT):
        assert {ending for verb in verbs for ending in flowers.endings(verb, "train")} == set(flowers.ENDINGS)


@pytest.mark.parametrize("distances", [(), (0,), (2.5,), (True,)])
def test_a_distance_that_is_none_is_refused(distances):
    with pytest.raises(ValueError, match="distances are whole numbers of at least 1"):
        name_or_flower(distances)
    with pytest.raises(ValueError, match="at least 0, got -1"):
        flowers.between(-1, np.random.default_rng(0))
