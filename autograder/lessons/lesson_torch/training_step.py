"""`training_step`: forward, backward, clipping and update, on a device and in a precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from autograder.lessons.kit import Exercise, Generator, Inputs, Mistake, Part

# The model is one linear layer. It has gradients left over from before; a new one has none, and a weight that the loss does not use.
# The batch's tensors know whether they were moved to `device`. Without targets y they are the inputs alone.
PROBE = """
def probe(function, weight, bias, x, y, clip, precision, new):
    import numpy as np
    import torch

    class Unmoved(torch.Tensor):
        def to(self, *args, **kwargs):
            moved = super().to(*args, **kwargs)
            target = kwargs.get("device", args[0] if args else None)
            return moved.as_subclass(torch.Tensor) if str(target) == "cpu:0" else moved

    model = torch.nn.Linear(weight.shape[1], weight.shape[0]).to(torch.from_numpy(weight).dtype)
    with torch.no_grad():
        model.weight.copy_(torch.from_numpy(weight))
        model.bias.copy_(torch.from_numpy(bias))
    if new:
        model.spare = torch.nn.Parameter(torch.ones(2, dtype=model.weight.dtype))
    for parameter in () if new else model.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.125)
    batch = tuple(torch.from_numpy(array).as_subclass(Unmoved) for array in (x, y) if array is not None)
    places, products, waits, given = [], [], [], set()

    class Watched(torch.Tensor):
        def item(self):
            waits.append(self.data_ptr() in given)
            return super().item()

        def __float__(self):
            return self.item()

        def tolist(self):
            return self.item()

        def cpu(self):
            waits.append(self.data_ptr() in given)
            return super().cpu()

    def loss(model, batch):
        places.append("not moved to device" if any(isinstance(t, Unmoved) for t in batch) else "moved to device")
        inputs, *others = (tensor.as_subclass(torch.Tensor) for tensor in batch)
        outputs = model(inputs)
        targets = others[0] if others else torch.zeros_like(outputs)
        products.append(str(outputs.dtype))
        value = (outputs.to(targets.dtype) - targets).square().sum(dim=1).mean()
        given.add(value.data_ptr())
        return value.as_subclass(Watched)

    how = ({} if clip == 5.0 else {"clip": clip}) | ({} if precision is None else {"precision": precision})
    value = function(model, loss, batch, optimiser, torch.device("cpu", 0), **how)
    said = {"loss": value, "returned": type(value).__name__}
    if isinstance(value, torch.Tensor):
        said["loss"] = value.detach().as_subclass(torch.Tensor).double().numpy()
        said["returned"] = f"a tensor of {value.dtype} with{'' if value.requires_grad else 'out'} its graph{', after a wait for its number' if any(waits) else ''}"
    parameters = {name: value.detach().double().numpy() for name, value in model.named_parameters()}
    types = f"weights {model.weight.dtype}" if places else "no step was made"
    return {**said, "parameters": parameters, "batch": places, "products": products, "type": types}
