"""The still pictures of the live figures: what a page shows without scripts, and before a figure has started.

Each is an SVG in the page's own text colour, drawn from the stored network by seqlib; it suits light and dark pages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqlib.activations import softmax
from seqlib.bleu import bleu, clipped_matches
from seqlib.book import (
    captions,
    exhibit_stills,
    future,
    gate,
    lesson_map,
    networks,
    stack,
    switches,
    translator,
    whisper,
)
from seqlib.book.figures import COLOURS, Picture
from seqlib.book.live import load, unpack, unpack_params
from seqlib.book.networks import character_states
from seqlib.book.sketch import BLUE, RED, frames, rect, surprise, svg, text, tinted
from seqlib.data import hiding, homophones, music, ner
from seqlib.data.captions import paint
from seqlib.embeddings import analogy
from seqlib.language_model import decoder_forward, next_word
from seqlib.models import tag
from seqlib.output import output_backward
from seqlib.rnn import rnn_forward
from seqlib.sampling import filter_probabilities, generate, sampler
from seqlib.support.types import Array
from seqlib.vocabulary import Vocabulary

SO_FAR = "Anna"


@dataclass(frozen=True)
class Still:
    """A live figure: its title, what the reader does with it, the stored network that it needs, its still picture."""

    title: str
    how: str
    network: str
    draw: Callable[[], Picture]


def characters() -> Picture:
    """The first page: a beginning, what the network made of it, and its state at the end."""
    stored = load("characters")
    params, letters = unpack_params(stored), Vocabulary(stored["vocabulary"], unknown=False)
    beginning = "Yesterday, "
    start = letters.encode(list(beginning))
    tokens = generate(
        next_word(params, "gru"),
        sampler(np.random.default_rng(3), temperature=0.7),
        letters.end,
        start=start,
        max_length=80,
        reject=[letters.pad],
    )
    logits, _ = decoder_forward([tokens], params, "gru")
    p = np.take_along_axis(softmax(logits)[:, 0], np.array(tokens)[None], axis=0)[0]
    written = letters.decode(tokens)
    parts, across, line = [], 17.0, 40
    for t, (letter, probability) in enumerate(zip(written, p, strict=True)):
        x, y = 12 + across * (t % line), 34 + 36 * (t // line)
        parts.append(rect(x - across / 2, y - 22, across, 30, RED, surprise(float(probability)), 0))
        parts.append(text(x, y, letter, size=21, bold=t < len(beginning), middle=True))
    states = character_states(params, "".join(written), letters)[stored["order"], -1]
    for i, value in enumerate(states):
        parts.append(rect(3 + 21.6 * (i % 32), 120 + 24 * (i // 32), 20, 22, *tinted(float(value))))
    alt = f"""The network was given “{beginning.strip()}” and wrote “{"".join(written[len(beginning) :])}”. Letters that it
        did not expect are coloured. Below, {len(states)} squares: its units after the last letter, blue above zero and orange below."""
    return svg(700, 220, parts, alt)


def names() -> Picture:
    """Lesson 1: the lecture's sentence, each word above the probability that it belongs to a name."""
    stored = load("names")
    words = ner.split_words(ner.LECTURE)
    x = ner.encode_words(words, stored["words"])[:, None, :]
    p = tag(unpack_params(stored), x, cell=stored["cell"])[1, 0]
    parts, left = [], 4.0
    for word, probability in zip(words, p, strict=True):
        width = 11.5 * len(word) + 18
        if probability > 0.5:
            parts.append(rect(left, 6, width, 58, RED, 0.25, 8))
        parts.append(text(left + width / 2, 32, word, size=19, bold=bool(probability > 0.5), middle=True))
        parts.append(rect(left + 5, 42, width - 10, 6, "currentColor", 0.2))
        parts.append(rect(left + 5, 42, (width - 10) * float(probability), 6, RED))
        parts.append(text(left + width / 2, 61, f"{probability:.2f}", size=11, middle=True))
        left += width + 4
    found = ", ".join(word for word, probability in zip(words, p, strict=True) if probability > 0.5)
    return svg(
        left, 70, parts, f"“{ner.LECTURE}” with the words that the network takes for parts of a name marked: {found}."
    )


