"""The stored result of lesson 12 is of today's code and sentences, and the experiments are what the chapter says."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

import seqlib
from benchmarks import depth


@pytest.fixture(scope="module")
def stored():
    return {name: part["result"] for name, part in depth.MEASURED.load().items()}


def test_every_depth_is_stored_from_every_seed(stored):
    selector = Counter((run["cell"], run["layers"], run["rate"]) for run in stored["selector"])
    assert set(selector.values()) == {depth.SELECTOR["seeds"]} and len(selector) == 8 * len(depth.SELECTOR["rates"])
    letters = Counter(run["layers"] for run in stored["letters"] if run["chosen"])
    assert letters == dict.fromkeys(depth.LAYERS, depth.LETTERS["seeds"]) and depth.LETTERS["seeds"] >= 5
    dropout = Counter(run["share"] for run in stored["dropout"])
    assert dropout == dict.fromkeys(depth.DROPOUT["shares"], depth.DROPOUT["seeds"])


def test_networks_that_are_compared_have_one_budget(stored):
    for task, settings in (("selector", depth.SELECTOR), ("letters", depth.LETTERS)):
        for run in stored[task]:
            one_more = seqlib.count_parameters(
                run.get("cell", depth.LETTERS["cell"]),
                6 if task == "selector" else depth.LETTERS["n_e"],
                run["n_a"] + 1,
                2 if task == "selector" else len(depth.prose().letters),
                layers=run["layers"],
            )
            assert run["parameters"] <= settings["budget"] < one_more


def test_the_selector_counts_the_sign_that_the_first_two_point_to():
    x, y = depth.selector(np.random.default_rng(0), 50, 7)
    bits = (x > 0).astype(int)
    for i in range(50):
        total = 0
        for t in range(7):
            total += bits[2 + 2 * bits[0, i, t] + bits[1, i, t], i, t]
            assert y[i, t] == total % 2
    assert set(np.unique(x)) == {-1.0, 1.0}


def test_a_network_of_the_selector_task_learns_again_as_stored(stored):
    run = next(r for r in stored["selector"] if (r["cell"], r["layers"], r["rate"], r["seed"]) == ("gru", 2, 0.01, 1))
    again = depth.learn_selector("gru", 2, 0.01, 1)
    # another machine's rounding may lead to another network, not to another result
    assert again["accuracy"] > 0.98 and run["accuracy"] > 0.98
    assert again["n_a"] == run["n_a"] and 0.5 < again["learnt after"] / run["learnt after"] < 2


def test_baselines_without_a_network_are_what_they_say(stored):
    again = depth.selector_baselines()
    assert again == pytest.approx(stored["baselines"]["selector"], abs=1e-12)
    assert abs(again["the more frequent label"] - 0.5) < 0.05
    data = depth.prose()
    best = stored["baselines"]["letters"]
    model = seqlib.NGram(data.train, len(data.letters), best["order"], smoothing=best["smoothing"])
    few = data.test[:20]
    log_p = sum(np.log2(model.probabilities(s[:t])[token]) for s in few for t, token in enumerate(s))
    assert abs(-log_p / sum(map(len, few)) - best["test"]) < 0.5


def test_the_rate_is_the_best_of_those_that_were_tried_on_validation_sentences(stored):
    for layers in depth.LAYERS:
        tried = [run for run in stored["letters"] if run["layers"] == layers and run["seed"] == 0]
        best = min(tried, key=lambda run: run["valid"])
        assert len(tried) == len(depth.LETTERS["rates"]) and [run for run in tried if run["chosen"]] == [best]
        assert {run["rate"] for run in stored["letters"] if run["layers"] == layers and run["chosen"]} == {best["rate"]}


def test_change_is_that_of_the_units():
    """A unit that flips its sign at every step changes by twice its deviation; by hand, from a network without an input."""
    n_y = len(depth.prose().letters)
    params = {name: np.zeros_like(value) for name, value in depth.first_weights(3, 1, 0).items()}
    params["1/bu"][:] = 60.0  # c<t> is the candidate
    params["1/br"][:] = 60.0
    params["1/Wc"][:, :3] = -20 * np.eye(3)
    params["1/bc"][:] = 1e-3
    rates = depth.change(params, [[1] * 40])
    assert params["Wy"].shape == (n_y, 3) and rates[0] == pytest.approx(2, rel=0.05)


def updates(stored, cell, layers, rate):
    """Updates until the loss is small in each seed, those that were not there by the end counting as infinite."""
    some = [run for run in stored["selector"] if (run["cell"], run["layers"], run["rate"]) == (cell, layers, rate)]
    return np.array([run["learnt after"] or np.inf for run in some])


def test_what_the_chapter_says_about_the_selector(stored):
    for cell in depth.SELECTOR["cells"]:
        for rate in depth.SELECTOR["rates"]:
            one, two = (updates(stored, cell, layers, rate) for layers in (1, 2))
            assert two.max() < one.min() and np.median(two) < 0.55 * np.median(one)
            assert all(np.median(updates(stored, cell, layers, rate)) > 0.7 * np.median(two) for layers in (3, 4))


def test_what_the_chapter_says_about_letters_and_dropout(stored):
    bits = {
        layers: [run["test"] for run in stored["letters"] if run["layers"] == layers and run["chosen"]]
        for layers in depth.LAYERS
    }
    assert stored["baselines"]["letters"]["test"] < min(bits[1])
    assert max(bits[1]) < min(bits[2]) and max(bits[2]) < min(bits[3]) and np.median(bits[3]) < np.median(bits[4])
    scores = {
        (share, name): np.array([run[name] for run in stored["dropout"] if run["share"] == share])
        for share in depth.DROPOUT["shares"]
        for name in ("train", "test", "best test")
    }
    for less, more in ((0.0, 0.2), (0.2, 0.5)):
        assert (scores[less, "train"] < scores[more, "train"]).all() and (
            scores[less, "test"] > scores[more, "test"]
        ).all()
    assert np.ptp([np.median(scores[share, "best test"]) for share in depth.DROPOUT["shares"]]) < 0.05
