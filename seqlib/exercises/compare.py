"""One comparer for visible and hidden checks: says where two plain values differ, in words for a learner."""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

from seqlib.exercises.codec import Opaque

ROUNDED = "the inputs are float64"  # ends what is said of a result of fewer digits
_NUMBERS = (int, float, np.integer, np.floating, Fraction, Decimal)


def difference(
    expected: Any,
    got: Any,
    *,
    rtol: float = 1e-7,
    atol: float = 1e-9,
    name: str = "the result",
    axes: tuple[str, ...] = (),
) -> str | None:
    """None where `got` equals `expected` within `atol + rtol * |expected|`, otherwise one sentence on the first difference.

    A list stands for a tuple and the other way round, a NumPy number for a Python number; a text, a number of
    another kind, a shape or a missing key does not. `axes` names the axes of an array in the message, such as ("n_a", "m").
    Never raises: what cannot be compared is different.
    """
    try:
        with np.errstate(all="ignore"):
            return _difference(expected, got, rtol, atol, name, axes)
    except Exception as error:
        return f"{name}: expected {_describe(expected)}, got a value that cannot be compared ({type(error).__name__})"


def count_difference(limits: np.ndarray, got: Any, *, name: str = "the draws") -> str | None:
    """None where each result came at least limits[0] and at most limits[1] times, otherwise a sentence on the one that is furthest off.

    limits: (2, n) whole numbers; got: (n,) whole numbers, or a text that says what is wrong. Never raises.
    """
    if isinstance(got, str):
        return f"{name}: {got:.300}"
    if not isinstance(got, np.ndarray) or got.dtype.kind not in "iu" or got.shape != limits.shape[1:]:
        return f"{name}: expected how often each of {limits.shape[1]} results came, got {_describe(got)}"
    low, high = limits
    off = np.maximum(low - got, got - high)
    if (off <= 0).all():
        return None
    i = int(off.argmax())
    return (
        f"{name}: index {i} came {int(got[i])} times in {int(got.sum())}; "
        f"with the right probabilities it comes {int(low[i])} to {int(high[i])} times, but for chance of one in millions"
    )


def _difference(expected: Any, got: Any, rtol: float, atol: float, name: str, axes: tuple[str, ...] = ()) -> str | None:
    if isinstance(got, Opaque):
        return f"{name}: expected {_describe(expected)}, got an object of type {got.type_name}"
    if isinstance(expected, np.ndarray):
        return _array_difference(expected, got, rtol, atol, name, axes)
    if isinstance(expected, (tuple, list)):
        return _sequence_difference(expected, got, rtol, atol, name)
    if isinstance(expected, dict):
        return _dict_difference(expected, got, rtol, atol, name)
    if isinstance(expected, _NUMBERS) and not isinstance(expected, bool):
        return _number_difference(expected, got, rtol, atol, name)
    if isinstance(expected, (bool, np.bool_)):
        same = isinstance(got, (bool, np.bool_)) and bool(got) == bool(expected)
        return None if same else f"{name}: expected {bool(expected)}, got {_describe(got)}"
    if type(expected) is type(got) and expected == got:
        return None
    return f"{name}: expected {_describe(expected)}, got {_describe(got)}"


def _array_difference(
    expected: np.ndarray, got: Any, rtol: float, atol: float, name: str, axes: tuple[str, ...]
) -> str | None:
    if isinstance(got, np.generic):
        got = np.asarray(got)
    if not isinstance(got, np.ndarray):
        return f"{name}: expected {_describe(expected)}, got {_describe(got)}"
    if expected.shape != got.shape:
        symbols = f" = ({', '.join(axes)})" if axes else ""
        return f"{name}: expected shape {expected.shape}{symbols}, got shape {got.shape}{_shape_hint(expected.shape, got.shape)}"
    if expected.dtype.kind in "iu" and got.dtype.kind in "fc":
        return f"{name}: expected whole numbers, got dtype {got.dtype}, which cannot be used as indices"
    if expected.dtype.kind in "biuf" and got.dtype.kind == "c":
        return f"{name}: expected real numbers, got dtype {got.dtype}"
    if expected.dtype.kind not in "biufc" or got.dtype.kind not in "biufc":
        unequal = expected != got if expected.dtype.kind == got.dtype.kind else np.ones(expected.shape, bool)
    else:
        if np.isnan(got).any() and not np.isnan(expected).any():
            return f"{name}: {int(np.isnan(got).sum())} of {got.size} elements are nan (not a number)"
        # Mostly that is all, and isclose costs more than all the rest. Beside nan or infinity nothing is less.
        floats = expected.dtype.kind in "fc" and got.dtype.kind in "fc"
        if floats and (np.abs(got - expected) < atol + rtol * np.abs(expected)).all():
            return None
        unequal = ~np.isclose(got, expected, rtol=rtol, atol=atol, equal_nan=True)
    if not unequal.any():
        return None
    where = tuple(int(i) for i in np.argwhere(unequal)[0])
    label = name + (f"[{', '.join(map(str, where))}]" if where else "")
    text = f"{label}: {_both(expected[where], got[where])}"
    if expected.size > 1:
        text += f" ({int(unequal.sum())} of {expected.size} elements differ"
        if expected.dtype.kind in "iufc" and got.dtype.kind in "iufc":
            text += f", by up to {np.abs(np.asarray(got, complex) - expected)[unequal].max():.3g}"
        text += ")"
    if got.dtype in (np.float16, np.float32) and expected.dtype == np.float64:
        text += f"; the result is {got.dtype}, {ROUNDED}"
    return text


