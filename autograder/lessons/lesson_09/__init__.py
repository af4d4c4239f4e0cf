"""Lesson 9, the GRU: one cell in three variants, the cell over whole sequences, and the gradients of both."""

EXERCISES = ("gru_cell_forward", "gru_forward", "gru_cell_backward", "gru_backward")
USES: tuple[str, ...] = ()
SWAPS = ("gru_cell_forward", "gru_cell_backward")
ITEMS = 4
