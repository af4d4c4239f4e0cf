"""One training step (forward, loss, backward, clip, Adam) of seqlib.fast beside four rivals, in one run.

`python -m benchmarks.training_step` writes benchmarks/results/training_step.json and prints a table of ratios: how many
times as long the rival takes (above 1: seqlib.fast is faster). Medians of interleaved runs, on two threads, in several rounds:
the middle round counts, and the lowest and the highest are stored with it.
`python -m benchmarks.training_step --cpu` measures the same in CPU time on one thread, so that other work on the machine does not
count, and writes training_step_cpu.json: the numbers of the page "What a training step costs".
`python -m benchmarks.training_step --loops` measures, in CPU time on one thread, how many times as long the functions take that
a learner opens, seqlib.rnn_forward and the like, which check their arguments in every step; it leaves the rest of the file alone.
"""

from __future__ import annotations

import os
import sys

THREADS = 1 if {"--loops", "--cpu"} & set(sys.argv) else 2
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, str(THREADS))

import argparse
import json
import platform
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np

import seqlib
from benchmarks import plain
from seqlib import fast
from seqlib.fast.layout import product, time_major, transposable, weight_gradient
from seqlib.fast.memory import release

SIZES = ((25, 32, 32, 64), (50, 32, 64, 128), (100, 64, 128, 256))
CELLS = ("rnn", "gru", "lstm")
ROUNDS = 5
RESULT = Path(__file__).parent / "results" / "training_step.json"
CPU_RESULT = RESULT.with_name("training_step_cpu.json")
Clock = Callable[[], float]


def problem(cell: str, size: tuple[int, int, int, int], dtype: type) -> tuple[dict, np.ndarray, np.ndarray]:
    """Parameters, inputs and targets; as many classes as inputs."""
    T_x, m, n_x, n_a = size
    rng = np.random.default_rng(0)
    p = seqlib.initialise_cell(cell, n_x, n_a, rng, n_y=n_x)
    # no bias is zero, so that a wrong one would show
    p = {name: rng.normal(size=value.shape) / np.sqrt(value.shape[1] * 4) for name, value in p.items()}
    p = {name: value.astype(dtype) for name, value in p.items()}
    return p, rng.normal(size=(n_x, m, T_x)).astype(dtype), rng.integers(0, n_x, size=(m, T_x))


def numpy_gradients(
    cell: str, x: np.ndarray, targets: np.ndarray, p: dict, functions: ModuleType = fast
) -> tuple[float, dict]:
    """Forward, loss and backward of seqlib.fast, or of seqlib itself: the loss and the gradients."""
    start = np.zeros((p["Wya" if cell == "rnn" else "Wy"].shape[1], x.shape[1]), x.dtype)
    a, logits, *_, caches = getattr(functions, f"{cell}_forward")(x, start, p, logits=True)
    loss, dlogits = functions.sequence_cross_entropy(logits, targets)
    out = functions.output_backward(dlogits, a, p)
    return loss, {**getattr(functions, f"{cell}_backward")(out.pop("da"), caches), **out}


def seqlib_step(
    cell: str, p: dict, x: np.ndarray, targets: np.ndarray, functions: ModuleType = fast
) -> Callable[[], None]:
    p = {name: value.copy() for name, value in p.items()}
    adam = seqlib.Adam()

    def step() -> None:
        _, gradients = numpy_gradients(cell, x, targets, p, functions)
        adam.update(p, seqlib.clip_by_norm({"d" + name: gradients["d" + name] for name in p}, 1.0))

    return step


def loops_step(cell: str, p: dict, x: np.ndarray, targets: np.ndarray) -> Callable[[], None]:
    """The plain loops of seqlib."""
    return seqlib_step(cell, p, x, targets, seqlib)


def plain_step(cell: str, p: dict, x: np.ndarray, targets: np.ndarray) -> Callable[[], None]:
    p = {name: value.copy() for name, value in p.items()}
    adam = seqlib.Adam()

    def step() -> None:
        _, gradients = getattr(plain, cell)(x, targets, p)
        adam.update(p, seqlib.clip_by_norm(gradients, 1.0))

    return step


def torch_nn_step(cell: str, p: dict, x: np.ndarray, targets: np.ndarray) -> Callable[[], None]:
    import torch

    dtype = torch.float32 if x.dtype == np.float32 else torch.float64
    n_x, n_a = x.shape[0], next(iter(p.values())).shape[0]
    net = getattr(torch.nn, cell.upper())(n_x, n_a, dtype=dtype)
    out = torch.nn.Linear(n_a, n_x, dtype=dtype)
    parameters = [*net.parameters(), *out.parameters()]
    adam = torch.optim.Adam(parameters)
    inputs, labels = torch.tensor(time_major(x)), torch.tensor(targets.T.copy())

    def step() -> None:
        adam.zero_grad()
        logits = out(net(inputs)[0])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), reduction="sum") / x.shape[1]
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()

    return step