def _pixels(picture: Array, left: float, top: float, side: float) -> list[str]:
    """A picture as squares, those of its paper left out."""
    parts = [rect(left, top, side * len(picture), side * len(picture), "#ffffff", rounded=0)]
    for row, line in enumerate(picture):
        for column, pixel in enumerate(line):
            if pixel.min() < 0.97:
                colour = "#" + "".join(f"{round(255 * float(value)):02x}" for value in pixel)
                parts.append(rect(left + side * column, top + side * row, side + 0.1, side + 0.1, colour, rounded=0))
    return parts


def captioned() -> Picture:
    """Lesson 14: a picture of two shapes, and its caption word by word."""
    stored = load("captions")
    picture = paint(captions.SAMPLE)
    told = captions.word_probabilities(captions.unpack_captioner(stored), Vocabulary(stored["vocabulary"]), picture)
    parts = _pixels(picture, 4, 4, 9)
    for i, (word, p) in enumerate(told):
        parts.append(text(250, 26 + 19 * i, "end" if word == "<EOS>" else word, size=16, bold=True))
        parts += [rect(340, 14 + 19 * i, 200, 12, "currentColor", 0.15), rect(340, 14 + 19 * i, 200 * p, 12, RED)]
        parts.append(text(550, 26 + 19 * i, f"{p:.2f}", size=13))
    said = " ".join(word for word, _ in told[:-1])
    return svg(
        600,
        236,
        parts,
        f"A red circle below a blue square, and the words “{said}”, each with its probability as a bar.",
    )


def one_picture() -> Picture:
    """Lesson 14: the dog under the bed, in five outputs."""
    stored = load("hiding")
    middle, floor = hiding.SIZE / 2, hiding.FLOOR
    picture = hiding.compose(hiding.HIDING, middle, (middle, floor), stored["wood"], stored["fur"])
    words, params = Vocabulary(stored["vocabulary"]), captions.unpack_captioner(stored)
    told = captions.tell_outputs(params, words, [picture])
    parts = _pixels(picture, 4, 4, 9)
    for i, output in enumerate(hiding.OUTPUTS):
        parts.append(text(245, 40 + 38 * i, output, size=14))
        parts.append(
            text(320, 40 + 38 * i, (", " if output == "words" else " ").join(told[output][0]), size=17, bold=True)
        )
    return svg(
        650,
        224,
        parts,
        f"A dog under a bed, and what the network says of it: {'; '.join(' '.join(t[0]) for t in told.values())}.",
    )


def melody() -> Picture:
    """Lesson 1: eight steps of a melody, and how the network goes on."""
    stored = load("music")
    params, vocabulary = unpack_params(stored), Vocabulary(stored["vocabulary"])
    start = vocabulary.encode(stored["example"][:8])
    reject = [vocabulary[token] for token in ("<PAD>", "<EOS>", "<UNK>")]
    step, draw = next_word(params, stored["cell"]), sampler(np.random.default_rng(2), temperature=0.8)
    how: dict[str, Any] = {"max_length": 32, "reject": reject}
    tokens = vocabulary.decode(generate(step, draw, vocabulary.end, start=start, **how))
    onsets = [t for t, token in enumerate(tokens) if token != music.HOLD]
    parts = [rect(0, 0, 700, 216, "currentColor", 0.06, 8)]
    for begin, end in zip(onsets, [*onsets[1:], len(tokens)], strict=True):
        height, across = 216 / 29, 700 / 32
        top = (83 - music.pitch_number(tokens[begin])) * height
        colour = BLUE if begin < 8 else RED
        parts.append(rect(begin * across + 1, top, (end - begin) * across - 2, height + 3, colour, 1, 4))
    notes = ", ".join(tokens[t] for t in onsets if t >= 8)
    return svg(
        700, 216, parts, f"Piano roll: a beginning of eight steps in blue; in orange the network goes on with {notes}."
    )


def film() -> Picture:
    """Lesson 1: the frames of the first film, and the network's word for it."""
    stored = load("video")
    clip = networks.unpack_film(stored["clips"][0]["frames"])
    p = networks.activities_of(unpack_params(stored), [clip])[:, 0]
    best = stored["activities"][int(p.argmax())]
    size = min(700 / len(clip), 80.0)
    parts = frames(clip, size)
    parts.append(text(4, size + 22, f"{best}, {p.max():.0%}", size=17, bold=True))
    return svg(
        size * len(clip),
        size + 34,
        parts,
        f"{len(clip)} frames of a stick figure; the network says: {best}, {p.max():.0%}.",
    )