"""


def draw(rng: Generator) -> Iterator[Inputs]:
    for label, times in (("a norm of three times the limit", 1 / 3), ("a norm within the limit", 3.0)):
        arrays = [rng.normal(size=shape) for shape in ((2, 3), (2,), (4, 3), (4, 2))]
        yield Inputs(label, (*arrays, times * _norm(*arrays), None, False), aspect="clipping")
    for precision in (None, "bfloat16"):
        # Small whole numbers and one example: all that is computed of them is exact in bfloat16, too.
        arrays = [rng.integers(-1, 2, size=shape).astype("float32") for shape in ((2, 3), (2,), (1, 3))]
        arrays.append(rng.integers(5, 7, size=(1, 2)).astype("float32"))  # above all outputs: no gradient is 0
        yield Inputs(
            f"float32, clip=None, precision={precision!r}", (*arrays, None, precision, False), aspect="precision"
        )
    weight, bias, x = (rng.normal(size=shape) for shape in ((2, 3), (2,), (4, 3)))
    label = "a batch of one tensor, the inputs"
    yield Inputs(label, (weight, bias, x, None, None, None, False), aspect="another batch", unusual=True)
    apart = rng.normal(size=(4, 2))
    far = apart * 15 / _norm(weight, bias, x, x @ weight.T + bias - apart)  # the norm is three times the limit
    given = (weight, bias, x, x @ weight.T + bias - far, 5.0, None, True)
    label = "a new model, one weight of which the loss does not use"
    yield Inputs(label, given, aspect="a new model", unusual=True)


def _norm(weight: np.ndarray, bias: np.ndarray, x: np.ndarray, y: np.ndarray) -> float:
    """The norm of the loss's gradient."""
    slopes = 2 / len(x) * (x @ weight.T + bias - y)  # (m, n_y)
    return float(np.sqrt(((slopes.T @ x) ** 2).sum() + (slopes.sum(axis=0) ** 2).sum()))


def training_step(
    model: torch.nn.Module,
    loss: Callable[..., torch.Tensor],
    batch: tuple[torch.Tensor, ...],
    optimiser: torch.optim.Optimizer,
    device: torch.device,
    *,
    clip: float | None = 5.0,
    precision: str | None = None,
) -> Any:
    optimiser.zero_grad()
    moved = tuple(tensor.to(device) for tensor in batch)
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16"):
        value = loss(model, moved)
    value.backward()
    if clip is not None:
        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    optimiser.step()
    return value.detach()


ZERO, MOVED, STEP, RESULT = (
    "    optimiser.zero_grad()\n",
    "tuple(tensor.to(device) for tensor in batch)",
    "    optimiser.step()\n",
    "return value.detach()",
)
CAST = '    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=precision == "bfloat16"):\n        value = loss(model, moved)\n'
CLIP = "    if clip is not None:\n        torch.nn.utils.clip_grad_norm_(model.parameters(), clip)\n"
CLIPPED = "torch.nn.utils.clip_grad_norm_(model.parameters(), clip)"

