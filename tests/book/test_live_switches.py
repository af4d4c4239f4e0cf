"""The live figure of lesson 10: it computes what seqlib computes, with every part on and off, and says what a reader changes."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from seqlib.book import live, switches
from tests.book.live_page import EQUAL, module, said

TEXT = "the cats which ate ten quinces were full . no dog near my trees was"


def tokens(text: str) -> list[int]:
    return switches.vocabulary().encode(text.split())


@pytest.mark.parametrize("off", [(), *[(name,) for name in switches.SWITCHES], ("forget gate 1", "no tanh")])
def test_the_units_are_seqlibs(open_figure: Any, off: tuple[str, ...]) -> None:
    params = live.unpack_params(live.load("switches"))
    expected = switches.reading(params, np.array(tokens(TEXT)), off)
    body = """const steps = m.reading(m.layer_of(c.unpack_params(w.params)), v[0], v[1]);
      return steps.map((s) => [["gamma_f", "gamma_u", "gamma_o", "c_tilde", "c"].map((name) => Array.from(s[name])), s.p]);"""
    answer = module(open_figure("switches"), "switches", body, tokens(TEXT), list(off))
    for k, name in enumerate(("gamma_f", "gamma_u", "gamma_o", "c_tilde", "c")):
        np.testing.assert_allclose(np.array([units[k] for units, _ in answer]).T, expected[name], **EQUAL)
    np.testing.assert_allclose([p for _, p in answer], expected["p"], **EQUAL)


def test_a_verb_is_due_after_a_subject_and_once_a_sentence(open_figure: Any) -> None:
    def places(text: str) -> Any:
        return module(open_figure("switches"), "switches", "return m.asked(m.split_words(v[0]));", text)

    assert places(TEXT) == [{"t": 5, "verb": "were"}, {"t": 13, "verb": "was"}]
    assert places("The dogs here") == [{"t": 2, "verb": None}]
    assert places("were the dogs were full .") == [{"t": 2, "verb": "were"}]
    assert places("") == places("the dogs .") == []


def test_a_text_is_typed_a_gate_switched_off_and_a_unit_read(open_figure: Any) -> None:
    figure = open_figure("switches")
    assert re.match(r"After apples: were, .*\. After birds: was, ", said(figure))
    score = figure.locator(".live-hint").last
    as_trained = score.text_content()
    button = figure.get_by_role("button", name="forget gate 1")
    button.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert "After birds: were" in said(figure) and score.text_content() != as_trained
    button.press("Enter")
    figure.get_by_label("Type a text").fill("the dogs near the tree")
    figure.page.wait_for_function("document.querySelector('.live-said').textContent.startsWith('After tree: were')")
    picture = figure.get_by_role("slider", name="Word and unit")
    picture.focus()
    for key in ("Home", "ArrowDown", "ArrowRight"):
        figure.page.keyboard.press(key)
    note = figure.locator(".live-switch-note").text_content()
    params = live.unpack_params(live.load("switches"))
    c = switches.reading(params, np.array(tokens("the dogs")))["c"][1, 1]
    assert note.startswith(f"dogs, unit 2: memory c {c:.2f}".replace("-", "−"))
    assert picture.get_attribute("aria-valuetext") + "." == note


def test_what_is_stored_with_the_network_is_so() -> None:
    stored = live.load("switches")
    params = live.unpack_params(stored)
    assert stored["vocabulary"] == switches.vocabulary().words
    for name in ("", *switches.SWITCHES):
        assert switches.accuracy(params, (name,)) == pytest.approx(stored["scores"][name or "as trained"])


def test_texts_ask_before_each_verb_and_their_test_sentences_are_new() -> None:
    words, labels, asked = switches.texts(np.random.default_rng(0), 20, "test")
    index = switches.vocabulary()
    assert (asked.sum(axis=1) == switches.HOW["sentences"]).all()
    for i, t in zip(*np.nonzero(asked), strict=True):
        assert words[i, t + 1] == index[("was", "were")[labels[i, t]]]
    gaps = {
        split: {e.source for some in switches.sentences(split).values() for e in some} for split in ("train", "test")
    }
    assert not gaps["train"] & gaps["test"]


@pytest.mark.parametrize("off", ["forget gate 1", "update gate 1", "output gate 1"])
def test_a_gate_that_is_off_stays_at_1_in_training(off: str) -> None:
    params = switches.first_weights(0, off)
    gate = switches.GATE_OF[off]
    _, gradients = switches.loss_and_gradients(params, *switches.texts(np.random.default_rng(0), 4))
    assert not gradients[f"d1/W{gate}"].any() and not gradients[f"d1/b{gate}"].any()
    read = switches.reading({name: value.astype(float) for name, value in params.items()}, np.array(tokens(TEXT)))
    assert (read[f"gamma_{gate}"] == 1).all()


def test_the_cell_without_its_tanh_has_the_gradients_of_its_formula() -> None:
    from seqlib.gradients import gradient_check
    from seqlib.initialise import initialise_lstm

    rng = np.random.default_rng(2)
    params = {
        name: value + 0.3 * rng.normal(size=value.shape) for name, value in initialise_lstm(3, 4, rng, n_y=2).items()
    }
    arrays = {"x_t": rng.normal(size=(3, 2)), "a_prev": rng.normal(size=(4, 2)), "c_prev": rng.normal(size=(4, 2))}
    arrays |= {name: value for name, value in params.items() if name not in ("Wy", "by")}
    da, dc = rng.normal(size=(2, 4, 2))

    def loss(moved: dict[str, Any]) -> float:
        own = params | {name: moved[name] for name in arrays if name in params}
        a, c, _, _ = switches.forward_without_tanh(moved["x_t"], moved["a_prev"], moved["c_prev"], own)
        return float((da * a + dc * c).sum())

    _, _, _, cache = switches.forward_without_tanh(arrays["x_t"], arrays["a_prev"], arrays["c_prev"], params)
    rows = gradient_check(loss, arrays, switches.backward_without_tanh(da, dc, cache), verbose=False)
    assert len(rows) == 11 and all(passed for *_, passed in rows)
