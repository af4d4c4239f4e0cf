"""Plain values as bytes, the same way in every environment that runs an exercise.

A value is split into a tree of JSON and a list of arrays; bytes and the case files are two containers of these. A transposed
array arrives as a transposed view again, since code that writes through `ravel()` works on the one layout and not on the other.
Only data crosses: nothing that is decoded can name a class or run code. What a message may cost whoever reads it is bounded:
bytes, values, arrays, digits, depth, and keys that share a hash.
"""

from __future__ import annotations

import functools
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np

MAX_BYTES = 4 * 2**20  # of arrays and texts, each counted as often as it is mentioned
MAX_HEADER = 2**20
MAX_MESSAGE = 8 + MAX_HEADER + MAX_BYTES
MAX_DEPTH = 32
MAX_VALUES = 50_000
MAX_ARRAYS = 5_000
MAX_DIGITS = 1_000
MAX_SAME_HASH = 50
_MAGIC = b"SQB1"
_DTYPE = re.compile(r"\|b1|\|[iu]1|[<>][iu][248]|[<>]f[248]|[<>]c(8|16)|[<>]U[1-9][0-9]{0,5}")
_REFUSED = (
    "a value of type {} cannot be compared; expected numbers, strings, arrays, or tuples, lists, dicts and sets of them"
)


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
    return None if _DTYPE.fullmatch(dtype.str) else f"dtype {dtype} is not supported; use float64"


@functools.lru_cache(256)
def _dtype(text: str) -> np.dtype[Any]:
    """The dtype of this name, where it may cross."""
    if not _DTYPE.fullmatch(text):
        raise CodecError("malformed message: dtype")
    return np.dtype(text)


class _Budget:
    """What one message may hold; both sides count alike."""

    def __init__(self) -> None:
        self.values = self.bytes = self.arrays = 0

    def charge(self, size: int, array: bool = False) -> str | None:
        """Count one value; returns what there is too much of."""
        self.values += 1
        self.bytes += size
        self.arrays += array
        if self.values > MAX_VALUES:
            return f"more than {MAX_VALUES} values in one message"
        if self.bytes > MAX_BYTES:
            return f"more than {MAX_BYTES // 2**20} MiB in one message"
        return f"more than {MAX_ARRAYS} arrays in one message" if self.arrays > MAX_ARRAYS else None


