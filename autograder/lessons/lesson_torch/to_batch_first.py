"""`to_batch_first`: from the course's columns to a tensor of torch.nn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

# "meta" is a device that every installation has: its tensors have shapes, and no numbers
PROBE = """
def probe(function, x, device, dtype):
    import numpy as np
    import torch

    how = ({} if device == "cpu" else {"device": device}) | ({} if dtype == "float32" else {"dtype": getattr(torch, dtype)})
    tensor = function(x, **how)
    if not isinstance(tensor, torch.Tensor):
        return {"type": type(tensor).__name__, "numbers": tensor}
    said = {"type": f"{tensor.dtype} on {tensor.device.type}"}
    if tensor.device.type == "meta":
        return {**said, "numbers": tuple(tensor.shape)}
    if tensor.dtype == torch.bfloat16:  # NumPy has no such type
        return {**said, "numbers": tensor.detach().float().numpy(), "memory": "its own"}
    numbers = tensor.detach().numpy()
    return {**said, "numbers": numbers, "memory": "shared with x" if np.shares_memory(numbers, x) else "its own"}
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, shape in (
        ("n_x = 2, m = 3, T_x = 4", (2, 3, 4)),
        ("all sizes equal to 3", (3, 3, 3)),
        ("one example (m = 1)", (4, 1, 2)),
        ("one step (T_x = 1), one feature (n_x = 1)", (1, 3, 1)),
    ):
        yield Inputs(label, (rng.normal(size=shape), "cpu", "float32"), aspect="float32")
    yield Inputs("dtype=torch.float64", (rng.normal(size=(3, 2, 4)), "cpu", "float64"), aspect="float64")
    # turned, this array lies in memory as before: what makes it contiguous does not copy
    given = (rng.normal(size=(1, 3, 4)), "cpu", "float64")
    yield Inputs("dtype=torch.float64, n_x = 1", given, aspect="float64, n_x = 1", unusual=True)
    given = (rng.integers(-100, 100, size=(2, 3, 4)) / 64, "cpu", "bfloat16")  # its 8 digits hold them all
    yield Inputs("dtype=torch.bfloat16", given, aspect="bfloat16", unusual=True)
    yield Inputs(
        'device="meta", which has shapes alone',
        (rng.normal(size=(3, 4, 2)), "meta", "float32"),
        aspect="another device",
        dependent=True,
    )


def to_batch_first(x: np.ndarray, *, device: Any = "cpu", dtype: torch.dtype = torch.float32) -> Any:
    turned = x.transpose(1, 2, 0)  # (m, T_x, n_x)
    return torch.tensor(turned, dtype=dtype, device=device)


TURNED, RESULT = "x.transpose(1, 2, 0)", "torch.tensor(turned, dtype=dtype, device=device)"
LAST = "(x.shape[1], x.shape[2], x.shape[0])"

# fmt: off
MISTAKES = {
    "reshaped": Mistake("the array is reshaped: the shape is right, but reshape reads the numbers in their old order, and features of different examples get mixed. Axes change places with transpose (permute of a tensor).",
        (TURNED, f"x.reshape{LAST}")),
    "time_first": Mistake("the steps stand before the examples, (T_x, m, n_x): that is torch.nn's layout without batch_first=True; here the example is the first axis.",
        (TURNED, "x.transpose(2, 1, 0)")),
    "not_turned": Mistake("the axes are still those of the columns, (n_x, m, T_x): the order asked for is (m, T_x, n_x).", (TURNED, "x")),
    "features_before_steps": Mistake("features and steps are the wrong way round: the order is (m, T_x, n_x), and this is (m, n_x, T_x).", (TURNED, "x.transpose(1, 0, 2)")),
    "other_way": Mistake("the axes are turned the other way, as from (m, T_x, n_x) to columns: the first axis of x, the features, becomes the last one.", (TURNED, "x.transpose(2, 0, 1)")),
    "type_of_x": Mistake("dtype is not used: NumPy's numbers are float64 and a module's weights float32, and products of the two are refused.",
        ("dtype=dtype, ", "")),
    "always_float32": Mistake("the tensor is float32 whatever dtype says.", ("dtype=dtype", "dtype=torch.float32")),
    "device_unused": Mistake("device is not used: the tensor stays on the CPU.", (", device=device", "")),
    "type_and_device_unused": Mistake("neither dtype nor device is used: torch.tensor takes both.", (", dtype=dtype, device=device", "")),
    "shared": Mistake("the tensor shares its memory with x: torch.from_numpy and torch.as_tensor copy nothing where the type stays, so a later change of the one changes the other. torch.tensor copies.",
        (RESULT, "torch.from_numpy(turned).to(device=device, dtype=dtype)")),
    "contiguous": Mistake("ascontiguousarray and contiguous() are no copies: they copy nothing where the numbers lie in the right order already, as with one feature, and the tensor then shares its memory with x.",
        (RESULT, "torch.from_numpy(np.ascontiguousarray(turned)).to(device=device, dtype=dtype)")),
    "through_float32": Mistake("the numbers have passed through float32, and half of their digits are gone, though the type is float64: torch.tensor(..., dtype=dtype) converts once.",
        (RESULT, "torch.tensor(turned, dtype=torch.float32).to(device=device, dtype=dtype)")),
    "two_types": Mistake("dtype is looked up among the types of NumPy: bfloat16 is none of them, and PyTorch converts to every type that it has.",
        (RESULT, "torch.tensor(turned.astype({torch.float32: np.float32, torch.float64: np.float64}[dtype]), device=device)")),
    "array": Mistake("an array comes back: torch.tensor(...) makes a tensor of it.", (RESULT, "turned.astype(str(dtype).removeprefix('torch.'))")),
}
# fmt: on

EXERCISE = Exercise(
    right=to_batch_first,
    home="seqlib.torch",
    draw=draw,
    visible=1,
    hidden=2,
    mistakes=MISTAKES,
    parts=(
        Part("the numbers", "numbers", 2, ("m", "T_x", "n_x")),
        Part("type and device", "type", dependent=True),
        Part("the memory", "memory", dependent=True),
    ),
    probe=PROBE,
    rtol=1e-12,
    atol=1e-15,
)
