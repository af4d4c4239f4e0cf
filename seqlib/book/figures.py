"""The book's house style: figures that are readable on light and dark pages, and by colour-blind readers.

A figure becomes an SVG inside the page. Lines and letters take the page's own text colour, so the same figure
suits both themes; the colours of COLOURS have at least three to one contrast with a white and a black page,
and curves are told apart by line style and marker as well.

One look for all, which `show` gives a figure when it is finished: the page's own fonts; what the vertical axis measures stands
level above it, not on its side; curves are named where they end, so that nobody looks up a legend; panels that stand side by
side on a desk stand below each other on a telephone. A panel is at most five inches wide, so that it fits there.
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
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from matplotlib.transforms import Bbox

Array = npt.NDArray[Any]

INK = "#0a0b0c"  # stands for the page's text colour, which `show` puts in its place
# after Okabe and Ito: blue, vermillion, green, purple, grey
COLOURS = ("#0077bb", "#d55e00", "#00936b", "#b45a96", "#808080")
MARKERS = ("o", "s", "^", "D", "v")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)))

# the page's fonts, where book/fetch_assets.py has put them; elsewhere, as in a learner's notebook, Matplotlib's own
FONTS = sorted((Path(__file__).parents[2] / "book" / "_vendor" / "figures").glob("*.ttf"))
for _font in FONTS:
    font_manager.fontManager.addfont(_font)
NARROW = 5.0  # inches: what fits on a telephone without being scrolled
LINE = 13.0  # points between the middles of two labels

STYLE: Any = {
    "font.family": [*(["Book Text"] if FONTS else []), "DejaVu Sans"],
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
    "axes.titlesize": 12,
    "axes.titleweight": "bold",
    "axes.labelsize": 11,
    "font.size": 11,
    "lines.linewidth": 2,
    "lines.markersize": 5,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": INK,
    "grid.alpha": 0.12,
    "grid.linewidth": 0.8,
    "axes.linewidth": 0.8,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "ytick.minor.size": 0,
    "mathtext.fontset": "cm",  # the formulas of the page are set in the same
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
    width: float = NARROW, height: float = 3.0, rows: int = 1, columns: int = 1, **options: Any
) -> Iterator[tuple[Figure, Any]]:
    """A figure in the house style and its axes: `with canvas(5, 3) as (figure, axes): ...`."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots(rows, columns, **options)


def show(figure: Figure, alt: str) -> Picture:
    """The figure as a Picture, in the house's look; `alt` says in words what is to be seen in it.

    A legend of curves becomes labels where they end (`label_lines`). Raises ValueError: no `alt`.
    """
    if len(alt.strip()) < 20:
        raise ValueError("alt says in a sentence what the figure shows; got " + repr(alt))
    label = html.escape(" ".join(alt.split()), quote=True)
    with mpl.rc_context(STYLE):
        for axes in figure.axes:
            _finish(axes)
        rows = _panels(figure)
        if not rows:
            return Picture(_svg(figure, f'role="img" aria-label="{label}"'), alt)
        parts = []
        for row in rows:
            svgs = []
            for panel, box in row:
                for axes in figure.axes:
                    axes.set_visible(axes is panel)
                svgs.append(_svg(figure, f'aria-hidden="true" style="--share: {box.width:.2f}"', box))
            parts.append(f'<div class="panels">{"".join(svgs)}</div>')
    return Picture(f'<div role="img" aria-label="{label}">{"".join(parts)}</div>', alt)


def _svg(figure: Figure, attributes: str, box: Bbox | None = None) -> str:
    """The figure, or what lies in a box of it in inches, as the text of an SVG without colours of its own for letters."""
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None}, bbox_inches=box)
    svg = file.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor")
    # several figures stand in one page, so their ids get a prefix of their own
    prefix = "p" + hashlib.sha256(svg.encode()).hexdigest()[:8] + "-"
    svg = re.sub(r'\b(id="|href="#|url\(#)', rf"\1{prefix}", svg)
    width = figure.get_figwidth() if box is None else box.width
    name = "narrow" if width <= NARROW + 0.01 else "wide"  # on a telephone: fitted in, or scrolled
    if figure.legends or any(axes.get_legend() for axes in figure.axes):
        name += " keyed"  # a legend is left
    return svg.replace("<svg ", f'<svg class="{name}" {attributes} ', 1)


def _finish(axes: Axes) -> None:
    """The house's look for axes that are drawn: labels for a legend, a level label above the axis, panels that stand alone."""
    if not axes.axison or not axes.get_visible():
        return
    if axes.images:
        axes.grid(False)
    legend = axes.get_legend()
    if legend is not None and all(isinstance(handle, Line2D) for handle in legend.legend_handles):
        legend.remove()
        label_lines(axes)
    measured, title = axes.get_ylabel(), axes.get_title()
    axes.set_title("")
    if measured:
        axes.set_ylabel("")
        up: Any = {"xytext": (0, 7), "textcoords": "offset points", "ha": "left", "va": "bottom"}
        axes.annotate(measured, (0, 1), xycoords="axes fraction", fontsize=mpl.rcParams["axes.labelsize"], **up)
    if title or axes.get_title(loc="left"):
        axes.set_title(title or axes.get_title(loc="left"), loc="left", pad=24 if measured else 7)
    if len(axes.get_shared_y_axes().get_siblings(axes)) > 1:
        axes.tick_params(labelleft=True)


