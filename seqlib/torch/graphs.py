"""Running a loop over time on a GPU: many small kernels, launched as one.

A step of a recurrent network is a few microseconds of work on a GPU, less than Python needs to ask for it. Two remedies, both
only for tensors on a GPU: `fused_kernel` makes one kernel out of the element-wise operations of a step, and `run` records all
kernels of a whole loop in a CUDA graph, which is then launched at once.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

Tensors = tuple[Tensor, ...]
Loop = Callable[..., Tensors]

ENABLED = True  # False: loops run step by step on a GPU as well, to look for the cause of an error
LIMIT = 16  # graphs held at once; each keeps its inputs and outputs in memory
_seen: set[Any] = set()
_graphs: dict[Any, Graph] = {}


def fused_kernel(step: Callable[..., Tensors]) -> Callable[..., Tensors]:
    """A function of element-wise operations: as it is on the CPU, one kernel by torch.compile (with Triton) on a GPU."""

    @functools.cache
    def compiled() -> Callable[..., Tensors]:
        return torch.compile(step) if importlib.util.find_spec("triton") else step

    @functools.wraps(step)
    def call(*inputs: Tensor | None) -> Tensors:
        return (compiled() if on_gpu(inputs) else step)(*inputs)

    return call


def run(loop: Loop, *inputs: Tensor | None) -> Tensors:
    """loop(*inputs), a function of tensors to a tuple of tensors; on a GPU as a graph from the second time on that it meets the shapes.

    A shape that comes once (the last batch of an epoch) is not worth recording.
    """
    if not on_gpu(inputs):
        return loop(*inputs)
    key = (loop, *(None if value is None else (value.shape, value.dtype, value.device) for value in inputs))
    if key not in _graphs:
        if key not in _seen or len(_graphs) >= LIMIT:
            _seen.add(key)
            return loop(*inputs)
        _graphs[key] = Graph(loop, inputs)
    return _graphs[key](inputs)


def on_gpu(inputs: tuple[Tensor | None, ...]) -> bool:
    """Whether the remedies apply."""
    return ENABLED and any(value is not None and value.is_cuda for value in inputs)


class Graph:
    """A loop that is recorded once, with its own copies of the inputs and outputs."""

    def __init__(self, loop: Loop, inputs: tuple[Tensor | None, ...]) -> None:
        self.inputs = [None if value is None else value.clone() for value in inputs]
        # the recording allows no compilation and no first use of a library: run once outside it
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            loop(*self.inputs)
        torch.cuda.current_stream().wait_stream(aside)
        self.graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self.graph, capture_error_mode="thread_local"):
            self.outputs = loop(*self.inputs)

    def __call__(self, inputs: tuple[Tensor | None, ...]) -> Tensors:
        for kept, value in zip(self.inputs, inputs, strict=True):
            if kept is not None and value is not None:
                kept.copy_(value)
        self.graph.replay()
        return tuple(value.clone() for value in self.outputs)  # the next replay overwrites them
