"""What the future knows, the live figure of lesson 11: it computes what seqlib does, and is worked by slider, keyboard and typing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seqlib.book import future, live
from seqlib.data.ner import teddy_samples
from tests.book.live_page import EQUAL, module, said


@pytest.mark.parametrize("reader", future.READERS)
def test_three_readers_say_what_seqlib_says(open_figure: Any, reader: str) -> None:
    stored = live.load("future")
    params = live.unpack_params(stored["networks"][reader])
    body = "return v[1].map((words) => new m.Readers(w).probabilities(v[0], words))"
    whole = [example.x for example in teddy_samples()]
    heard = [*whole, whole[0][:4], whole[1][:1], ["Rose", "petals", "fell"], ["never", "seen"]]
    answers = module(open_figure("future"), "future", body, reader, heard)
    for words, answer in zip(heard, answers, strict=True):
        np.testing.assert_allclose(answer, future.name_probabilities(params, reader, words), **EQUAL)


def test_what_is_stored_is_what_seqlib_says() -> None:
    stored = live.load("future")
    for one in stored["probe"]:
        params = live.unpack_params(stored["networks"][one["reader"]])
        np.testing.assert_allclose(future.name_probabilities(params, one["reader"], one["words"]), one["p"], **EQUAL)


def test_the_curtain_hides_what_has_not_been_heard(open_figure: Any) -> None:
    figure = open_figure("future")
    slider = figure.get_by_role("slider", name="Words heard")
    assert said(figure).startswith("4 words heard.")
    first, second = said(figure).split("Teddy in the ")[1:]
    assert first.partition(":")[2].split(".")[0].strip() == second.partition(":")[2].split(".")[0].strip()
    slider.press("End")
    assert said(figure).startswith("10 words heard.")
    first, second = said(figure).split("Teddy in the ")[1:]
    assert "both ways over 99 %" in first and "both ways below 1 %" in second
    slider.press("Home")
    assert "has not been heard" in said(figure)
    assert figure.locator('li[data-hidden="true"]').count() == 18


def test_any_word_can_be_changed(open_figure: Any) -> None:
    figure = open_figure("future")
    figure.get_by_role("slider", name="Words heard").press("ArrowRight")
    assert "both ways below 1 %" in said(figure).split("Teddy in the second")[1]
    word = figure.get_by_label("Word 5 of the second sentence")
    word.fill("laughed")
    assert "both ways over 99 %" in said(figure).split("Teddy in the second")[1]
    word.fill("Zzyzx")
    said(figure)
    assert "live-unknown" in word.get_attribute("class")
    figure.get_by_label("Word 4 of the second sentence").fill("")
    assert "The fourth word of the second sentence has not been heard." in said(figure)
    figure.get_by_role("button", name="Olive was / Olive oil").click()
    assert said(figure).count("Olive in the") == 2