# fmt: off
MISTAKES = {
    "no_zero_grad": Mistake("the gradients from before the step are still in the sum: backward() adds to them, so zero_grad() comes before it (at the end of the step it is too late for the first one).", (ZERO, "")),
    "nothing_learnt": Mistake("the weights stay what they were: is backward() or optimiser.step() missing, or does zero_grad() stand between them?", (STEP, "")),
    "not_clipped": Mistake("the update uses gradients that are not clipped: torch.nn.utils.clip_grad_norm_(model.parameters(), clip) comes between backward() and step().", (CLIP, "")),
    "element_wise": Mistake("each element is cut to the range from -clip to clip: asked for is one factor for all gradients, from their common norm (clip_grad_norm_, not clip_grad_value_).", (CLIPPED, "torch.nn.utils.clip_grad_value_(model.parameters(), clip)")),
    "two_tensors": Mistake("the batch is taken to be two tensors, inputs and targets: it is a tuple of any number of tensors, and all of them move.", (ZERO, f"{ZERO}    x, y = batch\n")),
    "gradient_of_none": Mistake("every parameter is taken to have a gradient when the step begins: a new model has none, and grad is None there; optimiser.zero_grad() knows that.",
        (ZERO, "    for p in model.parameters():\n        p.grad.zero_()\n")),
    "every_gradient_needed": Mistake("every parameter is taken to have a gradient after backward(): where the loss does not use one, grad is None; clip_grad_norm_ knows that.",
        (CLIPPED, "norm = torch.stack([p.grad.norm() for p in model.parameters()]).norm()\n        for parameter in model.parameters():\n            parameter.grad *= torch.clamp(clip / norm, max=1.0)")),
    "sum_of_norms": Mistake("the norms of the parameters' gradients are added: the common norm is the root of the sum of all squares (clip_grad_norm_).",
        (CLIPPED, "grads = [p.grad for p in model.parameters() if p.grad is not None]\n        total = sum(g.norm() for g in grads)\n        for g in grads:\n            g *= torch.clamp(clip / total, max=1.0)")),
    "loss_in_float32": Mistake("the loss comes back as float32: it keeps the type that it has.", (RESULT, "return value.detach().float()")),
    "each_parameter": Mistake("each parameter's gradient is clipped by its own norm: one factor, from the norm of all gradients together, keeps the direction.", (CLIPPED, "[torch.nn.utils.clip_grad_norm_(parameter, clip) for parameter in model.parameters()]")),
    "always_scaled": Mistake("gradients within the limit are made larger: the factor is clip / norm only where the norm is above the limit.",
        (CLIPPED, "norm = torch.cat([p.grad.ravel() for p in model.parameters()]).norm()\n        for parameter in model.parameters():\n            parameter.grad *= clip / norm")),
    "always_clipped": Mistake("clip=None clips as well: None says that gradients stay as they are.", (CLIP, "    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0 if clip is None else clip)\n")),
    "not_moved": Mistake("the batch is not moved to `device`: each of its tensors goes there with tensor.to(device).", (MOVED, "batch")),
    "no_autocast": Mistake("precision is not used: with \"bfloat16\" the loss is computed inside torch.autocast(device.type, dtype=torch.bfloat16).", (CAST, "    value = loss(model, moved)\n")),
    "always_autocast": Mistake("every step is computed in bfloat16: with precision=None there is no autocast (enabled=False).", (', enabled=precision == "bfloat16"', "")),
    "float16": Mistake("autocast computes in float16: the type asked for is torch.bfloat16, with the range of float32.", ("dtype=torch.bfloat16", "dtype=torch.float16")),
    "whole_model": Mistake("the weights themselves become bfloat16: mixed precision keeps them in float32 and lets torch.autocast turn them into bfloat16 for each product.",
        (CAST, '    if precision == "bfloat16":\n        model.bfloat16()\n        moved = tuple(tensor.bfloat16() for tensor in moved)\n    value = loss(model, moved)\n')),
    "a_number": Mistake("the loss comes back as a Python number: item() and float() make the CPU wait for the GPU in every step. detach() gives a tensor without its graph.", (RESULT, "return value.item()")),
    "number_in_a_tensor": Mistake("the loss is read as a number, for which the CPU waits, and a new tensor is made of it, on the CPU and in float32: detach() gives a tensor without its graph, and waits for nothing.", (RESULT, "return torch.tensor(value.item())")),
    "copied": Mistake("the loss is copied to the CPU, which waits for it: it stays on the device, detach() is all that it needs.", (RESULT, "return value.detach().cpu()")),
    "graph_returned": Mistake("the loss comes back with its graph: detach() leaves it behind, and what is kept of the step is one number.", (RESULT, "return value")),
    "nothing_returned": Mistake("nothing comes back: return the loss, detached.", (RESULT, "return None")),
    "loss_after": Mistake("the loss is that after the update: asked for is the one whose gradient was taken.", (RESULT, "return loss(model, moved).detach()")),
}
# fmt: on

EXERCISE = Exercise(
    right=training_step,
    home="seqlib.torch.training",
    draw=draw,
    visible=2,
    hidden=4,
    mistakes=MISTAKES,
    parts=(
        Part("the loss", "loss", dependent=True),
        Part("the parameters after the step", "parameters", 3),
        Part("what is returned", "returned", dependent=True),
        Part("the batch at each call of the loss", "batch", dependent=True),
        Part("the type of the products at each call of the loss", "products", dependent=True),
        Part("the types after the step", "type", dependent=True),
    ),
    probe=PROBE,
    rtol=1e-5,
    atol=1e-6,  # a millionth more or less in the norm shows in the smallest parameters
)
