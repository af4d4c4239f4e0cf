"""The unrolled network as a figure that the reader steps through, without a kernel.

The drawing is complete without JavaScript; book/_static/unrolled.js adds the buttons and shows one step after
another. Numbers and texts come from the caller, who computed them.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

GAP = 170  # pixels between two steps
LEFT = 60
ROWS = {"y": 45, "a": 150, "x": 255}
BOX = (104, 50)


def _symbol(name: str, t: int) -> str:
    """SVG text such as a with the step <2> raised."""
    letter = {"y": "ŷ"}.get(name, name)
    return (
        f'<tspan font-style="italic">{letter}</tspan><tspan dy="-5" font-size="11">&lt;{t}&gt;</tspan>'
        '<tspan dy="5"> </tspan>'
    )


def _vector(values: Array) -> str:
    """A column as text: (0.76, 0.00)."""
    return "(" + ", ".join(f"{value + 0.0:.2f}".replace("-0.00", "0.00") for value in values) + ")"


def _box(name: str, t: int, values: Array, at: int) -> str:
    """A named box with its numbers, which appears at moment `at`."""
    x, y = LEFT + t * GAP, ROWS[name]
    width, height = BOX
    return (
        f'<g class="part part-{name}" data-at="{at}"><rect x="{x - width // 2}" y="{y - height // 2}" '
        f'width="{width}" height="{height}" rx="8"/><text x="{x}" y="{y - 4}">{_symbol(name, t)}</text>'
        f'<text x="{x}" y="{y + 16}" class="numbers">{_vector(values)}</text></g>'
    )


def _arrow(start: tuple[int, int], end: tuple[int, int], label: str, at: int) -> str:
    """An arrow that appears at moment `at`, its weight beside it."""
    (x1, y1), (x2, y2) = start, end
    dx, dy = float(np.sign(x2 - x1)), float(np.sign(y2 - y1))
    one, two = (x2 - 9 * dx - 5 * dy, y2 - 9 * dy - 5 * dx), (x2 - 9 * dx + 5 * dy, y2 - 9 * dy + 5 * dx)
    tip = f"{x2},{y2} {one[0]},{one[1]} {two[0]},{two[1]}"
    at_label = ((x1 + x2) // 2, y1 - 9) if dy == 0 else (x1 + 24, (y1 + y2) // 2 + 4)
    return (
        f'<g class="part" data-at="{at}"><line x1="{x1}" y1="{y1}" x2="{x2 - 6 * dx}" y2="{y2 - 6 * dy}"/>'
        f'<polygon points="{tip}"/><text x="{at_label[0]}" y="{at_label[1]}" class="weight">'
        f'<tspan font-style="italic">W</tspan><tspan dy="4" font-size="10">{label}</tspan></text></g>'
    )


class Stepper:
    """x (n_x, T_x), a0 (n_a,), a (n_a, T_x), y_hat (n_y, T_x): three moments a step, each with a sentence.

    texts: 3 T_x + 1 sentences; the first is shown before anything has happened.
    Raises ValueError: a number of texts that does not fit.
    """

    def __init__(self, x: Array, a0: Array, a: Array, y_hat: Array, texts: Sequence[str]):
        self.x, self.a0, self.a, self.y_hat = x, a0, a, y_hat
        self.texts = list(texts)
        self.steps = x.shape[1]
        if len(self.texts) != 3 * self.steps + 1:
            wanted = f"{3 * self.steps + 1} sentences for {self.steps} steps"
            raise ValueError(f"texts: {wanted}; got {len(texts)}")

    def _svg(self) -> str:
        width, height = LEFT + self.steps * GAP + 70, 300
        half_w, half_h = BOX[0] // 2, BOX[1] // 2
        parts = [_box("a", 0, self.a0, 0)]
        for t in range(1, self.steps + 1):
            x, at = LEFT + t * GAP, 3 * t - 2
            parts.append(_box("x", t, self.x[:, t - 1], at))
            parts.append(_arrow((x, ROWS["x"] - half_h), (x, ROWS["a"] + half_h), "ax", at + 1))
            parts.append(_arrow((x - GAP + half_w, ROWS["a"]), (x - half_w, ROWS["a"]), "aa", at + 1))
            parts.append(_box("a", t, self.a[:, t - 1], at + 1))
            parts.append(_arrow((x, ROWS["a"] - half_h), (x, ROWS["y"] + half_h), "ya", at + 2))
            parts.append(_box("y", t, self.y_hat[:, t - 1], at + 2))
        label = f"A recurrent network unrolled over {self.steps} steps; the text below tells its numbers."
        return (
            f'<svg role="img" aria-label="{label}" viewBox="0 0 {width} {height}" width="{width}" '
            f'height="{height}">{"".join(parts)}</svg>'
        )

    def _repr_html_(self) -> str:
        items = "".join(f"<li>{text}</li>" for text in self.texts)
        return (
            f'<div class="stepper" data-moments="{3 * self.steps}">'
            f'<div class="picture" tabindex="0" role="group" aria-label="figure">{self._svg()}</div>'
            f'<ol class="stepper-texts" start="0">{items}</ol></div>'
        )

    def __repr__(self) -> str:
        return html.unescape(f"<the unrolled network in {self.steps} steps>")
