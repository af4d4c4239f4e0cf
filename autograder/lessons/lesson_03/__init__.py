"""Lesson 3, the recurrent network: parameters counted, stacked weights, one cell, the whole forward pass."""

EXERCISES = ("count_parameters", "stack_weights", "rnn_cell_forward", "rnn_forward")
USES: tuple[str, ...] = ()
SWAPS = ("rnn_cell_forward",)
ITEMS = 6
