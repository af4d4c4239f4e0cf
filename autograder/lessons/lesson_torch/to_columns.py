"""`to_columns`: from a tensor of torch.nn back to the course's columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

# the stand-in for a GPU refuses what a tensor there refuses: its numbers are read after a copy to the CPU
PROBE = """
def probe(function, a, dtype, gradient, place):
    import numpy as np
    import torch

    class OnGPU(torch.Tensor):
        def numpy(self, *, force=False):
            return self.cpu().numpy(force=True) if force else self.__array__()

        def __array__(self, *args, **kwargs):
            raise TypeError("can't convert cuda:0 device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first.")

        def cpu(self, *args, **kwargs):
            return self.as_subclass(torch.Tensor).clone()

        def to(self, *args, **kwargs):
            copied = super().to(*args, **kwargs)
            target = kwargs.get("device", args[0] if args else None)
            home = isinstance(target, (str, torch.device)) and torch.device(target).type == "cpu"
            return copied.as_subclass(torch.Tensor).clone() if home else copied

    tensor = torch.tensor(a).to(getattr(torch, dtype)).requires_grad_(gradient)
    before = tensor.detach().clone()
    result = function(tensor.as_subclass(OnGPU) if place == "gpu" else tensor)
    if tensor.requires_grad != gradient or not torch.equal(tensor.detach(), before):
        a += 1  # shows that an argument is changed
    if not isinstance(result, np.ndarray):
        return {"type": type(result).__name__, "numbers": result}
    plain = tensor.detach()
    shared = plain.dtype != torch.bfloat16 and np.shares_memory(result, plain.numpy())
    return {"type": str(result.dtype), "numbers": result, "memory": "shared with a" if shared else "its own"}
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, shape, dtype in (
        ("m = 2, T_x = 3, n_a = 4, float32", (2, 3, 4), "float32"),
        ("all sizes equal to 3, float64", (3, 3, 3), "float64"),
        ("one example (m = 1), float32", (1, 4, 2), "float32"),
        ("one step (T_x = 1), float64", (3, 1, 2), "float64"),
    ):
        yield Inputs(label, (rng.normal(size=shape), dtype, False, "cpu"), aspect="numbers")
    # turned, this tensor lies in memory as before: what makes it contiguous does not copy
    given = rng.normal(size=(3, 4, 1))
    yield Inputs("one unit (n_a = 1), float64", (given, "float64", False, "cpu"), aspect="n_a = 1", unusual=True)
    given = rng.normal(size=(2, 4, 3))
    yield Inputs("a result of a module, with its graph", (given, "float32", True, "cpu"), aspect="a gradient")
    yield Inputs("a tensor on a GPU", (rng.normal(size=(4, 2, 3)), "float32", False, "gpu"), aspect="a GPU")
    yield Inputs("a tensor of bfloat16", (rng.normal(size=(3, 2, 4)), "bfloat16", False, "cpu"), aspect="bfloat16")
    given = rng.normal(size=(2, 3, 2))
    label = "bfloat16 on a GPU, with its graph"
    yield Inputs(label, (given, "bfloat16", True, "gpu"), aspect="all at once", unusual=True)


def to_columns(a: torch.Tensor) -> Any:
    there = a.detach().cpu()
    if there.dtype == torch.bfloat16:
        there = there.float()
    columns = there.permute(2, 0, 1)  # (n_a, m, T_x)
    return columns.numpy().copy()


TURNED, BFLOAT = "there.permute(2, 0, 1)", "    if there.dtype == torch.bfloat16:\n        there = there.float()\n"
FIRST, RESULT = "a.detach().cpu()", "columns.numpy().copy()"
LAST = "(a.shape[2], a.shape[0], a.shape[1])"

