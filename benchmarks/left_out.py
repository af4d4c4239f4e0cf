"""What makes seqlib.fast fast: its training step with one of three things left out at a time, and with all three.

    python -m benchmarks.left_out

- *input*: the input's share of all steps is one product, before the loop and after it on the way back; left out: one product a step.
- *gradients*: the gradient of a weight is one product of all steps; left out: a product a step, added up.
- *memory*: time comes first, a step is one block of memory that is used again; left out: arrays (n, m, T_x), new in every step.

Measured in CPU time on one thread, so that other work on the machine does not count. A round runs all variants in turn; of the
ratios of several rounds the lowest, the middle and the highest go into benchmarks/results/left_out.json.
"""

from __future__ import annotations

import os

for _name in () if __name__ != "__main__" else ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import argparse
import json
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

import numpy as np

from benchmarks.training_step import CELLS, SIZES, medians, middle, problem, seqlib_step
from seqlib.fast import gru, layout, lstm, output, rnn

RESULT = Path(__file__).parent / "results" / "left_out.json"
CASES = ((SIZES[1], np.float32), (SIZES[1], np.float64), (SIZES[2], np.float32))
RECURRENT = (rnn, gru, lstm)
Array = np.ndarray


def product_by_step(x: Array, weights: Array, bias: Array | None = None, out: Array | None = None) -> Array:
    """As layout.product, a step of time at a time."""
    out = layout.empty((*x.shape[:2], len(weights)), x.dtype) if out is None else out
    for step, rows in zip(out, x, strict=True):
        step[...] = rows @ weights.T
        if bias is not None:
            step += bias.T
    return out


def gradient_by_step(dz: Array, x: Array) -> Array:
    """As layout.weight_gradient, a step of time at a time."""
    total = np.zeros((dz.shape[2], x.shape[2]), dz.dtype)
    for step, rows in zip(dz, x, strict=True):
        total += step.T @ rows
    return total


def empty_by_column(shape: tuple[int, ...], dtype: object) -> Array:
    """As memory.empty, in new memory in which the last three axes lie the other way round: the steps of one number side by side."""
    *first, T_x, m, n = shape
    return np.empty((*first, n, m, T_x), dtype).swapaxes(-1, -3)  # type: ignore[call-overload]


def product_by_column(x: Array, weights: Array, bias: Array | None = None, out: Array | None = None) -> Array:
    """As layout.product, into such memory."""
    result = np.tensordot(x, weights, axes=(2, 1))
    if bias is not None:
        result += bias.T
    out = empty_by_column(result.shape, x.dtype) if out is None else out
    out[...] = result
    return out


def rows_by_column(x: Array) -> Array:
    """As layout.time_major, without a copy: the array as it came."""
    return x.transpose(2, 1, 0)


BY_COLUMN = {"empty": empty_by_column, "product": product_by_column, "time_major": rows_by_column}
# what stands in whose place: function, and the modules that use it
LEFT_OUT: dict[str, list[tuple[ModuleType, str, Callable]]] = {
    "input": [(module, "product", product_by_step) for module in RECURRENT],
    "gradients": [(module, "weight_gradient", gradient_by_step) for module in (*RECURRENT, output)],
    "memory": [
        (module, name, function)
        for module in (*RECURRENT, output)
        for name, function in BY_COLUMN.items()
        if hasattr(module, name)
    ],
}
# with all three left out, the input's product is by step and into memory by column
LEFT_OUT["all three"] = [*LEFT_OUT["memory"], *LEFT_OUT["gradients"], *LEFT_OUT["input"]]
LEFT_OUT["all three"].append((layout, "empty", empty_by_column))


@contextmanager
def without(name: str) -> Iterator[None]:
    """seqlib.fast with something left out, by its name in LEFT_OUT."""
    with ExitStack() as stack:
        for module, attribute, function in LEFT_OUT[name]:
            stack.enter_context(patch.object(module, attribute, function))
        yield


def left_out_step(name: str, step: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        with without(name):
            step()

    return run


def rounds(
    cell: str, size: tuple[int, int, int, int], dtype: type, seconds: float, count: int
) -> dict[str, dict[str, float]]:
    """For each variant the ratio of its time to that of seqlib.fast: the middle of the rounds, the lowest and the highest."""
    p, x, targets = problem(cell, size, dtype)
    step = seqlib_step(cell, p, x, targets)
    steps = {"seqlib": step} | {name: left_out_step(name, step) for name in LEFT_OUT}
    times = [medians(steps, seconds, time.process_time) for _ in range(count)]
    return {name: middle([round(one[name] / one["seqlib"], 3) for one in times]) for name in LEFT_OUT}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each round of a cell, size and dtype")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    rows = []
    for cell in CELLS:
        for size, dtype in CASES:
            ratios = rounds(cell, size, dtype, options.seconds, options.rounds)
            rows.append({"cell": cell, "size": size, "dtype": dtype.__name__, "ratios": ratios})
            print(cell, size, dtype.__name__, ratios, flush=True)
    about = {"python": platform.python_version(), "numpy": np.__version__, "machine": platform.machine()}
    RESULT.write_text(json.dumps({"about": about, "threads": 1, "clock": "CPU time", "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
