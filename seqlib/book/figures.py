"""The book's house style: figures that are readable on light and dark pages, and by colour-blind readers.

A figure becomes an SVG inside the page. Lines and letters take the page's own text colour, so the same figure
suits both themes; the colours of COLOURS have at least three to one contrast with a white and a black page,
and curves are told apart by line style and marker as well.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import re
import wave
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

Array = npt.NDArray[Any]

INK = "#0a0b0c"  # stands for the page's text colour, which `show` puts in its place
# after Okabe and Ito: blue, vermillion, green, purple, grey
COLOURS = ("#0077bb", "#d55e00", "#00936b", "#b45a96", "#808080")
MARKERS = ("o", "s", "^", "D", "v")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)))

STYLE: Any = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 11,
    "font.size": 10,
    "lines.linewidth": 2,
    "axes.grid": False,
    "mathtext.fontset": "dejavusans",
    "svg.fonttype": "path",
    "svg.hashsalt": "seqbook",
}


class Picture:
    """A figure as the page shows it: an SVG with a text for readers who do not see it."""

    def __init__(self, svg: str, alt: str):
        self.svg = svg
        self.alt = alt

    def _repr_html_(self) -> str:
        return f'<div class="picture" tabindex="0" role="group" aria-label="figure">{self.svg}</div>'

    def __repr__(self) -> str:
        return f"<figure: {self.alt}>"


@contextmanager
def canvas(
    width: float = 7.0, height: float = 3.0, rows: int = 1, columns: int = 1, **options: Any
) -> Iterator[tuple[Figure, Any]]:
    """A figure in the house style and its axes: `with canvas(7, 3) as (figure, axes): ...`."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots(rows, columns, **options)


def show(figure: Figure, alt: str) -> Picture:
    """The figure as a Picture; `alt` says in words what is to be seen in it.

    Raises ValueError: no `alt`.
    """
    if len(alt.strip()) < 20:
        raise ValueError("alt says in a sentence what the figure shows; got " + repr(alt))
    file = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor")
    # several figures stand in one page, so their ids get a prefix of their own
    prefix = "p" + hashlib.sha256(svg.encode()).hexdigest()[:8] + "-"
    svg = re.sub(r'\b(id="|href="#|url\(#)', rf"\1{prefix}", svg)
    label = html.escape(" ".join(alt.split()), quote=True)
    width = "narrow" if figure.get_figwidth() <= 5 else "wide"  # on a telephone: fitted in, or scrolled
    svg = svg.replace("<svg ", f'<svg class="{width}" role="img" aria-label="{label}" ', 1)
    return Picture(svg, alt)


class Panel:
    """HTML that stands in the page as it is, in the page's colours."""

    def __init__(self, content: str, text: str):
        self.content = content
        self.text = text

    def _repr_html_(self) -> str:
        return f'<div class="panel">{self.content}</div>'

    def __repr__(self) -> str:
        return f"<{self.text}>"


def sound(samples: Array, rate: int, label: str) -> Panel:
    """A player for a recording, (samples,) between -1 and 1, `rate` samples a second.

    Raises ValueError: more than one axis, or nothing to hear.
    """
    if samples.ndim != 1 or not samples.size:
        raise ValueError(f"samples is a vector that is not empty; got shape {samples.shape}")
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    data = base64.b64encode(file.getvalue()).decode()
    name = html.escape(label, quote=True)
    player = f'<audio controls preload="none" aria-label="{name}" src="data:audio/wav;base64,{data}"></audio>'
    return Panel(f"<p>{html.escape(label)}</p>{player}", f"sound: {label}")


def marked(tokens: Sequence[str], labels: Sequence[int], between: str = " ") -> Panel:
    """A sequence with the elements of label 1 marked, by colour and by an underline.

    Raises ValueError: not one label a token.
    """
    pieces = []
    for token, label in zip(tokens, labels, strict=True):
        text = html.escape(token)
        pieces.append(f"<mark>{text}</mark>" if label else text)
    joined = between.join(pieces)
    joined = joined.replace(f"</mark>{between}<mark>", between)  # one mark for neighbours
    return Panel(f'<p class="sequence">{joined}</p>', between.join(tokens))


