"""Plain values as bytes, the same way in every environment that runs an exercise.

A value is split into a tree of JSON and a list of arrays; bytes and the case files are two containers of these.
Only data crosses: nothing that is decoded can name a class or run code.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

MAX_BYTES = 16 * 2**20
MAX_DEPTH = 32
MAX_NODES = 200_000
MAX_INT_DIGITS = 1_000
_MAGIC = b"SQB1"
_DTYPE = re.compile(r"^(\|b1|\|[iu]1|[<>][iu][248]|[<>]f[248]|[<>]c(8|16)|[<>]U[0-9]{1,6})$")


_to_json = json.JSONEncoder(separators=(",", ":"), allow_nan=False).encode
Place = tuple[Any, ...]  # where a value lies: the place around it, how to say it, an index or a key; () for the whole


class CodecError(ValueError):
    """A value that may not cross, or bytes that are not an encoded value; the message says where and why."""


@dataclass(frozen=True)
class Opaque:
    """What stands for a value that stayed with the student: its type's name and nothing else."""

    type_name: str


def _where(place: Place) -> str:
    """A place in words, which only an error asks for."""
    if not place:
        return "value"
    around, form, key = place
    return f"{_where(around)}{form.format(key)}"


@functools.lru_cache(256)
def _refusal(dtype: np.dtype[Any]) -> str | None:
    """Why an array of this dtype may not cross."""
    if dtype.kind not in "biufcU":
        return (
            f"an array of dtype {dtype} cannot be compared; "
            "use numbers, booleans or strings (ragged lists make object arrays)"
        )
    return None if _DTYPE.match(dtype.str) else f"dtype {dtype} is not supported; use float64"


@functools.lru_cache(256)
def _dtype(text: str) -> np.dtype[Any]:
    """The dtype of this name, where it may cross."""
    if not _DTYPE.match(text):
        raise CodecError("malformed message: dtype")
    return np.dtype(text)