def series() -> Picture:
    """Lesson 3: eight steps of the trained network: inputs, states and the probabilities of the next value."""
    params, steps = networks.by_hand(), 8
    x, y = networks.series_examples(steps)
    a, y_hat, _ = rnn_forward(x, np.zeros((2, 1)), params)
    assert y_hat is not None  # params have an output layer
    parts = []
    for t in range(steps):
        across = 60 + 82 * t
        for value in (2, 1, 0):
            top = 6 + 25 * (2 - value)
            parts.append(rect(across - 15, top, 30, 22, RED, 0.1 + 0.6 * float(y_hat[value, 0, t]), 4))
            parts.append(text(across, top + 16, str(value), size=13, bold=value == int(y[0, t]), middle=True))
        for unit in range(2):
            parts.append(rect(across - 11, 100 + 26 * unit, 22, 22, "currentColor", 0.1, 5))
            parts.append(rect(across - 11, 100 + 26 * unit, 22, 22, *tinted(float(a[unit, 0, t])), 5))
        if t:
            parts.append(f'<path d="M{across - 66} 125H{across - 16}" stroke="currentColor" stroke-width="2"/>')
        parts.append(text(across, 190, str(int(x[:, 0, t].argmax())), size=17, bold=True, middle=True))
    parts += [text(2, 45, "output", size=12), text(2, 129, "state", size=12), text(2, 189, "input", size=12)]
    read = ", ".join(str(int(value)) for value in y_hat[:, 0].argmax(axis=0))
    return svg(
        700,
        200,
        parts,
        f"A network of two units unrolled over {steps} steps of the series 0, 1, 2, 1; it says {read} for the next values.",
    )


def gradient() -> Picture:
    """Lesson 4: the size of the last loss's gradient at every step before it, in the trained network."""
    params = unpack_params(load("series"))
    T_x = 25
    x, y = networks.series_examples(T_x)
    a, y_hat, caches = rnn_forward(x, np.zeros((4, 1)), params)
    assert y_hat is not None
    dlogits = np.zeros_like(y_hat)
    dlogits[:, 0, -1] = y_hat[:, 0, -1] - np.eye(3)[y[0, -1]]
    shares = networks.state_gradients(output_backward(dlogits, a, params)["da"], caches)
    shares = shares / shares[-1]
    across = [14 + 27.5 * t for t in range(T_x)]
    parts = []
    for t in range(T_x - 1):
        thick = [max(0.4, 38 * float(share) / max(1.0, float(shares.max()))) for share in shares[t : t + 2]]
        path = f"M{across[t]} {60 - thick[0] / 2}L{across[t + 1]} {60 - thick[1] / 2}V{60 + thick[1] / 2}L{across[t]} {60 + thick[0] / 2}Z"
        parts.append(f'<path d="{path}" fill="{RED}"/>')
    circles = (f'<circle cx="{place}" cy="60" r="5" fill="none" stroke="currentColor"/>' for place in across)
    parts += [*circles, text(620, 20, f"the loss, at step {T_x}", size=13, middle=True)]
    alt = f"""The gradient of the loss of step {T_x} in the backward pass over {T_x} states, drawn as a band that is as thick
        as the gradient is large: 8 steps before, {float(shares[-9]):.2g} of it is left."""
    return svg(700, 110, parts, alt)


def sentences() -> Picture:
    """Lesson 6: the lecture's two sentences that sound alike, with the probability of each word after those before it."""
    stored = load("sentences")
    params, vocabulary = unpack_params(stored), Vocabulary(stored["vocabulary"])
    parts, totals = [], []
    for row, sentence in enumerate(homophones.LECTURE[0]):
        words = sentence.split()
        tokens = vocabulary.encode(words, end=True)
        logits, _ = decoder_forward([tokens], params, stored["cell"])
        p = np.take_along_axis(softmax(logits)[:, 0], np.array(tokens)[None], axis=0)[0]
        totals.append(float(np.log10(p).sum()))
        for t, (word, probability) in enumerate(zip([*words, "end"], p, strict=True)):
            left, top = 4 + 96 * t, 10 + 84 * row
            parts.append(text(left + 42, top + 20, word, size=18, middle=True))
            parts.append(rect(left, top + 30, 84, 8, "currentColor", 0.2, 4))
            parts.append(rect(left, top + 30, 84 * float(probability), 8, (BLUE, RED)[row], 1, 4))
            parts.append(text(left + 42, top + 55, f"{probability:.3g}", size=12, middle=True))
        parts.append(text(4 + 96 * (len(words) + 1), top + 38, f"= {10 ** totals[-1]:.1e}", size=17, bold=True))
    alt = f"""Two sentences that sound alike, each word with its probability after the words before it.
        {" and ".join(f"“{sentence}” has {10**total:.1e}" for sentence, total in zip(homophones.LECTURE[0], totals, strict=True))}."""
    return svg(700, 170, parts, alt)


