"""Lesson 5, the forms of a recurrent network: the last real state and its gradient, one answer, a sequence from one input, encoder and decoder."""

EXERCISES = (
    "final_states",
    "final_states_backward",
    "many_to_one_forward",
    "one_to_many_forward",
    "encoder_decoder_forward",
)
USES = ("rnn",)
SWAPS = EXERCISES
ITEMS = 2
