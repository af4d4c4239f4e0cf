"""Lesson 4, the backward pass: output layer, one cell, all steps, and the check of a gradient by differences."""

EXERCISES = ("output_backward", "rnn_cell_backward", "rnn_backward", "gradient_check")
USES: tuple[str, ...] = ()
SWAPS = ("rnn_cell_backward",)
ITEMS = 5