def forms() -> Picture:
    """Lesson 5: four inputs and an output for each; the second output and what it can see are filled."""
    parts = []
    for t in range(4):
        x = 130 + 120 * t
        for letter, y, colour in (("ŷ", 20, RED), ("a", 100, BLUE), ("x", 180, "currentColor")):
            lit = t < 2 and (letter != "ŷ" or t == 1)
            style = f'fill="{colour}" fill-opacity="{0.25 if lit else 0}" stroke="{colour}" stroke-width="{3 if lit else 1.5}"'
            parts.append(f'<rect x="{x - 30}" y="{y}" width="60" height="40" rx="9" {style}/>')
            parts.append(text(x, y + 25, f"{letter}<{t + 1}>", size=15, middle=True))
        for top in (60, 140):
            parts.append(f'<path d="M{x} {top + 40}V{top}" stroke="currentColor" stroke-width="2"/>')
        if t:
            parts.append(f'<path d="M{x - 90} 120H{x - 30}" stroke="currentColor" stroke-width="2"/>')
    return svg(
        620,
        228,
        parts,
        "A recurrent network with four inputs and four outputs; filled: the second output, and the inputs 1 and 2 that it can see.",
    )


def sampling() -> Picture:
    """Lesson 7: the probabilities of the next word, as they are and at half the temperature."""
    stored = load("sentences")
    vocabulary = Vocabulary(stored["vocabulary"])
    step = next_word(unpack_params(stored), stored["cell"])
    log_p, state = step(None, None)
    for token in vocabulary.encode(SO_FAR.split()):
        log_p, state = step(state, token)
    reject = [vocabulary[token] for token in ("<PAD>", "<UNK>")]
    before, after = (filter_probabilities(np.exp(log_p), temperature=t, reject=reject) for t in (1.0, 0.5))
    parts, read = [], []
    for row, token in enumerate(np.argsort(-before)[:8]):
        top, scale = 4 + 27 * row, 560 / float(max(after.max(), before.max()))
        parts.append(text(52, top + 15, vocabulary.words[token], size=14, middle=True))
        parts.append(rect(108, top, scale * float(after[token]), 19, BLUE, 0.55))
        box = f'x="108" y="{top}" width="{max(1.0, scale * float(before[token])):.1f}" height="19" rx="3"'
        parts.append(f'<rect {box} fill="none" stroke="currentColor"/>')
        read.append(f"{vocabulary.words[token]} {before[token]:.0%}, at half the temperature {after[token]:.0%}")
    return svg(700, 222, parts, f"The most probable words after “{SO_FAR}”: {'; '.join(read)}.")


def whispers() -> Picture:
    """Lesson 8: what is left of a flag over 30 steps, above, and of the gradient sent back, below, in the first trained networks."""
    stored, gap = load("whisper"), 30
    parts, read = [], []
    for column, cell in enumerate(whisper.CELLS):
        params = unpack_params(stored["networks"][cell]["trained"][0])
        arrived = whisper.passed_on(cell, params, gap, stored["noise"])
        across = [10 + 240 * column + 7 * t for t in range(gap + 1)]
        shares, sizes = (np.clip((np.log10(arrived[name]) + 8) / 10, 0, 1) for name in ("shares", "sizes"))
        line = "L".join(f"{x} {120 - 90 * share:.1f}" for x, share in zip(across, shares, strict=True))
        parts.append(f'<path d="M{line}" fill="none" stroke="{BLUE}" stroke-width="3"/>')
        upper = [f"{x} {165 - 22 * size:.1f}" for x, size in zip(across, sizes, strict=True)]
        lower = [f"{x} {165 + 22 * size:.1f}" for x, size in zip(across, sizes, strict=True)]
        parts.append(f'<path d="M{"L".join([*upper, *reversed(lower)])}Z" fill="{RED}"/>')
        parts.append(text(across[0], 18, cell.upper(), size=15, bold=True))
        read.append(f"{cell.upper()} {arrived['shares'][-1]:.1g} and {arrived['sizes'][0]:.0e}")
    alt = f"""Three trained networks over {gap} steps, on a logarithmic scale: the share of the flag that is left, and the share of the
        gradient that comes back to the first step. {"; ".join(read)}."""
    return svg(700, 195, parts, alt)


