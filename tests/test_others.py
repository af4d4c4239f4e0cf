"""What others published has its source, and what stands beside it computes what the page says."""

from __future__ import annotations

import json

import numpy as np
import pytest

import seqlib
from benchmarks import others
from benchmarks.language_models import CELLS, SEEDS, Corpus, mean_loss

PUBLISHED = json.loads((others.MEASURED.path.parents[1] / "published.json").read_text("utf-8"))
NUMBERS = [row for name, rows in PUBLISHED.items() if name != "sources" for row in rows]


@pytest.fixture(scope="module")
def stored():
    return others.MEASURED.load()


def test_every_published_number_has_its_source_and_every_source_a_number_in_its_words():
    for name, source in PUBLISHED["sources"].items():
        assert source["address"].startswith("https://") and source["who"] and source["with"]
        said = [row for row in NUMBERS if row["source"] == name]
        assert any(f"{row['value']:g}" in source["text"] or str(row["value"]) in source["text"] for row in said) or (
            name == "cuDNN 2016" and not said
        ), name
    assert {row["source"] for row in NUMBERS} <= set(PUBLISHED["sources"])


def test_what_was_trained_was_trained_from_five_seeds(stored):
    assert len(SEEDS) >= 5 and set(stored["letters"]["cells"]) == set(CELLS)
    for runs in (
        stored["window"]["test"],
        *(stored["by heart"][name] for name in ("train", "test")),
        *(cell[name] for cell in stored["letters"]["cells"].values() for name in ("test", "mixed")),
    ):
        assert len(runs) == len(SEEDS) == len(set(map(str, runs)))


def test_every_cell_was_timed_in_every_way(stored):
    clock = stored["time"]
    for name, ways in (
        ("microseconds", others.WAYS),
        ("of the RNN", others.WAYS),
        ("against fused", [slow for slow, _ in others.PAIRS]),
    ):
        assert set(clock[name]) == set(ways)
        for cells in clock[name].values():
            assert set(cells) == set(CELLS)
            assert all(0 < one["low"] <= one["middle"] <= one["high"] for one in cells.values())
    assert all(cells["rnn"]["low"] == cells["rnn"]["high"] == 1 for cells in clock["of the RNN"].values())


def test_the_times_of_one_round_are_put_in_proportion(monkeypatch):
    pytest.importorskip("torch")
    seconds = {"rnn": 1e-3, "gru": 3e-3, "lstm": 4e-3}
    monkeypatch.setattr(
        others,
        "repeated",
        lambda steps, *_: [{n: k * seconds[n.split()[-1]] * (1 + ("step" in n)) for n in steps} for k in (1, 2, 3)],
    )
    monkeypatch.setitem(others.TIME, "n_a", 2)
    clock = others.time_per_token()
    assert clock["of the RNN"]["seqlib.fast"]["lstm"] == pytest.approx({"middle": 4, "low": 4, "high": 4})
    assert clock["against fused"]["NumPy, step by step"]["gru"]["middle"] == pytest.approx(2)
    assert clock["microseconds"]["torch.nn"]["gru"]["middle"] == pytest.approx(6e3 / (35 * 32))


def test_rows_go_on_where_those_of_the_batch_before_ended():
    text = np.arange(50)
    batches = list(others.stretches(text, m=3, T_x=4, offset=2))
    whole = np.concatenate([x for x, _ in batches], axis=1)
    np.testing.assert_array_equal(whole, text[2:38].reshape(3, 12))
    for x, y in batches:
        assert x.shape == (3, 4)
        np.testing.assert_array_equal(y, x + 1)


def test_the_state_is_carried_from_batch_to_batch(monkeypatch):
    for name, value in {"n_a": 5, "m": 2, "T_x": 3}.items():
        monkeypatch.setitem(others.HEART, name, value)
    rng, n_y = np.random.default_rng(0), len(others.ALPHABET)
    params = seqlib.initialise_cell("rnn", n_y, 5, rng, n_y=n_y)
    params = {name: rng.normal(size=value.shape).astype(np.float32) for name, value in params.items()}
    text = rng.integers(n_y, size=20)
    x, y = text[:18].reshape(2, 9), text[1:19].reshape(2, 9)
    one_hot = np.eye(n_y, dtype=np.float32)[x].transpose(2, 0, 1)
    _, y_hat, _ = seqlib.rnn_forward(one_hot, np.zeros((5, 2), np.float32), params)
    right = np.take_along_axis(y_hat, y[None], axis=0)
    assert others.epoch(params, text) == pytest.approx(-np.log(right).mean(), rel=1e-5)


def test_the_development_part_picks_the_discount():
    rng = np.random.default_rng(0)
    text = {split: [rng.integers(4, size=30).tolist() for _ in range(5)] for split in ("train", "valid", "test")}
    corpus = Corpus(text, 4, orders=(1, 3), how=())
    model, row = others.best_of_order(corpus, 3)
    rivals = [seqlib.NGram(corpus.train, 4, 3, smoothing="kneser_ney", discount=d) for d in others.DISCOUNTS]
    losses = [mean_loss([one.log_probabilities(s) for s in corpus.valid]) for one in rivals]
    assert row["valid"] == pytest.approx(min(losses)) and model.order == 3
    assert row["test"] == pytest.approx(mean_loss([model.log_probabilities(s) for s in corpus.test]))
    assert [row["order"] for row in others.by_order(corpus)] == [1, 3]
