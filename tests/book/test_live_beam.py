"""The live figures of lesson 15: the page's search is seqlib's, the tree says where greedy search lost; BLEU is edited word by word."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import seqlib
from seqlib.bleu import brevity_penalty, clipped_matches
from seqlib.book import live, translator
from tests.book.live_page import EQUAL, module, said

SENTENCES = (["<en>", "le", "5", "mars"], ["<hi>", "april", "7", "and", "may", "9"], ["<es>", "11", "june"])


@pytest.fixture(scope="module")
def model() -> translator.Translator:
    return translator.of_stored(live.load("beam"))


@pytest.mark.parametrize(("width", "alpha"), [(1, 0.0), (3, 0.7), (10, 0.0), (4, 1.5)])
def test_the_search_is_seqlibs(open_figure: Any, model: translator.Translator, width: int, alpha: float) -> None:
    body = """const t = new m.Translator(w);
      return v[0].map(([tag, ...words]) => {
        const { tokens } = t.tokens_of(tag.slice(1, 3), words.join(" "));
        const state = t.read(tokens);
        const greedy = t.greedy(state);
        const found = t.beam(state, v[1], v[2]);
        return [tokens, found.map((one) => [one.tokens, one.log_probability, one.score]), greedy.tokens, greedy.log_probability];
      });"""
    answers = module(open_figure("beam"), "beam", body, [list(x) for x in SENTENCES], width, alpha)
    for x, (tokens, found, greedy, log_p) in zip(SENTENCES, answers, strict=True):
        assert tokens == model.source.encode(x)
        expected = model.beam(x, width, alpha)
        assert [model.target.decode(one[0]) for one in found] == [one[0] for one in expected]
        np.testing.assert_allclose([one[1:] for one in found], [one[1:] for one in expected], **EQUAL)
        assert model.target.decode(greedy) == model.greedy(x)
        np.testing.assert_allclose(log_p, model.log_probability(x, model.greedy(x)), **EQUAL)


def test_the_tree_keeps_as_many_as_the_beam_is_wide(open_figure: Any) -> None:
    body = """const t = new m.Translator(w);
      const [tag, ...words] = w.samples[0];
      const state = t.read(t.tokens_of(tag.slice(1, 3), words.join(" ")).tokens);
      return m.tree(t, state, v[0], 0, t.greedy(state)).steps.map((nodes) => nodes.map((node) => node.fate));"""
    for width in (1, 3, 10):
        for fates in module(open_figure("beam"), "beam", body, width):
            assert fates.count("kept") <= width and fates.count("dropped") <= 2
            assert fates.count("kept") == width or fates.count("dropped") == 0


def test_a_reader_sees_where_greedy_search_lost_and_moves_width_and_exponent(open_figure: Any) -> None:
    figure = open_figure("beam")
    text = said(figure)
    assert text.startswith("Best of a beam of 3 with exponent 0.00") and "Greedy search lost" in text
    assert figure.locator(".live-parting").count() == 1
    figure.get_by_label("Width of the beam").fill("1")
    assert "Best of a beam of 1" in said(figure) and "Greedy search finds" in said(figure)
    assert figure.locator(".live-parting").count() == 0
    figure.get_by_label("Exponent α").fill("1.5")
    assert "exponent 1.50" in said(figure)
    figure.get_by_label("One or two dates").fill("the 5 march")
    assert "Not known: “the”" in said(figure)
    figure.get_by_role("button", name="Another sentence").press("Enter")
    assert "Not known" not in said(figure)


def test_the_tree_grows_and_is_read_by_keyboard_on_a_telephone(open_figure: Any) -> None:
    figure = open_figure("beam", width=360)
    tree = figure.get_by_role("slider", name="Beginning to look at")
    tree.focus()
    tree.press("Home")
    assert str(tree.get_attribute("aria-valuetext")).startswith("step 1: ")
    tree.press("End")
    assert "log P" in said(figure)
    tree.press("Escape")
    everything = figure.locator(".live-beginning").count()
    figure.get_by_role("button", name="Grow the tree").press("Enter")
    assert figure.locator(".live-beginning").count() < everything
    figure.get_by_role("button", name="Stop").press("Enter")
    assert figure.locator(".live-beginning").count() == everything  # the whole tree again, with what came of it
    assert figure.locator(".live-winning").count() > 2 and figure.locator(".live-parting").count() == 1


def test_a_tree_that_has_grown_shows_what_came_of_it(open_figure: Any) -> None:
    figure = open_figure("beam")
    everything, winning = (figure.locator(f".live-beginning{name}").count() for name in ("", ".live-winning"))
    figure.get_by_role("button", name="Grow the tree").click()
    figure.get_by_role("button", name="Grow the tree").wait_for()  # it has ended by itself
    assert figure.locator(".live-beginning").count() == everything
    assert figure.locator(".live-beginning.live-winning").count() == winning > 2
    assert figure.locator(".live-parting").count() == 1


def test_a_translation_is_in_its_own_language(open_figure: Any) -> None:
    figure = open_figure("beam")
    figure.get_by_role("button", name="French").click()
    said(figure)
    assert figure.locator('td [lang="fr"]').count() >= 3 and figure.locator('.live-hint [lang="fr"]').count() >= 1


def random_texts(rng: np.random.Generator) -> tuple[list[str], list[list[str]]]:
    def text() -> list[str]:
        return [str(word) for word in rng.choice(list("abc"), rng.integers(1, 9))]

    return text(), [text() for _ in range(rng.integers(1, 4))]


def test_bleu_is_seqlibs(open_figure: Any) -> None:
    rng = np.random.default_rng(0)
    pairs = [random_texts(rng) for _ in range(100)]
    body = """return v[0].map(([out, refs]) => [m.bleu(out, refs), m.bleu(out, refs, 2), m.brevity_penalty(out, refs).penalty,
      [1, 2, 3, 4].map((n) => m.clipped_matches(out, refs, n))]);"""
    for (out, refs), (four, two, penalty, counts) in zip(
        pairs, module(open_figure("bleu"), "bleu", body, pairs), strict=True
    ):
        np.testing.assert_allclose(four, seqlib.bleu([out], [refs]), **EQUAL)
        np.testing.assert_allclose(two, seqlib.bleu([out], [refs], 2), **EQUAL)
        np.testing.assert_allclose(penalty, brevity_penalty([out], [refs]), **EQUAL)
        assert counts == [list(clipped_matches(out, refs, n)) for n in (1, 2, 3, 4)]


def test_the_example_is_edited(open_figure: Any) -> None:
    figure = open_figure("bleu")
    assert "p1 6 of 8, p2 4 of 7, p3 2 of 6, p4 1 of 5" in said(figure) and "BLEU = 0.4111" in said(figure)
    assert figure.locator(".live-gram.live-clipped").count() == 3  # the third "the", the second "dog" and "the dog"
    figure.get_by_role("group", name="Capital letters").get_by_role("button", name="count").press("Enter")
    assert "BLEU = 0.3826" in said(figure)
    figure.get_by_label("Output").fill("hiding under the")
    assert "p4 0 of 0" in said(figure) and "BLEU = 0.0000" in said(figure)
    figure.get_by_role("group", name="Longest n-gram").get_by_role("button", name="3").press("Enter")
    assert "c = 3, r = 7" in said(figure) and "BLEU = 0.2636" in said(figure)
    figure.get_by_label("Output").fill("")
    assert "BLEU = 0.0000" in said(figure)