def tank() -> Picture:
    """Lesson 9: what the memory reads after each word, by the gates that training found, where the candidate sees the word alone."""
    stored = load("gate")
    words = stored["sentences"][0].split()
    tokens = [[stored["words"].index(word) for word in words]]
    network = stored["networks"]["word alone"]
    result = gate.read(unpack_params(network), tokens)
    memory, gates = result["memory"][0], result["gamma_u"][network["unit"], 0]
    most = float(np.abs(memory).max())
    parts, read = [text(2, 24, "memory", size=12), text(2, 129, "gate", size=12)], []
    for t, (word, level, share) in enumerate(zip(words, memory, gates, strict=True)):
        left, height = 58 + 64 * t, 44 * abs(float(level)) / most
        parts.append(rect(left, 50 - (height if level > 0 else 0), 52, max(height, 1), BLUE if level > 0 else RED, 0.7))
        parts.append(rect(left, 118, 52, 14, "currentColor", 0.15))
        parts.append(rect(left, 118, 52 * float(share), 14, BLUE, 0.9))
        parts.append(text(left + 26, 158, word, size=14, middle=True))
        read.append(f"{word} {share:.2f}")
    alt = f"""A sentence up to its verb, each word with the update gate of the unit that decides most ({", ".join(read)}), and what
        the output layer reads in the memory: from the subject on it says “was”."""
    return svg(702, 170, parts, alt)


def gates() -> Picture:
    """Lesson 10: the memory cells and the forget gates of a trained LSTM over a text, and P(were) after each word."""
    stored = load("switches")
    words = stored["text"].split()
    known = switches.reading(unpack_params(stored), np.array(switches.vocabulary().encode(words)))
    parts = [
        text(190, 14, "memory c", size=13),
        text(400, 14, "forget gate", size=13),
        text(620, 14, "P(were)", size=13),
    ]
    for t, word in enumerate(words):
        top = 24 + 22 * t
        parts.append(text(10, top + 15, word, size=14))
        for unit in range(len(known["c"])):
            value = float(known["c"][unit, t]) / 2
            parts.append(rect(190 + 24 * unit, top, 22, 20, *tinted(max(-1.0, min(1.0, value))), 2))
            parts.append(rect(400 + 24 * unit, top, 22, 20, *tinted(float(known["gamma_f"][unit, t])), 2))
        parts.append(rect(620, top + 6, 80, 8, "currentColor", 0.2, 4))
        parts.append(rect(620, top + 6, 80 * float(known["p"][t]), 8, RED, 1, 4))
    first = words.index("were") - 1
    alt = f"""The words “{stored["text"]}” below each other, each with the memory cells and forget gates of eight units as coloured squares.
        After “{words[first]}” the network gives “were” {known["p"][first]:.0%}, after the last word {known["p"][-1]:.0%}."""
    return svg(710, 30 + 22 * len(words), parts, alt)


def stacked() -> Picture:
    """Lesson 12: the states of two layers over the lecture's sentence, and the bits per character of each number of layers."""
    stored = load("stack")
    letters = Vocabulary(stored["vocabulary"], unknown=False)
    network = stored["networks"][1]
    states = stack.layer_states(letters.encode(list(stack.SAMPLE), end=True), unpack_params(network))
    across = 700 / len(stack.SAMPLE)
    squares: dict[tuple[str, float], str] = {}  # one path for each colour and strength
    for row, (a, order) in enumerate(zip(states[::-1], network["order"][::-1], strict=True)):
        for i, unit in enumerate(order[::3]):
            for t in range(len(stack.SAMPLE)):
                colour, strength = tinted(float(a[unit, t]))
                square = f"M{t * across:.1f} {120 * row + 9 * i}h{across:.1f}v9h-{across:.1f}z"
                level = round(4 * strength) / 4
                squares[colour, level] = squares.get((colour, level), "") + square
    parts = [
        f'<path d="{d}" fill="{colour}" fill-opacity="{level}"/>' for (colour, level), d in squares.items() if level
    ]
    parts += [text((t + 0.5) * across, 256, letter, size=15, middle=True) for t, letter in enumerate(stack.SAMPLE)]
    read = ", ".join(f"{one['layers']}: {one['bits']:.2f}" for one in stored["networks"])
    alt = f"""The states of a network of two layers over “{stack.SAMPLE}”, a row for every third unit, fast ones on top. Below, the letters.
        Bits per character on new sentences by the number of layers: {read}."""
    return svg(700, 264, parts, alt)


