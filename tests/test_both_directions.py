"""The experiments of lesson 11 are what the chapter says."""

from __future__ import annotations

import nbformat
import numpy as np
import pytest

import seqlib
from autograder.release import ROOT
from benchmarks import both_directions as bench
from seqlib import data
from seqlib.book import future, live
from seqlib.data.dataset import Example


@pytest.fixture(scope="module")
def stored():
    return bench.MEASURED.load()


def values(stored, task, variant, key):
    return np.array([row[key] for row in stored[task]["rows"] if row["variant"] == variant])


def test_every_variant_is_stored_with_all_seeds(stored):
    for task in bench.TASKS:
        assert {row["variant"] for row in stored[task]["rows"]} == set(bench.VARIANTS)
        assert len(stored[task]["rows"]) == len(bench.VARIANTS) * len(bench.SEEDS[task])
        sizes = stored[task]["sizes"]
        assert max(weights for _, weights in sizes.values()) == sizes["left to right"][1]
        assert sizes["both"][1] > 0.9 * sizes["left to right"][1]


def test_what_the_chapter_says_about_the_distance(stored):
    for distance in (1, 2, 4, 8, 16):
        key = str(distance)
        for variant in ("right to left", "both"):
            assert values(stored, "flowers", variant, key).min() > 0.95
        for variant, delay in bench.DELAYS.items():
            late = values(stored, "flowers", variant, key)
            assert late.min() > 0.95 if distance <= delay else abs(np.median(late) - 0.5) < 0.1
        assert abs(np.median(values(stored, "flowers", "left to right", key)) - 0.5) < 0.1
    assert set(stored["flowers"]["baselines"]["linear, a bag of words"].values()) == {1.0}


def test_a_first_word_that_no_network_has_read_changes_nothing(stored):
    assert not any(
        bench.UNSEEN in example.x for split in ("train", "test") for example in getattr(bench.dataset("flowers"), split)
    )
    assert len(stored["unseen"]["rows"]) == len(bench.VARIANTS) * len(bench.SEEDS["flowers"])
    for variant, reach in {**bench.DELAYS, "both": 16, "right to left": 16}.items():
        for distance in (1, 2, 4, 8, 16):
            assert distance > reach or values(stored, "unseen", variant, str(distance)).min() > 0.95


def test_what_the_chapter_says_about_the_leak(stored):
    rows = stored["language model"]["rows"]
    whole, honest = (
        {both: [row[f"perplexity, {way}"] for row in rows if row["both"] == both] for both in (False, True)}
        for way in ("whole sentences", "word by word")
    )
    np.testing.assert_allclose(whole[False], honest[False], rtol=1e-6)
    assert max(whole[True]) < 1.2 < min(whole[False])
    assert min(honest[True]) > 1.5 * max(honest[False])


def test_a_variant_gets_the_words_in_its_own_order():
    some = [Example(["He", "said", ",", "Teddy", "laughed"], [0, 0, 0, 1, 0]), Example(["Rose", "laughed"], [1, 0])]
    plain, late, turned = (bench.batch_of(some, "teddy", v) for v in ("both", "delayed by 4", "right to left"))
    np.testing.assert_array_equal(plain.read, [[1, 1, 1, 1, 1], [1, 1, 0, 0, 0]])
    np.testing.assert_array_equal(plain.count, plain.read)
    # four more steps are read; the label of a word counts four steps later
    np.testing.assert_array_equal(late.read, [[1] * 9, [1] * 6 + [0] * 3])
    np.testing.assert_array_equal(late.count, [[0] * 4 + [1] * 5, [0] * 4 + [1, 1, 0, 0, 0]])
    np.testing.assert_array_equal(late.labels[:, 4:], plain.labels)
    np.testing.assert_array_equal(late.x[:, :, :5], plain.x)
    assert not late.x[:, :, 5:].any() and not late.x[:, 1, 2:].any()
    np.testing.assert_array_equal(turned.labels, [[0, 1, 0, 0, 0], [0, 1, 0, 0, 0]])
    np.testing.assert_array_equal(turned.x[:, 1, :2], plain.x[:, 1, 1::-1])


