"""Lesson 10, the LSTM: one cell with and without peepholes, whole sequences, and both backward."""

EXERCISES = ("lstm_cell_forward", "lstm_forward", "lstm_cell_backward", "lstm_backward")
USES: tuple[str, ...] = ()
SWAPS = ("lstm_cell_forward", "lstm_cell_backward")
ITEMS = 4
