"""Small plots as SVG in the page's own colours: no script, no picture, light and dark alike."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 620, 220
LEFT, RIGHT, TOP, BOTTOM = 44, 12, 16, 40
LABEL = 50  # the room for the number at the end of an axis, and half of the one before


def histogram(
    values: Sequence[float], highest: float, *, mark: float | None = None, bins: int = 10, unit: str = "points"
) -> Markup:
    """How often each score came, from 0 to `highest`; `mark`: one's own score."""
    step = _step(highest / bins)
    count = max(1, math.ceil(highest / step - 1e-9))
    heights = [0] * count
    for value in values:
        heights[min(count - 1, max(0, int(value / step + 1e-9)))] += 1
    most = max(heights, default=0) or 1
    inner = WIDTH - LEFT - RIGHT
    end = highest if highest > 0 else step

    def at(value: float) -> float:
        return LEFT + inner * min(1.0, max(0.0, value / end))

    shapes = []
    for i, height in enumerate(heights):
        x, wide = at(i * step), at((i + 1) * step) - at(i * step)
        tall = (HEIGHT - TOP - BOTTOM) * height / most
        y = HEIGHT - BOTTOM - tall
        shapes.append(
            f'<rect class="bar" x="{x + 1:.1f}" y="{y:.1f}" width="{max(1.0, wide - 2):.1f}" height="{tall:.1f}"/>'
        )
        if height:
            shapes.append(f'<text x="{x + wide / 2:.1f}" y="{y - 3:.1f}" text-anchor="middle">{height}</text>')
        if at(end) - x > LABEL:
            shapes.append(_below(x, f"{i * step:g}", "middle"))
    shapes.append(_below(at(end), f"{end:.3g}", "end"))
    shapes.append(
        f'<text class="muted" x="{LEFT + inner / 2:.0f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(unit)}</text>'
    )
    if mark is not None:
        shapes.append(f'<path class="bar-2" d="M{at(mark):.1f} {HEIGHT - BOTTOM} l-6 9 h12 z"/>')
    told = f"Histogram of {len(values)} values ({unit})" + (f"; the marked one is {mark:g}" if mark is not None else "")
    return _svg(shapes, told, HEIGHT)


def _below(x: float, text: str, anchor: str) -> str:
    return f'<text class="muted" x="{x:.1f}" y="{HEIGHT - BOTTOM + 15}" text-anchor="{anchor}">{text}</text>'


def _step(rough: float) -> float:
    """A round number near a width."""
    if rough <= 0:
        return 1.0
    power = float(10 ** math.floor(math.log10(rough)))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough - 1e-12)


def bars(rows: Sequence[tuple[str, float, str]], highest: float = 1.0, kind: str = "bar") -> Markup:
    """Horizontal bars: name, length from 0 to `highest`, and what stands behind the bar."""
    label, line = 210, 24
    inner = WIDTH - label - 90
    shapes = []
    for i, (name, value, text) in enumerate(rows):
        y = 4 + i * line
        wide = inner * min(1.0, max(0.0, value / highest)) if highest else 0.0
        shapes.append(f'<text x="{label - 8}" y="{y + 15}" text-anchor="end">{escape(name[:34])}</text>')
        shapes.append(f'<rect class="{kind}" x="{label}" y="{y + 3}" width="{wide:.1f}" height="{line - 8}"/>')
        shapes.append(f'<text x="{label + wide + 6:.1f}" y="{y + 15}">{escape(text)}</text>')
    shapes.append(f'<line class="axis" x1="{label}" x2="{label}" y1="2" y2="{len(rows) * line + 2}"/>')
    told = "; ".join(f"{name}: {text}" for name, _, text in rows)
    return _svg(shapes, told, len(rows) * line + 8)


def _svg(shapes: list[str], told: str, height: float) -> Markup:
    return Markup(
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" width="{WIDTH}" height="{height:.0f}" role="img" '
        f'aria-label="{escape(told)}">{"".join(shapes)}</svg>'
    )
