"""Training steps of seqlib.torch beside torch.nn: what `fused` loses to it, and what it wins over `explicit`.

`python -m benchmarks.torch_speed` measures on the GPU where there is one and otherwise on the CPU (--device says which), prints a table
and writes benchmarks/results/torch_speed_cpu.json or torch_speed_gpu.json. A step is forward, a loss, backward; Adam is the same for all
and left out. Medians of runs in turn. On a GPU matrix products in float32 use TF32, as cuDNN's own do. There, the same machine's
CPU is measured too, on one layer and batches of growing size: where a GPU begins to pay.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table

from seqlib import torch as seqlib_torch
from seqlib.torch.training import pick_device

SIZES = {
    "cuda": ((64, 64, 256, 256), (128, 128, 512, 512), (256, 64, 1024, 1024)),
    "cpu": ((25, 32, 32, 64), (50, 32, 64, 128), (64, 64, 128, 256)),
}
RESULTS = Path(__file__).parent / "results"
BATCHES = (1, 4, 16, 64, 256, 1024)
LAYER = (64, 256, 256)  # T_x, n_x, n_a of the layer that the CPU and the GPU share
# what is asked, as (cell, way, rival): the rival's time is at least so many times the way's
ASKED = {
    ("rnn", "fused", "torch.nn"): 0.95,
    ("lstm", "fused", "torch.nn"): 0.95,
    ("gru after", "fused", "torch.nn"): 0.95,
    ("gru before", "fused", "explicit"): 5.0,
    ("gru before", "fused", "torch.nn"): 0.5,
}


def ways(cell: str, n_x: int, n_a: int) -> dict[str, torch.nn.Module]:
    """The same layer three times; torch.nn has no GRU that resets before its product, so its own stands beside it."""
    kind, _, reset = cell.partition(" ")
    options = {"reset": reset} if reset else {}
    ours = getattr(seqlib_torch, kind.upper())
    made = {name: ours(n_x, n_a, implementation=name, **options) for name in ("fused", "explicit")}
    return {**made, "torch.nn": getattr(torch.nn, kind.upper())(n_x, n_a)}


def step_of(module: torch.nn.Module, rows: torch.Tensor, target: torch.Tensor) -> Callable[[], None]:
    """One training step; rows and target are (T_x, m, n), the same memory for all, which seqlib sees as (n, m, T_x)."""
    ours = not isinstance(module, torch.nn.RNNBase)

    def step() -> None:
        module.zero_grad(set_to_none=True)
        a = module(rows.permute(2, 1, 0))[0].permute(2, 1, 0) if ours else module(rows)[0]
        ((a - target).float() ** 2).mean().backward()

    return step


def medians(steps: dict[str, Callable[[], None]], device: torch.device, seconds: float) -> dict[str, float]:
    """The median time of each: some runs of each in turn, the first of a turn not counted."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(next(iter(times.values()))) < 9:
        for name, step in steps.items():
            step()
            for _ in range(3):
                wait(device)
                start = time.perf_counter()
                step()
                wait(device)
                times[name].append(time.perf_counter() - start)
    return {name: statistics.median(values) for name, values in times.items()}


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def measure(device: torch.device, seconds: float) -> list[dict[str, Any]]:
    """Every cell, size and precision."""
    rows = []
    jobs = [
        (cell, size, dtype)
        for cell in ("rnn", "lstm", "gru after", "gru before")
        for size in SIZES[device.type]
        for dtype in (torch.float32, torch.bfloat16)
    ]
    for cell, size, dtype in track(jobs, "measuring", transient=True):
        T_x, m, n_x, n_a = size
        torch.manual_seed(0)
        inputs, target = torch.randn(T_x, m, n_x), torch.randn(T_x, m, n_a)
        inputs, target = inputs.to(device, dtype).requires_grad_(), target.to(device, dtype)
        modules = {name: module.to(device, dtype) for name, module in ways(cell, n_x, n_a).items()}
        steps = {name: step_of(module, inputs, target) for name, module in modules.items()}
        for _ in range(3):  # compiling and warming up is not part of a step
            for step in steps.values():
                step()
        seconds_each = medians(steps, device, seconds)
        rows.append({"cell": cell, "size": size, "dtype": str(dtype).removeprefix("torch."), "seconds": seconds_each})
    return rows


