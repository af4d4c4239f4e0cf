"""The gallery's seven models: they learn, they say what their task wants said, and a seed decides what they become."""

from __future__ import annotations

import numpy as np
import pytest

from seqlib import data, gallery

SMALL = {"train": 48, "valid": 4, "test": 12}
TASKS = {
    "speech": (data.spoken_words, gallery.train_speech),
    "music": (data.melodies, gallery.train_music),
    "sentiment": (data.reviews, gallery.train_sentiment),
    "dna": (data.genes, gallery.train_dna),
    "translation": (data.dates, gallery.train_translation),
    "video": (data.film_strips, gallery.train_video),
    "names": (data.name_sentences, gallery.train_names),
}


@pytest.fixture(scope="module")
def sets():
    return {name: make(seed=1, **SMALL) for name, (make, _) in TASKS.items()}


@pytest.mark.parametrize("name", TASKS)
def test_a_seed_decides_what_a_model_becomes(sets, name):
    train = TASKS[name][1]
    one, again, other = (train(sets[name], seed, epochs=1) for seed in (1, 1, 2))
    for key, value in one.params.items():
        assert value.dtype == np.float32
        np.testing.assert_array_equal(value, again.params[key])
    assert any(not np.array_equal(value, other.params[key]) for key, value in one.params.items())


@pytest.mark.parametrize("name", ["names", "dna"])
def test_a_tagger_labels_every_step(sets, name):
    trained = TASKS[name][1](sets[name], epochs=1)
    said = trained.predict([e.x for e in sets[name].test])
    assert [len(labels) for labels in said] == [len(e.x) for e in sets[name].test]
    assert {label for labels in said for label in labels} <= {0, 1}


@pytest.mark.parametrize("name", ["names", "sentiment", "video"])
def test_what_a_model_says_does_not_depend_on_its_neighbours(sets, name):
    trained = TASKS[name][1](sets[name], epochs=15)
    inputs = [e.x for e in sets[name].test]
    said = trained.predict(inputs)
    assert said == [y for x in inputs for y in trained.predict([x])]
    assert len(np.unique(np.hstack(said))) > 1  # what is always the same depends on nothing


def test_a_classifier_says_one_of_its_labels(sets):
    assert set(gallery.train_video(sets["video"], epochs=1).predict([e.x for e in sets["video"].test])) <= set(
        data.video.ACTIVITIES
    )
    stars = gallery.train_sentiment(sets["sentiment"], epochs=1).predict([e.x for e in sets["sentiment"].test])
    assert set(stars) <= {1, 2, 3, 4, 5}


def test_the_names_of_training_sentences_are_learnt():
    dataset = data.name_sentences(seed=1, train=1500, valid=4, test=60)
    said = gallery.train_names(dataset, epochs=6).predict([e.x for e in dataset.test])
    pairs = [pair for labels, e in zip(said, dataset.test, strict=True) for pair in zip(labels, e.y, strict=True)]
    assert 2 * sum(a and b for a, b in pairs) / sum(a + b for a, b in pairs) > 0.8


def test_a_film_is_recognised_by_the_order_of_its_frames():
    dataset = data.film_strips(seed=1, train=320, valid=8, test=64)
    trained = gallery.train_video(dataset, epochs=14)
    falls = [e.x for e in dataset.test if e.y == "falling over"]
    assert trained.predict(falls).count("falling over") > 0.7 * len(falls)
    assert trained.predict([x[::-1] for x in falls]).count("getting up") > 0.7 * len(falls)


def test_a_recogniser_writes_letters():
    dataset = data.spoken_words(seed=1, train=64, valid=4, test=4)
    trained = gallery.train_speech(dataset, epochs=14)
    heard = trained.predict([e.x for e in dataset.train])
    assert all(set(text) <= set(" " + data.speech.LETTERS) for text in heard)
    assert sum(len(text) for text in heard) > 20  # more than blanks


def test_a_composer_goes_on_from_its_beginning(sets):
    trained = gallery.train_music(sets["music"], epochs=3)
    one, other, given = trained.predict([[], [], ["C4", "-", "E4"]])
    assert len(one) == len(given) == len(sets["music"].train[0].x) and one != other
    assert given[:3] == ["C4", "-", "E4"]
    melodies = [e.x for e in sets["music"].test]
    uniform = len({token for e in sets["music"].train for token in e.x}) + 3
    assert trained.perplexity is not None and 1 < trained.perplexity(melodies) < uniform


def test_a_translator_ends_its_sentences():
    dataset = data.phrases()
    trained = gallery.train_translation(dataset, epochs=30)
    said = trained.predict([e.x for e in dataset.test])
    right = [a == b for e, y in zip(dataset.test, said, strict=True) for a, b in zip(y, e.y, strict=False)]
    assert np.mean(right) > 0.7
    assert np.mean([abs(len(y) - len(e.y)) <= 1 for e, y in zip(dataset.test, said, strict=True)]) > 0.9
