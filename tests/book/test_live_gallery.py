"""The gallery's own figures: a listener, stars, bases, dates and a film strip compute what seqlib does, and are worked by hand."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from seqlib.activations import softmax
from seqlib.book import exhibit_stills, exhibits, live, networks
from seqlib.data import dna, speech
from seqlib.data.translation import date_tokens
from seqlib.metrics import edit_distance
from seqlib.models import classify
from seqlib.vocabulary import Vocabulary
from tests.book.live_page import EQUAL, module, said

# ------------------------------------------------------------------------------------------------ what they compute


class Replayed:
    """A generator that hands out the numbers that the page drew, each where seqlib asks for one like it."""

    def __init__(self, uniform: list[float], normal: list[list[float]]) -> None:
        self.left, self.noise = list(uniform), list(normal)

    def uniform(self, low: float, high: float) -> float:
        number = self.left.pop(0)
        assert low <= number <= high
        return number

    def normal(self, *, size: int) -> Any:
        numbers = np.array(self.noise.pop(0))
        assert len(numbers) == size
        return numbers


@pytest.mark.parametrize(
    ("text", "voice"),
    [("the quick brown fox", (140, 1.0, 1.0)), ("a", (90, 0.8, 0.88)), ("zebra jazz llama", (220, 1.3, 1.14))],
)
def test_the_voice_and_its_spectrogram_are_seqlibs(open_figure: Any, text: str, voice: tuple[float, ...]) -> None:
    body = """const [own, drawn] = [m.chances(7), { uniform: [], normal: [] }];
      const chance = Object.fromEntries(["uniform", "normal"].map((name) => [name, (...how) => {
        const got = own[name](...how);
        drawn[name].push(name === "normal" ? Array.from(got) : got);
        return got;
      }]));
      const [pitch, tempo, tract] = v[1];
      const { wave, letters } = m.synthesise(v[0], w.sounds, { pitch, tempo, tract }, chance);
      return [drawn, Array.from(wave), letters, m.spectrogram(wave).map((frame) => Array.from(frame))];"""
    drawn, wave, letters, frames = module(open_figure("listen"), "listen", body, text, list(voice))
    replayed: Any = Replayed([*voice, *drawn["uniform"]], drawn["normal"])
    expected = speech.synthesise(text, replayed)
    assert not replayed.left and not replayed.noise
    np.testing.assert_allclose(wave, expected, **EQUAL)
    np.testing.assert_allclose(np.transpose(frames), speech.spectrogram(expected), **EQUAL)
    assert "".join(one["letter"] for one in letters) == f" {text} "
    assert sum(one["samples"] for one in letters) == len(wave)
    noise = np.concatenate([np.array(some) for some in drawn["normal"]])
    assert abs(noise.mean()) < 0.05 and abs(noise.std() - 1) < 0.05


def test_what_is_heard_is_seqlibs(open_figure: Any) -> None:
    params = live.unpack_params(live.load("speech"))
    examples = exhibits.recordings().test[:4]
    sounds = [example.x.astype(float) for example in examples]
    body = """return v.map((frames) => {
        const p = m.listen(frames.map((frame) => Float64Array.from(frame)), c.unpack_params(w.params), w.cell);
        const { letters, text } = m.decode(p, w.alphabet);
        return [p.map((p_t) => Array.from(p_t)), letters, text];
      });"""
    answers = module(open_figure("listen"), "listen", body, *[sound.T.tolist() for sound in sounds])
    for (p, letters, text), logits in zip(answers, exhibits.listen(params, sounds), strict=True):
        np.testing.assert_allclose(np.transpose(p), softmax(logits), **EQUAL)
        assert text == exhibits.heard(logits)
        path = logits.argmax(axis=0)
        for one in letters:  # where the page draws a letter, each frame says it
            assert (path[one["first"] : one["last"] + 1] == one["symbol"]).all()


def test_repeats_are_merged_unless_a_blank_stands_between_them(open_figure: Any) -> None:
    body = "return m.decode(v[0].map((symbol) => [0, 1, 2].map((i) => (i === symbol ? 1 : 0))), ['', 'l', 'a']).text;"
    assert module(open_figure("listen"), "listen", body, [0, 2, 2, 0, 1, 1, 0, 1, 0]) == "all"


def test_edits_are_counted_as_seqlib_does(open_figure: Any) -> None:
    pairs = [("fox", "box of"), ("", "abc"), ("abc", ""), ("hello", "hello"), ("kitten", "sitting")]
    found = module(
        open_figure("listen"), "listen", "return v.map(([one, other]) => m.edit_distance(one, other));", *pairs
    )
    assert found == [edit_distance(*pair) for pair in pairs]


@pytest.mark.parametrize(
    "text", ["There is nothing to like in this movie.", "Nobody said that the zeppelin was bad!", "Good", ""]
)
def test_stars_after_each_word_are_seqlibs(open_figure: Any, text: str) -> None:
    stored = live.load("sentiment")
    body = """const [{ split_words }] = [await import(at("names.js"))];
      const words = split_words(v[0]);
      return [words, new m.Reviewer(w).read(words).map((p) => Array.from(p))];"""
    words, p = module(open_figure("review"), "review", body, text)
    if text:
        indices = Vocabulary(stored["vocabulary"]).encode([word.lower() for word in words])
        expected = exhibits.stars_after(live.unpack_params(stored), indices)
        np.testing.assert_allclose(np.transpose(p), expected, **EQUAL)
        last = classify(live.unpack_params(stored), [indices], cell=stored["cell"])[:, 0]
        np.testing.assert_allclose(p[-1], last, **EQUAL)  # the last state is the classifier's
    else:
        assert not words and not p


def test_coding_bases_are_seqlibs(open_figure: Any) -> None:
    stored = live.load("dna")
    strings = [*stored["examples"][:3], "A", dna.LECTURE.x]
    body = "return v.map((text) => m.coding(text, c.unpack_params(w.params), w.cell));"
    answers = module(open_figure("bases"), "bases", body, *strings)
    for p, expected in zip(answers, exhibits.coding(live.unpack_params(stored), strings), strict=True):
        np.testing.assert_allclose(p, expected, **EQUAL)


def test_the_rule_of_a_gene_is_seqlibs(open_figure: Any) -> None:
    tested = [example.x for example in exhibits.sequences().test]
    rng = np.random.default_rng(0)
    mixed = ["".join(rng.permutation(list(x))) for x in tested[:50]]
    broken = [x[: len(x) // 2] for x in tested[:100]]  # genes without an end
    strings = [*tested, *mixed, *broken, "", "TATAAT", "TATAATATG", "TATAATATGTAATATAATCATGTGA"]
    body = "return v.map((text) => m.true_labels(text, w.model));"
    assert module(open_figure("bases"), "bases", body, *strings) == [dna.true_labels(x) for x in strings]
    body = "return v.map(m.only_bases);"
    assert module(open_figure("bases"), "bases", body, "ac gt-N t", "A" * 500) == ["ACGTT", "A" * 180]


def test_a_translated_date_is_seqlibs(open_figure: Any) -> None:
    stored = live.load("dates")
    params, source, target = (
        live.unpack_params(stored),
        Vocabulary(stored["source"]),
        Vocabulary(stored["target"]),
    )
    texts = [one["text"] for one in stored["examples"]] + ["the 5 of march", "am 31. Februar 1999", "৭"]
    body = """const translator = new m.Translator(w);
      return v.map((text) => [m.date_tokens(text), translator.translate(m.date_tokens(text)).map(({ token, p, next }) => [token, p, next])]);"""
    for text, (tokens, characters) in zip(texts, module(open_figure("dates"), "dates", body, *texts), strict=True):
        assert tokens == date_tokens(text)
        expected = exhibit_stills.written(params, source.encode(tokens), target, stored["longest"])
        assert [character for character, _, _ in characters] == [character for character, _ in expected]
        np.testing.assert_allclose([p for _, p, _ in characters], [p for _, p in expected], **EQUAL)
        assert all(p >= second[1] >= third[1] for _, p, (second, third) in characters)


def test_dates_are_split_and_read_by_rule(open_figure: Any) -> None:
    examples = exhibits.date_pairs().test
    page = open_figure("dates")
    found = module(page, "dates", "return v.map((tokens) => m.by_rule(tokens, w.months));", *[e.x for e in examples])
    assert found == ["".join(example.y) for example in examples]
    texts = ["MÄRZ, 5.3.", "le  1 MARS 2000", "८ जून 2033", ""]
    assert module(page, "dates", "return v.map(m.date_tokens);", *texts) == [date_tokens(text) for text in texts]
    body = "return v.map((text) => m.by_rule(m.date_tokens(text), w.months));"
    no_dates = [
        "29 February 2001",
        "march 2001",
        "0 march 2001",
        "5 6 march 2001",
        "5 march 201",
        "5 march 0000",
        "5 constructor 1999",
    ]
    assert module(page, "dates", body, *no_dates) == [None] * len(no_dates)
    a_date = ["29 February 2000", "८ जून २०३३", "005 march 2001"]
    assert module(page, "dates", body, *a_date) == (dates := ["2000-02-29", "2033-06-08", "2001-03-05"])
    months = exhibits.month_numbers()
    by_rule = ["".join(exhibits.date_by_rule(date_tokens(text), months)) for text in [*no_dates, *a_date]]
    assert by_rule == [*[""] * len(no_dates), *dates]


# ------------------------------------------------------------------------------------------------ what is stored


def test_the_stored_networks_have_their_scores() -> None:
    speech_file, stars, strings, dates = map(live.load, exhibits.MADE)
    params = [live.unpack_params(stored) for stored in (speech_file, stars, strings, dates)]
    scores = (
        (speech_file, "character error rate", exhibits.speech_errors(params[0])),
        (stars, "accuracy", exhibits.stars_right(params[1], Vocabulary(stars["vocabulary"]))),
        (strings, "accuracy", exhibits.bases_right(params[2])),
        (dates, "exact", exhibits.dates_right(params[3], exhibits.date_pairs())),
    )
    for stored, name, score in scores:
        assert score == pytest.approx(stored["scores"][name], abs=2e-3), stored["made_by"]


def test_what_the_figures_begin_with_is_the_first_of_the_test_examples() -> None:
    tested = [example.x for example in exhibits.sequences().test if 1 in example.y]
    assert live.load("dna")["examples"] == tested[:6]
    stored = live.load("dates")
    assert stored["examples"] == exhibits.first_dates(exhibits.date_pairs())
    assert {one["locale"] for one in stored["examples"]} == {"en", "fr", "de", "es", "hi", "mr"}
    assert stored["months"] == exhibits.month_numbers()
    for clip, activity in zip(live.load("video")["clips"], live.load("video")["activities"], strict=True):
        assert clip["activity"] == activity


# ------------------------------------------------------------------------------------------------ the reader


def test_a_sentence_is_composed_heard_and_looked_at_by_keyboard(open_figure: Any) -> None:
    figure = open_figure("listen")
    figure.get_by_label("What the voice says").fill("A fox!")
    assert said(figure).startswith("Heard: “")
    assert figure.locator(".live-lane").first.locator("text").all_text_contents() == list("afox")
    lanes = figure.get_by_role("slider", name="Frame to look at")
    lanes.focus()
    figure.page.keyboard.press("End")
    assert re.match(r"Frame (\d+) of \1: the blank", str(lanes.get_attribute("aria-valuetext")))
    figure.page.keyboard.press("Escape")
    assert lanes.get_attribute("aria-valuetext") == "nothing chosen"
    frames = lanes.get_attribute("aria-valuemax")
    figure.get_by_label("Length of a letter").fill("1.3")
    said(figure)
    lanes.focus()
    figure.page.keyboard.press("Home")
    assert int(lanes.get_attribute("aria-valuemax")) > int(frames)
    figure.get_by_role("button", name="hello", exact=True).press("Enter")
    assert lanes.get_attribute("aria-valuetext") == "nothing chosen"
    before = said(figure)
    assert figure.locator(".live-lane").first.locator("text").all_text_contents() == list("hello")
    figure.get_by_label("What the voice says").fill("123")
    assert said(figure) == "Nothing is said." and before.startswith("Heard: “")
    assert figure.get_by_role("button", name="Listen").get_attribute("aria-disabled") == "true"


def test_a_review_gets_stars_after_every_word(open_figure: Any) -> None:
    figure = open_figure("review")
    assert said(figure).startswith("The review gets 1 star, ")
    figure.get_by_label("A review of a film").fill("There is a lot to like in this movie.")
    assert said(figure).startswith("The review gets 5 stars, ")
    words = figure.get_by_role("group", name="The words, each with the stars after it")
    words.get_by_role("button", name="lot").press("Enter")
    assert said(figure).startswith("Up to “lot” it is ")
    assert words.locator("[aria-pressed=true]").count() == 1
    figure.get_by_label("A review of a film").fill("The zeppelin")
    assert said(figure).startswith("The review gets ")  # waits for the paint
    assert words.get_by_role("button", name="the network does not know this word").count() == 1
    figure.get_by_label("A review of a film").fill("")
    assert said(figure) == "No words."


def test_bases_are_changed_by_mouse_and_keyboard(open_figure: Any) -> None:
    figure = open_figure("bases")
    strings, field = live.load("dna")["examples"], figure.get_by_label("Bases", exact=True)
    grid = figure.get_by_role("slider", name="Base to look at and to change")
    assert said(figure).startswith("The network marks ") and "By the rule: none" not in said(figure)
    figure.get_by_role("button", name="String 2").press("Enter")
    assert field.input_value() == strings[1]
    grid.focus()
    for key in ("Home", "ArrowRight", "g", "c"):
        figure.page.keyboard.press(key)
    assert field.input_value() == f"{strings[1][0]}GC{strings[1][3:]}" and grid.get_attribute("aria-valuenow") == "3"
    figure.page.keyboard.press("Delete")
    assert field.input_value() == f"{strings[1][0]}GC{strings[1][4:]}"
    figure.locator(".live-bases span").nth(5).click()
    figure.get_by_role("button", name="put T here").click()
    assert field.input_value()[5] == "T" and grid.get_attribute("aria-valuenow") == "5"
    figure.get_by_role("button", name="insert an A before it").click()
    assert field.input_value()[5:7] == "AT"
    figure.get_by_role("button", name="String 1").click()
    assert grid.get_attribute("aria-valuetext") == "nothing chosen"
    grid.focus()
    figure.page.keyboard.press("End")
    field.fill("")
    assert said(figure) == "No bases."
    assert grid.get_attribute("aria-valuetext") == "nothing chosen"
    grid.focus()
    figure.page.keyboard.press("Home")
    assert grid.get_attribute("aria-valuetext") == "nothing chosen"


def test_a_gene_without_its_promoter_and_one_out_of_frame(open_figure: Any) -> None:
    figure, strings = open_figure("bases"), live.load("dna")["examples"]
    field = figure.get_by_label("Bases", exact=True)
    for i, text in enumerate(strings):
        figure.get_by_role("button", name=f"String {i + 1}").click()
        figure.get_by_role("button", name="Break the promoter").click()
        changed = field.input_value()
        assert changed == exhibits.without_promoter(text)
        assert sum(dna.true_labels(changed)) < sum(dna.true_labels(text))
    figure.get_by_role("button", name="String 1").click()
    figure.get_by_role("button", name="Shift the frame").click()
    assert field.input_value() == exhibits.with_a_base_more(strings[0])


def test_a_date_is_translated_and_its_runners_up_shown(open_figure: Any) -> None:
    figure = open_figure("dates")
    for example in live.load("dates")["examples"]:
        figure.get_by_role("button", name=re.compile(re.escape(example["text"]))).click()
        assert said(figure).endswith(
            "Read by rule, it is the same." if example["iso"] in said(figure) else f"it is {example['iso']}."
        )
    figure.get_by_label("A date in words").fill("5 march 1986")
    assert said(figure) == "1986-03-05. Read by rule, it is the same."
    figure.get_by_role("group", name="What the decoder writes").get_by_role("button").first.press("Enter")
    assert ", then " in figure.locator(".live-two-lines").inner_text()
    figure.get_by_label("A date in words").fill("5 zeptember 1986")
    assert "no date" in said(figure) and "“zeptember”" in figure.locator(".live-two-lines").inner_text()
    figure.get_by_label("A date in words").fill("")
    assert said(figure) == "No date."


def test_a_film_strip_is_made_and_the_network_reads_it(open_figure: Any) -> None:
    figure, stored = open_figure("strip"), live.load("video")
    params = live.unpack_params(stored)

    def expected(clip: Any) -> str:
        p = classify(params, networks.film_inputs(clip)[:, None, :], cell=stored["cell"])[:, 0]
        return f"After {len(clip)} of {len(clip)} frames: {stored['activities'][int(p.argmax())]}, "

    clip = networks.unpack_film(stored["clips"][2]["frames"])
    figure.get_by_role("button", name="Film 3").press("Enter")
    assert said(figure).startswith(expected(clip))
    figure.get_by_role("button", name="turn the film around").press("Enter")
    figure.get_by_role("button", name=f"frame {len(clip)}", exact=True).press("Enter")
    assert said(figure).startswith(expected(clip[::-1]))
    figure.get_by_role("button", name="delete this frame").press("Enter")
    assert said(figure).startswith(expected(clip[:0:-1]))
    figure.get_by_role("button", name="move this frame earlier").press("Enter")
    figure.get_by_role("button", name=f"frame {len(clip) - 1}", exact=True).press("Enter")
    swapped = clip[:0:-1].copy()
    swapped[[-2, -1]] = swapped[[-1, -2]]
    assert said(figure).startswith(expected(swapped))


def test_a_frame_is_drawn_on_by_mouse_and_by_keyboard(open_figure: Any) -> None:
    figure = open_figure("strip")
    figure.get_by_role("button", name="Blank", exact=True).click()
    screen = figure.get_by_role("slider", name="Pixel to draw on")
    screen.focus()
    for key in ("Home", "ArrowDown", "ArrowRight", "Space"):
        figure.page.keyboard.press(key)
    said(figure)
    ink = (
        "(canvas) => Array.from(canvas.getContext('2d').getImageData(0, 0, 16, 16).data).filter((_, i) => i % 4 === 3)"
    )
    frame = figure.locator(".live-frame-button canvas").first
    drawn = np.reshape(frame.evaluate(ink), (16, 16))
    assert drawn[1, 1] == 255 and drawn[1, 2] > 0 and drawn[2, 2] == 0
    assert screen.get_attribute("aria-valuetext") == "row 2, column 2, ink"
    figure.get_by_role("button", name="Rubber").click()
    screen.focus()
    figure.page.keyboard.press("Space")
    said(figure)
    assert not np.any(frame.evaluate(ink))
    assert screen.get_attribute("aria-valuetext") == "row 2, column 2, empty"
    figure.get_by_role("button", name="Ink").click()
    box = screen.bounding_box()
    figure.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.2 * box["height"])
    figure.page.mouse.down()
    figure.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 0.8 * box["height"], steps=12)
    figure.page.mouse.up()
    said(figure)
    assert (np.reshape(frame.evaluate(ink), (16, 16)) == 255).any(axis=1).sum() >= 9
    figure.get_by_role("button", name="copy this frame").click()
    said(figure)
    assert figure.locator(".live-frame-button").count() == 2
    for _ in range(20):
        figure.get_by_role("button", name="new blank frame").press("Enter")
    said(figure)
    assert figure.locator(".live-frame-button").count() == 14