def test_a_network_is_asked_about_the_words_in_the_order_of_the_sentence():
    example = data.name_or_flower(test=5).test[0]
    rng = np.random.default_rng(0)
    n_x = len(bench.words_of("flowers")) + 1
    sizes = {"n_x": n_x, "n_a": 4, "n_y": 2, "cell": bench.CELL, "dtype": np.float32}
    params = seqlib.network_parameters(rng, **sizes)
    left = bench.guesses(params, [example], "flowers", "left to right")[0]
    late = bench.guesses(params, [example], "flowers", "delayed by 4")[0]
    backwards = example._replace(x=example.x[::-1], y=example.y[::-1])
    right = bench.guesses(params, [backwards], "flowers", "right to left")[0]
    np.testing.assert_array_equal(right[::-1], left)
    assert len(late) == len(left) == len(example.x)


def test_an_honest_perplexity_sees_no_word_to_come():
    _, vocabulary = bench.language()
    rng = np.random.default_rng(0)
    sizes = {"n_x": len(vocabulary), "n_a": 3, "n_y": len(vocabulary), "cell": bench.CELL, "dtype": np.float32}
    batch = bench.next_words([["Todd", "met", "Pete"], ["the", "apple"]])
    assert not batch.x[:, :, 0].any() and batch.labels[0, 0] == vocabulary["Todd"]
    one_way = seqlib.network_parameters(rng, **sizes)
    np.testing.assert_allclose(bench.honest(one_way, batch), bench.probabilities(one_way, batch), rtol=1e-5)
    both = seqlib.network_parameters(rng, bidirectional=True, **sizes)
    other = bench.next_words([["Todd", "met", "Anna"], ["the", "soup"]])
    assert not np.allclose(bench.probabilities(both, batch)[:, 1], bench.probabilities(both, other)[:, 1])
    np.testing.assert_allclose(bench.honest(both, batch)[0, :2], bench.honest(both, other)[0, :2], rtol=1e-6)


def test_a_delay_is_learnt_again_as_stored(stored):
    # another machine's rounding may lead to another network, not to another result
    variant = "delayed by 4"
    found = bench.scores(
        bench.guesses(bench.train("flowers", variant, 0), bench.dataset("flowers").test, "flowers", variant),
        bench.dataset("flowers").test,
        "flowers",
    )
    row = next(row for row in stored["flowers"]["rows"] if (row["variant"], row["seed"]) == (variant, 0))
    assert found["4"] > 0.95 and row["4"] > 0.95 and abs(found["16"] - 0.5) < 0.15


def test_what_the_future_knows():
    scores = live.load("future")["scores"]
    for reader in future.READERS:
        assert abs(scores[f"{reader}, none after it"] - 0.5) < 0.05
        knows = scores[f"{reader}, the whole sentence"]
        assert abs(knows - 0.5) < 0.05 if reader == "forward" else knows > 0.95


@pytest.mark.soak
def test_what_the_notebook_says_about_ten_seeds():
    path = ROOT / "solutions" / "lesson-11" / "lesson-11.ipynb"
    cells = {cell.metadata.nbgrader.grade_id: cell.source for cell in nbformat.read(path, as_version=4).cells}

    def right(mask):
        scope: dict = {}
        for name in ("setup", "reverse_padded", "bidirectional_forward", "bidirectional_backward"):
            exec(cells[name].replace("None if mask is None else mask[:, ::step]", mask), scope)
        exec(cells["demonstration"].partition('print("first words')[0], scope)
        mine = {name: scope[name] for name in ("bidirectional_forward", "bidirectional_backward")}
        with seqlib.using(**mine):
            texts = [
                scope["first_words_right"](scope["learn"]("both ways", seed), "both ways") for seed in range(1, 11)
            ]
        return np.array([[float(word.rstrip("%")) for word in text.split()[1::2]] for text in texts])  # (10, 3)

    assert (right("None if mask is None else mask[:, ::step]") > 98).all()
    wrong = right("mask")
    assert (wrong[:, 2] > 98).all() and (np.abs(wrong[:, 0] - 50) < 10).all()
    without = right("None")
    assert without.min() > 90 and "the lowest was 94 %" in cells["end"]