class _Splitter:
    def __init__(self, opaque: bool) -> None:
        self.opaque = opaque
        self.arrays: list[np.ndarray] = []
        self.budget = _Budget()

    def _charge(self, place: Place, size: int, array: bool = False) -> None:
        if (excess := self.budget.charge(size, array)) is not None:
            raise CodecError(f"{_where(place)}: {excess}")

    def split(self, value: Any, place: Place = (), depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise CodecError(f"{_where(place)}: nested deeper than {MAX_DEPTH} levels")
        kind = type(value)
        if value is None or kind is bool:
            self._charge(place, 8)
            return value
        if (write := _writer(kind)) is not None:  # type: ignore[arg-type]
            return write(self, value, place, depth)
        if kind.__module__.partition(".")[0] == "torch" and hasattr(value, "detach"):
            return self._array(np.asarray(value.detach().cpu()), place, depth)
        if self.opaque:
            self._charge(place, 64)
            return {"o": f"{kind.__module__}.{kind.__qualname__}"[:200]}
        raise CodecError(f"{_where(place)}: {_REFUSED.format(kind.__qualname__)}")

    def _store(self, array: np.ndarray, place: Place) -> int:
        if array.dtype == "U0":  # empty texts only; a dtype without a size makes an array of any length out of nothing
            array = array.astype("U1")
        if (refusal := _refusal(array.dtype)) is not None:
            raise CodecError(f"{_where(place)}: {refusal}")
        self._charge(place, array.nbytes, array=True)
        self.arrays.append(np.array(array, order="C", copy=True, subok=False))
        return len(self.arrays) - 1

    def _array(self, value: np.ndarray, place: Place, depth: int) -> Any:
        array = np.asarray(value)
        if array.flags.f_contiguous and not array.flags.c_contiguous:
            return {"v": self._store(array.T, place)}
        return {"a": self._store(array, place)}

    def _scalar(self, value: np.generic, place: Place, depth: int) -> Any:
        return {"n": self._store(np.asarray(value), place)}

    def _integer(self, value: int, place: Place, depth: int) -> Any:
        self._charge(place, 8)
        if int.__abs__(value) < 2**53:
            return int.__pos__(value)
        return {"i": _digits(value, place)}

    def _float(self, value: float, place: Place, depth: int) -> Any:
        self._charge(place, 8)
        value = float.__pos__(value)
        return value if math.isfinite(value) else {"f": repr(value)}

    def _complex(self, value: complex, place: Place, depth: int) -> Any:
        self._charge(place, 16)
        return {"c": [repr(value.real), repr(value.imag)]}

    def _fraction(self, value: Fraction, place: Place, depth: int) -> Any:
        self._charge(place, 16)
        return {"q": [_digits(value.numerator, place), _digits(value.denominator, place)]}

    def _decimal(self, value: Decimal, place: Place, depth: int) -> Any:
        self._charge(place, 16)
        if len(text := Decimal.__str__(value)) > MAX_DIGITS or not _is_plain(value):
            raise CodecError(f"{_where(place)}: a decimal number beyond {MAX_DIGITS} digits")
        return {"m": text}

    def _text(self, value: str, place: Place, depth: int) -> Any:
        self._charge(place, 4 * str.__len__(value))
        text = str.__str__(value)
        if not is_text(text):
            raise CodecError(f"{_where(place)}: a text with half a character (a lone surrogate)")
        return text

    def _items(self, value: Iterable[Any], place: Place, depth: int) -> list[Any]:
        self._charge(place, 8)
        return [self.split(item, (place, "[{}]", i), depth + 1) for i, item in enumerate(value)]

    def _tuple(self, value: tuple[Any, ...], place: Place, depth: int) -> Any:
        return {"t": self._items(tuple.__iter__(value), place, depth)}

    def _list(self, value: list[Any], place: Place, depth: int) -> Any:
        return self._items(list.__iter__(value), place, depth)

    def _dict(self, value: dict[Any, Any], place: Place, depth: int) -> Any:
        self._charge(place, 8)
        return {
            "d": [
                [
                    self.split(key, (place, " key", None), depth + 1),
                    self.split(item, (place, "[{!r:.40}]", key), depth + 1),
                ]
                for key, item in dict.items(value)
            ]
        }

    def _set(self, value: frozenset[Any] | set[Any], place: Place, depth: int) -> Any:
        self._charge(place, 8)
        items = [self.split(item, (place, " item", None), depth + 1) for item in value]
        return {"s": sorted(items, key=lambda item: json.dumps(item, sort_keys=True))}


# A subclass crosses as what it is one of. NumPy's come first: float64 is a float, too.
_WRITERS: tuple[tuple[Any, Callable[[_Splitter, Any, Place, int], Any]], ...] = (
    (np.ndarray, _Splitter._array),
    (np.generic, _Splitter._scalar),
    (float, _Splitter._float),
    (int, _Splitter._integer),
    (str, _Splitter._text),
    (list, _Splitter._list),
    (tuple, _Splitter._tuple),
    (dict, _Splitter._dict),
    ((set, frozenset), _Splitter._set),
    (complex, _Splitter._complex),
    (Fraction, _Splitter._fraction),
    (Decimal, _Splitter._decimal),
)


@functools.lru_cache(256)
def _writer(kind: Any) -> Callable[[_Splitter, Any, Place, int], Any] | None:
    return next((write for base, write in _WRITERS if issubclass(kind, base)), None)


def _digits(value: int, place: Place) -> str:
    if int.bit_length(value) > 3.3 * MAX_DIGITS:
        raise CodecError(f"{_where(place)}: an integer of more than {MAX_DIGITS} digits")
    return int.__repr__(value)


def _is_plain(value: Decimal) -> bool:
    """Whether a decimal number is one that arithmetic can carry on with: no signalling NaN, no exponent in the millions."""
    return not value.is_snan() and (not value.is_finite() or abs(value.adjusted()) <= 10 * MAX_DIGITS)


def is_text(value: str) -> bool:
    """Whether a text has whole characters only: halves cannot be written to a file."""
    try:
        value.isascii() or value.encode()
    except UnicodeEncodeError:
        return False
    return True


class _Joiner:
    def __init__(self, arrays: list[np.ndarray]) -> None:
        self.arrays = arrays
        self.budget = _Budget()

    def _charge(self, size: int, array: bool = False) -> None:
        if (excess := self.budget.charge(size, array)) is not None:
            raise CodecError(excess)

    def join(self, node: Any, depth: int = 0) -> Any:
        if depth > MAX_DEPTH:
            raise CodecError("message too deep")
        kind = type(node)
        if kind is list:
            return self._items(node, depth)
        if kind is dict:
            if len(node) != 1:
                raise CodecError("malformed message: unknown node")
            ((tag, body),) = node.items()
            if (read := _READERS.get(tag)) is None:
                raise CodecError("malformed message: unknown tag")
            return read(self, body, depth)
        self._charge(4 * len(node) if kind is str else 8)
        if kind is str and not is_text(node):
            raise CodecError("malformed message: half a character")
        if kind is int and node.bit_length() > 64:
            raise CodecError("malformed message: a large number that is not marked as one")
        return node

    def _items(self, body: Any, depth: int) -> list[Any]:
        self._charge(8)
        return [self.join(item, depth + 1) for item in _list(body)]

    def _tuple(self, body: Any, depth: int) -> Any:
        return tuple(self._items(body, depth))

    def _set(self, body: Any, depth: int) -> Any:
        items = self._items(body, depth)
        _refuse_one_hash(items)
        return set(items)

    def _dict(self, body: Any, depth: int) -> Any:
        self._charge(8)
        pairs = []
        for pair in _list(body):
            key, item = _list(pair, 2)
            pairs.append((self.join(key, depth + 1), self.join(item, depth + 1)))
        _refuse_one_hash([key for key, _ in pairs])
        return dict(pairs)

    def _array(self, body: Any, depth: int) -> np.ndarray:
        if type(body) is not int or not 0 <= body < len(self.arrays):
            raise CodecError("malformed message: no such array")
        self._charge(self.arrays[body].nbytes, array=True)
        return self.arrays[body].copy()

    def _view(self, body: Any, depth: int) -> np.ndarray:
        return self._array(body, depth).T

    def _scalar(self, body: Any, depth: int) -> Any:
        array = self._array(body, depth)
        if array.shape != ():
            raise CodecError("malformed message: an array for a number")
        return array[()]

    def _float(self, body: Any, depth: int) -> float:
        self._charge(8)
        return float(_text(body))

    def _complex(self, body: Any, depth: int) -> complex:
        self._charge(16)
        real, imag = map(_text, _list(body, 2))
        return complex(float(real), float(imag))

    def _integer(self, body: Any, depth: int) -> int:
        self._charge(8)
        return int(_text(body))

    def _fraction(self, body: Any, depth: int) -> Fraction:
        self._charge(16)
        numerator, denominator = map(_text, _list(body, 2))
        return Fraction(int(numerator), int(denominator))

    def _decimal(self, body: Any, depth: int) -> Decimal:
        self._charge(16)
        if not _is_plain(value := Decimal(_text(body))):
            raise CodecError("malformed message: decimal number")
        return value

    def _opaque(self, body: Any, depth: int) -> Opaque:
        self._charge(64)
        return Opaque("".join(sign if sign.isprintable() else "?" for sign in _text(body)[:200]))


_READERS: dict[str, Callable[[_Joiner, Any, int], Any]] = {
    "t": _Joiner._tuple,
    "s": _Joiner._set,
    "d": _Joiner._dict,
    "a": _Joiner._array,
    "v": _Joiner._view,
    "n": _Joiner._scalar,
    "f": _Joiner._float,
    "c": _Joiner._complex,
    "i": _Joiner._integer,
    "q": _Joiner._fraction,
    "m": _Joiner._decimal,
    "o": _Joiner._opaque,
}


def _list(body: Any, length: int | None = None) -> list[Any]:
    if not isinstance(body, list) or length not in (None, len(body)):
        raise CodecError("malformed message: expected a list")
    return body


def _text(body: Any) -> str:
    if not isinstance(body, str) or len(body) > MAX_DIGITS + 10:
        raise CodecError("malformed message: expected a short text")
    return body


def _refuse_one_hash(keys: list[Any]) -> None:
    """A table whose keys share their hash takes quadratic time to fill; the table of the hashes themselves does not."""
    if len(keys) > MAX_SAME_HASH and max(Counter(map(hash, keys)).values()) > MAX_SAME_HASH:
        raise CodecError(f"more than {MAX_SAME_HASH} keys of one hash")


def split(value: Any, *, opaque: bool = False) -> tuple[Any, list[np.ndarray]]:
    """The JSON tree and the arrays of a value.

    With `opaque`, a value of another type becomes an `Opaque` mark; without, it raises.
    Raises CodecError where a value may not cross (type, object dtype, depth, size).
    """
    splitter = _Splitter(opaque)
    return splitter.split(value), splitter.arrays


def join(tree: Any, arrays: list[np.ndarray]) -> Any:
    """The value of a tree and its arrays, each a fresh copy or a transposed view of one. Raises CodecError on a malformed tree."""
    try:
        return _Joiner(arrays).join(tree)
    except CodecError:
        raise
    except Exception as error:  # whatever it is, the message is to blame
        raise CodecError(f"malformed message ({type(error).__name__})") from None


def encode(value: Any, *, opaque: bool = False) -> bytes:
    """A value as bytes: magic, length of the JSON header, header, raw arrays. Raises CodecError as `split` does."""
    tree, arrays = split(value, opaque=opaque)
    specs = [[array.dtype.str, list(array.shape)] for array in arrays]
    header = _to_json([tree, specs]).encode()
    if len(header) > MAX_HEADER:
        raise CodecError(f"value: more than {MAX_HEADER // 2**20} MiB of texts and numbers outside arrays")
    return b"".join([_MAGIC, len(header).to_bytes(4, "big"), header, *(array.tobytes() for array in arrays)])


def decode(data: bytes) -> Any:
    """The value that `encode` wrote. Safe on hostile bytes: bounded, no code, no classes.

    Raises CodecError when the bytes are not an encoded value, and nothing else.
    """
    if len(data) > MAX_MESSAGE:
        raise CodecError("message too large")
    if data[:4] != _MAGIC or len(data) < 8:
        raise CodecError("not an encoded value")
    size = int.from_bytes(data[4:8], "big")
    if size > MAX_HEADER:
        raise CodecError("malformed message: its header is too large")
    try:
        tree, specs = _list(json.loads(data[8 : 8 + size].decode()), 2)
        arrays = _arrays(data, 8 + size, specs)
    except CodecError:
        raise
    except Exception as error:
        raise CodecError(f"not an encoded value ({type(error).__name__})") from None
    return join(tree, arrays)


def _arrays(data: bytes, offset: int, specs: Any) -> list[np.ndarray]:
    """Views of the arrays that follow a header, to its last byte."""
    if len(_list(specs)) > MAX_ARRAYS:
        raise CodecError(f"more than {MAX_ARRAYS} arrays in one message")
    arrays = []
    for spec in specs:
        name, shape = _list(spec, 2)
        dtype = _dtype(_text(name))
        if len(_list(shape)) > 32 or not all(type(size) is int and 0 <= size <= 2**31 for size in shape):
            raise CodecError("malformed message: shape")
        size = math.prod(shape) * dtype.itemsize
        if size > len(data) - offset:
            raise CodecError("malformed message: an array ends after the message")
        array = np.ndarray(shape, dtype, data, offset)
        _check_content(array)
        arrays.append(array)
        offset += size
    if offset != len(data):
        raise CodecError("malformed message: bytes after its end")
    return arrays


def _check_content(array: np.ndarray) -> None:
    """Refuse bytes that are no booleans or no characters: NumPy would believe them."""
    if array.size == 0 or array.dtype.kind not in "bU":
        return
    if array.dtype.kind == "b":
        if array.view(np.uint8).max() > 1:
            raise CodecError("malformed message: a boolean that is neither true nor false")
        return
    codes = np.ndarray(array.nbytes // 4, f"{array.dtype.str[0]}u4", array.tobytes())
    if ((codes > 0x10FFFF) | ((codes >= 0xD800) & (codes < 0xE000))).any():
        raise CodecError("malformed message: a character that is none")


def same(one: Any, other: Any) -> bool:
    """Whether two decoded values are equal in type, shape and every bit."""
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray):
        return bool(one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes())
    if isinstance(one, dict):
        return len(one) == len(other) and all(
            same(key, key_after) and same(item, item_after)
            for (key, item), (key_after, item_after) in zip(one.items(), other.items(), strict=True)
        )
    if isinstance(one, (tuple, list)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (float, complex, np.generic)):
        return repr(one) == repr(other)
    return bool(one == other)
