"""The rivals of the benchmarks compute what seqlib computes: a faster wrong answer would prove nothing."""

import json

import numpy as np
import pytest

import seqlib
from benchmarks import gallery, plain
from benchmarks import gallery_rules as rules
from benchmarks.left_out import LEFT_OUT, without
from benchmarks.training_step import CELLS, numpy_gradients, problem
from seqlib import data, fast
from seqlib.data.dataset import Dataset, Example


@pytest.mark.parametrize("functions", [fast, seqlib], ids=["fast", "loops"])
@pytest.mark.parametrize("cell", CELLS)
def test_the_plain_rival_gives_the_same_gradients(cell, functions):
    p, x, targets = problem(cell, (5, 3, 4, 6), np.float64)
    loss, ours = numpy_gradients(cell, x, targets, p, functions)
    cost, theirs = getattr(plain, cell)(x, targets, p)
    assert cost == pytest.approx(loss, rel=1e-12)
    for name in (*("d" + name for name in p), "dx"):
        np.testing.assert_allclose(theirs[name], ours[name], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("left_out", LEFT_OUT)
@pytest.mark.parametrize("cell", CELLS)
def test_what_is_left_out_changes_no_gradient(cell, left_out):
    p, x, targets = problem(cell, (5, 3, 4, 6), np.float64)
    loss, whole = numpy_gradients(cell, x, targets, p)
    with without(left_out):
        same_loss, parts = numpy_gradients(cell, x, targets, p)
    assert same_loss == pytest.approx(loss, rel=1e-12)
    for name, gradient in whole.items():
        np.testing.assert_allclose(parts[name], gradient, rtol=1e-9, atol=1e-12)


def test_the_stored_scores_are_of_todays_data():
    pytest.importorskip("babel")
    stored = json.loads(gallery.RESULTS.read_text("utf-8"))
    assert stored["about"]["data"] == gallery.fingerprint(), "the data changed: run python benchmarks/gallery.py"
    assert len(stored["seeds"]) >= 5
    assert [problem for task in stored["tasks"] for problem in gallery.Result(**task).problems()] == []


def test_a_rule_without_a_network_uses_what_it_says():
    dataset = data.melodies(train=60, valid=2, test=10)
    assert rules.n_gram_perplexity(dataset, 3, beat=True) < rules.n_gram_perplexity(dataset, 3, beat=False)
    clips = data.film_strips(train=64, valid=2, test=24)
    clip = clips.test[0].x
    np.testing.assert_allclose(rules.average_frame(clip), rules.average_frame(clip[::-1]), rtol=1e-6)
    assert np.abs(rules.twelve_frames(clip) - rules.twelve_frames(clip[::-1])).max() > 0.1
    # a label that the neighbour decides: a window of one place cannot know it, one of three can
    x = ["".join(np.random.default_rng(seed).choice(list("AC"), 30)) for seed in range(20)]
    taught = Dataset(
        "", "", "", "", [Example(s, [int(s[t - 1] == "A") for t in range(30)]) for s in x], [], [], "", 0, ""
    )
    wrong = [
        np.mean([a != b for e in taught.train for a, b in zip(tagger(e.x), e.y, strict=True)])
        for tagger in (rules.linear_tagger(taught, gallery.bases, radius) for radius in (0, 1))
    ]
    assert wrong[0] > 0.2 and wrong[1] < 0.05