def speller() -> Picture:
    """Lesson 7: a name that the network wrote, each letter above its probability, and what might have come next."""
    stored = load("first-names")
    letters = Vocabulary(stored["vocabulary"], unknown=False)
    step = next_word(unpack_params(stored), stored["cell"])
    tokens = generate(step, sampler(np.random.default_rng(2)), letters.end, reject=[letters.pad])
    parts, read = [], []
    log_p, state = step(None, None)
    for t, token in enumerate(tokens):
        drawn = float(np.exp(log_p[token]))
        parts.append(rect(4 + 52 * t, 6, 48, 60, RED, surprise(drawn), 6))
        parts.append(text(28 + 52 * t, 38, letters.words[token], size=24, bold=True, middle=True))
        parts.append(text(28 + 52 * t, 58, f"{drawn:.0%}", size=12, middle=True))
        read.append(f"{letters.words[token]} {drawn:.0%}")
        log_p, state = step(state, token)
    p = filter_probabilities(np.exp(log_p), reject=[letters.pad])
    side, known = 700 / (len(p) - 1), {letters.end: "∎"}
    for i, token in enumerate(token for token in range(len(p)) if token != letters.pad):
        height = 100 * float(p[token]) / float(p.max())
        parts.append(rect(i * side + 1, 190 - height, side - 2, height, BLUE, 0.55))
        parts.append(text((i + 0.5) * side, 206, known.get(token, letters.words[token]), size=13, middle=True))
    return svg(
        700,
        212,
        parts,
        f"A name that the network wrote, with the probability of each letter: {', '.join(read)}. Below, bars for what may come next.",
    )


def futures() -> Picture:
    """Lesson 11: the lecture's two sentences up to and including the word that may be a name, and as a whole, at that word."""
    stored, parts, read = load("future"), [], []
    for row, example in enumerate(ner.teddy_samples()):
        place, top = future.place_of(example), 8 + 150 * row
        parts.append(text(4, top + 16, " ".join(example.x).replace(" ,", ",").replace(" .", "."), size=17, bold=True))
        for column, (label, heard) in enumerate(
            (("heard up to Teddy", place + 1), ("the whole sentence heard", len(example.x)))
        ):
            parts.append(text(4 + 350 * column, top + 42, label, size=14))
            for line, reader in enumerate(future.READERS):
                name = ("left to right", "right to left", "both ways")[line]
                params = unpack_params(stored["networks"][reader])
                p = float(future.name_probabilities(params, reader, example.x[:heard])[place])
                left, y = 4 + 350 * column, top + 56 + 26 * line
                parts.append(text(left, y + 13, name, size=13))
                parts.append(rect(left + 100, y, 180, 16, "currentColor", 0.15))
                parts.append(rect(left + 100, y, 180 * p, 16, COLOURS[line], 0.7))
                parts.append(text(left + 286, y + 13, f"{p:.2f}", size=13))
                read.append(f"sentence {row + 1}, {label}, {name} {p:.2f}")
    return svg(700, 300, parts, f"The probability that Teddy belongs to a name, by three networks: {'; '.join(read)}.")


def words() -> Picture:
    """Lesson 13: the book's words in the plane of man, woman and king, with the fourth corner."""
    stored = load("words")["book"]
    E = unpack(stored["E"])
    columns = {word: i for i, word in enumerate(stored["words"])}
    given, answer = ("man", "woman", "king"), analogy("man", "woman", "king", E, columns)
    man, woman, king = (E[:, columns[word]] for word in given)
    axes, lengths = np.linalg.qr(np.column_stack([woman - man, king - man]))
    axes = axes * np.sign(np.diag(lengths))  # from man to woman it goes to the right
    flat = axes.T @ (np.column_stack([E, woman - man + king]) - man[:, None])  # (2, n_words + 1)
    low, high = flat.min(axis=1), flat.max(axis=1)
    x, y = np.array([[350], [175]]) + [[1], [-1]] * (flat - (low + high)[:, None] / 2) * min([600, 290] / (high - low))
    parts = [
        f'<circle cx="{x[i]:.0f}" cy="{y[i]:.0f}" r="3" fill="currentColor" fill-opacity="0.35"/>'
        for i in columns.values()
    ]
    a, b, c = (columns[word] for word in given)
    sides = " ".join(f"{x[i]:.0f},{y[i]:.0f}" for i in (a, b, -1, c))
    parts.append(f'<polygon points="{sides}" fill="none" stroke="{BLUE}" stroke-width="2"/>')
    parts += [text(float(x[columns[w]]), float(y[columns[w]]) - 8, w, bold=True, middle=True) for w in (*given, answer)]
    alt = f"""{len(columns)} words as points in the plane of three of them. Man, woman, king and a fourth corner form a
        parallelogram; the word nearest to the corner by cosine is {answer}."""
    return svg(700, 350, parts, alt)