def _shape_hint(expected: tuple[int, ...], got: tuple[int, ...]) -> str:
    if got == expected[::-1]:
        return " (the axes are reversed)"
    if sorted(got) == sorted(expected):
        return " (the right sizes in another order of axes)"
    if len(got) == len(expected) + 1 and sorted(got) == sorted((*expected, 1)):
        return " (one axis of length 1 too many)"
    if len(got) < len(expected):
        missing = len(expected) - len(got)
        return f" ({missing} {'axis' if missing == 1 else 'axes'} missing)"
    return ""


def _sequence_difference(expected: Any, got: Any, rtol: float, atol: float, name: str) -> str | None:
    if isinstance(got, np.ndarray) and all(isinstance(item, (int, float, np.generic)) for item in expected):
        got = got.tolist()
    if not isinstance(got, (tuple, list)):
        return f"{name}: expected {_describe(expected)}, got {_describe(got)}"
    if len(expected) != len(got):
        counts = f"expected {_count(len(expected), 'value')}, got {len(got)}"
        return f"{name}: {counts}: expected {_describe(expected)}, got {_describe(got)}"
    for i, (one, other) in enumerate(zip(expected, got, strict=True)):
        text = _difference(one, other, rtol, atol, f"{name}[{i}]")
        if text:
            return text
    return None


def _dict_difference(expected: dict[Any, Any], got: Any, rtol: float, atol: float, name: str) -> str | None:
    if not isinstance(got, dict):
        return f"{name}: expected {_describe(expected)}, got {_describe(got)}"
    missing = [key for key in expected if key not in got]
    extra = [key for key in got if key not in expected]
    if missing or extra:
        said = [f"missing {', '.join(map(repr, missing[:5]))}"] if missing else []
        said += [f"not expected {', '.join(f'{key!r:.40}' for key in extra[:5])}"] if extra else []
        return f"{name}: other keys than expected: {'; '.join(said)}"
    for key, one in expected.items():
        text = _difference(one, got[key], rtol, atol, f"{name}[{key!r}]")
        if text:
            return text
    return None


def _number_difference(expected: Any, got: Any, rtol: float, atol: float, name: str) -> str | None:
    if isinstance(got, np.ndarray) and got.shape == ():
        got = got[()]
    if isinstance(got, (bool, np.bool_)) or not isinstance(got, (*_NUMBERS, np.complexfloating)):
        return f"{name}: expected {_describe(expected)}, got {_describe(got)}"
    if isinstance(expected, (int, np.integer)) and isinstance(got, (int, np.integer, Fraction, Decimal)):
        same = got == int(expected)
    else:
        same = not isinstance(got, np.complexfloating) and _is_close(_float(got), _float(expected), rtol, atol)
    return None if same else f"{name}: {_both(expected, got)}"


def _is_close(got: float, expected: float, rtol: float, atol: float) -> bool:
    """What numpy.isclose says of two numbers, nan beside nan among them; without arrays, since a result may hold thousands."""
    if got == expected or (math.isnan(got) and math.isnan(expected)):
        return True
    return math.isfinite(expected) and abs(got - expected) <= atol + rtol * abs(expected)


def _float(value: Any) -> float:
    try:
        return float(value)
    except OverflowError:  # an exact number beyond all floats
        return math.inf if value > 0 else -math.inf


def _number(value: Any) -> str:
    if isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_)):
        return str(int(value))[:60]
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.6g}"
    if isinstance(value, (Fraction, Decimal)):
        return f"{value!s:.60}"
    return f"{value.item() if isinstance(value, np.generic) else value!r:.60}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _both(expected: Any, got: Any) -> str:
    """Two numbers that differ, with as many digits as it takes to see that."""
    numbers = _number(expected), _number(got)
    if (
        numbers[0] == numbers[1]
        and isinstance(expected, (float, np.floating))
        and isinstance(got, (float, np.floating))
    ):
        numbers = repr(float(expected)), repr(float(got))
    return f"expected {numbers[0]}, got {numbers[1]}"


def _describe(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, Opaque):
        return f"an object of type {value.type_name}"
    if value is None:
        return "None (is a return missing?)"
    if isinstance(value, (tuple, list)) and (
        len(value) > 6 or any(isinstance(item, (np.ndarray, tuple, list, dict)) for item in value)
    ):
        return f"a {type(value).__name__} of {_count(len(value), 'value')}"
    if isinstance(value, dict) and len(value) > 6:
        return f"a dict of {len(value)} entries"
    if isinstance(value, (*_NUMBERS, np.complexfloating)) and not isinstance(value, bool):
        return f"the number {_number(value)}"
    return f"{value!r:.120}"
