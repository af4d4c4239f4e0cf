"""Modules whose parameters have the course's names, whatever they are kept as for speed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from seqlib.torch.layout import Tensors


class Named(nn.Module):
    """A module that gives and takes its parameters by the course's names, those of the NumPy path: "1/forward/Wf", "Wy", "E".

    In state_dict a name is the course's with dots for slashes, "1.forward.Wf", at every level of a model.
    """

    def __init__(self) -> None:
        super().__init__()
        self.register_state_dict_post_hook(_save)  # type: ignore[no-untyped-call]
        self.register_load_state_dict_pre_hook(_load)  # type: ignore[no-untyped-call]

    def parts(self) -> Iterator[tuple[str, str, Named]]:
        """The modules inside: what the course writes before their names, the attribute that holds each, and the module."""
        yield from ()

    def own(self, *, gradient: bool = False) -> Tensors:
        """What the module itself holds, by the course's names; the gradients in place of the values."""
        return {}

    def kept(self, tensors: Mapping[str, Tensor]) -> Tensors:
        """The same by the names of the module's own parameters, as they are kept. tensors: all that `own` gives."""
        return {}

    def named_tensors(self, *, gradient: bool = False) -> Tensors:
        """All parameters by the course's names and in its shapes, detached; with `gradient` their gradients (0 where there are none)."""
        found: Tensors = {}
        with torch.no_grad():
            for before, _, module in self.parts():
                found |= {before + name: value for name, value in module.named_tensors(gradient=gradient).items()}
            return found | self.own(gradient=gradient)

    def set_named_tensors(self, tensors: Mapping[str, Tensor]) -> None:
        """The inverse of `named_tensors`. Raises ValueError where a name is missing or unknown, or a shape is another."""
        check_names({name: tuple(value.shape) for name, value in self.named_tensors().items()}, tensors)
        with torch.no_grad():
            self._take(tensors)

    def _take(self, tensors: Mapping[str, Tensor]) -> None:
        for before, _, module in self.parts():
            module._take({name: tensors[before + name] for name in module.named_tensors()})
        for name, value in self.kept(tensors).items():
            self.get_parameter(name).copy_(value)


def check_names(expected: Mapping[str, tuple[int, ...]], given: Mapping[str, Any]) -> None:
    """Raises ValueError where names or shapes of parameters are not the expected ones."""
    missing, unknown = [n for n in expected if n not in given], [n for n in given if n not in expected]
    if missing or unknown:
        said = " and ".join(
            filter(
                None,
                (
                    f"lack {', '.join(missing)}" if missing else "",
                    f"have the unknown {', '.join(unknown)}" if unknown else "",
                ),
            )
        )
        raise ValueError(f"params {said}; this module's names are {', '.join(expected)}")
    for name, shape in expected.items():
        if tuple(given[name].shape) != shape:
            raise ValueError(f"params[{name!r}] must have shape {shape}, got {tuple(given[name].shape)}")


def value_of(parameter: Tensor, gradient: bool) -> Tensor:
    """A parameter's value, or its gradient."""
    if not gradient:
        return parameter.detach()
    return torch.zeros_like(parameter) if parameter.grad is None else parameter.grad


def _save(module: nn.Module, state: dict[str, Any], prefix: str, _: Any) -> None:
    """After state_dict: the course's names in place of the module's own. What a subclass adds keeps its name."""
    assert isinstance(module, Named)
    kept = list(module.kept(module.own()))
    for _, attribute, part in module.parts():
        kept += [f"{attribute}.{name.replace('/', '.')}" for name in part.named_tensors()]
    for name in kept:
        state.pop(prefix + name, None)
    for name, value in module.named_tensors().items():
        state[prefix + name.replace("/", ".")] = value


def _load(module: nn.Module, state: dict[str, Any], prefix: str, *rest: Any) -> None:
    """Before load_state_dict: each part's names as the part itself writes them, and what the module holds as it is kept."""
    assert isinstance(module, Named)
    error_messages: list[str] = rest[-1]
    for before, attribute, part in module.parts():
        for name in part.named_tensors():
            dotted = name.replace("/", ".")
            if (given := prefix + before.replace("/", ".") + dotted) in state:
                state[f"{prefix}{attribute}.{dotted}"] = state.pop(given)
    own = module.own()
    tensors = {name: state.pop(dotted) for name in own if (dotted := prefix + name.replace("/", ".")) in state}
    try:
        check_names({name: tuple(value.shape) for name, value in own.items()}, tensors)
    except ValueError as error:
        error_messages.append(str(error))
    else:
        state |= {prefix + name: value for name, value in module.kept(tensors).items()}
