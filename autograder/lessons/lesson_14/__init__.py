"""Lesson 14, image captioning: a convolution, the first state from the image, the loss and its gradients, the most probable caption."""

EXERCISES = ("first_states", "convolution_forward", "greedy_search", "caption_loss")
USES = (
    "fast.embeddings",
    "fast.gru",
    "fast.losses",
    "fast.lstm",
    "fast.output",
    "fast.rnn",
    "language_model",
)
SWAPS = EXERCISES
ITEMS = 2
