"""Results that take long, kept in a file by parts: each with a fingerprint of what it depends on, made again where that has changed."""

from __future__ import annotations

import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from seqlib.book import live

FOLDER = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Part:
    """One part of a file of results.

    make: gives what is stored; code: the functions that it depends on, itself among them; rest: its settings and data, as text
    """

    make: Callable[[], dict[str, Any]]
    code: Sequence[Callable[..., Any]]
    rest: Callable[[], str]

    def fingerprint(self) -> str:
        """A digest of the code of the functions, of the settings and of the data."""
        return live.fingerprint(self.code, self.rest())[:16]


class Measured:
    """The results of one module: `benchmarks.forms` keeps its parts in benchmarks/results/forms.json."""

    def __init__(self, module: str, parts: dict[str, Part]) -> None:
        self.command = f"python -m benchmarks.{module}"
        self.path = FOLDER / f"{module}.json"
        self.parts = parts

    def load(self) -> dict[str, Any]:
        """What is stored, by part; nothing where nothing is."""
        stored: dict[str, Any] = json.loads(self.path.read_text("utf-8")) if self.path.is_file() else {}
        return stored

    def late(self) -> list[str]:
        """The parts that are missing, or depend on what has changed."""
        stored = self.load()
        return [
            name for name, part in self.parts.items() if stored.get(name, {}).get("fingerprint") != part.fingerprint()
        ]

    def main(self, names: Sequence[str]) -> None:
        """Make the named parts, or those that are late, and store each when it is made."""
        unknown = [name for name in names if name not in self.parts]
        if unknown:
            sys.exit(f"No such part: {', '.join(unknown)}. There are {', '.join(self.parts)}.")
        for name in names or self.late():
            part, began = self.parts[name], time.process_time()
            about: dict[str, Any] = {
                "made_by": f"{self.command} {name}",
                "fingerprint": part.fingerprint(),
                "numpy": np.__version__,
            }
            made = part.make()
            about |= {"seconds": round(time.process_time() - began), "machine": f"{platform.machine()}, one thread"}
            stored = self.load() | {name: about | made}
            lines = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in stored.items()]
            self.path.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")
            print(f"{name}: {about['seconds']} s of CPU time", flush=True)
