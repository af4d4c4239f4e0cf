"""What holds for every data set: sizes, seeds, no leak between the splits, the sample in its place."""

from __future__ import annotations

import numpy as np
import pytest

from seqlib import data
from seqlib.data.dataset import check_sizes, distinct, needs, three_ways, unigram_perplexity, zeros_or_ones

SMALL = {"train": 60, "valid": 12, "test": 20}
MAKERS = {
    "agreement": data.agreement_sentences,
    "captions": data.captioned_shapes,
    "combinations": data.captioned_combinations,
    "date_lists": data.date_lists,
    "dates": data.dates,
    "dna": data.genes,
    "dna-label": data.gene_or_not,
    "flowers": data.name_or_flower,
    "french-numbers": data.french_numbers,
    "homophones": data.homophone_sentences,
    "music": data.melodies,
    "ner": data.name_sentences,
    "numerals": data.numerals,
    "people": data.people_sentences,
    "sentiment": data.reviews,
    "speech": data.spoken_words,
    "teddy": data.teddy_sentences,
    "video": data.film_strips,
}
WHOLE = {
    "corpus": data.python_corpus,
    "names": data.first_names,
    "phrases": data.phrases,
    "sources": data.python_sources,
}


def test_every_set_is_among_these():
    no_sets = {"Dataset", "Example", "date_references"}
    assert {maker.__name__ for maker in [*MAKERS.values(), *WHOLE.values()]} == set(data.__all__) - no_sets


def same(one, other) -> bool:
    """Whether two lists of examples are equal, arrays included."""
    return len(one) == len(other) and all(
        np.array_equal(a.x, b.x) and a.y == b.y and a.source == b.source for a, b in zip(one, other, strict=True)
    )


@pytest.fixture(scope="module")
def sets():
    made = {name: make(seed=3, **SMALL) for name, make in MAKERS.items()}
    return made | {name: make(seed=3) for name, make in WHOLE.items()}


@pytest.mark.parametrize("name", [*MAKERS, *WHOLE])
def test_a_set_says_what_it_is(sets, name):
    dataset = sets[name]
    assert dataset.name == name
    assert all((dataset.description, dataset.inputs, dataset.outputs, dataset.score, dataset.baseline_name))
    assert np.isfinite(dataset.baseline) and dataset.baseline >= 0
    assert name in str(dataset) and str(dataset.sizes["train"]) in str(dataset)


@pytest.mark.parametrize("name", MAKERS)
def test_sizes_are_as_asked(sets, name):
    assert sets[name].sizes == SMALL


@pytest.mark.parametrize("name", MAKERS)
def test_one_example_is_one(name):
    sizes = {"train": 60, "valid": 1, "test": 1}
    assert MAKERS[name](**sizes).sizes == sizes


@pytest.mark.parametrize("name", [*MAKERS, *WHOLE])
def test_no_input_stands_in_two_splits(sets, name):
    dataset = sets[name]
    seen = [{repr(np.asarray(e.x).tolist()) for e in getattr(dataset, split)} for split in ("train", "valid", "test")]
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])


@pytest.mark.parametrize("name", MAKERS)
def test_a_seed_gives_the_same_set_and_another_seed_another(name):
    one, again, other = (MAKERS[name](seed=seed, **SMALL) for seed in (5, 5, 6))
    assert same(one.train, again.train) and same(one.test, again.test)
    assert not same(one.train, other.train)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(("size", "error"), [(0, ValueError), (2.5, TypeError), (True, TypeError)])
def test_a_size_that_is_none_is_refused(name, size, error):
    with pytest.raises(error, match="number of examples"):
        MAKERS[name](**{**SMALL, "valid": size})


@pytest.mark.parametrize("name", [*MAKERS, *WHOLE])
def test_the_lectures_sample_is_the_first_row_of_test(sets, name):
    dataset = sets[name]
    apart = ("agreement", "dna")  # in no split, but shown
    lectures = ("homophones", "ner", "phrases", "sentiment", "speech", "teddy", "video")
    assert (dataset.sample is not None) == (name in apart + lectures)
    assert (dataset.test[0] is dataset.sample) == (name in lectures)
    if dataset.sample:
        assert not any(repr(example.x) == repr(dataset.sample.x) for example in dataset.train + dataset.valid)


def test_rows_begin_with_the_sample(sets):
    dataset = sets["dna"]
    rows = dataset.rows(3)
    assert rows[0] is dataset.sample and rows[1:] == dataset.test[:2]
    assert sets["ner"].rows(4) == sets["ner"].test[:4]
    assert sets["music"].rows(2) == sets["music"].test[:2]


def test_a_missing_package_is_named_with_its_extra():
    with pytest.raises(ImportError, match=r"'no_such_package'.*extra `book`"):
        needs("no_such_package", "dates")


def test_dealing_keeps_every_item_once():
    dealt = three_ways(list(range(100)), np.random.default_rng(0), held_out=0.1)
    assert {split: len(items) for split, items in dealt.items()} == {"train": 80, "valid": 10, "test": 10}
    assert sorted(dealt["train"] + dealt["valid"] + dealt["test"]) == list(range(100))


def test_the_baselines_label_comes_from_training():
    assert zeros_or_ones([1, 1, 0], [0, 0, 0, 1]) == 0.25
    assert zeros_or_ones([0, 1, 0], [0, 0, 0, 1]) == 0.75


def test_the_baseline_of_frequencies_knows_no_order_and_leaves_room_for_the_unknown():
    # of a, a, b: P(a) = 3/6, P(b) = 2/6, and 1/6 for all others
    assert unigram_perplexity([["a", "b"], ["a"]], [["c"], ["a"]]) == pytest.approx((3 / 6 * 1 / 6) ** -0.5)


def test_more_examples_than_exist_are_refused():
    with pytest.raises(ValueError, match="only 3 distinct"):
        distinct(lambda rng: data.Example(int(rng.integers(3)), 0), 4, np.random.default_rng(0), set())


def test_check_sizes_names_the_argument():
    with pytest.raises(ValueError, match="test is the number"):
        check_sizes(train=1, test=-1)
    check_sizes(train=np.int64(3))
