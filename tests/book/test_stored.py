"""Outputs that need PyTorch are stored: each belongs to the code that stands above it, and no page does without."""

from __future__ import annotations

import re
from pathlib import Path

import jupytext
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from seqlib.book import stored

PAGES = sorted(stored.PAGES.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_needs_torch_is_stored_with_the_code_that_made_it(page):
    notebook = jupytext.read(page, fmt="md:myst")
    cells = dict(stored.torch_cells(notebook))
    needing = [
        i
        for i, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
        and re.search(r"^\s*(import torch|from torch|from seqlib\.torch)|(?<!\")\btorch\.", cell.source, re.M)
    ]
    for i in needing:
        assert i in cells or "HTML(" in notebook.cells[i].source, (
            f"{page.name}: the cell {notebook.cells[i].source[:60]!r}"
        )
    for i, name in cells.items():
        row = stored.load()[name]
        assert row["page"] == page.name
        assert row["fingerprint"] == stored.fingerprint(notebook.cells[i].source), "python -m seqlib.book.stored"
        assert row["output"].strip() and "differs" not in row["output"]


def test_nothing_is_stored_that_no_page_shows():
    shown = {name for page in PAGES for name in stored.CALL.findall(page.read_text("utf-8"))}
    assert shown == set(stored.load())


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_page_says_that_pytorch_is_not_installed(page):
    assert not re.search(r"PyTorch is not installed|find_spec", page.read_text("utf-8"))


def test_an_output_is_printed_by_its_name(capsys):
    stored.torch_output("gpu-explicit")
    assert capsys.readouterr().out == stored.load()["gpu-explicit"]["output"]
    with pytest.raises(KeyError, match="no output is stored for 'x'"):
        stored.torch_output("x")


def test_a_stored_output_belongs_to_a_skipped_cell():
    cells = [new_code_cell("import torch"), new_code_cell('stored.torch_output("a")')]
    with pytest.raises(ValueError, match="with the tag skip-execution"):
        list(stored.torch_cells(new_notebook(cells=cells)))
    with pytest.raises(ValueError, match="with the tag skip-execution"):
        list(stored.torch_cells(new_notebook(cells=cells[1:])))
    cells[0].metadata["tags"] = ["skip-execution"]
    assert list(stored.torch_cells(new_notebook(cells=cells))) == [(0, "a")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("loss 1.20, 0.69", "loss 1.21, 0.69", True),
        ("loss 1.20, 0.69", "loss 1.20, 0.75", False),
        ("difference 2e-16", "difference 4.4e-16", True),
        ("difference 2e-16", "difference 4e-7", False),
        ("dW  no  1e-16", "dW  yes  0.0e+00", True),
        ("dW  no  1e-16", "dW  no  1e-16  <- differs", False),
        ("agree", "agree 1", False),
    ],
)
def test_outputs_are_compared_as_texts_with_numbers(one, other, same):
    assert stored.alike(one, other) is same


def test_the_store_is_part_of_the_package():
    assert (
        Path(stored.STORE).parent.name == "book"
        and '"book/*.json"' in (stored.PAGES.parent / "pyproject.toml").read_text()
    )