def by_batch(devices: list[torch.device], seconds: float) -> list[dict[str, Any]]:
    """A step of one fused LSTM layer in float32 for each size of batch, on each device."""
    T_x, n_x, n_a = LAYER
    found = []
    for m in track(BATCHES, "batches", transient=True):
        cost = {}
        for device in devices:
            layer = seqlib_torch.LSTM(n_x, n_a).to(device)
            step = step_of(
                layer, torch.randn(T_x, m, n_x, device=device, requires_grad=True), torch.randn(T_x, m, n_a).to(device)
            )
            step()
            cost[device.type] = medians({"fused": step}, device, seconds)["fused"]
        found.append({"m": m, "seconds": cost})
    return found


def missed(rows: list[dict[str, Any]]) -> list[str]:
    """What is asked and not reached."""
    said = []
    for row in rows:
        for (cell, way, rival), least in ASKED.items():
            ratio = row["seconds"][rival] / row["seconds"][way]
            if row["cell"] == cell and ratio < least:
                said.append(f"{cell} {row['size']} {row['dtype']}: {way} {ratio:.2f} of {rival}, asked {least}")
    return said


def about(device: torch.device) -> dict[str, Any]:
    """The machine and its software."""
    gpu = device.type == "cuda"
    return {
        "device": torch.cuda.get_device_name(device) if gpu else f"CPU ({platform.machine()}), 2 threads",
        "torch": torch.__version__,
        "cuda": torch.version.cuda if gpu else None,
        "cudnn": torch.backends.cudnn.version() if gpu else None,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "commit": commit(),
    }


def commit() -> str | None:
    """The commit that is measured, where this is a checkout: no test can measure on a GPU again when the code has changed."""
    git = ["git", "-C", str(RESULTS), "rev-parse", "--short", "HEAD"]
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        return subprocess.run(git, capture_output=True, text=True, check=True).stdout.strip()
    return None


def as_table(rows: list[dict[str, Any]]) -> Table:
    """Milliseconds of each way, and how the others compare with the fused one."""
    table = Table(
        "cell",
        "T, m, n_x, n_a",
        "type",
        *(f"{name} ms" for name in rows[0]["seconds"]),
        "nn / fused",
        "explicit / fused",
    )
    for row in rows:
        cost = row["seconds"]
        times = (f"{1e3 * value:.2f}" for value in cost.values())
        ratios = (f"{cost[rival] / cost['fused']:.2f}" for rival in ("torch.nn", "explicit"))
        table.add_row(row["cell"], ", ".join(map(str, row["size"])), row["dtype"], *times, *ratios)
    return table


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each cell, size and precision")
    options = parser.parse_args()
    device = pick_device(options.device)
    gpu = device.type == "cuda"
    torch.backends.cuda.matmul.allow_tf32 = True
    if not gpu:
        torch.set_num_threads(2)
    rows = measure(device, options.seconds)
    machine = about(device)
    console = Console(width=120)
    console.print(", ".join(f"{name} {value}" for name, value in machine.items() if value))
    console.print(as_table(rows))
    if gpu:
        said = missed(rows)
        console.print("\n".join(["below what is asked:", *said]) if said else "all that is asked is reached")
    result = {"machine": machine, "rows": rows}
    if gpu:
        batches = by_batch([device, torch.device("cpu")], options.seconds)
        result |= {"batches": {"layer": LAYER, "threads": torch.get_num_threads(), "rows": batches}}
        for row in batches:
            cost = row["seconds"]
            console.print(f"m = {row['m']}: GPU {1e3 * cost['cuda']:.2f} ms, CPU {1e3 * cost['cpu']:.2f} ms")
    path = RESULTS / f"torch_speed_{'gpu' if gpu else 'cpu'}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    console.print(f"written: {path}")


if __name__ == "__main__":
    main()
