"""The stored results of lesson 10 are of today's code and data, and the experiments are what the chapter says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
import pytest

import seqlib
from benchmarks import lstm
from seqlib.book import live, switches


@pytest.fixture(scope="module")
def stored():
    return lstm.MEASURED.load()


def test_every_variant_was_trained_from_every_seed(stored):
    rows = stored["comparison"]["result"]
    wanted = {(task, variant, rate) for task in lstm.SIZES for variant in lstm.variants(task) for rate in lstm.RATES}
    assert {(row["task"], row["variant"], row["rate"]) for row in rows} == wanted and len(rows) == len(wanted)
    assert all([run["seed"] for run in row["runs"]] == list(lstm.SEEDS) for row in rows) and len(lstm.SEEDS) >= 5
    biases = Counter((row["gap"], row["bias"]) for row in stored["biases"]["result"])
    assert set(biases.values()) == {len(lstm.BIASES["seeds"])} and len(biases) == 6
    lacking = Counter(row["off"] for row in stored["lacking"]["result"])
    assert lacking == dict.fromkeys(("", *switches.SWITCHES), len(lstm.SEEDS))


def test_the_rate_that_is_shown_was_picked_without_the_test_part(stored):
    for task in lstm.SIZES:
        for variant in lstm.variants(task):
            rows = [r for r in stored["comparison"]["result"] if (r["task"], r["variant"]) == (task, variant)]
            means = [np.mean([run["valid"] for run in row["runs"]]) for row in rows]
            assert [row["picked"] for row in rows].count(True) == 1
            assert next(mean for mean, row in zip(means, rows, strict=True) if row["picked"]) == lstm.task(task).better(
                means
            )


def test_equal_width_and_equal_parameters_are_what_they_say():
    for task in lstm.SIZES:
        (_, lstm_units), (_, equal), (_, near) = lstm.variants(task).values()
        wanted = lstm.parameters(task, "lstm", lstm_units)
        assert equal == lstm_units < near
        for other in (near - 1, near + 1):
            assert abs(lstm.parameters(task, "gru", near) - wanted) <= abs(lstm.parameters(task, "gru", other) - wanted)


def test_one_network_learns_to_count_again_as_stored(stored):
    row = next(row for row in stored["comparison"]["result"] if row["picked"] and row["variant"] == "LSTM")
    again = lstm.task("counting").score(lstm.learn("counting", "lstm", row["n_a"], row["rate"], 0), "lstm", "valid")
    # another machine's rounding may lead to another network, not to another result
    assert again == pytest.approx(row["runs"][0]["valid"], abs=0.03)


def test_rules_without_a_network_are_what_they_say(stored):
    scores = stored["baselines"]["result"]
    assert scores["counting"] == pytest.approx(lstm.coin_baselines())
    assert scores["counting"]["the majority, counted"] == 1
    assert lstm.review_baselines() == pytest.approx(scores["reviews"], abs=0.01)
    assert list(lstm.grams(["a", "b"], 2)) == [("a",), ("b",), ("a", "b")]


def test_places_are_those_of_the_text_and_gates_those_of_single_steps(stored):
    index = switches.vocabulary()
    text = "the cats which ate ten were full . the dog saw two was late ."
    words = np.array([index.encode(text.split())])
    asked = np.isin(np.roll(words, -1, axis=1), [index["was"], index["were"]]).astype(int)
    place = switches.places(words, asked)
    said = {name: " ".join(np.array(text.split())[mask[0]]) for name, mask in place.items()}
    assert said == {
        "subject": "cats dog",
        "gap": "which ate saw",
        "before verb": "ten two",
        "verb": "were was",
        "full stop": ". .",
    }
    params = live.unpack_params(live.load("switches"))
    steps = switches.reading(params, words[0])
    for name, gates in switches.gates_by_place(params, words, asked).items():
        for gate, values in zip(("gamma_f", "gamma_u", "gamma_o"), gates, strict=True):
            np.testing.assert_allclose(values, steps[gate][:, place[name][0]].mean(axis=1), rtol=1e-9)
    rows = stored["places"]["result"]["gates"]
    assert len(rows) == len(lstm.SEEDS) and {len(row["gap"][0]) for row in rows} == {switches.HOW["n_a"]}


def test_a_table_of_second_words_needs_no_network(stored):
    assert lstm.second_words() == stored["places"]["result"]["table of second words"] == [1.0] * 3


def test_the_straight_path_is_the_product_of_the_forget_gates():
    params = live.unpack_params(live.load("whisper")["networks"]["lstm"]["trained"][0])
    n_a = len(params["bf"])
    rng = np.random.default_rng(0)
    x, a, c = rng.normal(size=(2, 3)), rng.normal(size=(n_a, 1)), rng.normal(size=(n_a, 1))
    gates = []
    for x_t in x.T:
        _, _, _, cache = step = seqlib.lstm_cell_forward(x_t[:, None], a, c, params)
        back = seqlib.lstm_cell_backward(np.zeros((n_a, 1)), np.ones((n_a, 1)), cache)
        np.testing.assert_allclose(back["dc_prev"], cache[4])
        gates.append(cache[4])
        # with a<t-1> held fixed, a change of c<t-1> arrives multiplied by the forget gate, exactly
        moved = seqlib.lstm_cell_forward(x_t[:, None], a, c + 1.0, params)[1]
        np.testing.assert_allclose(moved - step[1], cache[4])
        a, c = step[0], step[1]
    assert (np.prod(gates, axis=0) <= np.min(gates, axis=0)).all()


def test_a_gru_stays_between_its_bounds_and_an_lstm_counts():
    ones = np.ones((1, 1, 20))
    big = {name: 40 * np.ones((1, 2)) for name in ("Wu", "Wr", "Wc")} | {
        name: np.zeros((1, 1)) for name in ("bu", "br", "bc")
    }
    c, _, _ = seqlib.gru_forward(ones, np.zeros((1, 1)), big)
    assert np.abs(c).max() <= 1
    counter = {f"W{gate}": np.zeros((1, 2)) for gate in "fuo"} | {f"b{gate}": np.full((1, 1), 40.0) for gate in "fuo"}
    counter |= {"Wc": np.array([[0.0, 20.0]]), "bc": np.zeros((1, 1))}
    _, _, c, _ = seqlib.lstm_forward(ones, np.zeros((1, 1)), counter)
    np.testing.assert_allclose(c[0, 0], np.arange(1, 21), atol=1e-6)


@pytest.mark.soak
def test_what_the_notebook_says_about_networks_that_never_had_a_forget_gate():
    path = Path(lstm.__file__).parents[1] / "solutions" / "lesson-10" / "lesson-10.ipynb"
    cells = {cell.metadata.nbgrader.grade_id: cell.source for cell in nbformat.read(path, as_version=4).cells}
    code = cells["demonstration"].split("rng = np.random.default_rng(4)")[0]
    never = code.replace("    optimiser =", "    params = without_forget_gate(params)\n    optimiser =")
    assert never != code
    shares = {}
    for kind, source in (("complete", code), ("never", never)):
        scope = {"np": np, "seqlib": seqlib}
        exec(source, scope)
        for updates in (50, 150):
            shares[kind, updates] = [scope["right"](scope["learn"](seed, updates), True) for seed in range(1, 6)]
    assert 0.45 < min(shares["never", 50]) and max(shares["never", 50]) < min(shares["complete", 50])
    assert all(min(shares[kind, 150]) > 0.98 for kind in ("complete", "never"))
