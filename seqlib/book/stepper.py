"""Figures that the reader steps through, without a kernel: the unrolled network, and the gradient's backward pass.

A drawing is complete without JavaScript; book/_static/unrolled.js adds the buttons and shows one moment after
another. Numbers and sentences come from the caller, who computed them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqlib.support.types import Array

GAP = 160  # pixels between two steps
LEFT = 68
ROWS = {"y": 45, "a": 150, "x": 255}
WIDTH, HEIGHT = 126, 50  # of a box


class Stepper:
    """SVG parts, each with the moment at which it appears, and a sentence for each moment from 0 on.

    Raises ValueError: a number of sentences that does not fit.
    """

    def __init__(self, parts: list[str], texts: Sequence[str], moments: int, steps: int, label: str):
        if len(texts) != moments + 1:
            raise ValueError(f"texts: {moments + 1} sentences for {steps} steps; got {len(texts)}")
        self.parts, self.texts, self.moments, self.steps, self.label = parts, texts, moments, steps, label

    def _repr_html_(self) -> str:
        width, height = LEFT + self.steps * GAP + 70, 300
        size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        svg = f'<svg role="img" aria-label="{self.label}" {size}>{"".join(self.parts)}</svg>'
        items = "".join(f"<li>{text}</li>" for text in self.texts)
        return (
            f'<div class="stepper" data-moments="{self.moments}">'
            f'<div class="picture" tabindex="0" role="group" aria-label="figure">{svg}</div>'
            f'<ol class="stepper-texts" start="0">{items}</ol></div>'
        )

    def __repr__(self) -> str:
        return f"<{self.label}>"


def unrolled_steps(x: Array, a0: Array, a: Array, y_hat: Array, texts: Sequence[str]) -> Stepper:
    """The forward pass: input, state and output of one step after another.

    x (n_x, T_x), a0 (n_a,), a (n_a, T_x), y_hat (n_y, T_x); texts: 3 T_x + 1 sentences, the first for the time
    before anything has happened. Raises ValueError on their number.
    """
    T_x = x.shape[1]
    parts = [_box("a", 0, _vector(a0), 0)]
    for t in range(1, T_x + 1):
        across, at = LEFT + t * GAP, 3 * t - 2
        parts.append(_box("x", t, _vector(x[:, t - 1]), at))
        parts.append(_arrow((across, ROWS["x"] - HEIGHT // 2), (across, ROWS["a"] + HEIGHT // 2), "ax", at + 1))
        start = across - GAP + WIDTH // 2
        parts.append(_arrow((start, ROWS["a"]), (across - WIDTH // 2, ROWS["a"]), "aa", at + 1))
        parts.append(_box("a", t, _vector(a[:, t - 1]), at + 1))
        parts.append(_arrow((across, ROWS["a"] - HEIGHT // 2), (across, ROWS["y"] + HEIGHT // 2), "ya", at + 2))
        parts.append(_box("y", t, _vector(y_hat[:, t - 1]), at + 2))
    label = f"A recurrent network unrolled over {T_x} steps; the text below gives the numbers."
    return Stepper(parts, texts, 3 * T_x, T_x, label)


def gradient_path(dz: Array, shares: Array, loss: float, texts: Sequence[str]) -> Stepper:
    """The backward pass of one loss, that of the last step, through a network with one unit.

    dz (T_x,): the gradient before tanh at each step
    shares (T_x,): what each step adds to dL/dW_aa
    loss: L<T_x>
    texts: 2 T_x + 1 sentences, the first for the loss alone. Raises ValueError on their number.
    """
    T_x = len(dz)
    last = LEFT + T_x * GAP
    parts = [_box("a", 0, "", 2 * T_x), _box("L", T_x, f"{loss:.4f}", 0)]
    parts.append(_arrow((last, ROWS["y"] + HEIGHT // 2), (last, ROWS["a"] - HEIGHT // 2), "ya", 1))
    for k in range(T_x, 0, -1):
        across, at = LEFT + k * GAP, 2 * (T_x - k) + 1
        parts.append(_box("a", k, f"dz = {dz[k - 1]:.4f}", at))
        parts.append(_arrow((across, ROWS["a"] + HEIGHT // 2), (across, ROWS["x"] - HEIGHT // 2), "", at + 1))
        parts.append(_box("share", k, f"{shares[k - 1]:.4f}", at + 1))
        if k > 1:
            end = across - GAP + WIDTH // 2
            parts.append(_arrow((across - WIDTH // 2, ROWS["a"]), (end, ROWS["a"]), "aa", at + 2))
    label = f"The backward pass of the last of {T_x} losses; the text below gives the numbers."
    return Stepper(parts, texts, 2 * T_x, T_x, label)


def _symbol(name: str, t: int) -> str:
    """SVG text such as a with the step <2> raised."""
    if name == "share":
        return f"share of step {t}"
    letter = {"y": "ŷ"}.get(name, name)
    return (
        f'<tspan font-style="italic">{letter}</tspan><tspan dy="-5" font-size="11">&lt;{t}&gt;</tspan>'
        '<tspan dy="5"> </tspan>'
    )


def _vector(values: Array) -> str:
    """A column as text: (0.76, 0.00)."""
    return "(" + ", ".join(f"{value + 0.0:.2f}".replace("-0.00", "0.00") for value in values) + ")"


def _box(name: str, t: int, numbers: str, at: int) -> str:
    """A named box with its numbers, which appears at moment `at`."""
    row = {"L": "y", "share": "x"}.get(name, name)
    x, y = LEFT + t * GAP, ROWS[row]
    head = ' class="numbers"' if name == "share" else ""
    return (
        f'<g class="part part-{row}" data-at="{at}"><rect x="{x - WIDTH // 2}" y="{y - HEIGHT // 2}" '
        f'width="{WIDTH}" height="{HEIGHT}" rx="8"/><text x="{x}" y="{y - 4}"{head}>{_symbol(name, t)}</text>'
        f'<text x="{x}" y="{y + 16}" class="numbers">{numbers}</text></g>'
    )


def _arrow(start: tuple[int, int], end: tuple[int, int], label: str, at: int) -> str:
    """An arrow that appears at moment `at`, its weight beside it."""
    (x1, y1), (x2, y2) = start, end
    dx, dy = float(np.sign(x2 - x1)), float(np.sign(y2 - y1))
    one, two = (x2 - 9 * dx - 5 * dy, y2 - 9 * dy - 5 * dx), (x2 - 9 * dx + 5 * dy, y2 - 9 * dy + 5 * dx)
    tip = f"{x2},{y2} {one[0]},{one[1]} {two[0]},{two[1]}"
    at_label = ((x1 + x2) // 2, y1 - 9) if dy == 0 else (x1 + 24, (y1 + y2) // 2 + 4)
    weight = f'<tspan font-style="italic">W</tspan><tspan dy="4" font-size="10">{label}</tspan>' if label else ""
    return (
        f'<g class="part" data-at="{at}"><line x1="{x1}" y1="{y1}" x2="{x2 - 6 * dx}" y2="{y2 - 6 * dy}"/>'
        f'<polygon points="{tip}"/><text x="{at_label[0]}" y="{at_label[1]}" class="weight">{weight}</text></g>'
    )