def torch_explicit_step(cell: str, p: dict, x: np.ndarray, targets: np.ndarray) -> Callable[[], None]:
    """The cells of seqlib.torch as they are written out, a step of time at a time, with autograd."""
    import torch

    from seqlib import torch as seqlib_torch

    dtype = torch.float32 if x.dtype == np.float32 else torch.float64
    n_a = p["Wya" if cell == "rnn" else "Wy"].shape[1]
    net = getattr(seqlib_torch, cell.upper())(len(x), n_a, implementation="explicit", dtype=dtype)
    out = seqlib_torch.Output(n_a, len(x), rng=np.random.default_rng(0), dtype=dtype)
    parameters = [value for value in (*net.parameters(), *out.parameters()) if value.requires_grad]
    adam = torch.optim.Adam(parameters)
    inputs, labels = torch.tensor(x), torch.tensor(targets)

    def step() -> None:
        adam.zero_grad()
        seqlib_torch.sequence_cross_entropy(out(net(inputs)[0]), labels).backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        adam.step()

    return step


def products_step(cell: str, p: dict, x: np.ndarray, targets: np.ndarray) -> Callable[[], None]:
    """The limit: the step's matrix products and nothing else, each in the best shape that the recurrence allows."""
    rows = time_major(x)
    T_x, m, n_x = rows.shape
    W_y = p["Wya" if cell == "rnn" else "Wy"]
    n_a = W_y.shape[1]
    sets = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    rng = np.random.default_rng(0)
    W_x, W_a = rng.normal(size=(sets * n_a, n_x)).astype(x.dtype), rng.normal(size=(sets * n_a, n_a)).astype(x.dtype)
    recurrent = (
        [np.ascontiguousarray(W_a.T)]
        if cell != "gru"
        else [np.ascontiguousarray(W_a[: 2 * n_a].T), np.ascontiguousarray(W_a[2 * n_a :].T)]
    )
    back = [transposable(W_a)] if cell != "gru" else [transposable(W_a[: 2 * n_a]), transposable(W_a[2 * n_a :])]
    a = rng.normal(size=(T_x, m, n_a)).astype(x.dtype)
    dz = rng.normal(size=(T_x, m, sets * n_a)).astype(x.dtype)
    pieces = (
        [dz]
        if cell != "gru"
        else [np.ascontiguousarray(dz[:, :, : 2 * n_a]), np.ascontiguousarray(dz[:, :, 2 * n_a :])]
    )
    dy = rng.normal(size=(T_x, m, n_x)).astype(x.dtype)

    def step() -> None:
        product(rows, W_x)
        for t in range(T_x):
            for W in recurrent:
                a[t] @ W
        product(a, W_y)
        product(dy, W_y.T)
        weight_gradient(dy, a)
        for t in range(T_x):
            for piece, W in zip(pieces, back, strict=True):
                piece[t] @ W
        weight_gradient(dz, a)
        weight_gradient(dz, rows)
        product(dz, W_x.T)

    return step


RIVALS = {"plain": plain_step, "torch.nn": torch_nn_step, "explicit": torch_explicit_step, "products": products_step}