def beams() -> Picture:
    """Lesson 15: the translations of one sentence that a beam finds, and the greedy one, each with its log-probability."""
    stored = load("beam")
    model, x = translator.of_stored(stored), stored["samples"][0]
    found = model.beam(x, 3, 0.0)
    greedy = model.greedy(x)
    rows = [(y, log_p, BLUE) for y, log_p, _ in found] + [(greedy, model.log_probability(x, greedy), RED)]
    parts, read = [], []
    for row, (y, log_p, colour) in enumerate(rows):
        name = "greedy" if colour == RED else f"beam {row + 1}"
        parts.append(rect(84, 6 + 34 * row, 24 + 440 * float(np.exp(log_p)), 26, colour, 0.3))
        parts.append(text(4, 24 + 34 * row, name, size=14, bold=row == 0))
        parts.append(text(92, 24 + 34 * row, f"{' '.join(y)}   log P = {log_p:.2f}", size=15))
        read.append(f"{name}: “{' '.join(y)}”, log P {log_p:.2f}")
    return svg(700, 6 + 34 * len(rows), parts, f"Translations of “{' '.join(x[1:])}”. {'; '.join(read)}.")


def grams() -> Picture:
    """Lesson 15: the four clipped precisions of the example as bars."""
    output = "the dog the dog hiding under the bed".split()
    references = ["the dog is hiding under the bed".split(), "there is a dog under the bed".split()]
    parts, read = [], []
    for n in (1, 2, 3, 4):
        matches, total = clipped_matches(output, references, n)
        parts.append(text(4, 22 + 32 * (n - 1), f"p{n} = {matches}/{total}", size=15))
        parts.append(rect(100, 6 + 32 * (n - 1), 560, 22, "currentColor", 0.1))
        parts.append(rect(100, 6 + 32 * (n - 1), 560 * matches / total, 22, BLUE, 0.6))
        read.append(f"p{n} {matches} of {total}")
    score = f"BLEU = {bleu([output], [references]):.4f}"
    parts.append(text(4, 154, score, size=17, bold=True))
    return svg(700, 164, parts, f"“{' '.join(output)}” against two references: {', '.join(read)}; {score}.")


