"""The house style: contrast on both themes, texts, stable output."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup

from seqlib import figures
from seqlib.book.stepper import Stepper, gradient_path, unrolled_steps

ROOT = Path(__file__).parents[2]
WHITE, DARK = "#ffffff", "#121212"


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colour", figures.COLOURS)
def test_colours_are_visible_on_light_and_dark_pages(colour: str) -> None:
    assert contrast(colour, WHITE) >= 3
    assert contrast(colour, DARK) >= 3


def test_lines_differ_by_more_than_colour() -> None:
    assert len(set(figures.MARKERS)) == len(set(map(str, figures.LINES))) == len(figures.COLOURS)


def draw(alt: str) -> figures.Picture:
    with figures.canvas(3, 2) as (figure, axes):
        axes.plot([0, 1], [0, 1])
        axes.set_xlabel("step")
        return figures.show(figure, alt)


def test_a_picture_takes_the_colour_of_the_page_and_has_a_text() -> None:
    picture = draw('A line that rises from zero to "one".')
    assert figures.INK not in picture.svg and "currentColor" in picture.svg
    assert 'role="img" aria-label="A line that rises from zero to &quot;one&quot;."' in picture.svg
    assert picture.svg in picture._repr_html_()
    assert picture.alt in repr(picture)


def test_a_picture_is_the_same_every_time_and_its_ids_are_its_own() -> None:
    one, again = draw("A line that rises from zero to one."), draw("A line that rises from zero to one.")
    assert one.svg == again.svg
    prefixes = {name[:10] for name in re.findall(r'id="([^"]+)"', one.svg)}
    assert len(prefixes) == 1
    with figures.canvas(3, 2) as (figure, axes):
        axes.plot([0, 1], [1, 0])
        other = figures.show(figure, "A line that falls from one to zero.")
    assert prefixes.isdisjoint({name[:10] for name in re.findall(r'id="([^"]+)"', other.svg)})


@pytest.mark.parametrize(("inches", "kind"), [(5, "narrow"), (5.5, "wide")])
def test_a_narrow_picture_is_fitted_into_a_telephone_and_a_wide_one_scrolled(inches: float, kind: str) -> None:
    with figures.canvas(inches, 2) as (figure, _):
        assert f'<svg class="{kind}"' in figures.show(figure, "A frame with nothing in it but its axes.").svg


def test_panels_of_a_row_are_pieces_of_their_own() -> None:
    with figures.canvas(8, 2, columns=2, sharey=True, width_ratios=[1, 3]) as (figure, (left, right)):
        for axes, name in ((left, "first"), (right, "second")):
            axes.plot([0, 1], [0, 1], label=name)
            axes.set_title(name)
        left.set_ylabel("loss")
        picture = figures.show(figure, "Two panels with a rising line each, the second one is wider.")
    soup = BeautifulSoup(picture.svg, "lxml")
    whole = soup.select_one("div")
    assert whole["role"] == "img" and "rising line" in whole["aria-label"] and len(whole.select(".panels")) == 1
    first, second = soup.select(".panels > svg[aria-hidden]")
    share = [float(re.search(r"--share: ([\d.]+)", svg["style"])[1]) for svg in (first, second)]
    assert first["class"] == ["narrow"] and second["class"] == ["wide"] and share[1] > 2 * share[0]
    assert right.yaxis.get_tick_params()["labelleft"]  # where it stands alone, it has its own numbers


def test_a_table_of_panels_has_its_rows() -> None:
    with figures.canvas(8, 5, rows=2, columns=2) as (figure, _):
        soup = BeautifulSoup(figures.show(figure, "Four empty panels in two rows of two.").svg, "lxml")
    assert [len(row.select("svg.narrow")) for row in soup.select("div > .panels")] == [2, 2]


def test_panels_below_each_other_and_a_figure_with_a_text_of_its_own_are_one_piece() -> None:
    with figures.canvas(5, 3, rows=2) as (figure, _):
        assert figures.show(figure, "Two empty panels one above the other.").svg.count("<svg") == 1
    with figures.canvas(5, 3, columns=2) as (figure, _):
        figure.text(0.5, 0.5, "in the middle")
        assert figures.show(figure, "Two empty panels with a text over them.").svg.count("<svg") == 1


def test_the_vertical_axis_is_named_above_it_and_no_legend_is_left() -> None:
    with figures.canvas(5, 3) as (figure, axes):
        axes.plot([0, 1], [0, 1], label="rising")
        axes.plot([0, 1], [0, np.nan], label="_not named")
        axes.set_ylabel("loss per step")
        axes.legend()
        figures.show(figure, "A line that rises from zero to one.")
        assert axes.get_legend() is None and axes.get_ylabel() == ""
        assert {text.get_text(): text.get_rotation() for text in axes.texts} == {"loss per step": 0, "rising": 0}


def test_a_legend_that_is_left_is_told() -> None:
    with figures.canvas(5, 3) as (figure, axes):
        axes.bar([0, 1], [1, 2], label="bars")
        axes.legend()
        assert '<svg class="narrow keyed"' in figures.show(figure, "Two bars with a legend beside them.").svg


def test_labels_of_curves_that_end_together_move_apart() -> None:
    moved = figures._apart(np.array([0.0, 1.0, 2.0, 50.0, 51.0]), 10)
    np.testing.assert_allclose(moved, [-9, 1, 11, 45.5, 55.5])
    np.testing.assert_allclose(figures._apart(np.array([0.0, 20.0]), 10), [0, 20])
    assert figures._apart(np.array([]), 10).shape == (0,)
    with figures.canvas(5, 3) as (_, axes):
        axes.set_xlim(1, 0)  # what is at the right is the smallest
        axes.plot([1, 0.5, 0], [0, 5, 9], label="a")
        axes.plot([1, 0.5, np.nan], [0, 4, 8], label="b")
        figures.label_lines(axes)
        assert {text.get_text(): text.xy for text in axes.texts} == {"a": (0, 9), "b": (0.5, 4)}


def test_sentences_stand_below_each_other_with_their_numbers() -> None:
    panel = figures.aligned([[("He", 0.0), ("<said>", 1.0)], [("She", 0.25)]], until=1)
    soup = BeautifulSoup(panel._repr_html_(), "lxml")
    assert [[" ".join(word.text.split()) for word in line.select("li")] for line in soup.select("ol")] == [
        ["He 0.00", "<said> 1.00"],
        ["She 0.25"],
    ]
    assert [line.select("li.until")[0].span.text for line in soup.select("ol")] == ["He", "She"]
    assert "--steps: 2" in str(soup) and repr(panel) == "<He <said>; She>"
    for wrong in ([], [[("He", 1.5)]]):
        with pytest.raises(ValueError, match="sentences"):
            figures.aligned(wrong)


def test_a_picture_without_a_text_is_refused() -> None:
    with pytest.raises(ValueError, match="alt"):
        draw("a line")


@pytest.mark.parametrize("chapter", sorted((ROOT / "book").glob("*.md")), ids=lambda path: path.stem)
def test_no_chapter_asks_for_letters_too_small_for_a_telephone(chapter: Path) -> None:
    """A figure of five inches is shown there with about one pixel a point."""
    assert all(float(size) >= 9 for size in re.findall(r"fontsize=([\d.]+)", chapter.read_text("utf-8")))


def test_heatmap_writes_its_numbers() -> None:
    with figures.canvas(3, 2) as (_, axes):
        figures.heatmap(axes, np.array([[0.0, 0.5], [1.0, np.nan]]), ["a", "b"], ["c", "d"])
        assert sorted(text.get_text() for text in axes.texts) == ["0.00", "0.50", "1.00"] and len(axes.patches) == 3
        shades = [patch.get_alpha() for patch in axes.patches]
        assert shades[0] < shades[1] < shades[2] < 0.65


def test_drawings_show_every_step() -> None:
    with figures.canvas(6, 3, columns=2) as (_, (left, right)):
        figures.bare(left, (-1, 3), (-2, 2))
        figures.rolled(left)
        figures.unrolled(right, steps=4)
        assert sum("W_{ax}" in text.get_text() for text in right.texts) == 4
        assert sum("W_{aa}" in text.get_text() for text in left.texts) == 1


def stepper(texts: int) -> Stepper:
    x, a = np.eye(2), np.array([[0.25, -0.5], [0.0, -0.001]])
    return unrolled_steps(x, np.zeros(2), a, 1 - a, [f"moment {i}" for i in range(texts)])


def test_stepper_has_three_moments_a_step() -> None:
    page = stepper(7)._repr_html_()
    assert 'data-moments="6"' in page
    assert {int(at) for at in re.findall(r'data-at="(\d+)"', page)} == set(range(7))
    assert page.count("<li>") == 7
    assert "(0.25, 0.00)" in page and "(-0.50, 0.00)" in page  # no minus before a zero
    assert "2 steps" in repr(stepper(7))


def test_gradient_path_goes_from_the_loss_to_the_first_step() -> None:
    path = gradient_path(np.array([0.01, 0.2]), np.array([0.0, 0.07]), 0.5, [""] * 5)._repr_html_()
    assert 'data-moments="4"' in path
    assert {int(at) for at in re.findall(r'data-at="(\d+)"', path)} == set(range(5))
    assert path.index("dz = 0.2000") < path.index("dz = 0.0100") and "0.0700" in path


def test_stepper_wants_a_sentence_for_each_moment() -> None:
    with pytest.raises(ValueError, match="7 sentences"):
        stepper(6)


def test_sound_is_a_player_with_a_name() -> None:
    player = figures.sound(np.sin(np.arange(800) / 5), 8000, "a tone")
    assert 'aria-label="a tone"' in player._repr_html_() and "data:audio/wav;base64,UklGR" in player._repr_html_()
    assert "a tone" in repr(player)
    with pytest.raises(ValueError, match="samples"):
        figures.sound(np.zeros((2, 3)), 8000, "two tones")


def test_marks_join_neighbours() -> None:
    panel = figures.marked(["met", "Harry", "Potter", "<here>"], [0, 1, 1, 0])
    assert "met <mark>Harry Potter</mark> &lt;here&gt;" in panel._repr_html_()
    assert repr(panel) == "<met Harry Potter <here>>"
    assert "A<mark>CG</mark>T" in figures.marked("ACGT", [0, 1, 1, 0], between="")._repr_html_()
