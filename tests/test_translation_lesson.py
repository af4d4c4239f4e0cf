"""Lesson 15: dates in lists are what their source says, and the stored scores say what the chapter says."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import translation
from seqlib import data
from seqlib.book import live, translator
from seqlib.data.date_lists import WORDINGS, date_list

babel_dates = pytest.importorskip("babel.dates")


def days_of(example):
    return [tuple(map(int, day.split("-"))) for day in example.source.split()[2:]]


def test_both_sides_of_a_pair_are_the_same_days():
    dataset = data.date_lists(seed=3, train=300, valid=20, test=60)
    for example in dataset.train + dataset.test:
        source, target, *days = example.source.split()
        assert "en" in (source, target) and source != target and 1 <= len(days) <= 4
        assert example.x[0] == f"<{target}>"
        wordings = [date_list(days_of(example), source, k) for k in range(len(WORDINGS[source]))]
        assert example.x[1:] in wordings
        assert example.y in data.date_references(example)
        assert len(data.date_references(example)) == len(WORDINGS[target])


def test_the_days_of_the_test_are_in_no_training_sentence():
    dataset = data.date_lists(seed=2, train=400, valid=20, test=60)
    seen = {day for example in dataset.train for day in days_of(example)}
    held_out = {day for example in dataset.test + dataset.valid for day in days_of(example)}
    assert held_out and not seen & held_out


def test_months_are_written_as_the_language_does():
    assert " ".join(date_list([(3, 5), (4, 7), (5, 9)], "en")) == "march 5 , april 7 , and may 9"
    assert " ".join(date_list([(3, 5), (4, 7)], "fr", 1)) == "le 5 mars et le 7 avril"
    assert " ".join(date_list([(4, 11)], "es", 2)) == "el día 11 de abril"
    assert date_list([(2, 29)], "hi") == ["29", babel_dates.get_month_names(locale="hi")[2]]
    assert " ".join(date_list([(12, 24), (1, 1)], "mr")) == "24 डिसेंबर आणि 1 जानेवारी"


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: data.date_lists(languages=("xx",)), "languages must be some of en, fr"),
        (lambda: data.date_lists(languages=("en",)), "without en"),
        (lambda: data.date_lists(languages=()), "languages must be some"),
        (lambda: data.date_lists(most=0), "most is the number of dates"),
        (lambda: data.date_lists(train=0), "train is the number of examples"),
        (lambda: date_list([], "en"), "at least one day"),
        (lambda: date_list([(1, 1)], "hi", 1), "hi has the wordings 0 to 0; got 1"),
        (lambda: date_list([(1, 1)], "xx"), "language must be one of en, fr"),
    ],
)
def test_errors_say_what_was_expected(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_the_stored_translator_has_its_scores_and_its_greedy_search_loses_where_it_says():
    stored = live.load("beam")
    model, test = translator.of_stored(stored), data.date_lists(**translator.DATA).test
    assert stored["samples"][0] in [example.x for example in test]
    lost = next(example for example in test if example.x == stored["samples"][0])
    assert translator.greedy_lost(model, lost)
    some = test[:60]
    outputs = [model.beam(example.x)[0][0] for example in some]
    right = translator.share_exact(outputs, [data.date_references(example) for example in some])
    assert abs(right - stored["scores"]["exact"]) < 0.2


def test_the_log_probability_of_a_translation_is_that_of_the_search():
    model = translator.of_stored(live.load("beam"))
    x = ["<fr>", "may", "9"]
    for tokens, log_p, score in model.beam(x, 3, 1.0):
        np.testing.assert_allclose(model.log_probability(x, tokens), log_p, rtol=1e-9)
        np.testing.assert_allclose(score, log_p / (len(tokens) + 1))


def test_word_for_word_and_nearest_neighbour():
    train = [
        data.Example(["<en>", "5", "mars"], ["march", "5"]),
        data.Example(["<en>", "6", "mars"], ["march", "6"]),
        data.Example(["<en>", "5", "mai"], ["may", "5"]),
    ]
    assert translation.word_for_word(train)(["<en>", "6", "mai", "?"]) == ["6", "may"]
    assert translation.nearest(train)(["<en>", "6", "mars", "x"]) == ["march", "6"]


def test_the_rule_is_right_in_every_language_wording_and_length():
    rule = translation.by_rule()
    dataset = data.date_lists(seed=4, train=200, valid=5, test=60)
    for example in dataset.train + dataset.test:
        assert rule(example.x) == data.date_references(example)[0]
    assert rule(["<fr>", *date_list([(5, 1), (12, 31)], "en", 1)]) == date_list([(5, 1), (12, 31)], "fr")


def test_scores_by_the_number_of_dates():
    dataset = data.date_lists(seed=1, train=20, valid=5, test=60, most=3)
    row = translation.scores([example.y for example in dataset.test], dataset.test)
    assert row["exact"] == row["bleu"] == row["length"] == 1
    assert row["exact by dates"] == [1, 1, 1]
