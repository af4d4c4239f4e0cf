"""The exercise on the torch path, for the page "On the GPU"."""

EXERCISES = ("to_batch_first", "to_columns", "lstm_cell_batch_first", "to_torch_lstm", "training_step")
USES: tuple[str, ...] = ()
SWAPS = ("training_step",)
ITEMS = 0
CHAPTER = "on-the-gpu"
NEEDS = ("torch",)
