"""The figures that run in the page: what they compute, and how a reader works them: mouse, keyboard, screen reader, telephone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqlib
from seqlib.book import live, networks, whisper
from seqlib.book.stills import STILLS
from seqlib.data import homophones, ner
from seqlib.language_model import decoder_forward, next_word
from seqlib.models import network_forward
from seqlib.output import output_forward
from seqlib.vocabulary import Vocabulary
from tests.book.live_page import EQUAL, PAINTED, PLACES, ROOT, module, said

# ------------------------------------------------------------------------------------------------ what they compute


def test_every_figure_of_the_book_exists() -> None:
    assert (
        {"characters", "names", "melody", "film", "series", "gradient"} <= {name for name, _ in PLACES} <= set(STILLS)
    )
    modules = {path.stem for path in (ROOT / "book" / "_static" / "live").glob("*.js")}
    assert set(STILLS) == modules - {"cells", "figure", "start"}


def test_the_character_model_is_seqlibs(open_figure: Any) -> None:
    stored = live.load("characters")
    params, letters = live.unpack_params(stored), Vocabulary(stored["vocabulary"], unknown=False)
    text = "In May, Ada Norton"
    step = next_word(params, stored["cell"])
    p, units = [], []
    log_p, state = step(None, None)
    for token in letters.encode(list(text)):
        p.append(float(np.exp(log_p[token])))
        log_p, state = step(state, token)
        units.append(state[0][0][:, 0])
    body = """const writer = new m.Writer(w);
      for (const letter of v[0]) writer.read(letter, true);
      return writer.moments.map((one) => [one.p, Array.from(one.units)]);"""
    answer = module(open_figure("characters"), "characters", body, text)
    np.testing.assert_allclose([one for one, _ in answer], p, **EQUAL)
    np.testing.assert_allclose([one for _, one in answer], units, **EQUAL)


@pytest.mark.parametrize(
    "text",
    [ner.LECTURE, "She met Ashby, Norton and Welby.", "O'Neill said «no_one» knew Jean-Luc in 1984!", "ärger Über"],
)
def test_the_tagger_is_seqlibs(open_figure: Any, text: str) -> None:
    stored = live.load("names")
    words = ner.split_words(text)
    x = ner.encode_words(words, stored["words"])[:, None, :]
    expected = seqlib.tag(live.unpack_params(stored), x, cell=stored["cell"])[1, 0]
    body = "const words = m.split_words(v[0]); return [words, new m.Tagger(w).probabilities(words)];"
    found, p = module(open_figure("names"), "names", body, text)
    assert found == words
    np.testing.assert_allclose(p, expected, **EQUAL)


def test_the_composer_is_seqlibs(open_figure: Any) -> None:
    stored = live.load("music")
    params, vocabulary = live.unpack_params(stored), Vocabulary(stored["vocabulary"])
    start = stored["example"][:8]
    body = "return new m.Composer(w).go_on(v[0], 12, c.generator(5), 0.9);"
    written = module(open_figure("melody"), "melody", body, start)
    step = next_word(params, stored["cell"])
    log_p, state = step(None, None)
    for token in start:
        log_p, state = step(state, vocabulary[token])
    for one in written:
        assert one["p"] == pytest.approx(float(np.exp(log_p[vocabulary[one["token"]]])), abs=1e-6)
        log_p, state = step(state, vocabulary[one["token"]])
    assert len(written) == 12 and not {one["token"] for one in written} & {"<PAD>", "<EOS>", "<UNK>"}


def test_the_film_network_is_seqlibs_frame_by_frame(open_figure: Any) -> None:
    stored = live.load("video")
    params = live.unpack_params(stored)
    body = "return w.clips.map((clip) => m.read_film(m.unpack_film(clip.frames, w.size), c.unpack_params(w.params), w.cell).map((p) => Array.from(p)));"
    answer = module(open_figure("film"), "film", body)
    for clip, p in zip(stored["clips"], answer, strict=True):
        x = networks.film_inputs(networks.unpack_film(clip["frames"]))[:, None, :]
        expected = output_forward(network_forward(x, params, stored["cell"])[0], params)[:, 0]
        np.testing.assert_allclose(np.transpose(p), expected, **EQUAL)


def test_the_network_of_the_series_learns_in_the_page_as_in_seqlib(open_figure: Any) -> None:
    body = """const params = m.first_weights(c.unpack_params(w.params), 3);
      const before = JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(params).map(([n, W]) => [n, Array.from(W.data)]))));
      const losses = Array.from({ length: 200 }, () => m.descend(params));
      return [before, losses, Object.fromEntries(Object.entries(params).map(([n, W]) => [n, Array.from(W.data)])), m.share_right(params)];"""
    before, losses, after, right = module(open_figure("series"), "series", body)
    shapes = {name: value.shape for name, value in networks.first_weights(4, 0).items()}
    params = {name: np.array(before[name], dtype=float).reshape(shape) for name, shape in shapes.items()}
    own_losses = networks.descend(params)
    np.testing.assert_allclose(losses, own_losses, **EQUAL)
    for name, value in params.items():
        np.testing.assert_allclose(np.reshape(after[name], value.shape), value, **EQUAL)
    assert right == networks.series_right(params)


@pytest.mark.parametrize("radius", [0.4, 1.0, 1.7])
@pytest.mark.parametrize("linear", [False, True])
def test_the_gradients_sizes_are_those_of_differences(open_figure: Any, radius: float, linear: bool) -> None:
    params = live.unpack_params(live.load("series"))
    params["Waa"] = params["Waa"] * radius
    body = "return m.gradient_norms(c.unpack_params(w.params), v[0], v[1]);"
    norms = module(open_figure("gradient"), "gradient", body, radius, linear)
    T_x = len(norms)
    x, y = networks.series_examples(T_x)
    a, y_hat, caches = seqlib.rnn_forward(x, np.zeros((4, 1)), params)
    dlogits = np.zeros_like(y_hat)
    dlogits[:, 0, -1] = y_hat[:, 0, -1] - np.eye(3)[y[0, -1]]
    da = params["Wya"].T @ dlogits[:, 0, -1]
    slopes = np.ones_like(a) if linear else 1 - a**2
    expected = [da]
    for t in reversed(range(1, T_x)):
        expected.append(params["Waa"].T @ (slopes[:, 0, t] * expected[-1]))
    np.testing.assert_allclose(norms, [np.linalg.norm(one) for one in expected[::-1]], rtol=1e-9)


@pytest.mark.parametrize("cell", whisper.CELLS)
@pytest.mark.parametrize(
    ("when", "radius", "gap", "noisy"),
    [("trained", None, 30, True), ("before", 1.4, 100, False), ("trained", 0.7, 1, True)],
)
def test_what_is_passed_on_is_what_seqlib_computes(
    open_figure: Any, cell: str, when: str, radius: float | None, gap: int, noisy: bool
) -> None:
    stored = live.load("whisper")
    noise = stored["noise"] if noisy else [0.0] * whisper.FARTHEST
    body = """return w.networks[v[0]][v[1]].slice(0, 3).map((one) =>
      m.passed_on(m.send(v[0], m.at_radius(c.unpack_params(one.params), one.radii, v[2]), v[4]), v[3]));"""
    answers = module(open_figure("whisper"), "whisper", body, cell, when, radius, gap, noise)
    for one, answer in zip(stored["networks"][cell][when], answers, strict=False):
        params = whisper.at_radius(live.unpack_params(one), one["radii"], radius)
        expected = whisper.passed_on(cell, params, gap, noise)
        assert answer["heard"] == expected["heard"]
        for name in ("shares", "sizes", "update"):
            np.testing.assert_allclose(answer[name], expected[name], rtol=1e-6, atol=1e-30, err_msg=name)
        if radius is not None:
            np.testing.assert_allclose(list(whisper.radii(params).values()), radius, rtol=1e-9)


def test_the_probabilities_of_sentences_are_seqlibs(open_figure: Any) -> None:
    stored = live.load("sentences")
    params, vocabulary = live.unpack_params(stored), Vocabulary(stored["vocabulary"])
    texts = [text for pair in homophones.LECTURE for text in pair] + ["the zebra met Anna", ""]
    body = """const { split } = await import(at("figure.js"));
      const model = new m.LanguageModel(w);
      return v.map((text) => model.read(split(text)).steps.reduce((sum, one) => sum + one.log_p, 0));"""
    expected = [networks.log_probability(params, text.split(), vocabulary) for text in texts]
    np.testing.assert_allclose(module(open_figure("sentences"), "sentences", body, *texts), expected, **EQUAL)


@pytest.mark.parametrize(("temperature", "k", "p"), [(1, 0, 1), (0.5, 3, 1), (2, 0, 0.8), (1.3, 4, 0.6)])
def test_every_written_word_is_drawn_as_seqlib_would(open_figure: Any, temperature: float, k: int, p: float) -> None:
    stored = live.load("sentences")
    vocabulary = Vocabulary(stored["vocabulary"])
    body = """const [s] = [await import(at("sentences.js"))];
      const model = new s.LanguageModel(w);
      const numbers = [];
      const random = c.generator(4);
      const kept = () => { numbers.push(random()); return numbers[numbers.length - 1]; };
      return [m.write(model, ["Anna"], kept, m.options_of(v[0], v[1], v[2], model.hidden)), numbers];"""
    written, numbers = module(open_figure("sampling"), "sampling", body, temperature, k, p)
    step = next_word(live.unpack_params(stored), stored["cell"])
    log_p, state = step(None, None)
    for t, word in enumerate([*written, "<EOS>"]):
        if t:
            options = {"temperature": temperature, "top_k": k or None, "nucleus": p if p < 1 else None}
            reject = [vocabulary[token] for token in ("<PAD>", "<UNK>")]
            drawn_from = seqlib.filter_probabilities(np.exp(log_p), **options, reject=reject)
            assert vocabulary[word] == np.searchsorted(np.cumsum(drawn_from), numbers[t - 1], side="right")
        log_p, state = step(state, vocabulary[word])


def test_a_name_is_spelled_as_seqlib_would(open_figure: Any) -> None:
    stored = live.load("first-names")
    step, end = next_word(live.unpack_params(stored), stored["cell"]), stored["vocabulary"].index("<EOS>")
    body = """const speller = new m.Speller(w);
      const [random, numbers] = [c.generator(5), []];
      const kept = () => { numbers.push(random()); return numbers[numbers.length - 1]; };
      while (!speller.done) speller.write(kept, v[0], v[1]);
      return [speller.written, numbers, speller.known];"""
    for temperature, nucleus in ((1, 1), (0.6, 1), (1.5, 0.8)):
        written, numbers, known = module(open_figure("speller"), "speller", body, temperature, nucleus)
        log_p, state = step(None, None)
        for letter, number in zip([*written, None], numbers, strict=True):
            options = {"temperature": temperature, "nucleus": nucleus if nucleus < 1 else None, "reject": [0]}
            p = seqlib.filter_probabilities(np.exp(log_p), **options)
            token = int(np.searchsorted(np.cumsum(p), number, side="right"))
            assert token == (end if letter is None else stored["vocabulary"].index(letter["letter"]))
            if letter is not None:
                assert letter["p"] == pytest.approx(p[token], abs=1e-6)
                log_p, state = step(state, token)
        assert known == ("".join(one["letter"] for one in written) in stored["names"])


@pytest.mark.parametrize("form", range(5))
def test_an_output_sees_what_changes_it(open_figure: Any, form: int) -> None:
    T_x, T_y = 4, 3
    body = """const steps = m.steps_of(v[0], v[1], v[2]);
      const values = steps.filter((one) => one.input).map((_, t) => [0, 1, 2, 1][t % 4]);
      const outputs = steps.filter((one) => one.output).map((one) => one.output);
      return [steps, outputs.map((k) => m.seen_by(steps, k).inputs), outputs.map((k) => m.effects(steps, values, k, c.unpack_params(w.params)))];"""
    steps, seen, effects = module(open_figure("forms"), "forms", body, form, T_x, T_y)
    params = live.unpack_params(live.load("series"))

    def outputs(values: list[int]) -> Any:
        a, last, given = np.zeros((4, 1)), np.zeros((3, 1)), []
        for step in steps:
            read = values[step["input"] - 1] if step["input"] else last.argmax() if step["fed"] else None
            own = np.zeros((3, 1)) if read is None else np.eye(3)[:, [read]]
            a, last, _ = seqlib.rnn_cell_forward(own, a, params)
            given += [last[:, 0]] if step["output"] else []
        return np.array(given)

    values = [0, 1, 2, 1][: max(step["input"] for step in steps)]
    for i in range(len(values)):
        others = [outputs([*values[:i], other, *values[i + 1 :]]) for other in range(3)]
        expected = np.max([abs(other - outputs(values)).sum(axis=1) / 2 for other in others], axis=0)
        np.testing.assert_allclose([row[i] for row in effects], expected, **EQUAL)
        assert [bool(one > 1e-12) for one in expected] == [i + 1 in inputs for inputs in seen]


# ------------------------------------------------------------------------------------------------ stored networks


@pytest.mark.parametrize("name", networks.NETWORKS)
def test_a_stored_network_is_small_and_its_recipe_has_not_changed(name: str) -> None:
    stored = live.load(name)
    assert (live.WEIGHTS / f"{name}.json").stat().st_size <= live.LIMIT
    assert stored["fingerprint"] == networks.NETWORKS[name].fingerprint(), f"run: {stored['made_by']}"


def test_the_series_network_is_made_again() -> None:
    made, stored = networks.NETWORKS["series"].make(), live.load("series")
    for name, value in live.unpack_params(stored).items():
        np.testing.assert_allclose(live.unpack_params(made)[name], value, atol=1e-3)
    assert made["scores"] == stored["scores"] and stored["scores"]["right"] == 1.0


@pytest.mark.parametrize("seed", range(5))
def test_five_starts_learn_the_series(seed: int) -> None:
    params, losses = networks.train_series(seed)
    assert networks.series_right(params) == 1.0 and losses[-1] < losses[0] / 10


def test_the_network_for_paper_continues_the_series() -> None:
    assert networks.series_right(networks.by_hand()) == 1.0
    chapter = (ROOT / "book" / "03-rnn.md").read_text("utf-8")
    for name, rows in networks.BY_HAND.items():
        assert f"{name} = np.array({rows})" in chapter
    for name, value in networks.by_hand().items():
        np.testing.assert_array_equal(live.unpack(live.load("series")["by_hand"][name]), value)


def test_lesson_4_trains_the_same_network() -> None:
    chapter = (ROOT / "book" / "04-backpropagation-through-time.md").read_text("utf-8")
    code = chapter[chapter.index("def first_weights") :].partition("\nruns = ")[0]
    names: dict[str, Any] = {"np": np, "softmax": seqlib.softmax, "series": np.tile([0, 1, 2, 1], 501)}
    exec(code, names)
    theirs, losses = names["train"](4, 0)
    ours, own_losses = networks.train_series(0)
    np.testing.assert_allclose(losses, own_losses, **EQUAL)
    for name, value in ours.items():
        np.testing.assert_allclose(theirs[name].reshape(value.shape), value, **EQUAL)


def test_what_is_stored_with_the_character_model_is_so() -> None:
    stored = live.load("characters")
    params, letters = live.unpack_params(stored), Vocabulary(stored["vocabulary"], unknown=False)
    texts = networks.held_out_texts(letters)
    described = networks.describe_units(params, texts[::3], letters)
    assert described["features"] == stored["features"] and sorted(stored["order"]) == list(range(128))
    np.testing.assert_allclose(networks.character_probe(params, letters)["log_p"], stored["probe"]["log_p"], atol=1e-6)
    bits = networks.character_bits(params, [text for text, _ in texts], letters)
    assert bits == pytest.approx(stored["scores"]["bits per character"], abs=1e-3)
    assert bits < stored["scores"]["before rounding"] + 0.02  # rounding costs next to nothing


def test_what_is_stored_about_the_other_networks_is_so() -> None:
    names, music, video, sentences, spelled = map(live.load, ("names", "music", "video", "sentences", "first-names"))
    scores = {
        "F1": (names, networks.names_f1(live.unpack_params(names), names["words"])),
        "perplexity": (music, networks.music_perplexity(live.unpack_params(music), Vocabulary(music["vocabulary"]))),
        "bits per character": (
            spelled,
            networks.first_names_bits(live.unpack_params(spelled), Vocabulary(spelled["vocabulary"], unknown=False)),
        ),
        "accuracy": (video, networks.video_accuracy(live.unpack_params(video))),
        "pairs ranked right": (
            sentences,
            networks.pairs_right(live.unpack_params(sentences), Vocabulary(sentences["vocabulary"])),
        ),
    }
    for name, (stored, score) in scores.items():
        assert score == pytest.approx(stored["scores"][name], abs=1e-3), name
    p = dict(ner.name_probabilities(ner.LECTURE))  # another network, the bundled one, agrees on the lecture's sentence
    assert [value > 0.5 for value in names["probe"]["p"]] == [value > 0.5 for value in p.values()]


def test_what_rounding_does_is_at_most_half_a_step() -> None:
    matrix = np.random.default_rng(0).normal(size=(6, 40))
    packed = live.pack(matrix)
    assert (abs(live.unpack(packed) - matrix) <= 0.501 * np.array(packed["scale"])[:, None]).all()


def test_a_network_that_is_too_large_or_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="take fewer units"):
        live.store("big", {"params": "x" * live.LIMIT}, tmp_path)
    with pytest.raises(FileNotFoundError, match=r"python -m seqlib\.book\.live gone"):
        live.load("gone", tmp_path)
    with pytest.raises(SystemExit, match="No such network: gone"):
        live.main(["gone"])


# ------------------------------------------------------------------------------------------------ the reader


def test_the_first_page_answers_what_is_typed(open_figure: Any) -> None:
    figure = open_figure("characters")
    field = figure.get_by_label("Begin a sentence")
    field.fill("The film")
    assert figure.locator(".live-written").inner_text().startswith("The film")
    written = said(figure)
    assert written.startswith("The network wrote:") and len(written) > 60
    figure.get_by_role("button", name="Write another").click()
    assert said(figure) != written
    figure.get_by_label("Length").fill("200")
    assert len(figure.locator(".live-written").inner_text()) >= 195
    field.fill("日本 The")
    assert said(figure).startswith("The network has never seen “日” “本”: left out. The network wrote:")
    assert figure.locator(".live-written").inner_text().lstrip().startswith("The")


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_another_letter_is_chosen_by_keyboard_while_the_text_goes_on(open_figure: Any, motion: str) -> None:
    figure = open_figure("characters", motion=motion)
    ways = figure.get_by_role("group", name="Most likely next letters").get_by_role("button")
    for text in ("The ", "The f"):
        figure.get_by_label("Begin a sentence").fill(text)
        ways.nth(1).focus()
        figure.page.keyboard.press("Enter")
        figure.page.evaluate(PAINTED)
        assert ways.nth(1).evaluate("(one) => one === document.activeElement")
        assert len(figure.get_by_label("Begin a sentence").input_value()) > len(text)


def test_a_unit_colours_the_text_by_keyboard(open_figure: Any) -> None:
    figure = open_figure("characters")
    colours = "(element) => [...element.querySelectorAll('span')].map((span) => span.style.backgroundColor)"
    written, units = figure.locator(".live-written"), figure.get_by_role("slider", name="Unit that colours the text")
    by_probability = written.evaluate(colours)
    units.focus()
    figure.page.keyboard.press("ArrowRight")
    figure.page.keyboard.press("ArrowDown")
    assert units.get_attribute("aria-valuenow") == "33" and "unit 33" in units.get_attribute("aria-valuetext")
    assert written.evaluate(colours) != by_probability
    figure.page.keyboard.press("Escape")
    assert written.evaluate(colours) == by_probability
    for feature in live.load("characters")["features"]:
        figure.get_by_role("button", name=feature["feature"]).click()
        place = live.load("characters")["order"].index(feature["unit"]) + 1
        assert units.get_attribute("aria-valuenow") == str(place)


def test_letters_come_one_after_the_other_where_motion_is_wanted(open_figure: Any) -> None:
    figure = open_figure("characters", motion="no-preference")
    figure.get_by_label("Length").fill("240")
    first = len(figure.locator(".live-written").inner_text())
    figure.page.wait_for_function("(n) => document.querySelector('.live-written').innerText.length > n + 5", arg=first)


def test_names_are_marked_and_a_capital_can_be_taken_away(open_figure: Any) -> None:
    figure = open_figure("names")
    figure.get_by_label("Type a sentence").fill(ner.LECTURE)
    assert said(figure) == "Names: Harry Potter, Hermione Granger."
    assert figure.locator('[data-name="true"]').count() == 4
    word = figure.get_by_role("button", name="Potter: a name")
    word.focus()
    figure.page.keyboard.press("Enter")
    assert figure.get_by_label("Type a sentence").input_value() == ner.LECTURE.replace("Potter", "potter")
    assert figure.page.evaluate("document.activeElement.getAttribute('aria-label')").startswith("potter")
    figure.get_by_label("Type a sentence").fill("")
    assert said(figure) == "No names."


def test_a_melody_is_played_by_keyboard_and_goes_on(open_figure: Any) -> None:
    figure = open_figure("melody")
    figure.get_by_role("button", name="Clear").click()
    figure.get_by_role("button", name="note C", exact=True).focus()
    for key in ("Enter", "d", "g"):  # C, E, G
        figure.page.keyboard.press(key)
    figure.get_by_role("button", name="Hold").click()
    roll = figure.locator(".live-roll")
    assert "4 steps of yours, 0 of the network: C4, E4, G4, held" in roll.get_attribute("aria-label")
    # in one call, since the melody ends by itself after some seconds
    heads = figure.evaluate(
        """async (root) => {
          const press = (text) => [...root.querySelectorAll("button")].find((one) => one.textContent.startsWith(text)).click();
          const heads = () => root.querySelectorAll(".live-playhead").length;
          press("Go on");
          await new Promise((done) => { const look = () => (heads() ? done() : requestAnimationFrame(look)); look(); });
          const playing = heads();
          press("Stop");
          return [playing, heads()];
        }"""
    )
    assert heads == [1, 0]
    assert "The network goes on:" in said(figure)
    assert "4 steps of yours, 28 of the network" in roll.get_attribute("aria-label")


def test_a_film_is_looked_at_frame_by_frame_and_backwards(open_figure: Any) -> None:
    figure = open_figure("film")
    figure.get_by_role("button", name="Film 3").click()
    assert "it shows sitting down" in said(figure)
    figure.get_by_role("button", name="Backwards").click()
    assert "standing up" in said(figure) and "played backwards" in said(figure)
    frame = figure.get_by_label("Frame", exact=True)
    frame.focus()
    figure.page.keyboard.press("Home")
    assert said(figure).startswith("After 1 of ")


def test_weights_are_moved_by_mouse_and_by_keyboard_and_learnt_again(open_figure: Any) -> None:
    figure = open_figure("series")
    assert "100\u00a0%" in figure.locator(".live-score").inner_text()
    weight = figure.get_by_role("slider", name="W aa, row 1, column 1")
    before = float(weight.get_attribute("aria-valuenow"))
    weight.focus()
    figure.page.keyboard.press("ArrowUp")
    assert float(weight.get_attribute("aria-valuenow")) == pytest.approx(before + 0.1, abs=0.011)
    assert figure.locator(".live-wire.live-touched").count() > 4  # the same weight at every step
    weight.scroll_into_view_if_needed()
    box = weight.bounding_box()
    figure.page.mouse.move(box["x"] + 20, box["y"] + 20)
    figure.page.mouse.down()
    figure.page.mouse.move(box["x"] + 100, box["y"] + 20)
    figure.page.mouse.up()
    assert float(weight.get_attribute("aria-valuenow")) == pytest.approx(before + 2.1, abs=0.011)
    figure.get_by_role("button", name="No memory").click()
    assert "100\u00a0%" not in figure.locator(".live-score").inner_text()
    figure.get_by_role("button", name="four units").click()
    figure.get_by_role("button", name="Random weights").click()
    figure.get_by_role("button", name="Let it learn").click()
    assert "After 200 updates of gradient descent" in said(figure)
    assert "100\u00a0%" in figure.locator(".live-score").inner_text()


def test_the_gradient_fades_or_grows(open_figure: Any) -> None:
    figure = open_figure("gradient")
    figure.get_by_label("Spectral radius").fill("0.5")
    assert "It fades" in said(figure)
    figure.get_by_role("button", name="all slopes 1").click()
    figure.get_by_label("Spectral radius").fill("1.6")
    assert "It grows" in said(figure)
    step = figure.get_by_role("slider", name="Step of the network")
    step.focus()
    figure.page.keyboard.press("Home")
    assert said(figure).startswith("24 steps before the loss") and step.get_attribute("aria-valuenow") == "1"


def test_a_flag_is_whispered_down_the_line(open_figure: Any) -> None:
    figure = open_figure("whisper")
    assert said(figure).startswith("Gap 30. RNN: ")
    figure.get_by_label("Gap in steps").fill("100")
    assert said(figure).startswith("Gap 100. ")
    as_trained = said(figure)
    figure.get_by_label("Spectral radius").fill("0.5")
    assert said(figure) != as_trained
    assert figure.get_by_role("button", name="at the radius").get_attribute("aria-pressed") == "true"
    figure.get_by_role("button", name="before training").press("Enter")
    figure.get_by_role("button", name="silence").press("Enter")
    figure.get_by_label("Spectral radius").fill("1.5")
    loud = said(figure)
    figure.get_by_role("button", name="by norm").press("Enter")
    assert said(figure) != loud and "clipped" in figure.locator(".live-lanes").inner_text()


def test_two_sentences_are_compared_and_a_word_is_taken(open_figure: Any) -> None:
    figure = open_figure("sentences")
    assert said(figure).startswith("The first sentence is") and "times as probable" in said(figure)
    first = figure.get_by_label("First sentence", exact=True)
    first.fill("the apple and")
    likely = figure.get_by_role("group", name="Most likely words")
    likely.get_by_role("button").first.press("Enter")
    assert len(first.input_value().split()) == 4
    figure.get_by_label("Second sentence", exact=True).fill(first.input_value())
    assert said(figure) == "Both sentences have the same probability."
    first.fill("the zebra")
    assert figure.get_by_role("button", name="zebra, not in the vocabulary").count() == 1
    # a word of the sentence is looked at, and another one put in its place
    words = figure.get_by_role("group", name="First sentence, word by word")
    words.get_by_role("button", name="zebra").press("Enter")
    assert words.locator("[aria-pressed=true]").text_content().startswith("zebra")
    assert "in place of “zebra”" in said(figure) and figure.page.evaluate(
        "document.activeElement.ariaLabel"
    ).startswith("zebra")
    taken = likely.get_by_role("button").nth(1)
    word = taken.locator("b").text_content()
    taken.click()
    assert first.input_value() == f"the {word}"
    # where the sentence ends already there is nothing to take; before that, taking the end cuts the rest off
    first.fill("we see the sea by the lake")
    words.get_by_role("button", name="by").click()
    likely.get_by_role("button", name="end of the sentence").click()
    assert first.input_value() == "we see the sea"
    assert likely.get_by_role("button", name="end of the sentence").count() == 0


def test_the_figure_says_where_two_sentences_part(open_figure: Any) -> None:
    stored = live.load("sentences")
    params, vocabulary = live.unpack_params(stored), Vocabulary(stored["vocabulary"])
    pair = homophones.LECTURE[0]
    body = """const { split } = await import(at("figure.js"));
      const model = new m.LanguageModel(w);
      const [first, second] = v.map((text) => model.read(split(text)).steps);
      return [m.differences(first, second).map(({ t, log10 }) => [t, log10]), m.perplexity(first), m.differences(first, second.slice(1))];"""
    found, perplexity, none = module(open_figure("sentences"), "sentences", body, *pair)
    tokens = np.array([vocabulary.encode(text.split(), end=True) for text in pair])
    logits, _ = decoder_forward(tokens, params, stored["cell"])
    log_p = np.take_along_axis(seqlib.log_softmax(logits), tokens[None], axis=0)[0]
    gaps = (log_p[0] - log_p[1]) / np.log(10)
    places = sorted(np.argsort(-np.abs(gaps))[:2])
    assert [t for t, _ in found] == places == [3, 4] and none == []
    np.testing.assert_allclose([log10 for _, log10 in found], gaps[places], **EQUAL)
    np.testing.assert_allclose(perplexity, seqlib.perplexity(-log_p[0].sum(), len(log_p[0])), **EQUAL)


def test_words_are_drawn_and_sentences_written(open_figure: Any) -> None:
    figure = open_figure("sampling")
    figure.get_by_role("button", name="Draw 200 words").press("Enter")
    assert re.match(r"200 words drawn, \d+ different ones; most often \w+, \d+ times", said(figure))
    figure.get_by_label("k most probable").fill("1")
    assert said(figure).endswith("100 %. 1 word can be drawn.")
    figure.get_by_label("k most probable").fill("0")
    figure.get_by_label("Temperature").fill("3")
    assert int(re.search(r"(\d+) words can", said(figure))[1]) > 100  # type: ignore[index]
    figure.get_by_role("button", name="Write five").press("Enter")
    assert figure.locator(".live-lines li").count() == 5


def test_names_are_spelled_and_counted(open_figure: Any) -> None:
    figure = open_figure("speller")
    figure.get_by_role("button", name="Next letter").press("Enter")
    assert re.fullmatch(r"[a-z], .+ %\.", said(figure))
    assert figure.get_by_role("list", name="The name so far").get_by_role("listitem").count() == 1
    figure.get_by_label("Temperature").fill("0.1")
    figure.get_by_role("button", name="Write 100 names").press("Enter")
    assert re.search(r" \d+ of 100 names are new\.$", said(figure))
    assert figure.locator(".live-names li").count() == 8
    few = int(re.search(r"(\d+) of 100", said(figure))[1])  # type: ignore[index]
    figure.get_by_label("Temperature").fill("2")
    figure.get_by_role("button", name="Write 100 names").press("Enter")
    assert int(re.search(r"(\d+) of 100", said(figure))[1]) > max(90, few)  # type: ignore[index]


def test_a_form_is_stepped_and_an_output_asked(open_figure: Any) -> None:
    figure = open_figure("forms")
    assert said(figure).startswith("ŷ<2> can see x<1> to x<2>. Most depends on x<1>")
    figure.get_by_role("button", name="encoder and decoder").click()
    for _ in range(4):
        figure.get_by_role("button", name="Next step").press("Enter")
    assert said(figure) == "Step 4: x<4> is read, the state goes on, and nothing comes out yet."
    output = figure.get_by_role("slider", name="Output to ask about")
    output.focus()
    figure.page.keyboard.press("End")
    assert said(figure).startswith("ŷ<3> can see x<1> to x<4>, and what was written before: ŷ<1> to ŷ<2>.")
    figure.get_by_role("button", name="one to one").click()
    inputs = figure.get_by_label("Inputs")
    assert inputs.count() == 1 and inputs.is_hidden()


# ------------------------------------------------------------------------------------------------ every figure


LETTERS = """(root) => [...root.querySelectorAll("text")].filter((one) => one.checkVisibility())
  .map((one) => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"""


@pytest.mark.parametrize("name", STILLS)
def test_without_scripts_there_is_a_picture_with_its_text(open_figure: Any, name: str) -> None:
    figure = open_figure(name, java_script_enabled=False)
    picture = figure.locator(".live-picture svg:visible")
    assert picture.count() == 1 and picture.bounding_box()["width"] > 300
    assert len(picture.get_attribute("aria-label")) > 60
    assert "With scripts, this figure runs in the page" in figure.inner_text()
    figure.page.set_viewport_size({"width": 390, "height": 900})
    assert picture.count() == 1 and all(size >= 9.5 for size in figure.evaluate(LETTERS))
    assert figure.evaluate("(root) => root.scrollWidth <= root.clientWidth")


def violations(figure: Any, axe: str) -> list[Any]:
    """What axe-core finds in the figure, serious or not."""
    figure.page.evaluate(axe)
    answer = figure.page.evaluate("(root) => axe.run(root, { resultTypes: ['violations'] })", figure.element_handle())
    return [(one["id"], one["nodes"][0]["html"][:150]) for one in answer["violations"]]


# figures are painted again by an observer of their width, which reports in a frame
SMALL = """(root, least) => [...root.querySelectorAll("button, input, [role=slider]")].filter((one) => one.checkVisibility())
  .map((one) => [one.getBoundingClientRect(), one.textContent || one.type])
  .filter(([box]) => box.height < 44 || box.width < least).map(([box, text]) => `${text} ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("name", STILLS)
def test_on_a_telephone_it_fits_and_can_be_touched(open_figure: Any, axe: str, name: str) -> None:
    figure = open_figure(name, width=390, scheme="dark")
    assert not violations(figure, axe)
    for width, least in ((390, 44), (320, 24)):
        figure.page.set_viewport_size({"width": width, "height": 900})
        figure.page.evaluate(PAINTED)
        assert figure.evaluate("(root) => root.scrollWidth <= root.clientWidth"), width
        assert figure.evaluate("(root) => root.getBoundingClientRect().right <= innerWidth"), width
        assert not figure.evaluate(SMALL, least), width


@pytest.mark.parametrize("name", STILLS)
def test_on_a_desk_it_has_a_name_and_says_what_changes(open_figure: Any, axe: str, name: str) -> None:
    figure = open_figure(name, width=820)
    assert not violations(figure, axe)
    assert figure.get_attribute("aria-label") == STILLS[name].title
    assert figure.locator('[aria-live="polite"]').count() == 1 and len(said(figure)) > 8
    nameless = figure.evaluate(
        "(root) => [...root.querySelectorAll('input')].filter((one) => !one.labels.length).length"
    )
    assert nameless == 0


def room_and_height(figure: Any) -> tuple[float, float]:
    """The room that is kept for the figure before it starts, and how high it is by itself."""
    return tuple(
        figure.evaluate("""(root) => {
      const room = parseFloat(getComputedStyle(root).minHeight);
      root.style.minHeight = "0";
      const height = root.getBoundingClientRect().height;
      root.style.minHeight = "";
      return [room, height];
    }""")
    )


# what scrolls in a figure and does not show that it goes on
UNFADED = """(root) => [...root.querySelectorAll("*")].filter((one) => ["auto", "scroll"].includes(getComputedStyle(one).overflowX))
  .filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth)
  .filter((one) => !one.classList.contains("more-left") && !one.classList.contains("more-right"))
  .map((one) => one.outerHTML.slice(0, 90))"""


@pytest.mark.parametrize(("name", "page"), PLACES)
def test_it_runs_on_its_pages(open_figure: Any, address: str, axe: str, name: str, page: str) -> None:
    for width in (1280, 390):
        figure = open_figure(name, width=width, scheme="dark", where=f"{address}{page}.html")
        figure.page.evaluate("document.fonts.ready")
        figure.page.evaluate(PAINTED)
        room, height = room_and_height(figure)
        assert room > 300 and abs(room - height) <= 40, f"{width}: {room} are kept for {height}"
    assert figure.evaluate("(root) => root.getBoundingClientRect().right <= innerWidth")
    assert not figure.evaluate(UNFADED)
    assert not violations(figure, axe)


def test_pages_without_a_figure_load_none_of_it(browser: Any, address: str) -> None:
    page = browser.new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(address + "conventions.html")
    assert not [url for url in fetched if "/live/" in url]
    page.goto(address + "index.html")
    page.wait_for_selector(".live-ready")
    assert any(url.endswith("weights/characters.json") for url in fetched)
    assert not any(url.endswith("weights/video.json") for url in fetched)
    page.close()