def lessons_in(columns: int, alt: str) -> Picture:
    """The lessons in columns, with a line from each to those that it builds on."""
    wide, high, lessons = 168, 44, lesson_map.LESSONS

    def corner(number: int) -> tuple[float, float]:
        return 1 + 178 * ((number - 1) % columns), 4 + 66 * ((number - 1) // columns)

    parts = []
    for number, lesson in lessons.items():
        for before in lesson.builds_on if number < len(lessons) else ():
            (x1, y1), (x2, y2) = corner(before), corner(number)
            ends = f'x1="{x1 + wide / 2}" y1="{y1 + high / 2}" x2="{x2 + wide / 2}" y2="{y2 + high / 2}"'
            parts.append(f'<line {ends} stroke="currentColor" stroke-opacity="0.3"/>')
    for number, lesson in lessons.items():
        x, y = corner(number)
        parts.append(
            f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="9" fill="var(--live-key)" stroke="currentColor"/>'
        )
        parts.append(text(x + wide / 2, y + 27, f"{number}. {lesson.name}", size=12.5, middle=True))
    return svg(178 * columns - 8, 66 * len(lessons) / columns - 12, parts, alt)


def all_lessons() -> Picture:
    """Lesson 16: the lessons in four columns, and in two for a narrow page."""
    read = "; ".join(
        f"{number}, {lesson.name}"
        + (f", builds on {' and '.join(map(str, lesson.builds_on))}" if number in range(2, 16) else "")
        for number, lesson in lesson_map.LESSONS.items()
    )
    alt = f"A map of the sixteen lessons, with a line from each to those that it builds on most. {read}."
    columns = {"live-if-wide": 4, "live-if-narrow": 2}
    return Picture("".join(f'<div class="{name}">{lessons_in(n, alt).svg}</div>' for name, n in columns.items()), alt)


STILLS = {
    "characters": Still(
        "A network that writes, letter by letter",
        "type a beginning and the network goes on; point at one of its units and the text takes that unit’s colour.",
        "characters",
        characters,
    ),
    "names": Still("Which words are names?", "type a sentence, and the names in it are marked.", "names", names),
    "melody": Still(
        "You begin a melody, the network goes on",
        "play some notes and listen to how the network goes on.",
        "music",
        melody,
    ),
    "film": Still(
        "What is the figure doing?", "let the film run and see what the network says after each frame.", "video", film
    ),
    "series": Still(
        "A network that continues 0, 1, 2, 1",
        "drag its weights, or let it learn them again, and see which next values come out right.",
        "series",
        series,
    ),
    "gradient": Still(
        "How much of the gradient comes back",
        "move the spectral radius and the number of steps, and see how much of the gradient is left.",
        "series",
        gradient,
    ),
    "whisper": Still(
        "Whisper down the line",
        "drag the gap and the radius, and see what arrives of a flag and what comes back of the gradient, in ten networks of each kind.",
        "whisper",
        whispers,
    ),
    "gate": Still(
        "Be the gate",
        "set the update gate word by word so that the number of the subject reaches the verb, and see what training found.",
        "gate",
        tank,
    ),
    "switches": Still(
        "A gate held open",
        "type a text, see what each unit remembers, writes and shows at each word, and hold a gate open.",
        "switches",
        gates,
    ),
    "future": Still(
        "What the future knows",
        "slide the curtain over the words, change any of them, and see what three networks think of each word.",
        "future",
        futures,
    ),
    "lessons": Still(
        "One map of the lessons",
        "choose a lesson, read its problem, its idea and what it builds on, and test yourself.",
        "lessons",
        all_lessons,
    ),
    "captions": Still(
        "Two shapes and their caption",
        "drag the shapes or move them with the arrow keys, change colour and form, and read the caption with its probabilities.",
        "captions",
        captioned,
    ),
    "hiding": Still(
        "The dog is hiding",
        "choose animal, furniture and place, move the animal by dragging or by arrow keys, and read one network’s five outputs.",
        "hiding",
        one_picture,
    ),
    "forms": Still(
        "The forms of a recurrent network",
        "choose a form and its lengths, go step by step, and ask an output which inputs it can see, and how strongly.",
        "series",
        forms,
    ),
    "sentences": Still(
        "Which sentence is more probable?",
        "type two sentences and compare them word by word; choose a word to see what else could stand there.",
        "sentences",
        sentences,
    ),
    "sampling": Still(
        "Draw the next word",
        "move temperature, k and p, and draw words and whole sentences.",
        "sentences",
        sampling,
    ),
    "stack": Still(
        "Layers over a sentence",
        "type a sentence, choose how many layers read it, leave one out, and compare score and cost.",
        "stack",
        stacked,
    ),
    "analogy": Still(
        "Man is to woman as king is to which word?",
        "choose or drag three words, see the parallelogram that they span, and which words are nearest to its fourth corner.",
        "words",
        words,
    ),
    "speller": Still(
        "A network writes first names",
        "let it write letter by letter, at any temperature, and see which names are new.",
        "first-names",
        speller,
    ),
    "listen": Still(
        "A network that listens",
        "type what a synthetic voice says, listen to it, and see which letters the network hears at which frame.",
        "speech",
        exhibit_stills.listen,
    ),
    "review": Still(
        "How many stars?",
        "type a review and see its stars after every word.",
        "sentiment",
        exhibit_stills.review,
    ),
    "bases": Still(
        "Which bases code?",
        "change a string of bases, and see which of them the network takes for coding, and which do by the rule.",
        "dna",
        exhibit_stills.bases,
    ),
    "dates": Still(
        "A date in six languages",
        "type a date in words and see it translated, character by character.",
        "dates",
        exhibit_stills.dates,
    ),
    "strip": Still(
        "Make a film strip",
        "draw frames, copy them, change their order, and see what the network says after each of them.",
        "video",
        exhibit_stills.strip,
    ),
    "beam": Still(
        "The beam and what it drops",
        "type one or two dates, choose width and exponent, and see the tree of translations grow, and where greedy search loses.",
        "beam",
        beams,
    ),
    "bleu": Still(
        "BLEU, n-gram by n-gram",
        "edit a translation and its references, and see which n-grams count and what score they make.",
        "",
        grams,
    ),
}
