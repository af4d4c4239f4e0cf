"""The live figure of lesson 13: targets, rankings and maps are seqlib's, words are chosen, tried and dragged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import seqlib
from seqlib.book import live, word_map
from tests.book.live_page import EQUAL, module, said

MEASURES = ("cosine", "euclidean", "manhattan")
ASKED = {
    "book": [
        ("man", "woman", "king"),
        ("apple", "apples", "plum"),
        ("king", "king", "queen"),
        ("walk", "walked", "monk"),
    ],
    "table": [("man", "woman", "king"), ("apple", "orange", "man")],
}


@pytest.fixture(scope="module")
def stored() -> dict[str, Any]:
    return live.load("words")


def columns_of(some: dict[str, Any]) -> dict[str, int]:
    return {word: i for i, word in enumerate(some["words"])}


@pytest.mark.parametrize("which", ASKED)
def test_targets_and_rankings_are_seqlibs(open_figure: Any, stored: dict[str, Any], which: str) -> None:
    columns, E = columns_of(stored[which]), live.unpack(stored[which]["E"])
    body = """const { vectors } = m.vectors_of(w[v[0]]);
      return v[1].map((three) => {
        const target = m.target_of(vectors, three);
        return [Array.from(target), m.MEASURES.map((measure) => m.ranking(vectors, target, three, measure))];
      });"""
    asked = [[columns[word] for word in three] for three in ASKED[which]]
    for three, (target, ranks) in zip(
        ASKED[which], module(open_figure("analogy"), "analogy", body, which, asked), strict=True
    ):
        a, b, c = (E[:, columns[word]] for word in three)
        np.testing.assert_allclose(target, b - a + c, **EQUAL)
        for measure, rank in zip(MEASURES, ranks, strict=True):
            expected = seqlib.nearest_words(b - a + c, E, columns, measure=measure, without=three, count=len(columns))
            np.testing.assert_allclose([value for _, value in rank], [value for _, value in expected], **EQUAL)
            assert stored[which]["words"][rank[0][0]] == seqlib.analogy(*three, E, columns, measure=measure)


def test_the_map_keeps_differences_and_the_plane_keeps_lengths(open_figure: Any, stored: dict[str, Any]) -> None:
    E = live.unpack(stored["book"]["E"])
    mean, axes = word_map.main_axes(E)
    np.testing.assert_allclose(live.unpack(stored["book"]["axes"]), axes, **EQUAL)
    columns = columns_of(stored["book"])
    three = [columns[word] for word in ("man", "woman", "king")]
    body = """const { vectors, map } = m.vectors_of(w.book);
      const views = [map, m.plane_of(vectors, v[0], map), m.plane_of(vectors, [v[0][0], v[0][0], v[0][2]], map)];
      const points = [...v[0].map((i) => vectors[i]), m.target_of(vectors, v[0])];
      return [vectors.map((x) => m.project(x, map)), ...views.map((view) => points.map((x) => m.project(x, view)))];"""
    everything, *views = module(open_figure("analogy"), "analogy", body, three)
    np.testing.assert_allclose(np.transpose(everything), axes @ (E - mean[:, None]), **EQUAL)
    for a, b, c, corner in (np.array(view) for view in views[:2]):
        np.testing.assert_allclose(b - a, corner - c, **EQUAL)  # a parallelogram
    a, b, c, _ = np.array(views[1])
    for one, other, i, j in ((a, b, 0, 1), (a, c, 0, 2), (b, c, 1, 2)):
        length = np.linalg.norm(E[:, three[i]] - E[:, three[j]])
        np.testing.assert_allclose(np.linalg.norm(one - other), length, **EQUAL)
    assert np.isfinite(views[2]).all()  # a word twice spans no plane, and gets one all the same


def test_the_stored_scores_are_those_of_the_stored_vectors(stored: dict[str, Any]) -> None:
    E, columns = live.unpack(stored["book"]["E"]), columns_of(stored["book"])
    assert stored["scores"]["gender"] == round(word_map.answered(E, columns, word_map.pairs()["gender"]), 4) > 0.5
    assert seqlib.analogy("man", "woman", "king", E, columns) == "queen"
    table = live.unpack(stored["table"]["E"])
    assert {word: tuple(column) for word, column in zip(word_map.TABLE, table.T, strict=True)} == word_map.TABLE


def test_a_reader_chooses_words_and_the_table_of_six(open_figure: Any) -> None:
    figure = open_figure("analogy")
    assert said(figure).startswith("man is to woman as king is to: cosine queen")
    figure.get_by_label("Word c").select_option(label="waiter")
    assert said(figure).startswith("man is to woman as waiter is to")
    figure.get_by_role("group", name="Vectors").get_by_role("button", name="the table by hand").press("Enter")
    assert "cosine queen 1.00, euclidean queen 0.11, manhattan queen 0.16" in said(figure)
    assert figure.locator(".live-spot").count() == 6
    figure.get_by_role("group", name="Three words to try").get_by_role("button").nth(2).press("Enter")
    assert said(figure).startswith("apple is to orange as man is to")
    figure.get_by_role("group", name="The three words", exact=True).get_by_role("button", name="left in").press("Enter")
    assert "One of the three words themselves is the nearest" in said(figure)
    chart, maps = figure.locator(".live-map"), figure.get_by_role("group", name="Map")
    for name, text in (
        ("all words", "in which all differ most"),
        ("plane of the three", "in the plane of the three words"),
    ):
        maps.get_by_role("button", name=name).press("Enter")
        assert text in str(chart.get_attribute("aria-label"))


@pytest.mark.parametrize("flat", [False, True])
def test_a_word_is_dragged_to_another(open_figure: Any, flat: bool) -> None:
    figure = open_figure("analogy", width=390)
    figure.get_by_role("group", name="Vectors").get_by_role("button", name="the table by hand").press("Enter")
    view = "plane of the three" if flat else "all words"
    figure.get_by_role("group", name="Map").get_by_role("button", name=view).press("Enter")
    said(figure)
    figure.locator(".live-map").scroll_into_view_if_needed()
    box, goal = (
        figure.locator(place).bounding_box() for place in ('[data-place="2"] .live-grip', '[data-word="orange"]')
    )
    middle = [(one["x"] + one["width"] / 2, one["y"] + one["height"] / 2) for one in (box, goal)]
    figure.page.mouse.move(*middle[0])
    figure.page.mouse.down()
    figure.page.mouse.move(*middle[1], steps=4)
    if flat:  # what the word would become
        assert figure.locator(".live-over text").text_content() == "orange"
    figure.page.mouse.up()
    assert figure.locator(".live-over").count() == 0
    assert said(figure).startswith("man is to woman as orange is to")
