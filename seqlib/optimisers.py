"""Three ways from a gradient to new parameters: SGD, momentum, Adam.

An optimiser changes the parameters in place. The gradient of params["Wax"] is gradients["dWax"]; further gradients, such as
those of the inputs, are not looked at. `state` is a dict of arrays, which a checkpoint saves.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from seqlib.support.types import Array, Params


class SGD:
    """W := W - learning_rate dW. Raises ValueError where learning_rate is not positive."""

    def __init__(self, learning_rate: float = 0.1):
        if not learning_rate > 0:
            raise ValueError(f"learning_rate must be positive, got {learning_rate}")
        self.learning_rate = learning_rate
        self.state: Params = {}

    def update(self, params: Params, gradients: Mapping[str, Array]) -> None:
        """Change params in place: all of them or, where one raises an error, none.

        Raises ValueError where a gradient is missing or has another shape, TypeError where one of the two holds no floats.
        """
        own = {name: _gradient(name, value, gradients) for name, value in params.items()}
        self._begin()
        for name, value in params.items():
            value -= value.dtype.type(self.learning_rate) * self._direction(name, own[name])

    def _begin(self) -> None:
        """What an update does once, before the first parameter."""

    def _direction(self, name: str, gradient: Array) -> Array:
        return gradient

    def _kept(self, key: str, like: Array) -> Array:
        """An array of the state, zeros at first."""
        return self.state.setdefault(key, np.zeros_like(like))


class Momentum(SGD):
    """v := beta v + dW, W := W - learning_rate v."""

    def __init__(self, learning_rate: float = 0.1, beta: float = 0.9):
        super().__init__(learning_rate)
        self.beta = beta

    def _direction(self, name: str, gradient: Array) -> Array:
        v = self._kept(f"v/{name}", gradient)
        v *= self.beta
        v += gradient
        return v


class Adam(SGD):
    """v := beta1 v + (1 - beta1) dW, s := beta2 s + (1 - beta2) dW^2; a step along v / sqrt(s), both corrected for their start at 0.

    Source: Kingma and Ba 2015.
    """

    def __init__(self, learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8):
        super().__init__(learning_rate)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon
        self.state["steps"] = np.zeros(())

    def _begin(self) -> None:
        self.state["steps"] = self.state["steps"] + 1

    def _direction(self, name: str, gradient: Array) -> Array:
        v, s = self._kept(f"v/{name}", gradient), self._kept(f"s/{name}", gradient)
        v *= self.beta1
        v += (1 - self.beta1) * gradient
        s *= self.beta2
        s += (1 - self.beta2) * gradient * gradient
        steps = float(self.state["steps"])
        # (v / (1 - beta1^steps)) / (sqrt(s / (1 - beta2^steps)) + epsilon)
        root = np.sqrt(s)
        root *= (1 - self.beta2**steps) ** -0.5
        root += self.epsilon
        return np.asarray(v / root / gradient.dtype.type(1 - self.beta1**steps))


def _gradient(name: str, value: Array, gradients: Mapping[str, Array]) -> Array:
    if "d" + name not in gradients:
        raise ValueError(f"gradients lacks d{name} for params[{name!r}]; it has {', '.join(gradients)}")
    gradient = gradients["d" + name]
    if gradient.shape != value.shape:
        raise ValueError(
            f"gradients['d{name}'] must have the shape {value.shape} of params[{name!r}], got {gradient.shape}"
        )
    for said, array in ((f"params[{name!r}]", value), (f"gradients['d{name}']", gradient)):
        if array.dtype.kind != "f":
            raise TypeError(
                f"{said} must hold floats, got dtype {array.dtype}; integers would be cut off: use .astype(float)"
            )
    return gradient