# fmt: off
MISTAKES = {
    "reshaped": Mistake("the tensor is reshaped: the shape is right, but reshape and view read the numbers in their old order. Axes change places with permute (transpose of an array).",
        (TURNED, f"there.reshape{LAST}")),
    "not_turned": Mistake("the axes are still those of batch_first, (m, T_x, n_a): the order asked for is (n_a, m, T_x).", (TURNED, "there")),
    "reversed": Mistake("all axes are reversed, which is (n_a, T_x, m): the examples stand before the steps, (n_a, m, T_x).", (TURNED, "there.permute(2, 1, 0)")),
    "other_way": Mistake("the axes are turned the other way, as from columns to batch_first: the last axis, the units, becomes the first one.", (TURNED, "there.permute(1, 2, 0)")),
    "steps_and_units": Mistake("only steps and units change places, which gives (m, n_a, T_x): the units come first, (n_a, m, T_x).", (TURNED, "there.permute(0, 2, 1)")),
    "graph": Mistake("a tensor that has a gradient to compute gives no array: detach() leaves its graph behind.", (FIRST, "a.cpu()")),
    "gpu": Mistake("NumPy does not see the memory of a GPU: cpu() copies the tensor to where NumPy can read it (and does nothing on the CPU).", (FIRST, "a.detach()")),
    "graph_and_gpu": Mistake("neither the graph nor the device is dealt with: detach() leaves the graph behind, cpu() copies from a GPU.", (FIRST, "a")),
    "bfloat16": Mistake("NumPy has no bfloat16: such a tensor is made float32 first, with float().", (BFLOAT, "")),
    "graph_and_bfloat16": Mistake("detach() is missing, which leaves the graph behind; and NumPy has no bfloat16, so that such a tensor is made float32 first.", (FIRST, "a.cpu()"), (BFLOAT, "")),
    "gpu_and_bfloat16": Mistake("cpu() is missing, without which NumPy cannot read a tensor on a GPU; and NumPy has no bfloat16, so that such a tensor is made float32 first.", (FIRST, "a.detach()"), (BFLOAT, "")),
    "numpy_alone": Mistake("numpy() alone refuses a tensor with a graph, on a GPU, or of bfloat16: detach(), cpu() and, for bfloat16, float() come first.", (FIRST, "a"), (BFLOAT, "")),
    "bfloat16_or_graph": Mistake("a tensor with a graph is not looked at for its type: it may be of bfloat16 as well, so detach(), cpu() and float() are no alternatives (`elif`).",
        ("if there.dtype == torch.bfloat16", "if there.dtype == torch.bfloat16 and not a.requires_grad")),
    "bfloat16_to_float64": Mistake("bfloat16 becomes float64: it becomes float32, with float().", ("there = there.float()", "there = there.double()")),
    "always_float32": Mistake("every result is float32: only bfloat16, which NumPy does not have, becomes float32; float64 stays float64.", (BFLOAT, "    there = there.float()\n")),
    "always_float64": Mistake("every result is float64: float32 stays float32.", (BFLOAT, "    there = there.double()\n")),
    "shared": Mistake("the array shares its memory with the tensor: numpy() copies nothing on the CPU, so a later change of the one changes the other; copy() at the end gives the array its own.",
        (RESULT, "columns.numpy()")),
    "contiguous": Mistake("contiguous() and ascontiguousarray are no copies: they copy nothing where the numbers lie in the right order already, as with one unit, and the array then shares its memory with the tensor.",
        (RESULT, "columns.contiguous().numpy()")),
    "through_float32": Mistake("the numbers have passed through float32, and half of their digits are gone, though the type is float64: only bfloat16 needs float().",
        (BFLOAT, "    there = there.float()\n"), (RESULT, "columns.numpy().astype('float64' if a.dtype == torch.float64 else 'float32')")),
    "tensor": Mistake("a tensor comes back: numpy() makes an array of it.", (RESULT, "columns.clone()")),
}
# fmt: on

EXERCISE = Exercise(
    right=to_columns,
    home="seqlib.torch",
    draw=draw,
    visible=2,
    hidden=2,
    mistakes=MISTAKES,
    parts=(
        Part("the numbers", "numbers", 2, ("n_a", "m", "T_x")),
        Part("the type", "type", dependent=True),
        Part("the memory", "memory", dependent=True),
    ),
    probe=PROBE,
    rtol=1e-12,
    atol=1e-15,
)
