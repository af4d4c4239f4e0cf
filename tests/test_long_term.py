"""The stored result of lesson 8 is of today's code and sentences, and the experiments are what the chapter says."""

from __future__ import annotations

import json

import numpy as np
import pytest

import seqlib
from benchmarks import long_term


@pytest.fixture(scope="module")
def stored():
    return json.loads(long_term.RESULTS.read_text("utf-8"))


def test_the_stored_result_is_of_todays_code_and_sentences(stored):
    assert stored["about"]["fingerprint"] == long_term.fingerprint(), "run: python -m benchmarks.long_term"
    seeds = {(run["variant"], run["gap"]): 0 for run in stored["runs"]}
    for run in stored["runs"]:
        seeds[run["variant"], run["gap"]] += 1
    assert set(seeds) == {(variant, gap) for variant in long_term.VARIANTS for gap in long_term.GAPS}
    assert set(seeds.values()) == {len(long_term.SEEDS)} and len(long_term.SEEDS) >= 5


def test_a_short_gap_is_learnt_again_as_stored(stored):
    run = next(run for run in stored["runs"] if (run["variant"], run["gap"], run["seed"]) == ("RNN, orthogonal", 8, 0))
    again = long_term.learn("RNN, orthogonal", 8, 0)
    # another machine's rounding may lead to another network, not to another result
    assert again["accuracy"] > 0.95 and run["accuracy"] > 0.95


def test_first_weights_differ_in_what_a_variant_is_named_after():
    for variant, name, value in (
        ("LSTM, forget bias 3", "1/bf", 3),
        ("LSTM, forget bias 0", "1/bf", 0),
        ("GRU, update bias -2", "1/bu", -2),
    ):
        assert (long_term.first_weights(variant, 5, 0)[name] == value).all()
    products = {}
    for variant in ("RNN", "RNN, orthogonal"):
        Waa = long_term.first_weights(variant, 5, 0)["1/Waa"]
        products[variant] = np.abs(Waa.T @ Waa - np.eye(len(Waa))).max()
    assert products["RNN, orthogonal"] < 1e-5 < 0.1 < products["RNN"]


def test_the_turn_of_a_gradient_is_that_of_the_long_vectors():
    one, other = (
        {"dW": np.array([[3.0, 0.0]]), "db": np.array([4.0])},
        {"dW": np.array([[3.0, 0.0]]), "db": np.array([0.0])},
    )
    assert long_term.cosine(one, other) == pytest.approx(0.6)
    assert long_term.cosine(one, seqlib.clip_by_norm(one, 1.0)) == pytest.approx(1)


def test_rules_without_a_network_use_what_they_say(stored):
    scores = long_term.baselines(8)
    assert scores == pytest.approx(stored["baselines"]["8"], abs=0.01)
    x = np.eye(4)[[0, 1, 2, 3, 0, 1]]
    y = np.array([0, 1, 0, 1, 0, 1])
    assert long_term.linear(x, y, x).tolist() == y.tolist()
