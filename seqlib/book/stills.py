"""The still pictures of the live figures: what a page shows without scripts, and before a figure has started.

Each is an SVG in the page's own text colour, drawn from the stored network by seqlib; it suits light and dark pages.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from seqlib.book.live import load, unpack_params
from seqlib.book.networks import character_states
from seqlib.embeddings import embedding_forward
from seqlib.figures import COLOURS, Picture
from seqlib.language_model import decoder_forward, generate
from seqlib.activations import softmax
from seqlib.types import Array
from seqlib.vocabulary import Vocabulary

BLUE, RED = COLOURS[:2]


@dataclass(frozen=True)
class Still:
    """A live figure: its title, what the reader does with it, the stored network that it needs, its still picture."""

    title: str
    how: str
    network: str
    draw: Callable[[], Picture]


def svg(width: float, height: float, parts: Sequence[str], alt: str) -> Picture:
    """Parts of a drawing as a Picture with its text. Raises ValueError: no `alt`."""
    if len(alt.strip()) < 20:
        raise ValueError("alt says in a sentence what the picture shows; got " + repr(alt))
    label = html.escape(" ".join(alt.split()), quote=True)
    size = f'viewBox="0 0 {width:g} {height:g}"'
    return Picture(f'<svg {size} role="img" aria-label="{label}">{"".join(parts)}</svg>', alt)


def rect(
    x: float, y: float, width: float, height: float, colour: str, strength: float = 1.0, rounded: float = 3
) -> str:
    """A filled rectangle; `strength` is its opacity."""
    size = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{rounded:g}"'
    return f'<rect {size} fill="{colour}" fill-opacity="{strength:.2f}"/>'


def text(x: float, y: float, content: str, *, size: float = 14, bold: bool = False, middle: bool = False) -> str:
    """Text in the page's colour."""
    style = (
        f'font-size="{size:g}"' + (' font-weight="700"' if bold else "") + (' text-anchor="middle"' if middle else "")
    )
    return f'<text x="{x:g}" y="{y:g}" {style} fill="currentColor">{html.escape(content)}</text>'


def tinted(value: float) -> tuple[str, float]:
    """The colour of a state between -1 and 1, and its strength."""
    return (BLUE if value >= 0 else RED), 0.85 * min(1.0, abs(value))


def surprise(p: float) -> float:
    """How strongly a letter of probability p is coloured."""
    return 0.6 * min(1.0, float(np.log2(1 / max(p, 1e-9))) / 8)


def characters() -> Picture:
    """The first page: a beginning, what the network made of it, and its state at the end."""
    stored = load("characters")
    params, letters = unpack_params(stored), Vocabulary(stored["vocabulary"], unknown=False)
    beginning = "Yesterday, "
    start = letters.encode(list(beginning))
    tokens = generate(
        params,
        np.random.default_rng(3),
        letters.end,
        cell="gru",
        start=start,
        max_length=80,
        temperature=0.7,
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
    alt = f"""The network was given “{beginning.strip()}” and wrote “{"".join(written[len(beginning) :])}”. Letters that it did not expect are
        coloured. Below, {len(states)} squares: its units after the last letter, blue above zero and orange below."""
    return svg(700, 220, parts, alt)


STILLS = {
    "characters": Still(
        "A network that writes, letter by letter",
        "type a beginning and the network goes on; point at one of its units and the text takes that unit’s colour.",
        "characters",
        characters,
    ),
}
