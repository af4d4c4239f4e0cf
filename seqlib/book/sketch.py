"""What the still pictures are drawn with: parts of an SVG in the page's own text colour."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence

import numpy as np

from seqlib.book.figures import COLOURS, Picture
from seqlib.support.types import Array

BLUE, RED = COLOURS[:2]
LEAST = 10  # pixels: the size below which a page does not shrink a drawing's letters


def svg(width: float, height: float, parts: Sequence[str], alt: str) -> Picture:
    """Parts of a drawing as a Picture with its text, and with the width that its letters need. Raises ValueError: no `alt`."""
    if len(alt.strip()) < 20:
        raise ValueError("alt says in a sentence what the picture shows; got " + repr(alt))
    label = html.escape(" ".join(alt.split()), quote=True)
    size = f'viewBox="0 0 {width:g} {height:g}"'
    letters = [float(one) for part in parts for one in re.findall(r'font-size="([\d.]+)"', part)]
    if letters:
        size += f' style="--least: {LEAST * width / min(letters):.0f}px"'
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


def squares(
    shades: Array, across: float, down: float, colour: str, levels: Sequence[float] = (0.4, 0.6, 0.8, 1.0)
) -> list[str]:
    """A picture (rows, columns) of numbers from 0 to 1, one path for each level of grey; neighbours in a row are one square."""
    parts = []
    nearest = np.abs(shades[:, :, None] - np.array([0.0, *levels])).argmin(axis=2)  # (rows, columns)
    for level, strength in enumerate(levels, 1):
        path = ""
        for row, here in enumerate(nearest == level):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], here.astype(int), [0]])))
            for begin, end in edges.reshape(-1, 2):
                width = across * (end - begin)
                path += f"M{across * begin:.1f} {down * row:.1f}h{width:.1f}v{down:.1f}h-{width:.1f}z"
        if path:
            parts.append(f'<path d="{path}" fill="{colour}" fill-opacity="{strength:g}"/>')
    return parts


def frames(clip: Array, size: float, levels: Sequence[float] = (0.4, 0.6, 0.8, 1.0)) -> list[str]:
    """The frames of a clip (T_x, SIZE, SIZE) beside each other, `size` wide each."""
    dot = (size - 4) / len(clip[0])
    parts = [rect(t * size, 0, size - 3, size - 3, "currentColor", 0.08, 3) for t in range(len(clip))]
    for t, frame in enumerate(clip):
        inside = "".join(squares(frame, dot, dot, "currentColor", levels))
        parts.append(f'<g transform="translate({t * size:.1f})">{inside}</g>')
    return parts