def bare(axes: Axes, x: tuple[float, float], y: tuple[float, float]) -> None:
    """Axes for a drawing: no frame, equal units."""
    axes.set_xlim(*x)
    axes.set_ylim(*y)
    axes.set_aspect("equal")
    axes.axis("off")


def node(axes: Axes, x: float, y: float, text: str, colour: str = INK, width: float = 0.9, height: float = 0.6) -> None:
    """A rounded box around (x, y) with a text in it."""
    corner = (x - width / 2, y - height / 2)
    style = "round,pad=0,rounding_size=0.12"
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, fill=False, ec=colour, lw=1.8))
    axes.text(x, y, text, ha="center", va="center", fontsize=11)


def arrow(
    axes: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    label: str = "",
    colour: str = INK,
    bend: float = 0.0,
    offset: tuple[float, float] = (0.0, 0.0),
    dashed: bool = False,
) -> None:
    """An arrow from `start` to `end`; its label stands at the middle, moved by `offset`."""
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=12,
            lw=1.6,
            color=colour,
            linestyle="--" if dashed else "-",
            shrinkA=0,
            shrinkB=0,
            connectionstyle=f"arc3,rad={bend}",
        )
    )
    if label:
        middle = ((start[0] + end[0]) / 2 + offset[0], (start[1] + end[1]) / 2 + offset[1])
        axes.text(*middle, label, ha="center", va="center", fontsize=10)


def rolled(axes: Axes, x: float = 0.0) -> None:
    """The recurrent layer as one box whose state comes back to it, drawn around x."""
    state, output, weight = COLOURS[0], COLOURS[1], COLOURS[2]
    node(axes, x, 0, "$a$", state)
    node(axes, x, 1.4, r"$\hat y$", output)
    node(axes, x, -1.4, "$x$")
    arrow(axes, (x, -1.1), (x, -0.3), "$W_{ax}$", weight, offset=(-0.42, 0))
    arrow(axes, (x, 0.3), (x, 1.1), "$W_{ya}$", weight, offset=(-0.42, 0))
    axes.plot([x + 0.45, x + 0.95, x + 0.95], [0.12, 0.12, 0.55], color=state, lw=1.6)
    axes.plot([x + 0.95, x + 0.2], [0.55, 0.55], color=state, lw=1.6)
    arrow(axes, (x + 0.2, 0.55), (x + 0.2, 0.31), colour=state)
    axes.text(x + 1.02, 0.3, "$W_{aa}$, one step later", ha="left", va="center", fontsize=10)


def unrolled(axes: Axes, steps: int = 3, x: float = 0.0, gap: float = 1.9) -> None:
    """The same layer drawn once for each step, from x to the right, with the same weights everywhere."""
    state, output, weight = COLOURS[0], COLOURS[1], COLOURS[2]
    node(axes, x, 0, "$a^{<0>}$", state)
    for t in range(1, steps + 1):
        at = x + t * gap
        node(axes, at, 0, f"$a^{{<{t}>}}$", state)
        node(axes, at, 1.4, rf"$\hat y^{{<{t}>}}$", output)
        node(axes, at, -1.4, f"$x^{{<{t}>}}$")
        arrow(axes, (at - gap + 0.45, 0), (at - 0.45, 0), "$W_{aa}$", state, offset=(0, 0.22))
        arrow(axes, (at, -1.1), (at, -0.3), "$W_{ax}$", weight, offset=(-0.42, 0))
        arrow(axes, (at, 0.3), (at, 1.1), "$W_{ya}$", weight, offset=(-0.42, 0))


def heatmap(
    axes: Axes, values: Array, rows: list[str], columns: list[str], number: str = "{:.2f}", size: float = 9
) -> None:
    """A table of numbers from 0 up, coloured by size, each number written into its cell; NaN leaves a cell blank."""
    top = max(float(np.nanmax(values)), 1e-12)
    axes.imshow(values, cmap="cividis", vmin=0.0, vmax=top, aspect="auto")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    for i, row in enumerate(values):
        for j, value in enumerate(row):
            if np.isnan(value):
                continue
            colour = "#000000" if value > 0.55 * top else "#ffffff"
            axes.text(j, i, number.format(value), ha="center", va="center", color=colour, fontsize=size)