class _Splitter:
    def __init__(self, opaque: bool) -> None:
        self.opaque = opaque
        self.arrays: list[np.ndarray] = []
        self.nodes = 0
        self.bytes = 0

    def _charge(self, place: Place, size: int) -> None:
        self.nodes += 1
        self.bytes += size
        if self.nodes > MAX_NODES:
            raise CodecError(f"{_where(place)}: more than {MAX_NODES} values in one message")
        if self.bytes > MAX_BYTES:
            raise CodecError(f"{_where(place)}: more than {MAX_BYTES // 2**20} MiB in one message")

    def _array(self, array: np.ndarray, place: Place) -> int:
        if (refusal := _refusal(array.dtype)) is not None:
            raise CodecError(f"{_where(place)}: {refusal}")
        self._charge(place, array.nbytes)
        self.arrays.append(np.array(array, order="C", copy=True, subok=False))
        return len(self.arrays) - 1

    def split(self, value: Any, place: Place = (), depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise CodecError(f"{_where(place)}: nested deeper than {MAX_DEPTH} levels")
        kind = type(value)
        if value is None or kind is bool:
            self._charge(place, 8)
            return value
        if kind is int:
            return self._integer(value, place)
        if kind is float:
            self._charge(place, 8)
            return value if math.isfinite(value) else {"f": repr(value)}
        if kind is str:
            self._charge(place, 4 * len(value))
            return value
        if kind is complex:
            self._charge(place, 16)
            return {"c": [repr(value.real), repr(value.imag)]}
        if kind in (tuple, list):
            self._charge(place, 8)
            items = [self.split(item, (place, "[{}]", i), depth + 1) for i, item in enumerate(value)]
            return items if kind is list else {"t": items}
        if kind is dict:
            self._charge(place, 8)
            return {
                "d": [
                    [
                        self.split(key, (place, " key", None), depth + 1),
                        self.split(item, (place, "[{!r:.40}]", key), depth + 1),
                    ]
                    for key, item in value.items()
                ]
            }
        if kind in (set, frozenset):
            self._charge(place, 8)
            items = [self.split(item, (place, " item", None), depth + 1) for item in value]
            return {"s": sorted(items, key=lambda item: json.dumps(item, sort_keys=True))}
        if kind is np.ndarray:
            return {"a": self._array(value, place)}
        if isinstance(value, np.generic):
            return {"n": self._array(np.asarray(value), place)}
        if isinstance(value, np.ndarray):
            return {"a": self._array(np.asarray(value), place)}
        if kind.__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
            return {"a": self._array(np.asarray(value.detach().cpu()), place)}
        if self.opaque:
            self._charge(place, 64)
            return {"o": f"{kind.__module__}.{kind.__qualname__}"[:200]}
        raise CodecError(
            f"{_where(place)}: a value of type {kind.__qualname__} cannot be compared; expected numbers, strings, "
            "arrays, or tuples, lists, dicts and sets of them"
        )

    def _integer(self, value: int, place: Place) -> Any:
        self._charge(place, 8)
        if abs(value) < 2**53:
            return value
        if value.bit_length() > 3 * MAX_INT_DIGITS:
            raise CodecError(f"{_where(place)}: an integer of more than {MAX_INT_DIGITS} digits")
        return {"i": str(value)}


class _Joiner:
    def __init__(self, arrays: list[np.ndarray]) -> None:
        self.arrays = arrays
        self.nodes = 0

    def join(self, node: Any, depth: int = 0) -> Any:
        self.nodes += 1
        if depth > 2 * MAX_DEPTH or self.nodes > 4 * MAX_NODES:
            raise CodecError("message too deep or too long")
        if node is None or isinstance(node, (bool, int, float, str)):
            return node
        if isinstance(node, list):
            return [self.join(item, depth + 1) for item in node]
        if not isinstance(node, dict) or len(node) != 1:
            raise CodecError("malformed message: unknown node")
        ((tag, body),) = node.items()
        if tag == "t":
            return tuple(self.join(item, depth + 1) for item in self._list(body))
        if tag == "s":
            return {self.join(item, depth + 1) for item in self._list(body)}
        if tag == "d":
            pairs = [self._list(pair) for pair in self._list(body)]
            return {self.join(key, depth + 1): self.join(item, depth + 1) for key, item in pairs}
        if tag == "a":
            return self._array(body)
        if tag == "n":
            return self._array(body)[()]
        if tag == "f":
            return float(self._text(body))
        if tag == "c":
            real, imag = self._list(body)
            return complex(float(real), float(imag))
        if tag == "i":
            return int(self._text(body))
        if tag == "o":
            return Opaque(self._text(body))
        raise CodecError("malformed message: unknown tag")

    def _list(self, body: Any) -> list[Any]:
        if not isinstance(body, list):
            raise CodecError("malformed message: expected a list")
        return body

    def _text(self, body: Any) -> str:
        if not isinstance(body, str) or len(body) > MAX_INT_DIGITS:
            raise CodecError("malformed message: expected a short text")
        return body

    def _array(self, body: Any) -> np.ndarray:
        if not isinstance(body, int) or not 0 <= body < len(self.arrays):
            raise CodecError("malformed message: no such array")
        return self.arrays[body].copy()


def split(value: Any, *, opaque: bool = False) -> tuple[Any, list[np.ndarray]]:
    """The JSON tree and the arrays of a value.

    With `opaque`, a value of another type becomes an `Opaque` mark; without, it raises.
    Raises CodecError where a value may not cross (type, object dtype, depth, size).
    """
    splitter = _Splitter(opaque)
    return splitter.split(value), splitter.arrays


def join(tree: Any, arrays: list[np.ndarray]) -> Any:
    """The value of a tree and its arrays; every array is a fresh copy. Raises CodecError on a malformed tree."""
    try:
        return _Joiner(arrays).join(tree)
    except CodecError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise CodecError(f"malformed message: {error}") from None


def encode(value: Any, *, opaque: bool = False) -> bytes:
    """A value as bytes: magic, length of the JSON header, header, raw arrays. Raises CodecError as `split` does."""
    tree, arrays = split(value, opaque=opaque)
    specs = [[array.dtype.str, list(array.shape)] for array in arrays]
    header = _to_json([tree, specs]).encode()
    return b"".join([_MAGIC, len(header).to_bytes(4, "big"), header, *(array.tobytes() for array in arrays)])


def decode(data: bytes) -> Any:
    """The value that `encode` wrote. Safe on hostile bytes: bounded, no code, no classes.

    Raises CodecError when the bytes are not an encoded value.
    """
    if len(data) > MAX_BYTES + 4 * 2**20:
        raise CodecError("message too large")
    if data[:4] != _MAGIC or len(data) < 8:
        raise CodecError("not an encoded value")
    end = 8 + int.from_bytes(data[4:8], "big")
    try:
        tree, specs = json.loads(data[8:end].decode())
        arrays, offset = [], end
        for dtype, shape in specs:
            known = _dtype(dtype)
            if len(shape) > 32 or not all(type(size) is int and 0 <= size <= 2**40 for size in shape):
                raise CodecError("malformed message: shape")
            size = math.prod(shape) * known.itemsize
            if size > len(data) - offset:
                raise CodecError("malformed message: an array ends after the message")
            arrays.append(np.ndarray(shape, known, data, offset))
            offset += size
    except CodecError:
        raise
    except (ValueError, TypeError, KeyError, RecursionError, MemoryError, OverflowError) as error:
        raise CodecError(f"not an encoded value ({type(error).__name__})") from None
    if offset != len(data):
        raise CodecError("malformed message: bytes after its end")
    return join(tree, arrays)


def digest(value: Any) -> str:
    """SHA-256 of a value, to see whether a function changed its arguments."""
    if type(value) is np.ndarray and _refusal(value.dtype) is None:
        return hashlib.sha256(f"{value.dtype.str}{value.shape}".encode() + value.tobytes()).hexdigest()
    return hashlib.sha256(encode(value, opaque=True)).hexdigest()
