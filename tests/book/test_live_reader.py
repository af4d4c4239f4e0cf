"""A reader off the beaten path: other browsers, letters that no network knows, empty fields, a figure that does not start."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seqlib.book import live
from seqlib.language_model import next_word
from tests.book.live_page import PAINTED, ROOT, directive, module, said

READING = ROOT / "book" / "_static" / "reading.js"
FAILED = "This figure did not start"


def test_no_script_of_the_book_stops_an_older_browser() -> None:
    scripts = sorted((ROOT / "book" / "_static").rglob("*.js"))
    assert len(scripts) > 20
    assert not [path.name for path in scripts if re.search(r"\(\?<[=!]", path.read_text("utf-8"))]  # a lookbehind


def test_a_word_is_changed_where_a_click_gives_no_focus(open_figure: Any) -> None:
    figure = open_figure("names")
    field = figure.get_by_label("Type a sentence")
    field.fill("Paris met Paris.")
    figure.evaluate("(root) => root.addEventListener('mousedown', (event) => event.preventDefault())")  # as in WebKit
    figure.get_by_role("button", name="Paris").nth(1).click()
    assert field.input_value() == "Paris met paris."
    assert figure.page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("paris")


def test_factors_of_every_size_are_written(open_figure: Any) -> None:
    body = """const { magnitude, power_of_ten } = await import(at("figure.js"));
      return [v.map(magnitude), [-4.0005, -9.25, 3].map(power_of_ten)];"""
    values = [0, 9.97e-5, 5.7e-10, 0.37, 28.4, 9.96e5]
    factors, powers = module(open_figure("whisper"), "whisper", body, *values)
    assert factors == ["0", "1.0 · 10⁻⁴", "5.7 · 10⁻¹⁰", "0.37", "28", "1.0 · 10⁶"]
    assert powers == ["1.0 · 10⁻⁴", "5.6 · 10⁻¹⁰", "1.0 · 10³"]


def test_what_rounding_leaves_of_a_flag_is_no_number(open_figure: Any) -> None:
    figure = open_figure("whisper")
    figure.get_by_label("Spectral radius").fill("0.5")
    figure.get_by_label("Gap in steps").fill("100")
    assert said(figure).startswith("Gap 100. RNN: below 10⁻¹⁵ of the flag arrives")
    assert "NaN" not in figure.inner_text()


def labels(ways: Any) -> list[str]:
    return [str(way.get_attribute("aria-label")).replace("\u00a0", " ") for way in ways.all()]


def test_the_way_that_is_chosen_leads_to_what_was_offered_there(open_figure: Any) -> None:
    stored = live.load("characters")
    p = np.exp(next_word(live.unpack_params(stored), stored["cell"])(None, None)[0])
    p[stored["vocabulary"].index("<PAD>")] = 0
    first = [stored["vocabulary"][i] for i in np.argsort(-p)[:5]]
    figure = open_figure("characters")
    field, letters = figure.get_by_label("Begin a sentence"), figure.get_by_role("slider", name="Letter to look at")
    ways = figure.get_by_role("group", name="Most likely next letters").get_by_role("button")

    def look_at(place: int) -> list[str]:
        letters.press("Home")
        for _ in range(place):
            letters.press("ArrowRight")
        return labels(ways)

    field.fill("She met him.")
    offered = look_at(11)
    assert offered[0].startswith("the end, ")
    ways.first.click()
    assert field.input_value() == "She met him. "
    assert [label.split(", ")[0] for label in look_at(12)] == first  # a new sentence begins
    ways.nth(1).click()
    assert field.input_value() == f"She met him. {first[1]}"
    after = look_at(13)
    field.fill(first[1])
    assert look_at(0) == after  # the space between two sentences is no letter that was read
    assert look_at(0) != offered


NOT_READ = {
    "characters": ("Begin a sentence", "日本 The", "The network has never seen “日” “本”: left out."),
    "listen": ("What the voice says", "fox 7é7", "The voice has no sound for “7” “é”: left out."),
    "bases": ("Bases", "ACGN TX-ACN", "Not a base, and left out: “N” “X” “-”."),
    "stack": ("A sentence", "日 Harry", "Not known, and left out: “日”."),
}


@pytest.mark.parametrize("name", NOT_READ)
def test_letters_that_are_left_out_are_named(open_figure: Any, name: str) -> None:
    figure = open_figure(name)
    label, text, expected = NOT_READ[name]
    figure.get_by_label(label, exact=name == "bases").fill(text)
    figure.page.evaluate(PAINTED)
    hint = figure.locator(".live-hint:visible", has_text="left out")
    assert expected in " ".join(hint.all_inner_texts())


@pytest.mark.parametrize(("name", "label", "most"), [("bases", "Bases", 180), ("stack", "A sentence", 70)])
def test_a_field_takes_what_is_read(open_figure: Any, name: str, label: str, most: int) -> None:
    field = open_figure(name).get_by_label(label, exact=True)
    field.fill("")
    field.press_sequentially("A" * (most + 5))
    assert len(field.input_value()) == most


def test_back_and_next_know_where_an_answer_has_led(open_figure: Any) -> None:
    figure = open_figure("forms")  # it begins with an output that is asked, behind the last step
    buttons = [figure.get_by_role("button", name=name) for name in ("Back", "Next step")]
    assert [button.get_attribute("aria-disabled") for button in buttons] == ["false", "true"]


def test_a_place_that_is_gone_is_not_said_any_more(open_figure: Any) -> None:
    for name, label, place in (
        ("beam", "One or two dates", "Beginning to look at"),
        ("stack", "A sentence", "Letter to look at"),
        ("characters", "Begin a sentence", "Letter to look at"),
    ):
        figure = open_figure(name)
        picture = figure.get_by_role("slider", name=place)
        picture.press("End")
        assert picture.get_attribute("aria-valuetext") != "nothing chosen"
        figure.get_by_label(label).fill("5 june")
        figure.page.evaluate(PAINTED)
        assert picture.get_attribute("aria-valuetext") == "nothing chosen", name


def test_a_switch_changes_what_is_said_of_a_cell(open_figure: Any) -> None:
    figure = open_figure("switches")
    picture = figure.get_by_role("slider", name="Word and unit")
    picture.press("End")
    before = picture.get_attribute("aria-valuetext")
    figure.get_by_role("button", name="update gate 1").click()
    assert picture.get_attribute("aria-valuetext") != before
    figure.get_by_label("Type a text").fill("")
    picture.press("Home")  # no word, nothing to choose
    assert picture.get_attribute("aria-valuetext") == "nothing chosen"


def test_arrows_go_up_to_more_stay_in_their_column_and_leave_shortcuts_alone(open_figure: Any) -> None:
    step = open_figure("gradient").get_by_role("slider", name="Step of the network")
    step.press("Home")
    step.press("ArrowUp")
    assert step.get_attribute("aria-valuenow") == "2"
    step.press("Control+End")
    assert step.get_attribute("aria-valuenow") == "2"
    figure = open_figure("bases", width=390)
    grid = figure.get_by_role("slider", name="Base to look at and to change")
    grid.press("Home")
    grid.press("ArrowRight")
    grid.press("ArrowDown")
    boxes = [
        figure.locator(".live-bases span").nth(i).bounding_box() for i in (1, int(grid.get_attribute("aria-valuenow")))
    ]
    assert boxes[1]["x"] == boxes[0]["x"] and boxes[1]["y"] > boxes[0]["y"]


def test_a_sentence_is_read_out_once_the_reader_stops(open_figure: Any) -> None:
    figure = open_figure("gradient")
    aloud = figure.locator('[aria-live="polite"]')
    figure.page.wait_for_timeout(700)
    assert aloud.text_content() == ""  # nobody has asked
    for _ in range(3):
        figure.get_by_label("Steps back").press("ArrowRight")
    assert aloud.text_content() == ""
    figure.page.wait_for_function("document.querySelector('[aria-live=polite]').textContent.startsWith('11 steps')")
    assert aloud.text_content().replace("\u00a0", " ") == said(figure)
    assert not figure.locator("output:not([aria-live=off])").count()


def failing(browser: Any, address: str, name: str, broken: str, script: str) -> Any:
    """The page of a figure of which one file is another one, in a window that closes with its browser."""
    page = browser.new_page()
    page.add_init_script(path=READING)
    page.route(f"**/{broken}", lambda route: route.fulfill(content_type="text/javascript", body=script))
    page.goto(f"{address}light/{name}")
    page.wait_for_selector(".live-failed")
    return page


@pytest.mark.parametrize(
    ("broken", "script"),
    [("live/gate.js", "export default () => { throw new Error('no'); }"), ("live/weights/gate.json", "not JSON")],
)
def test_a_figure_that_fails_has_its_picture_and_says_so(browser: Any, figures: str, broken: str, script: str) -> None:
    page = failing(browser, figures, "gate", broken, script)
    figure = page.locator('[data-live="gate"]')
    assert figure.locator(".live-picture svg:visible").count() == 1 and FAILED in figure.inner_text()
    assert figure.locator(".live-stage, [aria-live]").count() == 0
    assert figure.evaluate("(root) => getComputedStyle(root).minHeight") in ("auto", "0px")
    page.close()


def test_a_page_that_is_opened_as_a_file_says_that_its_figure_cannot_start(browser: Any, tmp_path: Path) -> None:
    sheet, start = (ROOT / "book" / "_static" / "live" / name for name in ("live.css", "start.js"))
    (tmp_path / "page.html").write_text(
        f'<!doctype html><link rel="stylesheet" href="{sheet.as_uri()}"><script defer src="{READING.as_uri()}"></script>'
        f'<script type="module" src="{start.as_uri()}"></script><main class="bd-article">{directive.render_still("gate")}</main>',
        "utf-8",
    )
    page = browser.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    figure = page.locator('[data-live="gate"]')
    assert FAILED in figure.inner_text() and figure.locator(".live-picture svg:visible").count() == 1
    assert figure.evaluate("(root) => getComputedStyle(root).minHeight") in ("auto", "0px")
    page.close()
