"""The live figure of lesson 12: the states of every layer are seqlib's, a layer can be left out, scores and costs stand in a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqlib.book import live, stack
from seqlib.book.networks import character_corpus
from seqlib.language_model import sentence_log_probability
from seqlib.output import output_forward
from seqlib.vocabulary import Vocabulary
from tests.book.live_page import EQUAL, module, said

TEXTS = (stack.SAMPLE, "A", "She bought 3 # pears, ate two & slept.")


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    return live.load("stack")


@pytest.mark.parametrize("place", range(len(stack.LAYERS)))
def test_states_and_probabilities_are_seqlibs(open_figure: Any, stored: dict[str, Any], place: int) -> None:
    letters, params = Vocabulary(stored["vocabulary"], unknown=False), live.unpack_params(stored["networks"][place])
    body = """const params = c.unpack_params(w.networks[v[0]].params);
      return v[1].map((text) => {
        const { letters, tokens } = m.tokens_of(w, text);
        const { layers, log_p } = m.read(w, params, tokens);
        return [letters, tokens, layers.map((layer) => layer.map((a) => Array.from(a))), Array.from(log_p), m.bits(log_p)];
      });"""
    for letters_read, tokens, layers, log_p, bits in module(open_figure("stack"), "stack", body, place, list(TEXTS)):
        assert tokens == letters.encode(letters_read, end=True)
        states = stack.layer_states(tokens, params)
        assert len(layers) == len(states) == stored["networks"][place]["layers"]
        for own, expected in zip(layers, states, strict=True):
            np.testing.assert_allclose(np.transpose(own), expected, **EQUAL)
        whole = float(sentence_log_probability(params, [tokens], cell=stored["cell"])[0])
        np.testing.assert_allclose(sum(log_p), whole, **EQUAL)
        np.testing.assert_allclose(bits, -whole / len(tokens) / np.log(2), **EQUAL)


def test_a_layer_that_is_left_out_hands_on_what_it_reads(open_figure: Any, stored: dict[str, Any]) -> None:
    params = live.unpack_params(stored["networks"][2])
    tokens = Vocabulary(stored["vocabulary"], unknown=False).encode(list("Anna met a cat."), end=True)
    body = (
        """const { log_p } = m.read(w, c.unpack_params(w.networks[2].params), v[0], v[1]); return Array.from(log_p);"""
    )
    for without in (2, 3):
        states = stack.layer_states(tokens, params, without)
        np.testing.assert_array_equal(states[without - 1], states[without - 2])
        p = output_forward(states[-1][:, None, :], params)[:, 0]
        expected = np.log(p[tokens, np.arange(len(tokens))])
        np.testing.assert_allclose(module(open_figure("stack"), "stack", body, tokens, without), expected, **EQUAL)


def test_bits_without_a_layer_are_those_of_its_states(stored: dict[str, Any]) -> None:
    letters, params = Vocabulary(stored["vocabulary"], unknown=False), live.unpack_params(stored["networks"][2])
    texts = ["Anna met a cat.", "A"]
    whole = stack.bits(params, texts, letters)
    assert stack.bits_without(params, texts, letters, None) == pytest.approx(whole, rel=1e-9)
    tokens = letters.encode(list("A"), end=True)
    p = output_forward(stack.layer_states(tokens, params, 3)[-1][:, None, :], params)[:, 0]
    expected = -np.log2(p[tokens, np.arange(len(tokens))]).mean()
    assert stack.bits_without(params, ["A"], letters, 3) == pytest.approx(expected, rel=1e-9)


def test_the_stored_networks_have_one_budget_and_their_scores(stored: dict[str, Any]) -> None:
    assert [one["layers"] for one in stored["networks"]] == list(stack.LAYERS)
    texts, letters = [text for text, _ in character_corpus()["test"]], Vocabulary(stored["vocabulary"], unknown=False)
    for one in stored["networks"]:
        params = live.unpack_params(one)
        assert round(stack.bits(params, texts[::3], letters), 4) == one["bits"]
        counted = sum(value.size for name, value in params.items() if name != "E")
        assert one["parameters"] == counted <= stack.HOW["budget"] < 1.1 * counted
        assert one["products"] == sum(
            value.size for name, value in params.items() if value.shape[1] > 1 and name != "E"
        )
        assert [sorted(order) for order in one["order"]] == [list(range(one["n_a"]))] * one["layers"]
        assert stored["scores"][f"{one['layers']} layers, bits per letter"] == one["bits"]


def test_a_reader_types_chooses_layers_and_leaves_one_out(open_figure: Any) -> None:
    figure = open_figure("stack")
    whole = said(figure)
    assert whole.startswith("2 layers of")
    figure.get_by_role("group", name="Leave out a layer").get_by_role("button", name="layer 2").press("Enter")
    assert "layer 2 left out" in said(figure) and said(figure) != whole
    assert figure.get_by_role("row").filter(has_text="without 2").count() == 1
    figure.get_by_role("group", name="Layers", exact=True).get_by_role("button", name="4").press("Enter")
    assert said(figure).startswith("4 layers of")
    assert figure.locator(".live-layer").count() == 4
    figure.get_by_label("A sentence").fill("Hé")
    assert "left out: “é”" in said(figure)
    assert figure.locator(".live-letters span").all_text_contents() == ["H", "∎"]
    assert figure.locator("tbody tr").count() == 4


def test_letters_are_chosen_by_keyboard_on_a_telephone(open_figure: Any) -> None:
    figure = open_figure("stack", width=360)
    lanes = figure.get_by_role("slider", name="Letter to look at")
    lanes.focus()
    lanes.press("End")
    assert "the end had" in said(figure)
    scroll = figure.locator(".live-scroll").first
    assert scroll.evaluate("(node) => node.scrollLeft + node.clientWidth >= node.scrollWidth - 2")  # it came into view
    lanes.press("Home")
    assert "Y had" in str(lanes.get_attribute("aria-valuetext"))
    lanes.press("Escape")
    assert lanes.get_attribute("aria-valuetext") == "nothing chosen"


def test_an_empty_sentence_is_read_to_its_end(open_figure: Any) -> None:
    figure = open_figure("stack")
    figure.get_by_label("A sentence").fill("")
    said(figure)
    assert figure.locator(".live-letters span").all_text_contents() == ["∎"]
