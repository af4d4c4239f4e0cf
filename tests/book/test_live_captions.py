"""Two shapes and the dog that is hiding, the live figures of lesson 14: they compute what seqlib does, by pointer and keyboard."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqlib.book import captions, live
from seqlib.data import hiding
from seqlib.data.captions import SIZE, paint
from seqlib.vocabulary import Vocabulary
from tests.book.live_page import EQUAL, module, said

SCENES = [
    captions.SAMPLE,
    (("yellow", "triangle", (7.5, 12.0), 5.0), ("green", "diamond", (17.0, 11.5), 3.5)),
    (("blue", "diamond", (1.0, 23.0), 5.0), ("red", "triangle", (2.0, 22.0), 3.5)),
]


def same(answer: list[list[Any]], expected: list[tuple[str, float]]) -> None:
    assert [word for word, _ in answer] == [word for word, _ in expected]
    np.testing.assert_allclose([p for _, p in answer], [p for _, p in expected], **EQUAL)


def test_pictures_and_captions_are_those_of_seqlib(open_figure: Any) -> None:
    stored = live.load("captions")
    params, words = captions.unpack_captioner(stored), Vocabulary(stored["vocabulary"])
    body = "return v[0].map((s) => { const p = m.paint(s, w.size, w.colours); return [[...p], new m.Captioner(w).tell(p)]; })"
    for scene, (picture, told) in zip(SCENES, module(open_figure("captions"), "captions", body, SCENES), strict=True):
        expected = paint(scene)
        np.testing.assert_allclose(np.reshape(picture, (SIZE, SIZE, 3)), expected, **EQUAL)
        same(told, captions.word_probabilities(params, words, expected))
    same(stored["probe"], captions.word_probabilities(params, words, paint(captions.SAMPLE)))


def test_five_outputs_are_those_of_seqlib(open_figure: Any) -> None:
    stored = live.load("hiding")
    params, words = captions.unpack_captioner(stored), Vocabulary(stored["vocabulary"])
    body = """const { Captioner } = await import(at("captions.js"));
      return v[0].map(([animal, furniture, column, at]) => {
        const p = m.compose(w, furniture, column, animal, at);
        return [[...p], w.outputs.map((output) => new Captioner(w).tell(p, m.one_hot(w, output)))];
    })"""
    views = [
        ("dog", "bed", 12.0, (12.0, 21.5)),
        ("cat", "chair", 14.0, (4.0, 21.5)),
        ("dog", "table", 11.0, (13.0, 11.4)),
    ]
    for (animal, furniture, column, at), (picture, told) in zip(
        views, module(open_figure("hiding"), "hiding", body, views), strict=True
    ):
        view = hiding.View(animal, furniture, "under")
        expected = hiding.compose(view, column, at, stored["wood"], stored["fur"])
        np.testing.assert_allclose(np.reshape(picture, expected.shape), expected, **EQUAL)
        for output, answer in zip(hiding.OUTPUTS, told, strict=True):
            same(answer, captions.word_probabilities(params, words, expected, output))


def test_all_eighteen_views_are_described_right_where_the_buttons_put_things(open_figure: Any) -> None:
    body = """const { Captioner } = await import(at("captions.js"));
      const captioner = new Captioner(w);
      return v[0].map(([animal, furniture, place]) => {
        const { column, at: paws } = m.put(w, furniture, place);
        const p = m.compose(w, furniture, column, animal, paws);
        return w.outputs.map((output) => captioner.tell(p, m.one_hot(w, output)).slice(0, -1).map(([word]) => word));
      })"""
    views = [list(view) for view in hiding.VIEWS]
    told = module(open_figure("hiding"), "hiding", body, views)
    assert told == [[hiding.say(view, output) for output in hiding.OUTPUTS] for view in hiding.VIEWS]


def test_shapes_are_moved_by_arrow_keys_and_by_pointer(open_figure: Any) -> None:
    figure = open_figure("captions")
    first = said(figure)
    handle = figure.get_by_role("button", name="The large red circle")
    for _ in range(12):
        handle.press("ArrowUp")
    said(figure)
    assert "column 12, row 5.5" in handle.get_attribute("aria-label")
    figure.get_by_role("group", name="Colour of the large shape").get_by_role("button", name="green").click()
    assert said(figure) != first
    assert "The large green circle" in figure.locator(".live-handle").first.get_attribute("aria-label")
    box = figure.locator("canvas").bounding_box()
    small = figure.locator(".live-handle").nth(1)
    place = small.bounding_box()
    mouse = figure.page.mouse
    mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    mouse.down()
    mouse.move(box["x"] + box["width"] / 4, box["y"] + 0.75 * box["height"], steps=4)
    mouse.up()
    said(figure)
    assert "column 6, row 18" in small.get_attribute("aria-label")


def test_the_dog_is_hiding_under_the_bed_and_then_sits_on_it(open_figure: Any) -> None:
    figure = open_figure("hiding")
    assert "the dog is hiding under the bed" in said(figure)
    assert figure.locator('[lang="fr"]').text_content() == "le chien est sous le lit"
    assert figure.locator('[lang="hi"]').text_content() == "कुत्ता पलंग के नीचे है"
    assert figure.locator('[lang="mr"]').text_content() == "कुत्रा पलंगाखाली आहे"
    figure.get_by_role("button", name="on", exact=True).click()
    assert "the dog is sitting on the bed" in said(figure)
    figure.get_by_role("button", name="cat", exact=True).click()
    assert "the cat is sitting on the bed" in said(figure)
    figure.get_by_role("button", name="near", exact=True).click()
    assert "the cat is standing near the bed" in said(figure)
