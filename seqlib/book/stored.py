"""Outputs of the book's cells that need PyTorch: stored, so that a book built without PyTorch shows them as well.

On a page, such a cell has the tag `skip-execution`, and the cell after it prints what is stored:

    stored.torch_output("autograd-terms")

`python -m seqlib.book.stored` runs the pages with PyTorch, up to their last such cell, and stores what those cells print.
A test compares what is stored with what they print now.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

STORE = Path(__file__).with_name("torch_outputs.json")
PAGES = Path(__file__).parents[2] / "book"
CALL = re.compile(r"torch_output\(\"([\w-]+)\"\)")
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
ROUNDING = 1e-9  # differences between two ways to compute the same: only that they are tiny stays the same


def torch_output(name: str) -> None:
    """Print the stored output of the cell before. Raises KeyError where nothing is stored under that name."""
    outputs = load()
    if name not in outputs:
        raise KeyError(f"no output is stored for {name!r}; `python -m seqlib.book.stored` stores it, with PyTorch")
    print(outputs[name]["output"], end="")


def load() -> dict[str, dict[str, str]]:
    """What is stored: for each name the page, the fingerprint of the cell, PyTorch's version and the output."""
    stored: dict[str, dict[str, str]] = json.loads(STORE.read_text("utf-8")) if STORE.is_file() else {}
    return stored


def fingerprint(source: str) -> str:
    """A digest of a cell's code."""
    return hashlib.sha256(source.strip().encode()).hexdigest()[:16]


def torch_pages() -> list[Path]:
    """The pages that show stored outputs."""
    return [path for path in sorted(PAGES.glob("*.md")) if CALL.search(path.read_text("utf-8"))]


def torch_cells(notebook: Any) -> Iterator[tuple[int, str]]:
    """Each cell whose output is stored: its place in the notebook, and the name.

    Raises ValueError for a call of torch_output that no skipped cell stands before.
    """
    codes = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for before, i in zip([None, *codes], codes, strict=False):
        call = CALL.search(notebook.cells[i].source)
        if call:
            if before is None or "skip-execution" not in notebook.cells[before].metadata.get("tags", ()):
                raise ValueError(
                    f"before torch_output({call[1]!r}) there must be the cell, with the tag skip-execution"
                )
            yield before, call[1]


def run(page: Path) -> dict[str, dict[str, str]]:
    """What the page's cells print now, with PyTorch, in the form of `load`. Raises ValueError where one does more than print."""
    import jupytext
    import nbclient
    import torch

    notebook = jupytext.read(page, fmt="md:myst")
    names = dict(torch_cells(notebook))
    notebook.cells = notebook.cells[: max(names) + 1]
    for cell in notebook.cells:
        cell.metadata.pop("tags", None)
        if cell.cell_type == "code" and CALL.search(cell.source):
            cell.source = ""
    resources = {"metadata": {"path": str(page.parent)}}
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3", resources=resources).execute()
    results = {}
    for i, name in names.items():
        cell = notebook.cells[i]
        if any(output.output_type != "stream" or output.name != "stdout" for output in cell.outputs):
            raise ValueError(f"{page.name}: the cell of {name!r} must print and do nothing else")
        results[name] = {
            "page": page.name,
            "fingerprint": fingerprint(cell.source),
            "torch": torch.__version__,
            "output": "".join(output.text for output in cell.outputs),
        }
    return results


def alike(one: str, other: str) -> bool:
    """Whether two outputs say the same: the same text, and numbers that agree to 1 in 100 or are no more than rounding."""
    if _words(one) != _words(other):
        return False
    pairs = zip(map(float, NUMBER.findall(one)), map(float, NUMBER.findall(other)), strict=True)
    return all(abs(a - b) <= 0.01 * max(abs(a), abs(b)) + ROUNDING for a, b in pairs)


def _words(text: str) -> list[str]:
    # whether two results are equal to the last bit ("exact") depends on the machine
    return re.sub(r"\b(yes|no)\b", "yes or no", NUMBER.sub("#", text)).split()


def main() -> None:
    """Run the pages and store what their cells print."""
    outputs: dict[str, dict[str, str]] = {}
    for page in torch_pages():
        outputs |= run(page)
        print(f"{page.name}: {', '.join(name for name, row in outputs.items() if row['page'] == page.name)}")
    STORE.write_text(json.dumps(outputs, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
