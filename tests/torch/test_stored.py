"""What the book shows of PyTorch is what PyTorch prints."""

import pytest

pytest.importorskip("torch")

from seqlib.book import stored


@pytest.mark.parametrize("page", stored.torch_pages(), ids=lambda page: page.stem)
def test_stored_outputs_are_those_of_today(page):
    for name, row in stored.run(page).items():
        kept = stored.load()[name]
        assert stored.alike(row["output"], kept["output"]), f"{name}:\n{row['output']}\nstored:\n{kept['output']}"
