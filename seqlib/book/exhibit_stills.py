"""The still pictures of the gallery's own figures, drawn from the stored networks by seqlib."""

from __future__ import annotations

import numpy as np

from seqlib.activations import softmax
from seqlib.book import exhibits, networks
from seqlib.book.figures import Picture
from seqlib.book.live import load, unpack_params
from seqlib.book.sketch import BLUE, RED, frames, rect, squares, svg, text
from seqlib.cells import part
from seqlib.data import dna, ner, sentiment
from seqlib.data.speech import spectrogram, synthesise
from seqlib.data.translation import date_tokens
from seqlib.encoder_decoder import encoder_forward
from seqlib.language_model import next_word
from seqlib.support.types import Params
from seqlib.vocabulary import Vocabulary

SAID = "hello"


def listen() -> Picture:
    """A spoken word as a spectrogram, and below each frame the letter that the network is surest of."""
    params = unpack_params(load("speech"))
    sound = spectrogram(synthesise(SAID, np.random.default_rng(0)))
    (logits,) = exhibits.listen(params, [sound])
    p, across = softmax(logits), 700 / sound.shape[1]
    parts = squares(np.clip((sound[::-1] + 1.6) / 3.6, 0, 1), across, 6, BLUE, (0.2, 0.4, 0.6, 0.8))
    path = p.argmax(axis=0)
    for t, symbol in enumerate(path):
        if symbol:
            height = 44 * float(p[symbol, t])
            parts.append(rect(t * across + 1, 196 - height, across - 2, height, RED, 0.65, 2))
            if not t or path[t - 1] != symbol:
                parts.append(text((t + 0.5) * across, 145, exhibits.ALPHABET[symbol], size=18, bold=True, middle=True))
    alt = f"""The spectrogram of a synthetic voice that says “{SAID}”, {sound.shape[1]} frames, and below it bars at the frames at which the
        network hears a letter; together they spell “{exhibits.heard(logits)}”."""
    return svg(700, 200, parts, alt)


def review() -> Picture:
    """The lecture's review, each word above the stars that a review up to it would get."""
    stored = load("sentiment")
    words = ner.split_words(sentiment.LECTURE.lower())
    p = exhibits.stars_after(unpack_params(stored), Vocabulary(stored["vocabulary"]).encode(words))
    means = np.array(exhibits.STARS) @ p
    parts, left = [], 4.0
    for word, mean in zip(words, means, strict=True):
        width = 10.5 * len(word) + 20
        parts.append(text(left + width / 2, 26, word, size=18, middle=True))
        parts.append(rect(left + 4, 36, width - 8, 7, "currentColor", 0.2))
        parts.append(rect(left + 4, 36, (width - 8) * (float(mean) - 1) / 4, 7, RED))
        parts.append(text(left + width / 2, 58, f"{mean:.1f}", size=12, middle=True))
        left += width
    for count, share in zip(exhibits.STARS, p[:, -1], strict=True):
        top = 78 + 24 * (count - 1)
        parts.append(text(4, top + 13, "★" * count, size=14))
        parts.append(rect(100, top, 400, 14, "currentColor", 0.2))
        parts.append(rect(100, top, 400 * float(share), 14, RED))
        parts.append(text(512, top + 13, f"{share:.0%}", size=13))
    said = ", ".join(f"{word} {mean:.1f}" for word, mean in zip(words, means, strict=True))
    best = exhibits.STARS[int(p[:, -1].argmax())]
    alt = f"""“{sentiment.LECTURE}” with the average stars after each word: {said}. In the end the network gives {best} of 5 stars,
        with {p[:, -1].max():.0%}."""
    return svg(700, 202, parts, alt)


