"""Lesson 12, deep recurrent networks: widths of equal budget, dropout between layers, the stack forward and backward."""

EXERCISES = ("width_within", "dropout_mask", "deep_forward", "deep_backward")
USES = ("cells", "fast.gru", "fast.lstm", "fast.rnn", "output", "parameters")
SWAPS = ("dropout_mask", "deep_forward", "deep_backward")
ITEMS = 2
