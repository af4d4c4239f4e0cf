"""`convolution_forward`: filters that slide over images, with stride and padding."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part


def draw(rng: Generator) -> Iterator[Inputs]:
    def given(n_c: int, m: int, rows: int, columns: int, n_k: int, k_h: int, k_w: int) -> tuple[Any, ...]:
        """Images, filters and biases, all numbers far enough from zero that none can be left out unnoticed."""
        x, K, b = (
            rng.uniform(0.5, 1.5, shape) * rng.choice([-1, 1], shape)
            for shape in ((n_c, m, rows, columns), (n_k, n_c, k_h, k_w), (n_k, 1))
        )
        return x, K, b

    yield Inputs("one channel, 5 x 7 pixels, filters of 2 x 3", given(1, 2, 5, 7, 3, 2, 3), aspect="stride 1")
    yield Inputs("n_c = 2, 6 x 5 pixels, filters of 3 x 2", given(2, 3, 6, 5, 4, 3, 2), aspect="stride 1")
    yield Inputs("all sizes equal to 3, filters of 2 x 2", given(3, 3, 3, 3, 3, 2, 2), aspect="stride 1")
    yield Inputs("stride = 2 on 7 x 9 pixels", given(2, 2, 7, 9, 3, 3, 3), {"stride": 2}, aspect="stride")
    yield Inputs(
        "stride = 3 on 9 x 8 pixels, two rows and no column left over", given(3, 1, 9, 8, 2, 1, 2), {"stride": 3}, aspect="stride"
    )  # fmt: skip
    yield Inputs("padding = 2, stride left out", given(2, 2, 4, 6, 3, 2, 3), {"padding": 2}, aspect="padding")
    yield Inputs(
        "stride = 3, padding = 1 on 6 x 8 pixels", given(2, 3, 6, 8, 2, 2, 4), {"stride": 3, "padding": 1}, aspect="padding"
    )  # fmt: skip
    yield Inputs("one filter, as large as the image", given(2, 3, 3, 4, 1, 3, 4), aspect="one filter", unusual=True)


def convolution_forward(x: np.ndarray, K: np.ndarray, b: np.ndarray, *, stride: int = 1, padding: int = 0) -> Any:
    n_k, n_c, k_h, k_w = K.shape
    m = x.shape[1]
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    rows = (x.shape[2] - k_h) // stride + 1
    columns = (x.shape[3] - k_w) // stride + 1
    z = np.zeros((n_k, m, rows, columns))
    for r in range(rows):
        for s in range(columns):
            top, left = r * stride, s * stride
            window = x[:, :, top : top + k_h, left : left + k_w]  # (n_c, m, k_h, k_w)
            z[:, :, r, s] = np.einsum("kcuv,cmuv->km", K, window) + b
    return z


PAD = "np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))"
ROWS, COLUMNS = "(x.shape[2] - k_h) // stride + 1", "(x.shape[3] - k_w) // stride + 1"
PLACE = "top, left = r * stride, s * stride"
SUM, RESULT = 'np.einsum("kcuv,cmuv->km", K, window) + b', "return z"

# fmt: off
MISTAKES = {
    "flipped": Mistake("the filters are flipped, as in the convolution of mathematics: here they lie on the image as they are.", ("K, window)", "K[:, :, ::-1, ::-1], window)")),
    "rows_flipped": Mistake("the filters are upside down: they lie on the image as they are.", ("K, window)", "K[:, :, ::-1], window)")),
    "columns_flipped": Mistake("the filters are mirrored: they lie on the image as they are.", ("K, window)", "K[..., ::-1], window)")),
    "filters_transposed": Mistake("rows and columns of the filters are swapped: K[k, c, u, v] lies on row u and column v.", ("kcuv,", "kcvu,")),
    "no_bias": Mistake("the bias is forgotten.", (") + b", ")")),
    "bias_per_channel": Mistake("the bias is added once per channel: it is added once per filter, after the sum over the channels.", (") + b", ") + n_c * b")),
    "bias_per_place": Mistake("the bias is added once per place of the filter: once, after the sum.", (") + b", ") + n_c * k_h * k_w * b")),
    "bias_of_first": Mistake("every filter gets the first one's bias.", (") + b", ") + b[0]")),
    "bias_subtracted": Mistake("the bias is subtracted.", (") + b", ") - b")),
    "bias_along_examples": Mistake("the biases are added along the examples: b[k] belongs to filter k, axis 0 of the result.", (") + b", ") + b.T")),
    "first_channel": Mistake("a filter sees the first channel alone: sum over all channels.", (SUM, 'np.einsum("kuv,muv->km", K[:, 0], window[0]) + b')),
    "mean_of_channels": Mistake("the mean over the channels is taken: it is their sum.", (") + b", ") / n_c + b")),
    "mean_of_window": Mistake("the products are averaged: they are summed.", (") + b", ") / (n_c * k_h * k_w) + b")),
    "mean_of_places": Mistake("the mean over the places of the filter is taken: it is the sum.", (") + b", ") / (k_h * k_w) + b")),
    "relu": Mistake("negative results are cut off: max(0, z) comes later and is not part of this function.", (RESULT, "return np.maximum(z, 0)")),
    "tanh": Mistake("tanh is applied: this function returns z itself.", (RESULT, "return np.tanh(z)")),
    "maximum": Mistake("the largest product of a window is taken, as in pooling: the products are summed.",
        (SUM, "(K[:, :, None] * window).max(axis=(1, 3, 4)) + b")),
    "other_default": Mistake("stride is 1 where none is given.", ("stride: int = 1", "stride: int = 2")),
    "stride_ignored": Mistake("`stride` is ignored: the filter moves by so many pixels at a time.", (ROWS, "x.shape[2] - k_h + 1"), (COLUMNS, "x.shape[3] - k_w + 1"), (PLACE, "top, left = r, s")),
    "stride_in_size_alone": Mistake("the result has the right size, but the filter moves by one pixel: place (r, s) begins at row r stride and column s stride.", (PLACE, "top, left = r, s")),
    "stride_in_place_alone": Mistake("the filter moves by `stride`, and the result is as large as with stride 1: what does not fit is no place.",
        (ROWS, "x.shape[2] - k_h + 1"), (COLUMNS, "x.shape[3] - k_w + 1"), ("    for r", "    x = np.pad(x, ((0, 0), (0, 0), (0, stride * rows), (0, stride * columns)))\n    for r")),
    "stride_of_rows": Mistake("`stride` is used for the rows alone: columns move by as much.", (COLUMNS, "x.shape[3] - k_w + 1"), (PLACE, "top, left = r * stride, s")),
    "stride_of_columns": Mistake("`stride` is used for the columns alone: rows move by as much.", (ROWS, "x.shape[2] - k_h + 1"), (PLACE, "top, left = r, s * stride")),
    "columns_next_to_each_other": Mistake("the columns move by one pixel: place (r, s) begins at row r stride and column s stride.", (PLACE, "top, left = r * stride, s")),
    "rows_next_to_each_other": Mistake("the rows move by one pixel: place (r, s) begins at row r stride and column s stride.", (PLACE, "top, left = r, s * stride")),
    "moves_by_filter": Mistake("the filter moves by its own size: it moves by `stride`.",
        (ROWS, "x.shape[2] // k_h"), (COLUMNS, "x.shape[3] // k_w"), (PLACE, "top, left = r * k_h, s * k_w")),
    "size_without_one": Mistake("the last row and column of places are missing: the size is (n_h + 2 padding - k_h) // stride + 1.", (ROWS, "(x.shape[2] - k_h) // stride"), (COLUMNS, "(x.shape[3] - k_w) // stride")),
    "size_divided_first": Mistake("the size is n_h // stride - k_h + 1: subtract the filter's size first, then divide.", (ROWS, "x.shape[2] // stride - k_h + 1"), (COLUMNS, "x.shape[3] // stride - k_w + 1")),
    "size_over_stride": Mistake("the size is (n_h - k_h + 1) // stride: divide n_h - k_h first, then add 1.", (ROWS, "(x.shape[2] - k_h + 1) // stride"), (COLUMNS, "(x.shape[3] - k_w + 1) // stride")),
    "size_rounded_up": Mistake("places where the filter does not fit whole are counted: the division rounds down.",
        (ROWS, "-(-(x.shape[2] - k_h) // stride) + 1"), (COLUMNS, "-(-(x.shape[3] - k_w) // stride) + 1"),
        ("    for r", "    x = np.pad(x, ((0, 0), (0, 0), (0, stride), (0, stride)))\n    for r")),
    "padding_ignored": Mistake("`padding` is ignored: so many rows and columns of zeros go around the image.", (PAD, "x")),
    "image_lost": Mistake("without padding the image is lost: the slice padding:-padding is empty where padding is 0. Write padding : padding + n_h.", (PAD, f"{PAD} * (padding > 0)")),
    "padding_counted_only": Mistake("the zeros are below and to the right of the image alone, or only counted in its size: they go above and below, to the left and to the right.", (PAD, "np.pad(x, ((0, 0), (0, 0), (0, 2 * padding), (0, 2 * padding)))")),
    "padding_on_one_side": Mistake("the zeros are put on one side alone: they go above and below, to the left and to the right.", (PAD, "np.pad(x, ((0, 0), (0, 0), (padding, 0), (padding, 0)))")),
    "padding_of_rows": Mistake("only rows are padded: columns are, too.", (PAD, "np.pad(x, ((0, 0), (0, 0), (padding, padding), (0, 0)))")),
    "padding_of_columns": Mistake("only columns are padded: rows are, too.", (PAD, "np.pad(x, ((0, 0), (0, 0), (0, 0), (padding, padding)))")),
    "padding_everywhere": Mistake("channels and examples are padded as well: only rows and columns are, the last two axes.", (PAD, "np.pad(x, padding)")),
    "padding_by_filter": Mistake("so many zeros are put around the image as half the filter has rows and columns: it is `padding` of them, whatever the filter's size.",
        (PAD, "np.pad(x, ((0, 0), (0, 0), (k_h // 2, k_h // 2), (k_w // 2, k_w // 2))) if padding else x")),
    "padding_behind_stride": Mistake("the padding is added behind the division, (n_h - k_h) // stride + 1 + 2 padding: it makes the image larger, so it is added before, n_h + 2 padding - k_h.",
        (ROWS, "(x.shape[2] - 2 * padding - k_h) // stride + 1 + 2 * padding"), (COLUMNS, "(x.shape[3] - 2 * padding - k_w) // stride + 1 + 2 * padding"),
        ("    for r", "    x = np.pad(x, ((0, 0), (0, 0), (0, stride * rows), (0, stride * columns)))\n    for r")),
    "padding_with_edge": Mistake("the padding repeats the border: it is zeros.", (PAD, 'np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), mode="edge")')),
    "padding_with_mirror": Mistake("the padding mirrors the image: it is zeros.", (PAD, 'np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), mode="reflect")')),
    "padding_with_ones": Mistake("the padding is ones: it is zeros.", (PAD, "np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)), constant_values=1)")),
    "rows_and_columns_swapped": Mistake("rows and columns of the result are swapped.", (RESULT, "return z.swapaxes(2, 3)")),
    "columns_of_rows": Mistake("there are as many columns of places as rows: count them by the columns of image and filter, n_w and k_w.", (COLUMNS, "rows")),
    "examples_first": Mistake("the examples are the first axis, as in PyTorch: here it is the filters', (n_k, m, n_h', n_w').", (RESULT, "return z.swapaxes(0, 1)")),
    "square_filter": Mistake("the filter's rows are counted as many as its columns: it is k_h x k_w, and the two may differ.", ("k_h, k_w = K.shape", "k_h, _ = K.shape\n    k_w = k_h")),
    "square_part": Mistake("the filter is taken for square, and what sticks out is cut off: it is k_h x k_w, and the two may differ.",
        ("k_h, k_w = K.shape", "k_h, k_w = K.shape\n    k_h = k_w = min(k_h, k_w)\n    K = K[:, :, :k_h, :k_w]")),
    "same_window": Mistake("one window is used for all places: is the window's beginning computed inside the loops?", (PLACE, "top, left = 0, 0")),
    "first_row": Mistake("only the first row of places is filled in: is the return, or a break, inside the loop?", ("for r in range(rows)", "for r in range(1)")),
    "filter_axis_lost": Mistake("with one filter its axis is lost: the result has four axes, (n_k, m, n_h', n_w'), also where n_k is 1.", (RESULT, "return z[0] if n_k == 1 else z")),
    "first_example": Mistake("only the first example is filled in.", (RESULT, "return z * (np.arange(m) == 0)[:, None, None]")),
}
# fmt: on

EXERCISE = Exercise(
    right=convolution_forward,
    draw=draw,
    visible=2,
    hidden=4,
    mistakes=MISTAKES,
    parts=(Part("z", axes=("n_k", "m", "n_h'", "n_w'")),),
)