def _panels(figure: Figure) -> list[list[tuple[Axes, Bbox]]]:
    """The rows of panels that can stand below each other, each panel with its box in inches; none where all is one piece."""
    axes = [one for one in figure.axes if one.get_visible()]
    places = [place for one in axes if (place := one.get_subplotspec()) is not None]
    columns = {(place.rowspan.start, place.num1) for place in places if len(place.rowspan) == len(place.colspan) == 1}
    beside = any(place.get_gridspec().ncols > 1 for place in places)
    if not beside or len(columns) < len(axes) or len(axes) < 2 or figure.texts or figure.legends:
        return []
    figure.draw_without_rendering()
    figure.set_layout_engine("none")
    rows: dict[int, list[tuple[Axes, Bbox]]] = {}
    for one, place in zip(axes, places, strict=True):
        box = _box_of(one).transformed(figure.dpi_scale_trans.inverted())
        rows.setdefault(place.rowspan.start, []).append((one, box))
    return [_level(row) for _, row in sorted(rows.items())]


def _level(row: list[tuple[Axes, Bbox]]) -> list[tuple[Axes, Bbox]]:
    """The boxes of a row, all from the lowest to the highest of them, with a little room around."""
    low, high = min(box.y0 for _, box in row) - 0.03, max(box.y1 for _, box in row) + 0.03
    return [(axes, Bbox([[box.x0 - 0.05, low], [box.x1 + 0.05, high]])) for axes, box in row]


def _box_of(axes: Axes) -> Bbox:
    """What axes cover with their labels, in pixels; a drawing without axes covers all of its place."""
    tight = axes.get_tightbbox()
    return Bbox.union([axes.get_window_extent(), *([] if tight is None else [tight])])


def label_lines(axes: Axes) -> None:
    """Write the name of every curve that has a label beside its right end; names that would touch move apart.

    Call it when everything is drawn and both axes have their limits.
    """
    figure = axes.get_figure(root=True)
    assert figure is not None  # axes of a canvas
    figure.draw_without_rendering()
    ends = []
    for line in axes.lines:
        if str(line.get_label()).startswith("_"):
            continue
        points = np.column_stack([np.asarray(values, dtype=float) for values in line.get_data()])
        points = points[np.isfinite(points).all(axis=1)]
        seen = axes.transData.transform(points)
        last = int(seen[:, 0].argmax())
        ends.append((seen[last, 1], line, points[last]))
    ends.sort(key=lambda end: end[0])
    level = _apart(np.array([end[0] for end in ends]), LINE * figure.dpi / 72)
    for (height, line, point), to in zip(ends, level, strict=True):
        leader = {"arrowstyle": "-", "color": line.get_color(), "lw": 1.2, "shrinkA": 1, "shrinkB": 3}
        place: Any = {"xytext": (14, (to - height) * 72 / figure.dpi), "textcoords": "offset points", "va": "center"}
        axes.annotate(str(line.get_label()), tuple(point), arrowprops=leader, annotation_clip=False, **place)


def _apart(heights: Array, gap: float) -> Array:
    """Sorted heights moved as little as needed so that neighbours are at least `gap` apart: (n,) to (n,)."""
    groups: list[tuple[float, int]] = []  # the middle of a group and how many heights it has
    for height in heights:
        group = (float(height), 1)
        while groups and group[0] - groups[-1][0] < gap * (group[1] + groups[-1][1]) / 2:
            (before, n), (middle, k) = groups.pop(), group
            group = ((n * before + k * middle) / (n + k), n + k)
        groups.append(group)
    return np.array([middle + gap * (i - (n - 1) / 2) for middle, n in groups for i in range(n)])


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


def aligned(sentences: Sequence[Sequence[tuple[str, float]]], until: int = 0) -> Panel:
    """Sentences below each other, word by word (beside each other on a telephone), each word shaded by its number from 0 to 1.

    A line marks the end of the first `until` words. Raises ValueError: no sentence, or a number that is no share.
    """
    if not sentences or not all(0 <= share <= 1 for sentence in sentences for _, share in sentence):
        raise ValueError("sentences: at least one, each of pairs (word, number from 0 to 1)")
    lists = []
    for sentence in sentences:
        words = "".join(
            f'<li style="--shade: {55 * share:.0f}%"{" class=until" if t == until else ""}>'
            f"<span>{html.escape(word)}</span> <small>{share:.2f}</small></li>"
            for t, (word, share) in enumerate(sentence, 1)
        )
        lists.append(f"<ol>{words}</ol>")
    longest = max(len(sentence) for sentence in sentences)
    text = "; ".join(" ".join(word for word, _ in sentence) for sentence in sentences)
    return Panel(f'<div class="aligned" style="--steps: {longest}">{"".join(lists)}</div>', text)


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
    axes: Axes, values: Array, rows: list[str], columns: list[str], number: str = "{:.2f}", size: float = 9.5
) -> None:
    """A table of numbers from 0 up, shaded by size, each number written into its cell; NaN leaves a cell blank."""
    top = max(float(np.nanmax(values)), 1e-12)
    axes.set(xlim=(-0.5, len(columns) - 0.5), ylim=(len(rows) - 0.5, -0.5))
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.grid(False)
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0)
    for (i, j), value in np.ndenumerate(values):
        if not np.isnan(value):
            shade = (
                0.06 + 0.56 * max(float(value), 0.0) / top
            )  # letters in the text colour stay readable on it, in both themes
            axes.add_patch(Rectangle((j - 0.48, i - 0.47), 0.96, 0.94, fc=COLOURS[0], alpha=shade, lw=0))
            axes.text(j, i, number.format(value), ha="center", va="center", fontsize=size)
