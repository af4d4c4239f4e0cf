"""Lesson 11, networks that read both ways: reversing padded sequences, the forward pass over any cell, and its gradients."""

EXERCISES = ("reverse_padded", "bidirectional_forward", "bidirectional_backward")
USES = ("cells", "fast.rnn", "fast.gru", "fast.lstm")
SWAPS = EXERCISES
ITEMS = 3
