"""The networks of the figures that run in the page: trained by seqlib, stored as JSON, run by book/_static/live.

    python -m seqlib.book.live              make every stored network that is missing or out of date
    python -m seqlib.book.live characters   make this one again

A stored file holds the parameters, what the figure needs besides them, the scores of the network as it is stored, a probe
(an input and what seqlib computes from it) and the fingerprint of the recipe and of its training data. Large matrices are
stored as bytes, one scale a row: the network that seqlib and the page run is the stored one, not the one before rounding.
"""

from __future__ import annotations

import ast
import base64
import hashlib
import inspect
import json
import sys
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from seqlib.data.dataset import Example
from seqlib.support.types import Array, Params

WEIGHTS = Path(__file__).parents[2] / "book" / "_static" / "live" / "weights"
LIMIT = 100_000  # bytes of a stored network: what a reader's telephone fetches for one figure

# ------------------------------------------------------------------------------------------------ parameters as text


def pack(matrix: Array) -> dict[str, Any]:
    """A matrix (rows, columns) as bytes, one scale a row: row i is scale[i] times whole numbers from -127 to 127."""
    largest = np.abs(matrix).max(axis=1)
    scale = [float(f"{value / 127:.6g}") or 1.0 for value in largest]
    whole = np.clip(np.rint(matrix / np.array(scale)[:, None]), -127, 127).astype(np.int8)
    return {"shape": list(matrix.shape), "scale": scale, "int8": base64.b64encode(whole.tobytes()).decode()}


def pack_exactly(array: Array, digits: int) -> dict[str, Any]:
    """A small array as decimal numbers, rounded to so many digits after the point."""
    return {"shape": list(array.shape), "values": np.round(array, digits).ravel().tolist()}


def unpack(stored: dict[str, Any]) -> Array:
    """The array that `pack` or `pack_exactly` stored, in float64: exactly what the page computes with."""
    if "values" in stored:
        return np.array(stored["values"], dtype=float).reshape(stored["shape"])
    whole = np.frombuffer(base64.b64decode(stored["int8"]), np.int8).reshape(stored["shape"])
    return np.asarray(np.array(stored["scale"])[:, None] * whole)


def pack_params(params: Params) -> dict[str, Any]:
    """Matrices as bytes; biases, one column each, to six digits."""
    return {name: pack_exactly(value, 6) if value.shape[1] == 1 else pack(value) for name, value in params.items()}


def unpack_params(stored: dict[str, Any]) -> Params:
    """The parameters of a stored network, in float64."""
    return {name: unpack(value) for name, value in stored["params"].items()}


# ------------------------------------------------------------------------------------------------ what made a network


def code_of(function: Callable[..., Any]) -> str:
    """A function's code without its docstring, comments and layout."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:]
    whole = {"show_empty": True} if sys.version_info >= (3, 13) else {}  # 3.13 leaves empty lists out
    return ast.dump(tree, **whole).replace(", type_params=[]", "")  # 3.12 added them


def digest(examples: Iterable[Example]) -> str:
    """A digest of training data."""
    hashed = hashlib.sha256()
    for example in examples:
        for part in (example.x, example.y):
            hashed.update(part.tobytes() if isinstance(part, np.ndarray) else repr(part).encode())
    return hashed.hexdigest()


def fingerprint(functions: Iterable[Callable[..., Any]], data: str = "") -> str:
    """What a stored network depends on: the code of its recipe and the digest of its training data."""
    text = "\n".join([*(code_of(function) for function in functions), data])
    return hashlib.sha256(text.encode()).hexdigest()


# ------------------------------------------------------------------------------------------------ files


def store(name: str, content: dict[str, Any], folder: Path = WEIGHTS) -> Path:
    """Write a network. Raises ValueError where the file would be larger than LIMIT."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    size = len(text.encode())
    if size > LIMIT:
        raise ValueError(
            f"{name}.json would have {size:,} bytes, more than the {LIMIT:,} of a figure: take fewer units"
        )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(text + "\n", "utf-8")
    return path


def load(name: str, folder: Path = WEIGHTS) -> dict[str, Any]:
    """A stored network. Raises FileNotFoundError with the command that makes it."""
    path = folder / f"{name}.json"
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: python -m seqlib.book.live {name} makes it")
    content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return content


def main(names: list[str]) -> None:
    """Make the named networks again, or without names those that are missing or out of date."""
    from seqlib.book.networks import NETWORKS

    unknown = [name for name in names if name not in NETWORKS]
    if unknown:
        sys.exit(f"No such network: {', '.join(unknown)}. There are {', '.join(NETWORKS)}.")
    for name in names or NETWORKS:
        made_by = NETWORKS[name]
        path = WEIGHTS / f"{name}.json"
        current = made_by.fingerprint()
        if not names and path.is_file() and load(name)["fingerprint"] == current:
            print(f"{name}: up to date")
            continue
        made = f"python -m seqlib.book.live {name}"
        path = store(name, {"made_by": made, "fingerprint": current, **made_by.make()})
        print(f"{name}: {path.stat().st_size:,} bytes, {json.dumps(load(name).get('scores', {}))}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
