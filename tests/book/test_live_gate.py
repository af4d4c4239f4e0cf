"""Be the gate, the figure of lesson 9: it computes what seqlib does, and is worked by mouse and keyboard."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from seqlib.book import gate, live
from tests.book.live_page import EQUAL, module, said


@pytest.mark.parametrize("reset", ["before", "after"])
@pytest.mark.parametrize("network", gate.NETWORKS)
def test_the_memory_is_seqlibs_whoever_sets_the_gates(open_figure: Any, network: str, reset: str) -> None:
    stored = live.load("gate")
    params = live.unpack_params(stored["networks"][network])
    tokens = [stored["words"].index(word) for word in stored["sentences"][0].split()]
    chosen = [None, 1.0, 0.25, None, 0.0, 0.6, None, 0.9, 0.5, 0.1]
    body = """const params = c.unpack_params(w.networks[v[0]].params);
      return m.read(params, v[1], v[2], v[3]).map((step) => [step.candidate, step.memory, Array.from(step.gamma_u), Array.from(step.c)]);"""
    page = open_figure("gate")
    for gates in (None, chosen):
        expected = gate.read(params, [tokens], gates, reset)
        steps = module(page, "gate", body, network, tokens, gates, reset)
        np.testing.assert_allclose([one[0] for one in steps], expected["candidate"][0], **EQUAL)
        np.testing.assert_allclose([one[1] for one in steps], expected["memory"][0], **EQUAL)
        np.testing.assert_allclose([one[2] for one in steps], expected["gamma_u"][:, 0].T, **EQUAL)
        np.testing.assert_allclose([one[3] for one in steps], expected["c"][:, 0].T, **EQUAL)


def test_the_level_is_a_mixture_of_old_level_and_candidate() -> None:
    """All units share the reader's gate, so that what the output layer reads follows the formula of the memory."""
    stored = live.load("gate")
    params = live.unpack_params(stored["networks"]["whole"])
    tokens = [stored["words"].index(word) for word in stored["sentences"][0].split()]
    gates = np.random.default_rng(0).uniform(size=len(tokens))
    result = gate.read(params, [tokens], gates.tolist())
    before = np.concatenate([[gate.reading(params, np.zeros((gate.HOW["n_a"], 1)))[0]], result["memory"][0, :-1]])
    np.testing.assert_allclose(result["memory"][0], gates * result["candidate"][0] + (1 - gates) * before)


def test_the_stored_networks_know_the_words_and_the_verbs() -> None:
    stored = live.load("gate")
    for network in gate.NETWORKS:
        params = live.unpack_params(stored["networks"][network])
        for gap in (8, gate.FAR):
            assert gate.accuracy(params, gap) == stored["scores"][f"{network}, gap {gap}"] > 0.95
        for sentence, label in zip(stored["sentences"], stored["labels"], strict=True):
            tokens = [stored["words"].index(word) for word in sentence.split()]
            assert (gate.read(params, [tokens])["memory"][0, -1] < 0) == label
    assert (live.unpack_params(stored["networks"]["word alone"])["1/Wc"][:, : gate.HOW["n_a"]] == 0).all()


def right(figure: Any) -> float:
    """The probability of the right verb, as the figure says it."""
    score = figure.locator(".live-score").text_content()
    match = re.search(r"right verb (below |over )?(\d+)\s%", score)
    assert match, score
    return float(match[2])


def test_a_gate_opened_at_the_subject_and_closed_behind_it_keeps_the_number(open_figure: Any) -> None:
    figure = open_figure("gate")
    figure.get_by_role("button", name="close all").press("Enter")
    assert 20 < right(figure) < 80
    slider = figure.get_by_role("slider")
    slider.fill("1")
    figure.page.wait_for_function("document.querySelector('.live-said').textContent.startsWith('cat: gate 1.00')")
    assert right(figure) > 90
    figure.get_by_role("button", name=re.compile("^apples")).press("Enter")
    assert figure.get_by_label("Update gate at “apples”").input_value() == "0"
    assert figure.page.evaluate("document.activeElement.textContent").startswith("apples")
    slider.fill("1")
    figure.page.wait_for_function("document.querySelector('.live-said').textContent.startsWith('apples: gate 1.00')")
    assert right(figure) < 80


def test_the_whole_network_keeps_the_number_with_its_gates_wide_open(open_figure: Any) -> None:
    figure = open_figure("gate")
    probabilities = []
    for subject in ("the cats", "the cat"):
        figure.get_by_role("button", name=subject, exact=True).press("Enter")
        figure.get_by_role("button", name="open all", exact=True).press("Enter")
        probabilities.append(right(figure))
    assert sum(probabilities) == pytest.approx(100, abs=2)  # the last word alone decides
    figure.get_by_role("button", name="memory and word").press("Enter")
    assert right(figure) > 90
    figure.get_by_role("button", name="What training found").press("Enter")
    before = figure.locator(".live-hint").last.text_content()
    assert "own gates" in before and "differ by up to" in before
    figure.get_by_role("button", name="after it").press("Enter")
    assert "deciding unit’s own" in figure.get_by_role("button", name=re.compile("^cat:")).get_attribute("aria-label")
    figure.get_by_role("button", name="the cats", exact=True).press("Enter")
    assert "… were" in figure.locator(".live-score").text_content() and "gate 0.50" in said(figure)