def bases() -> Picture:
    """A string of bases: shaded where the network takes them for coding, underlined where they are."""
    stored = load("dna")
    string, across, a_row = stored["examples"][0], 14.0, 50
    (p,) = exhibits.coding(unpack_params(stored), [string])
    truth, parts = dna.true_labels(string), []
    for row in range(-(-len(string) // a_row)):
        some = slice(a_row * row, a_row * (row + 1))
        shaded = "".join(squares(p[None, some], across, 22, BLUE, (0.2, 0.4, 0.6, 0.8)))
        underlined = "".join(squares(np.array([truth[some]]), across, 3, "currentColor", (1.0,)))
        middles = " ".join(f"{across * (t + 0.5):g}" for t in range(len(string[some])))
        letters = (
            f'<text x="{middles}" y="17" font-size="15" text-anchor="middle" fill="currentColor">{string[some]}</text>'
        )
        line = f'<g transform="translate(0 23)">{underlined}</g>'
        parts.append(f'<g transform="translate(0 {34 * row + 3})">{shaded}{letters}{line}</g>')
    right = int(((p > 0.5) == np.array(truth)).sum())
    alt = f"""A string of {len(string)} bases: {int((p > 0.5).sum())} are shaded, which the network takes for coding, and {sum(truth)}
        are underlined, which code by the rule that made the data. The two agree on {right}."""
    return svg(across * a_row, 34 * (-(-len(string) // a_row)), parts, alt)


def written(params: Params, tokens: list[int], target: Vocabulary, most: int) -> list[tuple[str, float]]:
    """The greedy translation with the probability of each character, its end included."""
    state, _ = encoder_forward(np.array([tokens]), part(params, "encoder/"), exhibits.CELL)
    step, token = next_word(part(params, "decoder/"), exhibits.CELL), None
    characters: list[tuple[str, float]] = []
    while len(characters) < most and token != target.end:
        log_p, state = step(state, token)
        token = int(log_p.argmax())
        characters.append((target.words[token], float(np.exp(log_p[token]))))
    return characters


def dates() -> Picture:
    """A date in words, and below it the characters that the decoder writes."""
    stored = load("dates")
    source, target = Vocabulary(stored["source"]), Vocabulary(stored["target"])
    date = stored["examples"][0]
    tokens = date_tokens(date["text"])
    characters = written(unpack_params(stored), source.encode(tokens), target, stored["longest"])
    parts, left = [], 4.0
    for token in tokens:
        width = 11 * len(token) + 22
        parts.append(rect(left, 6, width - 6, 34, BLUE, 0.18, 8))
        parts.append(text(left + (width - 6) / 2, 29, token, size=18, middle=True))
        left += width
    for t, (character, p) in enumerate(characters):
        x = 34 + 60 * t
        parts.append(text(x, 92, {"<EOS>": "end"}.get(character, character), size=20, bold=True, middle=True))
        parts.append(rect(x - 24, 102, 48, 7, "currentColor", 0.2))
        parts.append(rect(x - 24, 102, 48 * p, 7, RED))
        parts.append(text(x, 126, f"{p:.2f}", size=12, middle=True))
    said = "".join(character for character, _ in characters if character != "<EOS>")
    alt = f"""“{date["text"]}” as the tokens that the encoder reads, and below them the characters that the decoder writes, each with its
        probability: {said}."""
    return svg(700, 134, parts, alt)


def strip() -> Picture:
    """A film and the same film turned around, with the network's word for each."""
    stored = load("video")
    params = unpack_params(stored)
    place = stored["activities"].index("sitting down")
    clip, parts, read = networks.unpack_film(stored["clips"][place]["frames"]), [], []
    size = min(700 / len(clip), 80.0)
    for row, some in enumerate((clip, clip[::-1])):
        p = networks.activities_of(params, [some])[:, 0]
        read.append(f"{stored['activities'][int(p.argmax())]}, {p.max():.0%}")
        inside = [*frames(some, size, (0.5, 1.0)), text(4, size + 20, read[-1], size=16, bold=True)]
        parts.append(f'<g transform="translate(0 {row * (size + 34):.1f})">{"".join(inside)}</g>')
    alt = f"""{len(clip)} frames of a stick figure; the network says: {read[0]}. Below, the same frames from the last to the first:
        {read[1]}."""
    return svg(size * len(clip), 2 * (size + 34), parts, alt)