def medians(
    steps: dict[str, Callable[[], object]], seconds: float, clock: Clock = time.perf_counter, least: int = 9
) -> dict[str, float]:
    """The median time of each: some runs of each in turn, until the time is up and there are `least` of each.

    The first run of a turn is not counted: the threads of the rival before still wait for work, and caches hold its arrays.
    """
    times: dict[str, list[float]] = {name: [] for name in steps}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(next(iter(times.values()))) < least:
        for name, step in steps.items():
            step()
            for _ in range(3):
                start = clock()
                step()
                times[name].append(clock() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def memory(cell: str, size: tuple[int, int, int, int]) -> int:
    """The peak of memory in bytes that one forward and backward pass asks for."""
    p, x, targets = problem(cell, size, np.float64)
    release()
    tracemalloc.start()
    numpy_gradients(cell, x, targets, p)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def middle(values: list[float]) -> dict[str, float]:
    """The middle of several rounds, the lowest and the highest."""
    return {"middle": statistics.median(values), "low": min(values), "high": max(values)}


def repeated(steps: dict[str, Callable[[], object]], seconds: float, clock: Clock) -> list[dict[str, float]]:
    """The medians of each of several rounds."""
    least = 9 if clock is time.perf_counter else 3  # CPU time varies less
    return [medians(steps, seconds / ROUNDS, clock, least) for _ in range(ROUNDS)]


def compare(seconds: float, clock: Clock) -> list[dict]:
    """Every cell, size and dtype beside its rivals."""
    rows = []
    sizes = SIZES if clock is time.perf_counter else SIZES[:2]  # on one thread the largest takes minutes
    for cell in CELLS:
        for size in sizes:
            for dtype in (np.float32, np.float64):
                p, x, targets = problem(cell, size, dtype)
                steps = {"seqlib": seqlib_step(cell, p, x, targets)}
                steps |= {name: make(cell, p, x, targets) for name, make in RIVALS.items()}
                rounds = repeated(steps, seconds, clock)
                times = {name: statistics.median(one[name] for one in rounds) for name in steps}
                spread = {name: middle([one[name] / one["seqlib"] for one in rounds]) for name in RIVALS}
                ratios = {name: one["middle"] for name, one in spread.items()}
                about = {"cell": cell, "size": size, "dtype": dtype.__name__}
                rows.append({**about, "seconds": times, "ratios": ratios, "spread": spread})
    return rows


def loops(seconds: float) -> dict:
    """Every cell, size and dtype: the plain loops beside seqlib.fast, in CPU time, so that other work does not count."""
    rows = []
    for cell in CELLS:
        for size in SIZES:
            for dtype in (np.float32, np.float64):
                p, x, targets = problem(cell, size, dtype)
                steps = {"seqlib": seqlib_step(cell, p, x, targets), "loops": loops_step(cell, p, x, targets)}
                times = medians(steps, seconds, time.process_time)
                ratio = times["loops"] / times["seqlib"]
                rows.append({"cell": cell, "size": size, "dtype": dtype.__name__, "seconds": times, "ratio": ratio})
                print(f"{cell} {size} {dtype.__name__}: {ratio:.2f}", flush=True)
    return {"threads": THREADS, "clock": "CPU time", "rows": rows}


def scale(seconds: float, clock: Clock) -> list[dict]:
    """Time and memory of one step against T_x, m and n_a, one of them changed at a time."""
    base = {"T_x": 50, "m": 32, "n_x": 64, "n_a": 128}
    axes = {"T_x": (25, 50, 100, 200, 400), "m": (8, 16, 32, 64, 128), "n_a": (32, 64, 128, 256, 512)}
    points = []
    for axis, values in axes.items():
        for value in values:
            size = tuple({**base, axis: value}.values())
            for cell in CELLS:
                p, x, targets = problem(cell, size, np.float64)
                step = {"seqlib": seqlib_step(cell, p, x, targets)}
                cost = middle([one["seqlib"] for one in repeated(step, seconds, clock)])
                point = {"cell": cell, "axis": axis, "value": value, "seconds": cost["middle"], "spread": cost}
                points.append({**point, "bytes": memory(cell, size)})
    return points


def missed(rows: list[dict]) -> list[str]:
    """What is asked of seqlib.fast and was not reached."""
    said = []
    for row in rows:
        larger, largest, ratios = row["size"] != SIZES[0], row["size"] == SIZES[2], row["ratios"]
        asked = {
            "plain": 1.4 if larger else 1.0,
            "torch.nn": 1.0 if row["dtype"] == "float64" else 0.5,
            "explicit": 1.0,
            "products": 0.5 if largest else 0.0,
        }
        for rival, least in asked.items():
            if ratios[rival] < least:
                said.append(
                    f"{row['cell']} {row['size']} {row['dtype']}: {ratios[rival]:.2f} of {rival}, asked {least}"
                )
    return said


def report(rows: list[dict], points: list[dict]) -> None:
    """Print the table of ratios, the memory, and what was not reached."""
    from rich.console import Console
    from rich.table import Table

    table = Table("cell", "T, m, n_x, n_a", "dtype", "seqlib ms", *RIVALS, title="time of a rival / time of seqlib")
    for row in rows:
        ratios = (f"{row['ratios'][name]:.2f}" for name in RIVALS)
        table.add_row(row["cell"], str(row["size"]), row["dtype"], f"{1e3 * row['seconds']['seqlib']:.2f}", *ratios)
    Console(width=120).print(table)
    for cell in CELLS:
        sizes = {row["value"]: row["bytes"] for row in points if row["cell"] == cell and row["axis"] == "T_x"}
        print(f"{cell}: memory at T_x = " + ", ".join(f"{T}: {size / 2**20:.1f} MiB" for T, size in sizes.items()))
    print("\n".join(["below what is asked:", *missed(rows)]) if missed(rows) else "all that is asked is reached")


def write(results: dict, path: Path = RESULT) -> None:
    """Write a file of results."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n")
    print(f"written: {path}")


def main() -> None:
    """Measure, print, write."""
    import torch

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=6.0, help="for each cell, size and dtype")
    parser.add_argument("--loops", action="store_true", help="measure the plain loops only")
    parser.add_argument("--cpu", action="store_true", help="measure CPU time on one thread")
    options = parser.parse_args()
    stored = json.loads(RESULT.read_text()) if RESULT.is_file() else {}
    if options.loops:
        write({**stored, "loops": loops(options.seconds)})
        return
    torch.set_num_threads(THREADS)
    clock = time.process_time if options.cpu else time.perf_counter
    rows, points = compare(options.seconds, clock), scale(options.seconds / 20, clock)
    if not options.cpu:
        report(rows, points)
    machine = {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "machine": platform.machine(),
        "cores": os.cpu_count(),
    }
    results = {"machine": machine, "threads": THREADS, "rows": rows, "scaling": points}
    write(results if options.cpu else {**stored, **results}, CPU_RESULT if options.cpu else RESULT)


if __name__ == "__main__":
    main()
